/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_words.c - the stable names and the sentences of enum apf_why
 *
 * The names are keys of the JSON report: they are never renamed. The sentences may improve.
 */
#include "apf_host_state.h"

const char *const apf_why_name[APF_WHY_COUNT] = {
    [APF_WHY_NONE] = "none",
    [APF_WHY_MODE_OFF] = "mode_off",
    [APF_WHY_NO_LAPIC] = "no_lapic",
    [APF_WHY_REINJECT] = "reinject",
    [APF_WHY_EXCEPTION] = "exception",
    [APF_WHY_HLT_IN_GUEST] = "hlt_in_guest",
    [APF_WHY_IRQ_OFF] = "irq_off",
    [APF_WHY_PV_OFF] = "pv_off",
    [APF_WHY_CPL0] = "cpl0",
    [APF_WHY_PROTECTED] = "protected",
    [APF_WHY_L2] = "l2",
    [APF_WHY_PAGING_OFF] = "paging_off",
    [APF_WHY_AREA] = "area",
    [APF_WHY_QUEUE_FULL] = "queue_full",
    [APF_WHY_HVA] = "hva",
    [APF_WHY_NO_MEMORY] = "no_memory",
    [APF_WHY_REPEATED] = "repeated",
    [APF_WHY_PREFAULT] = "prefault",
    [APF_WHY_INLINE_SWAP] = "inline_swap",
    [APF_WHY_INLINE_ZRAM] = "inline_zram",
    [APF_WHY_INLINE_RANDOM] = "inline_random",
    [APF_WHY_INLINE_MISSES] = "inline_misses",
    [APF_WHY_INLINE_OTHER] = "inline_other",
    [APF_WHY_INLINE_ZSWAP] = "inline_zswap",
    [APF_WHY_INLINE_HUGETLB] = "inline_hugetlb",
    [APF_WHY_INLINE_PRIVATE] = "inline_private",
    [APF_WHY_OUTSTANDING] = "outstanding",
    [APF_WHY_IRQ_PENDING] = "irq_pending",
};

#define APF_WHY_TEXT(name, text) [APF_WHY_##name] = text,
const char *const apf_why_text[APF_WHY_COUNT] = {APF_WHYS(APF_WHY_TEXT)};
