/* The exporter against a real redis-server. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/export/sample.h"
#include "tests/support/redis_server.h"
#include "tests/support/test.h"

#define SECRET "Hunter2-never-to-be-seen"

/* What on_message was told. */
struct told {
    pthread_mutex_t lock;
    char words[4096];
    unsigned num;
};

struct bench {
    struct redis_server server;
    struct told told;
    struct exporter_options options;
    struct exporter *exporter;
};

static void on_message(void *ctx, const char *words)
{
    struct told *told = ctx;
    size_t len;

    (void)pthread_mutex_lock(&told->lock);
    len = strlen(told->words);
    (void)snprintf(told->words + len, sizeof(told->words) - len, "%s\n", words);
    told->num++;
    (void)pthread_mutex_unlock(&told->lock);
}

static unsigned times_told(struct bench *bench, const char *words)
{
    unsigned num = 0;

    (void)pthread_mutex_lock(&bench->told.lock);
    for (const char *at = bench->told.words; (at = strstr(at, words)) != NULL; at++) {
        num++;
    }
    assert_null(strstr(bench->told.words, SECRET));
    (void)pthread_mutex_unlock(&bench->told.lock);
    return num;
}

static bool comes_to_be_told(struct bench *bench, const char *words)
{
    for (int i = 0; i < 100; i++) {
        if (times_told(bench, words) > 0) {
            return true;
        }
        (void)usleep(50000);
    }
    return false;
}

static void prepare(struct bench *bench, const char *password)
{
    *bench = (struct bench){.told = {.lock = PTHREAD_MUTEX_INITIALIZER}};
    if (!redis_server_prepare(&bench->server, password)) {
        print_message("redis-server is not installed\n");
        skip();
    }
    bench->options = (struct exporter_options){.identity = {"tap-1", "0.1.0"},
                                               .redis_url = bench->server.url,
                                               .on_message = on_message,
                                               .ctx = &bench->told};
}

static void open_exporter(struct bench *bench)
{
    struct diag diag = {0};

    bench->exporter = exporter_open(&bench->options, &diag);
    assert_string_equal(diag.text, "");
    assert_non_null(bench->exporter);
}

static void start(struct bench *bench)
{
    prepare(bench, "");
    redis_server_start(&bench->server);
    open_exporter(bench);
}

static void finish(struct bench *bench)
{
    exporter_close(bench->exporter);
    redis_server_clear(&bench->server);
}

static void put(struct bench *bench, const struct sample *sample)
{
    exporter_put(bench->exporter, &sample_schema, sample);
}

static void put_logins(struct bench *bench, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct sample sample = sample_login(i);

        put(bench, &sample);
    }
}

static struct exporter_stats stats_of(struct bench *bench)
{
    struct exporter_stats stats;

    exporter_stats(bench->exporter, &stats);
    return stats;
}

static void expect(struct bench *bench, const char *command, const char *answer)
{
    assert_string_equal(redis_server_ask(&bench->server, command), answer);
}

static void a_finding_reaches_every_key(void **state)
{
    struct bench bench;
    struct sample login = sample_login(1);
    const char *entry;

    (void)state;
    prepare(&bench, "");
    redis_server_start(&bench.server);
    bench.options.redis_list = true;
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
    put_logins(&bench, 1, 4); /* as after an answer that was lost, or a replay of the same file */
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "XLEN basictap:v1:findings", "3");
    expect(&bench, "HGET basictap:v1:device:mac:00-1B-54-AA-00-01 basic", "3");
    expect(&bench, "HGET basictap:v1:day:20261121 'imap|basic|observed|accepted'", "3");
    assert_int_equal(stats_of(&bench).sent, 6);
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
    bench.options.redis_stream_max = 500;
    bench.options.redis_list = true;
    open_exporter(&bench);
    put_logins(&bench, 0, 1500);
    assert_true(exporter_flush(bench.exporter, 20000));
    assert_in_range(atoi(redis_server_ask(&bench.server, "XLEN basictap:v1:findings")), 500, 700);
    expect(&bench, "LLEN basictap:v1:findings:list", "500");
    expect(&bench, "ZCARD basictap:v1:seen", "500");
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
    bench.options.redis_live = true;
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

static void a_server_that_starts_late_gets_all(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench, "");
    open_exporter(&bench);
    put_logins(&bench, 0, 10);
    assert_true(comes_to_be_told(&bench, "Connection refused"));
    assert_false(exporter_flush(bench.exporter, 300));
    assert_int_equal(stats_of(&bench).not_sent, 10);
    assert_int_equal(stats_of(&bench).waiting, 10);
    redis_server_start(&bench.server);
    assert_true(exporter_flush(bench.exporter, 20000));
    expect(&bench, "XLEN basictap:v1:findings", "10");
    assert_int_equal(stats_of(&bench).sent, 10);
    assert_int_equal(stats_of(&bench).not_sent, 0);
    assert_int_equal(times_told(&bench, "Connection refused"), 1); /* once, not at every try */
    assert_int_equal(times_told(&bench, "connected again"), 1);
    finish(&bench);
}

static void nothing_is_lost_or_doubled_when_the_server_dies(void **state)
{
    struct bench bench;

    (void)state;
    start(&bench);
    for (unsigned round = 0; round < 3; round++) {
        put_logins(&bench, 1000 * round, 1000 * round + 600);
        redis_server_kill(&bench.server); /* in the middle of it */
        put_logins(&bench, 1000 * round + 600, 1000 * round + 1000);
        redis_server_start(&bench.server);
    }
    assert_true(exporter_flush(bench.exporter, 30000));
    expect(&bench, "XLEN basictap:v1:findings", "3000");
    expect(&bench, "HGET basictap:v1:device:mac:00-1B-54-AA-00-01 basic", "3000");
    assert_int_equal(stats_of(&bench).sent, 3000);
    assert_int_equal(stats_of(&bench).not_sent, 0);
    finish(&bench);
}

static void a_wrong_password_is_told_and_never_shown(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench, "right");
    redis_server_start(&bench.server);
    bench.options.redis_password = SECRET;
    open_exporter(&bench);
    put_logins(&bench, 0, 2);
    assert_true(comes_to_be_told(&bench, "user or password refused: the server said WRONGPASS"));
    assert_false(exporter_flush(bench.exporter, 300));
    assert_int_equal(stats_of(&bench).not_sent, 2);
    finish(&bench);
}

static void no_password_where_one_is_needed_is_told(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench, "right");
    redis_server_start(&bench.server);
    open_exporter(&bench);
    put_logins(&bench, 0, 1);
    assert_true(comes_to_be_told(&bench, "the server said NOAUTH"));
    finish(&bench);
}

static void the_right_password_stays_out_of_sight(void **state)
{
    struct bench bench;
    char command[256];

    (void)state;
    prepare(&bench, SECRET);
    redis_server_start(&bench.server);
    bench.options.redis_password = SECRET;
    open_exporter(&bench);
    put_logins(&bench, 0, 3);
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "XLEN basictap:v1:findings", "3");
    (void)snprintf(command, sizeof(command), "grep -rqa --exclude=redis.conf %s %s", SECRET,
                   bench.server.folder);
    assert_int_not_equal(system(command), 0); /* its log and its data */
    assert_null(strstr(redis_server_ask(&bench.server, "SLOWLOG GET"), SECRET));
    finish(&bench);
}

static void a_user_of_the_acl_is_enough(void **state)
{
    struct bench bench;
    char url[96];

    (void)state;
    prepare(&bench, "");
    redis_server_start(&bench.server);
    expect(&bench,
           "ACL SETUSER tap on '>" SECRET "' '~basictap:v1:*' '&basictap:v1:*' -@all +auth "
           "+script\\|load +evalsha +xadd +xlen +zadd +zcard +zscore +zremrangebyrank +hset "
           "+hsetnx +hlen +hincrby +hmget",
           "OK");
    (void)snprintf(url, sizeof(url), "redis://tap@127.0.0.1:%u/0", bench.server.port);
    bench.options.redis_url = url;
    bench.options.redis_password = SECRET;
    open_exporter(&bench);
    put_logins(&bench, 0, 3);
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "XLEN basictap:v1:findings", "3");
    assert_int_equal(bench.told.num, 0);
    finish(&bench);
}

static void a_key_of_another_type_refuses_the_record_whole(void **state)
{
    struct bench bench;
    struct sample other = sample_login(9);

    (void)state;
    start(&bench);
    expect(&bench, "SET basictap:v1:device:mac:00-1B-54-AA-00-01 mine", "OK");
    put_logins(&bench, 0, 3);
    (void)strcpy(other.device_id, "ip:10.0.0.8");
    put(&bench, &other); /* the next is not held up */
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "XLEN basictap:v1:findings", "1");
    expect(&bench, "HGET basictap:v1:day:20261121 'imap|basic|observed|accepted'", "1");
    assert_int_equal(stats_of(&bench).sent, 1);
    assert_int_equal(stats_of(&bench).not_sent, 3);
    assert_int_equal(times_told(&bench, "WRONGTYPE for basictap:v1:device:mac:00-1B-54-AA-00-01"),
                     1);
    finish(&bench);
}

static void a_server_that_cannot_for_now_is_waited_for(void **state)
{
    struct bench bench;

    (void)state;
    start(&bench);
    expect(&bench, "CONFIG SET maxmemory 1", "OK");
    put_logins(&bench, 0, 3);
    assert_true(comes_to_be_told(&bench, "the server said OOM"));
    assert_int_equal(stats_of(&bench).not_sent, 0);
    expect(&bench, "CONFIG SET maxmemory 0", "OK");
    assert_true(exporter_flush(bench.exporter, 20000));
    expect(&bench, "XLEN basictap:v1:findings", "3");
    expect(&bench, "REPLICAOF 127.0.0.1 1", "OK");
    put_logins(&bench, 3, 5);
    assert_true(comes_to_be_told(&bench, "the server said READONLY"));
    expect(&bench, "REPLICAOF NO ONE", "OK");
    assert_true(exporter_flush(bench.exporter, 20000));
    expect(&bench, "XLEN basictap:v1:findings", "5");
    expect(&bench, "SCRIPT FLUSH", "OK"); /* NOSCRIPT */
    put_logins(&bench, 5, 7);
    assert_true(exporter_flush(bench.exporter, 20000));
    expect(&bench, "XLEN basictap:v1:findings", "7");
    finish(&bench);
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_full_queue_counts_and_says_so_once(void **state)
{
    struct bench bench;
    double begun = seconds();

    (void)state;
    prepare(&bench, "");
    bench.options.queue_records = 100;
    open_exporter(&bench);
    put_logins(&bench, 0, 1000);
    assert_true(seconds() - begun < 2.0); /* nobody waited for Redis */
    assert_int_equal(stats_of(&bench).waiting, 100);
    assert_int_equal(stats_of(&bench).not_sent, 900);
    assert_int_equal(times_told(&bench, "the queue is full (100 records wait)"), 1);
    redis_server_start(&bench.server);
    assert_true(exporter_flush(bench.exporter, 20000));
    expect(&bench, "XLEN basictap:v1:findings", "100");
    finish(&bench);
}

static void a_server_that_hangs_holds_nobody(void **state)
{
    struct bench bench;
    char url[64];
    unsigned port;
    int fd = silent_server(&port);
    double begun;

    (void)state;
    prepare(&bench, "");
    (void)snprintf(url, sizeof(url), "redis://127.0.0.1:%u", port);
    bench.options.redis_url = url;
    bench.options.redis_timeout_ms = 200;
    open_exporter(&bench);
    put_logins(&bench, 0, 5);
    assert_true(comes_to_be_told(&bench, "no answer for 0.2 s"));
    assert_false(exporter_flush(bench.exporter, 100));
    finish(&bench);

    bench.options.redis_timeout_ms = 60000; /* the end does not wait for an answer either */
    open_exporter(&bench);
    put_logins(&bench, 0, 5);
    (void)usleep(200000);
    begun = seconds();
    exporter_close(bench.exporter);
    assert_true(seconds() - begun < 1.0);
    (void)close(fd);
}

static void a_unix_socket_will_do(void **state)
{
    struct bench bench;
    char url[128];

    (void)state;
    prepare(&bench, "");
    redis_server_start(&bench.server);
    (void)snprintf(url, sizeof(url), "%s?db=3", bench.server.unix_url);
    bench.options.redis_url = url;
    bench.options.redis_prefix = "mine";
    open_exporter(&bench);
    put_logins(&bench, 0, 3);
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "-n 3 XLEN mine:findings", "3");
    expect(&bench, "-n 3 KEYS 'basictap*'", "");
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
        cmocka_unit_test(the_newest_state_is_kept),
        cmocka_unit_test(the_live_channel_speaks_when_asked_for),
        cmocka_unit_test(a_server_that_starts_late_gets_all),
        cmocka_unit_test(nothing_is_lost_or_doubled_when_the_server_dies),
        cmocka_unit_test(a_wrong_password_is_told_and_never_shown),
        cmocka_unit_test(no_password_where_one_is_needed_is_told),
        cmocka_unit_test(the_right_password_stays_out_of_sight),
        cmocka_unit_test(a_user_of_the_acl_is_enough),
        cmocka_unit_test(a_key_of_another_type_refuses_the_record_whole),
        cmocka_unit_test(a_server_that_cannot_for_now_is_waited_for),
        cmocka_unit_test(a_full_queue_counts_and_says_so_once),
        cmocka_unit_test(a_server_that_hangs_holds_nobody),
        cmocka_unit_test(a_unix_socket_will_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
