/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_write.c - a result as calibration.yaml and as text
 */
#include <inttypes.h>
#include <string.h>

#include "cal_measure.h"

const char *const cal_bound_text[CAL_BOUNDS] = {
    [CAL_MEASURED] = "",
    [CAL_AT_LEAST] = "at least: ",
    [CAL_AT_MOST] = "at most: ",
    [CAL_HOST_PART] = "a part: ",
};

/* What a double-quoted YAML scalar cannot hold as it is does not occur in names of CPUs. */
static void quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++)
        if ((unsigned char)*text >= 0x20 && *text != '"' && *text != '\\' &&
            (unsigned char)*text < 0x7f)
            fputc(*text, out);
    fputc('"', out);
}

static const char *backing_name(const struct cal_result *r)
{
    return r->backing == CAL_BACK_FILE ? "file" : "userfaultfd";
}

static void write_capture(FILE *out, const struct cal_result *r)
{
    if (r->host.kernel[0]) {
        fputs("  kernel: ", out);
        quoted(out, r->host.kernel);
        fputc('\n', out);
    }
    fputs("  capture: ", out);
    quoted(out, r->source.file);
    fputs("\n  clock: ", out);
    quoted(out, r->source.clock);
    fprintf(out, "\n  vcpus: %u\n  cycles: %" PRIu64 "\n  whole: %s\n", r->source.vcpus,
            r->source.cycles, r->source.whole);
}

static void write_own(FILE *out, const struct cal_result *r)
{
    fputs("  cpu: ", out);
    quoted(out, r->host.cpu);
    fputs("\n  kernel: ", out);
    quoted(out, r->host.kernel);
    fprintf(out,
            "\n  clock: \"TSC of guest and host, %" PRIu64 ".%03" PRIu64 " MHz\"\n"
            "  backing: %s\n  monitor_delay: %" PRIu64 "us\n  tracepoints: %s\n"
            "  cycles: %" PRIu64 "\n",
            r->tsc_khz / 1000, r->tsc_khz % 1000, backing_name(r), r->delay_ns / 1000,
            r->traced ? "true" : "false", r->check.cycles);
}

static void write_provenance(FILE *out, const struct cal_result *r, const char *version,
                             const char *date)
{
    fprintf(out, "provenance:\n  date: %s\n  apfsim: %s\n  backend: %s\n", date, version,
            r->host.backend);
    if (r->source.file)
        write_capture(out, r);
    else
        write_own(out, r);
}

void cal_write(FILE *out, struct cal_result *r, const char *version, const char *date)
{
    fprintf(out,
            "# What the steps of an asynchronous page fault cost on one host: sim calibrate.\n"
            "# sim run --calibration=FILE uses `values`; `stages` are what they were made of.\n"
            "calibration: 1\n");
    write_provenance(out, r, version, date);
    fputs("values:\n", out);
    for (unsigned i = 0; i < r->costs; i++) {
        const struct cal_cost *c = &r->cost[i];

        fprintf(out,
                "  %s: {value: %.0fns, p10: %.0fns, p90: %.0fns, samples: %zu, from: \"%s%s\"}\n",
                c->key, c->ns, c->p10, c->p90, c->samples, cal_bound_text[c->bound], c->how);
    }
    if (r->halt_poll_ns <= 1000000000u)
        fprintf(out, "  host.halt_poll: {value: %" PRIu64 "ns, from: \"kvm.halt_poll_ns\"}\n",
                r->halt_poll_ns);
    fputs("stages:\n", out);
    for (unsigned i = 0; i < CAL_STAGES; i++) {
        struct cal_samples *s = &r->stage[i];

        if (s->count)
            fprintf(out, "  %s: {p50: %.0fns, p10: %.0fns, p90: %.0fns, samples: %zu%s}\n",
                    cal_stage_info[i].name, cal_quantile(s, 0.5), cal_quantile(s, 0.1),
                    cal_quantile(s, 0.9), s->count,
                    cal_stage_info[i].flags & CAL_GUEST ? ", hangs_on: \"guest code\"" : "");
    }
}

static void text_stage(FILE *out, struct cal_samples *s, const struct cal_stage_info *info,
                       bool scheduler)
{
    fprintf(out, "%c%8.2f%9.2f%9.2f%9zu", s->disturbed ? '!' : ' ', cal_quantile(s, 0.5) / 1e3,
            cal_quantile(s, 0.1) / 1e3, cal_quantile(s, 0.9) / 1e3, s->count);
    if (scheduler)
        fprintf(out, "%10zu", s->outs);
    fprintf(out, "  %s: %s%s\n", info->name, info->text, info->flags & CAL_GUEST ? " *" : "");
}

static void text_stages(FILE *out, struct cal_result *r)
{
    bool any = false, scheduler = r->traced && !r->source.file;

    fprintf(out,
            "\nSTAGES  (us; clock: %s; *: as long as the guest's code is)\n"
            "      p50      p10      p90  samples%s  stage\n",
            r->source.file ? r->source.clock : "TSC", scheduler ? " disturbed" : "");
    for (unsigned i = 0; i < CAL_STAGES; i++) {
        any |= r->stage[i].disturbed;
        if (r->stage[i].count)
            text_stage(out, &r->stage[i], &cal_stage_info[i], scheduler);
    }
    if (any)
        fprintf(out, "!: in fewer than %u samples nobody else had the CPU, so all count\n",
                CAL_QUIET_MIN);
}

/* A stage of this backing that has no samples. */
static bool absent(const struct cal_result *r, unsigned stage)
{
    unsigned other = CAL_OTHER | (r->backing == CAL_BACK_FILE ? CAL_UFFD : CAL_FILE);

    return !r->stage[stage].count && !(cal_stage_info[stage].flags & other);
}

static bool untraced(const struct cal_result *r, unsigned stage)
{
    return !r->traced && cal_stage_info[stage].flags & CAL_TRACED;
}

static void list_absent(FILE *out, const struct cal_result *r, bool of_trace, const char *why)
{
    int column = -1; /* none yet */

    for (unsigned i = 0; i < CAL_STAGES; i++) {
        if (!absent(r, i) || untraced(r, i) != of_trace)
            continue;
        if (column < 0)
            fprintf(out, "  %s:\n   ", why);
        else
            fputs(column > 80 ? ",\n   " : ",", out);
        column = column < 0 || column > 80 ? 3 : column + 1;
        column += fprintf(out, " %s", cal_stage_info[i].name);
    }
    if (column > 0)
        fputc('\n', out);
}

static void text_absent(FILE *out, const struct cal_result *r)
{
    char why[CAL_TEXT_MAX + 64];
    bool any = false;

    for (unsigned i = 0; i < CAL_STAGES; i++)
        any |= absent(r, i);
    if (!any)
        return;
    fputs("\nNOT MEASURED\n", out);
    snprintf(why, sizeof(why), "needs trace points (%s)", r->untraced_why);
    list_absent(out, r, true, why);
    list_absent(
        out, r, false,
        r->class[CAL_ASYNC] ? "no sample came about"
        : r->backing != CAL_BACK_FILE
            ? "no page was announced to the guest"
            : "no page of the file was announced to the guest: the host read it within the "
              "fault, or it came before\n  the fault returned; a slower disk may help, or a "
              "kernel with transparent huge pages (2 MiB a miss)");
}

static void text_costs(FILE *out, const struct cal_result *r)
{
    fputs("\nCOSTS FOR THE SIMULATOR  (us)\n    value      p10      p90  samples  key\n", out);
    for (unsigned i = 0; i < r->costs; i++) {
        const struct cal_cost *c = &r->cost[i];

        fprintf(out, "%9.2f%9.2f%9.2f%9zu  %s: %s%s\n", c->ns / 1e3, c->p10 / 1e3, c->p90 / 1e3,
                c->samples, c->key, cal_bound_text[c->bound], c->how);
    }
}

void cal_text_tables(FILE *out, struct cal_result *r)
{
    text_stages(out, r);
    text_costs(out, r);
}

void cal_text(FILE *out, struct cal_result *r)
{
    fprintf(out, "backend  %s, %s, Linux %s\n", r->host.backend, r->host.cpu, r->host.kernel);
    if (r->host.cpl0_emulated)
        fputs("         guest kernel code is interpreted here: these are this backend's costs, not "
              "VMX's or SVM's\n",
              out);
    fprintf(out, "backing  %s\n", backing_name(r));
    if (r->traced)
        fprintf(out, "traced   KVM's trace points, in an instance of our own%s\n",
                cal_trace_mounted() ? " (tracefs mounted for this process alone)" : "");
    else
        fprintf(out, "traced   no: %s\n", r->untraced_why);
    fputs("touches ", out);
    for (unsigned i = 0; i < CAL_CLASSES; i++)
        if (r->class[i])
            fprintf(out, " %s %" PRIu64, cal_class_name[i], r->class[i]);
    fprintf(out,
            "\nchecked  %" PRIu64 " asynchronous cycles and %" PRIu64
            " other waits against the protocol as of Linux %s: no difference\n",
            r->check.cycles, r->check.others, apf_kernel_name(r->check.kernel));
    text_stages(out, r);
    text_absent(out, r);
    text_costs(out, r);
}
