/* The way to a real Redis when something is wrong with it. */
#include "tests/export/sink/redis_bench.h"

/* As export/README.md tells them. */
#define ACL_COMMANDS                                                                               \
    "+auth +select +client\\|setname +function\\|load +fcall +type +time +xadd +xtrim +xdel "      \
    "+xrevrange "                                                                                  \
    "+xinfo\\|stream +zadd +zscore +zmscore +zremrangebyrank +zcard +zrange +zrem +hget +hgetall " \
    "+hset +hdel +hlen "                                                                           \
    "+del +expire +rpush +ltrim +publish"

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

/*
 * Each server is killed only once: Redis 7.0.15 that was killed while it wrote its append-only file
 * leaves an open MULTI at the end of it, and runs it at the start after next.
 */
static void nothing_is_lost_or_doubled_when_the_server_dies(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        struct bench bench;

        start(&bench);
        put_logins(&bench, 0, 600);
        (void)usleep(round * 5000);
        redis_server_kill(&bench.server); /* in the middle of it */
        put_logins(&bench, 600, 1000);
        redis_server_start(&bench.server);
        assert_true(exporter_flush(bench.exporter, 30000));
        expect(&bench, "XLEN basictap:v1:findings", "1000");
        expect(&bench, "HGET basictap:v1:device:mac:00-1B-54-AA-00-01 basic", "1000");
        assert_int_equal(stats_of(&bench).sent, 1000);
        assert_int_equal(stats_of(&bench).not_sent, 0);
        finish(&bench);
    }
}

static void a_wrong_password_is_told_and_never_shown(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench, "right");
    redis_server_start(&bench.server);
    bench.options.redis.password = SECRET;
    open_exporter(&bench);
    put_logins(&bench, 0, 2);
    assert_true(comes_to_be_told(&bench, "WRONGPASS: user or password are refused"));
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
    assert_true(comes_to_be_told(&bench, "NOAUTH: it wants a password, and we have none"));
    finish(&bench);
}

static void the_right_password_stays_out_of_sight(void **state)
{
    struct bench bench;
    char command[256];

    (void)state;
    prepare(&bench, SECRET);
    redis_server_start(&bench.server);
    bench.options.redis.password = SECRET;
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
           "ACL SETUSER tap on '>" SECRET "' '~basictap:v1:*' '&basictap:v1:*' -@all " ACL_COMMANDS,
           "OK");
    (void)snprintf(url, sizeof(url), "redis://tap@127.0.0.1:%u/0", bench.server.port);
    bench.options.redis.url = url;
    bench.options.redis.password = SECRET;
    open_exporter(&bench);
    put_logins(&bench, 0, 3);
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "XLEN basictap:v1:findings", "3");
    assert_int_equal(bench.told.num, 0);
    finish(&bench);
}

static void a_key_of_another_type_is_named_before_anything_is_written(void **state)
{
    static const char *const keys[] = {"findings",
                                       "seen",
                                       "devices",
                                       "sensor:tap-1",
                                       "meta",
                                       "day:20261121",
                                       "use:imap:basic",
                                       "switch:AllowBasicAuthImap",
                                       "device:mac:00-1B-54-AA-00-01"};
    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct bench bench;
        char command[128];

        start(&bench);
        (void)snprintf(command, sizeof(command), "SET basictap:v1:%s mine", keys[i]);
        expect(&bench, command, "OK");
        put_logins(&bench, 0, 3);
        (void)snprintf(command, sizeof(command),
                       "WRONGTYPE: a key holds something else: rename or remove it: basictap:v1:%s",
                       keys[i]);
        assert_true(comes_to_be_told(&bench, command));
        assert_int_equal(times_told(&bench, "WRONGTYPE"), 1);
        expect(&bench, "EXISTS basictap:v1:findings basictap:v1:day:20261121",
               i == 0 || i == 5 ? "1" : "0");
        (void)snprintf(command, sizeof(command), "DEL basictap:v1:%s", keys[i]);
        expect(&bench, command, "1");
        assert_true(exporter_flush(bench.exporter, 5000)); /* nothing was lost */
        expect(&bench, "XLEN basictap:v1:findings", "3");
        finish(&bench);
    }
}

static void a_server_that_cannot_for_now_is_waited_for(void **state)
{
    struct bench bench;

    (void)state;
    start(&bench);
    expect(&bench, "CONFIG SET maxmemory 1", "OK");
    put_logins(&bench, 0, 3);
    assert_true(comes_to_be_told(&bench, "OOM: its memory is full"));
    assert_int_equal(stats_of(&bench).not_sent, 0);
    expect(&bench, "CONFIG SET maxmemory 0", "OK");
    assert_true(exporter_flush(bench.exporter, 20000));
    expect(&bench, "XLEN basictap:v1:findings", "3");
    expect(&bench, "REPLICAOF 127.0.0.1 1", "OK");
    put_logins(&bench, 3, 5);
    assert_true(comes_to_be_told(&bench, "READONLY: it is a replica"));
    expect(&bench, "REPLICAOF NO ONE", "OK");
    assert_true(exporter_flush(bench.exporter, 20000));
    expect(&bench, "XLEN basictap:v1:findings", "5");
    expect(&bench, "FUNCTION FLUSH", "OK"); /* "Function not found" */
    put_logins(&bench, 5, 7);
    assert_true(exporter_flush(bench.exporter, 20000));
    expect(&bench, "XLEN basictap:v1:findings", "7");
    finish(&bench);
}

static void emptied_it_is_refilled_without_a_new_finding(void **state)
{
    struct bench bench;
    struct sample sample = sample_login(1);

    (void)state;
    start(&bench);
    put_logins(&bench, 0, 300);
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "FLUSHALL", "OK");
    exporter_put_state(bench.exporter, &sample_schema, &sample, false); /* the next heartbeat */
    assert_true(comes_to_be_told(&bench, "BEHIND: it knows less than we told it"));
    assert_true(comes_to_be_told(&bench, "connected again"));
    assert_true(exporter_flush(bench.exporter, 5000));
    expect(&bench, "XLEN basictap:v1:findings", "300");
    expect(&bench, "HGET basictap:v1:sensor:tap-1 journal.applied", "300");
    finish(&bench);
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_server_that_is_away_costs_nobody_anything(void **state)
{
    struct bench bench;
    double begun = seconds();

    (void)state;
    prepare(&bench, "");
    open_exporter(&bench);
    put_logins(&bench, 0, 5000);
    assert_true(seconds() - begun < 2.0); /* nobody waited for Redis */
    assert_false(exporter_flush(bench.exporter, 100));
    redis_server_start(&bench.server);
    assert_true(exporter_flush(bench.exporter, 20000));
    expect(&bench, "XLEN basictap:v1:findings", "5000");
    assert_int_equal(stats_of(&bench).not_sent, 0);
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
    bench.options.redis.url = url;
    bench.options.redis.timeout_ms = 200;
    open_exporter(&bench);
    put_logins(&bench, 0, 5);
    assert_true(comes_to_be_told(&bench, "no answer for 0.2 s"));
    assert_false(exporter_flush(bench.exporter, 100));
    finish(&bench);

    bench.options.redis.timeout_ms = 60000; /* the end does not wait for an answer either */
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
    bench.options.redis.url = url;
    bench.options.redis.prefix = "mine";
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
        cmocka_unit_test(a_server_that_starts_late_gets_all),
        cmocka_unit_test(nothing_is_lost_or_doubled_when_the_server_dies),
        cmocka_unit_test(a_wrong_password_is_told_and_never_shown),
        cmocka_unit_test(no_password_where_one_is_needed_is_told),
        cmocka_unit_test(the_right_password_stays_out_of_sight),
        cmocka_unit_test(a_user_of_the_acl_is_enough),
        cmocka_unit_test(a_key_of_another_type_is_named_before_anything_is_written),
        cmocka_unit_test(a_server_that_cannot_for_now_is_waited_for),
        cmocka_unit_test(emptied_it_is_refilled_without_a_new_finding),
        cmocka_unit_test(a_server_that_is_away_costs_nobody_anything),
        cmocka_unit_test(a_server_that_hangs_holds_nobody),
        cmocka_unit_test(a_unix_socket_will_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
