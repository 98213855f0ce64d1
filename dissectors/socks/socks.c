#include "dissectors/socks/socks.h"

#include <stdio.h>

#include "dissectors/base/text.h"
#include "dissectors/socks/probe.h"
#include "dissectors/socks/wire.h"

/*
 * SOCKS 4 and 4a, 5 (RFC 1928) with user and password (RFC 1929). The credentials are the proxy's
 * own, never those of the mailbox behind it. A user of SOCKS 4 comes without a password and is no
 * attempt to authenticate.
 */

enum { MAX_PENDING = 20480 }; /* what a hasty client sends before the proxy has answered */

/* What is expected of a side next. */
enum step { STEP_GREETING, STEP_LOGIN, STEP_REQUEST, STEP_DONE };

struct socks_state {
    enum step client;
    enum step server;
    bool answered;     /* the server has chosen a method */
    bool offers_login; /* the client would give user and password */
    uint8_t version;
    uint8_t method;
    struct auth_event auth;
    struct moment at;  /* of the credentials */
    bool pending_auth; /* auth is to be told when its target is known */
    char target[TARGET_SIZE];
};

static void say_auth(struct socks_state *socks, const struct emitter *out)
{
    struct event event;

    if (!socks->pending_auth) {
        return;
    }
    socks->pending_auth = false;
    event_init(&event, EVENT_AUTH, SERVICE_PROXY, out);
    event.at = socks->at;
    event.auth = socks->auth;
    (void)text_copy(event.auth.host, sizeof(event.auth.host), socks->target);
    emitter_emit(out, &event);
}

/* version(1) user<1> password<1> (RFC 1929) */
static bool on_login(struct socks_state *socks, struct bytes *in, const struct emitter *out)
{
    struct bytes rest = *in;
    struct bytes user;
    struct bytes password;

    if (!take_prefix(&rest, BYTES("\x01")) || !take_u8_vector(&rest, &user) ||
        !take_u8_vector(&rest, &password)) {
        return false;
    }
    *in = rest;
    socks->auth.mechanism = MECHANISM_SOCKS_USER_PASS;
    socks->auth.outcome = OUTCOME_UNKNOWN;
    socks->auth.password_seen = true;
    (void)text_set(socks->auth.user, sizeof(socks->auth.user), user);
    auth_split_domain(&socks->auth);
    socks->at = emitter_mark(out);
    socks->pending_auth = true;
    socks->client = STEP_REQUEST;
    return true;
}

/* What a client says after its greeting is told by its first byte: it need not wait for the method.
 */
static enum found read_client(struct socks_state *socks, struct bytes *in,
                              const struct emitter *out)
{
    struct bytes methods;
    size_t position;
    uint8_t first;
    enum found found;

    if (!peek_u8(*in, &first)) {
        return FOUND_PART;
    }
    if (socks->client == STEP_GREETING && first == VERSION5) {
        if (!take_greeting(in, &methods)) {
            return FOUND_PART;
        }
        socks->version = VERSION5;
        socks->offers_login = bytes_find_byte(methods, METHOD_USER_PASS, &position);
        socks->client = STEP_LOGIN;
        return FOUND;
    }
    if (socks->client == STEP_LOGIN && first == 1) {
        if (!socks->offers_login || (socks->answered && socks->method != METHOD_USER_PASS)) {
            return FOUND_NONE; /* GSSAPI wraps all that follows */
        }
        return on_login(socks, in, out) ? FOUND : FOUND_PART;
    }
    if (socks->client == STEP_GREETING && first == VERSION4) {
        socks->version = VERSION4;
        found = take_request4(in, socks->target);
    } else if (socks->client == STEP_LOGIN || socks->client == STEP_REQUEST) {
        found = take_request5(in, socks->target);
    } else {
        return FOUND_NONE;
    }
    if (found == FOUND) {
        socks->client = STEP_DONE;
    }
    return found;
}

/* The tunnel stands when both have said all; the reply may be captured before the request. */
static struct verdict go_on(const struct socks_state *socks, struct bytes in, struct bytes rest)
{
    if (socks->client == STEP_DONE && socks->server == STEP_DONE) {
        return (struct verdict){.next = NEXT_TUNNEL, .used = in.len - rest.len};
    }
    return (struct verdict){.used = in.len - rest.len, .want = rest.len + 1};
}

static struct verdict feed_client(struct socks_state *socks, struct bytes in,
                                  const struct emitter *out)
{
    struct bytes rest = in;
    enum found found = FOUND;

    while (found == FOUND && socks->client != STEP_DONE) {
        found = read_client(socks, &rest, out);
    }
    if (found == FOUND_NONE) {
        return (struct verdict){.next = NEXT_ABANDON};
    }
    if (socks->client == STEP_DONE && socks->auth.outcome == OUTCOME_ACCEPTED) {
        say_auth(socks, out);
    }
    return go_on(socks, in, rest);
}

/* version(1) method(1) */
static enum found on_method(struct socks_state *socks, struct bytes *in)
{
    struct bytes rest = *in;
    uint8_t version;

    if (!take_u8(&rest, &version) || !take_u8(&rest, &socks->method)) {
        return FOUND_PART;
    }
    if (version != VERSION5 ||
        (socks->method != METHOD_NONE && socks->method != METHOD_USER_PASS)) {
        return FOUND_NONE;
    }
    *in = rest;
    socks->answered = true;
    socks->server = socks->method == METHOD_USER_PASS ? STEP_LOGIN : STEP_REQUEST;
    return FOUND;
}

/* version(1) status(1): 0 is success (RFC 1929) */
static enum found on_status(struct socks_state *socks, struct bytes *in, const struct emitter *out)
{
    struct bytes rest = *in;
    uint8_t version;
    uint8_t status;

    if (!take_u8(&rest, &version) || !take_u8(&rest, &status)) {
        return FOUND_PART;
    }
    *in = rest;
    socks->server = STEP_REQUEST;
    socks->auth.outcome = status == 0 ? OUTCOME_ACCEPTED : OUTCOME_REJECTED;
    (void)snprintf(socks->auth.server_code, sizeof(socks->auth.server_code), "%u", status);
    if (status != 0 || socks->client == STEP_DONE) {
        say_auth(socks, out);
    }
    return status == 0 ? FOUND : FOUND_NONE;
}

/* version(1) reply(1) reserved(1) endpoint; or SOCKS 4's */
static enum found on_reply(struct socks_state *socks, struct bytes *in)
{
    struct bytes rest = *in;
    uint8_t version;
    uint8_t reply;
    uint8_t reserved;
    uint16_t port;
    enum found found;

    if (!take_u8(&rest, &version) || !take_u8(&rest, &reply) || !take_u8(&rest, &reserved)) {
        return FOUND_PART;
    }
    if (version != VERSION5 || reply != GRANTED5) {
        return FOUND_NONE;
    }
    found = take_endpoint(&rest, NULL, 0, &port);
    if (found == FOUND) {
        *in = rest;
        socks->server = STEP_DONE;
    }
    return found;
}

static enum found on_reply4(struct socks_state *socks, struct bytes *in)
{
    uint8_t code;

    if (in->len < REPLY4_SIZE) {
        return FOUND_PART;
    }
    if (!is_reply4(*in, &code) || code != GRANTED4) {
        return FOUND_NONE;
    }
    socks->server = STEP_DONE;
    return take_skip(in, REPLY4_SIZE) ? FOUND : FOUND_PART;
}

static enum found read_server(struct socks_state *socks, struct bytes *in,
                              const struct emitter *out)
{
    if (socks->version == VERSION4) {
        return on_reply4(socks, in);
    }
    if (socks->server == STEP_GREETING) {
        return on_method(socks, in);
    }
    return socks->server == STEP_LOGIN ? on_status(socks, in, out) : on_reply(socks, in);
}

static struct verdict feed_server(struct socks_state *socks, struct bytes in,
                                  const struct emitter *out)
{
    struct bytes rest = in;
    enum found found = FOUND;

    while (found == FOUND && socks->server != STEP_DONE) {
        found = read_server(socks, &rest, out);
    }
    if (found == FOUND_NONE) {
        return (struct verdict){.next = NEXT_ABANDON};
    }
    return go_on(socks, in, rest);
}

static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    return from == SIDE_CLIENT ? feed_client(state, in, out) : feed_server(state, in, out);
}

static void end(void *state, const struct emitter *out)
{
    say_auth(state, out);
}

static const char *tunnel_target(void *state)
{
    const struct socks_state *socks = state;

    return socks->target[0] != '\0' ? socks->target : NULL;
}

const struct dissector socks_dissector = {
    .name = "socks",
    .service = SERVICE_PROXY,
    .state_size = sizeof(struct socks_state),
    .max_pending = MAX_PENDING,
    .probe = socks_probe,
    .feed = feed,
    .end = end,
    .tunnel_target = tunnel_target,
    .tunnel = TUNNEL_SOCKS,
};
