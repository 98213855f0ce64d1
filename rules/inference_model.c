#include "rules/inference_model.h"

#include <stddef.h>

#include "rules/measure.h"

#define COUNT(name, member)                                                                        \
    {                                                                                              \
        name, MEASURE_COUNT, offsetof(struct inference_numbers, member)                            \
    }
#define SHARE(name, member)                                                                        \
    {                                                                                              \
        name, MEASURE_SHARE, offsetof(struct inference_numbers, member)                            \
    }

static const struct measure own_measures[] = {
    COUNT("retry-seconds", retry_seconds),
    COUNT("fetch-seconds", fetch_seconds),
    COUNT("repeat-least", repeat_least),
    COUNT("repeat-connections", repeat_connections),
    COUNT("repeat-seconds", repeat_seconds),
    SHARE("retried-accepted", retried_accepted),
    SHARE("retried-rejected", retried_rejected),
    SHARE("fetched-token", fetched_token),
    SHARE("fetched-large", fetched_large),
    SHARE("sure-enough", sure_enough),
    SHARE("repeated", repeated),
};

/* The same growth, be it on one connection or on two. */
static const struct measure shared_measures[] = {
    COUNT("basic-least", basic_least),
    COUNT("basic-most", basic_most),
};

static bool read_hosts(struct inference_model *model, const struct tree *tree,
                       const struct node *hosts, struct diag *diag)
{
    if (hosts->kind != NODE_LIST) {
        return tree_fail(tree, hosts, diag, "a list of hosts belongs here");
    }
    for (const struct node *host = hosts->child; host != NULL; host = host->next) {
        if (host->kind != NODE_SCALAR || host->text[0] == '\0') {
            return tree_fail(tree, host, diag, "a host is a name, with * and ? as in rules");
        }
        if (model->num_token_hosts == MAX_TOKEN_HOSTS) {
            return tree_fail(tree, host, diag, "more than %d hosts", MAX_TOKEN_HOSTS);
        }
        model->token_hosts[model->num_token_hosts] = pattern_new(host->text, ANCHOR_BOTH);
        if (model->token_hosts[model->num_token_hosts] == NULL) {
            return tree_fail(tree, host, diag, "out of memory");
        }
        model->num_token_hosts++;
    }
    return true;
}

static bool read_device(struct inference_model *model, const struct tree *tree,
                        const struct node *device, const struct node *connection, struct diag *diag)
{
    const struct node *hosts = node_find(device, "token-hosts");
    const struct node *numbers = node_find(device, "numbers");

    for (const struct node *part = device->child; part != NULL; part = part->next) {
        if (device->kind == NODE_MAP && part != hosts && part != numbers) {
            return tree_fail_key(tree, part, diag, "unknown key '%.60s'", part->key);
        }
    }
    if (hosts == NULL || numbers == NULL) {
        return tree_fail(tree, device, diag, "'token-hosts' or 'numbers' is missing");
    }
    return read_hosts(model, tree, hosts, diag) &&
           measures_read(tree, numbers, own_measures,
                         sizeof(own_measures) / sizeof(own_measures[0]), &model->numbers, diag) &&
           measures_pick(tree, connection, shared_measures,
                         sizeof(shared_measures) / sizeof(shared_measures[0]), &model->numbers,
                         diag);
}

bool inference_model_read(struct inference_model *model, const struct tree *tree, struct diag *diag)
{
    const struct node *root = tree_num_documents(tree) > 0 ? tree_document(tree, 0) : NULL;
    const struct node *http = root != NULL ? node_find(root, "http") : NULL;
    const struct node *device = http != NULL ? node_find(http, "device") : NULL;
    const struct node *connection = http != NULL ? node_find(http, "connection") : NULL;

    if (device == NULL || connection == NULL) {
        diag_set(diag, "%s: 'http' has no 'connection' or no 'device'", tree_name(tree));
        return false;
    }
    return read_device(model, tree, device, connection, diag);
}

void inference_model_clear(struct inference_model *model)
{
    for (size_t i = 0; i < model->num_token_hosts; i++) {
        pattern_free(model->token_hosts[i]);
    }
    model->num_token_hosts = 0;
}
