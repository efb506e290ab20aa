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
    struct rep_csv columns;
    struct csv_shape shape;

    fixture_setting(&set, 3);
    set.workload = "with, \"quotes\"";
    runs = fixture_runs(&set);
    fixture_share(&set, runs);
    fixture_guests(&set);
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    columns = rep_csv_of(&set);
    rep_csv_header(csv, &set, &columns);
    rep_csv_rows(csv, s, &columns, 5, NULL);
    shape = read_back(csv);
    cr_assert(eq(uint, shape.rows, 4));
    for (unsigned r = 1; r < 4; r++)
        cr_assert(eq(uint, shape.fields[r], shape.fields[0]));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "workload"), "with, \"quotes\""));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "mode"), "apf"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "point"), "5"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "ledger_user_ns"), "2970000000"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "work_per_s"), "2020"));
    cr_assert(lt(dbl, fabs(atof(value_of(&shape, 3, "gain_ratio")) - 2020.0 / 1040), 1e-12));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "gain_ratio"), ""));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "host_utilization_share"), "0.5"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "host_work_per_cpu_s"), "2020"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "host_idle_ns"), "3000000000"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "guest_web_work_per_s"), "1980"));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "guest_db_gain_ratio"), "1"));
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
    fixture_share(&set, runs);
    fixture_guests(&set);
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
                                        "answer   APF gains 1.98x",
                                        "hdd, 1 channel",
                                        "modes    off: ",
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

static void drop_device_time(struct rep_result *r)
{
    sim_hist_clear(&r->latency[LATENCY_DISK_WAIT]);
    sim_hist_add_n(&r->latency[LATENCY_DISK_WAIT], 0, 10);
}

/* WHAT is in the report of the fixture's runs, as `make` changed them. */
static bool is_in_text(const char *what, bool verbose, fixture_change *make)
{
    struct fixture_judged judged;
    g_autoptr(GString) text = g_string_new(NULL);

    fixture_judge(&judged, 3, make);
    rep_text(text, judged.summary, &(struct rep_text_options){.verbose = verbose});
    fixture_judged_free(&judged);
    return strstr(text->str, what) != NULL;
}

static void no_change(struct rep_setting *set, struct rep_result **run)
{
    (void)set, (void)run;
}

static void no_queue(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t i = 0; i < 3 * set->replicas; i++)
        drop_device_time(run[i]);
}

static void some_queue(struct rep_setting *set, struct rep_result **run)
{
    no_queue(set, run);
    sim_hist_add_n(&run[0]->latency[LATENCY_DISK_WAIT], SIM_US, 1);
}

static void panic(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t i = 2 * set->replicas; i < 3 * set->replicas; i++)
        run[i]->outcome = SIM_GUEST_PANIC;
}

static void lose_a_fault(struct rep_setting *set, struct rep_result **run)
{
    (void)set;
    run[0]->flow.in_flight_ns *= 2;
}

/* Nine wait from the begin to beyond the end of each run: little is known of how long. */
static void nine_wait(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t i = 0; i < 3 * set->replicas; i++) {
        run[i]->flow.unfinished = 9;
        run[i]->flow.in_flight_ns += 9 * SIM_SEC;
        run[i]->flow.waited_so_far += 9 * SIM_SEC;
    }
}

static void wake(struct rep_result *r, unsigned kind)
{
    sim_hist_add_n(&r->latency[LATENCY_WAKE_TO_RUN], SIM_US, 5);
    sim_hist_add_n(&r->task[kind].wake, SIM_US, 5);
}

static void wake_one_kind(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t i = 0; i < 3 * set->replicas; i++)
        wake(run[i], KIND_FAULTER);
}

static void wake_two_kinds(struct rep_setting *set, struct rep_result **run)
{
    wake_one_kind(set, run);
    wake(run[2 * set->replicas], KIND_SPINNER);
}

static void only_monitor(struct rep_setting *set, struct rep_result **run)
{
    set->monitor_latency = "500us";
    set->channels[REP_DISK_MONITOR] = 2;
    for (uint32_t i = 0; i < 3 * set->replicas; i++) {
        memset(run[i]->disk, 0, sizeof run[i]->disk);
        run[i]->disk[REP_DISK_MONITOR].requests[0] = 40;
    }
}

static void from_command(struct rep_setting *set, struct rep_result **run)
{
    (void)run;
    set->command = "sim run --workload=made-up.yaml --set=a=b";
}

static void apf_panics(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t r = 0; r < set->replicas; r++)
        run[APF * set->replicas + r]->outcome = SIM_GUEST_PANIC;
}

static void all_panic(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t i = 0; i < 3 * set->replicas; i++)
        run[i]->outcome = SIM_GUEST_PANIC;
}

static void no_device(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t i = 0; i < 3 * set->replicas; i++)
        memset(run[i]->disk, 0, sizeof run[i]->disk);
}

static void unclear_change(struct rep_setting *set, struct rep_result **run)
{
    run[2 * set->replicas]->task[KIND_FAULTER].iterations = 39;
    run[2 * set->replicas + 1]->task[KIND_FAULTER].iterations = 41;
}

static void clear_change(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t i = 2 * set->replicas; i < 3 * set->replicas; i++)
        run[i]->task[KIND_FAULTER].iterations = 50;
}

/* 10 requests a run, two of them late (with APF twice as late), two dropped: 24 of 36 in time. */
static void serve(struct rep_setting *set, struct rep_result **run)
{
    struct rep_kind *kind = &set->kind[KIND_SPINNER];

    kind->serves = true;
    kind->objective_ppm = 990000;
    kind->objective_ns = 5 * SIM_MS;
    for (uint32_t i = 0; i < 3 * set->replicas; i++) {
        struct rep_task_result *t = &run[i]->task[KIND_SPINNER];

        t->arrived = 12;
        t->dropped = 2;
        t->within = 8;
        sim_hist_add_n(&t->request, 200, 8);
        sim_hist_add_n(&t->request, (i < 2 * set->replicas ? 7 : 14) * SIM_MS, 2);
    }
}

Test(rep_out, csv_has_requests_of_tasks_that_serve)
{
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;
    g_autoptr(GString) csv = g_string_new(NULL);
    struct rep_csv columns;
    struct csv_shape shape;

    fixture_setting(&set, 3);
    runs = fixture_runs(&set);
    serve(&set, runs);
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    columns = rep_csv_of(&set);
    rep_csv_header(csv, &set, &columns);
    rep_csv_rows(csv, s, &columns, 0, NULL);
    shape = read_back(csv);
    cr_assert(eq(uint, shape.fields[3], shape.fields[0]));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "task_spinner_requests_count"), "36"));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "task_spinner_dropped_count"), "6"));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "task_spinner_answered_count"), "30"));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "task_spinner_request_p50_ns"), "200"));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "task_spinner_request_max_ns"), "7000000"));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "task_spinner_request_p99_ratio"), ""));
    cr_assert(lt(dbl, fabs(atof(value_of(&shape, 3, "task_spinner_request_p99_ratio")) - 2), 0.01));
    cr_assert(eq(str, (char *)value_of(&shape, 3, "task_spinner_request_p99_ratio_ci95"), "0"));
    cr_assert(eq(str, (char *)value_of(&shape, 1, "task_spinner_request_p99_ns_ci95"), "0"));
    cr_assert(lt(dbl,
                 fabs(atof(value_of(&shape, 3, "task_spinner_within_objective_share")) - 24.0 / 36),
                 1e-12));
    g_ptr_array_free(shape.header, TRUE);
    g_ptr_array_free(shape.last, TRUE);
    rep_summary_destroy(s);
    fixture_free(runs);
}

/* Every fault finds its page compressed in memory. */
static void decompress(struct rep_setting *set, struct rep_result **run)
{
    no_device(set, run);
    for (uint32_t i = 0; i < 3 * set->replicas; i++) {
        memset(run[i]->why_count, 0, sizeof run[i]->why_count);
        run[i]->why_count[WHY_INLINE_ZRAM] = 40;
    }
}

/* What holds for every run is left to --verbose; what is wrong is always there. */
/* The faulter ends all runs: after 500 ms, with apf after 250 ms, and 3 ms later in each replica.
 */
static void faulter_ends(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t i = 0; i < 3 * set->replicas; i++) {
        struct rep_task_result *task = &run[i]->task[KIND_FAULTER];
        bool apf = i / set->replicas == APF;

        run[i]->outcome = SIM_ALL_DONE;
        run[i]->wall = task->completion_ns =
            (apf ? 250 : 500) * SIM_MS + i % set->replicas * 3 * SIM_MS;
        task->completed = 1;
        run[i]->task[KIND_SPINNER].iterations += 3 * (i % set->replicas);
    }
}

/* So does the spinner: there are no others. */
static void all_end(struct rep_setting *set, struct rep_result **run)
{
    faulter_ends(set, run);
    for (uint32_t i = 0; i < 3 * set->replicas; i++) {
        run[i]->task[KIND_SPINNER].completed = 1;
        run[i]->task[KIND_SPINNER].completion_ns = 100 * SIM_MS;
    }
}

/* Not so in mode off, where the run goes on to its end. */
static void faulter_ends_with_apf(struct rep_setting *set, struct rep_result **run)
{
    faulter_ends(set, run);
    for (uint32_t i = 0; i < set->replicas; i++) {
        run[i]->outcome = SIM_HORIZON;
        run[i]->task[KIND_FAULTER].completed = 0;
    }
}

static void all_comes(struct rep_setting *set, struct rep_result **run)
{
    for (uint32_t i = set->replicas; i < 3 * set->replicas; i++) {
        run[i]->all_came = 1;
        run[i]->all_came_ns = 250 * SIM_MS + i % set->replicas * 3 * SIM_MS;
    }
}

Test(rep_out, text_has_what_the_reader_needs_and_no_more)
{
    static const struct {
        fixture_change *make;
        const char *what;
        bool plain, verbose;
    } rows[] = {
        {no_change, "REQUESTS", false, false},
        {serve, "REQUESTS", true, true},
        {serve, "spinner    p99 < 5 ms  apf     66.667  MISSED", true, true},
        {no_change, "FAULTS OUTSTANDING", false, true},
        {lose_a_fault, "FAULTS OUTSTANDING", true, true},
        {lose_a_fault, "DISAGREES", true, true},
        {panic, "DISAGREES", false, false},
        {no_change, "agrees", false, true},
        {nine_wait, "agrees", false, false},
        {nine_wait, "cannot be judged: 27 of 147", false, true},
        {no_change, "HIGH-WATER MARKS", false, true},
        {no_queue, "disk_wait  ", false, true},
        {some_queue, "disk_wait  ", true, true},
        {wake_one_kind, "wake_to_run", true, true},
        {wake_one_kind, "wake of", false, false},
        {wake_two_kinds, "wake of faulter", true, true},
        {wake_two_kinds, "wake of spinner", true, true},
        {no_change, "device   hdd, 1 channel", true, true},
        {no_change, "monitor  ", false, false},
        {only_monitor, "monitor  answers userfaultfd in 500us, 2 faults at a time", true, true},
        {only_monitor, "device   hdd, ", false, false},
        {no_device, "device   none: no request was made", true, true},
        {no_change, "command  ", false, false},
        {from_command, "command  sim run --workload=made-up.yaml --set=a=b\n", true, true},
        {decompress, "device   zram: pages are decompressed at once", true, true},
        {decompress, "device   none", false, false},
        {panic, "device   none", false, false},
        {all_panic, "UTILISATION", false, false},
        {all_panic, "no request", false, false},
        {all_panic, "outcome: guest_panic", true, true},
        {apf_panics, "apf             -  -", true, true},
        {apf_panics, "apf          0.00", false, false},
        {unclear_change, "x 1.000 ~", true, true},
        {clear_change, "x 1.250\n", true, true},
        {no_change, "HAD ENDED", false, false},
        {no_change, "BY THEN", false, false},
        {faulter_ends, "faulter  apf   0.253000 s  +- 0.007452  x 0.503\n", true, true},
        {faulter_ends, "faulter  halt  0.503000 s  +- 0.007452  x 1.000 ~\n", true, true},
        {faulter_ends, "spinner *  1 003  1 003  1 983\n", true, true},
        {faulter_ends_with_apf, "faulter  off    not ended  -\n", true, true},
        {faulter_ends_with_apf, "faulter  apf   0.253000 s  +- 0.007452\n", true, true},
        {faulter_ends_with_apf, "BY THEN", false, false},
        {all_end, "spinner  apf   0.100000 s  +- <0.000001  x 1.000 ~\n", true, true},
        {all_end, "BY THEN", false, false},
        {all_end, "\n  task  off", false, false},
        {no_change, "HAD COME", false, false},
        {all_comes, "HAD COME", true, true},
        {all_comes, "  off   not all came  -\n", true, true},
        {all_comes, "  apf     0.253000 s  +- 0.007452\n", true, true},
        {no_change, "+- 0.000", false, false},
        {no_change, "CPU\n", false, true}, /* the longest cell, whole */
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (unsigned verbose = 0; verbose < 2; verbose++)
            cr_assert(eq(int, is_in_text(rows[i].what, verbose, rows[i].make),
                         verbose ? rows[i].verbose : rows[i].plain),
                      "row %zu, '%s', verbose %u", i, rows[i].what, verbose);
}

Test(rep_out, an_interval_is_never_printed_as_zero)
{
    static const struct {
        double ci95;
        int decimals;
        const char *text;
    } rows[] = {{0, 3, "+- <0.001"},       {0.0004, 3, "+- <0.001"}, {0.0006, 3, "+- 0.001"},
                {0.3, 0, "+- <1"},         {0.7, 0, "+- 1"},         {10, 0, "+- 10"},
                {0.000001, 2, "+- <0.01"}, {1.5, 2, "+- 1.50"}};
    char a[REP_NUMBER_BYTES];

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct rep_mean m = {.n = 3, .mean = 1, .ci95 = rows[i].ci95};

        cr_assert(eq(str, rep_format_ci(a, &m, 1, rows[i].decimals), (char *)rows[i].text));
    }
    cr_assert(eq(str, rep_format_ci(a, &(struct rep_mean){.n = 1, .mean = 1}, 1, 3), "-"));
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
