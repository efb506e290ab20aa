/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int apf_host_c_placeholder;
