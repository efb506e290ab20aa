#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sweep.sh SIM [RUNS] - how much faster a sweep is on all CPUs than on one
#
# 400 points x 3 modes x 3 replicas by one thread and by one a CPU, in turn, RUNS times (5); prints
# the median of each, the ratio, and what part of CPUs it is. The bytes must be the same. On a
# machine that does something else as well the ratio says nothing.
set -euo pipefail

sim=$(realpath "${1:?SIM}") runs=${2:-5} cpus=$(nproc)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > grid.yaml <<'YAML'
# grid: how long does a sweep take?
duration: 100ms
warmup: 10ms
replicas: 3
host: {memory: {limit: 4MiB}}
guest: {vcpus: 2, memory: 64MiB}
disk: {device: nvme-flash}
regions:
  array: {size: 8MiB, backing: swap, resident: 4MiB, dirty: true}
tasks:
  spinner: {per_vcpu: true, measure: true, loop: [{compute: 10us}]}
  faulter: {per_vcpu: true, loop: [{touch: {region: array, pattern: uniform}}]}
sweep:
  disk.read: 10us..10ms:20:log
  tasks.faulter.count: 1..20:20
YAML

took() { # JOBS: seconds
    local begin end

    rm -rf "jobs$1"
    begin=$(date +%s%N)
    "$sim" sweep grid.yaml --output="jobs$1" --jobs="$1" --quiet
    end=$(date +%s%N)
    printf '%d.%03d\n' $(((end - begin) / 1000000000)) $(((end - begin) / 1000000 % 1000))
}

median() {
    LC_ALL=C sort -n "$1" | sed -n "$((runs / 2 + 1))p"
}

for ((i = 0; i < runs; i++)); do
    took 1 >> one
    took "$cpus" >> all
    cmp "jobs1/sweep.csv" "jobs$cpus/sweep.csv"
done
awk -v one="$(median one)" -v all="$(median all)" -v cpus="$cpus" 'BEGIN {
    printf "1 thread %.2f s, %d threads %.2f s: %.2f times, %.2f of %d\n",
        one, cpus, all, one / all, one / all / cpus, cpus }'
