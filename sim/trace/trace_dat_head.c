/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_head.c - what stands before the pages of a trace.dat: the kernel's files that say how
 *                    to read them, as tracefs would show them
 */
#include "trace_dat_head.h"

#include <inttypes.h>
#include <stdio.h>

#include "trace_dat.h"

static const char page_text[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
                                "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
                                "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
                                "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
static const char event_text[] = "# compressed entry header\n"
                                 "\ttype_len    :    5 bits\n"
                                 "\ttime_delta  :   27 bits\n"
                                 "\tarray       :   32 bits\n"
                                 "\n"
                                 "\tpadding     : type == 29\n"
                                 "\ttime_extend : type == 30\n"
                                 "\ttime_stamp : type == 31\n"
                                 "\tdata max type_len  == 28\n";
static const char common_text[] =
    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
    "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
    "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

static void add_number(struct trace_sink *s, uint64_t x, unsigned bytes)
{
    uint8_t raw[8];

    dat_put(raw, x, bytes);
    trace_sink_add(s, raw, bytes);
}

/* A text of 8 bytes' length and then itself. */
static void add_file(struct trace_sink *s, const char *text, size_t bytes)
{
    add_number(s, bytes, 8);
    trace_sink_add(s, text, bytes);
}

enum { FORMAT_BYTES = 2048 };

static void add_format(struct trace_sink *s, enum trace_event event)
{
    const struct trace_row *row = &trace_row[event];
    char text[FORMAT_BYTES];
    size_t n = (size_t)snprintf(text, sizeof text, "name: %s\nID: %d\nformat:\n%s", row->name,
                                trace_dat_id(event), common_text);

    for (unsigned f = 0; f < TRACE_FIELDS_MAX && row->field[f].name; f++) {
        const struct trace_field *field = &row->field[f];

        n += (size_t)snprintf(text + n, sizeof text - n,
                              "\tfield:%s %s;\toffset:%u;\tsize:%u;\tsigned:%d;\n", field->type,
                              field->name, field->offset, field->size, field->is_signed);
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "\nprint fmt: %s\n", row->format);
    add_file(s, text, n);
}

/* Of the events that were not kept, nobody knows the CPU any more: they stand with the first. */
static void add_options(struct trace_sink *s, const struct trace_dat_sums *sums)
{
    char text[256];

    for (uint32_t c = 0; c < sums->cpus; c++) {
        int n = snprintf(text, sizeof text,
                         "CPU: %" PRIu32 "\nentries: %" PRIu64
                         "\noverrun: 0\ncommit overrun: 0\nbytes: %" PRIu64
                         "\ndropped events: %" PRIu64 "\nread events: %" PRIu64 "\n",
                         c, sums->cpu[c].events, sums->cpu[c].pages * DAT_PAGE,
                         c == 0 ? sums->lost : 0, sums->cpu[c].events);

        add_number(s, DAT_OPTION_CPUSTAT, 2);
        add_number(s, (uint64_t)n, 4);
        trace_sink_add(s, text, (size_t)n);
    }
    if (sums->ticks) { /* its text stands behind the places of the pages */
        add_number(s, DAT_OPTION_CLOCK, 2);
        add_number(s, 0, 4);
    }
    add_number(s, 0, 2);
}

static void add_places(struct trace_sink *s, const struct trace_dat_sums *sums)
{
    static const char clock[] = "[x86-tsc]\n";
    static const uint8_t page[DAT_PAGE];
    uint64_t behind = s->bytes + sums->cpus * (uint64_t)16 + (sums->ticks ? 8 + sizeof clock : 0);
    uint64_t at = (behind + DAT_PAGE - 1) / DAT_PAGE * DAT_PAGE;

    for (uint32_t c = 0; c < sums->cpus; c++) {
        add_number(s, at, 8);
        add_number(s, sums->cpu[c].pages * DAT_PAGE, 8);
        at += sums->cpu[c].pages * DAT_PAGE;
    }
    if (sums->ticks)
        add_file(s, clock, sizeof clock);
    trace_sink_add(s, page, (size_t)(-s->bytes % DAT_PAGE));
}

void trace_dat_head(struct trace_sink *s, const struct trace_dat_sums *sums,
                    const struct trace_dat_comms *comms)
{
    trace_sink_add(s, DAT_MAGIC "6\0\0\x08", sizeof DAT_MAGIC - 1 + 4);
    add_number(s, DAT_PAGE, 4);
    trace_sink_add(s, "header_page", sizeof "header_page");
    add_file(s, page_text, sizeof page_text - 1);
    trace_sink_add(s, "header_event", sizeof "header_event");
    add_file(s, event_text, sizeof event_text - 1);
    add_number(s, 0, 4); /* events of ftrace itself */
    add_number(s, 1, 4); /* systems */
    trace_sink_add(s, "kvm", sizeof "kvm");
    add_number(s, TRACE_EVENTS, 4);
    for (unsigned e = 0; e < TRACE_EVENTS; e++)
        add_format(s, (enum trace_event)e);
    add_number(s, 0, 4); /* kallsyms */
    add_number(s, 0, 4); /* printk formats */
    add_file(s, comms->text, comms->bytes);
    add_number(s, sums->cpus, 4);
    trace_sink_add(s, "options  ", sizeof "options  ");
    add_options(s, sums);
    trace_sink_add(s, "flyrecord", sizeof "flyrecord");
    add_places(s, sums);
}
