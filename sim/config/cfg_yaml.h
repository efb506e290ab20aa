/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_yaml.h - the YAML that workloads use, as a small tree with positions
 *
 * Knows:    libyaml's events, cfg_error.h. No parameter.
 * Promise:  mappings, lists and scalars; keys are unique scalars. Everything that would make a
 *           file mean more than it says is refused: anchors, aliases, tags, several documents,
 *           merge keys. Scalars stay text: `off` is a word, not a truth value.
 * Limits:   32 levels, 1 MiB, UTF-8. Composed from events: libyaml's own document loader needs
 *           quadratic time on deep nesting.
 */
#pragma once

#include "cfg_error.h"

#define CFG_DEPTH_MAX      32
#define CFG_FILE_BYTES_MAX (1024u * 1024u)

enum cfg_node_kind { CFG_SCALAR, CFG_MAP, CFG_LIST };

struct cfg_node {
    enum cfg_node_kind kind;
    unsigned line, column;
    char *key; /* in a mapping; NULL in a list */
    unsigned key_line, key_column;
    char *text;          /* scalar */
    GPtrArray *children; /* struct cfg_node, in the order of the file */
    GHashTable *keys;    /* of a mapping: to find duplicates; never iterated */
};

/* The root is a mapping. NULL on error. */
struct cfg_node *cfg_yaml_read(const char *name, const char *data, size_t bytes, GError **error);
void cfg_node_free(struct cfg_node *node);
const char *cfg_node_kind_name(const struct cfg_node *node);
