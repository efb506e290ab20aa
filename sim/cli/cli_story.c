/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_story.c - a trail for people (columns), and as a file that can be played again
 *
 * A trail file: lines `key value`, then one line a move: its number, and its words as a comment.
 * Moves keep their numbers within one version of the program; the parameters stand in the file, so
 * that it needs no scope of that name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_check.h"

enum { HOST_COLUMN = 6, GUEST_COLUMN = 70, WORLD_COLUMN = 6 };

static void line_add(GString *text, unsigned step, const struct check_line *line)
{
    bool guest = line->side == CHECK_SIDE_GUEST;
    const char *who = line->side == CHECK_SIDE_HOST    ? "host "
                      : line->side == CHECK_SIDE_GUEST ? "cpu "
                                                       : "";

    g_string_append_printf(text, "%4u  %*s", step, guest ? GUEST_COLUMN - HOST_COLUMN : 0, "");
    if (line->side == CHECK_SIDE_WORLD)
        g_string_append_printf(text, "%s\n", line->words);
    else
        g_string_append_printf(text, "%s%u: %s\n", who, line->vcpu, line->words);
}

void cli_story_add(GString *text, const struct check_build *build,
                   const struct check_params *params, const uint32_t *moves, unsigned count)
{
    static struct check_tale tale;
    char state[CHECK_DESCRIBE];
    struct check_machine *m = build->create(params);

    if (!m)
        return;
    g_string_append_printf(text, "step  %-*s%s\n", GUEST_COLUMN - HOST_COLUMN, "host, workers, VMM",
                           "guest");
    for (unsigned i = 0; i < count; i++) {
        const char *broken = build->move(m, moves[i], &tale);
        for (unsigned k = 0; k < tale.count; k++)
            line_add(text, i + 1, &tale.line[k]);
        if (broken)
            g_string_append_printf(text, "      ** %s\n", broken);
    }
    build->describe(m, state, sizeof state);
    g_string_append_printf(text, "then\n");
    g_auto(GStrv) lines = g_strsplit(state, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line)
            g_string_append_printf(text, "      %s\n", *line);
    build->destroy(m);
}

/* ---- files ---- */

#define PARAM_WORDS(X)                                                                             \
    X("vcpus", vcpus, uint8_t)                                                                     \
    X("tasks", tasks, uint8_t)                                                                     \
    X("faults", faults, uint8_t)                                                                   \
    X("kernel_tasks", kernel_tasks, uint8_t)                                                       \
    X("l2_tasks", l2_tasks, uint8_t)                                                               \
    X("flags", flags, uint32_t)                                                                    \
    X("bugs", bugs, uint64_t)                                                                      \
    X("fixes", fixes, uint64_t)

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
