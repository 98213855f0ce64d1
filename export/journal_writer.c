/* The thread that writes: batches out of the queue, cursors, and what leaves the journal. */
#include <stdio.h>
#include <string.h>

#include "export/clock.h"
#include "export/journal_part.h"

enum {
    EXPIRE_FINDINGS = 4096, /* that leave in one transaction */
    EXPIRE_EVERY = 1024,    /* written findings */
};
static const uint64_t second_ns = 1000000000u;
static const uint64_t linger_ns = 50000000u; /* how long a lone record waits for company */
static const uint64_t retry_ns = 1000000000u;
static const uint64_t minute_ns = 60000000000u;

static uint64_t wall_s(const struct journal *journal)
{
    return journal->options.wall_s != NULL ? journal->options.wall_s() : 0;
}

static uint64_t max_bytes_of(const struct journal_options *options)
{
    return options->max_bytes > 0 ? options->max_bytes : UINT64_C(1) << 30;
}

struct batch {
    const struct record *records[JOURNAL_BATCH]; /* the queue's, which nobody else releases */
    size_t num;
    struct cursor cursors[MAX_CURSORS];
    size_t num_cursors;
    uint64_t written;
    uint64_t repeats;
    uint64_t refused;
};

/* NULL: not among those that this run has set or asked for. */
struct cursor *journal_find_cursor(struct journal *journal, const char *sink)
{
    for (size_t i = 0; i < journal->num_cursors; i++) {
        if (strcmp(journal->cursors[i].sink, sink) == 0) {
            return &journal->cursors[i];
        }
    }
    return NULL;
}

static bool has_new_cursor(const struct journal *journal)
{
    for (size_t i = 0; i < journal->num_cursors; i++) {
        if (journal->cursors[i].is_new) {
            return true;
        }
    }
    return false;
}

static void take_batch(struct journal *journal, struct batch *batch)
{
    const struct record *record;

    *batch = (struct batch){.num = 0};
    (void)pthread_mutex_lock(&journal->lock);
    while (batch->num < JOURNAL_BATCH &&
           (record = queue_peek(&journal->queue, batch->num)) != NULL) {
        batch->records[batch->num++] = record;
    }
    for (size_t i = 0; i < journal->num_cursors; i++) {
        if (journal->cursors[i].is_new) {
            batch->cursors[batch->num_cursors++] = journal->cursors[i];
        }
    }
    (void)pthread_mutex_unlock(&journal->lock);
}

static enum store_result put_records(struct journal *journal, struct batch *batch)
{
    uint64_t now_s = wall_s(journal);
    enum store_result result = STORE_OK;

    for (size_t i = 0; i < batch->num && result == STORE_OK; i++) {
        bool is_new;

        result = store_put(journal->writer, batch->records[i], now_s, &is_new);
        batch->written += result == STORE_OK && is_new;
        batch->repeats += result == STORE_OK && !is_new;
        if (result ==
            STORE_REFUSED) { /* this one will never fit: the others must not wait for it */
            batch->refused++;
            result = STORE_OK;
        }
    }
    for (size_t i = 0; i < batch->num_cursors && result == STORE_OK; i++) {
        result = store_set_cursor(journal->writer, batch->cursors[i].sink,
                                  batch->cursors[i].sequence, now_s);
    }
    return result;
}

static enum store_result write_batch(struct journal *journal, struct batch *batch)
{
    enum store_result result = store_begin(journal->writer);

    result = result == STORE_OK ? put_records(journal, batch) : result;
    result = result == STORE_OK ? store_commit(journal->writer) : result;
    if (result != STORE_OK) {
        store_rollback(journal->writer);
    }
    return result;
}

static void settle(struct journal *journal, const struct batch *batch)
{
    uint64_t last = store_last(journal->writer);
    uint64_t bytes = store_bytes(journal->writer);

    (void)pthread_mutex_lock(&journal->lock);
    for (size_t i = 0; i < batch->num; i++) {
        queue_release(&journal->queue);
    }
    for (size_t i = 0; i < batch->num_cursors; i++) {
        struct cursor *cursor = journal_find_cursor(journal, batch->cursors[i].sink);

        cursor->is_new = cursor->sequence != batch->cursors[i].sequence;
    }
    journal->stats.written += batch->written;
    journal->stats.repeats += batch->repeats;
    journal->stats.lost += batch->refused;
    journal->stats.last = last;
    journal->stats.bytes = bytes;
    journal->full_told = journal->full_told && journal->queue.num > journal->queue.max_records / 2;
    (void)pthread_cond_broadcast(&journal->changed);
    (void)pthread_mutex_unlock(&journal->lock);
}

/* Makes room, as far as it is needed. */
static enum store_result expire(struct journal *journal)
{
    const struct journal_options *options = &journal->options;
    struct store_limits limits = {
        .now_s = wall_s(journal),
        .max_age_s = options->max_age_s,
        .max_bytes = max_bytes_of(options),
        .max_devices = options->max_devices > 0 ? options->max_devices : 100000,
        .max_findings = EXPIRE_FINDINGS,
    };
    struct store_expired expired = {0};
    enum store_result result = store_expire(journal->writer, &limits, &expired);

    journal->until_expire = expired.findings > 0 ? 0 : EXPIRE_EVERY; /* there may be more */
    journal->expired_ns = clock_now_ns();
    (void)pthread_mutex_lock(&journal->lock);
    journal->stats.expired += expired.findings;
    journal->stats.unread += expired.unread;
    journal->stats.first = store_first(journal->writer);
    (void)pthread_mutex_unlock(&journal->lock);
    return result;
}

static enum store_result work(struct journal *journal, struct batch *batch)
{
    enum store_result result = STORE_OK;

    take_batch(journal, batch);
    if (batch->num > 0 || batch->num_cursors > 0) {
        result = write_batch(journal, batch);
        if (result == STORE_OK) {
            settle(journal, batch);
        }
    }
    journal->until_expire -=
        batch->num < journal->until_expire ? batch->num : journal->until_expire;
    if (result == STORE_OK &&
        (journal->until_expire == 0 || clock_now_ns() - journal->expired_ns > minute_ns)) {
        result = expire(journal);
    }
    return result;
}

static bool is_told_damaged(struct journal *journal)
{
    bool is_damaged;

    (void)pthread_mutex_lock(&journal->lock);
    is_damaged = journal->is_damaged;
    (void)pthread_mutex_unlock(&journal->lock);
    return is_damaged;
}

/* Somebody has removed the file: what is written goes nowhere. */
static bool is_removed(const struct journal *journal)
{
    return journal->options.path != NULL && !store_is_there(journal->writer, journal->options.path);
}

/* While nobody reads, where that matters. */
static enum store_result work_on_file(struct journal *journal, struct batch *batch,
                                      struct diag *diag)
{
    enum store_result result = is_told_damaged(journal) ? STORE_DAMAGED : work(journal, batch);
    char why[1024];

    if (result == STORE_OK) {
        return result;
    }
    diag_set(diag, "%s: %s", journal_place(journal),
             result == STORE_DAMAGED ? "damaged" : store_words(journal->writer));
    if (result == STORE_DAMAGED && journal->options.path != NULL) {
        (void)snprintf(why, sizeof(why), "%s: damaged", journal_place(journal));
        (void)pthread_mutex_lock(&journal->reading);
        result = journal_begin_anew(journal, why, diag);
        (void)pthread_mutex_unlock(&journal->reading);
        result = result == STORE_OK ? work(journal, batch) : result;
    }
    return result;
}

/* A batch, with all that may go wrong. False: in trouble, and what was to be written still waits.
 */
static bool try_to_work(struct journal *journal, struct batch *batch)
{
    bool is_private = journal->options.path == NULL;
    enum store_result result = STORE_OK;
    struct diag diag = {0};

    if (journal->writer == NULL || is_removed(journal)) {
        (void)pthread_mutex_lock(&journal->reading);
        if (journal->writer != NULL) {
            journal_tell(journal, "journal: the file was removed: a new one is begun");
            journal_close_file(journal);
        }
        result = journal_open_file(journal, &diag);
        (void)pthread_mutex_unlock(&journal->reading);
    }
    if (result == STORE_OK) {
        if (is_private) {
            (void)pthread_mutex_lock(&journal->reading);
        }
        result = work_on_file(journal, batch, &diag);
        if (is_private) {
            (void)pthread_mutex_unlock(&journal->reading);
        }
    }
    if (result != STORE_OK) {
        journal_on_trouble(journal, diag.text);
        return false;
    }
    journal_on_well(journal);
    return true;
}

/* Enough for a transaction, or for fear that the queue fills up. */
static bool has_enough(const struct journal *journal)
{
    return journal->queue.num >= JOURNAL_BATCH ||
           journal->queue.num > journal->queue.max_records / 2 ||
           journal->queue.bytes > journal->queue.max_bytes / 2;
}

/* Until there is something to write, and, unless somebody is in a hurry, some more. False: the end
 * has come, and nothing is left. */
static bool wait_for_work(struct journal *journal)
{
    struct timespec second = clock_in(second_ns);
    struct timespec soon;
    int timed_out = 0;
    bool go;

    (void)pthread_mutex_lock(&journal->lock);
    while (!journal->stop && journal->queue.num == 0 && timed_out == 0) {
        timed_out = pthread_cond_timedwait(&journal->filled, &journal->lock, &second);
    }
    soon = clock_in(linger_ns);
    timed_out = 0;
    while (!journal->stop && !journal->hurry && journal->queue.num > 0 && !has_enough(journal) &&
           timed_out == 0) {
        timed_out = pthread_cond_timedwait(&journal->filled, &journal->lock, &soon);
    }
    go = !journal->stop || journal->queue.num > 0 || has_new_cursor(journal);
    (void)pthread_mutex_unlock(&journal->lock);
    return go;
}

/* False: the end has come. */
static bool wait_for_a_better_time(struct journal *journal)
{
    struct timespec until = clock_in(retry_ns);
    int timed_out = 0;
    bool go;

    (void)pthread_mutex_lock(&journal->lock);
    while (!journal->stop && timed_out == 0) {
        timed_out = pthread_cond_timedwait(&journal->filled, &journal->lock, &until);
    }
    go = !journal->stop;
    (void)pthread_mutex_unlock(&journal->lock);
    return go;
}

void *journal_write_on(void *of)
{
    struct journal *journal = of;
    struct batch batch;

    while (wait_for_work(journal)) {
        if (!try_to_work(journal, &batch) && !wait_for_a_better_time(journal)) {
            break;
        }
    }
    return NULL;
}
