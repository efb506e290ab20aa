/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_convert.c - `sim trace convert`: captures as ftrace text, as actor streams, as a
 *                         workload
 *
 * What the other form cannot say stands beside it in comments, so that the way back gives the same
 * bytes: of ftrace text, "#@ N COLUMNS" before an event of a stream (N: its line) and "#! N LINE"
 * for a line that is no event of an actor; of actor streams, "#= LINE" for a line that is no event.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "cli_capture.h"
#include "cli_capture_dat.h"
#include "cli_capture_records.h"
#include "cli_capture_workload.h"
#include "cli_files.h"

/* Pids of actors in ftrace text that was made of streams, and how far apart its events are. */
enum { DIGITS_US = 6 }; /* of the second, as tracefs has them */
enum { PID_VCPU = 1001, PID_WORKER = 101, PID_UFFD = 1000, STEP_US = 1 };

static const struct {
    const char *actor;
    unsigned pid;
} actors[] = {{"vcpu", PID_VCPU}, {"worker", PID_WORKER}, {"uffd", PID_UFFD}};

struct text {
    GPtrArray *line; /* without their ends */
    bool ends;       /* the last one has its newline */
};

static void text_split(struct text *t, const char *text, size_t bytes)
{
    const char *at = text, *end = text + bytes;

    t->line = g_ptr_array_new_with_free_func(g_free);
    t->ends = !bytes || text[bytes - 1] == '\n';
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        stop = stop ? stop : end;
        g_ptr_array_add(t->line, g_strndup(at, (gsize)(stop - at)));
        at = stop + 1;
    }
}

/* ---- ftrace text to actor streams ---- */

struct streams {
    const struct capture *c;
    const struct text *in;
    GString *vcpu, *worker;
    uint32_t thread;   /* the vCPU of this case */
    GHashTable *mine;  /* lines that are in a case */
    GHashTable *owner; /* event of completed -> thread + 1 */
};

static void put_event(GString *out, struct streams *s, const struct cap_event *e, const char *actor)
{
    const char *line = g_ptr_array_index(s->in->line, e->line - 1);
    const char *event = s->c->text + e->offset, *start = event;

    while (start > s->c->text && start[-1] != '\n')
        start--;
    g_string_append_printf(out, "#@ %u %.*s\n%s %s\n", e->line, (int)(event - start), start, actor,
                           line + (event - start));
    g_hash_table_add(s->mine, GUINT_TO_POINTER(e->line));
}

static void put_case(GString *out, struct streams *s, bool first)
{
    g_string_truncate(s->vcpu, 0);
    g_string_truncate(s->worker, 0);
    for (guint i = 1; i < s->c->events->len; i++) {
        const struct cap_event *e = cap_at(s->c, i);

        if (e->kind == CAP_COMPLETED) {
            guint owner = GPOINTER_TO_UINT(g_hash_table_lookup(s->owner, GUINT_TO_POINTER(i)));

            if (owner ? owner == s->thread + 1 : first)
                put_event(s->worker, s, e, "worker kworker");
        } else if (e->thread == s->thread) {
            put_event(s->vcpu, s, e, "vcpu vmm");
        }
    }
    g_string_append_printf(out, "# case vcpu-%u: vmm captured=ftrace\n%s%s", s->thread,
                           s->vcpu->str, s->worker->str);
}

static bool is_vcpu_kind(enum cap_kind kind)
{
    return kind <= CAP_READY || kind == CAP_MSR;
}

static void put_rest(GString *out, const struct streams *s)
{
    for (guint i = 0; i < s->in->line->len; i++)
        if (!g_hash_table_contains(s->mine, GUINT_TO_POINTER(i + 1)))
            g_string_append_printf(out, "#! %u %s\n", i + 1,
                                   (char *)g_ptr_array_index(s->in->line, i));
    if (!s->in->ends)
        g_string_append(out, "#! 0 no newline at the end\n");
}

static void find_owners(struct streams *s)
{
    struct cap_judgement j;

    cap_judge(s->c, APF_KERNEL_6_12, CAP_MODE_TOLERANT, &j);
    for (guint i = 0; i < j.items->len; i++) {
        const struct cap_item *item = &g_array_index(j.items, struct cap_item, i);

        if (item->completed)
            g_hash_table_insert(s->owner, GUINT_TO_POINTER(item->completed),
                                GUINT_TO_POINTER(item->thread + 1));
    }
    cap_judgement_free(&j);
}

static void ftrace_to_streams(GString *out, const struct capture *c, const struct text *in)
{
    struct streams s = {.c = c, .in = in, .vcpu = g_string_new(NULL), .worker = g_string_new(NULL)};
    g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
    bool first = true;

    s.mine = g_hash_table_new(NULL, NULL);
    s.owner = g_hash_table_new(NULL, NULL);
    find_owners(&s);
    for (guint i = 1; i < c->events->len; i++) {
        const struct cap_event *e = cap_at(c, i);

        if (!is_vcpu_kind((enum cap_kind)e->kind) ||
            !g_hash_table_add(done, GUINT_TO_POINTER(e->thread)))
            continue;
        s.thread = e->thread;
        put_case(out, &s, first);
        first = false;
    }
    put_rest(out, &s);
    g_hash_table_destroy(s.mine);
    g_hash_table_destroy(s.owner);
    g_string_free(s.vcpu, TRUE);
    g_string_free(s.worker, TRUE);
}

/* ---- and back ---- */

static bool restore_columns(GString *out, const struct text *in)
{
    g_autoptr(GPtrArray) line = g_ptr_array_new_with_free_func(g_free);
    bool ends = true;

    for (guint i = 0; i < in->line->len; i++) {
        const char *text = g_ptr_array_index(in->line, i);
        char *rest;
        guint64 n;

        if (strncmp(text, "#@ ", 3) != 0 && strncmp(text, "#! ", 3) != 0)
            continue;
        n = g_ascii_strtoull(text + 3, &rest, 10);
        if (n > in->line->len || *rest != ' ')
            return false;
        if (n == 0) {
            ends = false;
            continue;
        }
        if (line->len < n)
            g_ptr_array_set_size(line, (gint)n);
        if (text[1] == '@') { /* the event stands in the next line, behind actor and comm */
            const char *event = i + 1 < in->line->len ? g_ptr_array_index(in->line, i + 1) : "";

            event = strchr(event, ' ');
            event = event ? strchr(event + 1, ' ') : NULL;
            if (!event)
                return false;
            g_free(line->pdata[n - 1]);
            line->pdata[n - 1] = g_strconcat(rest + 1, event + 1, NULL);
        } else {
            g_free(line->pdata[n - 1]);
            line->pdata[n - 1] = g_strdup(rest + 1);
        }
    }
    for (guint i = 0; i < line->len; i++)
        g_string_append_printf(out, "%s%s", line->pdata[i] ? (char *)line->pdata[i] : "",
                               i + 1 < line->len || ends ? "\n" : "");
    return true;
}

/* ---- actor streams to ftrace text ---- */

static const char *const columns_head = "# tracer: nop\n#\n# entries-in-buffer/entries-written: ";

static void streams_to_ftrace(GString *out, const struct text *in)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    guint64 events = 0, us = 0;

    for (guint i = 0; i < in->line->len; i++) {
        const char *text = g_ptr_array_index(in->line, i), *comm = NULL, *event = NULL;
        unsigned pid = 0;

        for (size_t a = 0; a < G_N_ELEMENTS(actors); a++)
            if (g_str_has_prefix(text, actors[a].actor) && text[strlen(actors[a].actor)] == ' ') {
                comm = text + strlen(actors[a].actor) + 1;
                pid = actors[a].pid;
            }
        event = comm ? strchr(comm, ' ') : NULL;
        if (!event || memchr(comm, ':', (size_t)(event - comm)) || event == comm) {
            g_string_append_printf(lines, "#= %s\n", text);
            continue;
        }
        us += STEP_US;
        events++;
        g_string_append_printf(lines, "%16.*s-%-7u [000] ..... %5" PRIu64 ".%06" PRIu64 ": %s\n",
                               (int)(event - comm), comm, pid, us / 1000000, us % 1000000,
                               event + 1);
    }
    g_string_append_printf(out, "%s%" PRIu64 "/%" PRIu64 "   #P:1\n#\n%s", columns_head, events,
                           events, lines->str);
    if (!in->ends)
        g_string_append(out, "#= \n#= no newline at the end\n");
}

/* "             vmm-1001    [000] ..... 0.000001: EVENT" */
static bool restore_actor(GString *out, const char *text)
{
    const char *comm = text + strspn(text, " "), *dash = strchr(comm, '-');
    const char *event = strstr(text, "..... ");
    unsigned long pid = dash ? strtoul(dash + 1, NULL, 10) : 0;

    event = event ? strstr(event, ": ") : NULL;
    for (size_t a = 0; event && a < G_N_ELEMENTS(actors); a++)
        if (actors[a].pid == pid) {
            g_string_append_printf(out, "%s %.*s %s\n", actors[a].actor, (int)(dash - comm), comm,
                                   event + 2);
            return true;
        }
    return false;
}

static bool restore_streams(GString *out, const struct text *in)
{
    for (guint i = 0; i < in->line->len; i++) {
        const char *text = g_ptr_array_index(in->line, i);

        if (!strcmp(text, "#= no newline at the end")) {
            g_string_truncate(out, out->len > 2 ? out->len - 2 : 0);
            return true;
        }
        if (g_str_has_prefix(text, "#= "))
            g_string_append_printf(out, "%s\n", text + 3);
        else if (text[0] != '#' && !restore_actor(out, text))
            return false;
    }
    return true;
}

/* ---- the command ---- */

static bool has_mark(const struct text *in, const char *mark)
{
    for (guint i = 0; i < in->line->len; i++)
        if (g_str_has_prefix(g_ptr_array_index(in->line, i), mark))
            return true;
    return false;
}

/* Names of one file: the capture would be gone. */
static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int convert_text(const char *path, const struct capture *c, const char *output)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct text in;
    bool good = true;

    text_split(&in, c->text, c->bytes);
    if (c->format == CAP_STREAMS && has_mark(&in, "#@ "))
        good = restore_columns(out, &in);
    else if (c->format == CAP_STREAMS)
        streams_to_ftrace(out, &in);
    else if (has_mark(&in, "#= "))
        good = restore_streams(out, &in);
    else
        ftrace_to_streams(out, c, &in);
    g_ptr_array_free(in.line, TRUE);
    if (!good)
        return cli_fail(CLI_USAGE, "%s: its comments (#@, #!, #=) were changed: no way back", path);
    return cli_files_write_path(output, out->str, out->len);
}

static int convert(char **files, struct cli_capture_options *o)
{
    const bool to_text = g_str_has_suffix(files[1], ".txt") && cli_capture_is_dat(files[0]);
    struct capture c;
    int status;

    if (is_same_file(files[0], files[1]))
        return cli_fail(CLI_USAGE, "%s: is IN and OUT; want two files", files[1]);
    o->digits = to_text ? DIGITS_US : 0;
    status = cli_capture_load(files[0], o, &c);
    if (status != CLI_GOOD)
        return status;
    if (to_text)
        status = cli_files_write_path(files[1], c.text, c.bytes);
    else if (g_str_has_suffix(files[1], ".dat") || g_str_has_suffix(files[1], ".json"))
        status = cli_capture_records(files[0], &c, o->mhz_number, files[1],
                                     g_str_has_suffix(files[1], ".json"));
    else if (g_str_has_suffix(files[1], ".yaml"))
        status = cli_capture_workload(files[0], &c, o, files[1]);
    else
        status = convert_text(files[0], &c, files[1]);
    cap_free(&c);
    return status;
}

int cli_capture_convert(int argc, char **argv)
{
    struct cli_capture_options o = {0};
    g_auto(GStrv) files = NULL;
    const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &o.format, "of IN: ftrace, actor-streams", "FORMAT"},
        {"mhz", 0, 0, G_OPTION_ARG_STRING, &o.mhz, "rate of a clock that counts ticks", "N"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &files, NULL, "IN OUT"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    int status;

    if (!cli_parse(
            argc, argv, entries,
            "Makes actor streams of ftrace text and ftrace text of actor streams; converted\n"
            "once more, each gives the bytes that it came from. IN.dat, OUT.txt: a trace.dat\n"
            "as text; OUT.dat, OUT.json: KVM's events for trace-cmd and for Chrome's viewers.\n"
            "OUT.yaml: a workload that has the capture's asynchronous faults, with a page\n"
            "trace beside it.",
            "Captures: docs/trace-check.md.", &status))
        return status;
    status = cli_capture_options(&o);
    if (status == CLI_GOOD && (!files || g_strv_length(files) != 2))
        status = cli_fail(CLI_USAGE, "want two files: sim trace convert IN OUT");
    if (status == CLI_GOOD)
        status = convert(files, &o);
    cli_capture_options_clear(&o);
    return status;
}
