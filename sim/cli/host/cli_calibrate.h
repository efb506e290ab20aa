/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_calibrate.h - what `sim calibrate` and `sim validate` share
 */
#pragma once

#include "cal_measure.h"
#include "cli.h"

/* Says it; the exit status. */
int cli_calibrate_fail(const struct cal_error *error);
/* --backing. text may be NULL. False: said. */
bool cli_calibrate_backing(const char *text, struct cal_order *order, int *ret_status);
void cli_calibrate_progress(struct cal_order *order, bool quiet);
