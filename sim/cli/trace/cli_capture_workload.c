/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_workload.c - a capture's faults as a workload
 *
 * Each vCPU thread becomes a task that touches, in the capture's order and with its gaps, a page
 * for each of the thread's asynchronous faults; those of which the guest was not told become a
 * second task, whose accesses are the guest's kernel's. A gfn that was missed again later is a page
 * of its own: why the host had taken it away is not in a capture. Pages come from userfaultfd,
 * after the capture's median wait.
 */
#include "cli_capture_workload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg_page_trace.h"
#include "cli.h"
#include "cli_files.h"

#define GAP_MAX 4000000000u /* ns; docs/page-trace.md: below 2^32 */
#define WAIT_NS 1000000u    /* assumed, where the capture has no times */

/* A fault, and which page it is to be. */
struct fault {
    uint64_t gfn, when, ready;
    uint32_t actor, at, page;
};

/* What becomes a task: the faults of a vCPU thread that were told, or those that were not. */
struct actor {
    uint32_t thread, vcpu, faults;
    bool told;
};

struct plan {
    const struct capture *c;
    double ticks_per_ns; /* 0: times are ns */
    GArray *faults;      /* in the order of time; struct fault */
    GArray *actors;      /* struct actor */
    uint32_t vcpus;
    uint64_t wait, length;
};

static uint64_t ns_of(const struct plan *p, uint32_t event)
{
    uint64_t when = event ? cap_at(p->c, event)->when : 0;

    return p->ticks_per_ns > 0 ? (uint64_t)((double)when / p->ticks_per_ns) : when;
}

static gint by_page(gconstpointer a, gconstpointer b)
{
    const struct fault *x = *(const struct fault *const *)a, *y = *(const struct fault *const *)b;

    if (x->gfn != y->gfn)
        return x->gfn < y->gfn ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Pages of one actor by address; the same gfn once more is the next page. */
static uint32_t number_pages(struct plan *p, uint32_t actor)
{
    g_autoptr(GPtrArray) mine = g_ptr_array_new();

    for (guint i = 0; i < p->faults->len; i++)
        if (g_array_index(p->faults, struct fault, i).actor == actor)
            g_ptr_array_add(mine, &g_array_index(p->faults, struct fault, i));
    g_ptr_array_sort(mine, by_page);
    for (guint i = 0; i < mine->len; i++)
        ((struct fault *)g_ptr_array_index(mine, i))->page = i;
    return mine->len;
}

static uint32_t actor_of(struct plan *p, uint32_t thread, bool told)
{
    struct actor fresh = {thread, p->vcpus, 0, told};

    for (guint i = 0; i < p->actors->len; i++) {
        const struct actor *a = &g_array_index(p->actors, struct actor, i);

        if (a->thread != thread)
            continue;
        if (a->told == told)
            return i;
        fresh.vcpu = a->vcpu;
    }
    p->vcpus += fresh.vcpu == p->vcpus;
    g_array_append_val(p->actors, fresh);
    return p->actors->len - 1;
}

static void collect(struct plan *p, const struct cap_judgement *j)
{
    g_autoptr(GArray) waits = g_array_new(FALSE, FALSE, sizeof(uint64_t));

    for (guint i = 0; i < j->items->len; i++) {
        const struct cap_item *item = &g_array_index(j->items, struct cap_item, i);
        uint64_t when = ns_of(p, item->not_present), done = ns_of(p, item->completed);
        struct fault f = {.gfn = item->gfn,
                          .when = when,
                          .ready = item->ready ? ns_of(p, item->ready) : when,
                          .actor = actor_of(p, item->thread, item->announced),
                          .at = i};
        uint64_t wait = done > when ? done - when : 0;

        g_array_append_val(p->faults, f);
        g_array_index(p->actors, struct actor, f.actor).faults++;
        if (wait)
            g_array_append_val(waits, wait);
    }
    g_array_sort(waits, cap_by_value);
    p->wait = waits->len ? g_array_index(waits, uint64_t, waits->len / 2) : WAIT_NS;
}

/* The user time before a fault: since the one before it was there, or since it began. */
static uint32_t gap_before(const struct fault *f, const struct fault *before)
{
    uint64_t since = before ? MAX(before->when, MIN(before->ready, f->when)) : f->when;
    uint64_t gap = f->when > since ? f->when - since : 0;

    return (uint32_t)MIN(gap, GAP_MAX);
}

static bool write_touches(struct plan *p, struct page_trace_writer *w, uint32_t actor)
{
    const struct fault *before = NULL;

    for (guint i = 0; i < p->faults->len; i++) {
        const struct fault *f = &g_array_index(p->faults, struct fault, i);
        uint32_t gap;

        if (f->actor != actor)
            continue;
        gap = gap_before(f, before);
        p->length += gap;
        if (!page_trace_write_touch(w, f->page, false, gap))
            return false;
        before = f;
    }
    return true;
}

static int write_trace(struct plan *p, const char *path, const char *capture, uint32_t actor,
                       uint32_t pages)
{
    uint32_t thread = g_array_index(p->actors, struct actor, actor).thread;
    struct page_trace_info info = {.pages = pages, .touches = pages};
    char error[PAGE_TRACE_ERROR_MAX] = "cannot be written";
    struct page_trace_writer *w;
    g_autofree char *base = g_path_get_basename(capture);
    FILE *file = fopen(path, "wb");
    bool good;

    if (!file)
        return cli_fail(CLI_MISSING, "%s: cannot be written: %s", path, g_strerror(errno));
    g_snprintf(info.program, sizeof info.program, "vCPU thread %u", thread);
    g_snprintf(info.command, sizeof info.command, "%s", base);
    g_snprintf(info.source, sizeof info.source, "asynchronous faults of a capture");
    w = page_trace_write_begin(file, &info, error);
    good = w && write_touches(p, w, actor);
    good = w && page_trace_write_end(w, error) && good;
    good = fclose(file) == 0 && good;
    return good ? CLI_GOOD : cli_fail(CLI_MISSING, "%s: %s", path, error);
}

static uint32_t not_told(const struct plan *p)
{
    uint32_t n = 0;

    for (guint i = 0; i < p->actors->len; i++) {
        const struct actor *a = &g_array_index(p->actors, struct actor, i);

        n += a->told ? 0 : a->faults;
    }
    return n;
}

static void yaml_head(GString *out, const struct plan *p, const char *name)
{
    uint64_t most = p->length + p->wait * (p->faults->len + 10) * 2 + 1000000000;

    g_string_append_printf(
        out,
        "# %s: does a captured guest get the same asynchronous faults in the simulator?\n"
        "#\n"
        "# %u faults of %u vCPU threads, each a page that userfaultfd supplies after %" PRIu64
        " ns,\n# the median wait of the capture. The guest was not told of %u: they are made by "
        "its "
        "kernel here.\n"
        "name: %s\nduration: %" PRIu64 "ns\nwarmup: 0s\nseed: 1\nreplicas: 1\nmodes: [apf]\n"
        "guest:\n  vcpus: %u\n  memory: %uGiB\nmonitor:\n  latency: %" PRIu64
        "ns\n  parallelism: 64\nregions:\n",
        name, p->faults->len, p->vcpus, p->wait, not_told(p), name, most, p->vcpus,
        1 + p->faults->len / (1u << 18), p->wait); /* 2^18 pages are 1 GiB */
}

static int write_all(struct plan *p, const char *path, const char *output)
{
    g_autofree char *stem = g_strndup(output, strlen(output) - strlen(".yaml"));
    g_autofree char *name = g_path_get_basename(stem);
    g_autoptr(GString) regions = g_string_new(NULL), tasks = g_string_new("tasks:\n");
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < p->actors->len; i++) {
        const struct actor *a = &g_array_index(p->actors, struct actor, i);
        uint32_t pages = number_pages(p, i);
        g_autofree char *trace = g_strdup_printf("%s-%u.pt", stem, i);
        g_autofree char *base = g_path_get_basename(trace);
        int status = write_trace(p, trace, path, i, pages);

        if (status != CLI_GOOD)
            return status;
        g_string_append_printf(regions, "  r%u: {size: %uKiB, backing: userfaultfd}\n", i,
                               pages * 4);
        g_string_append_printf(
            tasks,
            "  vcpu-%u%s:\n    vcpu: %u\n    measure: true\n    iterations: 1\n    loop:\n"
            "      - touch: {region: r%u, pattern: trace, trace: %s, pages: %u%s}\n",
            a->vcpu, a->told ? "" : "-kernel", a->vcpu, i, base, pages,
            a->told ? "" : ", kernel: 100%");
    }
    yaml_head(out, p, name);
    g_string_append_printf(out, "%s%s", regions->str, tasks->str);
    return cli_files_write_path(output, out->str, out->len);
}

int cli_capture_workload(const char *path, const struct capture *c,
                         const struct cli_capture_options *o, const char *output)
{
    struct plan p = {.c = c, .ticks_per_ns = c->ns ? 0 : o->mhz_number / 1000};
    struct cap_judgement j;
    int status;

    if (c->format == CAP_FTRACE && !c->ns && o->mhz_number <= 0)
        return cli_fail(CLI_USAGE, "%s: its times are ticks of some clock: say --mhz=N", path);
    cap_judge(c, APF_KERNEL_6_12, CAP_MODE_TOLERANT, &j);
    p.faults = g_array_new(FALSE, FALSE, sizeof(struct fault));
    p.actors = g_array_new(FALSE, FALSE, sizeof(struct actor));
    collect(&p, &j);
    status = p.faults->len ? write_all(&p, path, output)
                           : cli_fail(CLI_USAGE, "%s: no asynchronous fault in it", path);
    g_array_free(p.faults, TRUE);
    g_array_free(p.actors, TRUE);
    cap_judgement_free(&j);
    return status;
}
