/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_normalize.c - what differs between two recordings of the same is taken out
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "trace_streams.h"

#define LOW_MEMORY 0x1000000u /* the guest's own code, stack and log */

static const char *const dropped[] = {"[reinjected]", "vcpu_wakeup", "VMM: run", "VMM: TIMEOUT"};
static const char *const dropped_at_start[] = {"RESULT", "LOG "};

/* Of these marks, what stands behind the first value (or behind the mark) is left out. */
static const struct {
    const char *mark;
    unsigned values;
} cut_marks[] = {{"TASK-EXIT 0x", 1}, {"TIMER 0x", 1}, {" FAULT 0x", 1}, {" BAD-#PF ", 0}};

static bool is_low_fault(const char *text)
{
    const char *address = strstr(text, " address 0x");

    return address && strstr(text, "kvm_page_fault:") &&
           strtoull(address + strlen(" address "), NULL, 16) < LOW_MEMORY;
}

static bool is_dropped(const char *text)
{
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
        if (strstr(text, dropped[i]))
            return true;
    for (size_t i = 0; i < sizeof dropped_at_start / sizeof *dropped_at_start; i++)
        if (!strncmp(text, dropped_at_start[i], strlen(dropped_at_start[i])))
            return true;
    return is_low_fault(text);
}

/* Takes `prefix` and the number behind it out of the text. `hex`: the number has 0x in prefix. */
static void cut_number(char *text, const char *prefix, bool hex, const char *suffix)
{
    char *at = strstr(text, prefix), *end;

    if (!at)
        return;
    end = at + strlen(prefix);
    while (hex ? isxdigit((unsigned char)*end) : isdigit((unsigned char)*end))
        end++;
    if (strncmp(end, suffix, strlen(suffix)) != 0)
        return;
    end += strlen(suffix);
    memmove(at, end, strlen(end) + 1);
}

static void cut_tail(char *text, const char *mark, unsigned values)
{
    char *at = strstr(text, mark);

    if (!at)
        return;
    at += strlen(mark);
    if (values == 0) {
        *at = '\0';
        return;
    }
    while (isxdigit((unsigned char)*at))
        at++;
    if (*at == ' ')
        *at = '\0';
}

bool trace_line_normalize(char *text)
{
    size_t length;

    if (is_dropped(text))
        return false;
    cut_number(text, " after ", false, " us");
    cut_number(text, "address 0x7f", true, "");
    cut_number(text, "rip 0x", true, "");
    for (size_t i = 0; i < sizeof cut_marks / sizeof *cut_marks; i++)
        cut_tail(text, cut_marks[i].mark, cut_marks[i].values);
    length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return length > 0;
}
