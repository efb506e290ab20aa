/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_monitor.h - the thread that answers userfaultfd
 */
#pragma once

#include "cal_memory.h"

bool cal_monitor_start(struct cal_memory *m, struct cal_error *error);
void cal_monitor_stop(struct cal_memory *m);
