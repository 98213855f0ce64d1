#include "sensor/shapes_mail.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

enum { MAX_LENGTH = 1 << 24 };

/* Where we are in the file, and where words about it go. */
struct reader {
    const struct tree *tree;
    struct diag *diag;
};

/* What a key of a map fills, and how. */
struct entry {
    const char *key;
    bool (*read)(const struct reader *reader, const struct node *value, void *out);
    void *out;
    bool is_optional;
};

/* ---- scalars ---- */

static bool is_scalar(const struct node *value)
{
    return value->kind == NODE_SCALAR && !node_is_null(value);
}

static bool read_prose(const struct reader *reader, const struct node *value, void *out)
{
    (void)out; /* for the reader of the file */
    return (is_scalar(value) && value->text[0] != '\0') ||
           tree_fail(reader->tree, value, reader->diag, "words are wanted");
}

static bool read_words(const struct reader *reader, const struct node *value, void *out)
{
    if (!is_scalar(value) || value->text[0] == '\0' || strlen(value->text) >= SHAPE_WORDS_SIZE) {
        return tree_fail(reader->tree, value, reader->diag, "a name has 1 to %d bytes",
                         SHAPE_WORDS_SIZE - 1);
    }
    return text_copy(out, SHAPE_WORDS_SIZE, value->text);
}

static bool read_yes(const struct reader *reader, const struct node *value, void *out)
{
    if (!is_scalar(value) || strcmp(value->text, "yes") != 0) {
        return tree_fail(reader->tree, value, reader->diag, "is yes, or left out");
    }
    *(bool *)out = true;
    return true;
}

static bool read_confidence(const struct reader *reader, const struct node *value, void *out)
{
    char *end = NULL;
    double number = is_scalar(value) ? strtod(value->text, &end) : 0;

    if (end == NULL || end == value->text || *end != '\0' || !(number >= 0 && number <= 1)) {
        return tree_fail(reader->tree, value, reader->diag, "a confidence is from 0 to 1");
    }
    *(double *)out = number;
    return true;
}

static bool read_small(const struct reader *reader, const struct node *value, void *out)
{
    struct bytes rest = bytes_of_text(is_scalar(value) ? value->text : "");
    uint64_t number;

    if (!take_decimal(&rest, 8, &number) || rest.len > 0) {
        return tree_fail(reader->tree, value, reader->diag, "a number from 0 to 8 is wanted");
    }
    *(uint8_t *)out = (uint8_t)number;
    return true;
}

static bool read_number(const struct reader *reader, const struct node *value, void *out)
{
    struct bytes rest = bytes_of_text(is_scalar(value) ? value->text : "");
    uint64_t number;

    if (!take_decimal(&rest, MAX_LENGTH, &number) || rest.len > 0 || number == 0) {
        return tree_fail(reader->tree, value, reader->diag, "a number from 1 on is wanted");
    }
    *(uint32_t *)out = (uint32_t)number;
    return true;
}

/* ---- lengths: [tag+]12, 3..8 or 1000.., and then [rest 2] ---- */

static bool take_text(struct bytes *in, const char *text)
{
    struct bytes want = bytes_of_text(text);
    struct bytes rest = *in;
    struct bytes got;

    if (!take_bytes(&rest, want.len, &got) || !bytes_equal(got, want)) {
        return false;
    }
    *in = rest;
    return true;
}

static bool take_length(struct bytes *in, struct shape_range *range)
{
    uint64_t number;

    if (!take_decimal(in, MAX_LENGTH, &number)) {
        return false;
    }
    range->min = range->max = (uint32_t)number;
    if (!take_text(in, "..")) {
        return true;
    }
    range->max = UINT32_MAX;
    if (take_decimal(in, MAX_LENGTH, &number)) {
        range->max = (uint32_t)number;
    }
    return range->min <= range->max;
}

static bool read_length(const struct reader *reader, const struct node *value, void *out)
{
    struct shape_length *length = out;
    struct bytes rest = bytes_of_text(is_scalar(value) ? value->text : "");
    uint64_t number = SHAPE_ANY_REST;

    length->is_tagged = take_text(&rest, "tag+");
    if (!take_length(&rest, &length->range) ||
        (take_text(&rest, " rest ") && !take_decimal(&rest, 3, &number)) || rest.len > 0) {
        return tree_fail(reader->tree, value, reader->diag,
                         "a length is 12, 3..8 or 1000.., after tag+ and before rest 0 to 3");
    }
    length->rest = (uint8_t)number;
    return true;
}

static bool read_range(const struct reader *reader, const struct node *value, void *out)
{
    struct bytes rest = bytes_of_text(is_scalar(value) ? value->text : "");

    return (take_length(&rest, out) && rest.len == 0) ||
           tree_fail(reader->tree, value, reader->diag, "a range is 12, 3..8 or 2..");
}

/* ---- words of ours ---- */

static bool read_service(const struct reader *reader, const struct node *value, uint8_t *services)
{
    static const struct {
        const char *word;
        uint8_t bit;
    } words[] = {{"imap", SHAPE_IMAP}, {"pop", SHAPE_POP}, {"smtp", SHAPE_SMTP}};

    for (size_t i = 0; is_scalar(value) && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(value->text, words[i].word) == 0) {
            *services |= words[i].bit;
            return true;
        }
    }
    return tree_fail(reader->tree, value, reader->diag, "a service is imap, pop or smtp");
}

static bool read_services(const struct reader *reader, const struct node *value, void *out)
{
    uint8_t *services = out;

    *services = 0;
    if (value->kind != NODE_LIST) {
        return read_service(reader, value, services);
    }
    for (const struct node *item = value->child; item != NULL; item = item->next) {
        if (!read_service(reader, item, services)) {
            return false;
        }
    }
    return *services != 0 || tree_fail(reader->tree, value, reader->diag, "no service is named");
}

static bool find_verdict(struct bytes word, enum inference_verdict *verdict)
{
    for (unsigned i = 0; i < NUM_INFERENCES; i++) {
        if (i != INFERENCE_BASIC_LIKELY && bytes_equal(word, bytes_of_text(inference_word(i)))) {
            *verdict = (enum inference_verdict)i;
            return true;
        }
    }
    return false;
}

/* A word and its confidence: password 0.97. What is undecided has none. */
static bool read_verdict(const struct reader *reader, const struct node *value, void *out)
{
    struct shape_login *login = out;
    struct bytes rest = bytes_of_text(is_scalar(value) ? value->text : "");
    struct bytes word = rest;
    struct node number = *value;

    if (take_until(&rest, ' ', &word)) {
        number.text = (const char *)rest.at;
    }
    if (!find_verdict(word, &login->verdict) ||
        (login->verdict == INFERENCE_UNDECIDED) != (number.text == value->text)) {
        return tree_fail(reader->tree, value, reader->diag,
                         "a verdict on mail is 'undecided', or a word and its confidence");
    }
    return login->verdict == INFERENCE_UNDECIDED ||
           read_confidence(reader, &number, &login->confidence);
}

static bool read_outcome(const struct reader *reader, const struct node *value, void *out)
{
    for (unsigned i = 0; is_scalar(value) && i < NUM_OUTCOMES; i++) {
        if (strcmp(value->text, outcome_word(i)) == 0) {
            *(enum outcome *)out = (enum outcome)i;
            return true;
        }
    }
    return tree_fail(reader->tree, value, reader->diag, "no outcome is called so");
}

/* ---- maps ---- */

static const struct entry *entry_of(const struct entry *entries, const char *key)
{
    for (; entries->key != NULL; entries++) {
        if (strcmp(entries->key, key) == 0) {
            return entries;
        }
    }
    return NULL;
}

/* entries ends with one without a key. */
static bool read_map(const struct reader *reader, const struct node *map,
                     const struct entry *entries)
{
    if (map->kind != NODE_MAP) {
        return tree_fail(reader->tree, map, reader->diag, "a map is wanted");
    }
    for (const struct node *value = map->child; value != NULL; value = value->next) {
        const struct entry *entry = entry_of(entries, value->key);

        if (entry == NULL) {
            return tree_fail_key(reader->tree, value, reader->diag, "unknown key '%.40s'",
                                 value->key);
        }
        if (!entry->read(reader, value, entry->out)) {
            return false;
        }
    }
    for (; entries->key != NULL; entries++) {
        if (!entries->is_optional && node_find(map, entries->key) == NULL) {
            return tree_fail(reader->tree, map, reader->diag, "'%s' is missing", entries->key);
        }
    }
    return true;
}

struct step_reading {
    struct shape_turn turn;
    bool is_secret;
};

static bool read_step(const struct reader *reader, const struct node *value,
                      struct step_reading *step)
{
    const struct entry entries[] = {
        {"client", read_length, &step->turn.client, false},
        {"server", read_length, &step->turn.server, false},
        {"records", read_small, &step->turn.records, true},
        {"secret", read_yes, &step->is_secret, true},
        {NULL, NULL, NULL, true},
    };

    memset(step, 0, sizeof(*step));
    return read_map(reader, value, entries);
}

static bool read_steps(const struct reader *reader, const struct node *value, void *out)
{
    struct shape_login *login = out;
    unsigned secrets = 0;

    for (const struct node *item = value->kind == NODE_LIST ? value->child : NULL; item != NULL;
         item = item->next) {
        struct step_reading step;

        if (login->num_steps == SHAPE_MAX_STEPS) {
            return tree_fail(reader->tree, item, reader->diag, "more than %d steps",
                             SHAPE_MAX_STEPS);
        }
        if (!read_step(reader, item, &step)) {
            return false;
        }
        if (step.is_secret) {
            login->secret = login->num_steps;
            secrets++;
        }
        login->steps[login->num_steps++] = step.turn;
    }
    return secrets == 1 ||
           tree_fail(reader->tree, value, reader->diag, "one step of a list is the secret");
}

static bool read_login(const struct reader *reader, const struct node *value, void *out)
{
    struct shape_login *login = out;
    const struct entry entries[] = {
        {"name", read_words, login->words, false},
        {"services", read_services, &login->services, false},
        {"verdict", read_verdict, login, false},
        {"steps", read_steps, login, false},
        {"follow", read_small, &login->follow, true},
        {"yields", read_yes, &login->yields, true},
        {"excludes-ticket", read_yes, &login->excludes_ticket, true},
        {"reason", read_prose, NULL, false},
        {"captures", read_prose, NULL, true},
        {NULL, NULL, NULL, true},
    };

    return read_map(reader, value, entries);
}

static bool read_ordinary(const struct reader *reader, const struct node *value, void *out)
{
    struct shape_ordinary *ordinary = out;
    const struct entry entries[] = {
        {"services", read_services, &ordinary->services, false},
        {"client", read_length, &ordinary->turn.client, false},
        {"server", read_length, &ordinary->turn.server, false},
        {"first", read_yes, &ordinary->is_first, true},
        {"last", read_yes, &ordinary->is_last, true},
        {"rare", read_yes, &ordinary->is_rare, true},
        {"reason", read_prose, NULL, false},
        {NULL, NULL, NULL, true},
    };

    return read_map(reader, value, entries);
}

static bool read_answer(const struct reader *reader, const struct node *value, void *out)
{
    struct shape_answer *answer = out;
    const struct entry entries[] = {
        {"services", read_services, &answer->services, false},
        {"bytes", read_length, &answer->len, false},
        {"follow", read_range, &answer->follow, false},
        {"outcome", read_outcome, &answer->outcome, false},
        {"confidence", read_confidence, &answer->confidence, false},
        {"reason", read_prose, NULL, false},
        {NULL, NULL, NULL, true},
    };

    return read_map(reader, value, entries);
}

/* ---- lists ---- */

typedef bool item_fn(const struct reader *reader, const struct node *value, void *out);

/* An array that a list fills. */
struct array {
    void *items;
    size_t item_size;
    size_t max;
    uint8_t *num;
    item_fn *read;
};

static bool read_list(const struct reader *reader, const struct node *value, void *out)
{
    const struct array *array = out;

    if (value->kind != NODE_LIST) {
        return tree_fail(reader->tree, value, reader->diag, "a list is wanted");
    }
    for (const struct node *item = value->child; item != NULL; item = item->next) {
        if (*array->num == array->max) {
            return tree_fail(reader->tree, item, reader->diag, "more than %zu of these",
                             array->max);
        }
        if (!array->read(reader, item, (char *)array->items + *array->num * array->item_size)) {
            return false;
        }
        (*array->num)++;
    }
    return true;
}

static bool read_bounds(const struct reader *reader, const struct node *value, void *out)
{
    struct shape_mail_model *model = out;
    const struct entry entries[] = {
        {"tag", read_range, &model->tag, false},
        {"shortest-line", read_number, &model->shortest_line, false},
        {"password", read_number, &model->password, false},
        {"token", read_number, &model->token, false},
        {"block", read_number, &model->block, false},
        {"lone-block", read_number, &model->lone_block, false},
        {NULL, NULL, NULL, true},
    };

    return read_map(reader, value, entries);
}

static bool read_caps(const struct reader *reader, const struct node *value, void *out)
{
    struct shape_mail_model *model = out;
    const struct entry entries[] = {
        {"floor", read_confidence, &model->floor, false},
        {"partial", read_confidence, &model->cap_partial, false},
        {"hole", read_confidence, &model->cap_hole, false},
        {"blurred", read_confidence, &model->cap_blurred, false},
        {"unproven", read_confidence, &model->cap_unproven, false},
        {"conflict", read_confidence, &model->cap_conflict, false},
        {"none", read_confidence, &model->none, false},
        {NULL, NULL, NULL, true},
    };

    return read_map(reader, value, entries);
}

bool shapes_mail_read(const struct tree *tree, const struct node *mail,
                      struct shape_mail_model *model, struct diag *diag)
{
    const struct reader reader = {tree, diag};
    struct array logins = {model->logins, sizeof(model->logins[0]), SHAPE_MAX_LOGINS,
                           &model->num_logins, read_login};
    struct array ordinary = {model->ordinary, sizeof(model->ordinary[0]), SHAPE_MAX_ORDINARY,
                             &model->num_ordinary, read_ordinary};
    struct array answers = {model->answers, sizeof(model->answers[0]), SHAPE_MAX_ANSWERS,
                            &model->num_answers, read_answer};
    const struct entry entries[] = {
        {"bounds", read_bounds, model, false},   {"confidence", read_caps, model, false},
        {"logins", read_list, &logins, false},   {"ordinary", read_list, &ordinary, false},
        {"answers", read_list, &answers, false}, {NULL, NULL, NULL, true},
    };

    memset(model, 0, sizeof(*model));
    return read_map(&reader, mail, entries);
}
