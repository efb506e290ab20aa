/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_bars.c - slices as bars; those thinner than a pixel together, divided in height
 */
#include "rep_format.h"
#include "timeline_draw.h"

void timeline_when(GString *out, const struct timeline *t, sim_ns when)
{
    char text[REP_NUMBER_BYTES];

    if (when < t->from)
        g_string_append(out, "before");
    else if (when > t->to)
        g_string_append(out, "later");
    else
        g_string_append_printf(out, "+%s", rep_format_span(text, when - t->from));
}

static void rect(GString *out, enum paint paint, pic_x x0, pic_x x1, pic_x y0, pic_x y1)
{
    g_string_append_printf(out, "<rect class=\"%s\" x=\"", paint_key[paint]);
    pic_number(out, x0);
    g_string_append(out, "\" y=\"");
    pic_number(out, y0);
    g_string_append(out, "\" width=\"");
    pic_number(out, x1 - x0);
    g_string_append(out, "\" height=\"");
    pic_number(out, y1 - y0);
    g_string_append_c(out, '"');
}

struct bar_lane {
    struct sheet *s;
    unsigned y, height;
    name_fn name_of;
    /* slices that wait to be drawn together */
    sim_ns from, to, ns[PAINT_COUNT];
    unsigned count;
    struct slice first;
};

static void title(const struct bar_lane *l, const char *what, const char *who, sim_ns from,
                  sim_ns ns)
{
    GString *out = l->s->bars;
    char text[REP_NUMBER_BYTES];

    g_string_append(out, "><title>");
    pic_text(out, what);
    if (who) {
        g_string_append(out, ", ");
        pic_text(out, who);
    }
    g_string_append(out, ": ");
    timeline_when(out, l->s->t, from);
    g_string_append_printf(out, ", %s</title></rect>\n", rep_format_span(text, ns));
}

/* Only where it tells more than the colour. */
static void label(const struct bar_lane *l, const struct slice *k, const char *who)
{
    bool low = l->height < VCPU_HEIGHT, user = k->paint == PAINT_USER;
    unsigned font = low ? FONT_SMALL : FONT;
    pic_x x0 = sheet_x(l->s, k->from), x1 = sheet_x(l->s, k->to);

    if (x1 - x0 < (pic_text_width(who, font) + 8) * PIC_PX || !(user || k->paint == PAINT_WAITS))
        return;
    pic_label(l->s->labels, user ? (low ? "in small" : "in") : "on small", PIC_MIDDLE,
              (x0 + x1) / 2, (l->y + (l->height + font) / 2 - 1) * PIC_PX, who);
}

static void whole(const struct bar_lane *l, const struct slice *k)
{
    char name[SLICE_NAME];
    const char *who = l->name_of && l->name_of(l->s->t, k, name) ? name : NULL;

    if (k->paint == PAINT_NONE)
        return;
    l->s->seen[k->paint] = true;
    rect(l->s->bars, (enum paint)k->paint, sheet_x(l->s, k->from), sheet_x(l->s, k->to),
         l->y * PIC_PX, (l->y + l->height) * PIC_PX);
    title(l, paint_text[k->paint], who, k->from, k->to - k->from);
    if (who)
        label(l, k, who);
}

/* One bar of several paints, each as high as its share of the time. */
static void together(struct bar_lane *l)
{
    sim_ns all = l->to - l->from, before = 0;

    for (unsigned p = 0; p < PAINT_COUNT; p++) {
        pic_x y0 = l->y * PIC_PX + before * l->height * PIC_PX / all, y1;

        before += l->ns[p];
        y1 = l->y * PIC_PX + before * l->height * PIC_PX / all;
        if (p == PAINT_NONE || y1 == y0)
            continue;
        l->s->seen[p] = true;
        rect(l->s->bars, (enum paint)p, sheet_x(l->s, l->from), sheet_x(l->s, l->to), y0, y1);
        g_string_append(l->s->bars, "/>\n");
    }
    l->s->mixed = true;
}

static void flush(struct bar_lane *l)
{
    if (l->count == 1)
        whole(l, &l->first);
    else if (l->count)
        together(l);
    for (unsigned p = 0; p < PAINT_COUNT; p++)
        l->ns[p] = 0;
    l->count = 0;
}

static void collect(struct bar_lane *l, const struct slice *k)
{
    if (!l->count) {
        l->first = *k;
        l->from = k->from;
    }
    l->to = k->to;
    l->ns[k->paint] += k->to - k->from;
    l->count++;
}

/* How much of each paint the lane has, in ns, before anything is drawn together. */
static void sums(GString *out, const struct lane *lane)
{
    sim_ns ns[PAINT_COUNT] = {0};

    for (guint i = 0; i < lane->slices->len; i++) {
        const struct slice *k = &g_array_index(lane->slices, struct slice, i);

        ns[k->paint] += k->to - k->from;
    }
    g_string_append(out, "<desc>");
    for (unsigned p = PAINT_NONE + 1; p < PAINT_COUNT; p++)
        if (ns[p])
            g_string_append_printf(out, "%s %" G_GUINT64_FORMAT " ns; ", paint_key[p], ns[p]);
    g_string_append(out, "</desc>\n");
}

void timeline_bars(struct sheet *s, const char *css, const char *name, const struct lane *lane,
                   unsigned y, unsigned height, name_fn name_of)
{
    g_autofree char *brief = pic_shortened(name, 17);
    struct bar_lane l = {.s = s, .y = y, .height = height, .name_of = name_of};

    g_string_append_printf(s->bars, "<g class=\"%s\"><title>", css);
    pic_text(s->bars, name);
    g_string_append(s->bars, "</title>");
    sums(s->bars, lane);
    for (guint i = 0; i < lane->slices->len; i++) {
        const struct slice *k = &g_array_index(lane->slices, struct slice, i);

        if (k->to - k->from >= s->thin) {
            flush(&l);
            whole(&l, k);
            continue;
        }
        collect(&l, k);
        if (l.to - l.from >= s->thin)
            flush(&l);
    }
    flush(&l);
    g_string_append(s->bars, "</g>\n");
    pic_label(s->labels, height < VCPU_HEIGHT ? "small" : "", PIC_END, (PLOT_LEFT - 8) * PIC_PX,
              (y + (height + (height < VCPU_HEIGHT ? FONT_SMALL : FONT)) / 2 - 1) * PIC_PX, brief);
}
