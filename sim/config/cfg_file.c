/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_file.c - a whole file into memory; where the paths of files begin
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cfg_internal.h"

/* At most one byte more than the limit: the reader then says that the file is too big. */
GString *cfg_read_file(const char *path, GError **error)
{
    struct cfg_place at = {path, 0, 0, NULL};
    g_autoptr(GString) data = g_string_new(NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char block[4096];
    ssize_t got = 0;
    int failed = errno;

    while (fd >= 0 && data->len <= CFG_FILE_BYTES_MAX && (got = read(fd, block, sizeof(block))) > 0)
        g_string_append_len(data, block, got);
    if (got < 0)
        failed = errno;
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && got >= 0)
        return g_steal_pointer(&data);
    if (failed == EISDIR)
        cfg_fail(error, &at, CFG_ERROR_FILE, "a directory; name a file in it");
    else
        cfg_fail(error, &at, CFG_ERROR_FILE, "cannot read it: %s", g_strerror(failed));
    return NULL;
}

char *cfg_path_from(const struct cfg *cfg, const struct cfg_place *at, const char *written)
{
    if (!cfg->folder)
        return NULL;
    if (at->set || g_path_is_absolute(written))
        return g_strdup(written);
    return g_build_filename(cfg->folder, written, NULL);
}

const char *cfg_paths_begin(const struct cfg_place *at)
{
    return at->set ? "paths on the command line begin at the shell's folder"
                   : "paths begin at the workload's folder";
}
