/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * variant.h - lets several builds of apf/ with other limits live in one program
 *
 * Included by the compiler's -include in front of every file of a build of the checker, together
 * with -DCHECK_VARIANT=name: each public name of apf/ gets it as a suffix. A name that is missing
 * here shows as a multiple definition when the program is linked.
 */
#pragma once

#define CHECK_PASTE_(a, b) a##_##b
#define CHECK_PASTE(a, b)  CHECK_PASTE_(a, b)
#define CHECK_NAME(name)   CHECK_PASTE(name, CHECK_VARIANT)

#define apf_bug_parse         CHECK_NAME(apf_bug_parse)
#define apf_bug_table         CHECK_NAME(apf_bug_table)
#define apf_fix_parse         CHECK_NAME(apf_fix_parse)
#define apf_fix_table         CHECK_NAME(apf_fix_table)
#define apf_guest_broken      CHECK_NAME(apf_guest_broken)
#define apf_guest_init        CHECK_NAME(apf_guest_init)
#define apf_guest_old_flags   CHECK_NAME(apf_guest_old_flags)
#define apf_guest_old_halts   CHECK_NAME(apf_guest_old_halts)
#define apf_guest_old_pf      CHECK_NAME(apf_guest_old_pf)
#define apf_guest_rules       CHECK_NAME(apf_guest_rules)
#define apf_guest_sleeping_on CHECK_NAME(apf_guest_sleeping_on)
#define apf_guest_step        CHECK_NAME(apf_guest_step)
#define apf_guest_step_broken CHECK_NAME(apf_guest_step_broken)
#define apf_guest_wake        CHECK_NAME(apf_guest_wake)
#define apf_host_broken       CHECK_NAME(apf_host_broken)
#define apf_host_can_deliver  CHECK_NAME(apf_host_can_deliver)
#define apf_host_can_dequeue  CHECK_NAME(apf_host_can_dequeue)
#define apf_host_can_do       CHECK_NAME(apf_host_can_do)
#define apf_host_clear        CHECK_NAME(apf_host_clear)
#define apf_host_destroy      CHECK_NAME(apf_host_destroy)
#define apf_host_in_flight    CHECK_NAME(apf_host_in_flight)
#define apf_host_init         CHECK_NAME(apf_host_init)
#define apf_host_invariant    CHECK_NAME(apf_host_invariant)
#define apf_host_known_bug    CHECK_NAME(apf_host_known_bug)
#define apf_host_last_put     CHECK_NAME(apf_host_last_put)
#define apf_host_may_present  CHECK_NAME(apf_host_may_present)
#define apf_host_old_ready    CHECK_NAME(apf_host_old_ready)
#define apf_host_paging       CHECK_NAME(apf_host_paging)
#define apf_host_pv_enabled   CHECK_NAME(apf_host_pv_enabled)
#define apf_host_rdmsr        CHECK_NAME(apf_host_rdmsr)
#define apf_host_real_items   CHECK_NAME(apf_host_real_items)
#define apf_host_reset        CHECK_NAME(apf_host_reset)
#define apf_host_rules        CHECK_NAME(apf_host_rules)
#define apf_host_step         CHECK_NAME(apf_host_step)
#define apf_host_step_broken  CHECK_NAME(apf_host_step_broken)
#define apf_host_wrmsr        CHECK_NAME(apf_host_wrmsr)
#define apf_kernel_name       CHECK_NAME(apf_kernel_name)
#define apf_kernel_parse      CHECK_NAME(apf_kernel_parse)
#define apf_why_name          CHECK_NAME(apf_why_name)
#define apf_why_text          CHECK_NAME(apf_why_text)
#define apf_guest_add_dummy   CHECK_NAME(apf_guest_add_dummy)
#define apf_guest_no_node     CHECK_NAME(apf_guest_no_node)
#define apf_guest_wake_all    CHECK_NAME(apf_guest_wake_all)
#define apf_slot_broken       CHECK_NAME(apf_slot_broken)
#define apf_node_add          CHECK_NAME(apf_node_add)
#define apf_node_link         CHECK_NAME(apf_node_link)
#define apf_node_take         CHECK_NAME(apf_node_take)
#define apf_node_wake         CHECK_NAME(apf_node_wake)
