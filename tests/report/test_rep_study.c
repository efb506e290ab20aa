/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_rep_study.c - CSV files read back, axes, and break-evens against lines drawn by hand */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "rep_plot.h"

static void near(double got, double want)
{
    cr_assert(fabs(got - want) <= 1e-9 * fabs(want), "%.12g is not %.12g", got, want);
}

/* The study of a text, or what is wrong with it. */
static struct rep_study *study_of(const char *text, char **ret_message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    struct rep_study *s;
    int fd = g_file_open_tmp("study-XXXXXX", &path, NULL);

    cr_assert(fd >= 0 && close(fd) == 0 && g_file_set_contents(path, text, -1, NULL));
    s = rep_study_read(path, NULL, &error);
    *ret_message = error ? g_strdup(strchr(error->message, ':')) : NULL;
    cr_assert(g_unlink(path) == 0);
    cr_assert(s ? *ret_message == NULL : *ret_message != NULL, "a study or a message");
    return s;
}

static struct rep_study *good(const char *text)
{
    g_autofree char *message = NULL;
    struct rep_study *s = study_of(text, &message);

    cr_assert(s != NULL, "%s", message);
    return s;
}

static const char grid[] = "disk.read_ns,guest.kernel,point,mode,gain_ratio,gain_ratio_ci95\n"
                           "100000,6.1,0,off,,\n"
                           "100000,6.1,0,apf,1.5,0.1\n"
                           "100000,tip,1,off,,\n"
                           "100000,tip,1,apf,\"1.75\",0.1\n"
                           "1000,6.1,2,off,,\n"
                           "1000,6.1,2,apf,0.5,0.1\n"
                           "1000,tip,3,off,,\n"
                           "1000,tip,3,apf,0.25,0.1\n";

Test(rep_study, a_grid_is_found_in_any_order_of_rows)
{
    struct rep_study *s = good(grid);
    char text[REP_LEVEL_BYTES];
    int apf = rep_study_mode(s, "apf");

    cr_assert(s->axes == 2 && s->points == 4 && s->modes == 2 && apf == 1);
    cr_assert(s->axis[0].unit == REP_UNIT_NS && s->axis[0].levels == 2 && s->axis[0].log);
    cr_assert_str_eq(s->axis[0].key, "disk.read");
    cr_assert_str_eq(rep_axis_format(&s->axis[0], 1000, text), "1 us");
    cr_assert(s->axis[1].unit == REP_UNIT_WORD && s->axis[1].levels == 2);
    cr_assert_str_eq(rep_axis_format(&s->axis[1], 1, text), "tip");
    near(rep_study_value(s, 1, rep_study_point(s, 0, 1, 1), "gain_ratio"), 0.25);
    near(rep_study_value(s, 1, rep_study_point(s, 0, 0, 1), "gain_ratio"), 1.5);
    cr_assert(isnan(rep_study_value(s, 0, 0, "gain_ratio")), "mode off has none");
    rep_study_free(s);
}

Test(rep_study, what_is_no_result_is_refused_with_its_line)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"", "no rows"},
        {"point,mode,gain_ratio\n", "no rows"},
        {"a,b\n1,2\n", "no column 'point'"},
        {"point,gain_ratio\n0,1\n", "no column 'mode'"},
        {"point,mode\n0,off\n0\n", ":3: error: 1 cells, the header has 2"},
        {"point,mode\n0,off\n0,off,1\n", ":3: error: 3 cells"},
        {"point,mode\n0,\"off\n", "a quote where none may stand"},
        {"point,mode\n0,off\n0,off\n", ":3: error: the same mode and point as line 2"},
        {"point,mode\n0,a\n0,b\n0,c\n0,d\n", ":5: error: 'd' is a mode too many"},
        {"a,b,c,d,e,f,g,point,mode\n1,2,3,4,5,6,7,0,off\n", "7 columns before 'point'"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *message = NULL;

        cr_assert(study_of(bad[i].text, &message) == NULL, "%s", bad[i].text);
        cr_assert(strstr(message, bad[i].part) != NULL, "'%s' has not '%s'", message, bad[i].part);
    }
}

/* gain = x / 4 with half widths of 0.1: the ends cross 1 at 3.6 and 4.4 exactly. No step between
 * the clear points is greater than REP_FINE_STEP. */
Test(rep_crossing, a_straight_line_crosses_where_it_does)
{
    const double x[] = {1, 3.5, 4.25, 5, 8}, gain[] = {0.25, 0.875, 1.0625, 1.25, 2};
    const double ci[] = {0.1, 0.1, 0.1, 0.1, 0.1};
    struct rep_crossing c[2];

    cr_assert(rep_crossings(x, gain, ci, 5, false, c, 2) == 1);
    near(c[0].at, 4);
    near(c[0].low, 3.6);
    near(c[0].high, 4.4);
    cr_assert(c[0].rises && !c[0].coarse);
    cr_assert(rep_crossings(x, gain, ci, 5, true, c, 2) == 1);
    near(c[0].at, 4);
    near(c[0].low, 3.5 * pow(4.25 / 3.5, 2.0 / 15)); /* the upper end: 0.975 to 1.1625, in log x */
    near(c[0].high, 4.4);
}

/* What lies between far points is unknown: the interval is never narrower than they lie apart. */
Test(rep_crossing, a_coarse_grid_gives_its_own_points)
{
    const double ci[] = {0.001, 0.001, 0.001}, x[] = {0, 200, 400}, gain[] = {0.9, 5, 9};
    const double steps[] = {REP_FINE_STEP, REP_FINE_STEP * 1.001};
    struct rep_crossing c[2];

    cr_assert(rep_crossings(x, gain, ci, 3, false, c, 2) == 1);
    cr_assert(c[0].coarse && c[0].low == 0 && c[0].high == 200);
    near(c[0].at, 200 * 0.1 / 4.1);
    for (unsigned i = 0; i < 2; i++) {
        const double two[] = {100, 100 * steps[i]};

        cr_assert(rep_crossings(two, gain, ci, 2, false, c, 2) == 1);
        cr_assert(c[0].coarse == (i == 1) && (c[0].low == 100) == (i == 1));
    }
}

Test(rep_crossing, points_that_are_not_clear_lie_inside_the_interval)
{
    const double x[] = {10, 11, 12, 13}, gain[] = {0.8, 1.01, 0.99, 1.2},
                 ci[] = {0.1, 0.1, 0.1, 0.1};
    struct rep_crossing c[2];

    cr_assert(rep_crossings(x, gain, ci, 4, false, c, 2) == 1);
    cr_assert(c[0].low > 10 && c[0].low < 11 && c[0].high > 12 && c[0].high < 13);
    cr_assert(c[0].at > c[0].low && c[0].at < c[0].high);
}

Test(rep_crossing, no_clear_difference_is_no_break_even)
{
    const double x[] = {1, 2, 3}, near_1[] = {0.99, 1.02, 0.98}, wide[] = {0.1, 0.1, 0.1};
    const double none[] = {NAN, NAN, NAN}, up_down[] = {0.5, 1.5, 0.5};
    struct rep_crossing c[4];

    cr_assert(rep_crossings(x, near_1, wide, 3, false, c, 4) == 0);
    cr_assert(rep_crossings(x, up_down, none, 3, false, c, 4) == 2, "without intervals: means");
    near(c[0].at, 1.5);
    near(c[1].at, 2.5);
    cr_assert(c[0].rises && !c[1].rises);
}

Test(rep_crossing, what_is_said_of_a_grid)
{
    struct rep_study *s = good(grid);
    g_autoptr(GString) out = g_string_new(NULL);

    rep_break_evens_print(out, s);
    cr_assert_str_eq(out->str,
                     "\nBREAK-EVEN  (along disk.read; 1 = no APF)\n"
                     "  any guest.kernel: APF begins to gain between 1 us and 100 us (by straight "
                     "lines 50.5 us); refine there\n");
    rep_study_free(s);
    s = good("disk.read_ns,point,mode,gain_ratio,gain_ratio_ci95\n"
             "1000,0,apf,0.9,0.01\n1200,1,apf,1.1,0.01\n");
    g_string_truncate(out, 0);
    rep_break_evens_print(out, s);
    cr_assert(strstr(out->str, "  APF gains from 1.1 us (95 %: 1.09 us .. 1.11 us) on\n") != NULL,
              "%s", out->str);
    rep_study_free(s);
}

/* Between two whole numbers, or two words, there is nothing at which it could begin. */
Test(rep_crossing, of_whole_numbers_and_words_each_is_named)
{
    static const struct {
        const char *gains[7], *want;
    } lines[] = {
        {{"0.9", "1.1", "0.8"}, "APF gains at 2; loses at 1 and at 3\n"},
        {{"0.9", "1.005", "1.1"}, "APF gains at 3; loses at 1; makes no clear difference at 2\n"},
        {{"0.9", "0.8", "1.2", "1.3", "1.4"}, "APF gains at 3 .. 5; loses at 1 and at 2\n"},
        {{"1.2", "1.3"}, "APF gains at every point\n"},
        {{"1.2", "1.3", "1.005", "1.005", "1.3"},
         "APF gains at 1 and at 2 and at 5; makes no clear difference elsewhere\n"},
        {{"1.2", "1", "1.3", "1", "1.3"},
         "APF gains at every point where the difference is clear\n"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GString) csv =
            g_string_new("guest.vcpus,point,mode,gain_ratio,gain_ratio_ci95\n");
        g_autoptr(GString) out = g_string_new(NULL);
        struct rep_study *s;

        for (unsigned k = 0; lines[i].gains[k]; k++)
            g_string_append_printf(csv, "%u,%u,apf,%s,0.01\n", k + 1, k, lines[i].gains[k]);
        s = good(csv->str);
        rep_break_evens_print(out, s);
        cr_assert(g_str_has_suffix(out->str, lines[i].want), "%s", out->str);
        rep_study_free(s);
    }
    g_autoptr(GString) words = g_string_new(NULL);
    struct rep_study *s = good("guest.tickless,point,mode,gain_ratio,gain_ratio_ci95\n"
                               "true,0,apf,1.2,0.01\nfalse,1,apf,0.8,0.01\n");

    rep_break_evens_print(words, s);
    cr_assert(g_str_has_suffix(words->str, "  APF gains at true; loses at false\n"), "%s",
              words->str);
    rep_study_free(s);
}

/* What holds for several levels of another axis is one line; mode apf comes before halt. */
Test(rep_crossing, the_same_of_many_lines_is_said_once)
{
    static const char *const gains[] = {"0.8", "1.2", "1.2", "1.2", "0.8", "1.2"};
    static const char *const want =
        "  tasks.worker.count = 1, 5: APF loses at every point\n"
        "  tasks.worker.count = 2 .. 4, 6: APF gains at every point\n"
        "  any tasks.worker.count: halting alone loses at every point\n";
    g_autoptr(GString) csv =
        g_string_new("disk.read_ns,tasks.worker.count,point,mode,gain_ratio,gain_ratio_ci95\n");
    g_autoptr(GString) out = g_string_new(NULL);
    struct rep_study *s;

    for (unsigned i = 0; i < 2 * G_N_ELEMENTS(gains); i++) {
        unsigned count = i % G_N_ELEMENTS(gains), read = i < G_N_ELEMENTS(gains) ? 1000 : 2000;

        g_string_append_printf(csv, "%u,%u,%u,halt,0.5,0.01\n%u,%u,%u,apf,%s,0.01\n", read,
                               count + 1, i, read, count + 1, i, gains[count]);
    }
    s = good(csv->str);
    rep_break_evens_print(out, s);
    cr_assert(g_str_has_suffix(out->str, want), "%s", out->str);
    rep_study_free(s);
}

static bool has_plot(const GPtrArray *plots, const char *name)
{
    for (guint i = 0; i < plots->len; i++)
        if (!strcmp(((const struct rep_plot *)g_ptr_array_index(plots, i))->name, name))
            return true;
    return false;
}

Test(rep_plot, a_grid_has_curves_and_a_map_a_run_only_its_ledger)
{
    struct rep_study *s = good(grid);
    g_autoptr(GPtrArray) of_grid = rep_plots(s);

    cr_assert(has_plot(of_grid, "gain") && has_plot(of_grid, "heat"));
    rep_study_free(s);
    s = good("point,mode,ledger_user_ns\n0,off,5\n");
    g_autoptr(GPtrArray) of_run = rep_plots(s);

    cr_assert(of_run->len == 1 && has_plot(of_run, "ledger"));
    rep_study_free(s);
}

Test(rep_plot, quotes_in_names_do_not_end_a_script_s_strings)
{
    g_autoptr(GString) out = g_string_new(NULL);

    rep_gp_quote(out, "it's 50 %");
    rep_gp_tic(out, "50 %");
    cr_assert_str_eq(out->str, "'it''s 50 %''50 %%'");
}

/* A file is somebody else's: nothing in it may become a line of a script. */
Test(rep_plot, a_line_end_in_a_column_s_name_starts_no_command)
{
    struct rep_study *s = good("\"x\nsystem 'reboot'\",point,mode,gain_ratio\n"
                               "1,0,off,\n2,0,off,\n1,0,apf,1\n2,0,apf,2\n");
    g_autoptr(GPtrArray) plots = rep_plots(s);

    cr_assert(has_plot(plots, "gain"));
    for (guint i = 0; i < plots->len; i++)
        cr_assert(strstr(((const struct rep_plot *)g_ptr_array_index(plots, i))->script->str,
                         "\nsystem") == NULL);
    rep_study_free(s);
}
