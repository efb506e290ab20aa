/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf.h - the words of the protocol: constants, the shared area, kernel versions
 *
 * Knows:    libc types only.
 * Rules are cited as K-n (host), G-n (guest), INV-n: docs/protocol-rules.md lists them; each names
 * the kernel function it comes from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* virt/kvm: ASYNC_PF_PER_VCPU, arch/x86/include/asm/kvm_host.h. The checker shrinks it. */
#ifndef APF_LIMIT
#define APF_LIMIT 64
#endif
/* Slots of the host's gfn hash: the smallest power of two >= the limit (kvm_host.h, x86). */
#define APF_GFN_BITS                                                                               \
    (APF_LIMIT <= 1    ? 0u                                                                        \
     : APF_LIMIT <= 2  ? 1u                                                                        \
     : APF_LIMIT <= 4  ? 2u                                                                        \
     : APF_LIMIT <= 8  ? 3u                                                                        \
     : APF_LIMIT <= 16 ? 4u                                                                        \
     : APF_LIMIT <= 32 ? 5u                                                                        \
     : APF_LIMIT <= 64 ? 6u                                                                        \
                       : 7u)
#define APF_GFN_SLOTS (1u << APF_GFN_BITS)
#define APF_NO_GFN    UINT64_MAX /* an empty slot; no memslot can hold this gfn */
/* Guest sleeper hash, KVM_TASK_SLEEP_HASHSIZE, arch/x86/kernel/kvm.c. */
#ifndef APF_BUCKETS
#define APF_BUCKETS 256
#endif
/* Nodes of the guest's hash (sleepers and dummies), over all CPUs of one guest. */
#ifndef APF_GUEST_NODES
#define APF_GUEST_NODES (APF_LIMIT * 1024 + 1024)
#endif

#define APF_TOKEN_WAKE_ALL 0xffffffffu

#define APF_MSR_EN  0x4b564d02u
#define APF_MSR_INT 0x4b564d06u
#define APF_MSR_ACK 0x4b564d07u
/*
 * Other protocols' calls travel as MSR writes, too: arm64's SMCCC calls as EN, INT and ACK, s390's
 * DIAG 0x258 as EN. arm64: the guest says that its handler of the event has ended (SDEI).
 */
#define APF_CALL_COMPLETE 0xc4000025u /* SDEI_EVENT_COMPLETE, Arm DEN0054 */

#define APF_EN_ENABLED               1u
#define APF_EN_SEND_ALWAYS           2u
#define APF_EN_DELIVERY_AS_PF_VMEXIT 4u
#define APF_EN_DELIVERY_AS_INT       8u
#define APF_EN_RESERVED              0x30u

#define APF_CPUID_ASYNC_PF        (1u << 4)
#define APF_CPUID_ASYNC_PF_VMEXIT (1u << 10)
#define APF_CPUID_ASYNC_PF_INT    (1u << 14)

#define APF_REASON_NOT_PRESENT 1u
#define APF_REASON_READY       2u    /* before 5.8 only: ready came as a #PF, too */
#define APF_VECTOR_LINUX       0xf3u /* HYPERVISOR_CALLBACK_VECTOR */

/* The first 8 bytes of struct kvm_vcpu_pv_apf_data: guest memory that both halves touch (A.4). */
struct apf_area {
    uint32_t flags;
    uint32_t token; /* "the slot" */
};

/* ---- kernel versions as data ---- */

enum apf_kernel {
    APF_KERNEL_5_8,
    APF_KERNEL_5_10,
    APF_KERNEL_5_13,
    APF_KERNEL_5_17,
    APF_KERNEL_6_1,
    APF_KERNEL_6_12,
    APF_KERNEL_TIP,
    APF_KERNELS, /* of the protocol with the ready interrupt: what a simulation may choose */
    /*
     * Both events by #PF, 2.6.38 to 5.7: the row has every fix that came before 5.8. Not among the
     * kernels above, as machine models know only the interrupt; the checker drives it.
     */
    APF_KERNEL_4_14 = APF_KERNELS,
    APF_KERNEL_ROWS
};

/* What a host kernel of that version does. One row per version in apf_version.c. */
struct apf_host_rules {
    const char *name;
    bool token_nonzero;           /* A.5: skip id 0 (6f3c1fc53d86, 5.17) */
    bool ack_gated_by_int;        /* A.2: ACK MSR needs CPUID bit 14, not 4 (0a31df682323, 5.14) */
    bool dequeue_tests_lapic;     /* K-18 (2f15d027c05f, 5.13) */
    bool deliver_tests_paging;    /* K-11.3 (57cb3bb0dc89, 5.18) */
    bool deliver_tests_protected; /* K-11.2: unreadable CPL is a no (b9595d1ddef8, 6.15) */
    bool pg_keeps_queue; /* CR0.PG changes leave the queue alone (ab4e41eb9fab, 6.19 and stable) */
    bool en_checks_area_first; /* cache set-up precedes the store of EN (923ca078f08c, tip) */
    bool ack_has_barrier;      /* 68c35f89d016, tip */
    bool flush_on_free;        /* 3d75b8aa5c29, 6.9 and stable */
    bool swap_window1_is_sync; /* B.1.1: swap read with read-ahead window 1 is synchronous (<= 6.1)
                                */
    /*
     * Before 5.8: ready is a #PF with reason 2, the token in CR2. No INT, no ACK, no slot; no
     * APF_REQ_READY and no kick either: the run loop looks at `done` behind each entry or block.
     */
    bool ready_by_pf;
    bool hook_first;      /* K-14: work is scheduled behind the not-present hook (7863e346e108) */
    bool ready_announced; /* K-17: ready only for what was announced (2a18b7e7cd88, 5.8) */
};
struct apf_guest_rules {
    const char *name;
    bool uses_int;        /* 5.9: the guest enables APF at all on a >= 5.8 host (b1d405751cd5) */
    bool nmi_peeks_flags; /* BUG-29, 6.12.115 */
    bool dummy_alloc_unlocked; /* no allocation under a raw lock (0547758a6de3, 5.19) */
    bool ready_by_pf;          /* before 5.8: apf_guest_old.c */
};
extern const struct apf_host_rules apf_host_rules[APF_KERNEL_ROWS];
extern const struct apf_guest_rules apf_guest_rules[APF_KERNEL_ROWS];

/* "4.14", "5.8" .. "6.12", "tip". False: no such row, *ret_kernel is untouched. */
bool apf_kernel_parse(const char *name, enum apf_kernel *ret_kernel);
const char *apf_kernel_name(enum apf_kernel kernel);

/*
 * The label of the historical bug (BUG-n) or open weakness (HOLE-n) for which this host kernel is
 * known to break the invariant that `broken` names ("INV-n: ..."), or NULL. A caller that studies
 * an old kernel counts such a finding; any other finding is a defect of this program.
 */
const char *apf_host_known_bug(enum apf_kernel kernel, const char *broken);

/* ---- what-ifs: the same idea as other proposals and another architecture do it ---- */

enum apf_protocol {
    APF_X86,           /* x86 KVM as the kernel rows say */
    APF_ASYNC_PF_USER, /* x86 and exits to user space that do not stop the vCPU: a proposal */
    APF_ARM64_SDEI,    /* arm64's proposal */
    APF_S390,          /* s390 pfault, in Linux */
    APF_PROTOCOLS
};

/* What a protocol does otherwise than x86. One row per protocol in apf_protocol.c. */
struct apf_protocol_rules {
    const char *name; /* the workload's word */
    const char *what; /* one line for reports */
    bool merged;      /* in Linux; else a proposal */
    bool user_exits;  /* a page that only the VMM can bring: exit with a token, ioctl at the end */
    bool halts;       /* who cannot be told is halted; else the thread waits for the page */
    bool gfn_hash;    /* a page in flight is known: its second fault is "repeated" */
    bool token_nonzero; /* 0 is no token, as the slot reads 0 when it is free */
    bool guest_token;   /* the guest's own choice, one for each task */
    bool shared_pair;   /* flags and token say both kinds of event: one at a time, of either kind */
    bool cancels;       /* an event that is not delivered yet is taken back when its page comes */
    bool keeps_request; /* what must not leave `done` yet is looked at again at each entry */
    bool worker_tells;  /* ready is sent by the worker, to any CPU; `done` is for tidying up only */
    bool uses_area;     /* host and guest share two words */
    bool wakes_all;     /* the host broadcasts when the guest enables */
    bool off_keeps;     /* turning it off leaves what is in flight in flight */
    bool prefaults;     /* the page is mapped before the guest is told */
    const char *user_only; /* why an access in kernel mode is not told; NULL: x86's words for it */
    const char *without;   /* invariants of x86 that mean nothing here: "INV-1: INV-7: " */
};
extern const struct apf_protocol_rules apf_protocol_rules[APF_PROTOCOLS];

/* "x86", "async-pf-user", "arm64-sdei", "s390". False: no such row, *ret is untouched. */
bool apf_protocol_parse(const char *name, enum apf_protocol *ret);
/* Is this invariant ("INV-7: ...") asked under that protocol? */
bool apf_protocol_asks(enum apf_protocol protocol, const char *text);

/* ---- hashes (A.6) ---- */
static inline uint32_t apf_hash_32(uint32_t v, unsigned bits)
{
    return bits ? (uint32_t)(v * 0x61C88647u) >> (32 - bits) : 0;
}

/* h(gfn), arch/x86/kvm/x86.c kvm_async_pf_hash_fn(): only the low 32 bits are hashed. */
static inline uint32_t apf_gfn_hash(uint64_t gfn)
{
    return apf_hash_32((uint32_t)gfn, APF_GFN_BITS);
}

#if APF_BUCKETS & (APF_BUCKETS - 1)
#error "APF_BUCKETS must be a power of two"
#endif
/* h(token), arch/x86/kernel/kvm.c hash_32(token, KVM_TASK_SLEEP_HASHBITS). */
static inline uint32_t apf_token_hash(uint32_t token)
{
    return apf_hash_32(token, (unsigned)__builtin_ctz(APF_BUCKETS));
}
