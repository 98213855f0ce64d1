/*
 * Public captures, where they are at hand (../shared/captures): JA3, JA3S, server name and cipher
 * as tshark has them (truth_tls.ndjson), JA4 as its authors and nDPI published it
 * (truth_ja4.ndjson). Every difference is listed with its reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dissectors/tls/hello.h"
#include "tests/dissectors/tls/messages.h"
#include "tests/support/test.h"

enum { SKIPPED = 77, LINE_SIZE = 4096, FACT_SIZE = 1024, MAX_FACTS = 1024, HANDSHAKE_HELLO = 1 };

static const char folder[] = SOURCE_DIR "/../shared/captures";

/* What one capture gave: "source:port destination:port what=value ...". */
struct facts {
    struct crypto *crypto;
    char capture[512];
    char (*at)[FACT_SIZE];
    size_t num;
};

static void add_fact(struct facts *facts, const struct message *message, const char *text)
{
    char src[ADDRESS_TEXT_SIZE];
    char dst[ADDRESS_TEXT_SIZE];

    address_print(&message->src, src);
    address_print(&message->dst, dst);
    assert_true(facts->num < MAX_FACTS);
    (void)snprintf(facts->at[facts->num++], FACT_SIZE, "%s:%u %s:%u %s", src, message->src_port,
                   dst, message->dst_port, text);
}

static void add_client(struct facts *facts, const struct message *message)
{
    struct tls_event event = {0};
    char text[FACT_SIZE];

    if (!hello_read_client(facts->crypto, message->body, &event, NULL)) {
        return;
    }
    (void)snprintf(text, sizeof(text), "ja3=%s sni=%s", event.ja3, event.server_name);
    add_fact(facts, message, text);
    (void)snprintf(text, sizeof(text), "ja4=%s", event.ja4);
    add_fact(facts, message, text);
}

static void add_server(struct facts *facts, const struct message *message)
{
    struct tls_event event = {0};
    char text[FACT_SIZE];
    bool retry = false;

    if (!hello_read_server(facts->crypto, message->body, &event, NULL, &retry)) {
        return;
    }
    (void)snprintf(text, sizeof(text), "ja3s=%s cipher=0x%04x", retry ? "retry" : event.ja3s,
                   event.cipher);
    add_fact(facts, message, text);
}

static void on_message(void *ctx, const struct message *message)
{
    if (message->type == HANDSHAKE_HELLO) {
        add_client(ctx, message);
    } else if (message->type == HANDSHAKE_HELLO + 1) {
        add_server(ctx, message);
    }
}

/* The value of a string or number in a line of flat JSON; "" without it. */
static const char *value_of(const char *line, const char *name, char value[FACT_SIZE])
{
    char start[64];
    const char *at;

    value[0] = '\0';
    (void)snprintf(start, sizeof(start), "\"%s\": \"", name);
    at = strstr(line, start);
    if (at != NULL) {
        at += strlen(start);
        (void)snprintf(value, FACT_SIZE, "%.*s", (int)strcspn(at, "\""), at);
    }
    return value;
}

static void read_facts(struct facts *facts, const char *capture)
{
    char path[1024];

    if (strcmp(facts->capture, capture) == 0) {
        return; /* lines of one capture lie together, mostly */
    }
    (void)snprintf(facts->capture, sizeof(facts->capture), "%s", capture);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, capture);
    facts->num = 0;
    assert_true(messages_read(path, on_message, facts));
}

static bool has_fact(const struct facts *facts, const char *fact)
{
    for (size_t i = 0; i < facts->num; i++) {
        if (strcmp(facts->at[i], fact) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_source(const struct facts *facts, const char *source)
{
    for (size_t i = 0; i < facts->num; i++) {
        if (strncmp(facts->at[i], source, strlen(source)) == 0) {
            return true;
        }
    }
    return false;
}

/* What is different, and why. */
static const char *const differences[] = {
    /* tshark takes fingerprints of hellos whose extensions are cut or lie about their length. */
    "192.168.11.11:51591 ja3=12f72b3830028e0151f98b64f504bd9c sni=",
    "192.168.1.128:1 ja3=5d9eb54dfeb9b4b50031e5f0cd0a479e sni=",
    /* In CAPWAP, which is not decoded. */
    "10.1.3.68:47025 ja3=ee65329706afb750866495410fce080d sni=alt2-mtalk.google.com",
    "10.1.3.68:47025 ja4=t12d140800_c866b44c5a26_b39be8c56a14",
    /* FoxIO's older rule for names that are no ASCII was "99". The rule of today, first and last
     * digit of the hex form, is tested in fingerprint_test.c. */
    "192.168.1.168:50112 ja4=t13d151699_8daaf6152771_e5627efa2ab1",
    /* nDPI takes a hello without extensions for one of a domain, and hashes the empty list. */
    "192.168.11.11:51588 ja4=t10d660000_1ade43d4e5bc_e3b0c44298fc",
    /* nDPI again: the hello has no server_name. */
    "10.132.0.23:38120 ja4=t13d1514h2_8daaf6152771_de4a06bb82e3",
    "10.132.0.23:38152 ja4=t13d1514h2_8daaf6152771_de4a06bb82e3",
    /* nDPI has client and server the other way round. */
    "10.10.10.1:443 ja4=t13d1515h2_8daaf6152771_de4a06bb82e3",
};

static bool is_known(const char *fact)
{
    for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
        if (strcmp(fact, differences[i]) == 0) {
            return true;
        }
    }
    return false;
}

struct score {
    size_t same;
    size_t known;
    size_t elsewhere; /* in QUIC, of which the messages are not read here */
    size_t wrong;
};

/* HelloRetryRequest: tshark makes a JA3S of it, we do not. */
static bool is_retry(const struct facts *facts, const char *ends, const char *cipher)
{
    char fact[2 * FACT_SIZE];

    (void)snprintf(fact, sizeof(fact), "%s ja3s=retry cipher=%s", ends, cipher);
    return has_fact(facts, fact);
}

static void compare(struct score *score, const struct facts *facts, const char *line,
                    const char *text)
{
    char values[5][FACT_SIZE];
    char ends[4 * FACT_SIZE];
    char fact[6 * FACT_SIZE];
    char known[6 * FACT_SIZE];

    (void)snprintf(ends, sizeof(ends), "%s:%s %s:%s", value_of(line, "src", values[0]),
                   value_of(line, "sport", values[1]), value_of(line, "dst", values[2]),
                   value_of(line, "dport", values[3]));
    (void)snprintf(fact, sizeof(fact), "%s %s", ends, text);
    (void)snprintf(known, sizeof(known), "%s:%s %s", values[0], values[1], text);
    if (has_fact(facts, fact)) {
        score->same++;
    } else if (is_known(known) || is_retry(facts, ends, value_of(line, "cipher", values[4]))) {
        score->known++;
    } else if (!has_source(facts, ends)) {
        score->elsewhere++;
    } else {
        print_message("%s: not found: %s\n", facts->capture, fact);
        score->wrong++;
    }
}

static void compare_line(struct score *score, struct facts *facts, const char *line)
{
    char a[FACT_SIZE];
    char b[FACT_SIZE];
    char text[2 * FACT_SIZE + 16];

    read_facts(facts, value_of(line, "file", a));
    if (value_of(line, "ja4", a)[0] != '\0') {
        (void)snprintf(text, sizeof(text), "ja4=%s", a);
    } else if (value_of(line, "type", a)[0] == '\0') {
        return; /* what nDPI says besides */
    } else if (value_of(line, "ja3", a)[0] != '\0') {
        (void)snprintf(text, sizeof(text), "ja3=%s sni=%s", a, value_of(line, "sni", b));
    } else {
        (void)snprintf(text, sizeof(text), "ja3s=%s cipher=%s", value_of(line, "ja3s", a),
                       value_of(line, "cipher", b));
    }
    compare(score, facts, line, text);
}

static struct score compare_file(const char *name)
{
    static char line[LINE_SIZE];
    struct score score = {0};
    struct facts facts = {.crypto = crypto_new(), .at = calloc(MAX_FACTS, FACT_SIZE)};
    char path[1024];
    FILE *file;

    assert_non_null(facts.crypto);
    assert_non_null(facts.at);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        compare_line(&score, &facts, line);
    }
    (void)fclose(file);
    free(facts.at);
    crypto_free(facts.crypto);
    print_message("%s: %zu the same, %zu known differences, %zu elsewhere\n", name, score.same,
                  score.known, score.elsewhere);
    return score;
}

static void ja3_and_ja3s_are_those_of_tshark(void **state)
{
    struct score score = compare_file("truth_tls.ndjson");

    (void)state;
    assert_int_equal(score.wrong, 0);
    assert_true(score.same > 900);
}

static void ja4_is_as_published(void **state)
{
    struct score score = compare_file("truth_ja4.ndjson");

    (void)state;
    assert_int_equal(score.wrong, 0);
    assert_true(score.same > 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ja3_and_ja3s_are_those_of_tshark),
        cmocka_unit_test(ja4_is_as_published),
    };

    if (access(folder, R_OK) != 0) {
        print_message("skipped: %s is not there\n", folder);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
