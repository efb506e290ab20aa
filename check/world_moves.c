/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_moves.c - which moves a state has, and who makes them
 */
#include "check_world.h"

#include <string.h>

unsigned world_moves(struct check_machine *m, const struct world *w, uint32_t *ret_moves)
{
    struct move_list l = {.move = ret_moves};

    for (unsigned v = 0; v < m->p.vcpus; v++) {
        vcpu_moves(m, w, v, &l);
        worker_moves(m, w, v, &l);
        if (w->v[v].pc == T_GUEST) {
            guest_moves(m, w, v, &l);
        }
        vmm_moves(m, w, v, &l);
    }
    return l.count;
}

void world_move(struct check_machine *m, uint32_t move)
{
    enum move_kind kind = move_kind(move);
    unsigned v = move_vcpu(move), arg = move_arg(move);

    m->broken = NULL;
    m->fatal = false;
    m->guest_touched = false;
    memset(m->host_touched, 0, sizeof m->host_touched);
    if (kind == M_HALT_WAIT || kind == M_PF_NESTED || (m->old && kind == M_PF)) {
        old_move(m, kind, v);
    } else if (kind <= M_EXIT) {
        vcpu_move(m, kind, v);
    } else if (kind <= M_WORK_RETURN) {
        worker_move(m, kind, v, arg);
    } else if (kind <= M_NMI || kind == M_FIXUP || kind == M_LAUNCH || kind == M_KERNEL_PF) {
        guest_move(m, kind, v, arg);
    } else {
        vmm_move(m, kind, v, arg);
    }
    if (!m->broken) {
        m->broken = world_broken(m);
    }
}
