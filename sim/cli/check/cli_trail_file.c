/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_trail_file.c - a trail as a file that can be played again
 *
 * A head line, lines `key value`, then one line a move: its number, and its words as a comment.
 * Moves keep their numbers within one version of the program; the parameters stand in the file, so
 * that it needs no scope of that name. What is missing, foreign or out of range is refused: half a
 * trail must not pass for one that breaks nothing any more.
 */
#include <stddef.h>
#include <string.h>

#include "cli_check.h"

static const char head[] = "# apfsim trail 1: ";

/* ---- keys ---- */

/* Trails that were kept before a key came do not have it: it is 0 there. */
enum presence { MUST_BE, MAY_BE };

#define AT(member)                                                                                 \
#member, offsetof(struct check_params, member), sizeof(((struct check_params *)0)->member)
#define BUILD(member) offsetof(struct check_build, member)
static const struct key {
    const char *name;
    size_t offset, size; /* in struct check_params */
    enum presence presence;
    uint64_t lo, hi;
    size_t most; /* offset in struct check_build of what bounds it instead of hi; 0: none */
} keys[] = {
    {AT(vcpus), MUST_BE, 1, 0, BUILD(vcpus)},
    {AT(tasks), MUST_BE, 1, 0, BUILD(tasks)},
    {AT(faults), MUST_BE, 1, 0, BUILD(faults)},
    {AT(kernel_tasks), MUST_BE, 0, UINT8_MAX, 0},
    {AT(l2_tasks), MUST_BE, 0, UINT8_MAX, 0},
    {AT(rcu_tasks), MAY_BE, 0, UINT8_MAX, 0},
    {AT(atomic_tasks), MAY_BE, 0, UINT8_MAX, 0},
    {AT(idle_tasks), MAY_BE, 0, UINT8_MAX, 0},
    {AT(flags), MUST_BE, 0, 2 * CHECK_LATE_EN - 1, 0},
    {AT(bugs), MUST_BE, 0, (UINT64_C(1) << APF_BUGS) - 1, 0},
    {AT(fixes), MUST_BE, 0, (UINT64_C(1) << APF_FIXES) - 1, 0},
    {AT(vcpu_id), MAY_BE, 0, UINT16_MAX, 0},
    {AT(vcpu_step), MAY_BE, 0, UINT16_MAX, 0},
    {AT(token_id), MAY_BE, 0, UINT32_MAX, 0},
#define BUDGET_KEY(NAME, name, text)                                                               \
    {#name, offsetof(struct check_params, budget) + CHECK_##NAME, 1, MAY_BE, 0, UINT8_MAX, 0},
    CHECK_BUDGETS(BUDGET_KEY) /* last */
};
enum { KEYS = G_N_ELEMENTS(keys), OTHER_BUILD = KEYS, OTHER_HOST, OTHER_GUEST, OTHER_MOVES, SEEN };
static const char *const others[] = {"build", "host", "guest", "moves"};

static uint64_t key_get(const struct key *k, const struct check_params *p)
{
    const char *at = (const char *)p + k->offset;
    uint8_t b;
    uint16_t h;
    uint32_t w;
    uint64_t d;

    switch (k->size) {
    case sizeof b:
        memcpy(&b, at, sizeof b);
        return b;
    case sizeof h:
        memcpy(&h, at, sizeof h);
        return h;
    case sizeof w:
        memcpy(&w, at, sizeof w);
        return w;
    default:
        memcpy(&d, at, sizeof d);
        return d;
    }
}

static void key_set(const struct key *k, struct check_params *p, uint64_t value)
{
    const uint8_t b = (uint8_t)value;
    const uint16_t h = (uint16_t)value;
    const uint32_t w = (uint32_t)value;
    const void *from = k->size == sizeof b   ? (const void *)&b
                       : k->size == sizeof h ? (const void *)&h
                       : k->size == sizeof w ? (const void *)&w
                                             : (const void *)&value;

    memcpy((char *)p + k->offset, from, k->size);
}

/* ---- writing ---- */

void cli_trail_add(GString *text, const struct check_build *build,
                   const struct check_params *params, const char *scope, const char *broken,
                   const uint32_t *moves, unsigned count)
{
    static struct check_tale tale;
    struct check_machine *m = build->create(params);

    g_string_append_printf(text, "%sscope %s, %s\nbuild %s\nhost %s\nguest %s\n", head, scope,
                           broken, build->name, apf_kernel_name(params->host),
                           apf_kernel_name(params->guest));
    for (unsigned k = 0; k < KEYS; k++) {
        uint64_t value = key_get(&keys[k], params);
        if (value || k < KEYS - CHECK_BUDGET_COUNT) /* budgets come last */
            g_string_append_printf(text, "%s %" G_GUINT64_FORMAT "\n", keys[k].name, value);
    }
    g_string_append_printf(text, "moves %u\n", count);
    for (unsigned i = 0; m && i < count; i++) {
        build->move(m, moves[i], &tale);
        g_string_append_printf(text, "move %u%s%s\n", moves[i], tale.count ? " # " : "",
                               tale.count ? tale.line[0].words : "");
    }
    if (m)
        build->destroy(m);
}

/* ---- reading ---- */

struct reader {
    const char *path, *start; /* of the line */
    unsigned line;
    struct cli_trail *trail;
    GArray *moves, *lines;
    uint64_t promised; /* moves, if a line says how many */
    bool seen[SEEN];
};

static bool bad(const struct reader *r, const char *at, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
static bool bad(const struct reader *r, const char *at, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    cli_fail(CLI_USAGE, "%s:%u:%u: %s", r->path, r->line, (unsigned)(at - r->start) + 1, text);
    return false;
}

static bool number(const struct reader *r, const char *key, const char *value, uint64_t lo,
                   uint64_t hi, uint64_t *ret)
{
    guint64 n = 0;

    if (!g_ascii_string_to_unsigned(value, 10, lo, hi, &n, NULL))
        return bad(r, value,
                   "%s '%s': a whole number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, key,
                   value, lo, hi);
    *ret = n;
    return true;
}

static bool take_move(struct reader *r, const char *value)
{
    uint64_t n = 0;

    if (!number(r, "move", value, 0, UINT32_MAX, &n))
        return false;
    const uint32_t move = (uint32_t)n;
    g_array_append_val(r->moves, move);
    g_array_append_val(r->lines, r->line);
    return true;
}

static bool take_key(struct reader *r, const struct key *k, const char *value)
{
    uint64_t n = 0, hi = k->hi;

    if (k->most) {
        unsigned most;
        if (!r->trail->build)
            return bad(r, r->start, "the line 'build' comes before '%s'", k->name);
        memcpy(&most, (const char *)r->trail->build + k->most, sizeof most);
        hi = most;
    }
    if (!number(r, k->name, value, k->lo, hi, &n))
        return false;
    key_set(k, &r->trail->params, n);
    return true;
}

static bool take_other(struct reader *r, unsigned which, const char *value)
{
    struct check_params *p = &r->trail->params;

    if (which == OTHER_BUILD) {
        r->trail->build = !strcmp(value, check_small.name)   ? &check_small
                          : !strcmp(value, check_large.name) ? &check_large
                                                             : NULL;
        return r->trail->build || bad(r, value, "build '%s': small or large", value);
    }
    if (which == OTHER_MOVES)
        return number(r, "moves", value, 0, UINT32_MAX, &r->promised);
    return apf_kernel_parse(value, which == OTHER_HOST ? &p->host : &p->guest) ||
           bad(r, value, "%s '%s': one of 4.14 5.8 5.10 5.13 5.17 6.1 6.12 tip",
               others[which - KEYS], value);
}

/* Its number, or SEEN. */
static unsigned key_find(const char *name)
{
    for (unsigned k = 0; k < KEYS; k++)
        if (!strcmp(keys[k].name, name))
            return k;
    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
        if (!strcmp(others[i], name))
            return KEYS + i;
    return SEEN;
}

/* One line; its end and any comment are cut off in place. */
static bool take_line(struct reader *r, char *line)
{
    char *key, *value, *more;
    unsigned which;

    r->start = line;
    line[strcspn(line, "#\r")] = '\0';
    g_strchomp(line);
    key = line + strspn(line, " \t");
    if (!*key)
        return true;
    value = key + strcspn(key, " \t");
    if (!*value)
        return bad(r, key, "'%s': a line of a trail is `key value`", key);
    *value++ = '\0';
    value += strspn(value, " \t");
    more = value + strcspn(value, " \t");
    if (*more)
        return bad(r, more + 1, "one value for '%s', no more", key);
    if (!strcmp(key, "move"))
        return take_move(r, value);
    which = key_find(key);
    if (which == SEEN)
        return bad(r, key, "'%s': no line of a trail", key);
    if (r->seen[which])
        return bad(r, key, "'%s' a second time", key);
    r->seen[which] = true;
    return which < KEYS ? take_key(r, &keys[which], value) : take_other(r, which, value);
}

static bool is_whole(struct reader *r)
{
    const char *missing = NULL;

    r->start = "";
    for (unsigned k = 0; k < KEYS && !missing; k++)
        if (!r->seen[k] && keys[k].presence == MUST_BE)
            missing = keys[k].name;
    for (unsigned i = OTHER_BUILD; i <= OTHER_GUEST; i++)
        if (!r->seen[i])
            missing = others[i - KEYS];
    if (missing)
        return bad(r, r->start, "no line '%s' in this trail", missing);
    if (r->seen[OTHER_MOVES] ? r->promised != r->moves->len : !r->moves->len)
        return bad(r, r->start, "the trail ends after %u moves; it is not whole", r->moves->len);
    return true;
}

static unsigned count_lines(const char *text)
{
    unsigned lines = 1;

    while ((text = strchr(text, '\n'))) {
        text++;
        lines++;
    }
    return lines;
}

bool cli_trail_read(const char *path, struct cli_trail *ret)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    struct reader r = {.path = path, .line = 1, .trail = ret};
    bool good;

    memset(ret, 0, sizeof *ret);
    if (!g_file_get_contents(path, &text, NULL, &error)) {
        cli_fail(CLI_USAGE, "%s", error->message);
        return false;
    }
    r.start = text;
    if (!g_str_has_prefix(text, head))
        return bad(&r, text, "no trail of this version: the first line begins with '%s'", head);
    if (!g_str_has_suffix(text, "\n")) { /* a number that is cut off is another number */
        r.line = count_lines(text);
        return bad(&r, text, "the last line has no end; the trail is not whole");
    }
    r.moves = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    r.lines = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (good = true; good && lines[r.line - 1]; r.line++)
        good = take_line(&r, lines[r.line - 1]);
    r.line -= good; /* the last one */
    good = good && is_whole(&r);
    ret->count = r.moves->len;
    ret->moves = (uint32_t *)(void *)g_array_free(r.moves, FALSE);
    ret->lines = (unsigned *)(void *)g_array_free(r.lines, FALSE);
    return good;
}

void cli_trail_clear(struct cli_trail *t)
{
    g_clear_pointer(&t->moves, g_free);
    g_clear_pointer(&t->lines, g_free);
}
