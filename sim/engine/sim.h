/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim.h - clock and pending events in one total order
 *
 * Knows:    sim_ns, notes. Not the models, not randomness, not output.
 * Promise:  events are handled in the order (when, rank, seq); seq is unique, so equal keys cannot
 *           exist. No engine globals: two runs live in one process.
 * Limits:   actors and posted events are bounded by sim_create(); a full queue ends the run with
 *           SIM_OUT_OF_EVENTS. Nothing is allocated after sim_create().
 *           Sequence numbers have 61 bits less those that the larger of both limits needs: 2e12
 *           events with a million posted, 5e14 with 4096. Using them up is a bug.
 * Cost:     sim_actor_at/cancel O(log actors) in a winner tree; sim_post O(1) amortised, a ladder.
 *
 * An actor (vCPU, timer, disk channel, monitor) has at most one pending event; setting it again
 * replaces it. Whatever is unbounded in number (worker steps, wake-ups) is posted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim_note.h"
#include "sim_time.h"

/* Who goes first at equal time, and why. */
enum sim_rank {
    SIM_RANK_DEVICE,  /* devices finish first, so that a completion at t is seen by all others at t
                       */
    SIM_RANK_WORKER,  /* then host threads that wait for them */
    SIM_RANK_TIMER,   /* then timers */
    SIM_RANK_VCPU,    /* guests run last: they see all that happened at t */
    SIM_RANK_CONTROL, /* measurement boundaries: after everything at t */
    SIM_RANKS
};

/* Why a run ended. Values, printed and returned; never silent. */
enum sim_outcome {
    SIM_RUNNING,
    SIM_HORIZON,       /* reached the end that was asked for */
    SIM_ALL_DONE,      /* every task has ended */
    SIM_DEADLOCK,      /* no pending event, yet tasks wait */
    SIM_NO_PROGRESS,   /* millions of events at one instant: a loop that costs nothing */
    SIM_OUT_OF_EVENTS, /* posted-event queue full */
    SIM_OUT_OF_SLAB,   /* a slab sized at start is full */
    SIM_GUEST_PANIC,   /* the guest kernel would have panicked */
    SIM_BROKEN,        /* an invariant of the protocol does not hold */
    SIM_STUCK_TASKS,   /* tasks sleep on tokens of which no ready will ever come */
    SIM_OUTCOMES
};
extern const char *const sim_outcome_name[SIM_OUTCOMES];

#define SIM_TEXT_BYTES 400

typedef uint32_t sim_actor;

struct sim_event {
    sim_ns when;
    uint64_t arg;
    uint32_t target, kind; /* target: actor index, or the target of sim_post() */
};

struct sim;

/* Handles an event of the actor or target it was registered for. */
typedef void (*sim_handler)(void *ctx, const struct sim_event *ev);

/* Sizes are fixed here. Returns NULL when memory is short. */
struct sim *sim_create(uint32_t actors_max, uint32_t posted_max);
void sim_destroy(struct sim *sim); /* NULL is fine */

/* Registers the next actor; its rank is fixed for life. */
sim_actor sim_actor_add(struct sim *sim, enum sim_rank rank, sim_handler fn, void *ctx);

/* Sets, moves or (SIM_NEVER) takes back the actor's one pending event. when >= now. */
void sim_actor_at(struct sim *sim, sim_actor actor, sim_ns when, uint32_t kind, uint64_t arg);
void sim_actor_cancel(struct sim *sim, sim_actor actor);
sim_ns sim_actor_when(const struct sim *sim, sim_actor actor);

/* Posts an event to an actor's handler, any number of them; it cannot be taken back. */
void sim_post(struct sim *sim, sim_actor target, enum sim_rank rank, sim_ns when, uint32_t kind,
              uint64_t arg);

static inline sim_ns sim_now(const struct sim *sim);

/*
 * Run-ahead. True, and the clock has moved to `when`, if no pending event lies at or before it: the
 * caller may go on inline, as if its event had been queued and popped. False: nothing has changed.
 * Mixed into the order hash, and counted, like an event of `actor`. False outside sim_run(), beyond
 * its horizon and once stopped. An actor's own pending event counts as pending, too.
 */
bool sim_try_advance(struct sim *sim, sim_actor actor, sim_ns when);

/*
 * Run-ahead in equal steps. sim_room(): how many calls of sim_try_advance(), each `step` (> 0)
 * later than the one before, are known to say yes; 0 when that is not known. sim_advance() makes
 * `steps` of them, up to that number: same hash, same count.
 */
uint64_t sim_room(const struct sim *sim, sim_ns step);
void sim_advance(struct sim *sim, sim_actor actor, sim_ns step, uint64_t steps);

/* Handles events until one lies after `until` (the clock then stands at `until`), the queue is
 * empty, or somebody called sim_stop(). Returns SIM_HORIZON, SIM_DEADLOCK (queue empty) or the
 * outcome given to sim_stop(). */
enum sim_outcome sim_run(struct sim *sim, sim_ns until);

/* Ends the run after the current event. `text` (static or copied, < SIM_TEXT_BYTES long) says what
 * happened. */
void sim_stop(struct sim *sim, enum sim_outcome outcome, const char *text);
static inline enum sim_outcome sim_stopped(const struct sim *sim);
const char *sim_stop_text(const struct sim *sim);

/* Running hash of (when, rank, target, kind, arg) of all events handled so far. */
uint64_t sim_order_hash(const struct sim *sim);
uint64_t sim_events_handled(const struct sim *sim);
uint32_t sim_posted_high_water(const struct sim *sim);
/* For sim_crash_context(): `sim` is a struct sim *. */
void sim_where(const void *sim, uint64_t *ret_now, uint64_t *ret_event);

/* Permutes events that are equal in (when, rank) by a hash of `seed`; 0 = off. Before any event. */
void sim_shuffle_ties(struct sim *sim, uint64_t seed);

void sim_observe(struct sim *sim, struct sim_observer *o);
void sim_note_slow(struct sim *sim, enum sim_note_kind kind, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d);
static inline void sim_note(struct sim *sim, enum sim_note_kind kind, uint64_t a, uint64_t b,
                            uint64_t c, uint64_t d);
/* Somebody hears one of these kinds. */
static inline bool sim_heard(const struct sim *sim, uint64_t kinds);

/* First member of struct sim: what is asked so often that it must be inline. The engine's own. */
struct sim_head {
    uint64_t kinds; /* of notes that somebody hears */
    sim_ns now;
    enum sim_outcome outcome;
};
static inline const struct sim_head *sim_head(const struct sim *sim)
{
    return (const struct sim_head *)(const void *)sim;
}
static inline sim_ns sim_now(const struct sim *sim)
{
    return sim_head(sim)->now;
}
static inline enum sim_outcome sim_stopped(const struct sim *sim)
{
    return sim_head(sim)->outcome;
}
static inline bool sim_heard(const struct sim *sim, uint64_t kinds)
{
    return sim_head(sim)->kinds & kinds;
}
static inline void sim_note(struct sim *sim, enum sim_note_kind kind, uint64_t a, uint64_t b,
                            uint64_t c, uint64_t d)
{
    if (sim_head(sim)->kinds >> kind & 1)
        sim_note_slow(sim, kind, a, b, c, d);
}
