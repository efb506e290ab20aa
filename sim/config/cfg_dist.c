/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_dist.c - distributions of times as one text, such as lognormal(p50=76us,p99=96us)
 *
 * A list of "kind(arguments)" rows; what the arguments must satisfy together is sim_dist_check()'s.
 */
#include <string.h>

#include "cfg_error.h"
#include "cfg_value.h"
#include "params.h"

static char *parse_constant(char **args, struct sim_dist *d)
{
    return cfg_parse_time(args[0], &d->a);
}

static char *parse_uniform(char **args, struct sim_dist *d)
{
    char *why = cfg_parse_time(args[0], &d->a);

    return why ? why : cfg_parse_time(args[1], &d->b);
}

static char *parse_lognormal(char **args, struct sim_dist *d)
{
    bool swapped = g_str_has_prefix(args[0], "p99=");
    const char *median = args[swapped], *tail = args[!swapped];
    char *why;

    if (!g_str_has_prefix(median, "p50=") || !g_str_has_prefix(tail, "p99="))
        return g_strdup("lognormal needs a median and a 99th percentile: "
                        "lognormal(p50=76us,p99=96us)");
    why = cfg_parse_time(median + 4, &d->a);
    return why ? why : cfg_parse_time(tail + 4, &d->b);
}

static char *parse_quantiles(char **args, struct sim_dist *d)
{
    for (d->points = 0; args[d->points]; d->points++) {
        char *colon = strchr(args[d->points], ':'), *why;
        g_autofree char *quoted = cfg_quote(args[d->points]);
        sim_ns ns;

        if (!colon)
            return g_strdup_printf("quantile %s is not SHARE:TIME, such as 0.5:2us", quoted);
        *colon = '\0';
        why = cfg_parse_share(args[d->points], &d->q[d->points].ppm);
        if (!why)
            why = cfg_parse_time(colon + 1, &ns);
        if (why)
            return why;
        d->q[d->points].ns = ns;
    }
    return NULL;
}

static const struct {
    const char *name;
    enum sim_dist_kind kind;
    unsigned least, most; /* arguments */
    const char *form;
    char *(*parse)(char **args, struct sim_dist *d);
} kinds[] = {
    {"constant", SIM_DIST_CONSTANT, 1, 1, "constant(12.4ms)", parse_constant},
    {"uniform", SIM_DIST_UNIFORM, 2, 2, "uniform(1ms,2ms)", parse_uniform},
    {"exponential", SIM_DIST_EXPONENTIAL, 1, 1, "exponential(1ms)", parse_constant},
    {"lognormal", SIM_DIST_LOGNORMAL, 2, 2, "lognormal(p50=76us,p99=96us)", parse_lognormal},
    {"quantiles", SIM_DIST_QUANTILES, 2, SIM_DIST_POINTS, "quantiles(0:1us,0.5:2us,1:9us)",
     parse_quantiles},
};

static char *unknown_kind(const char *name)
{
    const char *known[G_N_ELEMENTS(kinds)];
    g_autofree char *hint = NULL, *quoted = cfg_quote(name);

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        known[i] = kinds[i].name;
    hint = cfg_hint(name, known, G_N_ELEMENTS(known));
    return g_strdup_printf("unknown distribution %s%s", quoted, hint);
}

/* A distribution is hashed and compared as bytes: what is not used is zero. */
static char *parse_arguments(size_t kind, char *inside, struct sim_dist *ret)
{
    g_auto(GStrv) args = g_strsplit(inside, ",", -1);
    unsigned count = g_strv_length(args);
    const char *broken;
    char *why;

    if (count < kinds[kind].least || count > kinds[kind].most)
        return g_strdup_printf("%u value%s in %s(); write for example %s", count,
                               count == 1 ? "" : "s", kinds[kind].name, kinds[kind].form);
    for (unsigned i = 0; i < count; i++)
        g_strstrip(args[i]);
    *ret = (struct sim_dist){.kind = kinds[kind].kind};
    why = kinds[kind].parse(args, ret);
    if (why)
        return why;
    broken = sim_dist_check(ret);
    return broken ? g_strdup(broken) : NULL;
}

char *cfg_parse_dist(const char *text, struct sim_dist *ret)
{
    g_autofree char *copy = g_strdup(text);
    char *open = strchr(copy, '('), *close = strrchr(copy, ')');

    if (!open) {
        *ret = (struct sim_dist){.kind = SIM_DIST_CONSTANT};
        if (*text && !g_ascii_isdigit(*text) && !strchr("+-", *text))
            return unknown_kind(text);
        return cfg_parse_time(text, &ret->a);
    }
    if (!close || close < open || close[1])
        return g_strdup("a distribution ends with its ')', such as exponential(1ms)");
    *open = '\0';
    *close = '\0';
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(copy, kinds[i].name) == 0)
            return parse_arguments(i, open + 1, ret);
    return unknown_kind(copy);
}

static char *format_quantiles(const struct sim_dist *d)
{
    GString *out = g_string_new("quantiles(");

    for (uint32_t i = 0; i < d->points && i < SIM_DIST_POINTS; i++) {
        g_autofree char *share = cfg_format_share(d->q[i].ppm), *time = cfg_format_time(d->q[i].ns);

        g_string_append_printf(out, "%s%s:%s", i ? "," : "", share, time);
    }
    g_string_append_c(out, ')');
    return g_string_free(out, FALSE);
}

char *cfg_format_dist(const struct sim_dist *d)
{
    g_autofree char *a = cfg_format_time(d->a), *b = cfg_format_time(d->b);

    switch (d->kind) {
    case SIM_DIST_UNIFORM:
        return g_strdup_printf("uniform(%s,%s)", a, b);
    case SIM_DIST_EXPONENTIAL:
        return g_strdup_printf("exponential(%s)", a);
    case SIM_DIST_LOGNORMAL:
        return g_strdup_printf("lognormal(p50=%s,p99=%s)", a, b);
    case SIM_DIST_QUANTILES:
        return format_quantiles(d);
    case SIM_DIST_CONSTANT:
    case SIM_DIST_KINDS:
        break;
    }
    return g_steal_pointer(&a);
}
