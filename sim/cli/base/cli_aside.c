/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_aside.c - see cli_aside.h
 */
#include "cli_aside.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "cli.h"

static bool link_to(const char *aside, const char *dir, const char *name)
{
    g_autofree char *here = g_build_filename(dir, name, NULL);
    g_autofree char *target = g_canonicalize_filename(here, NULL); /* the link lies elsewhere */
    g_autofree char *link = g_build_filename(aside, name, NULL);

    return access(here, F_OK) != 0 || symlink(target, link) == 0;
}

char *cli_aside_make(const char *dir, const char *const *name, unsigned count)
{
    g_autoptr(GError) error = NULL;
    char *aside = g_dir_make_tmp("apfsim.XXXXXX", &error);

    if (!aside) {
        cli_fail(CLI_MISSING, "no temporary directory: %s", error->message);
        return NULL;
    }
    for (unsigned i = 0; i < count; i++)
        if (!link_to(aside, dir, name[i])) {
            cli_fail(CLI_MISSING, "%s: cannot make a link there: %s", aside, g_strerror(errno));
            cli_aside_remove(aside);
            g_free(aside);
            return NULL;
        }
    return aside;
}

void cli_aside_remove(const char *aside)
{
    GDir *open = g_dir_open(aside, 0, NULL);
    const char *name;

    while (open && (name = g_dir_read_name(open))) {
        g_autofree char *path = g_build_filename(aside, name, NULL);

        unlink(path);
    }
    if (open)
        g_dir_close(open);
    g_rmdir(aside);
}
