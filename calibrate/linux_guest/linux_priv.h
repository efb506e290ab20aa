/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_priv.h - inside linux_guest/: the machine, its serial port, what is put into its memory
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "cal_linux.h"
#include "cal_monitor.h"

#define LINUX_ZERO_PAGE 0x7000u

struct kvm_run;
struct linux_vm;

struct linux_uart {
    uint8_t ier, lcr, mcr, scr, dll, dlm;
    char line[256];
    unsigned length;
};

struct linux_vcpu {
    struct linux_vm *vm;
    unsigned id;
    int fd;
    struct kvm_run *run;
    pthread_t thread;
    bool threaded;
    atomic_bool parked, gone;
};

struct linux_vm {
    const struct cal_linux_order *order;
    struct cal_linux_result *result;
    int kvm, fd;
    unsigned vcpus;
    size_t run_bytes;
    uint8_t *ram;
    uint64_t bytes;
    uint64_t entry; /* of the kernel, in guest memory */
    struct linux_uart uart;
    struct linux_vcpu vcpu[CAL_LINUX_CPUS_MAX];
    /* Memory that was taken away, and who brings it back. */
    uint8_t *shadow;
    int uffd;
    struct cal_monitor monitor;
    /* Who stops the others; how it ends. */
    atomic_bool pause, quit;
    bool ended;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct cal_error error;
};

/* linux_load.c: kernel, initrd, boot parameters, ACPI tables, page tables */
/* A bzImage with a 64-bit entry; *error otherwise. */
bool linux_is_kernel(const char *path, struct cal_error *error);
bool linux_load(struct linux_vm *vm, struct cal_error *error);
/* linux_acpi.c: RSDP, XSDT and MADT; at `at` in guest memory, up to 1 KiB */
void linux_acpi(struct linux_vm *vm, uint32_t at);
/* linux_vm.c */
bool linux_vm_make(struct linux_vm *vm, struct cal_error *error);
bool linux_vm_start(struct linux_vm *vm, struct cal_error *error);
/* The caller is a vCPU's thread: the others are out of the guest until linux_vm_resume(). */
void linux_vm_pause(struct linux_vm *vm, const struct linux_vcpu *but);
void linux_vm_resume(struct linux_vm *vm);
void linux_vm_end(struct linux_vm *vm, const char *wrong); /* wrong: NULL, all is well */
void linux_vm_free(struct linux_vm *vm);
/* linux_uart.c: an access of `bytes` to a port, from a vCPU's thread */
void linux_io(struct linux_vcpu *v, uint16_t port, bool out, uint8_t *data, unsigned bytes);
/* linux_run.c: a whole line of the console */
void linux_line(struct linux_vcpu *v, const char *line);
