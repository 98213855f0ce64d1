/* redis_load: findings at a steady pace from a thread of their own, and what a stream has of them.
 */
#ifndef BASICTAP_TESTS_EXPORT_SINK_REDIS_LOAD_H
#define BASICTAP_TESTS_EXPORT_SINK_REDIS_LOAD_H

#include <stdatomic.h>

#include "tests/export/sink/redis_bench.h"

enum { TICK_MS = 10, CHUNK = 4000, MAX_FINDINGS = 5000 * 600 };

struct putter {
    struct bench *bench;
    pthread_t thread;
    unsigned per_second;
    unsigned seconds;
    unsigned num; /* findings, in the end */
    atomic_bool ended;
};

static inline double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void *put_all(void *of)
{
    struct putter *putter = of;
    unsigned total = putter->per_second * putter->seconds;
    double begun = now_s();

    while (putter->num < total) {
        unsigned due = (unsigned)((now_s() - begun) * putter->per_second);

        due = due < total ? due : total;
        put_logins(putter->bench, putter->num, due);
        putter->num = due;
        (void)usleep(TICK_MS * 1000);
    }
    putter->ended = true;
    return NULL;
}

/* The event.ids of the stream from an entry on, a line each, and the entry to go on from. */
static const char chunk_script[] =
    "\"local out={} for _,e in ipairs(redis.call('XRANGE',KEYS[1],ARGV[1],'+','COUNT',ARGV[2])) "
    "do for i=1,#e[2],2 do if e[2][i]=='event.id' then table.insert(out,e[2][i+1]) end end "
    "out.last='('..e[1] end table.insert(out,1,out.last or 'end') return out\"";

static inline void count_entries(const struct redis_server *server, const char *stream,
                                 uint8_t *times)
{
    char from[64] = "-";

    while (strcmp(from, "end") != 0) {
        char command[800];
        const char *line;

        (void)snprintf(command, sizeof(command), "EVAL %s 1 %s '%s' %d", chunk_script, stream, from,
                       CHUNK);
        line = redis_server_ask(server, command);
        (void)snprintf(from, sizeof(from), "%.*s", (int)strcspn(line, "\n"), line);
        while ((line = strchr(line, '\n')) != NULL) {
            unsigned long id = strtoul(++line, NULL, 16);

            assert_true(id < MAX_FINDINGS);
            times[id]++;
        }
    }
}

static inline void expect_each_once(const struct redis_server *server, const char *stream,
                                    unsigned num)
{
    uint8_t *times = calloc(MAX_FINDINGS, 1);
    unsigned lost = 0;
    unsigned doubled = 0;

    assert_non_null(times);
    count_entries(server, stream, times);
    for (unsigned i = 0; i < num; i++) {
        lost += times[i] == 0;
        doubled += times[i] > 1;
    }
    free(times);
    assert_int_equal(lost, 0);
    assert_int_equal(doubled, 0);
}

#endif
