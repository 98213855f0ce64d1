#include "export/sink/redis_pump.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "export/queue.h"
#include "export/sink/redis.h"

enum {
    BATCH_RECORDS = 128,
    BATCH_BYTES = 1024 * 1024,
    BACK_OFF_FIRST_MS = 250,
    BACK_OFF_MAX_MS = 15000,
    REFUSALS_APART_S = 5, /* at most one message about refused records in that time */
    MAX_PREFIX = 128,
};

struct redis_pump {
    const struct exporter_options *options;
    struct redis_options redis_options;
    pthread_t thread;
    int cancel_fd;

    /* the thread's own */
    struct redis *redis;
    unsigned back_off_ms; /* 0: all is well */
    uint64_t chance;      /* of the jitter */
    char trouble[512];    /* told last; empty: none */
    char refusal[512];    /* told last */
    time_t refused_at;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct queue queue;
    struct record *state;         /* the newest; NULL: none */
    struct record *state_sending; /* the thread has it */
    bool stop;
    bool hurry;     /* do not wait for a better time */
    bool full_told; /* until there is room again */
    uint64_t sent;
    uint64_t given_up;
    size_t left; /* when redis_pump_flush last gave up */
};

static void tell(const struct redis_pump *pump, const char *words)
{
    if (pump->options->on_message != NULL) {
        pump->options->on_message(pump->options->ctx, words);
    }
}

static bool is_idle(const struct redis_pump *pump)
{
    return pump->queue.num == 0 && pump->state == NULL && pump->state_sending == NULL;
}

static struct timespec deadline_in(unsigned ms)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* False: the end has come. */
static bool wait_for_work(struct redis_pump *pump)
{
    bool go;

    (void)pthread_mutex_lock(&pump->lock);
    while (!pump->stop && is_idle(pump)) {
        (void)pthread_cond_wait(&pump->changed, &pump->lock);
    }
    go = !pump->stop;
    (void)pthread_mutex_unlock(&pump->lock);
    return go;
}

/* xorshift64: many sensors that lost the same Redis must not come back all at once. */
static unsigned jittered(struct redis_pump *pump, unsigned ms)
{
    pump->chance ^= pump->chance << 13;
    pump->chance ^= pump->chance >> 7;
    pump->chance ^= pump->chance << 17;
    return ms - ms / 4 + (unsigned)(pump->chance % (ms / 2));
}

static void on_trouble(struct redis_pump *pump, const struct diag *why)
{
    char words[512 + 400];

    redis_close(pump->redis);
    pump->redis = NULL;
    pump->back_off_ms = pump->back_off_ms == 0 ? BACK_OFF_FIRST_MS : 2 * pump->back_off_ms;
    if (pump->back_off_ms > BACK_OFF_MAX_MS) {
        pump->back_off_ms = BACK_OFF_MAX_MS;
    }
    if (strcmp(why->text, pump->trouble) == 0) {
        return;
    }
    (void)snprintf(pump->trouble, sizeof(pump->trouble), "%s", why->text);
    (void)snprintf(words, sizeof(words), "redis: %s: %s; trying again, at most every %u s",
                   pump->redis_options.url.place, why->text, BACK_OFF_MAX_MS / 1000);
    tell(pump, words);
}

static void back_off(struct redis_pump *pump)
{
    struct timespec until = deadline_in(jittered(pump, pump->back_off_ms));
    int timed_out = 0;

    (void)pthread_mutex_lock(&pump->lock);
    while (!pump->stop && !pump->hurry && timed_out == 0) {
        timed_out = pthread_cond_timedwait(&pump->changed, &pump->lock, &until);
    }
    pump->hurry = false;
    (void)pthread_mutex_unlock(&pump->lock);
}

static void on_well(struct redis_pump *pump)
{
    char words[400];

    if (pump->trouble[0] != '\0') {
        pump->trouble[0] = '\0';
        (void)snprintf(words, sizeof(words), "redis: %s: connected again",
                       pump->redis_options.url.place);
        tell(pump, words);
    }
    pump->back_off_ms = 0;
}

static void on_refusal(struct redis_pump *pump, const struct diag *why)
{
    struct timespec now;
    char words[512 + 64];

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (strcmp(why->text, pump->refusal) == 0 ||
        (pump->refusal[0] != '\0' && now.tv_sec - pump->refused_at < REFUSALS_APART_S)) {
        return;
    }
    pump->refused_at = now.tv_sec;
    (void)snprintf(pump->refusal, sizeof(pump->refusal), "%s", why->text);
    (void)snprintf(words, sizeof(words), "redis: a record is refused and given up: %s", why->text);
    tell(pump, words);
}

static bool connect_if_needed(struct redis_pump *pump)
{
    enum redis_answer why;
    struct diag diag = {0};

    if (pump->redis == NULL) {
        pump->redis = redis_open(&pump->redis_options, &why, &diag);
        if (pump->redis == NULL) {
            on_trouble(pump, &diag);
        }
    }
    return pump->redis != NULL;
}

/* Puts a batch together: the state, if there is one, then findings; how many of these. They stay in
 * the queue, and nobody but this thread releases them. */
static size_t fill_batch(struct redis_pump *pump)
{
    const struct record *record;
    const struct record *batch[BATCH_RECORDS];
    size_t num = 0;
    size_t added = 0;

    (void)pthread_mutex_lock(&pump->lock);
    if (pump->state != NULL) {
        record_free(pump->state_sending);
        pump->state_sending = pump->state;
        pump->state = NULL;
    }
    while (num < BATCH_RECORDS && (record = queue_peek(&pump->queue, num)) != NULL) {
        batch[num++] = record;
    }
    (void)pthread_mutex_unlock(&pump->lock);
    if (pump->state_sending != NULL && !redis_add_state(pump->redis, pump->state_sending)) {
        return 0;
    }
    while (added < num && redis_batch_size(pump->redis) < BATCH_BYTES &&
           redis_add_finding(pump->redis, batch[added])) {
        added++;
    }
    return added;
}

/* One record less, by an answer that is final. */
static void settle(struct redis_pump *pump, bool finding, bool sent)
{
    (void)pthread_mutex_lock(&pump->lock);
    if (finding) {
        queue_release(&pump->queue);
        pump->sent += sent;
        pump->given_up += !sent;
        pump->full_told = pump->full_told && pump->queue.num > pump->queue.max_records / 2;
    } else {
        record_free(pump->state_sending);
        pump->state_sending = NULL;
    }
    if (is_idle(pump)) {
        (void)pthread_cond_broadcast(&pump->changed);
    }
    (void)pthread_mutex_unlock(&pump->lock);
}

/* False: the connection is given up, and what has no answer yet is still in the queue. */
static bool take_answer(struct redis_pump *pump, bool finding)
{
    struct diag diag = {0};
    enum redis_answer answer = redis_answer(pump->redis, &diag);

    if (answer == REDIS_DONE) {
        on_well(pump);
    } else if (answer == REDIS_REFUSED) {
        on_refusal(pump, &diag);
    } else {
        on_trouble(pump, &diag);
        return false;
    }
    settle(pump, finding, answer == REDIS_DONE);
    return true;
}

static bool send_batch(struct redis_pump *pump)
{
    struct diag diag = {.text = "out of memory"};
    size_t num = fill_batch(pump);
    bool with_state = pump->state_sending != NULL;

    if (redis_batch_size(pump->redis) == 0 || !redis_send(pump->redis, &diag)) {
        on_trouble(pump, &diag);
        return false;
    }
    if (with_state && !take_answer(pump, false)) {
        return false;
    }
    for (size_t i = 0; i < num; i++) {
        if (!take_answer(pump, true)) {
            return false;
        }
    }
    return true;
}

static void *run(void *of)
{
    struct redis_pump *pump = of;

    while (wait_for_work(pump)) {
        if (!connect_if_needed(pump) || !send_batch(pump)) {
            back_off(pump);
        }
    }
    redis_close(pump->redis);
    return NULL;
}

static bool configure(struct redis_pump *pump, const struct exporter_options *options,
                      struct diag *diag)
{
    struct redis_options *to = &pump->redis_options;

    *to = (struct redis_options){
        .password = options->redis_password,
        .prefix = options->redis_prefix != NULL ? options->redis_prefix : "basictap:v1",
        .sensor = options->identity.observer_name != NULL ? options->identity.observer_name : "",
        .stream_max = options->redis_stream_max > 0 ? options->redis_stream_max : 1000000,
        .list = options->redis_list,
        .live = options->redis_live,
        .timeout_ms = options->redis_timeout_ms > 0 ? options->redis_timeout_ms : 5000,
        .cancel_fd = pump->cancel_fd,
    };
    if (strlen(to->prefix) > MAX_PREFIX) {
        diag_set(diag, "redis: the prefix is longer than %d bytes", MAX_PREFIX);
        return false;
    }
    return redis_url_parse(options->redis_url, &to->url, diag);
}

/* Signals are for the main thread. */
static bool start_thread(struct redis_pump *pump)
{
    sigset_t all;
    sigset_t before;
    bool started;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&pump->thread, NULL, run, pump) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void init_locks(struct redis_pump *pump)
{
    pthread_condattr_t attributes;

    (void)pthread_mutex_init(&pump->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pump->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

static void clear(struct redis_pump *pump)
{
    if (pump->cancel_fd >= 0) {
        (void)close(pump->cancel_fd);
    }
    queue_clear(&pump->queue);
    record_free(pump->state);
    record_free(pump->state_sending);
    (void)pthread_cond_destroy(&pump->changed);
    (void)pthread_mutex_destroy(&pump->lock);
    free(pump);
}

struct redis_pump *redis_pump_open(const struct exporter_options *options, struct diag *diag)
{
    struct redis_pump *pump = calloc(1, sizeof(*pump));
    size_t records = options->queue_records > 0 ? options->queue_records : 65536;
    size_t bytes = options->queue_bytes > 0 ? options->queue_bytes : 128u << 20;

    if (pump == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    init_locks(pump);
    pump->options = options;
    pump->chance = (uint64_t)deadline_in(0).tv_nsec * 2 + 1; /* never 0 */
    pump->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!configure(pump, options, diag)) {
        clear(pump);
        return NULL;
    }
    if (pump->cancel_fd < 0 || !queue_init(&pump->queue, records, bytes) || !start_thread(pump)) {
        diag_set(diag, "redis: no memory or no thread");
        clear(pump);
        return NULL;
    }
    return pump;
}

void redis_pump_take(struct redis_pump *pump, struct record *record)
{
    bool put;
    bool tell_full;
    char words[128];

    (void)pthread_mutex_lock(&pump->lock);
    put = record != NULL && queue_put(&pump->queue, record);
    pump->given_up += !put;
    tell_full = !put && record != NULL && !pump->full_told;
    pump->full_told = pump->full_told || tell_full;
    (void)pthread_cond_broadcast(&pump->changed);
    (void)snprintf(words, sizeof(words),
                   "redis: the queue is full (%zu records wait): new ones are not sent",
                   pump->queue.num);
    (void)pthread_mutex_unlock(&pump->lock);
    if (!put) {
        record_free(record);
    }
    if (tell_full) {
        tell(pump, words);
    }
}

void redis_pump_take_state(struct redis_pump *pump, struct record *state)
{
    struct record *older;

    if (state == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pump->lock);
    older = pump->state;
    pump->state = state;
    (void)pthread_cond_broadcast(&pump->changed);
    (void)pthread_mutex_unlock(&pump->lock);
    record_free(older);
}

bool redis_pump_flush(struct redis_pump *pump, unsigned deadline_ms)
{
    struct timespec until = deadline_in(deadline_ms);
    int timed_out = 0;
    bool idle;

    (void)pthread_mutex_lock(&pump->lock);
    if (deadline_ms > 0) {
        pump->hurry = true;
        (void)pthread_cond_broadcast(&pump->changed);
    }
    while (deadline_ms > 0 && !is_idle(pump) && timed_out == 0) {
        timed_out = pthread_cond_timedwait(&pump->changed, &pump->lock, &until);
    }
    idle = is_idle(pump);
    pump->left = deadline_ms > 0 ? pump->queue.num : pump->left;
    (void)pthread_mutex_unlock(&pump->lock);
    return idle;
}

void redis_pump_stats(struct redis_pump *pump, struct exporter_stats *stats)
{
    (void)pthread_mutex_lock(&pump->lock);
    stats->sent += pump->sent;
    stats->waiting += pump->queue.num;
    stats->not_sent +=
        pump->given_up + (pump->left < pump->queue.num ? pump->left : pump->queue.num);
    (void)pthread_mutex_unlock(&pump->lock);
}

void redis_pump_close(struct redis_pump *pump)
{
    if (pump == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pump->lock);
    pump->stop = true;
    (void)pthread_cond_broadcast(&pump->changed);
    (void)pthread_mutex_unlock(&pump->lock);
    (void)eventfd_write(pump->cancel_fd, 1);
    (void)pthread_join(pump->thread, NULL);
    clear(pump);
}
