/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_load.c - what stands in the guest's memory when its first instruction runs
 *
 * Linux's Documentation/arch/x86/boot.rst, 64-bit boot protocol, and zero-page.rst. Low memory:
 * GDT, zero page, page tables, command line, ACPI tables; the kernel where it prefers to be; the
 * initrd at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux_priv.h"

static const uint8_t init_file[] = {
#include "linux_init.h"
};

#define GDT       0x500u
#define TABLES    0x9000u /* PML4, PDPT, 4 page directories: identity, 4 GiB */
#define COMMAND   0x20000u
#define ACPI      0x9fc00u /* to 0xa0000, reserved */
#define HIGH      0x100000u
#define PAGE      4096u
#define SECTOR    512u
#define ROUND(n)  (((n) + 3) & ~(uint64_t)3)
#define ENTRY_64  0x200u /* behind the kernel's begin */
#define XLF_64    1u
#define VERSION   0x20cu /* of the protocol, from which on xloadflags is */
#define LOADED_HI 1u
#define NO_LOADER 0xffu

/* Offsets in the setup header, which is at the same place in file and zero page. */
enum {
    SETUP_SECTS = 0x1f1,
    HEADER_END = 0x201, /* how far it goes beyond 0x202 */
    MAGIC = 0x202,
    PROTOCOL = 0x206,
    RELEASE = 0x20e,
    LOADER = 0x210,
    FLAGS = 0x211,
    RAMDISK = 0x218,
    RAMDISK_SIZE = 0x21c,
    COMMAND_LINE = 0x228,
    XLOADFLAGS = 0x236,
    PREFERRED = 0x258,
    INIT_SIZE = 0x260,
    /* of the zero page alone */
    RSDP = 0x70,
    E820_COUNT = 0x1e8,
    E820 = 0x2d0,
};

static uint64_t get(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    memcpy(&value, at, bytes);
    return value;
}

static void set(uint8_t *at, uint64_t value, unsigned bytes)
{
    memcpy(at, &value, bytes);
}

/* ---- the kernel ---- */

static bool is_kernel(const uint8_t *image, uint64_t bytes)
{
    return bytes > 0x1000 && !memcmp(image + MAGIC, "HdrS", 4) &&
           get(image + PROTOCOL, 2) >= VERSION && (get(image + XLOADFLAGS, 2) & XLF_64);
}

static bool place_kernel(struct linux_vm *vm, const uint8_t *image, uint64_t bytes,
                         struct cal_error *error)
{
    uint64_t sectors = get(image + SETUP_SECTS, 1), from, at, needs;
    const char *name;

    from = ((sectors ? sectors : 4) + 1) * SECTOR;
    at = get(image + PREFERRED, 8);
    needs = get(image + INIT_SIZE, 4);
    if (from >= bytes || at < HIGH || at + needs + (8u << 20) > vm->bytes ||
        at + bytes - from > vm->bytes)
        return cal_fail(error, CAL_USAGE, "--guest=linux:%s: needs more than %u MiB of memory",
                        vm->order->kernel, vm->order->memory_mib);
    memcpy(vm->ram + at, image + from, bytes - from);
    memcpy(vm->ram + LINUX_ZERO_PAGE + SETUP_SECTS, image + SETUP_SECTS,
           MAGIC + image[HEADER_END] - SETUP_SECTS);
    vm->entry = at + ENTRY_64;
    from = get(image + RELEASE, 2) + SECTOR;
    name = from + sizeof(vm->result->release) < bytes ? (const char *)image + from : "";
    snprintf(vm->result->release, sizeof(vm->result->release), "%.*s", (int)strcspn(name, " "),
             name);
    return true;
}

static bool no_kernel(const char *path, struct cal_error *error)
{
    return cal_fail(error, CAL_USAGE,
                    "--guest=linux:%s: is no bzImage of a 64-bit Linux; name one, such as "
                    "/boot/vmlinuz-*",
                    path);
}

/* The file in memory, munmap() it; or NULL and *error. */
static uint8_t *map_kernel(const char *path, size_t *ret_bytes, struct cal_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *image = MAP_FAILED;
    struct stat s;

    if (fd < 0) {
        cal_fail(error, CAL_USAGE, "--guest=linux:%s: %s; name a bzImage, such as /boot/vmlinuz-*",
                 path, strerror(errno));
        return NULL;
    }
    if (!fstat(fd, &s) && S_ISREG(s.st_mode) && s.st_size > PAGE)
        image = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (image == MAP_FAILED || !is_kernel(image, (uint64_t)s.st_size)) {
        if (image != MAP_FAILED)
            munmap(image, (size_t)s.st_size);
        no_kernel(path, error);
        return NULL;
    }
    *ret_bytes = (size_t)s.st_size;
    return image;
}

bool linux_is_kernel(const char *path, struct cal_error *error)
{
    size_t bytes;
    uint8_t *image = map_kernel(path, &bytes, error);

    if (image)
        munmap(image, bytes);
    return image;
}

static bool load_kernel(struct linux_vm *vm, struct cal_error *error)
{
    size_t bytes;
    uint8_t *image = map_kernel(vm->order->kernel, &bytes, error);
    bool good = image && place_kernel(vm, image, bytes, error);

    if (image)
        munmap(image, bytes);
    return good;
}

/* ---- the initrd: a cpio archive (newc) of one file ---- */

static uint8_t *add_file(uint8_t *at, const char *name, unsigned mode, const void *data,
                         size_t bytes)
{
    enum { HEADER = 110 };
    char header[160]; /* as long as gcc can think it */
    unsigned length = (unsigned)strlen(name) + 1, size = (unsigned)bytes;

    /* magic, inode, mode, uid, gid, links, time, size, 4 device numbers, name's length, checksum */
    snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
             1u, mode, 0u, 0u, 1u, 0u, size, 0u, 0u, 0u, 0u, length, 0u);
    memcpy(at, header, HEADER);
    memcpy(at + HEADER, name, length);
    at += ROUND(HEADER + length);
    if (bytes)
        memcpy(at, data, bytes);
    return at + ROUND(bytes);
}

static void load_initrd(struct linux_vm *vm)
{
    uint64_t at = vm->bytes - (1u << 20), size;
    uint8_t *end = add_file(vm->ram + at, "init", S_IFREG | 0755, init_file, sizeof(init_file));

    end = add_file(end, "TRAILER!!!", 0, NULL, 0);
    size = (uint64_t)(end - (vm->ram + at));
    set(vm->ram + LINUX_ZERO_PAGE + RAMDISK, at, 4);
    set(vm->ram + LINUX_ZERO_PAGE + RAMDISK_SIZE, size, 4);
}

/* ---- the rest ---- */

static void fill_page_tables(uint8_t *ram)
{
    uint64_t *pml4 = (uint64_t *)(ram + TABLES), *pdpt = pml4 + 512, *pd = pdpt + 512;
    uint64_t *gdt = (uint64_t *)(ram + GDT);

    pml4[0] = (TABLES + PAGE) | 3;
    for (uint64_t i = 0; i < 4; i++)
        pdpt[i] = (TABLES + (2 + i) * PAGE) | 3;
    for (uint64_t i = 0; i < 2048; i++)
        pd[i] = i << 21 | 0x83;
    gdt[2] = 0x00af9b000000ffffull; /* __BOOT_CS, __BOOT_DS */
    gdt[3] = 0x00cf93000000ffffull;
}

static void fill_memory_map(struct linux_vm *vm)
{
    uint8_t *zero = vm->ram + LINUX_ZERO_PAGE;
    const struct {
        uint64_t at, bytes;
        uint32_t type; /* 1: RAM, 2: reserved */
    } map[] = {{0, ACPI, 1}, {ACPI, 0xa0000 - ACPI, 2}, {HIGH, vm->bytes - HIGH, 1}};

    for (unsigned i = 0; i < 3; i++) {
        set(zero + E820 + 20 * i, map[i].at, 8);
        set(zero + E820 + 20 * i + 8, map[i].bytes, 8);
        set(zero + E820 + 20 * i + 16, map[i].type, 4);
    }
    zero[E820_COUNT] = 3;
}

/*
 * loglevel=4: only what is wrong, and init's words. The rest saves time: no search for buses and
 * controllers that are not there, no calibration of clocks that KVM tells.
 */
static void fill_command_line(struct linux_vm *vm)
{
    const struct cal_linux_order *o = vm->order;

    snprintf((char *)vm->ram + COMMAND, 2048,
             "console=ttyS0,115200 earlyprintk=serial,ttyS0,115200 loglevel=4 panic=-1 reboot=t "
             "pci=off mitigations=off nokaslr tsc=reliable lpj=4000000 i8042.noaux i8042.nokbd "
             "printk.devkmsg=on rdinit=/init -- touchers=%u pages=%u rounds=%u offlines=%u",
             o->touchers, o->pages, o->rounds, o->offlines);
}

bool linux_load(struct linux_vm *vm, struct cal_error *error)
{
    uint8_t *zero = vm->ram + LINUX_ZERO_PAGE;

    if (!load_kernel(vm, error))
        return false;
    load_initrd(vm);
    fill_page_tables(vm->ram);
    fill_memory_map(vm);
    fill_command_line(vm);
    linux_acpi(vm, ACPI);
    zero[LOADER] = NO_LOADER;
    zero[FLAGS] |= LOADED_HI;
    set(zero + COMMAND_LINE, COMMAND, 4);
    set(zero + RSDP, ACPI, 8);
    return true;
}
