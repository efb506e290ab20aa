/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_bugs.h - history as switches: 34 old bugs that can be put back, 15 weaknesses and remedies
 *
 * Knows:    apf.h.
 * Promise:  a set of switches is one word; 0 is the kernel as its row in apf_version.c says. A
 *           switch changes one condition where the rule stands, in whatever kernel was chosen; bugs
 *           that a row has anyway need no switch there.
 * Limits:   not every bug lives in the state that is modelled here: `place` and `note` say so.
 *
 * A hole is a weakness of today's kernels that nobody has fixed: it is there by default, and its
 * switch is the remedy.
 */
#pragma once

#include "apf.h"

/* The value is the number of the bug, so that the list in docs/bugs.md reads the same. */
enum apf_bug {
    APF_BUG_1 = 1,
    APF_BUG_2,
    APF_BUG_3,
    APF_BUG_4,
    APF_BUG_5,
    APF_BUG_6,
    APF_BUG_7,
    APF_BUG_8,
    APF_BUG_9,
    APF_BUG_10,
    APF_BUG_11,
    APF_BUG_12,
    APF_BUG_13,
    APF_BUG_14,
    APF_BUG_15,
    APF_BUG_16,
    APF_BUG_17,
    APF_BUG_18,
    APF_BUG_19,
    APF_BUG_20,
    APF_BUG_21,
    APF_BUG_22,
    APF_BUG_23,
    APF_BUG_24,
    APF_BUG_25,
    APF_BUG_26,
    APF_BUG_27,
    APF_BUG_28,
    APF_BUG_29,
    APF_BUG_30,
    APF_BUG_31,
    APF_BUG_32,
    APF_BUG_33,
    APF_BUG_34,
    APF_BUGS
};

/* Remedies of holes; the value is the number of the hole. */
enum apf_fix {
    APF_FIX_1 = 1,
    APF_FIX_2,
    APF_FIX_3,
    APF_FIX_4,
    APF_FIX_5,
    APF_FIX_6,
    APF_FIX_7,
    APF_FIX_8,
    APF_FIX_9,
    APF_FIX_10,
    APF_FIX_11,
    APF_FIX_12,
    APF_FIX_13,
    APF_FIX_14,
    APF_FIX_15,
    APF_FIX_16,
    APF_FIXES
};

static inline uint64_t apf_bug_bit(enum apf_bug bug)
{
    return UINT64_C(1) << bug;
}
static inline bool apf_bug_on(uint64_t bugs, enum apf_bug bug)
{
    return bugs >> bug & 1;
}
static inline uint64_t apf_fix_bit(enum apf_fix fix)
{
    return UINT64_C(1) << fix;
}
static inline bool apf_fix_on(uint64_t fixes, enum apf_fix fix)
{
    return fixes >> fix & 1;
}

/* Who has to know the switch. A set goes into the `bugs` (or `fixes`) of both halves alike. */
enum apf_place {
    APF_PLACE_HOST,        /* the host half acts on it */
    APF_PLACE_GUEST,       /* the guest half acts on it */
    APF_PLACE_ENVIRONMENT, /* whoever drives the halves acts on it: note says how */
    APF_PLACE_NONE,        /* not in the modelled state: note says why */
};

struct apf_bug_info {
    const char *id;   /* "BUG-23" or "HOLE-1" */
    const char *text; /* what goes wrong, one line */
    const char *fix;  /* a bug: commit and version; a hole: the remedy, or NULL */
    enum apf_place place;
    /* The kernel row on which the switch shows: "4.14", "5.8"; NULL = any from 5.8 on. */
    const char *kernel;
    const char *invariant; /* what breaks: "INV-7", or "INV-29 stuck": seen only as a stuck end */
    const char *note;      /* what it takes to show it, or why it cannot be shown; or NULL */
};

/* Rows 1 .. APF_BUGS - 1 and 1 .. APF_FIXES - 1; row 0 is empty. */
extern const struct apf_bug_info apf_bug_table[APF_BUGS];
extern const struct apf_bug_info apf_fix_table[APF_FIXES];

/* "BUG-23" / "HOLE-1", in either case. False: no such row, *ret is untouched. */
bool apf_bug_parse(const char *id, enum apf_bug *ret_bug);
bool apf_fix_parse(const char *id, enum apf_fix *ret_fix);
