/*
 * rpc: DCE/RPC over TCP, as Outlook speaks it to old Exchange servers. Only the interfaces of
 * Exchange are of interest; every other session is given up at its bind.
 *
 * A login is BIND with a first token, BIND_ACK with the server's, AUTH3 (NTLM) or ALTER_CONTEXT
 * (SPNEGO) with the last; the server does not confirm an AUTH3, so the first answer to a call
 * tells.
 */
#include "dissectors/rpc/rpc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "dissectors/auth/token.h"
#include "dissectors/base/text.h"
#include "dissectors/rpc/rpc_pdu.h"

enum { ACCESS_DENIED = 5, NAK_AUTH_TYPE_UNKNOWN = 8 };

struct rpc {
    struct event *login; /* the attempt that is open; NULL: no bind yet */
    bool is_challenged;  /* and that wants another leg of the client */
};

static void tell(struct rpc *rpc, enum outcome outcome, enum reason reason,
                 const struct emitter *out)
{
    if (rpc->login == NULL) {
        return;
    }
    rpc->login->auth.outcome = outcome;
    rpc->login->auth.reason = reason;
    emitter_emit(out, rpc->login);
    free(rpc->login);
    rpc->login = NULL;
}

static void on_token(struct rpc *rpc, struct bytes token, const struct emitter *out)
{
    struct auth_event *auth = &rpc->login->auth;
    struct token parsed;
    struct event client;

    token_parse(token, &parsed);
    if (parsed.kind != TOKEN_NTLM_AUTHENTICATE) {
        return;
    }
    rpc->login->at = emitter_mark(out); /* here is the identity */
    rpc->is_challenged = false;
    (void)text_copy(auth->user, sizeof(auth->user), parsed.user);
    (void)text_copy(auth->domain, sizeof(auth->domain), parsed.domain);
    if (parsed.workstation[0] != '\0') {
        event_init(&client, EVENT_CLIENT, SERVICE_RPC, out);
        (void)text_copy(client.client.workstation, sizeof(client.client.workstation),
                        parsed.workstation);
        emitter_emit(out, &client);
    }
}

/* False: not of interest. */
static bool on_bind(struct rpc *rpc, struct bytes pdu, const struct rpc_header *header,
                    const struct emitter *out)
{
    enum mechanism mechanism = MECHANISM_NONE;
    struct bytes token = {NULL, 0};

    if (rpc->login != NULL || !rpc_asks_for_exchange(pdu, header)) {
        return rpc->login != NULL;
    }
    rpc->login = malloc(sizeof(*rpc->login));
    if (rpc->login == NULL) {
        return false;
    }
    event_init(rpc->login, EVENT_AUTH, SERVICE_RPC, out);
    (void)rpc_parse_auth(pdu, header, &mechanism, &token);
    rpc->login->auth.mechanism = mechanism;
    on_token(rpc, token, out);
    return true;
}

/* False: nothing more is to be learned. */
static bool on_client(struct rpc *rpc, struct bytes pdu, const struct rpc_header *header,
                      const struct emitter *out)
{
    enum mechanism mechanism;
    struct bytes token;

    switch (header->type) {
    case RPC_BIND:
        return on_bind(rpc, pdu, header, out);
    case RPC_AUTH3:
    case RPC_ALTER_CONTEXT:
        if (rpc->login != NULL && rpc_parse_auth(pdu, header, &mechanism, &token)) {
            on_token(rpc, token, out);
        }
        break;
    default:
        break;
    }
    return rpc->login != NULL; /* joined after its bind: the interface cannot be known */
}

static void set_code(struct rpc *rpc, const char *what, uint32_t status)
{
    struct auth_event *auth = &rpc->login->auth;

    (void)snprintf(auth->server_code, sizeof(auth->server_code), "%s 0x%" PRIx32, what, status);
}

static void on_refusal(struct rpc *rpc, struct bytes pdu, const struct rpc_header *header,
                       const struct emitter *out)
{
    uint32_t status = rpc_status(pdu, header);
    bool nak = header->type == RPC_BIND_NAK;

    set_code(rpc, nak ? "bind-nak" : "fault", status);
    if (nak) {
        tell(rpc, OUTCOME_REJECTED,
             status == NAK_AUTH_TYPE_UNKNOWN ? REASON_MECHANISM_UNSUPPORTED : REASON_UNCLEAR, out);
    } else if (status == ACCESS_DENIED) {
        tell(rpc, OUTCOME_REJECTED, REASON_NONE, out);
    } else {
        tell(rpc, OUTCOME_UNKNOWN, REASON_SERVER_ERROR, out);
    }
}

static bool asks_for_more(struct bytes pdu, const struct rpc_header *header)
{
    enum mechanism mechanism;
    struct bytes token;
    struct token parsed;

    if (!rpc_parse_auth(pdu, header, &mechanism, &token)) {
        return false;
    }
    token_parse(token, &parsed);
    return parsed.kind == TOKEN_NTLM_CHALLENGE;
}

/* False: the outcome is told, and nothing more is to be learned. */
static bool on_server(struct rpc *rpc, struct bytes pdu, const struct rpc_header *header,
                      const struct emitter *out)
{
    if (rpc->login == NULL) {
        return true; /* the server's side came first; the client's bind decides */
    }
    switch (header->type) {
    case RPC_BIND_ACK:
    case RPC_ALTER_CONTEXT_RESPONSE:
        rpc->is_challenged = asks_for_more(pdu, header);
        if (header->type == RPC_BIND_ACK && rpc->login->auth.mechanism != MECHANISM_NONE) {
            return true;
        }
        if (!rpc->is_challenged) {
            tell(rpc, OUTCOME_ACCEPTED, REASON_NONE, out);
        }
        break;
    case RPC_RESPONSE:
        tell(rpc, OUTCOME_ACCEPTED, REASON_NONE, out);
        break;
    case RPC_FAULT:
    case RPC_BIND_NAK:
        on_refusal(rpc, pdu, header, out);
        break;
    default:
        break;
    }
    return rpc->login != NULL;
}

/* Of calls and their answers nothing but the front is needed. */
static size_t needed(const struct rpc_header *header)
{
    size_t front = RPC_HEADER_SIZE + 16;

    if (header->type == RPC_REQUEST || header->type == RPC_RESPONSE || header->type == RPC_FAULT) {
        return header->len < front ? header->len : front;
    }
    return header->len;
}

static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    struct bytes rest = in;
    struct rpc_header header;

    while (rest.len >= RPC_HEADER_SIZE) {
        bool goes_on;

        if (!rpc_peek_header(rest, &header)) {
            return (struct verdict){.next = NEXT_ABANDON};
        }
        if (rest.len < needed(&header)) {
            return (struct verdict){.used = in.len - rest.len, .want = needed(&header)};
        }
        goes_on = from == SIDE_CLIENT ? on_client(state, rest, &header, out)
                                      : on_server(state, rest, &header, out);
        if (!goes_on) {
            return (struct verdict){.next = NEXT_ABANDON};
        }
        if (rest.len < header.len) {
            return (struct verdict){.used = in.len - rest.len, .skip = header.len};
        }
        (void)take_skip(&rest, header.len);
    }
    return (struct verdict){.used = in.len - rest.len, .want = RPC_HEADER_SIZE};
}

static void end(void *state, const struct emitter *out)
{
    struct rpc *rpc = state;

    tell(rpc, rpc->is_challenged ? OUTCOME_CHALLENGED : OUTCOME_UNKNOWN, REASON_NONE, out);
}

static enum probe probe(struct bytes client, struct bytes server)
{
    enum probe asks = rpc_probe(client);
    enum probe answers = rpc_probe(server);

    if (asks == PROBE_NO || answers == PROBE_NO) {
        return PROBE_NO;
    }
    return asks == PROBE_YES || answers == PROBE_YES ? PROBE_YES : PROBE_MAYBE;
}

const struct dissector rpc_dissector = {
    .name = "rpc",
    .service = SERVICE_RPC,
    .state_size = sizeof(struct rpc),
    .max_pending = RPC_MAX_PDU,
    .probe = probe,
    .feed = feed,
    .end = end,
};
