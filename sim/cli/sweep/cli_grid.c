/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_grid.c - see cli_grid.h
 */
#include "cli_grid.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "cfg_value.h"
#include "cli_setting.h"

static const struct cfg_axis *axis_of(const struct cli_grid *g, uint32_t i)
{
    return g_ptr_array_index(g->axes, i);
}

/* Which value each axis has at a point. */
static void digits(const struct cli_grid *g, uint32_t point, uint32_t *ret_value)
{
    for (uint32_t i = g->axes->len; i-- > 0; point /= axis_of(g, i)->count)
        ret_value[i] = point % axis_of(g, i)->count;
}

char **cli_grid_sets(const struct cli_grid *g, uint32_t point)
{
    guint own = g_strv_length(g->sets);
    char **sets = g_new0(char *, own + g->axes->len + 1);
    uint32_t value[CLI_AXES_MAX];

    digits(g, point, value);
    for (guint i = 0; i < own; i++)
        sets[i] = g_strdup(g->sets[i]);
    for (guint i = 0; i < g->axes->len; i++)
        sets[own + i] = cfg_axis_set(axis_of(g, i), value[i]);
    return sets;
}

void cli_grid_cells(const struct cli_grid *g, uint32_t point, const char **cell)
{
    uint32_t value[CLI_AXES_MAX];

    digits(g, point, value);
    for (guint i = 0; i < g->axes->len; i++)
        cell[i] = axis_of(g, i)->cell[value[i]];
}

char *cli_grid_where(const struct cli_grid *g, uint32_t point)
{
    g_auto(GStrv) sets = cli_grid_sets(g, point);

    return g_strjoinv(" ", sets + g_strv_length(g->sets));
}

/* ---- making one ---- */

static bool add_axis(struct cli_grid *g, struct cfg_axis *axis)
{
    for (guint i = 0; i < g->axes->len; i++) {
        if (strcmp(axis_of(g, i)->key, axis->key) != 0)
            continue;
        cfg_axis_free(g->axes->pdata[i]);
        g->axes->pdata[i] = axis;
        return true;
    }
    g_ptr_array_add(g->axes, axis);
    if (g->axes->len <= CLI_AXES_MAX)
        return true;
    cli_fail(CLI_USAGE, "more than %d axes; sweep fewer keys at once", CLI_AXES_MAX);
    return false;
}

/* keys: those of --vary so far. */
static bool is_double(GPtrArray *keys, const struct cfg_axis *axis)
{
    if (!g_ptr_array_find_with_equal_func(keys, axis->key, g_str_equal, NULL)) {
        g_ptr_array_add(keys, g_strdup(axis->key));
        return false;
    }
    cli_fail(CLI_USAGE, "--vary %s: this key is varied twice; write all values in one", axis->key);
    return true;
}

static bool read_axes(struct cli_grid *g, char **vary)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    g->axes = cfg_axes_of_file(g->base, &error);
    for (char **v = vary; v && *v; v++) {
        struct cfg_axis *axis = cfg_axis_read(g->base, *v, &error);

        if (!axis) {
            fprintf(stderr, "%s\n", error->message);
            return false;
        }
        if (is_double(keys, axis)) {
            cfg_axis_free(axis);
            return false;
        }
        if (!add_axis(g, axis))
            return false;
    }
    if (g->axes->len)
        return true;
    cli_fail(CLI_USAGE, "nothing to vary: --vary KEY=A,B,C or --vary KEY=LO..HI:N, or `sweep:` in "
                        "the workload; sim params lists the keys");
    return false;
}

static bool count_points(struct cli_grid *g)
{
    double all = 1;

    for (guint i = 0; i < g->axes->len; i++) {
        const struct cfg_axis *axis = axis_of(g, i);

        all *= axis->count;
        if (axis->dropped)
            fprintf(stderr, "sim: %s: %u of %u values are equal once rounded; %u are left\n",
                    axis->key, axis->dropped, axis->dropped + axis->count, axis->count);
    }
    if (all > CLI_POINTS_MAX) {
        cli_fail(CLI_USAGE,
                 "%.0f points, and at most %u fit one sweep: fewer values in each axis, or several "
                 "sweeps that share out the values of one",
                 all, CLI_POINTS_MAX);
        return false;
    }
    g->points = (uint32_t)all;
    return true;
}

/* The workload with one more --set. NULL: *error. */
static struct cfg *load_with(const struct cli_grid *g, const struct cfg_axis *axis, uint32_t value,
                             GError **error)
{
    g_autofree char *set = cfg_axis_set(axis, value);
    g_autoptr(GPtrArray) sets = g_ptr_array_new();

    for (char **own = g->sets; *own; own++)
        g_ptr_array_add(sets, *own);
    g_ptr_array_add(sets, set);
    g_ptr_array_add(sets, NULL);
    return cfg_load_again(g->base, (const char *const *)sets->pdata, error);
}

/* The place of a name in a list that has room for `max`; a new one is added. */
static uint32_t place_of(const char **list, uint32_t *count, uint32_t max, const char *name)
{
    uint32_t at = 0;

    while (at < *count && strcmp(list[at], name) != 0)
        at++;
    if (at == *count && at < max)
        list[(*count)++] = g_intern_string(name);
    return at;
}

/* False: there are too many. */
static bool add_columns(struct cli_grid *g, const struct cfg *cfg)
{
    bool good = true;
    struct rep_setting *set = cli_setting_create(cfg);
    struct rep_csv *csv = &g->csv;

    csv->host |= set->host_cpus > 0;
    csv->link |= set->monitor_bandwidth != NULL;
    for (uint32_t i = 0; i < set->guests; i++)
        good &=
            place_of(csv->guest, &csv->guests, REP_GUESTS_MAX, set->guest[i].name) < REP_GUESTS_MAX;
    for (uint32_t k = 0; k < set->kinds; k++) {
        uint32_t at = place_of(csv->kind, &csv->kinds, REP_KINDS_MAX, set->kind[k].name);

        good &= at < REP_KINDS_MAX;
        if (good)
            csv->serves[at] |= set->kind[k].serves;
    }
    cli_setting_free(set);
    return good;
}

/* Keys whose values make columns appear. */
static bool makes_columns(const char *key)
{
    return strcmp(key, "host.cpus") == 0 || strcmp(key, "monitor.bandwidth") == 0 ||
           g_str_has_suffix(key, ".arrivals.process") || g_str_has_suffix(key, ".copies");
}

/* What the base has, and what some value of an axis adds. */
static bool find_columns(struct cli_grid *g)
{
    bool good;

    g->set = cli_setting_create(g->base);
    g->csv.axes = g->axes->len;
    g->csv.axis = g->column;
    good = add_columns(g, g->base);
    for (guint i = 0; i < g->axes->len; i++) {
        const struct cfg_axis *axis = axis_of(g, i);

        g->column[i] = axis->column;
        for (uint32_t v = 0; makes_columns(axis->key) && v < axis->count; v++) {
            struct cfg *cfg = load_with(g, axis, v, NULL); /* alone it may be no machine */

            good = (!cfg || add_columns(g, cfg)) && good;
            cfg_free(cfg);
        }
        g->csv.host |= strcmp(axis->key, "host.cpus") == 0;
    }
    if (!good)
        cli_fail(CLI_USAGE,
                 "more than %d guests or %d kinds of tasks in all points together: sweep fewer "
                 "`copies` at once",
                 REP_GUESTS_MAX, REP_KINDS_MAX);
    return good;
}

/* ---- what it is ---- */

static void hash_text(XXH3_state_t *state, const char *text)
{
    XXH3_128bits_update(state, text, strlen(text) + 1);
}

/* Of an axis of files, what is in them. False: said. */
static bool hash_files(const struct cli_grid *g, const struct cfg_axis *axis, XXH3_state_t *state)
{
    for (uint32_t i = 0; i < axis->count; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *digest = NULL;
        struct cfg *cfg = load_with(g, axis, i, &error);

        if (!cfg) {
            cli_source_say(g->source, error->message);
            return false;
        }
        digest = cfg_digest(cfg);
        hash_text(state, digest);
        cfg_free(cfg);
    }
    return true;
}

/* Of the axes and of how many replicas there are. NULL: said. */
static char *digest_of_grid(const struct cli_grid *g)
{
    XXH3_state_t *state = XXH3_createState();
    g_autofree char *rule = g_strdup_printf("%u %u", g->precision_ppm, g->replicas_most);
    XXH128_hash_t hash;
    bool good = true;

    XXH3_128bits_reset(state);
    hash_text(state, rule);
    for (guint i = 0; i < g->axes->len && good; i++) {
        const struct cfg_axis *axis = axis_of(g, i);

        hash_text(state, axis->key);
        for (uint32_t v = 0; v < axis->count; v++)
            hash_text(state, axis->text[v]);
        good = !axis->reads_files || hash_files(g, axis, state);
    }
    hash = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    return good ? g_strdup_printf("%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64) : NULL;
}

struct cli_grid *cli_grid_create(const struct cli_source *source, char **vary,
                                 uint32_t precision_ppm, uint32_t replicas_most)
{
    struct cli_grid *g = g_new0(struct cli_grid, 1);

    g->source = source;
    g->precision_ppm = precision_ppm;
    g->replicas_most = replicas_most;
    g->sets = cli_source_sets(source);
    g->base = cli_source_load(source);
    if (g->base && read_axes(g, vary) && count_points(g) && find_columns(g)) {
        g->workload_digest = cfg_digest(g->base);
        g->grid_digest = digest_of_grid(g);
        if (g->grid_digest)
            return g;
    }
    cli_grid_free(g);
    return NULL;
}

void cli_grid_free(struct cli_grid *g)
{
    if (!g)
        return;
    cli_setting_free(g->set);
    if (g->axes)
        g_ptr_array_unref(g->axes);
    cfg_free(g->base);
    g_strfreev(g->sets);
    g_free(g->workload_digest);
    g_free(g->grid_digest);
    g_free(g);
}

bool cli_grid_unchanged(const struct cli_grid *g)
{
    struct cfg *now = cli_source_load(g->source);
    g_autofree char *workload = now ? cfg_digest(now) : NULL;
    g_autofree char *grid = now ? digest_of_grid(g) : NULL;

    cfg_free(now);
    if (workload && grid && strcmp(workload, g->workload_digest) == 0 &&
        strcmp(grid, g->grid_digest) == 0)
        return true;
    cli_fail(CLI_USAGE, "the workload's files changed while it was swept: remove what is in "
                        "--output, and sweep again");
    return false;
}

char *cli_grid_command(const struct cli_grid *g)
{
    const struct cli_source *s = g->source;
    GString *out = g_string_new("sim sweep");

    cli_source_option(out, "workload", s->workload);
    for (char **set = s->set; set && *set; set++)
        cli_source_option(out, "set", *set);
    for (guint i = 0; i < g->axes->len; i++)
        cli_source_option(out, "vary", axis_of(g, i)->written);
    cli_source_option(out, "modes", s->modes);
    cli_source_option(out, "seed", s->seed);
    cli_source_option(out, "replicas", s->replicas);
    if (g->precision_ppm) {
        g_autofree char *precision = cfg_format_share(g->precision_ppm);

        g_string_append_printf(out, " --precision=%s --replicas-most=%u", precision,
                               g->replicas_most);
    }
    return g_string_free(out, FALSE);
}
