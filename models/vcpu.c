/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int vcpu_c_placeholder;
