/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int cfg_value_c_placeholder;
