/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_streams.c - the container of lines, and what a line says
 */
#include "trace_streams.h"

#include <stdlib.h>
#include <string.h>

const char *const trace_actor_name[TRACE_ACTORS] = {"vcpu", "worker", "uffd"};

#define TRACE_KIND_INFO(name, needle, compared, counted) {#name, needle, compared, counted},
const struct trace_kind_info trace_kind_info[TRACE_KINDS] = {
    TRACE_KINDS_X(TRACE_KIND_INFO){"OTHER", NULL, false, false}};

enum trace_kind trace_kind_of(const char *text)
{
    for (unsigned kind = 0; kind < TRACE_OTHER; kind++)
        if (strstr(text, trace_kind_info[kind].needle))
            return (enum trace_kind)kind;
    return TRACE_OTHER;
}

void trace_streams_init(struct trace_streams *s)
{
    memset(s, 0, sizeof *s);
}

void trace_streams_finish(struct trace_streams *s)
{
    for (unsigned a = 0; a < TRACE_ACTORS; a++) {
        for (size_t i = 0; i < s->of[a].count; i++)
            free(s->of[a].line[i]);
        free(s->of[a].line);
    }
    memset(s, 0, sizeof *s);
}

static bool make_room(struct trace_lines *l)
{
    size_t room = l->room ? 2 * l->room : 64;
    char **line;

    if (l->count < l->room)
        return true;
    line = realloc(l->line, room * sizeof *line);
    if (!line)
        return false;
    l->line = line;
    l->room = room;
    return true;
}

void trace_streams_add(struct trace_streams *s, enum trace_actor actor, const char *text)
{
    struct trace_lines *l = &s->of[actor];
    char *copy = strdup(text);

    if (!copy || !make_room(l)) {
        s->no_memory = true;
        free(copy);
    } else if (trace_line_normalize(copy)) {
        l->line[l->count++] = copy;
    } else {
        free(copy);
    }
}

void trace_streams_print(const struct trace_streams *s, FILE *out)
{
    for (unsigned a = 0; a < TRACE_ACTORS; a++)
        for (size_t i = 0; i < s->of[a].count; i++)
            fprintf(out, "%s %s\n", trace_actor_name[a], s->of[a].line[i]);
}
