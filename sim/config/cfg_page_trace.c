/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_page_trace.c - reader and writer of page traces
 *
 * A touch is two varints: zigzag(page - last page) * 2 + write, then the gap in ns. Programs touch
 * neighbours, so most touches take two to four bytes. The reader trusts nothing: every count and
 * every page is checked against the header, and memory follows the size of the file, not its
 * claims.
 */
#include "cfg_page_trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define TRAILER_BYTES 20 /* "end\n", count, checksum: little-endian */

struct reader {
    const unsigned char *at, *end;
    struct page_trace_info *info;
    char *error;
};

__attribute__((format(printf, 2, 3))) static bool fail(char *error, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(error, PAGE_TRACE_ERROR_MAX, format, ap);
    va_end(ap);
    return false;
}

static uint64_t load_u64(const unsigned char *at)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static void store_u64(unsigned char *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static bool parse_number(const char *text, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || value > max)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *ret = value;
    return value <= max;
}

/* One header line without its newline; false at the end of the file. */
static bool next_line(struct reader *r, char line[PAGE_TRACE_TEXT_MAX + 32])
{
    const unsigned char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
    size_t length = newline ? (size_t)(newline - r->at) : 0;

    if (!newline || length >= PAGE_TRACE_TEXT_MAX + 32)
        return false;
    memcpy(line, r->at, length);
    line[length] = '\0';
    r->at = newline + 1;
    return strlen(line) == length;
}

static bool on_header_line(struct reader *r, char *line)
{
    struct page_trace_info *info = r->info;
    char *colon = strstr(line, ": ");
    const char *value = colon ? colon + 2 : "";
    uint64_t number = 0;
    char *text = NULL;

    if (!colon)
        return fail(r->error, "damaged header; record it again");
    *colon = '\0';
    if (strcmp(line, "pages") == 0) {
        bool good = parse_number(value, PAGE_TRACE_PAGES_MAX, &number) && number;

        info->pages = (uint32_t)number;
        return good || fail(r->error, "pages: not a number from 1 to 2^31; record it again");
    }
    if (strcmp(line, "touches") == 0) {
        bool good = parse_number(value, PAGE_TRACE_TOUCHES_MAX, &number) && number;

        info->touches = number;
        return good || fail(r->error, "touches: not a number from 1 to 2^26; record it again");
    }
    text = strcmp(line, "program") == 0   ? info->program
           : strcmp(line, "command") == 0 ? info->command
           : strcmp(line, "source") == 0  ? info->source
                                          : NULL;
    if (!text || strlen(value) > PAGE_TRACE_TEXT_MAX)
        return fail(r->error, "damaged header; record it again");
    memcpy(text, value, strlen(value) + 1);
    return true;
}

static bool read_header(struct reader *r)
{
    size_t magic = strlen(PAGE_TRACE_MAGIC);
    char line[PAGE_TRACE_TEXT_MAX + 32];

    if ((size_t)(r->end - r->at) < magic || memcmp(r->at, PAGE_TRACE_MAGIC, magic) != 0)
        return fail(r->error, "not a page trace: it does not begin with 'apfsim-page-trace 1'");
    r->at += magic;
    for (;;) {
        if (!next_line(r, line))
            return fail(r->error, "cut short or damaged in the header; record it again");
        if (!*line)
            break;
        if (!on_header_line(r, line))
            return false;
    }
    if (!r->info->pages || !r->info->touches)
        return fail(r->error, "the header names no pages or no touches; record it again");
    return true;
}

/* At most 5 bytes for 33 bits; false at the end of the data or when it is longer. */
static bool read_varint(struct reader *r, uint64_t *ret)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 42; shift += 7) {
        unsigned char byte;

        if (r->at == r->end)
            return false;
        byte = *r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

static bool read_touch(struct reader *r, uint32_t *page, uint32_t *ret_page, uint32_t *ret_gap)
{
    uint64_t coded, gap, zigzag;
    int64_t now;

    if (!read_varint(r, &coded) || !read_varint(r, &gap) || gap > UINT32_MAX)
        return false;
    zigzag = coded >> 1;
    now = (int64_t)*page + ((int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1));
    if (now < 0 || now >= r->info->pages)
        return false;
    *page = (uint32_t)now;
    *ret_page = *page | (coded & 1 ? PAGE_TRACE_WRITE : 0);
    *ret_gap = (uint32_t)gap;
    return true;
}

/* How many whole touches there are: for the message about a file that was cut. */
static uint64_t count_touches(struct reader r)
{
    uint32_t page = 0, unused;
    uint64_t count = 0;

    while (count < r.info->touches && read_touch(&r, &page, &unused, &unused))
        count++;
    return count;
}

static bool fail_cut(const struct reader *r)
{
    return fail(r->error, "cut short: %" PRIu64 " of %" PRIu64 " touches; record it again",
                count_touches(*r), r->info->touches);
}

/* Leaves r at the body alone. */
static bool read_trailer(struct reader *r, uint64_t *ret_check)
{
    size_t left = (size_t)(r->end - r->at);
    const unsigned char *trailer = left < TRAILER_BYTES ? NULL : r->end - TRAILER_BYTES;
    uint64_t check;

    if (!trailer || memcmp(trailer, "end\n", 4) != 0)
        return fail_cut(r);
    check = XXH3_64bits(r->at, (size_t)(trailer - r->at));
    if (load_u64(trailer + 4) != r->info->touches || load_u64(trailer + 12) != check)
        return fail(r->error, "damaged: the checksum does not match; record it again");
    r->end = trailer;
    *ret_check = check;
    return true;
}

static bool read_touches(struct reader *r, struct page_trace_data *ret)
{
    uint64_t touches = r->info->touches;
    uint32_t page = 0;

    if (touches > (uint64_t)(r->end - r->at) / 2)
        return fail_cut(r);
    ret->page = malloc(touches * sizeof(*ret->page));
    ret->gap_ns = malloc(touches * sizeof(*ret->gap_ns));
    if (!ret->page || !ret->gap_ns)
        return fail(r->error, "not enough memory for %" PRIu64 " touches", touches);
    for (uint64_t i = 0; i < touches; i++)
        if (!read_touch(r, &page, &ret->page[i], &ret->gap_ns[i]))
            return fail(r->error, "damaged: touch %" PRIu64 " of %" PRIu64 " has no sense", i + 1,
                        touches);
    if (r->at != r->end)
        return fail(r->error, "damaged: more than the %" PRIu64 " touches announced", touches);
    return true;
}

bool page_trace_read(const void *bytes, size_t count, struct page_trace_data *ret,
                     char error[PAGE_TRACE_ERROR_MAX])
{
    struct reader r = {.error = error};

    memset(ret, 0, sizeof(*ret));
    if (!count)
        return fail(error, "the file is empty; record it again");
    r.at = bytes;
    r.end = r.at + count;
    r.info = &ret->info;
    if (read_header(&r) && read_trailer(&r, &ret->check) && read_touches(&r, ret))
        return true;
    page_trace_free(ret);
    return false;
}

void page_trace_free(struct page_trace_data *trace)
{
    free(trace->page);
    free(trace->gap_ns);
    memset(trace, 0, sizeof(*trace));
}

struct page_trace_writer {
    FILE *out;
    XXH3_state_t *hash;
    uint64_t announced, written;
    uint32_t pages, last;
    bool bad_touch;
};

static bool is_line(const char *text)
{
    return strlen(text) <= PAGE_TRACE_TEXT_MAX && !strpbrk(text, "\n\r");
}

static bool check_info(const struct page_trace_info *info, char *error)
{
    if (!is_line(info->program) || !is_line(info->command) || !is_line(info->source))
        return fail(error, "program, command and source must be one line each");
    if (!info->pages || info->pages > PAGE_TRACE_PAGES_MAX)
        return fail(error, "pages must be from 1 to 2^31");
    if (!info->touches || info->touches > PAGE_TRACE_TOUCHES_MAX)
        return fail(error, "touches must be from 1 to 2^26; record a shorter run");
    return true;
}

struct page_trace_writer *page_trace_write_begin(FILE *out, const struct page_trace_info *info,
                                                 char error[PAGE_TRACE_ERROR_MAX])
{
    struct page_trace_writer *w;

    if (!check_info(info, error))
        return NULL;
    w = calloc(1, sizeof(*w));
    if (w)
        w->hash = XXH3_createState();
    if (!w || !w->hash) {
        fail(error, "out of memory");
        free(w);
        return NULL;
    }
    XXH3_64bits_reset(w->hash);
    w->out = out;
    w->announced = info->touches;
    w->pages = info->pages;
    fprintf(out, PAGE_TRACE_MAGIC "program: %s\ncommand: %s\n", info->program, info->command);
    fprintf(out, "source: %s\npages: %" PRIu32 "\ntouches: %" PRIu64 "\n\n", info->source,
            info->pages, info->touches);
    return w;
}

static size_t put_varint(unsigned char *at, uint64_t value)
{
    size_t bytes = 0;

    for (; value > 0x7f; value >>= 7)
        at[bytes++] = (unsigned char)(value | 0x80);
    at[bytes++] = (unsigned char)value;
    return bytes;
}

bool page_trace_write_touch(struct page_trace_writer *w, uint32_t page, bool write, uint32_t gap_ns)
{
    int64_t delta = (int64_t)page - (int64_t)w->last;
    uint64_t zigzag = delta < 0 ? (uint64_t)(-delta) * 2 - 1 : (uint64_t)delta * 2;
    unsigned char record[20];
    size_t bytes = put_varint(record, zigzag << 1 | write);

    if (page >= w->pages)
        w->bad_touch = true;
    bytes += put_varint(record + bytes, gap_ns);
    XXH3_64bits_update(w->hash, record, bytes);
    w->last = page;
    w->written++;
    return !w->bad_touch && fwrite(record, 1, bytes, w->out) == bytes;
}

static bool finish(struct page_trace_writer *w, char *error)
{
    unsigned char trailer[TRAILER_BYTES] = "end\n";

    store_u64(trailer + 4, w->written);
    store_u64(trailer + 12, XXH3_64bits_digest(w->hash));
    if (w->bad_touch)
        return fail(error, "a page number is not below %" PRIu32, w->pages);
    if (w->written != w->announced)
        return fail(error, "%" PRIu64 " touches written, %" PRIu64 " announced", w->written,
                    w->announced);
    fwrite(trailer, 1, sizeof(trailer), w->out);
    if (fflush(w->out) != 0 || ferror(w->out))
        return fail(error, "cannot write the trace");
    return true;
}

bool page_trace_write_end(struct page_trace_writer *w, char error[PAGE_TRACE_ERROR_MAX])
{
    bool good = finish(w, error);

    XXH3_freeState(w->hash);
    free(w);
    return good;
}
