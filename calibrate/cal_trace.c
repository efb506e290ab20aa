/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_trace.c - finding tracefs, an instance of our own, reading what it recorded
 */
#include "cal_trace.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "apfsim-"
#define ROOT "/sys/kernel/tracing"

/*
 * Name; what stands before the first and the second number (if there is one), and in which base
 * they are.
 */
static const struct {
    const char *name, *a, *b;
    int base;
} known[] = {
    [CAL_EV_TRY] = {"kvm_try_async_get_page", "gva = ", "gfn = ", 16},
    [CAL_EV_REPEATED] = {"kvm_async_pf_repeated_fault", "gva = ", "gfn = ", 16},
    [CAL_EV_NOT_PRESENT] = {"kvm_async_pf_not_present", "token ", "gva ", 16},
    [CAL_EV_READY] = {"kvm_async_pf_ready", "token ", "gva ", 16},
    [CAL_EV_COMPLETED] = {"kvm_async_pf_completed", "gva ", "address ", 16},
    [CAL_EV_ACCEPT] = {"kvm_apic_accept_irq", "vec ", "apicid ", 10},
    [CAL_EV_INJECT] = {"kvm_inj_exception", "(", "(", 16},
    [CAL_EV_SWITCH] = {"sched_switch", "next_pid=", NULL, 10},
};

static bool mounted_here;

const char *cal_trace_root(void)
{
    if (!access(ROOT "/instances", F_OK))
        return ROOT;
    if (!access("/sys/kernel/debug/tracing/instances", F_OK))
        return "/sys/kernel/debug/tracing";
    return NULL;
}

/* What the host mounts later is seen, what is mounted here is not. */
void cal_trace_mount(void)
{
    if (!cal_trace_root() && !unshare(CLONE_NEWNS) &&
        !mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
        mounted_here = !mount("tracefs", ROOT, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

bool cal_trace_mounted(void)
{
    return mounted_here;
}

static bool put(const struct cal_trace *t, const char *file, const char *text)
{
    char path[256];
    int fd;
    bool good;

    snprintf(path, sizeof(path), "%s/%s", t->dir, file);
    fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return false;
    good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    return close(fd) == 0 && good;
}

static bool enable_events(const struct cal_trace *t)
{
    char path[128];

    for (int i = 0; i < CAL_EV_OTHER; i++) {
        bool kvm = i != CAL_EV_SWITCH;

        snprintf(path, sizeof(path), "events/%s/%s/enable", kvm ? "kvm" : "sched", known[i].name);
        if (!put(t, path, "1") && kvm)
            return false;
    }
    return true;
}

bool cal_trace_open(struct cal_trace *t)
{
    const char *root = cal_trace_root();

    t->dir[0] = '\0';
    if (!root)
        return false;
    snprintf(t->dir, sizeof(t->dir), "%s/instances/" NAME "%d", root, (int)getpid());
    if (mkdir(t->dir, 0700) && errno != EEXIST) {
        t->dir[0] = '\0';
        return false;
    }
    if (put(t, "tracing_on", "0") && put(t, "trace_clock", "x86-tsc") &&
        put(t, "buffer_size_kb", "4096") && enable_events(t))
        return true;
    cal_trace_close(t);
    return false;
}

bool cal_trace_widen(struct cal_trace *t)
{
    return t->dir[0] && put(t, "events/kvm/kvm_msr/enable", "1") &&
           put(t, "events/kvm/kvm_eoi/enable", "1") && put(t, "buffer_size_kb", "16384");
}

void cal_trace_begin(struct cal_trace *t)
{
    if (t->dir[0]) {
        put(t, "trace", "");
        put(t, "tracing_on", "1");
    }
}

static uint64_t number_after(const char *text, const char *word, int base)
{
    const char *at = strstr(text, word);

    return at ? strtoull(at + strlen(word), NULL, base) : 0;
}

/*
 * "TASK-PID [CPU] FLAGS TIME: NAME: FIELDS". A task's name may hold anything, so the line is read
 * from " [" and three digits on. Fills cpu, pid, tsc; NAME, or NULL: it is no such line.
 */
static const char *parse_head(const char *line, struct cal_event *ret)
{
    const char *cpu = strstr(line, " ["), *name, *digits;
    char *end;

    while (cpu && !(isdigit((unsigned char)cpu[2]) && isdigit((unsigned char)cpu[3])))
        cpu = strstr(cpu + 1, " [");
    if (!cpu)
        return NULL;
    ret->cpu = (uint32_t)strtoul(cpu + 2, NULL, 10);
    for (digits = cpu; digits > line && digits[-1] == ' ';)
        digits--;
    while (digits > line && isdigit((unsigned char)digits[-1]))
        digits--;
    ret->pid = (uint32_t)strtoul(digits, NULL, 10);
    name = strstr(cpu, ": ");
    if (!name)
        return NULL;
    for (digits = name; isdigit((unsigned char)digits[-1]);)
        digits--;
    ret->tsc = strtoull(digits, &end, 10);
    if (digits == name || end != name)
        return NULL;
    return name + 2;
}

bool cal_trace_parse(const char *line, struct cal_event *ret)
{
    const char *name = parse_head(line, ret);

    if (!name)
        return false;
    for (uint32_t i = 0; i < CAL_EV_OTHER; i++) {
        size_t length = strlen(known[i].name);

        if (strncmp(name, known[i].name, length) || name[length] != ':')
            continue;
        ret->kind = i;
        ret->a = number_after(name + length, known[i].a, known[i].base);
        ret->b = known[i].b ? number_after(name + length, known[i].b, known[i].base)
                            : strstr(name, "next_comm=kworker/") != NULL;
        return true;
    }
    return false;
}

static bool add(struct cal_events *all, const struct cal_event *e)
{
    if (all->count == all->room) {
        size_t room = all->room ? all->room * 2 : 4096;
        struct cal_event *more = realloc(all->event, room * sizeof(*more));

        if (!more)
            return false;
        all->event = more;
        all->room = room;
    }
    all->event[all->count++] = *e;
    return true;
}

/* Nothing more is recorded; what has been, as text. NULL: nothing can be. */
static FILE *stop_and_open(struct cal_trace *t)
{
    char path[256];

    if (!t->dir[0] || !put(t, "tracing_on", "0"))
        return NULL;
    snprintf(path, sizeof(path), "%s/trace", t->dir);
    return fopen(path, "r");
}

bool cal_trace_read(struct cal_trace *t, struct cal_events *ret)
{
    FILE *file = stop_and_open(t);
    struct cal_event e;
    char line[512];

    memset(ret, 0, sizeof(*ret));
    if (!file)
        return false;
    while (fgets(line, sizeof(line), file)) {
        unsigned long in, written;

        /* NOLINTNEXTLINE(cert-err34-c): a line that is none of these leaves them alone */
        if (sscanf(line, "# entries-in-buffer/entries-written: %lu/%lu", &in, &written) == 2)
            ret->lost = in < written;
        else if (line[0] != '#' && cal_trace_parse(line, &e) && !add(ret, &e))
            break;
    }
    fclose(file);
    put(t, "trace", "");
    return true;
}

/* Headers, lines of these threads, pages of this memory. */
static bool is_of(const char *line, const int *tids, unsigned count, uint64_t base, uint64_t bytes)
{
    struct cal_event e = {0};

    if (line[0] == '#')
        return true;
    if (cal_trace_parse(line, &e) && e.kind == CAL_EV_COMPLETED)
        return e.b >= base && e.b < base + bytes;
    for (unsigned i = 0; i < count; i++)
        if (e.pid == (uint32_t)tids[i])
            return true;
    return false;
}

char *cal_trace_text(struct cal_trace *t, const int *tids, unsigned count, uint64_t base,
                     uint64_t bytes)
{
    FILE *in = stop_and_open(t), *out;
    char line[512], *text = NULL;
    size_t length;

    if (!in)
        return NULL;
    out = open_memstream(&text, &length);
    while (out && fgets(line, sizeof(line), in))
        if (is_of(line, tids, count, base, bytes))
            fputs(line, out);
    fclose(in);
    if (out)
        fclose(out);
    return text;
}

void cal_trace_close(struct cal_trace *t)
{
    if (t->dir[0])
        rmdir(t->dir);
    t->dir[0] = '\0';
}

bool cal_trace_has(int pid)
{
    const char *root = cal_trace_root();
    char path[400];

    if (!root)
        return false;
    snprintf(path, sizeof(path), "%s/instances/" NAME "%d", root, pid);
    return !access(path, F_OK);
}

unsigned cal_trace_sweep(int pid)
{
    const char *root = cal_trace_root();
    char path[400];
    unsigned count = 0;
    struct dirent *entry;
    DIR *dir;

    if (!root)
        return 0;
    snprintf(path, sizeof(path), "%s/instances", root);
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        long owner;

        if (strncmp(entry->d_name, NAME, strlen(NAME)))
            continue;
        owner = strtol(entry->d_name + strlen(NAME), NULL, 10);
        if (pid ? owner != pid : owner <= 0 || !kill((pid_t)owner, 0) || errno != ESRCH)
            continue;
        snprintf(path, sizeof(path), "%s/instances/%s", root, entry->d_name);
        count += rmdir(path) == 0;
    }
    if (dir)
        closedir(dir);
    return count;
}
