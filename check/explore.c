/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explore.c - the search: arrays of states in the order they were found, one hash table of numbers
 *
 * The array of packed states is also the queue of the search. Arrays grow by mremap(), so growing
 * copies nothing and the memory limit is exact.
 *
 * A state is kept without the zeroes at its end, as 32-bit cells: models say how many words a state
 * can need, and most need fewer. Where it begins is the sum of the lengths in front of it in its
 * block, so that a look-up reads one cache line more.
 *
 * Which state a state was found from is not kept: states are expanded in the order of their
 * numbers, so these rise, and it lies between those of two neighbours in a sparse array. Expanding
 * the states between once more finds it, and the move: the first one that leads there.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { STRIDE = 64, GOOD = 0x80, FIRST_SLOTS = 1 << 12, HUGE_PAGE = 2 << 20, BLOCK = 28 };
enum { AHEAD = 4 }; /* states that are expanded before the successors of the first are looked up */
_Static_assert(EXPLORE_FANOUT < GOOD, "a byte holds the number of transitions and one bit");

struct span {
    char *at;
    size_t bytes;
};

/* Where the cells of BLOCK states are: a cache line. */
struct block {
    uint64_t first;      /* cell of its first state */
    uint16_t end[BLOCK]; /* of each state, in cells behind that */
};
_Static_assert(sizeof(struct block) == 64 && EXPLORE_WORDS * 2 * BLOCK <= UINT16_MAX, "ends fit");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a word's low half is its first cell");

struct explore {
    struct explore_model model;
    uint64_t limit, mapped;
    bool refused; /* the system did not give what the limit allows */
    uint32_t states;
    struct span cells;           /* uint32_t: packed states, one behind the other */
    struct span block;           /* struct block */
    struct span mark;            /* uint32_t: from where each STRIDE-th state was found */
    struct span degree;          /* uint8_t: transitions kept out of it, and GOOD */
    struct span edge;            /* uint32_t: successor, in order of the state that it leaves */
    struct span table;           /* uint64_t: hash << 32 | number + 1; 0 = free */
    uint64_t slots, edges, used; /* slots of the table, transitions kept, cells */
    struct flight {
        struct explore_batch batch;
        unsigned bits; /* EXPLORE_* of the state that the batch leaves */
        uint32_t hash[EXPLORE_FANOUT];
        uint8_t length[EXPLORE_FANOUT];
    } flight[AHEAD]; /* state n's is n % AHEAD */
};

/* ---- memory ---- */

static bool span_grow(struct explore *x, struct span *s, size_t need)
{
    if (need <= s->bytes) {
        return true;
    }
    size_t step = s->bytes / 8 > (1u << 20) ? s->bytes / 8 : 1u << 20;
    size_t bytes = s->bytes + step > need ? s->bytes + step : need;
    size_t unit = bytes > HUGE_PAGE ? HUGE_PAGE : 4096;
    bytes = (bytes + unit - 1) / unit * unit;
    if (x->mapped + (bytes - s->bytes) > x->limit) {
        return false;
    }
    void *at = s->at
                   ? mremap(s->at, s->bytes, bytes, MREMAP_MAYMOVE)
                   : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        x->refused = true;
        return false;
    }
    if (unit == HUGE_PAGE) {
        (void)madvise(at, bytes, MADV_HUGEPAGE); /* look-ups are random: fewer TLB misses */
    }
    x->mapped += bytes - s->bytes;
    *s = (struct span){.at = at, .bytes = bytes};
    return true;
}

static void span_free(struct explore *x, struct span *s)
{
    if (s->at) {
        munmap(s->at, s->bytes);
        x->mapped -= s->bytes;
    }
    *s = (struct span){0};
}

static uint32_t *u32(const struct span *s)
{
    return (uint32_t *)(void *)s->at;
}

/* ---- packed states ---- */

/* Cells up to the last one that is not 0. */
static uint8_t length_of(const uint64_t *w, unsigned words)
{
    while (words > 0 && w[words - 1] == 0) {
        words--;
    }
    return (uint8_t)(words && w[words - 1] >> 32 == 0 ? words * 2 - 1 : words * 2);
}

static struct block *block_of(const struct explore *x, uint32_t number)
{
    return (struct block *)(void *)x->block.at + number / BLOCK;
}

/* Where a state's cells are, and how many. */
struct place {
    uint64_t at;
    unsigned length;
};

static inline struct place place_of(const struct explore *x, uint32_t number)
{
    const struct block *b = block_of(x, number);
    unsigned i = number % BLOCK, begin = i ? b->end[i - 1] : 0;

    return (struct place){.at = b->first + begin, .length = b->end[i] - begin};
}

static inline bool is_state(const struct explore *x, uint32_t number, const uint64_t *w,
                            unsigned length)
{
    struct place p = place_of(x, number);

    return p.length == length && !memcmp(u32(&x->cells) + p.at, w, length * sizeof(uint32_t));
}

/* ---- hash table ---- */

static uint32_t hash_of(const uint64_t *w, unsigned words)
{
    uint64_t h = 0x9e3779b97f4a7c15u;

    for (unsigned i = 0; i < words; i++) {
        h = (h ^ w[i]) * 0xd6e8feb86659fd93u;
        h ^= h >> 32;
    }
    h *= 0xd6e8feb86659fd93u;
    return (uint32_t)(h >> 32);
}

/* Slots in order of hashes, so that a table of any size is filled from front to back. */
static uint64_t slot_of(const struct explore *x, uint32_t hash)
{
    return hash * x->slots >> 32;
}

static bool table_grow(struct explore *x)
{
    struct span old = x->table, bigger = {0};
    uint64_t slots = x->slots < (1u << 20) ? x->slots * 2 : x->slots / 4 * 5, was = x->slots;

    if (!span_grow(x, &bigger, slots * 8)) {
        return false;
    }
    uint64_t *from = (uint64_t *)(void *)old.at, *to = (uint64_t *)(void *)bigger.at;
    x->slots = slots;
    for (uint64_t i = 0; i < was; i++) {
        uint64_t at = slot_of(x, (uint32_t)(from[i] >> 32));
        if (!from[i]) {
            continue;
        }
        while (to[at]) {
            at = at + 1 < slots ? at + 1 : 0;
        }
        to[at] = from[i];
    }
    span_free(x, &old);
    x->table = bigger;
    return true;
}

static bool state_add(struct explore *x, const uint64_t *w, uint8_t length, uint32_t parent)
{
    size_t n = (size_t)x->states + 1;

    if (n >= EXPLORE_NONE || !span_grow(x, &x->cells, (x->used + length) * sizeof(uint32_t)) ||
        !span_grow(x, &x->block, (n / BLOCK + 1) * sizeof(struct block)) ||
        !span_grow(x, &x->mark, (n / STRIDE + 1) * 4) || !span_grow(x, &x->degree, n)) {
        return false;
    }
    struct block *b = block_of(x, x->states);
    if (x->states % BLOCK == 0) {
        b->first = x->used;
    }
    memcpy(u32(&x->cells) + x->used, w, length * sizeof(uint32_t));
    x->used += length;
    b->end[x->states % BLOCK] = (uint16_t)(x->used - b->first);
    if (x->states % STRIDE == 0) {
        u32(&x->mark)[x->states / STRIDE] = parent;
    }
    x->states++;
    return true;
}

/* Its slot, or the free one where it would be. */
static uint64_t *slot_find(const struct explore *x, const uint64_t *w, uint8_t length,
                           uint32_t hash)
{
    uint64_t *table = (uint64_t *)(void *)x->table.at, at = slot_of(x, hash);

    for (; table[at]; at = at + 1 < x->slots ? at + 1 : 0) {
        if (table[at] >> 32 == hash && is_state(x, (uint32_t)table[at] - 1, w, length)) {
            break;
        }
    }
    return &table[at];
}

/* Number of the state, which is added if it is new; EXPLORE_NONE when memory is out. */
static uint32_t find_or_add(struct explore *x, const uint64_t *w, uint8_t length, uint32_t hash,
                            uint32_t parent)
{
    /* 0.7 full at most: beyond, a look-up of what is new takes too many steps. */
    if ((uint64_t)x->states * 10 >= x->slots * 7 && !table_grow(x)) {
        return EXPLORE_NONE;
    }
    uint64_t *slot = slot_find(x, w, length, hash);
    if (*slot) {
        return (uint32_t)*slot - 1;
    }
    if (!state_add(x, w, length, parent)) {
        return EXPLORE_NONE;
    }
    *slot = (uint64_t)hash << 32 | x->states;
    return x->states - 1;
}

/* ---- search ---- */

static void note_finding(struct explore_result *r, unsigned finding, uint32_t from, uint32_t move)
{
    struct explore_finding *f = &r->finding[finding < EXPLORE_FINDINGS ? finding : 0];

    if (f->count++ == 0) {
        f->from = from;
        f->move = move;
    }
}

/*
 * A look-up reads three cache lines, each of which names the next. So a few states are expanded
 * ahead of the one whose successors are looked up, and the lines are asked for while others are
 * worked at. What is new is added in the order of the states that lead there, as if there were no
 * such pipeline.
 */
static void flight_begin(struct explore *x, uint32_t at)
{
    struct flight *f = &x->flight[at % AHEAD];
    uint64_t state[EXPLORE_WORDS] = {0};
    struct place p = place_of(x, at);
    unsigned words = x->model.words;
    const uint64_t *next = f->batch.next;

    memcpy(state, u32(&x->cells) + p.at, p.length * sizeof(uint32_t));
    f->batch.count = 0;
    f->bits = x->model.expand(x->model.self, state, &f->batch);
    for (unsigned i = 0; i < f->batch.count; i++, next += words) {
        f->hash[i] = hash_of(next, words);
        f->length[i] = length_of(next, words);
        __builtin_prefetch((const uint64_t *)(void *)x->table.at + slot_of(x, f->hash[i]));
    }
}

/* The state that a successor probably is, or EXPLORE_NONE. */
static uint32_t guess(const struct explore *x, uint32_t hash)
{
    uint64_t slot = ((const uint64_t *)(void *)x->table.at)[slot_of(x, hash)];

    return slot >> 32 == hash ? (uint32_t)slot - 1 : EXPLORE_NONE;
}

static void flight_blocks(const struct explore *x, const struct flight *f)
{
    for (unsigned i = 0; i < f->batch.count; i++) {
        uint32_t number = guess(x, f->hash[i]);
        if (number != EXPLORE_NONE) {
            __builtin_prefetch(block_of(x, number));
        }
    }
}

static void flight_cells(const struct explore *x, const struct flight *f)
{
    for (unsigned i = 0; i < f->batch.count; i++) {
        uint32_t number = guess(x, f->hash[i]);
        if (number != EXPLORE_NONE) {
            __builtin_prefetch(u32(&x->cells) + place_of(x, number).at);
        }
    }
}

static bool take_batch(struct explore *x, const struct explore_limits *limits, uint32_t from,
                       struct explore_result *r)
{
    const struct flight *f = &x->flight[from % AHEAD];
    const struct explore_batch *b = &f->batch;
    const uint64_t *next = b->next;

    if (limits->liveness && !span_grow(x, &x->edge, (x->edges + b->count) * 4)) {
        return false;
    }
    r->transitions += b->count;
    for (unsigned i = 0; i < b->count; i++, next += x->model.words) {
        if (b->finding[i]) {
            note_finding(r, b->finding[i], from, b->move[i]);
        }
        if (b->final[i]) {
            continue;
        }
        uint32_t to = find_or_add(x, next, f->length[i], f->hash[i], from);
        if (to == EXPLORE_NONE) {
            return false;
        }
        if (limits->liveness) {
            u32(&x->edge)[x->edges++] = to;
        }
    }
    return true;
}

static bool flight_end(struct explore *x, const struct explore_limits *limits, uint32_t at,
                       struct explore_result *r)
{
    uint64_t edges = x->edges;
    unsigned bits = x->flight[at % AHEAD].bits;

    if ((bits & EXPLORE_MARKED) && r->marked++ == 0) {
        r->first_marked = at;
    }
    bool fits = take_batch(x, limits, at, r);
    ((uint8_t *)x->degree.at)[at] =
        (uint8_t)((x->edges - edges) | (bits & EXPLORE_GOOD ? (unsigned)GOOD : 0u));
    return fits;
}

static enum explore_outcome search(struct explore *x, const struct explore_limits *limits,
                                   struct explore_result *r)
{
    uint32_t level_end = x->states, next = 0;

    for (uint32_t at = 0; at < x->states; at++) {
        if (at == level_end) {
            level_end = x->states;
            r->depth++;
        }
        if (at % 4096 == 0 && limits->go_on && !limits->go_on(limits->self)) {
            return EXPLORE_STOPPED;
        }
        for (; next < x->states && next - at < AHEAD; next++) {
            flight_begin(x, next);
        }
        flight_blocks(x, &x->flight[(at + 2) % AHEAD]);
        flight_cells(x, &x->flight[(at + 1) % AHEAD]);
        if (!flight_end(x, limits, at, r)) {
            return EXPLORE_MEMORY;
        }
    }
    return EXPLORE_EXHAUSTED;
}

/* ---- liveness ---- */

/* A state that can reach a good one is good. Successors are mostly later: so go from the back. */
static bool sweep(struct explore *x)
{
    uint8_t *degree = (uint8_t *)x->degree.at;
    const uint32_t *edge = u32(&x->edge) + x->edges;
    bool changed = false;

    for (uint32_t s = x->states; s-- > 0;) {
        unsigned count = degree[s] & (GOOD - 1);
        edge -= count;
        for (unsigned e = 0; !(degree[s] & GOOD) && e < count; e++) {
            if (degree[edge[e]] & GOOD) {
                degree[s] |= GOOD;
                changed = true;
            }
        }
    }
    return changed;
}

static void find_stuck(struct explore *x, struct explore_result *r)
{
    const uint8_t *degree = (const uint8_t *)x->degree.at;

    while (sweep(x)) {
    }
    for (uint32_t s = 0; s < x->states; s++) {
        if (!(degree[s] & GOOD) && r->stuck++ == 0) {
            r->first_stuck = s;
        }
    }
}

/* ---- outside ---- */

struct explore *explore_create(const struct explore_model *model)
{
    struct explore *x = calloc(1, sizeof *x);

    if (x) {
        x->model = *model;
    }
    return x;
}

static void release(struct explore *x)
{
    struct span *const spans[] = {&x->cells, &x->block, &x->mark, &x->degree, &x->edge, &x->table};

    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        span_free(x, spans[i]);
    }
    x->states = 0;
    x->edges = 0;
    x->used = 0;
}

void explore_destroy(struct explore *x)
{
    if (x) {
        release(x);
        free(x);
    }
}

void explore_run(struct explore *x, const struct explore_limits *limits, struct explore_result *r)
{
    uint64_t state[EXPLORE_WORDS] = {0};

    release(x);
    *r = (struct explore_result){.first_marked = EXPLORE_NONE, .first_stuck = EXPLORE_NONE};
    x->limit = limits->memory_bytes;
    x->refused = false;
    x->slots = FIRST_SLOTS;
    x->model.init(x->model.self, state);
    r->outcome = EXPLORE_MEMORY;
    /* A first state of zeroes has no cells: they are there all the same, at no null pointer. */
    if (span_grow(x, &x->table, x->slots * 8) && span_grow(x, &x->cells, sizeof(uint32_t)) &&
        find_or_add(x, state, length_of(state, x->model.words), hash_of(state, x->model.words),
                    0) == 0) {
        r->outcome = search(x, limits, r);
    }
    if (limits->liveness && r->outcome == EXPLORE_EXHAUSTED) {
        find_stuck(x, r);
    }
    r->refused = x->refused;
    r->states = x->states;
    r->bytes = x->mapped;
}

/* From where state `number` was found, not 0, and by which move. */
static uint32_t parent_of(struct explore *x, uint32_t number, uint32_t *ret_move)
{
    for (uint32_t from = u32(&x->mark)[number / STRIDE]; from < number; from++) {
        const struct flight *f = &x->flight[from % AHEAD];
        flight_begin(x, from);
        for (unsigned i = 0; i < f->batch.count; i++) {
            const uint64_t *w = f->batch.next + (size_t)i * x->model.words;
            if (!f->batch.final[i] && is_state(x, number, w, f->length[i])) {
                *ret_move = f->batch.move[i];
                return from;
            }
        }
    }
    return 0;
}

unsigned explore_trail(struct explore *x, uint32_t number, uint32_t *moves, unsigned limit)
{
    unsigned length = 0;
    uint32_t move = 0;

    /* Backwards; the moves of a trail that is too long are its first ones. */
    for (uint32_t s = number; s < x->states && s != 0; s = parent_of(x, s, &move)) {
        length++;
    }
    unsigned at = length;
    for (uint32_t s = number; s < x->states && s != 0;) {
        s = parent_of(x, s, &move);
        if (--at < limit) {
            moves[at] = move;
        }
    }
    return length;
}
