/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_device.h - the user's own paging device: from fio's JSON output, or from a histogram
 *
 * Knows:    params.h, cfg_error.h. docs/devices.md says what becomes of the figures, and why.
 * Promise:  the mean of what is made is the file's, to 1 ns, and percentiles stay where they are in
 *           the file as far as the mean allows; they move by a third at most, else it is refused.
 */
#pragma once

#include "cfg_error.h"

/* "fio:FILE.json" or "histogram:FILE.csv": a file, and no preset. */
bool cfg_device_is_file(const char *device);
/* What reports call it: "fio:mine.json", without the folders. For device files. g_free() it. */
char *cfg_device_name(const char *device);
/* Fills everything but the name. path: the device's file. begins: where paths begin, for the
 * message that there is none; at: where the device is named. */
bool cfg_device_read(const char *device, const char *path, const char *begins,
                     const struct cfg_place *at, struct disk_params *ret, GError **error);

/* cfg_fio.c */
bool cfg_fio_read(const char *path, struct disk_params *ret, GError **error);
