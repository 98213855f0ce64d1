/* A real rsyslogd receives what we send, with the configuration that we ship. */
#include "export/sink/syslog.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "export/clock.h"
#include "export/sink/line_file.h"
#include "tests/export/sink/numbered.h"
#include "tests/support/syslog_server.h"

struct bench {
    struct syslog_server server;
    struct sink_host host;
    struct syslog_options options;
    struct sink sink;
    struct numbered numbered;
    struct diag why;
    char url[128];
    char files[3][128];
};

/* Skips where there is no rsyslogd. */
static void prepare(struct bench *bench)
{
    *bench = (struct bench){.host = {.identity = numbered_identity}};
    if (!syslog_server_prepare(&bench->server, "rsyslog-receive.conf")) {
        skip();
    }
    bench->host.cancel_fd = eventfd(0, EFD_CLOEXEC);
    assert_true(bench->host.cancel_fd >= 0);
    numbered_init(&bench->numbered);
}

static const char *in_folder(struct bench *bench, size_t i, const char *name)
{
    (void)snprintf(bench->files[i], sizeof(bench->files[i]), "%s/%s", bench->server.folder, name);
    return bench->files[i];
}

static void open_sink(struct bench *bench, const char *scheme, unsigned port)
{
    (void)snprintf(bench->url, sizeof(bench->url), "%s://localhost:%u", scheme, port);
    bench->options.url = bench->url;
    if (strcmp(scheme, "tls") == 0 && bench->options.tls.ca_file == NULL) {
        bench->options.tls = (struct transport_tls){
            .ca_file = in_folder(bench, 0, "ca.pem"),
            .certificate_file = in_folder(bench, 1, "tap-1.example.net.pem"),
            .key_file = in_folder(bench, 2, "tap-1.example.net.key"),
        };
    }
    assert_true(syslog_sink_open(&bench->options, &bench->host, &bench->sink, &bench->why));
}

static void close_sink(struct bench *bench)
{
    bench->sink.type->close(bench->sink.self);
}

static void finish(struct bench *bench)
{
    numbered_clear(&bench->numbered);
    (void)close(bench->host.cancel_fd);
    syslog_server_clear(&bench->server);
}

static enum sink_result send_from(struct bench *bench, size_t first, size_t num)
{
    size_t taken = 0;
    enum sink_result result = bench->sink.type->write(
        bench->sink.self, (const struct record *const *)&bench->numbered.records[first], num,
        clock_now_ns() + UINT64_C(5000000000), &taken, &bench->why);

    assert_int_equal(taken, result == SINK_DONE ? num : 0);
    return result;
}

/* Each record's document on a line of its own, in order. */
static void expect_documents(struct bench *bench)
{
    const char *at = syslog_server_received(&bench->server, bench->numbered.num);

    for (size_t i = 0; i < bench->numbered.num; i++) {
        struct bytes json = record_json(bench->numbered.records[i]);

        assert_true(strlen(at) > json.len);
        assert_memory_equal(at, json.at, json.len);
        assert_int_equal(at[json.len], '\n');
        at += json.len + 1;
    }
    assert_string_equal(at, "");
}

static void it_receives(const char *scheme)
{
    struct bench bench;
    struct sample odd = sample_login(1);
    unsigned port;

    prepare(&bench);
    port = strcmp(scheme, "udp") == 0
               ? bench.server.udp
               : (strcmp(scheme, "tcp") == 0 ? bench.server.tcp : bench.server.tls);
    syslog_server_start(&bench.server);
    (void)strcpy(odd.user, "J\xc3\xbcrgen \"x\" ]\\ {<|=");
    numbered_add(&bench.numbered, &odd, 1);
    numbered_logins(&bench.numbered, 2, 300);
    open_sink(&bench, scheme, port);
    for (size_t i = 0; i < bench.numbered.num; i += 60) {
        assert_int_equal(send_from(&bench, i, 60), SINK_DONE);
    }
    expect_documents(&bench);
    close_sink(&bench);
    finish(&bench);
}

static void rsyslog_receives_over_udp(void **state)
{
    (void)state;
    it_receives("udp");
}

static void rsyslog_receives_over_tcp(void **state)
{
    (void)state;
    it_receives("tcp");
}

static void rsyslog_receives_over_tls(void **state)
{
    (void)state;
    it_receives("tls");
}

static void rsyslog_receives_other_formats(void **state)
{
    struct bench bench;
    const char *text;

    (void)state;
    prepare(&bench);
    syslog_server_start(&bench.server);
    numbered_logins(&bench.numbered, 1, 1);
    bench.options.format = FORMATTER_CEF;
    open_sink(&bench, "tcp", bench.server.tcp);
    assert_int_equal(send_from(&bench, 0, 1), SINK_DONE);
    close_sink(&bench);
    assert_memory_equal(syslog_server_received(&bench.server, 1), "CEF:0|basictap|basictap|", 24);
    bench.options.format = FORMATTER_OCSF;
    open_sink(&bench, "tcp", bench.server.tcp);
    assert_int_equal(send_from(&bench, 0, 1), SINK_DONE);
    close_sink(&bench);
    text = strchr(syslog_server_received(&bench.server, 2), '\n');
    assert_non_null(text);
    assert_memory_equal(text + 1, "{\"class_uid\":3002,", 18);
    finish(&bench);
}

static void a_server_that_comes_back_is_found_again(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    syslog_server_start(&bench.server);
    numbered_logins(&bench.numbered, 1, 20);
    open_sink(&bench, "tls", bench.server.tls);
    assert_int_equal(send_from(&bench, 0, 10), SINK_DONE);
    (void)syslog_server_received(&bench.server, 10);
    syslog_server_stop(&bench.server);
    assert_int_equal(send_from(&bench, 10, 10), SINK_RETRY);
    syslog_server_start(&bench.server);
    assert_int_equal(send_from(&bench, 10, 10), SINK_DONE);
    expect_documents(&bench);
    close_sink(&bench);
    finish(&bench);
}

static uint64_t resume_at(struct bench *bench, uint64_t applied)
{
    assert_int_equal(
        bench->sink.type->resume(bench->sink.self, "", &applied, UINT64_MAX, &bench->why),
        SINK_DONE);
    return applied;
}

/* What its system acknowledged it may not have read when it was killed. */
static void what_a_killed_server_may_have_lost_is_sent_again(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    syslog_server_start(&bench.server);
    numbered_logins(&bench.numbered, 1, 4);
    open_sink(&bench, "tcp", bench.server.tcp);
    assert_int_equal(resume_at(&bench, 0), 0);
    assert_int_equal(send_from(&bench, 0, 1), SINK_DONE);
    (void)usleep(1100000);
    assert_int_equal(send_from(&bench, 1, 1), SINK_DONE); /* the first is a second old */
    (void)usleep(1100000);
    assert_int_equal(send_from(&bench, 2, 1), SINK_DONE);
    syslog_server_kill(&bench.server);
    assert_int_equal(send_from(&bench, 3, 1), SINK_RETRY);
    assert_int_equal(resume_at(&bench, 3), 1);
    close_sink(&bench);
    finish(&bench);
}

static void nobody_there_is_said(void **state)
{
    static const char *const schemes[] = {"udp", "tcp", "tls"};
    struct bench bench;

    (void)state;
    prepare(&bench);
    numbered_logins(&bench.numbered, 1, 2);
    for (size_t i = 0; i < 3; i++) {
        open_sink(&bench, schemes[i], bench.server.tcp);
        assert_int_equal(send_from(&bench, 0, 2), SINK_RETRY);
        assert_string_equal(bench.why.text, "Connection refused");
        close_sink(&bench);
    }
    finish(&bench);
}

struct tls_case {
    const char *ca;
    const char *certificate;
    const char *key;
    const char *name;
    const char *words;
};

static void tls_checks_both_sides(void **state)
{
    static const struct tls_case cases[] = {
        {"ca.pem", "tap-1.example.net.pem", "tap-1.example.net.key", "siem.example.net",
         "siem.example.net"},
        {"other-ca.pem", "tap-1.example.net.pem", "tap-1.example.net.key", NULL, "TLS: "},
        {"ca.pem", "stranger.example.net.pem", "stranger.example.net.key", NULL,
         "closed by the server at once"},
        {"ca.pem", NULL, NULL, NULL, " at once: is this sensor's certificate allowed there?"},
    };
    struct bench bench;

    (void)state;
    prepare(&bench);
    syslog_server_start(&bench.server);
    numbered_logins(&bench.numbered, 1, 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bench.options.tls = (struct transport_tls){
            .ca_file = in_folder(&bench, 0, cases[i].ca),
            .certificate_file =
                cases[i].certificate != NULL ? in_folder(&bench, 1, cases[i].certificate) : NULL,
            .key_file = cases[i].key != NULL ? in_folder(&bench, 2, cases[i].key) : NULL,
            .name = cases[i].name,
        };
        open_sink(&bench, "tls", bench.server.tls);
        assert_int_equal(send_from(&bench, 0, 3), SINK_RETRY);
        assert_non_null(strstr(bench.why.text, cases[i].words));
        close_sink(&bench);
    }
    assert_string_equal(syslog_server_received(&bench.server, 0), "");
    finish(&bench);
}

/* The same rsyslogd, with the other configuration that we ship: it follows what the file sink
 * writes, across a rotation. */
static void rsyslog_follows_the_file(void **state)
{
    struct bench bench;
    struct line_file_options options;
    uint64_t applied = 0;
    char path[128];
    const char *text;

    (void)state;
    bench = (struct bench){0};
    if (!syslog_server_prepare(&bench.server, "rsyslog-file.conf")) {
        skip();
    }
    numbered_init(&bench.numbered);
    numbered_logins(&bench.numbered, 3590, 3609); /* an hour ends in between */
    (void)snprintf(path, sizeof(path), "%s/findings.ndjson", bench.server.folder);
    options = (struct line_file_options){.path = path, .hours = 1, .keep = 2, .no_sync = true};
    assert_true(line_file_sink_open(&options, &bench.sink, &bench.why));
    assert_int_equal(
        bench.sink.type->resume(bench.sink.self, "j", &applied, UINT64_MAX, &bench.why), SINK_DONE);
    syslog_server_start(&bench.server);
    assert_int_equal(send_from(&bench, 0, 5), SINK_DONE);
    (void)syslog_server_read(&bench.server, "followed.ndjson", 5);
    assert_int_equal(send_from(&bench, 5, 15), SINK_DONE);
    text = syslog_server_read(&bench.server, "followed.ndjson", 20);
    for (size_t i = 0; i < bench.numbered.num; i++) {
        struct bytes json = record_json(bench.numbered.records[i]);
        char *document = strndup((const char *)json.at, json.len);

        assert_non_null(document);
        assert_non_null(strstr(text, document));
        free(document);
    }
    bench.sink.type->close(bench.sink.self);
    numbered_clear(&bench.numbered);
    syslog_server_clear(&bench.server);
}

static void what_is_too_long_is_sent_in_short(void **state)
{
    struct bench bench;
    struct syslog_writer *writer = calloc(1, sizeof(*writer));
    char *text;

    (void)state;
    assert_non_null(writer);
    numbered_init(&bench.numbered);
    numbered_logins(&bench.numbered, 7, 7);
    writer->max = SYSLOG_MIN_MESSAGE;
    (void)syslog_write(writer, bench.numbered.records[0]);
    text = strndup(writer->message, writer->len);
    assert_string_equal(
        text, "<86>1 2026-11-21T08:00:07.250000Z tap-1 basictap - auth [meta sequenceId=\"7\"]"
              "[origin software=\"basictap\" swVersion=\"0.1.0\"][basictap@32473 id=\"00000007\" "
              "count=\"1\" outcome=\"accepted\" service=\"imap\" mechanism=\"imap-login\" "
              "family=\"basic\" certainty=\"observed\" switch=\"AllowBasicAuthImap\" "
              "src=\"10.0.0.7\" device=\"mac:00-1B-54-AA-00-01\" target=\"exchange-online\" "
              "user=\"bob@contoso.com\"]");
    free(text);
    writer->formatter = formatter_new(FORMATTER_ECS);
    writer->max = record_json(bench.numbered.records[0]).len; /* the header finds no room */
    (void)syslog_write(writer, bench.numbered.records[0]);
    assert_non_null(strstr(writer->message, "user=\"bob"));
    assert_true(writer->len <= writer->max);
    formatter_free(writer->formatter);
    numbered_clear(&bench.numbered);
    free(writer);
}

static char *write_short(const struct sample *sample, size_t max)
{
    struct numbered numbered;
    struct syslog_writer *writer = calloc(1, sizeof(*writer));
    char *text;

    assert_non_null(writer);
    numbered_init(&numbered);
    numbered_add(&numbered, sample, UINT64_C(2147483648));
    writer->max = max;
    (void)syslog_write(writer, numbered.records[0]);
    text = strndup(writer->message, writer->len);
    assert_non_null(text);
    numbered_clear(&numbered);
    free(writer);
    return text;
}

static void structured_data_is_escaped_and_bounded(void **state)
{
    struct sample sample = sample_login(1);
    char *text;

    (void)state;
    (void)strcpy(sample.user, "a\"b\\c]d=\xc3\xbc");
    (void)strcpy(sample.rule_level, "critical");
    text = write_short(&sample, 2048);
    assert_memory_equal(text, "<82>1 ", 6);
    assert_non_null(strstr(text, "[meta sequenceId=\"1\"]")); /* after 2147483647 */
    assert_non_null(strstr(text, " user=\"a\\\"b\\\\c\\]d=\xc3\xbc\"]"));
    free(text);
    memset(sample.user, ']', sizeof(sample.user) - 1);
    text = write_short(&sample, 500); /* the user finds no room any more */
    assert_null(strstr(text, "user="));
    assert_non_null(strstr(text, " target=\"exchange-online\"]"));
    assert_true(strlen(text) <= 500);
    free(text);
}

static void a_url_says_how_and_where(void **state)
{
    static const char *const right[] = {"udp://siem", "tcp://siem:1514", "tls://[2001:db8::1]",
                                        "tls://[::1]:6514"};
    static const char *const wrong[] = {
        "",           "siem",          "http://siem",      "tcp://",       "tcp://siem:",
        "tcp://:514", "tcp://siem:0",  "tcp://siem:65536", "tcp://siem/x", "tcp://user@siem",
        "tls://[::1", "tcp://siem:5x", "tcp://si em"};
    struct diag diag = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_true(syslog_check_url(right[i], &diag));
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(syslog_check_url(wrong[i], &diag));
    }
}

static void the_end_waits_for_nobody(void **state)
{
    struct bench bench;
    uint64_t before;

    (void)state;
    prepare(&bench);
    numbered_logins(&bench.numbered, 1, 1);
    (void)strcpy(bench.url, "tcp://192.0.2.1:9"); /* RFC 5737: nobody is there */
    bench.options.url = bench.url;
    assert_true(syslog_sink_open(&bench.options, &bench.host, &bench.sink, &bench.why));
    assert_int_equal(eventfd_write(bench.host.cancel_fd, 1), 0);
    before = clock_now_ns();
    assert_int_equal(send_from(&bench, 0, 1), SINK_RETRY);
    assert_true(clock_now_ns() - before < UINT64_C(1000000000));
    close_sink(&bench);
    finish(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_says_how_and_where),
        cmocka_unit_test(what_is_too_long_is_sent_in_short),
        cmocka_unit_test(structured_data_is_escaped_and_bounded),
        cmocka_unit_test(rsyslog_receives_over_udp),
        cmocka_unit_test(rsyslog_receives_over_tcp),
        cmocka_unit_test(rsyslog_receives_over_tls),
        cmocka_unit_test(rsyslog_receives_other_formats),
        cmocka_unit_test(rsyslog_follows_the_file),
        cmocka_unit_test(a_server_that_comes_back_is_found_again),
        cmocka_unit_test(what_a_killed_server_may_have_lost_is_sent_again),
        cmocka_unit_test(nobody_there_is_said),
        cmocka_unit_test(tls_checks_both_sides),
        cmocka_unit_test(the_end_waits_for_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
