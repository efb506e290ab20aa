/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stuck.h - a slot that nobody will free, and the tasks that sleep because of it
 *
 * Knows:    machine.h, apf (host half), guest_sched.h. Ends the run, changes nothing else.
 *
 * INV-8 says when a busy slot is legal; whether its interrupt is pending or in service the LAPIC
 * knows, whether its handler runs the guest's. Only for the guest kernel of guest_sched.c: a
 * scripted guest may leave its slot busy on purpose.
 */
#pragma once

#include "machine.h"

/*
 * True, and the run has ended, if v's slot is busy and nothing is left that frees it:
 * SIM_STUCK_TASKS when tasks sleep on v's tokens, with their names in the text, else SIM_BROKEN.
 * last_look: before the guest turns APF off or on, and at the end of the run. Otherwise (the vCPU
 * idles) it waits until all tasks that are pinned to v sleep so, and one does.
 */
bool stuck_found(struct vcpu *v, bool last_look);
