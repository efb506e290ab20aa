/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init.c - the first process of a Linux guest: touches memory that is taken away meanwhile
 *
 * Knows:   the kernel's system calls, no libc; linux_words.h, what it and the VMM say.
 * Told:    on the kernel's command line behind "--": touchers=N pages=N rounds=N offlines=N.
 * Tells:   lines "apfsim: WORD NUMBER" on the console, through /dev/kmsg.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "linux_words.h"

#define TASKS_MAX 16
#define STRIDE    37 /* pages; so that neighbours are not read ahead. pages= is no multiple of it */

/* include/uapi/asm-generic/mman-common.h, fcntl.h, linux/stat.h */
#define PROT_READ_WRITE 3
#define MAP_SHARED      0x01
#define MAP_PRIVATE     0x02
#define MAP_ANONYMOUS   0x20
#define O_RDONLY        0
#define O_WRONLY        1
#define S_IFCHR         0020000
#define KMSG_DEVICE     (1 << 8 | 11)

struct shared {
    volatile long filled, round, stop, spins, wrong;
    volatile long touched[TASKS_MAX];
};

static struct shared *shared;
static long options[4];
static int kmsg = -1, pids[TASKS_MAX]; /* of the touchers */
#define TOUCHERS options[0]
#define PAGES    options[1]
#define ROUNDS   options[2]
#define OFFLINES options[3]

static long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long ret;

    __asm__ volatile("syscall"
                     : "=a"(ret)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}
#define CALL3(number, a, b, c) call(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)

static void sleep_ms(long ms)
{
    long time[2] = {ms / 1000, ms % 1000 * 1000000};

    CALL3(__NR_nanosleep, time, 0, 0);
}

/* ---- text ---- */

static size_t length(const char *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

static char *put(char *at, const char *text)
{
    while (*text)
        *at++ = *text++;
    return at;
}

static char *put_number(char *at, long value)
{
    char digits[24];
    int n = 0;

    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (n)
        *at++ = digits[--n];
    return at;
}

/* One line on the console, at once: level 3 is printed whatever loglevel is. */
static void say(const char *word, long value)
{
    char line[200], *at = put(line, "<3>" LINUX_MARK);

    at = put(at, word);
    *at++ = ' ';
    at = put_number(at, value);
    *at++ = '\n';
    CALL3(__NR_write, kmsg, line, at - line);
}

/* The value of "name=N" in an argument, or `is`. */
static long option(const char *argument, const char *name, long is)
{
    size_t n = length(name);
    long value = 0;

    for (size_t i = 0; i < n; i++)
        if (argument[i] != name[i])
            return is;
    if (argument[n] != '=')
        return is;
    for (argument += n + 1; *argument >= '0' && *argument <= '9'; argument++)
        value = value * 10 + (*argument - '0');
    return value;
}

static long read_file(const char *path, char *to, long bytes)
{
    long fd = CALL3(__NR_open, path, O_RDONLY, 0), got = 0, n;

    if (fd < 0)
        return 0;
    while (got < bytes && (n = CALL3(__NR_read, fd, to + got, bytes - got)) > 0)
        got += n;
    CALL3(__NR_close, fd, 0, 0);
    return got;
}

/* All CPUs' hypervisor callback interrupts: the numbers behind "HYP:" in /proc/interrupts. */
static long hyp(void)
{
    static char text[32768];
    long n = read_file("/proc/interrupts", text, sizeof(text)), sum = 0, value = 0;

    for (long i = 0; i + 4 < n; i++) {
        if (text[i] != 'H' || text[i + 1] != 'Y' || text[i + 2] != 'P' || text[i + 3] != ':')
            continue;
        for (i += 4; i < n && (text[i] == ' ' || (text[i] >= '0' && text[i] <= '9')); i++) {
            sum += text[i] == ' ' ? value : 0;
            value = text[i] == ' ' ? 0 : value * 10 + (text[i] - '0');
        }
        return sum + value;
    }
    return 0;
}

/* ---- tasks ---- */

static void pin(long pid, int cpu)
{
    unsigned long mask = 1ul << cpu;

    CALL3(__NR_sched_setaffinity, pid, sizeof(mask), &mask);
}

static long map(long bytes, long flags)
{
    return call(__NR_mmap, 0, bytes, PROT_READ_WRITE, flags | MAP_ANONYMOUS, -1, 0);
}

/* Reads every page, far apart; each must hold what was written. */
static void pass(int task, volatile uint64_t *memory)
{
    for (long i = 0; i < PAGES && !shared->stop; i++) {
        long page = i * STRIDE % PAGES;

        if (memory[page * 512] != LINUX_MAGIC || memory[page * 512 + 1] != (uint64_t)page)
            __sync_fetch_and_add(&shared->wrong, 1);
        shared->touched[task]++;
    }
}

static void toucher(int task)
{
    volatile uint64_t *memory = (volatile uint64_t *)map(PAGES * 4096, MAP_PRIVATE);

    for (long page = 0; page < PAGES; page++) {
        memory[page * 512 + 1] = (uint64_t)page;
        memory[page * 512] = LINUX_MAGIC;
    }
    __sync_fetch_and_add(&shared->filled, 1);
    for (long round = 1; !shared->stop && (OFFLINES || round <= ROUNDS); round++) {
        while (shared->round < round && !OFFLINES)
            sleep_ms(1);
        pass(task, memory);
    }
}

static void spinner(void)
{
    while (!shared->stop)
        shared->spins++;
}

static int start(int task)
{
    long pid = CALL3(__NR_fork, 0, 0, 0);

    if (pid)
        return (int)pid;
    if (task < 0)
        spinner();
    else
        toucher(task);
    for (;;)
        CALL3(__NR_exit, 0, 0, 0);
}

static long touched(void)
{
    long sum = 0;

    for (long i = 0; i < TOUCHERS; i++)
        sum += shared->touched[i];
    return sum;
}

/* Rounds: all memory is taken away, each toucher reads all of its own. */
static void play_rounds(void)
{
    for (long round = 1; round <= ROUNDS; round++) {
        say(LINUX_TAKE_ALL, round);
        shared->round = round;
        while (touched() < round * TOUCHERS * PAGES)
            sleep_ms(5);
    }
}

/* ---- CPU 1 goes and comes ---- */

static void set_online(const char *value)
{
    long fd = CALL3(__NR_open, "/sys/devices/system/cpu/cpu1/online", O_WRONLY, 0);

    CALL3(__NR_write, fd, value, 1);
    CALL3(__NR_close, fd, 0, 0);
}

/* Touchers that sleep where the guest's handler of not-present does. */
static long stuck(void)
{
    static const char where[] = "kvm_async_pf_task_wait_schedule";
    long n = 0;

    for (long i = 0; i < TOUCHERS; i++) {
        char path[64], text[64] = {0}, *at = put(path, "/proc/");
        bool same = true;

        *put(put_number(at, pids[i]), "/wchan") = '\0';
        read_file(path, text, sizeof(text) - 1);
        for (size_t k = 0; where[k]; k++)
            same = same && text[k] == where[k];
        n += same;
    }
    return n;
}

/* Each toucher has touched something since; given up after five seconds. */
static bool all_go_on(const long *before)
{
    for (int wait = 0; wait < 250; wait++) {
        long i = 0;

        while (i < TOUCHERS && shared->touched[i] > before[i])
            i++;
        if (i == TOUCHERS)
            return true;
        sleep_ms(20);
    }
    return false;
}

static void play_offlines(void)
{
    long before[TASKS_MAX];

    pin(0, 0);
    for (long n = 1; n <= OFFLINES; n++) {
        for (long i = 0; i < TOUCHERS; i++) {
            pin(pids[i], 1);
            before[i] = shared->touched[i];
        }
        if (!all_go_on(before)) {
            say(LINUX_STUCK, stuck());
            return;
        }
        say(LINUX_TAKE_MINE, n);
        sleep_ms(5);
        set_online("0");
        set_online("1");
        say(LINUX_OFFLINES, n);
    }
}

static void prepare(void)
{
    CALL3(__NR_mkdir, "/dev", 0755, 0);
    CALL3(__NR_mkdir, "/proc", 0755, 0);
    CALL3(__NR_mkdir, "/sys", 0755, 0);
    CALL3(__NR_mknod, "/dev/kmsg", S_IFCHR | 0600, KMSG_DEVICE);
    call(__NR_mount, (long)"proc", (long)"/proc", (long)"proc", 0, 0, 0);
    call(__NR_mount, (long)"sysfs", (long)"/sys", (long)"sysfs", 0, 0, 0);
    kmsg = (int)CALL3(__NR_open, "/dev/kmsg", O_WRONLY, 0);
    shared = (struct shared *)map(sizeof(*shared), MAP_SHARED);
}

/* argc, argv as the kernel puts them on the stack. */
__attribute__((used, noreturn)) void init_main(const long *stack);
void init_main(const long *stack)
{
    static const char *const names[] = {"touchers", "pages", "rounds", "offlines"};

    for (long i = 1; i < stack[0]; i++)
        for (int k = 0; k < 4; k++)
            options[k] = option((const char *)stack[1 + i], names[k], options[k]);
    prepare();
    for (int i = 0; i < TOUCHERS && i < TASKS_MAX; i++)
        pids[i] = start(i);
    if (!OFFLINES)
        start(-1);
    while (shared->filled < TOUCHERS)
        sleep_ms(5);
    say(LINUX_HYP_BEFORE, hyp());
    if (OFFLINES)
        play_offlines();
    else
        play_rounds();
    shared->stop = 1;
    say(LINUX_TOUCHED, touched());
    say(LINUX_WRONG, shared->wrong);
    say(LINUX_SPINS, shared->spins);
    say(LINUX_HYP_AFTER, hyp());
    for (;;)
        say(LINUX_END, 0), sleep_ms(1000);
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall init_main\n");
