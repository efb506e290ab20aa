/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux_words.h - what the first process of a Linux guest and its VMM say to each other
 *
 * A line on the guest's console: LINUX_MARK WORD NUMBER. The VMM acts on it before the guest's next
 * instruction.
 */
#pragma once

#define LINUX_MARK       "apfsim: "
#define LINUX_TAKE_ALL   "take-all"  /* all memory is taken away; its round */
#define LINUX_TAKE_MINE  "take-mine" /* the touchers' pages are */
#define LINUX_HYP_BEFORE "hyp-before"
#define LINUX_HYP_AFTER  "hyp-after"
#define LINUX_TOUCHED    "touched"
#define LINUX_WRONG      "wrong"
#define LINUX_SPINS      "spins"
#define LINUX_OFFLINES   "offlines" /* so many times has CPU 1 been away */
#define LINUX_STUCK      "stuck"    /* touchers go on no more; so many sleep for a token */
#define LINUX_END        "end"

#define LINUX_MAGIC 0x6c61706673696d21ull /* a page of a toucher begins with it */
