/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_aside.h - a place to draw in, for results whose own directory cannot be written
 */
#pragma once

#include <glib.h>

/* A new temporary directory in which the `count` files of `dir` that are there are symbolic links.
 * g_free() it; NULL: it cannot be made, said. */
char *cli_aside_make(const char *dir, const char *const *name, unsigned count);
/* Removes it and all files in it. */
void cli_aside_remove(const char *aside);
