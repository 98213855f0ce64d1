/* What a finding becomes in a real Redis. */
#include "tests/export/sink/redis_bench.h"

static void a_finding_reaches_every_key(void **state)
{
    struct bench bench;
    struct sample login = sample_login(1);
    const char *entry;

    (void)state;
    prepare(&bench, "");
    redis_server_start(&bench.server);
    bench.options.redis.list = true;
    open_exporter(&bench);
    put(&bench, &login);
    assert_true(exporter_flush(bench.exporter, 5000));

    expect(&bench, "XLEN basictap:v1:findings", "1");
    entry = redis_server_ask(&bench.server, "XRANGE basictap:v1:findings - +");
    assert_non_null(strstr(entry, "\nuser.name\nbob@contoso.com\n"));
    assert_non_null(strstr(entry, "\nbasictap.confidence\n0\n"));
    assert_non_null(strstr(entry, "\njson\n{\"@timestamp\":\"2026-11-21T08:00:01.250000Z\","));
    expect(&bench, "LLEN basictap:v1:findings:list", "1");
    expect(&bench,
           "HMGET basictap:v1:device:mac:00-1B-54-AA-00-01 first_seen last_seen ip mac host "
           "client services verdict basic",
           "2026-11-21T08:00:01.000000Z\n2026-11-21T08:00:01.250000Z\n10.0.0.7\n"
           "00-1B-54-AA-00-01\nscanner\nThunderbird\nimap\nbasic\n1");
    expect(&bench, "ZRANGE basictap:v1:devices 0 -1 WITHSCORES",
           "mac:00-1B-54-AA-00-01\n1795248001.25");
    expect(&bench, "ZRANGE basictap:v1:switch:AllowBasicAuthImap 0 -1", "mac:00-1B-54-AA-00-01");
    expect(&bench, "ZRANGE basictap:v1:use:imap:basic 0 -1", "mac:00-1B-54-AA-00-01");
    expect(&bench, "HGETALL basictap:v1:day:20261121", "imap|basic|observed|accepted\n1");
    expect(&bench, "TTL basictap:v1:day:20261121", "34560000");
    expect(&bench, "CLIENT LIST TYPE normal | grep -c name=basictap", "1");
    assert_int_equal(stats_of(&bench).sent, 1);
    assert_int_equal(stats_of(&bench).not_sent, 0);
    assert_int_equal(bench.told.num, 0);
    finish(&bench);
}

static void a_repeat_changes_nothing(void **state)
{
    struct bench bench;

    (void)state;
    start(&bench);
    put_logins(&bench, 1, 4);
    assert_true(exporter_flush(bench.exporter, 5000));
    assert_int_equal(stats_of(&bench).sent, 3);
    exporter_close(bench.exporter);
    open_exporter(&bench);    /* its journal, in memory, knows nothing of the last one's */
    put_logins(&bench, 1, 4); /* as after an answer that was lost, or a replay of the same file */
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "XLEN basictap:v1:findings", "3");
    expect(&bench, "HGET basictap:v1:device:mac:00-1B-54-AA-00-01 basic", "3");
    expect(&bench, "HGET basictap:v1:day:20261121 'imap|basic|observed|accepted'", "3");
    assert_int_equal(stats_of(&bench).sent, 3);
    finish(&bench);
}

static void older_news_change_no_newer_facts(void **state)
{
    struct bench bench;
    struct sample newer = sample_login(100);
    struct sample older = sample_login(50);

    (void)state;
    start(&bench);
    (void)strcpy(older.host_name, "old-name");
    (void)strcpy(older.service, "smtp");
    put(&bench, &newer);
    put(&bench, &older);
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench,
           "HMGET basictap:v1:device:mac:00-1B-54-AA-00-01 first_seen last_seen host services",
           "2026-11-21T08:00:50.000000Z\n2026-11-21T08:01:40.250000Z\nscanner\nimap,smtp");
    expect(&bench, "ZSCORE basictap:v1:devices mac:00-1B-54-AA-00-01", "1795248100.25");
    finish(&bench);
}

struct verdict_case {
    const char *device;
    struct {
        const char *kind;
        const char *service;
        const char *family;
        const char *outcome;
        const char *certainty;
    } seen[2];
    const char *verdict;
};

static void the_verdict_follows_from_what_was_seen(void **state)
{
    static const struct verdict_case cases[] = {
        {"a", {{"auth", "imap", "basic", "rejected", "observed"}}, "basic"},
        {"b",
         {{"auth", "imap", "basic", "accepted", "observed"},
          {"auth", "smtp", "modern", "accepted", "decrypted"}},
         "mixed"},
        {"c", {{"auth", "imap", "modern", "accepted", "observed"}}, "modern"},
        {"d", {{"auth", "ews", "integrated", "accepted", "observed"}}, "integrated"},
        {"e", {{"auth", "smtp", "basic", "blocked", "observed"}}, "blocked"},
        {"f",
         {{"auth", "smtp", "basic", "blocked", "observed"},
          {"auth", "imap", "basic", "accepted", "observed"}},
         "basic"},
        {"g", {{"auth", "smtp", "none", "accepted", "observed"}}, "none"},
        {"h", {{"tls", "imap", "unknown", "unknown", "possible"}}, "unreadable"},
        {"i", {{"auth", "imap", "basic", "unknown", "inferred"}}, "unreadable"},
        {"j", {{"auth", "proxy", "basic", "accepted", "observed"}}, "unreadable"},
    };
    struct bench bench;
    unsigned id = 0;

    (void)state;
    start(&bench);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t j = 0; j < 2 && cases[i].seen[j].kind != NULL; j++) {
            struct sample sample = sample_login(++id);

            (void)strcpy(sample.device_id, cases[i].device);
            (void)strcpy(sample.kind, cases[i].seen[j].kind);
            (void)strcpy(sample.service, cases[i].seen[j].service);
            (void)strcpy(sample.family, cases[i].seen[j].family);
            (void)strcpy(sample.outcome, cases[i].seen[j].outcome);
            (void)strcpy(sample.certainty, cases[i].seen[j].certainty);
            put(&bench, &sample);
        }
    }
    assert_true(exporter_flush(bench.exporter, 5000));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char command[128];

        (void)snprintf(command, sizeof(command), "HGET basictap:v1:device:%s verdict",
                       cases[i].device);
        expect(&bench, command, cases[i].verdict);
    }
    /* Refused and inferred use is not what breaks; b's modern login is not in it either. */
    expect(&bench, "ZRANGE basictap:v1:switch:AllowBasicAuthImap 0 -1 | sort", "a\nb\nf\nj");
    expect(&bench, "EXISTS basictap:v1:use:imap:unknown", "0");
    expect(&bench, "HGET basictap:v1:device:i inferred_basic", "1");
    expect(&bench, "HGET basictap:v1:device:i basic", "");
    expect(&bench, "HGET basictap:v1:device:j proxy_basic", "1");
    expect(&bench, "HGET basictap:v1:device:h unreadable", "1");
    finish(&bench);
}

static void an_alert_is_told_and_not_counted_again(void **state)
{
    struct bench bench;
    struct sample alert = sample_login(1);

    (void)state;
    start(&bench);
    (void)strcpy(alert.kind, "alert");
    put(&bench, &alert);
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "XLEN basictap:v1:findings", "1");
    expect(&bench, "EXISTS basictap:v1:day:20261121 basictap:v1:devices", "0");
    finish(&bench);
}

static void the_stream_and_its_memory_are_bounded(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench, "");
    redis_server_start(&bench.server);
    bench.options.redis.stream_max = 500;
    bench.options.redis.list = true;
    open_exporter(&bench);
    put_logins(&bench, 0, 1500);
    assert_true(exporter_flush(bench.exporter, 20000));
    assert_in_range(atoi(redis_server_ask(&bench.server, "XLEN basictap:v1:findings")), 500, 700);
    expect(&bench, "LLEN basictap:v1:findings:list", "500");
    expect(&bench, "ZCARD basictap:v1:seen", "500");
    finish(&bench);
}

static void the_longest_unseen_devices_leave(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench, "");
    redis_server_start(&bench.server);
    bench.options.redis.max_devices = 10;
    open_exporter(&bench);
    for (unsigned i = 0; i < 30; i++) {
        struct sample sample = sample_login(i);

        (void)snprintf(sample.device_id, sizeof(sample.device_id), "ip:%u", i);
        put(&bench, &sample);
    }
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "ZRANGE basictap:v1:devices 0 0", "ip:20");
    expect(&bench, "ZCARD basictap:v1:devices", "10");
    expect(&bench, "ZCARD basictap:v1:use:imap:basic", "10");
    expect(&bench, "ZCARD basictap:v1:switch:AllowBasicAuthImap", "10");
    expect(&bench, "KEYS 'basictap:v1:device:*' | wc -l", "10");
    expect(&bench, "XLEN basictap:v1:findings", "30");
    finish(&bench);
}

static void the_newest_state_is_kept(void **state)
{
    struct bench bench;
    struct sample sample = sample_login(1);

    (void)state;
    start(&bench);
    exporter_put_state(bench.exporter, &sample_schema, &sample, false);
    sample.count = 2;
    exporter_put_state(bench.exporter, &sample_schema, &sample, false);
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "HMGET basictap:v1:sensor:tap-1 basictap.count observer.version", "2\n0.1.0");
    expect(&bench, "EXISTS basictap:v1:findings", "0");
    assert_int_equal(stats_of(&bench).sent, 0); /* it is no finding */
    finish(&bench);
}

static void the_live_channel_speaks_when_asked_for(void **state)
{
    struct bench bench;
    char command[256];
    char heard[64 * 1024];
    FILE *listener;
    size_t len;

    (void)state;
    prepare(&bench, "");
    redis_server_start(&bench.server);
    bench.options.redis.live = true;
    open_exporter(&bench);
    (void)snprintf(command, sizeof(command),
                   "timeout 2 stdbuf -oL redis-cli -p %u SUBSCRIBE basictap:v1:findings:live",
                   bench.server.port);
    listener = popen(command, "r");
    assert_non_null(listener);
    while (strstr(redis_server_ask(&bench.server, "PUBSUB NUMSUB basictap:v1:findings:live"),
                  "\n1") == NULL) {
        (void)usleep(50000);
    }
    put_logins(&bench, 1, 2);
    assert_true(exporter_flush(bench.exporter, 5000));
    len = fread(heard, 1, sizeof(heard) - 1, listener);
    heard[len] = '\0';
    (void)pclose(listener);
    assert_non_null(strstr(heard, "bob@contoso.com"));
    finish(&bench);
}

/* As a SIEM's reader does: a group, two of its members, one of whom dies with an entry unread. */
static void a_consumer_group_reads_each_finding(void **state)
{
    struct bench bench;
    char command[256];
    char id[64];

    (void)state;
    start(&bench);
    put_logins(&bench, 0, 3);
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "XGROUP CREATE basictap:v1:findings siem 0", "OK");
    (void)snprintf(id, sizeof(id), "%s",
                   redis_server_ask(&bench.server, "XREADGROUP GROUP siem one COUNT 1 STREAMS "
                                                   "basictap:v1:findings '>' | sed -n 2p"));
    (void)snprintf(command, sizeof(command), "XACK basictap:v1:findings siem %s", id);
    expect(&bench, command, "1");
    expect(&bench,
           "XREADGROUP GROUP siem one COUNT 5 STREAMS basictap:v1:findings '>' | "
           "grep -A1 '^event.id$' | grep -v event.id | tr '\\n' ' '",
           "00000001 -- 00000002 ");
    expect(&bench, "XPENDING basictap:v1:findings siem | head -n 1", "2");
    expect(&bench,
           "XAUTOCLAIM basictap:v1:findings siem two 0 0 COUNT 9 | grep -A1 '^event.id$' | "
           "grep -v event.id | tr '\\n' ' '",
           "00000001 -- 00000002 ");
    expect(&bench, "XPENDING basictap:v1:findings siem - + 9 two | grep -c two", "2");
    expect(&bench, "XINFO GROUPS basictap:v1:findings | grep -A1 '^lag$' | tail -n 1", "0");
    finish(&bench);
}

/* BLPOP is what Logstash's input does with data_type list. */
static void the_list_is_read_in_order_and_to_its_end(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench, "");
    redis_server_start(&bench.server);
    bench.options.redis.list = true;
    open_exporter(&bench);
    put_logins(&bench, 0, 3);
    assert_true(exporter_flush(bench.exporter, 5000));
    assert_non_null(strstr(redis_server_ask(&bench.server, "BLPOP basictap:v1:findings:list 1"),
                           "\"id\":\"00000000\""));
    expect(&bench, "LPOP basictap:v1:findings:list 125 | grep -o '\"id\":\"0[0-9a-f]*\"'",
           "\"id\":\"00000001\"\n\"id\":\"00000002\"");
    expect(&bench, "EXISTS basictap:v1:findings:list", "0");
    finish(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_reaches_every_key),
        cmocka_unit_test(a_repeat_changes_nothing),
        cmocka_unit_test(older_news_change_no_newer_facts),
        cmocka_unit_test(the_verdict_follows_from_what_was_seen),
        cmocka_unit_test(an_alert_is_told_and_not_counted_again),
        cmocka_unit_test(the_stream_and_its_memory_are_bounded),
        cmocka_unit_test(the_longest_unseen_devices_leave),
        cmocka_unit_test(the_newest_state_is_kept),
        cmocka_unit_test(a_consumer_group_reads_each_finding),
        cmocka_unit_test(the_list_is_read_in_order_and_to_its_end),
        cmocka_unit_test(the_live_channel_speaks_when_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
