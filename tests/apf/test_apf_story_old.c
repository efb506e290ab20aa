/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_apf_story_old.c - both halves together, each story one transcript: kernels before a fix,
 * panics and dummies
 *
 * The transcripts were derived from the rules, and every line was read against them.
 */
#include "story.h"

#include <criterion/criterion.h>

/* BUG-20: the slot is written, the interrupt dropped, and the slot is busy for ever. */
Test(apf_story_old, before_5_13_a_disabled_lapic_lost_the_broadcast)
{
    story("5.10",
          "> lapic 0\n"
          "> online\n"
          "  wrmsr INT 0xf3\n"
          "  wrmsr EN 0x1000d\n"
          "  kick by 0\n"
          "> enter\n"
          "  ready token 0xffffffff gva 0\n"
          "  irq 0xf3\n"
          "> state\n"
          "  queued 0, none done, slot 0xffffffff, flags 0, ACK due, sleepers 0, dummies 0\n"
          "> lapic 1\n"
          "> enter\n"
          "> fault 7 3\n"
          "  try gva 0x7000 gfn 0x7\n"
          "  not_present token 0 gva 0x7000\n"
          "  #PF 0\n"
          "  schedule 0\n"
          "  BROKEN INV-1: a new token is not 0\n"
          "  = delivered (none)\n"
          "  BROKEN INV-1: no token is 0\n"
          "> enter\n"
          "  task 3 sleeps on 0\n"
          "  BROKEN INV-1: no token is 0\n"
          "> work 0\n"
          "  completed gva 0x7000\n"
          "  wake vcpu by 0\n"
          "  BROKEN INV-1: no token is 0\n"
          "> enter\n"
          "  BROKEN INV-1: no token is 0\n"
          "> state\n"
          "  queued 1, done, slot 0xffffffff, flags 0, ACK due, sleepers 1, dummies 0\n"
          "  BROKEN INV-1: no token is 0\n");
}

/* BUG-26: queue and hash are gone, the task sleeps for ever. */
Test(apf_story_old, before_6_19_a_change_of_paging_lost_the_sleepers)
{
    story("5.17", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> enter\n"
                  "  task 3 sleeps on 0x1000\n"
                  "> run 0\n"
                  "> pg 0\n"
                  "  wait for 0\n"
                  "> append 0\n"
                  "> kick 0\n"
                  "> return 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> pg 1\n"
                  "> enter\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 1, dummies 0\n");
}

/* As in an L1 hypervisor: the interrupt is taken between the exit and the wait. */
Test(apf_story_old, a_ready_before_the_wait_leaves_a_dummy)
{
    story("6.12", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> work 0\n"
                  "  kick by 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> exit\n"
                  "  prefault 0\n"
                  "  ready token 0x1000 gva 0x7000\n"
                  "  irq 0xf3\n"
                  "> eoi\n"
                  "> wake\n"
                  "  dummy 0x1000\n"
                  "> zero\n"
                  "> ack\n"
                  "  wrmsr ACK 0x1\n"
                  "> pf 3\n"
                  "  task 3 finds a dummy of 0x1000\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}

/* A host that delivers to kernel mode (SEND_ALWAYS, which no Linux guest sets). */
Test(apf_story_old, a_panic_names_kernel_mode)
{
    story("6.1", "> booted\n"
                 "> wrmsr 0x4b564d02 0x1000b\n"
                 "  wrmsr EN 0x1000b\n"
                 "  kick by 0\n"
                 "> enter\n"
                 "  ready token 0xffffffff gva 0\n"
                 "  irq 0xf3\n"
                 "  wrmsr ACK 0x1\n"
                 "> set user 0\n"
                 "> fault 7 3\n"
                 "  try gva 0x7000 gfn 0x7\n"
                 "  not_present token 0x1000 gva 0x7000\n"
                 "  #PF 0x1000\n"
                 "  schedule 0\n"
                 "  = delivered (none)\n"
                 "> enter\n"
                 "  BROKEN INV-13: a not-present comes to user mode with interrupts on\n"
                 "  panic: Host injected async #PF in kernel mode\n");
}

/* The guest's context has interrupts off when the #PF arrives. */
Test(apf_story_old, a_panic_names_the_disabled_region)
{
    story("6.12", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> set irq 0\n"
                  "> pf 3\n"
                  "  BROKEN INV-13: a not-present comes to user mode with interrupts on\n"
                  "  panic: Host injected async #PF in interrupt disabled region\n");
}

/* BUG-29 is fixed: the NMI handler's own #PF is ordinary, the flags stay for the async one. */
Test(apf_story_old, an_nmi_leaves_the_flags_to_the_outer_handler)
{
    story("6.12", "> booted\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  #PF 0x1000\n"
                  "  schedule 0\n"
                  "  = delivered (none)\n"
                  "> set user 0\n"
                  "> set nmi 1\n"
                  "> pf 3\n"
                  "  ordinary #PF at 0x1000\n"
                  "> set user 1\n"
                  "> set nmi 0\n"
                  "> pf 3\n"
                  "  task 3 sleeps on 0x1000\n"
                  "> state\n"
                  "  queued 1, none done, slot 0, flags 0, sleepers 1, dummies 0\n");
}

/* BUG-29: the nested #PF consumes the flags. */
Test(apf_story_old, without_the_peek_an_nmi_panics)
{
    story("6.1", "> booted\n"
                 "> fault 7 3\n"
                 "  try gva 0x7000 gfn 0x7\n"
                 "  not_present token 0x1000 gva 0x7000\n"
                 "  #PF 0x1000\n"
                 "  schedule 0\n"
                 "  = delivered (none)\n"
                 "> set user 0\n"
                 "> set nmi 1\n"
                 "> set irq 0\n"
                 "> pf 3\n"
                 "  BROKEN INV-13: a not-present comes to user mode with interrupts on\n"
                 "  panic: Host injected async #PF in interrupt disabled region\n");
}

/* BUG-23: the slot reads free after the ready; the task is woken only by luck of order. */
Test(apf_story_old, the_first_token_of_vcpu_0_was_zero)
{
    story("5.10",
          "> booted\n"
          "> fault 7 3\n"
          "  try gva 0x7000 gfn 0x7\n"
          "  not_present token 0 gva 0x7000\n"
          "  #PF 0\n"
          "  schedule 0\n"
          "  BROKEN INV-1: a new token is not 0\n"
          "  = delivered (none)\n"
          "  BROKEN INV-1: no token is 0\n"
          "> enter\n"
          "  task 3 sleeps on 0\n"
          "  BROKEN INV-1: no token is 0\n"
          "> work 0\n"
          "  kick by 0\n"
          "  completed gva 0x7000\n"
          "  wake vcpu by 0\n"
          "  BROKEN INV-1: no token is 0\n"
          "> exit\n"
          "  prefault 0\n"
          "  ready token 0 gva 0x7000\n"
          "  irq 0xf3\n"
          "> state\n"
          "  queued 0, none done, slot 0, flags 0, ACK due, irq pending, sleepers 1, dummies 0\n");
}

/* BUG-27: stored before the check. The next user fault cannot be announced. */
Test(apf_story_old, a_bad_area_leaves_en_half_on)
{
    story("6.12", "> set badarea 1\n"
                  "> online\n"
                  "  wrmsr INT 0xf3\n"
                  "  wrmsr EN 0x1000d\n"
                  "  #GP\n"
                  "  BROKEN INV-20: APF enabled means that the area is set up\n"
                  "  BROKEN INV-20: APF enabled means that the area is set up\n"
                  "> set badarea 0\n"
                  "  BROKEN INV-20: APF enabled means that the area is set up\n"
                  "> fault 7 3\n"
                  "  try gva 0x7000 gfn 0x7\n"
                  "  not_present token 0x1000 gva 0x7000\n"
                  "  schedule 0\n"
                  "  = halt (area)\n"
                  "  BROKEN INV-20: APF enabled means that the area is set up\n"
                  "> enter\n"
                  "  halted\n"
                  "  BROKEN INV-20: APF enabled means that the area is set up\n"
                  "> state\n"
                  "  queued 1, none done, slot 0, flags 0, halted, sleepers 0, dummies 0\n"
                  "  BROKEN INV-20: APF enabled means that the area is set up\n");
}

/* It writes EN without bit 3, which the host takes for off. */
Test(apf_story_old, a_5_8_guest_is_never_told)
{
    story("5.8", "> booted\n"
                 "> fault 7 3\n"
                 "  try gva 0x7000 gfn 0x7\n"
                 "  not_present token 0 gva 0x7000\n"
                 "  schedule 0\n"
                 "  BROKEN INV-1: a new token is not 0\n"
                 "  = halt (pv_off)\n"
                 "  BROKEN INV-1: no token is 0\n"
                 "> enter\n"
                 "  halted\n"
                 "  BROKEN INV-1: no token is 0\n"
                 "> state\n"
                 "  queued 1, none done, slot 0, flags 0, halted, sleepers 0, dummies 0\n"
                 "  BROKEN INV-1: no token is 0\n");
}

/* BUG-25: the worker still runs its last lines when the vCPU is gone. */
Test(apf_story_old, before_6_9_destroy_did_not_wait)
{
    story("5.17", "> booted\n"
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
                  "> destroy\n"
                  "  BROKEN INV-18: no worker still runs when its vCPU is destroyed\n"
                  "> return 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n");
}

/* BUG-25 by the other path: EN := 0 over an item on done. */
Test(apf_story_old, before_6_9_a_done_item_was_drained_without_waiting)
{
    story("5.17", "> booted\n"
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
                  "> offline\n"
                  "  wrmsr EN 0\n"
                  "  task 3 wakes\n"
                  "> return 0\n"
                  "  completed gva 0x7000\n"
                  "  wake vcpu by 0\n"
                  "> state\n"
                  "  queued 0, none done, slot 0, flags 0, sleepers 0, dummies 0\n");
}
