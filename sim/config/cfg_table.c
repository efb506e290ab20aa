/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_table.c - the rows, in the order in which they are printed
 *
 * "assumed" in the last column means that nobody published the number: sweep it before you build
 * on it. The ranges are wide on purpose: they refuse slips of the unit, not experiments.
 */
#include "cfg_internal.h"

#include <string.h>

#define RUN(member)    CFG_RUN, offsetof(struct params, member)
#define GUEST(member)  CFG_OF_GUEST, offsetof(struct guest_params, member)
#define REGION(member) CFG_OF_REGION, offsetof(struct region_params, member)
#define TASK(member)   CFG_OF_TASK, offsetof(struct task_params, member)
#define STEP(member)   CFG_OF_STEP, offsetof(struct step_params, member)
#define LONGEST        (1000000 * SIM_SEC)
#define MOST_BYTES     (1ull << 40)

static const char *const kernels[] = {"5.8", "5.10", "5.13", "5.17", "6.1", "6.12", "tip", NULL};
static const char *const protocols[] = {"x86", "async-pf-user", "arm64-sdei", "s390", NULL};
static const char *const memory_kinds[] = {"cgroup", "global", NULL};
static const char *const reclaims[] = {"lru", "two-list", "random", "mru", "clock", "mglru", NULL};
static const char *const worker_cpus[] = {"other", "same", NULL};
static const char *const schedulers[] = {"cfs", "fifo", "rr", "eevdf", "auto", NULL};
static const char *const balances[] = {"none", "ideal", "newidle", "load", NULL};
static const char *const backings[] = {"anon",  "swap",    "zram",    "file", "userfaultfd",
                                       "zswap", "hugetlb", "private", NULL};
static const char *const compressors[] = {"lzo-rle", "lz4", "zstd", NULL};
static const char *const advices[] = {"normal", "random", "sequential", NULL};
static const char *const userfaultfds[] = {"shared", "per_vcpu", NULL};
static const char *const prefetches[] = {"none", "sequential", "recorded", NULL};
static const char *const patterns[] = {"sequential", "cyclic", "uniform", "zipf", "trace", NULL};
static const char *const processes[] = {"none", "poisson", "constant", "bursts",
                                        "file", "clients", NULL};
/* Of apf/apf_bugs.c, those for which the machine gives the inputs that they need. */
static const char *const fixes[] = {"HOLE-1", "HOLE-15", NULL};
static const char *const bugs[] = {"BUG-13", "BUG-16", "BUG-19", "BUG-23", "BUG-34", NULL};
static const char *const modes[] = {"off", "halt", "apf", NULL};

_Static_assert(G_N_ELEMENTS(kernels) == APF_KERNELS + 1, "a name per kernel version");
_Static_assert(G_N_ELEMENTS(protocols) == APF_PROTOCOLS + 1, "a name per protocol");
_Static_assert(G_N_ELEMENTS(reclaims) == RECLAIMS + 1, "a name per reclaim policy");
_Static_assert(G_N_ELEMENTS(schedulers) == GUEST_SCHEDULERS + 1, "a name per guest scheduler");
_Static_assert(G_N_ELEMENTS(backings) == BACKINGS + 1, "a name per backing");
_Static_assert(G_N_ELEMENTS(compressors) == ZSWAP_COMPRESSORS + 1, "a name per compressor");
_Static_assert(G_N_ELEMENTS(patterns) == PATTERNS + 1, "a name per pattern");
_Static_assert(G_N_ELEMENTS(processes) == ARRIVAL_PROCESSES + 1, "a name per process");
_Static_assert(G_N_ELEMENTS(modes) == MODES + 1, "a name per mode");
_Static_assert(
    MEMORY_GLOBAL == 1 && USERFAULTFD_PER_VCPU == 1 && PREFETCH_RECORDED == 2 &&
        WORKER_CPU_SAME == 1 && BALANCE_LOAD == 3 && ADVICE_SEQUENTIAL == 2,
    "memory_kinds, userfaultfds, prefetches, worker_cpus, balances and advices name every value");

const struct cfg_row cfg_rows[] = {
    {"name", CFG_NAME, RUN(name), 0, 0, NULL, NULL, "what reports call the workload", "our choice"},
    {"duration", CFG_TIME, RUN(duration), 1, LONGEST, "10s", NULL,
     "measured time, after the warm-up", "our choice"},
    {"warmup", CFG_TIME, RUN(warmup), 0, LONGEST, "1s", NULL,
     "simulated before the measurement begins, and not reported", "our choice"},
    {"seed", CFG_COUNT64, RUN(seed), 0, INT64_MAX, "1", NULL,
     "every random draw follows from it; replica n uses its own streams of it", "our choice"},
    {"replicas", CFG_COUNT32, RUN(replicas), 1, 1000, "5", NULL,
     "independent repetitions, for confidence intervals", "our choice"},
    {"modes", CFG_MODES, RUN(mode), 0, 0, "[off, halt, apf]", modes,
     "what is compared: no APF; APF that halts the vCPU only; APF with the guest's help",
     "our choice"},
    {"protocol", CFG_CHOICE, RUN(protocol), 0, 0, "x86", protocols,
     "how host and guest talk of missing pages. x86: as in Linux; the others are what-ifs on the "
     "same machine: async-pf-user and arm64-sdei are proposals that Linux has not merged, s390 is "
     "in Linux for that architecture (docs/protocol-rules.md, J)",
     "our choice", true},
    {"check.walk_every", CFG_COUNT32, RUN(walk_every), 0, UINT32_MAX, "1024", NULL,
     "all protocol invariants are walked at every n-th step; 0: only the checks of each step",
     "our choice: a walk takes about 1 us"},
    {"check.fix", CFG_SWITCHES, RUN(fixes), 0, 0, "none", fixes,
     "remedies of today's weaknesses, in host and guest", "our choice: the kernels as they are",
     true},
    {"check.bug", CFG_SWITCHES, RUN(bugs), 0, 0, "none", bugs,
     "old bugs put back into host and guest", "our choice: the kernels as they are", true},

    {"host.kernel", CFG_CHOICE, RUN(host.kernel), 0, 0, "6.12", kernels,
     "version whose KVM rules the host follows", "our choice: Debian 13's"},
    {"host.memory.limit", CFG_LIMIT, RUN(host.memory_limit), PAGE_BYTES, MOST_BYTES, "none", NULL,
     "host memory that the guest's pages share; none: no pressure", "our choice"},
    {"host.memory.kind", CFG_CHOICE, RUN(host.memory_kind), 0, 0, "cgroup", memory_kinds,
     "who reclaims; cgroup: the thread that allocates; global: all of the host's memory, where "
     "kswapd does it between two watermarks",
     "mm/memcontrol.c, try_charge; mm/vmscan.c, balance_pgdat"},
    {"host.memory.min_free", CFG_BYTES, RUN(host.min_free), 0, 1ull << 30, "0B", NULL,
     "global: threads that allocate reclaim, too, when less is free; 0B: Linux' formula",
     "mm/page_alloc.c, calculate_min_free_kbytes: 4 sqrt(memory in KiB) KiB", true},
    {"host.memory.watermark_scale", CFG_COUNT32, RUN(host.watermark_scale), 1, 3000, "10", NULL,
     "global: kswapd wakes so much above min_free, and works until twice as much is free; 1e-4 of "
     "the memory, at least a quarter of min_free",
     "mm/page_alloc.c, watermark_scale_factor", true},
    {"host.memory.reclaim", CFG_CHOICE, RUN(host.reclaim), 0, 0, "two-list", reclaims,
     "which page leaves when the limit is reached; two-list: active and inactive, as Linux; "
     "mglru: its generations",
     "mm/vmscan.c, without MGLRU"},
    {"host.zswap.max_pool", CFG_SHARE, RUN(host.zswap_max_pool_ppm), 0, PPM, "20%", NULL,
     "share of host.memory.limit that compressed pages may take", "mm/zswap.c, max_pool_percent",
     true},
    {"host.zswap.accept_threshold", CFG_SHARE, RUN(host.zswap_accept_ppm), 0, PPM, "90%", NULL,
     "a full pool is emptied to this share of max_pool before it takes pages again",
     "mm/zswap.c, accept_threshold_percent", true},
    {"host.zswap.ratio", CFG_MILLI, RUN(host.zswap_ratio_milli), 1000, 100000, "3", NULL,
     "how many pages become one when they are compressed", "assumed", true},
    {"host.zswap.compressor", CFG_CHOICE, RUN(host.zswap_compressor), 0, 0, "lzo-rle", compressors,
     "what compresses; its times are those of zram",
     "mm/Kconfig, ZSWAP_COMPRESSOR_DEFAULT_LZO: the nearest that was measured", true},
    {"host.worker_cpu", CFG_CHOICE, RUN(host.worker_cpu), 0, 0, "other", worker_cpus,
     "where the APF worker completes: another CPU, or the vCPU's own (it is then interrupted; with "
     "host.cpus: it waits for that CPU alone)",
     "our choice: an idle CPU exists"},
    {"host.cpus", CFG_CPUS, RUN(host.cpus), 1, VCPUS_MAX, "own", NULL,
     "host CPUs that all vCPU threads and APF workers share; own: one for each vCPU, workers run "
     "elsewhere",
     "our choice", true},
    {"host.sched.latency", CFG_TIME, RUN(host.sched.latency), 1000, 10 * SIM_SEC, "6ms", NULL,
     "with host.cpus: every runnable thread runs once in this time, before scaling",
     "kernel/sched/fair.c, sysctl_sched_latency", true},
    {"host.sched.min_granularity", CFG_TIME, RUN(host.sched.min_granularity), 1000, 10 * SIM_SEC,
     "750us", NULL, "shortest slice of a thread, before scaling",
     "kernel/sched/fair.c, sysctl_sched_min_granularity", true},
    {"host.sched.wakeup_granularity", CFG_TIME, RUN(host.sched.wakeup_granularity), 0, 10 * SIM_SEC,
     "1ms", NULL, "how far behind a woken thread must be to preempt, before scaling",
     "kernel/sched/fair.c, sysctl_sched_wakeup_granularity", true},
    {"host.sched.scaling", CFG_BOOL, RUN(host.sched.scaling), 0, 0, "true", NULL,
     "the three times above grow by 1 + log2(CPUs)",
     "kernel/sched/fair.c, SCHED_TUNABLESCALING_LOG", true},
    {"host.sched.sleeper_credit", CFG_BOOL, RUN(host.sched.sleeper_credit), 0, 0, "true", NULL,
     "a woken thread is placed half a latency back",
     "kernel/sched/features.h, GENTLE_FAIR_SLEEPERS", true},
    {"host.sched.wakeup_preemption", CFG_BOOL, RUN(host.sched.wakeup_preemption), 0, 0, "true",
     NULL, "a woken thread may preempt", "kernel/sched/features.h, WAKEUP_PREEMPTION", true},
    {"host.hz", CFG_COUNT32, RUN(host.hz), 0, 10000, "250", NULL,
     "host ticks per second, each an exit of a running vCPU; 0: none",
     "assumed: CONFIG_HZ of Debian"},
    {"host.halt_poll", CFG_TIME, RUN(host.halt_poll), 0, SIM_SEC, "200us", NULL,
     "a halted vCPU that is woken within this time costs no cost.vcpu_wake; with host.cpus it "
     "polls "
     "so long, while nobody else wants its CPU",
     "arch/x86/include/asm/kvm_host.h, KVM_HALT_POLL_NS_DEFAULT"},
    {"host.hlt_in_guest", CFG_BOOL, RUN(host.hlt_in_guest), 0, 0, "false", NULL,
     "HLT does not exit (KVM_X86_DISABLE_EXITS_HLT)", "KVM's default"},
    {"host.page_cluster", CFG_COUNT32, RUN(host.page_cluster), 0, 8, "3", NULL,
     "swap read-ahead reads at most 2^n pages", "mm/swap.c, swap_setup"},
    {"host.read_around", CFG_COUNT32, RUN(host.read_around), 0, 4096, "32", NULL,
     "pages read around a fault on a file mapping; 0: only the page",
     "include/linux/pagemap.h, VM_READAHEAD_PAGES (128 KiB)"},
    {"host.fault_around", CFG_COUNT32, RUN(host.fault_around), 1, 512, "16", NULL,
     "cached file pages mapped by one fault", "mm/memory.c, fault_around_bytes (64 KiB)"},

    {"guest.kernel", CFG_CHOICE, GUEST(kernel), 0, 0, "6.12", kernels,
     "version whose KVM guest rules the guest follows", "our choice: Debian 13's"},
    {"guest.vcpus", CFG_COUNT32, GUEST(vcpus), 1, VCPUS_MAX, "1", NULL, "vCPUs of the guest",
     "our choice"},
    {"guest.memory", CFG_BYTES, GUEST(memory), PAGE_BYTES, MOST_BYTES, "2GiB", NULL,
     "RAM of the guest; all regions lie in it", "the guest of memhog"},
    {"guest.hz", CFG_COUNT32, GUEST(hz), 0, 10000, "250", NULL,
     "guest scheduler ticks per second; 0: none (fifo needs none)", "assumed: CONFIG_HZ of Debian"},
    {"guest.tickless", CFG_BOOL, GUEST(tickless), 0, 0, "true", NULL,
     "no tick while a vCPU is idle", "CONFIG_NO_HZ_IDLE"},
    {"guest.scheduler", CFG_CHOICE, GUEST(scheduler), 0, 0, "auto", schedulers,
     "who runs next on a vCPU; auto: what guest.kernel has; fifo: in order of arrival, until it "
     "blocks; rr: or for guest.rr.slice",
     "kernel/sched/fair.c: cfs from 2.6.23 to 6.5, eevdf since 6.6"},
    {"guest.balance", CFG_CHOICE, GUEST(balance), 0, 0, "load", balances,
     "which tasks move between vCPUs: none; at once and free (ideal); to one that turns idle "
     "(newidle); and now and then from the longest queue (load)",
     "kernel/sched/fair.c, newidle_balance, rebalance_domains"},
    {"guest.apf", CFG_BOOL, GUEST(apf), 0, 0, "true", NULL,
     "the guest kernel takes part; false: booted with no-kvmapf", "arch/x86/kernel/kvm.c"},
    {"guest.nested_apf", CFG_BOOL, GUEST(nested_apf), 0, 0, "true", NULL,
     "with nested tasks: pages that L2 misses are told to L1 (CPUID bit 10, KVM_ASYNC_PF_DELIVERY_"
     "AS_PF_VMEXIT); false: L1's vCPU is halted for them",
     "arch/x86/kernel/kvm.c: Linux opts in whenever it is offered, and KVM offers it", true},
    {"guest.send_always", CFG_BOOL, GUEST(send_always), 0, 0, "false", NULL,
     "deliver in kernel mode, too (KVM_ASYNC_PF_SEND_ALWAYS)",
     "no Linux guest since 5.8 sets it; one that is told in kernel mode panics"},
    {"guest.steal_time", CFG_BOOL, GUEST(steal_time), 0, 0, "true", NULL,
     "with host.cpus: tasks are not charged for time in which their vCPU waited for a host CPU",
     "kernel/sched/core.c, update_rq_clock_task; assumed: built with "
     "CONFIG_PARAVIRT_TIME_ACCOUNTING",
     true},
    {"guest.hotplug.count", CFG_COUNT32, GUEST(hotplug.count), 0, 1000000000, "0", NULL,
     "how often a vCPU goes offline in the guest and comes back; 0: never", "our choice", true},
    {"guest.hotplug.vcpu", CFG_COUNT32, GUEST(hotplug.vcpu), 1, VCPUS_MAX - 1, "1", NULL,
     "which one; CPU 0 of an x86 guest stays", "arch/x86/kernel/topology.c, since 6.5", true},
    {"guest.hotplug.first", CFG_TIME, GUEST(hotplug.first), 1, LONGEST, "100ms", NULL,
     "it is told to go for the first time so long after the run has begun", "our choice", true},
    {"guest.hotplug.offline", CFG_TIME, GUEST(hotplug.offline), 1, LONGEST, "5ms", NULL,
     "it stays offline so long", "our choice", true},
    {"guest.hotplug.online", CFG_TIME, GUEST(hotplug.online), 1, LONGEST, "100ms", NULL,
     "and online so long before it is told to go again", "our choice", true},
    {"guest.cfs.latency", CFG_TIME, GUEST(cfs.latency), 1000, 10 * SIM_SEC, "6ms", NULL,
     "every runnable task runs once in this time, before scaling",
     "kernel/sched/fair.c, sysctl_sched_latency"},
    {"guest.cfs.min_granularity", CFG_TIME, GUEST(cfs.min_granularity), 1000, 10 * SIM_SEC, "750us",
     NULL, "shortest slice, before scaling", "kernel/sched/fair.c, sysctl_sched_min_granularity"},
    {"guest.cfs.wakeup_granularity", CFG_TIME, GUEST(cfs.wakeup_granularity), 0, 10 * SIM_SEC,
     "1ms", NULL, "how far behind a woken task must be to preempt, before scaling",
     "kernel/sched/fair.c, sysctl_sched_wakeup_granularity"},
    {"guest.cfs.scaling", CFG_BOOL, GUEST(cfs.scaling), 0, 0, "true", NULL,
     "the three times above grow by 1 + log2(vCPUs)",
     "kernel/sched/fair.c, SCHED_TUNABLESCALING_LOG"},
    {"guest.cfs.sleeper_credit", CFG_BOOL, GUEST(cfs.sleeper_credit), 0, 0, "true", NULL,
     "a woken task is placed half a latency back", "kernel/sched/features.h, GENTLE_FAIR_SLEEPERS"},
    {"guest.cfs.wakeup_preemption", CFG_BOOL, GUEST(cfs.wakeup_preemption), 0, 0, "true", NULL,
     "a woken task may preempt", "kernel/sched/features.h, WAKEUP_PREEMPTION"},

    {"guest.eevdf.base_slice", CFG_TIME, GUEST(sched_base_slice), 1000, 10 * SIM_SEC, "700us", NULL,
     "a task asks for so much at a time, before guest.cfs.scaling",
     "kernel/sched/fair.c of 6.12.117, sysctl_sched_base_slice; 750us before 6.15", true},
    {"guest.eevdf.delay_dequeue", CFG_BOOL, GUEST(sched_delay_dequeue), 0, 0, "true", NULL,
     "a task that has had too much competes on while it sleeps, until it is picked",
     "kernel/sched/features.h of 6.12, DELAY_DEQUEUE", true},
    {"guest.eevdf.wakeup_preemption", CFG_BOOL, GUEST(sched_eevdf_preemption), 0, 0, "true", NULL,
     "a woken task may preempt a task whose slice is over",
     "kernel/sched/features.h, WAKEUP_PREEMPTION and RUN_TO_PARITY", true},
    {"guest.rr.slice", CFG_TIME, GUEST(sched_rr_slice), 1000, 1000 * SIM_SEC, "100ms", NULL,
     "a task runs so long while others wait", "include/linux/sched/rt.h, RR_TIMESLICE", true},

    {"guests.*.copies", CFG_COUNT32, GUEST(copies), 1, GUESTS_MAX, "1", NULL,
     "so many such guests, each with its regions and tasks; every key of `guest` may stand here, "
     "too, and defaults to what `guest` says",
     "our choice", true},

    {"cost.exit", CFG_TIME, RUN(cost.exit), 0, SIM_SEC, "500ns", NULL, "one VM exit and entry",
     "assumed from components: 1018 to 1559 cycles (vmexit.flat; W. Li 2020-03-13) at 3 GHz"},
    {"cost.fault", CFG_TIME, RUN(cost.fault), 0, SIM_SEC, "500ns", NULL,
     "page walk, memory slot, page look-up without waiting, set-up; at every attempt", "assumed"},
    {"cost.map", CFG_TIME, RUN(cost.map), 0, SIM_SEC, "1670ns", NULL,
     "map a page that is in memory, beyond exit and fault",
     "derived: exit + fault + map = 2.67 us, preallocated shmem, demand_paging_test, "
     "J. Houghton 2024-12-04"},
    {"cost.zero_page", CFG_TIME, RUN(cost.zero_page), 0, SIM_SEC, "590ns", NULL,
     "allocate and clear a new anonymous page",
     "derived: 3.26 - 2.67 us, demand_paging_test, J. Houghton 2024-12-04"},
    {"cost.sync_fault", CFG_TIME, RUN(cost.sync_fault), 0, SIM_SEC, "2us", NULL,
     "sleep in a synchronous fault and be woken, beyond exit and fault",
     "derived: exit + fault + sync_fault = 3 us, within 2.67 to 3.26 us, demand_paging_test, "
     "J. Houghton 2024-12-04"},
    {"cost.prefault", CFG_TIME, RUN(cost.prefault), 0, SIM_SEC, "500ns", NULL,
     "map a page that the APF worker brought", "assumed"},
    {"cost.reclaim", CFG_TIME, RUN(cost.reclaim), 0, SIM_SEC, "500ns", NULL,
     "one page reclaimed by the thread that allocates", "assumed"},
    {"cost.not_present", CFG_TIME, RUN(cost.not_present), 0, SIM_SEC, "500ns", NULL,
     "'page not present': injection and the guest's #PF handler",
     "assumed: an injection at an entry that is paid already"},
    {"cost.ready", CFG_TIME, RUN(cost.ready), 0, SIM_SEC, "500ns", NULL,
     "'page ready': the guest's interrupt handler, without the exits", "assumed"},
    {"cost.context_switch", CFG_TIME, RUN(cost.context_switch), 0, SIM_SEC, "1500ns", NULL,
     "the guest switches tasks",
     "two published microbenchmarks, 1.07 to 3.5 us (pipe between threads; between processes)"},
    {"cost.worker", CFG_TIME, RUN(cost.worker), 0, SIM_SEC, "3us", NULL,
     "the APF worker is woken and looks the page up, beyond the I/O",
     "assumed: the order of cost.vcpu_wake"},
    {"cost.vcpu_wake", CFG_TIME, RUN(cost.vcpu_wake), 0, SIM_SEC, "6us", NULL,
     "a blocked vCPU thread is woken and runs", "5 to 7 us, comment of kernel commit aca6ff29c406"},
    {"cost.tick", CFG_TIME, RUN(cost.tick), 0, SIM_SEC, "1us", NULL,
     "the guest's tick handler, without exits", "assumed"},
    {"cost.touch", CFG_TIME, RUN(cost.touch), 0, SIM_SEC, "100ns", NULL, "a page touch that hits",
     "assumed: one miss of the caches and the TLB"},
    {"cost.nested_exit", CFG_TIME, RUN(cost.nested_exit), 0, SIM_SEC, "3us", NULL,
     "an exit of L2 that goes to L1: the host saves L2's state and emulates the exit, beyond "
     "cost.exit",
     "assumed: L1's own exits while it handles one of L2's are in it", true},
    {"cost.nested_entry", CFG_TIME, RUN(cost.nested_entry), 0, SIM_SEC, "3us", NULL,
     "L1 resumes L2: the host emulates the entry, beyond cost.exit", "assumed: as cost.nested_exit",
     true},
    {"cost.sdei", CFG_TIME, RUN(cost.sdei), 0, SIM_SEC, "1us", NULL,
     "protocol arm64-sdei: an SDEI event's entry, exit and the guest's reschedule interrupt to "
     "itself, beyond cost.not_present; its SDEI_EVENT_COMPLETE is an exit of its own",
     "assumed: two exits of cost.exit", true},
    {"cost.user_exit", CFG_TIME, RUN(cost.user_exit), 0, SIM_SEC, "1us", NULL,
     "protocol async-pf-user: an exit goes on to the VMM's thread and back into KVM_RUN, beyond "
     "cost.exit",
     "assumed: a return from one system call, and another call", true},
    {"cost.user_ready", CFG_TIME, RUN(cost.user_ready), 0, SIM_SEC, "1us", NULL,
     "protocol async-pf-user: the VMM's thread hears of a page and gives it back by ioctl",
     "assumed: one system call and what leads to it", true},

    {"disk.device", CFG_DEVICE, RUN(disk.device), 0, 0, "hdd", NULL,
     "paging device that fills the other disk keys; custom: they are all yours",
     "our choice: paging went to a disk where APF was first measured"},
    {"disk.channels", CFG_COUNT32, RUN(disk.channels), 1, 1024, NULL, NULL,
     "requests served at once", "docs/devices.md"},
    {"disk.read", CFG_DIST, RUN(disk.read), 0, 1000 * SIM_SEC, NULL, NULL, "time to read one page",
     "docs/devices.md"},
    {"disk.write", CFG_DIST, RUN(disk.write), 0, 1000 * SIM_SEC, NULL, NULL,
     "time to write one page", "docs/devices.md"},
    {"disk.per_page", CFG_TIME, RUN(disk.per_page), 0, SIM_SEC, NULL, NULL,
     "each further page of a cluster", "docs/devices.md"},
    {"disk.network_rtt", CFG_TIME, RUN(disk.network_rtt), 0, SIM_SEC, "0s", NULL,
     "round trip to a device that is elsewhere: a read takes so much longer, the device does not "
     "wait for it",
     "our choice: the device is here", true},
    {"disk.seek", CFG_BOOL, RUN(disk.seek), 0, 0, NULL, NULL,
     "read and write are seek and rotation; a contiguous request skips them", "docs/devices.md"},
    {"disk.synchronous", CFG_BOOL, RUN(disk.synchronous), 0, 0, NULL, NULL,
     "pages are read inline by the faulting thread (SWP_SYNCHRONOUS_IO)", "docs/devices.md"},
    {"monitor.latency", CFG_DIST, RUN(monitor.latency), 0, 1000 * SIM_SEC, "500us", NULL,
     "time in which a userfaultfd monitor answers a fault", "assumed"},
    {"monitor.parallelism", CFG_COUNT32, RUN(monitor.parallelism), 1, 1024, "1", NULL,
     "faults that the monitor answers at once", "assumed"},
    {"monitor.network_rtt", CFG_TIME, RUN(monitor.network_rtt), 0, SIM_SEC, "0s", NULL,
     "round trip to where the page is, beyond monitor.latency", "our choice: the page is here",
     true},
    {"monitor.pipelined", CFG_BOOL, RUN(monitor.pipelined), 0, 0, "false", NULL,
     "a thread answers the next fault while the round trip of the last goes on", "our choice",
     true},
    {"monitor.bandwidth", CFG_LIMIT, RUN(monitor.bandwidth), PAGE_BYTES, MOST_BYTES, "none", NULL,
     "bytes a second of the link over which pages come, prefetched ones, too", "our choice", true},
    {"monitor.prefetch", CFG_CHOICE, RUN(monitor.prefetch), 0, 0, "none", prefetches,
     "pages sent before they are asked for: by number, on from the last that was asked for; or in "
     "the order in which an earlier run (other draws, mode off) missed them",
     "our choice", true},
    {"monitor.copy", CFG_TIME, RUN(monitor.copy), 0, SIM_SEC, "590ns", NULL,
     "one UFFDIO_COPY of the thread that prefetches",
     "assumed: as cost.zero_page, which allocates and fills a page, too", true},
    {"monitor.userfaultfd", CFG_CHOICE, RUN(monitor.userfaultfd), 0, 0, "shared", userfaultfds,
     "one userfaultfd, and its lock, for all vCPUs, or one for each", "our choice", true},
    {"monitor.lock_hold", CFG_TIME, RUN(monitor.lock_hold), 0, SIM_SEC, "0s", NULL,
     "time that a fault has the userfaultfd's lock", "our choice: docs/costs.md derives 4.49us",
     true},
    {"monitor.lock_per_waiter", CFG_TIME, RUN(monitor.lock_per_waiter), 0, SIM_SEC, "0s", NULL,
     "and so much longer for each other fault that waits", "our choice: docs/costs.md derives 91ns",
     true},

    {"regions.*.size", CFG_BYTES, REGION(size), PAGE_BYTES, MOST_BYTES, NULL, NULL,
     "size of the region", ""},
    {"regions.*.backing", CFG_CHOICE, REGION(backing), 0, 0, "anon", backings,
     "what stands behind its pages in the host; hugetlb: pages of 2 MiB, never paged out, of a "
     "pool "
     "of their own that host.memory.limit does not count",
     "our choice"},
    {"regions.*.advice", CFG_CHOICE, REGION(advice), 0, 0, "normal", advices,
     "madvise() of the mapping: decides about read-around", "Linux' default"},
    {"regions.*.resident", CFG_BYTES, REGION(resident), 0, MOST_BYTES, "0", NULL,
     "in memory at the start: the last bytes of the region", "our choice"},
    {"regions.*.dirty", CFG_BOOL, REGION(dirty), 0, 0, "false", NULL,
     "what is resident at the start is dirty", "our choice"},
    {"regions.*.unmapped", CFG_BOOL, REGION(unmapped), 0, 0, "false", NULL,
     "what is resident at the start is not in the guest's page tables (EPT/NPT) yet: its first "
     "touch is a fault that waits for nothing, as of prefaulted or shared memory",
     "our choice", true},
    {"regions.*.guest", CFG_GUEST, REGION(guest), 0, 0, "first", NULL,
     "whose memory it is, when there are `guests`", "our choice", true},

    {"tasks.*.guest", CFG_GUEST, TASK(guest), 0, 0, "first", NULL,
     "where it runs, when there are `guests`", "our choice", true},
    {"tasks.*.count", CFG_COUNT32, TASK(count), 1, TASKS_MAX, "1", NULL,
     "tasks of this kind; with per_vcpu: on each vCPU", "our choice"},
    {"tasks.*.per_vcpu", CFG_BOOL, TASK(per_vcpu), 0, 0, "false", NULL,
     "`count` tasks on each vCPU, pinned there", "our choice"},
    {"tasks.*.vcpu", CFG_VCPU, TASK(vcpu), 0, VCPUS_MAX - 1, "any", NULL,
     "pinned to this vCPU; any: task n begins on vCPU n modulo vCPUs", "our choice"},
    {"tasks.*.measure", CFG_BOOL, TASK(measure), 0, 0, "false", NULL,
     "turns of its loop are the work that is compared", "our choice"},
    {"tasks.*.nested", CFG_BOOL, TASK(nested), 0, 0, "false", NULL,
     "the task is a vCPU thread of a hypervisor in the guest (L1), and its loop what that vCPU of "
     "the guest's guest (L2) does; `kernel` is L2's kernel",
     "our choice", true},
    {"tasks.*.nice", CFG_SIGNED32, TASK(nice), (uint64_t)-20, 19, "0", NULL, "weight under cfs",
     "Linux' default"},
    {"tasks.*.iterations", CFG_COUNT64, TASK(iterations), 0, 1000000000000000000, "0", NULL,
     "turns of the loop before the task ends; 0: for ever", "our choice"},
    {"tasks.*.ends_run", CFG_BOOL, TASK(ends_run), 0, 0, "false", NULL,
     "when all tasks of its guest that have this have ended, so has the run: what others did by "
     "then is counted, and the time it took is the measured time",
     "our choice", true},
    {"tasks.*.start", CFG_TIME, TASK(start), 0, LONGEST, "0s", NULL,
     "begins this long after the run", "our choice"},
    {"tasks.*.arrivals.process", CFG_CHOICE, TASK(arrivals.process), 0, 0, "none", processes,
     "requests from outside, each served by one turn of the loop; none: it goes round by itself",
     "our choice", true},
    {"tasks.*.arrivals.rate", CFG_RATE, TASK(arrivals.rate_milli), 0, 0, "none", NULL,
     "poisson, constant, bursts: arrival rate in requests/s", "our choice", true},
    {"tasks.*.arrivals.interval", CFG_TIME, TASK(arrivals.interval), 0, 1000 * SIM_SEC, "0s", NULL,
     "the same as mean time between two requests; 0s: see rate", "our choice", true},
    {"tasks.*.arrivals.burst", CFG_COUNT32, TASK(arrivals.burst), 1, 1000, "8", NULL,
     "bursts: requests that come at one instant", "assumed", true},
    {"tasks.*.arrivals.file", CFG_PATH, TASK(arrivals.file), 0, 0, NULL, NULL,
     "file: CSV of the times at which requests come, one column time_ns, time_us, time_ms or "
     "time_s",
     "", true},
    {"tasks.*.arrivals.clients", CFG_COUNT32, TASK(arrivals.clients), 0, CLIENTS_MAX, "0", NULL,
     "clients: how many send a request, wait for its answer, think, and send the next",
     "our choice", true},
    {"tasks.*.arrivals.think", CFG_DIST, TASK(arrivals.think), 0, 1000 * SIM_SEC, "0s", NULL,
     "clients: time from an answer to the next request", "our choice", true},
    {"tasks.*.arrivals.queue", CFG_COUNT32, TASK(arrivals.queue), 1, REQUESTS_MAX, "4096", NULL,
     "requests of the kind that may wait; one more is dropped",
     "net.core.somaxconn of Linux from 5.4 on", true},
    {"tasks.*.objective", CFG_OBJECTIVE, TASK(objective), 0, 0, "none", NULL,
     "service level: a percentile of the requests' latencies and what it must stay below",
     "our choice", true},

    {"tasks.*.loop.*.compute", CFG_DIST, STEP(time), 0, 1000 * SIM_SEC, NULL, NULL,
     "step: run on the vCPU for this time", ""},
    {"tasks.*.loop.*.sleep", CFG_DIST, STEP(time), 0, 1000 * SIM_SEC, NULL, NULL,
     "step: leave the vCPU for this time", ""},
    {"tasks.*.loop.*.yield", CFG_TRUE, CFG_OF_STEP, CFG_NOWHERE, 0, 0, NULL, NULL,
     "step: let another task run", ""},
    {"tasks.*.loop.*.exit", CFG_TRUE, CFG_OF_STEP, CFG_NOWHERE, 0, 0, NULL, NULL,
     "step: the task ends here", ""},
    {"tasks.*.loop.*.lock", CFG_LOCK, STEP(lock), 0, 0, NULL, NULL,
     "step: take this lock, or sleep until it is handed over", "", true},
    {"tasks.*.loop.*.unlock", CFG_LOCK, STEP(lock), 0, 0, NULL, NULL,
     "step: give the lock to whoever waits longest", "", true},
    {"tasks.*.loop.*.touch.region", CFG_REGION, STEP(region), 0, 0, NULL, NULL,
     "step: touch pages of this region", ""},
    {"tasks.*.loop.*.touch.pattern", CFG_CHOICE, STEP(pattern), 0, 0, "uniform", patterns,
     "which pages; sequential: each task from its own place; cyclic: all from the first",
     "our choice"},
    {"tasks.*.loop.*.touch.pages", CFG_COUNT32, STEP(pages), 1, 1000000000, "1", NULL,
     "touches in one step", "our choice"},
    {"tasks.*.loop.*.touch.write", CFG_SHARE, STEP(write_ppm), 0, PPM, "100%", NULL,
     "share of touches that write; a trace brings its own", "our choice: as memhog's faulter"},
    {"tasks.*.loop.*.touch.kernel", CFG_SHARE, STEP(kernel_ppm), 0, PPM, "0%", NULL,
     "share of touches in kernel mode", "our choice"},
    {"tasks.*.loop.*.touch.irq_off", CFG_SHARE, STEP(irq_off_ppm), 0, PPM, "0%", NULL,
     "share of touches in kernel mode with interrupts off, beside `kernel`", "our choice"},
    {"tasks.*.loop.*.touch.stride", CFG_COUNT32, STEP(stride), 1, INT32_MAX, "1", NULL,
     "pages between neighbours: sequential, cyclic", "our choice"},
    {"tasks.*.loop.*.touch.first", CFG_BYTES, STEP(first), 0, MOST_BYTES, "0", NULL,
     "the part of the region that is touched begins here", "our choice"},
    {"tasks.*.loop.*.touch.span", CFG_BYTES, STEP(span), 0, MOST_BYTES, "0", NULL,
     "and is this long; 0: to the end of the region", "our choice"},
    {"tasks.*.loop.*.touch.zipf", CFG_MILLI, STEP(zipf_milli), 1, 10000, "1.0", NULL,
     "exponent of the zipf pattern: page k has weight 1 / k^zipf", "our choice"},
    {"tasks.*.loop.*.touch.trace", CFG_FILE, STEP(trace), 0, 0, NULL, NULL,
     "page trace for the trace pattern, relative to the workload's folder", ""},
};
const size_t cfg_rows_count = G_N_ELEMENTS(cfg_rows);

const struct cfg_row *cfg_row_find(const char *pattern)
{
    g_autofree char *alias = cfg_guest_alias(pattern);

    for (size_t i = 0; i < cfg_rows_count; i++)
        if (strcmp(cfg_rows[i].key, pattern) == 0)
            return &cfg_rows[i];
    return alias ? cfg_row_find(alias) : NULL;
}

bool cfg_is_section(const char *pattern)
{
    g_autofree char *alias = cfg_guest_alias(pattern);
    size_t length = strlen(pattern);

    for (size_t i = 0; i < cfg_rows_count; i++)
        if (strncmp(cfg_rows[i].key, pattern, length) == 0 && cfg_rows[i].key[length] == '.')
            return true;
    return alias && cfg_is_section(alias);
}

const struct cfg_row *cfg_row_short(const char *section)
{
    size_t length = strlen(section);

    for (size_t i = 0; i < cfg_rows_count; i++)
        if (cfg_rows[i].type == CFG_DEVICE && strncmp(cfg_rows[i].key, section, length) == 0 &&
            cfg_rows[i].key[length] == '.')
            return &cfg_rows[i];
    return NULL;
}

static void add_children(GStrvBuilder *words, const char *pattern)
{
    size_t skip = *pattern ? strlen(pattern) + 1 : 0;
    g_autofree char *last = NULL;

    for (size_t i = 0; i < cfg_rows_count; i++) {
        const char *key = cfg_rows[i].key;
        g_autofree char *word = NULL;

        if (skip && (strncmp(key, pattern, skip - 1) != 0 || key[skip - 1] != '.'))
            continue;
        word = g_strndup(key + skip, strcspn(key + skip, "."));
        if (last && strcmp(last, word) == 0)
            continue;
        g_strv_builder_add(words, word);
        g_free(last);
        last = g_steal_pointer(&word);
    }
}

char **cfg_children(const char *pattern)
{
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_autofree char *alias = cfg_guest_alias(pattern);

    add_children(words, pattern);
    if (alias)
        add_children(words, alias);
    return g_strv_builder_end(words);
}

const char *cfg_row_missing(const struct cfg_row *row)
{
    if (row->def)
        return row->def;
    if (strncmp(row->key, "disk.", 5) == 0)
        return "(from disk.device)";
    if (row->type == CFG_NAME)
        return "(the file's name)";
    if ((row->scope == CFG_OF_STEP && row->type != CFG_REGION) || row->type == CFG_PATH)
        return "(none)";
    return "(required)";
}

const char *cfg_row_unit(const struct cfg_row *row)
{
    switch (row->type) {
    case CFG_TIME:
    case CFG_DIST:
        return "ns, us, ms, s";
    case CFG_BYTES:
    case CFG_LIMIT:
        return "B, KiB, MiB, GiB, TiB";
    case CFG_SHARE:
        return "% or 0 to 1";
    case CFG_COUNT32:
    case CFG_COUNT64:
    case CFG_SIGNED32:
    case CFG_BOOL:
    case CFG_TRUE:
    case CFG_CHOICE:
    case CFG_MODES:
    case CFG_SWITCHES:
    case CFG_MILLI:
    case CFG_NAME:
    case CFG_DEVICE:
    case CFG_REGION:
    case CFG_VCPU:
    case CFG_CPUS:
    case CFG_GUEST:
    case CFG_FILE:
    case CFG_PATH:
    case CFG_LOCK:
    case CFG_OBJECTIVE:
        break;
    case CFG_RATE:
        return "/s";
    }
    return "";
}
