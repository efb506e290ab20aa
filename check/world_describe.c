/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_describe.c - a state in words: what each vCPU does, and who waits for whom and why
 */
#include "check_world.h"

#include <stdarg.h>

static const char *const thread_words[] = {
    [T_GUEST] = "in the guest",
    [T_LOOP] = "in its run loop",
    [T_BLOCKED] = "blocked",
    [T_DRAIN] = "in the loop of K-17",
    [T_CLEAR] = "waiting for workers in K-20",
    [T_HOOK] = "ahead of the not-present hook",
    [T_USER] = "in the VMM",
    [T_GONE] = "gone",
};
static const char *const task_words[] = {
    [TASK_FRESH] = "has not run", [TASK_READY] = "is runnable", [TASK_RUNS] = "runs",
    [TASK_SLEEPS] = "sleeps",     [TASK_DONE] = "is done",
};

struct text {
    char *at;
    size_t left;
};

static void put(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(t->at, t->left, format, args);
    va_end(args);
    if (n > 0) {
        size_t used = (size_t)n < t->left ? (size_t)n : t->left;
        t->at += used;
        t->left -= used;
    }
}

/* ---- vCPUs ---- */

static const char *guest_words(const struct world_vcpu *c)
{
    switch ((int)c->gpc) {
    case G_RUN:
        return c->task == CHECK_NO_TASK ? "idle" : "runs a task";
    case G_PF:
    case G_L1_EXIT:
    case G_L2_PF:
        return "at its #PF entry";
    case G_WAKE:
    case G_DUMMY:
    case G_ZERO:
    case G_ACK:
        return "in its ready handler";
    case G_OFFLINE:
        return "offline";
    case G_SMM:
        return "in SMM";
    case G_HALTED:
        return "in a halted wait";
    default:
        return c->gpc < G_OFFLINE ? "going offline" : "coming online";
    }
}

static bool in_handler(const struct world_vcpu *c)
{
    unsigned pc = c->gpc == G_SMM ? c->sret : c->gpc;

    return c->isr || (pc >= G_WAKE && pc <= G_ACK);
}

/* Who will free the slot, which is busy. */
static const char *slot_words(const struct world_vcpu *c)
{
    return in_handler(c)         ? "its handler has not zeroed it yet"
           : c->irr && !c->iflag ? "its interrupt is pending, interrupts are off in the guest"
           : c->irr              ? "its interrupt is pending"
                    : "and nobody will zero it: no interrupt is pending, no handler runs";
}

/* 4.14: behind each turn of the run loop, if a #PF may be queued then. */
static const char *old_done_words(const struct check_machine *m, const struct world_vcpu *c)
{
    struct apf_host_ctx ctx = world_ctx_of(m, c);

    return !apf_host_may_present(&c->h, &c->area, &ctx)
               ? "no ready #PF may be queued now: interrupts off, or a #PF on its way"
           : c->pc == T_GUEST   ? "the next exit takes from it, and nobody kicks"
           : c->pc == T_BLOCKED ? "the blocked thread must be woken to take from it"
                                : "the vCPU thread takes from it when it comes to its run loop";
}

static void describe_done(const struct check_machine *m, const struct world_vcpu *c, unsigned v,
                          struct text *t)
{
    bool asked = c->h.requests & APF_REQ_READY;

    put(t, "vCPU %u: done is not empty: ", v);
    if (m->old) {
        put(t, "%s\n", old_done_words(m, c));
    } else if (apf_host_can_dequeue(&c->h, &c->area, c->lapic)) {
        put(t, "%s\n",
            !asked && !c->h.pageready_pending
                ? "it could be taken from, but no request is raised: only an ACK or another page "
                  "makes KVM look"
            : c->pc == T_GUEST   ? "the next exit takes from it"
            : c->pc == T_BLOCKED ? "the blocked thread must be woken to take from it"
                                 : "the vCPU thread takes from it when it comes to its run loop");
    } else if (!c->lapic) {
        put(t, "it waits until the LAPIC is enabled (K-18)\n");
    } else {
        put(t, "it waits for the slot (K-18); the slot holds %#x, %s\n", c->area.token,
            slot_words(c));
    }
}

static void describe_vcpu(const struct check_machine *m, unsigned v, struct text *t)
{
    const struct world_vcpu *c = &m->w.v[v];
    unsigned done = 0, flight = 0;

    for (unsigned i = c->h.done_head; i != APF_NO_ITEM; i = c->h.item[i].next) {
        done++;
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        flight += c->h.item[i].state == APF_ITEM_QUEUED || c->h.item[i].state == APF_ITEM_RUNNING;
    }
    put(t, "vCPU %u: thread %s%s, guest CPU %s; APF %s, slot %#x, %u in flight, %u on done%s%s%s\n",
        v, thread_words[c->pc],
        c->h.halted    ? " (artificial halt)"
        : c->mp_halted ? " (HLT)"
                       : "",
        guest_words(c), apf_host_pv_enabled(&c->h) ? "on" : "off", c->area.token, flight, done,
        c->irr ? ", 0xf3 pending" : "", c->lapic ? "" : ", LAPIC off",
        c->h.pageready_pending ? ", an ACK is due: no kicks" : "");
    if (done) {
        describe_done(m, c, v, t);
    }
}

/* ---- tasks ---- */

/* All ones: there is no node of that task. */
static uint32_t token_of(const struct apf_guest *g, unsigned task)
{
    for (unsigned b = 0; b < APF_BUCKETS; b++) {
        for (uint32_t n = g->bucket[b]; n != APF_NO_NODE; n = g->node[n].next) {
            if (g->node[n].task == task) {
                return g->node[n].token;
            }
        }
    }
    return APF_TOKEN_WAKE_ALL;
}

/* The item of that token as long as its ready has not been sent, or NULL. */
static const struct apf_item *item_of(const struct apf_host *h, uint32_t token)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        const struct apf_item *item = &h->item[i];
        if (item->token == token && !item->wakeup_all && item->state != APF_ITEM_FREE &&
            item->state < APF_ITEM_CANCELLED) {
            return item;
        }
    }
    return NULL;
}

static const char *item_words(const struct apf_item *item)
{
    return item->state == APF_ITEM_QUEUED    ? "its page is awaited: the work has not begun"
           : item->state == APF_ITEM_RUNNING ? "its page is awaited: the worker is in its GUP"
           : item->state == APF_ITEM_DONE    ? "its page is there, the item is on done"
                                             : "its page is there, the item has left done";
}

static bool wake_all_is_due(const struct world_vcpu *c)
{
    for (unsigned i = c->h.done_head; i != APF_NO_ITEM; i = c->h.item[i].next) {
        if (c->h.item[i].wakeup_all) {
            return true;
        }
    }
    return (c->area.token == APF_TOKEN_WAKE_ALL && (c->irr || in_handler(c))) ||
           old_ready_coming(c, APF_TOKEN_WAKE_ALL);
}

static void describe_sleeper(const struct check_machine *m, unsigned task, struct text *t)
{
    uint32_t token = token_of(&m->w.g, task);
    unsigned v = token & 4095;
    const struct world_vcpu *c = v < m->p.vcpus ? &m->w.v[v] : &m->w.v[0];
    const struct apf_item *item = item_of(&c->h, token);

    if (token == APF_TOKEN_WAKE_ALL) { /* HOLE-14 */
        put(t, "task %u sleeps, and the guest has lost its node\n", task);
        return;
    }
    put(t, "task %u %s token %#x: ", task,
        m->w.t[task].state == TASK_SLEEPS ? "sleeps on" : "keeps its CPU, which waits for", token);
    if (item) {
        put(t, "%s\n", item_words(item));
    } else if (old_ready_coming(c, token)) {
        put(t, "its ready #PF is on the way\n");
    } else if (!m->old && c->area.token == token) {
        put(t, "the slot holds its ready, %s\n", slot_words(c));
    } else if (wake_all_is_due(c)) {
        put(t, "a wake-all is on its way\n");
    } else {
        put(t, "vCPU %u has no item of that token any more, so no ready will come\n", v);
    }
}

/* In the scheduler, or (4.14) with its CPU. */
static bool waits(const struct check_machine *m, unsigned task)
{
    return m->w.t[task].state == TASK_SLEEPS ||
           (m->old && token_of(&m->w.g, task) != APF_TOKEN_WAKE_ALL);
}

void world_describe(const struct check_machine *m, char *ret_text, size_t bytes)
{
    struct text t = {.at = ret_text, .left = bytes};

    for (unsigned v = 0; v < m->p.vcpus; v++) {
        describe_vcpu(m, v, &t);
    }
    for (unsigned i = 0; i < m->p.tasks; i++) {
        if (waits(m, i)) {
            describe_sleeper(m, i, &t);
        } else if (m->w.t[i].waits) {
            put(&t, "task %u is about to wait for token %#x (L1)\n", i, m->w.t[i].waits);
        } else if (m->w.t[i].state != TASK_DONE && m->w.t[i].state != TASK_FRESH) {
            put(&t, "task %u %s\n", i, task_words[m->w.t[i].state]);
        }
    }
}
