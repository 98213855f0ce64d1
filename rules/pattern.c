#include "rules/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

enum {
    MAX_PATTERN = 4096,
    MAX_REGEX = 1024,
    MATCH_LIMIT = 20000, /* a few milliseconds */
    DEPTH_LIMIT = 1000,
    HEAP_LIMIT_KIB = 256,
    MAX_GROUP_DEPTH = 32,
};

/* What a wildcard text is made of. Most are one literal, alone, at the beginning, at the end or
 * anywhere: that is searched for rather than tried byte by byte. */
enum atom_kind { ATOM_BYTE, ATOM_ONE, ATOM_ANY };
struct atom {
    uint8_t kind;
    uint8_t byte; /* lower case */
};

struct pattern {
    struct atom *atoms; /* NULL: a regular expression */
    size_t num_atoms;
    uint8_t *literal; /* the bytes, when there is no wildcard but at the ends; NULL: there is */
    size_t literal_len;
    bool any_before;
    bool any_after;
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

static void add_atom(struct pattern *pattern, enum atom_kind kind, uint8_t byte)
{
    struct atom *last = pattern->num_atoms > 0 ? &pattern->atoms[pattern->num_atoms - 1] : NULL;

    if (kind == ATOM_ANY && last != NULL && last->kind == ATOM_ANY) {
        return; /* ** is * */
    }
    pattern->atoms[pattern->num_atoms++] = (struct atom){(uint8_t)kind, lower(byte)};
}

/* False: out of memory. */
static bool find_literal(struct pattern *pattern)
{
    const struct atom *atoms = pattern->atoms;
    size_t first = pattern->num_atoms > 0 && atoms[0].kind == ATOM_ANY;
    size_t end = pattern->num_atoms;

    pattern->any_before = first > 0;
    pattern->any_after = end > first && atoms[end - 1].kind == ATOM_ANY;
    end -= pattern->any_after;
    for (size_t i = first; i < end; i++) {
        if (atoms[i].kind != ATOM_BYTE) {
            return true;
        }
    }
    if (end == first) {
        return true;
    }
    pattern->literal = malloc(end - first);
    if (pattern->literal == NULL) {
        return false;
    }
    for (size_t i = first; i < end; i++) {
        pattern->literal[pattern->literal_len++] = atoms[i].byte;
    }
    return true;
}

struct pattern *pattern_new(const char *text, enum pattern_anchor anchor)
{
    struct pattern *pattern = calloc(1, sizeof(*pattern));
    size_t len = strlen(text);

    if (pattern == NULL || len > MAX_PATTERN) {
        free(pattern);
        return NULL;
    }
    pattern->atoms = calloc(len + 2, sizeof(struct atom));
    if (pattern->atoms == NULL) {
        free(pattern);
        return NULL;
    }
    if (anchor == ANCHOR_END || anchor == ANCHOR_NONE) {
        add_atom(pattern, ATOM_ANY, 0);
    }
    for (; *text != '\0'; text++) {
        if (*text == '\\' && (text[1] == '*' || text[1] == '?' || text[1] == '\\')) {
            text++;
            add_atom(pattern, ATOM_BYTE, (uint8_t)*text);
        } else {
            add_atom(pattern,
                     *text == '*'   ? ATOM_ANY
                     : *text == '?' ? ATOM_ONE
                                    : ATOM_BYTE,
                     (uint8_t)*text);
        }
    }
    if (anchor == ANCHOR_START || anchor == ANCHOR_NONE) {
        add_atom(pattern, ATOM_ANY, 0);
    }
    if (!find_literal(pattern)) {
        pattern_free(pattern);
        return NULL;
    }
    return pattern;
}

static bool compile(struct pattern *pattern, const char *text, uint32_t options, char reason[128])
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    PCRE2_SIZE offset = 0;
    int error = 0;

    if (context == NULL) {
        return false;
    }
    (void)pcre2_set_parens_nest_limit(context, MAX_GROUP_DEPTH);
    (void)pcre2_set_max_pattern_length(context, MAX_REGEX);
    pattern->code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &offset, context);
    pcre2_compile_context_free(context);
    if (pattern->code == NULL) {
        (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)reason, 128);
        return false;
    }
    pattern->data = pcre2_match_data_create(1, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    if (pattern->data == NULL || pattern->context == NULL) {
        return false;
    }
    (void)pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
    (void)pcre2_set_depth_limit(pattern->context, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(pattern->context, HEAP_LIMIT_KIB);
    return true;
}

struct pattern *pattern_new_regex(const char *text, unsigned flags, char reason[128])
{
    struct pattern *pattern = calloc(1, sizeof(*pattern));
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
                       ((flags & REGEX_NOCASE) != 0 ? PCRE2_CASELESS : 0u) |
                       ((flags & REGEX_MULTILINE) != 0 ? PCRE2_MULTILINE : 0u) |
                       ((flags & REGEX_DOTALL) != 0 ? PCRE2_DOTALL : 0u);

    (void)text_copy(reason, 128, "out of memory");
    if (pattern != NULL && !compile(pattern, text, options, reason)) {
        pattern_free(pattern);
        return NULL;
    }
    return pattern;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern != NULL) {
        pcre2_match_context_free(pattern->context);
        pcre2_match_data_free(pattern->data);
        pcre2_code_free(pattern->code);
        free(pattern->literal);
        free(pattern->atoms);
        free(pattern);
    }
}

/* One character of UTF-8: a byte and the continuations behind it. */
static void skip_character(struct bytes *text)
{
    uint8_t byte;

    (void)take_skip(text, 1);
    while (peek_u8(*text, &byte) && (byte & 0xc0) == 0x80) {
        (void)take_skip(text, 1);
    }
}

static bool match_literal(const struct pattern *pattern, struct bytes text)
{
    struct bytes literal = bytes_view(pattern->literal, pattern->literal_len);

    if (pattern->any_before) {
        return pattern->any_after ? bytes_has_nocase(text, literal)
                                  : bytes_ends_nocase(text, literal);
    }
    return pattern->any_after ? bytes_starts_nocase(text, literal)
                              : bytes_equal_nocase(text, literal);
}

/* Only the last * is ever tried again, so the cost is at most the product of both lengths. */
static bool match_wildcards(const struct pattern *pattern, struct bytes text)
{
    size_t i = 0;
    size_t after_any = 0; /* the atom after the last *; 0: none met */
    struct bytes retry = text;

    while (text.len > 0) {
        uint8_t byte = 0;

        (void)peek_u8(text, &byte);
        if (i < pattern->num_atoms && pattern->atoms[i].kind == ATOM_ANY) {
            after_any = ++i;
            retry = text;
        } else if (i < pattern->num_atoms && pattern->atoms[i].kind == ATOM_ONE) {
            skip_character(&text);
            i++;
        } else if (i < pattern->num_atoms && pattern->atoms[i].byte == lower(byte)) {
            (void)take_skip(&text, 1);
            i++;
        } else if (after_any > 0) {
            i = after_any;
            (void)take_skip(&retry, 1);
            text = retry;
        } else {
            return false;
        }
    }
    while (i < pattern->num_atoms && pattern->atoms[i].kind == ATOM_ANY) {
        i++;
    }
    return i == pattern->num_atoms;
}

enum pattern_match pattern_match(const struct pattern *pattern, struct bytes text)
{
    int result;

    if (pattern->atoms != NULL) {
        bool matches = pattern->literal != NULL ? match_literal(pattern, text)
                                                : match_wildcards(pattern, text);

        return matches ? PATTERN_YES : PATTERN_NO;
    }
    result = pcre2_match(pattern->code, text.at, text.len, 0, 0, pattern->data, pattern->context);
    if (result >= 0) {
        return PATTERN_YES;
    }
    return result == PCRE2_ERROR_NOMATCH ? PATTERN_NO : PATTERN_LIMIT;
}
