/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim.c - the clock and the loop; see sim_internal.h for how pending events are kept
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "sim_assert.h"
#include "sim_internal.h"

#include "sim_poison.h"

#define RANK_SHIFT 61
_Static_assert(SIM_RANKS <= 8, "a rank has three bits in a key");

/* So many events (or twice) at one instant, and time stands still. */
#define STUCK_EVENTS ((uint64_t)1 << 22)

const char *const sim_outcome_name[SIM_OUTCOMES] = {
    [SIM_RUNNING] = "running",         [SIM_HORIZON] = "horizon",
    [SIM_ALL_DONE] = "all_done",       [SIM_DEADLOCK] = "deadlock",
    [SIM_NO_PROGRESS] = "no_progress", [SIM_OUT_OF_EVENTS] = "out_of_events",
    [SIM_OUT_OF_SLAB] = "out_of_slab", [SIM_GUEST_PANIC] = "guest_panic",
    [SIM_BROKEN] = "broken",           [SIM_STUCK_TASKS] = "stuck_tasks",
};

static uint32_t bits_for(uint32_t count)
{
    uint32_t bits = 1;

    while (bits < 32 && (uint64_t)1 << bits < count)
        bits++;
    return bits;
}

struct sim *sim_create(uint32_t actors_max, uint32_t posted_max)
{
    struct sim *sim = calloc(1, sizeof *sim);

    if (!sim)
        return NULL;
    sim->actors_max = actors_max;
    sim->actor = calloc((size_t)actors_max + 1, sizeof *sim->actor);
    if (!sim->actor || !sim_tree_init(&sim->tree, actors_max) ||
        !sim_ladder_init(&sim->queue, posted_max) ||
        !sim_slab_init(&sim->posted, sizeof(struct sim_posted), posted_max)) {
        sim_destroy(sim);
        return NULL;
    }
    sim_tree_use(&sim->tree, 1);
    sim->id_bits = bits_for(actors_max > posted_max ? actors_max : posted_max);
    sim->queue.record = sim->posted.record;
    sim->queue.record_size = sim->posted.size;
    sim->seq_step = (uint64_t)1 << sim->id_bits;
    sim->id_mask = sim->seq_step - 1;
    sim->queue.record_mask = sim->id_mask;
    sim->seq_mask = ((uint64_t)1 << RANK_SHIFT) - sim->seq_step;
    sim->seq_plain = sim->seq_mask;
    sim->fixed_mask = ~sim->seq_mask;
    sim->hole = SIM_NO_HOLE;
    sim->stuck_at = SIM_NEVER;
    return sim;
}

void sim_destroy(struct sim *sim)
{
    if (!sim)
        return;
    sim_tree_finish(&sim->tree);
    sim_ladder_finish(&sim->queue);
    sim_slab_finish(&sim->posted);
    free(sim->actor);
    free(sim);
}

sim_actor sim_actor_add(struct sim *sim, enum sim_rank rank, sim_handler fn, void *ctx)
{
    SIM_ASSERT(sim->actors < sim->actors_max);
    SIM_ASSERT(rank < SIM_RANKS);
    SIM_ASSERT(fn);
    sim->actor[sim->actors] = (struct sim_actor_slot){.fn = fn, .ctx = ctx, .rank = rank};
    sim_tree_use(&sim->tree, ++sim->actors);
    return sim->actors - 1;
}

/* A bijection on sequence numbers, so that shuffled keys are unique too. */
__attribute__((cold, noinline)) static uint64_t shuffled(const struct sim *sim, uint64_t seq)
{
    uint32_t half = (RANK_SHIFT - sim->id_bits + 1) / 2;
    uint64_t mask = sim->seq_mask >> sim->id_bits;
    int i;

    SIM_ASSERT(seq < sim->seq_mask);
    seq >>= sim->id_bits;
    for (i = 0; i < 3; i++) {
        seq = ((seq + sim->shuffle_add) * sim->shuffle_mul) & mask;
        seq ^= seq >> half;
    }
    return seq << sim->id_bits;
}

static inline struct sim_key make_key(sim_ns when, uint32_t rank, uint64_t seq, uint32_t id)
{
    return (struct sim_key){when, (uint64_t)rank << RANK_SHIFT | seq | id};
}

static inline uint64_t next_seq(struct sim *sim)
{
    uint64_t seq = sim->seq;

    sim->seq += sim->seq_step;
    return seq;
}

static inline bool is_plain(const struct sim *sim, uint64_t seq)
{
    return __builtin_expect(seq < sim->seq_plain, 1);
}

static inline sim_ns lesser(sim_ns a, sim_ns b)
{
    return a < b ? a : b;
}

static inline void find_until(struct sim *sim)
{
    sim->until = lesser(sim->limit, sim_ladder_top(&sim->queue).when);
}

static void find_bound(struct sim *sim)
{
    sim_ns actors =
        sim->hole == SIM_NO_HOLE
            ? sim_tree_least(&sim->tree).when
            : lesser(sim->own_when, sim_tree_least_beside(&sim->tree, (uint32_t)sim->hole));

    sim->bound = lesser(sim->until, actors);
}

/* A known bound stays known, unless the event that moves may have made it. */
static inline void move_bound(struct sim *sim, sim_ns old, sim_ns when)
{
    sim->bound = lesser(old > sim->bound ? sim->bound : 0, when);
}

static inline void set_own(struct sim *sim, sim_ns when, uint64_t seq)
{
    if (sim->bound)
        move_bound(sim, sim->own_when, when);
    sim->own_when = when;
    sim->own_seq = seq;
}

static void set_other(struct sim *sim, sim_actor actor, sim_ns when, uint64_t seq)
{
    move_bound(sim, sim_tree_get(&sim->tree, actor).when, when);
    sim_tree_set(&sim->tree, actor, make_key(when, sim->actor[actor].rank, seq, actor));
}

static void set_slot(struct sim *sim, sim_actor actor, sim_ns when, uint64_t seq)
{
    if (actor == sim->hole)
        set_own(sim, when, seq);
    else
        set_other(sim, actor, when, seq);
}

/* Whatever may be asked. Apart, and called last, so that the usual case saves no registers. */
__attribute__((noinline)) static void set_any(struct sim *sim, sim_actor actor, sim_ns when,
                                              uint32_t kind, uint64_t arg)
{
    uint64_t seq;

    SIM_ASSERT(actor < sim->actors);
    SIM_ASSERT(when >= sim->head.now);
    if (when == SIM_NEVER) {
        sim_actor_cancel(sim, actor);
        return;
    }
    sim->actor[actor].kind = kind;
    sim->actor[actor].arg = arg;
    seq = next_seq(sim);
    set_slot(sim, actor, when, is_plain(sim, seq) ? seq : shuffled(sim, seq));
}

/* Usually an actor sets its own next event; now < when + 1 is now <= when and not SIM_NEVER. */
void sim_actor_at(struct sim *sim, sim_actor actor, sim_ns when, uint32_t kind, uint64_t arg)
{
    struct sim_actor_slot *slot = &sim->actor[actor];

    if (actor != sim->hole || sim->head.now >= when + 1 || !is_plain(sim, sim->seq)) {
        set_any(sim, actor, when, kind, arg);
        return;
    }
    slot->kind = kind;
    slot->arg = arg;
    set_own(sim, when, next_seq(sim));
}

void sim_actor_cancel(struct sim *sim, sim_actor actor)
{
    if (sim_actor_when(sim, actor) != SIM_NEVER)
        set_slot(sim, actor, SIM_NEVER, sim->seq_mask);
}

sim_ns sim_actor_when(const struct sim *sim, sim_actor actor)
{
    SIM_ASSERT(actor < sim->actors);
    return actor == sim->hole ? sim->own_when : sim_tree_get(&sim->tree, actor).when;
}

void sim_post(struct sim *sim, sim_actor target, enum sim_rank rank, sim_ns when, uint32_t kind,
              uint64_t arg)
{
    uint32_t id = sim_slab_get(&sim->posted);
    uint64_t seq;

    SIM_ASSERT(target < sim->actors);
    SIM_ASSERT(rank < SIM_RANKS);
    SIM_ASSERT(when >= sim->head.now && when != SIM_NEVER);
    if (id == SIM_SLAB_NONE) {
        sim_stop(sim, SIM_OUT_OF_EVENTS, "the queue of posted events is full");
        return;
    }
    *(struct sim_posted *)sim_slab_at(&sim->posted, id) = (struct sim_posted){arg, target, kind};
    seq = next_seq(sim);
    seq = is_plain(sim, seq) ? seq : shuffled(sim, seq);
    sim_ladder_push(&sim->queue, make_key(when, rank, seq, id));
    sim->bound = lesser(sim->bound, when);
    sim->until = lesser(sim->until, when);
}

static void look_for_progress(struct sim *sim)
{
    if (sim->stuck_at == sim->head.now)
        sim_stop(sim, SIM_NO_PROGRESS, "time stands still: millions of events at one instant");
    sim->stuck_at = sim->head.now;
}

/* One wide product folds the event into the hash: six cycles in the chain of events. */
static inline void account(struct sim *sim, sim_ns when, uint64_t who, uint64_t kind, uint64_t arg)
{
    uint64_t e = who + (kind << 20) + sim_rng_rotl(arg * 0x9e3779b97f4a7c15u, 32);
    sim_u128 h = (sim_u128)(sim->hash ^ when ^ 0xa0761d6478bd642fu) * (e ^ 0xd6e8feb86659fd93u);

    sim->hash = (uint64_t)h ^ (uint64_t)(h >> 64);
    sim->head.now = when;
    if (__builtin_expect((++sim->handled & (STUCK_EVENTS - 1)) == 0, 0))
        look_for_progress(sim);
}

static inline uint64_t who(uint32_t rank, uint32_t target)
{
    return (uint64_t)rank << 56 ^ target;
}

/* The bound says no: look again unless it is known. */
static bool may_advance(struct sim *sim, sim_ns when)
{
    if (sim->bound)
        return false;
    find_bound(sim);
    return when < sim->bound;
}

bool sim_try_advance(struct sim *sim, sim_actor actor, sim_ns when)
{
    SIM_ASSERT(actor < sim->actors);
    SIM_ASSERT(when >= sim->head.now);
    if (when >= sim->bound && !may_advance(sim, when))
        return false;
    account(sim, when, who(sim->actor[actor].rank, actor), 0, 0);
    return true;
}

uint64_t sim_room(const struct sim *sim, sim_ns step)
{
    SIM_ASSERT(step > 0);
    return sim->bound > sim->head.now ? (sim->bound - 1 - sim->head.now) / step : 0;
}

void sim_advance(struct sim *sim, sim_actor actor, sim_ns step, uint64_t steps)
{
    uint64_t by = who(sim->actor[actor].rank, actor);

    SIM_ASSERT(actor < sim->actors);
    SIM_ASSERT(steps <= sim_room(sim, step));
    for (; steps; steps--)
        account(sim, sim->head.now + step, by, 0, 0);
}

static inline void handle(struct sim *sim, struct sim_key key, uint32_t target, uint32_t kind,
                          uint64_t arg)
{
    const struct sim_actor_slot *slot = &sim->actor[target];
    struct sim_event ev = {.when = key.when, .arg = arg, .target = target, .kind = kind};

    sim->bound = 0; /* it may have been this event that made it */
    account(sim, key.when, who((uint32_t)(key.ord >> RANK_SHIFT), target), kind, arg);
    slot->fn(slot->ctx, &ev);
}

/* Apart, so that the loop keeps what actors' events need in registers. */
__attribute__((noinline)) static void handle_posted(struct sim *sim, struct sim_key key)
{
    uint32_t id = (uint32_t)(key.ord & sim->id_mask);
    struct sim_posted p = *(struct sim_posted *)sim_slab_at(&sim->posted, id);

    sim_ladder_pop(&sim->queue);
    sim_slab_put(&sim->posted, id);
    find_until(sim);
    sim->hole = SIM_NO_HOLE;
    handle(sim, key, p.target, p.kind, p.arg);
}

/* Returns the least key of all actors. Nothing that the actor's next key is made of passes through
 * the tree: rank and id are kept here. */
static inline struct sim_key handle_actor(struct sim *sim, struct sim_key key)
{
    uint64_t fixed = key.ord & sim->fixed_mask;
    uint32_t actor = (uint32_t)fixed;
    const struct sim_actor_slot *slot = &sim->actor[actor];

    sim->hole = actor;
    sim->own_when = SIM_NEVER;
    handle(sim, (struct sim_key){key.when, fixed}, actor, slot->kind, slot->arg);
    key.when = sim->own_when;
    key.ord = fixed | sim->own_seq;
    return sim_tree_set(&sim->tree, actor, key);
}

/* Returns the first instant that it may not handle: after the horizon, none, or any once stopped.
 */
static sim_ns handle_until_limit(struct sim *sim)
{
    struct sim_key a = sim_tree_least(&sim->tree), p;

    for (;;) {
        while (a.when < sim->until)
            a = handle_actor(sim, a);
        p = sim_ladder_top(&sim->queue);
        if (lesser(a.when, p.when) >= sim->limit)
            return lesser(a.when, p.when);
        if (sim_key_less(p, a)) {
            handle_posted(sim, p);
            a = sim_tree_least(&sim->tree);
        } else {
            a = handle_actor(sim, a);
        }
    }
}

enum sim_outcome sim_run(struct sim *sim, sim_ns until)
{
    sim_ns left;

    SIM_ASSERT(until >= sim->head.now);
    SIM_ASSERT(sim->limit == 0); /* no run inside a run */
    if (sim->head.outcome != SIM_RUNNING)
        return sim->head.outcome;
    sim->limit = until == SIM_NEVER ? SIM_NEVER : until + 1;
    find_until(sim);
    left = handle_until_limit(sim);
    sim->hole = SIM_NO_HOLE;
    sim->limit = sim->until = sim->bound = 0;
    if (sim->head.outcome != SIM_RUNNING)
        return sim->head.outcome;
    if (left == SIM_NEVER)
        return SIM_DEADLOCK;
    sim->head.now = until;
    return SIM_HORIZON;
}

void sim_stop(struct sim *sim, enum sim_outcome outcome, const char *text)
{
    SIM_ASSERT(outcome != SIM_RUNNING);
    if (sim->head.outcome != SIM_RUNNING)
        return;
    sim->head.outcome = outcome;
    strncpy(sim->text, text ? text : "", sizeof sim->text - 1);
    sim->limit = sim->until = sim->bound = 0;
}

const char *sim_stop_text(const struct sim *sim)
{
    return sim->text;
}

uint64_t sim_order_hash(const struct sim *sim)
{
    return sim->hash;
}

uint64_t sim_events_handled(const struct sim *sim)
{
    return sim->handled;
}

void sim_where(const void *run, uint64_t *ret_now, uint64_t *ret_event)
{
    const struct sim *sim = run;

    *ret_now = sim_now(sim);
    *ret_event = sim->handled;
}

uint32_t sim_posted_high_water(const struct sim *sim)
{
    return sim->posted.high_water;
}

void sim_shuffle_ties(struct sim *sim, uint64_t seed)
{
    SIM_ASSERT(sim->seq == 0);
    sim->seq_plain = seed ? 0 : sim->seq_mask;
    sim->shuffle_add = seed * 0x9e3779b97f4a7c15u;
    sim->shuffle_mul = (seed * 0xd6e8feb86659fd93u ^ 0xa0761d6478bd642fu) | 1;
}
