/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rep_plot.c - what stands in the scripts of pictures: names as given, nothing clipped,
 * nothing left out without a word */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "rep_plot.h"

static const char *help_of(const char *key, bool *ret_named)
{
    *ret_named = !strcmp(key, "host.kernel");
    return strstr(key, "rate") ? "poisson, constant: arrival rate in requests/s; of a task"
                               : "version of the host; tip: the newest";
}

static struct rep_study *study_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("study-XXXXXX", &path, NULL);
    struct rep_study *s;

    cr_assert(fd >= 0 && close(fd) == 0 && g_file_set_contents(path, text, -1, NULL));
    s = rep_study_read(path, help_of, &error);
    cr_assert(s != NULL, "%s", error ? error->message : "");
    cr_assert(g_unlink(path) == 0);
    return s;
}

/* One axis, mode apf against off, a gain for each value. */
static struct rep_study *line_of(const char *column, const char *const *value, const char *gain)
{
    g_autoptr(GString) csv = g_string_new(column);

    g_string_append(csv, ",point,mode,gain_ratio,gain_ratio_ci95\n");
    for (unsigned i = 0; value[i]; i++)
        g_string_append_printf(csv, "%s,%u,off,,\n%s,%u,apf,%s,0.001\n", value[i], i, value[i], i,
                               gain);
    return study_of(csv->str);
}

/* The script of one picture; NULL: there is none. */
static char *script_of(const struct rep_study *s, const char *name)
{
    g_autoptr(GPtrArray) plots = rep_plots(s);

    for (guint i = 0; i < plots->len; i++) {
        const struct rep_plot *p = g_ptr_array_index(plots, i);

        if (!strcmp(p->name, name))
            return g_strdup(p->script->str);
    }
    return NULL;
}

static void has(const char *script, const char *part)
{
    cr_assert(script && strstr(script, part) != NULL, "no %s in\n%s", part, script);
}

Test(rep_plot, versions_are_names_and_stand_as_they_were_given)
{
    static const char *const kernels[] = {"5.10", "6.1", "6.12", "5.8", NULL};
    struct rep_study *s = line_of("host.kernel", kernels, "1.2");
    g_autofree char *script = script_of(s, "gain");

    has(script, "set xtics ('5.10' 0, '6.1' 1, '6.12' 2, '5.8' 3)\n");
    has(script, "set xlabel 'version of the host (host.kernel)'");
    has(script, " with points ");
    cr_assert(strstr(script, "linespoints") == NULL, "nothing lies between names");
    rep_study_free(s);
}

/* gnuplot cuts a quoted text at its first comma; the number of the point tells such names. */
Test(rep_plot, names_with_commas_are_told_by_the_number_of_the_point)
{
    static const char *const times[] = {"\"lognormal(1us,2us)\"", "\"lognormal(1us,3us)\"", NULL};
    struct rep_study *s = line_of("tasks.x.loop.1.compute", times, "1.2");
    g_autofree char *script = script_of(s, "gain");

    has(script, "'lognormal(1us,2us)' 0, 'lognormal(1us,3us)' 1");
    has(script, "int(column('point')) / 1 % 2");
    rep_study_free(s);
}

Test(rep_plot, what_comes_before_a_colon_is_no_label)
{
    static const char *const rates[] = {"1000", "3000", NULL};
    struct rep_study *s = line_of("tasks.web.arrivals.rate_per_s", rates, "1.2");
    g_autofree char *script = script_of(s, "gain");

    has(script, "set xlabel 'arrival rate in requests/s (tasks.web.arrivals.rate)'");
    has(script, "set xtics ('1000' 1000, '3000' 3000)\n");
    rep_study_free(s);
}

Test(rep_plot, of_odd_values_on_a_long_axis_the_decades_are_tics)
{
    static const char *const times[] = {"1000",    "4116",    "16945",    "69745", "287081",
                                        "1181657", "4863802", "20000000", NULL};
    struct rep_study *s = line_of("disk.read_ns", times, "1.2");
    g_autofree char *script = script_of(s, "gain");

    has(script, "set logscale x\n");
    has(script, "set xtics ('1 us' 1000, '10 us' 10000, '100 us' 100000, '1 ms' 1000000, "
                "'10 ms' 10000000)\n");
    rep_study_free(s);
}

Test(rep_plot, equal_steps_stay_equal)
{
    static const char *const counts[] = {"1", "11", "21", "31", "41", NULL};
    struct rep_study *s = line_of("tasks.x.count", counts, "1.2");

    cr_assert(s->axis[0].log == false, "40 times as much, but in equal steps");
    rep_study_free(s);
}

Test(rep_plot, noise_around_1_is_drawn_small)
{
    static const char *const counts[] = {"1", "2", NULL};
    struct rep_study *s = line_of("tasks.x.count", counts, "1.001");
    g_autofree char *script = script_of(s, "gain");

    has(script, "set yrange [0.95:1.05]\n");
    rep_study_free(s);
}

/* 2 values of disk.read, 8 of a count; it gains at the last count only. */
Test(rep_plot, what_is_left_out_is_said_and_the_break_even_says_of_what)
{
    g_autoptr(GString) csv =
        g_string_new("disk.read_ns,tasks.x.count,point,mode,gain_ratio,gain_ratio_ci95\n");

    for (unsigned read = 0; read < 2; read++)
        for (unsigned count = 1; count <= 8; count++)
            g_string_append_printf(csv, "%u,%u,0,off,,\n%u,%u,0,halt,1,0.01\n%u,%u,0,apf,%s,0.01\n",
                                   read + 1, count, read + 1, count, read + 1, count,
                                   read && count == 8 ? "1.5" : "0.5");
    struct rep_study *s = study_of(csv->str);
    g_autofree char *gain = script_of(s, "gain"), *ledger = script_of(s, "utilization");

    has(gain,
        "'tasks.x.count = 8: APF begins to gain between 1 ns and 2 ns (by straight'.\"\\n\".'");
    has(gain, "6 of 8 values of tasks.x.count are drawn; ");
    has(gain, "mode apf; of mode halt see the CSV file");
    has(ledger, "6 of 8 values of tasks.x.count are drawn; ");
    rep_study_free(s);
}

Test(rep_plot, a_long_text_becomes_lines_that_fit)
{
    static const char text[] = "APF begins to gain between 4.116 us and 16.9 us (by straight lines "
                               "5.96 us); tasks.a-name.of.thirty-one.letters.that.has.no.blank.in."
                               "it.and.goes.on.for.ever.and.ever.and.one.letter.more";
    g_autoptr(GString) out = g_string_new(NULL);
    unsigned lines = rep_gp_lines(out, text, 200);
    g_auto(GStrv) parts = g_strsplit(out->str, ".\"\\n\".", -1);

    cr_assert(lines > 4 && g_strv_length(parts) == lines);
    for (unsigned i = 0; i < lines; i++) {
        cr_assert(parts[i][0] == '\'' && parts[i][strlen(parts[i]) - 1] == '\'', "%s", parts[i]);
        parts[i][strlen(parts[i]) - 1] = 0;
        cr_assert(rep_gp_width(parts[i] + 1, REP_GP_FONT) <= 200, "%s", parts[i]);
        cr_assert(g_str_has_prefix(parts[i] + 1, "us") == FALSE,
                  "a number and its unit stay together");
    }
    g_autofree char *cut = rep_gp_fitting(text, 100, REP_GP_FONT);

    cr_assert(g_str_has_suffix(cut, "...") && rep_gp_width(cut, REP_GP_FONT) <= 100, "%s", cut);
    g_autofree char *whole = rep_gp_fitting("5.10", 100, REP_GP_FONT);

    cr_assert_str_eq(whole, "5.10");
}

static const char service[] =
    "tasks.web.arrivals.rate_per_s,point,mode,gain_ratio,gain_ratio_ci95,task_web_request_p50_ns,"
    "task_web_request_p99_ns,task_web_request_p50_ns_ci95,task_web_request_p99_ns_ci95,"
    "task_web_request_p99_ratio,task_web_request_p99_ratio_ci95\n"
    "1000.5,0,off,,,200000,1000000,10,5000,,\n"
    "1000.5,0,apf,1,0.01,200000,500000,10,5000,0.5,0.01\n"
    "2000,1,off,,,300000,40000000,10,5000,,\n"
    "2000,1,apf,1,0.01,200000,10000000,10,5000,0.25,0.01\n";

/* Requests come at a rate that is given: the work says nothing, their p99 does. */
Test(rep_plot, of_a_service_the_requests_are_drawn_with_their_intervals)
{
    struct rep_study *s = study_of(service);
    g_autofree char *script = script_of(s, "requests_web");

    has(script, "set logscale y\n");
    has(script, "set ylabel 'time to the answer (ms)'\n");
    has(script, ":(1e-06*column('task_web_request_p99_ns_ci95')) with yerrorbars");
    has(script, ":(1e-06*column('task_web_request_p50_ns_ci95')) with yerrorbars");
    has(script, "linecolor '#000000' title 'off p99'");
    has(script, "dashtype (6,4) linecolor '#0072B2' title 'apf p50'");
    rep_study_free(s);
}

Test(rep_plot, of_many_kinds_that_serve_the_pictures_say_how_many_are_drawn)
{
    g_autoptr(GString) csv = g_string_new("disk.read_ns,point,mode");
    struct rep_study *s;

    for (unsigned i = 0; i < 7; i++)
        g_string_append_printf(csv, ",task_k%u_request_p99_ns", i);
    g_string_append(csv, "\n1,0,apf,1,1,1,1,1,1,1\n2,1,apf,2,2,2,2,2,2,2\n");
    s = study_of(csv->str);
    g_autofree char *sixth = script_of(s, "requests_k5"), *seventh = script_of(s, "requests_k6");

    has(sixth, "6 of 7 kinds of tasks that serve are drawn");
    cr_assert(seventh == NULL);
    rep_study_free(s);
}

Test(rep_crossing, of_a_service_the_p99_comes_before_the_work)
{
    struct rep_study *s = study_of(service);
    g_autoptr(GString) out = g_string_new(NULL);

    rep_break_evens_print(out, s);
    cr_assert_str_eq(out->str,
                     "\nBREAK-EVEN  (along tasks.web.arrivals.rate; 1 = no APF; p99: 99 % of the "
                     "requests took no longer)\n"
                     "  APF lowers the p99 of web at every point; with / without: 0.25 to 0.5\n"
                     "  APF makes no clear difference to the work anywhere\n");
    rep_study_free(s);
}

/* As docs/words.md has it: a difference of less than 1 % is none worth naming. */
Test(rep_crossing, what_is_clear_but_slight_is_neither_gain_nor_loss)
{
    static const char *const times[] = {"1000", "2000", NULL};
    struct rep_study *slight = line_of("disk.read_ns", times, "0.995"),
                     *more = line_of("disk.read_ns", times, "0.985");
    g_autoptr(GString) out = g_string_new(NULL);

    rep_break_evens_print(out, slight);
    cr_assert(strstr(out->str, "  APF changes the work by less than 1 % at every point\n") != NULL,
              "%s", out->str);
    g_string_truncate(out, 0);
    rep_break_evens_print(out, more);
    cr_assert(strstr(out->str, "  APF loses at every point\n") != NULL, "%s", out->str);
    rep_study_free(slight);
    rep_study_free(more);
}

Test(rep_crossing, apf_is_the_question_and_comes_first)
{
    struct rep_study *s = study_of("disk.read_ns,point,mode,gain_ratio,gain_ratio_ci95\n"
                                   "1000,0,off,,\n1000,0,halt,0.9,0.01\n1000,0,apf,1.1,0.01\n"
                                   "2000,1,off,,\n2000,1,halt,0.9,0.01\n2000,1,apf,1.2,0.01\n");
    g_autoptr(GString) out = g_string_new(NULL);

    rep_break_evens_print(out, s);
    cr_assert_str_eq(out->str, "\nBREAK-EVEN  (along disk.read; 1 = no APF)\n"
                               "  APF gains at every point\n"
                               "  halting alone loses at every point\n");
    rep_study_free(s);
}
