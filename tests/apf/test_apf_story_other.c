/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_story_other.c - both halves together under protocols that are not x86's
 *
 * The transcripts were derived from the sources that apf_protocol.c names, and every line was read
 * against them.
 */
#include "story.h"

#include <criterion/criterion.h>

/* ---- async-pf-user ---- */

Test(apf_story_other, the_vmm_brings_a_page_and_ready_goes_the_normal_way)
{
    story("async-pf-user", "> booted\n"
                           "> userfault 7 3\n"
                           "  try gva 0x7000 gfn 0x7\n"
                           "  not_present token 0x1000 gva 0x7000\n"
                           "  #PF 0x1000\n"
                           "  exit to user 0\n"
                           "  = delivered (none)\n"
                           "> enter\n"
                           "  task 3 sleeps on 0x1000\n"
                           "> ioctl 0x1000\n"
                           "  kick by 0\n"
                           "  completed gva 0x7000\n"
                           "  wake vcpu by 0\n"
                           "> ioctl 0x1000\n"
                           "  -EINVAL\n"
                           "> enter\n"
                           "  prefault 0\n"
                           "  ready token 0x1000 gva 0x7000\n"
                           "  irq 0xf3\n"
                           "  task 3 wakes\n"
                           "  wrmsr ACK 0x1\n"
                           "> state\n"
                           "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* Nobody halts for the VMM: a fault that the guest cannot be told of leaves synchronously. */
Test(apf_story_other, a_kernel_mode_access_to_a_page_of_the_vmm_is_not_asynchronous)
{
    story("async-pf-user", "> booted\n"
                           "> set user 0\n"
                           "> userfault 7 3\n"
                           "  = sync (cpl0)\n"
                           "> fault 8 3\n"
                           "  try gva 0x8000 gfn 0x8\n"
                           "  not_present token 0x1000 gva 0x8000\n"
                           "  schedule 0\n"
                           "  = halt (cpl0)\n"
                           "> state\n"
                           "  queued 1, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* What the VMM has when the guest turns APF off is forgotten at once: nobody waits for it. */
Test(apf_story_other, an_ioctl_after_off_finds_nothing)
{
    story("async-pf-user", "> booted\n"
                           "> userfault 7 3\n"
                           "  try gva 0x7000 gfn 0x7\n"
                           "  not_present token 0x1000 gva 0x7000\n"
                           "  #PF 0x1000\n"
                           "  exit to user 0\n"
                           "  = delivered (none)\n"
                           "> enter\n"
                           "  task 3 sleeps on 0x1000\n"
                           "> offline\n"
                           "  wrmsr EN 0\n"
                           "  task 3 wakes\n"
                           "> ioctl 0x1000\n"
                           "  -EINVAL\n"
                           "> state\n"
                           "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* Without the proposal the same access has a worker. */
Test(apf_story_other, x86_gives_the_same_access_to_a_worker)
{
    story("x86", "> booted\n"
                 "> userfault 7 3\n"
                 "  try gva 0x7000 gfn 0x7\n"
                 "  not_present token 0x1000 gva 0x7000\n"
                 "  #PF 0x1000\n"
                 "  schedule 0\n"
                 "  = delivered (none)\n");
}

/* ---- arm64-sdei ---- */

/* The first token of vCPU 0 is 0, which does no harm: the reason says that there is an event. */
Test(apf_story_other, arm64_a_token_may_be_zero)
{
    story("arm64-sdei", "> booted\n"
                        "> fault 7 3\n"
                        "  try gva 0x7000 gfn 0x7\n"
                        "  not_present token 0 gva 0x7000\n"
                        "  #PF 0\n"
                        "  schedule 0\n"
                        "  = delivered (none)\n"
                        "> enter\n"
                        "  task 3 sleeps on 0\n"
                        "  wrmsr COMPLETE 0x1\n"
                        "> work 0\n"
                        "  kick by 0\n"
                        "  completed gva 0x7000\n"
                        "  wake vcpu by 0\n"
                        "> enter\n"
                        "  prefault 0\n"
                        "  ready token 0 gva 0x7000\n"
                        "  irq 0xf3\n"
                        "  task 3 wakes\n"
                        "  wrmsr ACK 0x1\n"
                        "> state\n"
                        "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* One pair of words for both kinds: while a ready is in it, a fault must wait in the thread. */
Test(apf_story_other, arm64_one_event_of_either_kind_is_outstanding)
{
    story("arm64-sdei", "> booted\n"
                        "> fault 7 3\n"
                        "  try gva 0x7000 gfn 0x7\n"
                        "  not_present token 0 gva 0x7000\n"
                        "  #PF 0\n"
                        "  schedule 0\n"
                        "  = delivered (none)\n"
                        "> enter\n"
                        "  task 3 sleeps on 0\n"
                        "  wrmsr COMPLETE 0x1\n"
                        "> fault 8 4\n"
                        "  try gva 0x8000 gfn 0x8\n"
                        "  not_present token 0x1000 gva 0x8000\n"
                        "  #PF 0x1000\n"
                        "  schedule 1\n"
                        "  = delivered (none)\n"
                        "> work 0\n"
                        "  kick by 0\n"
                        "  completed gva 0x7000\n"
                        "  wake vcpu by 0\n"
                        "> exit\n"
                        "> state\n"
                        "  queued 2, done, slot 0x1000, flags 1, sleepers 1, dummies 0\n"
                        "> enter\n"
                        "  task 4 sleeps on 0x1000\n"
                        "  wrmsr COMPLETE 0x1\n"
                        "> exit\n"
                        "  prefault 0\n"
                        "  ready token 0 gva 0x7000\n"
                        "  irq 0xf3\n"
                        "> fault 9 5\n"
                        "  = sync (outstanding)\n"
                        "> enter\n"
                        "  task 3 wakes\n"
                        "  wrmsr ACK 0x1\n"
                        "> fault 9 5\n"
                        "  try gva 0x9000 gfn 0x9\n"
                        "  not_present token 0x2000 gva 0x9000\n"
                        "  #PF 0x2000\n"
                        "  schedule 0\n"
                        "  = delivered (none)\n");
}

/* The page is there before the event has been delivered: the event is withdrawn, nobody sleeps. */
Test(apf_story_other, arm64_an_event_is_cancelled_when_its_page_comes_first)
{
    story("arm64-sdei", "> booted\n"
                        "> fault 7 3\n"
                        "  try gva 0x7000 gfn 0x7\n"
                        "  not_present token 0 gva 0x7000\n"
                        "  #PF 0\n"
                        "  schedule 0\n"
                        "  = delivered (none)\n"
                        "> work 0\n"
                        "  kick by 0\n"
                        "  completed gva 0x7000\n"
                        "  wake vcpu by 0\n"
                        "> enter\n"
                        "  prefault 0\n"
                        "  ready token 0 gva 0x7000\n"
                        "  event 0 cancelled\n"
                        "> state\n"
                        "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* No artificial halt: kernel mode waits in the thread, a repeated fault tries again at once. */
Test(apf_story_other, arm64_halts_nobody)
{
    story("arm64-sdei", "> booted\n"
                        "> set user 0\n"
                        "> fault 7 3\n"
                        "  = sync (cpl0)\n"
                        "> set user 1\n"
                        "> fault 7 3\n"
                        "  try gva 0x7000 gfn 0x7\n"
                        "  not_present token 0 gva 0x7000\n"
                        "  #PF 0\n"
                        "  schedule 0\n"
                        "  = delivered (none)\n"
                        "> enter\n"
                        "  task 3 sleeps on 0\n"
                        "  wrmsr COMPLETE 0x1\n"
                        "> fault 7 4\n"
                        "  try gva 0x7000 gfn 0x7\n"
                        "  repeated_fault gva 0x7000 gfn 0x7\n"
                        "  = repeated (repeated)\n"
                        "> state\n"
                        "  queued 1, none done, slot 0, flags 0, sleepers 1, dummies 0\n");
}

/* ---- s390 ---- */

/* INIT and DONE carry the guest's token; the thread only tidies up, and maps nothing. */
Test(apf_story_other, s390_the_worker_itself_says_done)
{
    story("s390", "> online\n"
                  "  wrmsr EN 0x1000d\n"
                  "> enter\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x5003 gva 0x7000\n"
                  "  #PF 0x5003\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x5003\n"
                  "> work 0\n"
                  "  ready token 0x5003 gva 0x7000\n"
                  "  DONE 0x5003 floats\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> cpu 1\n"
                  "> done 0x5003 0\n"
                  "  task 3 wakes\n"
                  "> cpu 0\n"
                  "> state\n"
                  "  queued 1, done, slot 0, flags 0, sleepers 0, dummies 0\n"
                  "> exit\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* pfault_wait -1: normal there, as any CPU may take DONE while this one still has INIT pending. */
Test(apf_story_other, s390_done_before_init)
{
    story("s390", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x5003 gva 0x7000\n"
                  "  #PF 0x5003\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> work 0\n"
                  "  ready token 0x5003 gva 0x7000\n"
                  "  DONE 0x5003 floats\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> cpu 1\n"
                  "> done 0x5003 1\n"
                  "  dummy 0x5003\n"
                  "> cpu 0\n"
                  "> enter\n"
                  "  task 3 finds a dummy of 0x5003\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* No gfn hash: each task gets its own INIT for one page. Whoever cannot be told waits. */
Test(apf_story_other, s390_two_tasks_wait_for_one_page)
{
    story("s390", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x5003 gva 0x7000\n"
                  "  #PF 0x5003\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x5003\n"
                  "> set irqpending 1\n"
                  "> fault 7 4\n"
                  "  = sync (irq_pending)\n"
                  "> set irqpending 0\n"
                  "> set irq 0\n"
                  "> fault 7 4\n"
                  "  = sync (irq_off)\n"
                  "> set irq 1\n"
                  "> fault 7 4\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x5004 gva 0x7000\n"
                  "  #PF 0x5004\n"
                  "  schedule 1\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 4 sleeps on 0x5004\n"
                  "> state\n"
                  "  queued 2, none done, slot 0, flags 0, sleepers 2, dummies 0\n");
}

/* Off leaves the items in flight; the guest wakes all, and a late DONE for nobody is dropped. */
Test(apf_story_other, s390_offline_wakes_all_and_a_late_done_is_dropped)
{
    story("s390", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x5003 gva 0x7000\n"
                  "  #PF 0x5003\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x5003\n"
                  "> cpu 1\n"
                  "> offline\n"
                  "  wrmsr EN 0\n"
                  "  task 3 wakes\n"
                  "> work 0\n"
                  "  ready token 0x5003 gva 0x7000\n"
                  "  DONE 0x5003 floats\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> done 0x5003 0\n"
                  "> exit\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}
