/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_scopes.c - named scopes: what is explored, and what must come out
 */
#include "check.h"

#define B(budget, n) [CHECK_##budget] = (n)

static const struct check_scope scopes[] = {
    {.name = "first",
     .question = "1 vCPU, 2 tasks, 1 fault each",
     .params = {.vcpus = 1, .tasks = 2, .faults = 1, .flags = CHECK_FULL_STEPS}},
    {.name = "hotplug",
     .question = "1 vCPU, 2 tasks, offline and online (HOLE-1)",
     .params = {.vcpus = 1, .tasks = 2, .faults = 1, .budget = {B(HOTPLUG, 1)}},
     .broken = "INV-8",
     .stuck = true},
};

const struct check_scope *check_scope(unsigned i)
{
    return i < sizeof scopes / sizeof *scopes ? &scopes[i] : NULL;
}
