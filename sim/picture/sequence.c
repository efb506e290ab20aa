/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sequence.c - notes of one vCPU become steps on lifelines
 */
#include "sequence.h"

#include <stddef.h>

#include "sequence_priv.h"
#include "sim_assert.h"

/* ---- rows ---- */

bool seq_in_window(const struct sequence *s, sim_ns when)
{
    return when >= s->shape.from && when < s->shape.to;
}

void seq_row_clear(struct seq_row *r)
{
    g_free(r->tag);
    g_free(r->what);
    *r = (struct seq_row){0};
}

/* Takes r's texts over. */
void seq_put(struct sequence *s, struct seq_row r)
{
    if (seq_in_window(s, r.when) && s->rows->len < SEQUENCE_ROWS) {
        g_array_append_val(s->rows, r);
        return;
    }
    s->left_out += seq_in_window(s, r.when);
    seq_row_clear(&r);
}

void seq_step(struct sequence *s, sim_ns when, unsigned from, unsigned to, const char *tag,
              const char *function, const char *what, ...)
{
    struct seq_row r = {when, (uint8_t)from, (uint8_t)to, NULL, NULL, function};
    va_list arguments;

    if (!seq_in_window(s, when))
        return; /* most of a run: nothing is printed for it */
    r.tag = g_strdup(tag);
    va_start(arguments, what);
    r.what = g_strdup_vprintf(what, arguments);
    va_end(arguments);
    seq_put(s, r);
}

void seq_mark_state(struct sequence *s, unsigned column, enum seq_state state)
{
    const struct seq_mark m = {s->rows->len, (uint8_t)column, (uint8_t)state};

    if (!s->begun || s->left_out)
        return;
    s->state[column] = (uint8_t)state;
    g_array_append_val(s->marks, m);
}

/* The task's lifeline; those that find no place share the last one. Before the window nobody has
 * one. */
unsigned seq_column_of(struct sequence *s, uint32_t task)
{
    for (unsigned c = 0; s->begun && c < SEQUENCE_TASKS; c++) {
        if (s->column[c] == SEQ_NO_TASK)
            s->column[c] = task;
        if (s->column[c] == task)
            return SEQ_TASK + c;
    }
    return SEQ_TASK + SEQUENCE_TASKS - 1;
}

const char *seq_name_of(const struct sequence *s, uint32_t task)
{
    return task < s->shape.tasks ? s->task_name[task] : "nobody";
}

static void on_note(struct sim_observer *self, const struct sim_note *n)
{
    struct sequence *s = (struct sequence *)(void *)self;
    int at = seq_handlers[n->kind].vcpu;

    if (n->when >= s->shape.to || (at >= 0 && (at ? n->c : n->a) != s->shape.vcpu))
        return;
    if (!s->begun && n->when >= s->shape.from) {
        s->begun = true;
        if (s->current != SEQ_NO_TASK)
            seq_mark_state(s, seq_column_of(s, s->current), SEQ_RUNS);
    }
    seq_handlers[n->kind].handle(s, n);
    if (n->kind == NOTE_KVM_PAGE_FAULT || n->kind == NOTE_ACCESS_DONE)
        s->woke = false;
}

static void row_free(gpointer row)
{
    seq_row_clear(row);
}

struct sequence *sequence_create(const struct sequence_shape *shape)
{
    struct sequence *s = g_new0(struct sequence, 1);

    SIM_ASSERT(shape->from < shape->to && shape->vcpu < shape->vcpus);
    s->shape = *shape;
    s->title = g_strdup(shape->title);
    s->task_name = g_new0(char *, shape->tasks + 1);
    s->nested = g_new0(bool, shape->tasks + 1);
    for (uint32_t k = 0; k < shape->tasks; k++) {
        s->task_name[k] = g_strdup(shape->task_name[k]);
        s->nested[k] = shape->task_nested[k];
    }
    s->rows = g_array_new(FALSE, FALSE, sizeof(struct seq_row));
    g_array_set_clear_func(s->rows, row_free);
    s->marks = g_array_new(FALSE, FALSE, sizeof(struct seq_mark));
    s->pages = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    s->tokens = g_array_new(FALSE, FALSE, sizeof(struct seq_token));
    for (unsigned c = 0; c < SEQUENCE_TASKS; c++)
        s->column[c] = SEQ_NO_TASK;
    s->current = SEQ_NO_TASK;
    s->observer.note = on_note;
    for (unsigned k = 0; k < SIM_NOTE_KINDS; k++)
        if (seq_handlers[k].handle)
            s->observer.kinds |= SIM_NOTE_BIT(k);
    return s;
}
_Static_assert(offsetof(struct sequence, observer) == 0, "on_note() casts");

struct sim_observer *sequence_observer(struct sequence *s)
{
    return &s->observer;
}

void sequence_free(struct sequence *s)
{
    if (!s)
        return;
    seq_row_clear(&s->fault);
    g_array_free(s->rows, TRUE);
    g_array_free(s->marks, TRUE);
    g_array_free(s->pages, TRUE);
    g_array_free(s->tokens, TRUE);
    g_strfreev(s->task_name);
    g_free(s->nested);
    g_free(s->title);
    g_free(s);
}
