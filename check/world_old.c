/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_old.c - a guest CPU before 5.8: both events by #PF, in user mode and in the kernel
 *
 * Both are taken in one move: nothing is between reading the reason and the wait but interrupts
 * off. A CPU that may not schedule waits in a halt loop, whose turns are moves: there a ready #PF
 * or a reschedule interrupt finds it. The run loop's part is in world_vcpu.c.
 *
 * Sources: do_async_page_fault(), kvm_async_pf_task_wait(), apf_task_wake_one() of 4.14 to 5.7.
 */
#include "check_world.h"

/* What the #PF interrupted. */
static void put_context(const struct check_machine *m, const struct world_vcpu *c,
                        struct apf_guest_in *in)
{
    unsigned t = c->task;
    bool idle = t == CHECK_NO_TASK || world_has(m->p.idle_tasks, t);

    in->task = t;
    in->if_flag = true;
    in->cpl = idle || world_is_kernel(&m->p, t) ? 0 : 3;
    in->idle = idle;
    in->rcu_reader = !idle && world_has(m->p.rcu_tasks, t);
    in->preempt_disabled = !idle && world_has(m->p.atomic_tasks, t);
}

static void iret(struct world_vcpu *c)
{
    c->gpc = c->gret;
    c->gret = 0;
    c->iflag = true;
}

/* smp_send_reschedule() to CPUs that halt: an interrupt, and an exit of who runs the guest. */
static void send_ipis(struct check_machine *m)
{
    for (uint32_t i = 0; i < m->gout.count; i++) {
        unsigned u = (unsigned)m->gout.act[i].value;
        if (m->gout.act[i].kind != APF_GDO_IPI || u >= m->p.vcpus) {
            continue;
        }
        SAY(m, GUEST, u, "reschedule interrupt pending");
        m->w.v[u].timer = true;
        if (m->w.v[u].pc == T_GUEST) {
            vcpu_exit(m, u);
        } else {
            world_wake_vcpu(m, u);
        }
    }
}

/* kvm_async_pf_task_wait() */
static void wait_on(struct check_machine *m, unsigned v, uint32_t token)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_guest_in in = {.kind = APF_GIN_WAIT, .value = token};

    put_context(m, c, &in);
    world_guest(m, v, &in);
    send_ipis(m);
    task_wake_all(m, v); /* with the remedy of HOLE-14 */
    if (m->gout.verdict == APF_GUEST_SLEEP) {
        RULE(m, SLEEP);
        SAY(m, GUEST, v, "task %u sleeps on token %#x%s", c->task, token,
            in.cpl ? "" : ", in the kernel");
        m->w.t[c->task].state = TASK_SLEEPS;
        c->task = CHECK_NO_TASK;
    } else if (m->gout.verdict == APF_GUEST_HALT_WAIT) {
        SAY(m, GUEST, v, "task %u may not be scheduled away: the CPU waits for token %#x", c->task,
            token);
        c->gpc = G_HALTED;
        c->iflag = false;
    } else {
        RULE(m, NO_SLEEP);
        SAY(m, GUEST, v, "token %#x is there already: task %u goes on", token, c->task);
    }
}

/* kvm_async_pf_task_wake() of the #PF just read; a wake-all of many goes on. */
static void wake(struct check_machine *m, unsigned v, uint32_t token)
{
    struct apf_guest_in in = {.kind = APF_GIN_WAKE, .value = token};

    SAY(m, GUEST, v, "#PF: reason 2, token %#x", token);
    if (m->gout.verdict == APF_GUEST_DUMMY) {
        RULE(m, DUMMY);
        SAY(m, GUEST, v, "nobody sleeps on token %#x: a dummy is left", token);
        BROKEN(m, "INV-31: no ready leaves a dummy that nobody will take");
    } else if (token == APF_TOKEN_WAKE_ALL) {
        RULE(m, BROADCAST);
    }
    for (;;) {
        send_ipis(m);
        task_wake_all(m, v);
        if (!m->gout.more) {
            return;
        }
        world_guest(m, v, &in);
    }
}

/* do_async_page_fault(): `truth` is what the #PF is, whatever the guest takes it for. */
static void read_reason(struct check_machine *m, unsigned v, uint64_t cr2, enum apf_pf_truth truth)
{
    struct apf_guest_in in = {.kind = APF_GIN_PF, .value = cr2, .truth = (uint8_t)truth};

    put_context(m, &m->w.v[v], &in);
    if (truth == APF_PF_REAL) {
        in.cpl = 0;
        in.if_flag = false;
    }
    world_guest(m, v, &in);
}

static void on_pf(struct check_machine *m, unsigned v, bool nested)
{
    struct world_vcpu *c = &m->w.v[v];
    uint32_t token = c->cr2;

    RULE(m, PF);
    read_reason(m, v, token, APF_PF_ASYNC);
    c->cr2 = 0;
    iret(c);
    if (m->gout.verdict == APF_GUEST_ORDINARY_PF) {
        BROKEN(m, "INV-14: an async #PF finds its flags set");
        SAY(m, GUEST, v, "#PF: reason is 0, token %#x is taken for an address", token);
        m->fatal = true;
    } else if (m->gout.verdict == APF_GUEST_NOT_PRESENT) {
        RULE(m, TOLD);
        SAY(m, GUEST, v, "#PF: reason 1, token %#x", token);
        if (nested) {
            SAY(m, GUEST, v, "the handler faults, for itself: reason is 0 by then");
            read_reason(m, v, 0xdead000, APF_PF_REAL);
        }
        wait_on(m, v, token);
    } else {
        wake(m, v, token);
    }
}

/* The entry code faults before it has read the reason (BUG-14). */
static void on_early_fault(struct check_machine *m, unsigned v)
{
    SAY(m, GUEST, v, "the #PF entry code faults, for itself, before the reason is read");
    read_reason(m, v, 0xdead000, APF_PF_REAL);
    if (m->gout.verdict != APF_GUEST_ORDINARY_PF) {
        SAY(m, GUEST, v, "its #PF is taken for the async one, address 0xdead000 for a token");
        m->fatal = true;
    }
}

static bool has_node(const struct apf_guest *g, unsigned task)
{
    for (unsigned b = 0; b < APF_BUCKETS; b++) {
        for (uint32_t n = g->bucket[b]; n != APF_NO_NODE; n = g->node[n].next) {
            if (g->node[n].task == task) {
                return true;
            }
        }
    }
    return false;
}

/* local_irq_disable(), hlist_unhashed(); then native_safe_halt() */
static void on_halt_wait(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];

    c->iflag = true;
    if (has_node(&m->w.g, c->task)) {
        SAY(m, GUEST, v, "task %u: not yet; sti, HLT", c->task);
        c->mp_halted = true;
        vcpu_exit(m, v);
    } else {
        SAY(m, GUEST, v, "task %u: its node is gone, it goes on", c->task);
        c->gpc = G_RUN;
    }
}

bool old_moves(const struct check_machine *m, const struct world_vcpu *c, unsigned v,
               struct move_list *l)
{
    if (c->gpc == G_HALTED) {
        move_add(l, M_HALT_WAIT, v, 0);
    } else if (m->old && c->gpc == G_PF) {
        move_add(l, M_PF, v, 0);
        if (m->p.flags & CHECK_ENTRY_FAULTS) {
            move_add(l, M_PF_NESTED, v, 0);
        }
    } else {
        return false;
    }
    return true;
}

void old_move(struct check_machine *m, enum move_kind kind, unsigned v)
{
    if (kind == M_HALT_WAIT) {
        on_halt_wait(m, v);
    } else if (kind == M_PF_NESTED && apf_bug_on(m->p.bugs, APF_BUG_14)) {
        on_early_fault(m, v);
    } else {
        on_pf(m, v, kind == M_PF_NESTED);
    }
}

bool old_ready_coming(const struct world_vcpu *c, uint32_t token)
{
    return (c->pf || c->gpc == G_PF) && c->area.flags == APF_REASON_READY && c->cr2 == token;
}
