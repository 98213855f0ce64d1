/*
 * store: the journal's file, as records see it: one connection to one SQLite database. Knows no
 * threads and tries nothing again: its owner locks and decides. The database is in WAL mode, so
 * that a connection that reads and one that writes do not wait for each other.
 */
#ifndef BASICTAP_EXPORT_STORE_H
#define BASICTAP_EXPORT_STORE_H

#include "dissectors/base/diag.h"
#include "export/record.h"

enum store_result {
    STORE_OK,
    STORE_TROUBLE, /* not now: no space, read-only, input or output errors */
    STORE_DAMAGED, /* this is no journal, or no longer one */
    STORE_REFUSED, /* and never will be: no such place, another process has it, a newer version; of
                      a record: it cannot be stored */
};

enum store_use { STORE_WRITES, STORE_READS };

struct store;

/*
 * To write: makes the file (mode 0600) or brings one of an older version up to date; path NULL: in
 * memory. To read: the file as it is, which may be an older version. Words in diag for all but
 * STORE_OK.
 */
enum store_result store_open(const char *path, enum store_use use, struct store **store,
                             struct diag *diag);
void store_close(struct store *store); /* NULL is fine */

/* False: the file has been removed, or another stands in its place. */
bool store_is_there(const struct store *store, const char *path);

/* Renames a damaged file, and what SQLite keeps beside it, to the first free of path.damaged-1, -2,
 * ...; aside gets the name. The store that has it open is closed before. */
bool store_set_aside(const char *path, char *aside, size_t size, struct diag *diag);

const char *store_words(const struct store *store); /* of the last failure */

/* A transaction that fails anywhere is rolled back as a whole. */
enum store_result store_begin(struct store *store);
enum store_result store_commit(struct store *store);
void store_rollback(struct store *store);

/* *is_new: false for a record that is there already; then nothing changes. Within a transaction. */
enum store_result store_put(struct store *store, const struct record *record, uint64_t now_s,
                            bool *is_new);

/* The next sequence is higher than this one. */
enum store_result store_skip_to(struct store *store, uint64_t sequence);

/* The records after a sequence. */
struct store_page {
    uint64_t after;
    size_t max;
    size_t max_bytes; /* about that much JSON */
    size_t num;       /* set: how many there are */
    bool is_last;     /* set: nothing comes after them */
};

/* records: to be freed by the caller before the store is closed. What makes no sense is left out.
 */
enum store_result store_read(struct store *store, struct store_page *page, struct record **records);

uint64_t store_first(struct store *store); /* the oldest that is there; 0: none */
uint64_t store_last(struct store *store);  /* the highest sequence ever given; 0: none */
uint64_t store_bytes(struct store *store); /* of the pages that are in use */

bool store_get(struct store *store, const char *name, char *value, size_t size); /* of meta */
enum store_result store_set(struct store *store, const char *name, const char *value);

bool store_cursor(struct store *store, const char *sink, uint64_t *sequence);
enum store_result store_set_cursor(struct store *store, const char *sink, uint64_t sequence,
                                   uint64_t now_s);

/* What leaves a journal. */
struct store_limits {
    uint64_t now_s;
    uint64_t max_age_s;  /* 0: none */
    uint64_t max_bytes;  /* 0: none */
    size_t max_devices;  /* 0: none */
    size_t max_findings; /* that leave in one go */
};
struct store_expired {
    uint64_t findings;
    uint64_t unread; /* of these: after the cursor of a sink that is in use */
    uint64_t devices;
};

/* One go of it, in a transaction of its own; *expired is added to. */
enum store_result store_expire(struct store *store, const struct store_limits *limits,
                               struct store_expired *expired);

typedef void store_fact_fn(void *ctx, const struct schema *schema, const void *fact);
enum store_result store_each_fact(struct store *store, store_fact_fn *on_fact, void *ctx);

#endif
