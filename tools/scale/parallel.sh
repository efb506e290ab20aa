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
set -euo pipefail

shards=${1:?SHARDS, OUTPUT and the arguments of sim sweep} output=${2:?OUTPUT}
shift 2
read -r -a options <<<"${PARALLEL_OPTIONS-}"
seq 0 $((shards - 1)) |
    parallel --will-cite --quote --halt soon,fail=1 "${options[@]}" \
        "${SIM:-sim}" sweep "--output=$output" --jobs=1 "--shard={}/$shards" "$@"
"${SIM:-sim}" merge "$output"
