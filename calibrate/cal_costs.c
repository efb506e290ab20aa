/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_costs.c - the simulator's costs from the measured stages
 *
 * The model spends: touch = exit + fault + not_present + context_switch until another task runs;
 * page come = worker, then exit (or vcpu_wake) + prefault + ready, exit for the ACK, context_switch
 * until the woken task runs. The rows below cut the measured way at the same places, so that the
 * sums are those that were measured. A timer's interrupt costs two exits (it, and the deadline that
 * is written for the next one) + tick, and context_switch if it ends a turn; the guest's way back
 * to user mode is in tick, and then not in context_switch, too. So it is in not_present and ready
 * as well: context_switch is what a switch adds.
 */
#include <string.h>

#include "cal_measure.h"

/* times * quantile of a stage; the sum of up to TERMS_MAX of them is a cost. */
#define TERMS_MAX 8
struct term {
    double times; /* 0 ends the list */
    enum cal_stage stage;
};
struct recipe {
    const char *key, *how; /* of several with one key the first counts whose stages were seen */
    enum cal_bound bound;
    struct term term[TERMS_MAX];
};

#define ST(name) CAL_ST_##name
/* The way back to user mode: left_to_other less what a switch adds. */
#define WAY_BACK                                                                                   \
    {1, ST(left_to_other)}, {1, ST(tick)},                                                         \
    {                                                                                              \
        -1, ST(tick_switch)                                                                        \
    }
static const struct recipe recipes[] = {
    {"cost.exit", "WRMSR of ACK in the ready handler", CAL_MEASURED, {{1, ST(ready_ack)}}},
    {"cost.fault",
     "touch to not_present, less an exit",
     CAL_MEASURED,
     {{1, ST(touch_to_try)}, {1, ST(try_to_not_present)}, {-1, ST(ready_ack)}}},
    {"cost.fault",
     "touch to #PF handler, less an exception and an exit",
     CAL_MEASURED,
     {{1, ST(touch_to_handler)}, {-1, ST(exception)}, {-1, ST(ready_ack)}}},
    {"cost.not_present",
     "not_present to another task, in host and guest, less what a switch adds",
     CAL_MEASURED,
     {{1, ST(touch_to_handler)},
      {-1, ST(touch_to_try)},
      {-1, ST(try_to_not_present)},
      {1, ST(handler_to_left)},
      WAY_BACK}},
    {"cost.not_present",
     "an exception, the #PF handler, and the way back",
     CAL_MEASURED,
     {{1, ST(exception)}, {1, ST(handler_to_left)}, WAY_BACK}},
    {"cost.context_switch",
     "what a timer interrupt takes longer when another task runs then",
     CAL_MEASURED,
     {{1, ST(tick_switch)}, {-1, ST(tick)}}},
    {"cost.worker", "monitor's copy to completed", CAL_MEASURED, {{1, ST(copy_to_completed)}}},
    {"cost.worker",
     "monitor's copy to ready handler, less an interrupt",
     CAL_MEASURED,
     {{1, ST(copy_to_handler)}, {-1, ST(interrupt_running)}}},
    {"cost.prefault",
     "completed to ready, less the exit of the kick",
     CAL_MEASURED,
     {{1, ST(completed_to_ready)}, {-1, ST(ready_ack)}}},
    {"cost.ready",
     "ready to the woken task, in host and guest, less the ACK's exit and what a switch adds",
     CAL_MEASURED,
     {{1, ST(ready_to_accept)},
      {1, ST(accept_to_handler)},
      {1, ST(ready_to_resumed)},
      {-1, ST(ready_ack)},
      {1, ST(tick)},
      {-1, ST(tick_switch)}}},
    {"cost.ready",
     "an interrupt and the handler up to the woken task, less two exits and what a switch adds",
     CAL_MEASURED,
     {{1, ST(interrupt_running)},
      {1, ST(ready_to_resumed)},
      {-2, ST(ready_ack)},
      {1, ST(tick)},
      {-1, ST(tick_switch)}}},
    {"cost.vcpu_wake",
     "what ready takes longer when the vCPU halts, and an exit",
     CAL_MEASURED,
     {{1, ST(copy_to_handler_halted)}, {-1, ST(copy_to_handler)}, {1, ST(ready_ack)}}},
    {"cost.sync_fault", "monitor's copy to value, IF = 0", CAL_MEASURED, {{1, ST(sync_wake)}}},
    {"cost.map",
     "minor fault, less exit and fault",
     CAL_MEASURED,
     {{1, ST(minor_fault)}, {-1, ST(touch_to_try)}, {-1, ST(try_to_not_present)}}},
    {"cost.zero_page",
     "zero page less minor fault",
     CAL_MEASURED,
     {{1, ST(zero_fault)}, {-1, ST(minor_fault)}}},
    {"cost.tick",
     "what a timer interrupt takes from a task, less two exits",
     CAL_MEASURED,
     {{1, ST(tick)}, {-2, ST(ready_ack)}}},
    /* What a capture of another guest shows: trace points, and nothing of the guest's own log. */
    {"cost.exit",
     "from one MSR exit to the next, the guest's code between them in it",
     CAL_AT_MOST,
     {{1, ST(msr_to_msr)}}},
    {"cost.fault",
     "page_fault to not_present",
     CAL_MEASURED,
     {{1, ST(page_fault_to_try)}, {1, ST(try_to_not_present)}}},
    {"cost.fault",
     "try to not_present; the walk and the attempt before it leave no event",
     CAL_AT_LEAST,
     {{1, ST(try_to_not_present)}}},
    {"cost.not_present",
     "not_present to injection, in the host alone, with the worker if it ran first on this CPU",
     CAL_HOST_PART,
     {{1, ST(not_present_to_inject)}}},
    {"cost.prefault",
     "completed to ready, less an exit for the kick",
     CAL_AT_LEAST,
     {{1, ST(completed_to_ready)}, {-1, ST(msr_to_msr)}}},
    {"cost.prefault",
     "completed to ready, with the exit of the kick",
     CAL_AT_MOST,
     {{1, ST(completed_to_ready)}}},
    {"cost.ready",
     "ready to the exit of the ACK, less half an exit: as long as the guest's handler is",
     CAL_MEASURED,
     {{1, ST(ready_to_ack)}, {-0.5, ST(msr_to_msr)}}},
    {"cost.ready",
     "ready to the exit of the ACK: as long as the guest's handler is",
     CAL_AT_MOST,
     {{1, ST(ready_to_ack)}}},
    {"cost.vcpu_wake",
     "what ready takes longer when the vCPU halts, and an exit",
     CAL_AT_MOST,
     {{1, ST(completed_to_ready_halted)}, {-1, ST(completed_to_ready)}, {1, ST(msr_to_msr)}}},
    {"cost.vcpu_wake",
     "what ready takes longer when the vCPU halts",
     CAL_AT_LEAST,
     {{1, ST(completed_to_ready_halted)}, {-1, ST(completed_to_ready)}}},
};
#undef WAY_BACK
#undef ST

static double value(struct cal_result *r, const struct recipe *recipe)
{
    double ns = 0;

    for (unsigned i = 0; i < TERMS_MAX && recipe->term[i].times != 0; i++)
        ns += recipe->term[i].times * cal_centre(&r->stage[recipe->term[i].stage]);
    return ns > 0 ? ns : 0;
}

/* A spread goes the other way where a stage is subtracted. */
static double spread(struct cal_result *r, const struct recipe *recipe, double q)
{
    double ns = 0;

    for (unsigned i = 0; i < TERMS_MAX && recipe->term[i].times != 0; i++) {
        double times = recipe->term[i].times;

        ns += times * cal_quantile(&r->stage[recipe->term[i].stage], times > 0 ? q : 1 - q);
    }
    return ns > 0 ? ns : 0;
}

static size_t least_samples(const struct cal_result *r, const struct recipe *recipe)
{
    size_t least = SIZE_MAX;

    for (unsigned i = 0; i < TERMS_MAX && recipe->term[i].times != 0; i++) {
        size_t n = r->stage[recipe->term[i].stage].count;

        least = n < least ? n : least;
    }
    return least;
}

const struct cal_cost *cal_cost_of(const struct cal_result *r, const char *key)
{
    for (unsigned i = 0; i < r->costs; i++)
        if (!strcmp(r->cost[i].key, key))
            return &r->cost[i];
    return NULL;
}

/*
 * A bound of an exit that is this much longer than one is the guest's code: 50 times 500 ns, what
 * VMX and SVM take (docs/costs.md); assumed.
 */
#define EXIT_MAX_NS 25000.0

static bool says_nothing(struct cal_result *r, const struct recipe *recipe)
{
    for (unsigned i = 0; i < TERMS_MAX && recipe->term[i].times != 0; i++)
        if (recipe->term[i].stage == CAL_ST_msr_to_msr &&
            cal_centre(&r->stage[CAL_ST_msr_to_msr]) > EXIT_MAX_NS)
            return true;
    return false;
}

void cal_costs(struct cal_result *r)
{
    r->costs = 0;
    for (unsigned i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
        size_t samples = least_samples(r, &recipes[i]);

        if (!samples || cal_cost_of(r, recipes[i].key) || r->costs == CAL_COSTS_MAX ||
            says_nothing(r, &recipes[i]))
            continue;
        r->cost[r->costs++] = (struct cal_cost){
            .key = recipes[i].key,
            .how = recipes[i].how,
            .bound = recipes[i].bound,
            .ns = value(r, &recipes[i]),
            .p10 = spread(r, &recipes[i], 0.1),
            .p90 = spread(r, &recipes[i], 0.9),
            .samples = samples,
        };
        /* The centre may lie outside: of two humps it is in the narrower one. */
        if (r->cost[r->costs - 1].p10 > r->cost[r->costs - 1].ns)
            r->cost[r->costs - 1].p10 = r->cost[r->costs - 1].ns;
        if (r->cost[r->costs - 1].p90 < r->cost[r->costs - 1].ns)
            r->cost[r->costs - 1].p90 = r->cost[r->costs - 1].ns;
    }
}

const char *cal_cost_missing(const struct cal_result *r, unsigned *at)
{
    for (; *at < sizeof(recipes) / sizeof(recipes[0]); ++*at) {
        const char *key = recipes[*at].key;
        bool first = true;

        for (unsigned i = 0; i < *at; i++)
            first &= strcmp(recipes[i].key, key) != 0;
        if (first && !cal_cost_of(r, key)) {
            ++*at;
            return key;
        }
    }
    return NULL;
}
