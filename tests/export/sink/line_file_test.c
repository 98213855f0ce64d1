#include "export/sink/line_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/export/sink/numbered.h"

static const char journal[] = "0123456789abcdef0123456789abcdef";
static const char other_journal[] = "ffffffffffffffffffffffffffffffff";

struct bench {
    char folder[64];
    char path[128];
    struct line_file_options options;
    struct sink sink;
    uint64_t applied; /* as the pump would know it */
    struct diag why;
};

static void prepare(struct bench *bench)
{
    *bench = (struct bench){.folder = "/tmp/basictap-lines-XXXXXX"};
    assert_non_null(mkdtemp(bench->folder));
    (void)snprintf(bench->path, sizeof(bench->path), "%s/findings.log", bench->folder);
    bench->options = (struct line_file_options){
        .path = bench->path, .format = FORMATTER_ECS, .keep = 3, .no_sync = true};
}

static void open_sink(struct bench *bench, const char *journal_id)
{
    assert_true(line_file_sink_open(&bench->options, &bench->sink, &bench->why));
    assert_int_equal(bench->sink.type->resume(bench->sink.self, journal_id, &bench->applied,
                                              UINT64_MAX, &bench->why),
                     SINK_DONE);
}

static void close_sink(struct bench *bench)
{
    bench->sink.type->close(bench->sink.self);
}

static void finish(struct bench *bench)
{
    DIR *folder = opendir(bench->folder);
    const struct dirent *entry;

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    (void)closedir(folder);
    assert_int_equal(rmdir(bench->folder), 0);
}

/* Logins first to last, as one batch. */
static void put(struct bench *bench, unsigned first, unsigned last)
{
    struct numbered numbered;
    size_t taken;

    numbered_init(&numbered);
    numbered_logins(&numbered, first, last);
    assert_int_equal(numbered_write(&bench->sink, &numbered, &taken, &bench->why), SINK_DONE);
    assert_int_equal(taken, last - first + 1);
    bench->applied = last;
    numbered_clear(&numbered);
}

static char *contents(const struct bench *bench, const char *suffix)
{
    static char text[1 << 20];
    char path[192];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s%s", bench->path, suffix);
    file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

/* The file holds exactly the logins first to last, in order; last 0: no line. */
static void expect(const struct bench *bench, const char *suffix, unsigned first, unsigned last)
{
    char *at = contents(bench, suffix);
    unsigned next = first;

    assert_non_null(at);
    while (*at != '\0') {
        uint64_t sequence;
        char *end = strchr(at, '\n');

        assert_non_null(end);
        assert_true(formatter_find_sequence(bench->options.format,
                                            bytes_view(at, (size_t)(end - at)), &sequence));
        assert_int_equal(sequence, next++);
        at = end + 1;
    }
    assert_int_equal(next, last + 1);
}

static void append(const struct bench *bench, const char *text)
{
    FILE *file = fopen(bench->path, "ae");

    assert_non_null(file);
    (void)fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void records_become_lines(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    open_sink(&bench, journal);
    put(&bench, 1, 3);
    put(&bench, 4, 4);
    close_sink(&bench);
    expect(&bench, "", 1, 4);
    assert_memory_equal(contents(&bench, ""), "{\"@timestamp\":\"2026-11-21T08:00:01", 34);
    finish(&bench);
}

/* The cursor is written a second after the lines: killed in between, the lines know better. */
static void what_is_written_is_not_written_again(void **state)
{
    static const enum formatter_kind kinds[] = {FORMATTER_ECS, FORMATTER_OCSF, FORMATTER_CEF};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bench bench;

        prepare(&bench);
        bench.options.format = kinds[i];
        open_sink(&bench, journal);
        put(&bench, 1, 5);
        close_sink(&bench);
        bench.applied = 2;
        open_sink(&bench, journal);
        assert_int_equal(bench.applied, 5);
        put(&bench, 6, 6);
        close_sink(&bench);
        expect(&bench, "", 1, 6);
        finish(&bench);
    }
}

static void a_line_that_was_cut_is_written_again(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    open_sink(&bench, journal);
    put(&bench, 1, 3);
    close_sink(&bench);
    assert_int_equal(truncate(bench.path, (off_t)strlen(contents(&bench, "")) - 40), 0);
    open_sink(&bench, journal);
    assert_int_equal(bench.applied, 2);
    put(&bench, 3, 4);
    close_sink(&bench);
    expect(&bench, "", 1, 4);
    finish(&bench);
}

static void lines_that_were_there_stay(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    append(&bench, "by hand, without an end");
    bench.applied = 7;
    open_sink(&bench, journal);
    assert_int_equal(bench.applied, 7); /* its numbers are none of ours */
    put(&bench, 8, 8);
    close_sink(&bench);
    assert_memory_equal(contents(&bench, ""), "by hand, without an end\n{\"@timestamp\"", 37);
    finish(&bench);
}

static void another_journal_counts_anew(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    open_sink(&bench, journal);
    put(&bench, 1, 5);
    close_sink(&bench);
    bench.applied = 0;
    open_sink(&bench, other_journal);
    assert_int_equal(bench.applied, 0);
    put(&bench, 1, 1);
    close_sink(&bench);
    bench.applied = 0;
    open_sink(&bench, other_journal);
    assert_int_equal(bench.applied, 1);
    close_sink(&bench);
    finish(&bench);
}

static void a_file_that_was_moved_away_is_begun_anew(void **state)
{
    struct bench bench;
    char moved[192];

    (void)state;
    prepare(&bench);
    (void)snprintf(moved, sizeof(moved), "%s.moved", bench.path);
    open_sink(&bench, journal);
    put(&bench, 1, 2);
    assert_int_equal(rename(bench.path, moved), 0);
    put(&bench, 3, 3); /* until we are told, it is the file that we know */
    bench.sink.type->reopen(bench.sink.self);
    put(&bench, 4, 5);
    close_sink(&bench);
    expect(&bench, ".moved", 1, 3);
    expect(&bench, "", 4, 5);
    /* and nothing comes again after a restart */
    assert_int_equal(unlink(bench.path), 0);
    open_sink(&bench, journal);
    assert_int_equal(bench.applied, 5);
    close_sink(&bench);
    finish(&bench);
}

static void a_file_that_was_emptied_goes_on(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    append(&bench, "earlier\n");
    open_sink(&bench, journal);
    put(&bench, 1, 2);
    close_sink(&bench);
    assert_int_equal(truncate(bench.path, 0), 0);
    open_sink(&bench, journal);
    assert_int_equal(bench.applied, 2);
    put(&bench, 3, 3);
    close_sink(&bench);
    expect(&bench, "", 3, 3);
    finish(&bench);
}

static void a_file_is_written_by_one_process(void **state)
{
    struct bench bench;
    struct sink other;
    uint64_t applied = 0;

    (void)state;
    prepare(&bench);
    open_sink(&bench, journal);
    put(&bench, 1, 1);
    assert_true(line_file_sink_open(&bench.options, &other, &bench.why));
    assert_int_equal(other.type->resume(other.self, journal, &applied, UINT64_MAX, &bench.why),
                     SINK_RETRY);
    assert_string_equal(bench.why.text, "another process writes it");
    close_sink(&bench);
    assert_int_equal(other.type->resume(other.self, journal, &applied, UINT64_MAX, &bench.why),
                     SINK_DONE);
    assert_int_equal(applied, 1);
    other.type->close(other.self);
    finish(&bench);
}

static void another_format_goes_on_behind_the_first(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    open_sink(&bench, journal);
    put(&bench, 1, 3);
    close_sink(&bench);
    bench.options.format = FORMATTER_CEF;
    open_sink(&bench, journal);
    assert_int_equal(bench.applied, 3);
    put(&bench, 4, 4);
    close_sink(&bench);
    bench.applied = 3;
    open_sink(&bench, journal);
    assert_int_equal(bench.applied, 4);
    close_sink(&bench);
    finish(&bench);
}

/* logrotate's copytruncate: what is written next stands at the beginning, and nothing of zeros. */
static void a_file_that_is_emptied_under_way_goes_on(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    open_sink(&bench, journal);
    put(&bench, 1, 3);
    assert_int_equal(truncate(bench.path, 0), 0);
    put(&bench, 4, 5);
    expect(&bench, "", 4, 5);
    close_sink(&bench);
    finish(&bench);
}

static void files_are_rotated_by_size(void **state)
{
    struct bench bench;
    size_t line;

    (void)state;
    prepare(&bench);
    open_sink(&bench, journal);
    put(&bench, 1, 1);
    line = strlen(contents(&bench, ""));
    close_sink(&bench);
    bench.options.max_bytes = 2 * line + line / 2;
    open_sink(&bench, journal);
    put(&bench, 2, 9);
    expect(&bench, "", 9, 9);
    expect(&bench, ".1", 7, 8);
    expect(&bench, ".2", 5, 6);
    expect(&bench, ".3", 3, 4);
    assert_null(contents(&bench, ".4")); /* keep: 3 */
    close_sink(&bench);
    finish(&bench);
}

/* 08:00:01 and later are in the hour that the first one is in. */
static void files_are_rotated_by_packet_time(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    bench.options.hours = 1;
    open_sink(&bench, journal);
    put(&bench, 3597, 3602); /* 09:00:00.25 is the fourth */
    close_sink(&bench);
    expect(&bench, ".1", 3597, 3599);
    expect(&bench, "", 3600, 3602);
    open_sink(&bench, journal); /* also across a restart */
    put(&bench, 3603, 3603);
    expect(&bench, "", 3600, 3603);
    put(&bench, 1, 2); /* time went back: no earlier file is opened again */
    put(&bench, 7200, 7200);
    expect(&bench, "", 7200, 7200);
    close_sink(&bench);
    finish(&bench);
}

/* The state is written first: whatever of the rest was not done, nothing comes twice. */
static void a_crash_while_rotating_loses_and_doubles_nothing(void **state)
{
    struct bench bench;
    char fresh[192];
    char old[192];

    (void)state;
    prepare(&bench);
    (void)snprintf(fresh, sizeof(fresh), "%s.new", bench.path);
    (void)snprintf(old, sizeof(old), "%s.1", bench.path);
    bench.options.hours = 1;
    open_sink(&bench, journal);
    put(&bench, 3598, 3600);
    close_sink(&bench);
    /* as if the two renames, and the writes behind them, had not come */
    assert_int_equal(rename(bench.path, fresh), 0);
    assert_int_equal(truncate(fresh, 0), 0);
    assert_int_equal(rename(old, bench.path), 0);
    bench.applied = 3597; /* the cursor is older still */
    open_sink(&bench, journal);
    assert_int_equal(bench.applied, 3599);
    put(&bench, 3600, 3601);
    close_sink(&bench);
    expect(&bench, "", 3598, 3601);
    finish(&bench);
}

static void a_folder_that_is_missing_is_waited_for(void **state)
{
    struct bench bench;
    char path[192];

    (void)state;
    prepare(&bench);
    (void)snprintf(path, sizeof(path), "%s/none/findings.log", bench.folder);
    bench.options.path = path;
    assert_true(line_file_sink_open(&bench.options, &bench.sink, &bench.why));
    assert_int_equal(
        bench.sink.type->resume(bench.sink.self, journal, &bench.applied, UINT64_MAX, &bench.why),
        SINK_RETRY);
    assert_string_equal(bench.why.text, "No such file or directory");
    close_sink(&bench);
    finish(&bench);
}

/* A limit of the process stands for the disk's: the write that meets it is cut short. */
static void a_disk_that_fills_leaves_no_torn_line(void **state)
{
    struct bench bench;
    struct numbered numbered;
    struct rlimit before;
    struct rlimit small;
    size_t taken;
    long size;

    (void)state;
    prepare(&bench);
    open_sink(&bench, journal);
    put(&bench, 1, 2);
    size = (long)strlen(contents(&bench, ""));
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = (rlim_t)size + 100;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    numbered_init(&numbered);
    numbered_logins(&numbered, 3, 5);
    assert_int_equal(numbered_write(&bench.sink, &numbered, &taken, &bench.why), SINK_RETRY);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(taken, 0);
    assert_string_equal(bench.why.text, "File too large");
    expect(&bench, "", 1, 2);
    assert_int_equal(
        bench.sink.type->resume(bench.sink.self, journal, &bench.applied, UINT64_MAX, &bench.why),
        SINK_DONE);
    assert_int_equal(bench.applied, 2);
    put(&bench, 3, 5);
    expect(&bench, "", 1, 5);
    numbered_clear(&numbered);
    close_sink(&bench);
    finish(&bench);
}

static void a_device_is_no_file(void **state)
{
    struct bench bench;

    (void)state;
    prepare(&bench);
    bench.options.path = "/dev/null";
    assert_true(line_file_sink_open(&bench.options, &bench.sink, &bench.why));
    assert_int_equal(
        bench.sink.type->resume(bench.sink.self, journal, &bench.applied, UINT64_MAX, &bench.why),
        SINK_RETRY);
    assert_string_equal(bench.why.text, "not a regular file");
    close_sink(&bench);
    finish(&bench);
}

static void the_same_records_make_the_same_files(void **state)
{
    struct bench bench;
    char *first;

    (void)state;
    prepare(&bench);
    bench.options.hours = 1;
    open_sink(&bench, journal);
    put(&bench, 3500, 3700);
    close_sink(&bench);
    first = strdup(contents(&bench, ".1"));
    finish(&bench);
    prepare(&bench);
    bench.options.hours = 1;
    open_sink(&bench, other_journal);
    for (unsigned i = 3500; i <= 3700; i++) {
        put(&bench, i, i);
    }
    close_sink(&bench);
    assert_string_equal(contents(&bench, ".1"), first);
    free(first);
    finish(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_become_lines),
        cmocka_unit_test(what_is_written_is_not_written_again),
        cmocka_unit_test(a_line_that_was_cut_is_written_again),
        cmocka_unit_test(lines_that_were_there_stay),
        cmocka_unit_test(another_journal_counts_anew),
        cmocka_unit_test(a_file_that_was_moved_away_is_begun_anew),
        cmocka_unit_test(a_file_that_was_emptied_goes_on),
        cmocka_unit_test(a_file_is_written_by_one_process),
        cmocka_unit_test(another_format_goes_on_behind_the_first),
        cmocka_unit_test(a_file_that_is_emptied_under_way_goes_on),
        cmocka_unit_test(files_are_rotated_by_size),
        cmocka_unit_test(files_are_rotated_by_packet_time),
        cmocka_unit_test(a_crash_while_rotating_loses_and_doubles_nothing),
        cmocka_unit_test(a_folder_that_is_missing_is_waited_for),
        cmocka_unit_test(a_disk_that_fills_leaves_no_torn_line),
        cmocka_unit_test(a_device_is_no_file),
        cmocka_unit_test(the_same_records_make_the_same_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
