/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int page_cache_c_placeholder;
