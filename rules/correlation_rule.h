/* correlation_rule: reads the correlation part of a rule. Which rules it names is resolved later.
 */
#ifndef BASICTAP_RULES_CORRELATION_RULE_H
#define BASICTAP_RULES_CORRELATION_RULE_H

#include "rules/ruleset.h"
#include "rules/tree.h"

bool correlation_rule_read(const struct tree *tree, const struct node *document, struct rule *rule,
                           struct diag *diag);

#endif
