/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int sim_words_c_placeholder;
