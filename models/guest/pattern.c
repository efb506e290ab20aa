/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pattern.c - sequential, cyclic, uniform, zipf, trace
 */
#include "pattern.h"

#include <stdlib.h>

#include "sim_assert.h"

/* ISO C has no such type; both compilers do. */
__extension__ typedef unsigned __int128 wide;

#define TRACE_WRITE (1u << 31)

/* (k + 1)^-s in 2^-56. */
static uint64_t zipf_weight(uint32_t k, uint32_t milli)
{
    double w = sim_exp(-(double)milli / 1000.0 * sim_log((double)k + 1.0));

    return (uint64_t)(w * 72057594037927936.0);
}

/* Column heights in 2^-32 of the mean, so that they sum to n (but for rounding). */
static void zipf_heights(uint64_t *height, uint32_t n, uint32_t milli)
{
    wide total = 0;

    for (uint32_t k = 0; k < n; k++)
        total += height[k] = zipf_weight(k, milli);
    for (uint32_t k = 0; k < n; k++)
        height[k] = (uint64_t)(((wide)height[k] * n << 32) / total);
}

/* Vose: every low column is filled up by one high column. The stack holds the lows from the bottom
 * and the highs from the top. What rounding leaves over keeps its whole column. */
static void alias_fill(struct pattern_alias *a, uint64_t *height, uint32_t *stack, uint32_t n)
{
    const uint64_t one = (uint64_t)1 << 32;
    uint32_t low = 0, high = n;

    for (uint32_t k = 0; k < n; k++) {
        a[k] = (struct pattern_alias){.keep = UINT32_MAX, .other = k};
        if (height[k] < one)
            stack[low++] = k;
        else
            stack[--high] = k;
    }
    while (low && high < n) {
        uint32_t l = stack[--low], h = stack[high];

        a[l] = (struct pattern_alias){.keep = (uint32_t)height[l], .other = h};
        height[h] -= one - height[l];
        if (height[h] < one) {
            high++;
            stack[low++] = h;
        }
    }
}

static bool zipf_init(struct touch_pattern *pt, uint32_t milli)
{
    uint64_t *height = malloc(pt->span * sizeof *height);
    uint32_t *stack = malloc(pt->span * sizeof *stack);

    pt->alias = malloc(pt->span * sizeof *pt->alias);
    if (height && stack && pt->alias) {
        zipf_heights(height, pt->span, milli);
        alias_fill(pt->alias, height, stack, pt->span);
    }
    bool ok = height && stack && pt->alias;
    free(height);
    free(stack);
    return ok;
}

bool pattern_init(struct touch_pattern *pt, const struct params *p, const struct step_params *step,
                  const struct page_trace *trace)
{
    const struct region_params *r = &p->region[step->region];
    uint64_t span = step->span ? step->span : r->size - step->first;

    SIM_ASSERT(step->region < p->regions);
    SIM_ASSERT(step->first + span <= r->size);
    *pt = (struct touch_pattern){
        .kind = step->pattern,
        .first = region_first(p, step->region) + (uint32_t)(step->first / PAGE_BYTES),
        .span = (uint32_t)(span / PAGE_BYTES),
        .stride = step->stride ? step->stride : 1,
        .write_ppm = step->write_ppm,
        .kernel_ppm = step->kernel_ppm,
        .irq_off_ppm = step->irq_off_ppm,
        .touches = step->pages,
        .trace = trace,
    };
    SIM_ASSERT(pt->span > 0);
    pt->stride %= pt->span;
    pt->plain = pt->kind != PATTERN_TRACE && !pt->kernel_ppm && !pt->irq_off_ppm;
    if (pt->kind == PATTERN_TRACE) {
        SIM_ASSERT(trace && trace->count);
        if (!pt->touches)
            pt->touches = (uint32_t)trace->count;
    }
    return pt->kind != PATTERN_ZIPF || zipf_init(pt, step->zipf_milli);
}

void pattern_finish(struct touch_pattern *pt)
{
    free(pt->alias);
    pt->alias = NULL;
}

void pattern_start(const struct touch_pattern *pt, struct pattern_cursor *c, uint64_t seed,
                   uint32_t task, uint32_t step, uint32_t nth, uint32_t of)
{
    uint64_t entity = (uint64_t)task * 64 + step;

    c->at = pt->kind == PATTERN_SEQUENTIAL ? (uint64_t)nth * pt->span / of : 0;
    c->given = c->drawn = 0;
    sim_rng_init(&c->page, seed, SIM_STREAM_PATTERN, entity);
    sim_rng_init(&c->write, seed, SIM_STREAM_WRITE, entity);
}

/* One word for both: the product's high half is the column, its low half the height in it. Chosen
 * by a mask: a branch would be mispredicted every other time. */
static uint32_t zipf_draw(const struct touch_pattern *pt, struct sim_rng *r)
{
    wide x = (wide)sim_rng_u64(r) * pt->span;
    uint32_t column = (uint32_t)(x >> 64), height = (uint32_t)((uint64_t)x >> 32);
    struct pattern_alias a = pt->alias[column];
    uint32_t keeps = -(uint32_t)(height < a.keep);

    return (column & keeps) | (a.other & ~keeps);
}

/* at < span, stride <= span. */
static uint32_t place_next(const struct touch_pattern *pt, struct pattern_cursor *c)
{
    uint64_t at = c->at, next = at + pt->stride;

    c->at = next < pt->span ? next : next - pt->span;
    return (uint32_t)at;
}

static uint32_t place_draw(const struct touch_pattern *pt, struct pattern_cursor *c)
{
    switch (pt->kind) {
    case PATTERN_SEQUENTIAL:
    case PATTERN_CYCLIC:
        return place_next(pt, c);
    case PATTERN_UNIFORM:
        return (uint32_t)sim_rng_below(&c->page, pt->span);
    case PATTERN_ZIPF:
        return zipf_draw(pt, &c->page);
    case PATTERN_TRACE: /* has a gap: trace_next() */
    case PATTERNS:
        break;
    }
    return 0;
}

static uint32_t trace_next(const struct touch_pattern *pt, struct pattern_cursor *c,
                           struct pattern_touch *out)
{
    uint32_t record = pt->trace->page[c->at];

    out->gap = pt->trace->gap_ns[c->at];
    out->write = record & TRACE_WRITE;
    c->at = c->at + 1 < pt->trace->count ? c->at + 1 : 0;
    return (record & ~TRACE_WRITE) % pt->span;
}

/*
 * Whether each of them writes. The stream serves nothing but these shares: where they leave no
 * choice, it need not be drawn from.
 */
static void writes_ahead(const struct touch_pattern *pt, struct pattern_cursor *c)
{
    for (uint32_t i = 0; i < PATTERN_AHEAD; i++) {
        bool write = pt->write_ppm == PPM;

        if (pt->write_ppm && pt->write_ppm < PPM) {
            write = sim_rng_below(&c->write, PPM) < pt->write_ppm;
            sim_rng_below(&c->write, PPM); /* the mode's, as in mixed_next() */
        }
        c->ahead[i] = write ? PATTERN_AHEAD_WRITE : 0;
    }
}

static void draw_ahead(const struct touch_pattern *pt, struct pattern_cursor *c)
{
    writes_ahead(pt, c);
    for (uint32_t i = 0; i < PATTERN_AHEAD; i++)
        c->ahead[i] |= pt->first + place_draw(pt, c);
    c->given = 0;
    c->drawn = PATTERN_AHEAD;
}

static void plain_next(const struct touch_pattern *pt, struct pattern_cursor *c,
                       struct pattern_touch *out)
{
    uint32_t touch;

    if (c->given == c->drawn)
        draw_ahead(pt, c);
    touch = c->ahead[c->given++];
    *out = (struct pattern_touch){.page = touch & ~PATTERN_AHEAD_WRITE,
                                  .write = touch & PATTERN_AHEAD_WRITE};
}

static void mixed_next(const struct touch_pattern *pt, struct pattern_cursor *c,
                       struct pattern_touch *out)
{
    /* Both are drawn for each touch, so that one share does not shift the other's draws. */
    uint64_t write = sim_rng_below(&c->write, PPM), mode = sim_rng_below(&c->write, PPM);

    *out = (struct pattern_touch){
        .write = write < pt->write_ppm,
        .irq_off = mode < pt->irq_off_ppm,
        .kernel = mode < (uint64_t)pt->irq_off_ppm + pt->kernel_ppm,
    };
    out->page =
        pt->first + (pt->kind == PATTERN_TRACE ? trace_next(pt, c, out) : place_draw(pt, c));
}

void pattern_next(const struct touch_pattern *pt, struct pattern_cursor *c,
                  struct pattern_touch *out)
{
    if (pt->plain)
        plain_next(pt, c, out);
    else
        mixed_next(pt, c, out);
}
