/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_vm.h - a virtual machine that runs the freestanding guest once
 *
 * In-kernel irqchip, up to GUEST_CPUS_MAX vCPUs with a thread each, low memory and the memory under
 * test. Works alike on VMX, SVM and shadow-paging backends: long mode is entered through SREGS.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cal_error.h"
#include "cal_memory.h"
#include "cal_reset.h"
#include "guest_abi.h"

struct kvm_run;

struct cal_vm_order {
    unsigned vcpus;
    bool hlt_in_guest; /* HLT does not exit: with APF off such a vCPU waits synchronously */
    bool pin;          /* vCPU i on host CPU (i + 1) % CPUs; the monitor is left free */
    int nice;          /* of vCPU threads. 0 in every probe: a raised vCPU starves the APF worker */
};

struct cal_vm;
struct cal_vcpu {
    struct cal_vm *vm;
    unsigned id;
    int fd;
    struct kvm_run *run;
    pthread_t thread;
    bool threaded, failed;
    atomic_bool through, reset; /* reset: is to be reset by its thread */
    struct cal_fresh fresh;     /* as it was made */
    int tid;                    /* of its thread; set before the guest's first instruction */
    uint64_t exits;             /* to this VMM */
};

struct cal_vm {
    int kvm, fd;
    unsigned vcpus;
    bool pin;
    int nice;
    uint8_t *low;
    size_t run_bytes;
    struct cal_vcpu vcpu[GUEST_CPUS_MAX];
    struct cal_memory *memory; /* lent */
    atomic_bool quit;
    uint64_t tsc_khz;
    bool same_tsc; /* the guest's TSC is the host's */
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* memory: lent, made before, free after the VM. */
bool cal_vm_make(struct cal_vm *vm, const struct cal_vm_order *order, struct cal_memory *memory,
                 struct cal_error *error);
void cal_vm_free(struct cal_vm *vm);
struct guest_orders *cal_vm_orders(struct cal_vm *vm);

/* Makes threads, gives the go and returns. */
bool cal_vm_start(struct cal_vm *vm, struct cal_error *error);
/* Waits until every vCPU is through, or so long. False: time is up (no error), or *error. */
bool cal_vm_wait(struct cal_vm *vm, unsigned ms, struct cal_error *error);
/* Ends the threads wherever they are. The log and the orders can be read until cal_vm_free(). */
void cal_vm_stop(struct cal_vm *vm);
/* A system reset of a machine with one vCPU, which runs: it boots again. Memory under test stays as
 * it is. Returns when it is done; a vCPU that cannot be reset has failed. */
void cal_vm_reset(struct cal_vm *vm);
/* The host CPU that a pinned vCPU is on. */
unsigned cal_vm_cpu(unsigned vcpu);
/* An interrupt for that vCPU. */
bool cal_vm_interrupt(struct cal_vm *vm, unsigned vcpu, unsigned vector);
