/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floating.c - see floating.h
 */
#include "floating.h"

#include <stdlib.h>

#include "sim_assert.h"
#include "thread.h"

bool floating_create(struct vm *vm, uint32_t room)
{
    vm->floating.size = room;
    vm->floating.token = calloc(room, sizeof *vm->floating.token);
    return vm->floating.token;
}

void floating_destroy(struct vm *vm)
{
    free(vm->floating.token);
}

/* NULL: every vCPU has stopped for good. */
static struct vcpu *choose(struct vm *vm)
{
    struct vcpu *vcpu = vm->w->vcpu + vm->first;
    struct floating *f = &vm->floating;

    for (uint32_t i = 0; i < vm->vcpus; i++)
        if (vcpu[i].state == VCPU_HLT)
            return &vcpu[i];
    for (uint32_t n = 0; n < vm->vcpus; n++) {
        struct vcpu *v = &vcpu[f->next_cpu];

        f->next_cpu = (f->next_cpu + 1) % vm->vcpus;
        if (v->state != VCPU_STOPPED)
            return v;
    }
    return NULL;
}

void floating_post(struct vm *vm, uint32_t token)
{
    struct floating *f = &vm->floating;
    struct vcpu *v = choose(vm);

    SIM_ASSERT(f->count < f->size);
    f->token[(f->first + f->count++) % f->size] = token;
    if (!v)
        return;
    v->float_due = true; /* IF = 0: on_guest() sees it when the window opens */
    if (v->state != VCPU_GUEST)
        vcpu_wake(v);
    else if (v->if_flag)
        vcpu_interrupt_guest(v, LEDGER_EXIT, vm->w->p->cost.exit);
}

bool floating_take(struct vcpu *v, uint32_t *ret_token)
{
    struct floating *f = &v->vm->floating;

    v->float_due = false;
    if (!f->count)
        return false;
    *ret_token = f->token[f->first];
    f->first = (f->first + 1) % f->size;
    f->count--;
    return true;
}
