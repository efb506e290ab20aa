/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_fault.c - how a fault ended: synchronous, told, halted, an error; and what it must not do
 *
 * Sources: kvm_faultin_pfn(), kvm_handle_error_pfn().
 */
#include "check_world.h"

/* kvm_handle_error_pfn(): the try that may wait sees the error. */
static void error_exit(struct check_machine *m, unsigned v)
{
    RULE(m, ERROR);
    SAY(m, HOST, v, "synchronous: %s; the page cannot come: -EFAULT to the VMM, which ends the VM",
        apf_why_text[m->out.why]);
    world_destroy(m);
}

/* A finished item that only the slot keeps on `done`. */
static bool waits_behind_the_slot(const struct world_vcpu *c, uint64_t gfn)
{
    for (unsigned i = c->h.done_head; i != APF_NO_ITEM; i = c->h.item[i].next) {
        if (!c->h.item[i].wakeup_all && c->h.item[i].gfn == gfn) {
            return apf_host_pv_enabled(&c->h) && c->lapic && c->area.token;
        }
    }
    return false;
}

/* What a fault must not end in. */
static void judge_fault(struct check_machine *m, unsigned v, unsigned page)
{
    enum apf_verdict verdict = m->out.verdict;
    bool fetches = verdict == APF_VERDICT_DELIVERED || verdict == APF_VERDICT_HALT;

    if (fetches && m->w.page[page] == PAGE_FAILED) {
        BROKEN(m, "INV-33: a page that cannot come leads to an error, not to another fetch");
    }
    if (verdict == APF_VERDICT_REPEATED && waits_behind_the_slot(&m->w.v[v], page)) {
        BROKEN(m, "INV-35: an item behind a busy slot does not keep its page from being used");
    }
}

void world_verdict(struct check_machine *m, unsigned v, unsigned page)
{
    switch (m->out.verdict) {
    case APF_VERDICT_SYNC:
        if (m->out.why == APF_WHY_QUEUE_FULL) {
            RULE(m, LIMIT);
        } else {
            RULE(m, SYNC);
        }
        if (m->w.page[page] >= PAGE_GONE) {
            error_exit(m, v);
            break;
        }
        RULE(m, MAP);
        SAY(m, HOST, v, "synchronous: %s; the page comes", apf_why_text[m->out.why]);
        m->w.page[page] = PAGE_PRESENT;
        break;
    case APF_VERDICT_DELIVERED:
        RULE(m, SETUP);
        RULE(m, NOT_PRESENT);
        break;
    case APF_VERDICT_HALT:
        RULE(m, SETUP);
        RULE(m, HALT);
        if (m->p.flags & CHECK_OWN_HLT) {
            BROKEN(m, "INV-25: no artificial halt of a vCPU whose HLT the host does not see");
        }
        SAY(m, HOST, v, "%s; APF_HALT requested", apf_why_text[m->out.why]);
        break;
    case APF_VERDICT_REPEATED:
        RULE(m, REPEATED);
        SAY(m, HOST, v, "APF_HALT requested");
        break;
    case APF_VERDICT_NONE:
        break;
    }
    judge_fault(m, v, page);
}
