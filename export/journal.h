/*
 * journal: every finding, written once, and read by each sink at its own pace (SQLite, WAL; one
 * file). Besides, what is known of each device, which outlives the findings.
 *
 * One thread of its own writes, in transactions of many records; it is fed through a bounded queue.
 * Records are numbered from 1 in the order in which they are written; a number is never given
 * twice. A record whose event.id is there already is a repeat, and changes nothing.
 *
 * A disk that is full or cannot be written is told and counted; records wait in the queue until it
 * is well again. A file that is damaged is set aside under another name (path.damaged-1), told, and
 * a new one is begun.
 *
 * Threads: put, flush and stats by one thread; read, wait and cursors by any.
 */
#ifndef BASICTAP_EXPORT_JOURNAL_H
#define BASICTAP_EXPORT_JOURNAL_H

#include "dissectors/base/diag.h"
#include "export/record.h"

enum { JOURNAL_ID_SIZE = 33, JOURNAL_MAX_READ = 1024 };

struct journal_options {
    const char *path;     /* NULL: private, in memory, and gone when it is closed */
    const char *sensor;   /* its name, for journal_sensor */
    bool sensor_is_given; /* by the user, and so the right one; else it is kept, and one that was
                            kept before goes before it */
    uint64_t max_bytes;   /* of the findings' pages; the oldest leave. 0: 1 GiB */
    uint64_t max_age_s;   /* since they were written, once all sinks have them. 0: no limit */
    size_t max_devices;   /* whose state is kept; the longest unseen leave. 0: 100000 */
    size_t queue_records; /* that wait for the disk; 0: 65536 */
    size_t queue_bytes;   /* likewise; 0: 128 MiB */
    bool waits; /* journal_put waits for room, journal_flush beyond its deadline, as long as the
                   disk is well: a replay loses nothing */
    uint64_t (*wall_s)(void); /* seconds since 1970, from any thread; NULL: nothing is too old */
    /* Told when something changes, from any thread; may be NULL. */
    void (*on_message)(void *ctx, const char *words);
    void *ctx;
};

struct journal_stats {
    uint64_t written;  /* records of this run that are in it */
    uint64_t repeats;  /* that were in it before */
    uint64_t lost;     /* found no room in the queue, or still waited there at the end */
    uint64_t waiting;  /* for the disk, now */
    uint64_t failures; /* transactions that could not be written, and were tried again */
    uint64_t expired;  /* left because of age or size */
    uint64_t unread;   /* of these: before every sink had them, for want of room */
    uint64_t first;    /* oldest sequence that is left */
    uint64_t last;     /* newest sequence; 0: empty */
    uint64_t bytes;    /* of its pages */
};

struct journal;

/* NULL and words: a path that cannot be opened, a file of a newer version, one that another process
 * writes, no memory. Options' strings outlive it. */
struct journal *journal_open(const struct journal_options *options, struct diag *diag);

/* For `report`: nothing can be put, and nothing of the file is changed. */
struct journal *journal_open_reader(const char *path, struct diag *diag);

/* What is queued and can be written is written; NULL is fine. */
void journal_close(struct journal *journal);

const char *journal_id(const struct journal *journal); /* 32 hex digits, chosen at random when it
                                                          was begun; a private one's too */
const char *journal_sensor(const struct journal *journal); /* the name to use */

/* Takes the record, whatever becomes of it; NULL is one that could not be made. */
void journal_put(struct journal *journal, struct record *record);

/* Waits up to deadline_ms until nothing is queued: all is on the disk. False: something is left. */
bool journal_flush(struct journal *journal, unsigned deadline_ms);

void journal_stats(struct journal *journal, struct journal_stats *stats);

/* ---- what sinks read ---- */

/*
 * The records after a sequence, oldest first, at most max (JOURNAL_MAX_READ) and about max_bytes of
 * JSON; how many. Their sequences ascend but may skip. *through: up to where nothing is left to be
 * read once these are done with, which may be more than the last one's; 0 records and *through =
 * after: they cannot be read now. The caller frees each by record_free, before the journal is
 * closed.
 */
size_t journal_read(struct journal *journal, uint64_t after, struct record **records, size_t max,
                    size_t max_bytes, uint64_t *through);

/* Waits until there is a record after a sequence; false: timeout, or journal_wake was called since
 * *wakes (0 at first) was set here. */
bool journal_wait(struct journal *journal, uint64_t after, unsigned timeout_ms, uint64_t *wakes);
void journal_wake(struct journal *journal); /* ends all waits */

/* About how many records came after a sequence then: numbers that were skipped count too. */
uint64_t journal_behind(const struct journal_stats *stats, uint64_t after);

/* Up to where a sink has it all; 0: never heard of. Setting one is written with the next
 * transaction, within a second; a sink that is older than that gets a few records again. What a
 * sink has not read is kept for it while its cursor is set now and then. */
uint64_t journal_cursor(struct journal *journal, const char *sink);
void journal_set_cursor(struct journal *journal, const char *sink, uint64_t sequence);

/* ---- what is known of devices ---- */

/* Everything that a device was seen to do, told as a finding of the published schema (fields by
 * name: device.id, basictap.service, ..., basictap.count, event.start, @timestamp), one for each
 * different fact, and one for each rule that fired (basictap.kind alert). False: unreadable. */
typedef void journal_fact_fn(void *ctx, const struct schema *schema, const void *fact);
bool journal_each_fact(struct journal *journal, journal_fact_fn *on_fact, void *ctx,
                       struct diag *diag);

#endif
