/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * world_pack.c - a world as few words: each field in its bits, in one order for both directions
 *
 * The guest's hash is packed as a set of nodes in order of their tokens, so that worlds that differ
 * only in the order of chains are one state. Free items, unused fields and what is constant in a
 * run (switches, CPUID) are not packed: unpacking starts from the machine's first state.
 */
#include "check_world.h"

#include <string.h>

/*
 * Fields are collected in groups of at most GROUP_BITS, whose shifts are constants to the compiler;
 * only a whole group is shifted to where the words end. Packing is a third of a search's time.
 */
enum { GROUP_BITS = 63 };
struct bits {
    uint64_t *word;  /* reading: the one that the group begins in; else the next to be stored */
    uint64_t at;     /* what is collected, from bit 0; not when reading */
    unsigned filled; /* its bits; reading: where in *word the group begins */
    uint64_t group;
    unsigned width; /* bits of the group so far */
    bool fits;
    uint32_t vcpu_id, token_id; /* the machine's first ones */
    bool anew;                  /* behind the last id comes 1 (BUG-23's fix), not one more */
};

static inline __attribute__((always_inline)) void group_load(struct bits *b)
{
    b->group = b->word[0] >> b->filled;
    if (b->filled) {
        b->group |= b->word[1] << (64 - b->filled);
    }
}

/* The group's end. Also where a condition begins or ends, so that its width stays a constant. */
static inline __attribute__((always_inline)) void group_end(struct bits *b, bool reading)
{
    unsigned room = 64 - b->filled, width = b->width;

    b->width = 0;
    if (reading) {
        b->word += width >= room;
        b->filled = (b->filled + width) % 64;
        group_load(b);
        return;
    }
    b->at |= b->group << b->filled;
    b->filled += width;
    if (width >= room) {
        *b->word++ = b->at;
        b->at = b->group >> room;
        b->filled = width - room;
    }
    b->group = 0;
}

/* One field, either way. `reading` is a constant wherever this is used. */
static inline __attribute__((always_inline)) uint32_t field(struct bits *b, bool reading,
                                                            uint32_t value, unsigned width)
{
    uint32_t mask = (uint32_t)((UINT64_C(1) << width) - 1);
    unsigned shift = b->width % 64; /* of a group that is too wide, anything: fits is false */

    b->width += width;
    b->fits &= b->width <= GROUP_BITS;
    if (reading) {
        return (uint32_t)(b->group >> shift) & mask;
    }
    b->fits &= value <= mask;
    b->group |= (uint64_t)(value & mask) << shift;
    return value;
}

/* `x` is a lvalue of the world: stored only when it is read from the words. */
#define FIELD(x, type, value, width)                                                               \
    do {                                                                                           \
        uint32_t got_ = field(b, reading, (value), width);                                         \
        if (reading) {                                                                             \
            (x) = (type)got_;                                                                      \
        }                                                                                          \
    } while (0)
#define F8(x, width)  FIELD(x, uint8_t, x, width)
#define F32(x, width) FIELD(x, uint32_t, x, width)
#define FLAG(x)       FIELD(x, bool, (x) ? 1 : 0, 1)

/* APF_NO_ITEM and CHECK_NO_TASK as the largest value of the field. */
#define NONE8(x, width)                                                                            \
    do {                                                                                           \
        uint32_t none_ = (1u << (width)) - 1;                                                      \
        uint32_t code_ = field(b, reading, (x) == 0xff ? none_ : (x), width);                      \
        if (reading) {                                                                             \
            (x) = (uint8_t)(code_ == none_ ? 0xff : code_);                                        \
        }                                                                                          \
    } while (0)

enum { ID_BITS = 5, VCPU_BITS = 1, TOKEN_BITS = ID_BITS + VCPU_BITS, TASK_BITS = 3, ITEM_BITS = 3 };

/*
 * id and vCPU, counted from the first one; all ones is the wake-all token. Where the first vCPU has
 * an id, its token of id 0 (before BUG-23's fix) is not 0: ids count from 1 on there.
 */
static inline __attribute__((always_inline)) uint32_t token(struct bits *b, bool reading,
                                                            uint32_t value)
{
    const uint32_t all = (1u << TOKEN_BITS) - 1;
    const uint32_t first = (b->vcpu_id & 4095) != 0;
    uint32_t code = 0;

    if (!reading) {
        uint32_t vcpu = value ? (value ^ b->vcpu_id) & 4095 : 0;
        code = value == APF_TOKEN_WAKE_ALL ? all
               : value                     ? ((value >> 12) + first) << VCPU_BITS | vcpu
                                           : 0;
        b->fits &= value == APF_TOKEN_WAKE_ALL || (code < all && vcpu < 2 && !value == !code);
    }
    code = field(b, reading, code, TOKEN_BITS);
    return code == all ? APF_TOKEN_WAKE_ALL
           : code      ? ((code >> VCPU_BITS) - first) << 12 | ((code & 1) ^ (b->vcpu_id & 4095))
                       : 0;
}
#define TOKEN(x)                                                                                   \
    do {                                                                                           \
        uint32_t token_ = token(b, reading, x);                                                    \
        if (reading) {                                                                             \
            (x) = token_;                                                                          \
        }                                                                                          \
    } while (0)

static inline __attribute__((always_inline)) void pack_gfn(struct bits *b, bool reading,
                                                           uint64_t *gfn)
{
    uint32_t got = field(b, reading, *gfn == APF_NO_GFN ? 15 : (uint32_t)*gfn, 4);

    if (reading) {
        *gfn = got == 15 ? APF_NO_GFN : got;
    }
}

static inline __attribute__((always_inline)) void pack_item(struct bits *b, bool reading,
                                                            struct apf_item *item)
{
    FLAG(item->wakeup_all);
    FLAG(item->notpresent_injected);
    FLAG(item->worker_returned);
    FLAG(item->notify);
    FLAG(item->unflushed);
    FLAG(item->l2);
    F8(item->peeked, 2);
    NONE8(item->next, ITEM_BITS);
    NONE8(item->qnext, ITEM_BITS);
    TOKEN(item->token);
    FIELD(item->gfn, uint64_t, item->wakeup_all ? 0 : (uint32_t)item->gfn, 3);
    if (reading && !item->wakeup_all) {
        item->gva = world_page_gpa(item->gfn);
    }
    group_end(b, reading);
}

static inline __attribute__((always_inline)) void pack_msrs(struct bits *b, bool reading,
                                                            struct apf_host *h, unsigned v)
{
    uint32_t en = field(b, reading, (uint32_t)h->msr_en & 15, 4);
    bool vector = field(b, reading, h->msr_int != 0, 1);
    bool vec = field(b, reading, h->vec != 0, 1);

    if (reading) {
        h->msr_en = en ? world_gpa(v) | en : 0;
        h->msr_int = vector ? APF_VECTOR_LINUX : 0;
        h->vec = vec ? APF_VECTOR_LINUX : 0;
    }
    FLAG(h->send_always);
    FLAG(h->as_pf_vmexit);
    FLAG(h->area_valid);
}

/* The counter, as its distance from the first one: 20 bits of it make tokens. */
static inline __attribute__((always_inline)) void pack_id(struct bits *b, bool reading,
                                                          uint32_t *id)
{
    const uint32_t ids = 1u << 20;
    uint32_t got = b->token_id + field(b, reading, (*id - b->token_id) & (ids - 1), ID_BITS);

    if (reading) {
        *id = b->anew && got > ids ? got - ids : got;
    }
}

static inline __attribute__((always_inline)) void pack_host(struct bits *b, bool reading,
                                                            struct apf_host *h, unsigned v)
{
    pack_msrs(b, reading, h, v);
    pack_id(b, reading, &h->id);
    FLAG(h->halted);
    FLAG(h->pageready_pending);
    F32(h->requests, 2);
    F32(h->host_apf_flags, 1);
    F32(h->queued, 3);
    NONE8(h->queue_head, ITEM_BITS);
    NONE8(h->queue_tail, ITEM_BITS);
    NONE8(h->done_head, ITEM_BITS);
    NONE8(h->done_tail, ITEM_BITS);
    NONE8(h->dequeued, ITEM_BITS);
    NONE8(h->hook_item, ITEM_BITS);
    FLAG(h->destroying);
    pack_gfn(b, reading, &h->error_gfn);
    group_end(b, reading);
    for (unsigned s = 0; s < APF_GFN_SLOTS; s++) {
        pack_gfn(b, reading, &h->gfns[s]);
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        F8(h->item[i].state, 3);
    }
    group_end(b, reading);
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        if (h->item[i].state != APF_ITEM_FREE) {
            pack_item(b, reading, &h->item[i]);
        }
    }
}

static inline __attribute__((always_inline)) void pack_vcpu(struct bits *b, bool reading,
                                                            struct world_vcpu *c, unsigned v)
{
    pack_host(b, reading, &c->h, v);
    F32(c->area.flags, 2);
    TOKEN(c->area.token);
    FLAG(c->gc.enabled);
    FLAG(c->gc.dummy_due);
    TOKEN(c->gc.dummy);
    F8(c->pc, 3);
    F8(c->gpc, 5);
    F8(c->gret, 5);
    F8(c->sret, 5);
    NONE8(c->task, TASK_BITS);
    FLAG(c->iflag);
    FLAG(c->siflag);
    FLAG(c->mp_halted);
    FLAG(c->irr);
    FLAG(c->isr);
    FLAG(c->timer);
    FLAG(c->lapic);
    FLAG(c->paging);
    FLAG(c->suspending);
    FLAG(c->dead_lapic);
    FLAG(c->pf);
    FLAG(c->pf_exit);
    TOKEN(c->cr2);
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        F8(c->work[i], 2);
    }
    group_end(b, reading);
}

static inline __attribute__((always_inline)) void
pack_rest(struct bits *b, bool reading, const struct check_machine *m, struct world *w)
{
    for (unsigned t = 0; t < m->p.tasks; t++) {
        F8(w->t[t].state, 3);
        F8(w->t[t].pos, 2);
        F8(w->t[t].cpu, VCPU_BITS);
        group_end(b, reading);
        if (m->p.l2_tasks) {
            TOKEN(w->t[t].waits);
            F8(w->t[t].exit_cpu, VCPU_BITS);
            group_end(b, reading);
        }
    }
    for (unsigned p = 0; p < CHECK_PAGES && !m->p.budget[CHECK_GONE]; p++) {
        F8(w->page[p], 1);
    }
    group_end(b, reading);
    for (unsigned p = 0; p < CHECK_PAGES && m->p.budget[CHECK_GONE]; p++) {
        F8(w->page[p], 2);
    }
    group_end(b, reading);
    for (unsigned v = 0; v < m->p.vcpus && m->p.l2_tasks; v++) {
        FLAG(w->v[v].pf_l2);
        FLAG(w->v[v].launch);
        group_end(b, reading);
    }
    for (unsigned i = 0; i < CHECK_BUDGET_COUNT; i++) {
        if (m->p.budget[i]) {
            F8(w->budget[i], 2);
            group_end(b, reading);
        }
    }
}

/* ---- the guest's hash as a set ---- */

static unsigned nodes_by_token(const struct apf_guest *g, const struct apf_node **ret)
{
    unsigned count = 0;

    for (unsigned k = 0; k < APF_BUCKETS; k++) {
        for (uint32_t n = g->bucket[k]; n != APF_NO_NODE && count < APF_GUEST_NODES;
             n = g->node[n].next) {
            unsigned at = count++;
            for (; at > 0 && ret[at - 1]->token > g->node[n].token; at--) {
                ret[at] = ret[at - 1];
            }
            ret[at] = &g->node[n];
        }
    }
    return count;
}

static void pack_guest(struct bits *b, const struct apf_guest *g)
{
    const struct apf_node *node[APF_GUEST_NODES];
    unsigned count = nodes_by_token(g, node);

    field(b, false, count, 3);
    field(b, false, g->leaked ? 1 : 0, 1);
    group_end(b, false);
    for (unsigned i = 0; i < count; i++) {
        token(b, false, node[i]->token);
        field(b, false, node[i]->cpu, VCPU_BITS);
        field(b, false, node[i]->halted, 1);
        field(b, false, node[i]->task == APF_NO_TASK ? 7 : node[i]->task, TASK_BITS);
        group_end(b, false);
    }
}

static void unpack_guest(struct bits *b, const struct apf_guest *from, struct apf_guest *g)
{
    *g = *from;
    unsigned count = field(b, true, 0, 3);
    g->leaked = field(b, true, 0, 1);
    group_end(b, true);
    for (unsigned i = 0; i < count; i++) {
        struct apf_node *n = &g->node[i];
        n->token = token(b, true, 0);
        n->cpu = field(b, true, 0, VCPU_BITS) & 1;
        n->halted = field(b, true, 0, 1) & 1;
        uint32_t task = field(b, true, 0, TASK_BITS);
        group_end(b, true);
        n->task = task == 7 ? APF_NO_TASK : task;
        uint32_t *head = &g->bucket[apf_token_hash(n->token)];
        n->next = *head;
        *head = i;
        g->dummies += n->task == APF_NO_TASK;
        g->sleepers += n->task != APF_NO_TASK;
    }
    g->nodes_used = count;
}

/* ---- outside ---- */

static struct bits bits_at(const struct check_machine *m, uint64_t *words)
{
    return (struct bits){.word = words,
                         .fits = true,
                         .vcpu_id = m->p.vcpu_id,
                         .token_id = m->p.token_id,
                         .anew = apf_host_rules[m->p.host].token_nonzero &&
                                 !apf_bug_on(m->p.bugs, APF_BUG_23)};
}

bool world_pack(const struct check_machine *m, const struct world *w, uint64_t *ret_words)
{
    unsigned room = m->words ? m->words : EXPLORE_WORDS;
    struct bits bits = bits_at(m, ret_words), *b = &bits;
    struct world *from = (struct world *)(uintptr_t)w; /* nothing is stored when not reading */

    for (unsigned v = 0; v < m->p.vcpus; v++) {
        pack_vcpu(b, false, &from->v[v], v);
    }
    pack_rest(b, false, m, from);
    pack_guest(b, &w->g);
    unsigned used = (unsigned)(b->word - ret_words);
    if (b->filled) {
        ret_words[used++] = b->at;
    }
    if (used > room) {
        return false;
    }
    memset(ret_words + used, 0, (room - used) * sizeof *ret_words);
    return b->fits;
}

void world_unpack(const struct check_machine *m, const uint64_t *words, struct world *w)
{
    struct bits bits = bits_at(m, (uint64_t *)(uintptr_t)words), *b = &bits;

    *w = m->blank;
    group_load(b);
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        pack_vcpu(b, true, &w->v[v], v);
    }
    pack_rest(b, true, m, w);
    unpack_guest(b, &m->blank.g, &w->g);
}

/* The most that any state of this machine can need. */
unsigned world_words(const struct check_machine *m)
{
    enum {
        ITEM = 3 + 8 + 2 * ITEM_BITS + TOKEN_BITS + 3,
        HOST = 9 + ID_BITS + 5 + 3 + 6 * ITEM_BITS + 5 + 4 * (int)APF_GFN_SLOTS + APF_ITEMS * ITEM,
        VCPU = HOST + 2 + 3 * TOKEN_BITS + 2 + 18 + TASK_BITS + 12 + 2 * APF_ITEMS,
        TASK = 6,
        L2_TASK = TOKEN_BITS + VCPU_BITS,
        NODE = TOKEN_BITS + VCPU_BITS + 1 + TASK_BITS,
    };
    unsigned pages = CHECK_PAGES * (m->p.budget[CHECK_GONE] ? 2 : 1);
    unsigned nested = m->p.l2_tasks ? 2 * m->p.vcpus : 0;
    unsigned bits = m->p.vcpus * VCPU + m->p.tasks * (m->p.l2_tasks ? TASK + L2_TASK : TASK) +
                    pages + nested + 4 + 7 * NODE;

    for (unsigned i = 0; i < CHECK_BUDGET_COUNT; i++) {
        bits += m->p.budget[i] ? 2 : 0;
    }
    return (bits + 63) / 64;
}
