/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_ftrace.c - the columns around an event
 */
#include "trace_ftrace.h"

#include <inttypes.h>

#include "trace_put.h"

bool trace_event_text(const struct sim_note *n, char *ret_text, size_t bytes)
{
    struct trace_record r;
    char text[TRACE_TEXT_MAX];
    size_t length;

    if (!trace_record_of(n, &r) || bytes == 0)
        return false;
    length = (size_t)(trace_record_text(text, &r) - text);
    length = length < bytes ? length : bytes - 1;
    *trace_put_bytes(ret_text, text, length) = '\0';
    return true;
}

#define TRACER "# tracer: nop\n#\n"
#define COLUMNS                                                                                    \
    "#                                _-----=> irqs-off/BH-disabled\n"                             \
    "#                               / _----=> need-resched\n"                                     \
    "#                              | / _---=> hardirq/softirq\n"                                  \
    "#                              || / _--=> preempt-depth\n"                                    \
    "#                              ||| / _-=> migrate-disable\n"                                  \
    "#                              |||| /     delay\n"                                            \
    "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"                                  \
    "#              | |         |   |||||     |         |\n"

const char trace_ftrace_open[] = TRACER COLUMNS;

char *trace_ftrace_entries(char *to, uint64_t here, uint64_t all, unsigned cpus)
{
    to = trace_put_dec(trace_put_text(to, "# entries-in-buffer/entries-written: "), here);
    to = trace_put_dec(trace_put_char(to, '/'), all);
    to = trace_put_dec(trace_put_text(to, "   #P:"), cpus);
    return trace_put_text(to, "\n#\n");
}

void trace_ftrace_head(FILE *out, uint64_t events, unsigned cpus)
{
    char line[120], *end = trace_ftrace_entries(line, events, events, cpus);

    fputs(TRACER, out);
    fwrite(line, 1, (size_t)(end - line), out);
    fputs(COLUMNS, out);
}

/* "%5lu.%06lu: " */
static char *put_time(char *to, sim_ns when)
{
    char *start = to;
    uint64_t us = when / 1000, seconds = us / 1000000;

    if (seconds < 10000)
        to = trace_put_blanks(to, start + (seconds < 10     ? 4
                                           : seconds < 100  ? 3
                                           : seconds < 1000 ? 2
                                                            : 1));
    to = trace_put_char(trace_put_dec(to, seconds), '.');
    return trace_put_bytes(trace_put_padded(to, us % 1000000, 6), ": ", 2);
}

/* "%16s-%-7u [%03u] ..... " */
static char *put_columns(char *to, const char *comm, size_t bytes, uint32_t pid, uint32_t cpu)
{
    char *field;

    to = bytes < 16 ? trace_put_blanks(to, to + (16 - bytes)) : to;
    field = to = trace_put_char(trace_put_bytes(to, comm, bytes), '-');
    to = trace_put_blanks(trace_put_dec(to, pid), field + 7);
    to = trace_put_bytes(to, " [", 2);
    to = cpu < 1000 ? trace_put_padded(to, cpu, 3) : trace_put_dec(to, cpu);
    return trace_put_bytes(to, "] ..... ", 8);
}

char *trace_ftrace_line(char *to, const struct trace_record *r)
{
    char comm[24];
    size_t bytes = (size_t)(trace_thread_comm(comm, r->cpu, trace_row[r->event].by_worker) - comm);

    to = put_columns(to, comm, bytes, r->pid, r->cpu);
    return trace_put_char(trace_record_text(put_time(to, r->when), r), '\n');
}

bool trace_ftrace_event(FILE *out, const struct sim_note *n)
{
    struct trace_record r;
    char line[TRACE_LINE_BYTES];

    if (!trace_record_of(n, &r))
        return false;
    fwrite(line, 1, (size_t)(trace_ftrace_line(line, &r) - line), out);
    return true;
}

void trace_ftrace_mark(FILE *out, sim_ns when, const char *text)
{
    char line[TRACE_LINE_BYTES], *to = put_columns(line, "vmm", 3, TRACE_PID_VMM, 0);

    to = put_time(to, when);
    fprintf(out, "%.*stracing_mark_write: %s\n", (int)(to - line), line, text);
}
