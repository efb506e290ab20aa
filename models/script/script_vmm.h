/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script_vmm.h - a recorded experiment, run on the models: machine, VMM, guest, monitor
 *
 * Knows:    world.h, machine.h, script_guest.h, script_monitor.h.
 * Machine:  Linux 6.1 as host, kvm-amd without AVIC (EOI exits), one vCPU, one host CPU for
 *           everybody. Costs are those of the emulated machine of the recordings, by their time
 *           stamps; they are small beside the delays that most scripts choose, and order is
 * compared, not time. Promise:  a run is a pure function of the options.
 */
#pragma once

#include "script_options.h"
#include "sim.h"

struct script_vmm;

/* NULL when memory is short. */
struct script_vmm *script_vmm_create(const struct script_options *o);
void script_vmm_destroy(struct script_vmm *m);    /* NULL is fine */
struct sim *script_vmm_sim(struct script_vmm *m); /* to observe */
/* To the guest's end (SIM_ALL_DONE) or the script's time-out (SIM_HORIZON); else what is wrong. */
enum sim_outcome script_vmm_run(struct script_vmm *m);
