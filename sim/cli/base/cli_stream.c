/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_stream.c - see cli_stream.h
 */
#include "cli_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static int cannot(const struct cli_stream *s, enum cli_status status)
{
    return cli_fail(status, "%s: cannot be written: %s", s->name, g_strerror(errno));
}

int cli_stream_fail(const struct cli_stream *s)
{
    return cannot(s, CLI_MISSING);
}

static int open_as_it_is(struct cli_stream *s, const char *no_stream)
{
    struct stat to, out;

    if (no_stream)
        return cli_fail(CLI_USAGE, "%s: %s", s->name, no_stream);
    s->fd =
        !strcmp(s->path, "-") ? dup(STDOUT_FILENO) : open(s->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (s->fd < 0)
        return cannot(s, CLI_USAGE);
    s->on_stdout = fstat(s->fd, &to) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
                   to.st_dev == out.st_dev && to.st_ino == out.st_ino;
    return CLI_GOOD;
}

static int open_spool(struct cli_stream *s)
{
    g_autofree char *name = g_strconcat(s->temporary, ".pages", NULL);

    s->spool = open(name, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    if (s->spool < 0)
        return cannot(s, CLI_USAGE);
    unlink(name);
    return CLI_GOOD;
}

static int open_beside(struct cli_stream *s, bool with_spool)
{
    g_autofree char *dir = g_path_get_dirname(s->path), *base = g_path_get_basename(s->path);
    g_autofree char *hidden = g_strdup_printf(".%s.%ld.tmp", base, (long)getpid());

    s->temporary = g_build_filename(dir, hidden, NULL);
    s->fd = open(s->temporary, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
    if (s->fd < 0)
        return cannot(s, CLI_USAGE);
    return with_spool ? open_spool(s) : CLI_GOOD;
}

int cli_stream_open(struct cli_stream *s, const char *option, const char *path,
                    const char *no_stream)
{
    struct stat st;

    *s = (struct cli_stream){.fd = -1, .spool = -1};
    s->name = g_strconcat(option, path, NULL);
    s->path = g_strdup(path);
    if (!strcmp(path, "-"))
        return open_as_it_is(s, no_stream);
    if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
        return open_beside(s, no_stream != NULL);
    if (S_ISDIR(st.st_mode))
        return cli_fail(CLI_USAGE, "%s: is a folder; want a file", s->name);
    return open_as_it_is(s, no_stream);
}

int cli_stream_keep(struct cli_stream *s)
{
    if (!s->temporary)
        return CLI_GOOD;
    if (fsync(s->fd) != 0 || rename(s->temporary, s->path) != 0)
        return cannot(s, CLI_MISSING);
    g_clear_pointer(&s->temporary, g_free);
    return CLI_GOOD;
}

void cli_stream_close(struct cli_stream *s)
{
    if (s->fd >= 0)
        close(s->fd);
    if (s->spool >= 0)
        close(s->spool);
    if (s->temporary)
        unlink(s->temporary);
    g_free(s->temporary);
    g_free(s->path);
    g_free(s->name);
}
