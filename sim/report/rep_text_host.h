/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_text_host.h - the sections about guests and host CPUs, and what they share with rep_text.c
 */
#pragma once

#include "rep_format.h"
#include "rep_out.h"

/* A table by guest; nothing when there is only one. */
void rep_text_guests(GString *out, const struct rep_summary *s, const struct rep_text_options *o);
/* What the work costs the host, where its CPUs' time went; nothing when vCPUs do not share them. */
void rep_text_host(GString *out, const struct rep_summary *s, const struct rep_text_options *o);

/* rep_text.c */
/* A figure of a mode, or - when no run of it counts. */
void rep_cell_of(struct rep_table *t, const struct rep_mode_summary *m, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* The ratio and its interval: two cells; 1 or - and one cell when there is none. */
void rep_cell_gain(struct rep_table *t, const struct rep_mode_summary *m,
                   const struct rep_mean *gain);
const char *rep_ledger_align(uint32_t modes);
void rep_header_of_modes(struct rep_table *t, const struct rep_summary *s, const char *first,
                         const char *last);
