/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host_old.c - ready by #PF: what KVM did before 5.8 (kernel row "4.14")
 *
 * Both events were #PF with the token in CR2; one word, `reason`, said which of the two. There was
 * no slot and no acknowledge. Faults, items, workers and the queue are those of apf_host.c; only
 * the way out of `done` is here.
 *
 * Sources:  kvm_arch_can_inject_async_page_present(), kvm_arch_async_page_present() of 5.7.
 * Limits:   EN without an in-kernel LAPIC is refused as it is since 5.8.
 */
#include "apf_host_list.h"

void apf_host_old_ready(const struct apf_host *h, struct apf_area *area,
                        const struct apf_host_in *in, const struct apf_item *item,
                        struct apf_host_out *out)
{
    struct apf_action *a = apf_do(out, APF_DO_QUEUE_PF);

    area->flags = APF_REASON_READY;
    a->token = item->token;
    a->value = APF_REASON_READY;
    a->vmexit = in->ctx.guest_mode && h->as_pf_vmexit;
    a->gva = item->gva;
    a->gfn = item->gfn;
}
