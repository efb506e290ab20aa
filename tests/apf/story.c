/* SPDX-License-Identifier: GPL-2.0-or-later */
/* story.c - see story.h */
#include "story.h"

#include "apf_guest.h"
#include "apf_host.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GPA 0x10000u

static struct {
    struct apf_host h;
    struct apf_guest g;
    struct apf_guest_cpu cpu;
    struct apf_area area;
    struct apf_host_ctx ctx;
    struct apf_host_out out;
    struct apf_guest_out gout;
    bool irr, isr, bad_area, no_memory, bad_page, in_nmi, hlt;
    bool idle, rcu, preempt_off;
    uint64_t truth;
    uint32_t l1_flags, exit_cpu;
    uint64_t pf_address;
    bool pf_pending;
    uint32_t task;
    char text[16384];
    size_t length;
} s;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    s.length += (size_t)vsnprintf(s.text + s.length, sizeof s.text - s.length, format, args);
    va_end(args);
    cr_assert_lt(s.length, sizeof s.text);
}

/* ---- the host ---- */

static const char *const trace_name[] = {"try", "repeated_fault", "not_present", "ready",
                                         "completed"};

static void say_trace(const struct apf_action *a)
{
    if (a->trace == APF_TRACE_TRY || a->trace == APF_TRACE_REPEATED) {
        say("  %s gva %#llx gfn %#llx\n", trace_name[a->trace], (unsigned long long)a->gva,
            (unsigned long long)a->gfn);
    } else if (a->trace == APF_TRACE_COMPLETED) {
        say("  completed gva %#llx\n", (unsigned long long)a->gva);
    } else {
        say("  %s token %#x gva %#llx\n", trace_name[a->trace], a->token,
            (unsigned long long)a->gva);
    }
}

static void perform(const struct apf_action *a)
{
    static const char *const words[] = {
        [APF_DO_SCHEDULE_WORK] = "schedule", [APF_DO_PREFAULT] = "prefault",
        [APF_DO_KICK] = "kick by",           [APF_DO_WAKE] = "wake vcpu by",
        [APF_DO_CANCEL_WORK] = "cancel",     [APF_DO_WAIT_WORK] = "wait for",
        [APF_DO_USER_EXIT] = "exit to user"};

    switch ((enum apf_action_kind)a->kind) {
    case APF_DO_TRACE:
        say_trace(a);
        return;
    case APF_DO_QUEUE_PF:
        say("  #PF %#x%s\n", a->token,
            a->vmexit          ? " as VM-exit"
            : s.ctx.guest_mode ? " in L2"
            : s.pf_pending     ? ": double fault"
                               : "");
        s.pf_pending = true;
        s.pf_address = a->token;
        s.ctx.exception_pending = true;
        return;
    case APF_DO_SET_IRQ:
        say("  irq %#llx\n", (unsigned long long)a->value);
        s.irr = s.ctx.lapic_enabled;
        return;
    case APF_DO_RUNNABLE:
        s.hlt = false;
        return;
    case APF_DO_GP:
        say("  #GP\n");
        return;
    case APF_DO_REAL_PF:
        say("  ordinary #PF%s\n", a->vmexit ? " as VM-exit" : "");
        return;
    case APF_DO_CANCEL_PF:
        say("  event %#x cancelled\n", a->token);
        s.pf_pending = s.ctx.exception_pending = false;
        return;
    case APF_DO_FLOAT_IRQ:
        say("  DONE %#x floats\n", a->token);
        return;
    case APF_DO_USER_EXIT:
    case APF_DO_SCHEDULE_WORK:
    case APF_DO_PREFAULT:
    case APF_DO_KICK:
    case APF_DO_WAKE:
    case APF_DO_CANCEL_WORK:
    case APF_DO_WAIT_WORK:
        say("  %s %u\n", words[a->kind], a->item);
        return;
    }
}

static void host(struct apf_host_in in)
{
    in.ctx = s.ctx;
    in.area_faults = s.bad_area;
    in.no_memory = s.no_memory;
    in.hva_error |= s.bad_page && in.kind == APF_IN_WORK_APPEND;
    apf_host_step(&s.h, &s.area, &in, &s.out);
    for (uint32_t i = 0; i < s.out.count; i++) {
        perform(&s.out.act[i]);
    }
    if (s.out.broken) {
        say("  BROKEN %s\n", s.out.broken);
    }
}

/* The loop of kvm_check_async_pf_completion(). */
static void host_loop(enum apf_host_in_kind first)
{
    host((struct apf_host_in){.kind = first});
    while (s.out.item != APF_NO_ITEM) {
        host((struct apf_host_in){.kind = APF_IN_PRESENT});
        if (!s.out.more) {
            return;
        }
        host((struct apf_host_in){.kind = APF_IN_CHECK});
    }
}

static void host_wrmsr(uint32_t msr, uint64_t value)
{
    say("  wrmsr %s %#llx\n",
        msr == APF_MSR_EN          ? "EN"
        : msr == APF_MSR_INT       ? "INT"
        : msr == APF_CALL_COMPLETE ? "COMPLETE"
                                   : "ACK",
        (unsigned long long)value);
    host((struct apf_host_in){.kind = APF_IN_WRMSR, .msr = msr, .value = value});
    if (s.out.more) {
        host_loop(APF_IN_CHECK);
    }
}

/* The token that an s390 guest offers for a task. */
#define TASK_TOKEN 0x5000u

static void host_fault(uint64_t gfn, uint32_t task, bool prefault, bool user)
{
    static const char *const verdicts[] = {"none", "sync", "delivered", "halt", "repeated"};

    s.task = task;
    host((struct apf_host_in){.kind = APF_IN_FAULT,
                              .gfn = gfn,
                              .gva = gfn << 12,
                              .prefault = prefault,
                              .user_fault = user,
                              .guest_token = TASK_TOKEN + task});
    say("  = %s (%s)\n", verdicts[s.out.verdict], apf_why_name[s.out.why]);
}

/* ---- the guest ---- */

static void guest(struct apf_guest_in in)
{
    in.cpl = s.ctx.cpl;
    in.if_flag = s.ctx.irq_allowed;
    in.in_nmi = s.in_nmi;
    in.idle = s.idle;
    in.rcu_reader = s.rcu;
    in.preempt_disabled = s.preempt_off;
    in.truth = (uint8_t)s.truth;
    apf_guest_step(&s.g, &s.cpu, &s.area, &in, &s.gout);
    if (s.gout.broken) {
        say("  BROKEN %s\n", s.gout.broken);
    }
    for (uint32_t i = 0; i < s.gout.count; i++) {
        if (s.gout.act[i].kind == APF_GDO_WRMSR) {
            host_wrmsr(s.gout.act[i].msr, s.gout.act[i].value);
        } else if (s.gout.act[i].kind == APF_GDO_IPI) {
            say("  ipi cpu %llu\n", (unsigned long long)s.gout.act[i].value);
        } else {
            s.isr = false;
        }
    }
    for (uint32_t i = 0; i < s.gout.wakes; i++) {
        say("  task %u wakes\n", s.gout.wake[i]);
    }
    if (s.gout.verdict == APF_GUEST_DUMMY) {
        say("  dummy %#x\n", s.gout.token);
    }
}

static void guest_wait(uint32_t token, uint32_t task, bool l1)
{
    guest((struct apf_guest_in){
        .kind = APF_GIN_WAIT, .value = token, .task = task, .l1 = l1, .exit_cpu = s.exit_cpu});
    say("  task %u %s %#x\n", task,
        s.gout.verdict == APF_GUEST_SLEEP       ? "sleeps on"
        : s.gout.verdict == APF_GUEST_HALT_WAIT ? "halts the CPU on"
                                                : "finds a dummy of",
        s.gout.token);
}

static void guest_pf(uint32_t task)
{
    uint64_t address = s.pf_address;

    s.pf_pending = false;
    s.ctx.exception_pending = false;
    if (apf_protocol_rules[s.h.protocol].cancels) {
        host((struct apf_host_in){.kind = APF_IN_EVENT_TAKEN});
    }
    guest((struct apf_guest_in){.kind = APF_GIN_PF, .value = address, .task = task});
    if (s.gout.verdict == APF_GUEST_PANIC) {
        say("  panic: %s\n", s.gout.panic);
    } else if (s.gout.verdict == APF_GUEST_ORDINARY_PF) {
        say("  ordinary #PF at %#llx\n", (unsigned long long)address);
    } else if (s.gout.verdict == APF_GUEST_NOT_PRESENT) {
        guest_wait(s.gout.token, task, false);
        guest((struct apf_guest_in){.kind = APF_GIN_COMPLETE});
    }
}

/* The L1 role: #PF VM-exit, kvm_handle_page_fault(), the wait of the vCPU thread. */
static void l1_exit(void)
{
    s.pf_pending = false;
    s.ctx.exception_pending = false;
    guest((struct apf_guest_in){.kind = APF_GIN_L1_EXIT});
    s.l1_flags = s.gout.flags;
    s.exit_cpu = s.cpu.cpu;
    say("  host_apf_flags %u, %s\n", s.l1_flags,
        apf_l1_takes_exit(s.l1_flags) ? "for L1" : "may be reflected");
}

static void l1_pf(uint32_t task)
{
    guest((struct apf_guest_in){
        .kind = APF_GIN_L1_PF, .value = s.pf_address, .task = task, .flags = s.l1_flags});
    s.l1_flags = 0;
    say("  %s\n", s.gout.verdict == APF_GUEST_NOT_PRESENT   ? "the thread will wait"
                  : s.gout.verdict == APF_GUEST_ORDINARY_PF ? "ordinary #PF of L2"
                                                            : "nothing");
}

static void guest_ready(void)
{
    s.irr = false;
    s.isr = true;
    for (enum apf_guest_in_kind k = APF_GIN_EOI; k <= APF_GIN_ACK; k++) {
        guest((struct apf_guest_in){.kind = k});
    }
}

/* Requests in KVM's order. False: the pass is aborted. */
static bool requests(void)
{
    if (s.h.requests & APF_REQ_HALT) {
        host((struct apf_host_in){.kind = APF_IN_REQ_HALT});
        say("  halted\n");
        return false;
    }
    if (s.h.halted || s.hlt) {
        if (!apf_host_has_done(&s.h) && !(s.irr && s.ctx.irq_allowed)) {
            say("  blocks\n");
            return false;
        }
        host((struct apf_host_in){.kind = APF_IN_UNHALT});
        s.hlt = false;
        say("  unblocked\n");
    }
    if (s.h.requests & APF_REQ_READY) {
        host_loop(APF_IN_REQ_READY);
    } else if (apf_protocol_rules[s.h.protocol].worker_tells) {
        host_loop(APF_IN_CHECK);
    }
    return true;
}

/* The end of a turn of the run loop, before 5.8: kvm_check_async_pf_completion(). */
static void end_of_turn(void)
{
    if (apf_host_rules[s.h.kernel].ready_by_pf) {
        host_loop(APF_IN_CHECK);
    }
}

static void pass(void)
{
    if (!requests()) {
        return;
    }
    if (s.pf_pending) {
        guest_pf(s.task);
    }
    for (int n = 0; s.irr && !s.isr && s.ctx.irq_allowed && n < 8; n++) {
        guest_ready();
    }
}

static void enter(void)
{
    pass();
    end_of_turn();
}

static void leave(void)
{
    requests();
    end_of_turn();
}

static void halt(void)
{
    s.hlt = true;
    end_of_turn();
}

/* ---- steps ---- */

static void step_online(void)
{
    guest((struct apf_guest_in){.kind = APF_GIN_ENABLE, .value = GPA});
    guest((struct apf_guest_in){.kind = APF_GIN_ENABLED});
}

static void step_offline(bool shutdown)
{
    guest((struct apf_guest_in){.kind = APF_GIN_DISABLE, .shutdown = shutdown});
    guest((struct apf_guest_in){.kind = APF_GIN_DISABLED, .shutdown = shutdown});
}

/* online and enter, which one story tells; here only that nothing broke. */
static void step_booted(void)
{
    size_t length = s.length;

    step_online();
    enter();
    cr_assert(!strstr(s.text + length, "BROKEN") && s.area.token == 0);
    s.length = length;
    s.text[length] = 0;
}

static void step_state(void)
{
    say("  queued %u, %s, slot %#x, flags %u, %s%s%ssleepers %u, dummies %u\n", s.h.queued,
        apf_host_has_done(&s.h) ? "done" : "none done", s.area.token, s.area.flags,
        s.h.halted ? "halted, " : "", s.h.pageready_pending ? "ACK due, " : "",
        s.irr ? "irq pending, " : "", s.g.sleepers, s.g.dummies);
    if (s.g.leaked) {
        say("  leaked %u\n", s.g.leaked);
    }
}

static bool step_machine(const char *word, uint64_t value)
{
    if (!strcmp(word, "apic")) {
        s.h.lapic_in_kernel = value;
    } else if (!strcmp(word, "enforce")) {
        s.h.enforce_cpuid = value;
    } else if (!strcmp(word, "cpuid")) {
        s.h.cpuid = (uint32_t)value;
    } else if (!strcmp(word, "vcpu")) {
        s.h.vcpu_id = (uint32_t)value;
    } else if (!strcmp(word, "id")) {
        s.h.id = (uint32_t)value;
    } else if (!strcmp(word, "config_preempt")) {
        s.g.preempt = value;
    } else if (!strcmp(word, "real")) {
        s.truth = value;
    } else {
        return false;
    }
    return true;
}

static bool step_set(const char *word, bool on)
{
    struct {
        const char *name;
        bool *flag;
    } flags[] = {{"irq", &s.ctx.irq_allowed},
                 {"lapic", &s.ctx.lapic_enabled},
                 {"paging", &s.ctx.paging},
                 {"reinject", &s.ctx.event_reinject},
                 {"hlt", &s.ctx.hlt_in_guest},
                 {"exception", &s.ctx.exception_pending},
                 {"l2", &s.ctx.guest_mode},
                 {"nmi", &s.in_nmi},
                 {"badarea", &s.bad_area},
                 {"nomemory", &s.no_memory},
                 {"badpage", &s.bad_page},
                 {"nestedrun", &s.ctx.nested_run_pending},
                 {"l1pf", &s.ctx.l1_intercepts_pf},
                 {"irqpending", &s.ctx.irq_pending},
                 {"idle", &s.idle},
                 {"rcu", &s.rcu},
                 {"preemptoff", &s.preempt_off}};

    if (!strcmp(word, "user")) {
        s.ctx.cpl = on ? 3 : 0;
        return true;
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (!strcmp(word, flags[i].name)) {
            *flags[i].flag = on;
            return true;
        }
    }
    return false;
}

static void step_worker(const char *word, uint8_t item)
{
    static const struct {
        const char *name;
        enum apf_host_in_kind kind;
    } kinds[] = {{"run", APF_IN_WORK_RUN},
                 {"peek", APF_IN_WORK_PEEK},
                 {"append", APF_IN_WORK_APPEND},
                 {"kick", APF_IN_WORK_KICK},
                 {"return", APF_IN_WORK_RETURN}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!strcmp(word, kinds[i].name) ||
            (!strcmp(word, "work") && kinds[i].kind != APF_IN_WORK_PEEK)) {
            host((struct apf_host_in){.kind = kinds[i].kind, .item = item});
        }
    }
}

static bool step_guest_part(const char *word)
{
    static const char *const parts[] = {"eoi", "wake", "zero", "ack"};

    for (unsigned i = 0; i < 4; i++) {
        if (!strcmp(word, parts[i])) {
            s.irr = s.irr && i > 0;
            s.isr = s.isr || i == 0;
            guest((struct apf_guest_in){.kind = APF_GIN_EOI + i});
            return true;
        }
    }
    return false;
}

static bool step_plain(const char *word)
{
    if (!strcmp(word, "online")) {
        step_online();
    } else if (!strcmp(word, "booted")) {
        step_booted();
    } else if (!strcmp(word, "offline") || !strcmp(word, "shutdown")) {
        step_offline(word[0] == 's');
    } else if (!strcmp(word, "enter")) {
        enter();
    } else if (!strcmp(word, "exit")) {
        leave();
    } else if (!strcmp(word, "halt")) {
        halt();
    } else if (!strcmp(word, "hook")) {
        host((struct apf_host_in){.kind = APF_IN_NOT_PRESENT});
    } else if (!strcmp(word, "fixup")) {
        host((struct apf_host_in){.kind = APF_IN_FIXUP_PF, .gva = 0x7000});
    } else if (!strcmp(word, "dummy")) {
        guest((struct apf_guest_in){.kind = APF_GIN_DUMMY});
    } else if (!strcmp(word, "l1exit")) {
        l1_exit();
    } else if (!strcmp(word, "reset")) {
        host((struct apf_host_in){.kind = APF_IN_RESET});
    } else if (!strcmp(word, "destroy")) {
        host((struct apf_host_in){.kind = APF_IN_DESTROY});
    } else if (!strcmp(word, "state")) {
        step_state();
    } else {
        return step_guest_part(word);
    }
    return true;
}

static bool step_numbered(const char *word, uint64_t a, uint64_t b)
{
    if (!strcmp(word, "fault")) {
        host_fault(a, (uint32_t)b, false, false);
    } else if (!strcmp(word, "userfault")) {
        host_fault(a, (uint32_t)b, false, true);
    } else if (!strcmp(word, "ioctl")) {
        host((struct apf_host_in){.kind = APF_IN_USER_READY, .value = a});
        say(s.out.item == APF_NO_ITEM ? "  -EINVAL\n" : "");
    } else if (!strcmp(word, "done")) {
        guest((struct apf_guest_in){.kind = APF_GIN_DONE, .value = a, .running = b});
    } else if (!strcmp(word, "prefault")) {
        host_fault(a, 0, true, false);
    } else if (!strcmp(word, "pf")) {
        guest_pf((uint32_t)a);
    } else if (!strcmp(word, "wrmsr")) {
        host_wrmsr((uint32_t)a, b);
    } else if (!strcmp(word, "pg")) {
        s.ctx.paging = a;
        host((struct apf_host_in){.kind = APF_IN_PAGING});
    } else if (!strcmp(word, "lapic")) {
        s.ctx.lapic_enabled = a;
        if (a) {
            host((struct apf_host_in){.kind = APF_IN_LAPIC_ENABLED});
        }
    } else if (!strcmp(word, "l1pf")) {
        l1_pf((uint32_t)a);
    } else if (!strcmp(word, "l1wait")) {
        guest_wait((uint32_t)s.pf_address, (uint32_t)a, true);
    } else if (!strcmp(word, "cpu")) {
        s.cpu.cpu = (uint32_t)a;
    } else if (strchr("rakwp", word[0])) {
        step_worker(word, (uint8_t)a);
    } else {
        return false;
    }
    return true;
}

static void step(const char *line)
{
    char word[32] = "", name[32] = "";
    unsigned long long a = 0, b = 0;
    int words = sscanf(line, "> %31s %lli %lli", word, (long long *)&a, (long long *)&b);

    say("%.*s\n", (int)strcspn(line, "\n"), line);
    if (!strcmp(word, "set") && sscanf(line, "> set %31s %lli", name, (long long *)&a) == 2) {
        cr_assert(step_machine(name, a) || step_set(name, a), "no such context: %s", line);
    } else {
        cr_assert(words == 1 ? step_plain(word) : step_numbered(word, a, b), "no such step: %s",
                  line);
    }
    const char *broken[] = {apf_host_broken(&s.h, &s.area), apf_guest_broken(&s.g)};
    for (unsigned i = 0; i < 2; i++) {
        if (broken[i]) {
            say("  BROKEN %s\n", broken[i]);
        }
    }
}

static void begin(const char *kernel)
{
    const uint32_t cpuid = APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_INT | APF_CPUID_ASYNC_PF_VMEXIT;
    enum apf_kernel k = APF_KERNEL_TIP;
    enum apf_protocol protocol = APF_X86;

    memset(&s, 0, sizeof s);
    cr_assert(apf_kernel_parse(kernel, &k) || apf_protocol_parse(kernel, &protocol), "%s", kernel);
    apf_host_init(&s.h, k, 0, cpuid, true);
    apf_guest_init(&s.g, k, cpuid, false);
    s.h.protocol = s.g.protocol = (uint8_t)protocol;
    s.ctx =
        (struct apf_host_ctx){.irq_allowed = true, .paging = true, .lapic_enabled = true, .cpl = 3};
}

static void run(const char *transcript)
{
    for (const char *line = transcript; *line;) {
        if (line[0] == '>') {
            step(line);
        }
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
}

const char *story_run_in(enum apf_place half, const char *kernel, uint64_t bugs, uint64_t fixes,
                         const char *steps)
{
    begin(kernel);
    s.h.bugs = half == APF_PLACE_GUEST ? 0 : bugs;
    s.h.fixes = half == APF_PLACE_GUEST ? 0 : fixes;
    s.g.bugs = half == APF_PLACE_HOST ? 0 : bugs;
    s.g.fixes = half == APF_PLACE_HOST ? 0 : fixes;
    run(steps);
    return s.text;
}

void story(const char *kernel, const char *transcript)
{
    story_run(kernel, 0, 0, transcript);
    cr_expect(!strcmp(s.text, transcript), "expected:\n%s\ngot:\n%s", transcript, s.text);
}
