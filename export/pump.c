#include "export/pump.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "export/clock.h"

enum {
    BACK_OFF_FIRST_MS = 250,
    BACK_OFF_MAX_MS = 15000,
    TICK_MS = 1000,
    REFUSALS_APART_S = 5, /* at most one message about refused records in that time */
};
static const uint64_t in_use_ns = 600000000000u; /* how often an idle sink says that it is in use */
static const uint64_t ms_ns = 1000000u;
static const uint64_t second_ns = 1000000000u;

struct pump {
    struct journal *journal;
    struct sink sink;
    void (*on_message)(void *ctx, const char *words);
    void *ctx;
    pthread_t thread;

    /* the thread's own */
    struct record *records[JOURNAL_MAX_READ]; /* read, and not all taken */
    size_t num_records;
    size_t num_taken;
    uint64_t through;     /* the position, once all are taken */
    bool is_greeted;      /* the receiver said where it is, since the last trouble */
    unsigned back_off_ms; /* 0: all is well */
    uint64_t chance;      /* of the jitter */
    uint64_t ticked_ns;
    uint64_t cursor_ns; /* when the cursor was set last */
    uint64_t wakes;
    char refusal[PUMP_WORDS_SIZE]; /* told last */
    uint64_t refused_ns;

    pthread_mutex_t lock;         /* guards what follows */
    pthread_cond_t changed;       /* the thread, and pump_flush, wait for it */
    struct record *state;         /* the newest; NULL: none */
    struct record *state_sending; /* the thread has it */
    uint64_t position;            /* up to where the sink has everything */
    struct pump_stats stats;
    bool stop;
    bool hurry; /* do not wait for a better time */
    bool reopen;
};

static void tell(const struct pump *pump, const char *words)
{
    if (pump->on_message != NULL) {
        pump->on_message(pump->ctx, words);
    }
}

static uint64_t deadline(const struct pump *pump)
{
    return clock_now_ns() + pump->sink.type->timeout_ms * ms_ns;
}

/* ---- trouble ---- */

/* xorshift64: many sensors that lost the same receiver must not come back all at once. */
static unsigned jittered(struct pump *pump, unsigned ms)
{
    pump->chance ^= pump->chance << 13;
    pump->chance ^= pump->chance >> 7;
    pump->chance ^= pump->chance << 17;
    return ms - ms / 4 + (unsigned)(pump->chance % (ms / 2));
}

static void on_trouble(struct pump *pump, const struct diag *why)
{
    char words[SINK_NAME_SIZE + sizeof(why->text) + 64];
    bool is_told; /* already, or it is but the end that interrupts the sink */

    pump->is_greeted = false;
    pump->back_off_ms = pump->back_off_ms == 0 ? BACK_OFF_FIRST_MS : 2 * pump->back_off_ms;
    if (pump->back_off_ms > BACK_OFF_MAX_MS) {
        pump->back_off_ms = BACK_OFF_MAX_MS;
    }
    (void)pthread_mutex_lock(&pump->lock);
    pump->stats.retries++;
    is_told = pump->stop || strcmp(why->text, pump->stats.trouble) == 0;
    (void)text_copy(pump->stats.trouble, sizeof(pump->stats.trouble), why->text);
    (void)pthread_mutex_unlock(&pump->lock);
    if (!is_told) {
        (void)snprintf(words, sizeof(words), "%s: %s; trying again, at most every %u s",
                       pump->sink.name, why->text, BACK_OFF_MAX_MS / 1000);
        tell(pump, words);
    }
}

static void on_well(struct pump *pump)
{
    char words[SINK_NAME_SIZE + 32];
    bool was_in_trouble;

    pump->back_off_ms = 0;
    (void)pthread_mutex_lock(&pump->lock);
    was_in_trouble = pump->stats.trouble[0] != '\0';
    pump->stats.trouble[0] = '\0';
    (void)pthread_mutex_unlock(&pump->lock);
    if (was_in_trouble) {
        (void)snprintf(words, sizeof(words), "%s: connected again", pump->sink.name);
        tell(pump, words);
    }
}

static void on_refusal(struct pump *pump, const struct diag *why)
{
    char words[SINK_NAME_SIZE + sizeof(why->text) + 64];
    uint64_t now = clock_now_ns();

    if (strcmp(why->text, pump->refusal) == 0 ||
        (pump->refusal[0] != '\0' && now - pump->refused_ns < REFUSALS_APART_S * second_ns)) {
        return;
    }
    pump->refused_ns = now;
    (void)text_copy(pump->refusal, sizeof(pump->refusal), why->text);
    (void)snprintf(words, sizeof(words), "%s: a record is refused and given up: %s",
                   pump->sink.name, why->text);
    tell(pump, words);
}

static void back_off(struct pump *pump)
{
    struct timespec until = clock_in(jittered(pump, pump->back_off_ms) * ms_ns);
    int timed_out = 0;

    (void)pthread_mutex_lock(&pump->lock);
    while (!pump->stop && !pump->hurry && timed_out == 0) {
        timed_out = pthread_cond_timedwait(&pump->changed, &pump->lock, &until);
    }
    pump->hurry = false;
    (void)pthread_mutex_unlock(&pump->lock);
}

/* ---- state ---- */

/* False: it must be tried again. */
static bool send_state(struct pump *pump)
{
    const struct sink_type *type = pump->sink.type;
    enum sink_result result = SINK_DONE;
    struct diag why = {0};

    (void)pthread_mutex_lock(&pump->lock);
    if (pump->state != NULL) {
        record_free(pump->state_sending);
        pump->state_sending = pump->state;
        pump->state = NULL;
    }
    (void)pthread_mutex_unlock(&pump->lock);
    if (pump->state_sending == NULL) {
        return true;
    }
    if (type->state != NULL) {
        result = type->state(pump->sink.self, pump->state_sending, deadline(pump), &why);
    }
    if (result == SINK_RETRY) {
        on_trouble(pump, &why);
        return false;
    }
    if (result == SINK_DROP) {
        on_refusal(pump, &why);
    }
    (void)pthread_mutex_lock(&pump->lock);
    record_free(pump->state_sending);
    pump->state_sending = NULL;
    (void)pthread_cond_broadcast(&pump->changed);
    (void)pthread_mutex_unlock(&pump->lock);
    return true;
}

/* ---- records ---- */

static void forget_records(struct pump *pump)
{
    for (size_t i = 0; i < pump->num_records; i++) {
        record_free(pump->records[i]);
    }
    pump->num_records = 0;
    pump->num_taken = 0;
}

static void move_to(struct pump *pump, uint64_t position, size_t sent, size_t dropped)
{
    (void)pthread_mutex_lock(&pump->lock);
    pump->position = position;
    pump->stats.sent += sent;
    pump->stats.dropped += dropped;
    (void)pthread_cond_broadcast(&pump->changed);
    (void)pthread_mutex_unlock(&pump->lock);
    pump->cursor_ns = clock_now_ns();
    journal_set_cursor(pump->journal, pump->sink.name, position);
}

/* Asks the receiver where it is. False: it cannot say now. */
static bool greet(struct pump *pump)
{
    const struct sink_type *type = pump->sink.type;
    uint64_t applied = pump->position;
    struct diag why = {0};

    if (pump->is_greeted || type->resume == NULL) {
        return true;
    }
    if (type->resume(pump->sink.self, journal_id(pump->journal), &applied, deadline(pump), &why) !=
        SINK_DONE) {
        on_trouble(pump, &why);
        return false;
    }
    pump->is_greeted = true;
    if (applied != pump->position) {
        forget_records(pump);
        move_to(pump, applied, 0, 0);
    }
    return true;
}

/* Reads on, when all that was read is taken. False: nothing can be read for now. */
static bool fill(struct pump *pump)
{
    const struct sink_type *type = pump->sink.type;

    if (pump->num_taken < pump->num_records) {
        return true;
    }
    forget_records(pump);
    pump->num_records = journal_read(pump->journal, pump->position, pump->records,
                                     type->max_records, type->max_bytes, &pump->through);
    if (pump->num_records > 0) {
        return true;
    }
    if (pump->through == pump->position) {
        pump->back_off_ms = TICK_MS; /* the journal tells what is wrong with it */
        return false;
    }
    move_to(pump, pump->through, 0, 0); /* what was there has left the journal */
    return true;
}

/* False: it must be tried again. */
static bool write_records(struct pump *pump)
{
    const struct record *const *records = (const struct record *const *)pump->records;
    size_t taken = 0;
    size_t dropped;
    struct diag why = {0};
    enum sink_result result;

    if (pump->num_taken == pump->num_records) {
        return true;
    }
    result =
        pump->sink.type->write(pump->sink.self, records + pump->num_taken,
                               pump->num_records - pump->num_taken, deadline(pump), &taken, &why);
    dropped = result == SINK_DROP;
    if (result != SINK_RETRY) { /* told before whoever waits in pump_flush goes on */
        on_well(pump);
    }
    if (result == SINK_DROP) {
        on_refusal(pump, &why);
    }
    if (taken + dropped > 0) {
        uint64_t position;

        pump->num_taken += taken + dropped;
        position = pump->num_taken == pump->num_records
                       ? pump->through
                       : record_sequence(pump->records[pump->num_taken - 1]);
        move_to(pump, position, taken, dropped);
    }
    if (result == SINK_RETRY) {
        on_trouble(pump, &why);
    }
    return result != SINK_RETRY;
}

/* ---- the thread ---- */

static bool is_over(struct pump *pump)
{
    bool is_over;

    (void)pthread_mutex_lock(&pump->lock);
    is_over = pump->stop;
    (void)pthread_mutex_unlock(&pump->lock);
    return is_over;
}

static void tick(struct pump *pump)
{
    const struct sink_type *type = pump->sink.type;
    uint64_t now = clock_now_ns();
    bool reopen;

    (void)pthread_mutex_lock(&pump->lock);
    reopen = pump->reopen;
    pump->reopen = false;
    (void)pthread_mutex_unlock(&pump->lock);
    if (pump->cursor_ns == 0 || now - pump->cursor_ns > in_use_ns) {
        move_to(pump, pump->position, 0, 0);
    }
    if (reopen && type->reopen != NULL) {
        type->reopen(pump->sink.self);
    }
    if (type->tick != NULL && now - pump->ticked_ns >= TICK_MS * ms_ns) {
        pump->ticked_ns = now;
        type->tick(pump->sink.self);
    }
}

static void *run(void *of)
{
    struct pump *pump = of;

    while (!is_over(pump)) {
        tick(pump);
        /* Also when nothing is to be written: a receiver that was emptied is refilled at once. */
        if (!send_state(pump) || !greet(pump)) {
            back_off(pump);
            continue;
        }
        if (pump->num_taken == pump->num_records &&
            !journal_wait(pump->journal, pump->position, TICK_MS, &pump->wakes)) {
            continue;
        }
        if (!fill(pump) || !write_records(pump)) {
            back_off(pump);
        }
    }
    return NULL;
}

/* Signals are for the main thread. */
static bool start_thread(struct pump *pump)
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

static void clear(struct pump *pump)
{
    forget_records(pump);
    record_free(pump->state);
    record_free(pump->state_sending);
    pump->sink.type->close(pump->sink.self);
    (void)pthread_cond_destroy(&pump->changed);
    (void)pthread_mutex_destroy(&pump->lock);
    free(pump);
}

struct pump *pump_open(struct journal *journal, struct sink *sink,
                       void (*on_message)(void *ctx, const char *words), void *ctx,
                       struct diag *diag)
{
    struct pump *pump = calloc(1, sizeof(*pump));

    if (pump == NULL) {
        diag_set(diag, "out of memory");
        sink->type->close(sink->self);
        return NULL;
    }
    pump->journal = journal;
    pump->sink = *sink;
    pump->on_message = on_message;
    pump->ctx = ctx;
    pump->chance = clock_now_ns() * 2 + 1; /* never 0 */
    pump->position = journal_cursor(journal, sink->name);
    (void)pthread_mutex_init(&pump->lock, NULL);
    clock_init_condition(&pump->changed);
    if (!start_thread(pump)) {
        diag_set(diag, "%s: no thread", sink->type->word);
        clear(pump);
        return NULL;
    }
    return pump;
}

void pump_put_state(struct pump *pump, struct record *state)
{
    struct record *older;

    if (state == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pump->lock);
    older = pump->state;
    pump->state = state;
    (void)pthread_mutex_unlock(&pump->lock);
    record_free(older);
    journal_wake(pump->journal);
}

static bool has_all(const struct pump *pump, uint64_t last)
{
    return pump->position >= last && pump->state == NULL && pump->state_sending == NULL;
}

bool pump_flush(struct pump *pump, unsigned deadline_ms)
{
    struct timespec until = clock_in(deadline_ms * ms_ns);
    struct journal_stats journal;
    int timed_out = 0;
    bool is_all;

    journal_stats(pump->journal, &journal);
    (void)pthread_mutex_lock(&pump->lock);
    if (deadline_ms > 0) {
        pump->hurry = true;
        (void)pthread_cond_broadcast(&pump->changed);
    }
    while (deadline_ms > 0 && !has_all(pump, journal.last) && timed_out == 0) {
        timed_out = pthread_cond_timedwait(&pump->changed, &pump->lock, &until);
    }
    is_all = has_all(pump, journal.last);
    (void)pthread_mutex_unlock(&pump->lock);
    return is_all;
}

void pump_reopen(struct pump *pump)
{
    (void)pthread_mutex_lock(&pump->lock);
    pump->reopen = true;
    (void)pthread_mutex_unlock(&pump->lock);
    journal_wake(pump->journal);
}

void pump_stats(struct pump *pump, struct pump_stats *stats)
{
    (void)pthread_mutex_lock(&pump->lock);
    *stats = pump->stats;
    stats->position = pump->position;
    (void)pthread_mutex_unlock(&pump->lock);
    stats->name = pump->sink.name;
}

void pump_stop(struct pump *pump)
{
    (void)pthread_mutex_lock(&pump->lock);
    pump->stop = true;
    (void)pthread_cond_broadcast(&pump->changed);
    (void)pthread_mutex_unlock(&pump->lock);
    journal_wake(pump->journal);
}

void pump_close(struct pump *pump)
{
    if (pump == NULL) {
        return;
    }
    pump_stop(pump);
    (void)pthread_join(pump->thread, NULL);
    clear(pump);
}
