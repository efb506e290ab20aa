/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_story.c - a trail for people, in columns
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli_check.h"

enum { TEXT_COLUMN = 6, GAP = 2, HANG = 2 };

/* ---- columns ---- */

struct columns {
    unsigned width, host, guest; /* of the text, of either column */
};

static struct columns columns_of(unsigned width)
{
    struct columns c = {.width = width};
    unsigned room = width - TEXT_COLUMN - GAP;

    c.host = room * 4 / 7;
    c.guest = room - c.host;
    return c;
}

/* Words from column `at` on, no wider than `width`; what does not fit goes below, hanging. */
static void wrap_add(GString *text, unsigned at, unsigned width, const char *words)
{
    g_auto(GStrv) word = g_strsplit(words, " ", -1);
    size_t used = 0;

    for (char **w = word; *w; w++) {
        size_t length = strlen(*w);
        if (used && used + 1 + length > width) {
            g_string_append_printf(text, "\n%*s", (int)at + HANG, "");
            used = HANG;
        } else if (used) {
            g_string_append_c(text, ' ');
            used++;
        }
        g_string_append(text, *w);
        used += length;
    }
    g_string_append_c(text, '\n');
}

/* `step`: 0 = the line belongs to the step above. */
static void line_add(GString *text, const struct columns *c, bool many, unsigned step,
                     const struct check_line *line)
{
    bool guest = line->side == CHECK_SIDE_GUEST;
    unsigned at = guest ? TEXT_COLUMN + c->host + GAP : TEXT_COLUMN;
    g_autofree char *number = step ? g_strdup_printf("%4u", step) : g_strdup("");
    g_autofree char *words = many && line->vcpu != CHECK_NO_VCPU
                                 ? g_strdup_printf("%u: %s", line->vcpu, line->words)
                                 : g_strdup(line->words);

    g_string_append_printf(text, "%-*s", (int)at, number);
    wrap_add(text, at, guest ? c->guest : c->host, words);
}

static void step_add(GString *text, const struct columns *c, bool many, unsigned step,
                     const struct check_tale *tale)
{
    for (unsigned i = 0; i < tale->count; i++)
        if (tale->line[i].words[0]) {
            line_add(text, c, many, step, &tale->line[i]);
            step = 0;
        }
}

static void state_add(GString *text, const struct columns *c, const struct check_build *build,
                      struct check_machine *m)
{
    char state[CHECK_DESCRIBE];

    build->describe(m, state, sizeof state);
    g_string_append(text, "at the end\n");
    g_auto(GStrv) lines = g_strsplit(state, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line) {
            g_string_append_printf(text, "%*s", TEXT_COLUMN, "");
            wrap_add(text, TEXT_COLUMN, c->width - TEXT_COLUMN, *line);
        }
}

unsigned cli_story_width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return STORY_WIDTH;
    return CLAMP(size.ws_col, STORY_WIDTH_MIN, STORY_WIDTH_MAX);
}

void cli_story_add(GString *text, unsigned width, const struct check_build *build,
                   const struct check_params *params, const uint32_t *moves, unsigned count)
{
    static struct check_tale tale;
    struct columns c = columns_of(width);
    struct check_machine *m = build->create(params);
    const char *last = NULL;
    bool many = params->vcpus > 1;

    if (!m)
        return;
    g_string_append_printf(text, "step  %-*s%s\n", (int)(c.host + GAP),
                           many ? "host: KVM, workers, VMM (n: vCPU n)" : "host: KVM, workers, VMM",
                           many ? "guest (n: CPU n)" : "guest");
    for (unsigned i = 0; i < count; i++) {
        const char *broken = build->move(m, moves[i], &tale);
        step_add(text, &c, many, i + 1, &tale);
        if (broken && broken != last) { /* what stays broken is said once */
            g_string_append(text, "   ** ");
            wrap_add(text, TEXT_COLUMN, c.width - TEXT_COLUMN, broken);
        }
        last = broken;
    }
    state_add(text, &c, build, m);
    build->destroy(m);
}

/* ---- stuck ---- */

enum { GO_ON_MAX = 40 };

/* The move that was made least often: nobody is left behind. */
static uint32_t rarest(const uint32_t *allowed, unsigned n, const uint32_t *made, unsigned count)
{
    unsigned least = UINT_MAX;
    uint32_t best = allowed[0];

    for (unsigned i = 0; i < n; i++) {
        unsigned times = 0;
        for (unsigned k = 0; k < count; k++)
            times += made[k] == allowed[i];
        if (times < least) {
            least = times;
            best = allowed[i];
        }
    }
    return best;
}

/*
 * A machine behind `count` moves, whose environment rests: what the trail has not spent of its
 * budgets is taken away. NULL: no memory.
 */
static struct check_machine *at_rest(const struct check_build *build,
                                     const struct check_params *params, const uint32_t *moves,
                                     unsigned count)
{
    static struct check_tale tale;
    struct check_params rest = *params;
    struct check_machine *m = build->create(params);

    memset(rest.budget, 0, sizeof rest.budget);
    for (unsigned k = 0; m && k < count; k++) {
        build->move(m, moves[k], &tale);
        if (tale.spent < CHECK_BUDGET_COUNT)
            rest.budget[tale.spent]++;
    }
    if (m)
        build->destroy(m);
    m = build->create(&rest);
    for (unsigned k = 0; m && k < count; k++)
        build->move(m, moves[k], NULL);
    return m;
}

/* Each in its turn, up to `limit` moves, or until nothing moves; a bad one does not end it. */
static unsigned go_on(struct check_machine *m, const struct check_build *build, uint32_t *ret_moves,
                      unsigned limit)
{
    uint32_t allowed[CHECK_MOVES];
    unsigned n, i = 0;

    for (; i < limit && (n = build->moves(m, allowed)) > 0; i++) {
        ret_moves[i] = rarest(allowed, n, ret_moves, i);
        build->move(m, ret_moves[i], NULL);
    }
    return i;
}

unsigned cli_trail_go_on(const struct check_build *build, const struct check_params *params,
                         const uint32_t *moves, unsigned count, uint32_t *ret_moves, unsigned limit)
{
    struct check_machine *m = at_rest(build, params, moves, count);
    unsigned made = 0;

    if (m) {
        made = go_on(m, build, ret_moves, limit);
        build->destroy(m);
    }
    return made;
}

/* More than the longest example takes; who spins (HLT, and an item on done) does so for ever. */
enum { END_MAX = 1000 };

enum cli_trail_end cli_trail_end(const struct check_build *build, const struct check_params *params,
                                 const uint32_t *moves, unsigned count)
{
    g_autofree uint32_t *behind = g_new(uint32_t, END_MAX);
    struct check_machine *m = at_rest(build, params, moves, count);
    enum cli_trail_end end = CLI_TRAIL_GOES_ON;

    if (!m)
        return end;
    bool marked = build->bits(m) & EXPLORE_MARKED;
    go_on(m, build, behind, END_MAX);
    if (!(build->bits(m) & EXPLORE_GOOD))
        end = CLI_TRAIL_STUCK;
    else if (marked)
        end = CLI_TRAIL_UNKICKED;
    build->destroy(m);
    return end;
}

void cli_story_stuck(GString *text, unsigned width, const struct check_build *build,
                     const struct check_params *params, const uint32_t *moves, unsigned count,
                     bool searched)
{
    g_autofree uint32_t *all = g_new(uint32_t, count + GO_ON_MAX);
    const char *claim =
        searched ? "no order of steps comes to a good end" : "it comes to no good end";
    unsigned more;

    memcpy(all, moves, count * sizeof *all);
    more = cli_trail_go_on(build, params, moves, count, all + count, GO_ON_MAX);
    g_string_append_printf(text, "From step %u on %s%s\n", count, claim,
                           more == GO_ON_MAX ? "; the first steps:" : ":");
    cli_story_add(text, width, build, params, all, count + more);
}
