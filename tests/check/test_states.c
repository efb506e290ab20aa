/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_states.c - what the checker says of states made by hand, which no search comes to
 */
#include <criterion/criterion.h>

#include "check_world.h"

/* A guest that runs task 0; item 0 is on `done`, and its worker has returned. */
static struct check_machine *completed(unsigned flags)
{
    static struct check_machine m;

    m = (struct check_machine){.p = {.host = APF_KERNEL_6_12,
                                     .guest = APF_KERNEL_6_12,
                                     .vcpus = 1,
                                     .tasks = 1,
                                     .faults = 1,
                                     .flags = flags}};
    cr_assert(world_init(&m));
    struct world_vcpu *c = &m.w.v[0];
    c->task = 0;
    c->h.item[0] = (struct apf_item){.state = APF_ITEM_DONE,
                                     .token = 0x1000,
                                     .next = APF_NO_ITEM,
                                     .qnext = APF_NO_ITEM,
                                     .notpresent_injected = true,
                                     .worker_returned = true};
    c->h.done_head = c->h.done_tail = 0;
    m.host_touched[0] = false; /* apf's own walks would ask for the queue as well */
    return &m;
}

Test(states, a_blocked_vcpu_with_completions_needs_a_worker_that_will_wake_it)
{
    struct check_machine *m = completed(0);
    struct world_vcpu *c = &m->w.v[0];

    cr_expect_null(world_broken(m), "it runs");
    c->pc = T_BLOCKED;
    cr_expect_str_eq(world_broken(m), "INV-22: a vCPU with completions is not blocked for good");
    c->h.item[0].worker_returned = false; /* its last wake is still to come */
    cr_expect_null(world_broken(m));
    c->h.item[0].worker_returned = true;
    c->h.item[1].state = APF_ITEM_RUNNING; /* this one's may be far away */
    cr_expect_str_eq(world_broken(m), "INV-22: a vCPU with completions is not blocked for good");
}

Test(states, an_interrupt_that_can_be_taken_is_an_exit_for_the_item_that_waits)
{
    struct check_machine *m = completed(0);
    struct world_vcpu *c = &m->w.v[0];

    cr_expect(world_unkicked(m, &m->w));
    c->irr = true;
    cr_expect_not(world_unkicked(m, &m->w));
    c->isr = true; /* the one in service holds it back */
    cr_expect(world_unkicked(m, &m->w));
    c->irr = c->isr = false;
    c->timer = true;
    cr_expect_not(world_unkicked(m, &m->w));
}

Test(states, a_kick_that_is_due_is_one_too)
{
    struct check_machine *m = completed(0);
    struct world_vcpu *c = &m->w.v[0];

    c->work[0] = WORK_KICK;
    cr_expect_not(world_unkicked(m, &m->w));
    c->work[0] = 0;
    c->area.token = 0x2000; /* the ACK for this one will come */
    cr_expect_not(world_unkicked(m, &m->w));
    c->area.token = 0;
    c->task = CHECK_NO_TASK;
    cr_expect_not(world_unkicked(m, &m->w), "the idle loop halts, which is an exit");
}

Test(states, init_leaves_no_interrupt_pending_or_in_service)
{
    struct check_machine *m = completed(CHECK_INIT);
    struct world_vcpu *c = &m->w.v[0];

    c->gpc = G_OFFLINE;
    c->irr = c->isr = c->timer = true;
    world_move(m, move_make(M_SCRIPT, 0, 0));
    cr_expect_not(c->irr);
    cr_expect_not(c->isr);
    cr_expect_not(c->timer);
    cr_expect_eq(c->gpc, G_ON_INT);
}
