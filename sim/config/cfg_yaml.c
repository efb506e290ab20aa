/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfg_yaml.c - libyaml events become a small tree with positions
 *
 * The text is checked for size, UTF-8 and control characters before libyaml sees it: libyaml's own
 * reader errors carry a byte offset, but no line.
 */
#include "cfg_yaml.h"

#include <string.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    const char *name;
    const char *data;
    size_t bytes;
    GError **error;
    struct cfg_node *root;
    struct cfg_node *open[CFG_DEPTH_MAX];
    unsigned depth;
    struct cfg_node *pending; /* a key that waits for its value: key and marks only */
};

void cfg_node_free(struct cfg_node *node)
{
    if (!node)
        return;
    g_clear_pointer(&node->children, g_ptr_array_unref);
    g_clear_pointer(&node->keys, g_hash_table_unref);
    g_free(node->key);
    g_free(node->text);
    g_free(node);
}

const char *cfg_node_kind_name(const struct cfg_node *node)
{
    switch (node->kind) {
    case CFG_SCALAR:
        return "a value";
    case CFG_MAP:
        return "a mapping";
    case CFG_LIST:
        return "a list";
    }
    return "";
}

static bool fail_at(struct reader *r, yaml_mark_t mark, enum cfg_error code, const char *what)
{
    struct cfg_place at = {r->name, (unsigned)mark.line + 1, (unsigned)mark.column + 1, NULL};

    return cfg_fail(r->error, &at, code, "%s", what);
}

/* Line and column (in characters) of a byte. */
static struct cfg_place place_of(const char *name, const char *data, size_t offset)
{
    struct cfg_place at = {name, 1, 1, NULL};

    for (size_t i = 0; i < offset; i++) {
        if (data[i] == '\n') {
            at.line++;
            at.column = 1;
        } else if (((unsigned char)data[i] & 0xc0) != 0x80) {
            at.column++;
        }
    }
    return at;
}

static bool is_control(unsigned char c)
{
    return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
}

static bool check_text(const char *name, const char *data, size_t bytes, GError **error)
{
    struct cfg_place whole = {name, 0, 0, NULL};
    const char *end = data;

    if (bytes > CFG_FILE_BYTES_MAX)
        return cfg_fail(error, &whole, CFG_ERROR_FILE,
                        "bigger than 1 MiB; a workload file has a few hundred bytes");
    for (size_t i = 0; i < bytes; i++) {
        if (is_control((unsigned char)data[i])) {
            struct cfg_place at = place_of(name, data, i);

            return cfg_fail(error, &at, CFG_ERROR_FILE,
                            "control character 0x%02x; a workload file is plain text",
                            (unsigned char)data[i]);
        }
    }
    if (!g_utf8_validate(data, (gssize)bytes, &end)) {
        struct cfg_place at = place_of(name, data, (size_t)(end - data));

        return cfg_fail(error, &at, CFG_ERROR_FILE, "byte 0x%02x is not UTF-8; save it as UTF-8",
                        (unsigned char)*end);
    }
    return true;
}

static bool fail_parser(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    yaml_mark_t mark = p->problem_mark;
    const char *problem = p->problem ? p->problem : "out of memory";
    bool tab = strstr(problem, "cannot start any token") || strstr(problem, "tab character");
    g_autofree char *what = NULL;

    if (p->error == YAML_READER_ERROR) {
        struct cfg_place at = place_of(r->name, r->data, MIN(p->problem_offset, r->bytes));

        return cfg_fail(r->error, &at, CFG_ERROR_SYNTAX, "%s", problem);
    }
    what = g_strdup_printf("%s%s%s%s", problem, p->context ? ", " : "",
                           p->context ? p->context : "", tab ? " (a tab? use spaces)" : "");
    return fail_at(r, mark, CFG_ERROR_SYNTAX, what);
}

static struct cfg_node *node_new(enum cfg_node_kind kind, const yaml_event_t *event)
{
    struct cfg_node *node = g_new0(struct cfg_node, 1);

    node->kind = kind;
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    if (kind != CFG_SCALAR)
        node->children = g_ptr_array_new_with_free_func((GDestroyNotify)cfg_node_free);
    if (kind == CFG_MAP)
        node->keys = g_hash_table_new(g_str_hash, g_str_equal);
    return node;
}

/* Hangs a complete or just opened node into the innermost open one. */
static void attach(struct reader *r, struct cfg_node *node)
{
    struct cfg_node *parent = r->depth ? r->open[r->depth - 1] : NULL;

    if (!parent) {
        r->root = node;
        return;
    }
    if (parent->kind == CFG_MAP) {
        node->key = g_steal_pointer(&r->pending->key);
        node->key_line = r->pending->key_line;
        node->key_column = r->pending->key_column;
        g_clear_pointer(&r->pending, cfg_node_free);
        g_hash_table_insert(parent->keys, node->key, node);
    }
    g_ptr_array_add(parent->children, node);
}

static bool wants_key(const struct reader *r)
{
    return r->depth && r->open[r->depth - 1]->kind == CFG_MAP && !r->pending;
}

static bool on_key(struct reader *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    const struct cfg_node *twin = g_hash_table_lookup(r->open[r->depth - 1]->keys, text);
    g_autofree char *quoted = cfg_quote(text);
    g_autofree char *what = NULL;

    if (twin) {
        what = g_strdup_printf("duplicate key %s, first at line %u; %s", quoted, twin->key_line,
                               *cfg_comma_hint(text) ? cfg_comma_hint(text) + 2
                                                     : "remove one of them");
        return fail_at(r, event->start_mark, CFG_ERROR_KEY, what);
    }
    r->pending = g_new0(struct cfg_node, 1);
    r->pending->key = g_strdup(text);
    r->pending->key_line = (unsigned)event->start_mark.line + 1;
    r->pending->key_column = (unsigned)event->start_mark.column + 1;
    return true;
}

static bool on_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    struct cfg_node *node;

    if (event->data.scalar.anchor)
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX,
                       "anchors are not used in workloads; write the value out");
    if (event->data.scalar.tag)
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX,
                       "tags are not used in workloads; write the plain value");
    if (strlen(text) != event->data.scalar.length)
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX, "a zero byte in a value");
    if (wants_key(r))
        return on_key(r, event);
    node = node_new(CFG_SCALAR, event);
    node->text = g_strdup(text);
    attach(r, node);
    return true;
}

static bool on_open(struct reader *r, const yaml_event_t *event, enum cfg_node_kind kind)
{
    bool map = kind == CFG_MAP;
    const void *anchor = map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const void *tag = map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    struct cfg_node *node;

    if (anchor)
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX,
                       "anchors are not used in workloads; write the value out");
    if (tag)
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX,
                       "tags are not used in workloads; write the plain value");
    if (wants_key(r))
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX, "a key must be a plain word");
    if (r->depth == CFG_DEPTH_MAX)
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX,
                       "nested deeper than 32 levels; workloads need 7");
    node = node_new(kind, event);
    attach(r, node);
    r->open[r->depth++] = node;
    return true;
}

static bool on_document(struct reader *r, const yaml_event_t *event)
{
    if (event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end ||
        event->data.document_start.version_directive)
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX,
                       "directives are not used in workloads; remove the line");
    if (r->root)
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX,
                       "a second document; one file is one workload");
    return true;
}

static bool on_event(struct reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return on_document(r, event);
    case YAML_ALIAS_EVENT:
        return fail_at(r, event->start_mark, CFG_ERROR_SYNTAX,
                       "aliases are not used in workloads; write the value out");
    case YAML_SCALAR_EVENT:
        return on_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(r, event, CFG_LIST);
    case YAML_MAPPING_START_EVENT:
        return on_open(r, event, CFG_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return true;
}

static bool read_events(struct reader *r)
{
    for (bool last = false; !last;) {
        yaml_event_t event;
        bool good;

        if (!yaml_parser_parse(&r->parser, &event))
            return fail_parser(r);
        last = event.type == YAML_STREAM_END_EVENT;
        good = on_event(r, &event);
        yaml_event_delete(&event);
        if (!good)
            return false;
    }
    return true;
}

static bool check_root(struct reader *r)
{
    struct cfg_place at = {r->name, 0, 0, NULL};

    if (!r->root || (r->root->kind == CFG_SCALAR && !*r->root->text))
        return cfg_fail(r->error, &at, CFG_ERROR_FILE,
                        "the file is empty; a workload needs at least `tasks:`");
    if (r->root->kind != CFG_MAP) {
        at.line = r->root->line;
        at.column = r->root->column;
        return cfg_fail(r->error, &at, CFG_ERROR_KEY,
                        "%s where keys are expected, such as `duration: 10s`",
                        cfg_node_kind_name(r->root));
    }
    return true;
}

struct cfg_node *cfg_yaml_read(const char *name, const char *data, size_t bytes, GError **error)
{
    struct reader r = {.name = name, .data = data, .bytes = bytes, .error = error};
    struct cfg_place whole = {name, 0, 0, NULL};
    bool good;

    if (!check_text(name, data, bytes, error))
        return NULL;
    if (!yaml_parser_initialize(&r.parser)) {
        cfg_fail(error, &whole, CFG_ERROR_FILE, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)data, bytes);
    good = read_events(&r) && check_root(&r);
    yaml_parser_delete(&r.parser);
    g_clear_pointer(&r.pending, cfg_node_free);
    if (!good)
        g_clear_pointer(&r.root, cfg_node_free);
    return r.root;
}
