/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_files.h - results on disk: all files of a set, or none
 *
 * Promise:  each file is written beside its place and synced; only when all are, they are renamed.
 * A killed run leaves no half file under its final name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct cli_file {
    const char *name; /* within the directory */
    const char *data;
    size_t bytes;
};

/* Makes the directory and its parents, and says what is wrong if it cannot be used. A cli_status.
 */
int cli_files_prepare(const char *dir);
/* The text of a regular file, g_free() it; NULL when it cannot be read, or is a FIFO, which would
 * let us wait without end. ret_bytes may be NULL. */
char *cli_files_read(const char *dir, const char *name, size_t *ret_bytes);
/* Is something there that is no regular file? Said then: exit CLI_USAGE. */
bool cli_files_strange(const char *path);
int cli_files_write(const char *dir, const struct cli_file *files, unsigned count);
/* Removes what a killed process has left beside its place of files whose names begin so. Only where
 * nobody else can be writing them. */
void cli_files_forget(const char *dir, const char *begin);
/* One file, where the user said; a device or a pipe gets the bytes and stays what it is. */
int cli_files_write_path(const char *path, const char *data, size_t bytes);
/* All bytes, however often the kernel takes fewer; false: errno says why. */
bool cli_files_write_all(int fd, const char *data, size_t bytes);
