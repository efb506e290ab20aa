/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_linux.h - a stock Linux kernel as the guest: what APF does for it while its memory comes and
 *               goes
 *
 * Knows:    calibrate, the kernel's user headers.
 * How:      direct boot of a bzImage by the 64-bit protocol, with an initrd of one file, our init.
 *           In-kernel irqchip and PIT, a serial port for text, ACPI tables with a MADT. When init
 *           says so, all memory is taken away and comes back page by page, late, by userfaultfd.
 * Where:    on hardware virtualization. A backend that interprets the guest's kernel
 *           (cal_host.cpl0_emulated) does not get Linux to user space: CAL_MISSING.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cal_error.h"
#include "cal_trace.h"

#define CAL_LINUX_CPUS_MAX 2u

struct cal_linux_order {
    const char *kernel; /* path of a bzImage */
    unsigned vcpus;     /* 1 or 2 */
    unsigned memory_mib;
    unsigned touchers, pages, rounds;  /* each round, each toucher reads all of its pages */
    unsigned offlines;                 /* instead of rounds: CPU 1 goes and comes so many times */
    unsigned delay_us;                 /* until a page comes; with offlines 10 to 120 ms */
    unsigned limit_s;                  /* for all of it */
    void (*console)(const char *line); /* may be NULL */
};

struct cal_linux_result {
    char release[80];               /* of the kernel, from its header */
    uint64_t hyp_before, hyp_after; /* HYP of /proc/interrupts, all CPUs, around the rounds */
    uint64_t touched, wrong, spins;
    uint64_t offlines;     /* that were done */
    uint64_t stuck;        /* touchers that sleep for a token for ever */
    uint64_t takes, taken; /* how often memory was taken, and pages in all */
    double seconds;        /* from the guest's first instruction to its last word */
    int tid[CAL_LINUX_CPUS_MAX];
    uint64_t memory, memory_bytes; /* the guest's, in this process: to know its pages in a trace */
};

/* trace: open or closed; it records from before the boot. False: *error. */
bool cal_linux_run(struct cal_linux_result *r, const struct cal_linux_order *o,
                   struct cal_trace *trace, struct cal_error *error);
