/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest_hash.c - the sleepers: tasks by token, dummies, waking one or all of a CPU
 *
 * Sources:  arch/x86/kernel/kvm.c. Function names of the kernel stand above the code that follows
 *           them.
 */
#include "apf_guest_priv.h"

void apf_guest_no_node(struct apf_guest_out *out)
{
    out->broken = "LIMIT: APF_GUEST_NODES sleepers and dummies of one guest";
}

/* smp_send_reschedule(). A wake-all wakes one CPU's nodes, and one interrupt will do. */
static void send_ipi(uint32_t cpu, struct apf_guest_out *out)
{
    for (uint32_t i = 0; i < out->count; i++) {
        if (out->act[i].kind == APF_GDO_IPI && out->act[i].value == cpu) {
            return;
        }
    }
    out->act[out->count].kind = APF_GDO_IPI;
    out->act[out->count].msr = 0;
    out->act[out->count].value = cpu;
    out->count++;
}

/* _find_apf_task() */
static uint32_t node_find(const struct apf_guest *g, uint32_t token)
{
    uint32_t n = g->bucket[apf_token_hash(token)];

    while (n != APF_NO_NODE && g->node[n].token != token) {
        n = g->node[n].next;
    }
    return n;
}

bool apf_guest_sleeping_on(const struct apf_guest *g, uint32_t token)
{
    uint32_t n = node_find(g, token);

    return n != APF_NO_NODE && g->node[n].task != APF_NO_TASK;
}

static uint32_t node_alloc(struct apf_guest *g)
{
    uint32_t n = g->free_node;

    if (n != APF_NO_NODE) {
        g->free_node = g->node[n].next;
        return n;
    }
    return g->nodes_used < APF_GUEST_NODES ? g->nodes_used++ : APF_NO_NODE;
}

/* hlist_add_head(). False: no node is left. */
bool apf_node_add(struct apf_guest *g, uint32_t token, uint32_t cpu, uint32_t task, bool halted)
{
    uint32_t n = node_alloc(g), *head = &g->bucket[apf_token_hash(token)];

    if (n == APF_NO_NODE) {
        return false;
    }
    g->node[n].token = token;
    g->node[n].cpu = cpu & INT32_MAX;
    g->node[n].halted = halted;
    g->node[n].task = task;
    g->node[n].next = *head;
    *head = n;
    if (task == APF_NO_TASK) {
        g->dummies++;
    } else {
        g->sleepers++;
    }
    return true;
}

/* Unlinks the node that *link names, and returns its task. */
uint32_t apf_node_take(struct apf_guest *g, uint32_t *link)
{
    uint32_t n = *link, task = g->node[n].task;

    *link = g->node[n].next;
    g->node[n] = (struct apf_node){.task = APF_NO_TASK, .next = g->free_node};
    g->free_node = n;
    if (task == APF_NO_TASK) {
        g->dummies--;
    } else {
        g->sleepers--;
    }
    return task;
}

uint32_t *apf_node_link(struct apf_guest *g, uint32_t token)
{
    uint32_t *link = &g->bucket[apf_token_hash(token)];

    while (*link != APF_NO_NODE && g->node[*link].token != token) {
        link = &g->node[*link].next;
    }
    return link;
}

/* apf_task_wake_one() on a sleeper. A CPU that halts for it is sent an interrupt. */
void apf_node_wake(struct apf_guest *g, uint32_t *link, struct apf_guest_out *out)
{
    if (g->node[*link].halted) {
        send_ipi(g->node[*link].cpu, out);
    }
    out->wake[out->wakes++] = apf_node_take(g, link);
}

/*
 * apf_task_wake_all(), G-8: nodes of this CPU only. A dummy is unlinked and, in the kernel, never
 * freed (HOLE-2); here its node is used again and the leak is counted.
 */
void apf_guest_wake_all(struct apf_guest *g, uint32_t cpu, struct apf_guest_out *out)
{
    for (unsigned b = 0; b < APF_BUCKETS; b++) {
        uint32_t *link = &g->bucket[b];
        while (*link != APF_NO_NODE) {
            bool here = cpu == APF_EVERY_CPU ? g->node[*link].task != APF_NO_TASK
                                             : g->node[*link].cpu == cpu;
            if (!here) {
                link = &g->node[*link].next;
                continue;
            }
            if (g->node[*link].task == APF_NO_TASK) {
                g->leaked += !apf_fix_on(g->fixes, APF_FIX_2);
                apf_node_take(g, link);
                continue;
            }
            if (out->wakes == APF_GUEST_WAKES) {
                out->more = true;
                return;
            }
            apf_node_wake(g, link, out);
        }
    }
}

void apf_guest_add_dummy(struct apf_guest *g, struct apf_guest_cpu *cpu, uint32_t token,
                         struct apf_guest_out *out)
{
    cpu->dummy_due = false;
    out->token = token;
    out->verdict = APF_GUEST_DUMMY;
    if (!apf_node_add(g, token, cpu->cpu, APF_NO_TASK, false)) {
        apf_guest_no_node(out);
    }
}

/* kvm_async_pf_task_wake(). Ready before wait leaves a dummy for the wait to find. */
void apf_guest_wake(struct apf_guest *g, struct apf_guest_cpu *cpu, uint32_t token,
                    struct apf_guest_out *out)
{
    out->token = token;
    out->verdict = APF_GUEST_WOKE;
    if (token == APF_TOKEN_WAKE_ALL) {
        apf_guest_wake_all(g, cpu->cpu, out);
        return;
    }
    uint32_t *link = apf_node_link(g, token);
    if (*link == APF_NO_NODE) {
        /* Until 5.19 the dummy was allocated under the bucket's raw lock (BUG-30). */
        out->sleeps_locked = g->preempt_rt && !apf_guest_rules_of(g)->dummy_alloc_unlocked;
        /* The allocation drops the lock: the kernel looks again behind it, all in this step. The
         * switch is a draft of that fix, which did not. */
        if (apf_bug_on(g->bugs, APF_BUG_30)) {
            cpu->dummy_due = true;
            cpu->dummy = token;
            return;
        }
        apf_guest_add_dummy(g, cpu, token, out);
        return;
    }
    if (g->node[*link].task == APF_NO_TASK) {
        g->leaked += !apf_fix_on(g->fixes, APF_FIX_2); /* unlinked, not freed */
        apf_node_take(g, link);
        return;
    }
    apf_node_wake(g, link, out);
}
