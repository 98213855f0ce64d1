#include "rules/correlation_rule.h"

#include <string.h>

enum { MAX_THRESHOLD = 1000, MAX_TIMESPAN_DAYS = 31 };

static bool check_keys(const struct tree *tree, const struct node *map, struct diag *diag)
{
    static const char *const keys[] = {"type",     "rules",     "group-by",
                                       "timespan", "condition", "generate"};

    for (const struct node *entry = map->child; entry != NULL; entry = entry->next) {
        bool known = false;

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            known |= strcmp(keys[i], entry->key) == 0;
        }
        if (!known) {
            return tree_fail_key(tree, entry, diag, "unknown key '%.60s'", entry->key);
        }
    }
    return true;
}

static bool read_type(const struct tree *tree, const struct node *map,
                      struct correlation_spec *spec, struct diag *diag)
{
    static const struct {
        const char *word;
        enum correlation_type type;
    } types[] = {{"event_count", CORRELATION_EVENT_COUNT},
                 {"value_count", CORRELATION_VALUE_COUNT},
                 {"temporal", CORRELATION_TEMPORAL}};
    const struct node *entry = node_find(map, "type");

    if (entry == NULL || entry->kind != NODE_SCALAR) {
        return tree_fail(tree, entry != NULL ? entry : map, diag, "'type' is missing");
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].word, entry->text) == 0) {
            spec->type = types[i].type;
            return true;
        }
    }
    return tree_fail(tree, entry, diag,
                     "type '%.40s' is not supported: event_count, value_count or temporal",
                     entry->text);
}

/* A number and s, m, h or d. */
static bool read_timespan(const struct tree *tree, const struct node *map,
                          struct correlation_spec *spec, struct diag *diag)
{
    static const struct {
        uint8_t unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const struct node *entry = node_find(map, "timespan");
    struct bytes rest;
    uint64_t number = 0;
    uint8_t unit = 0;

    if (entry == NULL || entry->kind != NODE_SCALAR) {
        return tree_fail(tree, entry != NULL ? entry : map, diag, "'timespan' is missing");
    }
    rest = bytes_of_text(entry->text);
    if (take_decimal(&rest, 1000000, &number) && take_u8(&rest, &unit) && rest.len == 0) {
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            uint64_t seconds = units[i].unit == unit ? number * units[i].seconds : 0;

            if (seconds > 0 && seconds <= MAX_TIMESPAN_DAYS * UINT64_C(86400)) {
                spec->timespan_ns = seconds * 1000000000u;
                return true;
            }
        }
    }
    return tree_fail(tree, entry, diag, "timespan is a number and s, m, h or d, at most %d days",
                     MAX_TIMESPAN_DAYS);
}

static const struct field *read_field(const struct tree *tree, const struct node *node,
                                      struct diag *diag)
{
    const struct field *field =
        node->kind == NODE_SCALAR ? rule_field(bytes_of_text(node->text)) : NULL;

    if (field == NULL) {
        (void)tree_fail(tree, node, diag, "unknown field '%.80s'",
                        node->kind == NODE_SCALAR ? node->text : "?");
    }
    return field;
}

static bool read_group_by(const struct tree *tree, const struct node *map,
                          struct correlation_spec *spec, struct diag *diag)
{
    const struct node *entry = node_find(map, "group-by");
    const struct node *item;

    if (entry == NULL) {
        return true; /* one group of all */
    }
    item = entry->kind == NODE_LIST ? entry->child : entry;
    for (; item != NULL; item = entry->kind == NODE_LIST ? item->next : NULL) {
        if (spec->num_group_by >= MAX_GROUP_BY) {
            return tree_fail(tree, item, diag, "more than %d fields", MAX_GROUP_BY);
        }
        spec->group_by[spec->num_group_by] = read_field(tree, item, diag);
        if (spec->group_by[spec->num_group_by++] == NULL) {
            return false;
        }
    }
    return true;
}

static bool read_bound(const struct tree *tree, const struct node *entry,
                       struct correlation_spec *spec, struct diag *diag)
{
    struct bytes rest;
    uint64_t number;

    if (entry->kind != NODE_SCALAR) {
        return tree_fail(tree, entry, diag, "a number is wanted");
    }
    rest = bytes_of_text(entry->text);
    if (!take_decimal(&rest, MAX_THRESHOLD, &number) || rest.len > 0) {
        return tree_fail(tree, entry, diag, "a number of at most %d is wanted", MAX_THRESHOLD);
    }
    if (strcmp(entry->key, "gte") == 0) {
        spec->min = number;
    } else if (strcmp(entry->key, "gt") == 0) {
        spec->min = number + 1;
    } else if (strcmp(entry->key, "lte") == 0) {
        spec->max = number;
    } else if (strcmp(entry->key, "lt") == 0 && number > 0) {
        spec->max = number - 1;
    } else if (strcmp(entry->key, "eq") == 0) {
        spec->min = number;
        spec->max = number;
    } else {
        return tree_fail_key(tree, entry, diag, "'%.40s' is not supported", entry->key);
    }
    return true;
}

static bool read_condition(const struct tree *tree, const struct node *map,
                           struct correlation_spec *spec, struct diag *diag)
{
    const struct node *condition = node_find(map, "condition");

    spec->max = UINT64_MAX;
    if (spec->type == CORRELATION_TEMPORAL) { /* all rules, in any order */
        return condition == NULL ||
               tree_fail_key(tree, condition, diag, "temporal takes no condition");
    }
    if (condition == NULL || condition->kind != NODE_MAP) {
        return tree_fail(tree, condition != NULL ? condition : map, diag,
                         "'condition' must be a map");
    }
    for (const struct node *entry = condition->child; entry != NULL; entry = entry->next) {
        if (strcmp(entry->key, "field") == 0 && spec->type == CORRELATION_VALUE_COUNT) {
            spec->value = read_field(tree, entry, diag);
            if (spec->value == NULL) {
                return false;
            }
        } else if (!read_bound(tree, entry, spec, diag)) {
            return false;
        }
    }
    if (spec->type == CORRELATION_VALUE_COUNT && spec->value == NULL) {
        return tree_fail(tree, condition, diag, "'field' is missing");
    }
    return (spec->min > 0 || spec->max < UINT64_MAX) ||
           tree_fail(tree, condition, diag, "a bound is missing: gte, gt, lte, lt or eq");
}

bool correlation_rule_read(const struct tree *tree, const struct node *document, struct rule *rule,
                           struct diag *diag)
{
    const struct node *map = node_find(document, "correlation");
    const struct node *rules;

    if (map->kind != NODE_MAP) {
        return tree_fail(tree, map, diag, "'correlation' must be a map");
    }
    if (node_find(document, "detection") != NULL) {
        return tree_fail_key(tree, node_find(document, "detection"), diag,
                             "a rule has a detection or a correlation, not both");
    }
    rules = node_find(map, "rules");
    if (rules == NULL || rules->kind != NODE_LIST || rules->child == NULL) {
        return tree_fail(tree, rules != NULL ? rules : map, diag, "'rules' must be a list");
    }
    return check_keys(tree, map, diag) && read_type(tree, map, &rule->correlation, diag) &&
           read_timespan(tree, map, &rule->correlation, diag) &&
           read_group_by(tree, map, &rule->correlation, diag) &&
           read_condition(tree, map, &rule->correlation, diag);
}
