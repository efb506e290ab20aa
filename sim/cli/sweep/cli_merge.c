/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_merge.c - `sim merge`: the shards of a sweep become its files
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli_files.h"
#include "cli_table.h"

struct merge {
    const char *dir;
    GPtrArray *names; /* files of shards, sorted */
    struct cli_points **p;
    uint32_t count;
};

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Files of shards in a directory; NULL: cannot be read. */
static GPtrArray *shard_files(const char *dir)
{
    GDir *open = g_dir_open(dir, 0, NULL);
    GPtrArray *names;
    const char *name;
    struct cli_shard ignored;

    if (!open)
        return NULL;
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(open)))
        if (cli_points_name(name, &ignored))
            g_ptr_array_add(names, g_strdup(name));
    g_dir_close(open);
    g_ptr_array_sort(names, by_name);
    return names;
}

int cli_shard_alone(const char *dir, const struct cli_shard *shard)
{
    g_autoptr(GPtrArray) names = shard_files(dir);
    g_autofree char *whole = g_build_filename(dir, "sweep.points", NULL);

    if (shard->count > 1 && g_file_test(whole, G_FILE_TEST_EXISTS))
        return cli_fail(CLI_USAGE,
                        "%s: is of a sweep without shards; take another --output, or remove that "
                        "file",
                        whole);
    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        struct cli_shard other;

        if (cli_points_name(name, &other) && other.count != shard->count)
            return cli_fail(CLI_USAGE,
                            "%s/%s: is one of %u shards, this would be one of %u; take another "
                            "--output, or remove the shards there",
                            dir, name, other.count, shard->count);
    }
    return CLI_GOOD;
}

/* One shard into its place. */
static int take_file(struct merge *m, const char *name)
{
    g_autofree char *path = g_build_filename(m->dir, name, NULL);
    struct cli_shard says = {0}, is;
    struct cli_points *p;
    int status;

    cli_points_name(name, &says);
    p = cli_points_read(path, &status);
    if (!p)
        return status;
    is = cli_points_shard(p);
    if (is.number < m->count && m->p[is.number])
        status = cli_fail(CLI_USAGE, "%s: shard %u of %u is there twice: %s has it, too", path,
                          is.number, is.count, cli_points_path(m->p[is.number]));
    else if (is.number != says.number || is.count != says.count)
        status = cli_fail(CLI_USAGE, "%s: is shard %u of %u, whatever its name says", path,
                          is.number, is.count);
    else if (is.count != m->count)
        status =
            cli_fail(CLI_USAGE, "%s: one of %u shards among those of %u", path, is.count, m->count);
    if (status == CLI_GOOD)
        m->p[is.number] = p;
    else
        cli_points_close(p);
    return status;
}

static int check_same(const struct merge *m)
{
    for (uint32_t k = 1; k < m->count; k++) {
        g_autofree char *other =
            cli_identity_difference(cli_points_identity(m->p[k]), cli_points_identity(m->p[0]));

        if (other)
            return cli_fail(CLI_USAGE, "%s is of another sweep than %s: %s",
                            cli_points_path(m->p[k]), cli_points_path(m->p[0]), other);
        if (strcmp(cli_points_header(m->p[k]), cli_points_header(m->p[0])) != 0)
            return cli_fail(CLI_USAGE, "%s has other columns than %s", cli_points_path(m->p[k]),
                            cli_points_path(m->p[0]));
    }
    return CLI_GOOD;
}

/* "3, 5 and 2 more" */
static int check_missing(const struct merge *m)
{
    g_autoptr(GString) list = g_string_new(NULL);
    uint32_t missing = 0;

    for (uint32_t k = 0; k < m->count; k++) {
        if (m->p[k])
            continue;
        if (missing++ < 10)
            g_string_append_printf(list, "%s%u", list->len ? ", " : "", k);
    }
    if (missing > 10)
        g_string_append_printf(list, " and %u more", missing - 10);
    if (!missing)
        return CLI_GOOD;
    return cli_fail(CLI_USAGE, "%s: of %u shards %u are missing: %s; run them with --shard=K/%u",
                    m->dir, m->count, missing, list->str, m->count);
}

static int read_shards(struct merge *m)
{
    struct cli_shard first = {0};
    int status = CLI_GOOD;

    if (!m->names->len)
        return cli_fail(CLI_USAGE,
                        "%s: no shards there; sim sweep --shard=K/N --output=%s makes "
                        "them",
                        m->dir, m->dir);
    cli_points_name(g_ptr_array_index(m->names, 0), &first);
    m->count = CLAMP(first.count, 1, CLI_SHARDS_MAX);
    m->p = g_new0(struct cli_points *, m->count);
    for (guint i = 0; i < m->names->len && status == CLI_GOOD; i++)
        status = take_file(m, g_ptr_array_index(m->names, i));
    if (status == CLI_GOOD)
        status = check_missing(m);
    return status == CLI_GOOD ? check_same(m) : status;
}

static int merge(const char *dir, bool quiet)
{
    struct merge m = {.dir = dir, .names = shard_files(dir)};
    struct cli_table_sum sum;
    uint32_t bad;
    bool there;
    int status;

    if (!m.names)
        return cli_fail(CLI_USAGE, "%s: cannot read this directory: %s", dir, g_strerror(errno));
    status = read_shards(&m);
    if (status == CLI_GOOD) /* when it is there: the same again, the same bytes */
        status = cli_table_there(dir, cli_points_identity(m.p[0]), &there, &bad);
    if (status == CLI_GOOD)
        status = cli_table_write(dir, m.p, &sum);
    if (status == CLI_GOOD)
        status = cli_table_say(dir, &sum, cli_points_identity(m.p[0])->points, quiet);
    for (uint32_t k = 0; k < m.count; k++)
        cli_points_close(m.p[k]);
    g_free(m.p);
    g_ptr_array_unref(m.names);
    return status;
}

static const char summary[] =
    "Makes sweep.csv and sweep.json of the shards in DIR: the bytes that one sweep without shards\n"
    "would have written. Shards that are missing, damaged or of another sweep are refused.";

int cli_merge(int argc, char **argv)
{
    g_auto(GStrv) dirs = NULL;
    gboolean quiet = FALSE;
    const GOptionEntry entries[] = {
        {"quiet", 0, 0, G_OPTION_ARG_NONE, &quiet, "Nothing on standard output", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &dirs, NULL, "DIR"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    int status = CLI_USAGE;

    if (!cli_parse(argc, argv, entries, summary, NULL, &status))
        return status;
    if (!dirs || dirs[1])
        return cli_fail(CLI_USAGE, "one directory with shards is needed: sim merge DIR");
    return merge(dirs[0], quiet);
}
