/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toy.pml - the twin of toy.c, for Spin
 *
 * The rules are told there. One option of the loop is one move of the toy, so both count the same
 * states and transitions; Spin counts the first state as a transition, too.
 *
 *     spin -a toy.pml && cc -O2 -DSAFETY -DNOFAIR -o pan pan.c && ./pan -w22 -m100000
 */
#define RUN      0
#define HANDLER  1
#define QUEUED   2
#define FETCH    3
#define DONE     4
#define SLOT     5
#define AWAKE    6
#define RETRY    7
#define EXITED   8

#define FREE     0
#define WRITTEN  1
#define INJECTED 2
#define EOI      3

#define LIMIT    2

byte task[6];  /* vCPU v has tasks 3 * v to 3 * v + 2 */
byte slot[2];
byte first[2]; /* which task's token is the first of done, number + 1; 0: done is empty */

/* b: the vCPU's first task */
#define COUNTS(t) (task[t] >= QUEUED && task[t] <= DONE)
#define LIMITED(b) (COUNTS(b) + COUNTS(b + 1) + COUNTS(b + 2) >= LIMIT)
#define NOT_PRESENT(b) (task[b] == HANDLER || task[b + 1] == HANDLER || task[b + 2] == HANDLER)
#define FIRST_DONE(b)                                                                              \
    (task[b] == DONE -> 1 : (task[b + 1] == DONE -> 2 : (task[b + 2] == DONE -> 3 : 0)))

#define STEP(t, from, to) :: d_step { task[t] == from -> task[t] = to }
#define TASK(t, b, v)                                                                              \
    :: d_step { task[t] == RUN && LIMITED(b) -> task[t] = EXITED }                                 \
    :: d_step { task[t] == RUN && !LIMITED(b) && !NOT_PRESENT(b) -> task[t] = HANDLER }            \
    STEP(t, HANDLER, QUEUED)                                                                       \
    STEP(t, QUEUED, FETCH)                                                                         \
    :: d_step { task[t] == FETCH && first[v] != 0 -> task[t] = DONE }                              \
    :: d_step { task[t] == FETCH && first[v] == 0 -> task[t] = DONE; first[v] = t - b + 1 }        \
    :: d_step {                                                                                    \
        task[t] == DONE && first[v] == t - b + 1 && slot[v] == FREE ->                             \
        task[t] = SLOT; slot[v] = WRITTEN; first[v] = FIRST_DONE(b)                                \
    }                                                                                              \
    :: d_step { task[t] == SLOT && slot[v] < EOI -> slot[v] = slot[v] + 1 }                        \
    :: d_step { task[t] == SLOT && slot[v] == EOI -> task[t] = AWAKE; slot[v] = FREE }             \
    STEP(t, AWAKE, RETRY)                                                                          \
    STEP(t, RETRY, EXITED)
#define VCPU(v, b)                                                                                 \
    TASK(b, b, v)                                                                                  \
    TASK(b + 1, b, v)                                                                              \
    TASK(b + 2, b, v)

active proctype world()
{
end:
    do
    VCPU(0, 0)
    VCPU(1, 3)
    od
}
