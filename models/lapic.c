/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int lapic_c_placeholder;
