/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_plot.h - `sim trace stats --plot=DIR`: the figures of a capture as pictures
 */
#pragma once

#include "cap_judge.h"
#include "rep_plot_capture.h"

/*
 * Writes CSV, gnuplot scripts and what gnuplot draws of them into `dir`, which is made. span:
 * rising, in the unit that `ns` says; ticks_per_ns: of the capture's clock, 0: its times are ns or
 * stay ticks. A cli_status, said; CLI_MISSING without gnuplot, and the data are there.
 */
int cli_capture_plot(const char *dir, const struct capture *c, const struct cap_judgement *j,
                     const struct rep_capture_span *span, size_t spans, double ticks_per_ns,
                     bool ns);
