/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int guest_sched_c_placeholder;
