/* The exporter's JSON lines. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/export/sample.h"
#include "tests/support/test.h"

static char told[1024];

static void on_message(void *ctx, const char *words)
{
    size_t len = strlen(told);

    (void)ctx;
    (void)snprintf(told + len, sizeof(told) - len, "%s\n", words);
}

static struct exporter *open_path(const char *path, bool append)
{
    struct exporter_options options = {.identity = {"tap-1", "0.1.0"},
                                       .ecs_path = path,
                                       .ecs_append = append,
                                       .on_message = on_message};
    struct diag diag = {0};
    struct exporter *exporter = exporter_open(&options, &diag);

    told[0] = '\0';
    assert_string_equal(diag.text, "");
    return exporter;
}

static void put(struct exporter *exporter, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct sample sample = sample_login(i);

        exporter_put(exporter, &sample_schema, &sample);
    }
}

static unsigned lines_of(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[8192];
    unsigned num = 0;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        char id[64];

        (void)snprintf(id, sizeof(id), "\"id\":\"%08x\"", num++);
        assert_non_null(strstr(line, id)); /* whole, and in order */
        assert_int_equal(line[0], '{');
        assert_string_equal(line + strlen(line) - 2, "}\n");
    }
    (void)fclose(file);
    return num;
}

static void lines_come_whole_and_in_order_across_flushes(void **state)
{
    char path[] = "/tmp/basictap-lines-XXXXXX";
    struct exporter_stats stats;
    struct exporter *exporter;

    (void)state;
    (void)close(mkstemp(path));
    exporter = open_path(path, false);
    put(exporter, 0, 3);
    assert_int_equal(lines_of(path), 0); /* behind the buffer */
    assert_true(exporter_flush(exporter, 0));
    assert_int_equal(lines_of(path), 3);
    put(exporter, 3, 2000); /* more than the buffer holds */
    assert_true(exporter_flush(exporter, 0));
    exporter_stats(exporter, &stats);
    assert_int_equal(stats.written, 2000);
    assert_int_equal(stats.write_errors, 0);
    exporter_close(exporter);
    assert_int_equal(lines_of(path), 2000);

    exporter = open_path(path, true);
    put(exporter, 2000, 2001);
    exporter_close(exporter);
    assert_int_equal(lines_of(path), 2001);
    exporter = open_path(path, false);
    put(exporter, 0, 1);
    exporter_close(exporter);
    assert_int_equal(lines_of(path), 1);
    (void)unlink(path);
}

static void a_full_disk_is_counted_and_told_once(void **state)
{
    struct exporter_stats stats;
    struct exporter *exporter;

    (void)state;
    exporter = open_path("/dev/full", false);
    put(exporter, 0, 1000);
    assert_false(exporter_flush(exporter, 0));
    exporter_stats(exporter, &stats);
    assert_int_equal(stats.written, 0);
    assert_in_range(stats.write_errors, 1, 999); /* the buffer keeps the rest for better times */
    assert_string_equal(told, "/dev/full: No space left on device\n");
    exporter_close(exporter);
}

static void a_state_is_a_line_only_when_asked(void **state)
{
    char path[] = "/tmp/basictap-lines-XXXXXX";
    struct sample sample = sample_login(0);
    struct exporter *exporter;

    (void)state;
    (void)close(mkstemp(path));
    exporter = open_path(path, false);
    exporter_put_state(exporter, &sample_schema, &sample, false);
    assert_true(exporter_flush(exporter, 0));
    assert_int_equal(lines_of(path), 0);
    exporter_put_state(exporter, &sample_schema, &sample, true);
    exporter_close(exporter);
    assert_int_equal(lines_of(path), 1);
    (void)unlink(path);
}

static void what_cannot_be_opened_is_said_in_words(void **state)
{
    struct exporter_options options = {.ecs_path = "/nowhere/at/all"};
    struct diag diag;

    (void)state;
    assert_null(exporter_open(&options, &diag));
    assert_string_equal(diag.text, "/nowhere/at/all: No such file or directory");
    options = (struct exporter_options){.redis = {.url = "redis://box:port"}};
    assert_null(exporter_open(&options, &diag));
    assert_string_equal(diag.text,
                        "redis URL: expected host or host:port, the port a number up to 65535");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_whole_and_in_order_across_flushes),
        cmocka_unit_test(a_full_disk_is_counted_and_told_once),
        cmocka_unit_test(a_state_is_a_line_only_when_asked),
        cmocka_unit_test(what_cannot_be_opened_is_said_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
