/* store_bench: a journal in a folder of its own, records to put, and what on_message was told. */
#ifndef BASICTAP_TESTS_EXPORT_STORE_BENCH_H
#define BASICTAP_TESTS_EXPORT_STORE_BENCH_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "export/exporter.h"
#include "tests/export/sample.h"
#include "tests/support/test.h"

enum { FLUSH_MS = 20000 };

struct store_bench {
    char folder[64];
    char path[96];
    struct journal_options options;
    struct journal *journal;
    struct record_layout *layout;
};

static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;
static char told[8192];

static inline void on_message(void *ctx, const char *words)
{
    size_t len;

    (void)ctx;
    (void)pthread_mutex_lock(&told_lock);
    len = strlen(told);
    (void)snprintf(told + len, sizeof(told) - len, "%s\n", words);
    (void)pthread_mutex_unlock(&told_lock);
}

static inline unsigned times_told(const char *words)
{
    unsigned num = 0;

    (void)pthread_mutex_lock(&told_lock);
    for (const char *at = told; (at = strstr(at, words)) != NULL; at++) {
        num++;
    }
    (void)pthread_mutex_unlock(&told_lock);
    return num;
}

static inline bool comes_to_be_told(const char *words)
{
    for (int i = 0; i < 400; i++) {
        if (times_told(words) > 0) {
            return true;
        }
        (void)usleep(50000);
    }
    return false;
}

static inline void bench_init(struct store_bench *bench)
{
    static const struct exporter_identity identity = {"tap-1", "0.1.0"};

    *bench = (struct store_bench){.folder = "/tmp/basictap-store-XXXXXX"};
    told[0] = '\0';
    assert_non_null(mkdtemp(bench->folder));
    (void)snprintf(bench->path, sizeof(bench->path), "%s/journal.db", bench->folder);
    bench->options =
        (struct journal_options){.path = bench->path, .sensor = "tap-1", .on_message = on_message};
    bench->layout = record_layout_new(&sample_schema, &identity);
    assert_non_null(bench->layout);
}

static inline void bench_open(struct store_bench *bench)
{
    struct diag diag = {0};

    bench->journal = journal_open(&bench->options, &diag);
    assert_string_equal(diag.text, "");
    assert_non_null(bench->journal);
}

static inline void bench_close(struct store_bench *bench)
{
    journal_close(bench->journal);
    bench->journal = NULL;
}

static inline void bench_clear(struct store_bench *bench)
{
    char command[128];

    bench_close(bench);
    record_layout_free(bench->layout);
    (void)snprintf(command, sizeof(command), "rm -rf %s", bench->folder);
    assert_int_equal(system(command), 0);
}

static inline void bench_put(struct store_bench *bench, const struct sample *sample)
{
    journal_put(bench->journal, record_new_flat(bench->layout, sample));
}

static inline void bench_put_logins(struct store_bench *bench, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct sample sample = sample_login(i);

        bench_put(bench, &sample);
    }
}

static inline struct journal_stats bench_stats(struct store_bench *bench)
{
    struct journal_stats stats;

    journal_stats(bench->journal, &stats);
    return stats;
}

static inline uint64_t bench_behind(struct store_bench *bench, uint64_t after)
{
    struct journal_stats stats = bench_stats(bench);

    return journal_behind(&stats, after);
}

/* How many records are there, whose ids are those of sample_login from a number on, in order. */
static inline unsigned bench_count(struct store_bench *bench, unsigned from)
{
    struct record *records[64];
    uint64_t position = 0;
    unsigned num = 0;
    size_t read;

    do {
        read = journal_read(bench->journal, position, records, 64, SIZE_MAX, &position);
        for (size_t i = 0; i < read; i++) {
            char id[16];

            (void)snprintf(id, sizeof(id), "%08x", from + num++);
            assert_true(bytes_equal(record_find(records[i], "event.id"), bytes_of_text(id)));
            record_free(records[i]);
        }
    } while (read > 0);
    return num;
}

#endif
