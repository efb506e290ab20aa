/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_page_fold.c - see cfg_page_fold.h
 */
#include "cfg_page_fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE_SHIFT 12

struct touch {
    uint64_t page;
    uint64_t gap; /* units since the touch before */
    bool write;
};

/* The pages used last, most recent first. A linear search is fine: nearly all accesses hit the
 * first few. */
struct recent {
    uint64_t page[PAGE_FOLD_FILTER_MAX];
    bool written[PAGE_FOLD_FILTER_MAX];
    unsigned count, limit;
};

struct page_fold {
    struct recent recent;
    struct touch *touch;
    size_t count, capacity;
    uint64_t touched_at, instructions;
};

struct page_fold *page_fold_create(unsigned filter)
{
    struct page_fold *f = calloc(1, sizeof *f);

    if (f)
        f->recent.limit = filter;
    return f;
}

void page_fold_destroy(struct page_fold *f)
{
    if (f)
        free(f->touch);
    free(f);
}

static bool add_touch(struct page_fold *f, uint64_t page, bool write, uint64_t now)
{
    if (f->count == f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 1 << 16;
        struct touch *grown = realloc(f->touch, capacity * sizeof *grown);

        if (!grown)
            return false;
        f->touch = grown;
        f->capacity = capacity;
    }
    f->touch[f->count++] = (struct touch){page, now - f->touched_at, write};
    f->touched_at = now;
    return true;
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

bool page_fold_access(struct page_fold *f, uint64_t address, uint64_t bytes, bool write,
                      uint64_t now)
{
    uint64_t last = (address + (bytes ? bytes - 1 : 0)) >> PAGE_SHIFT;

    for (uint64_t page = address >> PAGE_SHIFT; page <= last; page++)
        if (use_page(&f->recent, page, write) && !add_touch(f, page, write, now))
            return false;
    return true;
}

bool page_fold_lackey(struct page_fold *f, const char *line)
{
    char kind = line[0] == ' ' ? line[1] : line[0];
    char *end;
    uint64_t address, bytes;

    if (kind != 'I' && kind != 'L' && kind != 'S' && kind != 'M')
        return true;
    address = strtoull(line + 2, &end, 16);
    if (*end != ',')
        return true;
    bytes = strtoull(end + 1, NULL, 10);
    if (kind == 'I')
        f->instructions++;
    return page_fold_access(f, address, bytes, kind == 'S' || kind == 'M', f->instructions);
}

uint64_t page_fold_touches(const struct page_fold *f)
{
    return f->count;
}

uint64_t page_fold_instructions(const struct page_fold *f)
{
    return f->instructions;
}

/* ---- writing ---- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The touched pages in order of their addresses, each once. NULL: no memory. */
static uint64_t *sorted_pages(const struct page_fold *f, size_t *ret_count)
{
    uint64_t *page = malloc((f->count + 1) * sizeof *page);
    size_t n = 0;

    for (size_t i = 0; page && i < f->count; i++)
        page[i] = f->touch[i].page;
    if (page)
        qsort(page, f->count, sizeof *page, by_value);
    for (size_t i = 0; page && i < f->count; i++)
        if (n == 0 || page[n - 1] != page[i])
            page[n++] = page[i];
    *ret_count = n;
    return page;
}

static uint32_t page_number(const uint64_t *pages, size_t n, uint64_t page)
{
    const uint64_t *found = bsearch(&page, pages, n, sizeof *pages, by_value);

    return (uint32_t)(found - pages);
}

/* Writes the touches with their pages numbered and their gaps in ns, cut to what the format holds.
 */
static bool write_touches(const struct page_fold *f, const uint64_t *pages, uint64_t picoseconds,
                          const struct page_trace_info *info, FILE *out, char *error)
{
    struct page_trace_writer *writer = page_trace_write_begin(out, info, error);
    uint64_t carried = 0; /* picoseconds that did not make a whole ns yet */

    if (!writer)
        return false;
    for (size_t i = 0; i < f->count; i++) {
        const struct touch *t = &f->touch[i];
        uint64_t most = UINT32_MAX * (uint64_t)1000, gap = t->gap < most ? t->gap : most;
        uint64_t ps = carried + gap * picoseconds, ns = ps / 1000;

        carried = ps % 1000;
        if (!page_trace_write_touch(writer, page_number(pages, info->pages, t->page), t->write,
                                    ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX))
            break; /* page_trace_write_end() says why */
    }
    return page_trace_write_end(writer, error);
}

static bool say(char *error, const char *text)
{
    snprintf(error, PAGE_TRACE_ERROR_MAX, "%s", text);
    return false;
}

static bool write_file(const struct page_fold *f, const uint64_t *pages, uint64_t picoseconds,
                       const struct page_trace_info *info, const char *path, char *error)
{
    FILE *out = fopen(path, "wb");
    bool good;

    if (!out)
        return say(error, strerror(errno));
    good = write_touches(f, pages, picoseconds, info, out, error);
    if (fclose(out) != 0 && good)
        good = say(error, strerror(errno));
    return good;
}

static bool write_and_rename(const struct page_fold *f, const uint64_t *pages, uint64_t picoseconds,
                             const struct page_trace_info *info, const char *path, char *error)
{
    size_t bytes = strlen(path) + sizeof ".part";
    char *part = malloc(bytes);
    bool good;

    if (!part)
        return say(error, "out of memory");
    snprintf(part, bytes, "%s.part", path);
    good = write_file(f, pages, picoseconds, info, part, error);
    if (good && rename(part, path) != 0)
        good = say(error, strerror(errno));
    if (!good)
        unlink(part);
    free(part);
    return good;
}

bool page_fold_save(const struct page_fold *f, uint64_t picoseconds, struct page_trace_info *info,
                    const char *path, char error[PAGE_TRACE_ERROR_MAX])
{
    size_t n = 0;
    uint64_t *pages = sorted_pages(f, &n);
    bool good;

    if (!pages)
        return say(error, "out of memory");
    if (n >= PAGE_TRACE_PAGES_MAX) {
        free(pages);
        return say(error, "too many pages");
    }
    info->pages = (uint32_t)n;
    info->touches = f->count;
    good = write_and_rename(f, pages, picoseconds, info, path, error);
    free(pages);
    return good;
}
