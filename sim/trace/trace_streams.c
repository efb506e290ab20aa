/* SPDX-License-Identifier: GPL-2.0-or-later */
typedef int trace_streams_c_placeholder;
