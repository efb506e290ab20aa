/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_steps.c - how long the steps of asynchronous faults took in a capture
 */
#include "cap_steps.h"

#include "cap_vcpu.h"

struct measuring {
    const struct capture *c;
    struct cap_steps *out;
    guint32 *before;       /* the same thread's event before, 0 = none */
    guint32 *ready_before; /* of a ready: its thread's last one */
    guint32 *ack;          /* of a ready: its ACK */
    GHashTable *vcpus;
};

static void add(struct measuring *m, enum cap_step step, uint32_t from, uint32_t to)
{
    uint64_t took;

    if (!from || !to || cap_at(m->c, to)->when < cap_at(m->c, from)->when)
        return;
    took = cap_at(m->c, to)->when - cap_at(m->c, from)->when;
    g_array_append_val(m->out->of[step], took);
}

static enum cap_kind kind_of(const struct measuring *m, uint32_t event)
{
    return event ? (enum cap_kind)cap_at(m->c, event)->kind : CAP_KINDS;
}

/* ---- faults ---- */

static uint32_t injection_of(const struct measuring *m, uint32_t not_present)
{
    uint32_t at = cap_at(m->c, not_present)->next;

    for (; at; at = cap_at(m->c, at)->next) {
        const struct cap_event *e = cap_at(m->c, at);

        if (e->kind == CAP_INJ_EXCEPTION)
            return (e->flags & CAP_PF) && !(e->flags & CAP_AGAIN) && e->a == 0 ? at : 0;
        if (e->kind == CAP_TRY || e->kind == CAP_NOT_PRESENT)
            return 0;
    }
    return 0;
}

/* The slot still held the token before: what follows is a wait for the guest, no step. */
static bool was_queued(const struct measuring *m, const struct cap_item *item)
{
    uint32_t last = m->ready_before[item->ready];

    if (!last)
        return false;
    return last > item->completed || m->ack[last] > item->completed;
}

/* A vCPU that was woken from a halt says so in front of its ready. */
static void add_ready(struct measuring *m, const struct cap_item *item, enum cap_known told)
{
    uint32_t before = m->before[item->ready];
    bool woken = kind_of(m, before) == CAP_WAKEUP;
    bool seen = m->c->seen & 1u << CAP_WAKEUP;

    if (item->ready < item->completed)
        m->out->early++;
    else if (was_queued(m, item))
        m->out->queued++;
    else if (woken ? !(cap_at(m->c, before)->flags & CAP_POLL) : !seen && told == CAP_NO)
        add(m, CAP_STEP_completed_to_ready_halted, item->completed, item->ready);
    else if (!woken)
        add(m, CAP_STEP_completed_to_ready, item->completed, item->ready);
}

static void add_completed(struct measuring *m, const struct cap_item *item, enum cap_known told)
{
    if (item->unsure)
        m->out->shared++;
    else if (!item->completed)
        m->out->no_completed++;
    else {
        add(m, CAP_STEP_not_present_to_completed, item->not_present, item->completed);
        add_ready(m, item, told);
    }
}

static void add_item(struct measuring *m, const struct cap_item *item, enum cap_known told)
{
    uint32_t accept = cap_at(m->c, item->ready)->next, ack = m->ack[item->ready];

    if (item->begin && kind_of(m, m->before[item->begin]) == CAP_PAGE_FAULT)
        add(m, CAP_STEP_page_fault_to_try, m->before[item->begin], item->begin);
    add(m, CAP_STEP_try_to_not_present, item->begin, item->not_present);
    if (told == CAP_YES)
        add(m, CAP_STEP_not_present_to_inject, item->not_present,
            injection_of(m, item->not_present));
    add_completed(m, item, told);
    if (ack) {
        m->out->acked++;
        add(m, CAP_STEP_ready_to_ack, item->ready, ack);
    }
    if (kind_of(m, accept) != CAP_ACCEPT)
        return;
    add(m, CAP_STEP_ready_to_accept, item->ready, accept);
    add(m, CAP_STEP_accept_to_ack, accept, ack);
}

/* Without injections and interrupts, nothing in a capture says whether the guest was told. */
static enum cap_known was_told(const struct measuring *m, const struct cap_item *item)
{
    if (injection_of(m, item->not_present) ||
        kind_of(m, cap_at(m->c, item->ready)->next) == CAP_ACCEPT)
        return CAP_YES;
    return m->c->seen & (1u << CAP_INJ_EXCEPTION | 1u << CAP_ACCEPT) ? CAP_NO : CAP_UNKNOWN;
}

static void add_cycle(struct measuring *m, const struct cap_item *item)
{
    enum cap_known told;

    if (item->cancelled)
        m->out->dropped++;
    else if (!item->ready)
        m->out->cut++;
    else {
        told = was_told(m, item);
        m->out->cycles++;
        m->out->told += told == CAP_YES;
        m->out->halted += told == CAP_NO;
        g_hash_table_add(m->vcpus, GUINT_TO_POINTER(item->thread));
        add_item(m, item, told);
    }
}

/* ---- MSR exits ---- */

struct gaps {
    struct cap_pair pair;
    GArray *took;
};

static guint hash_pair(gconstpointer key)
{
    const struct cap_pair *p = key;

    return (guint)(p->from * 31 + p->to * 2 + p->from_write) * 2 + p->to_write;
}

static gboolean same_pair(gconstpointer a, gconstpointer b)
{
    const struct cap_pair *x = a, *y = b;

    return x->from == y->from && x->to == y->to && x->from_write == y->from_write &&
           x->to_write == y->to_write;
}

static void free_gaps(gpointer data)
{
    struct gaps *g = data;

    g_array_free(g->took, TRUE);
    g_free(g);
}

static void add_gap(GHashTable *by_pair, GPtrArray *all, const struct cap_event *from,
                    const struct cap_event *to)
{
    struct cap_pair pair = {from->a, to->a, from->flags & CAP_WRITE, to->flags & CAP_WRITE};
    struct gaps *g = g_hash_table_lookup(by_pair, &pair);
    uint64_t took = to->when - from->when;

    if (!g) {
        g = g_new(struct gaps, 1);
        *g = (struct gaps){pair, g_array_new(FALSE, FALSE, sizeof(uint64_t))};
        g_hash_table_insert(by_pair, &g->pair, g);
        g_ptr_array_add(all, g);
    }
    g_array_append_val(g->took, took);
}

static void add_by_kind(struct measuring *m, uint32_t from, uint32_t to)
{
    const struct cap_event *e = cap_at(m->c, to);

    if (!(e->flags & CAP_WRITE))
        add(m, CAP_STEP_msr_to_rdmsr, from, to);
    else if (e->a == APF_MSR_ACK)
        add(m, CAP_STEP_msr_to_ack, from, to);
    else if (e->a == CAP_MSR_EOI)
        add(m, CAP_STEP_msr_to_eoi, from, to);
}

static void add_msrs(struct measuring *m)
{
    GHashTable *by_pair = g_hash_table_new(hash_pair, same_pair);
    GPtrArray *all = g_ptr_array_new_with_free_func(free_gaps);
    uint64_t least = UINT64_MAX;

    for (guint i = 1; i < m->c->events->len; i++) {
        const struct cap_event *e = cap_at(m->c, i), *from = cap_at(m->c, m->before[i]);

        /* Behind a refused one the guest handles #GP. */
        if (m->before[i] && e->kind == CAP_MSR && from->kind == CAP_MSR &&
            !(from->flags & CAP_GP) && e->when >= from->when) {
            add_gap(by_pair, all, from, e);
            add_by_kind(m, m->before[i], i);
        }
    }
    for (guint i = 0; i < all->len; i++) {
        struct gaps *g = g_ptr_array_index(all, i);
        uint64_t middle;

        if (g->took->len < CAP_PAIR_MIN)
            continue;
        g_array_sort(g->took, cap_by_value);
        middle = g_array_index(g->took, uint64_t, g->took->len / 2);
        if (middle >= least)
            continue;
        least = middle;
        m->out->pair = g->pair;
        g_array_set_size(m->out->of[CAP_STEP_msr_to_msr], 0);
        g_array_append_vals(m->out->of[CAP_STEP_msr_to_msr], g->took->data, g->took->len);
    }
    g_hash_table_destroy(by_pair);
    g_ptr_array_free(all, TRUE);
}

/* ---- what belongs together in a thread ---- */

struct thread {
    uint32_t ready;        /* its last one */
    uint32_t slot, sooner; /* readies without an ACK: the last one, and one before it */
    uint16_t epoch;
};

static struct thread *thread_of(GHashTable *threads, const struct cap_event *e)
{
    struct thread *t = g_hash_table_lookup(threads, GUINT_TO_POINTER(e->thread));

    if (!t) {
        t = g_new0(struct thread, 1);
        t->epoch = e->epoch;
        g_hash_table_insert(threads, GUINT_TO_POINTER(e->thread), t);
    }
    if (t->epoch != e->epoch)
        *t = (struct thread){.epoch = e->epoch};
    return t;
}

/* The guest is told by the interrupt that comes with it; where those are traced, that shows. */
static bool raises_interrupt(const struct measuring *m, uint32_t ready)
{
    return !(m->c->seen & 1u << CAP_ACCEPT) || kind_of(m, cap_at(m->c, ready)->next) == CAP_ACCEPT;
}

static void on_ready(struct measuring *m, struct thread *t, uint32_t event)
{
    m->ready_before[event] = t->ready;
    t->ready = event;
    if (!raises_interrupt(m, event))
        return;
    t->sooner = t->slot;
    t->slot = event;
}

/*
 * KVM traces an ACK behind its effect, so the ready that it lets in stands right in front of it and
 * waits for the next one.
 */
static void on_ack(struct measuring *m, struct thread *t, uint32_t event)
{
    uint32_t before = m->before[event];

    if (kind_of(m, before) == CAP_ACCEPT)
        before = m->before[before];
    if (t->sooner && before == t->slot) {
        m->ack[t->sooner] = event;
        t->sooner = 0;
        return;
    }
    if (t->slot)
        m->ack[t->slot] = event;
    t->slot = t->sooner = 0;
}

static void link_back(struct measuring *m)
{
    GHashTable *threads = g_hash_table_new_full(NULL, NULL, NULL, g_free);

    for (guint i = 1; i < m->c->events->len; i++) {
        const struct cap_event *e = cap_at(m->c, i);

        if (e->next)
            m->before[e->next] = i;
        if (e->kind == CAP_READY)
            on_ready(m, thread_of(threads, e), i);
        else if (e->kind == CAP_MSR && e->a == APF_MSR_ACK && (e->flags & CAP_WRITE) && (e->b & 1))
            on_ack(m, thread_of(threads, e), i);
    }
    g_hash_table_destroy(threads);
}

void cap_steps(const struct capture *c, const struct cap_judgement *j, struct cap_steps *ret)
{
    struct measuring m = {.c = c,
                          .out = ret,
                          .before = g_new0(guint32, c->events->len),
                          .ready_before = g_new0(guint32, c->events->len),
                          .ack = g_new0(guint32, c->events->len),
                          .vcpus = g_hash_table_new(NULL, NULL)};

    *ret = (struct cap_steps){.threads = 0};
    for (unsigned s = 0; s < CAP_STEPS; s++)
        ret->of[s] = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    link_back(&m);
    for (guint i = 0; i < j->items->len; i++)
        add_cycle(&m, &g_array_index(j->items, struct cap_item, i));
    add_msrs(&m);
    ret->threads = g_hash_table_size(m.vcpus);
    g_hash_table_destroy(m.vcpus);
    g_free(m.before);
    g_free(m.ready_before);
    g_free(m.ack);
}

void cap_steps_free(struct cap_steps *s)
{
    for (unsigned i = 0; i < CAP_STEPS; i++)
        g_array_free(s->of[i], TRUE);
}
