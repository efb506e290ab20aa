/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check_trace.c - a trail's events as notes, and as ftrace text
 *
 * Step n happens at n microseconds. What no trace point of KVM tells is a mark.
 */
#include <stdlib.h>
#include <string.h>

#include "cli_check.h"
#include "trace_ftrace.h"

/* Which note: the event's two arguments follow the vCPU, except as said in note_of(). */
static const enum sim_note_kind kinds[] = {
    [CHECK_EVENT_PAGE_FAULT] = NOTE_KVM_PAGE_FAULT,
    [CHECK_EVENT_TRY] = NOTE_KVM_TRY_ASYNC,
    [CHECK_EVENT_REPEATED] = NOTE_KVM_REPEATED,
    [CHECK_EVENT_NOT_PRESENT] = NOTE_KVM_NOT_PRESENT,
    [CHECK_EVENT_READY] = NOTE_KVM_READY,
    [CHECK_EVENT_COMPLETED] = NOTE_KVM_COMPLETED,
    [CHECK_EVENT_MSR_WRITE] = NOTE_KVM_MSR,
    [CHECK_EVENT_MSR_REFUSED] = NOTE_KVM_MSR,
    [CHECK_EVENT_INJ_EXCEPTION] = NOTE_KVM_INJ_EXCEPTION,
    [CHECK_EVENT_ACCEPT_IRQ] = NOTE_KVM_APIC_ACCEPT_IRQ,
    [CHECK_EVENT_INJ_VIRQ] = NOTE_KVM_INJ_VIRQ,
    [CHECK_EVENT_EOI] = NOTE_KVM_EOI,
};

static struct sim_note note_of(const struct check_line *line, sim_ns when)
{
    const struct check_event *e = &line->event;
    struct sim_note n = {
        .when = when, .kind = kinds[e->kind], .a = line->vcpu, .b = e->a, .c = e->b};

    if (e->kind == CHECK_EVENT_MSR_WRITE)
        n.d = 1;
    else if (e->kind == CHECK_EVENT_MSR_REFUSED)
        n.d = 1 | 2;
    return n;
}

bool cli_trail_tell(const struct check_build *build, const struct check_params *params,
                    const uint32_t *moves, unsigned count, const struct cli_teller *teller)
{
    static struct check_tale tale;
    struct check_machine *m = build->create(params);

    for (unsigned i = 0; m && i < count; i++) {
        const sim_ns when = ((sim_ns)i + 1) * 1000;
        const char *broken = build->move(m, moves[i], &tale);
        for (unsigned k = 0; k < tale.count; k++) {
            const struct sim_note n = note_of(&tale.line[k], when);
            if (tale.line[k].event.kind != CHECK_EVENT_NONE)
                teller->note(teller->self, &n);
            else if (teller->mark)
                teller->mark(teller->self, when, &tale.line[k]);
        }
        if (teller->step)
            teller->step(teller->self, when, &tale, broken);
    }
    if (m)
        build->destroy(m);
    return m != NULL;
}

/* ---- ftrace ---- */

struct ftrace {
    FILE *out;
    uint64_t lines;
};

static void on_note(void *self, const struct sim_note *n)
{
    struct ftrace *f = self;

    f->lines += trace_ftrace_event(f->out, n);
}

static void on_mark(void *self, sim_ns when, const struct check_line *line)
{
    struct ftrace *f = self;
    const char *who = line->side == CHECK_SIDE_GUEST ? "guest" : "host";
    g_autofree char *text = line->vcpu == CHECK_NO_VCPU
                                ? g_strdup_printf("%s: %s", who, line->words)
                                : g_strdup_printf("%s, vCPU %u: %s", who, line->vcpu, line->words);

    trace_ftrace_mark(f->out, when, text);
    f->lines++;
}

static void on_step(void *self, sim_ns when, const struct check_tale *tale, const char *broken)
{
    struct ftrace *f = self;

    (void)tale;
    if (broken) {
        trace_ftrace_mark(f->out, when, broken);
        f->lines++;
    }
}

bool cli_ftrace_add(GString *text, const struct check_build *build,
                    const struct check_params *params, const uint32_t *moves, unsigned count)
{
    struct ftrace f = {0};
    const struct cli_teller teller = {&f, on_note, on_mark, on_step};
    char *head = NULL, *body = NULL;
    size_t head_bytes = 0, body_bytes = 0;
    FILE *above = open_memstream(&head, &head_bytes);
    bool told = false;

    f.out = open_memstream(&body, &body_bytes);
    if (f.out && above) {
        told = cli_trail_tell(build, params, moves, count, &teller);
        trace_ftrace_head(above, f.lines, params->vcpus);
    }
    if (above)
        fclose(above);
    if (f.out)
        fclose(f.out);
    if (told) {
        g_string_append_len(text, head, (gssize)head_bytes);
        g_string_append_len(text, body, (gssize)body_bytes);
    }
    free(head);
    free(body);
    return told;
}
