/*
 * rpc: RPC over HTTP ([MS-RPCH]), Outlook Anywhere. The request's body is the client's half of a
 * DCE/RPC connection that never ends, whose bind may authenticate once more. The server's half is
 * the answer to another request, so what became of that inner login is not known here.
 */
#include "dissectors/rpc/rpc_pdu.h"

#include <assert.h>

#include "dissectors/auth/token.h"
#include "dissectors/base/text.h"
#include "dissectors/exchange/exchange.h"

/* CONN/B1, bind and AUTH3 are the first three; the client may ping between them. */
enum { MAX_PDUS = 8 };

/* Kept in app_state. */
struct inner {
    struct moment at;
    enum mechanism mechanism; /* unknown: no bind with a login yet */
    uint8_t num_pdus;
};
static_assert(sizeof(struct inner) <= sizeof(((struct http_exchange *)NULL)->app_state),
              "app_state is too small");

static struct inner *inner_of(struct http_exchange *exchange)
{
    return (struct inner *)(void *)exchange->app_state;
}

static bool is_channel(const struct http_head *request)
{
    return bytes_equal(request->method, BYTES("RPC_IN_DATA")) ||
           bytes_equal(request->method, BYTES("RPC_OUT_DATA"));
}

static bool is_for_certificates(const struct http_head *request)
{
    return http_path_under(request->path, "/rpcwithcert");
}

/* Many things are called /rpc; the proxy is one file in it. */
static bool claims(const struct http_head *request)
{
    return is_channel(request) || is_for_certificates(request) ||
           http_path_under(request->path, "/rpc/rpcproxy.dll");
}

static void request(struct http_exchange *exchange, const struct http_head *head,
                    const struct emitter *out)
{
    exchange_request(exchange, head, out);
    exchange->body_wanted = bytes_equal(head->method, BYTES("RPC_IN_DATA"));
    if (!exchange->has_credential && is_for_certificates(head)) {
        exchange->has_credential = true;
        exchange->event.auth.mechanism = MECHANISM_CLIENT_CERT;
    }
}

static void tell(struct http_exchange *exchange, const struct token *token,
                 const struct emitter *out)
{
    struct inner *inner = inner_of(exchange);
    struct event event = exchange->event;
    struct auth_event *auth = &event.auth;

    event.at = inner->at;
    auth->mechanism = inner->mechanism;
    auth->outcome = OUTCOME_UNKNOWN;
    auth->reason = REASON_NONE;
    auth->server_code[0] = '\0';
    auth->password_seen = false;
    (void)text_copy(auth->user, sizeof(auth->user), token->user);
    (void)text_copy(auth->domain, sizeof(auth->domain), token->domain);
    emitter_emit(out, &event);
    inner->mechanism = MECHANISM_UNKNOWN;
    exchange->body_wanted = false;
}

static void on_pdu(struct http_exchange *exchange, struct bytes pdu,
                   const struct rpc_header *header, const struct emitter *out)
{
    struct inner *inner = inner_of(exchange);
    enum mechanism mechanism;
    struct bytes raw;
    struct token token;

    if (!rpc_parse_auth(pdu, header, &mechanism, &raw)) {
        return;
    }
    if (header->type == RPC_BIND) {
        inner->mechanism = mechanism;
    }
    inner->at = emitter_mark(out);
    token_parse(raw, &token);
    if (token.kind == TOKEN_NTLM_AUTHENTICATE && inner->mechanism != MECHANISM_UNKNOWN) {
        tell(exchange, &token, out);
    }
}

static size_t request_body(struct http_exchange *exchange, struct bytes in,
                           const struct emitter *out)
{
    struct inner *inner = inner_of(exchange);
    struct bytes rest = in;
    struct bytes pdu;
    struct rpc_header header;

    while (exchange->body_wanted && rest.len >= RPC_HEADER_SIZE) {
        if (!rpc_peek_header(rest, &header)) {
            exchange->body_wanted = false;
            break;
        }
        if (!take_bytes(&rest, header.len, &pdu)) {
            break;
        }
        on_pdu(exchange, pdu, &header, out);
        if (header.type == RPC_REQUEST || ++inner->num_pdus >= MAX_PDUS) {
            exchange->body_wanted = false;
        }
    }
    return in.len - rest.len;
}

/* A bind whose later legs were not seen. */
static void end(struct http_exchange *exchange, const struct emitter *out)
{
    static const struct token nobody;

    if (inner_of(exchange)->mechanism != MECHANISM_UNKNOWN) {
        tell(exchange, &nobody, out);
    }
}

const struct http_app rpc_app = {
    .name = "rpc",
    .service = SERVICE_RPC,
    .claims = claims,
    .request = request,
    .response = exchange_response,
    .request_body = request_body,
    .end = end,
};
