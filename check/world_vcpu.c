/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_vcpu.c - a vCPU's host thread: loop head, requests, completions, injection, waits
 *
 * Sources: vcpu_run(), vcpu_enter_guest(), vcpu_block(), kvm_vcpu_has_events(),
 *          kvm_check_async_pf_completion().
 */
#include "check_world.h"

void vcpu_exit(struct check_machine *m, unsigned v)
{
    m->w.v[v].pc = T_LOOP;
}

/* kvm_vcpu_has_events(). In the days of BUG-2 it did not look at pending exceptions. */
static bool has_events(const struct world_vcpu *c)
{
    return apf_host_has_done(&c->h) || (c->pf && !apf_bug_on(c->h.bugs, APF_BUG_2)) ||
           world_deliver(c) || (c->timer && c->iflag);
}

static bool is_runnable(const struct world_vcpu *c)
{
    return !c->mp_halted && !c->h.halted;
}

/* ---- K-17 ---- */

static void prefault(struct check_machine *m, unsigned v, const struct apf_item *item)
{
    struct apf_host_in in = {.kind = APF_IN_FAULT,
                             .gfn = item->gfn,
                             .gva = item->gva,
                             .prefault = true,
                             .ctx = world_ctx(m, v)};

    if (m->w.page[item->gfn] >= PAGE_GONE) {
        SAY(m, HOST, v, "prefault: page %u cannot come, which nobody minds", (unsigned)item->gfn);
        world_host(m, v, &in);
    } else if (!m->w.page[item->gfn]) {
        RULE(m, PREFAULT);
        SAY(m, HOST, v, "prefault: page %u has gone again, the vCPU thread waits for it",
            (unsigned)item->gfn);
        world_host(m, v, &in);
        m->w.page[item->gfn] = 1;
    }
}

static void present(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    const struct apf_item item = c->h.item[c->h.dequeued];
    struct apf_host_in in = {.kind = APF_IN_PRESENT, .ctx = world_ctx(m, v)};

    if (!item.wakeup_all) {
        prefault(m, v, &item);
    }
    if (item.wakeup_all || item.notpresent_injected) {
        RULE(m, READY);
    } else {
        RULE(m, SILENT);
    }
    world_host(m, v, &in);
}

/* The loop of kvm_check_async_pf_completion(). False: it waits for a worker. */
static bool drain(struct check_machine *m, unsigned v, bool request)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = request ? APF_IN_REQ_READY : APF_IN_CHECK};

    for (;;) {
        in.ctx = world_ctx(m, v); /* a ready #PF changes it */
        world_host(m, v, &in);
        if (c->h.dequeued == APF_NO_ITEM) {
            return true;
        }
        present(m, v);
        if (world_must_wait(c)) {
            RULE(m, READY_WAIT);
            SAY(m, HOST, v, "waits for the work function to return");
            c->pc = T_DRAIN;
            return false;
        }
        if (!m->out.more) {
            return true;
        }
        in.kind = APF_IN_CHECK;
    }
}

static void note_waiting(struct check_machine *m, const struct world_vcpu *c)
{
    if (apf_host_has_done(&c->h) && apf_host_pv_enabled(&c->h)) {
        if (!c->lapic) {
            RULE(m, LAPIC_OFF);
        } else if (c->area.token) {
            RULE(m, SLOT_BUSY);
        }
    }
}

/* ---- one pass ---- */

/* kvm_check_and_inject_events(): the exception first; the interrupt is a move of the guest's. */
static void enter(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];

    c->pc = T_GUEST;
    c->launch = false; /* vmx_vcpu_run() */
    if (!c->pf || (m->old ? c->gpc == G_SMM : c->gpc != G_RUN)) {
        SAY(m, HOST, v, "entry");
        return; /* in SMM the exception waits for RSM */
    }
    RULE(m, INJECT);
    c->pf = false;
    c->gret = c->gpc;
    c->gpc = c->pf_exit ? G_L1_EXIT : c->pf_l2 ? G_L2_PF : G_PF;
    c->pf_exit = c->pf_l2 = false;
    c->iflag = false;
    SAY(m, HOST, v, "entry, #PF (%#x) injected", c->cr2);
    EVENT(m, INJ_EXCEPTION, 14, 0);
}

static void on_blocked(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];

    RULE(m, BLOCK);
    c->pc = T_BLOCKED;
    SAY(m, HOST, v, "vCPU thread blocks (%s)", c->h.halted ? "artificial halt" : "HLT");
}

/* vcpu_block(): HALTED -> RUNNABLE, and the artificial halt ends. */
static void on_unblocked(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_UNHALT, .ctx = world_ctx(m, v)};

    if (apf_host_has_done(&c->h)) {
        RULE(m, DONE_EVENT);
    } else if (c->h.halted) {
        RULE(m, HALT_END);
    }
    c->mp_halted = false;
    world_host(m, v, &in);
    SAY(m, HOST, v, "has an event: runnable again");
}

static void pass(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_REQ_HALT};

    /* Before 5.8 each turn of vcpu_run() ended so; here it is the beginning of the next. */
    if (m->old && !drain(m, v, false)) {
        return;
    }
    in.ctx = world_ctx(m, v);
    if (!is_runnable(c)) {
        if (!has_events(c)) {
            on_blocked(m, v);
            return;
        }
        on_unblocked(m, v);
    }
    if (c->h.requests & APF_REQ_HALT) {
        RULE(m, REQ_HALT);
        SAY(m, HOST, v, "request APF_HALT: artificial halt");
        world_host(m, v, &in);
        return; /* the pass is aborted; the loop head sees `halted` */
    }
    note_waiting(m, c);
    if (c->h.requests & APF_REQ_READY) {
        RULE(m, REQ_READY);
        SAY(m, HOST, v, "request APF_READY%s", c->area.token ? ": the slot is busy" : "");
        if (!drain(m, v, true)) {
            return;
        }
    }
    enter(m, v);
}

/* The worker has returned: the loop of K-17 goes on, or the MSR exit ends. */
static void go_on(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    uint8_t from = c->pc;

    c->pc = T_LOOP;
    if (from == T_DRAIN) {
        drain(m, v, false);
    }
    if (c->pc == T_LOOP) {
        world_held(m, v);
    }
}

/* kvm_arch_async_page_not_present(), behind the work that is scheduled already (BUG-32) */
static void hook(struct check_machine *m, unsigned v)
{
    struct world_vcpu *c = &m->w.v[v];
    struct apf_host_in in = {.kind = APF_IN_NOT_PRESENT, .ctx = world_ctx(m, v)};
    unsigned page = (unsigned)c->h.item[c->h.hook_item].gfn;

    world_host(m, v, &in);
    vcpu_exit(m, v);
    world_verdict(m, v, page);
}

void vcpu_moves(struct check_machine *m, const struct world *w, unsigned v, struct move_list *l)
{
    const struct world_vcpu *c = &w->v[v];

    if (c->pc == T_LOOP) {
        move_add(l, M_PASS, v, 0);
    } else if ((c->pc == T_DRAIN || c->pc == T_CLEAR) && !world_must_wait(c)) {
        move_add(l, M_GO_ON, v, 0);
    } else if (c->pc == T_HOOK) {
        move_add(l, M_HOOK, v, 0);
    } else if (c->pc == T_GUEST && (c->h.requests || (m->old && apf_host_has_done(&c->h)))) {
        move_add(l, M_EXIT, v, 0); /* else an exit changes nothing */
    }
}

void vcpu_move(struct check_machine *m, enum move_kind kind, unsigned v)
{
    if (kind == M_PASS) {
        pass(m, v);
    } else if (kind == M_GO_ON) {
        go_on(m, v);
    } else if (kind == M_HOOK) {
        hook(m, v);
    } else {
        SAY(m, HOST, v, "exit for another reason");
        vcpu_exit(m, v);
    }
}
