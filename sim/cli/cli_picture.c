/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_picture.c - see cli_picture.h
 */
#include "cli_picture.h"

#include <inttypes.h>

#include "cli.h"
#include "cli_jobs.h"
#include "sim.h"
#include "world.h"

GPtrArray *cli_picture_tasks(const struct params *p, const struct world *w, bool *ret_late)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree uint32_t *of_kind = g_new0(uint32_t, p->tasks + 1);

    for (uint32_t k = 0; k < world_tasks(w); k++) {
        uint32_t kind = world_task_kind(w, k);

        g_ptr_array_add(names, g_strdup_printf("%s %" PRIu32, p->task[kind].name, of_kind[kind]++));
        if (ret_late)
            ret_late[k] = p->task[kind].start > 0;
    }
    return names;
}

int cli_picture_find(struct timeline_finder *ret, const struct cfg *cfg, enum run_mode mode)
{
    const struct params *p = cfg_params(cfg);
    struct world *w = world_create(p, cfg_traces(cfg), mode, cli_replica_seed(p->seed, 0));

    if (!w)
        return cli_fail(CLI_MISSING, "no memory for the tables of a run");
    timeline_finder_init(ret, world_sim(w), mode == MODE_APF);
    sim_observe(world_sim(w), &ret->observer);
    world_run(w);
    world_destroy(w);
    return CLI_GOOD;
}
