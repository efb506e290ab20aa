#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# capture.sh SIM DATA - sim trace check: no alarm about the host on any recording of a real KVM, the
# guests that err on purpose are named, every text form is read, bad input is one line and exit 2
set -u

sim=$(realpath "$1")
data=$(realpath "$2")
here=$(mktemp -d) || exit 99
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 99
passed=0 failed=0

# expect STATUS NAME ARGUMENT...: exit status of sim trace
expect() {
    local want=$1 name=$2 status
    shift 2
    "$sim" trace "$@" > stdout 2> stderr
    status=$?
    if [[ $status == "$want" ]]; then
        passed=$((passed + 1))
    else
        printf 'FAIL: %s: exit %s, not %s\n' "$name" "$status" "$want"
        head -n 20 stdout stderr
        failed=$((failed + 1))
    fi
}

says() {
    if grep -qF -- "$1" stdout stderr; then
        passed=$((passed + 1))
    else
        printf 'FAIL: no "%s" in\n' "$1"
        head -n 20 stdout stderr
        failed=$((failed + 1))
    fi
}

# erring NAME: what the guest or VMM of a recording does wrong on purpose, or nothing
erring() {
    case $1 in
    15_host_zero) echo 'INV-5: the VMM sets EN to 0 with tokens in flight' ;;
    *noeoi* | *eoi_timer*) echo 'G-6: this interrupt is never taken: no EOI' ;;
    *noack_noclear*) echo 'G-6: no ACK of this ready follows' ;;
    *noack*) echo 'G-6: no ACK of the ready in line' ;;
    *noclear*) echo 'G-6: the guest waits for token 0x1000, which is done and never ready' ;;
    *host_ack) echo 'G-6: an ACK, and no ready waits for one' ;;
    esac
}

for file in "$data"/kvm-amd-6.1/{,further/}*.trace "$data"/kvm-pvm-6.18/*.trace; do
    name=$(basename "$file" .trace)
    fault=$(erring "$name")
    expect "$([[ $fault ]] && echo 1 || echo 0)" "$name" check --kernel=6.1 "$file"
    says 'strict: host rules kept'
    [[ -z $fault ]] || says "guest or VMM rule broken: $fault"
    expect "$([[ $fault ]] && echo 1 || echo 0)" "$name, rules of 6.12" check "$file"
    says 'host rules kept'
done

# The same events as trace-cmd and perf print them, and with ticks instead of seconds.
source=$data/kvm-pvm-6.18/uffd_cycle.trace
grep -v '^#' "$source" |
    sed -E '1i cpus=2
s/: (kvm_[a-z_]+): /: \1:             /; s/ \.{5} / /' > report
expect 0 'trace-cmd report' check --strict report
says '4 asynchronous faults'
grep -v '^#' "$source" |
    sed -E 's/^ +(\S+)-([0-9]+) +(\[[0-9]+\]) \S+ +([0-9]+)([0-9]{6}):/\1 7  \2 \3 \4.\5: /
s/: +kvm_/:   kvm:kvm_/' > script
expect 0 'perf script' check --strict script
says '4 asynchronous faults'
says 'strict: host rules kept'

# The events as kernels before 5.19 print them, and an EOI while nothing is in service.
sed -E 's/(kvm_page_fault: )vcpu [0-9]+ +address 0x0*/\1address /; s/error_code 0x/error_code /
s/repeated_fault/doublefault/; s/\(Fixed\|edge\)/& (coalesced)/
s/kvm_inj_virq: IRQ 0xf3/kvm_inj_virq: irq 243/' \
    "$data/kvm-amd-6.1/07_same2.trace" > older
expect 0 'as kernels before 5.19 print' check --kernel=6.1 older
says 'strict: host rules kept, guest and VMM rules kept'
sed '0,/ irq 243/{/ irq 243/d}' older > untaken
expect 1 'as kernels before 5.19 print, not injected' check --kernel=6.1 untaken
sed '$a vcpu vmm kvm_eoi: apicid 0 vector -1\nvcpu vmm kvm_msr: msr_write 80b = 0x0' \
    "$data/kvm-amd-6.1/07_same2.trace" > spurious
expect 0 'an EOI of nothing' check spurious

# Nothing is claimed where events may be missing.
sed '/entries-in/d' "$source" > unknown
expect 0 'without counts' check unknown
says 'tolerant: host rules kept'
sed -n '/0x2000 gva/,$p' unknown > later
expect 0 'begins in flight' check later
says 'not judged: the capture begins after'
sed '30,33d' "$source" | sed '30i CPU:0 [LOST 4 EVENTS]' > lost
expect 0 'lost events' check lost
says 'not judged: events were lost'
grep -E '^#|async_pf' "$source" > few
expect 0 'few events' check --tolerant few
says 'not judged: rules that need kvm_msr'

awk 'NR % 17' unknown > holes
expect 0 'lines are missing everywhere' check holes
says 'a lost event would explain it'
sed '/entries-in/d' "$data/kvm-pvm-6.18/noack_uffd.trace" > noack
expect 1 'a guest without ACK, without counts' check noack
says 'tolerant: host rules kept, guest and VMM rules broken'

# A host that takes reserved bits of EN breaks a rule; what was in flight is so still.
cat > reserved <<'END'
# tracer: nop
#
# entries-in-buffer/entries-written: 8/8   #P:2
#
          vmm-100   [001] ..... 1000: kvm_msr: msr_write 4b564d06 = 0xec
          vmm-100   [001] ..... 1010: kvm_msr: msr_write 4b564d02 = 0x9009
          vmm-100   [001] ..... 1020: kvm_async_pf_ready: token 0xffffffff gva 0x0
          vmm-100   [001] ..... 1030: kvm_msr: msr_write 4b564d07 = 0x1
          vmm-100   [001] ..... 1040: kvm_try_async_get_page: gva = 0x40000000, gfn = 0x40000
          vmm-100   [001] ..... 1050: kvm_async_pf_not_present: token 0x1000 gva 0x40000000
          vmm-100   [001] ..... 1060: kvm_msr: msr_write 4b564d02 = 0x90
          vmm-100   [001] ..... 1070: kvm_async_pf_ready: token 0x1000 gva 0x40000000
END
expect 1 'reserved bits of EN are taken' check reserved
says 'A.2: reserved bits of EN are accepted'

# Another token, and all of it from a pipe.
expect 1 'the host broke a rule' check <(sed 's/ready: token 0x2000/ready: token 0x7000/' "$source")
says 'host rule broken: K-17'
says 'kvm_async_pf_ready: token 0x7000'

# CPU offline and online over a slot that the guest has not zeroed (HOLE-1), as real kernels do it.
cat > hole1 <<'END'
# case hole1: vmm
vcpu vmm kvm_msr: msr_write 4b564d06 = 0xf3
vcpu vmm kvm_msr: msr_write 4b564d02 = 0xb9330cd
vcpu vmm kvm_async_pf_ready: token 0xffffffff gva 0x0
vcpu vmm kvm_apic_accept_irq: apicid 0 vec 243 (Fixed|edge)
vcpu vmm kvm_inj_virq: IRQ 0xf3
vcpu vmm kvm_eoi: apicid 0 vector 243
vcpu vmm kvm_msr: msr_write 4b564d07 = 0x1
vcpu vmm kvm_try_async_get_page: gva = 0x5000, gfn = 0x5
vcpu vmm kvm_async_pf_not_present: token 0x1000 gva 0x5000
vcpu vmm kvm_inj_exception: #PF (0x0)
vcpu vmm kvm_msr: msr_write 4b564d03 = 0x0
vcpu vmm kvm_async_pf_ready: token 0x1000 gva 0x5000
vcpu vmm kvm_apic_accept_irq: apicid 0 vec 243 (Fixed|edge)
vcpu vmm kvm_msr: msr_write 4b564d04 = 0x0
vcpu vmm kvm_msr: msr_write 4b564d02 = 0x0
vcpu vmm kvm_inj_virq: IRQ 0xf3
vcpu vmm kvm_eoi: apicid 0 vector 243
vcpu vmm kvm_msr: msr_write 4b564d06 = 0xf3
vcpu vmm kvm_msr: msr_write 4b564d02 = 0xb9330cd
vcpu vmm kvm_try_async_get_page: gva = 0x6000, gfn = 0x6
vcpu vmm kvm_async_pf_not_present: token 0x2000 gva 0x6000
vcpu vmm kvm_inj_exception: #PF (0x0)
worker kworker kvm_async_pf_completed: gva 0x5000
worker kworker kvm_async_pf_completed: gva 0x6000
END
expect 1 'a stale slot over CPU offline and online' check hole1
says 'hole1:20: guest or VMM rule broken: HOLE-1'
says 'host rules kept'

# Bad input.
: > empty
expect 2 'an empty file' check empty
says 'empty:1:1: error: no event in it'
head -c 100000 "$sim" > binary
expect 2 'a binary file' check binary
says 'a NUL byte'
printf 'vcpu vmm kvm_eoi: apicid 0 vector 1\n' > headless
expect 2 'streams without a case' check --format=actor-streams headless
says 'headless:1:1: error: want'
printf '# case x: vmm\nvcpu vmm kvm_async_pf_ready: token x gva 0\n' > word
expect 2 'a field that is no number' check word
says 'word:2:1: error: a kvm_async_pf_ready event that cannot be read'
head -c 700 "$source" > short
printf ' half a li' >> short
expect 2 'a truncated file' check short
head -c 200000 /dev/zero | tr '\0' a > long
expect 2 'a line without an end' check long
says 'long:1:1: error: a line of more than 65536 bytes'
truncate -s 20G sparse
expect 2 'a huge file' check sparse
says 'sparse:1:1: error:'
expect 2 'a file that says that it is empty is read as a pipe' check /proc/self/environ
says 'a NUL byte'
expect 2 'a folder' check .
expect 2 'a missing file' check nowhere
expect 2 'no file' check
expect 2 'an unknown kernel' check --kernel=2.4 "$source"
expect 2 'both modes' check --strict --tolerant "$source"

# A page asked for and given up 60 000 times, whose workers end when all is over; and as many faults
# without their injections: in seconds, though each looks for what comes much later.
long() {
    awk -v kind="$1" 'function out(task, words) {
            printf "%16s [000] ..... %12.6f: %s\n", task, ++n / 1e5, words
        }
        function msr(which, value) {
            out("vcpu-100", "kvm_msr: msr_write 4b564d0" which " = " value)
        }
        BEGIN {
            print "# tracer: nop\n#"
            msr(6, "0xec"); msr(2, "0x1000b")
            for (i = 1; i <= 60000; i++) {
                page = kind == "given up" ? 7 : i
                out("vcpu-100", sprintf("kvm_try_async_get_page: gva = 0x%x000, gfn = 0x%x",
                                        page, page))
                out("vcpu-100", sprintf("kvm_async_pf_not_present: token 0x%x000 gva 0x%x000",
                                        i, page))
                if (kind == "given up") {
                    out("vcpu-100", "kvm_inj_exception: #PF (0x0)")
                    msr(2, "0x0"); msr(2, "0x1000b")
                    out("vcpu-100", "kvm_async_pf_ready: token 0xffffffff gva 0x0")
                }
                out("vcpu-100", "kvm_apic_accept_irq: apicid 0 vec 236 (Fixed|edge)")
                if (kind == "given up")
                    msr(7, "0x1")
            }
            for (i = 1; kind == "given up" && i <= 60000; i++)
                out("kworker-200", "kvm_async_pf_completed: gva 0x7000 address 0x7f0000007000")
        }'
}
for kind in 'given up' 'not injected'; do
    long "$kind" > long_one
    expect 0 "a long capture: pages $kind" check long_one
done

printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[[ $failed == 0 && $passed -gt 0 ]]
