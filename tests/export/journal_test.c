/* The journal: what is put comes back, once, in order, whatever happens in between. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/export/store_bench.h"

static void what_is_put_comes_back_numbered_in_order(void **state)
{
    struct store_bench bench;
    struct record *record;
    uint64_t through;

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    bench_put_logins(&bench, 0, 3000);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(bench_count(&bench, 0), 3000);
    assert_int_equal(journal_read(bench.journal, 1999, &record, 1, 1, &through), 1);
    assert_int_equal(record_sequence(record), 2000);
    assert_int_equal(through, 2000);
    assert_true(bytes_equal(record_find(record, "event.sequence"), BYTES("2000")));
    assert_true(bytes_has_nocase(record_json(record), BYTES("\"sequence\":2000")));
    record_free(record);
    assert_int_equal(bench_behind(&bench, 1999), 1001);
    bench_clear(&bench);
}

static void a_repeat_changes_nothing_and_uses_no_number(void **state)
{
    struct store_bench bench;

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    bench_put_logins(&bench, 0, 10);
    bench_put_logins(&bench, 0, 10);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    bench_put_logins(&bench, 5, 12);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(bench_stats(&bench).written, 12);
    assert_int_equal(bench_stats(&bench).repeats, 15);
    assert_int_equal(bench_stats(&bench).last, 12);
    bench_clear(&bench);
}

static void it_goes_on_where_it_ended(void **state)
{
    struct store_bench bench;
    char id[JOURNAL_ID_SIZE];
    struct stat info;

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    bench_put_logins(&bench, 0, 10);
    (void)strcpy(id, journal_id(bench.journal));
    assert_int_equal(strlen(id), 32);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    journal_set_cursor(bench.journal, "redis somewhere", 7);
    bench_close(&bench);
    assert_int_equal(stat(bench.path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);

    bench.options.sensor = "a-new-host-name";
    bench_open(&bench);
    assert_string_equal(journal_id(bench.journal), id);
    assert_string_equal(journal_sensor(bench.journal), "tap-1");
    assert_int_equal(journal_cursor(bench.journal, "redis somewhere"), 7);
    assert_int_equal(journal_cursor(bench.journal, "redis elsewhere"), 0);
    bench_put_logins(&bench, 10, 12);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(bench_stats(&bench).last, 12);
    assert_int_equal(bench_count(&bench, 0), 12);
    bench_close(&bench);

    bench.options.sensor_is_given = true;
    bench_open(&bench);
    assert_string_equal(journal_sensor(bench.journal), "a-new-host-name");
    bench_clear(&bench);
}

static void a_lone_record_is_on_the_disk_within_a_second(void **state)
{
    struct store_bench bench;
    struct journal *reader;
    struct record *record;
    struct diag diag = {0};
    uint64_t through;
    uint64_t wakes = 0;

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    bench_put_logins(&bench, 0, 1); /* and nobody asks for it to be written */
    assert_true(journal_wait(bench.journal, 0, 1000, &wakes));
    reader = journal_open_reader(bench.path, &diag);
    assert_non_null(reader);
    assert_int_equal(journal_read(reader, 0, &record, 1, SIZE_MAX, &through), 1);
    record_free(record);
    journal_close(reader);
    bench_clear(&bench);
}

static void one_process_writes_at_a_time(void **state)
{
    struct store_bench bench;
    struct diag diag = {0};

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    assert_null(journal_open(&bench.options, &diag));
    assert_non_null(strstr(diag.text, "another basictap writes it"));
    bench_clear(&bench);
}

static void a_place_that_is_none_is_refused(void **state)
{
    struct store_bench bench;
    struct diag diag = {0};
    char path[128];

    (void)state;
    bench_init(&bench);
    (void)snprintf(path, sizeof(path), "%s/no/such/folder.db", bench.folder);
    bench.options.path = path;
    assert_null(journal_open(&bench.options, &diag));
    assert_non_null(strstr(diag.text, "No such file or directory"));
    bench.options.path = bench.folder;
    assert_null(journal_open(&bench.options, &diag));
    assert_null(journal_open_reader(path, &diag));
    bench_clear(&bench);
}

static void run_sql(const struct store_bench *bench, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_file_of_somebody_else_is_left_alone(void **state)
{
    struct store_bench bench;
    struct diag diag = {0};

    (void)state;
    bench_init(&bench);
    run_sql(&bench, "CREATE TABLE recipes (cake TEXT)");
    assert_null(journal_open(&bench.options, &diag));
    assert_non_null(strstr(diag.text, "a database, but no journal"));
    run_sql(&bench, "PRAGMA user_version = 99");
    assert_null(journal_open(&bench.options, &diag));
    assert_non_null(strstr(diag.text, "a newer basictap wrote this (version 99;"));
    run_sql(&bench, "INSERT INTO recipes VALUES ('carrot')");
    bench_clear(&bench);
}

/* ---- damage ---- */

static void overwrite(const struct store_bench *bench, off_t at, size_t len)
{
    int fd = open(bench->path, O_WRONLY);
    char noise[4096];

    assert_true(fd >= 0);
    memset(noise, 0xa5, sizeof(noise));
    for (size_t done = 0; done < len; done += sizeof(noise)) {
        assert_int_equal(pwrite(fd, noise, sizeof(noise), at + (off_t)done), sizeof(noise));
    }
    (void)close(fd);
}

static void a_damaged_file_is_set_aside_and_told(void **state)
{
    struct store_bench bench;
    char aside[128];
    char id[JOURNAL_ID_SIZE];

    (void)state;
    bench_init(&bench);
    for (int round = 1; round <= 2; round++) {
        bench_open(&bench);
        bench_put_logins(&bench, 0, 100);
        assert_true(journal_flush(bench.journal, FLUSH_MS));
        (void)strcpy(id, journal_id(bench.journal));
        bench_close(&bench);
        overwrite(&bench, 0, 4096); /* it does not even begin as it should */
        bench_open(&bench);
        (void)snprintf(aside, sizeof(aside), "%s.damaged-%d", bench.path, round);
        assert_int_equal(access(aside, F_OK), 0);
        assert_int_equal(times_told(aside), 1);
        assert_string_not_equal(journal_id(bench.journal), id);
        assert_int_equal(bench_stats(&bench).last, 0);
        bench_close(&bench);
    }
    bench_clear(&bench);
}

static void damage_that_is_met_on_the_way_costs_no_new_finding(void **state)
{
    struct store_bench bench;
    char aside[128];

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    bench_put_logins(&bench, 0, 2000);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    bench_close(&bench);
    overwrite(&bench, 8192, 400 * 1024);
    bench_open(&bench); /* it ended well, so that only its first pages are looked at */
    bench_put_logins(&bench, 2000, 2100);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    (void)snprintf(aside, sizeof(aside), "%s.damaged-1", bench.path);
    assert_int_equal(access(aside, F_OK), 0);
    assert_int_equal(times_told("is kept as"), 1);
    assert_int_equal(bench_count(&bench, 2000), 100);
    bench_clear(&bench);
}

static void a_file_that_is_removed_is_begun_anew(void **state)
{
    struct store_bench bench;

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    bench_put_logins(&bench, 0, 10);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(unlink(bench.path), 0);
    bench_put_logins(&bench, 10, 20);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(times_told("the file was removed"), 1);
    assert_int_equal(bench_stats(&bench).last, 20); /* sinks need not begin again */
    assert_int_equal(bench_count(&bench, 10), 10);
    bench_close(&bench);
    bench_open(&bench);
    assert_int_equal(bench_count(&bench, 10), 10);
    bench_clear(&bench);
}

/* ---- trouble ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void what_cannot_be_written_waits_and_is_written_later(void **state)
{
    struct store_bench bench;

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    bench_init(&bench);
    bench_open(&bench);
    bench_put_logins(&bench, 0, 10);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    limit_files(65536); /* less than it has */
    bench_put_logins(&bench, 10, 2000);
    assert_true(comes_to_be_told("findings wait in memory"));
    assert_false(journal_flush(bench.journal, 300));
    assert_int_equal(bench_stats(&bench).waiting, 1990);
    assert_true(bench_stats(&bench).failures > 0);
    assert_int_equal(times_told("findings wait in memory"), 1);
    limit_files(RLIM_INFINITY);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(times_told("is written again"), 1);
    assert_int_equal(bench_stats(&bench).lost, 0);
    assert_int_equal(bench_count(&bench, 0), 2000);
    bench_clear(&bench);
}

static void what_finds_no_room_while_it_waits_is_counted_and_told_once(void **state)
{
    struct store_bench bench;

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    bench_init(&bench);
    bench.options.queue_records = 100;
    bench_open(&bench);
    limit_files(4096);
    bench_put_logins(&bench, 0, 1000);
    assert_int_equal(bench_stats(&bench).lost, 900);
    assert_int_equal(times_told("the queue is full"), 1);
    limit_files(RLIM_INFINITY);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(bench_count(&bench, 0), 100);
    bench_clear(&bench);
}

static void a_replay_waits_for_room(void **state)
{
    struct store_bench bench;

    (void)state;
    bench_init(&bench);
    bench.options.queue_records = 100;
    bench.options.waits = true;
    bench_open(&bench);
    bench_put_logins(&bench, 0, 5000);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(bench_stats(&bench).lost, 0);
    assert_int_equal(bench_count(&bench, 0), 5000);
    bench_clear(&bench);
}

/* ---- retention ---- */

static uint64_t now_s = 1000000;

static uint64_t wall_s(void)
{
    return now_s;
}

static void findings_leave_when_they_are_old_and_read(void **state)
{
    struct store_bench bench;

    (void)state;
    now_s = 1000000;
    bench_init(&bench);
    bench.options.max_age_s = 1000;
    bench.options.wall_s = wall_s;
    bench_open(&bench);
    journal_set_cursor(bench.journal, "redis", 0);
    bench_put_logins(&bench, 0, 50);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    now_s += 500;
    journal_set_cursor(bench.journal, "redis", 30);
    bench_put_logins(&bench, 50, 60);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    now_s += 600; /* the first 50 are too old, but 20 of them are not read */
    bench_put_logins(&bench, 60, 2000);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    bench_put_logins(&bench, 2000, 2001);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    bench_close(&bench); /* the thread has done what it was at */
    bench_open(&bench);
    assert_int_equal(bench_count(&bench, 30), 1971);
    assert_int_equal(bench_behind(&bench, 0), 1971);
    bench_clear(&bench);
}

static void the_oldest_leave_when_there_is_no_room_and_the_unread_are_counted(void **state)
{
    struct store_bench bench;
    struct record *oldest;
    uint64_t through;
    uint64_t first;

    (void)state;
    bench_init(&bench);
    bench.options.max_bytes = 1 << 20;
    bench_open(&bench);
    journal_set_cursor(bench.journal, "redis", 10);
    for (unsigned from = 0; from < 20000; from += 1000) {
        bench_put_logins(&bench, from, from + 1000);
        assert_true(journal_flush(bench.journal, FLUSH_MS));
    }
    assert_int_equal(journal_read(bench.journal, 0, &oldest, 1, SIZE_MAX, &through), 1);
    first = record_sequence(oldest);
    record_free(oldest);
    assert_true(first > 1000);
    assert_int_equal(bench_stats(&bench).last, 20000);
    assert_int_equal(bench_stats(&bench).expired, first - 1);
    assert_int_equal(bench_stats(&bench).unread, first - 1 - 10);
    assert_true(bench_stats(&bench).bytes < 4 << 20);
    bench_clear(&bench);
}

static void a_private_one_is_in_no_file(void **state)
{
    struct store_bench bench;

    (void)state;
    bench_init(&bench);
    bench.options.path = NULL;
    bench_open(&bench);
    bench_put_logins(&bench, 0, 100);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(bench_count(&bench, 0), 100);
    assert_int_equal(rmdir(bench.folder), 0); /* nothing is in it */
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_comes_back_numbered_in_order),
        cmocka_unit_test(a_repeat_changes_nothing_and_uses_no_number),
        cmocka_unit_test(it_goes_on_where_it_ended),
        cmocka_unit_test(a_lone_record_is_on_the_disk_within_a_second),
        cmocka_unit_test(one_process_writes_at_a_time),
        cmocka_unit_test(a_place_that_is_none_is_refused),
        cmocka_unit_test(a_file_of_somebody_else_is_left_alone),
        cmocka_unit_test(a_damaged_file_is_set_aside_and_told),
        cmocka_unit_test(damage_that_is_met_on_the_way_costs_no_new_finding),
        cmocka_unit_test(a_file_that_is_removed_is_begun_anew),
        cmocka_unit_test(what_cannot_be_written_waits_and_is_written_later),
        cmocka_unit_test(what_finds_no_room_while_it_waits_is_counted_and_told_once),
        cmocka_unit_test(a_replay_waits_for_room),
        cmocka_unit_test(findings_leave_when_they_are_old_and_read),
        cmocka_unit_test(the_oldest_leave_when_there_is_no_room_and_the_unread_are_counted),
        cmocka_unit_test(a_private_one_is_in_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
