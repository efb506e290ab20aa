/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_check.c - what no single row can know
 *
 * Each check asks one question about the whole workload and names the key to blame and a remedy.
 * The place of a key that was not written is the place of its section.
 */
#include <string.h>

#include "cfg_internal.h"
#include "watermarks.h"

#define PAGES_MAX ((1u << 28) - 5)
#define RUN_MAX   (1000000 * SIM_SEC)

struct checked {
    const struct cfg *cfg;
    const struct params *p;
    GError **error;
};

#define blame(c, ...) cfg_blame((c)->cfg, (c)->error, __VA_ARGS__)

static bool check_length(const struct checked *c)
{
    if (c->p->duration + c->p->warmup <= RUN_MAX)
        return true;
    return blame(c, "duration", "with warmup more than 1000000s; make the run shorter");
}

static bool check_disk(const struct checked *c)
{
    const struct disk_params *disk = &c->p->disk;

    if (strcmp(disk->device, "custom") != 0 || cfg_find(c->cfg, "disk.read"))
        return true;
    return blame(c, "disk.device",
                 "custom says nothing about the device; add disk.read, such as "
                 "`read: exponential(1ms)`");
}

static bool check_network(const struct checked *c)
{
    if (!c->p->disk.network_rtt || !c->p->disk.synchronous)
        return true;
    return blame(c, "disk.network_rtt",
                 "a synchronous device is read where it is and has no round trip; remove it, or "
                 "set disk.synchronous: false");
}

static bool check_watermarks(const struct checked *c)
{
    uint64_t limit = c->p->host.memory_limit;
    uint64_t high = (uint64_t)host_watermarks(&c->p->host).high * PAGE_BYTES;
    g_autofree char *have = cfg_format_bytes(limit), *need = cfg_format_bytes(high);

    if (!limit || limit > high)
        return true;
    return blame(c, "host.memory.limit",
                 "%s of global memory are not more than the high watermark of %s; raise it, or "
                 "lower host.memory.min_free or watermark_scale",
                 have, need);
}

static bool check_halt(const struct checked *c)
{
    if (!c->p->host.hlt_in_guest || !c->p->host.halt_poll || !cfg_find(c->cfg, "host.halt_poll"))
        return true;
    return blame(c, "host.halt_poll",
                 "with hlt_in_guest: true the host never sees a HLT, so nothing polls; remove it");
}

/* Other protocols are what-ifs of today's host: nobody says what they were on an old one, or what
 * the switches of x86's bugs would mean there. */
static bool check_protocol_of(const struct checked *c, const struct guest_params *g)
{
    if (g->kernel < APF_KERNEL_6_12)
        return blame(c, "protocol", "%s is a what-if of a newer guest; set guest.kernel to 6.12",
                     apf_protocol_rules[c->p->protocol].name);
    if (g->send_always)
        return blame(c, "protocol", "guest.send_always is x86's; remove it, or use x86");
    return !g->hotplug.count ||
           blame(c, "protocol", "guest.hotplug is modelled for x86 only; remove one of the two");
}

static bool check_protocol(const struct checked *c)
{
    const struct params *p = c->p;

    if (p->protocol == APF_X86)
        return true;
    if (p->host.kernel < APF_KERNEL_6_12)
        return blame(c, "protocol", "%s is a what-if of a newer host; set host.kernel to 6.12",
                     apf_protocol_rules[p->protocol].name);
    if (p->bugs || p->fixes)
        return blame(c, "protocol", "check.bug and check.fix are x86's; remove them, or use x86");
    for (uint32_t k = 0; k < p->tasks; k++)
        if (p->task[k].nested)
            return blame(c, "protocol", "nested tasks are modelled for x86 only; see tasks.%s",
                         p->task[k].name);
    for (uint32_t i = 0; i < guest_count(p); i++)
        if (!check_protocol_of(c, guest_of(p, i)))
            return false;
    return true;
}

static bool check_hotplug_of(const struct checked *c, const struct guest_params *g)
{
    const struct hotplug_params *hp = &g->hotplug;
    g_autofree char *guest = g_strconcat(*g->name ? "guests." : "guest", g->name, NULL);
    g_autofree char *count = g_strconcat(guest, ".hotplug.count", NULL);
    g_autofree char *vcpu = g_strconcat(guest, ".hotplug.vcpu", NULL);
    g_autofree char *first = g_strconcat(guest, ".hotplug.first", NULL);

    if (!hp->count)
        return true;
    if (g->vcpus == 1)
        return blame(c, count, "the only vCPU cannot go offline; raise %s.vcpus to 2 or more",
                     guest);
    if (hp->vcpu >= g->vcpus)
        return blame(c, vcpu, "there is no vCPU %u; %s.vcpus is %u, numbered from 0", hp->vcpu,
                     guest, g->vcpus);
    return hp->first < c->p->warmup + c->p->duration ||
           blame(c, first, "the run is over by then; make it earlier");
}

static bool check_hotplug(const struct checked *c)
{
    for (uint32_t i = 0; i < guest_count(c->p); i++)
        if (!check_hotplug_of(c, guest_of(c->p, i)))
            return false;
    return true;
}

#define HUGE_BYTES ((uint64_t)HUGE_PAGES * PAGE_BYTES)

static bool check_region(const struct checked *c, const struct region_params *r)
{
    g_autofree char *key = g_strdup_printf("regions.%s", r->name);
    g_autofree char *size = cfg_format_bytes(r->size), *resident = cfg_format_bytes(r->resident);
    g_autofree char *size_key = g_strconcat(key, ".size", NULL);
    g_autofree char *resident_key = g_strconcat(key, ".resident", NULL);
    g_autofree char *unmapped_key = g_strconcat(key, ".unmapped", NULL);

    if (!cfg_find(c->cfg, size_key))
        return blame(c, key, "a region needs its size; add for example `size: 1GiB`");
    if (r->backing == BACKING_HUGETLB && r->size % HUGE_BYTES)
        return blame(c, size_key, "hugetlb comes in pages of 2 MiB; make it a multiple of that");
    if (r->backing == BACKING_HUGETLB && r->resident % HUGE_BYTES)
        return blame(c, resident_key,
                     "hugetlb comes in pages of 2 MiB; make it a multiple of that");
    if (r->backing == BACKING_HUGETLB && r->unmapped)
        return blame(c, unmapped_key, "a huge page is mapped when it is made; leave this out");
    if (r->resident > r->size)
        return blame(c, resident_key,
                     "%s is more than the region's size of %s; make it at most "
                     "that",
                     resident, size);
    return true;
}

static bool check_regions(const struct checked *c)
{
    for (uint32_t i = 0; i < c->p->regions; i++)
        if (!check_region(c, &c->p->region[i]))
            return false;
    return true;
}

/* The region that goes beyond a sum is the one to blame. */
static bool check_ram(const struct checked *c, const struct region_params *r, uint64_t size)
{
    const struct guest_params *g = guest_of(c->p, r->guest);
    g_autofree char *key = g_strdup_printf("regions.%s.size", r->name);
    g_autofree char *ram = cfg_format_bytes(g->memory);

    return size <= g->memory ||
           blame(c, key,
                 "regions take more than the guest's RAM of %s; make them smaller or raise "
                 "%s%s.memory",
                 ram, c->p->guests ? "guests." : "guest", g->name);
}

/* Guests' memory by guest, the host's with all copies. */
static bool check_memory(const struct checked *c)
{
    uint64_t size[GUESTS_MAX] = {0}, pages = 0, resident = 0, for_good = 0,
             limit = c->p->host.memory_limit;
    g_autofree char *most = cfg_format_bytes(limit);

    for (uint32_t i = 0; i < c->p->regions; i++) {
        const struct region_params *r = &c->p->region[i];
        g_autofree char *key = g_strdup_printf("regions.%s.size", r->name);
        g_autofree char *resident_key = g_strdup_printf("regions.%s.resident", r->name);

        size[r->guest] += r->size;
        resident += r->backing == BACKING_HUGETLB ? 0 : r->resident; /* a pool of its own */
        pages += r->size / PAGE_BYTES * cfg_copies(c->p, r->guest);
        if (r->backing == BACKING_PRIVATE)
            for_good += r->size * cfg_copies(c->p, r->guest);
        if (!check_ram(c, r, size[r->guest]))
            return false;
        if (limit && resident > limit)
            return blame(c, resident_key,
                         "more resident than the limit of %s; lower it or raise "
                         "host.memory.limit",
                         most);
        if (limit && for_good > limit)
            return blame(c, key,
                         "private memory is never reclaimed, and this is more than the limit of "
                         "%s; lower it or raise host.memory.limit",
                         most);
        if (pages > PAGES_MAX)
            return blame(c, key, "regions have more than %u pages; make them smaller", PAGES_MAX);
    }
    return true;
}

static sim_ns longest(const struct sim_dist *d)
{
    switch (d->kind) {
    case SIM_DIST_UNIFORM:
        return d->b;
    case SIM_DIST_QUANTILES:
        return d->q[d->points - 1].ns;
    case SIM_DIST_CONSTANT:
    case SIM_DIST_EXPONENTIAL:
    case SIM_DIST_LOGNORMAL:
    case SIM_DIST_KINDS:
        break;
    }
    return d->a;
}

static bool takes_time(const struct checked *c, const struct step_params *s)
{
    switch (s->kind) {
    case STEP_COMPUTE:
    case STEP_SLEEP:
        return longest(&s->time) > 0;
    case STEP_TOUCH:
        return c->p->cost.touch > 0;
    case STEP_EXIT:
        return true; /* the loop ends here */
    case STEP_YIELD:
    case STEP_LOCK:
    case STEP_UNLOCK:
    case STEP_KINDS:
        break;
    }
    return false;
}

static bool check_part(const struct checked *c, const struct step_params *s, const char *key)
{
    const struct region_params *r = &c->p->region[s->region];
    g_autofree char *first = g_strconcat(key, ".first", NULL);
    g_autofree char *span = g_strconcat(key, ".span", NULL);
    g_autofree char *size = cfg_format_bytes(r->size);

    if (s->first >= r->size)
        return blame(c, first, "begins beyond region '%s', which has %s; lower it", r->name, size);
    if (s->span > r->size - s->first)
        return blame(c, span, "first + span go beyond region '%s', which has %s; lower them",
                     r->name, size);
    return true;
}

static bool check_touch(const struct checked *c, const struct step_params *s, const char *key)
{
    g_autofree char *region = g_strconcat(key, ".region", NULL);
    g_autofree char *trace = g_strconcat(key, ".trace", NULL);
    g_autofree char *irq_off = g_strconcat(key, ".irq_off", NULL);
    bool is_trace = s->pattern == PATTERN_TRACE;

    if (!cfg_find(c->cfg, region))
        return blame(c, key, "a touch needs its region; add for example `region: array`");
    if (is_trace && !*s->trace)
        return blame(c, key, "pattern trace needs a file; add `trace: FILE`");
    if (!is_trace && *s->trace)
        return blame(c, trace, "only pattern trace reads a file; add `pattern: trace`");
    if (s->kernel_ppm + s->irq_off_ppm > PPM)
        return blame(c, irq_off, "kernel and irq_off are together more than 100%%; lower one");
    return check_part(c, s, key);
}

static bool check_loop(const struct checked *c, const struct task_params *t, const char *task)
{
    g_autofree char *loop = g_strconcat(task, ".loop", NULL);
    bool time = false;

    if (!t->steps)
        return blame(c, loop, "a task needs steps; add for example `loop: [compute: 1us]`");
    for (uint32_t i = 0; i < t->steps; i++) {
        g_autofree char *key = g_strdup_printf("%s.%u.touch", loop, i);

        if (t->step[i].kind == STEP_TOUCH && !check_touch(c, &t->step[i], key))
            return false;
        time = time || takes_time(c, &t->step[i]);
    }
    return time || blame(c, loop,
                         "the loop takes no time and would never end; add a compute or "
                         "sleep step%s",
                         c->p->cost.touch ? "" : ", or raise cost.touch");
}

static bool ends(const struct task_params *t)
{
    for (uint32_t i = 0; i < t->steps; i++)
        if (t->step[i].kind == STEP_EXIT)
            return true;
    return t->iterations > 0;
}

static bool check_end(const struct checked *c, const struct task_params *t, const char *task)
{
    g_autofree char *key = g_strconcat(task, ".ends_run", NULL);

    return !t->ends_run || ends(t) ||
           blame(c, key, "the task never ends; %s",
                 t->arrivals.process == ARRIVALS_NONE ? "say `iterations:` how often it goes round"
                                                      : "it serves for as long as requests come");
}

static bool check_task(const struct checked *c, const struct task_params *t)
{
    g_autofree char *key = g_strdup_printf("tasks.%s", t->name);
    g_autofree char *vcpu = g_strconcat(key, ".vcpu", NULL);
    g_autofree char *start = g_strconcat(key, ".start", NULL);
    uint32_t vcpus = guest_of(c->p, t->guest)->vcpus;

    if (t->vcpu >= 0 && t->per_vcpu)
        return blame(c, vcpu, "per_vcpu pins a task to each vCPU already; remove one of the two");
    if (t->vcpu >= (int64_t)vcpus)
        return blame(c, vcpu, "there is no vCPU %d; guest.vcpus is %u, numbered from 0", t->vcpu,
                     vcpus);
    if (t->start >= c->p->warmup + c->p->duration)
        return blame(c, start, "the task begins when the run is over; start it earlier");
    return check_loop(c, t, key) && check_end(c, t, key) && cfg_check_locks(c->cfg, t, c->error) &&
           cfg_check_service(c->cfg, t, c->error);
}

static bool check_tasks(const struct checked *c)
{
    uint64_t total = 0;
    bool measured = false;

    if (!c->p->tasks)
        return blame(c, "tasks",
                     "no tasks; add for example `tasks: {spinner: {measure: true, "
                     "loop: [compute: 1us]}}`");
    for (uint32_t i = 0; i < c->p->tasks; i++) {
        const struct task_params *t = &c->p->task[i];
        g_autofree char *key = g_strdup_printf("tasks.%s.count", t->name);

        if (!check_task(c, t))
            return false;
        measured = measured || t->measure;
        total += (uint64_t)t->count * (t->per_vcpu ? guest_of(c->p, t->guest)->vcpus : 1);
        if (total > TASKS_MAX)
            return blame(c, key, "more than %d tasks in all; lower count or guest.vcpus",
                         TASKS_MAX);
    }
    return measured || blame(c, "tasks",
                             "no task is measured, so there is no work to compare; add "
                             "`measure: true` to one");
}

bool cfg_check(const struct cfg *cfg, GError **error)
{
    struct checked c = {cfg, &cfg->params, error};

    return check_length(&c) && check_disk(&c) && check_network(&c) && check_halt(&c) &&
           check_protocol(&c) && check_hotplug(&c) && check_watermarks(&c) && check_regions(&c) &&
           check_memory(&c) && check_tasks(&c) && cfg_check_guests(cfg, error);
}
