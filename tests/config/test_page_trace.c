/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_page_trace.c - page traces: what is written is read; what was damaged is noticed
 */
#include <criterion/criterion.h>
#include <string.h>

#include "cfg_page_trace.h"

#define TOUCHES 60u

static const uint32_t pages[4] = {0, 4000000, 3, 0x7ffffffe};
static const uint32_t gaps[4] = {0, 1, 300, 0xffffffff};

/* A small trace with every width of number in it; returns its bytes. */
static size_t write_trace(char **bytes)
{
    struct page_trace_info info = {"prog 1", "prog -x", "test", PAGE_TRACE_PAGES_MAX, TOUCHES};
    char error[PAGE_TRACE_ERROR_MAX];
    size_t size;
    FILE *out = open_memstream(bytes, &size);
    struct page_trace_writer *w = page_trace_write_begin(out, &info, error);

    cr_assert(w, "%s", error);
    for (uint32_t i = 0; i < TOUCHES; i++)
        cr_assert(page_trace_write_touch(w, pages[i % 4], i % 3 == 0, gaps[i / 4 % 4]));
    cr_assert(page_trace_write_end(w, error), "%s", error);
    fclose(out);
    return size;
}

Test(page_trace, what_is_written_is_read)
{
    struct page_trace_data trace;
    char error[PAGE_TRACE_ERROR_MAX], *bytes;
    size_t size = write_trace(&bytes);

    cr_assert(page_trace_read(bytes, size, &trace, error), "%s", error);
    cr_assert_eq(trace.info.touches, TOUCHES);
    cr_expect_str_eq(trace.info.command, "prog -x");
    for (uint32_t i = 0; i < TOUCHES; i++) {
        cr_expect_eq(trace.page[i], pages[i % 4] | (i % 3 == 0 ? PAGE_TRACE_WRITE : 0));
        cr_expect_eq(trace.gap_ns[i], gaps[i / 4 % 4]);
    }
    page_trace_free(&trace);
    free(bytes);
}

Test(page_trace, a_cut_at_any_byte_is_noticed)
{
    struct page_trace_data trace;
    char error[PAGE_TRACE_ERROR_MAX], *bytes;
    size_t size = write_trace(&bytes);

    for (size_t n = 0; n < size; n++) {
        cr_expect(!page_trace_read(bytes, n, &trace, error), "cut to %zu of %zu bytes", n, size);
        cr_expect(*error && !strchr(error, '\n'));
    }
    free(bytes);
}

Test(page_trace, a_changed_bit_in_header_numbers_body_or_trailer_is_noticed)
{
    struct page_trace_data trace;
    char error[PAGE_TRACE_ERROR_MAX], *bytes;
    size_t size = write_trace(&bytes), body = (size_t)(strstr(bytes, "\n\n") - bytes) + 2;

    for (size_t at = body; at < size; at++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] = (char)(bytes[at] ^ 1 << bit);
            cr_expect(!page_trace_read(bytes, size, &trace, error), "byte %zu, bit %d", at, bit);
            bytes[at] = (char)(bytes[at] ^ 1 << bit);
        }
    cr_expect(page_trace_read(bytes, size, &trace, error));
    page_trace_free(&trace);
    free(bytes);
}

Test(page_trace, a_writer_that_promises_another_count_fails)
{
    struct page_trace_info info = {"p", "c", "s", 10, 3};
    char error[PAGE_TRACE_ERROR_MAX], *bytes;
    size_t size;
    FILE *out = open_memstream(&bytes, &size);
    struct page_trace_writer *w = page_trace_write_begin(out, &info, error);

    cr_assert(page_trace_write_touch(w, 1, false, 0));
    cr_expect(!page_trace_write_end(w, error));
    fclose(out);
    free(bytes);
}
