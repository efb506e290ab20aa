/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_invariants.h - what the cases of all invariants share
 *
 * A state, or what one step changed, that is sound; a case corrupts one thing of it by hand, and
 * the invariant of that case must be what is found. An invariant may have several cases, one for
 * each of its conditions. A row of the lists without a case is a failure.
 */
#pragma once

#include "apf_guest.h"
#include "apf_guest_priv.h"
#include "apf_host.h"
#include "apf_host_list.h"

#include <criterion/criterion.h>
#include <string.h>

#define CPUID_ALL (APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT | APF_CPUID_ASYNC_PF_VMEXIT)
#define TOKEN     0x5001u /* of vCPU 1 */
#define GFN       99u

struct test_case {
    void (*corrupt)(void);
    const char *text;
};

#define CASES(list) (sizeof(list) / sizeof(list)[0])
#define AREA        "INV-20: APF enabled means that the area is set up"

static inline void expect_text(const char *got, const struct test_case *c, size_t i)
{
    cr_expect(got && !strcmp(got, c->text), "case %zu, %s: %s", i, c->text, got ? got : "nothing");
}

static inline bool has_case(const struct test_case *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(list[i].text, text)) {
            return true;
        }
    }
    return false;
}

/* test_apf_inv_state.c: has the text a case among those of states? */
bool host_states_have(const char *text);
