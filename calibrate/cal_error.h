/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_error.h - what went wrong in a measurement, in one line
 */
#pragma once

#include <stdbool.h>

#define CAL_TEXT_MAX 400

enum cal_fault {
    CAL_OK,
    CAL_MISSING, /* a facility of this machine is missing: the text says how to get it */
    CAL_USAGE,   /* what was asked cannot be: the text says what could */
    CAL_BROKEN,  /* the real host or guest did what the protocol does not allow */
};

struct cal_error {
    enum cal_fault fault;
    char text[CAL_TEXT_MAX];
};

/* Sets *error unless it is set already. Always false, for `return cal_fail(...)`. */
bool cal_fail(struct cal_error *error, enum cal_fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
