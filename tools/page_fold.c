/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_fold.c - folds a memory trace of valgrind into the page touches of one program
 *
 * Reads the output of `valgrind --tool=lackey --trace-mem=yes` on stdin, writes a page trace file
 * (docs/page-trace.md) for `pattern: trace`. tools/record.sh calls it; tools/README.md says how.
 *
 * What becomes a touch:
 * - Instruction fetches, loads, stores and modifies count alike, since to a host all pages of a
 *   guest are the same anonymous memory. A modify is a write. An access across a page boundary
 *   counts for both pages.
 * - An access to one of the FILTER pages used last (exact LRU, default 256) is no touch, unless it
 *   is the first write since the page entered that set. Under memory pressure these pages are the
 *   last to be evicted, so what is left out are hits; what is lost is that a host's reclaim would
 *   see them a little younger. A trace says nothing about memory smaller than the filter, and is to
 *   be used with several times as much.
 * - The time before a touch is the number of instructions since the touch before, times an assumed
 *   cost (default 333 ps: 3 GHz, one instruction a cycle). Stalls of caches are not in it.
 *
 * How pages are numbered: the touched pages in the order of their addresses, without holes. So
 * neighbours stay neighbours, which read-ahead needs; pages that were never touched have no number,
 * just as they have no place in swap; the last page of one mapping is beside the first of the next.
 *
 * Limits:  2^31 - 1 pages, one thread of one process, memory as large as the touches are many.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg_page_trace.h"

#define PAGE_SHIFT 12
#define FILTER_MAX 4096

struct touch {
    uint64_t page;
    uint64_t gap; /* instructions since the touch before */
    bool write;
};

/* The pages used last, most recent first. A linear search is fine: nearly all accesses hit the
 * first few. */
struct recent {
    uint64_t page[FILTER_MAX];
    bool written[FILTER_MAX];
    unsigned count, limit;
};

struct fold {
    struct recent recent;
    struct touch *touch;
    size_t count, capacity;
    uint64_t instructions, instructions_at_touch;
};

struct options {
    unsigned filter;
    uint64_t picoseconds;
    const char *path;
    struct page_trace_info info; /* its texts */
};

static void *grow(void *old, size_t bytes)
{
    void *grown = realloc(old, bytes);

    if (!grown) {
        fprintf(stderr, "page_fold: error: out of memory for %zu bytes\n", bytes);
        exit(1);
    }
    return grown;
}

static void add_touch(struct fold *f, uint64_t page, bool write)
{
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 1 << 16;
        f->touch = grow(f->touch, f->capacity * sizeof *f->touch);
    }
    f->touch[f->count++] = (struct touch){page, f->instructions - f->instructions_at_touch, write};
    f->instructions_at_touch = f->instructions;
}

/* Moves the page to the front of the set, adding it if need be; true if this is a touch. */
static bool use_page(struct recent *r, uint64_t page, bool write)
{
    unsigned at = 0;
    bool was_written = false, known;

    while (at < r->count && r->page[at] != page)
        at++;
    known = at < r->count;
    if (known)
        was_written = r->written[at];
    else if (r->count < r->limit)
        r->count++;
    else
        at = r->limit - 1;
    memmove(r->page + 1, r->page, at * sizeof r->page[0]);
    memmove(r->written + 1, r->written, at * sizeof r->written[0]);
    r->page[0] = page;
    r->written[0] = was_written || write;
    return !known || (write && !was_written);
}

static void access_bytes(struct fold *f, uint64_t address, uint64_t bytes, bool write)
{
    uint64_t last = (address + (bytes ? bytes - 1 : 0)) >> PAGE_SHIFT;

    for (uint64_t page = address >> PAGE_SHIFT; page <= last; page++) {
        if (use_page(&f->recent, page, write))
            add_touch(f, page, write);
    }
}

/* One line of lackey: "I  04001090,3", " L 1ffeffe7e0,8", " S ...", " M ...". Other lines, such as
 * "==123== ...", are valgrind's own words and are skipped. */
static void fold_line(struct fold *f, const char *line)
{
    char kind = line[0] == ' ' ? line[1] : line[0];
    char *end;
    uint64_t address, bytes;

    if (kind != 'I' && kind != 'L' && kind != 'S' && kind != 'M')
        return;
    address = strtoull(line + 2, &end, 16);
    if (*end != ',')
        return;
    bytes = strtoull(end + 1, NULL, 10);
    if (kind == 'I')
        f->instructions++;
    access_bytes(f, address, bytes, kind == 'S' || kind == 'M');
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The touched pages in order of their addresses, each once. Returns how many. */
static size_t sorted_pages(const struct fold *f, uint64_t **ret_pages)
{
    uint64_t *page = grow(NULL, (f->count + 1) * sizeof *page);
    size_t n = 0;

    for (size_t i = 0; i < f->count; i++)
        page[i] = f->touch[i].page;
    qsort(page, f->count, sizeof *page, by_value);
    for (size_t i = 0; i < f->count; i++) {
        if (n == 0 || page[n - 1] != page[i])
            page[n++] = page[i];
    }
    *ret_pages = page;
    return n;
}

static uint32_t page_number(const uint64_t *pages, size_t n, uint64_t page)
{
    const uint64_t *found = bsearch(&page, pages, n, sizeof *pages, by_value);

    return (uint32_t)(found - pages);
}

/* Writes the touches with their pages numbered and their gaps in ns, cut to what the format holds.
 */
static bool write_touches(const struct fold *f, const uint64_t *pages, uint64_t picoseconds,
                          const struct page_trace_info *info, FILE *out, char *error)
{
    struct page_trace_writer *writer = page_trace_write_begin(out, info, error);
    uint64_t carried = 0; /* picoseconds that did not make a whole ns yet */

    if (!writer)
        return false;
    for (size_t i = 0; i < f->count; i++) {
        const struct touch *t = &f->touch[i];
        uint64_t ps = carried + t->gap * picoseconds, ns = ps / 1000;

        carried = ps % 1000;
        if (!page_trace_write_touch(writer, page_number(pages, info->pages, t->page), t->write,
                                    ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX))
            break; /* page_trace_write_end() says why */
    }
    return page_trace_write_end(writer, error);
}

/* False after a message. */
static bool write_trace(const struct fold *f, const struct options *o)
{
    struct page_trace_info info = o->info;
    char error[PAGE_TRACE_ERROR_MAX] = "";
    uint64_t *pages;
    size_t n = sorted_pages(f, &pages);
    FILE *out = n < PAGE_TRACE_PAGES_MAX ? fopen(o->path, "wb") : NULL;
    bool good;

    if (!out) {
        fprintf(stderr, "page_fold: error: %s: %s\n", o->path,
                n < PAGE_TRACE_PAGES_MAX ? strerror(errno) : "too many pages");
        free(pages);
        return false;
    }
    info.pages = (uint32_t)n;
    info.touches = f->count;
    good = write_touches(f, pages, o->picoseconds, &info, out, error);
    free(pages);
    if (fclose(out) != 0 && good) {
        good = false;
        snprintf(error, sizeof error, "%s", strerror(errno));
    }
    if (!good)
        fprintf(stderr, "page_fold: error: %s: %s\n", o->path, error);
    else
        fprintf(stderr, "page_fold: %" PRIu64 " instructions, %zu touches of %zu pages\n",
                f->instructions, f->count, n);
    return good;
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
    *ret = (struct options){.filter = 256, .picoseconds = 333};
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];

        if (!strncmp(arg, "--filter=", 9))
            ret->filter = (unsigned)number_option(arg, "--filter=", 1, FILTER_MAX);
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

int main(int argc, char **argv)
{
    static struct fold fold;
    struct options options;
    char *line = NULL;
    size_t capacity = 0;
    bool good;

    parse_options(argc, argv, &options);
    fold.recent.limit = options.filter;
    while (getline(&line, &capacity, stdin) > 0)
        fold_line(&fold, line);
    free(line);
    if (ferror(stdin) || fold.count == 0) {
        fprintf(stderr, "page_fold: error: no memory accesses on the standard input\n");
        return 2;
    }
    good = write_trace(&fold, &options);
    free(fold.touch);
    return good ? 0 : 1;
}
