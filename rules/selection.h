/*
 * selection: a Sigma selection, compiled against a schema: field|modifier: value, a list of values
 * (one of them), a map (all of its lines), a list of maps (one of them).
 */
#ifndef BASICTAP_RULES_SELECTION_H
#define BASICTAP_RULES_SELECTION_H

#include "dissectors/base/schema.h"
#include "rules/tree.h"

struct selection;

/* NULL and words when the node is no selection over the schema.
 */
struct selection *selection_new(const struct tree *tree, const struct node *node,
                                const struct schema *schema, struct diag *diag);
void selection_free(struct selection *selection); /* NULL is fine */

/* limits counts regular expressions that gave up; those do not match. */
bool selection_matches(const struct selection *selection, const void *object, uint64_t *limits);

/* Adds the fields that are looked at to a list without doubles; false when one is not of kind
 * FIELD_WORD or the list is full. */
bool selection_words(const struct selection *selection, const struct field **fields, size_t *num,
                     size_t max);

/* Is any of these fields looked at? */
bool selection_reads(const struct selection *selection, const char *const *names, size_t num_names);

#endif
