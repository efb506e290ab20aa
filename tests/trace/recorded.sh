#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# recorded.sh SIM DATA - every recording of a real KVM comes out of the models, event for event
#
# One recording is one case. A changed recording must be noticed; bad input is one line and exit 2.
set -u

sim=$(realpath "$1")
data=$(realpath "$2")
here=$(mktemp -d) || exit 99
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 99
passed=0 failed=0

# expect STATUS NAME ARGUMENT...: exit status of sim trace replay
expect() {
    local want=$1 name=$2 status
    shift 2
    "$sim" trace replay "$@" > stdout 2> stderr
    status=$?
    if [[ $status == "$want" ]]; then
        passed=$((passed + 1))
    else
        printf 'FAIL: %s: exit %s, not %s\n' "$name" "$status" "$want"
        cat stdout stderr
        failed=$((failed + 1))
    fi
}

says() {
    if grep -qF -- "$1" stdout stderr; then
        passed=$((passed + 1))
    else
        printf 'FAIL: no "%s" in\n' "$1"
        cat stdout stderr
        failed=$((failed + 1))
    fi
}

for file in "$data"/*.trace "$data"/further/*.trace; do
    name=$(basename "$file" .trace)
    # Which of two actors is first among 64 pages in flight is up to the host's scheduler.
    if [[ $name == 09_70tasks ]]; then
        expect 0 "$name" --rules "$file"
        says '69 not_present, 70 ready, 69 completed, 1 refused, 1 tokens burned, 64 in flight'
    else
        expect 0 "$name" --strict "$file"
    fi
done

# A recording that was tampered with is different, and the place is shown.
change() {
    sed "$2" "$data/01_basic.trace" > changed
    expect 1 "$1" changed
    says 'first difference'
}
change 'another token' 's/not_present: token 0x2000/not_present: token 0x3000/'
change 'a lost ready' '/async_pf_ready: token 0x2000/d'
change 'two lines exchanged' '/async_pf_ready/{h;d};/accept_irq/{G}'
change 'another worker order' '/^worker.*gva 0x4000/s/gva 0x40000000/gva 0x40040000/'
change 'a copy too many' '/UFFD: copy page 64/p'
sed 's/not_present: token 0x2000/not_present: token 0x800/' "$data/01_basic.trace" > changed
expect 1 'tokens that fall' --rules changed
says 'tokens must rise'
sed '/kvm_async_pf_not_present: token 0x2000/d' "$data/01_basic.trace" > changed
expect 1 'a ready without a not_present' --rules changed

# What is printed is a recording.
expect 0 'printing' --print "$data/02_user.trace"
cp stdout own
expect 0 'our own print' --strict own
expect 0 'a line of options' --script='backing=uffd npages=1'
says 'TOUCH-DONE page 0'

# Bad input.
: > empty
expect 2 'an empty file' empty
says 'empty:1:1: error:'
printf 'vcpu vmm x\n' > headless
expect 2 'no header' headless
says 'headless:1:1: error:'
printf '# case x: vmm backing=uffd\nnobody says\n' > actor
expect 2 'an unknown actor' actor
says 'actor:2:1: error:'
printf '# case x: vmm backing=uffd npage=1\n' > option
expect 2 'an unknown option' option
says "option:1:28: error: unknown option 'npage'"
head -c 3000 /dev/zero | tr '\0' x > long
expect 2 'a long line' long
expect 2 'a folder' .
expect 2 'a missing file' nowhere
expect 2 'no file'

printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[[ $failed == 0 && $passed -gt 0 ]]
