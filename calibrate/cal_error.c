/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cal_error.c - the first thing that went wrong is what is told
 */
#include "cal_error.h"

#include <stdarg.h>
#include <stdio.h>

bool cal_fail(struct cal_error *error, enum cal_fault fault, const char *format, ...)
{
    va_list args;

    if (error->fault != CAL_OK)
        return false;
    error->fault = fault;
    va_start(args, format);
    vsnprintf(error->text, sizeof(error->text), format, args);
    va_end(args);
    return false;
}
