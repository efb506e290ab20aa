/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_need.h - the facilities of this machine that a measurement needs, each probed by using it
 *
 * Nothing here needs more than the facility itself: /dev/kvm may be opened by a group, userfaultfd
 * by CAP_SYS_PTRACE or a device node. The message of a failure says what to do.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cal_error.h"

/* Who runs the guest. */
struct cal_host {
    char backend[16];   /* "kvm_intel", "kvm_amd", "kvm_pvm", or "kvm" if it does not show */
    char cpu[64];       /* model name of /proc/cpuinfo */
    char kernel[64];    /* uname -r */
    unsigned cpus;      /* online */
    bool cpl0_emulated; /* guest kernel code is interpreted */
};

/* Descriptors, or -1 with *error set. */
int cal_open_kvm(struct cal_error *error);
int cal_open_userfaultfd(struct cal_error *error);
/* False: tracefs is not readable, and why (`why` of at least CAL_TEXT_MAX). Never an error. */
bool cal_has_tracefs(char *why);
void cal_host_describe(struct cal_host *host);
/* Rate of this machine's TSC by its KVM, in kHz; 0: not to be had. */
uint64_t cal_tsc_khz(void);
