/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_stream.h - an output that is written bit by bit: a file, or what is none
 *
 * Promise:  a file is written beside its place and renamed when it is whole; what is no regular
 *           file (a pipe, /dev/null) and "-" get the bytes at once.
 */
#pragma once

#include <stdbool.h>

struct cli_stream {
    int fd;         /* to write to */
    int spool;      /* empty, nobody else's, for reading and writing; -1: none */
    bool on_stdout; /* it goes where the report would */
    char *name;     /* as messages say it: "--trace=x.json" */
    char *path, *temporary;
};

/* option: "--trace=", or "". no_stream: why it must be a file, or NULL; such a one has a spool. A
 * cli_status; what is wrong has been said. cli_stream_close() in any case. */
int cli_stream_open(struct cli_stream *s, const char *option, const char *path,
                    const char *no_stream);
/* All was written: the file takes its place. A cli_status. */
int cli_stream_keep(struct cli_stream *s);
/* errno says why: said. */
int cli_stream_fail(const struct cli_stream *s);
/* What was not kept is gone. */
void cli_stream_close(struct cli_stream *s);
