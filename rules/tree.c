#include "rules/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_FILE = 1024 * 1024, MAX_NODES = 100000, MAX_DOCUMENTS = 256, MAX_NAME = 256 };

/* The nodes of one document, side by side; their text stays in libyaml's document. */
struct document {
    yaml_document_t yaml;
    struct node *nodes;
};

struct tree {
    char name[MAX_NAME];
    struct document *documents;
    size_t num_documents;
};

static void say(const struct tree *tree, unsigned line, unsigned column, struct diag *diag,
                const char *reason)
{
    diag_set(diag, "%s:%u:%u: %s", tree->name, line, column, reason);
}

bool tree_fail(const struct tree *tree, const struct node *node, struct diag *diag,
               const char *format, ...)
{
    char reason[256];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    say(tree, node->line, node->column, diag, reason);
    return false;
}

bool tree_fail_key(const struct tree *tree, const struct node *node, struct diag *diag,
                   const char *format, ...)
{
    char reason[256];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    say(tree, node->key != NULL ? node->key_line : node->line,
        node->key != NULL ? node->key_column : node->column, diag, reason);
    return false;
}

static bool fail_at(const struct tree *tree, yaml_mark_t mark, struct diag *diag,
                    const char *reason)
{
    say(tree, (unsigned)mark.line + 1, (unsigned)mark.column + 1, diag, reason);
    return false;
}

static bool fail_parser(const struct tree *tree, const yaml_parser_t *parser, struct diag *diag)
{
    /* A reader's failure (no UTF-8) has no mark. */
    return fail_at(tree, parser->problem_mark, diag,
                   parser->problem != NULL ? parser->problem : "this is no YAML");
}

struct census {
    size_t depth;
    size_t num_nodes;
    size_t num_documents;
};

/* What is wrong with an event; NULL: nothing. */
static const char *objection(const yaml_event_t *event, struct census *census)
{
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;

    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return "aliases are not supported";
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length) {
            return "a NUL character";
        }
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        census->depth++;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        census->depth++;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        census->depth--;
        return NULL;
    case YAML_DOCUMENT_START_EVENT:
        return ++census->num_documents > MAX_DOCUMENTS ? "too many documents" : NULL;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return NULL;
    }
    if (anchor != NULL) {
        return "anchors are not supported";
    }
    if (tag != NULL) {
        return "tags are not supported";
    }
    if (census->depth > MAX_TREE_DEPTH) {
        return "nested too deeply";
    }
    return ++census->num_nodes > MAX_NODES ? "too many values" : NULL;
}

/*
 * Reads the text once as events: the document API resolves aliases silently, so that what must be
 * refused is seen here alone, before anything is built.
 */
static bool is_acceptable(const struct tree *tree, struct bytes text, struct census *census,
                          struct diag *diag)
{
    yaml_parser_t parser;
    bool ended = false;
    bool fine = true;

    if (yaml_parser_initialize(&parser) == 0) {
        diag_set(diag, "%s: out of memory", tree->name);
        return false;
    }
    yaml_parser_set_input_string(&parser, text.at, text.len);
    while (fine && !ended) {
        yaml_event_t event;
        const char *reason;

        if (yaml_parser_parse(&parser, &event) == 0) {
            fine = fail_parser(tree, &parser, diag);
            break;
        }
        reason = objection(&event, census);
        if (reason != NULL) {
            fine = fail_at(tree, event.start_mark, diag, reason);
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return fine;
}

static struct node *node_of(struct document *document, int index)
{
    return &document->nodes[index - 1]; /* libyaml counts from 1 */
}

static void link_list(struct document *document, struct node *node, const yaml_node_t *yaml)
{
    const struct node **link = &node->child;

    for (const yaml_node_item_t *item = yaml->data.sequence.items.start;
         item < yaml->data.sequence.items.top; item++) {
        struct node *child = node_of(document, *item);

        *link = child;
        link = &child->next;
    }
}

static bool link_map(const struct tree *tree, struct document *document, struct node *node,
                     const yaml_node_t *yaml, struct diag *diag)
{
    const struct node **link = &node->child;

    for (const yaml_node_pair_t *pair = yaml->data.mapping.pairs.start;
         pair < yaml->data.mapping.pairs.top; pair++) {
        const struct node *key = node_of(document, pair->key);
        struct node *child = node_of(document, pair->value);

        if (key->kind != NODE_SCALAR) {
            return tree_fail(tree, key, diag, "a key must be a word");
        }
        if (strcmp(key->text, "<<") == 0) {
            return tree_fail(tree, key, diag, "merge keys are not supported");
        }
        if (node_find(node, key->text) != NULL) {
            return tree_fail(tree, key, diag, "'%.60s' is here twice", key->text);
        }
        child->key = key->text;
        child->key_line = key->line;
        child->key_column = key->column;
        *link = child;
        link = &child->next;
    }
    return true;
}

static bool convert(const struct tree *tree, struct document *document, struct diag *diag)
{
    size_t num = (size_t)(document->yaml.nodes.top - document->yaml.nodes.start);

    document->nodes = calloc(num + 1, sizeof(struct node));
    if (document->nodes == NULL) {
        diag_set(diag, "%s: out of memory", tree->name);
        return false;
    }
    for (size_t i = 0; i < num; i++) {
        const yaml_node_t *yaml = &document->yaml.nodes.start[i];
        struct node *node = &document->nodes[i];

        node->line = (unsigned)yaml->start_mark.line + 1;
        node->column = (unsigned)yaml->start_mark.column + 1;
        if (yaml->type == YAML_SCALAR_NODE) {
            node->text = (const char *)yaml->data.scalar.value;
            node->quoted = yaml->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        } else {
            node->kind = yaml->type == YAML_SEQUENCE_NODE ? NODE_LIST : NODE_MAP;
        }
    }
    for (size_t i = 0; i < num; i++) {
        const yaml_node_t *yaml = &document->yaml.nodes.start[i];
        struct node *node = &document->nodes[i];

        if (node->kind == NODE_LIST) {
            link_list(document, node, yaml);
        } else if (node->kind == NODE_MAP && !link_map(tree, document, node, yaml, diag)) {
            return false;
        }
    }
    return true;
}

static bool load(struct tree *tree, yaml_parser_t *parser, size_t num, struct diag *diag)
{
    for (size_t i = 0; i < num; i++) {
        struct document *document = &tree->documents[i];

        if (yaml_parser_load(parser, &document->yaml) == 0) {
            return fail_parser(tree, parser, diag);
        }
        tree->num_documents++;
        if (!convert(tree, document, diag)) {
            return false;
        }
    }
    return true;
}

struct tree *tree_parse(const char *name, struct bytes text, struct diag *diag)
{
    struct tree *tree = calloc(1, sizeof(*tree));
    struct census census = {0};
    yaml_parser_t parser;
    bool fine;

    if (tree == NULL) {
        diag_set(diag, "%s: out of memory", name);
        return NULL;
    }
    (void)snprintf(tree->name, sizeof(tree->name), "%s", name);
    if (text.len > MAX_FILE) {
        diag_set(diag, "%s: larger than %d bytes", tree->name, MAX_FILE);
        tree_free(tree);
        return NULL;
    }
    if (!is_acceptable(tree, text, &census, diag)) {
        tree_free(tree);
        return NULL;
    }
    tree->documents = calloc(census.num_documents + 1, sizeof(struct document));
    if (tree->documents == NULL || yaml_parser_initialize(&parser) == 0) {
        diag_set(diag, "%s: out of memory", tree->name);
        tree_free(tree);
        return NULL;
    }
    yaml_parser_set_input_string(&parser, text.at, text.len);
    fine = load(tree, &parser, census.num_documents, diag);
    yaml_parser_delete(&parser);
    if (!fine) {
        tree_free(tree);
        return NULL;
    }
    return tree;
}

struct tree *tree_read(const char *path, struct diag *diag)
{
    FILE *file = fopen(path, "rb");
    uint8_t *text = malloc(MAX_FILE + 1);
    struct tree *tree = NULL;
    size_t len;

    if (file == NULL || text == NULL) {
        diag_set(diag, "%s: cannot be read", path);
    } else {
        len = fread(text, 1, MAX_FILE + 1, file);
        if (ferror(file) != 0) {
            diag_set(diag, "%s: cannot be read", path);
        } else {
            tree = tree_parse(path, bytes_view(text, len), diag);
        }
    }
    free(text);
    if (file != NULL) {
        (void)fclose(file);
    }
    return tree;
}

void tree_free(struct tree *tree)
{
    if (tree == NULL) {
        return;
    }
    for (size_t i = 0; i < tree->num_documents; i++) {
        yaml_document_delete(&tree->documents[i].yaml);
        free(tree->documents[i].nodes);
    }
    free(tree->documents);
    free(tree);
}

const char *tree_name(const struct tree *tree)
{
    return tree->name;
}

size_t tree_num_documents(const struct tree *tree)
{
    return tree->num_documents;
}

const struct node *tree_document(const struct tree *tree, size_t index)
{
    return &tree->documents[index].nodes[0];
}

const struct node *node_find(const struct node *map, const char *key)
{
    if (map->kind != NODE_MAP) {
        return NULL;
    }
    for (const struct node *entry = map->child; entry != NULL; entry = entry->next) {
        if (strcmp(entry->key, key) == 0) {
            return entry;
        }
    }
    return NULL;
}

bool node_is_null(const struct node *node)
{
    return node->kind == NODE_SCALAR && !node->quoted &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
            strcmp(node->text, "null") == 0 || strcmp(node->text, "Null") == 0 ||
            strcmp(node->text, "NULL") == 0);
}
