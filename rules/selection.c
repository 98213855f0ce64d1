#include "rules/selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rules/pattern.h"

enum { MAX_VALUES = 4096, MAX_WORDS = 64 };

enum test {
    TEST_TEXT,
    TEST_CONTAINS,
    TEST_START,
    TEST_END,
    TEST_REGEX,
    TEST_CIDR,
    TEST_LESS,
    TEST_LESS_EQUAL,
    TEST_GREATER,
    TEST_GREATER_EQUAL,
    TEST_EXISTS,
};

struct value {
    bool absent;             /* null: matches when there is nothing */
    struct pattern *pattern; /* texts and regular expressions */
    double number;
    struct address prefix;
    unsigned bits;
};

/* One line of a selection. */
struct matcher {
    const struct field *field;
    struct value *values;
    size_t num_values;
    enum test test;
    bool all;        /* every value, not one of them */
    bool exists;     /* TEST_EXISTS: what is asked for */
    bool needs_text; /* nothing matches an absent value */
    uint64_t words;  /* fields with a closed vocabulary: the bits of the values that match */
};

struct group {
    struct matcher *matchers;
    size_t num_matchers;
};

struct selection {
    struct group *groups;
    size_t num_groups;
};

static enum pattern_match match_value(const struct value *value, struct bytes text)
{
    if (value->absent) {
        return text.len == 0 ? PATTERN_YES : PATTERN_NO;
    }
    if (text.len == 0 || value->pattern == NULL) {
        return PATTERN_NO; /* what is not there matches no pattern, not even * */
    }
    return pattern_match(value->pattern, text);
}

static bool match_texts(const struct matcher *matcher, struct bytes text, uint64_t *limits)
{
    for (size_t i = 0; i < matcher->num_values; i++) {
        enum pattern_match match = match_value(&matcher->values[i], text);

        *limits += match == PATTERN_LIMIT;
        if ((match == PATTERN_YES) != matcher->all) {
            return !matcher->all;
        }
    }
    return matcher->all;
}

/* A field that is a list matches if one of its elements does. */
static bool match_list(const struct matcher *matcher, struct bytes list, uint64_t *limits)
{
    struct bytes element;

    while (take_until(&list, ',', &element)) {
        if (match_texts(matcher, element, limits)) {
            return true;
        }
    }
    return match_texts(matcher, list, limits);
}

static const void *member(const struct field *field, const void *object)
{
    return (const char *)object + field->offset;
}

static bool match_prefixes(const struct matcher *matcher, const void *object)
{
    const struct address *address = member(matcher->field, object);

    for (size_t i = 0; i < matcher->num_values; i++) {
        const struct value *value = &matcher->values[i];

        if (address_in(address, &value->prefix, value->bits) != matcher->all) {
            return !matcher->all;
        }
    }
    return matcher->all;
}

static bool compare(enum test test, double number, double limit)
{
    switch (test) {
    case TEST_LESS:
        return number < limit;
    case TEST_LESS_EQUAL:
        return number <= limit;
    case TEST_GREATER:
        return number > limit;
    case TEST_GREATER_EQUAL:
        return number >= limit;
    case TEST_TEXT:
    case TEST_CONTAINS:
    case TEST_START:
    case TEST_END:
    case TEST_REGEX:
    case TEST_CIDR:
    case TEST_EXISTS:
        break;
    }
    return false;
}

static bool is_empty(const struct field *field, const void *object)
{
    const void *at = member(field, object);
    const char *text = at;

    if (field->kind == FIELD_STRING) {
        memcpy(&text, at, sizeof(text));
    }
    return text == NULL || text[0] == '\0';
}

static bool matches(const struct matcher *matcher, const void *object, uint64_t *limits)
{
    char scratch[FIELD_TEXT_MAX];
    struct bytes text;
    double number;
    unsigned word;

    if (matcher->field->kind == FIELD_WORD) {
        memcpy(&word, member(matcher->field, object), sizeof(word));
        return word < MAX_WORDS && (matcher->words >> word & 1) != 0;
    }
    if (matcher->needs_text && is_empty(matcher->field, object)) {
        return false;
    }
    if (matcher->test == TEST_EXISTS) {
        return field_is_absent(matcher->field, object) != matcher->exists;
    }
    if (matcher->test == TEST_CIDR) {
        return match_prefixes(matcher, object);
    }
    if (matcher->test >= TEST_LESS && matcher->test <= TEST_GREATER_EQUAL) {
        return field_number(matcher->field, object, &number) &&
               compare(matcher->test, number, matcher->values[0].number);
    }
    text = field_text(matcher->field, object, scratch);
    return matcher->field->list ? match_list(matcher, text, limits)
                                : match_texts(matcher, text, limits);
}

bool selection_matches(const struct selection *selection, const void *object, uint64_t *limits)
{
    for (size_t i = 0; i < selection->num_groups; i++) {
        const struct group *group = &selection->groups[i];
        size_t j = 0;

        while (j < group->num_matchers && matches(&group->matchers[j], object, limits)) {
            j++;
        }
        if (j == group->num_matchers) {
            return true;
        }
    }
    return false;
}

static bool add_word_field(const struct field *field, const struct field **fields, size_t *num,
                           size_t max)
{
    for (size_t i = 0; i < *num; i++) {
        if (fields[i] == field) {
            return true;
        }
    }
    if (field->kind != FIELD_WORD || *num == max) {
        return false;
    }
    fields[(*num)++] = field;
    return true;
}

bool selection_words(const struct selection *selection, const struct field **fields, size_t *num,
                     size_t max)
{
    for (size_t i = 0; i < selection->num_groups; i++) {
        const struct group *group = &selection->groups[i];

        for (size_t j = 0; j < group->num_matchers; j++) {
            if (!add_word_field(group->matchers[j].field, fields, num, max)) {
                return false;
            }
        }
    }
    return true;
}

bool selection_reads(const struct selection *selection, const char *const *names, size_t num_names)
{
    for (size_t i = 0; i < selection->num_groups; i++) {
        for (size_t j = 0; j < selection->groups[i].num_matchers; j++) {
            const char *name = selection->groups[i].matchers[j].field->name;

            for (size_t k = 0; k < num_names; k++) {
                if (strcmp(names[k], name) == 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* What a line asks, while it is being compiled. */
struct line {
    const struct tree *tree;
    const struct node *node;
    struct diag *diag;
    unsigned regex_flags;
    bool has_test;
};

static bool set_test(struct line *line, struct matcher *matcher, struct bytes word)
{
    static const struct {
        const char *word;
        enum test test;
    } tests[] = {
        {"contains", TEST_CONTAINS}, {"startswith", TEST_START}, {"endswith", TEST_END},
        {"re", TEST_REGEX},          {"cidr", TEST_CIDR},        {"lt", TEST_LESS},
        {"lte", TEST_LESS_EQUAL},    {"gt", TEST_GREATER},       {"gte", TEST_GREATER_EQUAL},
        {"exists", TEST_EXISTS},
    };

    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (!bytes_equal(word, bytes_of_text(tests[i].word))) {
            continue;
        }
        if (line->has_test) {
            return tree_fail_key(line->tree, line->node, line->diag,
                                 "two modifiers that cannot stand together");
        }
        line->has_test = true;
        matcher->test = tests[i].test;
        return true;
    }
    return tree_fail_key(line->tree, line->node, line->diag, "unknown modifier '%.*s'",
                         (int)(word.len < 40 ? word.len : 40), (const char *)word.at);
}

static bool set_modifier(struct line *line, struct matcher *matcher, struct bytes word)
{
    unsigned flag = bytes_equal(word, BYTES("i"))   ? REGEX_NOCASE
                    : bytes_equal(word, BYTES("m")) ? REGEX_MULTILINE
                    : bytes_equal(word, BYTES("s")) ? REGEX_DOTALL
                                                    : 0u;

    if (flag != 0 && matcher->test == TEST_REGEX) {
        line->regex_flags |= flag;
        return true;
    }
    if (bytes_equal(word, BYTES("all"))) {
        matcher->all = true;
        return true;
    }
    return set_test(line, matcher, word);
}

/* field|modifier|modifier */
static bool set_field(struct line *line, struct matcher *matcher, const struct schema *schema)
{
    struct bytes rest = bytes_of_text(line->node->key);
    struct bytes word;
    bool more = take_until(&rest, '|', &word);

    if (!more) {
        word = rest;
    }
    matcher->field = schema_find(schema, word);
    if (matcher->field == NULL) {
        return tree_fail_key(line->tree, line->node, line->diag, "unknown field '%.*s'",
                             (int)(word.len < 80 ? word.len : 80), (const char *)word.at);
    }
    while (more) {
        more = take_until(&rest, '|', &word);
        if (!set_modifier(line, matcher, more ? word : rest)) {
            return false;
        }
    }
    return true;
}

static bool set_text(const struct line *line, const struct matcher *matcher, struct value *value,
                     const struct node *node)
{
    static const enum pattern_anchor anchors[] = {
        [TEST_TEXT] = ANCHOR_BOTH,
        [TEST_CONTAINS] = ANCHOR_NONE,
        [TEST_START] = ANCHOR_START,
        [TEST_END] = ANCHOR_END,
    };
    char reason[128];

    if (node_is_null(node) || node->text[0] == '\0') {
        if (matcher->test != TEST_TEXT) {
            return tree_fail(line->tree, node, line->diag, "a modifier needs a value");
        }
        value->absent = true;
        return true;
    }
    if (matcher->test == TEST_REGEX) {
        value->pattern = pattern_new_regex(node->text, line->regex_flags, reason);
        return value->pattern != NULL ||
               tree_fail(line->tree, node, line->diag, "bad regular expression: %s", reason);
    }
    value->pattern = pattern_new(node->text, anchors[matcher->test]);
    return value->pattern != NULL ||
           tree_fail(line->tree, node, line->diag, "the value is too long");
}

static bool set_prefix(const struct line *line, const struct matcher *matcher, struct value *value,
                       const struct node *node)
{
    struct bytes rest = bytes_of_text(node->text);
    struct bytes text = rest;
    uint64_t bits;
    bool has_bits = take_until(&rest, '/', &text);

    if (matcher->field->kind != FIELD_ADDRESS) {
        return tree_fail_key(line->tree, line->node, line->diag, "cidr needs an address field");
    }
    if (!address_parse(text, &value->prefix)) {
        return tree_fail(line->tree, node, line->diag, "'%.60s' is no address range", node->text);
    }
    bits = value->prefix.version == 4 ? 32 : 128;
    if (has_bits && (!take_decimal(&rest, bits, &bits) || rest.len > 0)) {
        return tree_fail(line->tree, node, line->diag, "'%.60s' is no address range", node->text);
    }
    value->bits = (unsigned)bits;
    return true;
}

static bool set_number(const struct line *line, const struct matcher *matcher, struct value *value,
                       const struct node *node)
{
    char *end = NULL;

    if (!field_is_numeric(matcher->field)) {
        return tree_fail_key(line->tree, line->node, line->diag, "'%s' is not a number",
                             matcher->field->name);
    }
    value->number = strtod(node->text, &end);
    if (node->text[0] == '\0' || *end != '\0' || !isfinite(value->number)) {
        return tree_fail(line->tree, node, line->diag, "'%.60s' is not a number", node->text);
    }
    return true;
}

static bool set_exists(const struct line *line, struct matcher *matcher, const struct node *node)
{
    if (strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0) {
        return tree_fail(line->tree, node, line->diag, "exists is true or false");
    }
    matcher->exists = strcmp(node->text, "true") == 0;
    return true;
}

static bool add_value(const struct line *line, struct matcher *matcher, const struct node *node)
{
    struct value *value = &matcher->values[matcher->num_values];

    if (node->kind != NODE_SCALAR) {
        return tree_fail(line->tree, node, line->diag, "a value must be a word or a number");
    }
    if (matcher->num_values >= 1 && matcher->test >= TEST_LESS) {
        return tree_fail(line->tree, node, line->diag, "this modifier takes one value");
    }
    matcher->num_values++;
    if (matcher->test == TEST_EXISTS) {
        return set_exists(line, matcher, node);
    }
    if (matcher->test == TEST_CIDR) {
        return set_prefix(line, matcher, value, node);
    }
    if (matcher->test >= TEST_LESS) {
        return set_number(line, matcher, value, node);
    }
    return set_text(line, matcher, value, node);
}

static bool add_values(const struct line *line, struct matcher *matcher)
{
    const struct node *node = line->node;
    size_t num = 1;

    if (node->kind == NODE_LIST) {
        num = 0;
        for (const struct node *item = node->child; item != NULL; item = item->next) {
            num++;
        }
    }
    if (num == 0 || num > MAX_VALUES) {
        return tree_fail(line->tree, node, line->diag,
                         num == 0 ? "an empty list" : "too many values");
    }
    matcher->values = calloc(num, sizeof(struct value));
    if (matcher->values == NULL) {
        return tree_fail(line->tree, node, line->diag, "out of memory");
    }
    if (node->kind != NODE_LIST) {
        return add_value(line, matcher, node);
    }
    for (const struct node *item = node->child; item != NULL; item = item->next) {
        if (!add_value(line, matcher, item)) {
            return false;
        }
    }
    return true;
}

/* A closed vocabulary is tried once, here: a match is then one bit. */
static void set_words(struct matcher *matcher)
{
    for (unsigned i = 0; i < MAX_WORDS; i++) {
        struct bytes word = bytes_of_text(matcher->field->word(i));
        uint64_t limits = 0;
        bool match = matcher->test == TEST_EXISTS ? (word.len > 0) == matcher->exists
                                                  : match_texts(matcher, word, &limits);

        matcher->words |= (uint64_t)match << i;
    }
}

/* Does no absent text match? Most lists of software are asked about clients that said nothing. */
static bool wants_text(const struct matcher *matcher)
{
    enum field_kind kind = matcher->field->kind;
    bool wants = (kind == FIELD_TEXT || kind == FIELD_STRING) && matcher->test <= TEST_REGEX;

    for (size_t i = 0; i < matcher->num_values; i++) {
        wants = wants && !matcher->values[i].absent;
    }
    return wants && matcher->num_values > 0;
}

static bool compile_line(struct matcher *matcher, const struct tree *tree, const struct node *node,
                         const struct schema *schema, struct diag *diag)
{
    struct line line = {.tree = tree, .node = node, .diag = diag};

    if (!set_field(&line, matcher, schema) || !add_values(&line, matcher)) {
        return false;
    }
    if (matcher->field->kind == FIELD_WORD) {
        set_words(matcher);
    }
    matcher->needs_text = wants_text(matcher);
    return true;
}

static bool compile_map(struct group *group, const struct tree *tree, const struct node *map,
                        const struct schema *schema, struct diag *diag)
{
    size_t num = 0;

    if (map->kind != NODE_MAP) {
        return tree_fail(tree, map, diag, "keywords without a field are not supported");
    }
    for (const struct node *entry = map->child; entry != NULL; entry = entry->next) {
        num++;
    }
    if (num == 0) {
        return tree_fail(tree, map, diag, "an empty selection");
    }
    group->matchers = calloc(num, sizeof(struct matcher));
    if (group->matchers == NULL) {
        return tree_fail(tree, map, diag, "out of memory");
    }
    for (const struct node *entry = map->child; entry != NULL; entry = entry->next) {
        if (!compile_line(&group->matchers[group->num_matchers++], tree, entry, schema, diag)) {
            return false;
        }
    }
    return true;
}

static bool compile(struct selection *selection, const struct tree *tree, const struct node *node,
                    const struct schema *schema, struct diag *diag)
{
    const struct node *first = node->kind == NODE_LIST ? node->child : node;
    size_t num = 0;

    for (const struct node *map = first; map != NULL; map = map->next) {
        num++;
        if (node->kind != NODE_LIST) {
            break;
        }
    }
    if (num == 0) {
        return tree_fail(tree, node, diag, "an empty selection");
    }
    selection->groups = calloc(num, sizeof(struct group));
    if (selection->groups == NULL) {
        return tree_fail(tree, node, diag, "out of memory");
    }
    for (const struct node *map = first; selection->num_groups < num; map = map->next) {
        if (!compile_map(&selection->groups[selection->num_groups++], tree, map, schema, diag)) {
            return false;
        }
    }
    return true;
}

struct selection *selection_new(const struct tree *tree, const struct node *node,
                                const struct schema *schema, struct diag *diag)
{
    struct selection *selection = calloc(1, sizeof(*selection));

    if (selection == NULL) {
        (void)tree_fail(tree, node, diag, "out of memory");
        return NULL;
    }
    if (!compile(selection, tree, node, schema, diag)) {
        selection_free(selection);
        return NULL;
    }
    return selection;
}

static void clear_group(struct group *group)
{
    for (size_t i = 0; i < group->num_matchers; i++) {
        for (size_t j = 0; j < group->matchers[i].num_values; j++) {
            pattern_free(group->matchers[i].values[j].pattern);
        }
        free(group->matchers[i].values);
    }
    free(group->matchers);
}

void selection_free(struct selection *selection)
{
    if (selection != NULL) {
        for (size_t i = 0; i < selection->num_groups; i++) {
            clear_group(&selection->groups[i]);
        }
        free(selection->groups);
        free(selection);
    }
}
