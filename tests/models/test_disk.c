/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_disk.c - published device measurements, queueing theory, order, and the arm of a disk
 *
 * Sources of expected values: docs/devices.md; M/M/1 and M/G/1 by Pollaczek and Khinchine.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "sim_words.h"

/* ---- a closed queue: depth requests, each submitted again as soon as it is complete ---- */

struct closed {
    struct sim *sim;
    struct disk *disk;
    uint64_t done;
};

static void again(void *ctx, const struct disk_request *rq)
{
    struct closed *c = ctx;

    c->done++;
    disk_submit(c->disk, rq);
}

/* Requests a second. */
static double closed_iops(const struct disk_params *p, uint32_t depth, sim_ns time)
{
    struct closed c = {.sim = sim_create(p->channels, 1)};

    c.disk = disk_create(c.sim, p, 0, 1, SIM_STREAM_DISK, depth, again, &c);
    for (uint32_t i = 0; i < depth; i++)
        disk_submit(c.disk, &(struct disk_request){100 * i, 1, false, i});
    cr_expect_eq(sim_run(c.sim, time), SIM_HORIZON);
    cr_expect_eq(disk_high_water(c.disk), depth);
    cr_expect_eq(disk_busy_channels(c.disk), depth < p->channels ? depth : p->channels);
    cr_expect_eq(disk_queued(c.disk) + disk_busy_channels(c.disk), depth);
    disk_destroy(c.disk);
    sim_destroy(c.sim);
    return (double)c.done * 1e9 / (double)time;
}

Test(disk, a_closed_queue_reaches_the_published_iops_and_cycle_times)
{
    struct disk_params custom;
    static const struct {
        const char *preset;
        double iops1, iops16;
    } row[] = {
        {"optane", 108300, 584800},
        {"nvme-flash", 12800, 167200},
        {"custom", 9200, 135700}, /* Micron 9100 */
        {"sata-ssd", 11000, 98000},
    };

    for (unsigned i = 0; i < 4; i++) {
        double iops1, iops16;

        cr_assert(disk_preset(row[i].preset, &custom));
        if (strcmp(row[i].preset, "custom") == 0) {
            custom.channels = 15;
            custom.read.a = 107700;
        }
        iops1 = closed_iops(&custom, 1, 4 * SIM_SEC);
        iops16 = closed_iops(&custom, 16, SIM_SEC);
        cr_expect_lt(fabs(iops1 / row[i].iops1 - 1), 0.05, "%s %f", row[i].preset, iops1);
        cr_expect_lt(fabs(iops16 / row[i].iops16 - 1), 0.05, "%s %f", row[i].preset, iops16);
        /* Cycle time is depth / IOPS, so the relative error of 1 / IOPS must be small, too. */
        cr_expect_lt(fabs(row[i].iops1 / iops1 - 1), 0.05);
        cr_expect_lt(fabs(row[i].iops16 / iops16 - 1), 0.05);
    }
}

/* ---- presets ---- */

Test(disk, every_preset_is_valid_and_has_its_published_mean)
{
    static const struct {
        const char *name;
        double mean;
    } row[] = {
        {"hdd", 12.4e6}, {"sata-ssd", 91000}, {"nvme-flash", 77900},  {"optane", 8900},
        {"zram", 1711},  {"zram-zstd", 5752}, {"zram-lzo-rle", 2246}, {"custom", 100000},
    };
    struct disk_params p;

    for (unsigned i = 0; i < 8; i++) {
        cr_assert_str_eq(disk_preset_name(i), row[i].name);
        cr_assert(disk_preset(row[i].name, &p));
        cr_expect_str_eq(p.device, row[i].name);
        cr_expect_null(sim_dist_check(&p.read), "%s", sim_dist_check(&p.read));
        cr_expect_null(sim_dist_check(&p.write), "%s", sim_dist_check(&p.write));
        cr_expect_float_eq(sim_dist_mean(&p.read), row[i].mean, 0.01, "%s %f", row[i].name,
                           sim_dist_mean(&p.read));
        cr_expect_geq(p.channels, 1);
        cr_expect_eq(p.synchronous, strncmp(row[i].name, "zram", 4) == 0);
    }
    cr_expect_null(disk_preset_name(8));
    cr_expect_not(disk_preset("floppy", &p));
}

static void nobody(void *ctx, const struct disk_request *rq)
{
    (void)ctx;
    (void)rq;
}

/* Completed in 10 ms by one channel of 100 us that lies 100 us away. */
static uint64_t networked(uint32_t depth, bool write)
{
    const struct disk_params p = {.channels = 1,
                                  .read = {.kind = SIM_DIST_CONSTANT, .a = 100 * SIM_US},
                                  .write = {.kind = SIM_DIST_CONSTANT, .a = 100 * SIM_US},
                                  .network_rtt = 100 * SIM_US};
    struct closed c = {.sim = sim_create(p.channels + 1, depth)};

    c.disk = disk_create(c.sim, &p, 0, 1, SIM_STREAM_DISK, depth, again, &c);
    for (uint32_t i = 0; i < depth; i++)
        disk_submit(c.disk, &(struct disk_request){i, 1, write, i});
    cr_expect_eq(sim_run(c.sim, 10 * SIM_MS), SIM_HORIZON);
    disk_destroy(c.disk);
    sim_destroy(c.sim);
    return c.done;
}

Test(disk, a_round_trip_delays_a_read_and_leaves_the_channel_free)
{
    cr_expect_eq(networked(1, false), 50, "service and round trip, one after the other");
    cr_expect_eq(networked(2, false), 99, "the channel is never idle; the last is on its way");
    cr_expect_eq(networked(5, false), 99);
    cr_expect_eq(networked(1, true), 100, "nobody waits for a write");
}

Test(disk, zram_clusters_cost_what_was_measured)
{
    static const struct {
        const char *preset;
        double ns[4];
    } row[] = {
        {"zram", {1708, 2990, 5560, 10674}},
        {"zram-zstd", {5714, 10847, 21073, 41343}},
        {"zram-lzo-rle", {2235, 4045, 7710, 14897}},
    };

    for (unsigned i = 0; i < 3; i++) {
        struct sim *sim = sim_create(4, 1);
        struct disk_params p;
        struct disk *d;

        cr_assert(disk_preset(row[i].preset, &p));
        d = disk_create(sim, &p, 0, 1, SIM_STREAM_DISK, 1, nobody, NULL);
        for (unsigned cluster = 0; cluster < 4; cluster++) {
            double sum = 0;

            for (int n = 0; n < 100000; n++)
                sum += (double)disk_inline_read(d, 0, 1u << cluster);
            cr_expect_lt(fabs(sum / 1e5 / row[i].ns[cluster] - 1), 0.02, "%s %u", row[i].preset,
                         cluster);
        }
        cr_expect_eq(disk_busy_channels(d), 0);
        disk_destroy(d);
        sim_destroy(sim);
    }
}

/* ---- open arrivals ---- */

struct open {
    struct sim_observer o;
    struct sim *sim;
    struct disk *disk;
    sim_actor source;
    struct sim_rng rng;
    struct sim_variate between;
    uint64_t arrived, done, waits;
    uint64_t next_cookie;
    double wait_ns, busy_ns;
    bool out_of_order;
};

static void arrive(void *ctx, const struct sim_event *ev)
{
    struct open *q = ctx;

    disk_submit(q->disk, &(struct disk_request){0, 1, false, q->arrived++});
    sim_actor_at(q->sim, q->source, ev->when + sim_variate_draw(&q->between, &q->rng), 0, 0);
}

static void leave(void *ctx, const struct disk_request *rq)
{
    struct open *q = ctx;

    q->out_of_order |= rq->cookie != q->next_cookie++;
    q->done++;
}

static void listen(struct sim_observer *self, const struct sim_note *n)
{
    struct open *q = (struct open *)self;

    if (n->kind == NOTE_DISK_DONE) {
        q->busy_ns += (double)n->d;
    } else {
        q->wait_ns += (double)n->d;
        q->waits++;
    }
}

/* Runs to `time`; mean wait in units of the mean service time of 1 ms. */
static struct open run_open(struct sim_dist service, uint32_t channels, double rho, sim_ns time)
{
    struct disk_params p = {.channels = channels, .read = service, .write = service};
    struct sim_dist between = {.kind = SIM_DIST_EXPONENTIAL, .a = (sim_ns)(1e6 / (rho * channels))};
    struct open q = {.sim = sim_create(channels + 1, 1)};
    uint64_t kinds = SIM_NOTE_BIT(NOTE_DISK_DONE) | SIM_NOTE_BIT(NOTE_DISK_START);

    q.disk = disk_create(q.sim, &p, 3, 1, SIM_STREAM_DISK, 10000, leave, &q);
    q.source = sim_actor_add(q.sim, SIM_RANK_TIMER, arrive, &q);
    sim_rng_init(&q.rng, 2, SIM_STREAM_START, 0);
    sim_variate_init(&q.between, &between);
    q.o = (struct sim_observer){.note = listen, .kinds = kinds};
    sim_observe(q.sim, &q.o);
    sim_actor_at(q.sim, q.source, 0, 0, 0);
    cr_expect_eq(sim_run(q.sim, time), SIM_HORIZON);
    cr_expect_eq(q.arrived, q.done + disk_queued(q.disk) + disk_busy_channels(q.disk));
    disk_destroy(q.disk);
    sim_destroy(q.sim);
    return q;
}

Test(disk, waiting_times_agree_with_queueing_theory)
{
    static const struct {
        struct sim_dist service;
        uint32_t channels;
        double rho, wait; /* in mean services */
    } row[] = {
        {{.kind = SIM_DIST_EXPONENTIAL, .a = SIM_MS}, 1, 0.5, 1.0},
        {{.kind = SIM_DIST_EXPONENTIAL, .a = SIM_MS}, 1, 0.8, 4.0},
        {{.kind = SIM_DIST_CONSTANT, .a = SIM_MS}, 1, 0.5, 0.5},
        {{.kind = SIM_DIST_CONSTANT, .a = SIM_MS}, 1, 0.8, 2.0},
        /* M/M/2 by Erlang C: rho^2 / (1 - rho^2). */
        {{.kind = SIM_DIST_EXPONENTIAL, .a = SIM_MS}, 2, 0.8, 0.64 / 0.36},
    };
    const sim_ns time = 600 * SIM_SEC;

    for (unsigned i = 0; i < 5; i++) {
        struct open q = run_open(row[i].service, row[i].channels, row[i].rho, time);
        double wait = q.wait_ns / (double)q.waits / 1e6;
        double busy = q.busy_ns / (double)time / row[i].channels;

        cr_expect_lt(fabs(wait / row[i].wait - 1), 0.03, "row %u: %f", i, wait);
        cr_expect_float_eq(busy, row[i].rho, 0.005, "row %u: %f", i, busy);
        cr_expect(row[i].channels > 1 || !q.out_of_order, "one channel serves in order");
    }
}

/* ---- scripts of requests ---- */

struct log {
    struct sim *sim;
    sim_ns when[16];
    uint64_t cookie[16];
    unsigned n;
};

static void write_down(void *ctx, const struct disk_request *rq)
{
    struct log *l = ctx;

    l->when[l->n] = sim_now(l->sim);
    l->cookie[l->n++] = rq->cookie;
}

static struct log run_script(const struct disk_params *p, const struct disk_request *rq, unsigned n)
{
    struct log l = {.sim = sim_create(p->channels, 1)};
    struct disk *d = disk_create(l.sim, p, 0, 1, SIM_STREAM_DISK, 16, write_down, &l);

    for (unsigned i = 0; i < n; i++)
        disk_submit(d, &rq[i]);
    cr_expect_eq(sim_run(l.sim, SIM_SEC), SIM_DEADLOCK, "nothing is left to do");
    cr_expect_eq(l.n, n);
    disk_destroy(d);
    sim_destroy(l.sim);
    return l;
}

Test(disk, requests_start_in_order_and_clusters_pay_for_each_page)
{
    const struct disk_params p = {.channels = 2,
                                  .read = {.kind = SIM_DIST_CONSTANT, .a = 100},
                                  .write = {.kind = SIM_DIST_CONSTANT, .a = 40},
                                  .per_page = 10};
    const struct disk_request rq[] = {
        {0, 8, false, 1},  /* 0 .. 170 on the one channel */
        {8, 1, false, 2},  /* 0 .. 100 on the other */
        {9, 1, true, 3},   /* 100 .. 140 there */
        {10, 2, true, 4},  /* 140 .. 190 there */
        {12, 1, false, 5}, /* 170 .. 270 */
    };
    const sim_ns when[] = {100, 140, 170, 190, 270};
    const uint64_t cookie[] = {2, 3, 1, 4, 5};
    struct log l = run_script(&p, rq, 5);

    for (unsigned i = 0; i < 5; i++) {
        cr_expect_eq(l.when[i], when[i]);
        cr_expect_eq(l.cookie[i], cookie[i]);
    }
}

Test(disk, an_arm_that_is_already_there_neither_seeks_nor_turns)
{
    const struct disk_params p = {.channels = 1,
                                  .read = {.kind = SIM_DIST_CONSTANT, .a = 1000},
                                  .write = {.kind = SIM_DIST_CONSTANT, .a = 1000},
                                  .per_page = 10,
                                  .seek = true};
    const struct disk_request rq[] = {
        {0, 4, false, 0}, /* seek, 3 further pages */
        {4, 4, true, 1},  /* contiguous: 4 pages */
        {4, 4, false, 2}, /* a turn of the platter away */
        {8, 1, false, 3}, /* contiguous */
        {7, 1, false, 4},
    };
    const sim_ns service[] = {1030, 40, 1030, 10, 1000};
    struct log l = run_script(&p, rq, 5);

    for (unsigned i = 0; i < 5; i++)
        cr_expect_eq(l.when[i] - (i ? l.when[i - 1] : 0), service[i], "request %u", i);
}

Test(disk, a_skipped_seek_leaves_the_draws_of_the_others_as_they_were)
{
    struct disk_params p;
    struct disk_request rq[3] = {{0, 1, false, 0}, {500, 1, false, 1}, {900, 1, false, 2}};
    struct log apart, contiguous;

    cr_assert(disk_preset("hdd", &p));
    apart = run_script(&p, rq, 3);
    rq[1].first = 1;
    contiguous = run_script(&p, rq, 3);
    cr_expect_eq(contiguous.when[1] - contiguous.when[0], p.per_page);
    cr_expect_neq(apart.when[1] - apart.when[0], p.per_page);
    cr_expect_eq(apart.when[0], contiguous.when[0]);
    cr_expect_eq(apart.when[2] - apart.when[1], contiguous.when[2] - contiguous.when[1]);
}

static uint64_t run_hash(uint64_t seed, uint32_t number)
{
    struct closed c = {.sim = sim_create(13, 1)};
    struct disk_params p;
    uint64_t hash;

    cr_assert(disk_preset("nvme-flash", &p));
    c.disk = disk_create(c.sim, &p, number, seed, SIM_STREAM_DISK, 32, again, &c);
    for (uint32_t i = 0; i < 32; i++)
        disk_submit(c.disk, &(struct disk_request){i, 1 + i % 3, i % 2, i});
    sim_run(c.sim, 100 * SIM_MS);
    hash = sim_order_hash(c.sim);
    disk_destroy(c.disk);
    sim_destroy(c.sim);
    return hash;
}

Test(disk, a_run_is_a_function_of_seed_and_number)
{
    cr_expect_eq(run_hash(1, 0), run_hash(1, 0));
    cr_expect_neq(run_hash(1, 0), run_hash(2, 0));
    cr_expect_neq(run_hash(1, 0), run_hash(1, 1));
}

Test(disk, one_request_too_many_ends_the_run_by_name)
{
    struct sim *sim = sim_create(1, 1);
    struct disk_params p;
    struct disk *d;

    cr_assert(disk_preset("custom", &p));
    d = disk_create(sim, &p, 0, 1, SIM_STREAM_DISK, 3, nobody, NULL);
    for (uint32_t i = 0; i < 3; i++)
        disk_submit(d, &(struct disk_request){i, 1, false, i});
    cr_expect_eq(sim_stopped(sim), SIM_RUNNING);
    disk_submit(d, &(struct disk_request){3, 1, false, 3});
    cr_expect_eq(sim_stopped(sim), SIM_OUT_OF_SLAB);
    cr_expect_not_null(strstr(sim_stop_text(sim), "requests"));
    cr_expect_eq(disk_high_water(d), 3);
    disk_destroy(d);
    sim_destroy(sim);
}
