/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_explain.c - why a fault was not asynchronous: __kvm_faultin_pfn() as a tree
 *
 * The order is the kernel's: fast GUP, GUP with NOWAIT, kvm_can_do_async_pf(), the gfn hash, the
 * set-up, kvm_can_deliver_async_pf(). Each access is at one leaf, so that the leaves sum to all.
 */
#include "rep_explain.h"

#include <string.h>

#include "rep_format.h"
#include "rep_tree.h"

enum source { SUM, OUTCOME, WHY, REST };

static const struct leaf {
    unsigned depth;
    enum source source;
    int outcome;     /* OUTCOME */
    const char *why; /* WHY: its key */
    const char *text, *change;
    const char
        *waits; /* text under a protocol that halts nobody: then x86's advice does not hold */
} leaves[] = {
    {0, SUM, 0, NULL, "accesses that found no translation in the guest's EPT/NPT", NULL},
    {1, OUTCOME, OUTCOME_RESIDENT, NULL,
     "fast GUP hit: the page is mapped in the host (kvm_faultin_pfn returns 0)",
     "Nothing: nobody waits for such a page, so there is nothing to be asynchronous about."},
    {1, OUTCOME, OUTCOME_STALE, NULL, "stale: retried, somebody else was first", NULL},
    {1, SUM, 0, NULL,
     "NOWAIT succeeded: kvm_faultin_pfn returns 0, kvm_can_do_async_pf is not asked", NULL},
    {2, OUTCOME, OUTCOME_MINOR, NULL, "page made on the spot, or found in memory",
     "Fresh anonymous memory is allocated at once, a page in the page cache or swap cache is taken "
     "from there: no wait. A wait needs a page that is elsewhere: swapped out to an asynchronous "
     "device (less host.memory.limit), behind userfaultfd, or not in the cache of a file. Of a "
     "file, only the page that a read-around window is tripped over by waits; its neighbours "
     "come with it and are found here (host.read_around; on a real host read_ahead_kb)."},
    {2, WHY, 0, "inline_swap", "read at once: swap, read-ahead window 1",
     "Host kernels up to 6.1 read a random swap fault synchronously, NOWAIT or not, because the "
     "read-ahead window that random access adapts to is one page: a host kernel of 6.12 or later "
     "(host.kernel), or sequential access."},
    {2, WHY, 0, "inline_zram", "read at once: synchronous swap device (zram, pmem, brd)",
     "Such devices are read by the faulting thread (SWP_SYNCHRONOUS_IO). It takes microseconds; "
     "APF "
     "would cost more than it gains."},
    {2, WHY, 0, "inline_zswap", "decompressed from zswap's pool",
     "It takes microseconds; APF would cost more than it gains."},
    {2, WHY, 0, "inline_random", "read at once: MADV_RANDOM, or no read-ahead",
     "Without read-ahead, filemap_fault() reads the page itself, NOWAIT or not: take MADV_RANDOM "
     "away, or set read_ahead_kb above 0; MADV_SEQUENTIAL and POSIX_FADV_RANDOM are good."},
    {2, WHY, 0, "inline_misses", "read at once: mmap_miss above 100, read-around has stopped",
     "After 100 more misses than hits on an open file no random miss can become an APF: open the "
     "file anew, or use MADV_SEQUENTIAL, which does not count."},
    {2, WHY, 0, "inline_hugetlb", "made at once: hugetlbfs ignores NOWAIT", NULL},
    {2, WHY, 0, "inline_private", "private memory (guest_memfd) never uses APF", NULL},
    {2, WHY, 0, "inline_other", "read at once: this backing ignores NOWAIT (shmem)",
     "Swapped-out shmem or memfd waits for the page in the fault: anonymous memory is better."},
    {1, SUM, 0, NULL, "needs I/O", NULL},
    {2, WHY, 0, "mode_off", "mode off: the host does not try", NULL},
    {2, SUM, 0, NULL, "kvm_can_do_async_pf says no: the vCPU thread waits", NULL},
    {3, WHY, 0, "no_lapic", "1: no LAPIC in the kernel",
     "An in-kernel irqchip (KVM_CREATE_IRQCHIP, or split)."},
    {3, WHY, 0, "reinject", "2: an event is to be injected again", NULL},
    {3, WHY, 0, "exception", "3: an exception is pending", NULL},
    {3, WHY, 0, "hlt_in_guest", "4: HLT does not exit, and the guest cannot be told",
     "Without -overcommit cpu-pm=on the host sees HLT and may halt the vCPU; or a guest that "
     "enables APF."},
    {3, WHY, 0, "irq_off", "5: the guest has interrupts off",
     "Memory that is touched with interrupts off (early boot, firmware, spinlocks of the guest's "
     "kernel) cannot be awaited: keep it resident (mlock, memory.min)."},
    {2, WHY, 0, "repeated", "repeated: the page is in flight on this vCPU, the vCPU halts", NULL,
     "repeated: the page is in flight on this vCPU"},
    {2, SUM, 0, NULL, "set-up refused: the vCPU thread waits", NULL},
    {3, WHY, 0, "queue_full", "64 work items are in flight on this vCPU",
     "A faster device or more channels shorten the queue; more vCPUs have a queue each."},
    {3, WHY, 0, "hva", "the gfn has no usable host address", NULL},
    {3, WHY, 0, "no_memory", "no memory for the item without waiting", NULL},
    {2, SUM, 0, NULL, "kvm_can_deliver_async_pf says no: not told, the vCPU halts", NULL,
     "the guest cannot be told: the vCPU thread waits"},
    {3, WHY, 0, "pv_off", "1: the guest has not enabled APF",
     "Both CPUID bits are needed: KVM_FEATURE_ASYNC_PF (bit 4) opens the MSR EN, "
     "KVM_FEATURE_ASYNC_PF_INT (bit 14) opens INT, ACK and EN bit 3, without which EN counts as "
     "off; a Linux guest from 5.9 on looks at bit 14 alone. QEMU: kvm-asyncpf=on, "
     "kvm-asyncpf-int=on; guest: not no-kvmapf.",
     "the guest has not enabled it"},
    {3, WHY, 0, "cpl0", "2: access from kernel mode, and no SEND_ALWAYS",
     "Linux takes the message in user mode only: page faults in system calls (read, copy_to_user) "
     "halt the vCPU. Accesses through mmap are told.",
     "access from kernel mode"},
    {3, WHY, 0, "protected", "2: the guest's state is protected, its CPL unreadable", NULL},
    {3, WHY, 0, "l2", "3: L2 runs, and L1 has not opted in",
     "KVM_FEATURE_ASYNC_PF_VMEXIT (bit 10) for L1, which sets EN bit 2.", "L2 runs"},
    {3, WHY, 0, "paging_off", "3: paging is off", NULL},
    {3, WHY, 0, "area", "the flags word cannot be written", NULL},
    {3, WHY, 0, "outstanding", "another event of either kind is outstanding (arm64-sdei)", NULL},
    {3, WHY, 0, "irq_pending", "an interrupt is pending, another vCPU's DONE, too (s390)", NULL},
    {2, WHY, 0, "prefault", "prefault found the page gone again",
     "Memory is so short that pages leave before they are used: a higher limit."},
    {2, REST, 0, NULL, "for another reason", NULL},
    {2, WHY, 0, "none", "told: asynchronous", NULL},
};

#define LEAVES (sizeof leaves / sizeof *leaves)

const char *rep_explain_change(const char *why_key)
{
    for (size_t i = 0; i < LEAVES; i++)
        if (leaves[i].source == WHY && !strcmp(leaves[i].why, why_key))
            return leaves[i].change;
    return NULL;
}

static bool has_leaf(const char *why_key)
{
    for (size_t i = 0; i < LEAVES; i++)
        if (leaves[i].source == WHY && !strcmp(leaves[i].why, why_key))
            return true;
    return false;
}

static uint64_t count_of(const struct leaf *leaf, const struct rep_setting *set,
                         const struct rep_result *r)
{
    uint64_t rest = 0;

    switch (leaf->source) {
    case OUTCOME:
        return r->outcome_count[leaf->outcome];
    case WHY:
        for (uint32_t w = 0; w < set->whys; w++)
            if (!strcmp(set->why_key[w], leaf->why))
                return w ? r->why_count[w] : r->outcome_count[OUTCOME_DELIVERED];
        return 0;
    case REST: /* what no leaf names: none today; the sum stays right if a reason is added */
        for (uint32_t w = 1; w < set->whys; w++)
            rest += has_leaf(set->why_key[w]) ? 0 : r->why_count[w];
        return rest;
    case SUM:
        break;
    }
    return 0;
}

static void print_attempts(GString *out, const struct rep_summary *s)
{
    for (uint32_t m = 0; m < s->modes; m++) {
        const struct rep_result *r = s->mode[m].total;
        char accesses[REP_NUMBER_BYTES], exits[REP_NUMBER_BYTES], again[REP_NUMBER_BYTES];
        uint64_t all = 0;

        for (unsigned o = 0; o < OUTCOME_COUNT; o++)
            all += r->outcome_count[o];
        g_string_append_printf(out,
                               "  %s: %s accesses in all, %s fault exits\n"
                               "      (%s on a page in flight: repeated_fault, or it had just "
                               "come)\n",
                               s->mode[m].key, rep_format_count(accesses, all),
                               rep_format_count(exits, r->attempts),
                               rep_format_count(again, r->attempts_repeated));
    }
}

void rep_explain(GString *out, const struct rep_summary *s)
{
    struct rep_tree_row row[LEAVES];
    const char *columns[REP_MODES];
    bool waits;

    memset(row, 0, sizeof row);
    for (size_t i = 0; i < LEAVES; i++) {
        row[i].depth = leaves[i].depth;
        row[i].is_sum = leaves[i].source == SUM;
        waits = !s->set->halts && leaves[i].waits;
        row[i].text = waits ? leaves[i].waits : leaves[i].text;
        row[i].change = waits ? NULL : leaves[i].change;
        for (uint32_t m = 0; m < s->modes; m++)
            row[i].count[m] = count_of(&leaves[i], s->set, s->mode[m].total);
    }
    for (uint32_t m = 0; m < s->modes; m++)
        columns[m] = s->mode[m].key;
    rep_tree_sum(row, LEAVES);
    g_string_append_printf(out,
                           "%s: host kernel %s, guest kernel %s: why a fault is asynchronous, "
                           "or not\n",
                           s->set->workload, s->set->host_kernel, s->set->guest_kernel);
    if (s->set->protocol)
        g_string_append_printf(out, "protocol %s, a what-if\n", s->set->protocol);
    g_string_append_c(out, '\n');
    rep_tree_print(out, row, LEAVES, columns, s->modes);
    g_string_append_c(out, '\n');
    print_attempts(out, s);
}
