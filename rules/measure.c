#include "rules/measure.h"

#include <assert.h>
#include <string.h>

enum { MAX_DECIMALS = 4 };

static bool parse_share(struct bytes text, double *share)
{
    uint64_t whole;
    uint64_t part = 0;
    double scale = 1;

    if (!take_decimal(&text, 1, &whole)) {
        return false;
    }
    if (text.len > 0) {
        if (!take_prefix(&text, BYTES(".")) || text.len == 0 || text.len > MAX_DECIMALS) {
            return false;
        }
        for (size_t i = 0; i < text.len; i++) {
            scale *= 10;
        }
        if (!take_decimal(&text, UINT32_MAX, &part) || text.len > 0) {
            return false;
        }
    }
    *share = (double)whole + (double)part / scale;
    return *share <= 1;
}

static bool read_value(const struct tree *tree, const struct node *value,
                       const struct measure *measure, void *out, struct diag *diag)
{
    struct bytes text;
    uint64_t count;
    uint32_t narrow;
    double share;

    if (value == NULL || value->kind != NODE_SCALAR) {
        return false;
    }
    text = bytes_of_text(value->text);
    if (measure->kind == MEASURE_SHARE) {
        if (!parse_share(text, &share)) {
            return tree_fail(tree, value, diag, "'%.40s' is no share of 0 to 1", value->text);
        }
        memcpy((char *)out + measure->offset, &share, sizeof(share));
        return true;
    }
    if (!take_decimal(&text, INT32_MAX, &count) || text.len > 0) {
        return tree_fail(tree, value, diag, "'%.40s' is no number", value->text);
    }
    narrow = (uint32_t)count;
    memcpy((char *)out + measure->offset, &narrow, sizeof(narrow));
    return true;
}

static bool has_known_keys(const struct tree *tree, const struct node *entry, struct diag *diag)
{
    for (const struct node *node = entry->child; node != NULL; node = node->next) {
        if (strcmp(node->key, "name") != 0 && strcmp(node->key, "value") != 0 &&
            strcmp(node->key, "reason") != 0 && strcmp(node->key, "captures") != 0) {
            return tree_fail_key(tree, node, diag, "unknown key '%.40s'", node->key);
        }
    }
    return true;
}

static bool is_text(const struct node *node)
{
    return node != NULL && node->kind == NODE_SCALAR && node->text[0] != '\0';
}

static const struct measure *find_measure(const char *name, const struct measure *measures,
                                          size_t num_measures)
{
    for (size_t i = 0; i < num_measures; i++) {
        if (strcmp(name, measures[i].name) == 0) {
            return &measures[i];
        }
    }
    return NULL;
}

/* *measure is the one that it gives. */
static bool read_entry(const struct tree *tree, const struct node *entry,
                       const struct measure *measures, size_t num_measures,
                       const struct measure **measure, struct diag *diag)
{
    const struct node *name = node_find(entry, "name");

    if (entry->kind != NODE_MAP || !is_text(name)) {
        return tree_fail(tree, entry, diag, "a number has a name, a value and a reason");
    }
    *measure = find_measure(name->text, measures, num_measures);
    if (*measure == NULL) {
        return tree_fail(tree, name, diag, "unknown number '%.40s'", name->text);
    }
    if (!has_known_keys(tree, entry, diag)) {
        return false;
    }
    if (!is_text(node_find(entry, "reason"))) {
        return tree_fail(tree, entry, diag, "'%.40s' has no reason", name->text);
    }
    return node_find(entry, "value") != NULL ||
           tree_fail(tree, entry, diag, "'%.40s' has no value", name->text);
}

bool measures_read(const struct tree *tree, const struct node *list, const struct measure *measures,
                   size_t num_measures, void *out, struct diag *diag)
{
    bool seen[MAX_MEASURES] = {false};
    const struct measure *measure;

    assert(num_measures <= MAX_MEASURES);
    if (list->kind != NODE_LIST) {
        return tree_fail(tree, list, diag, "a list of numbers with their reasons belongs here");
    }
    for (const struct node *entry = list->child; entry != NULL; entry = entry->next) {
        if (!read_entry(tree, entry, measures, num_measures, &measure, diag)) {
            return false;
        }
        if (seen[measure - measures]) {
            return tree_fail(tree, entry, diag, "'%.40s' is here twice", measure->name);
        }
        seen[measure - measures] = true;
        if (!read_value(tree, node_find(entry, "value"), measure, out, diag)) {
            return false;
        }
    }
    for (size_t i = 0; i < num_measures; i++) {
        if (!seen[i]) {
            return tree_fail(tree, list, diag, "'%.40s' is missing", measures[i].name);
        }
    }
    return true;
}
