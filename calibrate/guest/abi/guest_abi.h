/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest_abi.h - what the VMM and its freestanding guest agree on: addresses, orders, the log
 *
 * Knows:    libc types only; both sides include it.
 * Layout:   below GUEST_LOW_BYTES memory that is always present; from GUEST_DATA_GPA the memory
 *           under test; GUEST_MMIO_GPA is no memory at all: an access there exits to the VMM.
 * Clock:    every time is the guest's TSC, which the VMM sets equal to the host's.
 */
#pragma once

#include <stdint.h>

#define GUEST_PAGES_GPA  0x1000u /* PML4, PDPT, 4 page directories: identity, 2 MiB, 4 GiB */
#define GUEST_ORDERS_GPA 0x8000u /* struct guest_orders */
#define GUEST_AREA_GPA   0xc000u /* one struct guest_area a vCPU */
#define GUEST_BOOT_GPA   0xd000u /* one page a vCPU: the stack it boots on */
#define GUEST_IMAGE_GPA  0x100000u
#define GUEST_STACK_GPA  0x200000u /* one page a task: its struct, then its kernel stack */
#define GUEST_USER_GPA   0x300000u /* one page a task: its user stack */
#define GUEST_LOG_GPA    0x400000u /* one log a vCPU */
#define GUEST_LOW_BYTES  0x800000u
#define GUEST_DATA_GPA   0x40000000u
#define GUEST_MMIO_GPA   0x80000000u

#define GUEST_CPUS_MAX  4u
#define GUEST_TASKS_MAX 128u   /* of all vCPUs, idle tasks included */
#define GUEST_LOG_MAX   32000u /* records of one vCPU */

/* Vectors: what APF's ready uses, what the VMM's probe sends, the LAPIC timer. */
#define GUEST_VECTOR_READY 0xecu
#define GUEST_VECTOR_PROBE 0xe0u
#define GUEST_VECTOR_TIMER 0x40u
/* Doorbells: OUT to these ports exits. */
#define GUEST_PORT_END   0xe4u /* the vCPU is through */
#define GUEST_PORT_PROBE 0xe0u /* an exit round trip, and nothing else */

#define GUEST_MAGIC 0x6170667369000000ull /* page i begins with GUEST_MAGIC | i */

/* What a task does. */
enum guest_kind {
    GUEST_NONE,
    GUEST_TOUCH,  /* `count` times: think, read the next page */
    GUEST_SPIN,   /* counts iterations until it is told to stop */
    GUEST_IDLE,   /* made by the guest itself: HLT, or a loop if orders.idle_spins */
    GUEST_CLOCK,  /* rdtsc pairs in user mode */
    GUEST_KERNEL, /* a micro-cost in kernel mode: `probe` */
    GUEST_TRAP,   /* #UD from user mode and back */
    GUEST_MMIO,   /* exit from user mode to the VMM and back */
    GUEST_CPUID,  /* CPUID in user mode, which every backend intercepts */
    GUEST_YIELD,  /* gives way to its twin, again and again */
    GUEST_ENABLE, /* writes EN again while pages are in flight: `probe` */
};
/* What GUEST_KERNEL repeats between two rdtsc. */
enum guest_probe { GUEST_P_NOTHING, GUEST_P_OUT, GUEST_P_ACK, GUEST_P_EOI, GUEST_P_RDMSR };
/*
 * What GUEST_ENABLE does, with IF = 0. LEFT and ZEROED are what Linux does when a CPU goes offline
 * and comes back, and a page comes meanwhile: wait for a token in the slot, EN := 0, take the
 * ready's interrupt, which then finds APF off (EOI and no more), and EN := its value again.
 */
enum guest_enable {
    GUEST_E_SAME,   /* EN := the value that it has */
    GUEST_E_LEFT,   /* off and on; the slot keeps its token */
    GUEST_E_ZEROED, /* off and on; the slot is emptied in between */
};

#define GUEST_F_IRQ_OFF 1u /* the task runs with IF = 0 */
#define GUEST_F_WRITE   2u /* touches write, too */
#define GUEST_F_BLANK   4u /* pages need not hold GUEST_MAGIC */
#define GUEST_F_RANDOM  8u /* each think is drawn evenly from 0 to `think` */

struct guest_task_order {
    uint32_t cpu, kind, count, flags;
    uint32_t probe, stride; /* stride in pages */
    uint64_t first;         /* page */
    uint64_t think;         /* iterations before each touch; at most 2^47 */
    uint64_t group;         /* after so many touches in a row it yields; 0 = never */
};

struct guest_orders {
    uint64_t en_bits; /* low bits of MSR EN; 0: APF is not enabled */
    uint32_t tasks;
    uint32_t slice;        /* LAPIC timer period, in its own ticks; 0 = no timer */
    uint32_t idle_spins;   /* idle is a loop: where HLT does not exit */
    uint32_t no_ack;       /* the ready handler leaves ACK out */
    uint32_t preempt;      /* a woken task runs at once, not behind the others */
    uint32_t ticks_logged; /* the timer's handler writes GUEST_L_IRQ */
    uint32_t start;        /* the VMM's go, for all vCPUs */
    uint32_t stop;         /* spinners end */
    struct guest_task_order task[GUEST_TASKS_MAX];
    /* Answers. */
    uint64_t spins[GUEST_TASKS_MAX]; /* iterations of a task, thinking included */
    uint32_t logged[GUEST_CPUS_MAX]; /* records taken; those beyond GUEST_LOG_MAX are lost */
    uint32_t ended[GUEST_CPUS_MAX];
};

/* struct kvm_vcpu_pv_apf_data, 64-aligned */
struct guest_area {
    uint32_t flags, token;
    uint8_t pad[56];
};

enum guest_code {
    GUEST_L_NONE,
    GUEST_L_START,       /* a = EN as read back, b = CPUID leaf 0x40000001 EAX */
    GUEST_L_TOUCH,       /* a = page, b = ticks until the value was there; tsc: before it */
    GUEST_L_NOT_PRESENT, /* a = token, b = error code << 8 | flags; tsc: first thing in the stub */
    GUEST_L_READY,       /* a = token, b = task it wakes, or GUEST_NOBODY */
    GUEST_L_EOI,         /* a = ticks that it took */
    GUEST_L_ACK,         /* a = token, b = ticks that the WRMSR took; tsc: before it */
    GUEST_L_LEAVE,       /* kernel is left for another task: a = it, b = why (enum guest_code) */
    GUEST_L_RUNS,        /* a spinner noticed that it had not run for a while: a = since when */
    GUEST_L_PROBE,       /* a = enum guest_kind << 8 | enum guest_probe, b = ticks */
    GUEST_L_IRQ,         /* probe or timer interrupt. a = 1: the vCPU was idle; b = vector */
    GUEST_L_BAD_DATA,    /* a = page, b = what stood there */
    GUEST_L_FATAL,       /* a = vector, b = rip; the vCPU ends */
    GUEST_L_MSR,         /* EN is written: a = its new value; tsc: before it */
    GUEST_L_SLOT,        /* a = token that the guest sees in the slot; 0: it empties it */
    GUEST_L_STRAY,       /* ready's interrupt while APF is off: EOI and no more. a = slot */
};
#define GUEST_NOBODY 0xffffu

struct guest_rec {
    uint64_t tsc;
    uint32_t code, task;
    uint64_t a, b;
};

#define GUEST_LOG_BYTES 0x100000u
#ifndef GUEST_SIDE
_Static_assert(sizeof(struct guest_orders) <= GUEST_AREA_GPA - GUEST_ORDERS_GPA, "orders fit");
_Static_assert(GUEST_LOG_MAX * sizeof(struct guest_rec) <= GUEST_LOG_BYTES, "a log fits");
_Static_assert(GUEST_LOG_GPA + GUEST_CPUS_MAX * GUEST_LOG_BYTES <= GUEST_LOW_BYTES, "logs fit");
#endif
