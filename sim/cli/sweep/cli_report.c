/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_report.c - `sim report DIR`: scripts and pictures beside the data, and one page of it all
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apf_host.h"
#include "cli.h"
#include "cli_aside.h"
#include "cli_beside.h"
#include "cli_files.h"
#include "cli_gnuplot.h"
#include "cli_table.h"

static const char summary[] =
    "Draws what sim run --output=DIR or sim sweep --output=DIR has written: a gnuplot script for\n"
    "each picture, which you may edit and run again (gnuplot -d gain.gp; sim report writes it\n"
    "anew), SVG and PNG, and one HTML page that needs no other file. Says where APF begins to pay.";
static const char description[] = "Exit status: 0 good, 2 bad usage, or no results there, 3 "
                                  "gnuplot is missing (data and scripts\n"
                                  "stay) or a file cannot be written. Of a DIR that cannot be "
                                  "written --output makes the page alone.\n"
                                  "sim help words says what the words of a report mean.";

#define PICTURED_MAX 2000 /* points; of more some are drawn */

static bool is_there(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    return access(path, R_OK) == 0;
}

static int write_scripts(const char *dir, const GPtrArray *plots)
{
    g_autofree struct cli_file *file = g_new0(struct cli_file, plots->len + 1);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < plots->len; i++) {
        const struct rep_plot *plot = g_ptr_array_index(plots, i);

        g_ptr_array_add(names, g_strconcat(plot->name, ".gp", NULL));
        file[i].name = g_ptr_array_index(names, i);
        file[i].data = plot->script->str;
        file[i].bytes = plot->script->len;
    }
    return cli_files_write(dir, file, plots->len);
}

static int draw(const char *dir, const GPtrArray *plots)
{
    int status = write_scripts(dir, plots);

    for (guint i = 0; i < plots->len && status == CLI_GOOD; i++)
        status = cli_gnuplot(dir, ((const struct rep_plot *)g_ptr_array_index(plots, i))->name);
    return status;
}

/* The pictures as they were drawn; texts go into `keep`. */
static int read_pictures(const char *dir, const GPtrArray *plots, struct rep_picture *picture,
                         GPtrArray *keep)
{
    for (guint i = 0; i < plots->len; i++) {
        const struct rep_plot *plot = g_ptr_array_index(plots, i);
        g_autofree char *svg = g_strconcat(plot->name, ".svg", NULL);
        char *text = cli_files_read(dir, svg, &picture[i].bytes);

        g_ptr_array_add(keep, text);
        if (!text || !picture[i].bytes)
            return cli_fail(CLI_MISSING, "gnuplot left no %s/%s", dir, svg);
        picture[i].caption = plot->caption;
        picture[i].svg = text;
    }
    return CLI_GOOD;
}

static const char *why_help(const char *key)
{
    for (unsigned w = 0; w < APF_WHY_COUNT; w++)
        if (!strcmp(apf_why_name[w], key))
            return apf_why_text[w];
    return NULL;
}

/* Of a large sweep a part of it, which lies beside it: gnuplot reads its table once a curve.
 * NULL: said. `place` here and below: where scripts and pictures go. */
static GPtrArray *plots_of(const char *place, const struct rep_study *study, size_t *ret_pictured)
{
    g_autoptr(GString) part = rep_study_thin(study, PICTURED_MAX);
    g_autofree char *path = g_build_filename(place, REP_PICTURES_CSV, NULL);
    g_autoptr(GError) error = NULL;
    struct rep_study *thin;
    GPtrArray *plots;

    *ret_pictured = 0;
    if (!part)
        return rep_plots(study);
    if (cli_files_write_path(path, part->str, part->len) != CLI_GOOD)
        return NULL;
    thin = rep_study_read(path, cfg_help, &error);
    if (!thin) {
        cli_fail(CLI_MISSING, "%s", error->message);
        return NULL;
    }
    thin->whole = study;
    plots = rep_plots(thin);
    *ret_pictured = thin->points;
    rep_study_free(thin);
    return plots;
}

static int write_page(const char *dir, const char *place, const char *file,
                      const struct rep_study *study, const GPtrArray *plots, size_t pictured)
{
    g_autofree struct rep_picture *picture = g_new0(struct rep_picture, plots->len + 1);
    g_autoptr(GPtrArray) drawn = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) html = g_string_new(NULL);
    int status = read_pictures(place, plots, picture, drawn);
    struct cli_beside b;

    if (status != CLI_GOOD)
        return status;
    cli_beside_read(&b, dir, study);
    const struct rep_page page = {.study = study,
                                  .picture = picture,
                                  .pictures = plots->len,
                                  .pictured = pictured,
                                  .fact = (const struct rep_fact *)(const void *)b.facts->data,
                                  .facts = b.facts->len,
                                  .question = b.question,
                                  .command = b.command,
                                  .report = b.report,
                                  .params = b.params,
                                  .why_help = why_help};

    rep_html(html, &page);
    cli_beside_clear(&b);
    return cli_files_write_path(file, html->str, html->len);
}

static int say(const char *dir, const char *file, const struct rep_study *study, bool aside)
{
    g_autoptr(GString) out = g_string_new(NULL);

    g_string_append_printf(out, "wrote %s\n", file);
    if (aside)
        g_string_append_printf(out, "%s cannot be written: the pictures are in the page alone\n",
                               dir);
    rep_break_evens_print(out, study);
    return cli_print(out->str, out->len);
}

static int make_in(const char *dir, const char *place, const char *file,
                   const struct rep_study *study)
{
    size_t pictured;
    g_autoptr(GPtrArray) plots = plots_of(place, study, &pictured);
    g_autofree char *path = g_build_filename(dir, REP_LATENCIES_CSV, NULL);
    g_autoptr(GError) error = NULL;
    int status;

    if (!plots)
        return CLI_MISSING;
    if (!study->axes && cli_files_strange(path))
        return CLI_USAGE;
    if (!study->axes && is_there(dir, REP_LATENCIES_CSV) &&
        !rep_plot_latencies(plots, path, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return CLI_USAGE;
    }
    status = draw(place, plots);
    return status == CLI_GOOD ? write_page(dir, place, file, study, plots, pictured) : status;
}

/* Results may lie where nobody can write: then it is drawn aside, and only the page stays. Scripts
 * that could not be drawn stay, too, as the message says. */
static int make(const char *dir, const char *file, const struct rep_study *study)
{
    static const char *const data[] = {REP_SWEEP_CSV, REP_RESULT_CSV, REP_LATENCIES_CSV};
    g_autofree char *page = file ? g_strdup(file) : g_build_filename(dir, "report.html", NULL);
    bool written = access(dir, W_OK | X_OK) == 0;
    g_autofree char *aside = NULL;
    int status;

    if (!written && !file)
        return cli_fail(CLI_MISSING,
                        "%s: cannot write there: %s; --output=FILE.html puts the page elsewhere",
                        dir, g_strerror(errno));
    aside = written ? NULL : cli_aside_make(dir, data, G_N_ELEMENTS(data));
    if (!written && !aside)
        return CLI_MISSING;
    status = make_in(dir, aside ? aside : dir, page, study);
    if (aside && status == CLI_GOOD)
        cli_aside_remove(aside);
    return status == CLI_GOOD ? say(dir, page, study, aside) : status;
}

static int report(const char *dir, const char *file)
{
    const char *csv = is_there(dir, REP_SWEEP_CSV) ? REP_SWEEP_CSV : REP_RESULT_CSV;
    g_autofree char *path = g_build_filename(dir, csv, NULL);
    g_autoptr(GError) error = NULL;
    struct rep_study *study;
    int status;

    if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
        return cli_fail(CLI_USAGE, "%s: %s; sim run --output=DIR makes one with results", dir,
                        access(dir, F_OK) == 0 ? "not a directory" : "no such directory");
    if (!is_there(dir, csv))
        return cli_fail(CLI_USAGE,
                        "%s: neither %s nor %s there; sim run or a finished sim sweep with "
                        "--output=%s writes one",
                        dir, REP_SWEEP_CSV, REP_RESULT_CSV, dir);
    if (cli_files_strange(path))
        return CLI_USAGE;
    if (!strcmp(csv, REP_SWEEP_CSV) && (status = cli_table_check(dir)) != CLI_GOOD)
        return status;
    study = rep_study_read(path, cfg_help, &error);
    if (!study) {
        fprintf(stderr, "%s\n", error->message);
        return CLI_USAGE;
    }
    status = make(dir, file, study);
    rep_study_free(study);
    return status;
}

int cli_report(int argc, char **argv)
{
    g_autofree char *output = NULL;
    g_auto(GStrv) dirs = NULL;
    const GOptionEntry entries[] = {
        {"output", 0, 0, G_OPTION_ARG_STRING, &output, "The page (default: DIR/report.html)",
         "FILE.html"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &dirs, NULL, "DIR"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    int status;

    if (!cli_parse(argc, argv, entries, summary, description, &status))
        return status;
    if (!dirs)
        return cli_fail(CLI_USAGE, "no directory: sim report DIR");
    if (dirs[1])
        return cli_fail(CLI_USAGE, "'%s' is not expected here: one DIR is enough", dirs[1]);
    if (output && !g_str_has_suffix(output, ".html"))
        return cli_fail(CLI_USAGE, "--output=%s: a page ends in .html", output);
    return report(dirs[0], output);
}
