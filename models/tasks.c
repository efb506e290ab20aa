/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int tasks_c_placeholder;
