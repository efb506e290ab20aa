/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int rep_run_c_placeholder;
