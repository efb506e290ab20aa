/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_html.h - a study as one page: pictures, tables, verdicts, where it came from
 *
 * Knows:    rep_study, rep_plot. Files are sim/cli's.
 * Promise:  one file that needs nothing else: pictures are data URIs, there is no script and no
 *           address of anything. Readable at 400 px and on paper. Same inputs, same bytes.
 */
#pragma once

#include <glib.h>

#include "rep_plot.h"

struct rep_picture {
    const char *caption;
    const char *svg;
    size_t bytes;
};

struct rep_fact {
    char *name, *value;
};

struct rep_page {
    const struct rep_study *study;
    const struct rep_picture *picture;
    unsigned pictures, facts;
    size_t pictured;             /* points in the pictures, when that is not all; else 0 */
    const struct rep_fact *fact; /* what was run, for a table of two columns */
    /* What the files beside the CSV say, or NULL. */
    const char *question;
    const char *command; /* that repeats it */
    const char *report;  /* the whole report.txt */
    const char *params;  /* the whole params.txt: "key = value # source" lines */
    const char *(*why_help)(const char *key); /* what a reason of the kernel's is, by its key */
};

void rep_html(GString *out, const struct rep_page *page);

/* ---- its parts ---- */

void rep_html_says(GString *out, const struct rep_page *page);
void rep_html_tables(GString *out, const struct rep_page *page);
/* False: it has not two axes, or too many levels. */
bool rep_html_matrix(GString *out, const struct rep_study *s);
/* Gains and user time; of a sweep of a service also how long its requests took. */
void rep_html_points(GString *out, const struct rep_study *s);
void rep_html_parts(GString *out, const struct rep_study *s);
void rep_html_facts(GString *out, const struct rep_page *page);
