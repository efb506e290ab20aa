/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_out.h - one summary, three spellings
 *
 * Knows:    rep_summary. Writes to a GString; files and terminals are sim/cli's.
 * Promise:  same summary, same bytes. No clock, no locale, no path of this machine.
 */
#pragma once

#include <glib.h>

#include "rep_summary.h"

struct rep_text_options {
    bool colour;  /* headings in bold: for a terminal only */
    bool verbose; /* also: the ledger of each vCPU, what each latency is, waits of 0, Little's law
                   * when it holds, the high-water marks */
};
/* At most REP_WIDTH columns wide, unless a name of the user's is longer. */
void rep_text(GString *out, const struct rep_summary *s, const struct rep_text_options *o);
/* docs/results.schema.json. */
void rep_json(GString *out, const struct rep_summary *s);

/* What one CSV file has columns for. Rows of all points of a sweep fit under one header: what a
 * point has no figure for is an empty field. */
struct rep_csv {
    uint32_t axes; /* columns before all others; 0 for a single run */
    const char *const *axis;
    bool host; /* some point has host CPUs that are shared */
    bool link; /* some point's monitor has a bandwidth */
    uint32_t guests, kinds;
    const char *guest[REP_GUESTS_MAX]; /* of some point, by name */
    const char *kind[REP_KINDS_MAX];   /* tasks of some point, by name */
    bool serves[REP_KINDS_MAX];        /* requests, in some point */
};
/* The columns of a single run; names are lent. */
struct rep_csv rep_csv_of(const struct rep_setting *set);
/* RFC 4180 with LF: a header with units in the names, one row a mode. `point`: number of the row's
 * parameter point, 0 for a single run; cell[csv->axes]: its values. */
void rep_csv_header(GString *out, const struct rep_setting *set, const struct rep_csv *csv);
void rep_csv_rows(GString *out, const struct rep_summary *s, const struct rep_csv *csv,
                  uint32_t point, const char *const *cell);
/* mode,latency,share,value_ns: so large a share of the latency's values is at most so long; from
 * the least value (share 0) in steps of 1 %, of 0.1 % from 99 % on, and so forth, to the greatest.
 */
void rep_csv_latencies(GString *out, const struct rep_summary *s);
