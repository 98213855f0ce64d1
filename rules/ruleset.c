#include "rules/ruleset.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "rules/condition.h"
#include "rules/correlation_rule.h"
#include "rules/memo.h"
#include "rules/selection.h"

struct detection {
    char names[MAX_SELECTIONS][64];
    struct selection *selections[MAX_SELECTIONS];
    size_t num_selections;
    struct condition *condition;
    bool is_remembered; /* looks at closed vocabularies alone: its answers are in the memo */
};

struct ruleset {
    struct rule rules[MAX_RULES];
    size_t num_rules;
    struct rule_hits correlated;
    struct rule_hits generated; /* of those, the ones that are reported all the same */
    bool is_volatile;
    struct memo *memo; /* NULL: none */
};

/* Known only after rules were applied. */
static const char *const later_fields[] = {
    "event.id", "event.sequence", "event.kind", "event.severity", "basictap.count",
    "rule.id",  "rule.name",      "rule.level", "basictap.rules", "network.community_id",
};
/* Differ from attempt to attempt of one window. */
static const char *const volatile_fields[] = {
    "@timestamp",
    "event.start",
    "event.end",
    "source.port",
    "basictap.evidence.frame",
    "basictap.evidence.file",
};

bool rule_hits_has(const struct rule_hits *hits, size_t rule)
{
    return (hits->bits[rule / 64] >> rule % 64 & 1) != 0;
}

static void add_hit(struct rule_hits *hits, size_t rule)
{
    hits->bits[rule / 64] |= UINT64_C(1) << rule % 64;
}

bool rule_hits_overlap(const struct rule_hits *a, const struct rule_hits *b)
{
    uint64_t both = 0;

    for (size_t i = 0; i < MAX_RULES / 64; i++) {
        both |= a->bits[i] & b->bits[i];
    }
    return both != 0;
}

void rule_hits_merge(struct rule_hits *into, const struct rule_hits *more)
{
    for (size_t i = 0; i < MAX_RULES / 64; i++) {
        into->bits[i] |= more->bits[i];
    }
}

const struct field *rule_field(struct bytes name)
{
    for (size_t i = 0; i < sizeof(later_fields) / sizeof(later_fields[0]); i++) {
        if (bytes_equal(name, bytes_of_text(later_fields[i]))) {
            return NULL;
        }
    }
    return schema_find(&finding_schema, name);
}

static bool is_known_key(const char *key)
{
    static const char *const keys[] = {
        "title",     "id",          "name",     "status",  "description", "references",
        "author",    "date",        "modified", "tags",    "level",       "logsource",
        "detection", "correlation", "fields",   "related", "license",     "falsepositives",
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_keys(const struct tree *tree, const struct node *document, struct diag *diag)
{
    if (document->kind != NODE_MAP) {
        return tree_fail(tree, document, diag, "a rule must be a map");
    }
    for (const struct node *entry = document->child; entry != NULL; entry = entry->next) {
        if (!is_known_key(entry->key)) {
            return tree_fail_key(tree, entry, diag, "unknown key '%.60s'", entry->key);
        }
    }
    return true;
}

/* The text of an entry; it may be missing unless it is wanted. */
static bool read_text(const struct tree *tree, const struct node *map, const char *key, bool wanted,
                      char *text, size_t size, struct diag *diag)
{
    const struct node *entry = node_find(map, key);

    if (entry == NULL) {
        return !wanted || tree_fail(tree, map, diag, "'%s' is missing", key);
    }
    if (entry->kind != NODE_SCALAR || entry->text[0] == '\0') {
        return tree_fail(tree, entry, diag, "'%s' must be a text", key);
    }
    return text_set(text, size, bytes_of_text(entry->text)) ||
           tree_fail(tree, entry, diag, "'%s' is longer than %zu bytes", key, size - 1);
}

/* 8-4-4-4-12 hex digits */
static bool is_uuid(const char *text)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    for (size_t i = 0; i < sizeof(shape); i++) {
        bool fits = shape[i] == 'x' ? text[i] != '\0' && strchr("0123456789abcdefABCDEF", text[i])
                                    : text[i] == shape[i];

        if (!fits) {
            return false;
        }
    }
    return true;
}

static bool read_head(const struct tree *tree, const struct node *document, struct rule *rule,
                      struct diag *diag)
{
    char level[32] = "informational";
    char status[32] = "stable";

    if (!check_keys(tree, document, diag) ||
        !read_text(tree, document, "title", true, rule->title, sizeof(rule->title), diag) ||
        !read_text(tree, document, "id", true, rule->id, sizeof(rule->id), diag) ||
        !read_text(tree, document, "name", false, rule->name, sizeof(rule->name), diag) ||
        !read_text(tree, document, "level", true, level, sizeof(level), diag) ||
        !read_text(tree, document, "status", false, status, sizeof(status), diag)) {
        return false;
    }
    if (!is_uuid(rule->id)) {
        return tree_fail(tree, node_find(document, "id"), diag, "'id' must be a UUID");
    }
    if (!level_parse(bytes_of_text(level), &rule->level)) {
        return tree_fail(tree, node_find(document, "level"), diag, "unknown level '%s'", level);
    }
    return true;
}

static bool check_logsource(const struct tree *tree, const struct node *document, struct diag *diag)
{
    const struct node *logsource = node_find(document, "logsource");
    const struct node *product;

    if (logsource == NULL) {
        return tree_fail(tree, document, diag, "'logsource' is missing");
    }
    product = node_find(logsource, "product");
    if (product == NULL || product->kind != NODE_SCALAR || strcmp(product->text, "basictap") != 0) {
        return tree_fail(tree, product != NULL ? product : logsource, diag,
                         "the logsource's product must be basictap");
    }
    return true;
}

static bool add_selection(const struct tree *tree, const struct node *entry,
                          struct detection *detection, struct diag *diag)
{
    char *name = detection->names[detection->num_selections];
    struct selection *selection;

    if (detection->num_selections >= MAX_SELECTIONS) {
        return tree_fail_key(tree, entry, diag, "more than %d selections", MAX_SELECTIONS);
    }
    if (!text_set(name, sizeof(detection->names[0]), bytes_of_text(entry->key))) {
        return tree_fail_key(tree, entry, diag, "the name is too long");
    }
    selection = selection_new(tree, entry, &finding_schema, diag);
    if (selection == NULL) {
        return false;
    }
    detection->selections[detection->num_selections++] = selection;
    if (selection_reads(selection, later_fields, sizeof(later_fields) / sizeof(later_fields[0]))) {
        return tree_fail_key(tree, entry, diag,
                             "event.id, .kind, .sequence, .severity, rule.* and counts are known "
                             "only after the rules");
    }
    return true;
}

static bool read_detection(const struct tree *tree, const struct node *document,
                           struct detection *detection, struct diag *diag)
{
    const struct node *map = node_find(document, "detection");
    const struct node *condition = map != NULL ? node_find(map, "condition") : NULL;
    const char *names[MAX_SELECTIONS];

    if (map == NULL || map->kind != NODE_MAP) {
        return tree_fail(tree, map != NULL ? map : document, diag, "'detection' must be a map");
    }
    if (condition == NULL) {
        return tree_fail(tree, map, diag, "'condition' is missing");
    }
    for (const struct node *entry = map->child; entry != NULL; entry = entry->next) {
        if (entry != condition && !add_selection(tree, entry, detection, diag)) {
            return false;
        }
    }
    for (size_t i = 0; i < detection->num_selections; i++) {
        names[i] = detection->names[i];
    }
    detection->condition = condition_new(tree, condition, names, detection->num_selections, diag);
    return detection->condition != NULL;
}

static void detection_free(struct detection *detection)
{
    if (detection != NULL) {
        for (size_t i = 0; i < detection->num_selections; i++) {
            selection_free(detection->selections[i]);
        }
        condition_free(detection->condition);
        free(detection);
    }
}

static const struct rule *find_rule(const struct ruleset *ruleset, const char *word, size_t *index)
{
    for (size_t i = 0; i < ruleset->num_rules; i++) {
        const struct rule *rule = &ruleset->rules[i];

        if (strcmp(rule->id, word) == 0 ||
            (rule->name[0] != '\0' && strcmp(rule->name, word) == 0)) {
            *index = i;
            return rule;
        }
    }
    return NULL;
}

static bool add_detection(struct ruleset *ruleset, struct rule *rule, const struct tree *tree,
                          const struct node *document, struct diag *diag)
{
    if (!check_logsource(tree, document, diag)) {
        return false;
    }
    rule->detection = calloc(1, sizeof(struct detection));
    if (rule->detection == NULL) {
        return tree_fail(tree, document, diag, "out of memory");
    }
    if (!read_detection(tree, document, rule->detection, diag)) {
        return false;
    }
    for (size_t i = 0; i < rule->detection->num_selections; i++) {
        ruleset->is_volatile |=
            selection_reads(rule->detection->selections[i], volatile_fields,
                            sizeof(volatile_fields) / sizeof(volatile_fields[0]));
    }
    return true;
}

static bool add_rule(struct ruleset *ruleset, const struct tree *tree, const struct node *document,
                     struct diag *diag)
{
    struct rule *rule = &ruleset->rules[ruleset->num_rules];
    size_t index;

    if (ruleset->num_rules >= MAX_RULES) {
        return tree_fail(tree, document, diag, "more than %d rules", MAX_RULES);
    }
    memset(rule, 0, sizeof(*rule));
    if (!read_head(tree, document, rule, diag)) {
        return false;
    }
    if (find_rule(ruleset, rule->id, &index) != NULL) {
        return tree_fail(tree, node_find(document, "id"), diag, "another rule has this id");
    }
    if (rule->name[0] != '\0' && find_rule(ruleset, rule->name, &index) != NULL) {
        return tree_fail(tree, node_find(document, "name"), diag, "another rule has this name");
    }
    ruleset->num_rules++; /* from here on ruleset_free sees it */
    if (node_find(document, "correlation") != NULL) {
        return correlation_rule_read(tree, document, rule, diag);
    }
    return add_detection(ruleset, rule, tree, document, diag);
}

/* Correlations name rules that may stand after them or in another file. */
static bool resolve(struct ruleset *ruleset, const struct tree *tree, const struct node *document,
                    struct rule *rule, struct diag *diag)
{
    const struct node *map = node_find(document, "correlation");
    const struct node *list = node_find(map, "rules");
    const struct node *generate = node_find(map, "generate");
    bool reported =
        generate != NULL && generate->kind == NODE_SCALAR && strcmp(generate->text, "true") == 0;

    for (const struct node *item = list->child; item != NULL; item = item->next) {
        size_t index = 0;
        const struct rule *named =
            item->kind == NODE_SCALAR ? find_rule(ruleset, item->text, &index) : NULL;

        if (named == NULL || named->detection == NULL) {
            return tree_fail(tree, item, diag, "no rule about single events is called '%.60s'",
                             item->kind == NODE_SCALAR ? item->text : "?");
        }
        add_hit(&rule->correlation.rules, index);
        add_hit(&ruleset->correlated, index);
        if (reported) {
            add_hit(&ruleset->generated, index);
        }
        ruleset->rules[index].silent = !rule_hits_has(&ruleset->generated, index);
    }
    return true;
}

static bool add_tree(struct ruleset *ruleset, const struct tree *tree, struct diag *diag)
{
    for (size_t i = 0; i < tree_num_documents(tree); i++) {
        if (!add_rule(ruleset, tree, tree_document(tree, i), diag)) {
            return false;
        }
    }
    return true;
}

static bool resolve_tree(struct ruleset *ruleset, const struct tree *tree, struct diag *diag)
{
    for (size_t i = 0; i < tree_num_documents(tree); i++) {
        const struct node *document = tree_document(tree, i);
        size_t index;

        if (node_find(document, "correlation") == NULL) {
            continue;
        }
        (void)find_rule(ruleset, node_find(document, "id")->text, &index);
        if (!resolve(ruleset, tree, document, &ruleset->rules[index], diag)) {
            return false;
        }
    }
    return true;
}

/* Which rules the memo answers for. A rule whose fields find no room is asked every time. */
static void make_memo(struct ruleset *ruleset)
{
    const struct field *fields[MAX_MEMO_FIELDS];
    size_t num = 0;

    for (size_t i = 0; i < ruleset->num_rules; i++) {
        struct detection *detection = ruleset->rules[i].detection;
        size_t with = num;
        bool fits = detection != NULL;

        for (size_t j = 0; fits && j < detection->num_selections; j++) {
            fits = selection_words(detection->selections[j], fields, &with, MAX_MEMO_FIELDS);
        }
        if (fits) {
            detection->is_remembered = true;
            num = with;
        }
    }
    ruleset->memo = memo_new(fields, num);
}

static struct ruleset *ruleset_new(struct tree *const *trees, size_t num_trees, struct diag *diag)
{
    struct ruleset *ruleset = calloc(1, sizeof(*ruleset));
    bool fine = ruleset != NULL;

    if (ruleset == NULL) {
        diag_set(diag, "no memory for rules");
    }
    for (size_t i = 0; fine && i < num_trees; i++) {
        fine = add_tree(ruleset, trees[i], diag);
    }
    for (size_t i = 0; fine && i < num_trees; i++) {
        fine = resolve_tree(ruleset, trees[i], diag);
    }
    if (!fine) {
        ruleset_free(ruleset);
        return NULL;
    }
    make_memo(ruleset);
    return ruleset;
}

struct ruleset *ruleset_parse(const char *name, struct bytes text, struct diag *diag)
{
    struct tree *tree = tree_parse(name, text, diag);
    struct ruleset *ruleset = tree != NULL ? ruleset_new(&tree, 1, diag) : NULL;

    tree_free(tree);
    return ruleset;
}

static int is_rule_file(const struct dirent *entry)
{
    struct bytes name = bytes_of_text(entry->d_name);

    return bytes_ends_nocase(name, BYTES(".yml")) && !bytes_starts(name, BYTES(".")) &&
           !bytes_equal(name, BYTES("services.yml")) && !bytes_equal(name, BYTES("clients.yml")) &&
           !bytes_equal(name, BYTES("shapes.yml"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not strcoll: the same order everywhere */
}

static bool read_files(const char *directory, struct dirent **entries, size_t num,
                       struct tree **trees, struct diag *diag)
{
    char path[4096];

    for (size_t i = 0; i < num; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
        trees[i] = tree_read(path, diag);
        if (trees[i] == NULL) {
            return false;
        }
    }
    return true;
}

struct ruleset *ruleset_load(const char *directory, struct diag *diag)
{
    struct dirent **entries = NULL;
    int found = scandir(directory, &entries, is_rule_file, by_name);
    size_t num = found > 0 ? (size_t)found : 0;
    struct tree **trees = calloc(num + 1, sizeof(struct tree *));
    struct ruleset *ruleset = NULL;

    if (found < 0) {
        diag_set(diag, "%s: no such directory of rules", directory);
    } else if (trees == NULL) {
        diag_set(diag, "no memory for rules");
    } else if (read_files(directory, entries, num, trees, diag)) {
        ruleset = ruleset_new(trees, num, diag);
    }
    for (size_t i = 0; i < num; i++) {
        if (trees != NULL) {
            tree_free(trees[i]);
        }
        free(entries[i]);
    }
    free(trees);
    free(entries);
    return ruleset;
}

void ruleset_free(struct ruleset *ruleset)
{
    if (ruleset != NULL) {
        for (size_t i = 0; i < ruleset->num_rules; i++) {
            detection_free(ruleset->rules[i].detection);
        }
        memo_free(ruleset->memo);
        free(ruleset);
    }
}

size_t ruleset_num_rules(const struct ruleset *ruleset)
{
    return ruleset->num_rules;
}

const struct rule *ruleset_rule(const struct ruleset *ruleset, size_t index)
{
    return &ruleset->rules[index];
}

const struct rule_hits *ruleset_correlated(const struct ruleset *ruleset)
{
    return &ruleset->correlated;
}

bool ruleset_is_volatile(const struct ruleset *ruleset)
{
    return ruleset->is_volatile;
}

/* What a condition asks about. */
struct question {
    const struct detection *detection;
    const struct finding *finding;
    uint64_t *limits;
};

static bool ask(void *ctx, size_t selection)
{
    const struct question *question = ctx;

    return selection_matches(question->detection->selections[selection], question->finding,
                             question->limits);
}

static void match(const struct ruleset *ruleset, const struct finding *finding, bool remembered,
                  struct rule_hits *hits, uint64_t *limits)
{
    for (size_t i = 0; i < ruleset->num_rules; i++) {
        const struct detection *detection = ruleset->rules[i].detection;
        struct question question = {detection, finding, limits};

        if (detection != NULL && detection->is_remembered == remembered &&
            condition_holds(detection->condition, ask, &question)) {
            add_hit(hits, i);
        }
    }
}

void ruleset_match(const struct ruleset *ruleset, const struct finding *finding,
                   struct rule_hits *hits, uint64_t *limits)
{
    struct rule_hits *answer;
    bool known = false;

    memset(hits, 0, sizeof(*hits));
    match(ruleset, finding, false, hits, limits);
    if (ruleset->memo == NULL) {
        match(ruleset, finding, true, hits, limits);
        return;
    }
    answer = memo_find(ruleset->memo, finding, &known);
    if (!known) {
        memset(answer, 0, sizeof(*answer));
        match(ruleset, finding, true, answer, limits);
    }
    rule_hits_merge(hits, answer);
}

static void add_id(struct finding *finding, const char *id)
{
    if (strlen(finding->rules) + strlen(id) + 2 > sizeof(finding->rules)) {
        return;
    }
    if (finding->rules[0] != '\0') {
        (void)text_append(finding->rules, sizeof(finding->rules), ",");
    }
    (void)text_append(finding->rules, sizeof(finding->rules), id);
}

void ruleset_describe(const struct ruleset *ruleset, const struct rule_hits *hits,
                      struct finding *finding)
{
    const struct rule *worst = NULL;

    finding->rules[0] = '\0';
    for (size_t i = 0; i < ruleset->num_rules; i++) {
        const struct rule *rule = &ruleset->rules[i];

        if (!rule_hits_has(hits, i) || rule->silent) {
            continue;
        }
        add_id(finding, rule->id);
        if (worst == NULL || rule->level > worst->level) {
            worst = rule;
        }
    }
    (void)text_copy(finding->rule_id, sizeof(finding->rule_id), worst != NULL ? worst->id : "");
    (void)text_copy(finding->rule_name, sizeof(finding->rule_name),
                    worst != NULL ? worst->title : "");
    finding->rule_level = worst != NULL ? worst->level : LEVEL_NONE;
    finding->severity = level_severity(finding->rule_level);
}
