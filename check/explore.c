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

enum { STRIDE = 64, GOOD = 0x80, FIRST_SLOTS = 1 << 12, HUGE_PAGE = 2 << 20, BLOCK = 24 };
_Static_assert(EXPLORE_FANOUT < GOOD, "a byte holds the number of transitions and one bit");

struct span {
    char *at;
    size_t bytes;
};

/* Where the cells of BLOCK states are: half a cache line. */
struct block {
    uint64_t first;        /* cell of its first state */
    uint8_t length[BLOCK]; /* in cells */
};
_Static_assert(sizeof(struct block) == 32 && EXPLORE_WORDS * 2 <= UINT8_MAX, "lengths fit");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a word's low half is its first cell");

struct explore {
    struct explore_model model;
    uint64_t limit, mapped;
    uint32_t states;
    struct span cells;           /* uint32_t: packed states, one behind the other */
    struct span block;           /* struct block */
    struct span mark;            /* uint32_t: from where each STRIDE-th state was found */
    struct span degree;          /* uint8_t: transitions kept out of it, and GOOD */
    struct span edge;            /* uint32_t: successor, in order of the state that it leaves */
    struct span table;           /* uint64_t: hash << 32 | number + 1; 0 = free */
    uint64_t slots, edges, used; /* slots of the table, transitions kept, cells */
    struct explore_batch batch;
    uint32_t hash[EXPLORE_FANOUT];
    uint8_t length[EXPLORE_FANOUT];
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

/* The first n of 8 bytes, all of them from 8 on, as pairs: 4 sums of 16 bits. */
static inline uint64_t pairs_of(const uint8_t *bytes, int n)
{
    const uint64_t low = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t word;

    memcpy(&word, bytes, 8);
    word &= n >= 8 ? UINT64_MAX : n <= 0 ? 0 : (UINT64_C(1) << n * 8) - 1;
    return (word & low) + (word >> 8 & low);
}

static inline const uint32_t *cells_of(const struct explore *x, uint32_t number)
{
    const struct block *b = block_of(x, number);
    int before = (int)(number % BLOCK);
    uint64_t pairs = pairs_of(b->length, before) + pairs_of(b->length + 8, before - 8) +
                     pairs_of(b->length + 16, before - 16);

    /* The product's top 16 bits are the sum of the four. */
    return u32(&x->cells) + b->first + (pairs * UINT64_C(0x0001000100010001) >> 48);
}

static bool is_state(const struct explore *x, uint32_t number, const uint64_t *w, unsigned length)
{
    return block_of(x, number)->length[number % BLOCK] == length &&
           !memcmp(cells_of(x, number), w, length * sizeof(uint32_t));
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
    b->length[x->states % BLOCK] = length;
    memcpy(u32(&x->cells) + x->used, w, length * sizeof(uint32_t));
    x->used += length;
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

/* The hashes first, then the states that they name, so that the look-ups' cache misses overlap. */
static void hash_batch(struct explore *x)
{
    const uint64_t *table = (const uint64_t *)(const void *)x->table.at;

    for (unsigned i = 0; i < x->batch.count; i++) {
        x->hash[i] = hash_of(x->batch.next + (size_t)i * x->model.words, x->model.words);
        __builtin_prefetch(&table[slot_of(x, x->hash[i])]);
    }
    for (unsigned i = 0; i < x->batch.count; i++) {
        uint64_t slot = table[slot_of(x, x->hash[i])];
        x->length[i] = length_of(x->batch.next + (size_t)i * x->model.words, x->model.words);
        if (slot && slot >> 32 == x->hash[i]) {
            __builtin_prefetch(block_of(x, (uint32_t)slot - 1));
        }
    }
    for (unsigned i = 0; i < x->batch.count; i++) {
        uint64_t slot = table[slot_of(x, x->hash[i])];
        if (slot && slot >> 32 == x->hash[i]) {
            __builtin_prefetch(cells_of(x, (uint32_t)slot - 1));
        }
    }
}

static bool take_batch(struct explore *x, const struct explore_limits *limits, uint32_t from,
                       struct explore_result *r)
{
    const struct explore_batch *b = &x->batch;

    hash_batch(x);
    if (limits->liveness && !span_grow(x, &x->edge, (x->edges + b->count) * 4)) {
        return false;
    }
    r->transitions += b->count;
    for (unsigned i = 0; i < b->count; i++) {
        if (b->finding[i]) {
            note_finding(r, b->finding[i], from, b->move[i]);
        }
        if (b->final[i]) {
            continue;
        }
        uint32_t to =
            find_or_add(x, b->next + (size_t)i * x->model.words, x->length[i], x->hash[i], from);
        if (to == EXPLORE_NONE) {
            return false;
        }
        if (limits->liveness) {
            u32(&x->edge)[x->edges++] = to;
        }
    }
    return true;
}

/* Fills x->batch; EXPLORE_* bits of the state. */
static unsigned successors(struct explore *x, uint32_t at)
{
    uint64_t state[EXPLORE_WORDS] = {0};
    unsigned length = block_of(x, at)->length[at % BLOCK];

    memcpy(state, cells_of(x, at), length * sizeof(uint32_t));
    x->batch.count = 0;
    return x->model.expand(x->model.self, state, &x->batch);
}

static bool expand(struct explore *x, const struct explore_limits *limits, uint32_t at,
                   struct explore_result *r)
{
    uint64_t edges = x->edges;
    unsigned bits = successors(x, at);

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
    uint32_t level_end = x->states;

    for (uint32_t at = 0; at < x->states; at++) {
        if (at == level_end) {
            level_end = x->states;
            r->depth++;
        }
        if (at % 4096 == 0 && limits->go_on && !limits->go_on(limits->self)) {
            return EXPLORE_STOPPED;
        }
        if (!expand(x, limits, at, r)) {
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
    r->states = x->states;
    r->bytes = x->mapped;
}

/* From where state `number` was found, not 0, and by which move. */
static uint32_t parent_of(struct explore *x, uint32_t number, uint32_t *ret_move)
{
    for (uint32_t from = u32(&x->mark)[number / STRIDE]; from < number; from++) {
        successors(x, from);
        hash_batch(x);
        for (unsigned i = 0; i < x->batch.count; i++) {
            const uint64_t *w = x->batch.next + (size_t)i * x->model.words;
            if (!x->batch.final[i] && is_state(x, number, w, x->length[i])) {
                *ret_move = x->batch.move[i];
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
