#include "rules/condition.h"

#include <stdlib.h>
#include <string.h>

#include "rules/pattern.h"

enum { MAX_STEPS = 256, MAX_DEPTH = 32 };

enum step_kind { STEP_AND, STEP_OR, STEP_NOT, STEP_ONE_OF, STEP_ALL_OF };

struct step {
    enum step_kind kind;
    uint16_t left;
    uint16_t right;
    uint64_t selections; /* of STEP_ONE_OF, STEP_ALL_OF; a name alone is one of one */
};

struct condition {
    size_t num_steps;
    uint16_t root;
    struct step steps[MAX_STEPS];
};

/* expression = term *("or" term); term = factor *("and" factor);
 * factor = "not" factor / "(" expression ")" / ("1" / "all") "of" (name / "them") / name */
struct parser {
    const struct tree *tree;
    const struct node *node;
    struct diag *diag;
    const char *const *names;
    size_t num_names;
    struct condition *condition;
    struct bytes rest;
    unsigned depth;
};

static bool parse_expression(struct parser *parser, uint16_t *step);

/* word: what was just taken, or nothing. */
static bool fail(const struct parser *parser, const char *reason, struct bytes word)
{
    struct node place = *parser->node;

    if (!place.quoted) { /* elsewhere the text does not begin at the node's column */
        place.column += (unsigned)(strlen(place.text) - parser->rest.len - word.len);
    }
    return tree_fail(parser->tree, &place, parser->diag, "condition: %s '%.*s'", reason,
                     (int)(word.len < 60 ? word.len : 60), (const char *)word.at);
}

static void skip_blanks(struct bytes *in)
{
    while (take_spaces(in) > 0 || take_prefix(in, BYTES("\n"))) {
    }
}

/* A parenthesis or a run of other characters; false at the end. */
static bool take_token(struct bytes *in, struct bytes *token)
{
    size_t len = 0;
    uint8_t byte;

    skip_blanks(in);
    while (peek_u8_at(*in, len, &byte) && byte != ' ' && byte != '\t' && byte != '\n' &&
           byte != '(' && byte != ')') {
        len++;
    }
    if (len == 0 && in->len > 0) {
        len = 1;
    }
    return len > 0 && take_bytes(in, len, token);
}

static bool take_keyword(struct parser *parser, struct bytes keyword)
{
    struct bytes rest = parser->rest;
    struct bytes token;

    if (!take_token(&rest, &token) || !bytes_equal_nocase(token, keyword)) {
        return false;
    }
    parser->rest = rest;
    return true;
}

static bool add_step(struct parser *parser, struct step made, uint16_t *step)
{
    struct condition *condition = parser->condition;

    if (condition->num_steps >= MAX_STEPS) {
        return fail(parser, "too long", BYTES(""));
    }
    *step = (uint16_t)condition->num_steps;
    condition->steps[condition->num_steps++] = made;
    return true;
}

/* The selections that a name with wildcards means; names with _ in front are not among `them`. */
static uint64_t select_names(const struct parser *parser, struct bytes word)
{
    bool them = bytes_equal_nocase(word, BYTES("them"));
    char name[128];
    struct pattern *pattern;
    size_t len;
    uint64_t found = 0;

    if (!bytes_copy(word, name, sizeof(name) - 1, &len)) {
        return 0;
    }
    name[len] = '\0';
    pattern = pattern_new(them ? "*" : name, ANCHOR_BOTH);
    for (size_t i = 0; pattern != NULL && i < parser->num_names; i++) {
        if ((!them || parser->names[i][0] != '_') &&
            pattern_match(pattern, bytes_of_text(parser->names[i])) == PATTERN_YES) {
            found |= UINT64_C(1) << i;
        }
    }
    pattern_free(pattern);
    return found;
}

static bool is_reserved(struct bytes word)
{
    static const char *const reserved[] = {"and", "or", "not", "of", "them", ")", "|"};

    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (bytes_is_word(word, reserved[i])) {
            return true;
        }
    }
    return false;
}

static bool parse_name(struct parser *parser, struct bytes word, uint16_t *step)
{
    struct step made = {.kind = STEP_ONE_OF};
    struct bytes name = word;
    struct bytes before = parser->rest;

    if (take_keyword(parser, BYTES("of"))) {
        if (!bytes_equal(word, BYTES("1")) && !bytes_equal_nocase(word, BYTES("all"))) {
            parser->rest = before;
            return fail(parser, "only '1 of' and 'all of' are known, not", word);
        }
        made.kind = bytes_equal(word, BYTES("1")) ? STEP_ONE_OF : STEP_ALL_OF;
        if (!take_token(&parser->rest, &name)) {
            return fail(parser, "a name is missing at the end", BYTES(""));
        }
        made.selections = select_names(parser, name);
    } else {
        for (size_t i = 0; i < parser->num_names; i++) {
            made.selections |= (uint64_t)bytes_equal(bytes_of_text(parser->names[i]), word) << i;
        }
    }
    return made.selections != 0 ? add_step(parser, made, step)
                                : fail(parser, "no selection is called", name);
}

static bool parse_factor(struct parser *parser, uint16_t *step)
{
    struct step made = {.kind = STEP_NOT};
    struct bytes word;
    bool fine;

    if (!take_token(&parser->rest, &word)) {
        return fail(parser, "something is missing at the end", BYTES(""));
    }
    if (++parser->depth > MAX_DEPTH) {
        return fail(parser, "nested too deeply at", word);
    }
    if (bytes_equal_nocase(word, BYTES("not"))) {
        fine = parse_factor(parser, &made.left) && add_step(parser, made, step);
    } else if (bytes_equal(word, BYTES("("))) {
        fine = parse_expression(parser, step) &&
               (take_keyword(parser, BYTES(")")) || fail(parser, "no ')' at", BYTES("")));
    } else if (is_reserved(word)) {
        fine = fail(parser, "unexpected", word);
    } else {
        fine = parse_name(parser, word, step);
    }
    parser->depth--;
    return fine;
}

static bool parse_term(struct parser *parser, uint16_t *step)
{
    if (!parse_factor(parser, step)) {
        return false;
    }
    while (take_keyword(parser, BYTES("and"))) {
        struct step made = {.kind = STEP_AND, .left = *step};

        if (!parse_factor(parser, &made.right) || !add_step(parser, made, step)) {
            return false;
        }
    }
    return true;
}

static bool parse_expression(struct parser *parser, uint16_t *step)
{
    if (!parse_term(parser, step)) {
        return false;
    }
    while (take_keyword(parser, BYTES("or"))) {
        struct step made = {.kind = STEP_OR, .left = *step};

        if (!parse_term(parser, &made.right) || !add_step(parser, made, step)) {
            return false;
        }
    }
    return true;
}

struct condition *condition_new(const struct tree *tree, const struct node *node,
                                const char *const *names, size_t num_names, struct diag *diag)
{
    struct parser parser = {.tree = tree,
                            .node = node,
                            .diag = diag,
                            .names = names,
                            .num_names = num_names < MAX_SELECTIONS ? num_names : MAX_SELECTIONS};
    struct bytes token;

    if (node->kind != NODE_SCALAR) {
        (void)tree_fail(tree, node, diag, "condition: one text is wanted");
        return NULL;
    }
    parser.rest = bytes_of_text(node->text);
    parser.condition = calloc(1, sizeof(struct condition));
    if (parser.condition == NULL) {
        (void)tree_fail(tree, node, diag, "out of memory");
        return NULL;
    }
    if (!parse_expression(&parser, &parser.condition->root)) {
        condition_free(parser.condition);
        return NULL;
    }
    if (take_token(&parser.rest, &token)) {
        (void)fail(&parser, "unexpected", token);
        condition_free(parser.condition);
        return NULL;
    }
    return parser.condition;
}

void condition_free(struct condition *condition)
{
    free(condition);
}

static bool holds_selections(const struct step *step, condition_fn *matches, void *ctx)
{
    bool all = step->kind == STEP_ALL_OF;

    for (uint64_t left = step->selections; left != 0; left &= left - 1) {
        if (matches(ctx, (size_t)__builtin_ctzll(left)) != all) {
            return !all;
        }
    }
    return all;
}

static bool holds(const struct condition *condition, uint16_t index, condition_fn *matches,
                  void *ctx)
{
    const struct step *step = &condition->steps[index];

    switch (step->kind) {
    case STEP_AND:
        return holds(condition, step->left, matches, ctx) &&
               holds(condition, step->right, matches, ctx);
    case STEP_OR:
        return holds(condition, step->left, matches, ctx) ||
               holds(condition, step->right, matches, ctx);
    case STEP_NOT:
        return !holds(condition, step->left, matches, ctx);
    case STEP_ONE_OF:
    case STEP_ALL_OF:
        break;
    }
    return holds_selections(step, matches, ctx);
}

bool condition_holds(const struct condition *condition, condition_fn *matches, void *ctx)
{
    return holds(condition, condition->root, matches, ctx);
}

uint64_t condition_names(const struct condition *condition)
{
    uint64_t named = 0;

    for (size_t i = 0; i < condition->num_steps; i++) {
        named |= condition->steps[i].selections;
    }
    return named;
}
