#include "dissectors/exchange/exchange.h"

enum { MAX_RESULT = 1024 }; /* of a diagnostic header, to be searched */

void exchange_request(struct http_exchange *exchange, const struct http_head *request,
                      const struct emitter *out)
{
    (void)request;
    (void)out;
    exchange->always_report = true;
}

void exchange_soap_request(struct http_exchange *exchange, const struct http_head *request,
                           const struct emitter *out)
{
    exchange_request(exchange, request, out);
    if (!exchange->has_credential && bytes_ends_nocase(request->path, BYTES("/wssecurity"))) {
        exchange->has_credential = true;
        exchange->event.auth.mechanism = MECHANISM_WS_SECURITY;
    }
}

static void judge(struct http_exchange *exchange, enum outcome outcome, enum reason reason)
{
    exchange->event.auth.outcome = outcome;
    exchange->event.auth.reason = reason;
}

/*
 * X-AutoDiscovery-Error: LiveIdBasicAuth:<result>:<log>; is how Exchange Online says what became of
 * a Basic credential. The words of a result come with and without spaces; the AADSTS numbers are
 * Entra's error codes.
 */
static const struct {
    const char *text;
    enum outcome outcome;
    enum reason reason;
} results[] = {
    {"AppPasswordRequired", OUTCOME_CHALLENGED, REASON_MFA_REQUIRED},
    {"BasicAuthBlock", OUTCOME_BLOCKED, REASON_BASIC_DISABLED},
    {"Basic Auth Block", OUTCOME_BLOCKED, REASON_BASIC_DISABLED},
    {"BlockBasicAuth", OUTCOME_BLOCKED, REASON_BASIC_DISABLED},
    {"AADSTS50076", OUTCOME_CHALLENGED, REASON_MFA_REQUIRED},
    {"AADSTS50079", OUTCOME_CHALLENGED, REASON_MFA_REQUIRED},
    {"AADSTS50126", OUTCOME_REJECTED, REASON_WRONG_PASSWORD},
    {"AADSTS50053", OUTCOME_REJECTED, REASON_ACCOUNT_LOCKED},
    {"AADSTS50057", OUTCOME_REJECTED, REASON_ACCOUNT_DISABLED},
    {"AADSTS50055", OUTCOME_CHALLENGED, REASON_PASSWORD_EXPIRED},
    {"FederatedStsUnreachable", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
};

static void read_live_id_result(struct http_exchange *exchange, struct bytes value)
{
    value = bytes_first(value, MAX_RESULT);
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        if (bytes_has_nocase(value, bytes_of_text(results[i].text))) {
            judge(exchange, results[i].outcome, results[i].reason);
            return;
        }
    }
}

static void read_status(struct http_exchange *exchange, unsigned status)
{
    switch (status) {
    case 456: /* the password was right, but Basic cannot give the second factor */
        judge(exchange, OUTCOME_CHALLENGED, REASON_MFA_REQUIRED);
        break;
    case 457: /* it was right once */
        judge(exchange, OUTCOME_CHALLENGED, REASON_PASSWORD_EXPIRED);
        break;
    default:
        break;
    }
}

void exchange_response(struct http_exchange *exchange, const struct http_head *response,
                       const struct emitter *out)
{
    bool is_basic = exchange->event.auth.mechanism == MECHANISM_HTTP_BASIC;
    struct bytes value;

    (void)out;
    if (!exchange->has_credential) {
        return;
    }
    read_status(exchange, response->status);
    if (is_basic && response->status == 401 &&
        http_header_find(response, BYTES("x-ms-diagnostics"), &value) &&
        bytes_has_nocase(value, BYTES("basic_auth_disabled"))) {
        judge(exchange, OUTCOME_BLOCKED, REASON_BASIC_DISABLED);
    }
    if (is_basic && response->status >= 400 &&
        http_header_find(response, BYTES("X-AutoDiscovery-Error"), &value)) {
        read_live_id_result(exchange, value);
    }
}
