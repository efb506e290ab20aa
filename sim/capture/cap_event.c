/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap_event.c - the kernel's print formats, read back
 */
#include "cap_event.h"

#include <ctype.h>
#include <string.h>

#define CAP_KIND_NAME(name, text) [CAP_##name] = (text),
const char *const cap_kind_name[CAP_KINDS] = {CAP_KINDS_X(CAP_KIND_NAME)[CAP_OTHER] = "other"};
#undef CAP_KIND_NAME

/* What is still to be read of a line. */
struct words {
    const char *at, *end;
};

static void skip_blanks(struct words *w)
{
    while (w->at < w->end && (*w->at == ' ' || *w->at == '\t' || *w->at == '='))
        w->at++;
}

/* Takes `word` if it comes next. */
static bool take(struct words *w, const char *word)
{
    size_t n = strlen(word);

    skip_blanks(w);
    if ((size_t)(w->end - w->at) < n || memcmp(w->at, word, n) != 0)
        return false;
    w->at += n;
    return true;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A number in base 16 (0x may stand before it) or 10, up to 64 bits, and then no letter. */
static bool number(struct words *w, int base, uint64_t *ret)
{
    const char *start;

    skip_blanks(w);
    if (w->end - w->at > 2 && w->at[0] == '0' && w->at[1] == 'x') {
        w->at += 2;
        base = 16;
    }
    start = w->at;
    *ret = 0;
    for (; w->at < w->end && digit(*w->at) >= 0 && digit(*w->at) < base; w->at++) {
        if (w->at - start >= (base == 16 ? 16 : 19))
            return false;
        *ret = *ret * (uint64_t)base + (uint64_t)digit(*w->at);
    }
    return w->at > start && (w->at == w->end || !isalnum((unsigned char)*w->at));
}

static bool number_behind(struct words *w, const char *word, int base, uint64_t *ret)
{
    return take(w, word) && number(w, base, ret);
}

/* Whether `word` stands anywhere in the rest. */
static bool has(const struct words *w, const char *word)
{
    return memmem(w->at, (size_t)(w->end - w->at), word, strlen(word)) != NULL;
}

/* Moves behind `word`, wherever it stands. */
static bool find(struct words *w, const char *word)
{
    const char *at = memmem(w->at, (size_t)(w->end - w->at), word, strlen(word));

    if (at)
        w->at = at + strlen(word);
    return at != NULL;
}

static bool read_msr(struct words *w, struct cap_event *e)
{
    if (take(w, "msr_write"))
        e->flags |= CAP_WRITE;
    else if (!take(w, "msr_read"))
        return false;
    if (!number(w, 16, &e->a) || !number(w, 16, &e->b))
        return false;
    e->flags |= has(w, "(#GP)") ? CAP_GP : 0;
    return true;
}

/* "exception=14 has_error=1 error_code=0 reinjected=0": what trace-cmd prints of the fields where
 * it cannot read the kernel's print format, as libtraceevent 1.7 cannot. */
static bool read_raw_exception(struct words *w, struct cap_event *e)
{
    uint64_t vector, has_error, again;

    if (!number_behind(w, "exception", 10, &vector) ||
        !number_behind(w, "has_error", 10, &has_error) ||
        !number_behind(w, "error_code", 10, &e->a))
        return false;
    e->flags |= vector == 14 && has_error ? CAP_PF : 0;
    e->flags |= number_behind(w, "reinjected", 10, &again) && again ? CAP_AGAIN : 0;
    return true;
}

static bool read_exception(struct words *w, struct cap_event *e)
{
    if (take(w, "[FAILED TO PARSE]"))
        return read_raw_exception(w, e);
    e->flags |= has(w, "[reinjected]") ? CAP_AGAIN : 0;
    if (take(w, "#PF"))
        e->flags |= CAP_PF;
    else if (!take(w, "#") && !take(w, "0x"))
        return w->at < w->end;
    return !(e->flags & CAP_PF) || number_behind(w, "(", 16, &e->a);
}

/* "IRQ 0xf3", "Soft/INTn 0x80 [reinjected]"; up to 5.18 "irq 243", whatever it is. */
static bool read_virq(struct words *w, struct cap_event *e)
{
    if (take(w, "irq"))
        return number(w, 10, &e->a);
    e->flags |= has(w, "[reinjected]") ? CAP_AGAIN : 0;
    if (take(w, "Soft/INT"))
        e->flags |= CAP_SOFT;
    else if (!take(w, "IRQ"))
        return false;
    return number(w, 16, &e->a);
}

static bool read_wakeup(struct words *w, struct cap_event *e)
{
    if (take(w, "poll"))
        e->flags |= CAP_POLL;
    else if (!take(w, "wait"))
        return false;
    return number_behind(w, "time", 10, &e->a);
}

/* "apicid 0 vector 243"; -1: a write of the EOI register while nothing is in service. */
static bool read_eoi(struct words *w, struct cap_event *e)
{
    if (!number_behind(w, "apicid", 16, &e->b) || !take(w, "vector"))
        return false;
    if (take(w, "-1")) {
        e->flags |= CAP_NONE;
        return true;
    }
    return number(w, 10, &e->a);
}

/* "apicid 0 vec 243 (Fixed|edge)" */
static bool read_accept(struct words *w, struct cap_event *e)
{
    if (!number_behind(w, "apicid", 16, &e->a) || !number_behind(w, "vec", 10, &e->b))
        return false;
    if (has(w, "(INIT|"))
        e->flags |= CAP_INIT;
    else if (has(w, "(") && !has(w, "(Fixed|") && !has(w, "(LowPrio|"))
        e->flags |= CAP_NONE;
    return true;
}

static bool read_fields(struct words *w, struct cap_event *e)
{
    switch ((enum cap_kind)e->kind) {
    case CAP_TRY:
    case CAP_REPEATED:
        return number_behind(w, "gva", 16, &e->a) && take(w, ",") &&
               number_behind(w, "gfn", 16, &e->b);
    case CAP_NOT_PRESENT:
    case CAP_READY:
        return number_behind(w, "token", 16, &e->a) && e->a <= UINT32_MAX &&
               number_behind(w, "gva", 16, &e->b);
    case CAP_COMPLETED: /* recordings may leave the host's address out */
        return number_behind(w, "gva", 16, &e->a) && (!take(w, "address") || number(w, 16, &e->b));
    case CAP_MSR:
        return read_msr(w, e);
    case CAP_INJ_EXCEPTION:
        return read_exception(w, e);
    case CAP_INJ_VIRQ:
        return read_virq(w, e);
    case CAP_ACCEPT:
        return read_accept(w, e);
    case CAP_EOI:
        return read_eoi(w, e);
    case CAP_PAGE_FAULT:
        return find(w, " address ") && number(w, 16, &e->a) &&
               (!take(w, "error_code") || number(w, 16, &e->b));
    case CAP_WAKEUP:
        return read_wakeup(w, e);
    case CAP_NESTED:
        return find(w, "ext_inf1:") && number(w, 16, &e->a) && find(w, "ext_inf2:") &&
               number(w, 16, &e->b);
    case CAP_ENTRY:
    case CAP_MARK:
    case CAP_OTHER:
    case CAP_KINDS:
        break;
    }
    return true;
}

static enum cap_kind kind_of(const char *name, size_t bytes)
{
    static const char old_name[] = "kvm_async_pf_doublefault"; /* before it was named repeated */

    for (unsigned k = 0; k < CAP_OTHER; k++)
        if (strlen(cap_kind_name[k]) == bytes && !memcmp(cap_kind_name[k], name, bytes))
            return (enum cap_kind)k;
    return sizeof old_name - 1 == bytes && !memcmp(old_name, name, bytes) ? CAP_REPEATED
                                                                          : CAP_OTHER;
}

bool cap_event_parse(const char *text, size_t bytes, struct cap_event *ret)
{
    struct words w = {text, text + bytes};
    const char *colon;

    take(&w, "kvm:");
    colon = memchr(w.at, ':', (size_t)(w.end - w.at));
    ret->flags = 0;
    ret->a = ret->b = 0;
    if (!colon) {
        ret->kind = CAP_OTHER;
        return true;
    }
    ret->kind = (uint8_t)kind_of(w.at, (size_t)(colon - w.at));
    w.at = colon + 1;
    return read_fields(&w, ret);
}
