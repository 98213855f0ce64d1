#include "export/sink/redis_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/sink/redis.h"

enum {
    BATCH_RECORDS = 128,
    BATCH_BYTES = 1024 * 1024,
    TIMEOUT_MS = 5000,
    MAX_PREFIX = 128,
};

struct redis_sink {
    struct redis_options options;
    struct redis *redis; /* NULL: not connected */
    /* Answers to the last batch: a refusal ends a write, and what comes after it was answered too.
     */
    enum redis_answer answers[BATCH_RECORDS];
    size_t num_answers;
    size_t num_told; /* of these */
    struct diag refusal;
};

static enum sink_result disconnect(struct redis_sink *sink)
{
    redis_close(sink->redis);
    sink->redis = NULL;
    return SINK_RETRY;
}

static bool connect_if_needed(struct redis_sink *sink, struct diag *why)
{
    enum redis_answer answer;

    if (sink->redis == NULL) {
        sink->redis = redis_open(&sink->options, &answer, why);
    }
    return sink->redis != NULL;
}

/* Sends as many as make a batch, and reads their answers. False: lost on the way, and what has no
 * answer is to be sent again. */
static bool send_batch(struct redis_sink *sink, const struct record *const *records, size_t num,
                       struct diag *why)
{
    size_t sent = 0;

    sink->num_answers = 0;
    sink->num_told = 0;
    while (sent < num && sent < BATCH_RECORDS && redis_batch_size(sink->redis) < BATCH_BYTES &&
           redis_add_finding(sink->redis, records[sent])) {
        sent++;
    }
    if (sent == 0 || !redis_send(sink->redis, why)) {
        return false;
    }
    while (sink->num_answers < sent) {
        struct diag words = {0};
        enum redis_answer answer = redis_answer(sink->redis, &words);

        if (answer == REDIS_REFUSED) {
            sink->refusal = words;
        } else if (answer != REDIS_DONE) {
            *why = words;
            return false;
        }
        sink->answers[sink->num_answers++] = answer;
    }
    return true;
}

/* Hands on what was answered, up to the first refusal. */
static enum sink_result tell_answers(struct redis_sink *sink, size_t *taken, struct diag *why)
{
    while (sink->num_told < sink->num_answers) {
        if (sink->answers[sink->num_told++] == REDIS_REFUSED) {
            *why = sink->refusal;
            return SINK_DROP;
        }
        (*taken)++;
    }
    return SINK_DONE;
}

static enum sink_result write_records(void *self, const struct record *const *records, size_t num,
                                      uint64_t deadline_ns, size_t *taken, struct diag *why)
{
    struct redis_sink *sink = self;
    enum sink_result result = tell_answers(sink, taken, why);

    (void)deadline_ns; /* each wait has its own end: see redis_options */
    while (result == SINK_DONE && *taken < num) {
        struct diag trouble = {.text = "out of memory"};
        bool is_whole = connect_if_needed(sink, &trouble) &&
                        send_batch(sink, records + *taken, num - *taken, &trouble);

        if (!is_whole) {
            (void)disconnect(sink);
        }
        result = tell_answers(sink, taken, why);
        if (result == SINK_DONE && !is_whole) {
            *why = trouble;
            return SINK_RETRY;
        }
    }
    return result;
}

static enum sink_result write_state(void *self, const struct record *state, uint64_t deadline_ns,
                                    struct diag *why)
{
    struct redis_sink *sink = self;

    (void)deadline_ns;
    diag_set(why, "out of memory");
    if (!connect_if_needed(sink, why)) {
        return SINK_RETRY;
    }
    if (!redis_add_state(sink->redis, state) || !redis_send(sink->redis, why)) {
        return disconnect(sink);
    }
    switch (redis_answer(sink->redis, why)) {
    case REDIS_DONE:
        return SINK_DONE;
    case REDIS_REFUSED:
        return SINK_DROP;
    case REDIS_LATER:
    case REDIS_DENIED:
    case REDIS_LOST:
        break;
    }
    return disconnect(sink);
}

static void close_sink(void *self)
{
    struct redis_sink *sink = self;

    redis_close(sink->redis);
    free(sink);
}

static const struct sink_type redis_type = {
    .word = "redis",
    .max_records = 8 * BATCH_RECORDS,
    .max_bytes = 8 * BATCH_BYTES,
    .timeout_ms = TIMEOUT_MS,
    .write = write_records,
    .state = write_state,
    .close = close_sink,
};

static bool configure(struct redis_options *to, const struct exporter_options *options,
                      const struct sink_host *host, struct diag *diag)
{
    *to = (struct redis_options){
        .password = options->redis_password,
        .prefix = options->redis_prefix != NULL ? options->redis_prefix : "basictap:v1",
        .sensor = host->identity.observer_name != NULL ? host->identity.observer_name : "",
        .stream_max = options->redis_stream_max > 0 ? options->redis_stream_max : 1000000,
        .list = options->redis_list,
        .live = options->redis_live,
        .timeout_ms = options->redis_timeout_ms > 0 ? options->redis_timeout_ms : TIMEOUT_MS,
        .cancel_fd = host->cancel_fd,
    };
    if (strlen(to->prefix) > MAX_PREFIX) {
        diag_set(diag, "redis: the prefix is longer than %d bytes", MAX_PREFIX);
        return false;
    }
    return redis_url_parse(options->redis_url, &to->url, diag);
}

bool redis_sink_open(const struct exporter_options *options, const struct sink_host *host,
                     struct sink *sink, struct diag *diag)
{
    struct redis_sink *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        diag_set(diag, "out of memory");
        return false;
    }
    if (!configure(&made->options, options, host, diag)) {
        free(made);
        return false;
    }
    *sink = (struct sink){.type = &redis_type, .self = made};
    (void)snprintf(sink->name, sizeof(sink->name), "redis %s/%s %s", made->options.url.place,
                   made->options.url.database, made->options.prefix);
    return true;
}
