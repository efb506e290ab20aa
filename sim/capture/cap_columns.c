/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_columns.c - the columns before an event: kernel/trace/trace_output.c, `trace-cmd report`,
 *                 `perf script`
 *
 *   "  CPU 0/KVM-1001    [000] ..... 12.000345: kvm_eoi: ..."   tracefs, trace-cmd
 *   "  CPU 0/KVM  1001 [000] 12.000345:   kvm:kvm_eoi: ..."     perf, pid or pid/tid
 *
 * A comm may hold blanks, brackets and dashes, so the CPU's column is looked for: " [" digits "]".
 */
#include "cap_columns.h"

#include <ctype.h>
#include <string.h>

static bool digits(const char **at, const char *end, uint64_t *ret)
{
    const char *start = *at;

    *ret = 0;
    for (; *at < end && isdigit((unsigned char)**at); (*at)++) {
        if (*at - start >= 19)
            return false;
        *ret = *ret * 10 + (uint64_t)(**at - '0');
    }
    return *at > start;
}

/* The pid ends in front of the CPU's column; before it stands a dash, a blank or a slash. */
static bool read_pid(const char *text, const char *end, struct cap_columns *ret)
{
    uint64_t pid;
    const char *at;

    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    /* with the option record-tgid: "comm-pid (  tgid)" */
    if (end > text && end[-1] == ')') {
        while (end > text && end[-1] != '(')
            end--;
        end -= end > text;
        while (end > text && end[-1] == ' ')
            end--;
    }
    for (at = end; at > text && isdigit((unsigned char)at[-1]);)
        at--;
    if (at == text || (at[-1] != '-' && at[-1] != ' ' && at[-1] != '/'))
        return false;
    for (ret->comm = text; ret->comm < at - 1 && *ret->comm == ' ';)
        ret->comm++;
    ret->comm_bytes = (size_t)(at - 1 - ret->comm);
    if (!digits(&at, end, &pid) || pid > UINT32_MAX)
        return false;
    ret->pid = (uint32_t)pid;
    return true;
}

/* "12.000345:" or "4607842408144:" */
static bool read_time(const char *at, const char *end, struct cap_columns *ret)
{
    uint64_t whole, part;
    const char *start;

    if (!digits(&at, end, &whole) || at == end)
        return false;
    ret->ns = *at == '.';
    ret->when = whole;
    if (ret->ns) {
        start = ++at;
        if (!digits(&at, end, &part) || at - start > 9 || whole > UINT64_MAX / 2000000000)
            return false;
        for (long n = at - start; n < 9; n++)
            part *= 10;
        ret->when = whole * 1000000000 + part;
    }
    if (at == end || *at != ':')
        return false;
    ret->event = at + 1;
    return true;
}

/* Behind the CPU: flags, perhaps none, then the time. */
static bool read_rest(const char *at, const char *end, struct cap_columns *ret)
{
    ret->flags_bytes = 0;
    for (unsigned word = 0; word < 3; word++) {
        while (at < end && *at == ' ')
            at++;
        if (read_time(at, end, ret)) {
            while (ret->event < end && *ret->event == ' ')
                ret->event++;
            return true;
        }
        if (word == 0)
            ret->flags = at;
        while (at < end && *at != ' ')
            at++;
        ret->flags_bytes = (size_t)(word == 0 ? at - ret->flags : (long)ret->flags_bytes);
    }
    return false;
}

bool cap_columns_parse(const char *text, size_t bytes, struct cap_columns *ret)
{
    const char *end = text + bytes, *at = text;

    while ((at = memchr(at, '[', (size_t)(end - at)))) {
        const char *digit = at + 1;
        uint64_t cpu;

        if (at > text && digits(&digit, end, &cpu) && digit < end && *digit == ']' &&
            cpu <= UINT16_MAX && read_pid(text, at, ret) && read_rest(digit + 1, end, ret)) {
            ret->cpu = (uint32_t)cpu;
            return true;
        }
        at++;
    }
    return false;
}
