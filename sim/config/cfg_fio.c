/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_fio.c - a device as fio measured it (--output-format=json)
 *
 * JSON is YAML of one style, so the workload's reader does. fio runs the jobs of a group at the
 * same time and groups one after another, so a group is one measurement: its depth is the sum of
 * its jobs' depths.
 */
#include <string.h>

#include "cfg_device.h"
#include "cfg_quantiles.h"
#include "cfg_yaml.h"
#include "params.h"

#define GROUPS_MAX   64
#define CHANNELS_MAX 1024

struct group {
    const struct cfg_node *id;
    uint64_t depth, block;               /* bytes of a request */
    double iops;                         /* reads */
    const struct cfg_node *read, *write; /* NULL: none were made */
};

struct fio {
    const char *path;
    const struct cfg_node *root;
    struct group group[GROUPS_MAX];
    unsigned groups;
    GError **error;
};

G_GNUC_PRINTF(3, 4)
static bool fail(const struct fio *f, const struct cfg_node *node, const char *format, ...)
{
    struct cfg_place at = {f->path, node ? node->line : 0, node ? node->column : 0, NULL};
    g_autofree char *what = NULL;
    va_list ap;

    va_start(ap, format);
    what = g_strdup_vprintf(format, ap);
    va_end(ap);
    return cfg_fail(f->error, &at, CFG_ERROR_FILE, "%s", what);
}

/* ---- the tree ---- */

static const struct cfg_node *member(const struct cfg_node *map, const char *key)
{
    for (guint i = 0; map && map->kind == CFG_MAP && i < map->children->len; i++) {
        const struct cfg_node *child = g_ptr_array_index(map->children, i);

        if (strcmp(child->key, key) == 0)
            return child;
    }
    return NULL;
}

/* A finite number that is not negative; false after a message. */
static bool number(const struct fio *f, const struct cfg_node *map, const char *key, double *ret)
{
    const struct cfg_node *node = member(map, key);
    char *end = NULL;

    if (!node)
        return fail(f, map, "no \"%s\" here; is this fio's --output-format=json?", key);
    *ret = node->kind == CFG_SCALAR ? g_ascii_strtod(node->text, &end) : -1;
    if (node->kind == CFG_SCALAR && end && end != node->text && !*end && *ret >= 0 && *ret < 1e15)
        return true;
    return fail(f, node, "\"%s\" is not a number from 0 to 1e15", key);
}

/* An option of the job, or of all jobs; NULL when it was not given. */
static const char *option(const struct fio *f, const struct cfg_node *job, const char *key)
{
    const struct cfg_node *node = member(member(job, "job options"), key);

    if (!node)
        node = member(member(f->root, "global options"), key);
    return node && node->kind == CFG_SCALAR ? node->text : NULL;
}

/* "16", "4k", "64K", "4k,4k": the first number; `missing` when the option was not given. */
static bool size_option(const struct fio *f, const struct cfg_node *job, const char *key,
                        uint64_t missing, uint64_t *ret)
{
    const char *text = option(f, job, key);
    char *end = NULL;

    *ret = missing;
    if (!text)
        return true;
    *ret = g_ascii_strtoull(text, &end, 10);
    if (end == text || *ret == 0 || *ret > G_MAXUINT32)
        return fail(f, job, "option %s is not a number from 1 on", key);
    if (*end == 'k' || *end == 'K')
        *ret *= 1024;
    else if (*end == 'm' || *end == 'M')
        *ret *= 1024 * 1024;
    return true;
}

/* ---- groups ---- */

/* Engines that have one request under way for each job, whatever iodepth says. */
static bool is_synchronous(const char *engine)
{
    static const char *const names[] = {"sync", "psync", "vsync", "pvsync", "pvsync2", "mmap"};

    for (size_t i = 0; engine && i < G_N_ELEMENTS(names); i++)
        if (strcmp(engine, names[i]) == 0)
            return true;
    return !engine; /* fio's default is psync */
}

static struct group *group_of(struct fio *f, const struct cfg_node *id)
{
    for (unsigned g = 0; g < f->groups; g++)
        if (strcmp(f->group[g].id->text, id->text) == 0)
            return &f->group[g];
    if (f->groups == GROUPS_MAX)
        return NULL;
    f->group[f->groups] = (struct group){.id = id};
    return &f->group[f->groups++];
}

/* read or write of a job, if it made any. */
static bool direction(const struct fio *f, const struct cfg_node *job, const char *key,
                      const struct cfg_node **ret)
{
    const struct cfg_node *node = member(job, key);
    double count;

    *ret = NULL;
    if (!node)
        return true;
    if (!number(f, node, "total_ios", &count))
        return false;
    *ret = count > 0 ? node : NULL;
    return true;
}

/* fio goes on after an error and writes what it has: of no use as a measurement. */
static bool ended_well(const struct fio *f, const struct cfg_node *job)
{
    const struct cfg_node *node = member(job, "error");
    double code = 0;

    if (node && !number(f, job, "error", &code))
        return false;
    return code == 0 || fail(f, node, "fio's job ended with error %.0f; run it again", code);
}

static bool add_job(struct fio *f, const struct cfg_node *job)
{
    const struct cfg_node *id = member(job, "groupid"), *read, *write;
    struct group *g = id && id->kind == CFG_SCALAR ? group_of(f, id) : NULL;
    uint64_t depth, jobs, block;
    double iops = 0;

    if (!g)
        return fail(f, job, "a job without \"groupid\", or more than %d groups", GROUPS_MAX);
    if (!ended_well(f, job) || !size_option(f, job, "iodepth", 1, &depth) ||
        !size_option(f, job, "numjobs", 1, &jobs) ||
        !size_option(f, job, "bs", PAGE_BYTES, &block) || !direction(f, job, "read", &read) ||
        !direction(f, job, "write", &write) || (read && !number(f, read, "iops", &iops)))
        return false;
    if (is_synchronous(option(f, job, "ioengine")))
        depth = 1;
    if (option(f, job, "group_reporting")) /* one entry stands for all */
        depth *= jobs;
    g->depth += depth;
    g->block = block;
    g->iops += iops;
    g->read = g->read ? g->read : read;
    g->write = g->write ? g->write : write;
    return true;
}

static bool add_jobs(struct fio *f)
{
    const struct cfg_node *jobs = member(f->root, "jobs");

    if (!jobs || jobs->kind != CFG_LIST || !jobs->children->len)
        return fail(f, jobs ? jobs : f->root,
                    "no list of \"jobs\"; write the file with fio --output-format=json");
    for (guint i = 0; i < jobs->children->len; i++)
        if (!add_job(f, g_ptr_array_index(jobs->children, i)))
            return false;
    return true;
}

/* ---- distributions ---- */

/* lat_ns when fio was asked for its percentiles, else clat_ns: without the submission. */
static const struct cfg_node *latency_of(const struct fio *f, const struct cfg_node *dir)
{
    static const char *const names[] = {"lat_ns", "clat_ns"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (member(member(dir, names[i]), "percentile"))
            return member(dir, names[i]);
    fail(f, dir, "no percentiles; do not switch clat_percentiles off");
    return NULL;
}

static bool add_percentiles(const struct fio *f, const struct cfg_node *list, double least,
                            struct sim_dist *d)
{
    d->points = 1;
    d->q[0].ns = (sim_ns)(least + 0.5);
    for (guint i = 0; list->kind == CFG_MAP && i < list->children->len; i++) {
        const struct cfg_node *node = g_ptr_array_index(list->children, i);
        char *end = NULL;
        double percent = g_ascii_strtod(node->key, &end), ns;
        uint32_t ppm = percent > 0 && percent < 100 ? (uint32_t)(percent * 1e4 + 0.5) : 0;

        if (*end || ppm <= d->q[d->points - 1].ppm || ppm >= PPM)
            return fail(f, node, "percentiles must rise, from above 0 to below 100");
        if (d->points == SIM_DIST_POINTS - 1)
            return fail(f, node, "more than %d percentiles", SIM_DIST_POINTS - 2);
        if (!number(f, list, node->key, &ns))
            return false;
        d->q[d->points].ppm = ppm;
        /* fio's percentiles are middles of cells: they may lie below the exact minimum */
        d->q[d->points].ns = MAX((sim_ns)(ns + 0.5), d->q[d->points - 1].ns);
        d->points++;
    }
    return d->points > 1 || fail(f, list, "no percentiles");
}

static bool dist_of(const struct fio *f, const struct cfg_node *dir, struct sim_dist *ret,
                    double *ret_mean)
{
    const struct cfg_node *lat = latency_of(f, dir);
    double least, greatest;
    const char *why;

    *ret = (struct sim_dist){.kind = SIM_DIST_QUANTILES};
    if (!lat || !number(f, lat, "min", &least) || !number(f, lat, "max", &greatest) ||
        !number(f, lat, "mean", ret_mean) ||
        !add_percentiles(f, member(lat, "percentile"), least, ret))
        return false;
    ret->q[ret->points].ppm = PPM;
    ret->q[ret->points].ns = MAX((sim_ns)(greatest + 0.5), ret->q[ret->points - 1].ns);
    ret->points++;
    if (!cfg_quantiles_fit(ret, *ret_mean))
        return fail(f, lat, "the percentiles do not fit the mean; was the file changed?");
    why = sim_dist_check(ret);
    return !why || fail(f, lat, "%s", why);
}

/* ---- the device ---- */

/* Depth 1, requests of one page. */
static const struct group *at_depth_one(const struct fio *f, bool write)
{
    for (unsigned g = 0; g < f->groups; g++)
        if (f->group[g].depth == 1 && f->group[g].block == PAGE_BYTES &&
            (write ? f->group[g].write : f->group[g].read))
            return &f->group[g];
    return NULL;
}

/* channels / mean = requests a second, when more than `channels` are under way. */
static void fill_channels(const struct fio *f, double mean, struct disk_params *ret)
{
    const struct group *deep = NULL;
    double channels;

    for (unsigned g = 0; g < f->groups; g++)
        if (f->group[g].depth > 1 && f->group[g].block == PAGE_BYTES && f->group[g].read &&
            (!deep || f->group[g].depth > deep->depth))
            deep = &f->group[g];
    channels = deep ? deep->iops * mean / 1e9 + 0.5 : 1;
    ret->channels = channels < 1 ? 1 : channels > CHANNELS_MAX ? CHANNELS_MAX : (uint32_t)channels;
}

/* What a longer request takes beyond one page, for each page more. */
static bool fill_per_page(const struct fio *f, double mean, struct disk_params *ret)
{
    for (unsigned g = 0; g < f->groups; g++) {
        const struct group *big = &f->group[g];
        uint64_t more = big->block / PAGE_BYTES - (big->block >= PAGE_BYTES);
        struct sim_dist unused;
        double longer;

        if (big->depth != 1 || !big->read || !more)
            continue;
        if (!dist_of(f, big->read, &unused, &longer))
            return false;
        ret->per_page = longer > mean ? (sim_ns)((longer - mean) / (double)more + 0.5) : 0;
        return true;
    }
    return true;
}

static bool make_device(struct fio *f, struct disk_params *ret)
{
    const struct group *read, *write;
    double mean, unused;

    if (!add_jobs(f))
        return false;
    read = at_depth_one(f, false);
    write = at_depth_one(f, true);
    if (!read)
        return fail(
            f, member(f->root, "jobs"),
            "no job of reads with bs=4k and iodepth=1 that ran alone; add one with stonewall");
    if (!dist_of(f, read->read, &ret->read, &mean))
        return false;
    ret->write = ret->read;
    if (write && !dist_of(f, write->write, &ret->write, &unused))
        return false;
    fill_channels(f, mean, ret);
    return fill_per_page(f, mean, ret);
}

/* fio may say something before its JSON; lines keep their numbers. */
static void blank_before_json(char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes && text[i] != '{'; i++)
        if (text[i] != '\n')
            text[i] = ' ';
}

bool cfg_fio_read(const char *path, struct disk_params *ret, GError **error)
{
    struct fio *f = g_new0(struct fio, 1);
    g_autoptr(GError) reason = NULL;
    g_autofree char *text = NULL;
    struct cfg_node *root = NULL;
    gsize bytes = 0;
    bool good = false;

    f->path = path;
    f->error = error;
    if (!g_file_get_contents(path, &text, &bytes, &reason)) {
        fail(f, NULL, "cannot read it: %s", reason->message);
    } else if (!memchr(text, '{', bytes)) {
        fail(f, NULL, "no JSON in it; write the file with fio --output-format=json");
    } else {
        blank_before_json(text, bytes);
        root = cfg_yaml_read(path, text, bytes, error);
        f->root = root;
        good = root && make_device(f, ret);
    }
    cfg_node_free(root);
    g_free(f);
    return good;
}
