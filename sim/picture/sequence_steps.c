/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sequence_steps.c - what each note means in a sequence diagram: from whom to whom, and its words
 *
 * Sources of the functions' names: Linux 6.12, virt/kvm/async_pf.c, arch/x86/kvm/x86.c and
 * mmu/mmu.c, arch/x86/kernel/kvm.c, fs/userfaultfd.c, kernel/sched/core.c.
 */
#include <inttypes.h>

#include "rep_format.h"
#include "sequence_priv.h"
#include "sim_words.h"

#define WAKE_ALL   UINT32_MAX /* as token of a ready */
#define VECTOR_APF 0xf3u      /* HYPERVISOR_CALLBACK_VECTOR */
#define VECTOR_PF  14u
#define MSR_EN     0x4b564d02u
#define MSR_INT    0x4b564d06u
#define MSR_ACK    0x4b564d07u

/* What the thread did within an exit is told before the exit itself is: the step that was put last
 * moves before those of KVM at its time. */
static void move_before_exit(struct sequence *s, sim_ns when)
{
    guint to = s->rows->len - 1;
    struct seq_row last;

    if (!seq_in_window(s, when) || s->left_out)
        return;
    last = g_array_index(s->rows, struct seq_row, to);
    while (to > 0) {
        const struct seq_row *before = &g_array_index(s->rows, struct seq_row, to - 1);

        if (before->when != last.when || before->from != SEQ_KVM || before->to != SEQ_KVM)
            break;
        to--;
    }
    for (guint i = s->rows->len - 1; i > to; i--)
        g_array_index(s->rows, struct seq_row, i) = g_array_index(s->rows, struct seq_row, i - 1);
    g_array_index(s->rows, struct seq_row, to) = last;
}

/* ---- faults ---- */

static void flush_fault(struct sequence *s)
{
    if (s->fault.what)
        seq_put(s, s->fault);
    s->fault = (struct seq_row){0};
}

static void on_fault(struct sequence *s, const struct sim_note *n)
{
    bool kernel = n->d == 0;
    unsigned from = kernel || s->current == SEQ_NO_TASK ? SEQ_KERNEL : seq_column_of(s, s->current);

    seq_row_clear(&s->fault);
    if (!seq_in_window(s, n->when))
        return;
    s->fault = (struct seq_row){
        n->when,
        (uint8_t)from,
        SEQ_KVM,
        g_strdup("exit"),
        g_strdup_printf("%s, in %s mode, touches gfn %#" PRIx64 ": EPT or NPT has no page there",
                        seq_name_of(s, s->current), kernel ? "kernel" : "user", n->b / 4096),
        "handle_ept_violation() or npf_interception(), kvm_mmu_page_fault()"};
}

static void on_try(struct sequence *s, const struct sim_note *n)
{
    flush_fault(s);
    seq_step(s, n->when, SEQ_KVM, SEQ_KVM, "", "__kvm_faultin_pfn(), kvm_can_do_async_pf()",
             "the page needs I/O, and the vCPU need not wait for it here");
}

static void halts(struct sequence *s)
{
    seq_mark_state(s, SEQ_KVM, SEQ_HALTED);
}

static void on_repeated(struct sequence *s, const struct sim_note *n)
{
    flush_fault(s);
    seq_step(s, n->when, SEQ_KVM, SEQ_KVM, "", "kvm_find_async_pf_gfn(), KVM_REQ_APF_HALT",
             "in flight already (repeated fault): the vCPU halts again");
    halts(s);
}

static void on_not_present(struct sequence *s, const struct sim_note *n)
{
    uint32_t token = (uint32_t)n->b;
    const struct seq_token t = {token, n->d != 0};

    g_array_append_val(s->tokens, t);
    if (n->d) {
        s->told = token;
        seq_step(s, n->when, SEQ_KVM, SEQ_KVM, "",
                 "kvm_setup_async_pf(), kvm_arch_async_page_not_present()",
                 "token %#x is made; flags := 1, a #PF with CR2 = %#x is queued", token, token);
        return;
    }
    seq_step(s, n->when, SEQ_KVM, SEQ_KVM, "",
             "kvm_setup_async_pf(), kvm_can_deliver_async_pf(), KVM_REQ_APF_HALT",
             "token %#x, but the guest may not be told: the vCPU halts", token);
    halts(s);
}

static void on_work(struct sequence *s, const struct sim_note *n)
{
    seq_step(s, n->when, SEQ_KVM, SEQ_WORKER, "work",
             "schedule_work(), async_pf_execute(), get_user_pages_remote()",
             "a worker waits for the page in place of the vCPU");
}

static void on_completed(struct sequence *s, const struct sim_note *n)
{
    seq_step(s, n->when, SEQ_WORKER, SEQ_KVM, "done",
             "async_pf_execute(): kvm_arch_async_page_present_queued(), KVM_REQ_APF_READY",
             "the item of %#" PRIx64 " is on the list `done`; the vCPU is to look", n->d);
}

/* Takes it from those in flight. */
static bool was_told(struct sequence *s, uint64_t token)
{
    bool told = false;

    for (guint i = 0; i < s->tokens->len; i++) {
        if (g_array_index(s->tokens, struct seq_token, i).token != token)
            continue;
        told = g_array_index(s->tokens, struct seq_token, i).told;
        g_array_remove_index(s->tokens, i);
        break;
    }
    return told;
}

static void on_ready(struct sequence *s, const struct sim_note *n)
{
    static const char present[] = "kvm_check_async_pf_completion(), kvm_arch_async_page_present()";

    if (n->b == WAKE_ALL) {
        seq_step(s, n->when, SEQ_KVM, SEQ_KVM, "", present,
                 "slot := 0xffffffff, wake all; vector 0xf3 is pending in the LAPIC");
        return;
    }
    seq_step(s, n->when, SEQ_KVM, SEQ_KVM, "", present,
             was_told(s, n->b)
                 ? "the page is mapped; slot := %#" PRIx64 ", vector 0xf3 is pending in the LAPIC"
                 : "the page of %#" PRIx64 " is mapped; nobody was told of it, so nobody is now",
             n->b);
}

/* ---- the way into the guest ---- */

static void on_exception(struct sequence *s, const struct sim_note *n)
{
    if (n->b == VECTOR_PF && s->current != SEQ_NO_TASK && s->nested[s->current])
        seq_step(s, n->when, SEQ_KVM, SEQ_KERNEL, "#PF exit",
                 "handle_exception_irqoff() reads flags; kvm_handle_page_fault()",
                 "not present, as a #PF VM-exit of L2 to L1: token %#x", s->told);
    else if (n->b == VECTOR_PF)
        seq_step(s, n->when, SEQ_KVM, SEQ_KERNEL, "#PF", "exc_page_fault(), kvm_handle_async_pf()",
                 "not present: CR2 = %#x; the handler reads flags and zeroes it", s->told);
}

static void on_virq(struct sequence *s, const struct sim_note *n)
{
    if (n->b == VECTOR_APF)
        seq_step(s, n->when, SEQ_KVM, SEQ_KERNEL, "IRQ 0xf3", "sysvec_kvm_asyncpf_interrupt()",
                 "ready: the handler writes EOI and reads the slot");
    else if (s->woke)
        seq_step(s, n->when, SEQ_KVM, SEQ_KERNEL, "IRQ",
                 "kvm_vcpu_has_events(), vcpu_enter_guest()",
                 "an interrupt, %#" PRIx64 ", is served: the vCPU was only halted", n->b);
}

static void on_msr(struct sequence *s, const struct sim_note *n)
{
    static const char offline[] =
        "kvm_pv_disable_apf(): wrmsrl(); kvm_clear_async_pf_completion_queue()";
    bool write = n->d & 1;

    if (!write || (n->b != MSR_EN && n->b != MSR_INT && n->b != MSR_ACK))
        return;
    if (n->b == MSR_ACK) {
        seq_step(s, n->when, SEQ_KERNEL, SEQ_KVM, "ACK := 1",
                 "sysvec_kvm_asyncpf_interrupt(): wrmsrl(MSR_KVM_ASYNC_PF_ACK, 1)",
                 "the slot is zeroed, then acknowledged: the next ready may come");
        move_before_exit(s, n->when);
    } else if (n->b == MSR_INT)
        seq_step(s, n->when, SEQ_KERNEL, SEQ_KVM, "INT", "kvm_guest_cpu_init(): wrmsrl()",
                 "MSR_KVM_ASYNC_PF_INT := %#" PRIx64 ": the vector of ready", n->c);
    else
        seq_step(s, n->when, SEQ_KERNEL, SEQ_KVM, n->c ? "EN" : "EN := 0",
                 n->c ? "kvm_guest_cpu_init(): wrmsrl()" : offline,
                 n->c ? "MSR_KVM_ASYNC_PF_EN := %#" PRIx64 ": area and flags; KVM queues a wake-all"
                      : "MSR_KVM_ASYNC_PF_EN := %" PRIx64
                        ": what was in flight is gone, its workers awaited",
                 n->c);
}

/* ---- the guest's tasks ---- */

static void on_wait(struct sequence *s, const struct sim_note *n)
{
    unsigned column = seq_column_of(s, (uint32_t)n->b);

    seq_step(s, n->when, SEQ_KERNEL, column, "sleeps", "kvm_async_pf_task_wait_schedule()",
             "%s sleeps under %#" PRIx64, seq_name_of(s, (uint32_t)n->b), n->c);
    seq_mark_state(s, column, SEQ_WAITS);
}

static void on_wake(struct sequence *s, const struct sim_note *n)
{
    unsigned column = seq_column_of(s, (uint32_t)n->b);

    seq_step(s, n->when, SEQ_KERNEL, column, "wakes",
             n->c == WAKE_ALL ? "kvm_guest_cpu_offline(), apf_task_wake_all()"
                              : "kvm_async_pf_task_wake(), swake_up_one()",
             n->c == WAKE_ALL ? "%s is woken with all others of this CPU, to try again"
                              : "%s is woken: it slept under this token",
             seq_name_of(s, (uint32_t)n->b));
    seq_mark_state(s, column, SEQ_NOTHING);
}

static void on_early(struct sequence *s, const struct sim_note *n)
{
    if (n->c)
        seq_step(s, n->when, SEQ_KERNEL, SEQ_KERNEL, "", "kvm_async_pf_task_wait_schedule()",
                 "the wait finds the dummy of %#" PRIx64 ", takes it away, and does not sleep",
                 n->b);
    else
        seq_step(s, n->when, SEQ_KERNEL, SEQ_KERNEL, "", "kvm_async_pf_task_wake()",
                 "nobody sleeps under %#" PRIx64 " yet: a dummy is left in the hash", n->b);
}

static void on_switch(struct sequence *s, const struct sim_note *n)
{
    uint32_t next = (uint32_t)n->c;

    if (s->begun && s->current != SEQ_NO_TASK && s->state[seq_column_of(s, s->current)] == SEQ_RUNS)
        seq_mark_state(s, seq_column_of(s, s->current), SEQ_NOTHING);
    s->current = next;
    if (next == SEQ_NO_TASK) {
        seq_step(s, n->when, SEQ_KERNEL, SEQ_KERNEL, "", "schedule(), do_idle()",
                 "nobody is ready to run: the guest is idle");
        return;
    }
    seq_step(s, n->when, SEQ_KERNEL, seq_column_of(s, next), "runs", "schedule()", "%s runs",
             seq_name_of(s, next));
    seq_mark_state(s, seq_column_of(s, next), SEQ_RUNS);
}

static void on_why(struct sequence *s, const struct sim_note *n)
{
    s->why = n->d;
}

static void on_access(struct sequence *s, const struct sim_note *n)
{
    char text[REP_NUMBER_BYTES];
    bool why = s->why && s->why < s->shape.whys && n->c != OUTCOME_DELIVERED;

    seq_step(s, n->when, seq_column_of(s, (uint32_t)n->b), seq_column_of(s, (uint32_t)n->b), "",
             why ? s->shape.why_text[s->why] : "", "%s's access is complete after %s: %s",
             seq_name_of(s, (uint32_t)n->b), rep_format_ns(text, (double)n->d), outcome_key[n->c]);
}

/* ---- waits of the vCPU, devices ---- */

static void on_latency(struct sequence *s, const struct sim_note *n)
{
    char text[REP_NUMBER_BYTES];

    rep_format_ns(text, (double)n->b);
    if (n->a == LATENCY_APF_HALT) {
        seq_step(s, n->when, SEQ_KVM, SEQ_KVM, "",
                 "kvm_vcpu_block(); vcpu->arch.apf.halted := false",
                 "the halt ends after %s: a page or an interrupt has come", text);
        seq_mark_state(s, SEQ_KVM, SEQ_NOTHING);
        s->woke = true;
    } else if (n->a == LATENCY_SYNC_BLOCK) {
        seq_step(s, n->when, SEQ_KVM, SEQ_KVM, "", "hva_to_pfn_slow(), get_user_pages_unlocked()",
                 "the vCPU thread has waited %s for the page and served no interrupt", text);
    }
}

static bool is_awaited(const struct sequence *s, uint64_t page)
{
    for (guint i = 0; i < s->pages->len; i++)
        if (g_array_index(s->pages, uint64_t, i) == page)
            return true;
    return false;
}

static void on_attempt(struct sequence *s, const struct sim_note *n)
{
    if (!is_awaited(s, n->d))
        g_array_append_val(s->pages, n->d);
}

static void on_uffd(struct sequence *s, const struct sim_note *n)
{
    if (!is_awaited(s, n->a))
        return;
    s->monitor = true;
    if (n->kind == NOTE_UFFD_EVENT)
        seq_step(s, n->when, SEQ_WORKER, SEQ_DEVICE, "missing", "handle_userfault()",
                 "userfaultfd's monitor hears of gfn %#" PRIx64, n->a + s->shape.gfn_base);
    else
        seq_step(s, n->when, SEQ_DEVICE, SEQ_WORKER, "UFFDIO_COPY",
                 "mfill_atomic(), wake_userfault()", "the monitor supplies gfn %#" PRIx64,
                 n->a + s->shape.gfn_base);
}

static void on_disk(struct sequence *s, const struct sim_note *n)
{
    if (s->shape.vcpus > 1 || n->a != 0 || n->c)
        return;
    if (n->kind == NOTE_DISK_SUBMIT) {
        flush_fault(s);
        seq_step(s, n->when, SEQ_KVM, SEQ_DEVICE, "read",
                 "hva_to_pfn_slow(): get_user_pages_unlocked(), FOLL_NOWAIT",
                 "the attempt that may not wait starts the read, and fails");
    } else {
        seq_step(s, n->when, SEQ_DEVICE, s->tokens->len ? SEQ_WORKER : SEQ_KVM, "page",
                 "folio_end_read(), folio_wait_locked()",
                 "the page is there; who waits for it goes on");
    }
}

/* ---- the observer ---- */

static void on_offline(struct sequence *s, const struct sim_note *n)
{
    char text[REP_NUMBER_BYTES];

    rep_format_ns(text, (double)n->b);
    seq_step(s, n->when, SEQ_KERNEL, SEQ_KERNEL, "",
             n->kind == NOTE_CPU_OFFLINE ? "kvm_cpu_down_prepare(), native_play_dead()"
                                         : "kvm_cpu_online()",
             n->kind == NOTE_CPU_OFFLINE ? "the CPU is offline, %s after it was told to go"
                                         : "the CPU is online again, %s after INIT",
             text);
}

const struct seq_handler seq_handlers[SIM_NOTE_KINDS] = {
    [NOTE_KVM_PAGE_FAULT] = {on_fault, 0},
    [NOTE_KVM_TRY_ASYNC] = {on_try, 0},
    [NOTE_KVM_REPEATED] = {on_repeated, 0},
    [NOTE_KVM_NOT_PRESENT] = {on_not_present, 0},
    [NOTE_KVM_READY] = {on_ready, 0},
    [NOTE_KVM_COMPLETED] = {on_completed, 0},
    [NOTE_KVM_MSR] = {on_msr, 0},
    [NOTE_KVM_INJ_EXCEPTION] = {on_exception, 0},
    [NOTE_KVM_INJ_VIRQ] = {on_virq, 0},
    [NOTE_WORK_START] = {on_work, 0},
    [NOTE_APF_WAIT] = {on_wait, 0},
    [NOTE_APF_WAKE] = {on_wake, 0},
    [NOTE_APF_EARLY] = {on_early, 0},
    [NOTE_TASK_SWITCH] = {on_switch, 0},
    [NOTE_ACCESS] = {on_why, 0},
    [NOTE_ACCESS_DONE] = {on_access, 0},
    [NOTE_ATTEMPT] = {on_attempt, 0},
    [NOTE_LATENCY] = {on_latency, 2},
    [NOTE_UFFD_EVENT] = {on_uffd, -1},
    [NOTE_UFFD_COPY] = {on_uffd, -1},
    [NOTE_DISK_SUBMIT] = {on_disk, -1},
    [NOTE_DISK_DONE] = {on_disk, -1},
    [NOTE_CPU_OFFLINE] = {on_offline, 0},
    [NOTE_CPU_ONLINE] = {on_offline, 0},
};
