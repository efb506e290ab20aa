#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# convert.sh SIM DATA - sim trace convert gives the same bytes back, and a workload that has the
# capture's asynchronous faults (2 %); sim trace stats and explain count what is there
set -u

sim=$(realpath "$1")
data=$(realpath "$2")
here=$(mktemp -d) || exit 99
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 99
passed=0 failed=0

# judge NAME COMMAND...
judge() {
    local name=$1
    shift
    if "$@" > said 2>&1; then
        passed=$((passed + 1))
    else
        printf 'FAIL: %s\n' "$name"
        head -n 20 said
        failed=$((failed + 1))
    fi
}

# There and back: from FILE to the other form and to FILE's bytes.
there_and_back() {
    "$sim" trace convert "$1" there && "$sim" trace convert there back && cmp "$1" back
}

for file in "$data"/kvm-amd-6.1/{,further/}*.trace "$data"/kvm-pvm-6.18/*.trace; do
    judge "$(basename "$file"), there and back" there_and_back "$file"
done
head -c -1 "$data/kvm-pvm-6.18/uffd_cycle.trace" > open_end
judge 'without a newline at the end, there and back' there_and_back open_end

# The other form is judged as the capture was.
"$sim" trace convert "$data/kvm-pvm-6.18/noack_uffd.trace" there
judge 'a missing ACK shows in the other form, too' \
    bash -c "! '$sim' trace check there > said2; grep -q 'G-6: no ACK of the ready' said2"

# same_faults NAME WANT: those of the workload, within 2 %
same_faults() {
    local name=$1 want=$2 got

    "$sim" trace convert --mhz=2596.15 "$data/kvm-pvm-6.18/$name.trace" w.yaml || return 1
    got=$("$sim" w.yaml --format=json |
        python3 -c 'import json, sys
print(json.load(sys.stdin)["modes"]["apf"]["faults"]["delivered"])')
    echo "$name: $got asynchronous faults, $want in the capture"
    ((got * 100 >= want * 98 && got * 100 <= want * 102))
}
judge 'multi100 as a workload' same_faults multi100 99
judge 'loop_seq as a workload' same_faults loop_seq 40
judge 'uffd_cycle as a workload' same_faults uffd_cycle 4

# Figures.
counts() {
    "$sim" trace stats --mhz=2596.15 --json "$data/kvm-pvm-6.18/$1.trace" |
        python3 -c "import json, sys; s = json.load(sys.stdin); l = s['latency']; assert $2, s"
}
judge 'stats: the limit' counts multi100 "s['told'] == 99 and s['refused'] == 1 and \
s['in_flight_max'] == 64 and l['page_in']['count'] == 99"
judge 'stats: latencies' counts loop_seq "s['told'] == s['completed'] == 40 and s['ack'] == 41 and \
50000 < l['page_in']['p50'] < 70000 and l['ready_to_ack']['count'] == 40"
judge 'stats: nobody is told' counts noapf_uffd "s['halted'] == 4 and s['told'] == 0"
judge 'stats: a repeated fault' counts multi_pairs "s['repeated'] > 0"

# tree FILE WORDS: the tree holds a leaf
tree() {
    "$sim" trace explain "$1" | grep -qE "$2"
}
judge 'explain: kernel mode' tree "$data/kvm-amd-6.1/05_cpl0_useronly.trace" ' 1 +can_deliver 2 or'
judge 'explain: not enabled' tree "$data/kvm-amd-6.1/03_noen.trace" ' 2 +can_deliver 1'
judge 'explain: interrupts off' tree "$data/kvm-amd-6.1/06_cli.trace" ' 1 +not asynchronous'
judge 'explain: the limit' tree "$data/kvm-amd-6.1/09_70tasks.trace" ' 1 +set-up refused'
judge 'explain: told' tree "$data/kvm-amd-6.1/02_user.trace" ' 2 +told'

# Bad input.
refused() {
    "$sim" trace "$@"
    [[ $? == 2 ]]
}
judge 'ticks without a rate' refused convert "$data/kvm-pvm-6.18/warm.trace" w.yaml
judge 'no fault' refused convert --mhz=2000 "$data/kvm-pvm-6.18/warm.trace" w.yaml
judge 'one file' refused convert "$data/kvm-pvm-6.18/warm.trace"
judge 'no file' refused stats
judge 'a rate of 0' refused stats --mhz=0 "$data/kvm-pvm-6.18/warm.trace"
sed 's/^#@ 13 /#@ 99999999 /' there > changed
judge 'comments that were changed' refused convert changed back

printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[[ $failed == 0 && $passed -gt 0 ]]
