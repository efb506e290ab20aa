#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# explore.sh BUILD: the explorer beside Spin, on a toy protocol and its Promela twin, and its speed
# on a real scope.
#
# Processor seconds (user and system) of one core, so that what else runs on the machine matters
# little. Exit status: 0 both count the same and the explorer is 3 times as fast, 1 not so, 2 usage,
# 3 spin or a compiler is missing.
set -euo pipefail
[[ $# -eq 1 ]] || { echo "usage: explore.sh BUILD" >&2; exit 2; }
build=$1
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
for tool in spin gcc ninja; do
    command -v "$tool" >/dev/null || {
        echo "explore.sh: error: $tool is missing; apt-get install spin gcc ninja-build" >&2
        exit 3
    }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ninja -C "$build" bench/bench_explore sim/cli/sim >/dev/null
# -w22: a hash table of the size that suits these states; -O3 and no message channels: Spin's best.
(cd "$work" && spin -a "$here/toy.pml" && gcc -O3 -w -DSAFETY -DNOFAIR -o pan pan.c) >/dev/null

# In turn, each a process of its own; the best of each.
TIMEFORMAT='%U %S'
for _ in 1 2 3 4 5; do
    "$build/bench/bench_explore" 1 | tail -n +2 >>"$work/ours"
    { time "$work/pan" -w22 -m100000 >"$work/pan.out"; } 2>>"$work/times"
done
ours=$(sort -t, -g -k3 "$work/ours" | awk -F, 'NR == 1 { print $1, $2, $3, $5 }')
spin=$(awk '/states, stored/ { states = $1 } /transitions \(=/ { transitions = $1 }
    /total actual memory/ { mb = $1 } END { printf "%d %d %.0f", states, transitions, mb * 1048576 }
    ' "$work/pan.out")
seconds=$(awk '{ s = $1 + $2 } NR == 1 || s < best { best = s } END { print best }' "$work/times")

scope=two-vcpus
real=$({ time "$build/sim/cli/sim" check --scope=$scope --jobs=1 >"$work/sim.out"; } 2>&1 |
    awk '{ print $1 + $2 }')
real="$(sed -nE 's/.* ([0-9]+) states, ([0-9]+) transitions.* ([0-9]+) bytes.*/\1 \2 \3/p' \
    "$work/sim.out") $real"

awk -v ours="$ours" -v spin="$spin" -v seconds="$seconds" -v real="$real" -v scope=$scope '
function line(what, states, transitions, s, bytes) {
    printf "%-22s %10d %12d %8.2f %10.2f %8.0f\n", what, states, transitions, s,
        states / s / 1e6, bytes
}
BEGIN {
    split(ours, o, " "); split(spin, p, " "); split(real, r, " ")
    printf "%-22s %10s %12s %8s %10s %8s\n", "search", "states", "transitions", "seconds",
        "M states/s", "B/state"
    line("toy, explorer", o[1], o[2], o[3], o[4] / o[1])
    line("toy, Spin", p[1], p[2], seconds, p[3] / p[1])
    line(scope ", explorer", r[1], r[2], r[4], r[3])
    same = o[1] == p[1] && o[2] + 1 == p[2] # Spin counts the first state as a transition
    times = seconds / o[3]
    printf "counts are %s; the explorer is %.1f times as fast as Spin\n",
        same ? "equal" : "NOT EQUAL", times
    exit !(same && times >= 3)
}'
