#include "sensor/classify.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

struct line {
    bool from_client;
    const char *text;
    size_t len;
};

#define C(text)                                                                                    \
    {                                                                                              \
        true, text, sizeof(text) - 1                                                               \
    }
#define S(text)                                                                                    \
    {                                                                                              \
        false, text, sizeof(text) - 1                                                              \
    }

static struct classifier *classifier;

/* Stands before nDPI's own function: see CMakeLists.txt. */
void *__real_ndpi_init_detection_module(uint32_t prefs);
void *__wrap_ndpi_init_detection_module(uint32_t prefs);
static bool has_no_memory;

void *__wrap_ndpi_init_detection_module(uint32_t prefs)
{
    return has_no_memory ? NULL : __real_ndpi_init_detection_module(prefs);
}

static int set_up(void **state)
{
    struct diag diag = {0};

    (void)state;
    classifier = classifier_new(&diag);
    return classifier == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    classifier_free(classifier);
    return 0;
}

static const char *ask(struct classifier_flow **flow, bool from_client, const void *at, size_t len)
{
    struct packet packet = {.ip_protocol = 6, .src_port = 2525, .dst_port = 2525};
    uint8_t *copy = malloc(len); /* exactly its size: sanitizers see every over-read */
    const char *name;

    assert_non_null(copy);
    memcpy(copy, at, len);
    packet.payload = bytes_view(copy, len);
    name = classifier_ask(classifier, flow, &packet, from_client);
    free(copy);
    return name;
}

/* What is proposed for a dialogue, or "" */
static const char *proposed(const struct line *lines)
{
    struct classifier_flow *flow = NULL;
    const char *name = NULL;

    for (size_t i = 0; lines[i].text != NULL && name == NULL; i++) {
        name = ask(&flow, lines[i].from_client, lines[i].text, lines[i].len);
    }
    classifier_flow_free(flow);
    return name != NULL ? name : "";
}

static void odd_dialogues_are_known_on_any_port(void **state)
{
    static const struct line smtp[] = {S("220-*******************\r\n220 ****\r\n"),
                                       C("EHLO printer\r\n"),
                                       S("250-mail\r\n250 STARTTLS\r\n"),
                                       C("MAIL FROM:<a@contoso.com>\r\n"),
                                       S("250 ok\r\n"),
                                       C("RCPT TO:<b@contoso.com>\r\n"),
                                       {0}};
    static const struct line pop[] = {S("+OK hello\r\n"), C("USER bob\r\n"), S("+OK\r\n"),
                                      C("PASS x\r\n"),    S("+OK\r\n"),      {0}};
    static const struct line http[] = {C("GET /owa/ HTTP/1.1\r\nHost: mail.contoso.com\r\n\r\n"),
                                       S("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                                       {0}};
    static const struct line socks[] = {C("\x05\x01\0"), S("\x05\0"), {0}};

    (void)state;
    assert_string_equal(proposed(smtp), "smtp");
    assert_string_equal(proposed(pop), "pop");
    assert_string_equal(proposed(http), "http");
    assert_string_equal(proposed(socks), "socks");
}

static void other_protocols_are_not_proposed(void **state)
{
    static const struct line ssh[] = {
        S("SSH-2.0-OpenSSH_9.2\r\n"), C("SSH-2.0-OpenSSH_9.2\r\n"), {0}};
    static const struct line ftp[] = {
        S("220 FTP ready\r\n"), C("USER bob\r\n"), S("331 password\r\n"), C("PASS x\r\n"), {0}};

    (void)state;
    assert_string_equal(proposed(ssh), "");
    assert_string_equal(proposed(ftp), "");
}

static bool is_shown(const char *text, size_t len)
{
    struct classifier_flow *flow = NULL;
    bool shown;

    (void)ask(&flow, true, text, len);
    shown = flow != NULL;
    classifier_flow_free(flow);
    return shown;
}

/* nDPI sees what may begin a protocol that it could propose, and nothing else. */
static void only_what_may_be_one_of_them_is_shown(void **state)
{
    static const struct line may_be[] = {C("QUIT\r\n"),
                                         S("220 M\xc3\xbcller ESMTP ready for you\r\n"),
                                         C("\x16\x03\x01\x02\0"),
                                         S("\x17\x03\x03\0\x20"),
                                         C("\x05\x02\0\x02"),
                                         S("\x05\xff"),
                                         C("\x04\x01\0\x19\xc0\0\x02\x01"
                                           "bob\0"),
                                         S("\0\x5a\0\0\0\0\0\0"),
                                         C("\x05\0\x0b\x03\x10\0\0\0"),
                                         {0}};
    static const struct line cannot[] = {C("\0\0\0\x54\xfeSMB@\0"),
                                         C("\x03\0\0\x13\x0e\xe0\0\0\0\0\0"),
                                         S("220 M\xc3\xbcl"),
                                         C("\x16\x02\x01\x02\0"),
                                         C("\x05\x02\0"),
                                         C("\x04\x01\0\x19\xc0\0\x02\x01"
                                           "bob"),
                                         S("\0\x5a\0\0\0\0\0\0\0"),
                                         C("\x05\0\x14\x03\x10\0\0\0"),
                                         {0}};

    (void)state;
    for (size_t i = 0; may_be[i].text != NULL; i++) {
        assert_true(is_shown(may_be[i].text, may_be[i].len));
    }
    for (size_t i = 0; cannot[i].text != NULL; i++) {
        assert_false(is_shown(cannot[i].text, cannot[i].len));
    }
}

/* xorshift; the same bytes in every run */
static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static void noise_does_no_harm(void **state)
{
    static const char *const fronts[] = {"",
                                         "* OK ",
                                         "+OK ",
                                         "220 ",
                                         "GET / HTTP/1.1\r\n",
                                         "\x16\x03\x01",
                                         "\x05\x01",
                                         "\x05\0\x0b\x03",
                                         "a1 LOGIN ",
                                         "HTTP/1.1 200"};
    uint8_t noise[3000];
    uint32_t seed = 1;

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        struct classifier_flow *flow = NULL;

        for (size_t k = 0; k < CLASSIFY_PACKETS + 2; k++) {
            const char *front = fronts[next(&seed) % (sizeof(fronts) / sizeof(fronts[0]))];
            size_t len = 1 + next(&seed) % (k % 2 == 0 ? 40 : sizeof(noise));

            for (size_t n = 0; n < len; n++) {
                noise[n] = (uint8_t)next(&seed);
            }
            memcpy(noise, front, strlen(front) < len ? strlen(front) : len);
            (void)ask(&flow, next(&seed) % 2 == 0, noise, len);
        }
        classifier_flow_free(flow);
    }
}

static void only_the_first_packets_are_looked_at(void **state)
{
    static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct classifier_flow *flow = NULL;

    (void)state;
    for (size_t i = 0; i < CLASSIFY_PACKETS; i++) {
        assert_string_equal(ask(&flow, true, get, sizeof(get) - 1), "http");
    }
    assert_null(ask(&flow, true, get, sizeof(get) - 1));
    classifier_flow_free(flow);
    classifier_flow_free(NULL);
}

static void questions_that_cannot_be_asked_are_counted(void **state)
{
    static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct classifier *usual = classifier;
    struct classifier_flow *flow = NULL;
    struct diag diag = {0};

    (void)state;
    assert_int_equal(classifier_refused(usual), 0);
    has_no_memory = true;
    classifier = classifier_new(&diag);
    assert_non_null(classifier);
    assert_null(ask(&flow, true, get, sizeof(get) - 1));
    has_no_memory = false; /* nDPI is not tried again: it takes long */
    assert_null(ask(&flow, true, get, sizeof(get) - 1));
    assert_int_equal(classifier_refused(classifier), 2);
    classifier_flow_free(flow);
    classifier_free(classifier);
    classifier = usual;
}

static void who_never_asks_has_nothing_to_end(void **state)
{
    struct diag diag = {0};

    (void)state;
    classifier_free(classifier_new(&diag));
    classifier_free(NULL);
    assert_int_equal(classifier_refused(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_dialogues_are_known_on_any_port),
        cmocka_unit_test(other_protocols_are_not_proposed),
        cmocka_unit_test(only_what_may_be_one_of_them_is_shown),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test(only_the_first_packets_are_looked_at),
        cmocka_unit_test(questions_that_cannot_be_asked_are_counted),
        cmocka_unit_test(who_never_asks_has_nothing_to_end),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
