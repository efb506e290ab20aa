/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_verdict.h - what the figures mean, in sentences
 *
 * Knows:    rep_summary. Each rule is a row: a condition on the figures, and a sentence that names
 *           the figures it rests on and what the user could change.
 * Promise:  several rules may hold; the order is the table's. At least one sentence, always.
 */
#pragma once

#include "rep_summary.h"

void rep_verdict_fill(struct rep_summary *s);
/* Identifier of a rule, or NULL past the last: stable, for tests and documents. */
const char *rep_verdict_rule(unsigned i);
