/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_event.c - see trace_event.h
 *
 * The kernel's %#llx keeps its 0x for zero, libc's does not: trace_put_0x().
 */
#include "trace_event.h"

#include "trace_put.h"

/* ---- what each event prints ---- */

static const char *const exception_name[] = {"#DE", "#DB", NULL,  "#BP", "#OF", "#BR", "#UD",
                                             "#NM", "#DF", NULL,  "#TS", "#NP", "#SS", "#GP",
                                             "#PF", NULL,  "#MF", "#AC", "#MC"};
static const char *const delivery_mode[] = {"Fixed", "LowPrio", "SMI",  "Res3",
                                            "NMI",   "INIT",    "SIPI", "ExtINT"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

static char *put_again(char *to, uint64_t again)
{
    return again ? trace_put_text(to, " [reinjected]") : to;
}

static char *text_fault(char *to, const uint64_t *v)
{
    to = trace_put_0x(trace_put_text(to, "gva = "), v[0]);
    return trace_put_0x(trace_put_text(to, ", gfn = "), v[1]);
}

static char *text_token(char *to, const uint64_t *v)
{
    to = trace_put_0x(trace_put_text(to, "token "), v[0]);
    return trace_put_0x(trace_put_text(to, " gva "), v[1]);
}

static char *text_completed(char *to, const uint64_t *v)
{
    to = trace_put_0x(trace_put_text(to, "gva "), v[1]);
    return trace_put_0x(trace_put_text(to, " address "), v[0]);
}

static char *text_page_fault(char *to, const uint64_t *v)
{
    to = trace_put_dec(trace_put_text(to, "vcpu "), v[0]);
    to = trace_put_0x(trace_put_text(to, " rip "), v[1]);
    to = trace_put_hex(trace_put_text(to, " address 0x"), v[2], 16);
    return trace_put_0x(trace_put_text(to, " error_code "), v[3]);
}

static char *text_msr(char *to, const uint64_t *v)
{
    to = trace_put_hex(trace_put_text(to, v[0] ? "msr_write " : "msr_read "), v[1], 1);
    to = trace_put_0x(trace_put_text(to, " = "), v[2]);
    return v[3] ? trace_put_text(to, " (#GP)") : to;
}

static char *text_exception(char *to, const uint64_t *v)
{
    const char *name = v[0] < COUNT(exception_name) ? exception_name[v[0]] : NULL;

    to = name ? trace_put_text(to, name) : trace_put_0x(to, v[0]);
    if (v[1])
        to = trace_put_char(trace_put_0x(trace_put_text(to, " ("), v[2]), ')');
    return put_again(to, v[3]);
}

static char *text_virq(char *to, const uint64_t *v)
{
    to = trace_put_0x(trace_put_text(to, v[1] ? "Soft/INTn " : "IRQ "), v[0]);
    return put_again(to, v[2]);
}

static char *text_accept(char *to, const uint64_t *v)
{
    to = trace_put_hex(trace_put_text(to, "apicid "), v[0], 1);
    to = trace_put_dec(trace_put_text(to, " vec "), v[3]);
    to = trace_put_text(trace_put_text(to, " ("), delivery_mode[v[1] >> 8 & 7]);
    return trace_put_text(to, v[2] ? "|level)" : "|edge)");
}

static char *text_eoi(char *to, const uint64_t *v)
{
    to = trace_put_hex(trace_put_text(to, "apicid "), v[0], 1);
    return trace_put_int(trace_put_text(to, " vector "), (int64_t)v[1]); /* -1: of nothing */
}

static char *text_wakeup(char *to, const uint64_t *v)
{
    to = trace_put_dec(trace_put_text(to, v[1] ? "wait time " : "poll time "), v[0]);
    return trace_put_text(to, v[2] ? " ns, polling valid" : " ns, polling invalid");
}

/* ---- the rows ---- */

#define FAULT_FORMAT     "\"gva = %#llx, gfn = %#llx\", REC->gva, REC->gfn"
#define TOKEN_FORMAT     "\"token %#llx gva %#llx\", REC->token, REC->gva"
#define COMPLETED_FORMAT "\"gva %#llx address %#lx\", REC->gva, REC->address"
#define PAGE_FAULT_FORMAT                                                                          \
    "\"vcpu %u rip 0x%lx address 0x%016llx error_code 0x%llx\", REC->vcpu_id, "                    \
    "REC->guest_rip, REC->fault_address, REC->error_code"
#define MSR_FORMAT                                                                                 \
    "\"msr_%s %x = 0x%llx%s\", REC->write ? \"write\" : \"read\", REC->ecx, REC->data, "           \
    "REC->exception ? \" (#GP)\" : \"\""
#define EXCEPTIONS                                                                                 \
    "{ 0, \"#DE\" }, { 1, \"#DB\" }, { 3, \"#BP\" }, { 4, \"#OF\" }, { 5, \"#BR\" }, "             \
    "{ 6, \"#UD\" }, { 7, \"#NM\" }, { 8, \"#DF\" }, { 10, \"#TS\" }, { 11, \"#NP\" }, "           \
    "{ 12, \"#SS\" }, { 13, \"#GP\" }, { 14, \"#PF\" }, { 16, \"#MF\" }, { 17, \"#AC\" }, "        \
    "{ 18, \"#MC\" }"
/* The kernel has "{ }" for the error code, at which libtraceevent gives up; 0 prints the same. */
#define EXCEPTION_FORMAT                                                                           \
    "\"%s%s%s%s%s\", __print_symbolic(REC->exception, " EXCEPTIONS "), !REC->has_error ? "         \
    "\"\" : \" (\", !REC->has_error ? \"\" : __print_symbolic(REC->error_code, { 0, \"0x0\" }), "  \
    "!REC->has_error ? \"\" : \")\", REC->reinjected ? \" [reinjected]\" : \"\""
#define VIRQ_FORMAT                                                                                \
    "\"%s 0x%x%s\", REC->soft ? \"Soft/INTn\" : \"IRQ\", REC->vector, "                            \
    "REC->reinjected ? \" [reinjected]\" : \"\""
#define ACCEPT_FORMAT                                                                              \
    "\"apicid %x vec %u (%s|%s)\", REC->apicid, REC->vec, __print_symbolic((REC->dm >> 8 & 0x7), " \
    "{ 0x0, \"Fixed\" }, { 0x1, \"LowPrio\" }, { 0x2, \"SMI\" }, { 0x3, \"Res3\" }, "              \
    "{ 0x4, \"NMI\" }, { 0x5, \"INIT\" }, { 0x6, \"SIPI\" }, { 0x7, \"ExtINT\" }), "               \
    "REC->tm ? \"level\" : \"edge\""
#define EOI_FORMAT "\"apicid %x vector %d\", REC->apicid, REC->vector"
#define WAKEUP_FORMAT                                                                              \
    "\"%s time %lld ns, polling %s\", REC->waited ? \"wait\" : \"poll\", REC->ns, "                \
    "REC->valid ? \"valid\" : \"invalid\""

#define EXCEPTION_NAMES                                                                            \
    "#DE|#DB|0x2|#BP|#OF|#BR|#UD|#NM|#DF|0x9|#TS|#NP|#SS|#GP|#PF|0xf|#MF|#AC|#MC|0x13|0x14|0x15|"  \
    "0x16|0x17|0x18|0x19|0x1a|0x1b|0x1c|0x1d|0x1e|0x1f"
#define DELIVERY_MODES "Fixed|LowPrio|SMI|Res3|NMI|INIT|SIPI|ExtINT"

#define FAULT_FIELDS                                                                               \
    {                                                                                              \
        {"__u64", "gva", NULL, 8, 8, false},                                                       \
        {                                                                                          \
            "u64", "gfn", NULL, 16, 8, false                                                       \
        }                                                                                          \
    }
#define TOKEN_FIELDS                                                                               \
    {                                                                                              \
        {"__u64", "token", NULL, 8, 8, false},                                                     \
        {                                                                                          \
            "__u64", "gva", NULL, 16, 8, false                                                     \
        }                                                                                          \
    }

const struct trace_row trace_row[TRACE_EVENTS] = {
    [TRACE_KVM_TRY_ASYNC] = {"kvm_try_async_get_page", NULL, FAULT_FIELDS, FAULT_FORMAT, text_fault,
                             "gva = %x0, gfn = %x1", false},
    [TRACE_KVM_REPEATED] = {"kvm_async_pf_repeated_fault", "kvm_async_pf_doublefault", FAULT_FIELDS,
                            FAULT_FORMAT, text_fault, "gva = %x0, gfn = %x1", false},
    [TRACE_KVM_NOT_PRESENT] = {"kvm_async_pf_not_present", NULL, TOKEN_FIELDS, TOKEN_FORMAT,
                               text_token, "token %x0 gva %x1", false},
    [TRACE_KVM_READY] = {"kvm_async_pf_ready", NULL, TOKEN_FIELDS, TOKEN_FORMAT, text_token,
                         "token %x0 gva %x1", false},
    [TRACE_KVM_COMPLETED] = {"kvm_async_pf_completed",
                             NULL,
                             {{"unsigned long", "address", NULL, 8, 8, false},
                              {"u64", "gva", NULL, 16, 8, false}},
                             COMPLETED_FORMAT,
                             text_completed,
                             "gva %x1 address %x0",
                             true},
    [TRACE_KVM_PAGE_FAULT] = {"kvm_page_fault",
                              NULL,
                              {{"unsigned int", "vcpu_id", NULL, 8, 4, false},
                               {"unsigned long", "guest_rip", NULL, 16, 8, false},
                               {"u64", "fault_address", NULL, 24, 8, false},
                               {"u64", "error_code", NULL, 32, 8, false}},
                              PAGE_FAULT_FORMAT,
                              text_page_fault,
                              "vcpu %d0 rip %x1 address %x2 error_code %x3",
                              false},
    [TRACE_KVM_MSR] = {"kvm_msr",
                       NULL,
                       {{"unsigned", "write", NULL, 8, 4, false},
                        {"u32", "ecx", NULL, 12, 4, false},
                        {"u64", "data", NULL, 16, 8, false},
                        {"u8", "exception", NULL, 24, 1, false}},
                       MSR_FORMAT,
                       text_msr,
                       "msr_%<read|write>0 %x1 = %x2%<| (#GP)>3",
                       false},
    [TRACE_KVM_INJ_EXCEPTION] = {"kvm_inj_exception",
                                 NULL,
                                 {{"u8", "exception", NULL, 8, 1, false},
                                  {"u8", "has_error", NULL, 9, 1, false},
                                  {"u32", "error_code", NULL, 12, 4, false},
                                  {"bool", "reinjected", NULL, 16, 1, false}},
                                 EXCEPTION_FORMAT,
                                 text_exception,
                                 "%<" EXCEPTION_NAMES ">0%<| (%x2)>1%<| [reinjected]>3",
                                 false},
    [TRACE_KVM_INJ_VIRQ] = {"kvm_inj_virq",
                            NULL,
                            {{"unsigned int", "vector", "irq", 8, 4, false},
                             {"bool", "soft", NULL, 12, 1, false},
                             {"bool", "reinjected", NULL, 13, 1, false}},
                            VIRQ_FORMAT,
                            text_virq,
                            "%<IRQ|Soft/INTn>1 %x0%<| [reinjected]>2",
                            false},
    [TRACE_KVM_APIC_ACCEPT_IRQ] = {"kvm_apic_accept_irq",
                                   NULL,
                                   {{"__u32", "apicid", NULL, 8, 4, false},
                                    {"__u16", "dm", NULL, 12, 2, false},
                                    {"__u16", "tm", NULL, 14, 2, false},
                                    {"__u8", "vec", NULL, 16, 1, false}},
                                   ACCEPT_FORMAT,
                                   text_accept,
                                   "apicid %x0 vec %d3 (%<" DELIVERY_MODES ">1|%<edge|level>2)",
                                   false},
    [TRACE_KVM_EOI] = {"kvm_eoi",
                       NULL,
                       {{"__u32", "apicid", NULL, 8, 4, false},
                        {"int", "vector", NULL, 12, 4, true}},
                       EOI_FORMAT,
                       text_eoi,
                       "apicid %x0 vector %i1",
                       false},
    [TRACE_KVM_VCPU_WAKEUP] = {"kvm_vcpu_wakeup",
                               NULL,
                               {{"__u64", "ns", NULL, 8, 8, false},
                                {"bool", "waited", NULL, 16, 1, false},
                                {"bool", "valid", NULL, 17, 1, false}},
                               WAKEUP_FORMAT,
                               text_wakeup,
                               "%<poll|wait>1 time %d0 ns, polling %<invalid|valid>2",
                               false},
};

/* ---- from notes ---- */

/* Which of a note's arguments is which field; "_": 0. Flags and constants: record_values(). */
static const struct {
    bool known;
    enum trace_event event;
} of_note[SIM_NOTE_KINDS] = {
    [NOTE_KVM_PAGE_FAULT] = {true, TRACE_KVM_PAGE_FAULT},
    [NOTE_KVM_TRY_ASYNC] = {true, TRACE_KVM_TRY_ASYNC},
    [NOTE_KVM_REPEATED] = {true, TRACE_KVM_REPEATED},
    [NOTE_KVM_NOT_PRESENT] = {true, TRACE_KVM_NOT_PRESENT},
    [NOTE_KVM_READY] = {true, TRACE_KVM_READY},
    [NOTE_KVM_COMPLETED] = {true, TRACE_KVM_COMPLETED},
    [NOTE_KVM_MSR] = {true, TRACE_KVM_MSR},
    [NOTE_KVM_INJ_EXCEPTION] = {true, TRACE_KVM_INJ_EXCEPTION},
    [NOTE_KVM_INJ_VIRQ] = {true, TRACE_KVM_INJ_VIRQ},
    [NOTE_KVM_APIC_ACCEPT_IRQ] = {true, TRACE_KVM_APIC_ACCEPT_IRQ},
    [NOTE_KVM_EOI] = {true, TRACE_KVM_EOI},
    [NOTE_KVM_VCPU_WAKEUP] = {true, TRACE_KVM_VCPU_WAKEUP},
};

uint64_t trace_record_kinds(void)
{
    uint64_t kinds = 0;

    for (unsigned k = 0; k < SIM_NOTE_KINDS; k++)
        kinds |= of_note[k].known ? SIM_NOTE_BIT(k) : 0;
    return kinds;
}

static void set(uint64_t *v, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    v[0] = a;
    v[1] = b;
    v[2] = c;
    v[3] = d;
}

bool trace_record_of(const struct sim_note *n, struct trace_record *ret)
{
    if (!of_note[n->kind].known)
        return false;
    ret->when = n->when;
    ret->event = of_note[n->kind].event;
    ret->cpu = (uint32_t)n->a;
    ret->flags = ret->preempt = 0;
    ret->pid =
        (trace_row[ret->event].by_worker ? TRACE_PID_WORKER : TRACE_PID_VCPU) + (uint32_t)n->a;
    switch ((int)n->kind) {
    case NOTE_KVM_PAGE_FAULT: /* there is no code, hence no RIP */
        set(ret->value, n->a, 0, n->b, n->c);
        break;
    case NOTE_KVM_COMPLETED:
        set(ret->value, n->c, n->b, 0, 0);
        break;
    case NOTE_KVM_MSR:
        set(ret->value, n->d & 1, n->b, n->c, n->d >> 1 & 1);
        break;
    case NOTE_KVM_INJ_EXCEPTION: /* #PF and #GP: both have an error code */
        set(ret->value, n->b, 1, n->c, n->d != 0);
        break;
    case NOTE_KVM_INJ_VIRQ:
        set(ret->value, n->b, 0, n->c != 0, 0);
        break;
    case NOTE_KVM_APIC_ACCEPT_IRQ:
        set(ret->value, n->a, n->c << 8, 0, n->b);
        break;
    case NOTE_KVM_EOI:
        set(ret->value, n->a, n->b, 0, 0);
        break;
    case NOTE_KVM_VCPU_WAKEUP:
        set(ret->value, n->b, !n->c, 1, 0);
        break;
    default:
        set(ret->value, n->b, n->c, 0, 0);
    }
    return true;
}

static enum sim_note_kind kind_of(enum trace_event event)
{
    unsigned k = 0;

    while (!of_note[k].known || of_note[k].event != event)
        k++;
    return (enum sim_note_kind)k;
}

void trace_note_of(const struct trace_record *r, struct sim_note *ret)
{
    const uint64_t *v = r->value;
    struct sim_note n = {r->when, kind_of(r->event), r->cpu, v[0], v[1], 0};

    switch ((int)n.kind) {
    case NOTE_KVM_PAGE_FAULT:
        n.b = v[2];
        n.c = v[3];
        break;
    case NOTE_KVM_COMPLETED:
        n.b = v[1];
        n.c = v[0];
        break;
    case NOTE_KVM_MSR:
        n.b = v[1];
        n.c = v[2];
        n.d = v[0] | v[3] << 1;
        break;
    case NOTE_KVM_INJ_EXCEPTION:
        n.c = v[2];
        n.d = v[3];
        break;
    case NOTE_KVM_INJ_VIRQ:
        n.c = v[2];
        break;
    case NOTE_KVM_APIC_ACCEPT_IRQ:
        n.b = v[3];
        n.c = v[1] >> 8;
        break;
    case NOTE_KVM_EOI:
        n.b = v[1];
        n.c = 0;
        break;
    case NOTE_KVM_VCPU_WAKEUP:
        n.c = !v[1];
        break;
    default:
        break;
    }
    *ret = n;
}

/* ---- text ---- */

char *trace_record_text(char *to, const struct trace_record *r)
{
    const struct trace_row *row = &trace_row[r->event];

    return row->text(trace_put_bytes(trace_put_text(to, row->name), ": ", 2), r->value);
}

char *trace_thread_comm(char *to, uint32_t vcpu, bool worker)
{
    to = trace_put_dec(trace_put_text(to, worker ? "kworker/" : "CPU "), vcpu);
    return trace_put_text(to, worker ? ":1" : "/KVM");
}
