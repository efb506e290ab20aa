/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_options.c - the table of a script's options, and reading a line of them
 */
#include "script_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 64

static const struct option {
    const char *name;
    size_t at; /* in struct script_options */
    uint64_t value, max;
} options[] = {
#define OPT(name, value, max)                                                                      \
    {                                                                                              \
#name, offsetof(struct script_options, name), value, max                                   \
    }
#define ANY UINT64_MAX
    OPT(pages, 16384, 1u << 20),
    OPT(fill, 0, ANY),
    OPT(nohlt, 0, ANY),
    OPT(tmoms, 0, 3600000),
    OPT(tmo, 20, 3600),
    OPT(kvmfeat, ANY, ANY),
    OPT(delay, 20000, 1000000000),
    OPT(batch, 1, SCRIPT_BATCH_MAX),
    OPT(lifo, 0, ANY),
    OPT(en, 0xb, 0x3f), /* bits 63:6 are the area's address, which is no option */
    OPT(vec, 0xf3, ANY),
    OPT(ntask, 1, SCRIPT_TASKS_MAX),
    OPT(npages, 3, 1u << 20),
    OPT(stride, 64, 1u << 20),
    OPT(base, 0, 1u << 20),
    OPT(same, 0, ANY),
    OPT(write, 0, ANY),
    OPT(cpl, 0, ANY),
    OPT(cli, 0, ANY),
    OPT(timer, 0, ANY),
    OPT(counter, 1, ANY),
    OPT(noack, 0, ANY),
    OPT(noclear, 0, ANY),
    OPT(noeoi, 0, ANY),
    OPT(reenable, 0, ANY),
    OPT(hostact, 0, 0xffffffff),
    OPT(live, 1, ANY),
    OPT(noapic, 0, ANY),
    OPT(maxlog, SCRIPT_LOG_MAX, 1u << 17), /* as many records as the log's memory holds */
#undef ANY
#undef OPT
};
#define OPTIONS (sizeof options / sizeof *options)

/* Keys of the laboratory that change nothing that can be seen with these backings. */
static const char *const silent[] = {"quiet",  "dumplog", "path",  "private",
                                     "advice", "warm",    "settle"};

static const struct {
    const char *name;
    enum backing backing;
} backings[] = {{"uffd", BACKING_USERFAULTFD}, {"anon", BACKING_ANON}};

const char *script_backing_name(enum backing backing)
{
    for (size_t i = 0; i < sizeof backings / sizeof *backings; i++)
        if (backings[i].backing == backing)
            return backings[i].name;
    return "?";
}

static uint64_t *value_at(struct script_options *o, const struct option *option)
{
    return (uint64_t *)(void *)((char *)o + option->at);
}

/* ---- words ---- */

struct word {
    size_t column;
    char key[WORD_MAX], value[WORD_MAX];
};

static void join(char *to, size_t size, const char *const *parts)
{
    size_t n = 0;

    for (; *parts; parts++)
        for (const char *c = *parts; *c && n + 1 < size; c++)
            to[n++] = *c;
    to[n] = '\0';
}

#define REFUSE(error, at, ...)                                                                     \
    ((error)->column = (at),                                                                       \
     join((error)->text, sizeof(error)->text, (const char *const[]){__VA_ARGS__, NULL}), false)

static void copy(char *to, const char *from, size_t length)
{
    size_t n = length < WORD_MAX - 1 ? length : WORD_MAX - 1;

    memcpy(to, from, n);
    to[n] = '\0';
}

/* The next word of the line, or false at its end. */
static bool next_word(const char *line, size_t *at, struct word *word)
{
    size_t start = *at + strspn(line + *at, " \t\r"), length = strcspn(line + start, " \t\r");
    const char *equals = memchr(line + start, '=', length);
    size_t key = equals ? (size_t)(equals - line - (ptrdiff_t)start) : length;

    *at = start + length;
    word->column = start;
    copy(word->key, line + start, key);
    copy(word->value, line + start + key + (equals != NULL), equals ? length - key - 1 : 0);
    if (!equals)
        word->value[0] = '\0';
    return length > 0;
}

static bool number(const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

static bool is_silent(const char *key)
{
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (!strcmp(key, silent[i]))
            return true;
    return false;
}

static bool set_backing(struct script_options *o, const struct word *word,
                        struct script_error *error)
{
    for (size_t i = 0; i < sizeof backings / sizeof *backings; i++)
        if (!strcmp(word->value, backings[i].name)) {
            o->backing = backings[i].backing;
            return true;
        }
    return REFUSE(error, word->column, "backing '", word->value,
                  "' cannot be played: only uffd and anon");
}

static bool set_number(struct script_options *o, const struct word *word,
                       struct script_error *error)
{
    uint64_t value;

    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(word->key, options[i].name) != 0)
            continue;
        if (!number(word->value, &value))
            return REFUSE(error, word->column, "'", word->key, "' wants a number, not '",
                          word->value, "'");
        if (value > options[i].max)
            return REFUSE(error, word->column, "'", word->value, "' is too large for '", word->key,
                          "'");
        *value_at(o, &options[i]) = value;
        return true;
    }
    return REFUSE(error, word->column, "unknown option '", word->key, "'");
}

static bool set(struct script_options *o, const struct word *word, struct script_error *error)
{
    if (!strcmp(word->key, "backing"))
        return set_backing(o, word, error);
    if (is_silent(word->key))
        return true;
    if (!strcmp(word->key, "marker"))
        return !strcmp(word->value, "1") ||
               REFUSE(error, word->column, "without 'marker' nothing is recorded");
    return set_number(o, word, error);
}

/* ---- what several options say together ---- */

static uint64_t last_page(const struct script_options *o)
{
    uint64_t touched = o->same ? o->npages : o->npages * o->ntask;

    return touched && o->ntask ? (o->base + touched - 1) * o->stride : 0;
}

static bool agree(const struct script_options *o, struct script_error *error)
{
    if (o->ntask + (o->counter != 0) + 1 > SCRIPT_TASKS_MAX)
        return REFUSE(error, 0, "the guest has room for 128 tasks, counter and idler included");
    if (last_page(o) >= o->pages)
        return REFUSE(error, 0, "the tasks touch pages beyond the end of the memory ('pages')");
    if ((o->en & 9) == 9 && (o->vec < 16 || o->vec > 255))
        return REFUSE(error, 0, "'vec' 16..255: others are in no LAPIC's power to deliver");
    if (o->vec == 0x42)
        return REFUSE(error, 0, "vector 0x42 is the guest's own, with it no task can end");
    if (o->pages == 0)
        return REFUSE(error, 0, "'pages' must be at least 1");
    return true;
}

bool script_options_parse(const char *line, struct script_options *ret,
                          struct script_error *ret_error)
{
    struct word word;
    size_t at = 0;
    bool has_backing = false;

    *ret = (struct script_options){.backing = BACKING_USERFAULTFD};
    for (size_t i = 0; i < OPTIONS; i++)
        *value_at(ret, &options[i]) = options[i].value;
    while (next_word(line, &at, &word)) {
        if (!set(ret, &word, ret_error))
            return false;
        has_backing |= !strcmp(word.key, "backing");
    }
    if (!has_backing)
        return REFUSE(ret_error, 0,
                      "no 'backing': the laboratory's default is a file, which "
                      "cannot be played; say backing=uffd");
    if (ret->tmoms == 0)
        ret->tmoms = ret->tmo * 1000;
    return agree(ret, ret_error);
}
