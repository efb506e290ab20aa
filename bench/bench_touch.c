/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_touch.c - a page touch that hits: through the whole model, through the page cache alone,
 * and in a bare loop
 *
 * Model: one vCPU, one task, all pages resident; world_run() with draw, guest, clock, order hash,
 * page state. Pages: page_touch_run() over page numbers drawn before. Bare: the same draw (or the
 * same numbers) and one bit in an array of words; lru: a move to the front in 32-bit links.
 * All in this process, in alternating rounds; medians. Prints CSV in million touches a second;
 * what counts is the ratio.
 *
 *     bench_touch [PAGES [ROUNDS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "page_cache.h"
#include "pattern.h"
#include "world.h"

enum { TOUCHES = 8000000, IDS = 1 << 16, RUN = 32, TOUCH_NS = 100, ROUNDS_MAX = 99 };

struct bench {
    struct params p;
    struct touch_pattern pattern;
    struct pattern_cursor cursor;
    struct page_cache *pages;
    uint32_t count, *id; /* id: IDS page numbers of the pattern */
    uint64_t *word;      /* bare */
    uint32_t *next, *prev, front;
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void need(bool have)
{
    if (have)
        return;
    fprintf(stderr, "bench_touch: out of memory\n");
    exit(3);
}

static void fill_params(struct bench *b, enum pattern pattern, enum reclaim_policy policy)
{
    struct params *p = &b->p;
    uint64_t bytes = (uint64_t)b->count * PAGE_BYTES;

    memset(p, 0, sizeof *p);
    p->duration = (sim_ns)TOUCHES * TOUCH_NS;
    p->host.kernel = p->guest.kernel = APF_KERNEL_6_12;
    p->host.memory_limit = bytes;
    p->host.reclaim = policy;
    p->guest.vcpus = 1;
    p->guest.apf = p->guest.tickless = true;
    p->cost.touch = TOUCH_NS;
    p->disk.channels = p->monitor.parallelism = 1;
    p->regions = p->tasks = 1;
    p->region[0].backing = BACKING_SWAP;
    p->region[0].size = p->region[0].resident = bytes;
    p->task[0].count = p->task[0].steps = 1;
    p->task[0].vcpu = -1;
    p->task[0].step[0] = (struct step_params){
        .kind = STEP_TOUCH, .pattern = pattern, .pages = 1000, .stride = 1, .zipf_milli = 1000};
}

static double model(struct bench *b)
{
    struct world *w = world_create(&b->p, NULL, MODE_APF, 1);
    double begin, end;

    need(w);
    begin = seconds();
    world_run(w);
    end = seconds();
    world_destroy(w);
    return TOUCHES / (end - begin) / 1e6;
}

static double pages(struct bench *b)
{
    double begin = seconds();
    uint32_t hits = 0;

    for (uint32_t i = 0; i < TOUCHES; i += RUN)
        hits += page_touch_run(b->pages, b->id + i % IDS, RUN);
    if (hits != TOUCHES)
        abort();
    return TOUCHES / (seconds() - begin) / 1e6;
}

static void to_front(struct bench *b, uint32_t page)
{
    uint32_t *next = b->next, *prev = b->prev, front = b->front;

    if (page == front)
        return;
    next[prev[page]] = next[page];
    prev[next[page]] = prev[page];
    next[page] = front;
    prev[page] = prev[front];
    next[prev[front]] = page;
    prev[front] = page;
    b->front = page;
}

static double bare_ids(struct bench *b)
{
    double begin = seconds();
    bool lru = b->p.host.reclaim == RECLAIM_LRU;

    for (uint32_t i = 0; i < TOUCHES; i++) {
        uint32_t page = b->id[i % IDS];

        b->word[page] |= PAGE_WORD_ACCESSED;
        if (lru)
            to_front(b, page);
    }
    return TOUCHES / (seconds() - begin) / 1e6;
}

static double bare_draw(struct bench *b)
{
    double begin = seconds();
    struct pattern_touch touch;
    bool lru = b->p.host.reclaim == RECLAIM_LRU;

    for (uint32_t i = 0; i < TOUCHES; i++) {
        pattern_next(&b->pattern, &b->cursor, &touch);
        b->word[touch.page] |= PAGE_WORD_ACCESSED;
        if (lru)
            to_front(b, touch.page);
    }
    return TOUCHES / (seconds() - begin) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_size);
    return x[n / 2];
}

static void compare(struct bench *b, const char *name, double (*bare)(struct bench *),
                    double (*ours)(struct bench *), int rounds)
{
    static const char *const policy[RECLAIMS] = {
        [RECLAIM_LRU] = "lru", [RECLAIM_TWO_LIST] = "two-list", [RECLAIM_CLOCK] = "clock"};
    double x[ROUNDS_MAX], y[ROUNDS_MAX], bare_m, ours_m;

    bare(b);
    ours(b);
    for (int i = 0; i < rounds; i++) {
        x[i] = bare(b);
        y[i] = ours(b);
    }
    bare_m = median(x, rounds);
    ours_m = median(y, rounds);
    printf("%s,%s,%u,%.1f,%.1f,%.2f\n", name, policy[b->p.host.reclaim], b->count, bare_m, ours_m,
           bare_m / ours_m);
    fflush(stdout);
}

static void make_tables(struct bench *b, struct sim *sim)
{
    struct pattern_touch touch;

    b->pages = page_cache_create(sim, b->count, b->count, b->p.host.reclaim, 1);
    need(b->pages && pattern_init(&b->pattern, &b->p, &b->p.task[0].step[0], NULL));
    page_populate_run(b->pages, 0, b->count, false, true);
    pattern_start(&b->pattern, &b->cursor, 1, 0, 0, 0, 1);
    for (uint32_t i = 0; i < IDS; i++) {
        pattern_next(&b->pattern, &b->cursor, &touch);
        b->id[i] = touch.page;
    }
    for (uint32_t i = 0; i < b->count; i++) {
        b->next[i] = i + 1 < b->count ? i + 1 : 0;
        b->prev[i] = i ? i - 1 : b->count - 1;
    }
    b->front = 0;
}

static void compare_pattern(struct bench *b, const char *name, enum pattern pattern,
                            enum reclaim_policy policy, int rounds)
{
    struct sim *sim = sim_create(1, 1);
    char ids[32];

    need(sim);
    fill_params(b, pattern, policy);
    make_tables(b, sim);
    compare(b, name, bare_draw, model, rounds);
    snprintf(ids, sizeof ids, "%s-ids", name);
    compare(b, ids, bare_ids, pages, rounds);
    pattern_finish(&b->pattern);
    page_cache_destroy(b->pages);
    sim_destroy(sim);
}

int main(int argc, char **argv)
{
    static const enum reclaim_policy policies[] = {RECLAIM_TWO_LIST, RECLAIM_CLOCK, RECLAIM_LRU};
    static struct bench b;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;

    b.count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
    if (b.count < 2 || b.count > PAGE_PAGES_MAX || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_touch [PAGES [ROUNDS, up to 99]]\n");
        return 2;
    }
    b.id = calloc(IDS, sizeof *b.id);
    b.word = calloc(b.count, sizeof *b.word);
    b.next = calloc(b.count, sizeof *b.next);
    b.prev = calloc(b.count, sizeof *b.prev);
    need(b.id && b.word && b.next && b.prev);
    printf("touches,policy,pages,bare_M_per_s,ours_M_per_s,ratio\n");
    for (int i = 0; i < 3; i++) {
        compare_pattern(&b, "uniform", PATTERN_UNIFORM, policies[i], rounds);
        compare_pattern(&b, "cyclic", PATTERN_CYCLIC, policies[i], rounds);
        compare_pattern(&b, "zipf", PATTERN_ZIPF, policies[i], rounds);
    }
    return 0;
}
