/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer.hh - what the twins in C++ share: increments, the clock of the processor, what is printed
 *
 * A twin is called  TWIN hold PENDING EVENTS  or  TWIN mm1 CUSTOMERS, and prints one line:
 *     hold,PENDING,NS_AN_EVENT           increments are exponential, as in bench_hold.c
 *     mm1,CUSTOMERS,NS_A_CUSTOMER,MEAN   MEAN time in system in mean services: exactly 10 in the
 *                                        limit, so that the work is seen done
 */
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace peer
{
constexpr unsigned TABLE = 4096;
constexpr double SERVICE = 900000, GAP = 1000000, MEAN = 1000000; /* ns */

/* A table of exponential increments, looked up at random: drawing costs next to nothing. */
class Exponential
{
    uint64_t state, table[TABLE];

  public:
    Exponential(double mean, uint64_t seed) : state(seed)
    {
        for (unsigned i = 0; i < TABLE; i++)
            table[i] = (uint64_t)(-mean * std::log((i + 0.5) / TABLE));
    }
    /* Marsaglia 2003, xorshift64, and the multiplication of xorshift64* */
    uint64_t draw()
    {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return table[state * 0x2545f4914f6cdd1du >> 52];
    }
};

inline double seconds()
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

inline int usage(const char *name)
{
    std::fprintf(stderr, "usage: %s hold PENDING EVENTS | mm1 CUSTOMERS\n", name);
    return 2;
}

inline void tell_hold(unsigned long pending, double begin, uint64_t handled)
{
    std::printf("hold,%lu,%.1f\n", pending, (seconds() - begin) * 1e9 / (double)handled);
}

inline void tell_mm1(double begin, uint64_t customers, double in_system)
{
    std::printf("mm1,%llu,%.1f,%.3f\n", (unsigned long long)customers,
                (seconds() - begin) * 1e9 / (double)customers,
                in_system / (double)customers / SERVICE);
}

/* The two models, from what is given on the command line. */
struct Task {
    bool mm1 = false, good = false;
    unsigned long pending = 0, count = 0;

    Task(int argc, char **argv)
    {
        mm1 = argc == 3 && !std::strcmp(argv[1], "mm1");
        if (!mm1 && (argc != 4 || std::strcmp(argv[1], "hold")))
            return;
        pending = mm1 ? 1 : std::strtoul(argv[2], nullptr, 10);
        count = std::strtoul(argv[argc - 1], nullptr, 10);
        good = pending > 0 && count > 0;
    }
};
} // namespace peer
