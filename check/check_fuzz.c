/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_fuzz.c - random runs, playing them again, and making them shorter
 *
 * A run is its list of moves. Playing leaves out moves that the state does not allow, so any part
 * of a list is a run, too: that is what shrinking needs.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* splitmix64: public domain, Sebastiano Vigna */
static uint64_t next_random(uint64_t *s)
{
    uint64_t z = *s += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool is_allowed(const uint32_t *moves, unsigned count, uint32_t move)
{
    for (unsigned i = 0; i < count; i++) {
        if (moves[i] == move) {
            return true;
        }
    }
    return false;
}

/*
 * Actors run in bursts: every other choice goes on with the kind of the last one, so that some are
 * far ahead of others, which a fair choice never makes them. In runs of odd seed the disk is slow:
 * queues fill up to the limit.
 */
static uint32_t choose(const struct check_run *run, uint64_t *rng, const uint32_t *moves,
                       unsigned count, uint32_t last)
{
    uint64_t r = next_random(rng);
    uint32_t move = moves[(r >> 8) % count];

    for (unsigned tries = 0; (r & 1) && tries < 4 && (move & 255) != (last & 255); tries++) {
        move = moves[next_random(rng) % count];
    }
    for (unsigned tries = 0;
         (run->seed & 1) && tries < 64 && (move & 255) == run->build->fetch_kind; tries++) {
        move = moves[next_random(rng) % count];
    }
    return move;
}

bool check_random(struct check_run *run)
{
    struct check_machine *m = run->build->create(run->params);
    uint32_t moves[CHECK_MOVES], last = 0;
    uint64_t rng = run->seed;

    if (!m) {
        return false;
    }
    run->count = 0;
    run->broken = NULL;
    for (uint32_t step = 0; step < run->steps && run->count < run->limit; step++) {
        unsigned count = run->build->moves(m, moves);
        if (count == 0) {
            if (!(run->build->bits(m) & EXPLORE_GOOD)) {
                run->broken = "INV-29: nothing can move any more and tasks have not ended";
            }
            break;
        }
        last = choose(run, &rng, moves, count, last);
        run->moves[run->count++] = last;
        run->broken = run->build->move(m, last, NULL);
        if (run->broken) {
            break;
        }
    }
    run->rules = run->build->rules(m);
    run->build->destroy(m);
    return true;
}

/*
 * Plays `count` moves of `from`; those that were made are written to `ret_made`. Returns what
 * broke: the first of all, or with `through`, which goes on behind it, the last.
 */
static const char *play(struct check_machine *m, struct check_run *run, const uint32_t *from,
                        uint32_t count, bool through, uint32_t *ret_made, uint32_t *ret_count)
{
    uint32_t allowed[CHECK_MOVES];
    const char *broken = NULL;

    run->build->reset(m);
    *ret_count = 0;
    run->left_out = count;
    for (uint32_t i = 0; i < count && (through || !broken); i++) {
        unsigned n = run->build->moves(m, allowed);
        if (is_allowed(allowed, n, from[i])) {
            ret_made[(*ret_count)++] = from[i];
            const char *now = run->build->move(m, from[i], NULL);
            broken = now ? now : broken;
        } else if (run->left_out == count) {
            run->left_out = i;
        }
    }
    if (!broken && run->build->moves(m, allowed) == 0 && !(run->build->bits(m) & EXPLORE_GOOD)) {
        broken = "INV-29: nothing can move any more and tasks have not ended";
    }
    return broken;
}

bool check_play(struct check_run *run)
{
    struct check_machine *m = run->build->create(run->params);

    if (!m) {
        return false;
    }
    run->broken = play(m, run, run->moves, run->count, true, run->moves, &run->count);
    run->rules = run->build->rules(m);
    run->build->destroy(m);
    return true;
}

/* Moves of all attempts together, some ten seconds: then what is left is told as it is. */
enum { SHRINK_MOVES = 20000000 };

/* One round: leaves out `chunk` moves at a time. True: something could go. */
static bool shrink_round(struct check_machine *m, struct check_run *run, uint32_t chunk,
                         uint32_t *part, uint32_t *made, uint64_t *played)
{
    bool shorter = false;
    uint32_t count;

    for (uint32_t at = 0; at < run->count && *played < SHRINK_MOVES;) {
        uint32_t end = at + chunk < run->count ? at + chunk : run->count;
        memcpy(part, run->moves, at * sizeof *part);
        memcpy(part + at, run->moves + end, (run->count - end) * sizeof *part);
        const char *broken = play(m, run, part, run->count - (end - at), false, made, &count);
        *played += run->count - (end - at);
        if (broken && !strcmp(broken, run->broken) && count < run->count) {
            memcpy(run->moves, made, count * sizeof *made);
            run->count = count;
            shorter = true;
        } else {
            at = end;
        }
    }
    return shorter;
}

bool check_shrink(struct check_run *run)
{
    struct check_machine *m = run->build->create(run->params);
    uint32_t *part = calloc(run->count + 1, sizeof *part);
    uint32_t *made = calloc(run->count + 1, sizeof *made);
    uint64_t played = 0;
    bool able = m && part && made && run->broken;

    for (uint32_t chunk = run->count / 2; able && chunk > 0; chunk /= 2) {
        shrink_round(m, run, chunk, part, made, &played);
    }
    while (able && shrink_round(m, run, 1, part, made, &played)) {
    }
    if (m) {
        run->build->destroy(m);
    }
    free(part);
    free(made);
    return able;
}
