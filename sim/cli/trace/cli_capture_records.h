/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_records.h - a capture's events as trace.dat, or in Chrome's trace format
 */
#pragma once

#include "capture.h"

/*
 * A cli_status; what is wrong has been said, also how many events another format cannot have.
 * input: as messages name it. mhz: of a clock that counts ticks, or 0, which only
 * trace.dat can keep. json: else trace.dat.
 */
int cli_capture_records(const char *input, const struct capture *c, double mhz, const char *output,
                        bool json);
