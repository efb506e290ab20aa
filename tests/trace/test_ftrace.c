/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_ftrace.c - each trace point in the kernel's own bytes, in tracefs' columns
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "trace_ftrace.h"

static const struct {
    struct sim_note note;
    const char *text;
} events[] = {
    {{0, NOTE_KVM_PAGE_FAULT, 1, 0x40001000, 0x100000004, 0},
     "kvm_page_fault: vcpu 1 rip 0x0 address 0x0000000040001000 error_code 0x100000004"},
    {{0, NOTE_KVM_TRY_ASYNC, 0, 0x40000000, 0x40000, 0},
     "kvm_try_async_get_page: gva = 0x40000000, gfn = 0x40000"},
    {{0, NOTE_KVM_REPEATED, 0, 0x40000000, 0x40000, 0},
     "kvm_async_pf_repeated_fault: gva = 0x40000000, gfn = 0x40000"},
    {{0, NOTE_KVM_NOT_PRESENT, 0, 0x1000, 0x40000000, 1},
     "kvm_async_pf_not_present: token 0x1000 gva 0x40000000"},
    {{0, NOTE_KVM_READY, 0, 0xffffffff, 0, 0}, "kvm_async_pf_ready: token 0xffffffff gva 0x0"},
    {{0, NOTE_KVM_COMPLETED, 0, 0x40000000, 0x7f5689800000, 0x1000},
     "kvm_async_pf_completed: gva 0x40000000 address 0x7f5689800000"},
    {{0, NOTE_KVM_MSR, 0, 0x4b564d02, 0x900b, 1}, "kvm_msr: msr_write 4b564d02 = 0x900b"},
    {{0, NOTE_KVM_MSR, 0, 0x1b, 0xfee00900, 0}, "kvm_msr: msr_read 1b = 0xfee00900"},
    {{0, NOTE_KVM_MSR, 0, 0x4b564d02, 0, 3}, "kvm_msr: msr_write 4b564d02 = 0x0 (#GP)"},
    {{0, NOTE_KVM_INJ_EXCEPTION, 0, 14, 0, 0}, "kvm_inj_exception: #PF (0x0)"},
    {{0, NOTE_KVM_INJ_EXCEPTION, 0, 13, 0, 1}, "kvm_inj_exception: #GP (0x0) [reinjected]"},
    {{0, NOTE_KVM_INJ_VIRQ, 0, 0xf3, 0, 0}, "kvm_inj_virq: IRQ 0xf3"},
    {{0, NOTE_KVM_INJ_VIRQ, 0, 0xf3, 1, 0}, "kvm_inj_virq: IRQ 0xf3 [reinjected]"},
    {{0, NOTE_KVM_APIC_ACCEPT_IRQ, 17, 243, 0, 0},
     "kvm_apic_accept_irq: apicid 11 vec 243 (Fixed|edge)"},
    {{0, NOTE_KVM_APIC_ACCEPT_IRQ, 1, 0, 5, 0}, "kvm_apic_accept_irq: apicid 1 vec 0 (INIT|edge)"},
    {{0, NOTE_KVM_EOI, 17, 243, 0, 0}, "kvm_eoi: apicid 11 vector 243"},
    {{0, NOTE_KVM_VCPU_WAKEUP, 0, 3990000, 0, 0},
     "kvm_vcpu_wakeup: wait time 3990000 ns, polling valid"},
};

Test(ftrace, each_event_is_the_kernels_line)
{
    char text[256];

    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        cr_assert(trace_event_text(&events[i].note, text, sizeof text));
        cr_assert_str_eq(text, events[i].text);
    }
}

Test(ftrace, what_is_printed_is_read_back)
{
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        const char *text = events[i].text;
        struct trace_record told, read;
        struct sim_note note;

        cr_assert(trace_record_of(&events[i].note, &told));
        cr_assert(trace_record_scan(text, strlen(text), &read), "%s", text);
        cr_assert_eq(read.event, told.event);
        cr_assert_arr_eq(read.value, told.value, sizeof read.value, "%s", text);
        trace_note_of(&told, &note);
        cr_assert_eq(note.kind, events[i].note.kind);
        cr_assert_eq(note.b, events[i].note.b);
        cr_assert_eq(note.c, events[i].note.c);
        cr_assert_not(trace_record_scan(text, strlen(text) - 1, &read) &&
                          !memcmp(read.value, told.value, sizeof read.value),
                      "a character less is not the same: %s", text);
    }
}

Test(ftrace, other_words_are_not_read)
{
    static const char *const others[] = {"kvm_entry: vcpu 0",
                                         "kvm_eoi: apicid 0 vector x",
                                         "kvm_eoi: apicid 0",
                                         "kvm_eoi: apicid 0 vector 1 2",
                                         "kvm_msr: msr_wrote 1 = 0x2",
                                         "kvm_async_pf_ready: token 0x11112222333344445 gva 0x0",
                                         "kvm_eoi",
                                         ""};
    struct trace_record read;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_not(trace_record_scan(others[i], strlen(others[i]), &read), "%s", others[i]);
    cr_assert(trace_record_scan("kvm:kvm_eoi:   apicid f vector 3 ", 33, &read));
    cr_assert_eq(read.value[0], 15);
}

Test(ftrace, the_column_of_flags_is_read_back)
{
    char line[TRACE_LINE_BYTES];
    struct trace_record r = {.event = TRACE_KVM_EOI}, read;

    for (unsigned flags = 0; flags < 256; flags++) {
        const char *column;
        char again[TRACE_LINE_BYTES];

        r.flags = (uint8_t)flags;
        r.preempt = (uint8_t)(flags * 7);
        *trace_ftrace_line(line, &r) = '\0';
        column = strchr(line, ']') + 2;
        read = r;
        trace_ftrace_flags(column, 5, &read);
        cr_assert_eq(read.preempt, r.preempt);
        *trace_ftrace_line(again, &read) = '\0';
        cr_assert_str_eq(again, line);
    }
}

Test(ftrace, every_trace_point_of_the_kernel_is_known_and_nothing_else)
{
    char text[256];

    for (int kind = 0; kind < SIM_NOTE_KINDS; kind++) {
        const struct sim_note n = {.kind = (enum sim_note_kind)kind};
        bool is_kvm = !strncmp(sim_note_info[kind].name, "KVM_", 4);
        cr_assert_eq(trace_event_text(&n, text, sizeof text), is_kvm, "%s",
                     sim_note_info[kind].name);
    }
}

Test(ftrace, a_line_has_tracefs_columns)
{
    const struct sim_note ready = {3353015812771000, NOTE_KVM_READY, 2, 0x1002, 0x40000000, 0};
    const struct sim_note worker = {999, NOTE_KVM_COMPLETED, 2, 0x1000, 0x2000, 0x1002};
    const struct sim_note other = {0, NOTE_DISK_DONE, 0, 0, 0, 0};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    trace_ftrace_head(out, 3, 4);
    cr_assert(trace_ftrace_event(out, &ready));
    cr_assert(trace_ftrace_event(out, &worker));
    cr_assert_not(trace_ftrace_event(out, &other));
    trace_ftrace_mark(out, 12000000, "VMM: reset");
    fclose(out);
    cr_assert_eq(
        strncmp(text, "# tracer: nop\n#\n# entries-in-buffer/entries-written: 3/3   #P:4\n", 64),
        0);
    cr_assert(strstr(text, "\n       CPU 2/KVM-1003    [002] ..... 3353015.812771: "
                           "kvm_async_pf_ready: token 0x1002 gva 0x40000000\n"));
    cr_assert(strstr(text, "\n     kworker/2:1-100003  [002] .....     0.000000: "
                           "kvm_async_pf_completed: gva 0x1000 address 0x2000\n"));
    cr_assert(strstr(text, "\n             vmm-1000    [000] .....     0.012000: "
                           "tracing_mark_write: VMM: reset\n"));
    free(text);
}
