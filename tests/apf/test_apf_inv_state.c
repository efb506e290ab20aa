/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_apf_inv_state.c - a corrupt state of the host is found by name */
#include "test_apf_invariants.h"

static struct apf_host h;
static struct apf_area area;
static struct apf_host_out out;

static void host_step(enum apf_host_in_kind kind, uint64_t gfn, uint8_t item)
{
    struct apf_host_in step = {.kind = kind,
                               .gfn = gfn,
                               .item = item,
                               .msr = APF_MSR_EN,
                               .value = 0x10000 | APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT,
                               .ctx = {.irq_allowed = true, .paging = true, .cpl = 3}};

    apf_host_step(&h, &area, &step, &out);
    area.flags = 0;
}

/* ---- host: state. Items 0 and 1 are in flight, 2 is done, 3 is dequeued ---- */

static void host_with_items(void)
{
    memset(&area, 0, sizeof area);
    apf_host_init(&h, APF_KERNEL_TIP, 1, CPUID_ALL, true);
    host_step(APF_IN_WRMSR, 0, 0);
    host_step(APF_IN_RESET, 0, 0); /* takes the wake-all away */
    h.msr_en = APF_EN_ENABLED | APF_EN_DELIVERY_AS_INT;
    h.area_valid = true;
    for (unsigned i = 0; i < 4; i++) {
        host_step(APF_IN_FAULT, 10 + i, 0);
    }
    for (int i = 3; i > 1; i--) {
        host_step(APF_IN_WORK_RUN, 0, (uint8_t)i);
        host_step(APF_IN_WORK_APPEND, 0, (uint8_t)i);
    }
    apf_done_take(&h);
    h.item[3].state = APF_ITEM_DEQUEUED;
    h.dequeued = 3;
}

static void a_done_item_is_not_listed(void)
{
    h.done_head = h.done_tail = APF_NO_ITEM;
}
static void the_tail_of_done_is_wrong(void)
{
    h.done_tail = 0;
}
static void two_are_dequeued(void)
{
    h.item[0].state = APF_ITEM_DEQUEUED;
}
static void none_is_dequeued(void)
{
    h.dequeued = APF_NO_ITEM;
}
static void the_queue_lost_its_head(void)
{
    h.queue_head = h.item[h.queue_head].qnext;
}
static void done_names_an_item_behind_the_last(void)
{
    h.done_head = h.done_tail = APF_ITEMS;
}
static void the_queue_names_an_item_behind_the_last(void)
{
    h.queue_head = h.queue_tail = APF_ITEMS;
}
static void the_tail_of_the_queue_is_wrong(void)
{
    h.queue_tail = 0;
}
static void a_free_item_is_queued(void)
{
    h.item[0].state = APF_ITEM_FREE;
}
static void a_token_is_0(void)
{
    h.item[1].token = 0;
}
static void a_token_is_wake_all(void)
{
    h.item[1].token = APF_TOKEN_WAKE_ALL;
}
static void two_tokens_are_equal(void)
{
    h.item[1].token = h.item[0].token;
}
static void the_last_two_tokens_are_equal(void)
{
    h.item[3].token = h.item[2].token;
}
static void queued_is_one_too_few(void)
{
    h.queued--;
}
static void queued_is_one_too_many(void)
{
    h.queued++;
}
static void there_is_one_item_too_many(void)
{
    host_step(APF_IN_RESET, 0, 0);
    h.dequeued = APF_NO_ITEM;
    for (unsigned i = 0; i < APF_ITEMS; i++) {
        apf_item_free(&h, i);
        h.item[i].state = APF_ITEM_QUEUED;
        h.item[i].token = (i + 1) << 12 | 1;
        apf_queue_append(&h, i);
    }
    h.queued = APF_ITEMS;
}
static void a_gfn_is_not_hashed(void)
{
    apf_gfn_del(&h, h.item[1].gfn);
}
static void a_gfn_too_many_is_hashed(void)
{
    apf_gfn_add(&h, GFN);
}
static void an_item_waits_for_nothing(void)
{
    h.item[5].state = APF_ITEM_CANCELLED;
    h.item[5].worker_returned = true;
}
static void a_free_item_keeps_its_token(void)
{
    h.item[5].token = TOKEN;
}
static void a_free_item_is_to_kick(void)
{
    h.item[5].notify = true;
}
static void the_area_is_gone(void)
{
    h.area_valid = false;
}
static void a_token_names_another(void)
{
    h.item[3].token++;
}

#define QUEUE "INV-11: the queue is exactly the real items in flight"
#define DONE  "INV-11: done is exactly the finished items, each once"
#define COUNT "INV-10: queued counts real and wake-all items, in the limit"
#define HASH  "INV-12: the gfn hash holds the gfns in flight, each once"
#define FREED "INV-18: an item is freed when its worker has returned"
static const struct test_case host_states[] = {
    {a_done_item_is_not_listed, DONE},
    {the_tail_of_done_is_wrong, DONE},
    {two_are_dequeued, DONE},
    {none_is_dequeued, DONE},
    {the_queue_lost_its_head, QUEUE},
    {the_tail_of_the_queue_is_wrong, QUEUE},
    {the_queue_names_an_item_behind_the_last, QUEUE},
    {done_names_an_item_behind_the_last, DONE},
    {a_free_item_is_queued, QUEUE},
    {a_token_is_0, "INV-1: no token is 0"},
    {a_token_is_wake_all, "INV-2: no ordinary token is the wake-all token"},
    {two_tokens_are_equal, "INV-3: tokens in flight on one vCPU are distinct"},
    {the_last_two_tokens_are_equal, "INV-3: tokens in flight on one vCPU are distinct"},
    {queued_is_one_too_few, COUNT},
    {queued_is_one_too_many, COUNT},
    {there_is_one_item_too_many, COUNT},
    {a_gfn_is_not_hashed, HASH},
    {a_gfn_too_many_is_hashed, HASH},
    {an_item_waits_for_nothing, FREED},
    {a_free_item_keeps_its_token, FREED},
    {a_free_item_is_to_kick, FREED},
    {the_area_is_gone, AREA},
    {a_token_names_another, "INV-37: a token names the vCPU that raised it"},
};

Test(apf_invariants, each_state_of_the_host_is_found_by_name)
{
    for (size_t i = 0; i < CASES(host_states); i++) {
        host_with_items();
        const char *sound = apf_host_broken(&h, &area);
        cr_assert_null(sound, "%s", sound);
        host_states[i].corrupt();
        expect_text(apf_host_broken(&h, &area), &host_states[i], i);
    }
}

bool host_states_have(const char *text)
{
    return has_case(host_states, CASES(host_states), text);
}
