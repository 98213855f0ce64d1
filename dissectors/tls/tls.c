#include "dissectors/dissector.h"
#include "dissectors/tls/hello.h"
#include "dissectors/tls/record.h"

enum {
    MAX_PASSED = 65536, /* bytes after a side's hello in which the other side's is waited for */
};

struct tls_side {
    struct handshake handshake;
    uint64_t passed; /* bytes after it was over */
    bool over;       /* its hello is read, or will not be */
};

struct tls_state {
    struct tls_side sides[2];
    struct tls_event hello;
    struct moment at; /* of the first record */
    bool seen;        /* there was at least the header of one */
    bool midway;      /* joined after the handshake */
    bool said;
};

static bool is_known_message(uint8_t type)
{
    return type <= HANDSHAKE_KEY_UPDATE;
}

/* The length of a hello is at least what its fixed part takes. */
static enum probe probe_handshake(struct bytes in)
{
    struct bytes record = bytes_after(in, RECORD_HEADER);
    uint8_t type;
    uint32_t len;

    if (!take_u8(&record, &type)) {
        return PROBE_MAYBE;
    }
    if (type == HANDSHAKE_CLIENT_HELLO || type == HANDSHAKE_SERVER_HELLO) {
        return PROBE_YES;
    }
    if (!take_u24(&record, &len)) {
        return PROBE_MAYBE;
    }
    return is_known_message(type) && len < HANDSHAKE_MAX ? PROBE_YES : PROBE_NO;
}

/* A record by its header. Joined in the middle it is one of the other three types. */
static enum probe probe_record(struct bytes in)
{
    struct record record = {0};
    struct bytes rest = in;
    struct bytes fields = bytes_after(in, 3);
    uint16_t len = 0;
    size_t want;
    bool known;

    if (record_take(&rest, &record, &want) == RECORD_NONE) {
        return PROBE_NO;
    }
    if (!take_u16(&fields, &len)) {
        return PROBE_MAYBE;
    }
    switch (record.type) {
    case RECORD_HANDSHAKE:
        return probe_handshake(in);
    case RECORD_APPLICATION_DATA:
        known = len >= 16; /* no cipher adds less */
        break;
    case RECORD_ALERT:
        known = len == 2 || (len >= 16 && len < 80);
        break;
    default:
        known = len == 1;
        break;
    }
    return known ? PROBE_YES : PROBE_NO;
}

static enum probe probe_v2(struct bytes in)
{
    struct tls_event ignored = {0};
    uint8_t first = 0;
    size_t want;

    (void)peek_u8(in, &first);
    if (first < 0x80) {
        return PROBE_NO;
    }
    if (hello_take_v2(&in, &ignored, &want)) {
        return PROBE_YES;
    }
    return want > 0 ? PROBE_MAYBE : PROBE_NO;
}

static enum probe probe(struct bytes client, struct bytes server)
{
    enum probe said = probe_record(client);
    enum probe answered = probe_record(server);

    if (said == PROBE_NO) {
        said = probe_v2(client);
    }
    if (said == PROBE_YES || answered == PROBE_YES) {
        return PROBE_YES; /* one is enough: the other side may be joined inside a record */
    }
    return said == PROBE_NO || answered == PROBE_NO ? PROBE_NO : PROBE_MAYBE;
}

/* The event is dated by what comes first, whole or not: the client's hello, as a rule. */
static void on_seen(struct tls_state *tls, const struct emitter *out)
{
    if (!tls->seen) {
        tls->at = emitter_mark(out);
        tls->seen = true;
    }
}

static void side_end(struct tls_side *side)
{
    handshake_clear(&side->handshake);
    side->over = true;
}

/* The one event, whatever was seen. */
static void say(struct tls_state *tls, const struct emitter *out)
{
    struct event event;

    side_end(&tls->sides[SIDE_CLIENT]);
    side_end(&tls->sides[SIDE_SERVER]);
    if (tls->said || !tls->seen) {
        return;
    }
    tls->said = true;
    event_init(&event, EVENT_TLS, SERVICE_UNKNOWN, out);
    event.hello = tls->hello;
    event.at = tls->at;
    emitter_emit(out, &event);
}

/* Whether a message may come before the hello is read; afterwards nobody looks. */
static bool is_expected(enum side from, uint8_t type)
{
    return from == SIDE_CLIENT ? type == HANDSHAKE_CLIENT_HELLO
                               : type == HANDSHAKE_SERVER_HELLO || type == HANDSHAKE_HELLO_REQUEST;
}

static void on_message(struct tls_state *tls, enum side from, uint8_t type, struct bytes message)
{
    bool retry = false;

    if (type == HANDSHAKE_HELLO_REQUEST) {
        return;
    }
    if (from == SIDE_CLIENT) {
        (void)hello_read_client(NULL, message, &tls->hello, NULL);
    } else if (hello_read_server(NULL, message, &tls->hello, NULL, &retry) && retry) {
        return; /* the client says its hello again, then comes the server's */
    }
    side_end(&tls->sides[from]);
}

static void on_handshake(struct tls_state *tls, enum side from, struct bytes body)
{
    struct tls_side *side = &tls->sides[from];

    while (body.len > 0 && !side->over) {
        struct bytes message;
        uint8_t type;

        if (side->handshake.len == 0 && peek_u8(body, &type) && !is_expected(from, type)) {
            side_end(side); /* joined in the middle of the handshake, or encrypted */
            return;
        }
        switch (handshake_take(&side->handshake, &body, &type, &message)) {
        case HANDSHAKE_WHOLE:
            on_message(tls, from, type, message);
            break;
        case HANDSHAKE_PART:
            return;
        case HANDSHAKE_REFUSED:
            side_end(side);
            return;
        }
    }
}

static void on_record(struct tls_state *tls, enum side from, const struct record *record)
{
    switch (record->type) {
    case RECORD_HANDSHAKE:
        on_handshake(tls, from, record->body);
        break;
    case RECORD_CHANGE_CIPHER_SPEC: /* a server of TLS 1.3 sends one after HelloRetryRequest */
        break;
    case RECORD_APPLICATION_DATA:
        tls->midway = true;
        side_end(&tls->sides[from]);
        break;
    default:
        side_end(&tls->sides[from]);
        break;
    }
}

/* SSL 2 put its hello into no record; only the first bytes of a client can be one. */
static bool take_v2(struct tls_state *tls, enum side from, struct bytes *in, size_t *want,
                    const struct emitter *out)
{
    if (from != SIDE_CLIENT || probe_v2(*in) == PROBE_NO) {
        return false;
    }
    if (hello_take_v2(in, &tls->hello, want)) {
        on_seen(tls, out);
        side_end(&tls->sides[from]);
    }
    return true;
}

/* A record, or the hello of SSL 2. False: more bytes are needed. */
static bool read_record(struct tls_state *tls, enum side from, struct bytes *in, size_t *want,
                        const struct emitter *out)
{
    struct record record;

    switch (record_take(in, &record, want)) {
    case RECORD_WHOLE:
        on_seen(tls, out);
        on_record(tls, from, &record);
        return true;
    case RECORD_PART:
        if (in->len >= RECORD_HEADER) {
            on_seen(tls, out);
        }
        return false;
    case RECORD_NONE:
        break;
    }
    if (take_v2(tls, from, in, want, out)) {
        return tls->sides[from].over;
    }
    side_end(&tls->sides[from]);
    return true;
}

/* Reads records until the side's hello is read; what is left is less than a record. */
static struct bytes read_side(struct tls_state *tls, enum side from, struct bytes in, size_t *want,
                              const struct emitter *out)
{
    struct tls_side *side = &tls->sides[from];

    while (!side->over && in.len > 0) {
        if (!read_record(tls, from, &in, want, out)) {
            return in;
        }
    }
    side->passed += in.len;
    return bytes_after(in, in.len);
}

static bool is_settled(const struct tls_state *tls)
{
    const struct tls_side *client = &tls->sides[SIDE_CLIENT];
    const struct tls_side *server = &tls->sides[SIDE_SERVER];

    return tls->midway || (client->over && server->over) || client->passed > MAX_PASSED ||
           server->passed > MAX_PASSED;
}

/*
 * After the hellos everything is encrypted, or about to be: the session is left alone then. What
 * reads on with keys goes here, instead of NEXT_ABANDON.
 */
static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    struct tls_state *tls = state;
    size_t want = 0;
    struct bytes rest = read_side(tls, from, in, &want, out);

    if (is_settled(tls)) {
        say(tls, out);
        return (struct verdict){.next = NEXT_ABANDON, .used = in.len};
    }
    return (struct verdict){.used = in.len - rest.len, .want = rest.len > 0 ? want : 0};
}

/* A hello with a hole in it is not read; the other side's may still be. */
static void gap(void *state, enum side from, uint64_t lost)
{
    struct tls_state *tls = state;

    tls->sides[from].passed += lost < MAX_PASSED ? lost : MAX_PASSED;
    side_end(&tls->sides[from]);
}

static void end(void *state, const struct emitter *out)
{
    say(state, out);
}

const struct dissector tls_dissector = {
    .name = "tls",
    .service = SERVICE_UNKNOWN,
    .state_size = sizeof(struct tls_state),
    .max_pending = RECORD_HEADER + RECORD_MAX_BODY,
    .probe = probe,
    .feed = feed,
    .gap = gap,
    .end = end,
};
