/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_apf_versions.c - the table of kernels: names, and which row has which rule */
#include "apf.h"
#include "apf_host.h"

#include <criterion/criterion.h>
#include <string.h>

Test(apf_versions, names_are_read_back)
{
    static const char *const names[] = {"5.8", "5.10", "5.13", "5.17",
                                        "6.1", "6.12", "tip",  "4.14"};

    cr_assert_eq(sizeof names / sizeof names[0], APF_KERNEL_ROWS);
    for (unsigned k = 0; k < APF_KERNEL_ROWS; k++) {
        enum apf_kernel got = APF_KERNELS;
        cr_expect(apf_kernel_parse(names[k], &got));
        cr_expect_eq(got, k);
        cr_expect_str_eq(apf_kernel_name((enum apf_kernel)k), names[k]);
        cr_expect_str_eq(apf_guest_rules[k].name, names[k]);
    }
}

Test(apf_versions, a_kernel_that_is_not_listed_is_refused)
{
    enum apf_kernel got = APF_KERNEL_6_1;

    cr_expect_not(apf_kernel_parse("6.12.117", &got));
    cr_expect_not(apf_kernel_parse("", &got));
    cr_expect_eq(got, APF_KERNEL_6_1);
    cr_expect_null(apf_kernel_name(APF_KERNEL_ROWS));
}

/* One letter a rule, in the order of the struct; a dash where the kernel is older than the rule. */
static const char *host_letters(enum apf_kernel k, char *ret)
{
    const struct apf_host_rules *r = &apf_host_rules[k];
    const bool flags[] = {r->token_nonzero,
                          r->ack_gated_by_int,
                          r->dequeue_tests_lapic,
                          r->deliver_tests_paging,
                          r->pg_keeps_queue,
                          r->en_checks_area_first,
                          r->ack_has_barrier,
                          r->flush_on_free,
                          r->swap_window1_is_sync,
                          r->ready_by_pf,
                          r->hook_first,
                          r->ready_announced,
                          r->deliver_tests_protected};

    for (size_t i = 0; i < sizeof flags; i++) {
        ret[i] = flags[i] ? "talpqebfsohax"[i] : '-';
    }
    ret[sizeof flags] = 0;
    return ret;
}

Test(apf_versions, each_host_has_the_rules_of_its_time)
{
    static const char *const expected[APF_KERNEL_ROWS] = {
        "--------s-ha-", "--------s-ha-", "--l-----s-ha-", "tal-----s-ha-",
        "talpq--fs-ha-", "talpq--f--ha-", "talpqebf--hax", "--------so---"};
    char got[16];

    for (unsigned k = 0; k < APF_KERNEL_ROWS; k++) {
        cr_expect_str_eq(host_letters((enum apf_kernel)k, got), expected[k], "%s: %s",
                         apf_kernel_name((enum apf_kernel)k), got);
    }
}

Test(apf_versions, each_guest_has_the_rules_of_its_time)
{
    for (unsigned k = 0; k < APF_KERNEL_ROWS; k++) {
        const struct apf_guest_rules *r = &apf_guest_rules[k];
        cr_expect_eq(r->uses_int, k >= APF_KERNEL_5_10 && k < APF_KERNELS);
        cr_expect_eq(r->ready_by_pf, k == APF_KERNEL_4_14);
        cr_expect_eq(r->dummy_alloc_unlocked, k >= APF_KERNEL_6_1 && k < APF_KERNELS);
        cr_expect_eq(r->nmi_peeks_flags, k >= APF_KERNEL_6_12 && k < APF_KERNELS);
    }
}

Test(apf_versions, findings_on_old_kernels_have_their_label)
{
    static const struct {
        enum apf_kernel kernel;
        const char *broken, *label;
    } rows[] = {
        {APF_KERNEL_5_13, "INV-1: x", "BUG-23"},
        {APF_KERNEL_5_17, "INV-1: x", NULL},
        {APF_KERNEL_5_8, "INV-10: x", NULL},
        {APF_KERNEL_5_17, "INV-18: x", "BUG-25"},
        {APF_KERNEL_6_1, "INV-18: x", NULL},
        {APF_KERNEL_6_12, "INV-18: x", NULL},
        {APF_KERNEL_6_12, "INV-20: x", "BUG-27"},
        {APF_KERNEL_TIP, "INV-20: x", NULL},
        {APF_KERNEL_TIP, "INV-2: x", "HOLE-9"},
        {APF_KERNEL_TIP, NULL, NULL},
        {APF_KERNEL_5_17, "INV-13: paging is", "BUG-24"},
        {APF_KERNEL_5_17, "INV-13: a #PF", NULL},
        {APF_KERNEL_5_8, "INV-6: x", NULL},
        {APF_KERNEL_4_14, "INV-6: x", "BUG-16"},
        {APF_KERNEL_4_14, "INV-18: x", "BUG-25"},
        {APF_KERNEL_5_13, "INV-24: the ACK MSR is", "BUG-22"},
        {APF_KERNEL_5_17, "INV-24: the ACK MSR is", NULL},
        {APF_KERNEL_4_14, "INV-15: x", "BUG-32"},
        {APF_KERNEL_5_8, "INV-15: x", NULL},
        {APF_KERNEL_6_1, "INV-20: x", "BUG-27"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *got = apf_host_known_bug(rows[i].kernel, rows[i].broken);
        cr_expect(got == rows[i].label || (got && rows[i].label && !strcmp(got, rows[i].label)),
                  "row %zu: %s", i, got ? got : "none");
    }
}

/* The same of the protocols, in the order of their struct. */
static const char *protocol_letters(enum apf_protocol p, char *ret)
{
    const struct apf_protocol_rules *r = &apf_protocol_rules[p];
    const bool flags[] = {r->merged,        r->user_exits,   r->halts,       r->gfn_hash,
                          r->token_nonzero, r->guest_token,  r->shared_pair, r->cancels,
                          r->keeps_request, r->worker_tells, r->uses_area,   r->wakes_all,
                          r->off_keeps,     r->prefaults};

    for (size_t i = 0; i < sizeof flags; i++) {
        ret[i] = flags[i] ? "muhgztscktawop"[i] : '-';
    }
    ret[sizeof flags] = 0;
    return ret;
}

Test(apf_versions, each_protocol_has_its_rules_and_its_name)
{
    static const struct {
        const char *name, *letters;
    } rows[APF_PROTOCOLS] = {{"x86", "m-hgz-----aw-p"},
                             {"async-pf-user", "-uhgz-----aw-p"},
                             {"arm64-sdei", "---g--sck-aw-p"},
                             {"s390", "m----t---t--o-"}};
    char got[16];

    for (unsigned p = 0; p < APF_PROTOCOLS; p++) {
        enum apf_protocol read = APF_PROTOCOLS;
        cr_expect(apf_protocol_parse(rows[p].name, &read) && read == p);
        cr_expect_str_eq(protocol_letters((enum apf_protocol)p, got), rows[p].letters, "%s: %s",
                         rows[p].name, got);
    }
    enum apf_protocol read = APF_S390;
    cr_expect_not(apf_protocol_parse("arm64", &read));
    cr_expect_eq(read, APF_S390);
}

Test(apf_versions, an_invariant_is_asked_where_it_means_something)
{
    cr_expect(apf_protocol_asks(APF_X86, "INV-1: no token is 0"));
    cr_expect_not(apf_protocol_asks(APF_ARM64_SDEI, "INV-1: no token is 0"));
    cr_expect_not(apf_protocol_asks(APF_ARM64_SDEI, "INV-25: "));
    cr_expect_not(apf_protocol_asks(APF_ARM64_SDEI, "INV-37: the last of the list"));
    cr_expect(apf_protocol_asks(APF_ARM64_SDEI, "INV-2: no part of another number"));
    cr_expect(apf_protocol_asks(APF_S390, "INV-25: "));
    cr_expect_not(apf_protocol_asks(APF_S390, "INV-38: "));
    cr_expect(apf_protocol_asks(APF_PROTOCOLS, "INV-1: no such protocol"));
}

Test(apf_versions, every_reason_has_a_name_of_its_own_and_a_sentence)
{
    for (unsigned i = 0; i < APF_WHY_COUNT; i++) {
        cr_assert_not_null(apf_why_name[i], "%u", i);
        cr_assert_not_null(apf_why_text[i], "%u", i);
        cr_expect_eq(strspn(apf_why_name[i], "abcdefghijklmnopqrstuvwxyz0123456789_"),
                     strlen(apf_why_name[i]));
        for (unsigned k = 0; k < i; k++) {
            cr_expect_str_neq(apf_why_name[i], apf_why_name[k]);
        }
    }
    cr_expect_str_eq(apf_why_name[APF_WHY_CPL0], "cpl0");
    cr_expect_str_eq(apf_why_name[APF_WHY_INLINE_OTHER], "inline_other");
}

Test(apf_versions, every_invariant_begins_with_its_label)
{
    unsigned n = 0;

    for (const struct apf_invariant *v; (v = apf_host_invariant(n)); n++) {
        cr_expect_eq(strncmp(v->text, v->id, strlen(v->id)), 0);
        cr_expect_eq(v->text[strlen(v->id)], ':');
    }
    cr_expect_geq(n, 30);
}
