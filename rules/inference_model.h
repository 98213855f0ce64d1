/* inference_model: what rules/inference.c weighs by: the part `http`, `device` of rules/shapes.yml.
 */
#ifndef BASICTAP_RULES_INFERENCE_MODEL_H
#define BASICTAP_RULES_INFERENCE_MODEL_H

#include "rules/pattern.h"
#include "rules/tree.h"

enum { MAX_TOKEN_HOSTS = 64 };

struct inference_numbers {
    uint32_t basic_least;
    uint32_t basic_most;
    uint32_t retry_seconds;
    uint32_t fetch_seconds;
    uint32_t repeat_least;
    uint32_t repeat_connections;
    uint32_t repeat_seconds;
    double retried_accepted;
    double retried_rejected;
    double fetched_token;
    double fetched_large;
    double sure_enough;
    double repeated;
};

struct inference_model {
    struct inference_numbers numbers;
    struct pattern *token_hosts[MAX_TOKEN_HOSTS]; /* of those who give tokens */
    size_t num_token_hosts;
};

/* model is zeroed. False and words (file, line, column) when the tree is bad; clear it then too. */
bool inference_model_read(struct inference_model *model, const struct tree *tree,
                          struct diag *diag);
void inference_model_clear(struct inference_model *model);

#endif
