/*
 * condition: a Sigma condition over named selections: and, or, not, parentheses, `1 of x*`,
 * `all of x*`, `1 of them`, `all of them`.
 */
#ifndef BASICTAP_RULES_CONDITION_H
#define BASICTAP_RULES_CONDITION_H

#include "rules/tree.h"

enum { MAX_SELECTIONS = 64 };

struct condition;

/* Does the selection with that index match? */
typedef bool condition_fn(void *ctx, size_t selection);

/* names: of the selections, by index. NULL and words when the text is no condition. */
struct condition *condition_new(const struct tree *tree, const struct node *node,
                                const char *const *names, size_t num_names, struct diag *diag);
void condition_free(struct condition *condition); /* NULL is fine */

/* Asks for a selection only where the answer depends on it. */
bool condition_holds(const struct condition *condition, condition_fn *matches, void *ctx);

/* Selections (bits) that are named somewhere. */
uint64_t condition_names(const struct condition *condition);

#endif
