#include <stdlib.h>

#include "dissectors/socks/socks.h"
#include "tests/support/talk.h"

#define REQUEST "\x05\x01\0\x03\x12outlook.office.com\x01\xbb"
#define GRANTED "\x05\0\0\x01\0\0\0\0\0\0"
#define LOGIN                                                                                      \
    "\x01\x0b"                                                                                     \
    "CONTOSO\\bob\x07hunter2"
#define HELLO                                                                                      \
    "\x16\x03\x01\0\x2f\x01\0\0\x2b\x03\x01"                                                       \
    "0123456789abcdefghijklmnopqrstuv\0\0\x04\0\x05\0\x0a\x01\0"
#define SAYS_HELLO(frame, target)                                                                  \
    "tls service=unknown frame=" frame " transport=tls tunnel=socks tunnel_target=" target         \
    " version=1.0 version_offered=1.0 client_hello\n"

static void tunnels_stand_and_what_is_inside_is_read(void **state)
{
    static const struct talk talks[] = {
        {"SOCKS 5 without credentials",
         {C("\x05\x02\0\x01"), S("\x05\0"), C(REQUEST), S(GRANTED), C(HELLO)},
         SAYS_HELLO("5", "outlook.office.com:443")},
        {"a hasty client waits for nothing",
         {C("\x05\x01\0" REQUEST), C(HELLO), S("\x05\0" GRANTED), S("\x15\x03\x01\0\x02\x02\x46")},
         "tls service=unknown frame=3 transport=tls tunnel=socks "
         "tunnel_target=outlook.office.com:443 version=1.0 version_offered=1.0 "
         "alert=protocol_version alert_by_server client_hello\n"},
        {"an IPv4 target",
         {C("\x05\x01\0"), S("\x05\0"), C("\x05\x01\0\x01\x80\x5f\x9b\xc6\0\x50"), S(GRANTED),
          C(HELLO)},
         SAYS_HELLO("5", "128.95.155.198:80")},
        {"an IPv6 target, and a name in the reply",
         {C("\x05\x01\0"), S("\x05\0"),
          C("\x05\x01\0\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x03\xe1"),
          S("\x05\0\0\x03\x03"
            "abc\0\x01"),
          C(HELLO)},
         SAYS_HELLO("5", "[2001:db8::1]:993")},
        {"SOCKS 4",
         {C("\x04\x01\x01\xbb\xc0\0\x02\x07"
            "bob\0"),
          S("\0\x5a\0\0\0\0\0\0"), C(HELLO)},
         SAYS_HELLO("3", "192.0.2.7:443")},
        {"SOCKS 4a",
         {C("\x04\x01\x03\xe1\0\0\0\x01\0IMAP.Contoso.com\0"), S("\0\x5a\x03\xe1\0\0\0\x01"),
          C(HELLO)},
         SAYS_HELLO("3", "imap.contoso.com:993")},
        {"a refusal ends it",
         {C("\x05\x01\0"), S("\x05\0"), C(REQUEST), S("\x05\x02\0\x01\0\0\0\0\0\0"), C(HELLO)},
         ""},
        {"so does one of SOCKS 4",
         {C("\x04\x01\x01\xbb\xc0\0\x02\x07"
            "bob\0"),
          S("\0\x5b\0\0\0\0\0\0"), C(HELLO)},
         ""},
        {"a method that wraps all that follows is left alone",
         {C("\x05\x02\x01\x02"), S("\x05\x01"),
          C("\x01\x01\0\x04"
            "abcd"),
          S("\x01\x01\0\x01"
            "a")},
         ""},
        {"a port is not asked to be bound",
         {C("\x05\x01\0"), S("\x05\0"), C("\x05\x02\0\x01\x80\x5f\x9b\xc6\0\x50"), S(GRANTED),
          C(HELLO)},
         ""},
    };

    (void)state;
    talk_run(talks, sizeof(talks) / sizeof(talks[0]), NULL);
}

#define SAYS_LOGIN "auth service=proxy frame=3 mechanism=other "
#define SAYS_USER  "user=CONTOSO\\bob domain=CONTOSO "

static void credentials_are_the_proxys_own(void **state)
{
    static const struct talk talks[] = {
        {"an accepted login is told with its target",
         {C("\x05\x02\0\x02"), S("\x05\x02"), C(LOGIN), S("\x01\0"), C(REQUEST), S(GRANTED),
          C(HELLO)},
         SAYS_LOGIN "outcome=accepted " SAYS_USER
                    "server_code=0 password_seen host=outlook.office.com:443\n" SAYS_HELLO(
                        "7", "outlook.office.com:443")},
        {"a rejected one has none",
         {C("\x05\x01\x02"), S("\x05\x02"), C(LOGIN), S("\x01\x01")},
         SAYS_LOGIN "outcome=rejected " SAYS_USER "server_code=1 password_seen\n"},
        {"one that is never answered is told at the end",
         {C("\x05\x01\x02"), S("\x05\x02"), C(LOGIN)},
         SAYS_LOGIN "outcome=unknown " SAYS_USER "password_seen\n"},
        {"one whose answer is lost as well",
         {C("\x05\x01\x02"), S("\x05\x02"), C(LOGIN), LOST(SIDE_SERVER, 2), S("\x01\0")},
         SAYS_LOGIN "outcome=unknown " SAYS_USER "password_seen\n"},
        {"a hasty client gives them unasked",
         {C("\x05\x01\x02"), S("\x05\x02"), C(LOGIN REQUEST), S("\x01\0" GRANTED)},
         SAYS_LOGIN "outcome=accepted " SAYS_USER
                    "server_code=0 password_seen host=outlook.office.com:443\n"},
        {"credentials that the method did not ask for are no login",
         {C("\x05\x02\0\x02"), S("\x05\0"), C(LOGIN), S("\x01\0")},
         ""},
    };

    (void)state;
    talk_run(talks, sizeof(talks) / sizeof(talks[0]), NULL);
}

#define PROBE(client, server) socks_dissector.probe(BYTES(client), BYTES(server))

static void a_probe_wants_both_sides_to_agree(void **state)
{
    (void)state;
    assert_int_equal(PROBE("", ""), PROBE_MAYBE);
    assert_int_equal(PROBE("\x05", ""), PROBE_MAYBE);
    assert_int_equal(PROBE("\x05\x01\0", ""), PROBE_MAYBE);
    assert_int_equal(PROBE("\x05\x01\0", "\x05"), PROBE_MAYBE);
    assert_int_equal(PROBE("\x05\x01\0", "\x05\0"), PROBE_YES);
    assert_int_equal(PROBE("\x05\x01\0", "\x05\xff"), PROBE_YES);
    assert_int_equal(PROBE("\x05\x01\0", "\x05\x02"), PROBE_NO); /* not offered */
    assert_int_equal(PROBE("\x05\x01\0", "HTTP"), PROBE_NO);
    assert_int_equal(PROBE("\x05\x02\0\0", ""), PROBE_NO);             /* twice the same */
    assert_int_equal(PROBE("\x05\x01\x20", ""), PROBE_NO);             /* no such method */
    assert_int_equal(PROBE("\x05\0", ""), PROBE_NO);                   /* none */
    assert_int_equal(PROBE("\x05\0\x0b\x03\x10\0\0\0", ""), PROBE_NO); /* DCE/RPC bind */
    assert_int_equal(PROBE("\x05\x01\0rest", ""), PROBE_NO);
    assert_int_equal(PROBE("\x05\x01\0" REQUEST, ""), PROBE_YES);
    assert_int_equal(PROBE("\x04\x01\0\x50\x01\x02\x03\x04", ""), PROBE_MAYBE);
    assert_int_equal(PROBE("\x04\x01\0\x50\x01\x02\x03\x04\0", ""), PROBE_MAYBE);
    assert_int_equal(PROBE("\x04\x01\0\x50\x01\x02\x03\x04\0", "\0\x5a\0\0\0\0\0\0"), PROBE_YES);
    assert_int_equal(PROBE("\x04\x01\0\x50\x01\x02\x03\x04\0", "\0\x01\0\0\0\0\0\0"), PROBE_NO);
    assert_int_equal(PROBE("\x04\x01\0\x50\x01\x02\x03\x04\x02\x03\0", ""), PROBE_NO);
    assert_int_equal(PROBE("GET / HTTP/1.1\r\n", ""), PROBE_NO);
    assert_int_equal(PROBE("", "220 mail ready\r\n"), PROBE_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tunnels_stand_and_what_is_inside_is_read),
        cmocka_unit_test(credentials_are_the_proxys_own),
        cmocka_unit_test(a_probe_wants_both_sides_to_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
