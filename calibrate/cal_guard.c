/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_guard.c - the guardian: sweeps after its parent, however that ended
 */
#include "cal_guard.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cal_trace.h"

#define TRIES    20        /* the dead parent's descriptors may take a moment to close */
#define PAUSE_NS 50000000l /* 1 s in all */

static int lifeline = -1;
static pid_t guardian;

static _Noreturn void guard(int pipe_end, pid_t parent)
{
    struct timespec pause = {0, PAUSE_NS};
    char byte;

    prctl(PR_SET_NAME, "sim-guardian", 0, 0, 0);
    signal(SIGINT, SIG_IGN); /* the terminal's ^C is for the parent */
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    setsid();
    /* Nobody shall wait for this process to close what it inherited. */
    for (int fd = 0; fd < 256; fd++)
        if (fd != pipe_end)
            close(fd);
    while (read(pipe_end, &byte, 1) < 0 && errno == EINTR) {
    }
    for (int i = 0; i < TRIES && cal_trace_has(parent); i++) {
        cal_trace_sweep(parent);
        nanosleep(&pause, NULL);
    }
    _exit(0);
}

bool cal_guard_start(struct cal_error *error)
{
    pid_t parent = getpid();
    int ends[2];

    cal_trace_mount(); /* before the fork: the guardian is to see the same */
    cal_trace_sweep(0);
    if (pipe(ends))
        return cal_fail(error, CAL_MISSING, "no pipe: %s", strerror(errno));
    guardian = fork();
    if (guardian < 0) {
        close(ends[0]);
        close(ends[1]);
        return cal_fail(error, CAL_MISSING, "no process: %s", strerror(errno));
    }
    if (guardian == 0) {
        close(ends[1]);
        guard(ends[0], parent);
    }
    close(ends[0]);
    lifeline = ends[1];
    return true;
}

int cal_guard_pid(void)
{
    return (int)guardian;
}

void cal_guard_end(void)
{
    if (lifeline < 0)
        return;
    close(lifeline);
    lifeline = -1;
    while (waitpid(guardian, NULL, 0) < 0 && errno == EINTR) {
    }
    guardian = 0;
}
