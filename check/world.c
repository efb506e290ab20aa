/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world.c - one step of either half, with what its actions do to the machine
 */
#include "check_world.h"

#include <stdarg.h>
#include <string.h>

/* ---- words ---- */

void world_say(struct check_machine *m, enum check_side side, unsigned v, const char *format, ...)
{
    struct check_tale *t = m->tale;
    va_list args;

    m->said = t->count < CHECK_TALE_LINES;
    if (!m->said) {
        return;
    }
    struct check_line *line = &t->line[t->count++];
    line->side = (uint8_t)side;
    line->vcpu = (uint8_t)v;
    line->event = (struct check_event){0};
    va_start(args, format);
    vsnprintf(line->words, sizeof line->words, format, args);
    va_end(args);
}

void world_event(struct check_machine *m, enum check_event_kind kind, uint64_t a, uint64_t b)
{
    struct check_tale *t = m->tale;

    if (m->said) {
        t->line[t->count - 1].event = (struct check_event){(uint8_t)kind, a, b};
    }
}

/* ---- the halves ---- */

/* Code of the kernel, rather than of a program. */
bool world_is_kernel(const struct check_params *p, unsigned task)
{
    return world_has(p->kernel_tasks | p->rcu_tasks | p->atomic_tasks | p->idle_tasks, task);
}

struct apf_host_ctx world_ctx_of(const struct check_machine *m, const struct world_vcpu *c)
{
    bool user = c->task != CHECK_NO_TASK && c->gpc == G_RUN;

    return (struct apf_host_ctx){
        .exception_pending = c->pf,
        .hlt_in_guest = m->p.flags & CHECK_OWN_HLT,
        .irq_allowed = c->iflag,
        .paging = c->paging,
        .guest_mode = user && world_has(m->p.l2_tasks, c->task),
        .lapic_enabled = c->lapic,
        .cpl = user && !world_is_kernel(&m->p, c->task) ? 3 : 0,
        .l1_intercepts_pf = !(m->p.flags & CHECK_L1_IGNORES),
        .nested_run_pending = c->launch,
    };
}

struct apf_host_ctx world_ctx(const struct check_machine *m, unsigned v)
{
    return world_ctx_of(m, &m->w.v[v]);
}

void world_wake_vcpu(struct check_machine *m, unsigned v)
{
    if (m->w.v[v].pc == T_BLOCKED) {
        m->w.v[v].pc = T_LOOP;
        SAY(m, HOST, v, "vCPU thread is woken");
    }
}

/* The kernel's own print formats; its %#llx of zero is 0x0, libc's is 0. */
static void say_trace(struct check_machine *m, unsigned v, const struct apf_action *a)
{
    const unsigned long long token = a->token, gva = a->gva, gfn = gva >> 12;

    switch ((enum apf_trace)a->trace) {
    case APF_TRACE_TRY:
        SAY(m, HOST, v, "kvm_try_async_get_page: gva = 0x%llx, gfn = 0x%llx", gva, gfn);
        EVENT(m, TRY, gva, gfn);
        break;
    case APF_TRACE_REPEATED:
        SAY(m, HOST, v, "kvm_async_pf_repeated_fault: gva = 0x%llx, gfn = 0x%llx", gva, gfn);
        EVENT(m, REPEATED, gva, gfn);
        break;
    case APF_TRACE_NOT_PRESENT:
        SAY(m, HOST, v, "kvm_async_pf_not_present: token 0x%llx gva 0x%llx", token, gva);
        EVENT(m, NOT_PRESENT, token, gva);
        break;
    case APF_TRACE_READY:
        SAY(m, HOST, v, "kvm_async_pf_ready: token 0x%llx gva 0x%llx", token, gva);
        EVENT(m, READY, token, gva);
        break;
    case APF_TRACE_COMPLETED:
        SAY(m, WORLD, v, "kvm_async_pf_completed: gva 0x%llx address 0x%llx", gva,
            (unsigned long long)WORLD_HVA + gva);
        EVENT(m, COMPLETED, gva, WORLD_HVA + gva);
        break;
    }
}

static void set_irq(struct check_machine *m, unsigned v, const struct apf_action *a)
{
    struct world_vcpu *c = &m->w.v[v];

    if (m->p.flags & CHECK_USER_LAPIC) {
        BROKEN(m, "INV-8: no interrupt is set in a LAPIC that is not there");
    }
    if (!c->lapic || a->value < 16) {
        SAY(m, HOST, v, "interrupt %#x is dropped: %s", (unsigned)a->value,
            c->lapic ? "no such vector" : "the LAPIC is disabled");
        return;
    }
    c->irr = true;
    SAY(m, HOST, v, "slot := %#x, interrupt %#x pending", c->area.token, (unsigned)a->value);
    EVENT(m, ACCEPT_IRQ, a->value, 0);
}

static void queue_pf(struct check_machine *m, unsigned v, const struct apf_action *a,
                     const struct apf_host_in *in)
{
    struct world_vcpu *c = &m->w.v[v];

    if (c->pf) {
        BROKEN(m, "INV-13: a second #PF is queued on top of a pending one");
        if (m->old) {
            SAY(m, HOST, v, "double fault: the guest cannot go on");
            m->fatal = true;
        }
    }
    if (in->ctx.guest_mode && !a->vmexit) {
        BROKEN(m, "INV-16: an async #PF is never injected into L2");
    }
    c->pf = true;
    c->pf_exit = a->vmexit;
    c->cr2 = a->token;
    SAY(m, HOST, v, "flags := %u, async #PF queued, address %#x%s", (unsigned)a->value, a->token,
        c->pf_exit ? ", as a VM-exit of L2" : "");
}

static void perform(struct check_machine *m, unsigned v, const struct apf_action *a,
                    const struct apf_host_in *in)
{
    struct world_vcpu *c = &m->w.v[v];

    switch ((enum apf_action_kind)a->kind) {
    case APF_DO_TRACE:
        say_trace(m, v, a);
        break;
    case APF_DO_QUEUE_PF:
        queue_pf(m, v, a, in);
        break;
    case APF_DO_SCHEDULE_WORK:
        c->work[a->item] = 0;
        break;
    case APF_DO_SET_IRQ:
        set_irq(m, v, a);
        break;
    case APF_DO_RUNNABLE:
        c->mp_halted = false;
        break;
    case APF_DO_KICK:
        if (!c->h.item[a->item].wakeup_all) { /* the vCPU thread need not kick itself */
            c->work[a->item] |= WORK_KICK;
        }
        break;
    case APF_DO_WAKE:
        world_wake_vcpu(m, v);
        break;
    case APF_DO_CANCEL_WORK:
        RULE(m, CLEAR_CANCEL);
        SAY(m, HOST, v, "work of token %#x is cancelled before it began", a->token);
        break;
    case APF_DO_GP:
        SAY(m, HOST, v, "the write is refused (#GP)");
        break;
    case APF_DO_REAL_PF:
        SAY(m, HOST, v, "#PF queued for L2%s", a->vmexit ? ", marked async: as a VM-exit" : "");
        break;
    case APF_DO_WAIT_WORK:
    case APF_DO_PREFAULT:
    case APF_DO_USER_EXIT: /* x86 alone is explored */
    case APF_DO_CANCEL_PF:
    case APF_DO_FLOAT_IRQ:
        break;
    }
}

void world_host(struct check_machine *m, unsigned v, struct apf_host_in *in)
{
    struct world_vcpu *c = &m->w.v[v];

    m->host_touched[v] = true;
    in->ctx.lapic_enabled = c->lapic;
    apf_host_step(&c->h, &c->area, in, &m->out);
    for (uint32_t i = 0; i < m->out.count; i++) {
        perform(m, v, &m->out.act[i], in);
    }
    if (m->out.broken) {
        BROKEN(m, m->out.broken);
    }
}

void world_guest(struct check_machine *m, unsigned v, struct apf_guest_in *in)
{
    struct world_vcpu *c = &m->w.v[v];

    m->guest_touched = true;
    apf_guest_step(&m->w.g, &c->gc, &c->area, in, &m->gout);
    if (m->gout.broken) {
        BROKEN(m, m->gout.broken);
    }
    if (m->gout.verdict == APF_GUEST_PANIC) {
        RULE(m, PANIC);
        SAY(m, GUEST, v, "Kernel panic: %s", m->gout.panic);
        m->fatal = true;
    }
}

static bool sleeps_on_cpu(const struct world *w, unsigned v)
{
    for (unsigned b = 0; b < APF_BUCKETS; b++) {
        for (uint32_t n = w->g.bucket[b]; n != APF_NO_NODE; n = w->g.node[n].next) {
            if (w->g.node[n].cpu == v && w->g.node[n].task != APF_NO_TASK) {
                return true;
            }
        }
    }
    return false;
}

static bool wake_all_on_done(const struct apf_host *h)
{
    for (unsigned i = h->done_head; i != APF_NO_ITEM; i = h->item[i].next) {
        if (h->item[i].wakeup_all) {
            return true;
        }
    }
    return false;
}

/* EN: its effects on the queue are rules of their own. */
static void after_en(struct check_machine *m, unsigned v, bool was_on)
{
    const struct world_vcpu *c = &m->w.v[v];
    bool on = apf_host_pv_enabled(&c->h);

    if (on && m->out.item != APF_NO_ITEM) {
        RULE(m, WAKE_ALL);
        SAY(m, HOST, v, "wake-all queued");
    } else if (on && !wake_all_on_done(&c->h)) {
        RULE(m, NO_WAKE_ALL);
        SAY(m, HOST, v, "no wake-all: %s",
            apf_host_has_done(&c->h) ? "done is not empty" : "no memory");
        if (!was_on && sleeps_on_cpu(&m->w, v)) {
            BROKEN(m, "INV-27: enabling with sleepers of that CPU queues a wake-all");
        }
    } else if (was_on && !on) {
        if (world_must_wait(c)) {
            RULE(m, CLEAR_WAIT);
        } else {
            RULE(m, CLEAR);
        }
    }
}

static bool refused(const struct check_machine *m)
{
    for (uint32_t i = 0; i < m->out.count; i++) {
        if (m->out.act[i].kind == APF_DO_GP) {
            return true;
        }
    }
    return false;
}

static void say_msr(struct check_line *line, const struct check_event *e)
{
    snprintf(line->words, sizeof line->words, "kvm_msr: msr_write %x = 0x%llx%s", (unsigned)e->a,
             (unsigned long long)e->b, e->kind == CHECK_EVENT_MSR_REFUSED ? " (#GP)" : "");
    line->event = *e;
}

void world_held(struct check_machine *m, unsigned v)
{
    struct check_tale *t = m->tale;
    struct check_event *held = &m->held[v];

    if (t && held->kind != CHECK_EVENT_NONE && t->count < CHECK_TALE_LINES) {
        SAY(m, HOST, v, "%s", "");
        say_msr(&t->line[t->count - 1], held);
        *held = (struct check_event){0};
    }
}

/*
 * The words of a write, on line `at`. The trace point is the last thing that a WRMSR exit does: an
 * exit that is not over yet (more to dequeue, workers to wait for) has it later.
 */
static void tell_wrmsr(struct check_machine *m, unsigned v, unsigned at,
                       const struct apf_host_in *in)
{
    const struct check_event e = {refused(m) ? CHECK_EVENT_MSR_REFUSED : CHECK_EVENT_MSR_WRITE,
                                  in->msr, in->value};
    struct check_line *line = &m->tale->line[at];
    unsigned long long value = in->value;

    if (in->host_initiated) {
        snprintf(line->words, sizeof line->words, "KVM_SET_MSRS: %x = 0x%llx", in->msr, value);
    } else if (m->out.more || world_must_wait(&m->w.v[v])) {
        snprintf(line->words, sizeof line->words, "exit: WRMSR %x = 0x%llx", in->msr, value);
        m->held[v] = e;
    } else {
        say_msr(line, &e);
    }
}

void world_wrmsr(struct check_machine *m, unsigned v, uint32_t msr, uint64_t value, bool vmm)
{
    unsigned at = m->tale ? m->tale->count : 0;
    bool was_on = apf_host_pv_enabled(&m->w.v[v].h);
    struct apf_host_in in = {
        .kind = APF_IN_WRMSR,
        .msr = msr,
        .value = value,
        .host_initiated = vmm,
        .no_memory = m->p.flags & CHECK_NO_MEMORY,
        .ctx = world_ctx(m, v),
    };

    SAY(m, HOST, v, "%s", ""); /* its words: when it is known how it ended */
    world_host(m, v, &in);
    if (m->tale && at < CHECK_TALE_LINES) {
        tell_wrmsr(m, v, at, &in);
    }
    if (msr == APF_MSR_EN && value == 0 && refused(m)) {
        BROKEN(m, "ABI: EN := 0 is always accepted");
    }
    if (msr == APF_MSR_EN) {
        after_en(m, v, was_on);
    }
}

/* ---- facts that several parts ask for ---- */

unsigned world_page(const struct check_machine *m, unsigned task, unsigned pos)
{
    return m->p.flags & CHECK_SHARED ? pos : task * m->p.faults + pos;
}

void world_page_comes(struct check_machine *m, uint64_t page)
{
    if (m->w.page[page] < PAGE_GONE) {
        m->w.page[page] = PAGE_PRESENT;
    }
}

bool world_owns(const struct check_machine *m, unsigned v, uint32_t token)
{
    return ((world_vcpu_id(&m->p, v) ^ token) & 4095) == 0;
}

/* kvm_flush_and_free_async_pf_work(), cancel_work_sync(): an item that waits for its worker. */
bool world_must_wait(const struct world_vcpu *c)
{
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        const struct apf_item *item = &c->h.item[i];
        if (item->state >= APF_ITEM_CANCELLED && !item->unflushed && !item->worker_returned) {
            return true;
        }
    }
    return false;
}

bool world_deliver(const struct world_vcpu *c)
{
    return c->irr && !c->isr && c->lapic && c->iflag;
}
