/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_diff_origin.h - in what two results differ before their figures do
 */
#pragma once

#include <glib.h>

/* a, b: directories. Lines with both commands, when they differ, and of two runs each parameter
 * that has another value. Nothing when that is not written down there. */
void cli_diff_origin(GString *out, const char *a, const char *b);
