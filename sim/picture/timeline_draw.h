/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_draw.h - what the drawing parts of a timeline share: the sheet and its scale
 */
#pragma once

#include "pic_svg.h"
#include "timeline_priv.h"

enum {
    SHEET_WIDTH = 1200,
    PLOT_LEFT = 132,
    PLOT_WIDTH = 1040,
    PLOT_RIGHT = PLOT_LEFT + PLOT_WIDTH,
    VCPU_HEIGHT = 20,
    TASK_HEIGHT = 16,
    CHANNEL_HEIGHT = 11,
    ROW_HEIGHT = 13,  /* of tokens */
    ROWS_MAX = 8,     /* of tokens under a vCPU */
    ARROWS_MAX = 150, /* with more tokens, levels are drawn instead */
    LEVEL_HEIGHT = 26,
    LANE_GAP = 4,
    SECTION_GAP = 12,
    FONT = 12,
    FONT_SMALL = 10,
};

struct sheet {
    const struct timeline *t;
    GString *bars, *arrows, *labels; /* drawn in this order */
    sim_ns thin;                     /* slices shorter than this are drawn together */
    bool seen[PAINT_COUNT];          /* for the legend */
    bool told, halt, broadcast, mixed, levels;
    unsigned channels_left_out;
    unsigned *vcpu_y, *task_y; /* top of the lane in pixels; 0: it is not drawn */
};

/* Where a time is on the sheet; times outside the window are at its edge. */
static inline pic_x sheet_x(const struct sheet *s, sim_ns when)
{
    const struct timeline *t = s->t;
    sim_ns at = when < t->from ? t->from : when > t->to ? t->to : when;

    return PLOT_LEFT * PIC_PX + (at - t->from) * PLOT_WIDTH * PIC_PX / (t->to - t->from);
}

/* Whom a slice is of, in SLICE_NAME bytes; false: nobody, or it need not be said. */
#define SLICE_NAME 64
typedef bool (*name_fn)(const struct timeline *t, const struct slice *s, char *ret);
/* The bars of a lane with its name; name_of may be NULL. */
void timeline_bars(struct sheet *s, const char *css, const char *name, const struct lane *lane,
                   unsigned y, unsigned height, name_fn name_of);
/*
 * The tokens of a vCPU get rows under its lane; row: of each token of t->tokens. When they are too
 * many for that, their number is drawn as a level over time, and row is ROWS_MAX. Returns how many
 * pixels the lane needs below itself.
 */
unsigned timeline_rows(struct sheet *s, uint32_t vcpu, unsigned *ret_row);
void timeline_arrows(struct sheet *s, const unsigned *row);
/* As an area of LEVEL_HEIGHT below pixel y. */
void timeline_level(struct sheet *s, uint32_t vcpu, unsigned y);
/* "+1.5 ms": since the window's beginning, or "before", "later" outside it. */
void timeline_when(GString *out, const struct timeline *t, sim_ns when);
