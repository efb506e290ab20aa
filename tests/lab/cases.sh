# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# cases.sh - what is done in the laboratory: each case, its trace judged, and a whole measurement
T=/sys/kernel/tracing
echo 0 >$T/tracing_on
echo x86-tsc >$T/trace_clock
echo 8192 >$T/buffer_size_kb
for e in try_async_get_page async_pf_repeated_fault async_pf_not_present async_pf_ready \
    async_pf_completed msr inj_exception apic_accept_irq eoi; do
    echo 1 >$T/events/kvm/"kvm_$e"/enable
done
for c in $(sim calibrate --case=list | cut -d ' ' -f 1); do
    echo >$T/trace
    echo 1 >$T/tracing_on
    echo "LAB: case $c"
    sim calibrate --case="$c"
    echo "LAB: status $?"
    echo 0 >$T/tracing_on
    cat $T/trace >/capture
    echo "LAB: trace $c"
    sim trace check --kernel=6.1 /capture
    echo "LAB: status $?"
done
echo "LAB: calibrate"
sim calibrate --samples=40 2>/dev/null
echo "LAB: status $?"
