/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apf_guest_priv.h - inside apf/: what one guest step changed, for its O(1) invariants */
#pragma once

#include "apf_guest.h"

struct apf_guest_change {
    struct apf_area area_before;
    bool was_there; /* WAIT: a sleeper held this token already */
    const struct apf_guest *g;
    const struct apf_area *area;
    const struct apf_guest_in *in;
    const struct apf_guest_out *out;
};
const char *apf_guest_step_broken(const struct apf_guest_change *c);
