/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_points.c - see cli_points.h
 */
#include "cli_points.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_files.h"
#include "cli_record.h"

struct cli_points {
    char *path;
    int fd;
    struct cli_identity id;
    struct cli_shard shard;
    char *text[3];         /* contents of the first three records */
    uint32_t count, local; /* points there, points of the shard */
    bool ended, failed;    /* failed: writing did, and that was said */
    uint64_t *at;          /* [local] offset of the record, 0: not there */
    uint64_t length;       /* of the part that is good */
    pthread_mutex_t lock;
};

/* "version A\nworkload B\ngrid C\npoints N\nshard K/N\n" into the members; cuts it in place. */
static bool parse_identity(struct cli_points *p)
{
    char *line[6] = {p->text[0]}, *end = NULL;
    static const char *const word[] = {"version ", "workload ", "grid ", "points ", "shard "};

    for (unsigned i = 0; i < 5; i++) {
        char *newline = strchr(line[i], '\n');

        if (!newline || !g_str_has_prefix(line[i], word[i]))
            return false;
        *newline = '\0';
        line[i + 1] = newline + 1;
        line[i] += strlen(word[i]);
    }
    p->id = (struct cli_identity){line[0], line[1], line[2],
                                  (uint32_t)g_ascii_strtoull(line[3], NULL, 10),
                                  p->text[CLI_RECORD_PROVENANCE]};
    p->shard.number = (uint32_t)g_ascii_strtoull(line[4], &end, 10);
    p->shard.count = *end == '/' ? (uint32_t)g_ascii_strtoull(end + 1, NULL, 10) : 0;
    return p->shard.number < p->shard.count && p->shard.count <= CLI_SHARDS_MAX &&
           p->id.points <= CLI_POINTS_MAX;
}

static bool is_mine(const struct cli_points *p, uint32_t point)
{
    return point < p->id.points && point % p->shard.count == p->shard.number;
}

/* Takes a record into the index. False: it has no business there. */
static bool take_record(struct cli_points *p, struct cli_record *r, uint64_t at)
{
    if (p->ended)
        return false;
    if (r->kind == CLI_RECORD_END) {
        p->ended = r->number == p->count && p->count == p->local;
        return p->ended;
    }
    if (r->kind != CLI_RECORD_POINT || !is_mine(p, r->number) || p->at[r->number / p->shard.count])
        return false;
    p->at[r->number / p->shard.count] = at;
    p->count++;
    return true;
}

/* The three records that come first. */
static bool read_head(struct cli_points *p)
{
    struct cli_record r;

    for (unsigned k = CLI_RECORD_IDENTITY; k <= CLI_RECORD_HEADER; k++) {
        if (!cli_record_read(p->fd, &p->length, &r) || r.kind != k) {
            g_free(r.data);
            return false;
        }
        p->text[k] = r.data;
    }
    if (!parse_identity(p))
        return false;
    p->local = cli_shard_points(&p->shard, p->id.points);
    p->at = g_new0(uint64_t, MAX(p->local, 1));
    return true;
}

static void read_points(struct cli_points *p)
{
    for (;;) {
        uint64_t at = p->length;
        struct cli_record r;
        bool good = cli_record_read(p->fd, &at, &r) && take_record(p, &r, p->length);

        g_free(r.data);
        if (!good)
            return;
        p->length = at;
    }
}

static uint64_t file_length(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static struct cli_points *points_new(char *path, int fd)
{
    struct cli_points *p = g_new0(struct cli_points, 1);

    p->path = path;
    p->fd = fd;
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void cli_points_close(struct cli_points *p)
{
    if (!p)
        return;
    if (p->fd >= 0)
        close(p->fd);
    for (unsigned k = 0; k < G_N_ELEMENTS(p->text); k++)
        g_free(p->text[k]);
    pthread_mutex_destroy(&p->lock);
    g_free(p->at);
    g_free(p->path);
    g_free(p);
}

struct cli_points *cli_points_read(const char *path, int *ret_status)
{
    int fd = -1;
    struct cli_points *p;

    if (cli_files_strange(path)) {
        *ret_status = CLI_USAGE;
        return NULL;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *ret_status = cli_fail(CLI_MISSING, "cannot read %s: %s", path, g_strerror(errno));
        return NULL;
    }
    p = points_new(g_strdup(path), fd);
    *ret_status = CLI_GOOD;
    if (!read_head(p)) {
        *ret_status = cli_fail(CLI_USAGE,
                               "%s: damaged, or not a file of points: sweep this shard "
                               "again",
                               path);
    } else {
        read_points(p);
        if (p->length != file_length(fd))
            *ret_status = cli_fail(CLI_USAGE,
                                   "%s: damaged at byte %" PRIu64 ": the same `sim sweep` repairs "
                                   "it",
                                   path, p->length);
        else if (!p->ended)
            *ret_status = cli_fail(CLI_USAGE,
                                   "%s: has %u of its %u points: let `sim sweep` end "
                                   "first",
                                   path, p->count, p->local);
    }
    if (*ret_status == CLI_GOOD)
        return p;
    cli_points_close(p);
    return NULL;
}

/* ---- writing ---- */

/* Appends a record; when that fails, what is there of it is cut off again. */
static bool append(struct cli_points *p, const struct cli_record *r)
{
    g_autoptr(GString) whole = cli_record_text(r);

    if (cli_files_write_all(p->fd, whole->str, whole->len)) {
        p->length += whole->len;
        return true;
    }
    cli_fail(CLI_MISSING,
             "cannot write %s: %s; %u points are kept there, and the same command "
             "goes on",
             p->path, g_strerror(errno), p->count);
    if (ftruncate(p->fd, (off_t)p->length) == 0)
        lseek(p->fd, 0, SEEK_END);
    return false;
}

bool cli_points_add(struct cli_points *p, uint32_t point, const char *data, size_t bytes)
{
    const struct cli_record r = {CLI_RECORD_POINT, point, (uint32_t)bytes, (char *)(uintptr_t)data};
    uint64_t at;
    bool good;

    pthread_mutex_lock(&p->lock);
    at = p->length;
    good = !p->failed && append(p, &r);
    p->failed = !good;
    if (good) {
        p->at[point / p->shard.count] = at;
        p->count++;
    }
    pthread_mutex_unlock(&p->lock);
    return good;
}

void cli_points_forget_empty(struct cli_points *p)
{
    if (!p->count && p->local)
        unlink(p->path);
}

bool cli_points_end(struct cli_points *p)
{
    const struct cli_record r = {CLI_RECORD_END, p->count, 0, (char *)(uintptr_t) ""};

    if (!p->ended)
        p->ended = append(p, &r) && fsync(p->fd) == 0;
    return p->ended;
}

void cli_points_sync(struct cli_points *p)
{
    pthread_mutex_lock(&p->lock);
    fsync(p->fd);
    pthread_mutex_unlock(&p->lock);
}

uint32_t cli_points_stop(struct cli_points *p)
{
    pthread_mutex_lock(&p->lock); /* for good: cli_points_add() waits for it */
    fsync(p->fd);
    return p->count;
}

static bool begin_file(struct cli_points *p, const struct cli_identity *id, const char *header)
{
    g_autofree char *text =
        g_strdup_printf("version %s\nworkload %s\ngrid %s\npoints %u\nshard %u/%u\n", id->version,
                        id->workload, id->grid, id->points, p->shard.number, p->shard.count);
    const char *const contents[] = {text, id->provenance, header};

    p->length = 0;
    if (ftruncate(p->fd, 0) != 0 || lseek(p->fd, 0, SEEK_SET) != 0) {
        cli_fail(CLI_MISSING, "cannot write %s: %s", p->path, g_strerror(errno));
        return false;
    }
    for (unsigned k = 0; k < G_N_ELEMENTS(contents); k++) {
        const struct cli_record r = {(enum cli_record_kind)k, 0, (uint32_t)strlen(contents[k]),
                                     (char *)(uintptr_t)contents[k]};

        if (!append(p, &r))
            return false;
        p->text[k] = g_strdup(contents[k]);
    }
    p->local = cli_shard_points(&p->shard, id->points);
    p->at = g_new0(uint64_t, MAX(p->local, 1));
    return parse_identity(p);
}

/* Someone else's file is left alone; a file whose head is not whole has no points in it. */
static int continue_file(struct cli_points *p, const struct cli_shard *shard,
                         const struct cli_identity *id)
{
    g_autofree char *other = cli_identity_difference(id, &p->id);
    uint64_t length;

    if (other)
        return cli_fail(CLI_USAGE,
                        "%s holds points of another sweep: %s; take another --output, or remove "
                        "that file",
                        p->path, other);
    if (p->shard.number != shard->number || p->shard.count != shard->count)
        return cli_fail(CLI_USAGE, "%s is of shard %u/%u; give it its own name back", p->path,
                        p->shard.number, p->shard.count);
    read_points(p);
    length = file_length(p->fd);
    if (length == p->length)
        return CLI_GOOD;
    fprintf(stderr,
            "sim: %s: the record at byte %" PRIu64 " is not whole; %u points before it are "
            "kept, what follows runs again\n",
            p->path, p->length, p->count);
    if (ftruncate(p->fd, (off_t)p->length) != 0)
        return cli_fail(CLI_MISSING, "cannot write %s: %s", p->path, g_strerror(errno));
    return CLI_GOOD;
}

/* The first bytes of a file of ours, even if it was cut short. */
static bool looks_foreign(int fd)
{
    char begin[8] = "";
    ssize_t got = pread(fd, begin, 6, 0);

    return got > 0 && strncmp(begin, "sweep ", (size_t)got) != 0;
}

static int prepare(struct cli_points *p, const struct cli_shard *shard,
                   const struct cli_identity *id, const char *header)
{
    if (flock(p->fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK
                   ? cli_fail(CLI_USAGE, "%s: another sim sweep is writing there", p->path)
                   : cli_fail(CLI_MISSING, "cannot lock %s: %s", p->path, g_strerror(errno));
    if (looks_foreign(p->fd))
        return cli_fail(CLI_USAGE, "%s is not a file of points; move it away", p->path);
    if (read_head(p)) {
        int status = continue_file(p, shard, id);

        return status ? status : lseek(p->fd, 0, SEEK_END) < 0 ? CLI_MISSING : CLI_GOOD;
    }
    for (unsigned k = 0; k < G_N_ELEMENTS(p->text); k++)
        g_clear_pointer(&p->text[k], g_free);
    g_clear_pointer(&p->at, g_free);
    p->shard = *shard;
    return begin_file(p, id, header) ? CLI_GOOD : CLI_MISSING;
}

static char *path_of(const char *dir, const struct cli_shard *s)
{
    g_autofree char *name = g_strdup_printf("shard-%u-of-%u.points", s->number, s->count);

    return g_build_filename(dir, s->count == 1 ? "sweep.points" : name, NULL);
}

bool cli_points_name(const char *name, struct cli_shard *ret)
{
    g_auto(GStrv) part = g_strsplit_set(name, "-.", 6);
    g_autofree char *same = NULL;
    guint64 number = 0, count = 0;

    if (g_strv_length(part) != 5 ||
        !g_ascii_string_to_unsigned(part[1], 10, 0, CLI_SHARDS_MAX, &number, NULL) ||
        !g_ascii_string_to_unsigned(part[3], 10, 1, CLI_SHARDS_MAX, &count, NULL))
        return false;
    *ret = (struct cli_shard){(uint32_t)number, (uint32_t)count};
    same = g_strdup_printf("shard-%u-of-%u.points", ret->number, ret->count);
    return strcmp(same, name) == 0;
}

struct cli_points *cli_points_open(const char *dir, const struct cli_shard *shard,
                                   const struct cli_identity *id, const char *header,
                                   int *ret_status)
{
    g_autofree char *path = path_of(dir, shard);
    int fd = -1;
    struct cli_points *p;

    if (cli_files_strange(path)) {
        *ret_status = CLI_USAGE;
        return NULL;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        *ret_status = cli_fail(CLI_MISSING, "cannot write %s: %s", path, g_strerror(errno));
        return NULL;
    }
    p = points_new(g_steal_pointer(&path), fd);
    *ret_status = prepare(p, shard, id, header);
    if (*ret_status == CLI_GOOD)
        return p;
    cli_points_close(p);
    return NULL;
}

/* ---- asking ---- */

const char *cli_points_path(const struct cli_points *p)
{
    return p->path;
}

const struct cli_identity *cli_points_identity(const struct cli_points *p)
{
    return &p->id;
}

struct cli_shard cli_points_shard(const struct cli_points *p)
{
    return p->shard;
}

const char *cli_points_provenance(const struct cli_points *p)
{
    return p->text[CLI_RECORD_PROVENANCE];
}

const char *cli_points_header(const struct cli_points *p)
{
    return p->text[CLI_RECORD_HEADER];
}

uint32_t cli_points_count(const struct cli_points *p)
{
    return p->count;
}

bool cli_points_complete(const struct cli_points *p)
{
    return p->count == p->local;
}

bool cli_points_has(const struct cli_points *p, uint32_t point)
{
    return is_mine(p, point) && p->at[point / p->shard.count];
}

char *cli_points_get(const struct cli_points *p, uint32_t point, size_t *ret_bytes)
{
    uint64_t at = is_mine(p, point) ? p->at[point / p->shard.count] : 0;
    struct cli_record r;

    if (at && cli_record_read(p->fd, &at, &r)) {
        *ret_bytes = r.bytes;
        return r.data;
    }
    cli_fail(CLI_MISSING, "%s: point %u cannot be read any more", p->path, point);
    return NULL;
}
