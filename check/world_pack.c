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

struct bits {
    uint64_t *word;
    unsigned at;
    bool fits;
};

/* One field, either way. `reading` is a constant wherever this is used. */
static inline __attribute__((always_inline)) uint32_t field(struct bits *b, bool reading,
                                                            uint32_t value, unsigned width)
{
    uint64_t *word = &b->word[b->at / 64];
    unsigned shift = b->at % 64;
    uint32_t mask = (uint32_t)((UINT64_C(1) << width) - 1);

    b->at += width;
    if (reading) {
        uint64_t x = word[0] >> shift;
        if (shift + width > 64) {
            x |= word[1] << (64 - shift);
        }
        return (uint32_t)x & mask;
    }
    b->fits &= value <= mask;
    word[0] |= (uint64_t)(value & mask) << shift;
    if (shift + width > 64) {
        word[1] |= (uint64_t)(value & mask) >> (64 - shift);
    }
    return value;
}

#define F8(x, width)  ((x) = (uint8_t)field(b, reading, (x), width))
#define F32(x, width) ((x) = field(b, reading, (x), width))
#define FLAG(x)       ((x) = field(b, reading, (x), 1) != 0)

/* APF_NO_ITEM and CHECK_NO_TASK as the largest value of the field. */
#define NONE8(x, width)                                                                            \
    do {                                                                                           \
        uint32_t none_ = (1u << (width)) - 1;                                                      \
        uint32_t got_ = field(b, reading, (x) == 0xff ? none_ : (x), width);                       \
        (x) = (uint8_t)(got_ == none_ ? 0xff : got_);                                              \
    } while (0)

enum { ID_BITS = 5, VCPU_BITS = 1, TOKEN_BITS = ID_BITS + VCPU_BITS, TASK_BITS = 3, ITEM_BITS = 3 };

/* id and vCPU; all ones is the wake-all token. */
static inline __attribute__((always_inline)) uint32_t token(struct bits *b, bool reading,
                                                            uint32_t value)
{
    const uint32_t all = (1u << TOKEN_BITS) - 1;
    uint32_t code = 0;

    if (!reading) {
        code = value == APF_TOKEN_WAKE_ALL ? all : (value >> 12) << VCPU_BITS | (value & 1);
        b->fits &= value == APF_TOKEN_WAKE_ALL || (code < all && (value & 4094) == 0);
    }
    code = field(b, reading, code, TOKEN_BITS);
    return code == all ? APF_TOKEN_WAKE_ALL : (code >> VCPU_BITS) << 12 | (code & 1);
}

static inline __attribute__((always_inline)) void pack_gfn(struct bits *b, bool reading,
                                                           uint64_t *gfn)
{
    uint32_t got = field(b, reading, *gfn == APF_NO_GFN ? 15 : (uint32_t)*gfn, 4);

    *gfn = got == 15 ? APF_NO_GFN : got;
}

static inline __attribute__((always_inline)) void pack_item(struct bits *b, bool reading,
                                                            struct apf_item *item)
{
    F8(item->state, 3);
    if (item->state == APF_ITEM_FREE) {
        return;
    }
    FLAG(item->wakeup_all);
    FLAG(item->notpresent_injected);
    FLAG(item->worker_returned);
    FLAG(item->notify);
    FLAG(item->unflushed);
    FLAG(item->l2);
    F8(item->peeked, 2);
    NONE8(item->next, ITEM_BITS);
    NONE8(item->qnext, ITEM_BITS);
    item->token = token(b, reading, item->token);
    if (!item->wakeup_all) {
        item->gfn = field(b, reading, (uint32_t)item->gfn, 3);
        item->gva = world_page_gpa(item->gfn);
    }
}

static inline __attribute__((always_inline)) void pack_msrs(struct bits *b, bool reading,
                                                            struct apf_host *h, unsigned v)
{
    uint32_t en = field(b, reading, (uint32_t)h->msr_en & 15, 4);
    bool vector = field(b, reading, h->msr_int != 0, 1);

    h->msr_en = en ? world_gpa(v) | en : 0;
    h->msr_int = vector ? APF_VECTOR_LINUX : 0;
    bool vec = field(b, reading, h->vec != 0, 1);
    h->vec = vec ? APF_VECTOR_LINUX : 0;
    FLAG(h->send_always);
    FLAG(h->as_pf_vmexit);
    FLAG(h->area_valid);
}

static inline __attribute__((always_inline)) void pack_host(struct bits *b, bool reading,
                                                            struct apf_host *h, unsigned v)
{
    pack_msrs(b, reading, h, v);
    F32(h->id, ID_BITS);
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
    for (unsigned s = 0; s < APF_GFN_SLOTS; s++) {
        pack_gfn(b, reading, &h->gfns[s]);
    }
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        pack_item(b, reading, &h->item[i]);
    }
}

static inline __attribute__((always_inline)) void pack_vcpu(struct bits *b, bool reading,
                                                            struct world_vcpu *c, unsigned v)
{
    pack_host(b, reading, &c->h, v);
    F32(c->area.flags, 2);
    c->area.token = token(b, reading, c->area.token);
    FLAG(c->gc.enabled);
    FLAG(c->gc.dummy_due);
    c->gc.dummy = token(b, reading, c->gc.dummy);
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
    c->cr2 = token(b, reading, c->cr2);
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        F8(c->work[i], 2);
    }
}

static inline __attribute__((always_inline)) void
pack_rest(struct bits *b, bool reading, const struct check_machine *m, struct world *w)
{
    for (unsigned t = 0; t < m->p.tasks; t++) {
        F8(w->t[t].state, 3);
        F8(w->t[t].pos, 2);
        F8(w->t[t].cpu, VCPU_BITS);
        if (m->p.l2_tasks) {
            w->t[t].waits = token(b, reading, w->t[t].waits);
            F8(w->t[t].exit_cpu, VCPU_BITS);
        }
    }
    for (unsigned p = 0; p < CHECK_PAGES; p++) {
        F8(w->page[p], 1);
    }
    for (unsigned i = 0; i < CHECK_BUDGET_COUNT; i++) {
        if (m->p.budget[i]) {
            F8(w->budget[i], 2);
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
    for (unsigned i = 0; i < count; i++) {
        token(b, false, node[i]->token);
        field(b, false, node[i]->cpu, VCPU_BITS);
        field(b, false, node[i]->halted, 1);
        field(b, false, node[i]->task == APF_NO_TASK ? 7 : node[i]->task, TASK_BITS);
    }
}

static void unpack_guest(struct bits *b, const struct apf_guest *from, struct apf_guest *g)
{
    *g = *from;
    unsigned count = field(b, true, 0, 3);
    g->leaked = field(b, true, 0, 1);
    for (unsigned i = 0; i < count; i++) {
        struct apf_node *n = &g->node[i];
        n->token = token(b, true, 0);
        n->cpu = field(b, true, 0, VCPU_BITS) & 1;
        n->halted = field(b, true, 0, 1) & 1;
        uint32_t task = field(b, true, 0, TASK_BITS);
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

bool world_pack(const struct check_machine *m, const struct world *w, uint64_t *ret_words)
{
    struct bits bits = {.word = ret_words, .fits = true}, *b = &bits;
    struct world *from = (struct world *)(uintptr_t)w; /* packing writes each field back */

    memset(ret_words, 0, (m->words ? m->words : EXPLORE_WORDS) * sizeof *ret_words);
    for (unsigned v = 0; v < m->p.vcpus; v++) {
        pack_vcpu(b, false, &from->v[v], v);
    }
    pack_rest(b, false, m, from);
    pack_guest(b, &w->g);
    return b->fits && (b->at + 63) / 64 <= (m->words ? m->words : EXPLORE_WORDS);
}

void world_unpack(const struct check_machine *m, const uint64_t *words, struct world *w)
{
    struct bits bits = {.word = (uint64_t *)(uintptr_t)words, .fits = true}, *b = &bits;

    *w = m->blank;
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
        TASK = 6 + TOKEN_BITS + VCPU_BITS,
        NODE = TOKEN_BITS + VCPU_BITS + 1 + TASK_BITS,
    };
    unsigned bits =
        m->p.vcpus * VCPU + m->p.tasks * TASK + CHECK_PAGES + 2 * CHECK_BUDGET_COUNT + 4 + 7 * NODE;

    return (bits + 63) / 64;
}
