#include "dissectors/tls/certificate.h"

#include <string.h>

#include "tests/support/test.h"

enum { MAX_MESSAGE = 4096 };

/* Made with openssl req -x509 -newkey ed25519; openssl x509 reads of it: subject and issuer C = DE,
 * O = Contoso Mail, CN = mail.contoso.com; names DNS:mail.contoso.com, IP Address:10.0.0.1,
 * DNS:autodiscover.contoso.com, email:a@contoso.com. */
static const char real[] =
    "\x30\x82\x01\xad\x30\x82\x01\x5f\xa0\x03\x02\x01\x02\x02\x14\x32\x26\xb3\x2e\x23\x37\x90"
    "\x31\x1c\x02\xc9\x9e\x4c\x1e\xbc\xcf\x42\xa0\x0e\x4c\x30\x05\x06\x03\x2b\x65\x70\x30\x3f"
    "\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02\x44\x45\x31\x15\x30\x13\x06\x03\x55\x04\x0a"
    "\x0c\x0c\x43\x6f\x6e\x74\x6f\x73\x6f\x20\x4d\x61\x69\x6c\x31\x19\x30\x17\x06\x03\x55\x04"
    "\x03\x0c\x10\x6d\x61\x69\x6c\x2e\x63\x6f\x6e\x74\x6f\x73\x6f\x2e\x63\x6f\x6d\x30\x1e\x17"
    "\x0d\x32\x36\x31\x31\x32\x32\x30\x36\x33\x37\x34\x39\x5a\x17\x0d\x33\x36\x31\x31\x31\x39"
    "\x30\x36\x33\x37\x34\x39\x5a\x30\x3f\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02\x44\x45"
    "\x31\x15\x30\x13\x06\x03\x55\x04\x0a\x0c\x0c\x43\x6f\x6e\x74\x6f\x73\x6f\x20\x4d\x61\x69"
    "\x6c\x31\x19\x30\x17\x06\x03\x55\x04\x03\x0c\x10\x6d\x61\x69\x6c\x2e\x63\x6f\x6e\x74\x6f"
    "\x73\x6f\x2e\x63\x6f\x6d\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00\xcc\x4d\x22\x1c"
    "\xb8\x3d\xb3\x0e\xf5\x53\x56\x8e\x28\x0a\x19\xc8\x25\x96\x2f\xf9\xed\x69\x0f\x88\x91\x52"
    "\xfd\x2e\xb4\x23\x43\xf1\xa3\x6d\x30\x6b\x30\x4a\x06\x03\x55\x1d\x11\x04\x43\x30\x41\x82"
    "\x10\x6d\x61\x69\x6c\x2e\x63\x6f\x6e\x74\x6f\x73\x6f\x2e\x63\x6f\x6d\x87\x04\x0a\x00\x00"
    "\x01\x82\x18\x61\x75\x74\x6f\x64\x69\x73\x63\x6f\x76\x65\x72\x2e\x63\x6f\x6e\x74\x6f\x73"
    "\x6f\x2e\x63\x6f\x6d\x81\x0d\x61\x40\x63\x6f\x6e\x74\x6f\x73\x6f\x2e\x63\x6f\x6d\x30\x1d"
    "\x06\x03\x55\x1d\x0e\x04\x16\x04\x14\x63\x10\x4b\x0c\x41\x98\xa1\x17\x4e\x8d\x68\x03\x6a"
    "\xc3\xeb\x10\x3d\x2a\x4b\xb1\x30\x05\x06\x03\x2b\x65\x70\x03\x41\x00\x8a\x5a\xb2\x07\x99"
    "\x13\xf6\x48\x7a\x40\x44\xdd\xd4\x0e\xd9\x62\x00\x4f\x92\x4b\x4b\xda\x5d\x43\x1f\x93\xdb"
    "\xb9\x5b\x55\x91\x22\x47\x0a\x5d\x7e\xe5\x45\xe1\x6c\xd7\xe9\x71\xbe\x1e\x5c\xbc\xa7\x11"
    "\xf3\x59\xc9\xb3\xfc\xcc\xd8\x32\x65\x78\x2b\x74\xa8\x0a\x0b";

/* A message that a test puts together. */
struct build {
    uint8_t at[MAX_MESSAGE];
    size_t len;
};

static void put(struct build *build, const void *at, size_t len)
{
    assert_true(build->len + len <= sizeof(build->at));
    memcpy(build->at + build->len, at, len);
    build->len += len;
}

#define PUT(build, text) put(build, text, sizeof(text) - 1)

static void put_u24(struct build *build, size_t value)
{
    const uint8_t octets[3] = {(uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

    put(build, octets, 3);
}

/* What build holds from start on becomes the content of an element. */
static void wrap(struct build *build, size_t start, uint8_t tag)
{
    uint8_t content[MAX_MESSAGE];
    size_t len = build->len - start;
    const uint8_t header[4] = {tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len};

    memcpy(content, build->at + start, len);
    build->len = start;
    put(build, header, sizeof(header));
    put(build, content, len);
}

/* version, serial, algorithm; issuer CN=Issuer; validity */
#define TBS_BEFORE                                                                                 \
    "\xa0\x03\x02\x01\x02\x02\x01\x07\x30\x05\x06\x03\x2b\x65\x70"                                 \
    "\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x0c\x06Issuer"                                   \
    "\x30\x1e\x17\x0d"                                                                             \
    "260101000000Z\x17\x0d"                                                                        \
    "360101000000Z"
#define TBS_KEY "\x30\x05\x06\x03\x2b\x65\x70"

/* A certificate of that subject (sets), with those GeneralNames, as a message of TLS 1.2. */
static void build_message(struct build *build, struct bytes subject, struct bytes names)
{
    size_t start;

    build->len = 0;
    PUT(build, TBS_BEFORE);
    start = build->len;
    put(build, subject.at, subject.len);
    wrap(build, start, 0x30);
    PUT(build, TBS_KEY);
    start = build->len;
    PUT(build, "\x06\x03\x55\x1d\x11\x01\x01\xff"); /* critical */
    {
        size_t value = build->len;

        put(build, names.at, names.len);
        wrap(build, value, 0x30);
        wrap(build, value, 0x04);
    }
    wrap(build, start, 0x30);
    wrap(build, start, 0x30);
    wrap(build, start, 0xa3);
    wrap(build, 0, 0x30);
    wrap(build, 0, 0x30);
}

static struct tls_event read_certificate(struct bytes certificate, bool tls13)
{
    struct tls_event event = {0};
    struct build build = {.len = 0};

    if (tls13) {
        PUT(&build, "\0");
    }
    put_u24(&build, certificate.len + 3 + (tls13 ? 2 : 0));
    put_u24(&build, certificate.len);
    put(&build, certificate.at, certificate.len);
    if (tls13) {
        PUT(&build, "\0\0");
    }
    certificate_read(bytes_view(build.at, build.len), tls13, &event);
    assert_false(certificate_is_empty(bytes_view(build.at, build.len), tls13));
    return event;
}

static struct tls_event read_built(struct bytes subject, struct bytes names)
{
    struct build build;

    build_message(&build, subject, names);
    return read_certificate(bytes_view(build.at, build.len), false);
}

static void names_of_a_real_certificate_are_read(void **state)
{
    (void)state;
    for (int tls13 = 0; tls13 < 2; tls13++) {
        struct tls_event event = read_certificate(bytes_view(real, sizeof(real) - 1), tls13 == 1);

        assert_string_equal(event.certificate_subject, "mail.contoso.com");
        assert_string_equal(event.certificate_issuer, "mail.contoso.com");
        assert_string_equal(event.certificate_names, "mail.contoso.com,autodiscover.contoso.com");
    }
}

static void expect_subject(struct bytes subject, const char *expected)
{
    struct tls_event event = read_built(subject, BYTES(""));

    assert_string_equal(event.certificate_subject, expected);
    assert_string_equal(event.certificate_issuer, "Issuer");
    assert_string_equal(event.certificate_names, "");
}

static void the_common_name_stands_for_the_subject(void **state)
{
    (void)state;
    expect_subject(BYTES("\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
                         "DE"
                         "\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                         "a"),
                   "a");
    /* of two the last, which is the more particular */
    expect_subject(BYTES("\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                         "a"
                         "\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
                         "b"),
                   "b");
}

static void without_a_common_name_the_whole_name_is_told(void **state)
{
    (void)state;
    /* C=DE, then O=Contoso, Ltd. and OU=IT in one set */
    expect_subject(BYTES("\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
                         "DE"
                         "\x31\x20\x30\x14\x06\x03\x55\x04\x0a\x0c\x0d"
                         "Contoso, Ltd."
                         "\x30\x08\x06\x03\x55\x04\x0b\x0c\x01"
                         "I"),
                   "OU=I+O=Contoso\\, Ltd.,C=DE");
    expect_subject(BYTES(""), "");
    /* what has no word or is no text is left out */
    expect_subject(BYTES("\x31\x0a\x30\x08\x06\x03\x55\x04\x63\x0c\x01"
                         "x"
                         "\x31\x0a\x30\x08\x06\x03\x55\x04\x0b\x05\x01"
                         "x"),
                   "");
}

static void every_kind_of_text_becomes_utf8(void **state)
{
    (void)state;
    expect_subject(BYTES("\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x1e\x04\0Z\0\xfc"), "Z\xc3\xbc");
    expect_subject(BYTES("\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x1e\x04\x20\xac\xd8\0"),
                   "\xe2\x82\xac\xef\xbf\xbd"); /* a euro, half a pair of surrogates */
    expect_subject(BYTES("\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x14\x02Z\xfc"), "Z\xc3\xbc");
    expect_subject(BYTES("\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x1c\x04\0\0\0Z"), "Z");
    expect_subject(BYTES("\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03"
                         "a\nb"),
                   "a\xef\xbf\xbd"
                   "b");
    expect_subject(BYTES("\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x13\x03"
                         "a\0b"),
                   "a\xef\xbf\xbd"
                   "b");
}

static void names_that_would_forge_the_list_are_left_out(void **state)
{
    struct tls_event event = read_built(BYTES(""), BYTES("\x82\x05"
                                                         "a.com"
                                                         "\x82\x0b"
                                                         "b.com,c.com"
                                                         "\x82\x06"
                                                         "d .com"
                                                         "\x82\x06"
                                                         "e\0.com"
                                                         "\x82\0"
                                                         "\x87\x04\x0a\0\0\x01"
                                                         "\x82\x05"
                                                         "*.com"));

    (void)state;
    assert_string_equal(event.certificate_names, "a.com,*.com");
}

static void only_whole_names_are_listed(void **state)
{
    struct build names = {.len = 0};
    struct tls_event event;

    (void)state;
    for (int i = 0; i < 20; i++) {
        PUT(&names, "\x82\x13"
                    "1234567890123456789");
    }
    event = read_built(BYTES(""), bytes_view(names.at, names.len));
    assert_int_equal(strlen(event.certificate_names), 12 * 20 - 1); /* a 13th would need 259 */
}

static void a_certificate_that_is_cut_says_nothing(void **state)
{
    struct build build = {.len = 0};

    (void)state;
    put_u24(&build, sizeof(real) - 1 + 3);
    put_u24(&build, sizeof(real) - 1);
    put(&build, real, sizeof(real) - 1);
    for (size_t len = 0; len < build.len; len++) {
        struct tls_event event = {0};

        certificate_read(bytes_view(build.at, len), false, &event);
        assert_string_equal(event.certificate_subject, "");
        assert_string_equal(event.certificate_names, "");
        assert_true(certificate_is_empty(bytes_view(build.at, len), false));
    }
}

static void lengths_that_lie_are_not_followed(void **state)
{
    struct tls_event event = {0};

    (void)state;
    certificate_read(BYTES("\0\0\x0c\0\0\x09\x30\x84\xff\xff\xff\xff\x30\x80\0"), false, &event);
    certificate_read(BYTES("\0\0\x08\0\0\x05\x30\x80\x30\0\0"), false, &event);
    certificate_read(BYTES("\0\0\x08\0\0\x05\x3f\x82\x30\x01\0"), false, &event);
    certificate_read(BYTES("\0\0\x0d\0\0\x0a\x30\x85\0\0\0\0\x03\x30\x01\0"), false, &event);
    assert_string_equal(event.certificate_subject, "");
}

static void a_client_without_a_certificate_sends_an_empty_list(void **state)
{
    (void)state;
    assert_true(certificate_is_empty(BYTES("\0\0\0"), false));
    assert_true(certificate_is_empty(BYTES("\0\0\0\0"), true));
    assert_true(certificate_is_empty(BYTES(""), false));
    assert_true(certificate_is_empty(BYTES("\0\0\x03\0\0\0"), false));
    assert_false(certificate_is_empty(BYTES("\0\0\x05\0\0\x02\x30\0"), false));
    assert_false(certificate_is_empty(BYTES("\x01\x55\0\0\x07\0\0\x02\x30\0\0\0"), true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_a_real_certificate_are_read),
        cmocka_unit_test(the_common_name_stands_for_the_subject),
        cmocka_unit_test(without_a_common_name_the_whole_name_is_told),
        cmocka_unit_test(every_kind_of_text_becomes_utf8),
        cmocka_unit_test(names_that_would_forge_the_list_are_left_out),
        cmocka_unit_test(only_whole_names_are_listed),
        cmocka_unit_test(a_certificate_that_is_cut_says_nothing),
        cmocka_unit_test(lengths_that_lie_are_not_followed),
        cmocka_unit_test(a_client_without_a_certificate_sends_an_empty_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
