/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_records.c - see cli_capture_records.h
 *
 * trace.dat keeps the CPUs, JSON has a track for each thread. Events that text has in the same
 * microsecond are set a nanosecond apart, so that they keep their order.
 */
#include "cli_capture_records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cap_judge.h"
#include "cli.h"
#include "cli_stream.h"
#include "trace_dat_read.h"
#include "trace_ftrace.h"
#include "trace_out.h"

#define NS_OF_US 1000u

struct thread {
    uint32_t pid;
    char comm[TRACE_NAME_BYTES];
};

struct records {
    const struct capture *c;
    GArray *thread;   /* struct thread, in order of appearance */
    GHashTable *of;   /* pid -> index + 1 */
    GHashTable *told; /* events of not_present of which the guest was told */
    double mhz;
    bool json;
    uint32_t cpus;
    uint64_t left_out;
    sim_ns last;
};

/* ---- who ---- */

static uint32_t thread_of(struct records *r, const struct cap_columns *columns)
{
    gpointer key = GUINT_TO_POINTER(columns->pid);
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(r->of, key));
    struct thread new = {.pid = columns->pid};
    size_t bytes = MIN(columns->comm_bytes, sizeof new.comm - 1);

    if (index)
        return index - 1;
    while (bytes && columns->comm[bytes - 1] == ' ')
        bytes--;
    memcpy(new.comm, columns->comm, bytes);
    g_array_append_val(r->thread, new);
    g_hash_table_insert(r->of, key, GUINT_TO_POINTER(r->thread->len));
    return r->thread->len - 1;
}

static void survey(struct records *r)
{
    struct cap_columns columns;

    for (guint i = 1; i < r->c->events->len; i++) {
        if (!cap_columns_of(r->c, cap_at(r->c, i), &columns))
            continue;
        thread_of(r, &columns);
        r->cpus = MAX(r->cpus, columns.cpu + 1);
    }
}

static void find_told(struct records *r)
{
    struct cap_judgement j;

    cap_judge(r->c, APF_KERNEL_6_12, CAP_MODE_TOLERANT, &j);
    for (guint i = 0; i < j.items->len; i++) {
        const struct cap_item *item = &g_array_index(j.items, struct cap_item, i);

        if (item->announced)
            g_hash_table_add(r->told, GUINT_TO_POINTER(item->not_present));
    }
    cap_judgement_free(&j);
}

static void thread_name(const void *self, uint32_t i, uint32_t *ret_pid, char ret[TRACE_NAME_BYTES])
{
    const struct records *r = self;
    const struct thread *t = &g_array_index(r->thread, struct thread, i);

    *ret_pid = t->pid;
    g_strlcpy(ret, t->comm, TRACE_NAME_BYTES);
}

static void track_name(const void *self, uint32_t i, char ret[TRACE_NAME_BYTES])
{
    const struct records *r = self;
    const struct thread *t = &g_array_index(r->thread, struct thread, i);

    g_snprintf(ret, TRACE_NAME_BYTES, "%.40s %u", t->comm, t->pid);
}

/* ---- what ---- */

static sim_ns time_of(struct records *r, const struct cap_columns *columns)
{
    const bool ticks = !r->c->ns && r->mhz <= 0;
    sim_ns when = columns->when;

    if (!r->c->ns && !ticks)
        when = (sim_ns)((double)when * NS_OF_US / r->mhz);
    if (!ticks && when % NS_OF_US == 0 && when <= r->last && r->last - when < NS_OF_US - 1)
        when = r->last + 1;
    r->last = when;
    return when;
}

static void put_event(struct records *r, struct trace_out *out, guint i)
{
    const struct cap_event *e = cap_at(r->c, i);
    const char *words = r->c->text + e->offset, *end = r->c->text + r->c->bytes;
    const char *stop = memchr(words, '\n', (size_t)(end - words));
    struct cap_columns columns;
    struct trace_record record;

    if (!cap_columns_of(r->c, e, &columns) ||
        !trace_record_scan(words, (size_t)((stop ? stop : end) - words), &record)) {
        r->left_out++;
        return;
    }
    trace_ftrace_flags(columns.flags, columns.flags_bytes, &record);
    record.when = time_of(r, &columns);
    record.pid = columns.pid;
    record.cpu = r->json ? thread_of(r, &columns) : columns.cpu;
    trace_out_record(out, &record, g_hash_table_contains(r->told, GUINT_TO_POINTER(i)));
}

static int put_all(struct records *r, struct cli_stream *s, const char *input)
{
    const struct trace_plan plan = {.format = r->json ? TRACE_JSON : TRACE_DAT,
                                    .fd = s->fd,
                                    .spool = s->spool,
                                    .to = SIM_NEVER,
                                    .cap = UINT64_MAX,
                                    .ticks = !r->c->ns && r->mhz <= 0};
    const struct trace_shape shape = {.vcpus = r->json ? r->thread->len : r->cpus,
                                      .threads = r->thread->len,
                                      .vcpu_name = track_name,
                                      .thread = thread_name,
                                      .self = r};
    struct trace_out *out = trace_out_create(&plan, &shape);
    struct trace_told told;

    if (!out)
        return cli_fail(CLI_MISSING, "%s: no memory for it", s->name);
    for (guint i = 1; i < r->c->events->len; i++)
        put_event(r, out, i);
    trace_out_finish(out, &told);
    errno = told.error;
    if (told.error)
        return cli_stream_fail(s);
    if (r->left_out + r->c->other)
        fprintf(stderr, "sim: %s: %" PRIu64 " events are left out: no trace points of APF's\n",
                input, r->left_out + r->c->other);
    return cli_stream_keep(s);
}

static int convert(struct records *r, const char *input, const char *output)
{
    struct cli_stream s;
    int status;

    survey(r);
    if (r->json)
        find_told(r);
    if (!r->thread->len)
        return cli_fail(CLI_USAGE, "%s: no event of KVM in it", input);
    if (!r->json && r->cpus > TRACE_DAT_CPUS_MAX)
        return cli_fail(CLI_USAGE, "%s: an event on CPU %u; a trace.dat has %d CPUs at most", input,
                        r->cpus - 1, TRACE_DAT_CPUS_MAX);
    status =
        cli_stream_open(&s, "", output, r->json ? NULL : "trace.dat must be a file of its own");
    if (status == CLI_GOOD)
        status = put_all(r, &s, input);
    cli_stream_close(&s);
    return status;
}

int cli_capture_records(const char *input, const struct capture *c, double mhz, const char *output,
                        bool json)
{
    struct records r = {.c = c, .mhz = mhz, .json = json};
    int status;

    if (c->format == CAP_STREAMS)
        return cli_fail(CLI_USAGE, "%s: actor streams have no times; want ftrace text", input);
    if (json && !c->ns && mhz <= 0)
        return cli_fail(CLI_USAGE, "%s: its times are ticks of a clock; --mhz=N says its rate",
                        input);
    r.thread = g_array_new(FALSE, FALSE, sizeof(struct thread));
    r.of = g_hash_table_new(NULL, NULL);
    r.told = g_hash_table_new(NULL, NULL);
    status = convert(&r, input, output);
    g_array_free(r.thread, TRUE);
    g_hash_table_destroy(r.of);
    g_hash_table_destroy(r.told);
    return status;
}
