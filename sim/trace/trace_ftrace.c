/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_ftrace.c - the columns around an event
 */
#include "trace_ftrace.h"

#include <inttypes.h>
#include <string.h>

#include "trace_put.h"

bool trace_event_text(const struct sim_note *n, char *ret_text, size_t bytes)
{
    struct trace_record r = {0};
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

/* "%5lu.%06lu: ", or "%12llu: " of ticks. */
static char *put_time(char *to, sim_ns when, unsigned digits)
{
    uint64_t whole = digits ? when / SIM_SEC : when, part = when % SIM_SEC;
    unsigned bytes = trace_put_digits(whole), wide = digits ? 5 : 12;

    if (bytes < wide)
        to = trace_put_blanks(to, to + (wide - bytes));
    to = trace_put_padded(to, whole, bytes);
    if (digits)
        to = trace_put_padded(trace_put_char(to, '.'), digits == 6 ? part / 1000 : part, digits);
    return trace_put_bytes(to, ": ", 2);
}

/* The bits of common_flags: enum trace_flag_type. */
enum {
    IRQS_OFF = 0x01,
    NO_IRQ_STATE = 0x02,
    NEED_RESCHED = 0x04,
    HARDIRQ = 0x08,
    SOFTIRQ = 0x10,
    PREEMPT_RESCHED = 0x20,
    NMI = 0x40,
    BH_OFF = 0x80,
};

static const char depths[] = ".123456789abcdef";

/* trace_print_lat_fmt() */
static char *put_flags(char *to, uint8_t flags, uint8_t preempt)
{
    const unsigned resched = flags & (NEED_RESCHED | PREEMPT_RESCHED);

    to[0] = flags & IRQS_OFF && flags & BH_OFF ? 'D'
            : flags & IRQS_OFF                 ? 'd'
            : flags & BH_OFF                   ? 'b'
            : flags & NO_IRQ_STATE             ? 'X'
                                               : '.';
    to[1] = ".npN"[(resched & NEED_RESCHED ? 1 : 0) + (resched & PREEMPT_RESCHED ? 2 : 0)];
    to[2] = flags & NMI && flags & HARDIRQ       ? 'Z'
            : flags & NMI                        ? 'z'
            : flags & HARDIRQ && flags & SOFTIRQ ? 'H'
            : flags & HARDIRQ                    ? 'h'
            : flags & SOFTIRQ                    ? 's'
                                                 : '.';
    to[3] = depths[preempt & 15];
    to[4] = depths[preempt >> 4];
    return to + 5;
}

static uint8_t depth_of(char c)
{
    const char *at = c ? strchr(depths, c) : NULL;

    return at ? (uint8_t)(at - depths) : 0;
}

void trace_ftrace_flags(const char *text, size_t bytes, struct trace_record *ret)
{
    static const struct {
        unsigned column;
        char letter;
        uint8_t flags;
    } letters[] = {
        {0, 'D', IRQS_OFF | BH_OFF},
        {0, 'd', IRQS_OFF},
        {0, 'b', BH_OFF},
        {0, 'X', NO_IRQ_STATE},
        {1, 'N', NEED_RESCHED | PREEMPT_RESCHED},
        {1, 'n', NEED_RESCHED},
        {1, 'p', PREEMPT_RESCHED},
        {2, 'Z', NMI | HARDIRQ},
        {2, 'z', NMI},
        {2, 'H', HARDIRQ | SOFTIRQ},
        {2, 'h', HARDIRQ},
        {2, 's', SOFTIRQ},
    };

    ret->flags = ret->preempt = 0;
    if (bytes < 4 || bytes > 5)
        return;
    for (unsigned i = 0; i < sizeof letters / sizeof *letters; i++)
        ret->flags |= text[letters[i].column] == letters[i].letter ? letters[i].flags : 0;
    ret->preempt = depth_of(text[3]);
    if (bytes == 5)
        ret->preempt |= (uint8_t)(depth_of(text[4]) << 4);
}

/* "%16s-%-7u [%03u] ..... " */
static char *put_columns(char *to, const char *comm, size_t bytes, const struct trace_record *r)
{
    char *field;

    to = bytes < 16 ? trace_put_blanks(to, to + (16 - bytes)) : to;
    field = to = trace_put_char(trace_put_bytes(to, comm, bytes), '-');
    to = trace_put_blanks(trace_put_dec(to, r->pid), field + 7);
    to = trace_put_bytes(to, " [", 2);
    to = r->cpu < 1000 ? trace_put_padded(to, r->cpu, 3) : trace_put_dec(to, r->cpu);
    to = put_flags(trace_put_bytes(to, "] ", 2), r->flags, r->preempt);
    return trace_put_char(to, ' ');
}

char *trace_ftrace_line_of(char *to, const char *comm, size_t bytes, const struct trace_record *r,
                           unsigned digits)
{
    to = put_time(put_columns(to, comm, bytes, r), r->when, digits);
    return trace_put_char(trace_record_text(to, r), '\n');
}

char *trace_ftrace_line(char *to, const struct trace_record *r)
{
    char comm[24];
    size_t bytes = (size_t)(trace_thread_comm(comm, r->cpu, trace_row[r->event].by_worker) - comm);

    return trace_ftrace_line_of(to, comm, bytes, r, 6);
}

bool trace_ftrace_event(FILE *out, const struct sim_note *n)
{
    struct trace_record r = {0};
    char line[TRACE_LINE_BYTES] = "";

    if (!trace_record_of(n, &r))
        return false;
    fwrite(line, 1, (size_t)(trace_ftrace_line(line, &r) - line), out);
    return true;
}

void trace_ftrace_mark(FILE *out, sim_ns when, const char *text)
{
    const struct trace_record r = {.pid = TRACE_PID_VMM};
    char line[TRACE_LINE_BYTES], *to = put_columns(line, "vmm", 3, &r);

    to = put_time(to, when, 6);
    fprintf(out, "%.*stracing_mark_write: %s\n", (int)(to - line), line, text);
}
