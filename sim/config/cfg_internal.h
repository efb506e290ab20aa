/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_internal.h - a workload while and after it is loaded
 *
 * The way of a workload: cfg_load.c finds and reads the file; cfg_yaml.c makes a tree; cfg_map.c
 * turns tree and --set into settings (a key, a row, a text, a place) and settings into struct
 * params; cfg_trace.c reads page traces; cfg_check.c asks what no single row can know.
 */
#pragma once

#include "cfg_page_trace.h"
#include "cfg_table.h"
#include "cfg_yaml.h"

/* Which element a key belongs to; meaningless members are 0. */
struct cfg_element {
    unsigned region, task, step;
    unsigned guest; /* 0: `guest` itself; from 1 on: those of `guests` */
};

struct cfg_setting {
    char *key;                 /* full: regions.array.size */
    const struct cfg_row *row; /* NULL: a section, kept for its place */
    struct cfg_element of;
    char *text;
    struct cfg_place at;
};

struct cfg_trace_file {
    char *path;
    struct page_trace_data data;
    struct page_trace trace;
};

struct cfg {
    struct params params;
    struct page_traces traces;
    struct params *run; /* what is run: params with copies made */
    struct page_traces run_traces;
    char *path;   /* as found: the name in messages */
    char *folder; /* of traces; NULL: none are read */
    char *question;
    struct cfg_presets presets;
    struct cfg_node *tree;
    const struct cfg_node *sweep; /* of the tree: `sweep:`, or NULL */
    char *data;                   /* the text of the file */
    size_t bytes;
    char *calibration;                              /* path; NULL: none */
    char *calibration_backend, *calibration_kernel; /* quoted; kernel may be NULL */
    GPtrArray *settings;    /* struct cfg_setting, in order of application */
    GHashTable *by_key;     /* full key -> the setting that won; never iterated */
    GPtrArray *trace_files; /* struct cfg_trace_file */
    struct arrival_times arrivals[TASK_KINDS_MAX];  /* owned; by task */
    GPtrArray *set_texts;                           /* copies, as places point to them */
    char *trace_written[TASK_KINDS_MAX][STEPS_MAX]; /* paths as written */
};

/* cfg_map.c */
bool cfg_map_tree(struct cfg *cfg, GError **error);
/* Takes text. */
void cfg_add_setting(struct cfg *cfg, const char *key, const struct cfg_row *row,
                     struct cfg_element of, char *text, struct cfg_place at);
/* "prefix: unknown key 'word'", and the nearest or all keys that may stand there. */
bool cfg_fail_unknown(const struct cfg_place *at, const char *pattern, const char *prefix,
                      const char *word, GError **error);
bool cfg_apply(struct cfg *cfg, GError **error);
void cfg_setting_free(struct cfg_setting *setting);
extern const char *const cfg_step_names[STEP_KINDS];
/* NULL-terminated; g_free() the array. */
const char **cfg_region_names(const struct cfg *cfg);

/* cfg_file.c: a whole file, at most one byte more than the limit. NULL: *error. */
GString *cfg_read_file(const char *path, GError **error);
/* The path of a file that a value names: on the command line it begins at the shell's folder, in a
 * workload at the workload's. NULL: the workload is no file, so that none is read. g_free() it. */
char *cfg_path_from(const struct cfg *cfg, const struct cfg_place *at, const char *written);
/* The same rule in words, for the message that there is no such file. */
const char *cfg_paths_begin(const struct cfg_place *at);

/* cfg_calibration.c: its values become settings; the workload's come after them. path: stays. */
bool cfg_map_calibration(struct cfg *cfg, const char *path, GError **error);

/* cfg_guests.c */
/* "guest.X" for "guests.*.X", whose rows are the same; else NULL. g_free() it. */
char *cfg_guest_alias(const char *pattern);
/* What `guest` says becomes the default of each guest. */
void cfg_guests_begin(struct cfg *cfg);
/* CFG_GUEST: what is wrong with the text, or NULL; and back. p NULL: no names are known. */
char *cfg_store_guest(uint32_t *at, const char *text, const struct params *p);
const char *cfg_guest_text(uint32_t guest, const struct params *p);
uint32_t cfg_copies(const struct params *p, uint32_t guest);
bool cfg_check_guests(const struct cfg *cfg, GError **error);
void cfg_make_copies(struct cfg *cfg);

/* What has elements of the user's own names. */
struct cfg_elements {
    const char *section, *what, *example;
    enum cfg_scope scope;
    uint32_t max;
};
/* Of the section "regions", "tasks" or "guests"; NULL: it is none of these. */
const struct cfg_elements *cfg_elements_of(const char *section);
uint32_t *cfg_elements_count(struct cfg *cfg, const struct cfg_elements *e);
/* Name of the element, NAME_MAX_LEN + 1 bytes, and *ret_of. */
char *cfg_elements_name(struct cfg *cfg, const struct cfg_elements *e, uint32_t index,
                        struct cfg_element *ret_of);

/* cfg_set.c */
bool cfg_map_sets(struct cfg *cfg, const char *const *sets, GError **error);
/* The row and the element of a key as a user writes it, and its full form; g_free() that. */
bool cfg_look_up(struct cfg *cfg, const struct cfg_place *at, const char *key,
                 const struct cfg_row **ret_row, struct cfg_element *ret_of, char **ret_key,
                 GError **error);

/* cfg_trace.c */
bool cfg_read_traces(struct cfg *cfg, GError **error);
void cfg_trace_file_free(struct cfg_trace_file *file);

/* cfg_check.c */
bool cfg_check(const struct cfg *cfg, GError **error);

/* cfg_service.c */
bool cfg_check_locks(const struct cfg *cfg, const struct task_params *t, GError **error);
bool cfg_check_service(const struct cfg *cfg, const struct task_params *t, GError **error);
/* Reads the files of arrivals, and makes an interval of each rate. */
bool cfg_read_arrivals(struct cfg *cfg, GError **error);

/* cfg_find.c: the place of a key, or of the section around it, or of the file. */
const struct cfg_setting *cfg_find(const struct cfg *cfg, const char *key);
struct cfg_place cfg_place_of(const struct cfg *cfg, const char *key);
/* "key: what is wrong", at the place of the key; returns false. */
bool cfg_blame(const struct cfg *cfg, GError **error, const char *key, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
void *cfg_base(struct cfg *cfg, const struct cfg_row *row, struct cfg_element of);
/* Calls on_key for every key that this workload has, in canonical order. */
typedef void (*cfg_on_key)(void *context, const struct cfg *cfg, const char *key,
                           const struct cfg_row *row, struct cfg_element of);
void cfg_each(const struct cfg *cfg, cfg_on_key on_key, void *context);
