/*
 * memo: what the rules said of findings whose closed vocabularies (family, target, transport, ...)
 * had the same words. Most rules look at nothing else, and there are few combinations: their answer
 * is then one look-up. A cache of fixed size; it changes no answer.
 */
#ifndef BASICTAP_RULES_MEMO_H
#define BASICTAP_RULES_MEMO_H

#include "rules/ruleset.h"

enum { MAX_MEMO_FIELDS = 16 };

struct memo;

/* fields: of kind FIELD_WORD, at most MAX_MEMO_FIELDS. NULL when out of memory: there is no memo
 * then. */
struct memo *memo_new(const struct field *const *fields, size_t num_fields);
void memo_free(struct memo *memo); /* NULL is fine */

/* The place for a finding's answer; *known says whether it stands there already. */
struct rule_hits *memo_find(struct memo *memo, const struct finding *finding, bool *known);

#endif
