/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_load.c - from a file to events
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cap_columns.h"
#include "capture.h"

#define PIPE_MAX       (256u << 20) /* bytes */
#define LINE_MAX_BYTES (1u << 16)

const char *const cap_actor_name[CAP_ACTORS] = {"vcpu", "worker", "uffd"};

struct load {
    struct capture *c;
    struct cap_error *error;
    GHashTable *last; /* thread -> its last event */
    uint32_t line;
    uint16_t epoch;
    bool known; /* a line in one of the formats has been seen */
};

static bool fail(struct load *l, uint32_t column, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool fail(struct load *l, uint32_t column, const char *format, ...)
{
    va_list arguments;

    l->error->line = l->line;
    l->error->column = column;
    va_start(arguments, format);
    g_vsnprintf(l->error->text, sizeof l->error->text, format, arguments);
    va_end(arguments);
    return false;
}

static bool begins(const char *text, size_t bytes, const char *with)
{
    return bytes >= strlen(with) && !memcmp(text, with, strlen(with));
}

/* ---- events ---- */

static void link_thread(struct load *l, uint32_t index, uint32_t thread)
{
    gpointer key = GUINT_TO_POINTER(thread), last;

    if (g_hash_table_lookup_extended(l->last, key, NULL, &last)) {
        struct cap_event *e =
            &g_array_index(l->c->events, struct cap_event, GPOINTER_TO_UINT(last));

        if (e->epoch == l->epoch)
            e->next = index;
    }
    g_hash_table_insert(l->last, key, GUINT_TO_POINTER(index));
}

static bool add_event(struct load *l, const char *words, const char *end, struct cap_event *e)
{
    if (!cap_event_parse(words, (size_t)(end - words), e))
        return fail(l, 1, "a %s event that cannot be read: a field is missing or no number",
                    cap_kind_name[e->kind]);
    if (e->kind == CAP_OTHER) {
        l->c->other++;
        return true;
    }
    if (l->c->events->len > CAP_EVENTS_MAX)
        return fail(l, 1, "more than %u events: cut the capture, or trace fewer events",
                    CAP_EVENTS_MAX);
    e->offset = (uint64_t)(words - l->c->text);
    e->line = l->line;
    e->epoch = l->epoch;
    e->next = 0;
    l->c->seen |= 1u << e->kind;
    g_array_append_vals(l->c->events, e, 1);
    link_thread(l, l->c->events->len - 1, e->thread);
    return true;
}

static void end_case(struct load *l)
{
    if (l->c->cases->len)
        g_array_index(l->c->cases, struct cap_case, l->c->cases->len - 1).end = l->c->events->len;
}

static void begin_case(struct load *l, const char *name, size_t bytes)
{
    struct cap_case new = {.name = g_utf8_make_valid(name, (gssize)bytes),
                           .first = l->c->events->len};

    end_case(l);
    if (l->c->cases->len)
        l->epoch++;
    g_array_append_val(l->c->cases, new);
}

/* ---- lines ---- */

static bool stream_line(struct load *l, const char *text, size_t bytes)
{
    struct cap_event e = {0};

    if (l->c->cases->len == 0)
        return fail(l, 1, "want '# case NAME: vmm KEY=VALUE...' before the first event");
    for (unsigned a = 0; a < CAP_ACTORS; a++) {
        size_t n = strlen(cap_actor_name[a]);

        if (bytes > n && begins(text, bytes, cap_actor_name[a]) && text[n] == ' ') {
            const char *words = text + n + 1, *end = text + bytes;
            const char *blank = memchr(words, ' ', (size_t)(end - words));
            const char *colon = memchr(words, ':', (size_t)(end - words));

            if (blank && colon && blank < colon) /* the comm */
                words = blank + 1;
            e.thread = a;
            return add_event(l, words, end, &e);
        }
    }
    return fail(l, 1, "want 'vcpu', 'worker' or 'uffd' at the start of the line");
}

static bool ftrace_line(struct load *l, const char *text, size_t bytes)
{
    struct cap_columns columns;
    struct cap_event e = {0};

    if (!cap_columns_parse(text, bytes, &columns))
        return fail(l, 1, "no event: want 'COMM-PID [CPU] FLAGS TIME: EVENT: ...'");
    if (l->c->cases->len == 0) {
        begin_case(l, "capture", strlen("capture"));
        l->c->ns = columns.ns;
    }
    if (columns.ns != l->c->ns)
        return fail(l, 1, "times in seconds and in ticks are mixed");
    e.thread = columns.pid;
    e.when = columns.when;
    return add_event(l, columns.event, text + bytes, &e);
}

static const char *words_of_head(const char *text, size_t bytes, const char *word)
{
    const char *at = memmem(text, bytes, word, strlen(word));

    return at ? at + strlen(word) : NULL;
}

static bool is_loss(const char *text, size_t bytes)
{
    return words_of_head(text, bytes, "[LOST ") || words_of_head(text, bytes, "EVENTS DROPPED]") ||
           words_of_head(text, bytes, "LOST EVENTS") || words_of_head(text, bytes, "[MISSED") ||
           words_of_head(text, bytes, ": PERF_RECORD_LOST") ||
           (begins(text, bytes, "Lost ") && words_of_head(text, bytes, " events"));
}

/* The text has no NUL behind it. */
static const char *digits(const char *at, const char *end, uint64_t *ret)
{
    for (*ret = 0; at < end && isdigit((unsigned char)*at); at++)
        *ret = *ret * 10 + (uint64_t)(*at - '0');
    return at;
}

/* "# entries-in-buffer/entries-written: 48/48   #P:2"; of each CPU's buffer where they stand one
 * after the other. */
static void read_entries(struct load *l, const char *text, size_t bytes)
{
    const char *end = text + bytes;
    const char *at = words_of_head(text, bytes, "entries-in-buffer/entries-written: ");
    uint64_t in_buffer, written = 0;

    if (!at)
        return;
    at = digits(at, end, &in_buffer);
    if (at < end && *at == '/')
        digits(at + 1, end, &written);
    l->c->in_buffer += in_buffer;
    l->c->written += written;
}

/* Lines that are no event. True: done with it. */
static bool other_line(struct load *l, const char *text, size_t bytes)
{
    if (bytes == 0)
        return true;
    if (begins(text, bytes, "# case ") || begins(text, bytes, "=== CASE ")) {
        const char *name = text + (text[0] == '#' ? 7 : 9), *end = text + bytes;
        const char *colon = memchr(name, ':', (size_t)(end - name));

        begin_case(l, name, (size_t)((colon ? colon : end) - name));
        l->c->format = CAP_STREAMS;
        l->known = true;
        return true;
    }
    if (text[0] == '#') {
        read_entries(l, text, bytes);
        l->known |= begins(text, bytes, "# tracer:");
        return true;
    }
    if (is_loss(text, bytes)) {
        l->c->lost++;
        l->epoch++;
        return true;
    }
    /* trace-cmd: "cpus=2", "version = 6", "CPU 1 is empty"; bpftrace: "Attaching 11 probes...";
     * streams: "---" */
    return begins(text, bytes, "Attaching ") || begins(text, bytes, "cpus=") ||
           begins(text, bytes, "version = ") || begins(text, bytes, "---") ||
           begins(text, bytes, "===") ||
           (begins(text, bytes, "CPU ") && words_of_head(text, bytes, " is empty"));
}

static bool one_line(struct load *l, const char *text, size_t bytes)
{
    if (memchr(text, '\0', bytes))
        return fail(l, 1,
                    "a NUL byte: this is no text; trace.dat and perf.data are printed by "
                    "'trace-cmd report' and 'perf script'");
    while (bytes && isspace((unsigned char)text[bytes - 1]))
        bytes--;
    if (other_line(l, text, bytes))
        return true;
    if (l->c->format == CAP_AUTO)
        l->c->format = CAP_FTRACE;
    if (!(l->c->format == CAP_STREAMS ? stream_line(l, text, bytes) : ftrace_line(l, text, bytes)))
        return false;
    l->known = true;
    return true;
}

/* A line that cannot be read, which the file ends in the middle of. */
static bool cut_off(struct load *l, const char *at, const char *stop)
{
    if (stop != l->c->text + l->c->bytes || l->c->events->len < 2 ||
        memchr(at, '\0', (size_t)(stop - at)))
        return false;
    l->c->cut = true;
    l->c->lost++;
    return true;
}

static bool all_lines(struct load *l)
{
    const char *at = l->c->text, *end = at + l->c->bytes;

    while (at < end) {
        size_t window = MIN((size_t)(end - at), LINE_MAX_BYTES + 1);
        const char *stop = memchr(at, '\n', window);

        if (l->line == UINT32_MAX)
            return fail(l, 1, "more than 4294967295 lines");
        l->line++;
        if (!stop && window > LINE_MAX_BYTES)
            return fail(l, 1, "a line of more than %u bytes%s", LINE_MAX_BYTES,
                        memchr(at, '\0', window) ? ", with NUL bytes: this is no text" : "");
        stop = stop ? stop : end;
        if (!one_line(l, at, (size_t)(stop - at)) && !cut_off(l, at, stop))
            return false;
        at = stop + 1;
    }
    if (l->known)
        return true;
    l->line = l->line ? l->line : 1;
    return fail(l, 1,
                "no event in it: want ftrace text, trace-cmd report, perf script or actor "
                "streams");
}

static void clear_case(gpointer data)
{
    g_free(((struct cap_case *)data)->name);
}

bool cap_load_text(const char *text, size_t bytes, enum cap_format format, struct capture *ret,
                   struct cap_error *ret_error)
{
    struct load l = {.c = ret, .error = ret_error};
    struct cap_event none = {0};
    bool good;

    *ret = (struct capture){.text = bytes ? text : "", .bytes = bytes, .format = format};
    *ret_error = (struct cap_error){0};
    ret->events = g_array_new(FALSE, FALSE, sizeof(struct cap_event));
    ret->cases = g_array_new(FALSE, FALSE, sizeof(struct cap_case));
    g_array_set_clear_func(ret->cases, clear_case);
    g_array_append_val(ret->events, none);
    l.last = g_hash_table_new(NULL, NULL);
    good = all_lines(&l);
    end_case(&l);
    g_hash_table_destroy(l.last);
    if (!good)
        cap_free(ret);
    return good;
}

/* A pipe, from `cat` or from another program; or a file that the kernel makes as it is read. */
static char *read_pipe(const char *path, gsize *ret_bytes, struct cap_error *error)
{
    g_autoptr(GByteArray) all = g_byte_array_new();
    FILE *file = fopen(path, "r");
    guint8 part[65536];
    size_t n;

    if (!file) {
        g_snprintf(error->text, sizeof error->text, "cannot be read: %s", g_strerror(errno));
        return NULL;
    }
    while ((n = fread(part, 1, sizeof part, file)) > 0 && all->len <= PIPE_MAX)
        g_byte_array_append(all, part, (guint)n);
    fclose(file);
    if (all->len > PIPE_MAX) {
        g_snprintf(error->text, sizeof error->text,
                   "more than %u MiB from a pipe: put it into a file", PIPE_MAX >> 20);
        return NULL;
    }
    *ret_bytes = all->len;
    g_byte_array_append(all, (const guint8 *)"", 1);
    return (char *)g_byte_array_free(g_steal_pointer(&all), FALSE);
}

static bool load_pipe(const char *path, enum cap_format format, struct capture *ret,
                      struct cap_error *ret_error)
{
    gsize bytes = 0;
    char *text = read_pipe(path, &bytes, ret_error);

    if (!text)
        return false;
    if (!cap_load_text(text, bytes, format, ret, ret_error)) {
        g_free(text);
        return false;
    }
    ret->own = text;
    return true;
}

bool cap_load(const char *path, enum cap_format format, struct capture *ret,
              struct cap_error *ret_error)
{
    struct stat status;
    GMappedFile *map;

    *ret_error = (struct cap_error){0};
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        g_snprintf(ret_error->text, sizeof ret_error->text, "is a folder; want a file");
        return false;
    }
    /* Files of tracefs say that they are empty. */
    if (stat(path, &status) == 0 && (!S_ISREG(status.st_mode) || status.st_size == 0))
        return load_pipe(path, format, ret, ret_error);
    map = g_mapped_file_new(path, FALSE, NULL);
    if (!map) {
        g_snprintf(ret_error->text, sizeof ret_error->text, "cannot be read: %s",
                   g_strerror(errno));
        return false;
    }
    if (!cap_load_text(g_mapped_file_get_contents(map), g_mapped_file_get_length(map), format, ret,
                       ret_error)) {
        g_mapped_file_unref(map);
        return false;
    }
    ret->map = map;
    return true;
}

void cap_free(struct capture *c)
{
    g_array_free(c->events, TRUE);
    g_array_free(c->cases, TRUE);
    if (c->map)
        g_mapped_file_unref(c->map);
    g_free(c->own);
}

void cap_words(const struct capture *c, const struct cap_event *e, char *ret, size_t bytes)
{
    const char *at = c->text + e->offset, *end = c->text + c->bytes;
    size_t n = 0;

    for (; at < end && *at != '\n' && n + 1 < bytes; at++)
        ret[n++] = isprint((unsigned char)*at) ? *at : '?';
    while (n && ret[n - 1] == ' ')
        n--;
    ret[n] = '\0';
}

bool cap_columns_of(const struct capture *c, const struct cap_event *e, struct cap_columns *ret)
{
    const char *line = c->text + e->offset, *end = c->text + c->bytes;
    const char *stop = memchr(line, '\n', (size_t)(end - line));

    while (line > c->text && line[-1] != '\n')
        line--;
    return cap_columns_parse(line, (size_t)((stop ? stop : end) - line), ret);
}

bool cap_is_whole(const struct capture *c)
{
    if (c->lost)
        return false;
    return c->format == CAP_STREAMS || (c->written && c->written == c->in_buffer);
}
