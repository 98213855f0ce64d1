/*
 * A Redis that is killed every few seconds while findings arrive, 5,000 a second, and then left up:
 * every finding is in its stream once, and its counts are right.
 *
 * BASICTAP_KILL_SECONDS=120 makes it as long as it should be before a release; else it is short.
 */
#include "tests/export/sink/redis_load.h"

enum { PER_SECOND = 5000 };

static unsigned seconds_asked(void)
{
    const char *text = getenv("BASICTAP_KILL_SECONDS");
    int asked = text != NULL ? atoi(text) : 0;

    return asked > 0 && asked <= 600 ? (unsigned)asked : 8;
}

/* Up for one to three seconds, down for half of one. Not in a thread of its own: the servers would
 * die with it. */
static unsigned kill_and_start(struct putter *putter)
{
    struct redis_server *server = &putter->bench->server;
    unsigned kills = 0;

    while (!putter->ended) {
        (void)usleep(1000000 + kills * 377777 % 2000000);
        redis_server_kill(server);
        kills++;
        (void)usleep(500000);
        redis_server_start(server);
    }
    return kills;
}

static void run(const char *extra, bool is_refilled)
{
    struct bench bench;
    struct putter putter = {.bench = &bench, .per_second = PER_SECOND, .seconds = seconds_asked()};
    unsigned kills;
    char store[128];
    char text[24];
    unsigned num;

    prepare(&bench, "");
    bench.server.extra = extra;
    (void)snprintf(store, sizeof(store), "%s/journal.db", bench.server.folder);
    bench.options.store_path = store;
    bench.options.redis.stream_max = MAX_FINDINGS;
    bench.options.redis.list = true;
    redis_server_start(&bench.server);
    open_exporter(&bench);
    assert_int_equal(pthread_create(&putter.thread, NULL, put_all, &putter), 0);
    kills = kill_and_start(&putter);
    (void)pthread_join(putter.thread, NULL);
    num = putter.num;
    /* Once more: what a kill has left in the file shows at the start after next. */
    assert_true(exporter_flush(bench.exporter, 1800000));
    redis_server_kill(&bench.server);
    redis_server_start(&bench.server);
    put_logins(&bench, num, num + 1);
    assert_true(exporter_flush(bench.exporter, 1800000));
    num++;

    print_message("%u findings, %u kills%s\n", num, kills,
                  is_refilled ? ", each of which emptied it" : "");
    (void)snprintf(text, sizeof(text), "%u", num);
    expect_each_once(&bench.server, "basictap:v1:findings", num);
    expect(&bench, "XLEN basictap:v1:findings", text);
    expect(&bench, "HGET basictap:v1:device:mac:00-1B-54-AA-00-01 basic", text);
    assert_int_equal(stats_of(&bench).journal.lost, 0);
    assert_int_equal(stats_of(&bench).not_sent, 0);
    finish(&bench);
}

static void with_its_file_nothing_is_lost_or_doubled(void **state)
{
    (void)state;
    run("appendonly yes\nappendfsync everysec\n", false);
}

static void emptied_by_each_kill_it_is_refilled(void **state)
{
    (void)state;
    run("appendonly no\n", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_its_file_nothing_is_lost_or_doubled),
        cmocka_unit_test(emptied_by_each_kill_it_is_refilled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
