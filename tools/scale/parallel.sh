#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# parallel.sh - a sweep by GNU parallel: on some hosts without a scheduler
#
#   parallel.sh SHARDS OUTPUT --workload=FILE --vary KEY=... [option of sim sweep]...
#
# PARALLEL_OPTIONS are options for parallel, such as --sshloginfile=hosts --workdir=. with a folder
# that all hosts share. It ends at the first shard that fails; the same command goes on from there.
# On one host there is no need for it: sim sweep takes all CPUs.
# sim is that of PATH, on each host, or what SIM names.
set -euo pipefail

stop() {
    printf 'parallel.sh: error: %s\n' "$2" >&2
    exit "$1"
}

(($# > 2)) || stop 2 'SHARDS OUTPUT and the arguments of sim sweep are needed'
[[ $1 =~ ^[1-9][0-9]{0,5}$ ]] || stop 2 "'$1' is no number of shards"
command -v parallel >/dev/null || stop 3 'no GNU parallel here: apt-get install parallel'
command -v "${SIM:-sim}" >/dev/null ||
    stop 3 "no ${SIM:-sim} here: put sim into PATH, or SIM=its/path"
shards=$1 output=$2
shift 2
read -r -a options <<<"${PARALLEL_OPTIONS-}"
seq 0 $((shards - 1)) |
    parallel --will-cite --quote --halt soon,fail=1 "${options[@]}" \
        "${SIM:-sim}" sweep "--output=$output" --jobs=1 "--shard={}/$shards" "$@"
"${SIM:-sim}" merge "$output"
