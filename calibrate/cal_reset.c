/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_reset.c - see cal_reset.h
 */
#include "cal_reset.h"

#include <stdint.h>
#include <sys/ioctl.h>

#include "apf.h"

bool cal_fresh_read(struct cal_fresh *ret, int vcpu)
{
    return !ioctl(vcpu, KVM_GET_REGS, &ret->regs) && !ioctl(vcpu, KVM_GET_SREGS, &ret->sregs) &&
           !ioctl(vcpu, KVM_GET_LAPIC, &ret->lapic) &&
           !ioctl(vcpu, KVM_GET_VCPU_EVENTS, &ret->events);
}

static bool zero_msr(int vcpu, uint32_t msr)
{
    _Alignas(struct kvm_msrs)
        uint8_t room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)] = {0};
    struct kvm_msrs *set = (struct kvm_msrs *)(void *)room;

    set->nmsrs = 1;
    set->entries[0].index = msr;
    return ioctl(vcpu, KVM_SET_MSRS, set) == 1;
}

bool cal_fresh_write(const struct cal_fresh *fresh, int vcpu)
{
    struct kvm_mp_state runnable = {.mp_state = KVM_MP_STATE_RUNNABLE};

    return !ioctl(vcpu, KVM_SET_SREGS, &fresh->sregs) && !ioctl(vcpu, KVM_SET_REGS, &fresh->regs) &&
           zero_msr(vcpu, APF_MSR_EN) && zero_msr(vcpu, APF_MSR_INT) &&
           !ioctl(vcpu, KVM_SET_LAPIC, &fresh->lapic) &&
           !ioctl(vcpu, KVM_SET_VCPU_EVENTS, &fresh->events) &&
           !ioctl(vcpu, KVM_SET_MP_STATE, &runnable);
}
