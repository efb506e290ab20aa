/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_ahead.c - what comes later of a token or a page on a vCPU
 *
 * Learnt in one pass from the back, before a case is judged: to look for it from each event on
 * would take time by the square of the capture's length.
 */
#include "cap_vcpu.h"

struct key {
    uint64_t value; /* token or gfn */
    uint32_t thread;
    uint16_t epoch, kind; /* enum cap_kind */
};

static guint hash_of(gconstpointer p)
{
    const struct key *k = p;
    uint64_t h = (k->value ^ (uint64_t)k->thread << 32) * UINT64_C(0x9e3779b97f4a7c15);

    h = (h ^ h >> 32 ^ (uint64_t)k->epoch << 8 ^ k->kind) * UINT64_C(0x9e3779b97f4a7c15);
    return (guint)(h >> 32);
}

static gboolean are_equal(gconstpointer a, gconstpointer b)
{
    const struct key *x = a, *y = b;

    return x->value == y->value && x->thread == y->thread && x->epoch == y->epoch &&
           x->kind == y->kind;
}

static struct key key_of(const struct cap_event *e, enum cap_kind kind, uint64_t value)
{
    return (struct key){value, e->thread, e->epoch, (uint16_t)kind};
}

static uint32_t look_up(const struct cap_judging *j, const struct key *key)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(j->later, key));
}

static void learn(struct cap_judging *j, const struct key *key, uint32_t event)
{
    g_hash_table_insert(j->later, g_memdup2(key, sizeof *key), GUINT_TO_POINTER(event));
}

void cap_ahead_begin(struct cap_judging *j, uint32_t first, uint32_t end)
{
    if (!j->later)
        j->later = g_hash_table_new_full(hash_of, are_equal, g_free, NULL);
    if (!j->ready_ahead)
        j->ready_ahead = g_new0(uint32_t, j->c->events->len);
    g_hash_table_remove_all(j->later);
    for (uint32_t i = end; i-- > first;) {
        const struct cap_event *e = cap_at(j->c, i);
        const struct key ready = key_of(e, CAP_READY, e->a),
                         repeated = key_of(e, CAP_REPEATED, e->b);

        if (e->kind == CAP_READY)
            learn(j, &ready, i);
        else if (e->kind == CAP_NOT_PRESENT)
            j->ready_ahead[i] = look_up(j, &ready);
        else if (e->kind == CAP_REPEATED && !look_up(j, &repeated))
            learn(j, &repeated, i);
    }
}

void cap_ahead_end(struct cap_judging *j)
{
    if (j->later)
        g_hash_table_destroy(j->later);
    g_free(j->ready_ahead);
}

uint32_t cap_ready_ahead(const struct cap_judging *j, uint32_t not_present)
{
    return j->ready_ahead[not_present];
}

bool cap_repeats_behind(const struct cap_judging *j, uint64_t gfn, uint32_t event)
{
    const struct key key = key_of(cap_at(j->c, event), CAP_REPEATED, gfn);

    return look_up(j, &key) > event;
}
