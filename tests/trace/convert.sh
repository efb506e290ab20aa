#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# convert.sh SIM DATA WORKLOADS - sim trace convert gives the same bytes back, and a workload that
# has the capture's asynchronous faults (2 %); sim trace stats and explain count what is there
set -u

sim=$(realpath "$1")
data=$(realpath "$2")
workloads=$(realpath "$3")
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

# What is no file stays what it is; a capture is not lost by its own conversion.
capture=$data/kvm-pvm-6.18/uffd_cycle.trace
stays() {
    ln -sf /dev/null "$1" && "$sim" trace "${@:2}" --mhz=2596.15 "$capture" "$1" && [[ -L $1 ]]
}
judge 'text to a device' stays link.txt convert
judge 'a workload to a device' stays link.yaml convert
judge 'a picture to a device' stays link.svg timeline
# shellcheck disable=SC2317 # called by judge
refused() {
    ! "$sim" trace convert --mhz=2596.15 "$1" "$2" 2> why && grep -qF "$3" why
}
cp "$capture" one.dat
judge 'IN is OUT' refused one.dat ./one.dat 'is IN and OUT'
judge 'IN is OUT, and still there' cmp "$capture" one.dat
sed "s,\[[0-9]*\],[8192]," "$capture" > many_cpus
judge 'more CPUs than a trace.dat has' refused many_cpus many.dat '8192 CPUs at most'
sed "s,\[[0-9]*\],[8191]," "$capture" > many_cpus
judge 'as many CPUs as a trace.dat has' bash -c "'$sim' trace convert many_cpus many.dat &&
    '$sim' trace check many.dat | grep -q '4 asynchronous faults'"

# The other form is judged as the capture was.
"$sim" trace convert "$data/kvm-pvm-6.18/noack_uffd.trace" there
judge 'a missing ACK shows in the other form, too' \
    bash -c "! '$sim' trace check there > said2; grep -q 'G-6: no ACK of the ready' said2"

# same_faults CAPTURE OPTIONS...: the workload that is made of it has as many faults that the guest
# is told of, and as many that it is not, within 2 %; and it has some
same_faults() {
    local capture=$1

    "$sim" trace stats --json "${@:2}" "$capture" > want.json &&
        "$sim" trace convert "${@:2}" "$capture" w.yaml &&
        "$sim" w.yaml --format=json > got.json || return 1
    python3 -c 'import json
want, got = json.load(open("want.json")), json.load(open("got.json"))["modes"]["apf"]["faults"]
pairs = [(want["told"], got["delivered"]), (want["halted"], got["halted"])]
print(pairs)
assert sum(w for w, _ in pairs) > 0 and all(abs(g - w) * 100 <= 2 * w for w, g in pairs)'
}
for name in multi100 loop_seq uffd_cycle noapf_uffd file_cycle; do
    judge "$name as a workload" same_faults "$data/kvm-pvm-6.18/$name.trace" --mhz=2596.15
done

# own_faults WORKLOAD OPTIONS...: the same of a run of ours, traced
own_faults() {
    "$sim" "$workloads/$1.yaml" --quiet --modes=apf --replicas=1 --set warmup=0s "${@:2}" \
        --trace=own.txt && same_faults own.txt
}
judge 'our memhog as a workload' own_faults memhog --set duration=1s
judge 'our post-copy as a workload' own_faults post-copy --set duration=50ms
judge 'our kernel-mode-heavy as a workload' own_faults kernel-mode-heavy --set duration=50ms
judge 'our nested as a workload' own_faults nested --set duration=50ms

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
