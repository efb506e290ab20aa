/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture.h - a file of KVM's trace events, in memory
 *
 * Knows:    cap_event.h, GLib.
 * Formats:  ftrace text as tracefs shows it, as `trace-cmd report` and `perf script` print it;
 *           actor streams (trace_recording.h): cases with one sequence for each actor, no times.
 * Limits:   CAP_EVENTS_MAX events. The text stays mapped: findings quote it.
 */
#pragma once

#include <glib.h>

#include "cap_columns.h"
#include "cap_event.h"

#define CAP_EVENTS_MAX 8000000u /* 64 bytes each */

enum cap_format { CAP_AUTO, CAP_FTRACE, CAP_STREAMS };
enum cap_actor { CAP_ACTOR_VCPU, CAP_ACTOR_WORKER, CAP_ACTOR_UFFD, CAP_ACTORS };
extern const char *const cap_actor_name[CAP_ACTORS];

struct cap_case { /* of actor streams; ftrace text is one case */
    char *name;
    uint32_t first, end; /* events */
};

struct capture {
    GMappedFile *map;
    char *own; /* the text of a pipe */
    const char *text;
    size_t bytes;
    enum cap_format format;
    GArray *events; /* struct cap_event; 0 is a placeholder, so that `next` 0 is none */
    GArray *cases;  /* struct cap_case */
    uint64_t in_buffer, written; /* of the header; 0: it has none */
    uint64_t lost;               /* places where events were lost */
    uint32_t seen;               /* kinds: 1 << enum cap_kind */
    uint64_t other;              /* events that are not about this */
    bool cut;                    /* in the middle of the last line, which is passed over */
    bool ns;                     /* times are ns, not ticks of some clock */
};

struct cap_error {
    uint32_t line, column; /* from 1; line 0: the file as a whole */
    char text[160];
};

/*
 * False: *ret_error says why; *ret needs no cap_free(). True and ret->cut: it says what is wrong
 * with the last line.
 */
bool cap_load(const char *path, enum cap_format format, struct capture *ret,
              struct cap_error *ret_error);
/* The same from memory, which must outlive *ret. */
bool cap_load_text(const char *text, size_t bytes, enum cap_format format, struct capture *ret,
                   struct cap_error *ret_error);
void cap_free(struct capture *c);

static inline const struct cap_event *cap_at(const struct capture *c, uint32_t i)
{
    return &g_array_index(c->events, struct cap_event, i);
}
/*
 * Puts the events in the order of their times, those of one time in the order of the lines. Returns
 * how many stood behind a later one; 0: nothing has changed. Never for actor streams.
 */
uint64_t cap_sort(struct capture *c);
/* Orders uint64_t: for g_array_sort(). */
gint cap_by_value(gconstpointer a, gconstpointer b);
/* The kernel's words: the line from the event's name on. Up to `bytes`, always ended. */
void cap_words(const struct capture *c, const struct cap_event *e, char *ret, size_t bytes);
/* The columns before an event of ftrace text. */
bool cap_columns_of(const struct capture *c, const struct cap_event *e, struct cap_columns *ret);
/* Whether the header says that nothing is missing. */
bool cap_is_whole(const struct capture *c);
