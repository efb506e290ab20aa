/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_acpi.c - the ACPI tables that Linux must have to turn its local APICs on
 *
 * RSDP, XSDT and MADT alone (ACPI 6.4, 5.2.5 to 5.2.12): CPUs and one I/O APIC. Without a MADT a
 * kernel that has no MP table parser leaves the LAPIC off, and no ready event ever comes.
 */
#include <string.h>

#include "linux_priv.h"

#define LAPIC_AT  0xfee00000u
#define IOAPIC_AT 0xfec00000u

struct __attribute__((packed)) header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision;
    char creator[4];
    uint32_t creator_revision;
};

struct __attribute__((packed)) tables {
    struct __attribute__((packed)) {
        char signature[8];
        uint8_t checksum;
        char oem[6];
        uint8_t revision;
        uint32_t rsdt, length;
        uint64_t xsdt;
        uint8_t checksum_of_all, reserved[3];
    } rsdp;
    struct __attribute__((packed)) {
        struct header h;
        uint64_t madt;
    } xsdt;
    struct __attribute__((packed)) {
        struct header h;
        uint32_t lapic, flags;
        struct __attribute__((packed)) {
            uint8_t type, length, id;
            uint8_t reserved;
            uint32_t address, first_interrupt;
        } ioapic;
        struct __attribute__((packed)) {
            uint8_t type, length, uid, apic_id;
            uint32_t flags;
        } cpu[CAL_LINUX_CPUS_MAX];
    } madt;
};

/* What makes all bytes sum to 0. */
static uint8_t checksum(const void *from, size_t bytes)
{
    const uint8_t *p = from;
    uint8_t sum = 0;

    for (size_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + p[i]);
    return (uint8_t)-sum;
}

static struct header header(const char *signature, size_t length, uint8_t revision)
{
    struct header h = {.length = (uint32_t)length, .revision = revision, .oem_revision = 1};

    memcpy(h.signature, signature, sizeof(h.signature));
    memcpy(h.oem, "APFSIM", sizeof(h.oem));
    memcpy(h.oem_table, "APFSIMVM", sizeof(h.oem_table));
    memcpy(h.creator, "APFS", sizeof(h.creator));
    return h;
}

void linux_acpi(struct linux_vm *vm, uint32_t at)
{
    struct tables *t = (struct tables *)(vm->ram + at);
    size_t unused = (CAL_LINUX_CPUS_MAX - vm->vcpus) * sizeof(t->madt.cpu[0]);

    memset(t, 0, sizeof(*t));
    t->madt.h = header("APIC", sizeof(t->madt) - unused, 5);
    t->madt.lapic = LAPIC_AT;
    t->madt.flags = 1; /* there is a PIC as well */
    t->madt.ioapic.type = 1;
    t->madt.ioapic.length = sizeof(t->madt.ioapic);
    t->madt.ioapic.address = IOAPIC_AT;
    for (unsigned i = 0; i < vm->vcpus; i++) {
        t->madt.cpu[i].length = sizeof(t->madt.cpu[i]);
        t->madt.cpu[i].uid = t->madt.cpu[i].apic_id = (uint8_t)i;
        t->madt.cpu[i].flags = 1; /* enabled */
    }
    t->madt.h.checksum = checksum(&t->madt, t->madt.h.length);
    t->xsdt.h = header("XSDT", sizeof(t->xsdt), 1);
    t->xsdt.madt = at + offsetof(struct tables, madt);
    t->xsdt.h.checksum = checksum(&t->xsdt, sizeof(t->xsdt));
    memcpy(t->rsdp.signature, "RSD PTR ", sizeof(t->rsdp.signature));
    memcpy(t->rsdp.oem, "APFSIM", sizeof(t->rsdp.oem));
    t->rsdp.revision = 2;
    t->rsdp.length = sizeof(t->rsdp);
    t->rsdp.xsdt = at + offsetof(struct tables, xsdt);
    t->rsdp.checksum = checksum(&t->rsdp, 20); /* what revision 0 had */
    t->rsdp.checksum_of_all = checksum(&t->rsdp, sizeof(t->rsdp));
}
