/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_dat.h - a trace.dat as a capture: it is judged as the text that it stands for
 */
#pragma once

#include "capture.h"

/* Whether the file begins as a trace.dat does. */
bool cli_capture_is_dat(const char *path);
/* CLI_GOOD, or said. Lines are those of `sim trace convert FILE.dat FILE.txt`. digits: of the
 * second, 0: all. */
int cli_capture_load_dat(const char *path, unsigned digits, struct capture *ret);
