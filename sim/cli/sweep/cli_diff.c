/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_diff.c - `sim diff`: what moved between two results, and whether by more than chance
 *
 * Both files are read side by side, row by row. Judged are the figures that have an interval: a
 * mean has moved when the difference is more than the root of the sum of both squared half widths,
 * the interval of a difference of independent means. Where replicas share their seeds, and without
 * any change, the figures are the same to the last digit.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_diff_origin.h"
#include "cli_files.h"
#include "cli_table.h"
#include "rep_csv_read.h"
#include "rep_stats.h"

#define SHOWN 50 /* lines, unless --all */

/* One of the two. */
struct side {
    char *path;
    FILE *file;
    struct rep_csv_reader *reader;
    GPtrArray *column; /* names */
    unsigned axes;     /* that come first */
    const char *const *cell;
    unsigned cells;
};

/* A mean and its interval, as column numbers in both. */
struct figure {
    const char *name;
    unsigned mean[2], ci95[2];
    unsigned long moved;
    double most;      /* of what moved the greatest change, relative to A; by amount */
    char *most_where; /* the line of it */
};

struct diff {
    struct side side[2];
    GArray *figures;
    unsigned mode[2], point[2], digest[2], outcome[2], seed[2];
    unsigned long rows, same, judged, moved, shown;
    bool all, seeds_differ;
    GString *out;
};

static void figure_clear(void *figure)
{
    g_free(((struct figure *)figure)->most_where);
}

static void side_finish(struct side *s)
{
    rep_csv_reader_destroy(s->reader);
    if (s->file)
        fclose(s->file);
    if (s->column)
        g_ptr_array_unref(s->column);
    g_free(s->path);
}

/* DIR/sweep.csv, DIR/result.csv, or the file itself. */
static char *find_csv(const char *name)
{
    static const char *const known[] = {CLI_TABLE_CSV, "result.csv"};

    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
        g_autofree char *path = g_build_filename(name, known[i], NULL);

        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&path);
    }
    return g_strdup(name);
}

/* True: a row, or the end with cell NULL. */
static bool next_row(struct side *s, int *ret_status)
{
    g_autofree char *why = NULL;

    s->cell = rep_csv_next(s->reader, &s->cells, &why);
    if (why)
        *ret_status = cli_fail(CLI_USAGE, "%s: %s", s->path, why);
    else if (s->cell && s->column && s->cells != s->column->len)
        *ret_status = cli_fail(CLI_USAGE, "%s: row %lu has %u fields, the header has %u", s->path,
                               rep_csv_row(s->reader), s->cells, s->column->len);
    return *ret_status == CLI_GOOD;
}

/* What a sweep wrote is as it was. */
static int check_table(const char *path)
{
    g_autofree char *name = g_path_get_basename(path), *dir = g_path_get_dirname(path);

    return strcmp(name, CLI_TABLE_CSV) ? CLI_GOOD : cli_table_check(dir);
}

static int side_open(struct side *s, const char *name)
{
    int status = CLI_GOOD;

    s->path = find_csv(name);
    if (g_file_test(s->path, G_FILE_TEST_IS_DIR))
        return cli_fail(CLI_USAGE,
                        "%s: neither %s nor result.csv is there: sim sweep --output or "
                        "sim run --output makes them",
                        name, CLI_TABLE_CSV);
    if (strcmp(s->path, name) != 0 && cli_files_strange(s->path))
        return CLI_USAGE;
    status = check_table(s->path);
    if (status != CLI_GOOD)
        return status;
    s->file = fopen(s->path, "re");
    if (!s->file)
        return cli_fail(CLI_USAGE, "cannot read %s: %s", s->path, g_strerror(errno));
    s->reader = rep_csv_reader_create(s->file);
    if (!next_row(s, &status))
        return status;
    if (!s->cell)
        return cli_fail(CLI_USAGE, "%s: is empty", s->path);
    s->column = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < s->cells; i++)
        g_ptr_array_add(s->column, g_strdup(s->cell[i]));
    return CLI_GOOD;
}

static bool find_column(const struct side *s, const char *name, unsigned *ret)
{
    for (*ret = 0; *ret < s->column->len; (*ret)++)
        if (!strcmp(g_ptr_array_index(s->column, *ret), name))
            return true;
    return false;
}

static int need_column(struct diff *d, const char *name, unsigned *ret)
{
    for (unsigned i = 0; i < 2; i++)
        if (!find_column(&d->side[i], name, &ret[i]))
            return cli_fail(CLI_USAGE, "%s: no column '%s': not a result of sim", d->side[i].path,
                            name);
    return CLI_GOOD;
}

static char *axes_of(const struct side *s, unsigned count)
{
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < count; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               (const char *)g_ptr_array_index(s->column, i));
    return g_string_free(g_string_append(out, count ? "" : "none"), FALSE);
}

/* The axes are the columns before `point`. */
static int check_axes(struct diff *d)
{
    g_autofree char *a = axes_of(&d->side[0], d->point[0]), *b = axes_of(&d->side[1], d->point[1]);
    unsigned count = d->point[0];
    bool same = count == d->point[1];

    for (unsigned i = 0; same && i < count; i++)
        same = !strcmp(g_ptr_array_index(d->side[0].column, i),
                       g_ptr_array_index(d->side[1].column, i));
    d->side[0].axes = d->side[1].axes = count;
    return same ? CLI_GOOD
                : cli_fail(CLI_USAGE,
                           "%s and %s have different axes, so that points cannot be compared: %s "
                           "and %s",
                           d->side[0].path, d->side[1].path, a, b);
}

/* "x_ci95" is the interval of "x" or "x_share". */
static void add_figure(struct diff *d, unsigned ci95)
{
    const char *name = g_ptr_array_index(d->side[0].column, ci95);
    g_autofree char *stem = g_strndup(name, strlen(name) - strlen("_ci95"));
    g_autofree char *share = g_strconcat(stem, "_share", NULL);
    struct figure f = {.ci95 = {ci95}};

    if (!find_column(&d->side[0], stem, &f.mean[0]) && !find_column(&d->side[0], share, &f.mean[0]))
        return;
    f.name = g_ptr_array_index(d->side[0].column, f.mean[0]);
    if (find_column(&d->side[1], f.name, &f.mean[1]) && find_column(&d->side[1], name, &f.ci95[1]))
        g_array_append_val(d->figures, f);
}

static int find_columns(struct diff *d)
{
    static const char *const names[] = {"point", "mode", "digest", "outcome", "seed"};
    unsigned *const columns[] = {d->point, d->mode, d->digest, d->outcome, d->seed};
    int status = CLI_GOOD;

    for (unsigned i = 0; i < G_N_ELEMENTS(names) && status == CLI_GOOD; i++)
        status = need_column(d, names[i], columns[i]);
    if (status != CLI_GOOD)
        return status;
    for (unsigned c = 0; c < d->side[0].column->len; c++)
        if (g_str_has_suffix(g_ptr_array_index(d->side[0].column, c), "_ci95"))
            add_figure(d, c);
    return check_axes(d);
}

static const char *cell(const struct diff *d, unsigned side, const unsigned *column)
{
    return d->side[side].cell[column[side]];
}

static bool same_cell(const struct diff *d, const unsigned *column)
{
    return !strcmp(cell(d, 0, column), cell(d, 1, column));
}

static void append_where(GString *out, const struct diff *d, unsigned side)
{
    const struct side *s = &d->side[side];

    g_string_append_printf(out, "point %s %s", cell(d, side, d->point), cell(d, side, d->mode));
    for (unsigned i = 0; i < s->axes; i++)
        g_string_append_printf(out, "%s%s=%s", i ? " " : " (",
                               (const char *)g_ptr_array_index(s->column, i), s->cell[i]);
    g_string_append(out, s->axes ? ")" : "");
}

static void append_mean(GString *out, const struct diff *d, unsigned side, const struct figure *f)
{
    const char *mean = cell(d, side, f->mean), *ci95 = cell(d, side, f->ci95);

    if (!*mean)
        g_string_append(out, "none");
    else
        g_string_append_printf(out, "%.6g", g_ascii_strtod(mean, NULL));
    if (*ci95) {
        double half = g_ascii_strtod(ci95, NULL);

        g_string_append_printf(out, half >= 99.5 ? " +- %.0f" : " +- %.2g", half);
    }
}

static void tell(struct diff *d, const char *what, const struct figure *f)
{
    if (d->shown >= SHOWN && !d->all)
        return;
    d->shown++;
    g_string_append(d->out, "  ");
    append_where(d->out, d, 0);
    g_string_append_printf(d->out, ": %s ", what);
    if (f) {
        double a = g_ascii_strtod(cell(d, 0, f->mean), NULL);
        double b = g_ascii_strtod(cell(d, 1, f->mean), NULL);

        append_mean(d->out, d, 0, f);
        g_string_append(d->out, " -> ");
        append_mean(d->out, d, 1, f);
        if (a > 0 && *cell(d, 1, f->mean))
            g_string_append_printf(d->out, " (%+.2f %%)", (b / a - 1) * 100);
    } else {
        g_string_append_printf(d->out, "%s -> %s", cell(d, 0, d->outcome), cell(d, 1, d->outcome));
    }
    g_string_append_c(d->out, '\n');
}

/* Without an interval on either side, every difference counts. */
static bool has_moved(const struct diff *d, const struct figure *f)
{
    double mean[2], ci95[2];

    if (same_cell(d, f->mean))
        return false;
    if (!*cell(d, 0, f->mean) || !*cell(d, 1, f->mean))
        return true;
    for (unsigned i = 0; i < 2; i++) {
        mean[i] = g_ascii_strtod(cell(d, i, f->mean), NULL);
        ci95[i] = g_ascii_strtod(cell(d, i, f->ci95), NULL);
    }
    return fabs(mean[0] - mean[1]) > sqrt(ci95[0] * ci95[0] + ci95[1] * ci95[1]);
}

/* The figure's greatest change, for a summary of what is not shown. */
static void note_move(const struct diff *d, struct figure *f)
{
    double a = g_ascii_strtod(cell(d, 0, f->mean), NULL);
    double change = a > 0 ? g_ascii_strtod(cell(d, 1, f->mean), NULL) / a - 1 : 0;
    g_autoptr(GString) where = NULL;

    if (f->moved++ && fabs(change) <= fabs(f->most))
        return;
    where = g_string_new(NULL);
    append_where(where, d, 0);
    f->most = change;
    g_free(f->most_where);
    f->most_where = g_strdup(where->str);
}

static int other_point(const struct diff *d)
{
    g_autoptr(GString) a = g_string_new(NULL), b = g_string_new(NULL);

    append_where(a, d, 0);
    append_where(b, d, 1);
    return cli_fail(
        CLI_USAGE, "row %lu is %s in %s, and %s in %s: only equal grids can be compared",
        rep_csv_row(d->side[0].reader), a->str, d->side[0].path, b->str, d->side[1].path);
}

static int compare_row(struct diff *d)
{
    bool same = same_cell(d, d->mode);

    for (unsigned i = 0; same && i < d->side[0].axes; i++)
        same = !strcmp(d->side[0].cell[i], d->side[1].cell[i]);
    if (!same)
        return other_point(d);
    d->rows++;
    d->same += same_cell(d, d->digest);
    d->seeds_differ |= !same_cell(d, d->seed);
    if (!same_cell(d, d->outcome)) {
        d->moved++;
        tell(d, "outcome", NULL);
    }
    for (guint i = 0; i < d->figures->len; i++) {
        struct figure *f = &g_array_index(d->figures, struct figure, i);

        d->judged += *cell(d, 0, f->mean) || *cell(d, 1, f->mean);
        if (!has_moved(d, f))
            continue;
        d->moved++;
        note_move(d, f);
        tell(d, f->name, f);
    }
    return CLI_GOOD;
}

static int flush(struct diff *d, size_t more_than)
{
    int status = CLI_GOOD;

    if (d->out->len > more_than) {
        status = cli_print(d->out->str, d->out->len);
        g_string_truncate(d->out, 0);
    }
    return status;
}

static int compare(struct diff *d)
{
    int status = find_columns(d);

    while (status == CLI_GOOD) {
        if (!next_row(&d->side[0], &status) || !next_row(&d->side[1], &status))
            return status;
        if (!d->side[0].cell && !d->side[1].cell)
            return CLI_GOOD;
        if (!d->side[0].cell || !d->side[1].cell)
            return cli_fail(CLI_USAGE, "%s has more rows: only equal grids can be compared",
                            d->side[d->side[0].cell ? 0 : 1].path);
        status = compare_row(d);
        if (status == CLI_GOOD)
            status = flush(d, 1 << 16);
    }
    return status;
}

static void tell_rest(struct diff *d)
{
    g_string_append_printf(d->out, "  and %lu more (--all); of all:\n", d->moved - d->shown);
    for (guint i = 0; i < d->figures->len; i++) {
        const struct figure *f = &g_array_index(d->figures, struct figure, i);

        if (f->moved)
            g_string_append_printf(d->out, "  %s moved in %lu rows, most by %+.2f %% at %s\n",
                                   f->name, f->moved, 100 * f->most, f->most_where);
    }
}

static int conclude(struct diff *d)
{
    int status;

    if (d->moved > d->shown)
        tell_rest(d);
    g_string_append_printf(d->out,
                           "%lu of %lu figures moved beyond their intervals; %lu of %lu rows are "
                           "of the very same runs\n",
                           d->moved, d->judged, d->same, d->rows);
    if (d->moved && d->seeds_differ)
        g_string_append_printf(d->out,
                               "the seeds differ: about %lu would move by chance, at "
                               "95 %%\n",
                               d->judged / 20);
    status = flush(d, 0);
    return status == CLI_GOOD && d->moved ? CLI_BROKEN : status;
}

static const char summary[] = "Compares two results (directories of sim sweep or sim run, or CSV "
                              "files) row by row, and says\n"
                              "which figures moved beyond their 95 % intervals; of directories "
                              "also in what their commands and\n"
                              "parameters differ.";
static const char description[] = "Exit status: 0 nothing moved, 1 something did, 2 they cannot be "
                                  "compared.";

int cli_diff(int argc, char **argv)
{
    g_auto(GStrv) names = NULL;
    gboolean all = FALSE;
    const GOptionEntry entries[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &all, "All that moved, not the first 50", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &names, NULL, "A B"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    struct diff d = {0};
    int status = CLI_USAGE;

    if (!cli_parse(argc, argv, entries, summary, description, &status))
        return status;
    if (!names || g_strv_length(names) != 2)
        return cli_fail(CLI_USAGE, "two results are needed: sim diff A B");
    d.all = all;
    d.figures = g_array_new(FALSE, FALSE, sizeof(struct figure));
    g_array_set_clear_func(d.figures, figure_clear);
    d.out = g_string_new(NULL);
    status = side_open(&d.side[0], names[0]);
    if (status == CLI_GOOD)
        status = side_open(&d.side[1], names[1]);
    if (status == CLI_GOOD) {
        cli_diff_origin(d.out, names[0], names[1]);
        status = compare(&d);
    }
    if (status == CLI_GOOD)
        status = conclude(&d);
    side_finish(&d.side[0]);
    side_finish(&d.side[1]);
    g_array_unref(d.figures);
    g_string_free(d.out, TRUE);
    return status;
}
