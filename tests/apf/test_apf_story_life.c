/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_story_life.c - both halves together, each story one transcript: hotplug, reset,
 * rewritten MSRs, lost memory
 *
 * The transcripts were derived from the rules, and every line was read against them.
 */
#include "story.h"

#include <criterion/criterion.h>

/* BUG-20 is fixed: enabling the LAPIC drives the queue again. */
Test(apf_story_life, a_disabled_lapic_holds_the_items_back)
{
    story("6.12", "> lapic 0\n"
                  "> online\n"
                  "  wrmsr INT 0xf3\n"
                  "  wrmsr EN 0x1000d\n"
                  "  kick by 0\n"
                  "> exit\n"
                  "> state\n"
                  "  queued 1, done, slot 0, flags 0, sleepers 0, dummies 0\n"
                  "> lapic 1\n"
                  "> enter\n"
                  "  ready token 0xffffffff gva 0\n"
                  "  irq 0xf3\n"
                  "  wrmsr ACK 0x1\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* SMM: the queue survives, PG 0 -> 1 raises the request. */
Test(apf_story_life, paging_off_holds_delivery_and_keeps_the_queue)
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
                  "> pg 0\n"
                  "> fault 8 3\n"
                  "  try gva 0x8000 gfn 0x8\n"
                  "  not_present token 0x2000 gva 0x8000\n"
                  "  schedule 1\n"
                  "  = halt (paging_off)\n"
                  "> enter\n"
                  "  halted\n"
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> work 1\n"
                  "  completed gva 0x8000\n"
                  "  wake vcpu by 1\n"
                  "> pg 1\n"
                  "> enter\n"
                  "  unblocked\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "  task 3 wakes\n"
                  "  wrmsr ACK 0x1\n"
                  "  prefault 1\n"
                  "  ready token 0x2000 gva 0x8000\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* A second EN write queues another broadcast, which wakes the sleeper early; its own ready leaves a
 * dummy. */
Test(apf_story_life, en_rewritten_in_flight_keeps_the_items)
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
                  "> wrmsr 0x4b564d02 0x10009\n"
                  "  wrmsr EN 0x10009\n"
                  "  kick by 1\n"
                  "> enter\n"
                  "  ready token 0xffffffff gva 0\n"
                  "  irq 0xf3\n"
                  "  task 3 wakes\n"
                  "  wrmsr ACK 0x1\n"
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> enter\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "  dummy 0x1000\n"
                  "  wrmsr ACK 0x1\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 1\n");
}

/* HOLE-7: the item on done is taken for the broadcast. */
Test(apf_story_life, en_rewritten_over_a_done_item_makes_no_broadcast)
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
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> wrmsr 0x4b564d02 0x10009\n"
                  "  wrmsr EN 0x10009\n"
                  "> enter\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "  task 3 wakes\n"
                  "  wrmsr ACK 0x1\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* EN := 0 waits for running work, cancels the rest; the guest wakes its sleepers itself. */
Test(apf_story_life, offline_cancels_and_wakes)
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
                  "> fault 9 5\n"
                  "  try gva 0x9000 gfn 0x9\n"
                  "  not_present token 0x3000 gva 0x9000\n"
                  "  #PF 0x3000\n"
                  "  schedule 2\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 5 sleeps on 0x3000\n"
                  "> run 0\n"
                  "> run 1\n"
                  "> append 1\n"
                  "> offline\n"
                  "  wrmsr EN 0\n"
                  "  wait for 0\n"
                  "  cancel 2\n"
                  "  wait for 1\n"
                  "  task 4 wakes\n"
                  "  task 3 wakes\n"
                  "  task 5 wakes\n"
                  "> return 1\n"
                  "  completed gva 0x8000\n"
                  "  wake vcpu by 1\n"
                  "> append 0\n"
                  "> kick 0\n"
                  "> return 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* HOLE-1, as Linux is today: a ready delivered with interrupts off, then EN := 0, and no broadcast
 * or ready leaves this vCPU ever again. */
Test(apf_story_life, a_stale_slot_survives_offline_and_online)
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
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> set irq 0\n"
                  "> exit\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "> offline\n"
                  "  wrmsr EN 0\n"
                  "  task 3 wakes\n"
                  "> set irq 1\n"
                  "> enter\n"
                  "> state\n"
                  "  queued 0, none done, slot 0x1000, flags 0, ACK due, sleepers 0, dummies 0\n"
                  "> online\n"
                  "  wrmsr INT 0xf3\n"
                  "  wrmsr EN 0x1000d\n"
                  "> enter\n"
                  "> fault 8 4\n"
                  "  try gva 0x8000 gfn 0x8\n"
                  "  not_present token 0x2000 gva 0x8000\n"
                  "  #PF 0x2000\n"
                  "  schedule 1\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 4 sleeps on 0x2000\n"
                  "> work 1\n"
                  "  completed gva 0x8000\n"
                  "  wake vcpu by 1\n"
                  "> enter\n"
                  "> state\n"
                  "  queued 2, done, slot 0x1000, flags 0, ACK due, sleepers 1, dummies 0\n");
}

/* kexec and crash: EN := 0 and nothing is scheduled. */
Test(apf_story_life, a_shutdown_wakes_nobody)
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
                  "> shutdown\n"
                  "  wrmsr EN 0\n"
                  "  cancel 0\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 1, dummies 0\n");
}

/* K-37: id, the kick filter and guest memory stay. */
Test(apf_story_life, reset_forgets_everything_but_the_slot)
{
    story(
        "6.12",
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
        "> work 0\n"
        "  kick by 0\n"
        "  completed gva 0x7000\n"
        "  wake vcpu by 0\n"
        "> exit\n"
        "  prefault 0\n"
        "  ready token 0x1000 gva 0x7000\n"
        "  irq 0xf3\n"
        "> reset\n"
        "  cancel 1\n"
        "> state\n"
        "  queued 0, none done, slot 0x1000, flags 0, ACK due, irq pending, sleepers 2, dummies 0\n"
        "> fault 7 3\n"
        "  try gva 0x7000 gfn 0x7\n"
        "  not_present token 0x3000 gva 0x7000\n"
        "  schedule 0\n"
        "  = halt (pv_off)\n"
        "> state\n"
        "  queued 1, none done, slot 0x1000, flags 0, ACK due, irq pending, sleepers 2, dummies "
        "0\n");
}

/* The old state stays. */
Test(apf_story_life, tip_refuses_a_bad_area_whole)
{
    story("tip", "> booted\n"
                 "> set badarea 1\n"
                 "> wrmsr 0x4b564d02 0x2000d\n"
                 "  wrmsr EN 0x2000d\n"
                 "  #GP\n"
                 "> set badarea 0\n"
                 "> fault 7 3\n"
                 "  try gva 0x7000 gfn 0x7\n"
                 "  not_present token 0x1000 gva 0x7000\n"
                 "  #PF 0x1000\n"
                 "  schedule 0\n"
                 "  = delivered (none)\n"
                 "> state\n"
                 "  queued 1, none done, slot 0, flags 1, sleepers 0, dummies 0\n");
}

/* HOLE-6: the failure is ignored. */
Test(apf_story_life, a_broadcast_without_memory_is_skipped)
{
    story("6.12", "> set nomemory 1\n"
                  "> online\n"
                  "  wrmsr INT 0xf3\n"
                  "  wrmsr EN 0x1000d\n"
                  "> enter\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* Out of memory: synchronous, and the next token is the one after. */
Test(apf_story_life, a_refused_setup_traces_the_try_and_burns_the_id)
{
    story("6.12", "> booted\n"
                  "> set nomemory 1\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  = sync (no_memory)\n"
                  "> set nomemory 0\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x2000 gva 0x7000\n"
                  "  #PF 0x2000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x2000\n"
                  "> state\n"
                  "  queued 1, none done, slot 0, flags 0, sleepers 1, dummies 0\n");
}

/* K-20 by the destroyer. */
Test(apf_story_life, work_that_never_began_is_cancelled_at_destroy)
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
                  "> run 1\n"
                  "> destroy\n"
                  "  cancel 0\n"
                  "  wait for 1\n"
                  "> return 1\n"
                  "  completed gva 0x8000\n"
                  "  wake vcpu by 1\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 2, dummies 0\n");
}
