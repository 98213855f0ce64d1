/* redis_bench: an exporter, a redis-server of its own, and what on_message was told. */
#ifndef BASICTAP_TESTS_EXPORT_SINK_REDIS_BENCH_H
#define BASICTAP_TESTS_EXPORT_SINK_REDIS_BENCH_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/export/sample.h"
#include "tests/support/port.h"
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

static inline void on_message(void *ctx, const char *words)
{
    struct told *told = ctx;
    size_t len;

    (void)pthread_mutex_lock(&told->lock);
    len = strlen(told->words);
    (void)snprintf(told->words + len, sizeof(told->words) - len, "%s\n", words);
    told->num++;
    (void)pthread_mutex_unlock(&told->lock);
}

static inline unsigned times_told(struct bench *bench, const char *words)
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

static inline bool comes_to_be_told(struct bench *bench, const char *words)
{
    for (int i = 0; i < 100; i++) {
        if (times_told(bench, words) > 0) {
            return true;
        }
        (void)usleep(50000);
    }
    return false;
}

static inline void prepare(struct bench *bench, const char *password)
{
    *bench = (struct bench){.told = {.lock = PTHREAD_MUTEX_INITIALIZER}};
    if (!redis_server_prepare(&bench->server, password)) {
        print_message("redis-server is not installed\n");
        skip();
    }
    bench->options = (struct exporter_options){.identity = {"tap-1", "0.1.0"},
                                               .redis = {.url = bench->server.url},
                                               .on_message = on_message,
                                               .ctx = &bench->told};
}

static inline void open_exporter(struct bench *bench)
{
    struct diag diag = {0};

    bench->exporter = exporter_open(&bench->options, &diag);
    assert_string_equal(diag.text, "");
    assert_non_null(bench->exporter);
}

static inline void start(struct bench *bench)
{
    prepare(bench, "");
    redis_server_start(&bench->server);
    open_exporter(bench);
}

static inline void finish(struct bench *bench)
{
    exporter_close(bench->exporter);
    redis_server_clear(&bench->server);
}

static inline void put(struct bench *bench, const struct sample *sample)
{
    exporter_put(bench->exporter, &sample_schema, sample);
}

static inline void put_logins(struct bench *bench, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct sample sample = sample_login(i);

        put(bench, &sample);
    }
}

static inline struct exporter_stats stats_of(struct bench *bench)
{
    struct exporter_stats stats;

    exporter_stats(bench->exporter, &stats);
    return stats;
}

static inline void expect(struct bench *bench, const char *command, const char *answer)
{
    assert_string_equal(redis_server_ask(&bench->server, command), answer);
}

#endif
