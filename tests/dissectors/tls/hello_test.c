/* Hellos as they lie on the wire, put together by hand from RFC 8446, RFC 5246 and RFC 5077. */
#include "dissectors/tls/hello.h"

#include <string.h>

#include "dissectors/base/digest.h"
#include "tests/support/test.h"

#define RANDOM "0123456789abcdefghijklmnopqrstuv"
#define OTHER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
#define RETRY                                                                                      \
    "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"                             \
    "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"
#define ID      "\x04sess"
#define CIPHERS "\0\x04\x13\x01\xc0\x2f"

/* ends is the length of the extensions, two octets, and them. */
#define CLIENT(session, ends) BYTES("\x03\x03" RANDOM session CIPHERS "\x01\0" ends)
#define SERVER(session, ends) BYTES("\x03\x03" OTHER session "\xc0\x2f\0" ends)

#define VERSIONS  "\0\x2b\0\x07\x06\xfa\xfa\x03\x04\x03\x03"
#define CHOSEN_13 "\0\x2b\0\x02\x03\x04"
#define PSK       "\0\x29\0\x02\0\0"

struct both {
    struct crypto *crypto;
    struct tls_event event;
    struct tls_params params;
    bool retry;
};

static void open_both(struct both *both)
{
    *both = (struct both){.crypto = crypto_new()};
    assert_non_null(both->crypto);
}

static void close_both(struct both *both)
{
    crypto_free(both->crypto);
}

static void client(struct both *both, struct bytes body)
{
    assert_true(hello_read_client(both->crypto, body, &both->event, &both->params));
}

static void server(struct both *both, struct bytes body)
{
    assert_true(hello_read_server(both->crypto, body, &both->event, &both->params, &both->retry));
}

static void what_keys_depend_on_is_noted(void **state)
{
    struct both both;

    (void)state;
    open_both(&both);
    client(&both, CLIENT(ID, "\0\x0c\0\x17\0\0\0\x16\0\0\0\x2a\0\0"));
    assert_true(both.params.has_client);
    assert_false(both.params.has_server);
    assert_memory_equal(both.params.client_random, RANDOM, 32);
    assert_int_equal(both.params.client_version, 0x0303);
    assert_int_equal(both.params.offered_id_len, 4);
    assert_memory_equal(both.params.offered_id, "sess", 4);
    assert_true(both.params.offers_extended_master);
    assert_true(both.params.offers_encrypt_then_mac);
    assert_true(both.params.early_data);
    server(&both, SERVER("\x02gh", "\0\x08\0\x17\0\0\0\x16\0\0"));
    assert_true(both.params.has_server);
    assert_memory_equal(both.params.server_random, OTHER, 32);
    assert_int_equal(both.params.session_id_len, 2);
    assert_int_equal(both.params.version, TLS_VERSION_12);
    assert_int_equal(both.params.cipher, 0xc02f);
    assert_int_equal(both.params.compression, 0);
    assert_true(both.params.extended_master);
    assert_true(both.params.encrypt_then_mac);
    assert_int_equal(both.event.resumption, TLS_RESUMPTION_NONE);
    close_both(&both);
}

static void what_one_side_alone_says_is_not_agreed(void **state)
{
    struct both both;

    (void)state;
    open_both(&both);
    client(&both, CLIENT("\0", "\0\x08\0\x17\0\0\0\x16\0\0"));
    server(&both, SERVER("\0", ""));
    assert_false(both.params.extended_master);
    assert_false(both.params.encrypt_then_mac);
    both.params = (struct tls_params){0};
    server(&both, SERVER("\0", "\0\x08\0\x17\0\0\0\x16\0\0")); /* captured before the client's */
    client(&both, CLIENT("\0", ""));
    assert_false(both.params.extended_master);
    assert_false(both.params.encrypt_then_mac);
    close_both(&both);
}

static void a_session_id_that_comes_back_is_a_resumption(void **state)
{
    struct both both;

    (void)state;
    open_both(&both);
    client(&both, CLIENT(ID, ""));
    server(&both, SERVER(ID, ""));
    assert_int_equal(both.event.resumption, TLS_RESUMPTION_SESSION_ID);
    close_both(&both);
    open_both(&both);
    server(&both, SERVER(ID, "")); /* in whatever order they were captured */
    client(&both, CLIENT(ID, ""));
    assert_int_equal(both.event.resumption, TLS_RESUMPTION_SESSION_ID);
    close_both(&both);
    open_both(&both);
    client(&both, CLIENT("\0", ""));
    server(&both, SERVER("\0", ""));
    assert_int_equal(both.event.resumption, TLS_RESUMPTION_NONE);
    close_both(&both);
}

static void with_a_ticket_it_is_the_ticket_that_is_taken_up(void **state)
{
    static const char sha256_of_abc[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    struct both both;
    char name[65];

    (void)state;
    open_both(&both);
    client(&both, CLIENT(ID, "\0\x07\0\x23\0\x03"
                             "abc"));
    assert_true(both.params.offered_ticket);
    digest_print_hex(bytes_view(both.params.ticket_name, TLS_TICKET_NAME), name, sizeof(name));
    assert_string_equal(name, sha256_of_abc);
    server(&both, SERVER(ID, ""));
    assert_int_equal(both.event.resumption, TLS_RESUMPTION_TICKET);
    client(&both, CLIENT(ID, "\0\x04\0\x23\0\0")); /* it only asks for one */
    assert_false(both.params.offered_ticket);
    close_both(&both);
}

static void tls13_resumes_by_psk_alone(void **state)
{
    struct both both;

    (void)state;
    open_both(&both);
    client(&both, CLIENT(ID, "\0\x0b" VERSIONS));
    server(&both, SERVER(ID, "\0\x06" CHOSEN_13)); /* the id means nothing in TLS 1.3 */
    assert_int_equal(both.params.version, TLS_VERSION_13);
    assert_int_equal(both.event.resumption, TLS_RESUMPTION_NONE);
    server(&both, SERVER(ID, "\0\x0c" CHOSEN_13 PSK));
    assert_int_equal(both.event.resumption, TLS_RESUMPTION_PSK);
    close_both(&both);
    open_both(&both);
    server(&both, SERVER(ID, "\0\x06" PSK)); /* in TLS 1.2 that is no answer */
    assert_int_equal(both.event.resumption, TLS_RESUMPTION_NONE);
    close_both(&both);
}

static void offered_and_chosen_versions_are_told_apart(void **state)
{
    struct both both;

    (void)state;
    open_both(&both);
    client(&both, CLIENT("\0", "\0\x0b" VERSIONS));
    assert_string_equal(both.event.version, "1.3");
    assert_string_equal(both.event.version_offered, "1.3");
    server(&both, SERVER("\0", ""));
    assert_string_equal(both.event.version, "1.2");
    assert_string_equal(both.event.version_offered, "1.3");
    close_both(&both);
}

static void fingerprints_are_of_the_first_hello(void **state)
{
    struct both both;
    char ja3[33];
    char ja4[40];

    (void)state;
    open_both(&both);
    client(&both, CLIENT("\0", "\0\x0b" VERSIONS));
    /* md5 of 771,4865-49199,43,, by md5sum */
    assert_string_equal(both.event.ja3, "b46c6295f2988c92872ed92441a25ba0");
    assert_memory_equal(both.event.ja4, "t13i020100_", 11);
    memcpy(ja3, both.event.ja3, sizeof(ja3));
    memcpy(ja4, both.event.ja4, sizeof(ja4));
    server(&both, BYTES("\x03\x03" RETRY "\0\x13\x01\0\0\x06" CHOSEN_13));
    assert_true(both.retry);
    assert_false(both.event.server_hello);
    assert_false(both.params.has_server);
    assert_string_equal(both.event.ja3s, "");
    client(&both, CLIENT("\0", "\0\x0f" VERSIONS "\0\x17\0\0"));
    assert_string_equal(both.event.ja3, ja3);
    assert_string_equal(both.event.ja4, ja4);
    assert_true(both.params.offers_extended_master);
    server(&both, SERVER("\0", "\0\x06" CHOSEN_13));
    assert_false(both.retry);
    assert_true(both.event.server_hello);
    /* md5 of 771,49199,43 */
    assert_string_equal(both.event.ja3s, "0e3405775384b4a1a9d2222182e76972");
    close_both(&both);
}

static void in_quic_the_fingerprint_says_so(void **state)
{
    struct both both;

    (void)state;
    open_both(&both);
    assert_true(hello_read_quic_client(both.crypto, CLIENT("\0", "\0\x0b" VERSIONS), &both.event,
                                       &both.params));
    assert_memory_equal(both.event.ja4, "q13i020100_", 11);
    close_both(&both);
}

static void encrypted_client_hello_is_noted_in_both_forms(void **state)
{
    struct both both;

    (void)state;
    open_both(&both);
    client(&both, CLIENT("\0", "\0\x0b" VERSIONS));
    assert_false(both.event.ech_offered);
    client(&both, CLIENT("\0", "\0\x05\xfe\x0d\0\x01\0"));
    assert_true(both.event.ech_offered);
    both.event.ech_offered = false;
    client(&both, CLIENT("\0", "\0\x05\xff\xce\0\x01\0"));
    assert_true(both.event.ech_offered);
    close_both(&both);
}

static void protocols_that_do_not_fit_are_left_out_whole(void **state)
{
    struct tls_event event = {0};
    char body[512] = "\x03\x03" RANDOM "\0" CIPHERS "\x01\0\0\xd6\0\x10\0\xd2\0\xd0";
    size_t len = 2 + 32 + 1;

    (void)state;
    memcpy(body, "\x03\x03" RANDOM "\0" CIPHERS "\x01\0\0\xd6\0\x10\0\xd2\0\xd0", len + 16);
    len += 16;
    for (char i = 0; i < 4; i++) {
        body[len] = 51;
        memset(body + len + 1, 'a' + i, 51);
        len += 52;
    }
    assert_true(hello_read_client(NULL, bytes_view(body, len), &event, NULL));
    assert_int_equal(strlen(event.alpn_offered), 51 + 1 + 51);
}

static void what_is_no_hello_changes_nothing(void **state)
{
    static const struct tls_event nothing;
    static const struct tls_params none;
    struct both both;

    (void)state;
    open_both(&both);
    for (size_t len = 0; len < 44; len++) { /* the fixed part takes 43 and 44 octets */
        struct bytes cut = bytes_first(CLIENT("\0", "\0\x0b" VERSIONS), len);

        assert_true(len >= 43 || !hello_read_client(both.crypto, cut, &both.event, &both.params));
        assert_true(len >= 38 ||
                    !hello_read_server(both.crypto, cut, &both.event, &both.params, &both.retry));
        if (len < 38) {
            assert_memory_equal(&both.event, &nothing, sizeof(nothing));
            assert_memory_equal(&both.params, &none, sizeof(none));
        }
    }
    assert_false(hello_read_client(both.crypto, BYTES("\x04\x03" RANDOM "\0" CIPHERS "\x01\0"),
                                   &both.event, &both.params));
    close_both(&both);
}

static void damaged_extensions_leave_what_stood_before(void **state)
{
    struct both both;

    (void)state;
    open_both(&both);
    client(&both, CLIENT("\0", "\0\x20" VERSIONS "\0\x17\0\x09x"));
    assert_string_equal(both.event.version_offered, "1.3");
    assert_false(both.params.offers_extended_master);
    assert_string_equal(both.event.ja3, "");
    assert_string_equal(both.event.ja4, "");
    close_both(&both);
}

static void a_session_id_that_is_too_long_is_none(void **state)
{
    struct both both;

    (void)state;
    open_both(&both);
    client(&both, CLIENT("\x21" RANDOM "!", ""));
    server(&both, SERVER("\x21" RANDOM "!", ""));
    assert_int_equal(both.params.offered_id_len, 0);
    assert_int_equal(both.event.resumption, TLS_RESUMPTION_NONE);
    close_both(&both);
}

static void without_params_and_cryptography_a_hello_is_read_all_the_same(void **state)
{
    struct tls_event event = {0};
    bool retry = true;

    (void)state;
    assert_true(hello_read_client(NULL, CLIENT(ID, "\0\x0b" VERSIONS), &event, NULL));
    assert_true(hello_read_server(NULL, SERVER(ID, ""), &event, NULL, &retry));
    assert_false(retry);
    assert_string_equal(event.version, "1.2");
    assert_string_equal(event.ja3, "");
}

static void encrypted_extensions_tell_protocol_and_early_data(void **state)
{
    struct tls_event event = {0};
    bool early = true;

    (void)state;
    hello_read_encrypted_extensions(BYTES("\0\x09\0\x10\0\x05\0\x03\x02h2"), &event, &early);
    assert_string_equal(event.next_protocol, "h2");
    assert_false(early);
    hello_read_encrypted_extensions(BYTES("\0\x04\0\x2a\0\0"), &event, &early);
    assert_true(early);
    hello_read_encrypted_extensions(BYTES(""), &event, &early);
    assert_false(early);
    assert_string_equal(event.next_protocol, "h2");
}

/* RFC 5246, appendix E.2 */
static void the_challenge_of_ssl2_stands_for_the_random(void **state)
{
    static const struct tls_params none;
    struct tls_params params = {0};

    (void)state;
    assert_true(hello_note_v2(BYTES("\x80\x1f\x01\x03\x01\0\x06\0\0\0\x10\0\0\x05\0\0\x0a"
                                    "0123456789abcdef"
                                    "more"),
                              &params));
    assert_true(params.has_client);
    assert_int_equal(params.client_version, TLS_VERSION_10);
    assert_memory_equal(params.client_random,
                        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                        "0123456789abcdef",
                        32);
    params = none;
    assert_false(hello_note_v2(BYTES("\x80\x1f\x01\x03\x01\0\x06\0\0\0\x10\0\0\x05"), &params));
    assert_memory_equal(&params, &none, sizeof(none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_keys_depend_on_is_noted),
        cmocka_unit_test(what_one_side_alone_says_is_not_agreed),
        cmocka_unit_test(a_session_id_that_comes_back_is_a_resumption),
        cmocka_unit_test(with_a_ticket_it_is_the_ticket_that_is_taken_up),
        cmocka_unit_test(tls13_resumes_by_psk_alone),
        cmocka_unit_test(offered_and_chosen_versions_are_told_apart),
        cmocka_unit_test(fingerprints_are_of_the_first_hello),
        cmocka_unit_test(in_quic_the_fingerprint_says_so),
        cmocka_unit_test(encrypted_client_hello_is_noted_in_both_forms),
        cmocka_unit_test(protocols_that_do_not_fit_are_left_out_whole),
        cmocka_unit_test(what_is_no_hello_changes_nothing),
        cmocka_unit_test(damaged_extensions_leave_what_stood_before),
        cmocka_unit_test(a_session_id_that_is_too_long_is_none),
        cmocka_unit_test(without_params_and_cryptography_a_hello_is_read_all_the_same),
        cmocka_unit_test(the_challenge_of_ssl2_stands_for_the_random),
        cmocka_unit_test(encrypted_extensions_tell_protocol_and_early_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
