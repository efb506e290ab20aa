/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_timeline.c - `sim trace timeline`: a capture's tokens and halts as a picture
 *
 * Events become the notes that a run would have given, in the order of the capture.
 */
#include <inttypes.h>

#include "cli.h"
#include "cli_capture.h"
#include "cli_files.h"
#include "cli_window.h"
#include "timeline.h"

#define WAKE_ALL UINT32_MAX

/* An event of a token's life. */
struct moment {
    uint32_t event, item;
    enum sim_note_kind kind;
};

struct telling {
    const struct capture *c;
    struct cap_judgement j;
    double ticks_per_ns; /* 0: times are ns */
    uint64_t first;
    GArray *threads; /* uint32_t: of vCPU 0, 1, ... */
    GArray *moments; /* struct moment, by event */
    uint32_t *halts; /* of each vCPU: tokens in flight of which the guest was not told */
    struct timeline *timeline;
};

static sim_ns since_first(const struct telling *k, uint32_t event)
{
    uint64_t when = cap_at(k->c, event)->when, since = when > k->first ? when - k->first : 0;

    return k->ticks_per_ns > 0 ? (sim_ns)((double)since / k->ticks_per_ns + 0.5) : since;
}

/* threads->len: it is no vCPU's. */
static uint32_t vcpu_of(const struct telling *k, uint32_t thread)
{
    uint32_t v = 0;

    while (v < k->threads->len && g_array_index(k->threads, uint32_t, v) != thread)
        v++;
    return v;
}

static void add_moment(struct telling *k, uint32_t event, uint32_t item, enum sim_note_kind kind)
{
    const struct moment m = {event, item, kind};

    if (event)
        g_array_append_val(k->moments, m);
}

static gint by_event(gconstpointer a, gconstpointer b)
{
    const struct moment *x = a, *y = b;

    return (x->event > y->event) - (x->event < y->event);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void collect(struct telling *k)
{
    for (guint i = 0; i < k->j.items->len; i++) {
        const struct cap_item *item = &g_array_index(k->j.items, struct cap_item, i);

        if (vcpu_of(k, item->thread) == k->threads->len)
            g_array_append_val(k->threads, item->thread);
        add_moment(k, item->not_present, i, NOTE_KVM_NOT_PRESENT);
        add_moment(k, item->completed, i, NOTE_KVM_COMPLETED);
        add_moment(k, item->ready, i, NOTE_KVM_READY);
    }
    g_array_sort(k->moments, by_event);
    g_array_sort(k->threads, by_number);
}

static void say(struct telling *k, const struct sim_note *n)
{
    struct sim_observer *o = timeline_observer(k->timeline);

    o->note(o, n);
}

static void tell_moment(struct telling *k, const struct moment *m)
{
    const struct cap_item *item = &g_array_index(k->j.items, struct cap_item, m->item);
    uint32_t v = vcpu_of(k, item->thread);
    sim_ns begin = since_first(k, item->not_present), when = since_first(k, m->event);
    struct sim_note n = {.when = MAX(when, begin), .kind = m->kind, .a = v, .b = item->token};

    if (m->kind == NOTE_KVM_COMPLETED) {
        n.b = item->gva;
        n.d = item->token;
    } else {
        n.c = item->gfn * 4096;
        n.d = item->announced;
    }
    if (!item->announced && m->kind != NOTE_KVM_COMPLETED)
        k->halts[v] += m->kind == NOTE_KVM_NOT_PRESENT ? 1u : (uint32_t)-1;
    say(k, &n);
}

/* What is no item's: sleeps, and the ready that wakes all. */
static void tell_event(struct telling *k, uint32_t event)
{
    const struct cap_event *e = cap_at(k->c, event);
    uint32_t v = vcpu_of(k, e->thread);
    sim_ns when = since_first(k, event);

    if (v == k->threads->len)
        return;
    if (e->kind == CAP_WAKEUP && !(e->flags & CAP_POLL))
        timeline_slept(k->timeline, v, when > e->a ? when - e->a : 0, when, k->halts[v] > 0);
    else if (e->kind == CAP_READY && e->a == WAKE_ALL)
        say(k, &(struct sim_note){.when = when, .kind = NOTE_KVM_READY, .a = v, .b = WAKE_ALL});
}

static void tell(struct telling *k)
{
    guint m = 0;

    for (guint i = 1; i < k->c->events->len; i++) {
        tell_event(k, i);
        for (; m < k->moments->len; m++) {
            const struct moment *at = &g_array_index(k->moments, struct moment, m);

            if (at->event != i)
                break;
            tell_moment(k, at);
        }
    }
}

static struct timeline *timeline_for(const struct telling *k, const char *path,
                                     const struct cli_window *window)
{
    g_autofree char *title = g_path_get_basename(path);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    struct timeline_shape shape = {.title = title,
                                   .from = window->from,
                                   .to = window->to,
                                   .vcpus = k->threads->len,
                                   .of_capture = true};

    for (guint v = 0; v < k->threads->len; v++)
        g_ptr_array_add(names,
                        g_strdup_printf("thread %" PRIu32, g_array_index(k->threads, uint32_t, v)));
    shape.vcpu_name = (char *const *)names->pdata;
    return timeline_create(&shape);
}

/* --window, or all of it. */
static int window_of(const struct telling *k, const char *text, struct cli_window *ret)
{
    sim_ns end = since_first(k, k->c->events->len - 1) + 1;

    *ret = (struct cli_window){0, end};
    if (text && !cli_window_parse("--window", text, end, ret))
        return CLI_USAGE;
    if (ret->to - ret->from > TIMELINE_WINDOW_MAX)
        return cli_fail(CLI_USAGE, "more than 10 s: say which with --window=FROM..TO, since the "
                                   "first event");
    return CLI_GOOD;
}

static int draw(struct telling *k, const char *path, const char *out, const char *text)
{
    g_autoptr(GString) svg = g_string_new(NULL);
    struct cli_window window;
    int status;

    if (!k->j.items->len)
        return cli_fail(CLI_USAGE, "%s: no asynchronous fault in it", path);
    status = window_of(k, text, &window);
    if (status != CLI_GOOD)
        return status;
    collect(k);
    k->halts = g_new0(uint32_t, k->threads->len);
    k->timeline = timeline_for(k, path, &window);
    tell(k);
    g_free(k->halts);
    if (timeline_overflowed(k->timeline))
        status = cli_fail(CLI_USAGE, "more than %u slices: a shorter --window=FROM..TO",
                          TIMELINE_SLICES_MAX);
    else
        timeline_svg(k->timeline, svg);
    timeline_free(k->timeline);
    return status == CLI_GOOD ? cli_files_write_path(out, svg->str, svg->len) : status;
}

static int load_and_draw(char **files, const struct cli_capture_options *o, const char *window)
{
    struct capture c;
    struct telling k = {.c = &c};
    int status = cli_capture_load(files[0], o, &c);

    if (status != CLI_GOOD)
        return status;
    k.ticks_per_ns = c.ns ? 0 : o->mhz_number / 1000;
    k.first = c.events->len > 1 ? cap_at(&c, 1)->when : 0;
    k.threads = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    k.moments = g_array_new(FALSE, FALSE, sizeof(struct moment));
    cap_judge(&c, o->kernel_kind, o->mode, &k.j);
    if (c.format == CAP_STREAMS)
        status = cli_fail(CLI_USAGE, "%s: actor streams have no times", files[0]);
    else if (!c.ns && o->mhz_number <= 0)
        status =
            cli_fail(CLI_USAGE, "%s: its times are ticks of some clock: say --mhz=N", files[0]);
    else
        status = draw(&k, files[0], files[1], window);
    g_array_free(k.threads, TRUE);
    g_array_free(k.moments, TRUE);
    cap_judgement_free(&k.j);
    cap_free(&c);
    return status;
}

int cli_capture_timeline(int argc, char **argv)
{
    struct cli_capture_options o = {0};
    g_auto(GStrv) files = NULL;
    g_autofree char *window = NULL;
    const GOptionEntry entries[] = {
        {"kernel", 0, 0, G_OPTION_ARG_STRING, &o.kernel, "host: 5.8 .. tip (6.12)", "VERSION"},
        {"mhz", 0, 0, G_OPTION_ARG_STRING, &o.mhz, "rate of a clock that counts ticks", "N"},
        {"window", 0, 0, G_OPTION_ARG_STRING, &window,
         "Which stretch, since the first event (default: all)", "FROM..TO"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &files, NULL, "FILE OUT.svg"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    int status;

    if (!cli_parse(argc, argv, entries,
                   "Draws the tokens of a capture of KVM's trace events, and when its vCPUs slept.",
                   "Captures: docs/trace-check.md.", &status))
        return status;
    status = cli_capture_options(&o);
    if (status == CLI_GOOD && (!files || g_strv_length(files) != 2))
        status = cli_fail(CLI_USAGE, "want two files: sim trace timeline FILE OUT.svg");
    if (status == CLI_GOOD && !g_str_has_suffix(files[1], ".svg"))
        status = cli_fail(CLI_USAGE, "%s: a picture ends in .svg", files[1]);
    if (status == CLI_GOOD)
        status = load_and_draw(files, &o, window);
    cli_capture_options_clear(&o);
    return status;
}
