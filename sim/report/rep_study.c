/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_study.c - see rep_study.h
 */
#include "rep_study.h"

#include <math.h>
#include <string.h>

#define GRID_SLACK 16 /* times as many cells as rows */

struct choice {
    bool ahead; /* of the column "point" */
    unsigned axes;
};

/* Of some 150 columns those that are drawn or shown: a sweep may have a million rows. */
static enum rep_keep keep(void *context, const char *name)
{
    static const char *const text[] = {"workload", "mode", "outcome", "digest"};
    static const char *const number[] = {"point",      "replicas",        "seed",      "wall_ns",
                                         "gain_ratio", "gain_ratio_ci95", "work_per_s"};
    struct choice *c = context;

    c->ahead &= strcmp(name, "point") != 0;
    if (c->ahead) {
        c->axes++;
        return REP_KEEP_TEXT;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(text); i++)
        if (!strcmp(name, text[i]))
            return REP_KEEP_TEXT;
    for (unsigned i = 0; i < G_N_ELEMENTS(number); i++)
        if (!strcmp(name, number[i]))
            return REP_KEEP_NUMBER;
    if (!c->axes)
        return REP_KEEP_NUMBER; /* of a run all tables are shown */
    if (g_str_has_prefix(name, "ledger_") || g_str_has_prefix(name, "utilization_") ||
        g_str_has_prefix(name, "host_") || strstr(name, "_request_p50_ns") ||
        strstr(name, "_request_p99_") ||
        (g_str_has_prefix(name, "guest_") && strstr(name, "_gain_ratio")))
        return REP_KEEP_NUMBER;
    return REP_KEEP_NOT;
}

static bool read_axes(struct rep_study *s, unsigned axes, rep_key_fn *help, GError **error)
{
    size_t cells = 1;

    if (axes > REP_AXES_MAX) {
        g_set_error(error, REP_SHEET_ERROR, 0, "%s:1: error: %u columns before 'point'; at most %d",
                    s->sheet->path, axes, REP_AXES_MAX);
        return false;
    }
    for (unsigned i = 0; i < axes; i++) {
        g_autofree char *key = rep_axis_key(rep_sheet_name(s->sheet, (int)i));
        bool named = false;
        const char *what = help ? help(key, &named) : NULL;

        rep_axis_read(&s->axis[i], s->sheet, (int)i, what, named);
        s->axes++;
        cells *= s->axis[i].levels; /* each factor is at most the number of rows */
        if (cells > s->sheet->rows * GRID_SLACK) {
            g_set_error(error, REP_SHEET_ERROR, 0,
                        "%s:1: error: the axes make a grid with far more points than rows",
                        s->sheet->path);
            return false;
        }
    }
    s->points = cells;
    return true;
}

static bool find_modes(struct rep_study *s, int column, GError **error)
{
    for (size_t row = 0; row < s->sheet->rows; row++) {
        const char *mode = rep_sheet_text(s->sheet, column, row);

        if (rep_study_mode(s, mode) >= 0)
            continue;
        if (s->modes == REP_MODES) {
            g_set_error(error, REP_SHEET_ERROR, 0, "%s:%zu: error: '%s' is a mode too many",
                        s->sheet->path, row + 2, mode);
            return false;
        }
        s->mode[s->modes++] = mode;
    }
    return true;
}

static bool place_rows(struct rep_study *s, int mode_column, GError **error)
{
    size_t cells = s->points * s->modes;

    s->row = g_new(size_t, cells);
    for (size_t i = 0; i < cells; i++)
        s->row[i] = REP_NO_ROW;
    for (size_t row = 0; row < s->sheet->rows; row++) {
        int mode = rep_study_mode(s, rep_sheet_text(s->sheet, mode_column, row));
        size_t at = (size_t)mode;

        g_assert(mode >= 0);
        for (unsigned i = 0; i < s->axes; i++)
            at = at * s->axis[i].levels + rep_axis_level_of(&s->axis[i], s->sheet, (int)i, row);
        g_assert(at < cells);
        if (s->row[at] != REP_NO_ROW) {
            g_set_error(error, REP_SHEET_ERROR, 0,
                        "%s:%zu: error: the same mode and point as line %zu", s->sheet->path,
                        row + 2, s->row[at] + 2);
            return false;
        }
        s->row[at] = row;
    }
    return true;
}

/* In a file of sim sweep the points are numbered like ours, whatever the order of the rows. */
static void number_points(struct rep_study *s, unsigned axis)
{
    size_t stride = s->points;
    int point = rep_sheet_find(s->sheet, "point");

    for (unsigned i = 0; i <= axis; i++)
        stride /= s->axis[i].levels;
    for (size_t row = 0; point >= 0 && row < s->sheet->rows; row++) {
        double n = rep_sheet_number(s->sheet, point, row);

        if (!(n >= 0 && n < (double)s->points) ||
            (size_t)n / stride % s->axis[axis].levels !=
                rep_axis_level_of(&s->axis[axis], s->sheet, (int)axis, row))
            return;
    }
    s->axis[axis].stride = point >= 0 ? stride : 0;
}

static void find_outcome(struct rep_study *s, int column)
{
    for (size_t row = 0; column >= 0 && row < s->sheet->rows && !s->outcome; row++) {
        const char *outcome = rep_sheet_text(s->sheet, column, row);

        if (strcmp(outcome, sim_outcome_name[SIM_HORIZON]) != 0 &&
            strcmp(outcome, sim_outcome_name[SIM_ALL_DONE]) != 0) {
            s->outcome = outcome;
            s->outcome_row = row;
        }
    }
}

static bool fill(struct rep_study *s, const struct choice *c, rep_key_fn *help, GError **error)
{
    int mode = rep_sheet_find(s->sheet, "mode");

    if (c->ahead || mode < 0) {
        g_set_error(error, REP_SHEET_ERROR, 0,
                    "%s:1: error: no column '%s': not a result of sim run or sim sweep",
                    s->sheet->path, c->ahead ? "point" : "mode");
        return false;
    }
    find_outcome(s, rep_sheet_find(s->sheet, "outcome"));
    if (!read_axes(s, c->axes, help, error) || !find_modes(s, mode, error) ||
        !place_rows(s, mode, error))
        return false;
    for (unsigned i = 0; i < s->axes; i++)
        if (s->axis[i].unit == REP_UNIT_WORD)
            number_points(s, i);
    return true;
}

struct rep_study *rep_study_read(const char *path, rep_key_fn *help, GError **error)
{
    struct choice choice = {.ahead = true};
    struct rep_sheet *sheet = rep_sheet_read(path, keep, &choice, error);
    struct rep_study *s;

    if (!sheet)
        return NULL;
    s = g_new0(struct rep_study, 1);
    s->sheet = sheet;
    s->csv = g_path_get_basename(path);
    if (!fill(s, &choice, help, error))
        g_clear_pointer(&s, rep_study_free);
    return s;
}

void rep_study_free(struct rep_study *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->axes; i++)
        rep_axis_clear(&s->axis[i]);
    g_free(s->row);
    g_free(s->csv);
    rep_sheet_free(s->sheet);
    g_free(s);
}

int rep_study_mode(const struct rep_study *s, const char *mode)
{
    for (unsigned m = 0; m < s->modes && m < REP_MODES; m++)
        if (!strcmp(s->mode[m], mode))
            return (int)m;
    return -1;
}

/* How far apart neighbours of an axis are among the points. */
static size_t stride(const struct rep_study *s, unsigned axis)
{
    size_t n = 1;

    for (unsigned i = axis + 1; i < s->axes; i++)
        n *= s->axis[i].levels;
    return n;
}

unsigned rep_study_level(const struct rep_study *s, size_t point, unsigned axis)
{
    return (unsigned)(point / stride(s, axis) % s->axis[axis].levels);
}

size_t rep_study_point(const struct rep_study *s, size_t point, unsigned axis, unsigned level)
{
    return point - rep_study_level(s, point, axis) * stride(s, axis) + level * stride(s, axis);
}

double rep_study_value(const struct rep_study *s, unsigned mode, size_t point, const char *column)
{
    int c = rep_sheet_find(s->sheet, column);
    size_t row = s->row[mode * s->points + point];

    return c < 0 || row == REP_NO_ROW ? NAN : rep_sheet_number(s->sheet, c, row);
}

GPtrArray *rep_study_names(const struct rep_study *s, const char *prefix, const char *suffix)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint c = 0; c < s->sheet->column->len; c++) {
        const char *name = rep_sheet_name(s->sheet, (int)c);
        size_t ends = strlen(prefix) + strlen(suffix);

        if (strlen(name) > ends && g_str_has_prefix(name, prefix) && g_str_has_suffix(name, suffix))
            g_ptr_array_add(names, g_strndup(name + strlen(prefix), strlen(name) - ends));
    }
    return names;
}

char *rep_study_where(const struct rep_study *s, size_t point, int without)
{
    GString *out = g_string_new(NULL);

    for (unsigned i = 0; i < s->axes; i++) {
        const struct rep_axis *a = &s->axis[i];
        char text[REP_LEVEL_BYTES];

        if ((int)i == without || a->levels < 2)
            continue;
        g_string_append_printf(
            out, "%s%s = %s", out->len ? ", " : "", a->key,
            rep_axis_format(a, rep_axis_at(a, rep_study_level(s, point, i)), text));
    }
    return g_string_free(out, FALSE);
}
