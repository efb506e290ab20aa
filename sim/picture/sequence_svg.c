/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sequence_svg.c - steps as a sequence diagram: times, lifelines and arrows, what happens
 */
#include "pic_svg.h"
#include "rep_format.h"
#include "sequence_priv.h"

enum {
    TIME_RIGHT = 76, /* where the times end */
    FIRST_X = 128,   /* the first lifeline */
    SPACING = 96,
    HEAD_Y = 44, /* of the boxes with the lifelines' names */
    HEAD_HEIGHT = 24,
    ROW_HEIGHT = 32,
    PAUSE_HEIGHT = 22,
    TEXT_WIDTH = 500,
    FONT_WHAT = 11,
    FONT_FUNCTION = 10,
    BAR = 8,
};
#define PAUSE_NS 50000 /* between two steps: has a line of its own */

static const char style[] =
    "text{font-size:11px}.head{font-size:15px;font-weight:bold}.small{font-size:10px}\n"
    ".time{font-size:10px;fill:#555}.tag{font-size:10px;paint-order:stroke;stroke:#fff;"
    "stroke-width:3px}\n"
    ".function{font-size:10px;fill:#555;font-family:'DejaVu Sans Mono','Liberation "
    "Mono',monospace}\n"
    ".life{stroke:#999;stroke-dasharray:3 3;fill:none}.box{fill:#f4f4f4;stroke:#444}\n"
    ".arrow{stroke:#000;stroke-width:1.2;fill:none}.rule{stroke:#e4e4e4;fill:none}\n"
    ".runs{fill:#0072b2}.waits{fill:#e69f00}.halted{fill:#d55e00}.pause{fill:#fff}\n";

static const char defs[] =
    "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
    "markerHeight=\"7\" orient=\"auto\"><path d=\"M0,0 8,4 0,8z\"/></marker></defs>\n";

struct page {
    const struct sequence *s;
    unsigned x[SEQ_COLUMNS]; /* of the lifelines; 0: none */
    unsigned text_x, bottom;
    unsigned *y; /* of each row, and of the end */
};

static const struct seq_row *row_at(const struct sequence *s, guint i)
{
    return &g_array_index(s->rows, struct seq_row, i);
}

/* ---- lifelines ---- */

static void place_columns(struct page *p)
{
    bool used[SEQ_COLUMNS] = {false};
    unsigned x = FIRST_X;

    for (guint i = 0; i < p->s->rows->len; i++)
        used[row_at(p->s, i)->from] = used[row_at(p->s, i)->to] = true;
    used[SEQ_KVM] = true;
    for (unsigned c = 0; c < SEQ_COLUMNS; c++) {
        if (!used[c])
            continue;
        p->x[c] = x;
        x += SPACING;
    }
    p->text_x = x - SPACING + 76;
}

static void column_name(const struct sequence *s, unsigned c, char *ret, size_t bytes)
{
    if (c == SEQ_KERNEL)
        g_strlcpy(ret, "guest kernel", bytes);
    else if (c == SEQ_KVM)
        g_snprintf(ret, (gulong)bytes, "KVM, vCPU %u", s->shape.vcpu);
    else if (c == SEQ_WORKER)
        g_strlcpy(ret, "APF worker", bytes);
    else if (c == SEQ_DEVICE)
        g_strlcpy(ret, s->monitor ? "uffd monitor" : "disk", bytes);
    else if (c < SEQUENCE_TASKS && s->column[c] < s->shape.tasks)
        g_strlcpy(ret, s->task_name[s->column[c]], bytes);
    else
        g_strlcpy(ret, "tasks", bytes);
}

static void column_heads(const struct page *p, GString *out)
{
    for (unsigned c = 0; c < SEQ_COLUMNS; c++) {
        char name[64];
        g_autofree char *brief = NULL;

        if (!p->x[c])
            continue;
        column_name(p->s, c, name, sizeof name);
        brief = pic_shortened(name, 13);
        g_string_append_printf(out,
                               "<rect class=\"box\" x=\"%u\" y=\"%u\" width=\"%u\" "
                               "height=\"%u\"><title>",
                               p->x[c] - (SPACING - 8) / 2, HEAD_Y, SPACING - 8, HEAD_HEIGHT);
        pic_text(out, name);
        g_string_append_printf(out, "</title></rect>\n<path class=\"life\" d=\"M%u,%uV%u\"/>\n",
                               p->x[c], HEAD_Y + HEAD_HEIGHT, p->bottom);
        pic_label(out, "", PIC_MIDDLE, p->x[c] * PIC_PX, (HEAD_Y + 16) * PIC_PX, brief);
    }
}

static void bar(const struct page *p, GString *out, const struct seq_mark *m, unsigned until)
{
    static const char *const css[SEQ_STATES] = {
        [SEQ_RUNS] = "runs", [SEQ_WAITS] = "waits", [SEQ_HALTED] = "halted"};
    unsigned from = m->row ? p->y[m->row - 1] : HEAD_Y + HEAD_HEIGHT;

    if (css[m->state] && p->x[m->column] && until > from)
        g_string_append_printf(
            out, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"/>\n",
            css[m->state], p->x[m->column] - BAR / 2, from, BAR, until - from);
}

/* From the step that began a state to the one that began the next of that lifeline. */
static void bars(const struct page *p, GString *out)
{
    const GArray *marks = p->s->marks;

    for (guint i = 0; i < marks->len; i++) {
        const struct seq_mark *m = &g_array_index(marks, struct seq_mark, i);
        unsigned until = p->bottom;

        for (guint j = i + 1; j < marks->len; j++) {
            const struct seq_mark *next = &g_array_index(marks, struct seq_mark, j);

            if (next->column != m->column)
                continue;
            until = next->row ? p->y[next->row - 1] : HEAD_Y + HEAD_HEIGHT;
            break;
        }
        bar(p, out, m, until);
    }
}

/* ---- steps ---- */

static void draw_step(const struct page *p, GString *out, const struct seq_row *r, unsigned y)
{
    unsigned x0 = p->x[r->from], x1 = p->x[r->to];
    g_autofree char *tag = NULL;

    if (r->from == r->to) {
        g_string_append_printf(out, "<circle cx=\"%u\" cy=\"%u\" r=\"4\"/>\n", x0, y);
        return;
    }
    g_string_append_printf(
        out, "<path class=\"arrow\" d=\"M%u,%uH%u\" marker-end=\"url(#head)\"/>\n",
        x0 < x1 ? x0 + BAR / 2 : x0 - BAR / 2, y, x0 < x1 ? x1 - BAR / 2 : x1 + BAR / 2);
    tag = pic_shortened(r->tag, 13);
    pic_label(out, "tag", PIC_MIDDLE, (x0 + x1) * PIC_PX / 2, (y - 4) * PIC_PX, tag);
}

static void describe(const struct page *p, GString *out, const struct seq_row *r, unsigned y)
{
    g_autofree char *what = pic_shortened(r->what, TEXT_WIDTH * 10 / (FONT_WHAT * 6));
    g_autofree char *function = pic_shortened(r->function, TEXT_WIDTH * 10 / (FONT_FUNCTION * 6));

    pic_label(out, "", PIC_START, p->text_x * PIC_PX, (y + (*function ? 0 : 5)) * PIC_PX, what);
    if (*function)
        pic_label(out, "function", PIC_START, p->text_x * PIC_PX, (y + 12) * PIC_PX, function);
}

static void time_of(const struct page *p, GString *out, const struct seq_row *r, unsigned y)
{
    char number[REP_NUMBER_BYTES], text[REP_NUMBER_BYTES + 2];

    sim_ns since = r->when - p->s->shape.from;

    /* Steps are tenths of a microsecond apart: three digits do not tell them. */
    if (since >= 100 * SIM_US && since < SIM_MS)
        g_snprintf(text, sizeof text, "+%.1f us", (double)since / SIM_US);
    else if (since >= SIM_MS && since < SIM_SEC)
        g_snprintf(text, sizeof text, "+%.4f ms", (double)since / SIM_MS);
    else
        g_snprintf(text, sizeof text, "+%s", rep_format_ns(number, (double)since));
    pic_label(out, "time", PIC_END, TIME_RIGHT * PIC_PX, (y + 4) * PIC_PX, text);
}

static void pause_line(const struct page *p, GString *out, sim_ns ns, unsigned y)
{
    char number[REP_NUMBER_BYTES], text[REP_NUMBER_BYTES + 16];

    g_snprintf(text, sizeof text, "%s later", rep_format_ns(number, (double)ns));
    g_string_append_printf(out, "<path class=\"rule\" d=\"M%u,%uH%u\"/>\n", TIME_RIGHT + 8, y,
                           p->text_x - 16);
    pic_label(out, "time", PIC_START, p->text_x * PIC_PX, (y + 4) * PIC_PX, text);
}

static bool is_pause(const struct sequence *s, guint i)
{
    return i && row_at(s, i)->when - row_at(s, i - 1)->when >= PAUSE_NS;
}

static void place_rows(struct page *p)
{
    unsigned y = HEAD_Y + HEAD_HEIGHT + 26;

    for (guint i = 0; i < p->s->rows->len; i++) {
        y += is_pause(p->s, i) ? PAUSE_HEIGHT : 0;
        p->y[i] = y;
        y += ROW_HEIGHT;
    }
    p->bottom = y - 8;
    p->y[p->s->rows->len] = p->bottom;
}

static void steps(const struct page *p, GString *out)
{
    const struct sequence *s = p->s;

    for (guint i = 0; i < s->rows->len; i++) {
        const struct seq_row *r = row_at(s, i);

        if (is_pause(s, i))
            pause_line(p, out, r->when - row_at(s, i - 1)->when, p->y[i] - PAUSE_HEIGHT - 4);
        time_of(p, out, r, p->y[i]);
        draw_step(p, out, r, p->y[i]);
        describe(p, out, r, p->y[i]);
    }
}

/* ---- the whole ---- */

static void legend(const struct page *p, GString *out, unsigned y)
{
    static const struct {
        enum seq_state state;
        const char *css, *text;
    } entry[] = {{SEQ_RUNS, "runs", "task runs"},
                 {SEQ_WAITS, "waits", "task waits for a page"},
                 {SEQ_HALTED, "halted", "vCPU is halted by the host"}};
    unsigned x = FIRST_X - 40;
    g_autofree char *left_out = g_strdup_printf("not drawn: %u more steps", p->s->left_out);

    for (unsigned i = 0; i < G_N_ELEMENTS(entry); i++) {
        bool seen = false;

        for (guint m = 0; m < p->s->marks->len; m++)
            seen |= g_array_index(p->s->marks, struct seq_mark, m).state == entry[i].state;
        if (!seen)
            continue;
        g_string_append_printf(
            out, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"12\"/>\n",
            entry[i].css, x, y, BAR);
        pic_label(out, "small", PIC_START, (x + 14) * PIC_PX, (y + 10) * PIC_PX, entry[i].text);
        x += 14 + pic_text_width(entry[i].text, 10) + 16;
    }
    if (p->s->left_out)
        pic_label(out, "small", PIC_START, x * PIC_PX, (y + 10) * PIC_PX, left_out);
}

void sequence_svg(const struct sequence *s, GString *out)
{
    g_autofree unsigned *y = g_new0(unsigned, s->rows->len + 1);
    char from[REP_NUMBER_BYTES];
    g_autofree char *title = NULL, *brief = NULL;
    struct page p = {.s = s, .y = y};

    place_columns(&p);
    place_rows(&p);
    title = g_strdup_printf("%s, from %s on", s->title, rep_format_span(from, s->shape.from));
    brief = pic_shortened(title, 100);
    pic_begin(out, p.text_x + TEXT_WIDTH + 8, p.bottom + 34, title, style);
    g_string_append(out, defs);
    pic_label(out, "head", PIC_START, (FIRST_X - 40) * PIC_PX, 26 * PIC_PX, brief);
    column_heads(&p, out);
    bars(&p, out);
    steps(&p, out);
    legend(&p, out, p.bottom + 12);
    g_string_append(out, "</svg>\n");
}
