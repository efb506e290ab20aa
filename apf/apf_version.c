/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_version.c - what changed between kernels, as data
 *
 * Row 4.14 stands for 2.6.38 to 5.7, with the fixes that came until then: the protocol whose two
 * events were both #PF. Rows 5.8 to 5.17 are the mainline releases of that number; 6.1 and 6.12 are
 * the long-term trees as distributions ship them (6.1.192, 6.12.117), so they hold later fixes; tip
 * is 7.x. The stable trees of old releases got some of the fixes, too (5.10.102
 * token_nonzero, 5.10.119 dequeue_tests_lapic): choose the newest row whose rules your kernel has.
 */
#include "apf.h"

#include <string.h>

/*
 * token_nonzero        6f3c1fc53d86, 5.17
 * ack_gated_by_int     0a31df682323, 5.14
 * dequeue_tests_lapic  2f15d027c05f, 5.13
 * deliver_tests_paging 57cb3bb0dc89, 5.18
 * deliver_tests_protected b9595d1ddef8, 6.15; neither in 6.12.117 nor in 6.1.192
 * pg_keeps_queue       ab4e41eb9fab, 6.19 and 6.12.64; in 6.1.192
 * en_checks_area_first 923ca078f08c, 7.x
 * ack_has_barrier      68c35f89d016, 6.19
 * flush_on_free        3d75b8aa5c29, 6.9; in 6.1.192
 * ready_by_pf          until 2635b5c4a0e4, 5.8
 * hook_first           7863e346e108, 5.8
 * ready_announced      2a18b7e7cd88, 5.8
 */
const struct apf_host_rules apf_host_rules[APF_KERNEL_ROWS] = {
    [APF_KERNEL_4_14] = {.name = "4.14", .ready_by_pf = true, .swap_window1_is_sync = true},
    [APF_KERNEL_5_8] = {.name = "5.8",
                        .hook_first = true,
                        .ready_announced = true,
                        .swap_window1_is_sync = true},
    [APF_KERNEL_5_10] = {.name = "5.10",
                         .hook_first = true,
                         .ready_announced = true,
                         .swap_window1_is_sync = true},
    [APF_KERNEL_5_13] = {.name = "5.13",
                         .hook_first = true,
                         .ready_announced = true,
                         .dequeue_tests_lapic = true,
                         .swap_window1_is_sync = true},
    [APF_KERNEL_5_17] = {.name = "5.17",
                         .hook_first = true,
                         .ready_announced = true,
                         .token_nonzero = true,
                         .ack_gated_by_int = true,
                         .dequeue_tests_lapic = true,
                         .swap_window1_is_sync = true},
    [APF_KERNEL_6_1] = {.name = "6.1",
                        .hook_first = true,
                        .ready_announced = true,
                        .token_nonzero = true,
                        .ack_gated_by_int = true,
                        .dequeue_tests_lapic = true,
                        .deliver_tests_paging = true,
                        .pg_keeps_queue = true,
                        .flush_on_free = true,
                        .swap_window1_is_sync = true},
    [APF_KERNEL_6_12] = {.name = "6.12",
                         .hook_first = true,
                         .ready_announced = true,
                         .token_nonzero = true,
                         .ack_gated_by_int = true,
                         .dequeue_tests_lapic = true,
                         .deliver_tests_paging = true,
                         .pg_keeps_queue = true,
                         .flush_on_free = true},
    [APF_KERNEL_TIP] = {.name = "tip",
                        .hook_first = true,
                        .ready_announced = true,
                        .token_nonzero = true,
                        .ack_gated_by_int = true,
                        .dequeue_tests_lapic = true,
                        .deliver_tests_paging = true,
                        .deliver_tests_protected = true,
                        .pg_keeps_queue = true,
                        .en_checks_area_first = true,
                        .ack_has_barrier = true,
                        .flush_on_free = true},
};

/*
 * uses_int             b1d405751cd5, 5.9
 * nmi_peeks_flags      6.12.115
 * dummy_alloc_unlocked 0547758a6de3, 5.19
 */
const struct apf_guest_rules apf_guest_rules[APF_KERNEL_ROWS] = {
    [APF_KERNEL_4_14] = {.name = "4.14", .ready_by_pf = true},
    [APF_KERNEL_5_8] = {.name = "5.8"},
    [APF_KERNEL_5_10] = {.name = "5.10", .uses_int = true},
    [APF_KERNEL_5_13] = {.name = "5.13", .uses_int = true},
    [APF_KERNEL_5_17] = {.name = "5.17", .uses_int = true},
    [APF_KERNEL_6_1] = {.name = "6.1", .uses_int = true, .dummy_alloc_unlocked = true},
    [APF_KERNEL_6_12] = {.name = "6.12",
                         .uses_int = true,
                         .nmi_peeks_flags = true,
                         .dummy_alloc_unlocked = true},
    [APF_KERNEL_TIP] = {.name = "tip",
                        .uses_int = true,
                        .nmi_peeks_flags = true,
                        .dummy_alloc_unlocked = true},
};

bool apf_kernel_parse(const char *name, enum apf_kernel *ret_kernel)
{
    for (unsigned k = 0; k < APF_KERNEL_ROWS; k++) {
        if (!strcmp(name, apf_host_rules[k].name)) {
            *ret_kernel = (enum apf_kernel)k;
            return true;
        }
    }
    return false;
}

const char *apf_kernel_name(enum apf_kernel kernel)
{
    return kernel < APF_KERNEL_ROWS ? apf_host_rules[kernel].name : NULL;
}

static const struct {
    const char *inv; /* how the finding begins; the colon tells INV-1 from INV-10 */
    const char *label;
    enum apf_kernel until; /* the last row that has it */
} known_bugs[] = {
    {"INV-1:", "BUG-23", APF_KERNEL_5_13},
    {"INV-18:", "BUG-25", APF_KERNEL_5_17},
    {"INV-20:", "BUG-27", APF_KERNEL_6_12},
    {"INV-2:", "HOLE-9", APF_KERNEL_TIP},
    {"INV-13: paging", "BUG-24", APF_KERNEL_5_17},
    {"INV-24: the ACK MSR", "BUG-22", APF_KERNEL_5_13},
    {"INV-6:", "BUG-16", APF_KERNEL_4_14},
    {"INV-15:", "BUG-32", APF_KERNEL_4_14},
};

/* 4.14 stands behind the others in the list of rows, and before them in time. */
static int age(enum apf_kernel kernel)
{
    return kernel == APF_KERNEL_4_14 ? -1 : (int)kernel;
}

const char *apf_host_known_bug(enum apf_kernel kernel, const char *broken)
{
    for (size_t i = 0; broken && i < sizeof known_bugs / sizeof known_bugs[0]; i++) {
        size_t length = strlen(known_bugs[i].inv);
        if (!strncmp(broken, known_bugs[i].inv, length) &&
            age(kernel) <= age(known_bugs[i].until)) {
            return known_bugs[i].label;
        }
    }
    return NULL;
}
