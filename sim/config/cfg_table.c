/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int cfg_table_c_placeholder;
