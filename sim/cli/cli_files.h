/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_files.h - results on disk: all files of a set, or none
 *
 * Promise:  each file is written beside its place and synced; only when all are, they are renamed.
 * A killed run leaves no half file under its final name.
 */
#pragma once

#include <stddef.h>

struct cli_file {
    const char *name; /* within the directory */
    const char *data;
    size_t bytes;
};

/* Makes the directory and its parents, and says what is wrong if it cannot be used. A cli_status.
 */
int cli_files_prepare(const char *dir);
int cli_files_write(const char *dir, const struct cli_file *files, unsigned count);
