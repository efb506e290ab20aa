/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_arrows.c - tokens under their vCPU's lane: who has which row, and the arrows
 *
 *   vCPU  =====|===================^====      told: on to the lane of its task, which is woken
 *              +--- 0x1000 --------+          not told: back to the vCPU, which halted
 */
#include "timeline_draw.h"

#define STEP_PX 8u /* the least from one token to the next in a row */

static sim_ns end_of(const struct token *k)
{
    sim_ns end = MAX(k->ready, k->wake);

    return end ? end : SIM_NEVER;
}

/* True: all have found one. */
static bool find_rows(const struct sheet *s, uint32_t vcpu, unsigned *ret_row, unsigned *ret_used)
{
    const struct timeline *t = s->t;
    pic_x free_from[ROWS_MAX] = {0};

    *ret_used = 0;
    for (guint i = 0; i < t->tokens->len; i++) {
        const struct token *k = &g_array_index(t->tokens, struct token, i);
        pic_x x0 = sheet_x(s, k->not_present), x1 = sheet_x(s, end_of(k));
        unsigned row = 0;

        if (k->vcpu != vcpu)
            continue;
        while (row < ROWS_MAX && free_from[row] > x0)
            row++;
        if (row == ROWS_MAX)
            return false;
        ret_row[i] = row;
        free_from[row] = MAX(x1 + 3 * PIC_PX, x0 + STEP_PX * PIC_PX);
        *ret_used = MAX(*ret_used, row + 1);
    }
    return true;
}

unsigned timeline_rows(struct sheet *s, uint32_t vcpu, unsigned *ret_row)
{
    const struct timeline *t = s->t;
    bool some = false;
    unsigned used;

    if (t->tokens->len <= ARROWS_MAX && find_rows(s, vcpu, ret_row, &used))
        return used * ROW_HEIGHT;
    for (guint i = 0; i < t->tokens->len; i++) {
        if (g_array_index(t->tokens, struct token, i).vcpu != vcpu)
            continue;
        ret_row[i] = ROWS_MAX;
        some = true;
    }
    if (!some)
        return 0;
    timeline_level(s, vcpu, s->vcpu_y[vcpu] + VCPU_HEIGHT);
    return LEVEL_HEIGHT;
}

static void token_title(GString *out, const struct timeline *t, const struct token *k)
{
    const struct {
        const char *what;
        sim_ns when;
    } step[] = {{"not_present", k->not_present},
                {"completed", k->completed},
                {"ready", k->ready},
                {"wake-up", k->wake}};

    g_string_append_printf(out, "><title>token %#x, gfn %#" G_GINT64_MODIFIER "x, ", k->token,
                           k->gfn);
    pic_text(out, t->vcpu_name[k->vcpu]);
    if (k->task != NOBODY) {
        g_string_append(out, ", ");
        pic_text(out, t->task_name[k->task]);
    }
    g_string_append(out, k->told ? ":" : ", not told:");
    for (unsigned i = 0; i < G_N_ELEMENTS(step); i++) {
        if (!step[i].when)
            continue;
        g_string_append_printf(out, " %s ", step[i].what);
        timeline_when(out, t, step[i].when);
    }
    g_string_append(out, "</title></path>\n");
}

static void to(GString *out, char how, pic_x x)
{
    g_string_append_c(out, how);
    pic_number(out, x);
}

/* True: it ends within the window, with a head: on the task's lane or back on the vCPU's. */
static bool ends_at(const struct sheet *s, const struct token *k, pic_x *ret_x, pic_x *ret_y)
{
    bool on_task = k->told && k->wake && k->wake <= s->t->to && s->task_y[k->task];
    sim_ns end = on_task ? k->wake : k->ready ? k->ready : k->wake;

    *ret_x = sheet_x(s, end ? end : SIM_NEVER);
    *ret_y = (on_task ? s->task_y[k->task] : s->vcpu_y[k->vcpu] + VCPU_HEIGHT) * PIC_PX;
    return end && end >= s->t->from && end <= s->t->to;
}

static void arrow(struct sheet *s, const struct token *k, unsigned row)
{
    pic_x lane = (s->vcpu_y[k->vcpu] + VCPU_HEIGHT) * PIC_PX, x0 = sheet_x(s, k->not_present);
    pic_x y = lane + (row * ROW_HEIGHT + ROW_HEIGHT / 2 + 1) * PIC_PX, x1, y1;
    bool head = ends_at(s, k, &x1, &y1);
    g_autofree char *name = g_strdup_printf("%#x", k->token);

    g_string_append_printf(s->arrows, "<path class=\"token%s\" d=\"M", k->told ? "" : " halt");
    pic_number(s->arrows, x0);
    g_string_append_c(s->arrows, ',');
    pic_number(s->arrows, k->not_present >= s->t->from ? lane : y);
    to(s->arrows, 'V', y);
    to(s->arrows, 'H', x1);
    if (head)
        to(s->arrows, 'V', y1);
    g_string_append(s->arrows, head ? "\" marker-end=\"url(#head)\"" : "\"");
    token_title(s->arrows, s->t, k);
    if (k->completed >= s->t->from && k->completed <= s->t->to && k->completed) {
        g_string_append(s->arrows, "<path class=\"tick\" d=\"M");
        pic_number(s->arrows, sheet_x(s, k->completed));
        g_string_append_c(s->arrows, ',');
        pic_number(s->arrows, y - 3 * PIC_PX);
        to(s->arrows, 'v', 6 * PIC_PX);
        g_string_append(s->arrows, "\"/>\n");
    }
    if (x1 - x0 >= (pic_text_width(name, FONT_SMALL) + 12) * PIC_PX)
        pic_label(s->labels, "halo", PIC_MIDDLE, (x0 + x1) / 2, y + 4 * PIC_PX, name);
    s->told |= k->told;
    s->halt |= !k->told;
}

static void broadcasts(struct sheet *s)
{
    for (guint i = 0; i < s->t->broadcasts->len; i++) {
        const struct token *k = &g_array_index(s->t->broadcasts, struct token, i);

        if (!s->vcpu_y[k->vcpu])
            continue;
        g_string_append(s->arrows, "<path class=\"all\" d=\"M");
        pic_number(s->arrows, sheet_x(s, k->ready));
        g_string_append_printf(s->arrows, ",%ul-4,-5h8z\"><title>wake-all: ready ",
                               s->vcpu_y[k->vcpu] + 1);
        timeline_when(s->arrows, s->t, k->ready);
        g_string_append(s->arrows, "</title></path>\n");
        s->broadcast = true;
    }
}

void timeline_arrows(struct sheet *s, const unsigned *row)
{
    for (guint i = 0; i < s->t->tokens->len; i++) {
        const struct token *k = &g_array_index(s->t->tokens, struct token, i);

        if (s->vcpu_y[k->vcpu] && row[i] < ROWS_MAX)
            arrow(s, k, row[i]);
    }
    broadcasts(s);
}
