/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_picture.h - what the pictures of a run share: names, and where there is something to be seen
 */
#pragma once

#include <glib.h>

#include "config.h"
#include "timeline.h"

struct world;

/* "faulter 2" for each task: its kind and the how manieth of it; ret_late[task] (or NULL): does it
 * begin later than the run? */
GPtrArray *cli_picture_tasks(const struct params *p, const struct world *w, bool *ret_late);
/* Runs replica 0 of that mode until the finder has found what it looks for. A cli_status, said. */
int cli_picture_find(struct timeline_finder *ret, const struct cfg *cfg, enum run_mode mode);
