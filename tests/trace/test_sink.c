/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_sink.c - numbers are written as printf() writes them, and a pipe gets every byte
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "trace_put.h"
#include "trace_sink.h"

static void as_printf(uint64_t x)
{
    char ours[24], theirs[24];

    *trace_put_dec(ours, x) = '\0';
    snprintf(theirs, sizeof theirs, "%" PRIu64, x);
    cr_assert_str_eq(ours, theirs);
    cr_assert_eq(trace_put_digits(x), strlen(theirs));
}

Test(put, decimal_numbers_of_every_length_are_those_of_printf)
{
    for (uint64_t power = 1;; power *= 10) {
        as_printf(power - 1);
        as_printf(power);
        as_printf(power + 1);
        if (power > UINT64_MAX / 10)
            break;
    }
    as_printf(UINT64_MAX);
}

/* No larger than /proc/sys/fs/pipe-max-size, if that is less. */
Test(sink, a_pipe_is_widened_and_gets_every_byte_in_order)
{
    int ends[2], before;
    struct trace_sink s;
    uint32_t words, word;

    cr_assert_eq(pipe(ends), 0);
    before = fcntl(ends[1], F_GETPIPE_SZ);
    cr_assert(trace_sink_init(&s, ends[1]));
    cr_assert_geq(fcntl(ends[1], F_GETPIPE_SZ), before);
    cr_assert_leq(fcntl(ends[1], F_GETPIPE_SZ), 1 << 20);
    /* Nobody reads yet: 80 kB are more than a pipe has room for by itself. */
    words = fcntl(ends[1], F_GETPIPE_SZ) > 80000 ? 20000 : 1000;
    for (uint32_t i = 0; i < words; i++)
        trace_sink_add(&s, &i, sizeof i);
    trace_sink_finish(&s);
    cr_assert_eq(s.error, 0);
    close(ends[1]);
    for (uint32_t i = 0; i < words; i++) {
        cr_assert_eq(read(ends[0], &word, sizeof word), (ssize_t)sizeof word);
        cr_assert_eq(word, i);
    }
    cr_assert_eq(read(ends[0], &word, 1), 0);
}

Test(sink, what_is_no_pipe_is_left_as_it_is)
{
    FILE *file = tmpfile();
    struct trace_sink s;
    char back[4] = "";

    cr_assert(file);
    cr_assert(trace_sink_init(&s, fileno(file)));
    trace_sink_add(&s, "abc", 3);
    trace_sink_finish(&s);
    cr_assert_eq(s.error, 0);
    cr_assert_eq(pread(fileno(file), back, 3, 0), 3);
    cr_assert_str_eq(back, "abc");
    fclose(file);
}
