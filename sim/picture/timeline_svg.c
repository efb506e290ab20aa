/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_svg.c - the sheet: which lanes, where, axis, legend, and what was left out
 *
 * Colours: Okabe and Ito's, which people with any colour vision can tell apart; the legend stands
 * above the lanes.
 */
#include <string.h>

#include "rep_format.h"
#include "timeline_draw.h"

static const char style[] =
    "text{font-size:12px}.small{font-size:10px}.grey{fill:#555}.head{font-size:15px;font-weight:"
    "bold}"
    "\n.in,.on,.halo{paint-order:stroke;stroke-width:3px;pointer-events:none}\n"
    ".in{fill:#fff;stroke:#0072b2}.on{stroke:#e69f00}.halo{font-size:10px;stroke:#fff}\n"
    ".user{fill:#0072b2}.kernel{fill:#56b4e9}.host{fill:#444}.stands{fill:#d55e00}\n"
    ".halted{fill:url(#hatch)}.waits{fill:#e69f00}.ready{fill:#f0e442}.idle_waiting{fill:url(#dots)"
    "}\n"
    ".idle{fill:#e4e4e4}.offline{fill:url(#cross)}.reads{fill:#009e73}.writes{fill:#cc79a7}\n"
    ".grid{stroke:#ddd;fill:none}.axis{stroke:#444;fill:none}\n"
    ".token,.tick{fill:none;stroke:#000;stroke-width:1.1}.halt{stroke-dasharray:4 2}\n"
    ".token{stroke-opacity:.75}.level{fill:#999}.all{fill:#000}\n";

static const char defs[] =
    "<defs>\n"
    "<marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"6\" "
    "markerHeight=\"6\" orient=\"auto\"><path d=\"M0,0 8,4 0,8z\"/></marker>\n"
    "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#d55e00\" "
    "fill-opacity=\".35\"/><rect width=\"2.5\" height=\"6\" fill=\"#d55e00\"/></pattern>\n"
    "<pattern id=\"dots\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
    "<rect width=\"6\" height=\"6\" fill=\"#e4e4e4\"/><circle cx=\"3\" cy=\"3\" r=\"1.4\" "
    "fill=\"#e69f00\"/></pattern>\n"
    "<pattern id=\"cross\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
    "<rect width=\"8\" height=\"8\" fill=\"#fff\"/><path d=\"M0,0 8,8M8,0 0,8\" stroke=\"#999\"/>"
    "</pattern>\n</defs>\n";

/* ---- names ---- */

static bool task_of(const struct timeline *t, const struct slice *k, char *ret)
{
    if (k->paint != PAINT_USER || k->who == NOBODY)
        return false;
    g_strlcpy(ret, t->task_name[k->who], SLICE_NAME);
    return true;
}

static bool vcpu_of(const struct timeline *t, const struct slice *k, char *ret)
{
    if (k->paint == PAINT_WAITS)
        g_snprintf(ret, SLICE_NAME, "%#x", k->who);
    else if (k->who != NOBODY)
        g_strlcpy(ret, t->vcpu_name[k->who], SLICE_NAME);
    return k->paint == PAINT_WAITS || k->who != NOBODY;
}

/* ---- axis ---- */

/* 1, 2 or 5 times a power of ten ns, 5 to 11 of them in the window. */
static sim_ns tick_of(sim_ns span)
{
    static const unsigned next[] = {2, 5, 10};
    sim_ns power = 1, step = 1;

    for (unsigned i = 0; span / step > 10; i++) {
        step = power * next[i % 3];
        if (i % 3 == 2)
            power *= 10;
    }
    return step;
}

/* Lines from 0 to `bottom` into `grid`, what they mean at `top` into `head`. */
static void axis(const struct sheet *s, GString *grid, GString *head, unsigned top, unsigned bottom)
{
    const struct timeline *t = s->t;
    sim_ns step = tick_of(t->to - t->from);
    char text[REP_NUMBER_BYTES];

    for (sim_ns at = 0; at <= t->to - t->from; at += step) {
        pic_x x = sheet_x(s, t->from + at);

        g_string_append(grid, "<path class=\"grid\" d=\"M");
        pic_number(grid, x);
        g_string_append_printf(grid, ",0V%u\"/>\n", bottom);
        pic_label(head, "small", PIC_MIDDLE, x, (top - 4) * PIC_PX,
                  at ? rep_format_span(text, at) : "0");
    }
    g_string_append_printf(grid, "<path class=\"axis\" d=\"M%u,0H%u\"/>\n", PLOT_LEFT, PLOT_RIGHT);
}

/* ---- legend ---- */

struct legend {
    GString *out;
    unsigned x, y;
};

/* Room for a sample of `wide` pixels and a text; returns where the sample begins. */
static unsigned entry(struct legend *l, unsigned wide, const char *text)
{
    unsigned need = wide + 6 + pic_text_width(text, FONT_SMALL) + 12, x;

    if (l->x + need > SHEET_WIDTH - 10) {
        l->x = PLOT_LEFT;
        l->y += 17;
    }
    x = l->x;
    l->x += need;
    pic_label(l->out, "small", PIC_START, (x + wide + 5) * PIC_PX, (l->y + 10) * PIC_PX, text);
    return x;
}

static void line_entry(struct legend *l, const char *css, const char *text)
{
    unsigned x = entry(l, 26, text);

    g_string_append_printf(l->out,
                           "<path class=\"%s\" d=\"M%u,%uH%u\" marker-end=\"url(#head)\"/>\n", css,
                           x, l->y + 6, x + 26);
}

static unsigned legend(const struct sheet *s, GString *out, unsigned y)
{
    struct legend l = {out, PLOT_LEFT, y};

    for (unsigned p = PAINT_NONE + 1; p < PAINT_COUNT; p++) {
        if (!s->seen[p])
            continue;
        unsigned x = entry(&l, 14, paint_text[p]);

        g_string_append_printf(
            out, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"14\" height=\"11\"/>\n",
            paint_key[p], x, l.y);
    }
    if (s->told)
        line_entry(&l, "token",
                   s->t->of_capture ? "token: not_present to ready (tick: completed)"
                                    : "token: not_present to wake-up (tick: completed)");
    if (s->halt)
        line_entry(&l, "token halt", "not told: not_present to ready");
    if (s->broadcast) {
        unsigned x = entry(&l, 10, "wake-all");

        g_string_append_printf(out, "<path class=\"all\" d=\"M%u,%ul-4,-5h8z\"/>\n", x + 5,
                               l.y + 9);
    }
    return l.y + 17;
}

/* ---- lanes ---- */

/* Tasks in the order of their numbers, those that do something first; returns how many. */
static uint32_t choose_tasks(const struct timeline *t, uint32_t *ret)
{
    uint32_t n = 0;

    for (unsigned pass = 0; pass < 2; pass++)
        for (uint32_t k = 0; k < t->tasks && n < TIMELINE_TASKS; k++)
            if (timeline_task_acts(t, k) == (pass == 0))
                ret[n++] = k;
    return n;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static unsigned vcpus(struct sheet *s, unsigned y, unsigned *row)
{
    const struct timeline *t = s->t;

    for (uint32_t v = 0; v < MIN(t->vcpus, TIMELINE_VCPUS); v++) {
        g_autofree char *css = g_strdup_printf("lane vcpu\" id=\"vcpu%u", v);

        s->vcpu_y[v] = y;
        timeline_bars(s, css, t->vcpu_name[v], &t->vcpu_lane[v], y, VCPU_HEIGHT, task_of);
        y += VCPU_HEIGHT + timeline_rows(s, v, row) + LANE_GAP + 2;
    }
    return y;
}

static unsigned tasks(struct sheet *s, unsigned y)
{
    const struct timeline *t = s->t;
    uint32_t chosen[TIMELINE_TASKS], n = choose_tasks(t, chosen);

    qsort(chosen, n, sizeof *chosen, by_number);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = chosen[i];
        g_autofree char *css = g_strdup_printf("lane task\" id=\"task%u", k);

        s->task_y[k] = y;
        timeline_bars(s, css, t->task_name[k], &t->task_lane[k], y, TASK_HEIGHT, vcpu_of);
        y += TASK_HEIGHT + LANE_GAP;
    }
    return y;
}

static unsigned channels(struct sheet *s, unsigned y)
{
    static const char *const disk[] = {"disk", "monitor", "zram", "link"};
    const struct timeline *t = s->t;

    for (guint i = 0, drawn = 0; i < t->channels->len; i++) {
        const struct channel *c = &g_array_index(t->channels, struct channel, i);
        const struct slice *first = &g_array_index(c->lane.slices, struct slice, 0);

        if (c->lane.slices->len == 1 && first->paint == PAINT_NONE)
            continue;
        if (drawn++ >= TIMELINE_CHANNELS) {
            s->channels_left_out++;
            continue;
        }
        g_autofree char *name = g_strdup_printf(
            "%s %u", c->disk < G_N_ELEMENTS(disk) ? disk[c->disk] : "device", c->number);
        g_autofree char *css = g_strdup_printf("lane channel\" id=\"channel%u", i);

        timeline_bars(s, css, name, &c->lane, y, CHANNEL_HEIGHT, NULL);
        y += CHANNEL_HEIGHT + LANE_GAP;
    }
    return y;
}

/* ---- what was left out ---- */

static unsigned remark(GString *out, unsigned y, const char *text)
{
    pic_label(out, "small grey", PIC_START, PLOT_LEFT * PIC_PX, (y + FONT_SMALL) * PIC_PX, text);
    return y + FONT_SMALL + 4;
}

static unsigned left_out(GString *out, unsigned y, unsigned n, const char *what)
{
    g_autofree char *text = g_strdup_printf("not drawn: %u %s", n, what);

    return n ? remark(out, y, text) : y;
}

static unsigned remarks(const struct sheet *s, GString *out, unsigned y)
{
    const struct timeline *t = s->t;
    char number[REP_NUMBER_BYTES];
    g_autofree char *mixed =
        g_strdup_printf("slices shorter than %s are drawn together, divided in height by their "
                        "shares of the time",
                        rep_format_ns(number, (double)s->thin));

    if (s->mixed)
        y = remark(out, y, mixed);
    if (t->of_capture)
        y = remark(out, y,
                   "blank: a capture tells when vCPUs slept, and not what they did otherwise");
    if (t->end < t->to) {
        g_autofree char *end =
            g_strdup_printf("the run ends at %s", rep_format_span(number, t->end));

        y = remark(out, y, end);
    }
    y = left_out(out, y, t->vcpus > TIMELINE_VCPUS ? t->vcpus - TIMELINE_VCPUS : 0, "more vCPUs");
    y = left_out(out, y, t->tasks > TIMELINE_TASKS ? t->tasks - TIMELINE_TASKS : 0,
                 "more tasks, idle ones first");
    y = left_out(out, y, s->channels_left_out, "more channels");
    if (s->levels)
        y = remark(out, y,
                   "where tokens are too many for arrows, the grey area is how many are in "
                   "flight; a shorter window shows them one by one");
    return y;
}

/* ---- the whole ---- */

static void sheet_init(struct sheet *s, const struct timeline *t)
{
    sim_ns span = t->to - t->from;
    uint64_t lanes = MIN(t->vcpus, TIMELINE_VCPUS) + MIN(t->tasks, TIMELINE_TASKS) +
                     MIN(t->channels->len, TIMELINE_CHANNELS);

    *s = (struct sheet){.t = t,
                        .bars = g_string_new(NULL),
                        .arrows = g_string_new(NULL),
                        .labels = g_string_new(NULL)};
    s->thin = MAX(span / PLOT_WIDTH, span * lanes * 2 / TIMELINE_BARS) + 1;
    s->vcpu_y = g_new0(unsigned, t->vcpus + 1);
    s->task_y = g_new0(unsigned, t->tasks + 1);
}

static void sheet_finish(struct sheet *s)
{
    g_string_free(s->bars, TRUE);
    g_string_free(s->arrows, TRUE);
    g_string_free(s->labels, TRUE);
    g_free(s->vcpu_y);
    g_free(s->task_y);
}

/* Lanes are drawn from 0 on; how high the legend is, is known afterwards. */
static unsigned lanes(struct sheet *s, unsigned y)
{
    g_autofree unsigned *row = g_new0(unsigned, s->t->tokens->len + 1);

    y = vcpus(s, y, row) + SECTION_GAP;
    y = tasks(s, y) + (s->t->channels->len ? SECTION_GAP : 0);
    y = channels(s, y);
    timeline_arrows(s, row);
    return y;
}

void timeline_svg(struct timeline *t, GString *out)
{
    g_autoptr(GString) head = g_string_new(NULL), foot = g_string_new(NULL),
                       grid = g_string_new(NULL);
    char from[REP_NUMBER_BYTES], span[REP_NUMBER_BYTES];
    g_autofree char *title = NULL, *below = NULL, *brief = NULL;
    unsigned top, bottom, height;
    struct sheet s;

    timeline_close(t);
    sheet_init(&s, t);
    bottom = lanes(&s, LANE_GAP);
    title = g_strdup_printf("%s: %s from %s on", t->title, rep_format_span(span, t->to - t->from),
                            rep_format_span(from, t->from));
    below = g_strdup_printf("time since %s after %s", rep_format_span(from, t->from),
                            t->of_capture ? "the first event" : "the run began");
    brief = pic_shortened(title, 100);
    pic_label(head, "head", PIC_START, PLOT_LEFT * PIC_PX, 24 * PIC_PX, brief);
    top = legend(&s, head, 36) + 34;
    pic_label(head, "small grey", PIC_START, PLOT_LEFT * PIC_PX, (top - 18) * PIC_PX, below);
    height = remarks(&s, foot, bottom + 4) + top + 8;
    axis(&s, grid, head, top, bottom);
    pic_begin(out, SHEET_WIDTH, height, title, style);
    g_string_append_printf(out, "%s%s<g transform=\"translate(0,%u)\">\n%s%s%s%s%s</g>\n</svg>\n",
                           defs, head->str, top, grid->str, s.bars->str, s.arrows->str,
                           s.labels->str, foot->str);
    sheet_finish(&s);
}
