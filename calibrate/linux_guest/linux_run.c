/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_run.c - a Linux guest from its first instruction to its last word
 *
 * Its console is the clock of what happens: a word of init takes memory away, between that OUT
 * instruction and the next one.
 */
#include "cal_linux.h"

#include <errno.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "cal_need.h"
#include "linux_priv.h"
#include "linux_words.h"

/* ---- taking memory away ---- */

/* From the first time on a page that is missing is asked for at the monitor. */
static bool start_monitor(struct linux_vm *vm)
{
    struct uffdio_register reg = {.mode = UFFDIO_REGISTER_MODE_MISSING,
                                  .range = {(uintptr_t)vm->ram, vm->bytes}};

    if (ioctl(vm->uffd, UFFDIO_REGISTER, &reg))
        return cal_fail(&vm->error, CAL_MISSING, "UFFDIO_REGISTER: %s", strerror(errno));
    vm->monitor = (struct cal_monitor){.fd = vm->uffd,
                                       .base = vm->ram,
                                       .pages = vm->bytes / CAL_PAGE,
                                       .source = vm->shadow,
                                       .delay_ns = vm->order->delay_us * 1000ull,
                                       .parallelism = 256};
    return cal_monitor_start(&vm->monitor, &vm->error);
}

/*
 * Pages that are in memory go into the shadow. Nobody runs guest code meanwhile; the monitor and
 * APF's workers only bring pages, whose contents the shadow has. mine: only touchers' pages.
 */
static uint64_t take_pages(struct linux_vm *vm, bool mine)
{
    uint64_t pages = vm->bytes / CAL_PAGE, taken = 0;
    unsigned char *there = malloc(pages);

    if (!there || mincore(vm->ram, vm->bytes, there)) {
        free(there);
        return 0;
    }
    for (uint64_t i = 0; i < pages; i++) {
        uint8_t *page = vm->ram + i * CAL_PAGE;

        if (!(there[i] & 1) || (mine && *(const uint64_t *)page != LINUX_MAGIC))
            continue;
        memcpy(vm->shadow + i * CAL_PAGE, page, CAL_PAGE);
        madvise(page, CAL_PAGE, MADV_DONTNEED);
        taken++;
    }
    free(there);
    return taken;
}

static void take(struct linux_vcpu *v, bool mine)
{
    struct linux_vm *vm = v->vm;

    linux_vm_pause(vm, v);
    if (!vm->result->takes && !start_monitor(vm)) {
        linux_vm_resume(vm);
        linux_vm_end(vm, vm->error.text);
        return;
    }
    vm->result->takes++;
    /* With offlines: 10 to 120 ms, in no step with anything. */
    if (vm->order->offlines)
        vm->monitor.delay_ns = (10 + vm->result->takes * 37 % 111) * 1000000ull;
    vm->result->taken += take_pages(vm, mine);
    linux_vm_resume(vm);
}

/* ---- what init says ---- */

void linux_line(struct linux_vcpu *v, const char *line)
{
    struct cal_linux_result *r = v->vm->result;
    const struct {
        const char *word;
        uint64_t *value;
    } words[] = {{LINUX_HYP_BEFORE, &r->hyp_before},
                 {LINUX_HYP_AFTER, &r->hyp_after},
                 {LINUX_TOUCHED, &r->touched},
                 {LINUX_WRONG, &r->wrong},
                 {LINUX_SPINS, &r->spins},
                 {LINUX_OFFLINES, &r->offlines},
                 {LINUX_STUCK, &r->stuck}};
    const char *at = strstr(line, LINUX_MARK);
    size_t length;

    if (v->vm->order->console)
        v->vm->order->console(line);
    if (!at)
        return;
    at += strlen(LINUX_MARK);
    length = strcspn(at, " ");
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (length == strlen(words[i].word) && !strncmp(at, words[i].word, length))
            *words[i].value = strtoull(at + length, NULL, 10);
    if (!strncmp(at, LINUX_TAKE_ALL, length))
        take(v, false);
    else if (!strncmp(at, LINUX_TAKE_MINE, length))
        take(v, true);
    else if (!strncmp(at, LINUX_END, length))
        linux_vm_end(v->vm, NULL);
}

/* ---- all of it ---- */

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool wait_for_end(struct linux_vm *vm)
{
    struct timespec end;
    int status = 0;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += vm->order->limit_s;
    pthread_mutex_lock(&vm->lock);
    while (!vm->ended && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&vm->changed, &vm->lock, &end);
    if (!vm->ended)
        cal_fail(&vm->error, CAL_BROKEN, "the Linux guest has not come to its end in %u s",
                 vm->order->limit_s);
    pthread_mutex_unlock(&vm->lock);
    return vm->error.fault == CAL_OK;
}

static bool has_backend(struct cal_error *error)
{
    struct cal_host host;

    cal_host_describe(&host);
    return !host.cpl0_emulated ||
           cal_fail(error, CAL_MISSING,
                    "this machine's KVM (%s) interprets a guest's kernel and does not get Linux to "
                    "user space: a host with kvm_intel or kvm_amd is needed; tests/lab runs one "
                    "under emulation",
                    host.backend);
}

static bool run(struct linux_vm *vm, struct cal_trace *trace, struct cal_error *error)
{
    double began;
    bool good;

    vm->uffd = cal_open_userfaultfd(error);
    if (vm->uffd < 0 || !linux_vm_make(vm, error))
        return false;
    vm->result->memory = (uintptr_t)vm->ram;
    vm->result->memory_bytes = vm->bytes;
    cal_trace_begin(trace);
    began = now_s();
    good = linux_vm_start(vm, error);
    if (good && !wait_for_end(vm)) {
        *error = vm->error;
        good = false;
    }
    vm->result->seconds = now_s() - began;
    return good;
}

bool cal_linux_run(struct cal_linux_result *r, const struct cal_linux_order *o,
                   struct cal_trace *trace, struct cal_error *error)
{
    struct linux_vm vm = {.order = o, .result = r, .kvm = -1, .fd = -1, .uffd = -1};
    bool good;

    memset(r, 0, sizeof(*r));
    if (!linux_is_kernel(o->kernel, error) || !has_backend(error))
        return false;
    vm.vcpus = o->vcpus;
    vm.bytes = (uint64_t)o->memory_mib << 20;
    for (unsigned i = 0; i < CAL_LINUX_CPUS_MAX; i++)
        vm.vcpu[i].fd = -1;
    pthread_mutex_init(&vm.lock, NULL);
    pthread_cond_init(&vm.changed, NULL);
    good = run(&vm, trace, error);
    linux_vm_free(&vm);
    return good;
}
