/*
 * What a sender of TLS must not be able to do to one who listens with keys: cost more than its
 * bytes, or leave behind what it said. Records are sealed here (seal.h).
 */
#include <string.h>

#include "dissectors/conversation.h"
#include "dissectors/tls/keystore.h"
#include "tests/dissectors/tls/seal.h"
#include "tests/support/test.h"

#define RANDOM     "0123456789abcdefghijklmnopqrstuv"
#define RANDOM_HEX "303132333435363738396162636465666768696a6b6c6d6e6f70717273747576"
#define SECRET     "\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02\x01\x00"
#define SECRET_HEX "0f0e0d0c0b0a09080706050403020100"

static const char keys[] =
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM_HEX " " SECRET_HEX SECRET_HEX "\n"
    "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM_HEX " " SECRET_HEX SECRET_HEX "\n"
    "CLIENT_TRAFFIC_SECRET_0 " RANDOM_HEX " " SECRET_HEX SECRET_HEX "\n"
    "SERVER_TRAFFIC_SECRET_0 " RANDOM_HEX " " SECRET_HEX SECRET_HEX "\n";

/* TLS 1.3 with TLS_AES_128_GCM_SHA256. */
#define CLIENT_HELLO                                                                               \
    "\x16\x03\x01\0\x38\x01\0\0\x34\x03\x03" RANDOM                                                \
    "\0\0\x02\x13\x01\x01\0\0\x09\0\x2b\0\x05\x04\x03\x04\x03\x03"
#define SERVER_HELLO                                                                               \
    "\x16\x03\x03\0\x32\x02\0\0\x2e\x03\x03" RANDOM "\0\x13\x01\0\0\x06\0\x2b\0\x02\x03\x04"
#define FINISHED   "\x14\0\0\0"
#define KEY_UPDATE "\x18\0\0\1\0"

/* TLS 1.2 with TLS_RSA_WITH_AES_128_CBC_SHA, and a key exchange of 16 octets. */
#define CLIENT_HELLO12 "\x16\x03\x01\0\x2d\x01\0\0\x29\x03\x03" RANDOM "\0\0\x02\0\x2f\x01\0"
#define SERVER_HELLO12 "\x16\x03\x03\0\x2a\x02\0\0\x26\x03\x03" RANDOM "\0\0\x2f\0"
#define KEY_EXCHANGE12 "\x16\x03\x03\0\x16\x10\0\0\x12\0\x10sealed premaster"

#define LOGIN                                                                                      \
    "GET /ews/exchange.asmx HTTP/1.1\r\nHost: mail\r\n"                                            \
    "Authorization: Basic Ym9iOnB3\r\n\r\n"

struct fixture {
    struct context context;
    struct conversation *conversation;
    struct moment now;
    struct emitter emitter;
    struct sealer sealers[2];
    struct session_summary summary;
    size_t num_logins;
};

static void on_event(void *ctx, struct event *event)
{
    struct fixture *f = ctx;

    f->num_logins += event->kind == EVENT_AUTH;
}

static void open_fixture(struct fixture *f, const char *text)
{
    static const uint8_t seed[HMAP_SEED_SIZE];
    struct diag diag;

    *f = (struct fixture){0};
    f->emitter = (struct emitter){on_event, f, &f->now};
    assert_true(context_init(&f->context, 16, seed, &diag));
    keystore_add_text(f->context.keystore, bytes_of_text(text));
    f->conversation = conversation_new(&f->emitter, &f->context);
    assert_non_null(f->conversation);
}

static void close_fixture(struct fixture *f)
{
    conversation_end(f->conversation, &f->summary);
    context_clear(&f->context);
}

static bool feed(struct fixture *f, enum side from, struct bytes bytes)
{
    f->now.frame++;
    return conversation_feed(f->conversation, from, bytes);
}

/* A sealed record; with `flip` its tag is damaged. */
static bool say(struct fixture *f, enum side from, uint8_t type, struct bytes plain, bool flip)
{
    static uint8_t body[RECORD_HEADER + RECORD_MAX_BODY];
    struct record record = seal(&f->sealers[from], type, plain, body + RECORD_HEADER);
    size_t len = record.body.len;

    memcpy(body, (uint8_t[RECORD_HEADER]){record.type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len},
           RECORD_HEADER);
    body[RECORD_HEADER + len - 1] ^= flip;
    return feed(f, from, bytes_view(body, RECORD_HEADER + len));
}

static void shake_hands(struct fixture *f)
{
    open_fixture(f, keys);
    assert_true(feed(f, SIDE_CLIENT, BYTES(CLIENT_HELLO)));
    assert_true(feed(f, SIDE_SERVER, BYTES(SERVER_HELLO)));
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        const struct suite *suite = suite_find(0x1301);

        sealer_init_tls13(&f->sealers[side], suite, BYTES(SECRET SECRET));
        assert_true(say(f, side, RECORD_HANDSHAKE, BYTES(FINISHED), false));
        sealer_init_tls13(&f->sealers[side], suite, BYTES(SECRET SECRET));
    }
}

static void a_record_that_does_not_open_leaves_nothing_behind(void **state)
{
    static const uint8_t nothing[RECORD_MAX_BODY];
    struct fixture f;

    (void)state;
    shake_hands(&f);
    assert_true(say(&f, SIDE_CLIENT, RECORD_APPLICATION_DATA, BYTES(LOGIN), true));
    assert_memory_equal(f.context.scratch[0], nothing, sizeof(nothing));
    close_fixture(&f);
    assert_int_equal(f.num_logins, 0);
}

/* Each costs as much as some ten thousand octets (RFC 8446, section 5.1: it ends its record). */
static void a_record_holds_one_key_update(void **state)
{
    struct fixture f;

    (void)state;
    shake_hands(&f);
    assert_true(say(&f, SIDE_CLIENT, RECORD_HANDSHAKE, BYTES(KEY_UPDATE KEY_UPDATE), false));
    sealer_update(&f.sealers[SIDE_CLIENT]);
    assert_true(say(&f, SIDE_CLIENT, RECORD_APPLICATION_DATA, BYTES(LOGIN), false));
    close_fixture(&f);
    assert_int_equal(f.num_logins, 1);
}

/* A server's RSA key is asked once a handshake, however many key exchanges are sent. */
static void a_handshake_is_kept_up_to_its_key_exchange(void **state)
{
    static const char other[] = "RSA ffffffffffffffff " SECRET_HEX SECRET_HEX SECRET_HEX "\n";
    struct fixture f;

    (void)state;
    open_fixture(&f, other);
    assert_true(feed(&f, SIDE_CLIENT, BYTES(CLIENT_HELLO12)));
    assert_true(feed(&f, SIDE_SERVER, BYTES(SERVER_HELLO12)));
    assert_true(conversation_kept(f.conversation) > 0);
    assert_true(feed(&f, SIDE_CLIENT, BYTES(KEY_EXCHANGE12)));
    assert_int_equal(conversation_kept(f.conversation), 0);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_that_does_not_open_leaves_nothing_behind),
        cmocka_unit_test(a_record_holds_one_key_update),
        cmocka_unit_test(a_handshake_is_kept_up_to_its_key_exchange),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
