/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_setting.h - a loaded workload as the report wants it
 *
 * Knows:    config, apf's words, report.
 */
#pragma once

#include "config.h"
#include "rep_result.h"

/* Lends strings of `cfg`, which must outlive it. digest is left to the caller. Never NULL. */
struct rep_setting *cli_setting_create(const struct cfg *cfg);
void cli_setting_free(struct rep_setting *set); /* takes NULL */
