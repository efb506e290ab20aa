/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_build.c - a machine as the rest of the checker sees it
 */
#include "check_world.h"

#include <stdlib.h>
#include <string.h>

static struct check_machine *create(const struct check_params *params)
{
    struct check_machine *m = calloc(1, sizeof *m);

    if (!m) {
        return NULL;
    }
    m->p = *params;
    if (!world_init(m)) {
        free(m);
        return NULL;
    }
    return m;
}

static void destroy(struct check_machine *m)
{
    free(m);
}

static void reset(struct check_machine *m)
{
    m->w = m->first;
    memset(m->held, 0, sizeof m->held);
}

static unsigned moves(struct check_machine *m, uint32_t *ret_moves)
{
    return world_moves(m, &m->w, ret_moves);
}

static const char *move(struct check_machine *m, uint32_t mv, struct check_tale *tale)
{
    uint8_t budget[CHECK_BUDGET_COUNT];
    unsigned b = 0;

    m->tale = tale;
    if (tale) {
        tale->count = 0;
        memcpy(budget, m->w.budget, sizeof budget);
    }
    world_move(m, mv);
    if (tale) {
        while (b < CHECK_BUDGET_COUNT && m->w.budget[b] >= budget[b]) {
            b++;
        }
        tale->spent = (enum check_budget)b;
    }
    m->tale = NULL;
    return m->broken;
}

static unsigned bits_of(const struct check_machine *m, const struct world *w)
{
    return (world_good(m, w) ? EXPLORE_GOOD : 0u) | (world_unkicked(m, w) ? EXPLORE_MARKED : 0u);
}

static unsigned bits(struct check_machine *m)
{
    return bits_of(m, &m->w);
}

static uint64_t rules(const struct check_machine *m)
{
    return m->rules;
}

static void describe(struct check_machine *m, char *ret_text, size_t bytes)
{
    world_describe(m, ret_text, bytes);
}

/* ---- the explorer's side ---- */

#if CHECK_PACKS
static unsigned finding_number(struct check_machine *m, const char *text)
{
    for (unsigned i = 1; i <= m->findings; i++) {
        if (!strcmp(m->finding[i], text)) {
            return i;
        }
    }
    if (m->findings + 1 < EXPLORE_FINDINGS) {
        m->finding[++m->findings] = text;
    }
    return m->findings;
}

static void explore_init(void *self, uint64_t *ret_state)
{
    struct check_machine *m = self;

    m->w = m->first;
    world_rename(m, &m->w);
    world_pack(m, &m->w, ret_state);
}

enum { LOOK_FIRST = 4096, LOOK = 64 };

/*
 * A word that a field has no room for, or a field that packing forgets, would make the search
 * unsound: so the first states, and then one in LOOK, are unpacked again and compared.
 */
static bool survives(struct check_machine *m, const uint64_t *words)
{
    world_unpack(m, words, &m->next);
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        if (memcmp(&m->next.v[v].h, &m->w.v[v].h, sizeof m->w.v[v].h)) {
            return false;
        }
    }
    return m->next.g.sleepers == m->w.g.sleepers && m->next.g.dummies == m->w.g.dummies;
}

/* Where a move leads, packed; what it broke. False: there is no going on behind it. */
static bool lead(struct check_machine *m, const struct world *from, uint32_t mv, uint64_t *words)
{
    m->w = *from;
    world_move(m, mv);
    world_rename(m, &m->w);
    return !m->fatal && world_pack(m, &m->w, words);
}

/*
 * What renaming (world_rename.c) promises, and packing too: the state allows the moves of the world
 * that was found, and each of them leads from both to one state, breaking the same.
 */
static bool goes_on_alike(struct check_machine *m, const uint64_t *words)
{
    uint32_t of_found[CHECK_MOVES], of_state[CHECK_MOVES];
    uint64_t from_found[EXPLORE_WORDS], from_state[EXPLORE_WORDS];
    const char *broken = m->broken;
    unsigned count = world_moves(m, &m->found, of_found);
    bool alike = true;

    world_unpack(m, words, &m->next);
    if (world_moves(m, &m->next, of_state) != count ||
        memcmp(of_found, of_state, count * sizeof *of_found) != 0) {
        return false;
    }
    for (unsigned i = 0; i < count && alike; i++) {
        bool goes_on = lead(m, &m->found, of_found[i], from_found);
        const char *behind = m->broken;
        alike = lead(m, &m->next, of_found[i], from_state) == goes_on && m->broken == behind &&
                (!goes_on || !memcmp(from_found, from_state, m->words * sizeof *from_found));
    }
    m->broken = broken;
    m->fatal = false;
    return alike;
}

static void take(struct check_machine *m, uint32_t mv, struct explore_batch *batch)
{
    unsigned at = batch->count++;
    uint64_t *words = batch->next + (size_t)at * m->words;

    m->packed++;
    world_move(m, mv);
    batch->move[at] = mv;
    batch->finding[at] = 0;
    bool look = m->packed < LOOK_FIRST || m->packed % LOOK == 0;
    if (look) {
        m->found = m->w;
    }
    world_rename(m, &m->w);
    if (!m->fatal && (!world_pack(m, &m->w, words) || (look && !survives(m, words)))) {
        BROKEN(m, "DEFECT: a state does not survive packing");
        m->fatal = true;
    } else if (!m->fatal && look && !goes_on_alike(m, words)) {
        BROKEN(m, "DEFECT: a state goes on otherwise than the world that it stands for");
        m->fatal = true;
    }
    if (m->broken) {
        batch->finding[at] = (uint8_t)finding_number(m, m->broken);
    }
    batch->final[at] = m->fatal;
}

static unsigned expand(void *self, const uint64_t *state, struct explore_batch *batch)
{
    struct check_machine *m = self;
    static _Thread_local struct world from;

    world_unpack(m, state, &from);
    unsigned count = world_moves(m, &from, m->list);
    for (unsigned i = 0; i < count && i < EXPLORE_FANOUT; i++) {
        m->w = from;
        take(m, m->list[i], batch);
    }
    if (count > EXPLORE_FANOUT) {
        batch->finding[EXPLORE_FANOUT - 1] =
            (uint8_t)finding_number(m, "DEFECT: a state allows more moves than are explored");
    }
    return bits_of(m, &from);
}

static void explore(struct check_machine *m, struct explore_model *ret_model)
{
    m->words = world_words(m);
    *ret_model = (struct explore_model){
        .self = m, .words = m->words, .init = explore_init, .expand = expand};
}

static const char *finding(const struct check_machine *m, unsigned number)
{
    return number && number <= m->findings ? m->finding[number] : NULL;
}
#define EXPLORE explore
#define FINDING finding
#else
#define EXPLORE NULL
#define FINDING NULL
#endif

#define STRING_(x) #x
#define STRING(x)  STRING_(x)
const struct check_build CHECK_PASTE(check, CHECK_VARIANT) = {
    .name = STRING(CHECK_VARIANT),
    .vcpus = CHECK_VCPUS,
    .tasks = CHECK_TASKS,
    .faults = CHECK_FAULTS,
    .limit = APF_LIMIT,
    .fetch_kind = M_WORK_APPEND,
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .moves = moves,
    .move = move,
    .bits = bits,
    .describe = describe,
    .rules = rules,
    .explore = EXPLORE,
    .finding = FINDING,
};
