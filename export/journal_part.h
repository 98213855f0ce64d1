/* journal_part: what the files of the journal share. */
#ifndef BASICTAP_EXPORT_JOURNAL_PART_H
#define BASICTAP_EXPORT_JOURNAL_PART_H

#include <pthread.h>

#include "export/journal.h"
#include "export/queue.h"
#include "export/store.h"

enum {
    JOURNAL_BATCH = 1024, /* records of one transaction */
    MAX_CURSORS = 32,
    MAX_NAME = 512,
};

struct cursor {
    char sink[MAX_NAME];
    uint64_t sequence;
    bool is_new; /* not yet in the file */
};

struct journal {
    struct journal_options options;
    char *path; /* of options, our own: the file may have to be made anew at any time */
    char id[JOURNAL_ID_SIZE];
    char sensor[MAX_NAME];
    pthread_t thread;
    bool has_thread;

    /* the thread's own, after journal_open */
    struct store *writer; /* NULL: in trouble */
    char trouble[512];    /* told last; "": none */
    uint64_t until_expire;
    uint64_t expired_ns; /* when it was looked at last */

    /* Guards the reader; and the writer of what is in memory, which sinks read too. Is locked
     * before `lock`, never after. */
    pthread_mutex_t reading;
    struct store *reader; /* NULL: none */

    pthread_mutex_t lock;   /* guards what follows */
    pthread_cond_t filled;  /* there is something to write: the thread waits for it */
    pthread_cond_t changed; /* something was written, or failed: all others do */
    struct queue queue;
    struct cursor cursors[MAX_CURSORS];
    size_t num_cursors;
    struct journal_stats stats;
    uint64_t wakes;            /* calls of journal_wake */
    uint64_t trouble_since_ns; /* 0: none */
    bool is_damaged;           /* as a reader found */
    bool stop;
    bool hurry;     /* do not wait for company, nor for a better time */
    bool full_told; /* until there is room again */
};

void journal_tell(const struct journal *journal, const char *words);
const char *journal_place(const struct journal *journal); /* path, or "in memory" */

/* ---- journal_file.c: the file, and what may be wrong with it ---- */

/* A failure that is tried again; told when it is another one than before. The words begin with the
 * place. */
void journal_on_trouble(struct journal *journal, const char *why);
void journal_on_well(struct journal *journal);

/* While nobody reads. A damaged file is set aside. */
enum store_result journal_open_file(struct journal *journal, struct diag *diag);
enum store_result journal_begin_anew(struct journal *journal, const char *why, struct diag *diag);
void journal_close_file(struct journal *journal);

/* ---- journal_writer.c: the thread ---- */

void *journal_write_on(void *journal); /* until the end has come and nothing is left */

/* NULL: not among those that this run has set. Under lock. */
struct cursor *journal_find_cursor(struct journal *journal, const char *sink);

#endif
