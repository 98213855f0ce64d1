/* The exporter with a journal: what is kept, and what is said when it cannot be. */
#include "tests/export/store_bench.h"

static struct exporter *open_exporter(const struct exporter_options *options)
{
    struct diag diag = {0};
    struct exporter *exporter = exporter_open(options, &diag);

    assert_string_equal(diag.text, "");
    assert_non_null(exporter);
    return exporter;
}

static void put(struct exporter *exporter, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct sample sample = sample_login(i);

        exporter_put(exporter, &sample_schema, &sample);
    }
}

static struct exporter_stats stats_of(struct exporter *exporter)
{
    struct exporter_stats stats;

    exporter_stats(exporter, &stats);
    return stats;
}

static struct exporter_options options_of(const struct store_bench *bench)
{
    return (struct exporter_options){
        .identity = {"tap-1", "0.1.0"}, .store_path = bench->path, .on_message = on_message};
}

static void a_journal_alone_keeps_findings(void **state)
{
    struct store_bench bench;
    struct exporter_options options;
    struct exporter *exporter;
    struct diag diag = {0};

    (void)state;
    bench_init(&bench);
    options = options_of(&bench);
    exporter = open_exporter(&options);
    assert_true(exporter_keeps(exporter));
    put(exporter, 0, 50);
    assert_true(exporter_flush(exporter, FLUSH_MS));
    assert_int_equal(stats_of(exporter).journal.written, 50);
    assert_int_equal(stats_of(exporter).not_sent, 0);
    exporter_close(exporter);
    bench.journal = journal_open_reader(bench.path, &diag);
    assert_int_equal(bench_count(&bench, 0), 50);
    bench_clear(&bench);
}

static void lines_and_journal_tell_the_same(void **state)
{
    struct store_bench bench;
    struct exporter_options options;
    struct exporter *exporter;
    struct record *record;
    struct diag diag = {0};
    char path[128];
    char line[8192];
    uint64_t through;
    FILE *file;

    (void)state;
    bench_init(&bench);
    options = options_of(&bench);
    (void)snprintf(path, sizeof(path), "%s/lines", bench.folder);
    options.ecs_path = path;
    exporter = open_exporter(&options);
    put(exporter, 1, 2); /* whose number in the run is 1, as it is in the journal */
    exporter_close(exporter);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    (void)fclose(file);
    line[strcspn(line, "\n")] = '\0';
    bench.journal = journal_open_reader(bench.path, &diag);
    assert_int_equal(journal_read(bench.journal, 0, &record, 1, SIZE_MAX, &through), 1);
    assert_true(bytes_equal(record_json(record), bytes_of_text(line)));
    record_free(record);
    bench_clear(&bench);
}

static void the_name_that_a_journal_knows_is_the_sensors(void **state)
{
    struct store_bench bench;
    struct exporter_options options;
    struct exporter *exporter;

    (void)state;
    bench_init(&bench);
    options = options_of(&bench);
    exporter_close(open_exporter(&options));
    options.identity.observer_name = "another-host";
    exporter = open_exporter(&options);
    assert_string_equal(exporter_name(exporter), "tap-1");
    exporter_close(exporter);
    options.name_is_given = true;
    exporter = open_exporter(&options);
    assert_string_equal(exporter_name(exporter), "another-host");
    exporter_close(exporter);
    bench_clear(&bench);
}

static void a_journal_that_nobody_asked_for_may_be_missing(void **state)
{
    struct store_bench bench;
    struct exporter_options options;
    struct exporter *exporter;
    struct diag diag = {0};
    char path[128];

    (void)state;
    bench_init(&bench);
    options = options_of(&bench);
    (void)snprintf(path, sizeof(path), "%s/no/folder", bench.folder);
    options.store_path = path;
    assert_null(exporter_open(&options, &diag));
    assert_non_null(strstr(diag.text, "No such file or directory"));
    options.store_is_optional = true;
    exporter = open_exporter(&options);
    assert_false(exporter_keeps(exporter));
    assert_int_equal(times_told("No such file or directory: findings are kept in memory only"), 1);
    put(exporter, 0, 3);
    assert_true(exporter_flush(exporter, FLUSH_MS));
    exporter_close(exporter);
    bench_clear(&bench);
}

static void without_sinks_and_a_path_there_is_no_journal(void **state)
{
    struct exporter_options options = {.identity = {"tap-1", "0.1.0"}, .ecs_path = "/dev/null"};
    struct exporter *exporter = open_exporter(&options);

    (void)state;
    put(exporter, 0, 3);
    assert_true(exporter_flush(exporter, FLUSH_MS));
    assert_int_equal(stats_of(exporter).journal.written, 0);
    assert_false(exporter_keeps(exporter));
    exporter_close(exporter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_journal_alone_keeps_findings),
        cmocka_unit_test(lines_and_journal_tell_the_same),
        cmocka_unit_test(the_name_that_a_journal_knows_is_the_sensors),
        cmocka_unit_test(a_journal_that_nobody_asked_for_may_be_missing),
        cmocka_unit_test(without_sinks_and_a_path_there_is_no_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
