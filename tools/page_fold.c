/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_fold.c - folds a memory trace of valgrind into the page touches of one program
 *
 * Reads the output of `valgrind --tool=lackey --trace-mem=yes` on stdin, writes a page trace file
 * (docs/page-trace.md) for `pattern: trace`. tools/record.sh calls it; `sim trace record` does the
 * same in one step. What becomes a touch: cfg_page_fold.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg_page_fold.h"

struct options {
    unsigned filter;
    uint64_t picoseconds;
    const char *path;
    struct page_trace_info info; /* its texts */
};

/* False after a message. */
static bool write_trace(const struct page_fold *f, struct options *o)
{
    char error[PAGE_TRACE_ERROR_MAX] = "";

    if (!page_fold_save(f, o->picoseconds, &o->info, o->path, error)) {
        fprintf(stderr, "page_fold: error: %s: %s\n", o->path, error);
        return false;
    }
    fprintf(stderr,
            "page_fold: %" PRIu64 " instructions, %" PRIu64 " touches of %" PRIu32 " pages\n",
            page_fold_instructions(f), o->info.touches, o->info.pages);
    return true;
}

/* --name=NUMBER; exits with the usage on anything else. */
static uint64_t number_option(const char *arg, const char *name, uint64_t min, uint64_t max)
{
    size_t length = strlen(name);
    char *end;
    uint64_t value;

    errno = 0;
    value = strtoull(arg + length, &end, 10);
    if (end == arg + length || *end || errno || value < min || value > max) {
        fprintf(stderr, "page_fold: error: %s wants a number from %" PRIu64 " to %" PRIu64 "\n",
                name, min, max);
        exit(2);
    }
    return value;
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: valgrind --tool=lackey --trace-mem=yes --log-fd=9 PROGRAM 9>&1 |\n"
                    "       page_fold [--filter=PAGES] [--picoseconds=PER-INSTRUCTION]\n"
                    "                 [--program=TEXT] [--command=TEXT] FILE.pt\n");
    exit(2);
}

static void parse_options(int argc, char **argv, struct options *ret)
{
    *ret = (struct options){.filter = PAGE_FOLD_FILTER, .picoseconds = PAGE_FOLD_PS_INSTRUCTION};
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];

        if (!strncmp(arg, "--filter=", 9))
            ret->filter = (unsigned)number_option(arg, "--filter=", 1, PAGE_FOLD_FILTER_MAX);
        else if (!strncmp(arg, "--picoseconds=", 14))
            ret->picoseconds = number_option(arg, "--picoseconds=", 1, 1000000);
        else if (!strncmp(arg, "--program=", 10))
            snprintf(ret->info.program, sizeof ret->info.program, "%s", arg + 10);
        else if (!strncmp(arg, "--command=", 10))
            snprintf(ret->info.command, sizeof ret->info.command, "%s", arg + 10);
        else if (arg[0] == '-' || ret->path)
            usage();
        else
            ret->path = arg;
    }
    if (!ret->path)
        usage();
    snprintf(ret->info.source, sizeof ret->info.source,
             "valgrind lackey, page_fold --filter=%u --picoseconds=%" PRIu64, ret->filter,
             ret->picoseconds);
}

/* 0, or how to end. */
static int fold_input(struct page_fold *f)
{
    char *line = NULL;
    size_t capacity = 0;
    bool good = true;

    while (good && getline(&line, &capacity, stdin) > 0)
        good = page_fold_lackey(f, line);
    free(line);
    if (!good) {
        fprintf(stderr, "page_fold: error: out of memory\n");
        return 1;
    }
    if (!ferror(stdin) && page_fold_touches(f))
        return 0;
    fprintf(stderr, "page_fold: error: no memory accesses on the standard input\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct options options;
    struct page_fold *fold;
    int status = 1;

    parse_options(argc, argv, &options);
    fold = page_fold_create(options.filter);
    if (fold)
        status = fold_input(fold);
    else
        fprintf(stderr, "page_fold: error: out of memory\n");
    if (!status && !write_trace(fold, &options))
        status = 1;
    page_fold_destroy(fold);
    return status;
}
