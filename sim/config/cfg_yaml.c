/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int cfg_yaml_c_placeholder;
