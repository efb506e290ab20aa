/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cfg_values.c - what users write is what the models get: units, distributions, precedence
 *
 * Bad input has a table of its own: bad_input.txt.
 */
#include <criterion/criterion.h>

#include "cfg_table.h"
#include "config.h"

static const char base[] = "# base: does it load?\n"
                           "host: {memory: {limit: 64MiB}}\n"
                           "disk: {device: hdd}\n"
                           "regions:\n"
                           "  array: {size: 4MiB, backing: swap}\n"
                           "tasks:\n"
                           "  worker:\n"
                           "    measure: true\n"
                           "    loop:\n"
                           "      - compute: 1us\n"
                           "      - touch: {region: array, pattern: uniform}\n";

/* A device whose every number is known here. */
static bool preset(const char *name, struct disk_params *ret)
{
    *ret = (struct disk_params){.channels = 7};
    ret->read = (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = 5000};
    ret->write = (struct sim_dist){.kind = SIM_DIST_CONSTANT, .a = 6000};
    return strcmp(name, "hdd") == 0 || strcmp(name, "custom") == 0;
}

static const char *preset_name(unsigned i)
{
    static const char *const name[] = {"hdd", "custom"};

    return i < 2 ? name[i] : NULL;
}

static const struct cfg_presets presets = {preset, preset_name};

static struct cfg *load(const char *text, const char *const *sets)
{
    GError *error = NULL;
    struct cfg *cfg =
        cfg_load_memory("base.yaml", text, strlen(text), NULL, &presets, sets, &error);

    cr_assert(cfg, "%s", error ? error->message : "no message");
    return cfg;
}

Test(cfg_values, every_spelling_has_one_meaning)
{
    static const struct {
        const char *set, *key, *text;
    } row[] = {
        {"duration=1500ms", "duration", "1.5s"},
        {"duration=1.5s", "duration", "1.5s"},
        {"duration=0.001s", "duration", "1ms"},
        {"cost.exit=0.25us", "cost.exit", "250ns"},
        {"cost.exit=0ns", "cost.exit", "0s"},
        {"regions.array.size=1024KiB", "regions.array.size", "1MiB"},
        {"regions.array.size=0.5GiB", "regions.array.size", "512MiB"},
        {"regions.array.size=8192B", "regions.array.size", "8KiB"},
        {"host.memory.limit=none", "host.memory.limit", "none"},
        {"tasks.worker.loop.1.touch.write=30%", "tasks.worker.loop.1.touch.write", "30%"},
        {"tasks.worker.loop.1.touch.write=0.3", "tasks.worker.loop.1.touch.write", "30%"},
        {"tasks.worker.loop.1.touch.write=0.0001%", "tasks.worker.loop.1.touch.write", "0.0001%"},
        {"disk.read=constant(12.4ms)", "disk.read", "12.4ms"},
        {"disk.read=12.4ms", "disk.read", "12.4ms"},
        {"disk.read=uniform( 1ms , 2ms )", "disk.read", "uniform(1ms,2ms)"},
        {"disk.read=lognormal(p50=76us,p99=96us)", "disk.read", "lognormal(p50=76us,p99=96us)"},
        {"modes=[apf,off]", "modes", "[off, apf]"},
        {"host.kernel=5.10", "host.kernel", "5.10"},
        {"tasks.worker.vcpu=any", "tasks.worker.vcpu", "any"},
        {"guest.tickless=false", "guest.tickless", "false"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *sets[] = {row[i].set, NULL};
        struct cfg *cfg = load(base, sets);
        g_autofree char *text = cfg_value_text(cfg, row[i].key);

        cr_expect_str_eq(text, row[i].text, "%s gives %s, not %s", row[i].set, text, row[i].text);
        cfg_free(cfg);
    }
}

Test(cfg_values, numbers_reach_the_models_exactly)
{
    const char *sets[] = {"duration=1.000000001s", "regions.array.size=12KiB",
                          "tasks.worker.loop.1.touch.write=12.3456%",
                          "disk.read=quantiles(0:1us,0.5:2us,1:9us)", NULL};
    struct cfg *cfg = load(base, sets);
    const struct params *p = cfg_params(cfg);

    cr_expect_eq(p->duration, 1000000001u);
    cr_expect_eq(p->region[0].size, 12288u);
    cr_expect_eq(p->task[0].step[1].write_ppm, 123456u);
    cr_expect_eq(p->disk.read.kind, SIM_DIST_QUANTILES);
    cr_expect_eq(p->disk.read.points, 3u);
    cr_expect_eq(p->disk.read.q[1].ppm, 500000u);
    cr_expect_eq(p->disk.read.q[2].ns, 9000u);
    cfg_free(cfg);
}

Test(cfg_values, later_wins_default_preset_file_set)
{
    static const char file[] = "disk.channels";
    g_autoptr(GString) own = g_string_new(base);
    const char *device[] = {"disk.device=custom", "disk.read=1ms", NULL};
    const char *both[] = {"disk.channels=3", NULL};
    struct cfg *cfg = load(base, NULL);
    g_autofree char *source = cfg_value_source(cfg, file);

    cr_expect_eq(cfg_params(cfg)->disk.channels, 7u);
    cr_expect_str_eq(source, "preset hdd");
    cfg_free(cfg);
    g_string_replace(own, "{device: hdd}", "{channels: 2, device: hdd}", 1);
    cfg = load(own->str, NULL);
    cr_expect_eq(cfg_params(cfg)->disk.channels, 2u, "an explicit key beats the preset");
    cfg_free(cfg);
    cfg = load(own->str, device);
    cr_expect_eq(cfg_params(cfg)->disk.channels, 2u, "whatever the device");
    cfg_free(cfg);
    cfg = load(own->str, both);
    cr_expect_eq(cfg_params(cfg)->disk.channels, 3u, "--set beats the file");
    cfg_free(cfg);
}

Test(cfg_values, the_digest_knows_values_not_spellings)
{
    const char *same[] = {"duration=10000ms", NULL}, *other[] = {"duration=10001ms", NULL};
    struct cfg *a = load(base, NULL), *b = load(base, same), *c = load(base, other);
    g_autofree char *da = cfg_digest(a), *db = cfg_digest(b), *dc = cfg_digest(c);

    cr_expect_eq(cfg_params(a)->duration, cfg_params(b)->duration);
    cr_expect_str_eq(da, db);
    cr_expect_str_neq(da, dc);
    cfg_free(a);
    cfg_free(b);
    cfg_free(c);
}

/* Digests that were published stay what they were: it is as if the file had no such key. */
Test(cfg_values, a_key_that_came_later_is_in_the_digest_only_when_it_is_used)
{
    const char *def[] = {"host.memory.watermark_scale=10", NULL};
    const char *other[] = {"host.memory.watermark_scale=11", NULL};
    struct cfg *a = load(base, NULL), *b = load(base, def), *c = load(base, other);
    g_autofree char *da = cfg_digest(a), *db = cfg_digest(b), *dc = cfg_digest(c);

    cr_expect_str_eq(da, db);
    cr_expect_str_neq(da, dc);
    cfg_free(a);
    cfg_free(b);
    cfg_free(c);
}

/* A rate is an interval; a device may stand alone; tasks that serve nothing say nothing of it. */
Test(cfg_values, requests_have_one_meaning_however_they_are_spelt)
{
    const char *rate[] = {"tasks.worker.arrivals.process=poisson",
                          "tasks.worker.arrivals.rate=1000/s", "tasks.worker.objective=p99.9  <5ms",
                          NULL};
    const char *interval[] = {"tasks.worker.arrivals.process=poisson",
                              "tasks.worker.arrivals.interval=1ms",
                              "tasks.worker.objective=p99.9 < 5000us", NULL};
    struct cfg *a = load(base, rate), *b = load(base, interval), *none = load(base, NULL);
    g_autofree char *da = cfg_digest(a), *db = cfg_digest(b), *dnone = cfg_digest(none);
    g_autofree char *objective = cfg_value_text(a, "tasks.worker.objective");
    g_autofree char *as_written = cfg_value_text(a, "tasks.worker.arrivals.rate");
    g_autofree char *absent = cfg_value_text(none, "tasks.worker.arrivals.queue");

    cr_expect_str_eq(da, db);
    cr_expect_str_neq(da, dnone);
    cr_expect_str_eq(objective, "p99.9 < 5ms");
    cr_expect_str_eq(as_written, "1000/s");
    cr_expect_null(absent);
    cr_expect_eq(cfg_params(a)->task[0].arrivals.interval, SIM_MS);
    cr_expect_eq(cfg_params(a)->task[0].objective.share_ppm, 999000u);
    cfg_free(a);
    cfg_free(b);
    cfg_free(none);
}

Test(cfg_values, a_lock_is_its_name_and_a_disk_may_be_a_word)
{
    static const char text[] =
        "# locks: one or two?\n"
        "disk: hdd\n"
        "tasks:\n"
        "  a: {measure: true, loop: [lock: x, compute: 1us, unlock: x]}\n"
        "  b: {loop: [lock: y, compute: 1us, unlock: y, lock: x, unlock: x]}\n";
    struct cfg *cfg = load(text, NULL);
    const struct params *p = cfg_params(cfg);
    g_autofree char *last = cfg_value_text(cfg, "tasks.b.loop.4.unlock");

    cr_expect_eq(p->locks, 2u);
    cr_expect_eq(p->task[0].step[0].lock, p->task[1].step[3].lock);
    cr_expect_neq(p->task[0].step[0].lock, p->task[1].step[0].lock);
    cr_expect_str_eq(last, "x");
    cr_expect_eq(p->disk.channels, 7u);
    cfg_free(cfg);
}

/* Otherwise it would be in every digest: what is compared is text. */
Test(cfg_values, the_default_of_a_key_that_came_later_is_written_as_it_is_printed)
{
    struct cfg *cfg = load(base, NULL);
    unsigned later = 0;

    for (size_t i = 0; i < cfg_rows_count; i++) {
        const struct cfg_row *row = &cfg_rows[i];
        g_autofree char *text = NULL;

        if (!row->later || row->scope != CFG_RUN)
            continue;
        text = cfg_value_text(cfg, row->key);
        cr_expect_str_eq(text, row->def, "%s: %s, not %s", row->key, text, row->def);
        later++;
    }
    cr_expect_gt(later, 0);
    cfg_free(cfg);
}

/* `guest` is the default of each guest, whatever comes first; copies have all that is theirs. */
Test(cfg_values, guests_have_defaults_keys_of_their_own_and_copies)
{
    static const char text[] = "guests: {web: {vcpus: 3}, db: {copies: 2, apf: false}}\n"
                               "guest: {vcpus: 2, hz: 100}\n"
                               "regions:\n"
                               "  cache: {size: 1MiB, guest: db}\n"
                               "tasks:\n"
                               "  a: {measure: true, loop: [compute: 1us]}\n"
                               "  b: {guest: db, per_vcpu: true, loop: [touch: {region: cache}]}\n";
    const char *sets[] = {"guest.hz=250", "guests.web.memory=1GiB", NULL};
    struct cfg *cfg = load(text, sets);
    const struct params *p = cfg_params(cfg);
    char *vcpus = cfg_value_text(cfg, "guests.db.vcpus"),
         *from = cfg_value_source(cfg, "guests.db.hz");

    cr_assert_eq(p->guests, 3);
    cr_assert_str_eq(p->named[0].name, "web");
    cr_assert_str_eq(p->named[2].name, "db.1");
    cr_assert_eq(all_vcpus(p), 3 + 2 + 2);
    cr_assert(p->named[0].apf && !p->named[1].apf && !p->named[2].apf);
    cr_assert(p->named[0].hz == 250 && p->named[2].hz == 250);
    cr_assert_eq(p->named[0].memory, 1u << 30);
    cr_assert_eq(p->regions, 2);
    cr_assert_str_eq(p->region[1].name, "cache.1");
    cr_assert_eq(p->region[1].guest, 2);
    cr_assert_eq(p->tasks, 3);
    cr_assert_eq(p->task[0].guest, 0);
    cr_assert_str_eq(p->task[2].name, "b.1");
    cr_assert_eq(p->task[2].guest, 2);
    cr_assert_eq(p->task[2].step[0].region, 1);
    cr_assert_eq(kind_tasks(p, 2), 2);
    cr_assert_str_eq(vcpus, "2");
    cr_assert_str_eq(from, "as guest.hz");
    free(vcpus);
    free(from);
    cfg_free(cfg);
}

Test(cfg_values, the_question_is_the_first_comment)
{
    struct cfg *cfg = load(base, NULL);

    cr_expect_str_eq(cfg_question(cfg), "base: does it load?");
    cfg_free(cfg);
}

Test(cfg_values, any_prefix_of_a_workload_loads_or_is_one_line)
{
    for (size_t n = 0; n < sizeof base; n++) {
        GError *error = NULL;
        struct cfg *cfg = cfg_load_memory("cut.yaml", base, n, NULL, &presets, NULL, &error);

        cr_expect((cfg == NULL) == (error != NULL), "%zu bytes", n);
        if (error)
            cr_expect(!strchr(error->message, '\n') && strstr(error->message, "error: "), "%s",
                      error->message);
        g_clear_error(&error);
        cfg_free(cfg);
    }
}
