/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_tokens.c - the way of each token: not_present, completed, ready, wake-up
 *
 * A token that a task sleeps on is over when the task is woken, another when it is ready. One
 * whose work was cancelled (EN := 0) is over with the wake-all, or never.
 */
#include "timeline_priv.h"

#define WAKE_ALL UINT32_MAX /* as token of a ready */

static sim_ns end_of(const struct token *k)
{
    return MAX(k->ready, k->wake);
}

/* In the picture if any of it lies in the window. */
static void keep(struct timeline *t, const struct token *k, sim_ns end)
{
    if (k->not_present < t->to && end > t->from)
        g_array_append_val(t->tokens, *k);
}

static void over(struct timeline *t, guint i)
{
    const struct token k = g_array_index(t->open, struct token, i);

    keep(t, &k, end_of(&k));
    g_array_remove_index(t->open, i);
}

/* The oldest that is open. G_MAXUINT: none. */
static guint find(const struct timeline *t, uint64_t vcpu, uint64_t token)
{
    for (guint i = 0; i < t->open->len; i++) {
        const struct token *k = &g_array_index(t->open, struct token, i);

        if (k->token == token && k->vcpu == vcpu)
            return i;
    }
    return G_MAXUINT;
}

static void on_not_present(struct timeline *t, const struct sim_note *n)
{
    const struct token k = {.vcpu = (uint32_t)n->a,
                            .token = (uint32_t)n->b,
                            .task = NOBODY,
                            .gfn = n->c / 4096,
                            .told = n->d != 0,
                            .not_present = n->when};

    g_array_append_val(t->open, k);
}

static void on_ready(struct timeline *t, const struct sim_note *n)
{
    const struct token all = {.vcpu = (uint32_t)n->a, .ready = n->when};
    guint i = find(t, n->a, n->b);
    struct token *k;

    if (n->b == WAKE_ALL && n->when >= t->from && n->when < t->to)
        g_array_append_val(t->broadcasts, all);
    if (i == G_MAXUINT)
        return;
    k = &g_array_index(t->open, struct token, i);
    k->ready = n->when;
    if (!k->told || k->wake || !k->wait) /* the last: it was too early, and nobody will sleep */
        over(t, i);
}

static void on_completed(struct timeline *t, const struct sim_note *n)
{
    guint i = find(t, n->a, n->d);

    if (i != G_MAXUINT)
        g_array_index(t->open, struct token, i).completed = n->when;
}

/* `completed` of a token may come after its ready: the worker says it last. */
static void on_completed_late(struct timeline *t, const struct sim_note *n)
{
    for (guint i = t->tokens->len; i-- > 0;) {
        struct token *k = &g_array_index(t->tokens, struct token, i);

        if (k->vcpu != n->a || k->token != n->d)
            continue;
        if (!k->completed)
            k->completed = n->when;
        return;
    }
}

static void on_wait(struct timeline *t, const struct sim_note *n)
{
    guint i = find(t, n->a, n->c);

    if (i == G_MAXUINT)
        return;
    g_array_index(t->open, struct token, i).task = (uint32_t)n->b;
    g_array_index(t->open, struct token, i).wait = n->when;
}

static void on_wake(struct timeline *t, const struct sim_note *n)
{
    for (guint i = 0; i < t->open->len; i++) {
        struct token *k = &g_array_index(t->open, struct token, i);

        if (k->task != n->b || !k->wait || k->wake)
            continue;
        k->wake = n->when;
        if (k->ready || n->c == WAKE_ALL)
            over(t, i);
        return;
    }
}

void timeline_token_note(struct timeline *t, const struct sim_note *n)
{
    if (n->kind == NOTE_KVM_NOT_PRESENT) {
        on_not_present(t, n);
    } else if (n->kind == NOTE_KVM_READY) {
        on_ready(t, n);
    } else if (n->kind == NOTE_KVM_COMPLETED) {
        if (find(t, n->a, n->d) != G_MAXUINT)
            on_completed(t, n);
        else
            on_completed_late(t, n);
    } else if (n->kind == NOTE_APF_WAIT) {
        on_wait(t, n);
    } else if (n->kind == NOTE_APF_WAKE) {
        on_wake(t, n);
    }
}

static gint by_not_present(gconstpointer a, gconstpointer b)
{
    const struct token *x = a, *y = b;

    if (x->not_present != y->not_present)
        return x->not_present < y->not_present ? -1 : 1;
    return x->vcpu != y->vcpu ? (x->vcpu < y->vcpu ? -1 : 1)
                              : (x->token > y->token) - (x->token < y->token);
}

void timeline_tokens_end(struct timeline *t)
{
    for (guint i = 0; i < t->open->len; i++)
        keep(t, &g_array_index(t->open, struct token, i), SIM_NEVER);
    g_array_set_size(t->open, 0);
    g_array_sort(t->tokens, by_not_present);
}
