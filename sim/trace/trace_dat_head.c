/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_dat_head.c - what stands before the pages of a trace.dat: the kernel's files that say how
 *                    to read them, as tracefs would show them
 */
#include "trace_dat_head.h"

#include <inttypes.h>
#include <stdio.h>

#include "trace_dat.h"
#include "trace_put.h"

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

/* "1001 CPU 0/KVM": who a pid is. */
static char *put_comm(char *to, uint32_t vcpu, bool worker)
{
    to = trace_put_dec(to, (worker ? TRACE_PID_WORKER : TRACE_PID_VCPU) + vcpu);
    return trace_put_char(trace_thread_comm(trace_put_char(to, ' '), vcpu, worker), '\n');
}

enum { COMM_BYTES = 64 }; /* two lines of put_comm() fit */

static char *put_comms(char *to, uint32_t vcpu)
{
    return put_comm(put_comm(to, vcpu, false), vcpu, true);
}

static void add_comms(struct trace_sink *s, uint32_t vcpus)
{
    char text[COMM_BYTES];
    uint64_t bytes = 0;

    for (uint32_t v = 0; v < vcpus; v++)
        bytes += (uint64_t)(put_comms(text, v) - text);
    add_number(s, bytes, 8);
    for (uint32_t v = 0; v < vcpus; v++)
        trace_sink_add(s, text, (size_t)(put_comms(text, v) - text));
}

/* Of the events that were not kept, nobody knows the CPU any more: they stand with the first. */
static void add_statistics(struct trace_sink *s, const struct trace_dat_cpu *cpu, uint32_t cpus,
                           uint64_t lost)
{
    char text[256];

    for (uint32_t c = 0; c < cpus; c++) {
        int n = snprintf(
            text, sizeof text,
            "CPU: %" PRIu32 "\nentries: %" PRIu64 "\noverrun: 0\ncommit overrun: 0\nbytes: %" PRIu64
            "\ndropped events: %" PRIu64 "\nread events: %" PRIu64 "\n",
            c, cpu[c].events, cpu[c].pages * DAT_PAGE, c == 0 ? lost : 0, cpu[c].events);

        add_number(s, DAT_OPTION_CPUSTAT, 2);
        add_number(s, (uint64_t)n, 4);
        trace_sink_add(s, text, (size_t)n);
    }
    add_number(s, 0, 2);
}

void trace_dat_head(struct trace_sink *s, const struct trace_dat_cpu *cpu, uint32_t cpus,
                    uint64_t lost)
{
    static const uint8_t page[DAT_PAGE];
    uint64_t at;

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
    add_comms(s, cpus);
    add_number(s, cpus, 4);
    trace_sink_add(s, "options  ", sizeof "options  ");
    add_statistics(s, cpu, cpus, lost);
    trace_sink_add(s, "flyrecord", sizeof "flyrecord");
    at = (s->bytes + cpus * (uint64_t)16 + DAT_PAGE - 1) / DAT_PAGE * DAT_PAGE;
    for (uint32_t c = 0; c < cpus; c++) {
        add_number(s, at, 8);
        add_number(s, cpu[c].pages * DAT_PAGE, 8);
        at += cpu[c].pages * DAT_PAGE;
    }
    trace_sink_add(s, page, (size_t)(-s->bytes % DAT_PAGE));
}
