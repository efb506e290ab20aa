/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_level.c - how many tokens of a vCPU are in flight, as an area over time
 */
#include "timeline_draw.h"

struct step { /* at x, in ns or on the sheet, the level changes by `by` */
    uint64_t x;
    int by;
};

/* At one place those that begin come first: the level of a column is the most that were in flight.
 */
static gint by_x(gconstpointer a, gconstpointer b)
{
    const struct step *x = a, *y = b;

    return x->x != y->x ? (x->x < y->x ? -1 : 1) : y->by - x->by;
}

/* On the sheet in whole pixels, which bounds their number: begins down, ends up. */
static GArray *steps_of(const struct sheet *s, uint32_t vcpu, bool on_sheet)
{
    GArray *steps = g_array_new(FALSE, FALSE, sizeof(struct step));

    for (guint i = 0; i < s->t->tokens->len; i++) {
        const struct token *k = &g_array_index(s->t->tokens, struct token, i);
        sim_ns end = k->ready ? k->ready : k->wake ? k->wake : SIM_NEVER;
        struct step up = {k->not_present, 1}, down = {end, -1};

        if (k->vcpu != vcpu)
            continue;
        if (on_sheet) {
            up.x = sheet_x(s, up.x) / PIC_PX * PIC_PX;
            down.x = (sheet_x(s, down.x) + PIC_PX - 1) / PIC_PX * PIC_PX;
        }
        g_array_append_val(steps, up);
        g_array_append_val(steps, down);
    }
    g_array_sort(steps, by_x);
    return steps;
}

static unsigned most_of(const GArray *steps)
{
    int level = 0, most = 1;

    for (guint i = 0; i < steps->len; i++) {
        level += g_array_index(steps, struct step, i).by;
        most = MAX(most, level);
    }
    return (unsigned)most;
}

void timeline_level(struct sheet *s, uint32_t vcpu, unsigned y)
{
    g_autoptr(GArray) exact = steps_of(s, vcpu, false), steps = steps_of(s, vcpu, true);
    unsigned most = most_of(steps), height = LEVEL_HEIGHT - 3;
    g_autofree char *text = g_strdup_printf("in flight, to %u", most_of(exact));
    int level = 0;

    g_string_append_printf(s->bars, "<path class=\"level\" d=\"M%u,%u", PLOT_LEFT, y + 2 + height);
    for (guint i = 0; i < steps->len; i++) {
        const struct step *k = &g_array_index(steps, struct step, i);

        level += k->by;
        if (i + 1 < steps->len && g_array_index(steps, struct step, i + 1).x == k->x)
            continue;
        g_string_append_c(s->bars, 'H');
        pic_number(s->bars, k->x);
        g_string_append_c(s->bars, 'V');
        pic_number(s->bars, (y + 2 + height) * PIC_PX - (pic_x)level * height * PIC_PX / most);
    }
    g_string_append_printf(s->bars, "V%uz\"><title>tokens in flight, at most %u</title></path>\n",
                           y + 2 + height, most_of(exact));
    pic_label(s->labels, "small grey", PIC_END, (PLOT_LEFT - 8) * PIC_PX,
              (y + LEVEL_HEIGHT - 6) * PIC_PX, text);
    s->levels = true;
}
