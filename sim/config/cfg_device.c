/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_device.c - devices from files: which reader; histograms
 */
#include "cfg_device.h"

#include <string.h>

#include "cfg_csv.h"
#include "cfg_quantiles.h"

static const char *const prefixes[] = {"fio:", "histogram:"};

bool cfg_device_is_file(const char *device)
{
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(device, prefixes[i]))
            return true;
    return false;
}

/* ---- histograms ---- */

struct bin {
    sim_ns ns;
    uint64_t count;
};

static bool read_bins(struct cfg_csv *csv, GArray *bins, GError **error)
{
    const char *unit;
    int latency = cfg_csv_find_time(csv, "latency", &unit), count = cfg_csv_find(csv, "count"), got;

    if (latency < 0 || count < 0)
        return cfg_csv_fail(csv, 0, error,
                            "a histogram has the columns latency_ns (or _us, _ms, _s) and count");
    while ((got = cfg_csv_next(csv, error)) > 0) {
        struct bin bin;

        if (!cfg_csv_time(csv, latency, unit, &bin.ns, error) ||
            !cfg_csv_count(csv, count, &bin.count, error))
            return false;
        if (bins->len && bin.ns <= g_array_index(bins, struct bin, bins->len - 1).ns)
            return cfg_csv_fail(csv, latency, error, "latencies must rise; sort the file");
        if (bin.count > G_MAXUINT32)
            return cfg_csv_fail(csv, count, error, "counts end at 4294967295; divide them all");
        if (bin.count)
            g_array_append_val(bins, bin);
    }
    if (got == 0 && !bins->len)
        return cfg_csv_fail(csv, 0, error, "no row with a count above 0");
    return got == 0;
}

static double mean_of(const GArray *bins, uint64_t *ret_all)
{
    double sum = 0;

    *ret_all = 0;
    for (guint i = 0; i < bins->len; i++) {
        const struct bin *bin = &g_array_index(bins, struct bin, i);

        sum += (double)bin->ns * (double)bin->count;
        *ret_all += bin->count;
    }
    return sum / (double)*ret_all;
}

static void add_point(struct sim_dist *d, uint32_t ppm, sim_ns ns)
{
    d->q[d->points].ppm = ppm;
    d->q[d->points++].ns = ns;
}

/* Few bins: each is a step, with a slope of 1e-6 between two. */
static void steps_of(const GArray *bins, uint64_t all, struct sim_dist *d)
{
    uint64_t below = 0;
    uint32_t from = 0;

    for (guint i = 0; i < bins->len; i++) {
        const struct bin *bin = &g_array_index(bins, struct bin, i);
        uint32_t to;

        below += bin->count;
        to = (uint32_t)((double)below / (double)all * PPM + 0.5);
        if (to <= from + 1 && i + 1 < bins->len)
            continue; /* less than two millionths: the next one's */
        add_point(d, from ? from + 1 : 0, bin->ns);
        add_point(d, to, bin->ns);
        from = to;
    }
}

/* Many bins: the least latency that the share does not exceed, at these shares. */
static void percentiles_of(const GArray *bins, uint64_t all, struct sim_dist *d)
{
    static const uint32_t shares[] = {0,      1000,   5000,   10000,  50000,  100000, 150000,
                                      200000, 300000, 400000, 500000, 600000, 700000, 750000,
                                      800000, 850000, 900000, 925000, 950000, 975000, 990000,
                                      995000, 997500, 999000, 999500, 999900, 999990, PPM};
    uint64_t below = 0;
    guint at = 0;

    for (size_t s = 0; s < G_N_ELEMENTS(shares); s++) {
        double want = (double)all * shares[s] / PPM;

        while (at + 1 < bins->len &&
               (double)(below + g_array_index(bins, struct bin, at).count) < want)
            below += g_array_index(bins, struct bin, at++).count;
        add_point(d, shares[s], g_array_index(bins, struct bin, at).ns);
    }
}

static bool dist_of(const GArray *bins, const struct cfg_csv *csv, struct sim_dist *ret,
                    GError **error)
{
    uint64_t all;
    double mean = mean_of(bins, &all);
    const char *why;

    *ret = (struct sim_dist){.kind = SIM_DIST_QUANTILES};
    if (bins->len == 1)
        *ret = (struct sim_dist){.a = g_array_index(bins, struct bin, 0).ns};
    else if (bins->len <= SIM_DIST_POINTS / 2)
        steps_of(bins, all, ret);
    else
        percentiles_of(bins, all, ret);
    if (ret->points && !cfg_quantiles_fit(ret, mean))
        return cfg_csv_fail(csv, 0, error,
                            "a tail too heavy for 28 percentiles; give bins of some width");
    why = sim_dist_check(ret);
    return !why || cfg_csv_fail(csv, 0, error, "%s", why);
}

static bool read_histogram(const char *path, struct disk_params *ret, GError **error)
{
    g_autoptr(GArray) bins = g_array_new(FALSE, FALSE, sizeof(struct bin));
    struct cfg_csv csv;
    bool good;

    if (!cfg_csv_open(&csv, path, error))
        return false;
    good = read_bins(&csv, bins, error) && dist_of(bins, &csv, &ret->read, error);
    ret->write = ret->read;
    cfg_csv_close(&csv);
    return good;
}

/* ---- either ---- */

char *cfg_device_name(const char *device)
{
    size_t kind = strcspn(device, ":") + 1;
    g_autofree char *base = g_path_get_basename(device + kind);

    return g_strdup_printf("%.*s%s", (int)kind, device, base);
}

bool cfg_device_read(const char *device, const char *path, const char *begins,
                     const struct cfg_place *at, struct disk_params *ret, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return cfg_fail(error, at, CFG_ERROR_FILE, "disk.device: %s is not a file", path);
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return cfg_fail(error, at, CFG_ERROR_FILE, "disk.device: no file %s; %s", path, begins);
    *ret = (struct disk_params){.channels = 1};
    return g_str_has_prefix(device, "fio:") ? cfg_fio_read(path, ret, error)
                                            : read_histogram(path, ret, error);
}
