/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_table.c - see cli_table.h
 */
#include "cli_table.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "cli_files.h"
#include "rep_study.h"

#define BREAK_EVEN_ROWS 100000 /* reading more would make somebody wait */

struct table {
    const char *dir;
    struct cli_points *const *p;
    FILE *csv;
    int lock;           /* on the file that is being written, or -1 */
    XXH3_state_t *hash; /* of all bytes of the CSV file */
    struct cli_table_sum *sum;
};

void cli_table_status(GString *out, const struct cli_point_status *status)
{
    g_string_append_printf(out, "%s %s %u\n", status->bad ? "bad" : "good",
                           status->vague ? "vague" : "precise", status->replicas);
}

static bool parse_status(const char *line, struct cli_point_status *ret)
{
    g_autofree char *first = g_strndup(line, strcspn(line, "\n"));
    g_auto(GStrv) part = g_strsplit(first, " ", 4);
    guint64 replicas = 0;

    if (g_strv_length(part) != 3 ||
        !g_ascii_string_to_unsigned(part[2], 10, 1, UINT32_MAX, &replicas, NULL))
        return false;
    *ret = (struct cli_point_status){.replicas = (uint32_t)replicas,
                                     .bad = !strcmp(part[0], "bad"),
                                     .vague = !strcmp(part[1], "vague")};
    return true;
}

/* A name that does not change: only who holds the lock of the points writes it, and what a killed
 * one left is written over. */
static char *beside(const char *dir, const char *name)
{
    g_autofree char *hidden = g_strdup_printf(".%s.tmp", name);

    return g_build_filename(dir, hidden, NULL);
}

static int fail_writing(const char *dir, const char *name)
{
    int error = errno;
    g_autofree char *csv = beside(dir, CLI_TABLE_CSV), *json = beside(dir, CLI_TABLE_JSON);

    unlink(csv);
    unlink(json);
    return cli_fail(CLI_MISSING,
                    "cannot write %s/%s: %s; the points are kept, and the same "
                    "command goes on",
                    dir, name, g_strerror(error));
}

static bool put(struct table *t, const char *data, size_t bytes)
{
    XXH3_64bits_update(t->hash, data, bytes);
    return fwrite(data, 1, bytes, t->csv) == bytes;
}

static int put_point(struct table *t, uint32_t point)
{
    const struct cli_points *p = t->p[point % cli_points_shard(t->p[0]).count];
    struct cli_point_status status;
    size_t bytes = 0;
    g_autofree char *data = cli_points_get(p, point, &bytes);
    char *rows = data ? strchr(data, '\n') : NULL;
    uint32_t count = 0;

    if (!data)
        return CLI_MISSING;
    if (!rows || !parse_status(data, &status))
        return cli_fail(CLI_USAGE, "%s: the record of point %u is none", cli_points_path(p), point);
    for (const char *c = ++rows; *c; c++)
        count += *c == '\n';
    t->sum->rows += count;
    t->sum->runs += (uint64_t)count * status.replicas;
    if (status.bad && !t->sum->bad++)
        t->sum->bad_first = point;
    t->sum->vague += status.vague;
    return put(t, rows, bytes - (size_t)(rows - data)) ? CLI_GOOD
                                                       : fail_writing(t->dir, CLI_TABLE_CSV);
}

static int put_points(struct table *t)
{
    const char *header = cli_points_header(t->p[0]);
    uint32_t points = cli_points_identity(t->p[0])->points;
    int status = put(t, header, strlen(header)) ? CLI_GOOD : fail_writing(t->dir, CLI_TABLE_CSV);

    for (uint32_t i = 0; i < points && status == CLI_GOOD; i++)
        status = put_point(t, i);
    return status;
}

/* Is that file still the one of that name? Another process may have put it in its place. */
static bool is_there_yet(const char *path, int fd)
{
    struct stat mine, there;

    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
}

/* Empty, and ours alone until t->lock is closed: two sim merge would write into one file. Where
 * there are no locks, as on some network file systems, nobody is kept out. */
static int open_alone(struct table *t, const char *path)
{
    t->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (t->lock < 0)
        return fail_writing(t->dir, CLI_TABLE_CSV);
    if ((flock(t->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) ||
        !is_there_yet(path, t->lock))
        return cli_fail(CLI_USAGE, "%s/%s: another sim is making it; let it end first", t->dir,
                        CLI_TABLE_CSV);
    t->csv = ftruncate(t->lock, 0) == 0 ? fdopen(fcntl(t->lock, F_DUPFD_CLOEXEC, 0), "w") : NULL;
    return t->csv ? CLI_GOOD : fail_writing(t->dir, CLI_TABLE_CSV);
}

static int write_csv(struct table *t)
{
    g_autofree char *path = beside(t->dir, CLI_TABLE_CSV);
    int status = open_alone(t, path);

    if (!t->csv)
        return status;
    status = put_points(t);
    if (status == CLI_GOOD && (fflush(t->csv) != 0 || fsync(fileno(t->csv)) != 0))
        status = fail_writing(t->dir, CLI_TABLE_CSV);
    if (fclose(t->csv) != 0 && status == CLI_GOOD)
        status = fail_writing(t->dir, CLI_TABLE_CSV);
    return status;
}

/* The provenance, and what only the end knows. */
static int write_json(struct table *t)
{
    g_autofree char *path = beside(t->dir, CLI_TABLE_JSON);
    FILE *out = fopen(path, "we");
    bool good;

    if (!out)
        return fail_writing(t->dir, CLI_TABLE_JSON);
    good = fprintf(out,
                   "%s  \"rows\": %" PRIu64 ",\n  \"runs\": %" PRIu64 ",\n"
                   "  \"points_that_ended_badly\": %u,\n  \"points_not_precise\": %u,\n"
                   "  \"csv_xxh3\": \"%016" PRIx64 "\"\n}\n",
                   cli_points_provenance(t->p[0]), t->sum->rows, t->sum->runs, t->sum->bad,
                   t->sum->vague, XXH3_64bits_digest(t->hash)) > 0;
    good = fflush(out) == 0 && fsync(fileno(out)) == 0 && good;
    if (fclose(out) != 0 || !good)
        return fail_writing(t->dir, CLI_TABLE_JSON);
    return CLI_GOOD;
}

static bool put_in_place(const char *dir, const char *name)
{
    g_autofree char *from = beside(dir, name), *to = g_build_filename(dir, name, NULL);

    return rename(from, to) == 0;
}

/* The JSON file last: where it is, all is. */
static int rename_both(const char *dir)
{
    int fd;

    if (!put_in_place(dir, CLI_TABLE_CSV))
        return fail_writing(dir, CLI_TABLE_CSV);
    if (!put_in_place(dir, CLI_TABLE_JSON))
        return fail_writing(dir, CLI_TABLE_JSON);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); /* the renames, too; some file systems refuse, and that is no loss of data */
        close(fd);
    }
    return CLI_GOOD;
}

int cli_table_write(const char *dir, struct cli_points *const *p, struct cli_table_sum *ret)
{
    struct table t = {.dir = dir, .p = p, .hash = XXH3_createState(), .sum = ret, .lock = -1};
    int status;

    *ret = (struct cli_table_sum){0};
    XXH3_64bits_reset(t.hash);
    status = write_csv(&t);
    if (status == CLI_GOOD)
        status = write_json(&t);
    if (status == CLI_GOOD)
        status = rename_both(dir);
    if (t.lock >= 0)
        close(t.lock);
    XXH3_freeState(t.hash);
    return status;
}

/* Where APF begins to pay. A table that is no grid of a few axes has no such line. */
static void add_break_evens(GString *out, const char *dir, const struct cli_table_sum *sum)
{
    g_autofree char *path = g_build_filename(dir, CLI_TABLE_CSV, NULL);
    struct rep_study *study;

    if (sum->rows > BREAK_EVEN_ROWS) {
        g_string_append_printf(out, "sim report %s says where APF begins to pay\n", dir);
        return;
    }
    study = rep_study_read(path, cfg_help, NULL);
    if (study)
        rep_break_evens_print(out, study);
    rep_study_free(study);
}

int cli_table_say(const char *dir, const struct cli_table_sum *sum, uint32_t points, bool quiet)
{
    g_autoptr(GString) out = g_string_new(NULL);
    int status = CLI_GOOD;

    g_string_printf(out, "%s/%s: %u point%s, %" PRIu64 " rows, %" PRIu64 " runs\n", dir,
                    CLI_TABLE_CSV, points, points == 1 ? "" : "s", sum->rows, sum->runs);
    if (sum->vague)
        g_string_append_printf(out, "%u point%s did not reach the precision: %s say how near\n",
                               sum->vague, sum->vague == 1 ? "" : "s",
                               sum->vague == 1 ? "its intervals" : "their intervals");
    if (!quiet) {
        add_break_evens(out, dir, sum);
        status = cli_print(out->str, out->len);
    }
    if (sum->bad && status == CLI_GOOD) {
        fprintf(stderr,
                "sim: %u of %u points ended badly, first point %u: column outcome says "
                "how\n",
                sum->bad, points, sum->bad_first);
        status = CLI_BROKEN;
    }
    return status;
}

static uint32_t json_number(const char *json, const char *key)
{
    g_autofree char *text = cli_json_value(json, key);

    return text ? (uint32_t)g_ascii_strtoull(text, NULL, 10) : 0;
}

/* "?" differs from all that it is compared with. */
static char *json_text(const char *json, const char *key)
{
    char *text = cli_json_value(json, key);

    return text ? text : g_strdup("?");
}

int cli_table_there(const char *dir, const struct cli_identity *id, bool *ret_there,
                    uint32_t *ret_bad)
{
    g_autofree char *path = g_build_filename(dir, CLI_TABLE_JSON, NULL);
    g_autofree char *csv = g_build_filename(dir, CLI_TABLE_CSV, NULL);
    g_autofree char *json = NULL, *version = NULL, *workload = NULL, *grid = NULL, *other = NULL;

    *ret_there = false;
    if (cli_files_strange(path) || cli_files_strange(csv))
        return CLI_USAGE;
    json = cli_files_read(dir, CLI_TABLE_JSON, NULL);
    if (!json)
        return CLI_GOOD;
    version = json_text(json, "version");
    workload = json_text(json, "workload_digest");
    grid = json_text(json, "grid_digest");
    other = cli_identity_difference(
        id, &(struct cli_identity){version, workload, grid, json_number(json, "points"), json});
    if (other)
        return cli_fail(CLI_USAGE,
                        "%s is of another sweep: %s; take another --output, or remove what is "
                        "there",
                        path, other);
    *ret_there = g_file_test(csv, G_FILE_TEST_EXISTS);
    *ret_bad = json_number(json, "points_that_ended_badly");
    return CLI_GOOD;
}

#define BLOCK_BYTES 65536

static bool hash_file(const char *path, uint64_t *ret)
{
    FILE *file = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? fopen(path, "re") : NULL;
    g_autofree char *block = g_malloc(BLOCK_BYTES);
    XXH3_state_t *hash;
    size_t bytes;
    bool good;

    if (!file)
        return false;
    hash = XXH3_createState();
    XXH3_64bits_reset(hash);
    while ((bytes = fread(block, 1, BLOCK_BYTES, file)))
        XXH3_64bits_update(hash, block, bytes);
    good = !ferror(file);
    *ret = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    fclose(file);
    return good;
}

bool cli_table_whole(const char *dir)
{
    g_autofree char *json = cli_files_read(dir, CLI_TABLE_JSON, NULL);
    g_autofree char *path = g_build_filename(dir, CLI_TABLE_CSV, NULL);
    g_autofree char *want = json ? json_text(json, "csv_xxh3") : NULL, *got = NULL;
    uint64_t hash;

    if (!json)
        return true;
    if (!hash_file(path, &hash))
        return false;
    got = g_strdup_printf("%016" PRIx64, hash);
    return !strcmp(got, want);
}

int cli_table_check(const char *dir)
{
    g_autofree char *csv = g_build_filename(dir, CLI_TABLE_CSV, NULL);
    g_autofree char *json = g_build_filename(dir, CLI_TABLE_JSON, NULL);

    if (cli_files_strange(csv) || cli_files_strange(json))
        return CLI_USAGE;
    return cli_table_whole(dir)
               ? CLI_GOOD
               : cli_fail(CLI_USAGE,
                          "%s: damaged: not the bytes that %s was written for; sim sweep into "
                          "that directory makes it again",
                          csv, CLI_TABLE_JSON);
}
