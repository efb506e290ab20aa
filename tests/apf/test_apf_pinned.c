/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_pinned.c - what the two halves do is pinned: one digest a kernel row, one a switch
 *
 * Long random sequences of inputs, any in any order, go into a half; verdict, reasons, actions,
 * findings and the state behind each step go into a digest. The other suites say what is right;
 * this one notices that anything at all is another than it was, so that a rule never changes
 * by accident. A digest that is meant to change: the failing test prints the new row.
 */
#include "apf_guest.h"
#include "apf_host.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#define CPUID_ALL (APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT | APF_CPUID_ASYNC_PF_VMEXIT)
#define STEPS     12000

static uint64_t random_state, digest;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % below);
}

static bool seldom(void)
{
    return draw(16) == 0;
}

/* Several draws in one expression would come in the compiler's order: so one draw, cut up. */
static uint64_t draw_word(void)
{
    uint64_t high = draw(UINT32_MAX);

    return high << 32 | draw(UINT32_MAX);
}
static unsigned nibble(uint64_t word, unsigned i)
{
    return word >> (4 * i) & 15;
}

static void mix(uint64_t value)
{
    digest = (digest ^ value) * 0x9e3779b97f4a7c15u;
    digest ^= digest >> 29;
}

/* The id of a finding, or the kernel's words in a panic. */
static void mix_words(const char *words)
{
    mix(words ? 1 : 2);
    for (; words && *words && *words != ':'; words++) {
        mix((uint8_t)*words);
    }
}

/* ---- host half ---- */

static struct apf_host host;
static struct apf_area area;

static struct apf_host_ctx draw_ctx(void)
{
    const uint64_t w = draw_word();

    return (struct apf_host_ctx){
        .event_reinject = nibble(w, 0) == 0,
        .exception_pending = nibble(w, 1) == 0,
        .hlt_in_guest = nibble(w, 2) == 0,
        .irq_allowed = nibble(w, 3) != 0,
        .paging = nibble(w, 4) != 0,
        .guest_mode = nibble(w, 5) < 4,
        .protected_state = nibble(w, 6) == 0,
        .lapic_enabled = nibble(w, 7) != 0,
        .cpl = nibble(w, 8) < 4 ? 0 : 3,
        .nested_run_pending = nibble(w, 9) == 0,
        .l1_intercepts_pf = nibble(w, 10) < 8,
    };
}

static void draw_msr(struct apf_host_in *in)
{
    static const uint64_t en[] = {0x10009, 0x1000d, 0x1000b, 0x10001, 0x10008,
                                  0,       0x10,    0x30,    0x30009, 0x2000f};
    static const uint32_t msr[] = {APF_MSR_EN,  APF_MSR_EN,  APF_MSR_INT,
                                   APF_MSR_ACK, APF_MSR_ACK, APF_MSR_ACK + 1};

    in->msr = msr[draw(sizeof msr / sizeof *msr)];
    in->value = in->msr == APF_MSR_EN    ? en[draw(sizeof en / sizeof *en)]
                : in->msr == APF_MSR_INT ? draw(300)
                                         : draw(4);
    in->host_initiated = draw(4) == 0;
}

/* An item in one of the states that the worker's input `kind` follows on; else any. */
static uint8_t draw_item(enum apf_host_in_kind kind)
{
    unsigned from = draw(APF_ITEMS);
    uint8_t wanted = kind == APF_IN_WORK_RUN ? APF_ITEM_QUEUED : APF_ITEM_RUNNING;

    for (unsigned n = 0; n < APF_ITEMS && !seldom(); n++) {
        const struct apf_item *item = &host.item[(from + n) % APF_ITEMS];
        bool waits = !item->worker_returned && !item->wakeup_all && item->state > APF_ITEM_RUNNING;

        if (kind == APF_IN_WORK_KICK || kind == APF_IN_WORK_RETURN ? waits
                                                                   : item->state == wanted) {
            return (uint8_t)((from + n) % APF_ITEMS);
        }
    }
    return (uint8_t)draw(256);
}

/* Each stretch of 512 steps has its own habits: queues fill, or are emptied all the time. */
static enum apf_host_in_kind draw_kind(unsigned n)
{
    static const enum apf_host_in_kind busy[] = {
        APF_IN_FAULT,       APF_IN_FAULT,       APF_IN_FAULT,     APF_IN_WORK_RUN,
        APF_IN_WORK_RUN,    APF_IN_WORK_APPEND, APF_IN_WORK_KICK, APF_IN_WORK_RETURN,
        APF_IN_WORK_RETURN, APF_IN_REQ_READY,   APF_IN_CHECK,     APF_IN_PRESENT,
        APF_IN_PRESENT,     APF_IN_WRMSR,       APF_IN_WORK_PEEK, APF_IN_NOT_PRESENT};
    static const uint16_t rare[] = {12, 60, 1500};

    if (draw(rare[n / 512 % 3]) == 0) {
        return (enum apf_host_in_kind)draw(APF_IN_KINDS);
    }
    return busy[draw(n / 512 % 3 == 2 ? 5 : sizeof busy / sizeof *busy)];
}

static void host_step(unsigned n)
{
    static struct apf_host_out out;
    const uint64_t w = draw_word();
    struct apf_host_in in = {.kind = draw_kind(n),
                             .gva = (w >> 40) << 12,
                             .prefault = nibble(w, 0) == 0,
                             .hva_error = nibble(w, 1) == 0,
                             .no_memory = nibble(w, 2) == 0,
                             .area_faults = nibble(w, 3) == 0};

    in.gfn = draw(200) ? draw(96) : APF_NO_GFN;
    in.ctx = draw_ctx();
    in.item = draw_item(in.kind);
    draw_msr(&in);
    area.token = draw(3) ? area.token : 0;
    area.flags = draw(3) ? 0 : area.flags;
    apf_host_step(&host, &area, &in, &out);
    mix((uint64_t)out.verdict << 32 | out.why);
    mix((uint64_t)out.token << 32 | out.item << 8 | out.more);
    mix_words(out.broken);
    for (uint32_t i = 0; i < out.count; i++) {
        const struct apf_action *a = &out.act[i];

        mix((uint64_t)a->kind << 16 | a->trace << 8 | a->item | (uint64_t)a->token << 32);
        mix(a->gva ^ a->gfn << 20 ^ a->value << 40 ^ (uint64_t)a->vmexit << 63);
    }
    mix((uint64_t)area.token << 32 | area.flags);
}

static void mix_item(const struct apf_item *item)
{
    mix(item->gfn ^ item->gva << 8);
    mix((uint64_t)item->token << 32 | item->state << 24 | item->next << 16 | item->qnext << 8 |
        item->wakeup_all << 7 | item->notpresent_injected << 6 | item->worker_returned << 5 |
        item->notify << 4 | item->unflushed << 3 | item->l2 << 2 | item->peeked);
}

static void mix_host(void)
{
    uint64_t value = 0;

    mix(host.msr_en ^ host.msr_int << 40);
    mix((uint64_t)host.id << 32 | host.requests << 24 | host.queued << 8 | host.vec);
    mix(host.send_always | host.as_pf_vmexit << 1 | host.area_valid << 2 | host.halted << 3 |
        host.pageready_pending << 4 | host.destroying << 5 | (uint64_t)host.hook_item << 8 |
        (uint64_t)host.dequeued << 16 | (uint64_t)host.done_head << 24 |
        (uint64_t)host.done_tail << 32 | (uint64_t)host.queue_head << 40 |
        (uint64_t)host.queue_tail << 48);
    mix(host.error_gfn);
    for (unsigned i = 0; i < APF_GFN_SLOTS; i++) {
        mix(host.gfns[i]);
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (host.item[i].state != APF_ITEM_FREE) {
            mix_item(&host.item[i]);
        }
    }
    for (uint32_t msr = APF_MSR_EN; msr <= APF_MSR_ACK; msr++) {
        mix(apf_host_rdmsr(&host, msr, &value) ? value : 0x6b);
    }
    mix_words(apf_host_broken(&host, &area));
}

static void host_run(enum apf_kernel kernel, uint64_t bugs, uint64_t fixes, unsigned round)
{
    static const uint32_t cpuid[] = {CPUID_ALL, CPUID_ALL & ~APF_CPUID_ASYNC_PF,
                                     CPUID_ALL & ~APF_CPUID_ASYNC_PF_INT, CPUID_ALL};

    apf_host_init(&host, kernel, round % 4 == 3 ? 0xfff : round % 4, cpuid[round % 4],
                  round % 8 != 7);
    host.enforce_cpuid = round % 2;
    host.id = round % 3 ? 0 : 0xfffff - 20;
    host.bugs = bugs;
    host.fixes = fixes;
    memset(&area, 0, sizeof area);
    for (unsigned n = 0; n < STEPS / 8; n++) {
        host_step(n);
        if (n % 8 == 0) {
            mix_host();
        }
    }
}

/* ---- guest half ---- */

static struct apf_guest guest;
static struct apf_guest_cpu cpu[3];
static struct apf_area areas[3];

static struct apf_guest_in draw_guest_in(void)
{
    const uint64_t w = draw_word();
    struct apf_guest_in in = {
        .kind = (w >> 48) % 3       ? (enum apf_guest_in_kind)((w >> 40 & 255) % APF_GIN_KINDS)
                : nibble(w, 12) < 8 ? APF_GIN_WAIT
                                    : APF_GIN_WAKE,
        .cpl = nibble(w, 0) < 4 ? 0 : 3,
        .if_flag = nibble(w, 1) != 0,
        .in_nmi = nibble(w, 2) == 0,
        .shutdown = nibble(w, 3) == 0,
        .truth = (uint8_t)(nibble(w, 4) % 3),
        .l1 = nibble(w, 5) < 4,
        .exit_cpu = nibble(w, 6) % 3,
        .flags = nibble(w, 7) % 3,
        .idle = nibble(w, 8) == 0,
        .preempt_disabled = nibble(w, 9) == 0,
    };

    in.rcu_reader = seldom();
    in.task = draw(24);
    in.value = (1 + draw(12)) << 12;
    in.value |= draw(3);
    if (draw(24) == 0) {
        in.value = APF_TOKEN_WAKE_ALL;
    }
    return in;
}

static void guest_step(void)
{
    static struct apf_guest_out out;
    struct apf_guest_in in = draw_guest_in();
    unsigned c = draw(3);

    if (draw(3) == 0) {
        areas[c].flags = draw(8) % 4;
        areas[c].token = draw(8) ? (uint32_t)in.value : 0;
    }
    apf_guest_step(&guest, &cpu[c], &areas[c], &in, &out);
    mix((uint64_t)out.verdict << 40 | (uint64_t)out.more << 33 | (uint64_t)out.unwatched << 32 |
        out.flags);
    mix((uint64_t)out.token << 32 | out.count << 8 | out.wakes);
    mix_words(out.panic);
    mix_words(out.broken);
    for (uint32_t i = 0; i < out.count; i++) {
        mix(out.act[i].kind | (uint64_t)out.act[i].msr << 8);
        mix(out.act[i].value);
    }
    for (uint32_t i = 0; i < out.wakes; i++) {
        mix(out.wake[i]);
    }
    mix((uint64_t)areas[c].token << 32 | areas[c].flags);
    mix(cpu[c].enabled | cpu[c].dummy_due << 1 | (uint64_t)cpu[c].dummy << 2);
}

static void mix_guest(void)
{
    mix((uint64_t)guest.sleepers << 40 | (uint64_t)guest.dummies << 20 | guest.leaked);
    for (unsigned b = 0; b < APF_BUCKETS; b++) {
        for (uint32_t n = guest.bucket[b]; n != APF_NO_NODE; n = guest.node[n].next) {
            mix((uint64_t)guest.node[n].token << 32 | guest.node[n].task);
            mix((uint64_t)guest.node[n].cpu << 1 | guest.node[n].halted);
        }
    }
    for (uint32_t task = 1; task < 13; task++) {
        mix(apf_guest_sleeping_on(&guest, task << 12));
    }
    mix_words(apf_guest_broken(&guest));
}

static void guest_run(enum apf_kernel kernel, uint64_t bugs, uint64_t fixes, unsigned round)
{
    apf_guest_init(&guest, kernel, round % 5 == 4 ? 0 : CPUID_ALL & ~(round % 2 << 10),
                   round % 7 == 6);
    guest.bugs = bugs;
    guest.fixes = fixes;
    guest.preempt = round % 3;
    guest.send_always = round % 2;
    memset(areas, 0, sizeof areas);
    for (unsigned c = 0; c < 3; c++) {
        cpu[c] = (struct apf_guest_cpu){.cpu = c, .enabled = true};
    }
    for (unsigned n = 0; n < STEPS / 24; n++) {
        guest_step();
        if (n % 16 == 0) {
            mix_guest();
        }
    }
}

/* ---- the digests ---- */

static uint64_t digest_of(enum apf_kernel kernel, uint64_t bugs, uint64_t fixes)
{
    digest = 0x243f6a8885a308d3u;
    for (unsigned round = 0; round < 12; round++) {
        random_state = round + 1;
        host_run(kernel, bugs, fixes, round);
        guest_run(kernel, bugs, fixes, round);
    }
    return digest;
}

static const uint64_t kernel_digest[APF_KERNEL_ROWS] = {
    [APF_KERNEL_5_8] = 0xc27dde0799452f57u,
    [APF_KERNEL_5_10] = 0xbf9f750f91869ac4u,
    [APF_KERNEL_5_13] = 0xb2d9d6d4c58f37a8u,
    [APF_KERNEL_5_17] = 0xbf3dcab36a2bd63eu,
    [APF_KERNEL_6_1] = 0xaac20799a54fe867u,
    [APF_KERNEL_6_12] = 0x350613fdc6cc44a8u,
    [APF_KERNEL_TIP] = 0x6c2a0c8fc87315f0u,
    [APF_KERNEL_4_14] = 0x11fc6ee26ed3a357u,
};
static const uint64_t bug_digest[APF_BUGS] = {
    [APF_BUG_1] = 0xf7c32994248c5d58u,
    [APF_BUG_2] = 0x307e0612c5187f99u,
    [APF_BUG_3] = 0xcaa0eeb01bb1d78du,
    [APF_BUG_4] = 0x33a94a8253b11beeu,
    [APF_BUG_5] = 0x966dd871f7972b8eu,
    [APF_BUG_6] = 0x5710d3b3e2ce04d7u,
    [APF_BUG_7] = 0x4e02ad2f39edf86au,
    [APF_BUG_8] = 0x2ef265c00a459a3du,
    [APF_BUG_9] = 0x39f9ef5f31a15210u,
    [APF_BUG_10] = 0x93eb6ece8fd5f1bdu,
    [APF_BUG_11] = 0x230e9aad64fa679cu,
    [APF_BUG_12] = 0x6c2a0c8fc87315f0u,
    [APF_BUG_13] = 0x30227793884c8e9eu,
    [APF_BUG_14] = 0x11fc6ee26ed3a357u,
    [APF_BUG_15] = 0x7fd00219180a7ff2u,
    [APF_BUG_16] = 0x7c2c5866c98d79b1u,
    [APF_BUG_17] = 0xc1bd9afbbea23efbu,
    [APF_BUG_18] = 0xee147ddde1bcc986u,
    [APF_BUG_19] = 0xd04bc5cf35601f7cu,
    [APF_BUG_20] = 0x5bb885d82dbf2235u,
    [APF_BUG_21] = 0x6eff9b071f011669u,
    [APF_BUG_22] = 0xd3edcd195d0409b9u,
    [APF_BUG_23] = 0xc96e0b3d7e91b237u,
    [APF_BUG_24] = 0x60e4b49d5b1cf625u,
    [APF_BUG_25] = 0x41a5e261f649781cu,
    [APF_BUG_26] = 0x84ce699fec91a67au,
    [APF_BUG_27] = 0x0a6f8935cff99aafu,
    [APF_BUG_28] = 0xcd043f936d2bdac5u,
    [APF_BUG_29] = 0xe7e61249958b8278u,
    [APF_BUG_30] = 0xbcf206ffce5b3776u,
    [APF_BUG_31] = 0x313bbd5cea3cba3fu,
    [APF_BUG_32] = 0xc6c7dafabda515c8u,
    [APF_BUG_33] = 0x6c2a0c8fc87315f0u,
    [APF_BUG_34] = 0xaae41054e2c312eau,
};
static const uint64_t fix_digest[APF_FIXES] = {
    [APF_FIX_1] = 0xd0ecaf9fe3e0895fu,
    [APF_FIX_2] = 0x247605385663913du,
    [APF_FIX_3] = 0x6c2a0c8fc87315f0u,
    [APF_FIX_4] = 0x333471b2e8e85a46u,
    [APF_FIX_5] = 0x6c2a0c8fc87315f0u,
    [APF_FIX_6] = 0xc9b978b147bf6f79u,
    [APF_FIX_7] = 0x30c1409fbbb5e92au,
    [APF_FIX_8] = 0x133abd0dfdc61fe8u,
    [APF_FIX_9] = 0x3fd8aba8f10711beu,
    [APF_FIX_10] = 0x6c2a0c8fc87315f0u,
    [APF_FIX_11] = 0x6c2a0c8fc87315f0u,
    [APF_FIX_12] = 0xb98a8f50db5a0395u,
    [APF_FIX_13] = 0x1158d8150278e166u,
    [APF_FIX_14] = 0x84490d0f16af5e29u,
    [APF_FIX_15] = 0xbdec6788530e8a51u,
    [APF_FIX_16] = 0x6c2a0c8fc87315f0u,
};

Test(apf_pinned, every_kernel_row_does_what_it_did)
{
    for (unsigned k = 0; k < APF_KERNEL_ROWS; k++) {
        uint64_t got = digest_of((enum apf_kernel)k, 0, 0);

        cr_expect_eq(got, kernel_digest[k], "kernel %s does something else: 0x%016" PRIx64 "u",
                     apf_kernel_name((enum apf_kernel)k), got);
    }
}

/* The row on which it shows: its own, or one that has all fixes. */
static uint64_t digest_with(const struct apf_bug_info *info, uint64_t bugs, uint64_t fixes,
                            uint64_t *ret_without)
{
    enum apf_kernel kernel = APF_KERNEL_TIP;

    if (info->kernel) {
        cr_assert(apf_kernel_parse(info->kernel, &kernel));
    }
    *ret_without = digest_of(kernel, 0, 0);
    return digest_of(kernel, bugs, fixes);
}

static void expect_switch(const struct apf_bug_info *info, uint64_t bugs, uint64_t fixes,
                          uint64_t pinned)
{
    bool acts = info->place == APF_PLACE_HOST || info->place == APF_PLACE_GUEST;
    uint64_t without, got = digest_with(info, bugs, fixes, &without);

    cr_expect_eq(got != without, acts, "%s: acts in %s", info->id, acts ? "a half" : "no half");
    cr_expect_eq(got, pinned, "%s does something else: 0x%016" PRIx64 "u", info->id, got);
}

Test(apf_pinned, every_old_bug_does_what_it_did)
{
    for (unsigned b = 1; b < APF_BUGS; b++) {
        expect_switch(&apf_bug_table[b], apf_bug_bit((enum apf_bug)b), 0, bug_digest[b]);
    }
}

Test(apf_pinned, every_remedy_does_what_it_did)
{
    for (unsigned f = 1; f < APF_FIXES; f++) {
        expect_switch(&apf_fix_table[f], 0, apf_fix_bit((enum apf_fix)f), fix_digest[f]);
    }
}
