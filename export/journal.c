#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "export/clock.h"
#include "export/journal_part.h"

enum { PATIENCE_S = 10 }; /* how long a replay waits for a disk that is in trouble */
static const uint64_t second_ns = 1000000000u;

/* ---- opening and closing ---- */

/* Signals are for the main thread. */
static bool start_thread(struct journal *journal)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    journal->has_thread = pthread_create(&journal->thread, NULL, journal_write_on, journal) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return journal->has_thread;
}

static struct journal *make(const struct journal_options *options, struct diag *diag)
{
    struct journal *journal = calloc(1, sizeof(*journal));
    size_t records = options->queue_records > 0 ? options->queue_records : 65536;
    size_t bytes = options->queue_bytes > 0 ? options->queue_bytes : 128u << 20;

    if (journal != NULL && options->path != NULL) {
        journal->path = strdup(options->path);
    }
    if (journal == NULL || (options->path != NULL && journal->path == NULL) ||
        !queue_init(&journal->queue, records, bytes)) {
        diag_set(diag, "out of memory");
        free(journal != NULL ? journal->path : NULL);
        free(journal);
        return NULL;
    }
    journal->options = *options;
    journal->options.path = journal->path;
    (void)text_copy(journal->sensor, sizeof(journal->sensor),
                    options->sensor != NULL ? options->sensor : "");
    (void)pthread_mutex_init(&journal->reading, NULL);
    (void)pthread_mutex_init(&journal->lock, NULL);
    clock_init_condition(&journal->filled);
    clock_init_condition(&journal->changed);
    return journal;
}

struct journal *journal_open(const struct journal_options *options, struct diag *diag)
{
    struct journal *journal = make(options, diag);
    enum store_result result;

    if (journal == NULL) {
        return NULL;
    }
    result = journal_open_file(journal, diag);
    if (result == STORE_REFUSED || (result != STORE_OK && options->path == NULL)) {
        journal_close(journal);
        return NULL;
    }
    if (result != STORE_OK) {
        journal_on_trouble(journal, diag->text); /* a disk may get well */
    }
    if (!start_thread(journal)) {
        diag_set(diag, "journal: no thread");
        journal_close(journal);
        return NULL;
    }
    return journal;
}

struct journal *journal_open_reader(const char *path, struct diag *diag)
{
    struct journal *journal = make(&(struct journal_options){.path = path}, diag);

    if (journal == NULL) {
        return NULL;
    }
    if (store_open(path, STORE_READS, &journal->reader, diag) != STORE_OK) {
        journal_close(journal);
        return NULL;
    }
    (void)store_get(journal->reader, "id", journal->id, sizeof(journal->id));
    (void)store_get(journal->reader, "sensor", journal->sensor, sizeof(journal->sensor));
    journal->stats.last = store_last(journal->reader);
    journal->stats.first = store_first(journal->reader);
    return journal;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&journal->lock);
    journal->stop = true;
    (void)pthread_cond_broadcast(&journal->filled);
    (void)pthread_cond_broadcast(&journal->changed);
    (void)pthread_mutex_unlock(&journal->lock);
    if (journal->has_thread) {
        (void)pthread_join(journal->thread, NULL);
    }
    if (journal->writer != NULL && journal->trouble[0] == '\0') {
        (void)store_set(journal->writer, "clean", "1");
    }
    journal_close_file(journal);
    queue_clear(&journal->queue);
    (void)pthread_cond_destroy(&journal->filled);
    (void)pthread_cond_destroy(&journal->changed);
    (void)pthread_mutex_destroy(&journal->lock);
    (void)pthread_mutex_destroy(&journal->reading);
    free(journal->path);
    free(journal);
}

const char *journal_id(const struct journal *journal)
{
    return journal->id;
}

const char *journal_sensor(const struct journal *journal)
{
    return journal->sensor;
}

/* ---- putting ---- */

/* A replay waits for a slow disk, and a while for one in trouble. */
static bool may_wait(const struct journal *journal)
{
    return journal->options.waits &&
           (journal->trouble_since_ns == 0 ||
            clock_now_ns() - journal->trouble_since_ns < PATIENCE_S * second_ns);
}

void journal_put(struct journal *journal, struct record *record)
{
    char words[128] = "";
    bool is_put = false;

    (void)pthread_mutex_lock(&journal->lock);
    while (record != NULL && !(is_put = queue_put(&journal->queue, record)) && may_wait(journal)) {
        struct timespec soon = clock_in(second_ns);

        (void)pthread_cond_timedwait(&journal->changed, &journal->lock, &soon);
    }
    journal->stats.lost += !is_put;
    if (!is_put && record != NULL && !journal->full_told) {
        journal->full_told = true;
        (void)snprintf(words, sizeof(words),
                       "journal: the queue is full (%zu records wait): new ones are lost",
                       journal->queue.num);
    }
    if (journal->queue.num == 1 || journal->queue.num % JOURNAL_BATCH == 0 ||
        journal->queue.num > journal->queue.max_records / 2) {
        (void)pthread_cond_signal(&journal->filled);
    }
    (void)pthread_mutex_unlock(&journal->lock);
    if (!is_put) {
        record_free(record);
    }
    if (words[0] != '\0') {
        journal_tell(journal, words);
    }
}

bool journal_flush(struct journal *journal, unsigned deadline_ms)
{
    struct timespec until = clock_in(deadline_ms * UINT64_C(1000000));
    int timed_out = 0;
    bool is_empty;

    (void)pthread_mutex_lock(&journal->lock);
    journal->hurry = deadline_ms > 0;
    (void)pthread_cond_signal(&journal->filled);
    while (deadline_ms > 0 && journal->queue.num > 0 && (timed_out == 0 || may_wait(journal))) {
        until = timed_out == 0 ? until : clock_in(second_ns);
        timed_out = pthread_cond_timedwait(&journal->changed, &journal->lock, &until);
    }
    journal->hurry = false;
    is_empty = journal->queue.num == 0;
    (void)pthread_mutex_unlock(&journal->lock);
    return is_empty;
}

void journal_stats(struct journal *journal, struct journal_stats *stats)
{
    (void)pthread_mutex_lock(&journal->lock);
    *stats = journal->stats;
    stats->waiting = journal->queue.num;
    (void)pthread_mutex_unlock(&journal->lock);
}

/* ---- reading ---- */

static struct store *store_to_read(struct journal *journal)
{
    return journal->options.path != NULL ? journal->reader : journal->writer;
}

static uint64_t last_of(struct journal *journal)
{
    uint64_t last;

    (void)pthread_mutex_lock(&journal->lock);
    last = journal->stats.last;
    (void)pthread_mutex_unlock(&journal->lock);
    return last;
}

size_t journal_read(struct journal *journal, uint64_t after, struct record **records, size_t max,
                    size_t max_bytes, uint64_t *through)
{
    struct store_page page = {.after = after,
                              .max = max < JOURNAL_MAX_READ ? max : JOURNAL_MAX_READ,
                              .max_bytes = max_bytes};
    enum store_result result = STORE_TROUBLE;
    struct store *store;
    uint64_t last;

    (void)pthread_mutex_lock(&journal->reading);
    last = last_of(journal);
    store = store_to_read(journal);
    if (store != NULL) {
        result = store_read(store, &page, records);
    }
    if (result == STORE_DAMAGED) { /* what was read before is sound */
        (void)pthread_mutex_lock(&journal->lock);
        journal->is_damaged = true;
        (void)pthread_mutex_unlock(&journal->lock);
    }
    (void)pthread_mutex_unlock(&journal->reading);
    *through = page.num > 0 ? record_sequence(records[page.num - 1]) : after;
    if (result == STORE_OK && page.is_last && last > *through) {
        *through = last;
    }
    return page.num;
}

bool journal_wait(struct journal *journal, uint64_t after, unsigned timeout_ms, uint64_t *wakes)
{
    struct timespec until = clock_in(timeout_ms * UINT64_C(1000000));
    int timed_out = 0;
    bool is_there;

    (void)pthread_mutex_lock(&journal->lock);
    while (journal->stats.last <= after && journal->wakes == *wakes && timed_out == 0) {
        timed_out = pthread_cond_timedwait(&journal->changed, &journal->lock, &until);
    }
    *wakes = journal->wakes;
    is_there = journal->stats.last > after;
    (void)pthread_mutex_unlock(&journal->lock);
    return is_there;
}

void journal_wake(struct journal *journal)
{
    (void)pthread_mutex_lock(&journal->lock);
    journal->wakes++;
    (void)pthread_cond_broadcast(&journal->changed);
    (void)pthread_mutex_unlock(&journal->lock);
}

uint64_t journal_behind(const struct journal_stats *stats, uint64_t after)
{
    if (stats->first > 0 && after < stats->first - 1) {
        after = stats->first - 1;
    }
    return stats->last > after ? stats->last - after : 0;
}

uint64_t journal_cursor(struct journal *journal, const char *sink)
{
    uint64_t sequence = 0;
    struct cursor *cursor;
    struct store *store;

    (void)pthread_mutex_lock(&journal->reading);
    store = store_to_read(journal);
    (void)pthread_mutex_lock(&journal->lock);
    cursor = journal_find_cursor(journal, sink);
    if (cursor != NULL) {
        sequence = cursor->sequence;
    } else if (store != NULL) {
        (void)store_cursor(store, sink, &sequence);
    }
    (void)pthread_mutex_unlock(&journal->lock);
    (void)pthread_mutex_unlock(&journal->reading);
    return sequence;
}

void journal_set_cursor(struct journal *journal, const char *sink, uint64_t sequence)
{
    struct cursor *cursor;

    (void)pthread_mutex_lock(&journal->lock);
    cursor = journal_find_cursor(journal, sink);
    if (cursor == NULL && journal->num_cursors < MAX_CURSORS) {
        cursor = &journal->cursors[journal->num_cursors++];
        (void)text_copy(cursor->sink, sizeof(cursor->sink), sink);
    }
    if (cursor != NULL) {
        cursor->sequence = sequence;
        cursor->is_new = true;
    }
    (void)pthread_mutex_unlock(&journal->lock);
}

bool journal_each_fact(struct journal *journal, journal_fact_fn *on_fact, void *ctx,
                       struct diag *diag)
{
    struct store *store;
    enum store_result result;

    (void)pthread_mutex_lock(&journal->reading);
    store = store_to_read(journal);
    result = store != NULL ? store_each_fact(store, on_fact, ctx) : STORE_TROUBLE;
    if (result != STORE_OK) {
        diag_set(diag, "%s: %s", journal_place(journal),
                 store != NULL ? store_words(store) : "not to be read now");
    }
    (void)pthread_mutex_unlock(&journal->reading);
    return result == STORE_OK;
}
