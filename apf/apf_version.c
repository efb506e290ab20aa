/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int apf_version_c_placeholder;
