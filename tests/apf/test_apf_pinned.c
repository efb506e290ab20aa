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

/* Which inputs are drawn from: those of x86, unless a protocol has more. */
static enum apf_protocol tested;
static unsigned in_kinds = APF_IN_X86_KINDS, gin_kinds = APF_GIN_X86_KINDS;

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
    static const uint64_t en[] = {0x10009, 0x1000d, 0x1000b, 0x10001, 0x10005, 0x10008,
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
        return (enum apf_host_in_kind)draw(in_kinds);
    }
    return busy[draw(n / 512 % 3 == 2 ? 5 : sizeof busy / sizeof *busy)];
}

/* What x86 does not look at: a page of the VMM's, the guest's own token, the ioctl's. */
static void draw_other(struct apf_host_in *in)
{
    in->user_fault = draw(2);
    in->guest_token = draw(40);
    in->ctx.irq_pending = draw(4) == 0;
    if (in->kind == APF_IN_USER_READY || (in->kind == APF_IN_WORK_RETURN && draw(3) == 0)) {
        in->kind = APF_IN_USER_READY;
        in->value = host.item[draw(APF_ITEMS)].token;
    } else if (draw(64) == 0) {
        in->kind = APF_IN_EVENT_TAKEN;
    } else if (draw(64) == 0) {
        in->kind = APF_IN_WRMSR;
        in->msr = APF_CALL_COMPLETE;
    }
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
    if (tested != APF_X86) {
        draw_other(&in);
    }
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
    if (tested != APF_X86) {
        mix((uint64_t)host.event_token << 1 | host.event_pending);
    }
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
    host.protocol = (uint8_t)tested;
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

/* Tokens that meet in few buckets, so that chains are long. */
#define TOKENS 96
static uint32_t token[TOKENS];

static void tokens_init(void)
{
    uint32_t n = 0;

    for (uint32_t id = 1; n < TOKENS; id++) {
        if (apf_token_hash(id << 12) < 8) {
            token[n++] = id << 12;
        }
    }
}

/* In every fourth round the many sleepers of one CPU, so that a wake-all takes several steps. */
static bool is_crowded(unsigned round)
{
    return round % 4 == 1;
}

static struct apf_guest_in draw_guest_in(unsigned round)
{
    const uint64_t w = draw_word();
    struct apf_guest_in in = {
        .kind = (w >> 48) % 3       ? (enum apf_guest_in_kind)((w >> 40 & 255) % gin_kinds)
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
    in.task = draw(is_crowded(round) ? 200 : 24);
    in.value = token[draw(is_crowded(round) ? TOKENS : 16)];
    in.value |= draw(3);
    if (draw(is_crowded(round) ? 400 : 24) == 0) {
        in.value = APF_TOKEN_WAKE_ALL;
    }
    if (is_crowded(round) && draw(8)) {
        in.kind = APF_GIN_WAIT;
    }
    return in;
}

static void guest_step(unsigned round)
{
    static struct apf_guest_out out;
    struct apf_guest_in in = draw_guest_in(round);
    unsigned c = is_crowded(round) ? 0 : draw(3);

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
    for (uint32_t i = 0; i < 16; i++) {
        mix(apf_guest_sleeping_on(&guest, token[i]));
    }
    mix_words(apf_guest_broken(&guest));
}

static void guest_run(enum apf_kernel kernel, uint64_t bugs, uint64_t fixes, unsigned round)
{
    apf_guest_init(&guest, kernel, round % 5 == 4 ? 0 : CPUID_ALL & ~(round % 2 << 10),
                   round % 7 == 6);
    guest.protocol = (uint8_t)tested;
    mix(guest.preempt << 2 | guest.send_always << 1 | guest.key);
    guest.bugs = bugs;
    guest.fixes = fixes;
    guest.preempt = round % 3;
    guest.send_always = round % 2;
    memset(areas, 0, sizeof areas);
    for (unsigned c = 0; c < 3; c++) {
        cpu[c] = (struct apf_guest_cpu){.cpu = c, .enabled = true};
    }
    for (unsigned n = 0; n < STEPS / 12; n++) {
        guest_step(round);
        if (n % 16 == 0) {
            mix_guest();
        }
    }
}

/* ---- the digests ---- */

static uint64_t digest_of(enum apf_kernel kernel, uint64_t bugs, uint64_t fixes)
{
    digest = 0x243f6a8885a308d3u;
    tokens_init();
    for (unsigned round = 0; round < 16; round++) {
        random_state = round + 1;
        host_run(kernel, bugs, fixes, round);
        guest_run(kernel, bugs, fixes, round);
    }
    return digest;
}

static const uint64_t kernel_digest[APF_KERNEL_ROWS] = {
    [APF_KERNEL_5_8] = 0xb2f2bbe5491a6963u,  [APF_KERNEL_5_10] = 0xfee6f8e0bbe2ca69u,
    [APF_KERNEL_5_13] = 0x557c7e2a2a1ad833u, [APF_KERNEL_5_17] = 0xe251fe5e08ba0a59u,
    [APF_KERNEL_6_1] = 0x8d9be588d302866fu,  [APF_KERNEL_6_12] = 0x352000199d917705u,
    [APF_KERNEL_TIP] = 0x29434188d778a361u,  [APF_KERNEL_4_14] = 0x1f984b3d21662fa7u,
};
static const uint64_t protocol_digest[APF_PROTOCOLS] = {
    [APF_X86] = 0x29434188d778a361u, /* tip's row */
    [APF_ASYNC_PF_USER] = 0x151a3d9818ffe9ceu,
    [APF_ARM64_SDEI] = 0x819624d62c804d9cu,
    [APF_S390] = 0xbd8a4a4a4be8bf24u,
};
static const uint64_t bug_digest[APF_BUGS] = {
    [APF_BUG_1] = 0xdfa29f79227cd9c2u,  [APF_BUG_2] = 0xf431507e4600a463u,
    [APF_BUG_3] = 0x5bb3214629dc6963u,  [APF_BUG_4] = 0xa0562ce26d0467c5u,
    [APF_BUG_5] = 0x23c2a9004f48536bu,  [APF_BUG_6] = 0x5be84c3310fdfa56u,
    [APF_BUG_7] = 0xd856aa074bf94a50u,  [APF_BUG_8] = 0xfe3e453b28315b01u,
    [APF_BUG_9] = 0x1b28ce3317c85f77u,  [APF_BUG_10] = 0xf7d15c8da70c4e7fu,
    [APF_BUG_11] = 0x2442354d8a94140au, [APF_BUG_12] = 0x29434188d778a361u,
    [APF_BUG_13] = 0x82fe701fa43b0ce8u, [APF_BUG_14] = 0x1f984b3d21662fa7u,
    [APF_BUG_15] = 0x97ee5a963742a0d6u, [APF_BUG_16] = 0x9cab806e517ff046u,
    [APF_BUG_17] = 0x20f558319d5e3b81u, [APF_BUG_18] = 0x4dd9f7c751b8f144u,
    [APF_BUG_19] = 0x69fff43d25abce3cu, [APF_BUG_20] = 0x804a5b2d56b1246cu,
    [APF_BUG_21] = 0xd43138ea9885d4f6u, [APF_BUG_22] = 0x338576b71715a9fcu,
    [APF_BUG_23] = 0xf59d924fe6b77455u, [APF_BUG_24] = 0xcec4e3289cf43713u,
    [APF_BUG_25] = 0xab4248a351c877a9u, [APF_BUG_26] = 0x1c26754812058d10u,
    [APF_BUG_27] = 0x881d1701fff14d85u, [APF_BUG_28] = 0x4eeb01c18092062eu,
    [APF_BUG_29] = 0xa948c6cbf476e422u, [APF_BUG_30] = 0xaab7e7cb655ef852u,
    [APF_BUG_31] = 0xa894e2ad7c88bda1u, [APF_BUG_32] = 0x8864d93eec098681u,
    [APF_BUG_33] = 0x29434188d778a361u, [APF_BUG_34] = 0x12e34ac1ae6b8867u,
};
static const uint64_t fix_digest[APF_FIXES] = {
    [APF_FIX_1] = 0x95ffe0da49dab3e9u,  [APF_FIX_2] = 0x404b698c8166b38bu,
    [APF_FIX_3] = 0x29434188d778a361u,  [APF_FIX_4] = 0xa4dfdfc4a1f22d54u,
    [APF_FIX_5] = 0x29434188d778a361u,  [APF_FIX_6] = 0x504337d8a1d4d3a2u,
    [APF_FIX_7] = 0xa18b3fcbe9adcbc3u,  [APF_FIX_8] = 0x9412c5cc89104858u,
    [APF_FIX_9] = 0xa25e3709d51cc33eu,  [APF_FIX_10] = 0x29434188d778a361u,
    [APF_FIX_11] = 0x29434188d778a361u, [APF_FIX_12] = 0xff59f7ffaf771809u,
    [APF_FIX_13] = 0x06618e6cbd821bb4u, [APF_FIX_14] = 0x2d6c154edfceb702u,
    [APF_FIX_15] = 0x4a08135312797f5au, [APF_FIX_16] = 0x29434188d778a361u,
};

Test(apf_pinned, every_kernel_row_does_what_it_did)
{
    for (unsigned k = 0; k < APF_KERNEL_ROWS; k++) {
        uint64_t got = digest_of((enum apf_kernel)k, 0, 0);

        cr_expect_eq(got, kernel_digest[k], "kernel %s does something else: 0x%016" PRIx64 "u",
                     apf_kernel_name((enum apf_kernel)k), got);
    }
}

/* On tip's row; a protocol other than x86 has inputs of its own, too. */
static uint64_t digest_under(enum apf_protocol protocol)
{
    tested = protocol;
    in_kinds = protocol == APF_X86 ? APF_IN_X86_KINDS : APF_IN_KINDS;
    gin_kinds = protocol == APF_X86 ? APF_GIN_X86_KINDS : APF_GIN_KINDS;
    return digest_of(APF_KERNEL_TIP, 0, 0);
}

Test(apf_pinned, every_protocol_does_what_it_did)
{
    for (unsigned p = 0; p < APF_PROTOCOLS; p++) {
        uint64_t got = digest_under((enum apf_protocol)p);

        cr_expect_eq(got, protocol_digest[p], "protocol %s does something else: 0x%016" PRIx64 "u",
                     apf_protocol_rules[p].name, got);
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
