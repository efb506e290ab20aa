/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_story.c - both halves together, each story one transcript: delivery, halts,
 * acknowledgement
 *
 * The transcripts were derived from the rules, and every line was read against them.
 */
#include "story.h"

#include <criterion/criterion.h>

/* The whole cycle: enabling broadcasts, the guest acknowledges, then one fault. */
Test(apf_story, a_delivered_fault_from_wake_all_to_ack)
{
    story("6.12", "> online\n"
                  "  wrmsr INT 0xf3\n"
                  "  wrmsr EN 0x1000d\n"
                  "  kick by 0\n"
                  "> enter\n"
                  "  ready token 0xffffffff gva 0\n"
                  "  irq 0xf3\n"
                  "  wrmsr ACK 0x1\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x1000\n"
                  "> run 0\n"
                  "> append 0\n"
                  "> kick 0\n"
                  "  kick by 0\n"
                  "> return 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> enter\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "  task 3 wakes\n"
                  "  wrmsr ACK 0x1\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* The vCPU takes the item before its worker has returned: it waits for the worker to free it. */
Test(apf_story, ready_may_overtake_completed)
{
    story("6.12", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x1000\n"
                  "> run 0\n"
                  "> append 0\n"
                  "> exit\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "  wait for 0\n"
                  "> kick 0\n"
                  "> return 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> enter\n"
                  "  task 3 wakes\n"
                  "  wrmsr ACK 0x1\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* One announced ready at a time; the ACK exit delivers the next. */
Test(apf_story, the_second_ready_waits_for_the_ack)
{
    story("6.12",
          "> booted\n"
          "> fault 7 3\n"
          "  try gva 0x7000 gfn 0x7\n"
          "  not_present token 0x1000 gva 0x7000\n"
          "  #PF 0x1000\n"
          "  schedule 0\n"
          "  = delivered (none)\n"
          "> enter\n"
          "  task 3 sleeps on 0x1000\n"
          "> fault 8 4\n"
          "  try gva 0x8000 gfn 0x8\n"
          "  not_present token 0x2000 gva 0x8000\n"
          "  #PF 0x2000\n"
          "  schedule 1\n"
          "  = delivered (none)\n"
          "> enter\n"
          "  task 4 sleeps on 0x2000\n"
          "> fault 9 5\n"
          "  try gva 0x9000 gfn 0x9\n"
          "  not_present token 0x3000 gva 0x9000\n"
          "  #PF 0x3000\n"
          "  schedule 2\n"
          "  = delivered (none)\n"
          "> enter\n"
          "  task 5 sleeps on 0x3000\n"
          "> work 0\n"
          "  kick by 0\n"
          "  completed gva 0x7000\n"
          "  wake vcpu by 0\n"
          "> work 2\n"
          "  completed gva 0x9000\n"
          "  wake vcpu by 2\n"
          "> work 1\n"
          "  completed gva 0x8000\n"
          "  wake vcpu by 1\n"
          "> exit\n"
          "  prefault 0\n"
          "  ready token 0x1000 gva 0x7000\n"
          "  irq 0xf3\n"
          "> state\n"
          "  queued 2, done, slot 0x1000, flags 0, ACK due, irq pending, sleepers 3, dummies 0\n"
          "> eoi\n"
          "> wake\n"
          "  task 3 wakes\n"
          "> zero\n"
          "> state\n"
          "  queued 2, done, slot 0, flags 0, ACK due, sleepers 2, dummies 0\n"
          "> ack\n"
          "  wrmsr ACK 0x1\n"
          "  prefault 2\n"
          "  ready token 0x3000 gva 0x9000\n"
          "  irq 0xf3\n"
          "> state\n"
          "  queued 1, done, slot 0x3000, flags 0, ACK due, irq pending, sleepers 2, dummies 0\n"
          "> enter\n"
          "  task 5 wakes\n"
          "  wrmsr ACK 0x1\n"
          "  prefault 1\n"
          "  ready token 0x2000 gva 0x8000\n"
          "  irq 0xf3\n"
          "  task 4 wakes\n"
          "  wrmsr ACK 0x1\n"
          "> state\n"
          "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* Halt fallback: not_present is traced, no interrupt follows the ready. */
Test(apf_story, a_kernel_access_halts_and_is_not_announced)
{
    story("6.12", "> booted\n"
                  "> set user 0\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  schedule 0\n"
                  "  = halt (cpl0)\n"
                  "> enter\n"
                  "  halted\n"
                  "> enter\n"
                  "  blocks\n"
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> enter\n"
                  "  unblocked\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* Another task's touch of the same page gets no second token. */
Test(apf_story, a_repeated_fault_halts_once_more)
{
    story("6.12", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x1000\n"
                  "> fault 7 4\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  repeated_fault gva 0x7000 gfn 0x7\n"
                  "  = repeated (repeated)\n"
                  "> enter\n"
                  "  halted\n"
                  "> enter\n"
                  "  blocks\n"
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> enter\n"
                  "  unblocked\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "  task 3 wakes\n"
                  "  wrmsr ACK 0x1\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* PV off: host-only APF. An item leaves whatever the slot says. */
Test(apf_story, without_the_area_the_guest_halts_though_disabled)
{
    story("6.12", "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  schedule 0\n"
                  "  = halt (pv_off)\n"
                  "> enter\n"
                  "  halted\n"
                  "> enter\n"
                  "  blocks\n"
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> enter\n"
                  "  unblocked\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* The guest zeroes the slot and forgets the ACK: nobody asks again, and no kick is sent. */
Test(apf_story, no_ack_stalls_the_next_ready)
{
    story("6.12", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x1000\n"
                  "> fault 8 4\n"
                  "  try gva 0x8000 gfn 0x8\n"
                  "  not_present token 0x2000 gva 0x8000\n"
                  "  #PF 0x2000\n"
                  "  schedule 1\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 4 sleeps on 0x2000\n"
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> work 1\n"
                  "  completed gva 0x8000\n"
                  "  wake vcpu by 1\n"
                  "> exit\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "> eoi\n"
                  "> wake\n"
                  "  task 3 wakes\n"
                  "> zero\n"
                  "> exit\n"
                  "> state\n"
                  "  queued 1, done, slot 0, flags 0, ACK due, sleepers 1, dummies 0\n");
}

/* The ACK finds the slot busy; it consumed the only exit that would have asked. */
Test(apf_story, ack_before_zero_stalls_too)
{
    story("6.12", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x1000\n"
                  "> fault 8 4\n"
                  "  try gva 0x8000 gfn 0x8\n"
                  "  not_present token 0x2000 gva 0x8000\n"
                  "  #PF 0x2000\n"
                  "  schedule 1\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 4 sleeps on 0x2000\n"
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> work 1\n"
                  "  completed gva 0x8000\n"
                  "  wake vcpu by 1\n"
                  "> exit\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "> eoi\n"
                  "> wake\n"
                  "  task 3 wakes\n"
                  "> ack\n"
                  "  wrmsr ACK 0x1\n"
                  "> zero\n"
                  "> exit\n"
                  "> state\n"
                  "  queued 1, done, slot 0, flags 0, sleepers 1, dummies 0\n");
}

/* The area is gone: the item stays on done. */
Test(apf_story, an_unreadable_slot_counts_as_busy)
{
    story("6.12", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x1000\n"
                  "> set badarea 1\n"
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> exit\n"
                  "> state\n"
                  "  queued 1, done, slot 0, flags 0, sleepers 1, dummies 0\n");
}

/* K-17's own fault waits in the vCPU thread. */
Test(apf_story, a_prefault_never_starts_another)
{
    story("6.12", "> booted\n"
                  "> prefault 7\n"
                  "  = sync (prefault)\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* EN bit 2: the #PF is a VM-exit to L1. Without it the fault of L2 halts. */
Test(apf_story, l2_is_interrupted_only_if_l1_has_opted_in)
{
    story("6.12", "> booted\n"
                  "> set l2 1\n"
                  "> set paging 0\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000 as VM-exit\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x1000\n"
                  "> wrmsr 0x4b564d02 0x10009\n"
                  "  wrmsr EN 0x10009\n"
                  "  kick by 1\n"
                  "> enter\n"
                  "  ready token 0xffffffff gva 0\n"
                  "  irq 0xf3\n"
                  "  task 3 wakes\n"
                  "  wrmsr ACK 0x1\n"
                  "> fault 8 4\n"
                  "  try gva 0x8000 gfn 0x8\n"
                  "  not_present token 0x2000 gva 0x8000\n"
                  "  schedule 1\n"
                  "  = halt (l2)\n"
                  "> state\n"
                  "  queued 2, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}
