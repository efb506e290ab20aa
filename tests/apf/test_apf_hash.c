/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_apf_hash.c - hash values as the kernel computes them, and the gfn table against a set */
#include "apf.h"
#include "apf_host.h"
#include "apf_host_list.h"

#include <criterion/criterion.h>

#if APF_LIMIT == 64
Test(apf_hash, gfns_fall_where_the_kernel_puts_them)
{
    static const struct {
        uint64_t gfn;
        uint32_t slot;
    } rows[] = {{0, 0},         {1, 24},          {2, 48},       {0x100, 50},
                {0x1000, 34},   {0x12345, 18},    {0x12346, 43}, {0xfffff, 0},
                {0x100000, 25}, {0x700000001, 24} /* only the low 32 bits are hashed */};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(apf_gfn_hash(rows[i].gfn), rows[i].slot, "gfn %#llx: %u",
                     (unsigned long long)rows[i].gfn, apf_gfn_hash(rows[i].gfn));
    }
}
#endif

#if APF_BUCKETS == 256
Test(apf_hash, tokens_fall_where_the_kernel_puts_them)
{
    static const struct {
        uint32_t token, bucket;
    } rows[] = {{0x1000, 136}, {0x1001, 234}, {0x2000, 16},
                {0x2001, 114}, {0x3003, 190}, {0xfffff000, 119}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(apf_token_hash(rows[i].token), rows[i].bucket, "token %#x: %u", rows[i].token,
                     apf_token_hash(rows[i].token));
    }
}

Test(apf_hash, sixty_four_consecutive_ids_have_sixty_four_buckets)
{
    for (uint32_t from = 1; from < 4096; from += 61) {
        bool taken[APF_BUCKETS] = {false};
        for (uint32_t id = from; id < from + 64; id++) {
            uint32_t b = apf_token_hash((id << 12) | 9);
            cr_assert_not(taken[b], "id %u", id);
            taken[b] = true;
        }
    }
}
#endif

static uint64_t random_state = 1;
static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % below);
}

static struct apf_host h;

static void expect_same(const bool *in, uint64_t gfns)
{
    for (uint64_t g = 0; g < gfns; g++) {
        cr_assert_eq(apf_host_in_flight(&h, g << 28), in[g], "gfn %llu", (unsigned long long)g);
    }
}

/* Gfns whose low 32 bits take few values collide hard; 40 of them fit in no table of 64 at ease. */
Test(apf_hash, the_gfn_table_is_a_set_up_to_the_limit)
{
    enum { GFNS = 96 };
    bool in[GFNS] = {false};
    uint32_t count = 0;

    apf_host_init(&h, APF_KERNEL_6_12, 0, 0, true);
    for (int n = 0; n < 20000; n++) {
        uint32_t g = draw(GFNS);
        if (in[g]) {
            apf_gfn_del(&h, (uint64_t)g << 28);
            count--;
            in[g] = false;
        } else if (count < APF_LIMIT) {
            cr_assert(apf_gfn_add(&h, (uint64_t)g << 28));
            count++;
            in[g] = true;
        }
        if (n % 16 == 0) {
            expect_same(in, GFNS);
        }
    }
}

Test(apf_hash, a_full_table_refuses_and_survives)
{
    apf_host_init(&h, APF_KERNEL_6_12, 0, 0, true);
    for (uint64_t g = 0; g < APF_GFN_SLOTS; g++) {
        cr_assert(apf_gfn_add(&h, g));
    }
    cr_expect_not(apf_gfn_add(&h, 1000));
    cr_expect_not(apf_host_in_flight(&h, 1000));
    apf_gfn_del(&h, 1000); /* not there: nothing happens */
    for (uint64_t g = 0; g < APF_GFN_SLOTS; g++) {
        cr_expect(apf_host_in_flight(&h, g));
        apf_gfn_del(&h, g);
        cr_expect_not(apf_host_in_flight(&h, g));
    }
}

/* The table full of gfns of one home: the hole goes all the way round to the last of them. */
Test(apf_hash, in_a_full_table_all_move_up_behind_a_hole)
{
    uint64_t gfns[APF_GFN_SLOTS];
    uint32_t found = 0;

    apf_host_init(&h, APF_KERNEL_6_12, 0, 0, true);
    for (uint64_t g = 0; found < APF_GFN_SLOTS; g++) {
        if (apf_gfn_hash(g) == APF_GFN_SLOTS / 2) {
            cr_assert(apf_gfn_add(&h, g));
            gfns[found++] = g;
        }
    }
    for (uint32_t gone = 0; gone < APF_GFN_SLOTS; gone++) {
        apf_gfn_del(&h, gfns[gone]);
        for (uint32_t i = 0; i < APF_GFN_SLOTS; i++) {
            cr_assert_eq(apf_host_in_flight(&h, gfns[i]), i > gone, "%u of %u", i, gone);
        }
    }
}

Test(apf_hash, an_empty_slot_is_no_gfn)
{
    apf_host_init(&h, APF_KERNEL_6_12, 0, 0, true);
    cr_expect_not(apf_host_in_flight(&h, APF_NO_GFN));
}
