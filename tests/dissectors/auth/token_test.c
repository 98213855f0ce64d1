#include "dissectors/auth/token.h"

#include <string.h>

#include "tests/support/test.h"

/* len, allocated, offset of a field below 256 */
#define FIELD_AT(len, offset) len "\0" len "\0" offset "\0\0\0"

/* [MS-NLMP] 2.2.1.3: header of 64 bytes, then the names */
#define TYPE3_HEADER(flags)                                                                        \
    "NTLMSSP\0\x03\0\0\0" FIELD_AT("\0", "\x40") FIELD_AT("\0", "\x40") FIELD_AT("\x0e", "\x40")   \
        FIELD_AT("\x06", "\x4e") FIELD_AT("\x04", "\x54") FIELD_AT("\0", "\x58") flags
#define TYPE3                                                                                      \
    TYPE3_HEADER("\x01\x82\0\0")                                                                   \
    "C\0O\0N\0T\0O\0S\0O\0b\0\xf6\0b\0P\0C\0"
#define TYPE1 "NTLMSSP\0\x01\0\0\0\x07\x82\x08\xa2"

#define OID_SPNEGO          "\x06\x06\x2b\x06\x01\x05\x05\x02"
#define OID_NTLM            "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"
#define OID_KERBEROS        "\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"
#define OID_KERBEROS_LEGACY "\x06\x09\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"

#define EXPECT(raw, wanted) expect(BYTES(raw), wanted)

static struct token expect(struct bytes raw, enum token_kind kind)
{
    struct token token;

    token_parse(raw, &token);
    assert_int_equal(token.kind, kind);
    return token;
}

static void a_type_3_message_names_user_domain_and_workstation(void **state)
{
    struct token token = EXPECT(TYPE3, TOKEN_NTLM_AUTHENTICATE);

    (void)state;
    assert_string_equal(token.user, "b\xc3\xb6"
                                    "b");
    assert_string_equal(token.domain, "CONTOSO");
    assert_string_equal(token.workstation, "PC");
    assert_false(token.in_spnego);
}

/* Windows 95 and some printers end the header before the flags, and know no Unicode. */
static void names_of_an_old_client_are_one_byte_a_character(void **state)
{
    struct token token = EXPECT("NTLMSSP\0\x03\0\0\0" FIELD_AT("\0", "\x34") FIELD_AT("\0", "\x34")
                                    FIELD_AT("\x0c", "\x34") FIELD_AT("\x03", "\x40")
                                        FIELD_AT("\x02", "\x43") "LABOREXAMPLEBOBPC",
                                TOKEN_NTLM_AUTHENTICATE);

    (void)state;
    assert_string_equal(token.domain, "LABOREXAMPLE");
    assert_string_equal(token.user, "BOB");
    assert_string_equal(token.workstation, "PC");
}

static void a_field_outside_the_message_is_empty(void **state)
{
    struct token token = EXPECT(TYPE3_HEADER("\x01\x82\0\0") "C\0O\0", TOKEN_NTLM_AUTHENTICATE);

    (void)state;
    assert_string_equal(token.user, "");
    assert_string_equal(token.domain, "");
}

static void the_other_ntlm_messages_are_told_apart(void **state)
{
    (void)state;
    EXPECT(TYPE1, TOKEN_NTLM_NEGOTIATE);
    EXPECT("NTLMSSP\0\x02\0\0\0\0\0\0\0", TOKEN_NTLM_CHALLENGE);
    EXPECT("NTLMSSP\0\x09\0\0\0", TOKEN_UNKNOWN);
    EXPECT("NTLMSSP\0\x01", TOKEN_UNKNOWN);
    EXPECT("NTLMSS", TOKEN_UNKNOWN);
    EXPECT("", TOKEN_UNKNOWN);
}

/* NegTokenInit of a client that offers NTLM alone; the token is a type 1 */
static void ntlm_inside_spnego_is_ntlm(void **state)
{
    struct token token = EXPECT("\x60\x30" OID_SPNEGO "\xa0\x26\x30\x24\xa0\x0e\x30\x0c" OID_NTLM
                                "\xa2\x12\x04\x10" TYPE1,
                                TOKEN_NTLM_NEGOTIATE);

    (void)state;
    assert_true(token.in_spnego);
}

/* NegTokenResp: 88 bytes of type 3 in [2] */
static void a_later_leg_of_spnego_is_read_too(void **state)
{
    struct token token = EXPECT("\xa1\x5e\x30\x5c\xa2\x5a\x04\x58" TYPE3, TOKEN_NTLM_AUTHENTICATE);

    (void)state;
    assert_string_equal(token.domain, "CONTOSO");
    assert_true(token.in_spnego);
}

static void kerberos_is_known_bare_and_inside_spnego(void **state)
{
    (void)state;
    EXPECT("\x60\x0f" OID_KERBEROS "\x01\0\x6e\0", TOKEN_KERBEROS);
    EXPECT("\x6e\x82\x06\xfb\x30\x82", TOKEN_KERBEROS); /* AP-REQ, as in DCE/RPC */
    EXPECT("\x60\x82\x04\xa3" OID_SPNEGO
           "\xa0\x82\x04\x97\x30\x82\x04\x93\xa0\x18\x30\x16" OID_KERBEROS_LEGACY OID_KERBEROS
           "\xa2\x82\x04\x69\x04\x82\x04\x65\x60\x82\x04\x61" OID_KERBEROS "\x01\0\x6e\x82\x04\x50",
           TOKEN_KERBEROS); /* cut short: only its front was decoded */
}

/* Outlook offers Kerberos first, but its token is of NTLM when it has no ticket. */
static void the_token_counts_more_than_the_list_of_mechanisms(void **state)
{
    (void)state;
    EXPECT("\x60\x3b" OID_SPNEGO "\xa0\x31\x30\x2f\xa0\x19\x30\x17" OID_KERBEROS OID_NTLM
           "\xa2\x12\x04\x10" TYPE1,
           TOKEN_NTLM_NEGOTIATE);
}

static void a_negotiation_of_something_else_is_spnego(void **state)
{
    (void)state;
    EXPECT("\xa1\x07\x30\x05\xa0\x03\x0a\x01\x01", TOKEN_SPNEGO); /* accept-incomplete */
    EXPECT("\xa1\x80\x30", TOKEN_UNKNOWN);                        /* no indefinite lengths */
    EXPECT("\x60", TOKEN_UNKNOWN);
    EXPECT("\x60\x84\xff\xff\xff\xff", TOKEN_UNKNOWN);
}

static void base64_is_decoded_first(void **state)
{
    struct token token;

    (void)state;
    token_parse_base64(BYTES("TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA="), &token);
    assert_int_equal(token.kind, TOKEN_NTLM_NEGOTIATE);
    token_parse_base64(BYTES("TlRMTVNTUAAB!"), &token);
    assert_int_equal(token.kind, TOKEN_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_3_message_names_user_domain_and_workstation),
        cmocka_unit_test(names_of_an_old_client_are_one_byte_a_character),
        cmocka_unit_test(a_field_outside_the_message_is_empty),
        cmocka_unit_test(the_other_ntlm_messages_are_told_apart),
        cmocka_unit_test(ntlm_inside_spnego_is_ntlm),
        cmocka_unit_test(a_later_leg_of_spnego_is_read_too),
        cmocka_unit_test(kerberos_is_known_bare_and_inside_spnego),
        cmocka_unit_test(the_token_counts_more_than_the_list_of_mechanisms),
        cmocka_unit_test(a_negotiation_of_something_else_is_spnego),
        cmocka_unit_test(base64_is_decoded_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
