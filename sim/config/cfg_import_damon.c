/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_import_damon.c - regions and how often DAMON saw them accessed
 *
 * `damo report raw`:
 *     monitoring_start:    104.599 ms
 *     monitoring_end:      209.198 ms
 *     563ebaa00000-563ebc99e000(  31.617 MiB):     1
 * or the text of the trace point (addresses decimal; age since 5.19):
 *     kdamond.0 4568 [001] 79357.842179: damon:damon_aggregated: target_id=0 nr_regions=11
 *     122509119488-135708762112: 0 864                                  (in one line)
 *
 * DAMON samples: of a region it knows in how many of the samples of an aggregation interval one
 * page of it was accessed, and takes all its pages to be alike. So a region that was seen n times,
 * where the most of any is m, becomes touches of n / m of its pages, evenly spread over the region
 * and, with those of the others, over the interval; which of the pages goes round from interval to
 * interval. That is assumed, and so is that all are reads: DAMON does not tell.
 */
#include <string.h>

#include "cfg_import_priv.h"
#include "cfg_value.h"

struct seen {
    sim_ns from, to;
    uint64_t first, pages, times;
    unsigned line;
};

struct damon {
    GArray *seen;
    sim_ns from, to; /* of the interval that is being read */
    bool started;
    /* trace point */
    uint64_t left, target; /* regions of this aggregation that are still to come */
    unsigned aggregations;
};

static struct damon *state_of(struct cfg_importer *i)
{
    struct damon *d = i->own;

    if (d)
        return d;
    i->own = d = g_new0(struct damon, 1);
    d->seen = g_array_new(FALSE, FALSE, sizeof(struct seen));
    return d;
}

/* ---- reading ---- */

/* "8 m 59.809 s", "104.599 ms": a sum. */
static bool span_of(const char *text, sim_ns *ret)
{
    static const struct {
        const char *unit;
        unsigned seconds;
    } long_units[] = {{"m", 60}, {"h", 3600}, {"d", 86400}};
    g_auto(GStrv) words = g_strsplit_set(text, " \t\r", -1);
    g_autofree char *number = NULL;

    *ret = 0;
    for (char **word = words; *word; word++) {
        g_autofree char *why = NULL, *whole = NULL;
        unsigned times = 1;
        sim_ns ns = 0;

        if (!**word)
            continue;
        if (!number) {
            number = g_strdup(*word);
            continue;
        }
        for (size_t u = 0; u < G_N_ELEMENTS(long_units); u++)
            if (strcmp(*word, long_units[u].unit) == 0)
                times = long_units[u].seconds;
        whole = g_strconcat(number, times > 1 ? "s" : *word, NULL);
        why = cfg_parse_time(whole, &ns);
        if (why || ns > 1000000 * SIM_SEC)
            return false;
        *ret += ns * times;
        g_clear_pointer(&number, g_free);
    }
    return !number && words[0] != NULL;
}

static bool add_region(struct cfg_importer *i, size_t column, const char *range, unsigned base,
                       const char *times)
{
    struct damon *d = state_of(i);
    g_auto(GStrv) ends = g_strsplit(range, "-", 2);
    uint64_t start, end, n;
    struct seen seen;

    if (!ends[1] || !cfg_import_number(ends[0], base, &start) ||
        !cfg_import_number(ends[1], base, &end) || end <= start ||
        !cfg_import_number(times, 10, &n))
        return cfg_import_fail(i, column, "no region: START-END: NUMBER is expected");
    seen = (struct seen){d->from, d->to, start / PAGE_BYTES, 0, n, i->at.line};
    seen.pages = (end + PAGE_BYTES - 1) / PAGE_BYTES - seen.first;
    g_array_append_val(d->seen, seen);
    return true;
}

/* The interval's own lines. True in *ret_known if it was one. */
static bool header_line(struct cfg_importer *i, const char *line, bool *ret_known)
{
    static const char *const passed_over[] = {
        "base_time", "target_id", "nr_regions", "monitoring_duration", "monitoring_intervals",
        "intervals"};
    struct damon *d = state_of(i);
    const char *colon = strchr(line, ':');
    bool start = g_str_has_prefix(line, "monitoring_start:");
    bool end = g_str_has_prefix(line, "monitoring_end:");
    sim_ns at;

    *ret_known = true;
    for (size_t p = 0; p < G_N_ELEMENTS(passed_over); p++)
        if (g_str_has_prefix(line, passed_over[p]))
            return true;
    *ret_known = start || end;
    if (!*ret_known)
        return true;
    if (!span_of(colon + 1, &at))
        return cfg_import_fail(i, (size_t)(colon - line) + 2, "no time such as 104.599 ms");
    if (start && at < d->from)
        return cfg_import_fail(i, (size_t)(colon - line) + 2,
                               "earlier than the interval before; report one target alone");
    if (start)
        d->from = at;
    d->to = at;
    d->started = true;
    return true;
}

/* A new aggregation begins when all regions of the last have been said. */
static bool aggregation(struct cfg_importer *i, size_t column, sim_ns when, uint64_t target,
                        uint64_t regions)
{
    struct damon *d = state_of(i);

    if (d->aggregations && target != d->target)
        return cfg_import_fail(
            i, column, "a second target; keep one, such as grep target_id=%" G_GUINT64_FORMAT,
            d->target);
    d->target = target;
    if (d->left) {
        d->left--;
        return true;
    }
    if (d->aggregations && when < d->to)
        return cfg_import_fail(i, column, "earlier than the aggregation before; sort by time");
    d->from = d->aggregations++ ? d->to : when;
    d->to = when;
    d->left = regions - 1;
    return true;
}

static bool trace_point_line(struct cfg_importer *i, char *line, char *fields)
{
    struct damon *d = state_of(i);
    char *at = line, *word, *range, *times;
    uint64_t target = 0, regions = 0;
    sim_ns when = 0;
    size_t column = (size_t)(fields - line) + 1;
    bool timed = false;

    while (!timed && at < fields && (word = cfg_import_word(&at)) != NULL)
        timed = cfg_import_perf_time(word, &when);
    at = fields + strlen("damon_aggregated:");
    word = cfg_import_word(&at);
    if (!timed || !word || !g_str_has_prefix(word, "target_id=") ||
        !cfg_import_number(word + strlen("target_id="), 10, &target))
        return cfg_import_fail(i, column, "no time before it or no target_id behind it");
    word = cfg_import_word(&at);
    if (!word || !g_str_has_prefix(word, "nr_regions=") ||
        !cfg_import_number(word + strlen("nr_regions="), 10, &regions) || !regions)
        return cfg_import_fail(i, column, "no nr_regions=NUMBER");
    range = cfg_import_word(&at);
    times = cfg_import_word(&at);
    if (!range || !times || !g_str_has_suffix(range, ":"))
        return cfg_import_fail(i, column, "no region: START-END: NUMBER is expected");
    range[strlen(range) - 1] = '\0';
    if (!aggregation(i, column, when, target, regions))
        return false;
    /* the first one only says when the second began */
    return d->aggregations < 2 || add_region(i, (size_t)(range - line) + 1, range, 10, times);
}

/* "563ebaa00000-563ebc99e000(  31.617 MiB):   1", with or without blanks and an age. */
static bool raw_line(struct cfg_importer *i, char *line)
{
    char *start = line + strspn(line, " \t"), *colon = strrchr(line, ':'), *times, *at;
    size_t length = strspn(start, "0123456789abcdef-");
    g_autofree char *range = g_strndup(start, length);

    at = colon ? colon + 1 : NULL;
    times = at ? cfg_import_word(&at) : NULL;
    if (!strchr(range, '-') || !times)
        return cfg_import_fail(i, (size_t)(start - line) + 1,
                               "neither a line of damo report raw nor of the trace point "
                               "damon_aggregated");
    if (!state_of(i)->started)
        return cfg_import_fail(i, (size_t)(start - line) + 1,
                               "a region before any monitoring_start");
    return add_region(i, (size_t)(start - line) + 1, range, 16, times);
}

bool cfg_import_damon_line(struct cfg_importer *i, char *line)
{
    char *fields = strstr(line, "damon_aggregated:");
    bool known;

    if (!line[strspn(line, " \t\r")] || line[strspn(line, " \t")] == '#')
        return true;
    if (fields)
        return trace_point_line(i, line, fields);
    if (!header_line(i, line, &known))
        return false;
    return known || raw_line(i, line);
}

/* ---- weighing ---- */

/* Of the region's pages as many as its share of `most` says, at least one. */
static uint64_t touches_of(const struct seen *s, uint64_t most)
{
    return s->times ? (s->pages * s->times + most - 1) / most : 0;
}

static bool play(struct cfg_importer *i, const struct seen *s, uint64_t n, uint64_t round,
                 uint64_t before, uint64_t all)
{
    uint64_t step = n ? s->pages / n : 1;

    i->at.line = s->line;
    for (uint64_t t = 0; t < n; t++) {
        uint64_t page = (t * s->pages / n + round % (step ? step : 1)) % s->pages;
        sim_ns when =
            s->from + (sim_ns)((double)(s->to - s->from) * (double)(before + t) / (double)all);

        if (!cfg_import_access(i, 1, when, (s->first + page) * PAGE_BYTES, false))
            return false;
    }
    return true;
}

/* The regions of one interval, from `at` on; returns where the next interval begins. */
static guint interval_end(const GArray *seen, guint at, uint64_t most, uint64_t *ret_touches)
{
    sim_ns from = g_array_index(seen, struct seen, at).from;

    *ret_touches = 0;
    for (; at < seen->len && g_array_index(seen, struct seen, at).from == from; at++)
        *ret_touches += touches_of(&g_array_index(seen, struct seen, at), most);
    return at;
}

static bool play_all(struct cfg_importer *i, const GArray *seen, uint64_t most)
{
    uint64_t round = 0, total = 0;

    for (guint at = 0, end; at < seen->len; at = end, round++) {
        uint64_t all, before = 0;

        end = interval_end(seen, at, most, &all);
        total += all;
        i->at.line = g_array_index(seen, struct seen, at).line;
        if (all > PAGE_TRACE_TOUCHES_MAX || total > PAGE_TRACE_TOUCHES_MAX)
            return cfg_import_fail(i, 1,
                                   "more than 2^26 touches from here on; record a shorter "
                                   "time or a smaller program");
        for (; at < end; at++) {
            const struct seen *s = &g_array_index(seen, struct seen, at);
            uint64_t n = touches_of(s, most);

            if (!play(i, s, n, round, before, all))
                return false;
            before += n;
        }
    }
    return true;
}

bool cfg_import_damon_end(struct cfg_importer *i)
{
    struct damon *d = state_of(i);
    uint64_t most = 0;
    bool good = true;

    for (guint r = 0; r < d->seen->len; r++) {
        struct seen *s = &g_array_index(d->seen, struct seen, r);

        most = MAX(most, s->times);
        if (good && s->times && s->pages > G_MAXUINT32 / (s->times + 1)) {
            i->at.line = s->line;
            good = cfg_import_fail(i, 1, "a region of %" G_GUINT64_FORMAT " pages is too big",
                                   s->pages);
        }
    }
    return good && play_all(i, d->seen, most ? most : 1);
}

void cfg_import_damon_free(struct cfg_importer *i)
{
    struct damon *d = i->own;

    if (d)
        g_array_free(d->seen, TRUE);
    g_free(d);
    i->own = NULL;
}
