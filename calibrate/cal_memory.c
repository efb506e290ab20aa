/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_memory.c - making, evicting and freeing the memory under test
 */
#include "cal_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cal_need.h"
#include "guest_abi.h"

/* Pages that are written to the file at once. */
#define BLOCK_PAGES 256u

static bool map(struct cal_memory *m, int flags, int fd, struct cal_error *error)
{
    void *at = mmap(NULL, m->pages * CAL_PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (at == MAP_FAILED)
        return cal_fail(error, CAL_MISSING, "no address space for %llu pages: %s",
                        (unsigned long long)m->pages, strerror(errno));
    m->base = at;
    return true;
}

static bool make_uffd(struct cal_memory *m, struct cal_error *error)
{
    struct uffdio_register reg = {.mode = UFFDIO_REGISTER_MODE_MISSING};

    m->fd = cal_open_userfaultfd(error);
    if (m->fd < 0 || !map(m, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, error))
        return false;
    madvise(m->base, m->pages * CAL_PAGE, MADV_NOHUGEPAGE);
    reg.range.start = (uintptr_t)m->base;
    reg.range.len = m->pages * CAL_PAGE;
    if (ioctl(m->fd, UFFDIO_REGISTER, &reg))
        return cal_fail(error, CAL_MISSING, "UFFDIO_REGISTER: %s", strerror(errno));
    m->monitor.fd = m->fd;
    m->monitor.base = m->base;
    m->monitor.pages = m->pages;
    return cal_monitor_start(&m->monitor, error);
}

/* Without a name: the kernel frees it with the last descriptor, however this process ends. */
static int nameless_file(const char *folder, struct cal_error *error)
{
    char path[4096];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    if (errno != EOPNOTSUPP && errno != EISDIR) {
        cal_fail(error, CAL_USAGE,
                 "--backing=file:%s: %s; name a directory on the disk in question", folder,
                 strerror(errno));
        return -1;
    }
    snprintf(path, sizeof(path), "%s/.apfsim-XXXXXX", folder);
    fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    else
        cal_fail(error, CAL_USAGE, "--backing=file:%s: %s", folder, strerror(errno));
    return fd;
}

static bool fill_file(struct cal_memory *m, struct cal_error *error)
{
    uint8_t *block = calloc(BLOCK_PAGES, CAL_PAGE);
    bool good = block;

    for (uint64_t page = 0; good && page < m->pages; page += BLOCK_PAGES) {
        for (unsigned i = 0; i < BLOCK_PAGES; i++)
            *(uint64_t *)(block + i * CAL_PAGE) = GUEST_MAGIC | (page + i);
        good = write(m->fd, block, BLOCK_PAGES * CAL_PAGE) == BLOCK_PAGES * CAL_PAGE;
    }
    if (good && fsync(m->fd))
        good = false;
    free(block);
    if (!good)
        cal_fail(error, CAL_MISSING, "cannot write %llu MiB for --backing=file: %s",
                 (unsigned long long)(m->pages * CAL_PAGE >> 20), strerror(errno));
    return good;
}

static bool make_file(struct cal_memory *m, const char *folder, struct cal_error *error)
{
    m->fd = nameless_file(folder, error);
    if (m->fd < 0 || !fill_file(m, error) || !map(m, MAP_SHARED, m->fd, error))
        return false;
    /* One aligned read of 2 MiB a miss, whatever the read-ahead setting, and no miss counter. */
    madvise(m->base, m->pages * CAL_PAGE, MADV_HUGEPAGE);
    madvise(m->base, m->pages * CAL_PAGE, MADV_RANDOM);
    return cal_memory_evict(m, error);
}

/* Pages that are in memory, but in no page table of the guest's yet. */
static bool make_present(struct cal_memory *m, struct cal_error *error)
{
    if (!map(m, MAP_PRIVATE | MAP_ANONYMOUS, -1, error))
        return false;
    madvise(m->base, m->pages * CAL_PAGE, MADV_NOHUGEPAGE);
    for (uint64_t page = 0; m->backing == CAL_BACK_PRESENT && page < m->pages; page++)
        *(uint64_t *)(m->base + page * CAL_PAGE) = GUEST_MAGIC | page;
    return true;
}

bool cal_memory_make(struct cal_memory *m, const struct cal_memory_order *order,
                     struct cal_error *error)
{
    bool good = false;

    memset(m, 0, sizeof(*m));
    m->fd = -1;
    m->backing = order->backing;
    m->pages = (order->pages + BLOCK_PAGES - 1) / BLOCK_PAGES * BLOCK_PAGES;
    m->monitor.delay_ns = order->delay_ns;
    m->monitor.parallelism = order->parallelism ? order->parallelism : 1;
    m->monitor.batch = order->batch;
    switch (m->backing) {
    case CAL_BACK_UFFD:
        good = make_uffd(m, error);
        break;
    case CAL_BACK_FILE:
        good = make_file(m, order->folder, error);
        break;
    case CAL_BACK_PRESENT:
    case CAL_BACK_ZERO:
        good = make_present(m, error);
        break;
    }
    if (!good)
        cal_memory_free(m);
    return good;
}

void cal_memory_free(struct cal_memory *m)
{
    cal_monitor_stop(&m->monitor);
    if (m->base)
        munmap(m->base, m->pages * CAL_PAGE);
    if (m->fd >= 0)
        close(m->fd);
    memset(m, 0, sizeof(*m));
    m->fd = -1;
}

static uint64_t pages_in_memory(const struct cal_memory *m)
{
    unsigned char *there = malloc(m->pages);
    uint64_t count = 0;

    if (!there || mincore(m->base, m->pages * CAL_PAGE, there)) {
        free(there);
        return m->pages;
    }
    for (uint64_t i = 0; i < m->pages; i++)
        count += there[i] & 1;
    free(there);
    return count;
}

bool cal_memory_evict(struct cal_memory *m, struct cal_error *error)
{
    if (m->backing == CAL_BACK_PRESENT)
        return true; /* its pages are to stay */
    if (madvise(m->base, m->pages * CAL_PAGE, MADV_DONTNEED))
        return cal_fail(error, CAL_MISSING, "MADV_DONTNEED: %s", strerror(errno));
    if (m->backing == CAL_BACK_UFFD)
        memset(m->monitor.answer, 0, m->pages * sizeof(*m->monitor.answer));
    if (m->backing != CAL_BACK_FILE)
        return true;
    for (unsigned i = 0; i < 10 && pages_in_memory(m); i++) {
        fdatasync(m->fd);
        posix_fadvise(m->fd, 0, 0, POSIX_FADV_DONTNEED);
    }
    if (pages_in_memory(m))
        return cal_fail(error, CAL_MISSING,
                        "%llu of %llu pages of the file stay in the page cache: is it on a disk? "
                        "(tmpfs cannot be evicted)",
                        (unsigned long long)pages_in_memory(m), (unsigned long long)m->pages);
    return true;
}
