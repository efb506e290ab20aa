/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_thread.h - threads of ours: on which host CPU, and out of KVM_RUN
 */
#pragma once

#include <linux/kvm.h>
#include <pthread.h>

/* The calling thread runs there alone from now on. */
void cal_thread_pin(unsigned cpu);

/* Before the first vCPU: the signal that ends KVM_RUN with EINTR ends nothing else. */
void cal_thread_prepare(void);
/*
 * Asks a vCPU's thread out of KVM_RUN, and waits for a moment. The signal may come just before the
 * call, so it is asked again until the thread says that it is out; immediate_exit stays set, for
 * the caller to clear.
 */
void cal_thread_leave(pthread_t thread, struct kvm_run *run);
