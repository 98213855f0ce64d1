#include "tests/rules/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

enum { DAY = 86400 };

static void open_with(struct stage *stage, const char *fields)
{
    stage_init(stage);
    stage->fields = fields;
    stage_open(stage);
}

static void equal_logins_are_one_finding_with_a_count(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "user.name,event.reason,basictap.count,event.start,@timestamp");
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 2, "ann", OUTCOME_ACCEPTED);
    stage_login(&stage, 3, "bob", OUTCOME_REJECTED);
    stage_login(&stage, 4.5, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage,
                 "bob accepted 2 2026-11-20T00:00:01.000000Z 2026-11-20T00:00:04.500000Z\n"
                 "ann accepted 1 2026-11-20T00:00:02.000000Z 2026-11-20T00:00:02.000000Z\n"
                 "bob rejected 1 2026-11-20T00:00:03.000000Z 2026-11-20T00:00:03.000000Z\n");
    stage_close(&stage);
}

static void a_finding_never_crosses_midnight(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "basictap.count,event.start");
    stage_login(&stage, DAY - 2, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, DAY - 1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, DAY, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "2 2026-11-20T23:59:58.000000Z\n1 2026-11-21T00:00:00.000000Z\n");
    stage_close(&stage);
    stage_init(&stage);
    stage.options.window_ns = 10 * UINT64_C(1000000000);
    stage.fields = "basictap.count";
    stage_open(&stage);
    stage_login(&stage, DAY - 2, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, DAY + 1, "bob", OUTCOME_ACCEPTED); /* three seconds later */
    stage_expect(&stage, "1\n1\n");
    stage_close(&stage);
}

static void a_new_day_hands_out_the_old_one(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "basictap.count");
    stage_login(&stage, 10, "bob", OUTCOME_ACCEPTED);
    detector_advance(stage.detector, (struct timestamp){stage.event.at.time.ns + 5});
    assert_int_equal(stage.num_findings, 0);
    (void)stage_event(&stage, EVENT_AUTH, SERVICE_IMAP, DAY);
    detector_advance(stage.detector, stage.event.at.time);
    assert_int_equal(stage.num_findings, 1);
    stage_expect(&stage, "1\n");
    assert_int_equal(stage.num_findings, 1); /* not again */
    stage_close(&stage);
}

static void a_window_is_over_when_its_time_is(void **state)
{
    struct stage stage;

    (void)state;
    stage_init(&stage);
    stage.options.window_ns = 10 * UINT64_C(1000000000);
    stage.fields = "user.name,basictap.count";
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 5, "ann", OUTCOME_ACCEPTED);
    stage_login(&stage, 10, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 11, "bob", OUTCOME_ACCEPTED); /* a new one: bob's first goes out */
    assert_int_equal(stage.num_findings, 1);
    detector_advance(stage.detector, (struct timestamp){stage.event.at.time.ns + 4 * 1000000000u});
    assert_int_equal(stage.num_findings, 2);
    stage_expect(&stage, "bob 2\nann 1\nbob 1\n");
    stage_close(&stage);
}

static void each_attempt_is_told_when_asked_for(void **state)
{
    struct stage stage;

    (void)state;
    stage_init(&stage);
    stage.options.each = true;
    stage.fields = "user.name,basictap.count,event.sequence";
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    assert_int_equal(stage.num_findings, 2);
    stage_expect(&stage, "bob 1 1\nbob 1 2\n");
    stage_close(&stage);
}

static void ids_are_never_shared(void **state)
{
    struct stage stage;
    char first[40];

    (void)state;
    stage_init(&stage);
    stage.options.each = true;
    stage.fields = "event.id";
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED); /* pipelined: the same fact, the same time */
    assert_int_equal(stage.len, 2 * 33);
    memcpy(first, stage.lines, 33);
    assert_memory_not_equal(first, stage.lines + 33, 33);
    stage_close(&stage);
}

static void ids_are_not_made_where_nobody_reads_them(void **state)
{
    struct stage stage;

    (void)state;
    stage_init(&stage);
    stage.options.no_ids = true;
    stage.fields = "event.id,network.community_id,event.sequence";
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "- - 1\n");
    stage_close(&stage);
}

static void the_first_is_told_at_once_and_the_rest_as_a_delta(void **state)
{
    struct stage stage;
    char first[33];

    (void)state;
    stage_init(&stage);
    stage.options.window_ns = 10 * UINT64_C(1000000000);
    stage.options.first_at_once = true;
    stage.fields = "event.id,basictap.count,event.start";
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    assert_int_equal(stage.num_findings, 1);
    memcpy(first, stage.lines, 32);
    assert_string_equal(stage.lines + 32, " 1 2026-11-20T00:00:01.000000Z\n");
    stage_login(&stage, 2, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 3, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 3, "ann", OUTCOME_ACCEPTED); /* no more of her: no delta */
    assert_int_equal(stage.num_findings, 2);
    stage.len = 0;
    detector_flush(stage.detector);
    assert_int_equal(stage.num_findings, 3);
    assert_memory_not_equal(first, stage.lines, 32);
    assert_string_equal(stage.lines + 32, " 2 2026-11-20T00:00:02.000000Z\n");
    stage_close(&stage);
}

static void a_step_back_in_time_loses_nothing(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "basictap.count,event.start,event.end");
    stage_login(&stage, 100, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 50, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 2 * DAY, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 60, "bob", OUTCOME_ACCEPTED); /* an older file */
    stage_expect(&stage, "2 2026-11-20T00:00:50.000000Z 2026-11-20T00:01:40.000000Z\n"
                         "1 2026-11-22T00:00:00.000000Z 2026-11-22T00:00:00.000000Z\n"
                         "1 2026-11-20T00:01:00.000000Z 2026-11-20T00:01:00.000000Z\n");
    stage_close(&stage);
}

static void open_windows_are_bounded_and_nothing_is_lost(void **state)
{
    struct stage stage;
    char user[16];

    (void)state;
    stage_init(&stage);
    stage.options.max_open = 10;
    stage.options.max_devices = 10;
    stage_open(&stage);
    for (unsigned i = 0; i < 500; i++) {
        (void)snprintf(user, sizeof(user), "user%u", i % 37);
        stage.origin.client_ttl = 0;
        stage.origin.client.octets[3] = (uint8_t)(i % 41);
        stage_login(&stage, i, user, OUTCOME_ACCEPTED);
    }
    detector_flush(stage.detector);
    assert_int_equal(stage.counted, 500);
    assert_int_equal(detector_stats(stage.detector)->windows_evicted, 490);
    assert_int_equal(detector_stats(stage.detector)->devices_evicted, 490);
    assert_int_equal(detector_stats(stage.detector)->events, 500);
    stage_close(&stage);
}

/* Some hundred events of a few kinds, the same for the same seed. */
static void play(struct stage *stage, unsigned seed)
{
    for (unsigned i = 0; i < 600; i++) {
        struct event *event;

        seed = seed * 1103515245u + 12345u;
        stage->origin.client.octets[3] = (uint8_t)(seed >> 16 & 7);
        stage->origin.client_ttl = (seed >> 20 & 1) != 0 ? 64 : 61;
        stage->origin.client_port = (uint16_t)(seed >> 8);
        event = stage_event(stage, EVENT_AUTH, (seed >> 9 & 1) != 0 ? SERVICE_IMAP : SERVICE_EAS,
                            i * 3 + (seed >> 12 & 3));
        event->auth.mechanism =
            event->service == SERVICE_IMAP ? MECHANISM_IMAP_LOGIN : MECHANISM_HTTP_BASIC;
        event->auth.outcome = (seed >> 24 & 3) == 0 ? OUTCOME_REJECTED : OUTCOME_ACCEPTED;
        (void)snprintf(event->auth.user, sizeof(event->auth.user), "user%u", seed >> 26 & 7);
        (void)snprintf(event->auth.path, sizeof(event->auth.path), "/%u", seed >> 28 & 1);
        stage_say(stage);
        detector_advance(stage->detector, event->at.time);
    }
    detector_flush(stage->detector);
}

#define ALL_FIELDS                                                                                 \
    "@timestamp,event.start,event.id,event.sequence,device.id,source.ip,user.name,event.reason,"   \
    "basictap.count,basictap.rules,rule.id,network.community_id,url.path"

static void the_same_events_give_the_same_bytes_whatever_the_seed(void **state)
{
    struct stage a;
    struct stage b;

    (void)state;
    stage_init(&a);
    stage_init(&b);
    a.fields = b.fields = ALL_FIELDS;
    a.options.window_ns = b.options.window_ns = 60 * UINT64_C(1000000000);
    memset(b.options.hash_seed, 0xa5, sizeof(b.options.hash_seed));
    stage_open(&a);
    stage_open(&b);
    play(&a, 1);
    play(&b, 1);
    assert_true(a.len > 1000);
    assert_string_equal(a.lines, b.lines);
    stage_close(&a);
    stage_close(&b);
}

/* rules that look at a client port may not be skipped, so they turn the fast path off */
static void write_file(const char *directory, const char *name, const char *text)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_rules(const char *directory)
{
    static const char *const names[] = {"rules.yml", "services.yml", "clients.yml"};
    char path[256];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        (void)remove(path);
    }
    (void)remove(directory);
}

/* A folder of rules of a test's own. */
static void make_rules(char directory[64], const char *rules)
{
    (void)text_copy(directory, 64, "/tmp/basictap-rules-XXXXXX");
    assert_non_null(mkdtemp(directory));
    write_file(directory, "services.yml", "[]\n");
    write_file(directory, "clients.yml", "[]\n");
    write_file(directory, "rules.yml", rules);
}

#define RULE(number, detection)                                                                    \
    "title: Rule " number "\nid: 00000000-0000-0000-0000-00000000000" number "\nname: rule" number \
    "\nlevel: low\nlogsource: {product: basictap}\ndetection: {s: {" detection                     \
    "}, condition: s}\n"

static void the_fast_path_says_what_the_slow_one_says(void **state)
{
    static const char *const rules[] = {
        RULE("1", "url.path: /1") "---\n" RULE("2", "event.reason: rejected"),
        RULE("1", "url.path: /1") "---\n" RULE("2", "event.reason: rejected") "---\n" RULE(
            "3", "source.port: 99999"), /* never true, always asked */
    };
    struct stage stages[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char directory[64];

        make_rules(directory, rules[i]);
        stage_init(&stages[i]);
        stages[i].options.rules_directory = directory;
        stages[i].fields = ALL_FIELDS;
        stage_open(&stages[i]);
        remove_rules(directory);
        play(&stages[i], 2);
    }
    assert_string_equal(stages[0].lines, stages[1].lines);
    assert_true(stages[0].counted == 600);
    stage_close(&stages[0]);
    stage_close(&stages[1]);
}

static void a_window_gathers_the_rules_of_all_its_events(void **state)
{
    char directory[64];
    struct stage stage;
    struct event *event;

    (void)state;
    make_rules(directory, RULE("1", "url.path: /1") "---\n" RULE("2", "url.path: /2"));
    stage_init(&stage);
    stage.options.rules_directory = directory;
    stage.fields = "basictap.count,basictap.rules";
    stage_open(&stage);
    remove_rules(directory);
    for (unsigned i = 0; i < 3; i++) {
        event = stage_event(&stage, EVENT_AUTH, SERVICE_HTTP, i);
        (void)snprintf(event->auth.path, sizeof(event->auth.path), "/%u", i);
        stage_say(&stage);
    }
    stage_expect(&stage, "3 00000000-0000-0000-0000-000000000001,"
                         "00000000-0000-0000-0000-000000000002\n");
    stage_close(&stage);
}

/* A TLS session of the stage's client. */
static struct tls_event *session(struct stage *stage, double seconds, const char *version,
                                 const char *ja4)
{
    struct event *event = stage_event(stage, EVENT_TLS, SERVICE_IMAP, seconds);

    event->hello.server_hello = true;
    event->hello.reading = TLS_READING_NO_KEY;
    (void)text_copy(event->hello.version, sizeof(event->hello.version), version);
    (void)text_copy(event->hello.ja4, sizeof(event->hello.ja4), ja4);
    return &event->hello;
}

static void what_a_handshake_shows_is_in_the_finding(void **state)
{
    struct stage stage;
    struct tls_event *tls;

    (void)state;
    open_with(&stage, "tls.established,tls.resumed,tls.cipher,tls.client.ja3,tls.client.ja4,"
                      "tls.server.ja3s,tls.server.x509.subject.common_name,"
                      "tls.server.x509.issuer.common_name,tls.server.x509.alternative_names,"
                      "basictap.tls.resumption,basictap.tls.reading,basictap.tls.alert,"
                      "basictap.tls.version_offered,basictap.tls.marks");
    tls = session(&stage, 1, "1.2", "t12d");
    (void)text_copy(tls->version_offered, sizeof(tls->version_offered), "1.3");
    (void)text_copy(tls->ja3, sizeof(tls->ja3), "a3");
    (void)text_copy(tls->ja3s, sizeof(tls->ja3s), "b3");
    (void)text_copy(tls->certificate_subject, sizeof(tls->certificate_subject), "mail");
    (void)text_copy(tls->certificate_issuer, sizeof(tls->certificate_issuer), "ca");
    (void)text_copy(tls->certificate_names, sizeof(tls->certificate_names), "mail,imap");
    (void)text_copy(tls->alert, sizeof(tls->alert), "bad_certificate");
    tls->cipher_name = "TLS_RSA_WITH_AES_128_CBC_SHA";
    tls->cipher = 0x2f;
    tls->resumption = TLS_RESUMPTION_TICKET;
    tls->retried = tls->ech_offered = tls->certificate_asked = tls->certificate_sent = true;
    stage_say(&stage);
    (void)session(&stage, 2, "1.3", ""); /* says as little as it can */
    stage.event.hello.cipher = 5;        /* RC4, which has no name here */
    stage.event.hello.server_hello = false;
    stage_say(&stage);
    stage_expect(
        &stage, "true true TLS_RSA_WITH_AES_128_CBC_SHA a3 t12d b3 mail ca mail,imap ticket no-key "
                "bad_certificate 1.3 retried,ech-offered,certificate-asked,certificate-sent\n"
                "false false 0x0005 - - - - - - - no-key - - -\n");
    stage_close(&stage);
}

static void sessions_are_told_apart_by_version_and_reading_but_not_by_fingerprint(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage,
              "tls.version,tls.client.ja4,basictap.tls.reading,basictap.certainty,basictap.count");
    for (unsigned i = 0; i < 3; i++) {
        static const char *const fingerprints[] = {"t13d1", "t13d2", "t13d3"};

        (void)session(&stage, i, "1.3", fingerprints[i]);
        stage_say(&stage);
    }
    (void)session(&stage, 4, "1.0", "t10d");
    stage_say(&stage);
    session(&stage, 5, "1.3", "t13d1")->reading = TLS_READING_DECRYPTED;
    stage_say(&stage);
    stage_expect(&stage, "1.3 t13d1 no-key possible 3\n1.0 t10d no-key possible 1\n"
                         "1.3 t13d1 decrypted decrypted 1\n");
    stage_close(&stage);
}

static void a_rule_sees_the_fingerprint_of_every_session(void **state)
{
    char directory[64];
    struct stage stage;

    (void)state;
    make_rules(directory,
               RULE("1", "tls.client.ja4: t13d2") "---\n" RULE("2", "basictap.tls.marks: retried"));
    stage_init(&stage);
    stage.options.rules_directory = directory;
    stage.fields = "basictap.count,basictap.rules";
    stage_open(&stage);
    remove_rules(directory);
    (void)session(&stage, 1, "1.3", "t13d1");
    stage_say(&stage);
    stage_expect(&stage, "1 -\n");
    (void)session(&stage, 2, "1.3", "t13d1");
    stage_say(&stage);
    (void)session(&stage, 3, "1.3", "t13d2");
    stage_say(&stage);
    session(&stage, 4, "1.3", "t13d2")->retried = true;
    stage_say(&stage);
    stage_expect(&stage, "3 00000000-0000-0000-0000-000000000001,"
                         "00000000-0000-0000-0000-000000000002\n");
    stage_close(&stage);
}

static void a_community_id_is_that_of_its_specification(void **state)
{
    /* corelight/community-id-spec, baseline: the same both ways */
    struct stage stage;

    (void)state;
    open_with(&stage, "network.community_id");
    stage.origin.client = stage_address("128.232.110.120");
    stage.origin.server = stage_address("66.35.250.204");
    stage.origin.client_port = 34855;
    stage.origin.server_port = 80;
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=\n");
    stage.origin.server = stage_address("128.232.110.120");
    stage.origin.client = stage_address("66.35.250.204");
    stage.origin.server_port = 34855;
    stage.origin.client_port = 80;
    stage_login(&stage, 2, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=\n");
    stage_close(&stage);
}

static void a_bad_rule_stops_the_start(void **state)
{
    char directory[64];
    struct detector_options options = {0};
    struct diag diag = {{0}};
    char words[256];

    (void)state;
    make_rules(directory, RULE("1", "user.nam: x"));
    options.rules_directory = directory;
    assert_null(detector_new(&options, &diag));
    remove_rules(directory);
    (void)snprintf(words, sizeof(words), "%s/rules.yml:6:17: unknown field 'user.nam'", directory);
    assert_string_equal(diag.text, words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_logins_are_one_finding_with_a_count),
        cmocka_unit_test(a_finding_never_crosses_midnight),
        cmocka_unit_test(a_new_day_hands_out_the_old_one),
        cmocka_unit_test(a_window_is_over_when_its_time_is),
        cmocka_unit_test(each_attempt_is_told_when_asked_for),
        cmocka_unit_test(ids_are_never_shared),
        cmocka_unit_test(ids_are_not_made_where_nobody_reads_them),
        cmocka_unit_test(the_first_is_told_at_once_and_the_rest_as_a_delta),
        cmocka_unit_test(a_step_back_in_time_loses_nothing),
        cmocka_unit_test(open_windows_are_bounded_and_nothing_is_lost),
        cmocka_unit_test(the_same_events_give_the_same_bytes_whatever_the_seed),
        cmocka_unit_test(the_fast_path_says_what_the_slow_one_says),
        cmocka_unit_test(a_window_gathers_the_rules_of_all_its_events),
        cmocka_unit_test(what_a_handshake_shows_is_in_the_finding),
        cmocka_unit_test(sessions_are_told_apart_by_version_and_reading_but_not_by_fingerprint),
        cmocka_unit_test(a_rule_sees_the_fingerprint_of_every_session),
        cmocka_unit_test(a_community_id_is_that_of_its_specification),
        cmocka_unit_test(a_bad_rule_stops_the_start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
