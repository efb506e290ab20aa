/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check.h - `sim check`: what was asked, and how it is told
 */
#pragma once

#include "check.h"
#include "cli.h"
#include "sim_note.h"

enum check_format {
    FORMAT_TEXT,
    FORMAT_JUNIT,
    FORMAT_JSON,
    FORMAT_MARKDOWN,
    FORMAT_FTRACE,
    FORMAT_SCRIPT
};
struct check_job {
    enum apf_kernel kernel;
    uint64_t bugs, fixes, seed;
    uint64_t seconds, memory; /* limits of each search; memory in bytes */
    uint64_t threads;         /* searches at once */
    uint32_t steps;
    unsigned width;   /* of a story, columns */
    char **scopes;    /* NULL: all that are not slow */
    const char *save; /* directory for trails, or NULL */
    enum check_format format;
    bool all;
    bool judge_all; /* a switch was given: whatever breaks counts */
    bool tell;      /* trails of what was expected, too */
    bool one_side;  /* rows of switches: not once more without */
};
struct cli_check_row {
    const struct check_scope *scope;
    struct check_report report;
    double seconds;
    bool with_switch;
    char why[160]; /* report.why, where a limit was reached */
};
struct cli_check_report {
    GString *text;
    uint64_t rules;
    unsigned rows, bad, skipped;
    double seconds;
    int saved;             /* an exit status: trails that could not be written */
    const char *table;     /* Markdown: the head of the table that rows go to */
    double switch_seconds; /* ... of a row's two sides */
};

int cli_check_list(void);
int cli_check_invariants(void);
int cli_check_rules(void);
int cli_check_switches(void);
int cli_check_replay(const struct check_job *job, const char *path);
int cli_check_random(const struct check_job *job);
/* One run of a scope to its end, without interference. */
int cli_check_example(const struct check_job *job, const struct check_scope *scope);

/* The scope's parameters with the kernel and the switches of the job. */
struct check_params cli_check_params(const struct check_job *job, const struct check_scope *s);
/* Does the scope make sense with that kernel? */
bool cli_check_fits(const struct check_job *job, const struct check_scope *s);
/* Does any scope that the job asks for? */
bool cli_check_some_fit(const struct check_job *job);
/* All searches that the job asks for, told in order; an exit status. */
int cli_check_rows(const struct check_job *job, struct cli_check_report *out);

void cli_check_begin(struct cli_check_report *out, const struct check_job *job);
void cli_check_row_add(struct cli_check_report *out, const struct check_job *job,
                       const struct cli_check_row *row);
/* A scope that makes no sense with the kernel that was asked for. */
void cli_check_skip_add(struct cli_check_report *out, const struct check_job *job,
                        const struct check_scope *s);
int cli_check_end(struct cli_check_report *out, const struct check_job *job);

/* Appended to `text`: the row's name, its numbers, its trails; rules that never fired. */
void cli_check_name_add(GString *text, const struct cli_check_row *row);
void cli_check_numbers_add(GString *text, const struct cli_check_row *row);
void cli_check_trails_add(GString *text, const struct check_job *job,
                          const struct cli_check_row *row);
/* The row's trails into job->save, if that is asked for; an exit status. */
int cli_check_trails_save(const struct check_job *job, const struct cli_check_row *row);
unsigned cli_check_never_add(GString *text, uint64_t rules); /* how many */
int cli_check_flush(GString *text);                          /* to stdout; an exit status */

/* JUnit and JSON: a row; head and foot around all of them. */
void cli_format_row(struct cli_check_report *out, const struct check_job *job,
                    const struct cli_check_row *row);
void cli_format_end(GString *text, const struct cli_check_report *out, const struct check_job *job);
void cli_format_skip(struct cli_check_report *out, const struct check_job *job,
                     const struct check_scope *s, const char *why);
/* Markdown: a row of one of its two tables. */
void cli_table_row(struct cli_check_report *out, const struct check_job *job,
                   const struct cli_check_row *row);
/* One JUnit test case, as a file of its own. broken: NULL = passed; story: the case's text. */
void cli_junit_single(GString *text, const char *name, const char *broken, const char *story);

/* The trail as a numbered story, host and guest in columns, appended to `text`. width: 72 on. */
enum { STORY_WIDTH_MIN = 72, STORY_WIDTH = 120, STORY_WIDTH_MAX = 250 };
unsigned cli_story_width(void); /* of the terminal; STORY_WIDTH for a file, a pipe */
void cli_story_add(GString *text, unsigned width, const struct check_build *build,
                   const struct check_params *params, const uint32_t *moves, unsigned count);
/*
 * The same for a trail to a stuck state: goes on behind it, up to where nothing moves. searched: a
 * search has shown that no way leads out; else only that this one does not.
 */
void cli_story_stuck(GString *text, unsigned width, const struct check_build *build,
                     const struct check_params *params, const uint32_t *moves, unsigned count,
                     bool searched);
/* What a trail does, told to somebody. Any of mark and step may be NULL. */
struct cli_teller {
    void *self;
    void (*note)(void *self, const struct sim_note *n); /* a trace point of KVM */
    void (*mark)(void *self, sim_ns when, const struct check_line *line);
    void (*step)(void *self, sim_ns when, const struct check_tale *tale, const char *broken);
};
/* False: no memory. */
bool cli_trail_tell(const struct check_build *build, const struct check_params *params,
                    const uint32_t *moves, unsigned count, const struct cli_teller *teller);
/* The same as the kernel's ftrace text; false: no memory. */
bool cli_ftrace_add(GString *text, const struct check_build *build,
                    const struct check_params *params, const uint32_t *moves, unsigned count);
/* NAME.trail for --replay and NAME.txt, ftrace text, in job->save; an exit status. */
int cli_trail_save(const struct check_job *job, const char *name, const char *what,
                   const struct check_run *run);
/* The option line of a script that shows the same events, or why there is none; an exit status. */
int cli_check_script(const char *path, const struct check_run *run);
/*
 * Goes on behind `count` moves, each in its turn, the environment at rest; at most `limit` moves,
 * whose number is returned.
 */
unsigned cli_trail_go_on(const struct check_build *build, const struct check_params *params,
                         const uint32_t *moves, unsigned count, uint32_t *ret_moves,
                         unsigned limit);
/* Where a trail leads on which nothing broke, if each then goes on in his turn. */
enum cli_trail_end { CLI_TRAIL_GOES_ON, CLI_TRAIL_STUCK, CLI_TRAIL_UNKICKED };
enum cli_trail_end cli_trail_end(const struct check_build *build, const struct check_params *params,
                                 const uint32_t *moves, unsigned count);
/* The trail as a file that --replay reads. */
void cli_trail_add(GString *text, const struct check_build *build,
                   const struct check_params *params, const char *scope, const char *broken,
                   const uint32_t *moves, unsigned count);
struct cli_trail {
    const struct check_build *build;
    struct check_params params;
    uint32_t *moves;
    unsigned *lines, count; /* where each move stands in the file */
};
/* False: said. The caller clears it either way. */
bool cli_trail_read(const char *path, struct cli_trail *ret);
void cli_trail_clear(struct cli_trail *t);
