/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_vm.c - the machine that Linux runs on: making it, its vCPUs' threads, stopping them
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cal_need.h"
#include "cal_thread.h"
#include "linux_priv.h"

#define HOST_TSS  0xfffbd000ul /* where old Intel hosts keep a TSS of their own */
#define CPUID_MAX 256
#define BOOT_CR3  0x9000u /* linux_load.c */
#define BOOT_GDT  0x500u
/* arch/x86/include/uapi/asm/kvm_para.h: MSR_KVM_STEAL_TIME */
#define MSR_STEAL_TIME 0x4b564d03u
#define HOLD_NS        150000000 /* longer than a page takes with offlines */

static bool fail(struct cal_error *error, const char *what)
{
    return cal_fail(error, CAL_MISSING, "%s: %s", what, strerror(errno));
}

/* ---- making ---- */

/* Whose CPU this is, where CPUID says so, and that a hypervisor is there. */
static void mark_cpuid(struct kvm_cpuid2 *all, unsigned id)
{
    for (unsigned i = 0; i < all->nent; i++) {
        struct kvm_cpuid_entry2 *e = &all->entries[i];

        if (e->function == 1) {
            e->ebx = (e->ebx & 0x00ffffff) | id << 24;
            e->ecx |= 1u << 31 | 1u << 24; /* hypervisor, TSC deadline timer */
        } else if (e->function == 0xb || e->function == 0x1f) {
            e->edx = id;
        } else if (e->function == 0x8000001e) {
            e->eax = id;
        }
    }
}

static bool set_cpuid(const struct linux_vm *vm, const struct linux_vcpu *v,
                      struct cal_error *error)
{
    struct kvm_cpuid2 *all = calloc(1, sizeof(*all) + CPUID_MAX * sizeof(struct kvm_cpuid_entry2));
    bool good = all;

    if (!all)
        return fail(error, "CPUID");
    all->nent = CPUID_MAX;
    if (ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, all)) {
        good = fail(error, "KVM_GET_SUPPORTED_CPUID");
    } else {
        mark_cpuid(all, v->id);
        if (ioctl(v->fd, KVM_SET_CPUID2, all))
            good = fail(error, "KVM_SET_CPUID2");
    }
    free(all);
    return good;
}

/* 64-bit boot protocol: long mode, flat segments __BOOT_CS and __BOOT_DS, zero page in RSI. */
static bool set_registers(const struct linux_vm *vm, int vcpu, struct cal_error *error)
{
    struct kvm_segment code = {
        .limit = 0xffffffff, .selector = 0x10, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
    struct kvm_segment data = {
        .limit = 0xffffffff, .selector = 0x18, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1};
    struct kvm_regs regs = {.rip = vm->entry, .rflags = 2, .rsi = LINUX_ZERO_PAGE};
    struct kvm_sregs s;

    if (ioctl(vcpu, KVM_GET_SREGS, &s))
        return fail(error, "KVM_GET_SREGS");
    s.cs = code;
    s.ds = s.es = s.fs = s.gs = s.ss = data;
    s.gdt.base = BOOT_GDT;
    s.gdt.limit = 31;
    s.cr0 = 0x80000031; /* PG NE ET PE */
    s.cr3 = BOOT_CR3;
    s.cr4 = 0x20;   /* PAE */
    s.efer = 0x500; /* LMA LME */
    if (ioctl(vcpu, KVM_SET_SREGS, &s))
        return fail(error, "KVM_SET_SREGS");
    return !ioctl(vcpu, KVM_SET_REGS, &regs) || fail(error, "KVM_SET_REGS");
}

static bool make_vcpu(struct linux_vm *vm, unsigned id, struct cal_error *error)
{
    struct linux_vcpu *v = &vm->vcpu[id];
    void *run;

    v->vm = vm;
    v->id = id;
    v->fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
    if (v->fd < 0)
        return fail(error, "KVM_CREATE_VCPU");
    run = mmap(NULL, vm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
    if (run == MAP_FAILED)
        return fail(error, "mapping of kvm_run");
    v->run = run;
    /* The others wait for INIT and SIPI. */
    return set_cpuid(vm, v, error) && (id || set_registers(vm, v->fd, error));
}

static bool make_memory(struct linux_vm *vm, struct cal_error *error)
{
    struct kvm_userspace_memory_region region = {.memory_size = vm->bytes};
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *ram = mmap(NULL, vm->bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    void *shadow = mmap(NULL, vm->bytes, PROT_READ | PROT_WRITE, flags, -1, 0);

    vm->ram = ram == MAP_FAILED ? NULL : ram;
    vm->shadow = shadow == MAP_FAILED ? NULL : shadow;
    if (!vm->ram || !vm->shadow)
        return fail(error, "memory of the guest");
    madvise(vm->ram, vm->bytes, MADV_NOHUGEPAGE); /* it comes back in small pages */
    region.userspace_addr = (uintptr_t)vm->ram;
    return !ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) ||
           fail(error, "KVM_SET_USER_MEMORY_REGION");
}

/* Writes of the MSR with which a CPU that goes offline begins exit to us (KVM from 5.10 on). */
static bool see_offlines(const struct linux_vm *vm, struct cal_error *error)
{
    static uint8_t denied[1]; /* a clear bit: not for KVM to do */
    struct kvm_enable_cap cap = {.cap = KVM_CAP_X86_USER_SPACE_MSR,
                                 .args = {KVM_MSR_EXIT_REASON_FILTER}};
    struct kvm_msr_filter filter = {
        .flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
        .ranges[0] = {
            .flags = KVM_MSR_FILTER_WRITE, .nmsrs = 1, .base = MSR_STEAL_TIME, .bitmap = denied}};

    if (ioctl(vm->fd, KVM_ENABLE_CAP, &cap) || ioctl(vm->fd, KVM_X86_SET_MSR_FILTER, &filter))
        return fail(error, "KVM_X86_SET_MSR_FILTER");
    return true;
}

bool linux_vm_make(struct linux_vm *vm, struct cal_error *error)
{
    struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};
    int bytes;

    vm->kvm = cal_open_kvm(error);
    if (vm->kvm < 0)
        return false;
    vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
    if (vm->fd < 0)
        return fail(error, "KVM_CREATE_VM");
    ioctl(vm->fd, KVM_SET_TSS_ADDR, HOST_TSS);
    if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) || ioctl(vm->fd, KVM_CREATE_PIT2, &pit))
        return fail(error, "KVM_CREATE_IRQCHIP and PIT2");
    bytes = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (bytes < (int)sizeof(struct kvm_run))
        return fail(error, "KVM_GET_VCPU_MMAP_SIZE");
    vm->run_bytes = (size_t)bytes;
    if (!make_memory(vm, error) || !linux_load(vm, error) ||
        (vm->order->offlines && !see_offlines(vm, error)))
        return false;
    for (unsigned i = 0; i < vm->vcpus; i++)
        if (!make_vcpu(vm, i, error))
            return false;
    return true;
}

/* ---- running ---- */

void linux_vm_end(struct linux_vm *vm, const char *wrong)
{
    pthread_mutex_lock(&vm->lock);
    if (wrong && !vm->ended)
        cal_fail(&vm->error, CAL_BROKEN, "%s", wrong);
    vm->ended = true;
    atomic_store(&vm->quit, true);
    pthread_cond_broadcast(&vm->changed);
    pthread_mutex_unlock(&vm->lock);
}

/*
 * The guest turns steal time on or off. Off, interrupts are off too, and APF is on: pages that are
 * on their way come meanwhile, as they may while a host is busy.
 */
static void do_steal_time(struct linux_vcpu *v)
{
    struct timespec hold = {0, HOLD_NS};
    union {
        struct kvm_msrs msrs;
        uint8_t bytes[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
    } u = {.msrs = {.nmsrs = 1}};

    u.msrs.entries[0] =
        (struct kvm_msr_entry){.index = v->run->msr.index, .data = v->run->msr.data};
    if (!v->run->msr.data)
        nanosleep(&hold, NULL);
    v->run->msr.error = ioctl(v->fd, KVM_SET_MSRS, &u) != 1;
}

static void handle_exit(struct linux_vcpu *v)
{
    struct kvm_run *run = v->run;
    char wrong[120];

    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        linux_io(v, run->io.port, run->io.direction == KVM_EXIT_IO_OUT,
                 (uint8_t *)run + run->io.data_offset, run->io.size * run->io.count);
        break;
    case KVM_EXIT_MMIO: /* nothing is there */
        memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
        break;
    case KVM_EXIT_X86_WRMSR:
        do_steal_time(v);
        break;
    case KVM_EXIT_INTR:
        break;
    default:
        snprintf(wrong, sizeof(wrong), "the Linux guest stopped: exit reason %u on vCPU %u%s",
                 run->exit_reason, v->id,
                 run->exit_reason == KVM_EXIT_SHUTDOWN ? " (reset or triple fault)" : "");
        linux_vm_end(v->vm, wrong);
    }
}

static void park(struct linux_vcpu *v)
{
    struct linux_vm *vm = v->vm;

    pthread_mutex_lock(&vm->lock);
    atomic_store(&v->parked, true);
    pthread_cond_broadcast(&vm->changed);
    while (atomic_load(&vm->pause) && !atomic_load(&vm->quit))
        pthread_cond_wait(&vm->changed, &vm->lock);
    atomic_store(&v->parked, false);
    pthread_mutex_unlock(&vm->lock);
}

static void *vcpu_main(void *arg)
{
    struct linux_vcpu *v = arg;
    struct linux_vm *vm = v->vm;

    vm->result->tid[v->id] = (int)syscall(SYS_gettid);
    while (!atomic_load(&vm->quit)) {
        if (atomic_load(&vm->pause))
            park(v);
        if (ioctl(v->fd, KVM_RUN, 0)) {
            if (errno == EINTR || errno == EAGAIN)
                continue;
            linux_vm_end(vm, "KVM_RUN fails");
            break;
        }
        handle_exit(v);
    }
    atomic_store(&v->gone, true);
    return NULL;
}

bool linux_vm_start(struct linux_vm *vm, struct cal_error *error)
{
    cal_thread_prepare();
    for (unsigned i = 0; i < vm->vcpus; i++) {
        if (pthread_create(&vm->vcpu[i].thread, NULL, vcpu_main, &vm->vcpu[i]))
            return fail(error, "no thread for a vCPU");
        vm->vcpu[i].threaded = true;
    }
    return true;
}

void linux_vm_pause(struct linux_vm *vm, const struct linux_vcpu *but)
{
    atomic_store(&vm->pause, true);
    for (unsigned i = 0; i < vm->vcpus; i++) {
        struct linux_vcpu *v = &vm->vcpu[i];

        while (v != but && !atomic_load(&v->parked) && !atomic_load(&v->gone))
            cal_thread_leave(v->thread, v->run);
        v->run->immediate_exit = 0;
    }
}

void linux_vm_resume(struct linux_vm *vm)
{
    pthread_mutex_lock(&vm->lock);
    atomic_store(&vm->pause, false);
    pthread_cond_broadcast(&vm->changed);
    pthread_mutex_unlock(&vm->lock);
}

void linux_vm_free(struct linux_vm *vm)
{
    linux_vm_end(vm, NULL);
    for (unsigned i = 0; i < vm->vcpus; i++) {
        struct linux_vcpu *v = &vm->vcpu[i];

        while (v->threaded && !atomic_load(&v->gone))
            cal_thread_leave(v->thread, v->run);
        if (v->threaded)
            pthread_join(v->thread, NULL);
        if (v->run)
            munmap(v->run, vm->run_bytes);
        if (v->fd >= 0)
            close(v->fd);
    }
    cal_monitor_stop(&vm->monitor);
    if (vm->uffd >= 0)
        close(vm->uffd);
    if (vm->fd >= 0)
        close(vm->fd);
    if (vm->kvm >= 0)
        close(vm->kvm);
    if (vm->ram)
        munmap(vm->ram, vm->bytes);
    if (vm->shadow)
        munmap(vm->shadow, vm->bytes);
    pthread_cond_destroy(&vm->changed);
    pthread_mutex_destroy(&vm->lock);
}
