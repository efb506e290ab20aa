/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int sim_variate_c_placeholder;
