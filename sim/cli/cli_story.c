/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_story.c - a trail for people (columns), and as a file that can be played again
 *
 * A trail file: lines `key value`, then one line a move: its number, and its words as a comment.
 * Moves keep their numbers within one version of the program; the parameters stand in the file, so
 * that it needs no scope of that name.
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

/* The environment rests: what the trail has not spent of its budgets is taken away. */
unsigned cli_trail_go_on(const struct check_build *build, const struct check_params *params,
                         const uint32_t *moves, unsigned count, uint32_t *ret_moves, unsigned limit)
{
    struct check_params rest = *params;
    struct check_machine *m;
    static struct check_tale tale;
    uint32_t allowed[CHECK_MOVES];
    unsigned n, i = 0;

    memset(rest.budget, 0, sizeof rest.budget);
    m = build->create(params);
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
    for (; m && i < limit && (n = build->moves(m, allowed)) > 0; i++) {
        ret_moves[i] = rarest(allowed, n, ret_moves, i);
        build->move(m, ret_moves[i], NULL);
    }
    if (m)
        build->destroy(m);
    return i;
}

void cli_story_stuck(GString *text, unsigned width, const struct check_build *build,
                     const struct check_params *params, const uint32_t *moves, unsigned count)
{
    g_autofree uint32_t *all = g_new(uint32_t, count + GO_ON_MAX);
    unsigned more;

    memcpy(all, moves, count * sizeof *all);
    more = cli_trail_go_on(build, params, moves, count, all + count, GO_ON_MAX);
    g_string_append_printf(text, "From step %u on no order of steps lets every task end%s\n", count,
                           more == GO_ON_MAX ? "; the first steps of one:" : "; one of them:");
    cli_story_add(text, width, build, params, all, count + more);
}

/* ---- files ---- */

#define PARAM_WORDS(X)                                                                             \
    X("vcpus", vcpus, uint8_t)                                                                     \
    X("tasks", tasks, uint8_t)                                                                     \
    X("faults", faults, uint8_t)                                                                   \
    X("kernel_tasks", kernel_tasks, uint8_t)                                                       \
    X("l2_tasks", l2_tasks, uint8_t)                                                               \
    X("rcu_tasks", rcu_tasks, uint8_t)                                                             \
    X("atomic_tasks", atomic_tasks, uint8_t)                                                       \
    X("idle_tasks", idle_tasks, uint8_t)                                                           \
    X("flags", flags, uint32_t)                                                                    \
    X("bugs", bugs, uint64_t)                                                                      \
    X("fixes", fixes, uint64_t)                                                                    \
    X("vcpu_id", vcpu_id, uint16_t)                                                                \
    X("vcpu_step", vcpu_step, uint16_t)                                                            \
    X("token_id", token_id, uint32_t)

#define BUDGET_NAME(NAME, name, text) #name,
static const char *const budget_names[] = {CHECK_BUDGETS(BUDGET_NAME)};

void cli_trail_add(GString *text, const struct check_build *build,
                   const struct check_params *params, const char *scope, const char *broken,
                   const uint32_t *moves, unsigned count)
{
    static struct check_tale tale;
    struct check_machine *m = build->create(params);

    g_string_append_printf(text, "# apfsim trail 1: scope %s, %s\nbuild %s\nhost %s\nguest %s\n",
                           scope, broken, build->name, apf_kernel_name(params->host),
                           apf_kernel_name(params->guest));
#define PARAM_ADD(key, member, type)                                                               \
    g_string_append_printf(text, key " %" G_GUINT64_FORMAT "\n", (guint64)params->member);
    PARAM_WORDS(PARAM_ADD)
    for (unsigned b = 0; b < CHECK_BUDGET_COUNT; b++)
        if (params->budget[b])
            g_string_append_printf(text, "%s %u\n", budget_names[b], params->budget[b]);
    for (unsigned i = 0; m && i < count; i++) {
        build->move(m, moves[i], &tale);
        g_string_append_printf(text, "move %u%s%s\n", moves[i], tale.count ? " # " : "",
                               tale.count ? tale.line[0].words : "");
    }
    if (m)
        build->destroy(m);
}

static bool kernel_line(const char *key, const char *value, struct check_params *p)
{
    if (!strcmp(key, "host"))
        return apf_kernel_parse(value, &p->host);
    return !strcmp(key, "guest") && apf_kernel_parse(value, &p->guest);
}

static bool number_line(const char *key, const char *value, struct check_params *p)
{
    char *end = NULL;
    guint64 n = g_ascii_strtoull(value, &end, 10);

    if (end == value || *end)
        return false;
#define PARAM_TAKE(name, member, type)                                                             \
    if (!strcmp(key, name)) {                                                                      \
        p->member = (type)n;                                                                       \
        return p->member == n;                                                                     \
    }
    PARAM_WORDS(PARAM_TAKE)
    for (unsigned b = 0; b < CHECK_BUDGET_COUNT; b++)
        if (!strcmp(key, budget_names[b])) {
            p->budget[b] = (uint8_t)n;
            return n < 256;
        }
    return false;
}

static bool trail_line(char *line, const struct check_build **build, struct check_params *p,
                       GArray *moves)
{
    char *hash = strchr(line, '#'), *value;

    if (hash)
        *hash = '\0';
    g_strstrip(line);
    if (!*line)
        return true;
    value = strchr(line, ' ');
    if (!value)
        return false;
    *value++ = '\0';
    g_strstrip(value);
    if (!strcmp(line, "build")) {
        *build = !strcmp(value, check_small.name)   ? &check_small
                 : !strcmp(value, check_large.name) ? &check_large
                                                    : NULL;
        return *build != NULL;
    }
    if (!strcmp(line, "move")) {
        uint32_t move = (uint32_t)g_ascii_strtoull(value, NULL, 10);
        g_array_append_val(moves, move);
        return true;
    }
    return kernel_line(line, value, p) || number_line(line, value, p);
}

bool cli_trail_read(const char *path, const struct check_build **ret_build,
                    struct check_params *ret_params, uint32_t **ret_moves, unsigned *ret_count)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    GArray *moves;

    if (!g_file_get_contents(path, &text, NULL, &error)) {
        cli_fail(CLI_USAGE, "%s", error->message);
        return false;
    }
    moves = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    *ret_build = NULL;
    *ret_params = (struct check_params){0};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        if (!trail_line(lines[i], ret_build, ret_params, moves)) {
            cli_fail(CLI_USAGE, "%s:%u:1: no line of a trail", path, i + 1);
            g_array_free(moves, TRUE);
            return false;
        }
    }
    *ret_count = moves->len;
    *ret_moves = (uint32_t *)(void *)g_array_free(moves, FALSE);
    if (!*ret_build) {
        cli_fail(CLI_USAGE, "%s:1:1: not a trail: it names no build", path);
        g_free(*ret_moves);
    }
    return *ret_build != NULL;
}
