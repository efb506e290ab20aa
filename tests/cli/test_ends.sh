#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# test_ends.sh SIM - a run that cannot go on says its outcome by name, status 1, and never hangs
#
# Not here: deadlock, out_of_slab, out_of_events. No workload that sim accepts is known to end so;
# tests/models/test_world_ends.c has the deadlock of a guest made by hand.
set -u

sim=$(realpath "$1")
here=$(mktemp -d) || exit 99
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 99
cases=0
failures=0

# WHAT STATUS OUTCOME LAST-LINE-OF-STDERR: runs w.yaml and compares; "" for no line.
expect() {
    local status=0 last

    cases=$((cases + 1))
    timeout 60 "$sim" --workload=w.yaml --modes=apf --replicas=1 --format=json >out 2>err ||
        status=$?
    last=$(tail -n 1 err)
    if [[ $status != "$2" || $last != "$4" ]] || ! grep -q "\"outcome\": \"$3\"" out; then
        printf 'FAIL: %s: status %s, "%s"; expected %s %s "%s"\n' "$1" "$status" "$last" "$2" "$3" \
            "$4" >&2
        failures=$((failures + 1))
    fi
}

base='duration: 10ms
warmup: 0s
regions:
  r: {size: 64KiB, backing: swap}'

printf '%s\ntasks: {t: {measure: true, iterations: 3, loop: [{compute: 1us}]}}\n' "$base" >w.yaml
expect 'all tasks end' 0 all_done ''

printf '%s\nguest: {hz: 0}\nhost: {hz: 0}\ntasks: {t: {measure: true, loop: [{compute: 1us}]}}\n' \
    "$base" >w.yaml
expect 'nothing but a spinner' 0 horizon ''

printf '%s\nguest: {send_always: true}
tasks: {t: {measure: true, loop: [{compute: 1us}, {touch: {region: r, kernel: 100%%}}]}}\n' \
    "$base" >w.yaml
expect 'an event in kernel mode' 1 guest_panic \
    'sim: guest_panic: mode apf, replica 1: Host injected async #PF in kernel mode'

# Two vCPUs that take the only frame from each other, and nothing costs time.
costs=exit,fault,map,zero_page,sync_fault,prefault,reclaim,not_present,ready,context_switch
costs+=,worker,vcpu_wake,tick,touch
cat >w.yaml <<YAML
duration: 10ms
warmup: 0s
cost: {${costs//,/: 0s, }: 0s}
host: {memory: {limit: 4KiB}, hz: 0}
guest: {vcpus: 2, hz: 0}
disk: {device: custom, read: 0s, write: 0s, per_page: 0s}
regions:
  r: {size: 64KiB, backing: swap}
tasks:
  a: {measure: true, vcpu: 0, loop: [{touch: {region: r, span: 4KiB}}, {compute: 1us}]}
  b: {vcpu: 1, loop: [{touch: {region: r, first: 4KiB, span: 4KiB}}, {compute: 1us}]}
YAML
text='a vCPU takes steps for ever and no time passes: give the loop a compute step, or '
expect 'a frame that two vCPUs steal' 1 no_progress \
    "sim: no_progress: mode apf, replica 1: ${text}cost.touch or cost.exit a value"

# A ready that comes between interrupts off and EN := 0: HOLE-1, and with its remedy.
cat >w.yaml <<'YAML'
duration: 5ms
warmup: 0s
host: {hz: 0}
guest: {vcpus: 2, hz: 0, scheduler: fifo, hotplug: {count: 1, first: 106us, offline: 50us}}
regions:
  r: {size: 64KiB, backing: userfaultfd}
monitor: {latency: 100us}
tasks:
  reader:
    vcpu: 1
    measure: true
    iterations: 1
    loop:
      - touch: {region: r, span: 4KiB}
      - compute: 300us
      - touch: {region: r, first: 8KiB, span: 4KiB}
YAML
text='vCPU 1: INV-8: a busy slot has its interrupt or its handler; it holds 0x1001 since '
text+='0.000109 s, before APF was enabled again (HOLE-1); '
text+='asleep: task 0 (reader) on 0x2001 since 0.000415 s'
expect 'a CPU that goes offline and comes back' 1 stuck_tasks \
    "sim: stuck_tasks: mode apf, replica 1: $text"
replay="sim: again: sim run --workload='w.yaml' --modes=apf --seed=1 --replicas=1 --jobs=1"
cases=$((cases + 1))
if ! grep -qxF "$replay" err; then
    printf 'FAIL: no line "%s"\n' "$replay" >&2
    failures=$((failures + 1))
fi
printf 'check: {fix: HOLE-1}\n' >>w.yaml
expect 'the same with the remedy' 0 all_done ''

printf '%d passed, %d failed, 0 skipped\n' $((cases - failures)) "$failures"
((failures == 0))
