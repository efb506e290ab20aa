/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_explain.h - the kernel's list of decisions about a fault, with how many accesses left it
 * where
 *
 * Knows:    rep_summary.h, GLib.
 */
#pragma once

#include <glib.h>

#include "rep_summary.h"

/* The tree of all modes, and what the user could change at each leaf that has a count. */
void rep_explain(GString *out, const struct rep_summary *s);
/* What can be done about the reason of that key (rep_setting's why_key), or NULL. */
const char *rep_explain_change(const char *why_key);
