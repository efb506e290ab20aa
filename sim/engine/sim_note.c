/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_note.c - what each note means
 */
#include "sim_note.h"

#define INFO(name, help, a, b, c, d) [NOTE_##name] = {#name, help, {#a, #b, #c, #d}},
const struct sim_note_info sim_note_info[SIM_NOTE_KINDS] = {SIM_NOTES(INFO)};
#undef INFO
