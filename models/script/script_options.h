/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_options.h - a recorded experiment as data: what its VMM and its guest were told
 *
 * Knows:    params.h.
 * A script is a line of key=value words; the last of a repeated key wins. Numbers are decimal, 0x
 * or octal. Every key of the recording laboratory that changes what can be seen is known here; a
 * key, a backing or a value that cannot be played is refused by name.
 */
#pragma once

#include "params.h"

#define SCRIPT_TASKS_MAX 128
#define SCRIPT_BATCH_MAX 256
#define SCRIPT_LOG_MAX   20000
#define SCRIPT_DATA_GPA  0x40000000ull /* where the memory under test begins */

struct script_options {
    enum backing backing; /* uffd: every page missing; anon: never needs I/O */

    /* the VMM */
    uint64_t pages;   /* of the memory under test */
    uint64_t fill;    /* anon: resident before the run */
    uint64_t nohlt;   /* HLT does not exit */
    uint64_t tmoms;   /* the run ends after so many ms */
    uint64_t tmo;     /* the same in s, when tmoms is not given */
    uint64_t kvmfeat; /* mask on CPUID 0x40000001 EAX */
    uint64_t delay;   /* us before each page is supplied */
    uint64_t batch;   /* pages are supplied when so many are missed, or 300 ms after the last */
    uint64_t lifo;    /* of a batch, the last one missed comes first */

    /* the guest */
    uint64_t en;                          /* low bits of MSR EN; bit 0 clear: MSRs are left alone */
    uint64_t vec;                         /* MSR INT */
    uint64_t ntask, npages, stride, base; /* tasks, pages each touches, their distance, the first */
    uint64_t same;                        /* all tasks touch the same pages */
    uint64_t write;                       /* touches write */
    uint64_t cpl;                         /* tasks run at CPL 3 */
    uint64_t cli;                         /* touching tasks run with IF = 0 */
    uint64_t timer;                       /* LAPIC timer period, ns; 0 = none */
    uint64_t counter;                     /* one more task computes while the others wait */
    uint64_t noack, noclear, noeoi;       /* steps that the ready handler leaves out */
    uint64_t
        reenable; /* EN is rewritten at the first #PF: 1 same value, 2 zero, 3 zero, then value */
    uint64_t hostact; /* the same by KVM_SET_MSRS; 4: ACK */
    uint64_t live;    /* every log record rings the VMM's doorbell */
    uint64_t noapic;  /* the LAPIC stays software-disabled */
    uint64_t maxlog;  /* log records that are written and rung */
};

/* Why a script cannot be played, and where in the line. */
struct script_error {
    size_t column; /* from 0 */
    char text[160];
};

/* Reads `line`; false with *ret_error filled. */
bool script_options_parse(const char *line, struct script_options *ret,
                          struct script_error *ret_error);
/* The backing's name in a script. */
const char *script_backing_name(enum backing backing);
