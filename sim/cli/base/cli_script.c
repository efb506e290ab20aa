/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_script.c - an experiment's script played on the models, observed as event streams
 */
#include "cli_script.h"

#include "cli.h"
#include "script_guest.h"
#include "script_vmm.h"
#include "trace_recording.h"

static void add_backing_line(struct trace_streams *s, const struct script_options *o)
{
    bool filled = o->backing == BACKING_ANON && o->fill;
    g_autofree char *text =
        g_strdup_printf("VMM: backing %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                        " pages resident before the run",
                        script_backing_name(o->backing), filled ? o->pages : 0, o->pages);

    trace_streams_add(s, TRACE_VCPU, text);
}

static int run_observed(struct script_vmm *m, struct trace_streams *ret)
{
    struct trace_recorder recorder;
    enum sim_outcome outcome;

    trace_recorder_init(&recorder, ret, script_mark_text, SCRIPT_MARKS);
    sim_observe(script_vmm_sim(m), &recorder.observer);
    outcome = script_vmm_run(m);
    if (outcome != SIM_ALL_DONE && outcome != SIM_HORIZON)
        return cli_fail(CLI_BROKEN, "the run ended badly (%s): %s", sim_outcome_name[outcome],
                        sim_stop_text(script_vmm_sim(m)));
    return ret->no_memory ? cli_fail(CLI_MISSING, "no memory for the streams") : CLI_GOOD;
}

int cli_script_run(const struct script_options *o, struct trace_streams *ret)
{
    struct script_vmm *m = script_vmm_create(o);
    int status;

    if (!m)
        return cli_fail(CLI_MISSING, "no memory for the machine");
    add_backing_line(ret, o);
    status = run_observed(m, ret);
    script_vmm_destroy(m);
    return status;
}
