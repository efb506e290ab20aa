/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_walk.c - walks through a capture and gives each event to its vCPU
 */
#include "cap_vcpu.h"

/* Threads that show one of these are vCPUs. */
#define VCPU_KINDS                                                                                 \
    (1u << CAP_TRY | 1u << CAP_REPEATED | 1u << CAP_NOT_PRESENT | 1u << CAP_READY |                \
     1u << CAP_MSR | 1u << CAP_INJ_VIRQ | 1u << CAP_EOI)
/* Events at which a vCPU has not yet seen to an INIT that was sent to it (K-30). */
#define BEFORE_INIT_KINDS (1u << CAP_READY | 1u << CAP_ACCEPT | 1u << CAP_WAKEUP)

/* Interrupts that can be in service or pending where a capture begins; assumed: more are rare. */
#define OLDER_EOIS 2u

/* PV features that KVM announces; without KVM_CAP_ENFORCE_PV_FEATURE_CPUID all are there. */
#define ALL_FEATURES (APF_CPUID_ASYNC_PF | APF_CPUID_ASYNC_PF_VMEXIT | APF_CPUID_ASYNC_PF_INT)

/*
 * apf_host_init() begins with id 0; the vCPU's number and, in a capture that begins later, its id
 * are taken from its first token.
 */
static struct cap_vcpu *vcpu_new(struct cap_judging *j, uint32_t thread, uint16_t epoch,
                                 uint32_t event)
{
    struct cap_vcpu *v = g_new0(struct cap_vcpu, 1);

    v->thread = thread;
    v->epoch = epoch;
    v->lapic = CAP_UNKNOWN;
    v->en_known = j->c->format == CAP_STREAMS;
    v->first = event;
    v->older = j->c->format == CAP_STREAMS ? 0 : OLDER_EOIS;
    apf_host_init(&v->h, j->kernel, 0, ALL_FEATURES, true);
    g_ptr_array_add(j->vcpus, v);
    g_hash_table_insert(j->by_thread, GUINT_TO_POINTER(thread), v);
    return v;
}

/* Behind a loss nothing of what was in flight is known. */
static void vcpu_forget(struct cap_judging *j, struct cap_vcpu *v, uint16_t epoch, uint32_t event)
{
    uint32_t thread = v->thread, vec = v->vec;

    for (unsigned i = 0; i < APF_ITEMS; i++)
        if (v->item[i])
            cap_item_of(j, v->item[i])->cancelled = true;
    *v = (struct cap_vcpu){.thread = thread,
                           .vec = vec,
                           .epoch = epoch,
                           .lapic = CAP_UNKNOWN,
                           .first = event,
                           .older = OLDER_EOIS};
    apf_host_init(&v->h, j->kernel, 0, ALL_FEATURES, true);
    cap_not_judged(j, "events were lost: what was in flight there is unknown", event);
}

static struct cap_vcpu *vcpu_of(struct cap_judging *j, const struct cap_event *e, uint32_t event)
{
    struct cap_vcpu *v = g_hash_table_lookup(j->by_thread, GUINT_TO_POINTER(e->thread));

    if (!v && (1u << e->kind & VCPU_KINDS))
        v = vcpu_new(j, e->thread, e->epoch, event);
    if (v && v->epoch != e->epoch)
        vcpu_forget(j, v, e->epoch, event);
    return v;
}

static void vcpu_event(struct cap_judging *j, struct cap_vcpu *v, enum cap_kind kind,
                       uint32_t event)
{
    if (v->init && !(1u << kind & BEFORE_INIT_KINDS))
        cap_reset(j, v,
                  "an INIT with tokens in flight: the guest must wake its sleepers itself (G-2), "
                  "which no event shows",
                  event);
    switch (kind) {
    case CAP_TRY:
        cap_on_try(j, v, event);
        break;
    case CAP_REPEATED:
        cap_on_repeated(j, v, event);
        break;
    case CAP_NOT_PRESENT:
        cap_on_not_present(j, v, event);
        break;
    case CAP_READY:
        cap_on_ready(j, v, event);
        break;
    case CAP_MSR:
        cap_on_msr(j, v, event);
        break;
    case CAP_INJ_EXCEPTION:
        cap_on_exception(j, v, event);
        break;
    case CAP_INJ_VIRQ:
        cap_on_virq(j, v, event);
        break;
    case CAP_ACCEPT:
        cap_on_accept(j, v, event);
        break;
    case CAP_EOI:
        cap_on_eoi(j, v, event);
        break;
    case CAP_MARK:
        cap_on_mark(j, v, event);
        break;
    case CAP_COMPLETED:
    case CAP_PAGE_FAULT:
    case CAP_ENTRY:
    case CAP_WAKEUP:
    case CAP_NESTED:
    case CAP_OTHER:
    case CAP_KINDS:
        break;
    }
}

static void check_time(struct cap_judging *j, uint32_t event, uint64_t *latest)
{
    uint64_t when = cap_at(j->c, event)->when;

    if (when < *latest)
        cap_found(j, CAP_CAPTURE, "order", event,
                  "time goes backward: this line does not belong here");
    else
        *latest = when;
}

static void judge_case(struct cap_judging *j, const struct cap_case *one)
{
    uint32_t first_item = j->out->items->len;
    uint64_t latest = 0;

    j->end = one->end;
    cap_ahead_begin(j, one->first, one->end);
    for (uint32_t i = one->first; i < one->end; i++) {
        const struct cap_event *e = cap_at(j->c, i);
        struct cap_vcpu *v;

        if (j->strict)
            check_time(j, i, &latest);
        if (e->kind == CAP_COMPLETED) {
            cap_on_completed(j, i);
            continue;
        }
        if (e->kind == CAP_ACCEPT)
            cap_on_any_accept(j, i);
        v = vcpu_of(j, e, i);
        if (v)
            vcpu_event(j, v, (enum cap_kind)e->kind, i);
    }
    for (guint i = 0; i < j->vcpus->len; i++)
        cap_end_vcpu(j, g_ptr_array_index(j->vcpus, i));
    cap_end_items(j, first_item);
    cap_end_orphans(j);
    j->out->vcpus += j->vcpus->len;
    g_ptr_array_set_size(j->vcpus, 0);
    g_hash_table_remove_all(j->by_thread);
    g_hash_table_remove_all(j->open);
    g_hash_table_remove_all(j->outstanding);
}

/* What every case but a few keeps. */
static void judge_habits(struct cap_judging *j)
{
    if (!j->nested && cap_sees(j, CAP_NOT_PRESENT)) /* else these are addresses of L2 */
        g_array_append_vals(j->gfn.odd, j->gfn_nested.odd->data, j->gfn_nested.odd->len);
    g_array_set_size(j->gfn_nested.odd, 0);
    j->nested = false;
    cap_habit_end(j, &j->gfn, CAP_HOST, "K-3", "gfn and gva name different pages");
    cap_habit_end(j, &j->eoi_first, CAP_GUEST, "G-6",
                  "no EOI between this ready interrupt and its ACK, as in the others");
    cap_habit_end(j, &j->eoi_count, CAP_GUEST, "G-6", "an EOI, and no interrupt waits for one");
    cap_habit_end(j, &j->eoi_pair, CAP_CAPTURE, "EOI",
                  "kvm_eoi and the write of the EOI register do not come together");
}

static gint by_event(gconstpointer a, gconstpointer b)
{
    const struct cap_finding *x = a, *y = b;

    return x->event < y->event ? -1 : x->event > y->event;
}

static void clear_finding(gpointer data)
{
    g_free(((struct cap_finding *)data)->text);
}

static void result_init(struct cap_judgement *out, bool strict)
{
    *out = (struct cap_judgement){.strict = strict};
    out->findings = g_array_new(FALSE, FALSE, sizeof(struct cap_finding));
    out->unjudged = g_array_new(FALSE, FALSE, sizeof(struct cap_unjudged));
    out->items = g_array_new(FALSE, FALSE, sizeof(struct cap_item));
    g_array_set_clear_func(out->findings, clear_finding);
}

void cap_judge(const struct capture *c, enum apf_kernel kernel, enum cap_mode mode,
               struct cap_judgement *ret)
{
    bool strict = mode == CAP_MODE_STRICT || (mode == CAP_MODE_AUTO && cap_is_whole(c));
    struct cap_judging j = {.c = c,
                            .out = ret,
                            .kernel = kernel,
                            .strict = strict,
                            .ordered = c->format == CAP_FTRACE,
                            .vcpus = g_ptr_array_new_with_free_func(g_free),
                            .by_thread = g_hash_table_new(NULL, NULL),
                            .orphans = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
                            .outstanding = g_hash_table_new(NULL, NULL),
                            .open =
                                g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL)};
    struct cap_habit *habits[] = {&j.gfn, &j.gfn_nested, &j.eoi_first, &j.eoi_pair, &j.eoi_count};

    for (size_t i = 0; i < G_N_ELEMENTS(habits); i++)
        habits[i]->odd = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    result_init(ret, strict);
    for (guint i = 0; i < c->cases->len; i++) {
        judge_case(&j, &g_array_index(c->cases, struct cap_case, i));
        judge_habits(&j);
    }
    g_array_sort(ret->findings, by_event);
    for (size_t i = 0; i < G_N_ELEMENTS(habits); i++)
        g_array_free(habits[i]->odd, TRUE);
    g_ptr_array_free(j.vcpus, TRUE);
    g_hash_table_destroy(j.by_thread);
    g_hash_table_destroy(j.open);
    g_array_free(j.orphans, TRUE);
    g_hash_table_destroy(j.outstanding);
    cap_ahead_end(&j);
}

void cap_judgement_free(struct cap_judgement *j)
{
    g_array_free(j->findings, TRUE);
    g_array_free(j->unjudged, TRUE);
    g_array_free(j->items, TRUE);
}
