/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scenario_teller.c - see scenario_teller.h */
#include "scenario_teller.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NOBODY    UINT32_MAX
#define READY_IRQ 0xf3u

static const char *const disk_name[] = {"disk", "monitor", "zram", "link"};

/* ---- the story ---- */

__attribute__((format(printf, 3, 4))) static void
say(struct scenario_teller *t, const struct sim_note *n, const char *format, ...)
{
    char *at = t->r->text + t->length;
    size_t room = sizeof t->r->text - t->length;
    va_list args;

    if (n->when < t->from || (t->until && n->when > t->until) || room < 200)
        return;
    t->length += (size_t)snprintf(at, room, "%llu ", (unsigned long long)n->when);
    va_start(args, format);
    t->length +=
        (size_t)vsnprintf(t->r->text + t->length, sizeof t->r->text - t->length, format, args);
    va_end(args);
    t->r->text[t->length++] = '\n';
}

static const char *task_name(char *to, size_t size, uint64_t task)
{
    if (task == NOBODY)
        return "idle";
    snprintf(to, size, "task%u", (unsigned)task);
    return to;
}

static void tell_switch(struct scenario_teller *t, const struct sim_note *n)
{
    char prev[16], next[16];

    say(t, n, "cpu%u: %s -> %s", (unsigned)n->a, task_name(prev, sizeof prev, n->b),
        task_name(next, sizeof next, n->c));
}

static void tell_access(struct scenario_teller *t, const struct sim_note *n)
{
    if (n->d)
        say(t, n, "task%u: access was %s (%s)", (unsigned)n->b, outcome_key[n->c],
            apf_why_name[n->d]);
    else
        say(t, n, "task%u: access was %s", (unsigned)n->b, outcome_key[n->c]);
}

static void tell_irq(struct scenario_teller *t, const struct sim_note *n)
{
    if (n->b == READY_IRQ)
        say(t, n, "vcpu%u: ready interrupt", (unsigned)n->a);
    else
        say(t, n, "vcpu%u: interrupt %#x", (unsigned)n->a, (unsigned)n->b);
}

static void tell_msr(struct scenario_teller *t, const struct sim_note *n)
{
    if (n->b == APF_MSR_ACK)
        say(t, n, "vcpu%u: ack", (unsigned)n->a);
    else if (n->b == APF_MSR_EN)
        say(t, n, "vcpu%u: apf %s", (unsigned)n->a, n->c ? "enabled" : "off");
}

static void tell_disk(struct scenario_teller *t, const struct sim_note *n)
{
    if (n->kind == NOTE_DISK_SUBMIT)
        say(t, n, "%s: asked to %s %u", disk_name[n->a], n->c ? "write" : "read", (unsigned)n->b);
    else
        say(t, n, "%s: %s done, took %llu", disk_name[n->a], n->c ? "write" : "read",
            (unsigned long long)n->d);
}

static void tell_kvm(struct scenario_teller *t, const struct sim_note *n)
{
    unsigned vcpu = (unsigned)n->a;

    if (n->kind == NOTE_KVM_NOT_PRESENT)
        say(t, n, "vcpu%u: not_present %#x%s", vcpu, (unsigned)n->b, n->d ? "" : ", not told");
    else if (n->kind == NOTE_KVM_READY)
        say(t, n, "vcpu%u: ready %#x", vcpu, (unsigned)n->b);
    else if (n->kind == NOTE_KVM_COMPLETED)
        say(t, n, "worker: completed %#x", (unsigned)n->d);
    else if (n->kind == NOTE_KVM_VCPU_WAKEUP)
        say(t, n, "vcpu%u: woken after %llu%s", vcpu, (unsigned long long)n->b,
            n->c ? ", polled" : "");
    else if (n->kind == NOTE_KVM_INJ_EXCEPTION)
        say(t, n, "vcpu%u: #%s", vcpu, n->b == 14 ? "PF" : "GP");
    else if (n->kind == NOTE_WORK_START)
        say(t, n, "worker: starts %#x", (unsigned)n->b);
    else if (n->kind == NOTE_APF_WAIT)
        say(t, n, "task%u: sleeps on %#x", (unsigned)n->b, (unsigned)n->c);
    else if (n->kind == NOTE_APF_WAKE)
        say(t, n, "task%u: woken by %#x", (unsigned)n->b, (unsigned)n->c);
}

static void tell(struct scenario_teller *t, const struct sim_note *n)
{
    switch ((int)n->kind) {
    case NOTE_ATTEMPT:
        say(t, n, "vcpu%u: task%u misses page %u%s", (unsigned)n->a, (unsigned)n->b, (unsigned)n->d,
            n->c ? ", in flight" : "");
        break;
    case NOTE_PAGE_IN:
        say(t, n, "page %u in%s", (unsigned)n->a, n->b ? " by read-ahead" : "");
        break;
    case NOTE_PAGE_OUT:
        say(t, n, "page %u out%s", (unsigned)n->a, n->b ? ", dirty" : "");
        break;
    case NOTE_UFFD_EVENT:
        say(t, n, "monitor: hears of page %u", (unsigned)n->a);
        break;
    case NOTE_TASK_EXIT:
        say(t, n, "task%u: ends", (unsigned)n->a);
        break;
    case NOTE_TASK_SWITCH:
        tell_switch(t, n);
        break;
    case NOTE_ACCESS:
        tell_access(t, n);
        break;
    case NOTE_KVM_INJ_VIRQ:
        tell_irq(t, n);
        break;
    case NOTE_KVM_MSR:
        tell_msr(t, n);
        break;
    case NOTE_DISK_SUBMIT:
    case NOTE_DISK_DONE:
        tell_disk(t, n);
        break;
    case NOTE_CPU_OFFLINE:
        say(t, n, "cpu%u: offline, slot %#x", (unsigned)n->a, (unsigned)n->c);
        break;
    case NOTE_CPU_ONLINE:
        say(t, n, "cpu%u: online", (unsigned)n->a);
        break;
    default:
        tell_kvm(t, n);
    }
}

/* ---- the counts ---- */

static void on_attempt(struct scenario_teller *t, const struct sim_note *n)
{
    struct scenario_result *r = t->r;

    r->attempts++;
    r->repeated += n->c;
    cr_assert_lt(n->b, SCENARIO_TASKS);
    if (!t->open[n->b] && r->misses[n->b] < SCENARIO_TOUCHES)
        r->missed[n->b][r->misses[n->b]++] = (uint32_t)n->d;
    t->open[n->b] = true;
}

static void on_segment(struct scenario_teller *t, const struct sim_note *n)
{
    cr_assert_lt(n->a, t->vcpus);
    cr_assert_lt(n->b, LEDGER_COUNT);
    t->r->ledger[n->b] += n->c;
    if (!t->measuring)
        return;
    t->r->measured_ledger += n->c;
    t->r->measured_user += n->b == LEDGER_USER ? n->c : 0;
}

static void count(struct scenario_teller *t, const struct sim_note *n)
{
    struct scenario_result *r = t->r;

    switch ((int)n->kind) {
    case NOTE_ATTEMPT:
        on_attempt(t, n);
        break;
    case NOTE_VCPU_SEGMENT:
        on_segment(t, n);
        break;
    case NOTE_HOST_SEGMENT:
        r->host[n->b] += n->c;
        break;
    case NOTE_ACCESS:
        r->outcomes[n->c]++;
        r->whys[n->d]++;
        t->open[n->b] = false;
        break;
    case NOTE_ACCESS_DONE:
        r->needed_io++;
        break;
    case NOTE_TASK_ITERATION:
        r->iterations[n->a] += n->b;
        break;
    case NOTE_TASK_RAN:
        r->ran[n->a] += n->b;
        break;
    case NOTE_DISK_SUBMIT:
        if (!n->c && r->read_count < SCENARIO_TOUCHES)
            r->reads[r->read_count++] = (uint32_t)n->b;
        break;
    case NOTE_RECLAIM:
        r->reclaimed[n->b]++;
        break;
    case NOTE_ZSWAP:
        r->zswap[n->b]++;
        break;
    case NOTE_KSWAPD:
        r->kswapd_ns += n->a;
        break;
    case NOTE_MEASURE_BEGIN:
        r->measure_begin = n->when;
        t->measuring = true;
        break;
    case NOTE_MEASURE_END:
        r->measure_end = n->when;
        t->measuring = false;
        break;
    default:
        break;
    }
}

static void on_note(struct sim_observer *self, const struct sim_note *n)
{
    struct scenario_teller *t = (struct scenario_teller *)(void *)self;

    count(t, n);
    tell(t, n);
}

void scenario_listen(struct scenario_teller *t, struct sim *sim, uint32_t vcpus,
                     struct scenario_result *r, const struct scenario_options *o)
{
    memset(t, 0, sizeof *t);
    t->observer.note = on_note;
    t->observer.kinds = SIM_NOTE_ALL;
    t->r = r;
    t->vcpus = vcpus;
    t->from = o->from;
    t->until = o->until;
    sim_observe(sim, &t->observer);
}
