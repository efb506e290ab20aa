/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rep_fixture.c - see rep_fixture.h */
#include "rep_fixture.h"

#include <string.h>

#include <glib.h>

#include "rep_verdict.h"

void fixture_setting(struct rep_setting *set, uint32_t replicas)
{
    static const char *const key[WHYS] = {"none",        "cpl0",        "queue_full", "pv_off",
                                          "inline_swap", "inline_zram", "irq_off",    "mode_off",
                                          "repeated",    "irq_pending"};

    memset(set, 0, sizeof *set);
    *set = (struct rep_setting){.version = "0",
                                .workload = "made-up",
                                .question = "what, if \"anything\"?",
                                .host_kernel = "6.12",
                                .guest_kernel = "6.12",
                                .device = "hdd",
                                .seed = 7,
                                .digest = 0x0123456789abcdefu,
                                .host_limit = 1 << 20,
                                .guest_memory = 1 << 22,
                                .duration = SIM_SEC,
                                .replicas = replicas,
                                .vcpus = 1,
                                .kinds = KINDS,
                                .whys = WHYS,
                                .modes = 3,
                                .channels = {1, 1, 1, 1},
                                .halts = true,
                                .kind = {{"spinner", 1, true}, {"faulter", 1, false}},
                                .mode_key = {"off", "halt", "apf"}};
    for (unsigned w = 0; w < WHYS; w++) {
        set->why_key[w] = key[w];
        set->why_text[w] = "for a reason";
    }
}

struct rep_result *fixture_run(uint64_t user_ns, enum ledger_class rest, uint64_t spins,
                               uint64_t faults)
{
    struct rep_result *r = rep_result_create(1, KINDS, WHYS);

    r->outcome = SIM_HORIZON;
    r->runs = 1;
    r->wall = SIM_SEC;
    r->ledger[0][LEDGER_USER] = user_ns;
    r->ledger[0][rest] += SIM_SEC - user_ns;
    r->task[KIND_SPINNER].iterations = spins;
    r->task[KIND_FAULTER].iterations = faults;
    r->disk[REP_DISK_PAGING].requests[0] = r->disk[REP_DISK_PAGING].pages[0] = faults;
    r->disk[REP_DISK_PAGING].busy_ns = faults * 12 * SIM_MS;
    return r;
}

void fixture_io(struct rep_result *r, enum outcome outcome, uint32_t why, uint64_t n, sim_ns ns)
{
    r->outcome_count[outcome] += n;
    if (rep_needs_io(outcome))
        r->why_count[why] += n;
    r->attempts += n;
    sim_hist_add_n(&r->latency[LATENCY_FAULT], ns, n);
    r->flow.in_flight_ns += n * ns;
}

struct rep_result **fixture_runs(const struct rep_setting *set)
{
    struct rep_result **runs = g_new0(struct rep_result *, (size_t)3 * set->replicas + 1);

    for (uint32_t r = 0; r < set->replicas; r++) {
        struct rep_result **at = &runs[r];

        at[OFF * set->replicas] = fixture_run(SIM_SEC / 2, LEDGER_SYNC_BLOCKED, 1000, 40);
        fixture_io(at[OFF * set->replicas], OUTCOME_SYNC, WHY_MODE_OFF, 40, 12 * SIM_MS);
        at[HALT * set->replicas] = fixture_run(SIM_SEC / 2, LEDGER_APF_HALTED, 1000, 40);
        fixture_io(at[HALT * set->replicas], OUTCOME_HALTED, WHY_PV_OFF, 40, 12 * SIM_MS);
        at[APF * set->replicas] = fixture_run(SIM_SEC / 100 * 99, LEDGER_EXIT, 1980, 40);
        fixture_io(at[APF * set->replicas], OUTCOME_DELIVERED, WHY_NONE, 40, 12 * SIM_MS);
    }
    return runs;
}

void fixture_share(struct rep_setting *set, struct rep_result **runs)
{
    set->host_cpus = 2;
    for (struct rep_result **at = runs; *at; at++) {
        struct rep_result *r = *at;

        rep_result_host(r, 2);
        r->host[0][HOST_GUEST_USER] = r->ledger[0][LEDGER_USER];
        r->host[0][HOST_EXIT] = r->wall - r->ledger[0][LEDGER_USER];
        r->host[1][HOST_IDLE] = r->wall;
    }
}

void fixture_guests(struct rep_setting *set)
{
    set->guests = 2;
    set->guest[0] = (struct rep_guest){"web", "6.12", 1 << 22, 0, 1};
    set->guest[1] = (struct rep_guest){"db", "6.1", 1 << 23, 0, 1};
    set->kind[KIND_FAULTER].guest = 1;
    set->kind[KIND_FAULTER].measured = true;
}

void fixture_polls(struct rep_setting *set, struct rep_result **runs)
{
    uint64_t *host;

    fixture_share(set, runs);
    host = runs[APF]->host[1];
    runs[APF]->task[KIND_SPINNER].iterations = 1000;
    host[HOST_POLL] = host[HOST_IDLE] / 2;
    host[HOST_IDLE] -= host[HOST_POLL];
}

void fixture_copies(struct rep_setting *set, struct rep_result **runs)
{
    fixture_guests(set);
    set->guest[0].name = "vm.0";
    set->guest[1].name = "vm.1";
    runs[OFF]->task[KIND_SPINNER].outcome_count[OUTCOME_SYNC] = 1200;
    runs[OFF]->task[KIND_FAULTER].outcome_count[OUTCOME_SYNC] = 1000;
}

void fixture_free(struct rep_result **runs)
{
    for (struct rep_result **r = runs; *r; r++)
        rep_result_destroy(*r);
    g_free(runs);
}

void fixture_judge(struct fixture_judged *ret, uint32_t replicas, fixture_change *change)
{
    fixture_setting(&ret->set, replicas);
    ret->runs = fixture_runs(&ret->set);
    change(&ret->set, ret->runs);
    ret->summary = rep_summary_create(&ret->set, ret->runs);
    rep_verdict_fill(ret->summary);
}

void fixture_judged_free(struct fixture_judged *judged)
{
    rep_summary_destroy(judged->summary);
    fixture_free(judged->runs);
}

const char *fixture_sentence(const struct rep_summary *s, const char *id)
{
    for (uint32_t i = 0; i < s->verdicts; i++)
        if (!strcmp(s->verdict_id[i], id))
            return s->verdict[i];
    return NULL;
}
