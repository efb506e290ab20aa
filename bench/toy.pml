/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toy.pml - the twin of bench_explore.c's toy, for Spin
 *
 * 2 vCPUs x 3 tasks, one round each: a task faults, sleeps, its page is fetched, it waits on done
 * until the one slot of its vCPU is free; the ready interrupt wakes it, the slot is zeroed, the ACK
 * frees it. One option of the loop is one move of the toy, so both count the same states.
 *
 *     spin -a toy.pml && cc -O2 -DSAFETY -DNOFAIR -o pan pan.c && ./pan -w26 -m1000000
 */
#define RUN     0
#define FAULT   1
#define ASLEEP  2
#define FETCH   3
#define DONE    4
#define SLOT    5
#define AWAKE   6
#define EXITED  7

byte task[6];
byte stage[2]; /* 0 free, 1 written, 2 injected, 3 woken, 4 zeroed */
byte owner[2];

#define STEP(t, from, to) :: d_step { task[t] == from -> task[t] = to }
#define TASK(t, v, n)                                                                              \
    STEP(t, RUN, FAULT)                                                                            \
    STEP(t, FAULT, ASLEEP)                                                                         \
    STEP(t, ASLEEP, FETCH)                                                                         \
    STEP(t, FETCH, DONE)                                                                           \
    STEP(t, AWAKE, EXITED)                                                                         \
    :: d_step { task[t] == DONE && stage[v] == 0 -> task[t] = SLOT; stage[v] = 1; owner[v] = n }
#define VCPU(v, b)                                                                                 \
    TASK(b, v, 0)                                                                                  \
    TASK(b + 1, v, 1)                                                                              \
    TASK(b + 2, v, 2)                                                                              \
    :: d_step { stage[v] == 1 -> stage[v] = 2 }                                                    \
    :: d_step { stage[v] == 2 -> stage[v] = 3; task[b + owner[v]] = AWAKE; owner[v] = 0 }          \
    :: d_step { stage[v] == 3 -> stage[v] = 4 }                                                    \
    :: d_step { stage[v] == 4 -> stage[v] = 0 }

active proctype world()
{
end:
    do
    VCPU(0, 0)
    VCPU(1, 3)
    od
}
