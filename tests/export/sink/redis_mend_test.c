/*
 * Redis 7.0 that was killed while it wrote its append-only file keeps whole commands of a batch
 * whose end is missing, and at the start after next runs them together with the batch that was sent
 * again. Here the file is cut by hand.
 */
#include "tests/export/sink/redis_bench.h"

static const char aof[] = "appendonlydir/appendonly.aof.1.incr.aof";

static long size_of(const char *path)
{
    FILE *file = fopen(path, "r");
    long size;

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    (void)fclose(file);
    return size;
}

static bool log_says(struct bench *bench, const char *words)
{
    char command[256];

    (void)snprintf(command, sizeof(command), "grep -q '%s' %s/log", words, bench->server.folder);
    return system(command) == 0;
}

static void a_batch_that_the_file_has_half_of_is_there_once(void **state)
{
    struct bench bench;
    char path[160];
    char added[32];
    long before;

    (void)state;
    start(&bench);
    (void)snprintf(path, sizeof(path), "%s/%s", bench.server.folder, aof);
    put_logins(&bench, 0, 10);
    assert_true(exporter_flush(bench.exporter, 5000));
    before = size_of(path);
    put_logins(&bench, 10, 50);
    assert_true(exporter_flush(bench.exporter, 5000));
    redis_server_kill(&bench.server);
    assert_int_equal(truncate(path, before + (size_of(path) - before) / 2), 0);

    redis_server_start(&bench.server);
    expect(&bench, "XLEN basictap:v1:findings", "10");
    put_logins(&bench, 50, 51); /* what it lost comes with it */
    assert_true(exporter_flush(bench.exporter, 10000));
    expect(&bench, "XLEN basictap:v1:findings", "51");

    redis_server_kill(&bench.server);
    redis_server_start(&bench.server);
    assert_true(log_says(&bench, "MULTI calls can not be nested"));
    assert_true(atoi(redis_server_ask(&bench.server, "XLEN basictap:v1:findings")) > 51);
    put_logins(&bench, 51, 52);
    assert_true(exporter_flush(bench.exporter, 10000));
    expect(&bench, "XLEN basictap:v1:findings", "52");
    expect(&bench, "HGET basictap:v1:device:mac:00-1B-54-AA-00-01 basic", "52");
    expect(&bench, "HGET basictap:v1:day:20261121 'imap|basic|observed|accepted'", "52");
    /* And is not looked for again. */
    (void)snprintf(added, sizeof(added), "%s",
                   redis_server_ask(&bench.server, "XINFO STREAM basictap:v1:findings | "
                                                   "grep -A1 entries-added | tail -n 1"));
    expect(&bench, "HGET basictap:v1:meta added", added);
    finish(&bench);
}

/* Somebody else's entries make the counts differ too: they are looked through once, and stay. */
static void entries_of_others_are_left_alone(void **state)
{
    struct bench bench;

    (void)state;
    start(&bench);
    put_logins(&bench, 0, 500); /* more than is looked at in one call */
    assert_true(exporter_flush(bench.exporter, 5000));
    (void)redis_server_ask(&bench.server, "XADD basictap:v1:findings '*' note mine");
    redis_server_kill(&bench.server);
    redis_server_start(&bench.server);
    put_logins(&bench, 500, 501);
    assert_true(exporter_flush(bench.exporter, 10000));
    expect(&bench, "XLEN basictap:v1:findings", "502");
    expect(&bench, "HMGET basictap:v1:meta added mend_from", "502\n");
    finish(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_of_others_are_left_alone),
        cmocka_unit_test(a_batch_that_the_file_has_half_of_is_there_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
