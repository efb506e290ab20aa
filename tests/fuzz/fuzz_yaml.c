/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_yaml.c - libFuzzer target: any bytes are a workload or one line of error
 *
 * The last line of the input, if it begins with '!', is given as --set; the rest is the file.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every error must be one line that people can read. */
static void check_error(const GError *error)
{
    if (!error || error->domain != CFG_ERROR || !*error->message)
        abort();
    for (const char *c = error->message; *c; c++) {
        if ((unsigned char)*c < ' ')
            abort();
    }
}

/* What loads must be usable: it has a digest and every value has a text. */
static void check_loaded(struct cfg *cfg)
{
    char *digest = cfg_digest(cfg);
    char *seed = cfg_value_text(cfg, "seed");

    if (!digest || strlen(digest) != 32 || !seed)
        abort();
    g_free(digest);
    g_free(seed);
    cfg_free(cfg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cfg_presets presets = {disk_preset, disk_preset_name};
    char *text = g_strndup((const char *)data, size);
    char *set = strrchr(text, '\n');
    const char *sets[] = {NULL, NULL};
    size_t bytes = size;
    GError *error = NULL;
    struct cfg *cfg;

    if (set && set[1] == '!') {
        sets[0] = set + 2;
        bytes = (size_t)(set + 1 - text);
    }
    cfg = cfg_load_memory("fuzz.yaml", (const char *)data, bytes, NULL, &presets, sets, &error);
    if (cfg)
        check_loaded(cfg);
    else
        check_error(error);
    g_clear_error(&error);
    g_free(text);
    return 0;
}
