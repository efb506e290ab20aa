/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_vcpu.h - inside sim/capture: what is known of a vCPU while its events are walked through
 *
 * Knows:    cap_judge.h, apf_host.h.
 */
#pragma once

#include "apf_host.h"
#include "cap_judge.h"

/* A rule of thumb of this capture: where nearly all do the same, the odd one is a finding. */
struct cap_habit {
    uint64_t kept;
    GArray *odd; /* uint32_t, events */
};

enum cap_known { CAP_NO, CAP_YES, CAP_UNKNOWN };

struct cap_vcpu {
    uint32_t thread;
    uint16_t epoch;
    struct apf_host h;
    struct apf_area area;
    bool id_known, en_known, began; /* began: at its first token, so nothing is older */
    bool int_just_written;
    enum cap_known lapic;
    uint32_t vec; /* 0: unknown */
    uint64_t first_id;
    uint32_t item[APF_ITEMS]; /* index in items, + 1 */
    uint32_t tried;           /* a try whose not_present comes next: it is judged already */
    uint32_t told;            /* the last injection that did */
    uint32_t pf;              /* the injection that belongs to a not_present */

    /* The ready that the guest has not acknowledged. */
    uint32_t busy;                 /* its event */
    bool handled;                  /* something shows that its handler has run */
    bool eoi;                      /* an EOI came behind it */
    uint32_t inside_ack;           /* the ACK whose exit this ready is part of */
    uint32_t busy_item;            /* index in items, + 1 */
    unsigned acks, unacknowledged; /* ready handlers that ended with one, and without */
    uint32_t no_ack;               /* the first that showed this */

    bool ever_accepted; /* an interrupt: so its LAPIC is on */
    bool ever_ready;    /* in this capture */
    bool older_ack;     /* an ACK of a ready that is older than the capture */
    bool int_seen;      /* a write of INT, in this capture */
    bool off_busy;      /* EN was 0 while the slot was busy: the guest may zero it without ACK */
    bool pv_eoi;        /* EOIs may come without a write of the register */
    uint8_t older;      /* EOIs of interrupts that may be older than the capture */
    uint32_t first;     /* its first event */
    bool apicid_known;
    uint32_t apicid; /* as its EOIs and the interrupts of ready have it; else its number is taken */
    uint32_t init;   /* an INIT that it has not seen to yet */
    uint32_t enabled; /* the last write of EN that asked for a wake-all */
    bool stale;       /* the slot was busy then */
    uint32_t no_eoi;  /* an injection of the APF vector without an EOI behind it */
    bool irr[256], isr[256];
    uint32_t vmm_off;   /* where the VMM switched APF off under announced items */
    uint32_t eoi_write; /* the write of the EOI register that belongs to a kvm_eoi */
};

struct cap_judging {
    const struct capture *c;
    struct cap_judgement *out;
    enum apf_kernel kernel;
    bool strict, ordered; /* ordered: threads can be compared; not in actor streams */
    GPtrArray *vcpus;
    GHashTable *by_thread;
    GHashTable *open;        /* gva -> index in items + 1 of one that waits for its `completed` */
    GArray *orphans;         /* uint32_t, events of completed that no not_present waits for */
    GHashTable *outstanding; /* apicid -> interrupts accepted and not ended, whoever sent them */
    struct cap_habit gfn, gfn_nested, eoi_first, eoi_pair, eoi_count;
    bool nested;           /* a page was told to L1 as a VM-exit of its L2 */
    uint32_t end;          /* of the case */
    GHashTable *later;     /* cap_ahead.c: what is learnt from the back */
    uint32_t *ready_ahead; /* by event: of a not_present, the next ready of its token; 0: none */
};

/* cap_ahead.c */
void cap_ahead_begin(struct cap_judging *j, uint32_t first, uint32_t end);
void cap_ahead_end(struct cap_judging *j);
/* The next ready of its token on its vCPU, up to the next loss; 0: none. */
uint32_t cap_ready_ahead(const struct cap_judging *j, uint32_t not_present);
/* Whether behind the event its vCPU faults once more on that gfn, which is in flight. */
bool cap_repeats_behind(const struct cap_judging *j, uint64_t gfn, uint32_t event);

/* cap_finding.c */
void cap_found(struct cap_judging *j, enum cap_verdict verdict, const char *rule, uint32_t event,
               const char *format, ...) G_GNUC_PRINTF(5, 6);
/* The same where no lost event could explain it; the other one is silent in tolerant mode. */
void cap_found_surely(struct cap_judging *j, enum cap_verdict verdict, const char *rule,
                      uint32_t event, const char *format, ...) G_GNUC_PRINTF(5, 6);
void cap_not_judged(struct cap_judging *j, const char *why, uint32_t event);
void cap_habit(struct cap_habit *h, bool kept, uint32_t event);
/* Reports the odd ones: at most one in 20, and at least one, of 2 and more. */
void cap_habit_end(struct cap_judging *j, struct cap_habit *h, enum cap_verdict verdict,
                   const char *rule, const char *text);

/* cap_vcpu.c */
/* The recorder of actor streams traces these always; ftrace text may come with fewer events. */
#define CAP_STREAM_KINDS                                                                           \
    (1u << CAP_TRY | 1u << CAP_REPEATED | 1u << CAP_NOT_PRESENT | 1u << CAP_READY |                \
     1u << CAP_COMPLETED | 1u << CAP_INJ_EXCEPTION | 1u << CAP_ACCEPT | 1u << CAP_MSR)

static inline bool cap_sees(const struct cap_judging *j, enum cap_kind kind)
{
    uint32_t always = j->c->format == CAP_STREAMS ? CAP_STREAM_KINDS : 0;

    return (j->c->seen | always) & 1u << kind;
}
/* Of items: from their beginning to their end. Without faults there is no not_present. */
static inline bool cap_sees_items(const struct cap_judging *j)
{
    return cap_sees(j, CAP_READY) && (cap_sees(j, CAP_NOT_PRESENT) || !cap_sees(j, CAP_TRY));
}
static inline bool cap_shows_eoi(const struct cap_judging *j, const struct cap_vcpu *v)
{
    return cap_sees(j, CAP_EOI) || (cap_sees(j, CAP_MSR) && !v->pv_eoi);
}
static inline struct cap_item *cap_item_of(const struct cap_judging *j, uint32_t plus1)
{
    return &g_array_index(j->out->items, struct cap_item, plus1 - 1);
}
/* Whether the capture may have begun between this event and the one that it follows from. A stream
 * is a whole experiment. */
static inline bool cap_begins_at(const struct cap_judging *j, const struct cap_vcpu *v,
                                 uint32_t event)
{
    return j->c->format == CAP_FTRACE && v->first == event;
}
/* Whether it may have ended between this event and the one that is to follow. */
static inline bool cap_ends_at(const struct cap_judging *j, uint32_t event)
{
    return j->c->format == CAP_FTRACE && !cap_at(j->c, event)->next;
}
/* The thread's next event that says something about order, 0 at its end. */
uint32_t cap_follows(const struct cap_judging *j, const struct cap_vcpu *v, uint32_t event);
void cap_on_try(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);
void cap_on_repeated(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);
void cap_on_not_present(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);
/* cap_ready.c */
void cap_on_ready(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);
/* What is first on `done` becomes ready. False: there is nothing. */
bool cap_take_done(struct cap_judging *j, struct cap_vcpu *v, uint32_t event,
                   struct apf_host_out *out);
void cap_on_completed(struct cap_judging *j, uint32_t event);
/* One step; a broken invariant becomes a finding. */
void cap_step(struct cap_judging *j, struct cap_vcpu *v, const struct apf_host_in *in,
              uint32_t event, struct apf_host_out *out);
/* A VMM's or an older write of EN that the capture does not show. due: its wake-all still comes. */
void cap_assume_enabled(struct cap_judging *j, struct cap_vcpu *v, bool due, uint32_t event);

/* cap_msr.c */
void cap_on_msr(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);
void cap_on_mark(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);
void cap_on_eoi_write(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);

/* K-37: an INIT, or a reset that is concluded. */
void cap_reset(struct cap_judging *j, struct cap_vcpu *v, const char *why, uint32_t event);

/* cap_irq.c */
/* An interrupt for any vCPU, by whatever thread. */
void cap_on_any_accept(struct cap_judging *j, uint32_t event);
void cap_on_exception(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);
void cap_on_virq(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);
void cap_on_accept(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);
void cap_on_eoi(struct cap_judging *j, struct cap_vcpu *v, uint32_t event);

/* cap_end.c */
void cap_end_vcpu(struct cap_judging *j, struct cap_vcpu *v);
/* Workers that completed what the capture has no not_present of. */
void cap_end_orphans(struct cap_judging *j);
void cap_end_items(struct cap_judging *j, uint32_t first);
