#include "dissectors/socks/socks.h"

#include <stdio.h>

#include "dissectors/base/text.h"

/*
 * SOCKS 4 and 4a, 5 (RFC 1928) with user and password (RFC 1929). The credentials are the proxy's
 * own, never those of the mailbox behind it. A user of SOCKS 4 comes without a password and is no
 * attempt to authenticate.
 */

enum {
    VERSION4 = 4,
    VERSION5 = 5,
    COMMAND_CONNECT = 1,
    METHOD_NONE = 0,
    METHOD_USER_PASS = 2,
    METHOD_REFUSED = 0xff,
    GRANTED4 = 0x5a,
    GRANTED5 = 0,
    REPLY4_SIZE = 8,
    MAX_USER4 = 255,
    MAX_PENDING = 20480, /* what a hasty client sends before the proxy has answered */
};

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
    char target[HOST_SIZE + 8];
};

/* What a reader found at the front of a view. */
enum found { FOUND, FOUND_PART, FOUND_NONE };

/* version(1) methods<1> */
static bool take_greeting(struct bytes *in, struct bytes *methods)
{
    struct bytes rest = *in;

    if (!take_prefix(&rest, BYTES("\x05")) || !take_u8_vector(&rest, methods)) {
        return false;
    }
    *in = rest;
    return true;
}

/* Registered methods end at 9; 0x80 to 0xfe are private. Nobody offers one twice. */
static bool are_methods(struct bytes methods)
{
    uint8_t method;

    if (methods.len == 0) {
        return false;
    }
    while (take_u8(&methods, &method)) {
        size_t position;

        if ((method > 9 && method < 0x80) || method == METHOD_REFUSED ||
            bytes_find_byte(methods, method, &position)) {
            return false;
        }
    }
    return true;
}

/* type(1) address: IPv4, name<1> or IPv6; port(2). host may be NULL. */
static enum found take_endpoint(struct bytes *in, char *host, size_t size, uint16_t *port)
{
    struct bytes rest = *in;
    struct address address = {0};
    struct bytes name = {NULL, 0};
    char text[ADDRESS_TEXT_SIZE];
    uint8_t type;

    if (!take_u8(&rest, &type)) {
        return FOUND_PART;
    }
    if (type != 1 && type != 3 && type != 4) {
        return FOUND_NONE;
    }
    if ((type == 1 && !take_address4(&rest, &address)) ||
        (type == 3 && !take_u8_vector(&rest, &name)) ||
        (type == 4 && !take_address6(&rest, &address)) || !take_u16(&rest, port)) {
        return FOUND_PART;
    }
    *in = rest;
    if (host == NULL) {
        return FOUND;
    }
    if (type == 3) {
        (void)text_set(host, size, name);
        text_lower(host);
    } else {
        address_print(&address, text);
        (void)snprintf(host, size, type == 4 ? "[%s]" : "%s", text);
    }
    return FOUND;
}

static void set_target(struct socks_state *socks, const char *host, uint16_t port)
{
    (void)snprintf(socks->target, sizeof(socks->target), "%s:%u", host, port);
}

/* version(1) command(1) reserved(1) endpoint */
static enum found take_request5(struct socks_state *socks, struct bytes *in)
{
    struct bytes rest = *in;
    char host[HOST_SIZE];
    uint16_t port;
    uint8_t command;
    uint8_t reserved;
    enum found found;

    if (!take_prefix(&rest, BYTES("\x05"))) {
        return in->len == 0 ? FOUND_PART : FOUND_NONE;
    }
    if (!take_u8(&rest, &command) || !take_u8(&rest, &reserved)) {
        return FOUND_PART;
    }
    if (command != COMMAND_CONNECT) {
        return FOUND_NONE; /* BIND and UDP: nothing that we read goes through them */
    }
    found = take_endpoint(&rest, host, sizeof(host), &port);
    if (found == FOUND) {
        set_target(socks, host, port);
        *in = rest;
    }
    return found;
}

/* version(1) command(1) port(2) address(4) user NUL, and with 4a (address 0.0.0.x) host NUL */
static enum found take_request4(struct socks_state *socks, struct bytes *in)
{
    struct bytes rest = *in;
    struct address address;
    struct bytes user;
    struct bytes name;
    uint32_t number = 0;
    uint16_t port;
    char host[HOST_SIZE];
    uint8_t command;

    if (!take_prefix(&rest, BYTES("\x04")) || !take_u8(&rest, &command) ||
        !take_u16(&rest, &port)) {
        return FOUND_PART;
    }
    if (command != COMMAND_CONNECT) {
        return FOUND_NONE;
    }
    if (!take_address4(&rest, &address) || !take_until(&rest, '\0', &user)) {
        return rest.len > MAX_USER4 ? FOUND_NONE : FOUND_PART;
    }
    (void)take_u32(&(struct bytes){address.octets, 4}, &number);
    address_print(&address, host);
    if (number > 0 && number <= 0xff) {
        if (!take_until(&rest, '\0', &name)) {
            return rest.len > HOST_SIZE ? FOUND_NONE : FOUND_PART;
        }
        (void)text_set(host, sizeof(host), name);
        text_lower(host);
    }
    set_target(socks, host, port);
    *in = rest;
    return FOUND;
}

static bool is_printable(struct bytes text)
{
    uint8_t byte;

    while (take_u8(&text, &byte)) {
        if (byte < 0x20 || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

static enum probe probe5(struct bytes client, struct bytes server)
{
    struct bytes methods;
    struct socks_state ignored = {0};
    uint8_t version;
    uint8_t method;
    size_t position;

    if (!take_greeting(&client, &methods)) {
        return server.len > 0 ? PROBE_NO : PROBE_MAYBE;
    }
    if (!are_methods(methods)) {
        return PROBE_NO;
    }
    if (take_u8(&server, &version)) {
        if (version != VERSION5) {
            return PROBE_NO;
        }
        if (!take_u8(&server, &method)) {
            return PROBE_MAYBE;
        }
        return method == METHOD_REFUSED || bytes_find_byte(methods, method, &position) ? PROBE_YES
                                                                                       : PROBE_NO;
    }
    if (client.len == 0) {
        return PROBE_MAYBE;
    }
    /* The server is not seen, or a hasty client did not wait. */
    switch (take_request5(&ignored, &client)) {
    case FOUND:
        return PROBE_YES;
    case FOUND_PART:
        return PROBE_MAYBE;
    case FOUND_NONE:
        break;
    }
    return bytes_find_byte(methods, METHOD_USER_PASS, &position) &&
                   bytes_starts(client, BYTES("\x01"))
               ? PROBE_MAYBE
               : PROBE_NO;
}

/* zero(1) code(1) port(2) address(4) */
static bool is_reply4(struct bytes server, uint8_t *code)
{
    uint8_t zero;

    return server.len >= REPLY4_SIZE && take_u8(&server, &zero) && zero == 0 &&
           take_u8(&server, code) && *code >= GRANTED4 && *code <= GRANTED4 + 3;
}

static enum probe probe4(struct bytes client, struct bytes server)
{
    struct socks_state ignored = {0};
    struct bytes rest = bytes_after(client, 8);
    struct bytes user = rest;
    uint8_t code;

    (void)take_until(&rest, '\0', &user);
    if (!is_printable(user)) {
        return PROBE_NO;
    }
    switch (take_request4(&ignored, &client)) {
    case FOUND:
        break;
    case FOUND_PART:
        return server.len > 0 ? PROBE_NO : PROBE_MAYBE;
    case FOUND_NONE:
        return PROBE_NO;
    }
    if (is_reply4(server, &code)) {
        return PROBE_YES;
    }
    return client.len == 0 && server.len < REPLY4_SIZE ? PROBE_MAYBE : PROBE_NO;
}

/* Few bytes, so both sides must agree before this says yes. */
static enum probe probe(struct bytes client, struct bytes server)
{
    uint8_t version;

    if (!peek_u8(client, &version)) {
        bool could_be = server.len == 0 || bytes_starts(server, BYTES("\x05")) ||
                        bytes_starts(server, BYTES("\0"));

        return could_be && server.len <= REPLY4_SIZE ? PROBE_MAYBE : PROBE_NO;
    }
    if (version == VERSION5) {
        return probe5(client, server);
    }
    return version == VERSION4 ? probe4(client, server) : PROBE_NO;
}

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
        found = take_request4(socks, in);
    } else if (socks->client == STEP_LOGIN || socks->client == STEP_REQUEST) {
        found = take_request5(socks, in);
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
    .probe = probe,
    .feed = feed,
    .end = end,
    .tunnel_target = tunnel_target,
    .tunnel = TUNNEL_SOCKS,
};
