/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_import.c - which reader; times; CSV
 */
#include "cfg_import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cfg_csv.h"
#include "cfg_import_priv.h"

const char *const cfg_import_names[CFG_IMPORTS + 1] = {"perf", "damon", "csv", "lackey", NULL};

/* ---- CSV ---- */

struct columns {
    int time, page, address, rw;
    const char *unit;
};

static bool find_columns(const struct cfg_csv *csv, struct columns *c, GError **error)
{
    c->time = cfg_csv_find_time(csv, "time", &c->unit);
    c->page = cfg_csv_find(csv, "page");
    c->address = cfg_csv_find(csv, "address");
    c->rw = cfg_csv_find(csv, "rw");
    if (c->time >= 0 && (c->page >= 0) != (c->address >= 0))
        return true;
    return cfg_csv_fail(csv, 0, error,
                        "a page trace has the columns time_ns (or _us, _ms, _s), page or address, "
                        "and, if it knows, rw");
}

static bool csv_row(struct cfg_importer *i, const struct cfg_csv *csv, const struct columns *c)
{
    int where = c->page >= 0 ? c->page : c->address;
    const char *text = csv->cell[where], *rw = c->rw >= 0 ? csv->cell[c->rw] : "r";
    bool hex = g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X");
    uint64_t address;
    sim_ns when;

    i->at = csv->at;
    if (!cfg_csv_time(csv, c->time, c->unit, &when, i->error))
        return false;
    if (!cfg_import_number(hex ? text + 2 : text, hex ? 16 : 10, &address) ||
        (c->page >= 0 && address > UINT64_MAX / PAGE_BYTES))
        return cfg_csv_fail(csv, where, i->error, "no number; write 4096 or 0x1000");
    if (!strchr("rRwW", *rw) || !*rw || rw[1])
        return cfg_csv_fail(csv, c->rw, i->error, "neither r nor w");
    return cfg_import_access(i, csv->column[where], when,
                             c->page >= 0 ? address * PAGE_BYTES : address, strchr("wW", *rw));
}

static bool import_csv(struct cfg_importer *i, const char *path)
{
    struct cfg_csv csv;
    struct columns columns;
    int got = 0;
    bool good;

    if (!cfg_csv_open(&csv, path, i->error))
        return false;
    good = find_columns(&csv, &columns, i->error);
    while (good && (got = cfg_csv_next(&csv, i->error)) > 0)
        good = csv_row(i, &csv, &columns);
    cfg_csv_close(&csv);
    i->at = (struct cfg_place){path, 0, 0, NULL};
    return good && got == 0;
}

/* ---- lines ---- */

static bool lackey_line(struct cfg_importer *i, char *line)
{
    i->any = true; /* its times are the fold's own */
    return page_fold_lackey(i->fold, line) ||
           cfg_import_fail(i, 1, "no memory for so many accesses; record a shorter run");
}

static bool import_lines(struct cfg_importer *i, FILE *in,
                         bool (*take)(struct cfg_importer *, char *))
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t got;
    bool good = true;

    while (good && (got = getline(&line, &capacity, in)) > 0) {
        i->at.line++;
        if (line[got - 1] == '\n')
            line[--got] = '\0';
        good = strlen(line) == (size_t)got ? take(i, line)
                                           : cfg_import_fail(i, 1, "not text: a NUL byte");
    }
    free(line);
    if (good && ferror(in))
        return cfg_import_fail(i, 1, "cannot read on: %s", g_strerror(errno));
    return good;
}

static bool import_text(struct cfg_importer *i, const char *path, enum cfg_import from)
{
    FILE *in = fopen(path, "r");
    bool good = false;

    if (!in)
        return cfg_fail(i->error, &i->at, CFG_ERROR_FILE, "cannot read it: %s", g_strerror(errno));
    if (from == CFG_IMPORT_PERF)
        good = import_lines(i, in, cfg_import_perf_line);
    else if (from == CFG_IMPORT_LACKEY)
        good = import_lines(i, in, lackey_line);
    else
        good = import_lines(i, in, cfg_import_damon_line) && cfg_import_damon_end(i);
    fclose(in);
    return good;
}

bool cfg_import(const char *path, enum cfg_import from, struct page_fold *f, GError **error)
{
    struct cfg_importer i = {.fold = f, .at = {path, 0, 0, NULL}, .error = error};
    struct stat status;
    bool good;

    if (stat(path, &status) == 0 && S_ISCHR(status.st_mode)) /* some never end */
        return cfg_fail(error, &i.at, CFG_ERROR_FILE, "a device; want a file or a pipe");
    good = from == CFG_IMPORT_CSV ? import_csv(&i, path) : import_text(&i, path, from);

    cfg_import_damon_free(&i);
    if (good && !page_fold_touches(f))
        return cfg_fail(error, &(struct cfg_place){path, 0, 0, NULL}, CFG_ERROR_TRACE,
                        "no access to memory of the program in it; see docs/page-trace.md on how "
                        "to record");
    return good;
}
