/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plot_latency.c - distributions of latencies: percentiles on a scale that shows the tail
 */
#include <math.h>
#include <string.h>

#include "rep_format.h"
#include "rep_plot.h"

#define DECADES_APART 4 /* so few that 0 % and 50 % do not touch */

/* latencies.csv, and which of its latencies is drawn. */
struct latency_rows {
    struct rep_sheet *sheet;
    int mode, latency, share, value;
    const char *key;
};

static enum rep_keep keep(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "mode") && strcmp(name, "latency") ? REP_KEEP_NUMBER : REP_KEEP_TEXT;
}

static bool is_of(const struct latency_rows *r, size_t row)
{
    return !strcmp(rep_sheet_text(r->sheet, r->latency, row), r->key);
}

struct extent {
    double least, greatest; /* ns, above 0 */
    double rarest;          /* least 1 - share above 0 */
    GPtrArray *modes;
};

static struct extent extent_of(const struct latency_rows *r)
{
    struct extent e = {INFINITY, 0, 1, g_ptr_array_new()};

    for (size_t row = 0; row < r->sheet->rows; row++) {
        double value = rep_sheet_number(r->sheet, r->value, row);
        double beyond = 1 - rep_sheet_number(r->sheet, r->share, row);
        const char *mode = rep_sheet_text(r->sheet, r->mode, row);

        if (!is_of(r, row))
            continue;
        if (value > 0) {
            e.least = fmin(e.least, value);
            e.greatest = fmax(e.greatest, value);
        }
        e.rarest = beyond > 1e-12 ? fmin(e.rarest, beyond) : e.rarest;
        if (!e.modes->len || strcmp(g_ptr_array_index(e.modes, e.modes->len - 1), mode) != 0)
            g_ptr_array_add(e.modes, (void *)(uintptr_t)mode);
    }
    return e;
}

static double power_of_ten(unsigned n)
{
    double x = 1;

    while (n--)
        x *= 10;
    return x;
}

/* 0 %, 50 %, 90 %, 99 %, ... at 1 - share on a falling logarithmic scale. */
static double share_axis(GString *out, const struct extent *e)
{
    unsigned decades = 1; /* shares are given in ppm */
    g_autoptr(GString) nines = g_string_new("99");

    while (decades < 7 && 1 / power_of_ten(decades) >= e->rarest)
        decades++;
    g_string_append(out, "set logscale y\nset yrange [1:");
    rep_gp_number(out, 1 / power_of_ten(decades));
    g_string_append(out, "]\nset ytics (");
    if (decades <= DECADES_APART)
        g_string_append(out, "'0 %%' 1, ");
    g_string_append(out, "'50 %%' 0.5");
    if (decades > 1)
        g_string_append(out, ", '90 %%' 0.1");
    for (unsigned i = 2; i < decades; i++) {
        g_string_append_printf(out, ", '%s %%%%' ", nines->str);
        rep_gp_number(out, 1 / power_of_ten(i));
        g_string_append(nines, nines->len == 2 ? ".9" : "9");
    }
    g_string_append(out, ", 'max' ");
    rep_gp_number(out, 1 / power_of_ten(decades));
    g_string_append(out, ")\nset ylabel 'share that took no longer'\n");
    return 1 / power_of_ten(decades);
}

static void curves(GString *out, const struct latency_rows *r, const struct extent *e, double floor)
{
    g_string_append(out, "beyond(row) = column('share') < 1 ? 1 - column('share') : ");
    rep_gp_number(out, floor);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < e->modes->len; i++) {
        const char *mode = g_ptr_array_index(e->modes, i);

        g_string_append_printf(out, "%s'%s' using (stringcolumn('mode') eq ",
                               i ? ", \\\n  " : "plot ", REP_LATENCIES_CSV);
        rep_gp_quote(out, mode);
        g_string_append(out, " && stringcolumn('latency') eq ");
        rep_gp_quote(out, r->key);
        g_string_append_printf(out,
                               " && column('value_ns') > 0 ? column('value_ns') : NaN)"
                               ":(beyond(0)) with lines linewidth 2.5%s linecolor '%s' title ",
                               strcmp(mode, "halt") ? "" : " dashtype (6,4)",
                               rep_gp_mode_colour(mode));
        rep_gp_quote(out, mode);
    }
    g_string_append_c(out, '\n');
}

static void add(GPtrArray *plots, struct latency_rows *r, const char *key, const char *name,
                const char *caption)
{
    struct extent e;
    struct rep_plot *plot;

    r->key = key;
    e = extent_of(r);
    if (e.greatest > 0 && e.greatest < 1e15) {
        plot = rep_plot_new(name, g_strdup(caption));
        rep_gp_begin(plot->script, name, caption, REP_LATENCIES_CSV, 460);
        rep_gp_title(plot->script, caption, NULL);
        rep_gp_time_axis(plot->script, e.least, e.greatest);
        double floor = share_axis(plot->script, &e);

        curves(plot->script, r, &e, floor);
        rep_gp_end(plot->script, name);
        g_ptr_array_add(plots, plot);
    }
    g_ptr_array_unref(e.modes);
}

static void add_requests(GPtrArray *plots, struct latency_rows *r)
{
    const char *last = "";

    for (size_t row = 0; row < r->sheet->rows; row++) {
        const char *key = rep_sheet_text(r->sheet, r->latency, row);

        /* rows of a latency stand together within a mode; the first mode has them all */
        if (strcmp(rep_sheet_text(r->sheet, r->mode, row), rep_sheet_text(r->sheet, r->mode, 0)))
            break;
        if (!g_str_has_prefix(key, "request_") || !strcmp(key, last))
            continue;
        g_autofree char *name = g_strdup_printf("latency_%s", key);
        g_autofree char *caption = g_strdup_printf("How long requests of %s took to be answered",
                                                   key + strlen("request_"));

        g_strcanon(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-.", '_'); /* of files */
        add(plots, r, key, name, caption);
        last = key;
    }
}

bool rep_plot_latencies(GPtrArray *plots, const char *path, GError **error)
{
    struct latency_rows r = {.sheet = rep_sheet_read(path, keep, NULL, error)};

    if (!r.sheet)
        return false;
    r.mode = rep_sheet_find(r.sheet, "mode");
    r.latency = rep_sheet_find(r.sheet, "latency");
    r.share = rep_sheet_find(r.sheet, "share");
    r.value = rep_sheet_find(r.sheet, "value_ns");
    if (r.mode < 0 || r.latency < 0 || r.share < 0 || r.value < 0) {
        g_set_error(error, REP_SHEET_ERROR, 0,
                    "%s:1: error: not the columns mode, latency, share and value_ns", path);
        rep_sheet_free(r.sheet);
        return false;
    }
    add(plots, &r, latency_key[LATENCY_FAULT], "latency",
        "How long an access to an absent page took");
    add_requests(plots, &r);
    rep_sheet_free(r.sheet);
    return true;
}
