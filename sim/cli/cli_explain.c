/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_explain.c - `sim explain`: whether and how one fault would be told to the guest
 *
 * The answers are apf's: MSR writes and the fault go through apf_host_step().
 */
#include <inttypes.h>
#include <string.h>

#include "apf_host.h"
#include "cli.h"
#include "rep_explain.h"
#include "rep_format.h"

#define AREA 0x9000u /* assumed: EN's address when --en has bits only */

struct question {
    char *kernel, *cpuid, *en, *vector, *cpl, *in_flight;
    gboolean enforce, irq_off, l2, no_paging, no_lapic, lapic_off, hlt_in_guest, reinject,
        exception;
    gboolean protected_state, repeated, no_int;
    /* understood */
    bool en_refused;
    enum apf_kernel kernel_row;
    uint64_t features, en_value, vector_value, cpl_value, flying;
    struct apf_host h;
    struct apf_area area;
    struct apf_host_ctx ctx;
};

/* ---- asking ---- */

static bool hex_or_decimal(const char *option, const char *text, uint64_t otherwise, uint64_t *ret)
{
    char *end;

    *ret = otherwise;
    if (!text)
        return true;
    *ret = g_ascii_strtoull(text, &end, 0);
    if (text[0] && text[0] != '-' && !*end)
        return true;
    cli_fail(CLI_USAGE, "%s=%s: want a number, such as 9 or 0x1007efb", option, text);
    return false;
}

static bool understand(struct question *q)
{
    const uint64_t all = APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_VMEXIT | APF_CPUID_ASYNC_PF_INT;

    q->kernel_row = APF_KERNEL_6_12;
    if (q->kernel && !apf_kernel_parse(q->kernel, &q->kernel_row)) {
        cli_fail(CLI_USAGE, "--kernel=%s: want 5.8, 5.10, 5.13, 5.17, 6.1, 6.12 or tip", q->kernel);
        return false;
    }
    if (q->kernel_row == APF_KERNEL_4_14) {
        cli_fail(CLI_USAGE, "--kernel=4.14: its ready is a #PF; want 5.8 or later");
        return false;
    }
    return hex_or_decimal("--cpuid", q->cpuid, all, &q->features) &&
           hex_or_decimal("--en", q->en, APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT, &q->en_value) &&
           hex_or_decimal("--int", q->vector, APF_VECTOR_LINUX, &q->vector_value) &&
           (!q->cpl || cli_number("--cpl", q->cpl, 0, 3, &q->cpl_value)) &&
           (!q->in_flight || cli_number("--in-flight", q->in_flight, 0, APF_LIMIT, &q->flying));
}

static bool refused(const struct apf_host_out *out)
{
    for (unsigned i = 0; i < out->count; i++)
        if (out->act[i].kind == APF_DO_GP)
            return true;
    return false;
}

/* False: it is refused. */
static bool say_write(GString *out, struct question *q, const char *name, uint32_t msr,
                      uint64_t value)
{
    struct apf_host_in in = {.kind = APF_IN_WRMSR, .msr = msr, .value = value, .ctx = q->ctx};
    struct apf_host_out step;

    apf_host_step(&q->h, &q->area, &in, &step);
    g_string_append_printf(out, "  %-4s := 0x%-8" PRIx64 "  %s\n", name, value,
                           refused(&step) ? "#GP: refused (CPUID, reserved bits or no LAPIC)"
                                          : "accepted");
    return !refused(&step);
}

/* The wake-all of enabling is taken, and so many faults are in flight. */
static void prepare(struct question *q)
{
    struct apf_host_in in = {.kind = APF_IN_CHECK};
    struct apf_host_out out;

    in.ctx.lapic_enabled = in.ctx.paging = in.ctx.irq_allowed = true;
    in.ctx.cpl = 3;
    apf_host_step(&q->h, &q->area, &in, &out);
    in.kind = APF_IN_PRESENT;
    apf_host_step(&q->h, &q->area, &in, &out);
    q->area = (struct apf_area){0};
    in.kind = APF_IN_FAULT;
    for (uint64_t i = 0; i < q->flying + (q->repeated ? 1 : 0); i++) {
        in.gfn = q->repeated && i == 0 ? 0 : i + 1;
        apf_host_step(&q->h, &q->area, &in, &out);
        q->area.flags = 0;
    }
    q->h.requests = 0;
}

/* ---- answering ---- */

/* In the order in which the kernel asks. */
static const struct rule {
    enum apf_why no;
    const char *rule, *text;
} can_do[] =
    {
        {APF_WHY_NO_LAPIC, "K-10.1", "the LAPIC is in the kernel"},
        {APF_WHY_REINJECT, "K-10.2", "no event waits to be injected again"},
        {APF_WHY_EXCEPTION, "K-10.3", "no exception is pending"},
        {APF_WHY_HLT_IN_GUEST, "K-10.4", "HLT exits, or the guest can be told"},
        {APF_WHY_IRQ_OFF, "K-10.5", "the guest accepts interrupts"},
},
  set_up[] =
      {
          {APF_WHY_REPEATED, "K-3", "the page is not in flight on this vCPU"},
          {APF_WHY_QUEUE_FULL, "K-12", "fewer than 64 items are in flight"},
},
  can_deliver[] = {
      {APF_WHY_PV_OFF, "K-11.1", "EN has ENABLED and DELIVERY_AS_INT"},
      {APF_WHY_PROTECTED, "K-11.2", "the CPL can be read, or SEND_ALWAYS"},
      {APF_WHY_CPL0, "K-11.2", "user mode, or SEND_ALWAYS"},
      {APF_WHY_L2, "K-11.3", "L1 runs, or it takes APF as VM-exits (EN bit 2)"},
      {APF_WHY_PAGING_OFF, "K-11.3", "paging is on (asked from 5.18 on)"},
};

/* False: one of them said no. */
static bool say_rules(GString *out, const char *name, const struct rule *rules, size_t n,
                      enum apf_why why)
{
    g_string_append_printf(out, "%s\n", name);
    for (size_t i = 0; i < n; i++) {
        bool no = rules[i].no == why;

        g_string_append_printf(out, "  %-6s  %-50s %s\n", rules[i].rule, rules[i].text,
                               no ? "NO" : "yes");
        if (no)
            return false;
    }
    return true;
}

static void say_change(GString *out, const struct question *q, enum apf_why why)
{
    const char *change = rep_explain_change(apf_why_name[why]);

    if (why == APF_WHY_PV_OFF && q->en_refused && q->en_value & APF_EN_RESERVED)
        change = "EN was refused and stays 0: bits 4 and 5 are reserved, and are to be 0.";

    if (why != APF_WHY_NONE && change)
        rep_wrap(out, "  What to change: ", change);
}

static void say_outcome(GString *out, const struct question *q, const struct apf_host_out *fault)
{
    switch (fault->verdict) {
    case APF_VERDICT_DELIVERED:
        g_string_append_printf(out,
                               "TOLD: #PF%s with flags = 1 and CR2 = token 0x%x; the guest may run "
                               "something else.\n"
                               "  Ready comes as interrupt %u with the token in the slot%s.\n",
                               q->ctx.guest_mode ? " as a VM-exit from L2 to L1" : "", fault->token,
                               q->h.vec,
                               q->lapic_off ? ", but not before the LAPIC is enabled (K-18)" : "");
        if (q->h.vec < 16)
            g_string_append(out, "  A vector below 16 is never delivered: write INT before EN "
                                 "(INV-34).\n");
        break;
    case APF_VERDICT_HALT:
        g_string_append_printf(out,
                               "HALTED: %s.\n  The host fetches the page and halts the vCPU "
                               "meanwhile; interrupts are served; no interrupt says ready.\n",
                               apf_why_text[fault->why]);
        break;
    case APF_VERDICT_REPEATED:
        g_string_append(out,
                        "HALTED: the page is in flight already: repeated_fault, the vCPU halts "
                        "until any page of it has come.\n");
        break;
    case APF_VERDICT_SYNC:
    case APF_VERDICT_NONE:
        g_string_append_printf(out,
                               "SYNCHRONOUS: %s.\n  The vCPU thread waits for the page, and "
                               "serves no interrupts meanwhile.\n",
                               apf_why_text[fault->why]);
        break;
    }
    say_change(out, q, fault->why);
}

static void say_cpuid(GString *out, const struct question *q)
{
    static const struct {
        uint32_t bit;
        const char *name, *use;
    } bits[] = {
        {APF_CPUID_ASYNC_PF, "bit 4  KVM_FEATURE_ASYNC_PF", "opens EN"},
        {APF_CPUID_ASYNC_PF_VMEXIT, "bit 10 KVM_FEATURE_ASYNC_PF_VMEXIT", "opens EN bit 2"},
        {APF_CPUID_ASYNC_PF_INT, "bit 14 KVM_FEATURE_ASYNC_PF_INT",
         "opens INT, ACK, EN bit 3; all that a Linux guest looks at"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bits); i++)
        g_string_append_printf(out, "  %-36s %-3s  %s\n", bits[i].name,
                               q->features & bits[i].bit ? "yes" : "no", bits[i].use);
    if (!q->enforce)
        g_string_append(out, "  (the VMM does not enforce them, so KVM takes all for set; "
                             "--enforce)\n");
}

static void answer(GString *out, struct question *q)
{
    struct apf_host_in in = {.kind = APF_IN_FAULT, .ctx = q->ctx};
    struct apf_host_out fault;
    bool goes_on;

    apf_host_step(&q->h, &q->area, &in, &fault);
    goes_on = say_rules(out, "kvm_can_do_async_pf: may the host go on without the page?", can_do,
                        G_N_ELEMENTS(can_do), apf_host_can_do(&q->h, &q->ctx));
    goes_on = goes_on && say_rules(out, "kvm_setup_async_pf: is there room?", set_up,
                                   G_N_ELEMENTS(set_up), fault.why);
    if (goes_on)
        say_rules(out, "kvm_can_deliver_async_pf: may the guest be told?", can_deliver,
                  G_N_ELEMENTS(can_deliver), apf_host_can_deliver(&q->h, &q->ctx));
    say_outcome(out, q, &fault);
}

static int explain(struct question *q)
{
    g_autoptr(GString) out = g_string_new(NULL);
    uint64_t en = q->en_value;

    apf_host_init(&q->h, q->kernel_row, 0, (uint32_t)q->features, !q->no_lapic);
    q->h.enforce_cpuid = q->enforce;
    q->area = (struct apf_area){0};
    q->ctx = (struct apf_host_ctx){.event_reinject = q->reinject,
                                   .exception_pending = q->exception,
                                   .hlt_in_guest = q->hlt_in_guest,
                                   .irq_allowed = !q->irq_off,
                                   .paging = !q->no_paging,
                                   .guest_mode = q->l2,
                                   .protected_state = q->protected_state,
                                   .lapic_enabled = !q->lapic_off,
                                   .cpl = q->cpl ? (uint8_t)q->cpl_value : 3};
    if (en && !(en & ~(uint64_t)0x3f))
        en |= AREA;
    g_string_append_printf(out, "A page that needs I/O, host kernel %s\n",
                           apf_kernel_name(q->kernel_row));
    say_cpuid(out, q);
    if (!q->no_int)
        say_write(out, q, "INT", APF_MSR_INT, q->vector_value);
    q->en_refused = !say_write(out, q, "EN", APF_MSR_EN, en);
    prepare(q);
    answer(out, q);
    return cli_print(out->str, out->len);
}

static void question_clear(struct question *q)
{
    g_free(q->kernel);
    g_free(q->cpuid);
    g_free(q->en);
    g_free(q->vector);
    g_free(q->cpl);
    g_free(q->in_flight);
}

int cli_explain(int argc, char **argv)
{
    struct question q = {0};
    const GOptionEntry entries[] = {
        {"kernel", 0, 0, G_OPTION_ARG_STRING, &q.kernel, "host: 5.8 .. tip (6.12)", "VERSION"},
        {"cpuid", 0, 0, G_OPTION_ARG_STRING, &q.cpuid, "leaf 0x40000001 EAX (all three bits)", "N"},
        {"enforce", 0, 0, G_OPTION_ARG_NONE, &q.enforce, "KVM_CAP_ENFORCE_PV_FEATURE_CPUID", NULL},
        {"en", 0, 0, G_OPTION_ARG_STRING, &q.en, "MSR EN (9: ENABLED, DELIVERY_AS_INT)", "N"},
        {"int", 0, 0, G_OPTION_ARG_STRING, &q.vector, "MSR INT (0xf3)", "VECTOR"},
        {"no-int", 0, 0, G_OPTION_ARG_NONE, &q.no_int, "INT is not written", NULL},
        {"cpl", 0, 0, G_OPTION_ARG_STRING, &q.cpl, "privilege level of the access (3)", "0..3"},
        {"irq-off", 0, 0, G_OPTION_ARG_NONE, &q.irq_off, "IF = 0, or a shadow", NULL},
        {"l2", 0, 0, G_OPTION_ARG_NONE, &q.l2, "a nested guest runs", NULL},
        {"no-paging", 0, 0, G_OPTION_ARG_NONE, &q.no_paging, "CR0.PG = 0", NULL},
        {"no-lapic", 0, 0, G_OPTION_ARG_NONE, &q.no_lapic, "the irqchip is in the VMM", NULL},
        {"lapic-off", 0, 0, G_OPTION_ARG_NONE, &q.lapic_off, "the guest's LAPIC is disabled", NULL},
        {"hlt-in-guest", 0, 0, G_OPTION_ARG_NONE, &q.hlt_in_guest, "HLT does not exit", NULL},
        {"reinject", 0, 0, G_OPTION_ARG_NONE, &q.reinject, "an event waits for re-injection", NULL},
        {"exception", 0, 0, G_OPTION_ARG_NONE, &q.exception, "an exception is pending", NULL},
        {"protected", 0, 0, G_OPTION_ARG_NONE, &q.protected_state, "SEV-ES, SNP, TDX", NULL},
        {"repeated", 0, 0, G_OPTION_ARG_NONE, &q.repeated, "the page is in flight", NULL},
        {"in-flight", 0, 0, G_OPTION_ARG_STRING, &q.in_flight, "items of this vCPU (0)", "N"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    int status;

    if (!cli_parse(
            argc, argv, entries,
            "A vCPU touches a page that needs I/O: will the guest be told, and how? Rule by\n"
            "rule, in the order in which KVM asks.",
            "Without options: a user-mode access of a Linux guest that has enabled APF.",
            &status)) {
        question_clear(&q);
        return status;
    }
    status = understand(&q) ? explain(&q) : CLI_USAGE;
    question_clear(&q);
    return status;
}
