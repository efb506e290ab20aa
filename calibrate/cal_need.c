/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_need.c - probing for /dev/kvm, userfaultfd and tracefs, and who the host is
 */
#include "cal_need.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cal_trace.h"

static bool kvm_is_enough(int kvm, struct cal_error *error)
{
    static const struct {
        int cap;
        const char *name;
    } caps[] = {
        {KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP"},
        {KVM_CAP_ASYNC_PF, "KVM_CAP_ASYNC_PF"},
        {KVM_CAP_ASYNC_PF_INT, "KVM_CAP_ASYNC_PF_INT"},
        {KVM_CAP_SIGNAL_MSI, "KVM_CAP_SIGNAL_MSI"},
    };

    if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
        return cal_fail(error, CAL_MISSING, "/dev/kvm speaks another version than %d: it is no KVM",
                        KVM_API_VERSION);
    for (unsigned i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        if (ioctl(kvm, KVM_CHECK_EXTENSION, caps[i].cap) <= 0)
            return cal_fail(error, CAL_MISSING,
                            "this KVM lacks %s: a host kernel from 5.8 on with in-kernel irqchip "
                            "is needed",
                            caps[i].name);
    return true;
}

int cal_open_kvm(struct cal_error *error)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    if (kvm < 0 && (errno == EACCES || errno == EPERM))
        cal_fail(error, CAL_MISSING,
                 "may not open /dev/kvm: run as root, or join its group (usermod -aG kvm USER)");
    else if (kvm < 0)
        cal_fail(error, CAL_MISSING,
                 "no /dev/kvm (%s): modprobe kvm_intel or kvm_amd; in a virtual machine, have its "
                 "host allow nested virtualization",
                 strerror(errno));
    if (kvm >= 0 && !kvm_is_enough(kvm, error)) {
        close(kvm);
        return -1;
    }
    return kvm;
}

static int new_userfaultfd(void)
{
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), device, failed;

    if (fd >= 0 || errno != EPERM)
        return fd;
    /* Since 6.1 a device node gives the same right by its own permissions. */
    device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    if (device < 0) {
        errno = EPERM;
        return -1;
    }
    fd = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK);
    failed = errno;
    close(device);
    errno = failed;
    return fd;
}

int cal_open_userfaultfd(struct cal_error *error)
{
    struct uffdio_api api = {.api = UFFD_API};
    int fd = new_userfaultfd();

    if (fd < 0 && errno == ENOSYS) {
        cal_fail(error, CAL_MISSING,
                 "no userfaultfd in this kernel (CONFIG_USERFAULTFD): use --backing=file:DIR");
    } else if (fd < 0) {
        cal_fail(
            error, CAL_MISSING,
            "may not use userfaultfd for faults of KVM (%s): run as root, give CAP_SYS_PTRACE, "
            "allow /dev/userfaultfd, or sysctl vm.unprivileged_userfaultfd=1",
            strerror(errno));
    } else if (ioctl(fd, UFFDIO_API, &api)) {
        cal_fail(error, CAL_MISSING, "userfaultfd of another version: UFFDIO_API: %s",
                 strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

bool cal_has_tracefs(char *why)
{
    const char *root = cal_trace_root();

    if (!root) {
        snprintf(why, CAL_TEXT_MAX,
                 "no tracefs: mount -t tracefs tracefs /sys/kernel/tracing (needs root)");
        return false;
    }
    if (access(root, R_OK | W_OK | X_OK)) {
        snprintf(why, CAL_TEXT_MAX, "may not use %s: run as root", root);
        return false;
    }
    return true;
}

/* ---- who the host is ---- */

static bool has_module(const char *name)
{
    char path[80];

    snprintf(path, sizeof(path), "/sys/module/%s/parameters", name);
    if (!access(path, F_OK))
        return true;
    snprintf(path, sizeof(path), "/sys/module/%s", name);
    return !access(path, F_OK);
}

static void cpu_name(char *name, size_t bytes)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");

    snprintf(name, bytes, "unknown");
    while (file && fgets(line, sizeof(line), file)) {
        char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) || !colon)
            continue;
        colon += 1 + strspn(colon + 1, " ");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(name, bytes, "%s", colon);
        break;
    }
    if (file)
        fclose(file);
}

void cal_host_describe(struct cal_host *host)
{
    static const char *const backends[] = {"kvm_pvm", "kvm_intel", "kvm_amd"};
    struct utsname un;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    snprintf(host->backend, sizeof(host->backend), "kvm");
    for (unsigned i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
        if (has_module(backends[i])) {
            snprintf(host->backend, sizeof(host->backend), "%s", backends[i]);
            break;
        }
    cpu_name(host->cpu, sizeof(host->cpu));
    snprintf(host->kernel, sizeof(host->kernel), "unknown");
    if (!uname(&un))
        snprintf(host->kernel, sizeof(host->kernel), "%.63s", un.release);
    host->cpus = cpus > 0 ? (unsigned)cpus : 1;
    host->cpl0_emulated = !strcmp(host->backend, "kvm_pvm");
}

uint64_t cal_tsc_khz(void)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm = -1, vcpu = -1, khz = 0;

    if (kvm >= 0)
        vm = ioctl(kvm, KVM_CREATE_VM, 0);
    if (vm >= 0)
        vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
    if (vcpu >= 0) {
        khz = ioctl(vcpu, KVM_GET_TSC_KHZ, 0);
        close(vcpu);
    }
    if (vm >= 0)
        close(vm);
    if (kvm >= 0)
        close(kvm);
    return khz > 0 ? (uint64_t)khz : 0;
}
