/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_example.c - prints results made by hand as JSON, for check_json.py
 *
 * json_example [good | failed | one | odd | shared | guests]: all is well; every run of apf failed;
 * a single replica, so no intervals; names that must be escaped; host CPUs that vCPUs share;
 * several guests.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "rep_fixture.h"
#include "rep_out.h"
#include "rep_verdict.h"

static void change(const char *what, struct rep_setting *set, struct rep_result **runs)
{
    if (!strcmp(what, "failed"))
        for (uint32_t r = 0; r < set->replicas; r++)
            runs[APF * set->replicas + r]->outcome = SIM_DEADLOCK;
    if (!strcmp(what, "shared"))
        fixture_share(set, runs);
    if (!strcmp(what, "guests"))
        fixture_guests(set);
    if (!strcmp(what, "odd"))
        set->workload = "a \"b\" \\ \t \x01 \xc3\xa9";
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    g_autoptr(GString) out = g_string_new(NULL);
    struct rep_setting set;
    struct rep_result **runs;
    struct rep_summary *s;

    fixture_setting(&set, strcmp(what, "one") ? 3 : 1);
    runs = fixture_runs(&set);
    change(what, &set, runs);
    s = rep_summary_create(&set, runs);
    rep_verdict_fill(s);
    rep_json(out, s);
    fputs(out->str, stdout);
    rep_summary_destroy(s);
    fixture_free(runs);
    return 0;
}
