/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_check.c - what the real host did, step by step against apf's own host half
 */
#include "cal_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apf_host.h"

#define GFN_DATA (GUEST_DATA_GPA / CAL_PAGE)

struct player {
    struct cal_check *check;
    const struct cal_log *log;
    struct apf_host h;
    struct apf_area area;
    struct apf_host_out out;
    uint64_t irq_off;
    bool acked;
};

enum apf_kernel cal_check_kernel(const char *release)
{
    unsigned major = 0, minor = 0;
    enum apf_kernel best = APF_KERNEL_5_8;

    /* NOLINTNEXTLINE(cert-err34-c): a release that is no number is taken for the oldest */
    sscanf(release, "%u.%u", &major, &minor);
    for (unsigned k = 0; k < APF_KERNEL_TIP; k++) {
        unsigned row_major = 0, row_minor = 0;

        /* NOLINTNEXTLINE(cert-err34-c): our own table */
        sscanf(apf_kernel_name((enum apf_kernel)k), "%u.%u", &row_major, &row_minor);
        if (row_major < major || (row_major == major && row_minor <= minor))
            best = (enum apf_kernel)k;
    }
    return best;
}

__attribute__((format(printf, 2, 3))) static bool differs(struct player *p, const char *format, ...)
{
    va_list args;

    if (p->check->broken[0])
        return false;
    va_start(args, format);
    vsnprintf(p->check->broken, sizeof(p->check->broken), format, args);
    va_end(args);
    return false;
}

static bool step(struct player *p, struct apf_host_in in)
{
    in.ctx.paging = true;
    in.ctx.lapic_enabled = true;
    apf_host_step(&p->h, &p->area, &in, &p->out);
    if (!p->out.broken)
        return true;
    snprintf(p->check->broken, sizeof(p->check->broken), "%s", p->out.broken);
    return false;
}

static bool irq_off(const struct player *p, uint32_t task)
{
    return task < 64 && p->irq_off >> task & 1;
}

static bool fault(struct player *p, uint64_t page, uint32_t task)
{
    return step(p, (struct apf_host_in){
                       .kind = APF_IN_FAULT,
                       .gfn = GFN_DATA + page,
                       .gva = GUEST_DATA_GPA + page * CAL_PAGE,
                       .ctx = {.irq_allowed = !irq_off(p, task), .cpl = 3, .paging = true},
                   });
}

/* A worker runs from its begin to its return. */
static bool work(struct player *p, uint8_t item)
{
    static const enum apf_host_in_kind kinds[] = {APF_IN_WORK_RUN, APF_IN_WORK_APPEND,
                                                  APF_IN_WORK_KICK, APF_IN_WORK_RETURN};

    for (unsigned i = 0; i < 4; i++)
        if (!step(p, (struct apf_host_in){.kind = kinds[i], .item = item}))
            return false;
    return true;
}

static uint8_t item_of(const struct player *p, uint32_t token)
{
    for (uint8_t i = 0; i < APF_ITEMS; i++)
        if (p->h.item[i].state != APF_ITEM_FREE && p->h.item[i].token == token)
            return i;
    return APF_NO_ITEM;
}

/* Takes what is done, if the slot is free: CHECK and PRESENT as the run loop gives them. */
static bool present(struct player *p, enum apf_host_in_kind first)
{
    if (!step(p, (struct apf_host_in){.kind = first}))
        return false;
    return p->out.item == APF_NO_ITEM ||
           step(p, (struct apf_host_in){.kind = APF_IN_PRESENT, .item = p->out.item});
}

/* EN is written; what that queues is presented before the next entry. */
static bool write_en(struct player *p, uint64_t value)
{
    return step(p, (struct apf_host_in){.kind = APF_IN_WRMSR, .msr = APF_MSR_EN, .value = value}) &&
           (!(value & APF_EN_ENABLED) || present(p, APF_IN_REQ_READY));
}

static bool on_start(struct player *p, const struct guest_rec *r)
{
    if (!(r->a & APF_EN_ENABLED))
        return true;
    return step(p, (struct apf_host_in){.kind = APF_IN_WRMSR,
                                        .msr = APF_MSR_INT,
                                        .value = GUEST_VECTOR_READY}) &&
           write_en(p, r->a);
}

static bool on_not_present(struct player *p, const struct guest_rec *r, uint64_t page)
{
    if (!fault(p, page, r->task))
        return false;
    if (p->out.verdict != APF_VERDICT_DELIVERED)
        return differs(p, "page %" PRIu64 " was announced, where the protocol says verdict %d",
                       page, (int)p->out.verdict);
    if (p->out.token != r->a)
        return differs(p, "token %#" PRIx64 ", where the protocol says %#x", r->a, p->out.token);
    if (p->area.flags != APF_REASON_NOT_PRESENT || (r->b & 0xff) != APF_REASON_NOT_PRESENT)
        return differs(p, "flags %#" PRIx64 " with token %#" PRIx64, r->b & 0xff, r->a);
    p->area.flags = 0;
    return true;
}

/* The guest sees a token in the slot: its page has come, and it was allowed to be written. */
static bool token_seen(struct player *p, uint64_t token)
{
    uint8_t item = item_of(p, (uint32_t)token);

    if (token != APF_TOKEN_WAKE_ALL) {
        if (item == APF_NO_ITEM)
            return differs(p, "ready with token %#" PRIx64 ", which is not in flight (%u are)",
                           token, apf_host_real_items(&p->h));
        if (!p->acked)
            return differs(p, "ready with token %#" PRIx64 " before the ACK of the last", token);
        if (!work(p, item) || !present(p, APF_IN_CHECK))
            return false;
    }
    if (p->area.token != token)
        return differs(p, "ready with token %#" PRIx64 ", where the slot has %#x", token,
                       p->area.token);
    return true;
}

static bool on_ready(struct player *p, const struct guest_rec *r)
{
    if (!token_seen(p, r->a))
        return false;
    p->acked = false;
    return true;
}

/* A guest that looks at the slot by itself; 0: it empties it. */
static bool on_slot(struct player *p, const struct guest_rec *r)
{
    if (r->a)
        return token_seen(p, r->a);
    p->area.token = 0;
    return true;
}

/* APF is off: the slot keeps what it has. */
static bool on_stray(struct player *p, const struct guest_rec *r)
{
    return p->area.token == r->a ||
           differs(p, "an interrupt finds token %#" PRIx64 ", where the slot has %#x", r->a,
                   p->area.token);
}

static bool on_ack(struct player *p)
{
    p->area.token = 0;
    p->acked = true;
    return step(p, (struct apf_host_in){.kind = APF_IN_WRMSR, .msr = APF_MSR_ACK, .value = 1});
}

/* A touch that waited without a word: what does the protocol say it was? */
static bool on_unannounced(struct player *p, const struct cal_touch *t)
{
    enum apf_verdict verdict;
    uint8_t item;

    if (!fault(p, t->page, t->task))
        return false;
    verdict = p->out.verdict;
    item = p->out.item;
    if (verdict == APF_VERDICT_DELIVERED)
        return differs(p, "page %" PRIu64 " of task %u was not announced, where the protocol does",
                       t->page, t->task);
    p->check->served += t->class == CAL_HALT && verdict == APF_VERDICT_SYNC;
    p->check->unserved += t->class == CAL_SYNC && verdict != APF_VERDICT_SYNC;
    p->check->halts += t->class != CAL_WAITED && verdict != APF_VERDICT_SYNC;
    p->check->others++;
    if (verdict != APF_VERDICT_HALT)
        return true;
    /* Nobody hears of this item: it can be through at once. */
    return step(p, (struct apf_host_in){.kind = APF_IN_REQ_HALT}) && work(p, item) &&
           present(p, APF_IN_CHECK) && step(p, (struct apf_host_in){.kind = APF_IN_UNHALT});
}

/* A touch that has not ended leaves no record: its page is another one than all others. */
#define PAGE_UNKNOWN (1u << 20)

/* The page that this task was about to read. */
static uint64_t page_of(const struct cal_log *log, const struct guest_rec *r)
{
    for (size_t i = 0; i < log->touches; i++)
        if (log->touch[i].task == r->task && log->touch[i].token == r->a)
            return log->touch[i].page;
    return PAGE_UNKNOWN + r->a;
}

static const struct cal_touch *touch_at(const struct cal_log *log, const struct guest_rec *r)
{
    for (size_t i = 0; i < log->touches; i++)
        if (log->touch[i].before == r->tsc && log->touch[i].task == r->task)
            return &log->touch[i];
    return NULL;
}

static bool play(struct player *p, const struct guest_rec *r)
{
    const struct cal_touch *t;

    switch (r->code) {
    case GUEST_L_START:
        return on_start(p, r);
    case GUEST_L_NOT_PRESENT:
        return on_not_present(p, r, page_of(p->log, r));
    case GUEST_L_READY:
        return on_ready(p, r);
    case GUEST_L_ACK:
        return on_ack(p);
    case GUEST_L_MSR:
        return write_en(p, r->a);
    case GUEST_L_SLOT:
        return on_slot(p, r);
    case GUEST_L_STRAY:
        return on_stray(p, r);
    case GUEST_L_TOUCH:
        t = touch_at(p->log, r);
        if (!t || t->class == CAL_PROMPT || t->token || (p->check->file && !irq_off(p, r->task)))
            return true;
        return on_unannounced(p, t);
    default:
        return true;
    }
}

#define MANY 20u /* waits; an interrupt that comes at the very end of one may seem served in it */

static bool judge_waits(struct player *p)
{
    const struct cal_check *c = p->check;

    if (c->served > MANY / 2)
        return differs(p,
                       "interrupts were served in %" PRIu64 " waits that are synchronous by the "
                       "protocol",
                       c->served);
    if (c->unserved >= MANY && c->unserved == c->halts)
        return differs(p,
                       "no interrupt was served in any of %" PRIu64 " waits that are halted by "
                       "the protocol",
                       c->halts);
    return true;
}

bool cal_check_log(struct cal_check *check, const struct cal_log *log, unsigned vcpu,
                   uint64_t irq_off)
{
    struct player *p = calloc(1, sizeof(*p));
    bool good = p;

    if (!p)
        return false;
    p->check = check;
    p->log = log;
    p->irq_off = irq_off;
    p->acked = true;
    apf_host_init(&p->h, check->kernel, vcpu,
                  APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT | APF_CPUID_ASYNC_PF_VMEXIT, true);
    for (size_t i = 0; good && i < log->count; i++)
        good = play(p, &log->rec[i]);
    good = good && !apf_host_broken(&p->h, &p->area);
    good = good && judge_waits(p);
    for (size_t i = 0; good && i < log->touches; i++)
        check->cycles += log->touch[i].class == CAL_ASYNC;
    free(p);
    return good && !check->broken[0];
}
