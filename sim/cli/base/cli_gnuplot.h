/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_gnuplot.h - gnuplot as another process
 *
 * Promise:  it runs in the scripts' directory, without its user's start-up files, in a locale that
 *           has UTF-8. What it says is read: a failure is one line on stderr.
 */
#pragma once

/* Runs `gnuplot -d NAME.gp` in `dir`. CLI_GOOD: NAME.svg, and NAME.png if there is one, are whole.
 * CLI_MISSING (said): it is not installed, or it failed. */
int cli_gnuplot(const char *dir, const char *name);
