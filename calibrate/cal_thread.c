/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_thread.c - see cal_thread.h
 */
#include "cal_thread.h"

#include <sched.h>
#include <signal.h>
#include <time.h>

#define SIGNAL_LEAVE SIGUSR1

void cal_thread_pin(unsigned cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void on_leave(int signal)
{
    (void)signal; /* KVM_RUN returns with EINTR */
}

void cal_thread_prepare(void)
{
    struct sigaction leave = {.sa_handler = on_leave};

    sigaction(SIGNAL_LEAVE, &leave, NULL);
}

void cal_thread_leave(pthread_t thread, struct kvm_run *run)
{
    struct timespec pause = {0, 200000};

    run->immediate_exit = 1;
    pthread_kill(thread, SIGNAL_LEAVE);
    nanosleep(&pause, NULL);
}
