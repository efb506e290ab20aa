/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_reset.h - a vCPU as it was made, and a reset of the machine back to that
 *
 * KVM has no call that resets a vCPU: a VMM writes its state, piece by piece. The pieces here are
 * those that QEMU's system reset writes for the boot CPU and that this guest has: registers, APF's
 * MSRs, LAPIC, pending events, MP state (KVM_SET_REGS, _SREGS, _MSRS, _LAPIC, _VCPU_EVENTS,
 * _MP_STATE).
 */
#pragma once

#include <linux/kvm.h>
#include <stdbool.h>

struct cal_fresh {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_lapic_state lapic;
    struct kvm_vcpu_events events;
};

/* False: errno says why. A vCPU's thread is to be out of KVM_RUN. */
bool cal_fresh_read(struct cal_fresh *ret, int vcpu);
/* KVM_SET_MSRS with EN = 0 waits for APF's workers, as long as their pages take. */
bool cal_fresh_write(const struct cal_fresh *fresh, int vcpu);
