#include "sensor/shapes_http.h"

#include <stddef.h>

#include "rules/measure.h"

#define COUNT(name, member)                                                                        \
    {                                                                                              \
        name, MEASURE_COUNT, offsetof(struct shape_http_model, member)                             \
    }
#define SHARE(name, member)                                                                        \
    {                                                                                              \
        name, MEASURE_SHARE, offsetof(struct shape_http_model, member)                             \
    }

static const struct measure measures[] = {
    COUNT("token-http1", token_http1),
    COUNT("token-http2", token_http2),
    COUNT("ample-http1", ample_http1),
    COUNT("ample-http2", ample_http2),
    COUNT("body", body),
    COUNT("refusal", refusal),
    COUNT("interim", interim),
    COUNT("settings", settings),
    COUNT("preface", preface),
    COUNT("basic-least", basic_least),
    COUNT("basic-most", basic_most),
    COUNT("ntlm-most", ntlm_most),
    COUNT("packet-least", packet_least),
    COUNT("packet-most", packet_most),
    COUNT("max-requests", max_requests),
    SHARE("basic-accepted", basic_accepted),
    SHARE("basic-rejected", basic_rejected),
    SHARE("token-alone", token_alone),
    SHARE("token-ample", token_ample),
    SHARE("token-always", token_always),
    SHARE("challenge", challenge),
    SHARE("outcome", outcome),
};

bool shapes_http_read(const struct tree *tree, const struct node *http,
                      struct shape_http_model *model, struct diag *diag)
{
    const struct node *connection = node_find(http, "connection");

    if (connection == NULL) {
        return tree_fail(tree, http, diag, "'connection' is missing");
    }
    for (const struct node *part = http->child; part != NULL; part = part->next) {
        if (part != connection && strcmp(part->key, "device") != 0) {
            return tree_fail_key(tree, part, diag, "unknown key '%.60s'", part->key);
        }
    }
    return measures_read(tree, connection, measures, sizeof(measures) / sizeof(measures[0]), model,
                         diag);
}
