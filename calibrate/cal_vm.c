/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_vm.c - making, running and ending the virtual machine
 */
#include "cal_vm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cal_need.h"
#include "cal_thread.h"

static const uint8_t image[] = {
#include "guest_image.h"
};

/* Where old Intel hosts keep a TSS of their own: below 4 GiB, away from all memory. */
#define HOST_TSS  0xfffbd000ul
#define CPUID_MAX 256

static bool fail(struct cal_error *error, const char *what)
{
    return cal_fail(error, CAL_MISSING, "%s: %s", what, strerror(errno));
}

struct guest_orders *cal_vm_orders(struct cal_vm *vm)
{
    return (struct guest_orders *)(vm->low + GUEST_ORDERS_GPA);
}

/* ---- making ---- */

static bool add_memory(struct cal_vm *vm, uint32_t slot, uint64_t gpa, uint64_t bytes, void *at,
                       struct cal_error *error)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .guest_phys_addr = gpa,
        .memory_size = bytes,
        .userspace_addr = (uintptr_t)at,
    };

    return !ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) ||
           fail(error, "KVM_SET_USER_MEMORY_REGION");
}

/* Identity, 2 MiB pages, open to user mode: the guest has no secrets from itself. */
static void fill_page_tables(uint8_t *low)
{
    uint64_t *pml4 = (uint64_t *)(low + GUEST_PAGES_GPA), *pdpt = pml4 + 512, *pd = pdpt + 512;

    pml4[0] = (GUEST_PAGES_GPA + CAL_PAGE) | 0x27;
    for (uint64_t i = 0; i < 4; i++)
        pdpt[i] = (GUEST_PAGES_GPA + (2 + i) * CAL_PAGE) | 0x27;
    for (uint64_t i = 0; i < 2048; i++)
        pd[i] = i << 21 | 0xe7;
}

static void load_image(uint8_t *low)
{
    memset(low + GUEST_IMAGE_GPA, 0, GUEST_STACK_GPA - GUEST_IMAGE_GPA);
    memcpy(low + GUEST_IMAGE_GPA, image, sizeof(image));
}

static bool make_memory(struct cal_vm *vm, struct cal_error *error)
{
    void *low = mmap(NULL, GUEST_LOW_BYTES, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (low == MAP_FAILED)
        return fail(error, "memory of the guest");
    vm->low = low;
    fill_page_tables(vm->low);
    load_image(vm->low);
    return add_memory(vm, 0, 0, GUEST_LOW_BYTES, vm->low, error) &&
           add_memory(vm, 1, GUEST_DATA_GPA, vm->memory->pages * CAL_PAGE, vm->memory->base, error);
}

static bool set_cpuid(struct cal_vm *vm, int vcpu, struct cal_error *error)
{
    struct kvm_cpuid2 *all = calloc(1, sizeof(*all) + CPUID_MAX * sizeof(struct kvm_cpuid_entry2));
    bool good = all;

    if (!all)
        return fail(error, "CPUID");
    all->nent = CPUID_MAX;
    if (ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, all))
        good = fail(error, "KVM_GET_SUPPORTED_CPUID");
    else if (ioctl(vcpu, KVM_SET_CPUID2, all))
        good = fail(error, "KVM_SET_CPUID2");
    free(all);
    return good;
}

static struct kvm_segment segment(uint16_t selector, uint8_t type, bool is_code)
{
    return (struct kvm_segment){
        .limit = 0xffffffff,
        .selector = selector,
        .type = type,
        .present = 1,
        .db = !is_code,
        .s = 1,
        .l = is_code,
        .g = 1,
    };
}

static bool set_registers(int vcpu, unsigned id, struct cal_error *error)
{
    struct kvm_regs regs = {
        .rip = GUEST_IMAGE_GPA,
        .rflags = 2,
        .rdi = id,
        .rsp = GUEST_BOOT_GPA + (id + 1) * CAL_PAGE - 16,
    };
    struct kvm_mp_state runnable = {.mp_state = KVM_MP_STATE_RUNNABLE};
    struct kvm_sregs s;

    if (ioctl(vcpu, KVM_GET_SREGS, &s))
        return fail(error, "KVM_GET_SREGS");
    s.cs = segment(0x10, 11, true);
    s.ds = s.es = s.fs = s.gs = s.ss = segment(0x18, 3, false);
    s.cr0 = 0x80050033; /* PG AM WP NE ET MP PE */
    s.cr3 = GUEST_PAGES_GPA;
    s.cr4 = 0x620;  /* PAE OSFXSR OSXMMEXCPT */
    s.efer = 0xd01; /* NXE LMA LME SCE */
    if (ioctl(vcpu, KVM_SET_SREGS, &s))
        return fail(error, "KVM_SET_SREGS");
    if (ioctl(vcpu, KVM_SET_REGS, &regs))
        return fail(error, "KVM_SET_REGS");
    return !ioctl(vcpu, KVM_SET_MP_STATE, &runnable) || fail(error, "KVM_SET_MP_STATE");
}

/* One clock for guest and host. */
static bool set_tsc(int vcpu)
{
    uint64_t offset = 0;
    struct kvm_device_attr attr = {
        .group = KVM_VCPU_TSC_CTRL,
        .attr = KVM_VCPU_TSC_OFFSET,
        .addr = (uintptr_t)&offset,
    };

    return !ioctl(vcpu, KVM_SET_DEVICE_ATTR, &attr);
}

static bool make_vcpu(struct cal_vm *vm, unsigned id, struct cal_error *error)
{
    struct cal_vcpu *v = &vm->vcpu[id];
    void *run;
    int khz;

    v->vm = vm;
    v->id = id;
    v->fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
    if (v->fd < 0)
        return fail(error, "KVM_CREATE_VCPU");
    run = mmap(NULL, vm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
    if (run == MAP_FAILED)
        return fail(error, "mapping of kvm_run");
    v->run = run;
    khz = ioctl(v->fd, KVM_GET_TSC_KHZ, 0);
    vm->tsc_khz = khz > 0 ? (uint64_t)khz : 0;
    vm->same_tsc = set_tsc(v->fd);
    if (!vm->same_tsc)
        return cal_fail(error, CAL_MISSING,
                        "cannot set the guest's TSC (KVM_VCPU_TSC_OFFSET): a host from 5.16 on is "
                        "needed, so that guest and host have one clock");
    return set_cpuid(vm, v->fd, error) && set_registers(v->fd, id, error) &&
           (cal_fresh_read(&v->fresh, v->fd) || fail(error, "state of a new vCPU"));
}

static bool make_all(struct cal_vm *vm, const struct cal_vm_order *order, struct cal_error *error)
{
    struct kvm_enable_cap hlt = {
        .cap = KVM_CAP_X86_DISABLE_EXITS,
        .args = {KVM_X86_DISABLE_EXITS_HLT},
    };
    int bytes;

    vm->kvm = cal_open_kvm(error);
    if (vm->kvm < 0)
        return false;
    vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
    if (vm->fd < 0)
        return fail(error, "KVM_CREATE_VM");
    ioctl(vm->fd, KVM_SET_TSS_ADDR, HOST_TSS);
    if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0))
        return fail(error, "KVM_CREATE_IRQCHIP");
    if (order->hlt_in_guest && ioctl(vm->fd, KVM_ENABLE_CAP, &hlt))
        return fail(error, "KVM_CAP_X86_DISABLE_EXITS");
    bytes = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (bytes < (int)sizeof(struct kvm_run))
        return fail(error, "KVM_GET_VCPU_MMAP_SIZE");
    vm->run_bytes = (size_t)bytes;
    if (!make_memory(vm, error))
        return false;
    for (unsigned i = 0; i < vm->vcpus; i++)
        if (!make_vcpu(vm, i, error))
            return false;
    return true;
}

bool cal_vm_make(struct cal_vm *vm, const struct cal_vm_order *order, struct cal_memory *memory,
                 struct cal_error *error)
{
    memset(vm, 0, sizeof(*vm));
    vm->kvm = vm->fd = -1;
    for (unsigned i = 0; i < GUEST_CPUS_MAX; i++)
        vm->vcpu[i].fd = -1;
    vm->vcpus = order->vcpus;
    vm->pin = order->pin;
    vm->nice = order->nice;
    vm->memory = memory;
    pthread_mutex_init(&vm->lock, NULL);
    pthread_cond_init(&vm->changed, NULL);
    if (make_all(vm, order, error))
        return true;
    cal_vm_free(vm);
    return false;
}

/* ---- running ---- */

unsigned cal_vm_cpu(unsigned vcpu)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    return (vcpu + 1) % (cpus > 0 ? (unsigned)cpus : 1);
}

/* False: the vCPU is through, or cannot go on. */
static bool handle_exit(struct cal_vcpu *v)
{
    v->exits++;
    switch (v->run->exit_reason) {
    case KVM_EXIT_IO:
        return v->run->io.port != GUEST_PORT_END;
    case KVM_EXIT_MMIO:
        memset(v->run->mmio.data, 0, sizeof(v->run->mmio.data));
        return true;
    case KVM_EXIT_INTR:
    case KVM_EXIT_IRQ_WINDOW_OPEN:
        return true;
    default:
        v->failed = true;
        return false;
    }
}

static bool reset(struct cal_vcpu *v)
{
    load_image(v->vm->low);
    memset(v->vm->low + GUEST_AREA_GPA, 0, sizeof(struct guest_area));
    v->failed = !cal_fresh_write(&v->fresh, v->fd);
    atomic_store(&v->reset, false);
    return !v->failed;
}

static void *vcpu_main(void *arg)
{
    struct cal_vcpu *v = arg;
    struct cal_vm *vm = v->vm;

    v->tid = (int)syscall(SYS_gettid);
    if (vm->nice) /* refused without the right to: then it is as it was */
        setpriority(PRIO_PROCESS, (id_t)v->tid, vm->nice);
    if (vm->pin)
        cal_thread_pin(cal_vm_cpu(v->id));
    while (!atomic_load(&vm->quit)) {
        if (ioctl(v->fd, KVM_RUN, 0)) {
            v->run->immediate_exit = 0; /* who wants it out for good asks again */
            if ((errno == EINTR || errno == EAGAIN) && (!atomic_load(&v->reset) || reset(v)))
                continue;
            v->failed = true;
            break;
        }
        if (!handle_exit(v))
            break;
    }
    pthread_mutex_lock(&vm->lock);
    atomic_store(&v->through, true);
    pthread_cond_broadcast(&vm->changed);
    pthread_mutex_unlock(&vm->lock);
    return NULL;
}

bool cal_vm_start(struct cal_vm *vm, struct cal_error *error)
{
    cal_thread_prepare();
    for (unsigned i = 0; i < vm->vcpus; i++) {
        if (pthread_create(&vm->vcpu[i].thread, NULL, vcpu_main, &vm->vcpu[i]))
            return fail(error, "no thread for a vCPU");
        vm->vcpu[i].threaded = true;
    }
    __atomic_store_n(&cal_vm_orders(vm)->start, 1, __ATOMIC_RELEASE);
    return true;
}

void cal_vm_reset(struct cal_vm *vm)
{
    struct cal_vcpu *v = &vm->vcpu[0];

    atomic_store(&v->reset, true);
    while (atomic_load(&v->reset) && !atomic_load(&v->through))
        cal_thread_leave(v->thread, v->run);
}

static bool all_through(const struct cal_vm *vm)
{
    for (unsigned i = 0; i < vm->vcpus; i++)
        if (!atomic_load(&vm->vcpu[i].through))
            return false;
    return true;
}

bool cal_vm_wait(struct cal_vm *vm, unsigned ms, struct cal_error *error)
{
    struct timespec end;
    int status = 0;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += (long)(ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&vm->lock);
    while (!all_through(vm) && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&vm->changed, &vm->lock, &end);
    pthread_mutex_unlock(&vm->lock);
    for (unsigned i = 0; i < vm->vcpus; i++)
        if (vm->vcpu[i].failed)
            return cal_fail(error, CAL_BROKEN, "vCPU %u stopped: exit reason %u (%s)", i,
                            vm->vcpu[i].run->exit_reason, strerror(errno));
    return all_through(vm);
}

void cal_vm_stop(struct cal_vm *vm)
{
    atomic_store(&vm->quit, true);
    for (unsigned i = 0; i < vm->vcpus; i++) {
        struct cal_vcpu *v = &vm->vcpu[i];

        if (!v->threaded)
            continue;
        while (!atomic_load(&v->through))
            cal_thread_leave(v->thread, v->run);
        pthread_join(v->thread, NULL);
        v->threaded = false;
    }
}

void cal_vm_free(struct cal_vm *vm)
{
    cal_vm_stop(vm);
    for (unsigned i = 0; i < GUEST_CPUS_MAX; i++) {
        if (vm->vcpu[i].run)
            munmap(vm->vcpu[i].run, vm->run_bytes);
        if (vm->vcpu[i].fd >= 0)
            close(vm->vcpu[i].fd);
    }
    if (vm->fd >= 0)
        close(vm->fd);
    if (vm->kvm >= 0)
        close(vm->kvm);
    if (vm->low)
        munmap(vm->low, GUEST_LOW_BYTES);
    pthread_cond_destroy(&vm->changed);
    pthread_mutex_destroy(&vm->lock);
    memset(vm, 0, sizeof(*vm));
    vm->kvm = vm->fd = -1;
    for (unsigned i = 0; i < GUEST_CPUS_MAX; i++)
        vm->vcpu[i].fd = -1;
}

bool cal_vm_interrupt(struct cal_vm *vm, unsigned vcpu, unsigned vector)
{
    struct kvm_msi msi = {.address_lo = 0xfee00000u | vcpu << 12, .data = vector};

    return ioctl(vm->fd, KVM_SIGNAL_MSI, &msi) > 0;
}
