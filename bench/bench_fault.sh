#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench_fault.sh - what one delivered asynchronous page fault costs, everything included
#
# memhog on nvme-flash, mode apf, one replica, one thread, two lengths: the difference of both runs,
# divided by the faults more that were delivered, leaves out start-up and report. The time is the
# least of ROUNDS; instructions (exact, the same on every machine of one build) come from callgrind
# and need valgrind.
#
# usage: bench/bench_fault.sh BUILD_DIR [ROUNDS]
set -u
if [ $# -lt 1 ]; then
    sed -n '4,11s/^# \{0,1\}//p' "$0"
    exit 2
fi
root=$(cd "$(dirname "$0")/.." && pwd)
sim=$1/sim/cli/sim
rounds=${2:-5}
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT

# run LENGTH [COMMAND...]: the CSV goes to $out/csv
run() {
    length=$1
    shift
    "$@" "$sim" --workload="$root/workloads/memhog.yaml" --set disk.device=nvme-flash \
        --set duration="$length" --set warmup=100ms --modes=apf --replicas=1 --jobs=1 \
        --format=csv >"$out/csv"
}

# The delivered faults of the last run.
delivered() {
    awk -F, '/^#/ { next }
        !n { for (i = 1; i <= NF; i++) if ($i == "faults_delivered_count") n = i; next }
        { print $n }' "$out/csv"
}

# Least CPU time of a run of LENGTH, in ns.
least_time() {
    for _ in $(seq "$rounds"); do
        (run "$1" && times) | awk -F'[ms ]' 'NR == 2 { print ($1 * 60 + $2) * 1e9 }'
    done | sort -n | head -n 1
}

instructions() {
    run "$1" valgrind --tool=callgrind --callgrind-out-file=/dev/null 2>"$out/log" || return
    awk '/refs/ { gsub(",", "", $NF); print $NF }' "$out/log"
}

run 500ms || exit 1
few=$(delivered)
run 5s || exit 1
many=$(delivered)
short=$(least_time 500ms)
long=$(least_time 5s)
echo "figure,value"
awk "BEGIN { printf \"ns_per_delivered_fault,%.0f\\n\", ($long - $short) / ($many - $few) }"
command -v valgrind >/dev/null || exit 0
short=$(instructions 50ms)
few=$(delivered)
long=$(instructions 250ms)
many=$(delivered)
awk "BEGIN { i = ($long - $short) / ($many - $few)
    printf \"instructions_per_delivered_fault,%.0f\\n\", i }"
