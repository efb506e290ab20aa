/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_calibrate_trace.c - `sim calibrate --from-trace=FILE`: costs from a capture of KVM's trace
 *                         events, of whatever guest
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cal_measure.h"
#include "cap_steps.h"
#include "cli.h"
#include "cli_calibrate.h"

#define FEW 30u /* cycles; assumed */

struct fit {
    const char *path;
    struct capture c;
    struct cap_judgement j;
    struct cap_steps steps;
    uint64_t sorted;    /* lines that stood behind a later one */
    double ns_per_tick; /* 1 where the capture has ns */
    bool microseconds;  /* all times are whole us */
    char clock[80];
    struct cal_result r;
};

/* ---- from a capture to stages ---- */

static const enum cal_stage stage_of[CAP_STEPS] = {
#define STAGE_OF(name) [CAP_STEP_##name] = CAL_ST_##name,
    CAP_STEPS_X(STAGE_OF)
#undef STAGE_OF
};

static bool whole_microseconds(const struct capture *c)
{
    for (guint i = 1; i < c->events->len; i++)
        if (cap_at(c, i)->when % 1000)
            return false;
    return c->ns;
}

/* Ticks are the TSC's of some machine: the one that was named, or this one. */
static int find_clock(struct fit *f, double mhz)
{
    uint64_t khz;

    f->ns_per_tick = 1;
    if (f->c.ns) {
        f->microseconds = whole_microseconds(&f->c);
        g_snprintf(f->clock, sizeof f->clock, "the capture's, in %s",
                   f->microseconds ? "us" : "ns");
        return CLI_GOOD;
    }
    khz = mhz > 0 ? (uint64_t)(mhz * 1000 + 0.5) : cal_tsc_khz();
    if (!khz)
        return cli_fail(CLI_USAGE,
                        "%s: its times are ticks, and how long one is does not stand there: add "
                        "--mhz=N, the TSC's rate by `dmesg | grep tsc` of the captured host",
                        f->path);
    f->ns_per_tick = 1e6 / (double)khz;
    g_snprintf(f->clock, sizeof f->clock, "ticks at %" PRIu64 ".%03" PRIu64 " MHz, %s", khz / 1000,
               khz % 1000, mhz > 0 ? "as told" : "this machine's TSC");
    return CLI_GOOD;
}

static void fill_stages(struct fit *f)
{
    for (unsigned s = 0; s < CAP_STEPS; s++)
        for (guint i = 0; i < f->steps.of[s]->len; i++)
            cal_samples_add(&f->r.stage[stage_of[s]],
                            (double)g_array_index(f->steps.of[s], uint64_t, i) * f->ns_per_tick);
}

/* The header counts what the text does not hold. */
static uint64_t lines_missing(const struct capture *c)
{
    uint64_t lines = c->events->len - 1 + c->other;

    return c->in_buffer > lines ? c->in_buffer - lines : 0;
}

static const char *wholeness(const struct capture *c)
{
    if (c->lost || c->in_buffer != c->written || lines_missing(c))
        return "false";
    return cap_is_whole(c) ? "true" : "unknown";
}

static void fit(struct fit *f, const struct cli_calibrate_trace *o)
{
    f->sorted = cap_sort(&f->c);
    cap_judge(&f->c, o->capture.kernel_kind,
              lines_missing(&f->c) ? CAP_MODE_TOLERANT : CAP_MODE_AUTO, &f->j);
    cap_steps(&f->c, &f->j, &f->steps);
    fill_stages(f);
    f->r.halt_poll_ns = UINT64_MAX;
    f->r.source = (struct cal_source){.file = f->path,
                                      .clock = f->clock,
                                      .cycles = f->steps.cycles,
                                      .vcpus = f->steps.threads,
                                      .whole = wholeness(&f->c)};
    g_strlcpy(f->r.host.backend, o->backend ? o->backend : "unknown", sizeof f->r.host.backend);
    g_strlcpy(f->r.host.kernel, o->capture.kernel ? o->capture.kernel : "",
              sizeof f->r.host.kernel);
    cal_costs(&f->r);
}

/* ---- what is said of it ---- */

static void say(FILE *out, const char *what, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void say(FILE *out, const char *what, const char *format, ...)
{
    va_list arguments;

    fprintf(out, "%-9s", what);
    va_start(arguments, format);
    vfprintf(out, format, arguments);
    va_end(arguments);
    fputc('\n', out);
}

static void say_whole(FILE *out, const struct fit *f)
{
    const struct capture *c = &f->c;

    if (c->lost > c->cut)
        say(out, "lost", "events, in %" PRIu64 " places: what was in flight there is left out",
            c->lost - c->cut);
    if (c->cut)
        say(out, "lost", "the rest of the last line, and what came behind it");
    if (lines_missing(c))
        say(out, "lost", "%" PRIu64 " events that the header counts and the text does not hold",
            lines_missing(c));
    if (c->in_buffer != c->written)
        say(out, "lost",
            "the buffer held %" PRIu64 " of %" PRIu64
            " events: the first ones are gone; enlarge it",
            c->in_buffer, c->written);
    if (!strcmp(f->r.source.whole, "unknown"))
        say(out, "lost", "nothing that shows; this form of text has no counts");
    if (f->sorted)
        say(out, "order", "%" PRIu64 " lines stood behind a later one: put in the order of time",
            f->sorted);
}

static void say_cycles(FILE *out, const struct fit *f)
{
    const struct cap_steps *s = &f->steps;

    if (!s->cycles)
        say(out, "cycles", "none: no asynchronous page fault begins and ends in this capture%s",
            s->of[CAP_STEP_msr_to_msr]->len ? "; only MSR exits are fitted" : "");
    else
        say(out, "cycles",
            "%" PRIu64 " on %u vCPU%s: guest told %" PRIu64 ", vCPU halted %" PRIu64
            ", not known %" PRIu64 "; with ACK %" PRIu64,
            s->cycles, s->threads, s->threads > 1 ? "s, whose samples are put together" : "",
            s->told, s->halted, s->cycles - s->told - s->halted, s->acked);
    if (s->cut)
        say(out, "left out", "%" PRIu64 " in flight when the capture ends", s->cut);
    if (s->dropped)
        say(out, "left out", "%" PRIu64 " with lost events or a write of EN meanwhile", s->dropped);
    if (s->no_completed)
        say(out, "in part", "%" PRIu64 " without kvm_async_pf_completed", s->no_completed);
    if (s->shared)
        say(out, "in part",
            "%" PRIu64 " whose address another vCPU or VM waited for: whose completed is not known",
            s->shared);
    if (s->early)
        say(out, "in part", "%" PRIu64 " were ready before completed was traced", s->early);
    if (s->queued)
        say(out, "in part",
            "%" PRIu64 " completed while another ready waited for its ACK: no completed_to_ready",
            s->queued);
    if (s->cycles && s->cycles < FEW)
        say(out, "few", "less than %u cycles: their p10 and p90 say little", FEW);
}

static const char *msr_name(uint64_t msr)
{
    static const struct {
        uint64_t msr;
        const char *name;
    } known[] = {{0x80b, " (EOI)"},
                 {0x830, " (ICR)"},
                 {0x6e0, " (TSC_DEADLINE)"},
                 {APF_MSR_EN, " (ASYNC_PF_EN)"},
                 {APF_MSR_INT, " (ASYNC_PF_INT)"},
                 {APF_MSR_ACK, " (ASYNC_PF_ACK)"}};

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].msr == msr)
            return known[i].name;
    return "";
}

/* Which exits msr_to_msr lies between. */
static void say_pair(FILE *out, const struct fit *f)
{
    const struct cap_pair *p = &f->steps.pair;

    if (f->steps.of[CAP_STEP_msr_to_msr]->len)
        say(out, "MSRs", "msr_to_msr is from %s 0x%" PRIx64 "%s to %s 0x%" PRIx64 "%s",
            p->from_write ? "WRMSR" : "RDMSR", p->from, msr_name(p->from),
            p->to_write ? "WRMSR" : "RDMSR", p->to, msr_name(p->to));
    else if (f->c.seen & 1u << CAP_MSR)
        say(out, "MSRs", "no pair of MSR exits comes %u times: no cost.exit", CAP_PAIR_MIN);
    if (f->steps.of[CAP_STEP_msr_to_msr]->len && cal_cost_of(&f->r, "cost.exit") == NULL)
        say(out, "MSRs", "which lie too far apart to say what an exit costs: no cost.exit");
}

static void say_absent(FILE *out, const struct capture *c, bool cycles)
{
    static const struct {
        enum cap_kind kind;
        const char *so;
    } wanted[] = {
        {CAP_NOT_PRESENT, NULL},
        {CAP_READY, NULL},
        {CAP_COMPLETED, "no page-in, no cost.prefault"},
        {CAP_TRY, "no cost.fault"},
        {CAP_PAGE_FAULT, "cost.fault only from try on"},
        {CAP_INJ_EXCEPTION, "no cost.not_present"},
        {CAP_ACCEPT, "no ready_to_accept, no accept_to_ack"},
        {CAP_MSR, "no ACKs and no exits: no cost.exit, no cost.ready"},
        {CAP_WAKEUP, "no cost.vcpu_wake; completed_to_ready has vCPUs in HLT in it"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        if (!(c->seen & 1u << wanted[i].kind) && (cycles || !wanted[i].so))
            say(out, "absent", "%s: %s", cap_kind_name[wanted[i].kind],
                wanted[i].so ? wanted[i].so : "no cycles");
}

static void say_missing(FILE *out, const struct fit *f)
{
    unsigned at = 0;
    const char *key;

    fputs("\nNOT FITTED  (defaults stay)\n ", out);
    while ((key = cal_cost_missing(&f->r, &at)))
        fprintf(out, " %s", key);
    fputs("\n  not_present_to_completed is no cost: it is for disk.read or monitor.latency.\n",
          out);
}

static void text(FILE *out, void *fit)
{
    struct fit *f = fit;

    say(out, "capture", "%s: %u events of KVM, %" PRIu64 " others", f->path, f->c.events->len - 1,
        f->c.other);
    say(out, "backend", "%s", f->r.host.backend);
    say(out, "clock", "%s%s", f->clock,
        f->microseconds ? ": steps below that are not seen (trace-cmd report -t, perf script --ns)"
                        : "");
    say_whole(out, f);
    say_cycles(out, f);
    say_pair(out, f);
    say_absent(out, &f->c, f->steps.cycles > 0);
    if (f->j.findings->len)
        say(out, "rules", "%u findings: sim trace check says which", f->j.findings->len);
    cal_text_tables(out, &f->r);
    say_missing(out, f);
}

/* ---- the command ---- */

static int finish(struct fit *f, const struct cli_calibrate_trace *o)
{
    int status = CLI_GOOD;

    if (!f->r.costs)
        return cli_fail(CLI_USAGE,
                        "%s: nothing to fit: %" PRIu64 " asynchronous cycles, and no pair of MSR "
                        "exits that comes %u times",
                        f->path, f->steps.cycles, CAP_PAIR_MIN);
    if (o->output)
        status = cli_calibrate_write(o->output, &f->r);
    if (status != CLI_GOOD || o->quiet)
        return status;
    return cli_calibrate_print(text, f);
}

static int load(struct fit *f, const struct cli_calibrate_trace *o)
{
    int status = cli_capture_load(f->path, &o->capture, &f->c);

    if (status != CLI_GOOD)
        return status;
    if (f->c.format == CAP_STREAMS)
        status = cli_fail(CLI_USAGE, "%s: actor streams have no times; want ftrace text", f->path);
    else
        status = find_clock(f, o->capture.mhz_number);
    if (status != CLI_GOOD)
        cap_free(&f->c);
    return status;
}

int cli_calibrate_from_trace(const struct cli_calibrate_trace *o)
{
    struct fit *f = g_new0(struct fit, 1);
    int status;

    f->path = o->path;
    status = load(f, o);
    if (status == CLI_GOOD) {
        fit(f, o);
        status = finish(f, o);
        cap_steps_free(&f->steps);
        cap_judgement_free(&f->j);
        cap_free(&f->c);
    }
    cal_result_free(&f->r);
    g_free(f);
    return status;
}
