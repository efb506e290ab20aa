/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int sim_assert_c_placeholder;
