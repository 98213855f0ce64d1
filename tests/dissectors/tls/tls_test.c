#include <stdlib.h>
#include <string.h>

#include "tests/support/talk.h"

/* Hellos as they lie on the wire, put together by hand from RFC 8446 and RFC 5246. */
#define RANDOM "0123456789abcdefghijklmnopqrstuv"
#define RETRY                                                                                      \
    "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"                             \
    "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
#define SNI "\0\0\0\x15\0\x13\0\0\x10mail.contoso.com"
#define ALPN                                                                                       \
    "\0\x10\0\x11\0\x0f"                                                                           \
    "\x02\x0a\x0a\x02h2\x08http/1.1"
#define VERSIONS "\0\x2b\0\x07\x06\xfa\xfa\x03\x04\x03\x03"
#define CIPHERS  "\0\x04\x13\x01\xc0\x2f"

/* 102 bytes of body: 2 + 32 + 1 + 6 + 2 + 2 + 57 */
#define HELLO_BODY                                                                                 \
    "\x03\x03" RANDOM "\0" CIPHERS "\x01\0"                                                        \
    "\0\x39" SNI ALPN VERSIONS
#define HELLO        "\x01\0\0\x66" HELLO_BODY
#define CLIENT_HELLO "\x16\x03\x01\0\x6a" HELLO
#define SAYS_CLIENT  "server_name=mail.contoso.com alpn_offered=h2,http/1.1 "

/* 49 bytes: ALPN h2, suite 0xc02f = 49199 */
#define HELLO12                                                                                    \
    "\x02\0\0\x31\x03\x03" RANDOM "\0\xc0\x2f\0"                                                   \
    "\0\x09\0\x10\0\x05\0\x03\x02h2"
/* 46 bytes: supported_versions 1.3, suite 0x1301 = 4865 */
#define HELLO13(random)                                                                            \
    "\x02\0\0\x2e\x03\x03" random "\0\x13\x01\0"                                                   \
    "\0\x06\0\x2b\0\x02\x03\x04"
#define CHANGE  "\x14\x03\x03\0\x01\x01"
#define SECRETS "\x17\x03\x03\0\x14QxA/7d!kPz0m#9sWqE2r"

static void hellos_are_read_however_they_are_cut(void **state)
{
    static const struct talk talks[] = {
        {"both hellos of TLS 1.2 are one event, dated by what comes first",
         {C(CLIENT_HELLO), S("\x16\x03\x03\0\x35" HELLO12), C("\x16\x03\x03\0\0")},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "next_protocol=h2 version=1.2 version_offered=1.3 cipher=49199 client_hello "
         "server_hello\n"},
        {"a session that is compressed is not read, and named so",
         {C(CLIENT_HELLO), S("\x16\x03\x03\0\x2a\x02\0\0\x26\x03\x03" RANDOM "\0\xc0\x2f\1"),
          C(CHANGE SECRETS)},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "version=1.2 version_offered=1.3 cipher=49199 reading=compressed client_hello "
         "server_hello\n"},
        {"TLS 1.3 is told by supported_versions, not by the version of the hello",
         {C(CLIENT_HELLO), S("\x16\x03\x03\0\x32" HELLO13(RANDOM) CHANGE SECRETS), C(SECRETS)},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "version=1.3 version_offered=1.3 cipher=4865 reading=no-key client_hello "
         "server_hello\n"},
        {"a record that nothing opens is known by its header, and need not be whole",
         {C(CLIENT_HELLO), S("\x16\x03\x03\0\x32" HELLO13(RANDOM) CHANGE "\x17\x03\x03\x40\0Q")},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "version=1.3 version_offered=1.3 cipher=4865 reading=no-key client_hello "
         "server_hello\n"},
        {"a HelloRetryRequest is no ServerHello, which comes after it",
         {C(CLIENT_HELLO), S("\x16\x03\x03\0\x32" HELLO13(RETRY) CHANGE), C(CHANGE CLIENT_HELLO),
          S("\x16\x03\x03\0\x32" HELLO13(RANDOM) SECRETS)},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "version=1.3 version_offered=1.3 cipher=4865 reading=no-key retried client_hello "
         "server_hello\n"},
        {"a HelloRetryRequest alone shows the version, and no ServerHello",
         {C(CLIENT_HELLO), S("\x16\x03\x03\0\x32" HELLO13(RETRY) CHANGE), C(CHANGE CLIENT_HELLO)},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "version=1.3 version_offered=1.3 cipher=4865 retried client_hello\n"},
        {"messages may share a record",
         {C(CLIENT_HELLO), S("\x16\x03\x03\0\x41\0\0\0\0" HELLO12 "\x0b\0\0\x04\0\0\0\0")},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "next_protocol=h2 version=1.2 version_offered=1.3 cipher=49199 client_hello "
         "server_hello\n"},
        {"the client alone offers its highest version that is not GREASE",
         {C(CLIENT_HELLO)},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "version=1.3 version_offered=1.3 client_hello\n"},
        {"the server alone chooses a version",
         {S("\x16\x03\x03\0\x35" HELLO12)},
         "tls service=unknown frame=1 transport=tls next_protocol=h2 version=1.2 cipher=49199 "
         "server_hello\n"},
        {"a server's hello may be captured before the client's",
         {S("\x16\x03\x03\0\x35" HELLO12), C(CLIENT_HELLO)},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "next_protocol=h2 version=1.2 version_offered=1.3 cipher=49199 client_hello "
         "server_hello\n"},
        {"an alert is an answer too",
         {C(CLIENT_HELLO), S("\x15\x03\x01\0\x02\x02\x46"), C("more")},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "version=1.3 version_offered=1.3 alert=protocol_version alert_by_server client_hello\n"},
        {"a session joined in the middle is TLS of which nothing is known",
         {C(SECRETS), S(SECRETS)},
         "tls service=unknown frame=1 transport=tls reading=midway\n"},
        {"joined inside a record on one side, the other tells",
         {C("\x99\x98\x97\x96gibberish"), S(SECRETS)},
         "tls service=unknown frame=2 transport=tls reading=midway\n"},
    };

    (void)state;
    talk_run(talks, sizeof(talks) / sizeof(talks[0]), NULL);
}

#define PLAIN_HELLO(version)                                                                       \
    "\x16" version "\0\x2f\x01\0\0\x2b" version RANDOM "\0\0\x04\0\x05\0\x0a\x01\0"

static void old_hellos_are_read(void **state)
{
    static const struct talk talks[] = {
        {"a hello without extensions is TLS 1.0",
         {C(PLAIN_HELLO("\x03\x01"))},
         "tls service=unknown frame=1 transport=tls version=1.0 version_offered=1.0 "
         "client_hello\n"},
        {"or SSL 3",
         {C(PLAIN_HELLO("\x03\0"))},
         "tls service=unknown frame=1 transport=tls version=ssl3 version_offered=ssl3 "
         "client_hello\n"},
        {"a draft of TLS 1.3 chose its own number and had no session",
         {C(CLIENT_HELLO), S("\x16\x03\x01\0\x2a\x02\0\0\x26\x7f\x12" RANDOM "\x13\x01\0\0")},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "version=1.3 version_offered=1.3 cipher=4865 client_hello server_hello\n"},
        {"SSL 2 framing offers a version and is answered in TLS",
         {C("\x80\x1f\x01\x03\x01\0\x06\0\0\0\x10\0\0\x05\0\0\x0a"
            "0123456789abcdef"),
          S("\x16\x03\x01\0\x35" HELLO12)},
         "tls service=unknown frame=1 transport=tls next_protocol=h2 version=1.2 "
         "version_offered=1.0 cipher=49199 "
         "client_hello server_hello\n"},
        {"SSL 2 itself has its name",
         {C("\x80\x1f\x01\0\x02\0\x06\0\0\0\x10\x01\0\x80\x07\0\xc0"
            "0123456789abcdef")},
         "tls service=unknown frame=1 transport=tls version=ssl2 version_offered=ssl2 "
         "client_hello\n"},
    };

    (void)state;
    talk_run(talks, sizeof(talks) / sizeof(talks[0]), NULL);
}

static void damaged_hellos_say_what_stood_before_the_damage(void **state)
{
    static const struct talk talks[] = {
        {"a hole in the client's hello leaves the server's",
         {C("\x16\x03\x01\0\x6a\x01\0\0\x66"), LOST(SIDE_CLIENT, 97), C("\x16\x03\x01\0"),
          S("\x16\x03\x03\0\x35" HELLO12)},
         "tls service=unknown frame=1 transport=tls next_protocol=h2 version=1.2 cipher=49199 "
         "reading=gap server_hello\n"},
        {"a hole in the server's hello leaves the client's",
         {C(CLIENT_HELLO), S("\x16\x03\x03"), LOST(SIDE_SERVER, 50), S("abc")},
         "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
         "version=1.3 version_offered=1.3 reading=gap client_hello\n"},
        {"an extension that runs past the end ends the reading",
         {C("\x16\x03\x01\0\x4f\x01\0\0\x4b\x03\x03" RANDOM "\0" CIPHERS "\x01\0"
            "\0\x1e" SNI "\0\x10\0\x11\0")},
         "tls service=unknown frame=1 transport=tls server_name=mail.contoso.com version=1.2 "
         "version_offered=1.2 "
         "client_hello\n"},
        {"a hello that ends in its fixed part is none",
         {C("\x16\x03\x01\0\x0a\x01\0\0\x06\x03\x03"
            "abcd"),
          S("\x16\x03\x03\0\x35" HELLO12)},
         "tls service=unknown frame=1 transport=tls next_protocol=h2 version=1.2 cipher=49199 "
         "server_hello\n"},
        {"a name with control characters is made harmless",
         {C("\x16\x03\x01\0\x3d\x01\0\0\x39\x03\x03" RANDOM "\0" CIPHERS "\x01\0"
            "\0\x0c\0\0\0\x08\0\x06\0\0\x03"
            "a\nb")},
         "tls service=unknown frame=1 transport=tls server_name=a\xef\xbf\xbd"
         "b version=1.2 version_offered=1.2 client_hello\n"},
        {"another message in the place of a hello ends the waiting",
         {C("\x16\x03\x01\0\x08\x0e\0\0\0\x0e\0\0\0"), S("\x16\x03\x03\0\x35" HELLO12)},
         "tls service=unknown frame=1 transport=tls next_protocol=h2 version=1.2 cipher=49199 "
         "server_hello\n"},
    };

    (void)state;
    talk_run(talks, sizeof(talks) / sizeof(talks[0]), NULL);
}

/* A hello with a name, and pad bytes of padding (RFC 7685), in records of piece bytes. */
static char *long_hello(size_t pad, size_t piece, size_t *len)
{
    static const char start[] = "\x03\x03" RANDOM "\0" CIPHERS "\x01\0\0\0" SNI "\0\x15\0\0";
    size_t body = sizeof(start) - 1 + pad;
    size_t total = 4 + body;
    char *message = calloc(1, total);
    char *out = calloc(1, total + 5 * (total / piece + 1));
    size_t used = 0;

    assert_non_null(message);
    assert_non_null(out);
    message[0] = 1;
    message[1] = (char)(body >> 16);
    message[2] = (char)(body >> 8);
    message[3] = (char)body;
    memcpy(message + 4, start, sizeof(start) - 1);
    message[47] = (char)((pad + 29) >> 8); /* extensions */
    message[48] = (char)(pad + 29);
    message[76] = (char)(pad >> 8); /* padding */
    message[77] = (char)pad;
    for (size_t at = 0; at < total; at += piece) {
        size_t part = total - at < piece ? total - at : piece;

        memcpy(out + used, "\x16\x03\x01", 3);
        out[used + 3] = (char)(part >> 8);
        out[used + 4] = (char)part;
        memcpy(out + used + 5, message + at, part);
        used += 5 + part;
    }
    free(message);
    *len = used;
    return out;
}

static void expect_hello(size_t pad, size_t piece, size_t cut, const char *expected)
{
    struct talk talk = {0};
    char *events;
    char *hello = long_hello(pad, piece, &talk.pieces[0].len);

    talk.pieces[0].at = hello;
    talk.pieces[1] = (struct piece)S("\x16\x03\x03\0\x35" HELLO12);
    events = talk_events(&talk, NULL, cut, NULL);
    assert_string_equal(events, expected);
    free(events);
    free(hello);
}

static void a_hello_may_take_many_records(void **state)
{
    static const char both[] =
        "tls service=unknown frame=1 transport=tls server_name=mail.contoso.com next_protocol=h2 "
        "version=1.2 version_offered=1.2 cipher=49199 client_hello server_hello\n";
    static const size_t pieces[] = {1, 2, 3, 4, 5, 47, 1000, 16384};

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        expect_hello(100, pieces[i], 0, both);
        expect_hello(100, pieces[i], 1, both);
        expect_hello(100, pieces[i], 7, both);
        expect_hello(40000, pieces[i], 0, both);
        expect_hello(40000, pieces[i], 1460, both);
    }
}

static void a_hello_that_is_too_long_is_given_up(void **state)
{
    static const struct talk talk = {.pieces = {C("\x16\x03\x01\0\x08\x01\x01\0\x01\x03\x03"
                                                  "ab"),
                                                S("\x16\x03\x03\0\x35" HELLO12)}};
    char *events = talk_events(&talk, NULL, 0, NULL);

    (void)state;
    assert_string_equal(events, "tls service=unknown frame=1 transport=tls next_protocol=h2 "
                                "version=1.2 cipher=49199 server_hello\n");
    free(events);
}

static void a_silent_side_is_not_waited_for_for_ever(void **state)
{
    static char bulk[16384];
    struct talk talk = {.pieces = {C(CLIENT_HELLO)}};
    char *events;

    (void)state;
    for (size_t i = 1; i <= 6; i++) {
        talk.pieces[i] = (struct piece){SIDE_CLIENT, bulk, sizeof(bulk), 0};
    }
    talk.pieces[7] = (struct piece)S("\x16\x03\x03\0\x35" HELLO12);
    events = talk_events(&talk, NULL, 0, NULL);
    assert_string_equal(events, "tls service=unknown frame=1 transport=tls " SAYS_CLIENT
                                "version=1.3 version_offered=1.3 client_hello\n");
    free(events);
}

#define PROBE(client, server) tls_dissector.probe(BYTES(client), BYTES(server))

static void a_probe_knows_records_and_nothing_else(void **state)
{
    (void)state;
    assert_int_equal(PROBE("", ""), PROBE_MAYBE);
    assert_int_equal(PROBE("\x16", ""), PROBE_MAYBE);
    assert_int_equal(PROBE("\x16\x03\x01\x02\0", ""), PROBE_MAYBE);
    assert_int_equal(PROBE("\x16\x03\x01\x02\0\x01", ""), PROBE_YES);
    assert_int_equal(PROBE("", "\x16\x03\x03\0\x7a\x02"), PROBE_YES);
    assert_int_equal(PROBE("\x17\x03\x03\x01\0", ""), PROBE_YES);
    assert_int_equal(PROBE("\x15\x03\x03\0\x02", ""), PROBE_YES);
    assert_int_equal(PROBE("\x14\x03\x03\0\x01\x01", ""), PROBE_YES);
    assert_int_equal(PROBE("\x17\x03\x03\0\x04", ""), PROBE_NO);
    assert_int_equal(PROBE("\x16\x02\x01\x02\0\x01", ""), PROBE_NO);
    assert_int_equal(PROBE("\x16\x03\x01\xff\0\x01", ""), PROBE_NO);
    assert_int_equal(PROBE("\x16\x03\x01\0\x30\x77\x10\0\0", ""), PROBE_NO);
    assert_int_equal(PROBE("GET / HTTP/1.1\r\n", ""), PROBE_NO);
    assert_int_equal(PROBE("", "* OK ready\r\n"), PROBE_NO);
    assert_int_equal(PROBE("\x80\x1f\x01", ""), PROBE_MAYBE);
    assert_int_equal(PROBE("\x80\x1f\x01\x03\x01\0\x05\0\0\0\x10", ""), PROBE_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hellos_are_read_however_they_are_cut),
        cmocka_unit_test(old_hellos_are_read),
        cmocka_unit_test(damaged_hellos_say_what_stood_before_the_damage),
        cmocka_unit_test(a_hello_may_take_many_records),
        cmocka_unit_test(a_hello_that_is_too_long_is_given_up),
        cmocka_unit_test(a_silent_side_is_not_waited_for_for_ever),
        cmocka_unit_test(a_probe_knows_records_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
