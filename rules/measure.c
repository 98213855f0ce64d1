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

    if (value->kind != NODE_SCALAR) {
        return tree_fail(tree, value, diag, "a number belongs here");
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

static bool is_text(const struct node *node)
{
    return node != NULL && node->kind == NODE_SCALAR && node->text[0] != '\0';
}

static bool is_remark(const struct node *node)
{
    return strcmp(node->key, "reason") == 0 || strcmp(node->key, "captures") == 0;
}

/* The number of an entry, its key being the name: all else are remarks. NULL: there is none. */
static const struct node *find_value(const struct node *entry)
{
    const struct node *node = entry->kind == NODE_MAP ? entry->child : NULL;

    while (node != NULL && is_remark(node)) {
        node = node->next;
    }
    return node;
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

static bool has_only_remarks(const struct tree *tree, const struct node *entry,
                             const struct node *value, struct diag *diag)
{
    for (const struct node *node = entry->child; node != NULL; node = node->next) {
        if (node != value && !is_remark(node)) {
            return tree_fail_key(tree, node, diag, "unknown key '%.40s'", node->key);
        }
    }
    return is_text(node_find(entry, "reason")) ||
           tree_fail(tree, entry, diag, "'%.40s' has no reason", value->key);
}

/* *measure is the one that it gives. */
static bool read_entry(const struct tree *tree, const struct node *entry,
                       const struct measure *measures, size_t num_measures,
                       const struct measure **measure, struct diag *diag)
{
    const struct node *value = find_value(entry);

    if (value == NULL) {
        return tree_fail(tree, entry, diag, "a number has a name, a value and a reason");
    }
    *measure = find_measure(value->key, measures, num_measures);
    if (*measure == NULL) {
        return tree_fail_key(tree, value, diag, "unknown number '%.40s'", value->key);
    }
    return has_only_remarks(tree, entry, value, diag);
}

static bool has_all(const struct tree *tree, const struct node *list,
                    const struct measure *measures, size_t num_measures, const bool *seen,
                    struct diag *diag)
{
    for (size_t i = 0; i < num_measures; i++) {
        if (!seen[i]) {
            return tree_fail(tree, list, diag, "'%.40s' is missing", measures[i].name);
        }
    }
    return true;
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
        if (!read_value(tree, find_value(entry), measure, out, diag)) {
            return false;
        }
    }
    return has_all(tree, list, measures, num_measures, seen, diag);
}

bool measures_pick(const struct tree *tree, const struct node *list, const struct measure *measures,
                   size_t num_measures, void *out, struct diag *diag)
{
    bool seen[MAX_MEASURES] = {false};
    const struct measure *measure;
    const struct node *value;

    assert(num_measures <= MAX_MEASURES);
    for (const struct node *entry = list->child; entry != NULL; entry = entry->next) {
        value = find_value(entry);
        measure = value != NULL ? find_measure(value->key, measures, num_measures) : NULL;
        if (measure == NULL) {
            continue;
        }
        seen[measure - measures] = true;
        if (!read_entry(tree, entry, measures, num_measures, &measure, diag) ||
            !read_value(tree, find_value(entry), measure, out, diag)) {
            return false;
        }
    }
    return has_all(tree, list, measures, num_measures, seen, diag);
}
