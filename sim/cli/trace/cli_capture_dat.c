/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_capture_dat.c - see cli_capture_dat.h
 */
#include "cli_capture_dat.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "trace_dat_read.h"

enum { BEGINNING = 10, DIGITS_NS = 9 };

bool cli_capture_is_dat(const char *path)
{
    char begin[BEGINNING];
    bool is_dat = false;
    ssize_t n;
    int fd;

    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) /* a pipe can be read once only */
        return false;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, begin, sizeof begin);
    is_dat = n > 0 && trace_dat_is(begin, (size_t)n);
    close(fd);
    return is_dat;
}

static int load_text(const char *path, char *text, size_t bytes, struct capture *ret)
{
    struct cap_error error;

    if (!cap_load_text(text, bytes, CAP_FTRACE, ret, &error)) {
        free(text);
        return cli_fail(CLI_USAGE, "%s: line %u of its text: %s", path, error.line, error.text);
    }
    ret->own = text; /* g_free() is free() */
    return CLI_GOOD;
}

int cli_capture_load_dat(const char *path, unsigned digits, struct capture *ret)
{
    GMappedFile *map = g_mapped_file_new(path, FALSE, NULL);
    struct trace_dat_error error;
    size_t bytes = 0;
    char *text = NULL;
    bool good;

    if (!map)
        return cli_fail(CLI_USAGE, "%s: cannot be read: %s", path, g_strerror(errno));
    good = trace_dat_text(g_mapped_file_get_contents(map), g_mapped_file_get_length(map),
                          digits ? digits : DIGITS_NS, &text, &bytes, &error);
    g_mapped_file_unref(map);
    if (!good)
        return cli_fail(error.missing ? CLI_MISSING : CLI_USAGE, "%s: at byte %" PRIu64 ": %s",
                        path, error.offset, error.text);
    return load_text(path, text, bytes, ret);
}
