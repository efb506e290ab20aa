/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rep_out.c - text and CSV; JSON is judged by check_json.py against the schema */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <csv.h>
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rep_fixture.h"
#include "rep_format.h"
#include "rep_out.h"
#include "rep_verdict.h"

struct csv_shape {
    unsigned rows, field, fields[8];
    GPtrArray *header, *last; /* texts */
};

static void on_field(void *text, size_t bytes, void *ctx)
{
    struct csv_shape *shape = ctx;
    char *copy = g_strndup(text ? text : "", bytes);

    g_ptr_array_add(shape->rows == 0 ? shape->header : shape->last, copy);
    shape->field++;
}

static void on_row(int end, void *ctx)
{
    struct csv_shape *shape = ctx;

    (void)end;
    cr_assert(lt(uint, shape->rows, 8));
    shape->fields[shape->rows++] = shape->field;
    shape->field = 0;
}

static struct csv_shape read_back(const GString *csv)
{
    struct csv_shape shape = {.header = g_ptr_array_new_with_free_func(g_free),
                              .last = g_ptr_array_new_with_free_func(g_free)};
    struct csv_parser parser;

    cr_assert(eq(int, csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL), 0));
    cr_assert(eq(sz, csv_parse(&parser, csv->str, csv->len, on_field, on_row, &shape), csv->len));
    cr_assert(eq(int, csv_fini(&parser, on_field, on_row, &shape), 0));
    csv_free(&parser);
    return shape;
}

static const char *value_of(const struct csv_shape *shape, unsigned row, const char *column)
{
    for (unsigned i = 0; i < shape->header->len; i++)
        if (!strcmp(g_ptr_array_index(shape->header, i), column))
            return g_ptr_array_index(shape->last, (row - 1) * shape->header->len + i);
    cr_fail("no column %s", column);
    return NULL;
}

Test(rep_out, csv_has_a_row_a_mode_and_as_many_fields_as_its_header)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;
    g_autoptr(GString) csv = g_string_new(NULL);
    struct csv_shape shape;

    fixture_setting(&set, 3);
    set.workload = "with, \"quotes\"";
    runs = fixture_runs(&set);
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    rep_csv_header(csv, &set);
    rep_csv_rows(csv, s, 5);
    shape = read_back(csv);
    cr_assert(eq(uint, shape.rows, 4));
    for (unsigned r = 1; r < 4; r++)
        cr_assert(eq(uint, shape.fields[r], shape.fields[0]));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "workload"), "with, \"quotes\""));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "mode"), "apf"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "point"), "5"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "ledger_user_ns"), "2970000000"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "work_per_s"), "1980"));
    cr_assert(lt(dbl, fabs(atof(value_of(&shape, 3, "gain_ratio")) - 1.98), 1e-12));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "gain_ratio"), ""));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "faults_delivered_count"), "120"));
    cr_assert(eq(str, (char *)value_of(&shape, 2, "why_pv_off_count"), "120"));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "fault_mean_ns"), "12000000"));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "page_in_p99_ns"), ""));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "task_spinner_per_s"), "1000"));
    g_ptr_array_free(shape.header, TRUE);
    g_ptr_array_free(shape.last, TRUE);
    rep_summary_destroy(s);
    fixture_free(runs);
}

Test(rep_out, text_is_at_most_100_columns_and_has_no_escape_codes_unless_asked)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;
    g_autoptr(GString) plain = g_string_new(NULL), colour = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    fixture_setting(&set, 5);
    runs = fixture_runs(&set);
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    rep_text(plain, s, &(struct rep_text_options){.verbose = true});
    rep_text(colour, s, &(struct rep_text_options){.verbose = true, .colour = true});
    lines = g_strsplit(plain->str, "\n", -1);
    for (char **line = lines; *line; line++) {
        cr_assert(le(sz, strlen(*line), REP_WIDTH), "%s", *line);
        cr_assert(not(g_str_has_suffix(*line, " ")), "ends in a blank: '%s'", *line);
    }
    cr_assert(strchr(plain->str, '\033') == NULL);
    cr_assert(strchr(colour->str, '\033') != NULL);
    rep_summary_destroy(s);
    fixture_free(runs);
}

/* The reader's questions in order: what ran, what came out, where the time went, how faults ended
 * and why, how long, what it means. */
Test(rep_out, text_answers_in_the_promised_order)
{
    static const char *const parts[] = {"made-up",
                                        "What, if \"anything\"?",
                                        "0123456789abcdef",
                                        "UTILISATION AND GAIN",
                                        "RATE OF EACH TASK",
                                        "WHERE THE TIME",
                                        "HOW EACH FAULT ENDED",
                                        "WHY NOT ASYNCHRONOUSLY",
                                        "LATENCIES",
                                        "DEVICES",
                                        "VERDICT",
                                        "outcome: "};
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;
    g_autoptr(GString) text = g_string_new(NULL);
    const char *at;

    fixture_setting(&set, 2);
    runs = fixture_runs(&set);
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    rep_text(text, s, &(struct rep_text_options){0});
    at = text->str;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        at = strstr(at, parts[i]);
        cr_assert(at != NULL, "'%s' is missing or out of order", parts[i]);
    }
    rep_summary_destroy(s);
    fixture_free(runs);
}

Test(rep_out, numbers_are_for_people)
{
    static const struct {
        double ns;
        const char *text;
    } rows[] = {{0, "0 ns"},        {7, "7 ns"},         {999, "999 ns"},     {1000, "1.00 us"},
                {12400, "12.4 us"}, {999600, "1.00 ms"}, {12.4e6, "12.4 ms"}, {123e6, "123 ms"},
                {60e9, "60.0 s"},   {9994, "9.99 us"},   {9996, "10.0 us"}};
    char a[REP_NUMBER_BYTES];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        cr_assert(eq(str, rep_format_ns(a, rows[i].ns), (char *)rows[i].text));
    cr_assert(eq(str, rep_format_count(a, 0), "0"));
    cr_assert(eq(str, rep_format_count(a, 999), "999"));
    cr_assert(eq(str, rep_format_count(a, 1234567), "1 234 567"));
    cr_assert(eq(str, rep_format_count(a, UINT64_MAX), "18 446 744 073 709 551 615"));
    cr_assert(eq(str, rep_format_bytes(a, 512u << 20), "512 MiB"));
    cr_assert(eq(str, rep_format_bytes(a, 1536), "1.50 KiB"));
}
