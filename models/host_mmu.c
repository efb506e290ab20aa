/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int host_mmu_c_placeholder;
