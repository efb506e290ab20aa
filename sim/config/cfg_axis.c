/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_axis.c - see cfg_axis.h
 *
 * A range is made in whole numbers of the key's smallest step, so that rounding happens once.
 */
#include "cfg_axis.h"

#include <string.h>

#include "cfg_device.h"
#include "cfg_internal.h"
#include "sim_math.h"

__extension__ typedef __int128 wide;

/* An axis while it is read. */
struct reader {
    struct cfg *scratch; /* a copy whose parameters may be written over */
    const struct cfg_row *row;
    struct cfg_element of;
    struct cfg_context context;
    struct cfg_axis *axis;
    GPtrArray *text, *cell;
    GHashTable *seen; /* texts; never iterated */
    struct cfg_place at;
    GError **error;
};

void cfg_axis_free(struct cfg_axis *axis)
{
    if (!axis)
        return;
    g_strfreev(axis->text);
    g_strfreev(axis->cell);
    g_free(axis->key);
    g_free(axis->written);
    g_free(axis->column);
    g_free(axis->folder);
    g_free(axis);
}

char *cfg_axis_set(const struct cfg_axis *axis, uint32_t value)
{
    const char *text = axis->text[value];
    const char *path = axis->paths ? text : cfg_device_is_file(text) ? strchr(text, ':') + 1 : NULL;
    g_autofree char *from = NULL;

    if (!path || !axis->folder || g_path_is_absolute(path))
        return g_strdup_printf("%s=%s", axis->key, text);
    from = g_build_filename(axis->folder, path, NULL);
    return g_strdup_printf("%s=%.*s%s", axis->key, (int)(path - text), text, from);
}

/* What a row's numbers are counted in, and how they are parsed: NULL, or what is wrong. */
static char *parse_number(const struct cfg_row *row, const char *text, int64_t *ret)
{
    uint32_t small = 0;
    uint64_t big = 0;
    char *why;

    switch (row->type) {
    case CFG_TIME:
    case CFG_DIST:
        why = cfg_parse_time(text, &big);
        break;
    case CFG_BYTES:
    case CFG_LIMIT:
        why = cfg_parse_bytes(text, &big);
        break;
    case CFG_SHARE:
        why = cfg_parse_share(text, &small);
        big = small;
        break;
    case CFG_MILLI:
        why = cfg_parse_milli(text, &small);
        big = small;
        break;
    case CFG_RATE:
        why = cfg_parse_rate(text, &small);
        big = small;
        if (!why && !big)
            why = g_strdup("none is no number");
        break;
    case CFG_SIGNED32:
        return cfg_parse_signed(text, ret);
    case CFG_COUNT32:
    case CFG_COUNT64:
    case CFG_VCPU:
    case CFG_CPUS:
        why = cfg_parse_count(text, &big);
        break;
    case CFG_BOOL:
    case CFG_TRUE:
    case CFG_CHOICE:
    case CFG_MODES:
    case CFG_SWITCHES:
    case CFG_NAME:
    case CFG_DEVICE:
    case CFG_REGION:
    case CFG_GUEST:
    case CFG_FILE:
    case CFG_PATH:
    case CFG_LOCK:
    case CFG_OBJECTIVE:
    default:
        return g_strdup("not a number");
    }
    if (!why && big > INT64_MAX)
        why = g_strdup("too big");
    *ret = (int64_t)big;
    return why;
}

/* value / scale without needless zeros. */
static char *decimal(int64_t value, int64_t scale, int places)
{
    GString *out = g_string_new(NULL);

    g_string_printf(out, "%" G_GINT64_FORMAT, value / scale);
    if (value % scale)
        g_string_append_printf(out, ".%0*" G_GINT64_FORMAT, places, value % scale);
    while (value % scale && out->str[out->len - 1] == '0')
        g_string_truncate(out, out->len - 1);
    return g_string_free(out, FALSE);
}

static const struct unit {
    enum cfg_type type;
    const char *name, *suffix;
    int64_t step; /* values are multiples of it */
} units[] = {
    {CFG_TIME, "ns", "_ns", 1},
    {CFG_DIST, "ns", "_ns", 1},
    {CFG_BYTES, "bytes", "_bytes", 4096},
    {CFG_LIMIT, "bytes", "_bytes", 4096},
    {CFG_SHARE, "share", "_share", 1},
    {CFG_RATE, "per_s", "_per_s", 1},
    {CFG_MILLI, "", "", 1},
    {CFG_COUNT32, "", "", 1},
    {CFG_COUNT64, "", "", 1},
    {CFG_SIGNED32, "", "", 1},
    {CFG_VCPU, "", "", 1},
    {CFG_CPUS, "", "", 1},
};

/* NULL: the row's values are no numbers. */
static const struct unit *unit_of(const struct cfg_row *row)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(units); i++)
        if (units[i].type == row->type)
            return &units[i];
    return NULL;
}

static char *cell_of_number(const struct cfg_row *row, int64_t value)
{
    if (row->type == CFG_SHARE)
        return decimal(value, 1000000, 6);
    if (row->type == CFG_RATE || row->type == CFG_MILLI)
        return decimal(value, 1000, 3);
    return g_strdup_printf("%" G_GINT64_FORMAT, value);
}

/* As the user would write it. */
static char *text_of_number(const struct cfg_row *row, int64_t value)
{
    switch (unit_of(row)->name[0]) {
    case 'n':
        return cfg_format_time((sim_ns)value);
    case 'b':
        return cfg_format_bytes((uint64_t)value);
    case 's':
        return cfg_format_share((uint32_t)value);
    case 'p':
        return cfg_format_rate((uint32_t)value);
    default:
        return cell_of_number(row, value);
    }
}

static bool may_be_path(const struct cfg_row *row)
{
    return row->type == CFG_FILE || row->type == CFG_PATH || row->type == CFG_DEVICE;
}

static bool is_path(const struct cfg_row *row, const char *text)
{
    return may_be_path(row) && (row->type != CFG_DEVICE || cfg_device_is_file(text));
}

/* Stores the value where nobody minds, to see whether it is good and what its canonical text is. */
static char *canonical(struct reader *r, const char *text)
{
    void *base = cfg_base(r->scratch, r->row, r->of);
    enum cfg_error code;
    g_autofree char *why = cfg_row_store(r->row, base, text, &r->context, &code);

    if (why) {
        cfg_fail(r->error, &r->at, code, "%s: %s", r->axis->key, why);
        return NULL;
    }
    r->axis->reads_files |= is_path(r->row, text);
    return is_path(r->row, text) ? g_strdup(text) : cfg_row_text(r->row, base, &r->scratch->params);
}

static bool add_value(struct reader *r, const char *text, bool from_range)
{
    g_autofree char *full = canonical(r, text), *why = NULL;
    int64_t number = 0;

    if (!full)
        return false;
    if (g_hash_table_contains(r->seen, full)) {
        r->axis->dropped++;
        return from_range ||
               cfg_fail(r->error, &r->at, CFG_ERROR_VALUE,
                        "%s: the value %s is there twice; write it once", r->axis->key, full);
    }
    why = unit_of(r->row) ? parse_number(r->row, full, &number) : g_strdup("a word");
    r->axis->numeric &= !why;
    g_ptr_array_add(r->cell, why ? g_strdup(full) : cell_of_number(r->row, number));
    g_hash_table_add(r->seen, full);
    g_ptr_array_add(r->text, g_steal_pointer(&full));
    return true;
}

/* Value i of n: whole steps, half a step goes up. */
static int64_t linear(int64_t lo, int64_t hi, uint32_t i, uint32_t n, int64_t step)
{
    wide parts = ((wide)n - 1) * step;
    wide x = (wide)lo * ((wide)n - 1) + ((wide)hi - lo) * i; /* times n - 1 */
    wide rounded = (2 * x + parts) / (2 * parts);

    if ((2 * x + parts) % (2 * parts) < 0)
        rounded--;
    return (int64_t)(rounded * step);
}

static int64_t logarithmic(int64_t lo, int64_t hi, uint32_t i, uint32_t n, int64_t step)
{
    double ratio = sim_log((double)hi) - sim_log((double)lo);
    double x = sim_exp(sim_log((double)lo) + ratio * i / (n - 1)) / (double)step;

    return CLAMP((int64_t)(x + 0.5) * step, lo, hi);
}

struct range {
    int64_t lo, hi;
    uint32_t count;
    bool log;
};

static bool fail(struct reader *r, const char *what)
{
    return cfg_fail(r->error, &r->at, CFG_ERROR_VALUE, "%s: %s", r->axis->key, what);
}

static bool check_range(struct reader *r, const char *lo, const char *hi, const struct range *range)
{
    g_autofree char *what = NULL;

    if (range->lo > range->hi)
        what = g_strdup_printf("the range %s..%s is empty; write the smaller one first", lo, hi);
    else if (range->count == 0)
        what = g_strdup("a range of 0 values is empty; write at least LO..HI:2");
    else if (range->count > CFG_AXIS_MAX)
        what = g_strdup_printf("%u values, at most %u; write fewer", range->count, CFG_AXIS_MAX);
    else if (range->count == 1 && range->lo < range->hi)
        what = g_strdup_printf("one value cannot be both %s and %s; write %s alone", lo, hi, lo);
    else if (range->log && range->lo <= 0)
        what = g_strdup_printf("a log range cannot begin at %s; begin above 0", lo);
    return !what || fail(r, what);
}

/* "LO..HI:N[:log]" */
static bool read_range(struct reader *r, const char *text, struct range *ret)
{
    const char *dots = strstr(text, "..");
    g_autofree char *lo = g_strndup(text, (gsize)(dots - text)), *why = NULL;
    g_auto(GStrv) parts = g_strsplit(dots + 2, ":", -1);
    uint64_t count = 0;

    if (!unit_of(r->row))
        return fail(r, "has no numbers, so there are no ranges of it; write a list: A,B,C");
    if (!parts[0] || !parts[1] || (parts[2] && (strcmp(parts[2], "log") != 0 || parts[3])))
        return fail(r, "a range is LO..HI:N or LO..HI:N:log, with N the number of values");
    why = parse_number(r->row, lo, &ret->lo);
    if (!why)
        why = parse_number(r->row, parts[0], &ret->hi);
    if (!why)
        why = cfg_parse_count(parts[1], &count);
    if (why)
        return fail(r, why);
    ret->count = (uint32_t)MIN(count, UINT32_MAX);
    ret->log = parts[2] != NULL;
    r->axis->log = ret->log;
    return check_range(r, lo, parts[0], ret);
}

static bool add_range(struct reader *r, const char *text)
{
    const struct unit *unit = unit_of(r->row);
    int64_t step = unit ? unit->step : 1;
    struct range range = {0};

    if (!read_range(r, text, &range))
        return false;
    for (uint32_t i = 0; i < range.count; i++) {
        int64_t value = i == 0                 ? range.lo
                        : i == range.count - 1 ? range.hi
                        : range.log ? logarithmic(range.lo, range.hi, i, range.count, step)
                                    : linear(range.lo, range.hi, i, range.count, step);
        g_autofree char *one = text_of_number(r->row, value);

        if (!add_value(r, one, true))
            return false;
    }
    return true;
}

/* A comma inside ( ) or [ ] belongs to the value. */
static GPtrArray *cut(const char *text)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    const char *begin = text;
    int depth = 0;

    for (const char *c = text;; c++) {
        depth += (*c == '(' || *c == '[') - (*c == ')' || *c == ']');
        if (*c && (*c != ',' || depth > 0))
            continue;
        g_ptr_array_add(parts, g_strstrip(g_strndup(begin, (gsize)(c - begin))));
        begin = c + 1;
        if (!*c)
            return parts;
    }
}

static bool add_text(struct reader *r, const char *text)
{
    g_autoptr(GPtrArray) parts = NULL;

    if (strstr(text, "..") && !may_be_path(r->row))
        return add_range(r, text);
    parts = cut(text);
    if (parts->len > CFG_AXIS_MAX)
        return fail(r, "too many values");
    for (guint i = 0; i < parts->len; i++)
        if (!add_value(r, g_ptr_array_index(parts, i), false))
            return false;
    return true;
}

static bool begin(struct reader *r, const struct cfg *cfg, const char *key)
{
    r->axis = g_new0(struct cfg_axis, 1);
    r->axis->numeric = true;
    r->text = g_ptr_array_new_with_free_func(g_free);
    r->cell = g_ptr_array_new_with_free_func(g_free);
    r->seen = g_hash_table_new(g_str_hash, g_str_equal);
    r->scratch = g_memdup2(cfg, sizeof *cfg);
    r->context = (struct cfg_context){&r->scratch->presets, cfg_region_names(cfg),
                                      cfg->params.regions, &r->scratch->params};
    if (!cfg_look_up(r->scratch, &r->at, key, &r->row, &r->of, &r->axis->key, r->error))
        return false;
    r->axis->paths = r->row->type == CFG_FILE || r->row->type == CFG_PATH;
    return r->row->type != CFG_MODES ||
           fail(r, "is no axis: each point is run in all modes; choose them by --modes");
}

static struct cfg_axis *end(struct reader *r, bool good)
{
    struct cfg_axis *axis = r->axis;

    axis->count = r->text->len;
    g_ptr_array_add(r->text, NULL);
    g_ptr_array_add(r->cell, NULL);
    axis->text = (char **)g_ptr_array_free(r->text, FALSE);
    axis->cell = (char **)g_ptr_array_free(r->cell, FALSE);
    g_hash_table_unref(r->seen);
    g_free(r->scratch);
    g_free((void *)(uintptr_t)r->context.regions);
    if (!good) {
        cfg_axis_free(axis);
        return NULL;
    }
    axis->numeric = axis->numeric && unit_of(r->row);
    axis->unit = axis->numeric ? unit_of(r->row)->name : "";
    axis->column = g_strconcat(axis->key, axis->numeric ? unit_of(r->row)->suffix : "", NULL);
    if (!axis->numeric) /* a mixture: as the user would write each */
        for (uint32_t i = 0; i < axis->count; i++) {
            g_free(axis->cell[i]);
            axis->cell[i] = g_strdup(axis->text[i]);
        }
    return axis;
}

struct cfg_axis *cfg_axis_read(const struct cfg *cfg, const char *vary, GError **error)
{
    const char *equals = strchr(vary, '=');
    g_autofree char *key = equals ? g_strndup(vary, (gsize)(equals - vary)) : NULL;
    struct reader r = {.at = {cfg->path, 0, 0, vary, "--vary "}, .error = error};
    bool good;

    if (!key || !*key || !equals[1] || !g_utf8_validate(vary, -1, NULL)) {
        cfg_fail(error, &r.at, CFG_ERROR_USAGE,
                 "not KEY=A,B,C or KEY=LO..HI:N; write for example --vary guest.vcpus=1,2,4");
        return NULL;
    }
    good = begin(&r, cfg, key) && add_text(&r, equals + 1);
    r.axis->written = g_strdup(vary);
    return end(&r, good);
}

static bool add_node(struct reader *r, const struct cfg_node *node)
{
    r->at.line = node->line;
    r->at.column = node->column;
    if (node->kind == CFG_SCALAR)
        return *node->text ? add_text(r, node->text) : fail(r, "no values; write [A, B, C]");
    if (node->kind == CFG_MAP || !node->children->len)
        return fail(r, "a list of values is expected, such as [1, 2, 4] or 1..4:4");
    for (guint i = 0; i < node->children->len; i++) {
        const struct cfg_node *item = g_ptr_array_index(node->children, i);

        r->at.line = item->line;
        r->at.column = item->column;
        if (item->kind != CFG_SCALAR)
            return fail(r, "a value is expected, not a list in a list");
        if (!add_value(r, item->text, false))
            return false;
    }
    return true;
}

static struct cfg_axis *axis_of_node(const struct cfg *cfg, const struct cfg_node *node,
                                     GError **error)
{
    struct reader r = {.at = {cfg->path, node->key_line, node->key_column, NULL, NULL},
                       .error = error};
    bool good = begin(&r, cfg, node->key) && add_node(&r, node);

    r.axis->folder = g_strdup(cfg->folder);
    return end(&r, good);
}

GPtrArray *cfg_axes_of_file(const struct cfg *cfg, GError **error)
{
    g_autoptr(GPtrArray) axes = g_ptr_array_new_with_free_func((GDestroyNotify)cfg_axis_free);
    const struct cfg_node *sweep = cfg->sweep;

    for (guint i = 0; sweep && i < sweep->children->len; i++) {
        struct cfg_axis *axis = axis_of_node(cfg, g_ptr_array_index(sweep->children, i), error);

        if (!axis)
            return NULL;
        g_ptr_array_add(axes, axis);
    }
    return g_steal_pointer(&axes);
}
