/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_protocol.c - what other protocols do otherwise than x86, as data
 *
 * x86            Linux since 5.8; the kernel rows of apf_version.c belong to it.
 * async-pf-user  not merged. RFC of November 2024 by N. Kalyazin ("KVM: x86: async PF user"), on
 *                top of KVM userfault. The RFC has a second queue for these; here, as its reviewer
 *                asked, there is one, and the item carries a mark.
 * arm64-sdei     not merged. Series of 2020 to 2022 by G. Shan ("Support Asynchronous Page Fault");
 *                here as its fourth version has it.
 * s390           in Linux: arch/s390/kvm/kvm-s390.c (kvm_arch_setup_async_pf(),
 *                CONFIG_KVM_ASYNC_PF_SYNC), arch/s390/mm/pfault.c.
 *
 * Only what concerns the two kinds of event is another architecture's; exits, interrupts and the
 * list of work items are those of the rest of apf/.
 */
#include "apf.h"

#include <string.h>

/* Each protocol's own invariants are in apf_host_other.c: they take the place of `without`. */
const struct apf_protocol_rules apf_protocol_rules[APF_PROTOCOLS] = {
    [APF_X86] = {.name = "x86",
                 .what = "x86 KVM, as in Linux",
                 .merged = true,
                 .halts = true,
                 .gfn_hash = true,
                 .token_nonzero = true,
                 .uses_area = true,
                 .wakes_all = true,
                 .prefaults = true,
                 .without = ""},
    [APF_ASYNC_PF_USER] = {.name = "async-pf-user",
                           .what = "x86 with exits to user space that do not stop the vCPU; a "
                                   "proposal (RFC of 2024), not in Linux",
                           .user_exits = true,
                           .halts = true,
                           .gfn_hash = true,
                           .token_nonzero = true,
                           .uses_area = true,
                           .wakes_all = true,
                           .prefaults = true,
                           .without = ""},
    [APF_ARM64_SDEI] = {.name = "arm64-sdei",
                        .what = "not-present as an SDEI event, ready as a PPI, one outstanding; a "
                                "proposal for arm64 (2020 to 2022), not in Linux",
                        .gfn_hash = true,
                        .shared_pair = true,
                        .cancels = true,
                        .keeps_request = true,
                        .uses_area = true,
                        .wakes_all = true,
                        .prefaults = true,
                        .user_only = "access from kernel mode: the series tells user mode alone",
                        .without = "INV-1: INV-7: INV-8: INV-13: INV-14: INV-25: INV-37: "},
    [APF_S390] = {.name = "s390",
                  .what = "pfault of s390, in Linux there: both events are external interrupts, "
                          "the worker sends the second, to any CPU",
                  .merged = true,
                  .guest_token = true,
                  .worker_tells = true,
                  .off_keeps = true,
                  .user_only = "access from kernel mode: pfault's masks ask for user mode alone",
                  .without = "INV-1: INV-2: INV-3: INV-12: INV-13: INV-14: INV-28: INV-37: "
                             "INV-38: "},
};

bool apf_protocol_parse(const char *name, enum apf_protocol *ret)
{
    for (unsigned p = 0; p < APF_PROTOCOLS; p++) {
        if (!strcmp(name, apf_protocol_rules[p].name)) {
            *ret = (enum apf_protocol)p;
            return true;
        }
    }
    return false;
}

bool apf_protocol_asks(enum apf_protocol protocol, const char *text)
{
    const char *without = protocol < APF_PROTOCOLS ? apf_protocol_rules[protocol].without : "";
    size_t length = strcspn(text, " ") + 1;

    for (const char *at = without; *at; at += strcspn(at, " ") + 1) {
        if (!strncmp(at, text, length)) {
            return false;
        }
    }
    return true;
}
