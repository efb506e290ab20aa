/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int disk_c_placeholder;
