/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_csv.c - see cfg_csv.h
 */
#include "cfg_csv.h"

#include <string.h>

#include "cfg_value.h"

#define CSV_BYTES_MAX   (1u << 30)
#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* spreadsheets begin UTF-8 with it */

bool cfg_csv_fail(const struct cfg_csv *csv, int cell, GError **error, const char *format, ...)
{
    struct cfg_place at = csv->at;
    va_list ap;

    at.column = cell >= 0 ? csv->column[cell] : 1;
    va_start(ap, format);
    cfg_vfail(error, &at, CFG_ERROR_VALUE, format, ap);
    va_end(ap);
    return false;
}

/* Cuts a line into cells where it stands. */
static bool cut(struct cfg_csv *csv, char *line, GError **error)
{
    char *begin = line;

    for (csv->cells = 0; begin; csv->cells++) {
        char *comma = strchr(begin, ',');

        if (csv->cells == CFG_CSV_COLUMNS)
            return cfg_csv_fail(csv, 0, error, "more than %d columns; leave out those not needed",
                                CFG_CSV_COLUMNS);
        if (comma)
            *comma = '\0';
        csv->column[csv->cells] = (unsigned)(begin - line) + 1;
        csv->cell[csv->cells] = g_strstrip(begin);
        begin = comma ? comma + 1 : NULL;
    }
    return true;
}

/* The next line that says something; NULL at the end. */
static char *next_line(struct cfg_csv *csv)
{
    while (csv->next && *csv->next) {
        char *line = csv->next, *newline = strchr(line, '\n');

        csv->next = newline ? newline + 1 : NULL;
        if (newline)
            *newline = '\0';
        csv->at.line++;
        if (line[strspn(line, " \t\r")] && line[strspn(line, " \t")] != '#')
            return line;
    }
    return NULL;
}

static bool read_text(struct cfg_csv *csv, const char *path, GError **error)
{
    g_autoptr(GError) reason = NULL;
    gsize bytes = 0;

    if (!g_file_get_contents(path, &csv->text, &bytes, &reason))
        return cfg_fail(error, &csv->at, CFG_ERROR_FILE, "cannot read it: %s", reason->message);
    if (bytes > CSV_BYTES_MAX)
        return cfg_fail(error, &csv->at, CFG_ERROR_FILE, "bigger than 1 GiB; make it shorter");
    if (!g_utf8_validate(csv->text, (gssize)bytes, NULL) || strlen(csv->text) != bytes)
        return cfg_fail(error, &csv->at, CFG_ERROR_FILE, "not UTF-8 text");
    return true;
}

static bool read_header(struct cfg_csv *csv, GError **error)
{
    char *line;

    csv->next = csv->text + (g_str_has_prefix(csv->text, BYTE_ORDER_MARK) ? 3 : 0);
    line = next_line(csv);
    if (!line)
        return cfg_fail(error, &csv->at, CFG_ERROR_FILE,
                        "the file is empty; its first line names the columns");
    if (!cut(csv, line, error))
        return false;
    csv->columns = csv->cells;
    memcpy(csv->header, csv->cell, sizeof csv->cell);
    return true;
}

bool cfg_csv_open(struct cfg_csv *csv, const char *path, GError **error)
{
    *csv = (struct cfg_csv){.path = g_strdup(path)};
    csv->at = (struct cfg_place){csv->path, 0, 0, NULL};
    if (read_text(csv, path, error) && read_header(csv, error))
        return true;
    cfg_csv_close(csv);
    return false;
}

void cfg_csv_close(struct cfg_csv *csv)
{
    g_free(csv->text);
    g_free(csv->path);
    *csv = (struct cfg_csv){0};
}

int cfg_csv_next(struct cfg_csv *csv, GError **error)
{
    char *line = next_line(csv);

    if (!line)
        return 0;
    if (!cut(csv, line, error))
        return -1;
    if (csv->cells == csv->columns)
        return 1;
    cfg_csv_fail(csv, 0, error, "%u cells in a row, the header has %u", csv->cells, csv->columns);
    return -1;
}

int cfg_csv_find(const struct cfg_csv *csv, const char *name)
{
    for (unsigned i = 0; i < csv->columns; i++)
        if (strcmp(csv->header[i], name) == 0)
            return (int)i;
    return -1;
}

int cfg_csv_find_time(const struct cfg_csv *csv, const char *name, const char **ret_unit)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};

    for (size_t u = 0; u < G_N_ELEMENTS(units); u++) {
        g_autofree char *full = g_strconcat(name, "_", units[u], NULL);
        int column = cfg_csv_find(csv, full);

        *ret_unit = units[u];
        if (column >= 0)
            return column;
    }
    return -1;
}

bool cfg_csv_time(const struct cfg_csv *csv, int cell, const char *unit, sim_ns *ret,
                  GError **error)
{
    g_autofree char *text = g_strconcat(csv->cell[cell], unit, NULL);
    g_autofree char *why = cfg_parse_time(text, ret);

    return !why || cfg_csv_fail(csv, cell, error, "%s", why);
}

bool cfg_csv_count(const struct cfg_csv *csv, int cell, uint64_t *ret, GError **error)
{
    g_autofree char *why = cfg_parse_count(csv->cell[cell], ret);

    return !why || cfg_csv_fail(csv, cell, error, "%s", why);
}
