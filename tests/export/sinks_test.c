/* Several sinks at once behind one exporter, each at its own pace. */
#include "export/exporter.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/export/sample.h"
#include "tests/support/test.h"

struct bench {
    char folder[64];
    char paths[2][128];
    struct line_file_options files[2];
    struct syslog_options server;
    struct exporter_options options;
    struct exporter *exporter;
};

static void prepare(struct bench *bench)
{
    *bench = (struct bench){.folder = "/tmp/basictap-sinks-XXXXXX"};
    assert_non_null(mkdtemp(bench->folder));
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(bench->paths[i], sizeof(bench->paths[i]), "%s/%zu", bench->folder, i);
        bench->files[i] = (struct line_file_options){
            .path = bench->paths[i],
            .format = i == 0 ? FORMATTER_OCSF : FORMATTER_CEF,
            .keep = 1,
            .no_sync = true,
        };
    }
    bench->options = (struct exporter_options){
        .identity = {"tap-1", "0.1.0"},
        .files = bench->files,
        .num_files = 2,
        .waits = true,
    };
}

static void open_exporter(struct bench *bench)
{
    struct diag diag = {0};

    bench->exporter = exporter_open(&bench->options, &diag);
    assert_non_null(bench->exporter);
}

static void finish(struct bench *bench)
{
    DIR *folder = opendir(bench->folder);
    const struct dirent *entry;

    exporter_close(bench->exporter);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    (void)closedir(folder);
    assert_int_equal(rmdir(bench->folder), 0);
}

static void put(struct bench *bench, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++) {
        struct sample sample = sample_login(i);

        exporter_put(bench->exporter, &sample_schema, &sample);
    }
}

/* -1: there is no such file. */
static int count_lines(const char *path, const char *beginning)
{
    char line[8192];
    FILE *file = fopen(path, "re");
    int num = 0;

    if (file == NULL) {
        return -1;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        assert_int_equal(strncmp(line, beginning, strlen(beginning)), 0);
        num++;
    }
    (void)fclose(file);
    return num;
}

static void each_sink_has_its_format(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    open_exporter(&bench);
    put(&bench, 1, 100);
    assert_true(exporter_flush(bench.exporter, 10000));
    assert_int_equal(count_lines(bench.paths[0], "{\"class_uid\":3002,"), 100);
    assert_int_equal(count_lines(bench.paths[1], "CEF:0|basictap|"), 100);
    finish(&bench);
}

/* Nobody listens on port 1 of the loopback. */
static void a_sink_that_is_away_delays_no_other(void **state)
{
    struct bench bench;
    struct exporter_stats stats;

    (void)state;
    prepare(&bench);
    bench.server = (struct syslog_options){.url = "tcp://127.0.0.1:1"};
    bench.options.servers = &bench.server;
    bench.options.num_servers = 1;
    open_exporter(&bench);
    put(&bench, 1, 50);
    assert_false(exporter_flush(bench.exporter, 2000));
    assert_int_equal(count_lines(bench.paths[0], "{\"class_uid\":3002,"), 50);
    assert_int_equal(count_lines(bench.paths[1], "CEF:0|basictap|"), 50);
    exporter_stats(bench.exporter, &stats);
    assert_int_equal(stats.sent, 100);
    assert_int_equal(stats.waiting, 50);
    finish(&bench);
}

/* Also at the moment in which one goes from the queue to the journal. */
static void each_finding_waits_once(void **state)
{
    struct bench bench;
    struct exporter_stats stats;

    (void)state;
    prepare(&bench);
    bench.options.num_files = 0;
    bench.server = (struct syslog_options){.url = "tcp://127.0.0.1:1"};
    bench.options.servers = &bench.server;
    bench.options.num_servers = 1;
    open_exporter(&bench);
    for (unsigned num = 1; num <= 20; num++) {
        put(&bench, num, num);
        do {
            exporter_stats(bench.exporter, &stats);
            assert_int_equal(stats.waiting, num);
        } while (stats.journal.waiting > 0);
    }
    finish(&bench);
}

static void files_that_were_moved_are_begun_anew(void **state)
{
    struct bench bench;
    char moved[160];

    (void)state;
    prepare(&bench);
    (void)snprintf(moved, sizeof(moved), "%s.moved", bench.paths[1]);
    open_exporter(&bench);
    put(&bench, 1, 10);
    assert_true(exporter_flush(bench.exporter, 10000));
    assert_int_equal(rename(bench.paths[1], moved), 0);
    exporter_reopen(bench.exporter);
    (void)usleep(200000); /* the pump's thread looks when it wakes */
    put(&bench, 11, 15);
    assert_true(exporter_flush(bench.exporter, 10000));
    assert_int_equal(count_lines(moved, "CEF:0|"), 10);
    assert_int_equal(count_lines(bench.paths[1], "CEF:0|"), 5);
    assert_int_equal(count_lines(bench.paths[0], "{"), 15);
    finish(&bench);
}

static void too_many_sinks_are_refused(void **state)
{
    struct line_file_options files[EXPORTER_MAX_SINKS] = {{.path = "/dev/null"}};
    struct exporter_options options = {
        .identity = {"tap-1", "0.1.0"}, .files = files, .num_files = EXPORTER_MAX_SINKS};
    struct diag diag = {0};

    (void)state;
    assert_null(exporter_open(&options, &diag));
    assert_string_equal(diag.text, "too many sinks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sink_has_its_format),
        cmocka_unit_test(a_sink_that_is_away_delays_no_other),
        cmocka_unit_test(each_finding_waits_once),
        cmocka_unit_test(files_that_were_moved_are_begun_anew),
        cmocka_unit_test(too_many_sinks_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
