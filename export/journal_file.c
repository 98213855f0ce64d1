/* The journal's file: opening it, setting it aside, saying what is wrong with it. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "dissectors/base/digest.h"
#include "dissectors/base/text.h"
#include "export/clock.h"
#include "export/journal_part.h"

void journal_tell(const struct journal *journal, const char *words)
{
    if (journal->options.on_message != NULL) {
        journal->options.on_message(journal->options.ctx, words);
    }
}

const char *journal_place(const struct journal *journal)
{
    return journal->options.path != NULL ? journal->options.path : "in memory";
}

/* ---- trouble ---- */

void journal_on_trouble(struct journal *journal, const char *why)
{
    char words[1024];
    size_t waiting;

    (void)pthread_mutex_lock(&journal->lock);
    journal->stats.failures++;
    if (journal->trouble_since_ns == 0) {
        journal->trouble_since_ns = clock_now_ns();
    }
    waiting = journal->queue.num;
    (void)pthread_cond_broadcast(&journal->changed);
    (void)pthread_mutex_unlock(&journal->lock);
    if (strcmp(journal->trouble, why) == 0) {
        return;
    }
    (void)text_copy(journal->trouble, sizeof(journal->trouble), why);
    (void)snprintf(words, sizeof(words),
                   "journal: %s; findings wait in memory (%zu now) until it can be written", why,
                   waiting);
    journal_tell(journal, words);
}

void journal_on_well(struct journal *journal)
{
    char words[512];

    (void)pthread_mutex_lock(&journal->lock);
    journal->trouble_since_ns = 0;
    (void)pthread_mutex_unlock(&journal->lock);
    if (journal->trouble[0] == '\0') {
        return;
    }
    journal->trouble[0] = '\0';
    (void)snprintf(words, sizeof(words), "journal: %s: is written again", journal_place(journal));
    journal_tell(journal, words);
}

/* ---- the file ---- */

static bool make_id(char id[JOURNAL_ID_SIZE])
{
    uint8_t octets[(JOURNAL_ID_SIZE - 1) / 2];

    if (getrandom(octets, sizeof(octets), 0) != (ssize_t)sizeof(octets)) {
        return false;
    }
    digest_print_hex(bytes_view(octets, sizeof(octets)), id, JOURNAL_ID_SIZE);
    return true;
}

/* What a new file is given, and what an old one says. In a transaction. */
static enum store_result introduce(struct journal *journal, struct store *store)
{
    enum store_result result = STORE_OK;
    char id[JOURNAL_ID_SIZE];
    char sensor[MAX_NAME];

    if (store_get(store, "id", id, sizeof(id))) {
        (void)text_copy(journal->id, sizeof(journal->id), id);
    } else if (journal->id[0] != '\0' || make_id(journal->id)) {
        result = store_set(store, "id", journal->id);
        if (result == STORE_OK && journal->stats.last > 0) { /* instead of one that was damaged */
            result = store_skip_to(store, journal->stats.last);
        }
    } else {
        result = STORE_TROUBLE;
    }
    if (journal->options.sensor_is_given) {
        return result;
    }
    if (store_get(store, "sensor", sensor, sizeof(sensor))) {
        (void)text_copy(journal->sensor, sizeof(journal->sensor), sensor);
    } else if (result == STORE_OK) {
        result = store_set(store, "sensor", journal->sensor);
    }
    return result;
}

static enum store_result get_ready(struct journal *journal, struct store *store, struct diag *diag)
{
    enum store_result result = store_begin(store);

    result = result == STORE_OK ? introduce(journal, store) : result;
    result = result == STORE_OK ? store_commit(store) : result;
    if (result == STORE_OK && journal->options.path != NULL) {
        result = store_open(journal->options.path, STORE_READS, &journal->reader, diag);
    } else if (result != STORE_OK) {
        diag_set(diag, "%s: %s", journal_place(journal), store_words(store));
        store_rollback(store);
    }
    return result;
}

/* While nobody reads. */
static enum store_result open_it(struct journal *journal, struct diag *diag)
{
    struct store *store = NULL;
    enum store_result result = store_open(journal->options.path, STORE_WRITES, &store, diag);

    if (result == STORE_OK) {
        result = get_ready(journal, store, diag);
    }
    if (result != STORE_OK) {
        store_close(store);
        return result;
    }
    journal->writer = store;
    (void)pthread_mutex_lock(&journal->lock);
    journal->stats.last = store_last(store);
    journal->stats.bytes = store_bytes(store);
    journal->stats.first = store_first(store);
    journal->is_damaged = false;
    for (size_t i = 0; i < journal->num_cursors; i++) {
        journal->cursors[i].is_new = true; /* unknown to a file that was begun anew */
    }
    (void)pthread_mutex_unlock(&journal->lock);
    return STORE_OK;
}

void journal_close_file(struct journal *journal)
{
    store_close(journal->reader);
    store_close(journal->writer);
    journal->reader = NULL;
    journal->writer = NULL;
}

/* The damaged file leaves its name, and a new one takes it. While nobody reads. */
enum store_result journal_begin_anew(struct journal *journal, const char *why, struct diag *diag)
{
    char aside[4096];
    char words[4096 + 1024];

    journal_close_file(journal);
    if (!store_set_aside(journal->options.path, aside, sizeof(aside), diag)) {
        return STORE_TROUBLE;
    }
    (void)snprintf(words, sizeof(words),
                   "journal: %s; it is kept as %s, and a new one is begun: what sinks had not yet "
                   "read of it is only there",
                   why, aside);
    journal_tell(journal, words);
    return open_it(journal, diag);
}

enum store_result journal_open_file(struct journal *journal, struct diag *diag)
{
    enum store_result result = open_it(journal, diag);

    if (result == STORE_DAMAGED && journal->options.path != NULL) {
        char why[sizeof(diag->text)];

        (void)text_copy(why, sizeof(why), diag->text);
        result = journal_begin_anew(journal, why, diag);
    }
    return result;
}
