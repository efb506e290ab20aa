/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_check_script.c - a trail as the option line of a guest script (`sim trace replay`)
 *
 * A script says what guest and VMM do, not in which order threads run: so lines that fit the
 * trail's parameters and moves are played, until one shows the same events as the trail. A trail
 * that no line can say is refused with the step, or the property, for which there is no option:
 * exit status 1.
 */
#include <stdlib.h>
#include <string.h>

#include "cli_check.h"
#include "cli_script.h"

enum { END_MS = 400, DELAY_US = 10000, TIMER_NS = 5000000 };

/* What only some trails do, and the option for it; NULL: there is none. */
static const char *const options[CHECK_BUDGET_COUNT] = {
    [CHECK_TIMER] = "timer",        [CHECK_SUSPEND] = "reenable=3", [CHECK_GUEST_EN] = "reenable=1",
    [CHECK_VMM_SAME] = "hostact=1", [CHECK_VMM_EN] = "hostact=3",
};
#define BUDGET_TEXT(NAME, name, text) text,
static const char *const budget_texts[] = {CHECK_BUDGETS(BUDGET_TEXT)};

static const struct {
    enum check_flag flag;
    const char *why;
} refused_flags[] = {
    {CHECK_INIT, "a CPU that comes back through INIT"},
    {CHECK_ACK_FIRST, "a ready handler that ACKs before it zeroes the slot"},
    {CHECK_HALF_CPUID, "CPUID that is enforced once EN is written"},
    {CHECK_NO_MEMORY, "an allocation that fails"},
    {CHECK_L1_IGNORES, "an L1 hypervisor"},
    {CHECK_USER_LAPIC, "a LAPIC that is emulated by the VMM"},
    {CHECK_NO_PAGING, "a guest that runs without paging"},
};

/* What the trail did. */
struct facts {
    const struct check_params *p;
    struct trace_recorder recorder; /* into `events` */
    struct trace_streams events;
    uint64_t tasks; /* that faulted */
    unsigned pages; /* of one task, at most */
    unsigned steps, refused_at;
    const char *meddling; /* option for EN written again, or NULL */
    bool timer;
    char refused[160];
};

static void refuse(struct facts *f, unsigned step, const char *what)
{
    if (f->refused[0])
        return;
    f->refused_at = step;
    g_strlcpy(f->refused, what, sizeof f->refused);
}

/* ---- what the trail did ---- */

static void on_note(void *self, const struct sim_note *n)
{
    struct facts *f = self;

    f->recorder.observer.note(&f->recorder.observer, n);
    if (n->kind == NOTE_KVM_PAGE_FAULT) {
        unsigned page = (unsigned)((n->b - SCRIPT_DATA_GPA) >> 12);
        unsigned task = f->p->flags & CHECK_SHARED ? 0 : page / f->p->faults;
        f->tasks |= UINT64_C(1) << MIN(task, 63);
        f->pages = MAX(f->pages, page - task * f->p->faults + 1);
    }
}

static void on_step(void *self, sim_ns when, const struct check_tale *tale, const char *broken)
{
    struct facts *f = self;
    enum check_budget b = tale->spent;

    (void)when;
    (void)broken;
    f->steps++;
    if (b == CHECK_BUDGET_COUNT)
        return;
    if (!options[b])
        refuse(f, f->steps, budget_texts[b]);
    else if (b == CHECK_TIMER)
        f->timer = true;
    else if (f->meddling)
        refuse(f, f->steps, "EN written again for a second time");
    else
        f->meddling = options[b];
}

static void refuse_bug(struct facts *f, const struct apf_bug_info *bug)
{
    g_autofree char *what = g_strdup_printf("the kernel's %s (%s)", bug->id, bug->text);

    refuse(f, 0, what);
}

static void refuse_params(struct facts *f)
{
    const struct check_params *p = f->p;
    uint64_t eoi = apf_bug_bit(APF_BUG_19);

    if (p->vcpus != 1)
        refuse(f, 0, "more than one vCPU");
    for (unsigned i = 0; i < G_N_ELEMENTS(refused_flags); i++)
        if (p->flags & refused_flags[i].flag)
            refuse(f, 0, refused_flags[i].why);
    for (unsigned b = 1; b < APF_BUGS; b++)
        if ((p->bugs & ~eoi) >> b & 1)
            refuse_bug(f, &apf_bug_table[b]);
    if (p->l2_tasks & f->tasks)
        refuse(f, 0, "an L1 hypervisor");
    if ((p->kernel_tasks & f->tasks) && (f->tasks & ~(uint64_t)p->kernel_tasks))
        refuse(f, 0, "tasks of user mode and of kernel mode in one run");
    if (!f->tasks)
        refuse(f, 0, "a run without a fault");
}

/* ---- lines ---- */

struct choice {
    bool never; /* no page comes before the end */
    bool lifo, counter;
    bool noapic; /* tried where the trail begins with the LAPIC off */
    unsigned batch;
};

static void line_add(GString *line, const struct facts *f, const struct choice *c)
{
    const struct check_params *p = f->p;
    unsigned ntask = p->flags & CHECK_SHARED ? p->tasks : (unsigned)__builtin_popcountll(f->tasks);

    g_string_append_printf(
        line, "backing=uffd tmoms=%u delay=%u stride=1 ntask=%u npages=%u en=%#x cpl=%u", END_MS,
        c->never ? 2 * END_MS * 1000 : DELAY_US, ntask, f->pages,
        p->flags & CHECK_NO_VMEXIT ? 0x9u : 0xdu, p->kernel_tasks & f->tasks ? 0u : 3u);
    if (c->batch > 1)
        g_string_append_printf(line, " batch=%u", c->batch);
    if (f->timer)
        g_string_append_printf(line, " timer=%u", TIMER_NS);
    if (f->meddling)
        g_string_append_printf(line, " %s", f->meddling);
    g_string_append_printf(line, "%s%s%s%s%s%s", c->lifo ? " lifo=1" : "",
                           c->counter ? "" : " counter=0", p->flags & CHECK_SHARED ? " same=1" : "",
                           p->flags & CHECK_OWN_HLT ? " nohlt=1" : "", c->noapic ? " noapic=1" : "",
                           p->bugs & apf_bug_bit(APF_BUG_19) ? " noeoi=1" : "");
}

/* ---- comparing ---- */

static bool counts(const char *line, bool attempts)
{
    enum trace_kind kind = trace_kind_of(line);

    return kind == TRACE_NOT_PRESENT || kind == TRACE_READY || kind == TRACE_COMPLETED ||
           (attempts && (kind == TRACE_TRY || kind == TRACE_REPEATED));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted. without_boot: less the wake-all of the script's own boot, which no trail has. */
static GPtrArray *events_of(const struct trace_lines *l, bool attempts, bool without_boot)
{
    GPtrArray *events = g_ptr_array_new();

    for (size_t i = 0; i < l->count; i++) {
        if (without_boot && strstr(l->line[i], "ready: token 0xffffffff"))
            without_boot = false;
        else if (counts(l->line[i], attempts))
            g_ptr_array_add(events, l->line[i]);
    }
    if (events->len)
        qsort(events->pdata, events->len, sizeof *events->pdata, by_text);
    return events;
}

static bool same_events(const struct facts *f, const struct trace_streams *script, bool attempts)
{
    bool booted = f->p->flags & CHECK_BOOT, same = true;

    for (unsigned a = TRACE_VCPU; a <= TRACE_WORKER; a++) {
        g_autoptr(GPtrArray) ours = events_of(&f->events.of[a], attempts, false);
        g_autoptr(GPtrArray) theirs =
            events_of(&script->of[a], attempts, a == TRACE_VCPU && !booted);
        same = same && ours->len == theirs->len;
        for (unsigned i = 0; same && i < ours->len; i++)
            same = !strcmp(ours->pdata[i], theirs->pdata[i]);
    }
    return same;
}

/* An exit status; *ret_same: the line shows the trail's events. */
static int try_line(const struct facts *f, const char *line, bool attempts, bool *ret_same)
{
    struct script_options o;
    struct script_error error;
    struct trace_streams streams;

    if (!script_options_parse(line, &o, &error))
        return cli_fail(CLI_USAGE, "the option line '%s': %s", line, error.text);
    trace_streams_init(&streams);
    int status = cli_script_run(&o, &streams);
    *ret_same = status == CLI_GOOD && same_events(f, &streams, attempts);
    trace_streams_finish(&streams);
    return status;
}

/* The first line that shows the trail's events, or an empty one. */
static int find_line(const struct facts *f, bool attempts, GString *ret_line)
{
    unsigned most = (unsigned)__builtin_popcountll(f->tasks);
    int status = CLI_GOOD;
    bool same = false;

    for (unsigned n = 0; n < 16 * most && status == CLI_GOOD && !same; n++) {
        const struct choice c = {.never = n & 1,
                                 .counter = !(n & 2),
                                 .lifo = n & 4,
                                 .noapic = n & 8,
                                 .batch = n / 16 + 1};
        if ((c.lifo && c.batch == 1) || (c.noapic && !(f->p->flags & CHECK_BOOT)))
            continue;
        g_string_truncate(ret_line, 0);
        line_add(ret_line, f, &c);
        status = try_line(f, ret_line->str, attempts, &same);
    }
    if (!same)
        g_string_truncate(ret_line, 0);
    return status;
}

/* ---- telling ---- */

static int tell_line(const char *name, const GString *line, bool attempts)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "# case %s: vmm %s\n", name, line->str);
    g_string_append_printf(
        text, "# The script and the trail have the same %snot_present, ready and completed.\n",
        attempts ? "try, repeated_fault, " : "");
    if (!attempts)
        g_string_append(text, "# Not the same: how often a page in flight was tried again.\n");
    return cli_check_flush(text);
}

static int tell_refusal(const struct facts *f)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (f->refused_at)
        g_string_append_printf(text, "no script: step %u: %s: there is no option for it\n",
                               f->refused_at, f->refused);
    else
        g_string_append_printf(text, "no script: %s: there is no option for it\n", f->refused);
    int printed = cli_check_flush(text);
    return printed ? printed : CLI_BROKEN;
}

static int tell(const struct facts *f, const char *name)
{
    g_autoptr(GString) line = g_string_new(NULL);
    int status;

    if (f->refused[0])
        return tell_refusal(f);
    for (int attempts = 1; attempts >= 0; attempts--) {
        status = find_line(f, attempts, line);
        if (status != CLI_GOOD || line->len)
            return status != CLI_GOOD ? status : tell_line(name, line, attempts);
    }
    g_string_assign(line, "no script: the order of this trail cannot be brought about: delay, "
                          "batch, lifo, counter and noapic were tried in every combination\n");
    status = cli_check_flush(line);
    return status ? status : CLI_BROKEN;
}

int cli_check_script(const char *path, const struct check_run *run)
{
    struct facts f = {.p = run->params};
    const struct cli_teller teller = {&f, on_note, NULL, on_step};
    g_autofree char *name = g_path_get_basename(path);
    char *dot = strrchr(name, '.');
    int status;

    if (dot)
        *dot = '\0';
    trace_streams_init(&f.events);
    trace_recorder_init(&f.recorder, &f.events, NULL, 0);
    if (!cli_trail_tell(run->build, run->params, run->moves, run->count, &teller))
        return cli_fail(CLI_MISSING, "no memory for the trail");
    refuse_params(&f);
    status = f.events.no_memory ? cli_fail(CLI_MISSING, "no memory for the events")
                                : tell(&f, g_strdelimit(name, " :", '_'));
    trace_streams_finish(&f.events);
    return status;
}
