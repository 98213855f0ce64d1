/*
 * pattern: one value of a rule, compiled. Either a wildcard text (* is anything, ? one character,
 * any case of ASCII letters) or a regular expression (PCRE2 without its JIT, with match limits).
 * The only file that knows PCRE2.
 */
#ifndef BASICTAP_RULES_PATTERN_H
#define BASICTAP_RULES_PATTERN_H

#include "dissectors/base/bytes.h"

enum pattern_anchor {
    ANCHOR_BOTH,  /* the whole text */
    ANCHOR_START, /* startswith */
    ANCHOR_END,   /* endswith */
    ANCHOR_NONE,  /* contains */
};

enum { REGEX_NOCASE = 1, REGEX_MULTILINE = 2, REGEX_DOTALL = 4 };

enum pattern_match { PATTERN_NO, PATTERN_YES, PATTERN_LIMIT };

struct pattern;

/* NULL when out of memory or text is longer than 4096 bytes. A backslash takes the meaning from *,
 * ? and itself; before other characters it stands for itself. */
struct pattern *pattern_new(const char *text, enum pattern_anchor anchor);

/* NULL and a reason (of 128 bytes) when it is no regular expression. */
struct pattern *pattern_new_regex(const char *text, unsigned flags, char reason[128]);
void pattern_free(struct pattern *pattern); /* NULL is fine */

/* PATTERN_LIMIT: the expression gave up. Not for two threads at once. */
enum pattern_match pattern_match(const struct pattern *pattern, struct bytes text);

#endif
