/*
 * exporter: records on their way out. Knows fields, never what they mean: a record is any struct
 * that a schema describes.
 *
 * A record is formatted once and handed to every sink. A sink never delays the caller: the file
 * sink writes behind a buffer, the Redis sink has a thread of its own and a bounded queue.
 *
 * One thread at a time calls these functions. Schemas outlive the exporter.
 */
#ifndef BASICTAP_EXPORT_EXPORTER_H
#define BASICTAP_EXPORT_EXPORTER_H

#include "dissectors/base/diag.h"
#include "dissectors/base/schema.h"

/* Fields that every record has besides its struct's: sensor and product. Strings outlive the
 * exporter. */
struct exporter_identity {
    const char *observer_name;
    const char *observer_version;
};

struct exporter_options {
    struct exporter_identity identity;
    const char *ecs_path;  /* "-": standard output; NULL: no JSON lines */
    bool ecs_append;       /* add to the file; else it begins anew */
    const char *redis_url; /* redis://[user@]host[:port][/db] or unix:///path; NULL: none. Password:
                              BASICTAP_REDIS_PASSWORD or password_file, never in the URL */
    const char *redis_password; /* read by the caller; may be NULL */
    const char *redis_prefix;   /* NULL: "basictap:v1" */
    bool redis_list;            /* also RPUSH to :findings:list */
    bool redis_live;            /* also PUBLISH to :findings:live */
    uint64_t redis_stream_max;  /* MAXLEN ~; 0: 1000000 */
    unsigned redis_timeout_ms;  /* without any progress; 0: 5000 */
    size_t queue_records;       /* waiting for Redis; 0: 65536 */
    size_t queue_bytes;         /* likewise; 0: 128 MiB */
    /* "redis: connection refused; trying again in 2 s": told when something changes, from any
     * thread; may be NULL. Never a secret. */
    void (*on_message)(void *ctx, const char *words);
    void *ctx;
};

struct exporter_stats {
    uint64_t written;  /* JSON lines */
    uint64_t sent;     /* acknowledged by Redis */
    uint64_t not_sent; /* given up: queue full, refused, or still waiting when exporter_flush gave
                          up (such a record may yet be sent, and then counts as sent alone) */
    uint64_t waiting;  /* for Redis, now */
    uint64_t write_errors; /* lines that could not be written, records that could not be made */
};

struct exporter;

/* NULL and words: a file that cannot be opened, a URL that means nothing, no memory. A Redis that
 * is away is no failure: it is told and tried again. */
struct exporter *exporter_open(const struct exporter_options *options, struct diag *diag);

/* A finding: any struct whose schema has the fields of finding_schema, by name. */
void exporter_put(struct exporter *exporter, const struct schema *schema, const void *record);

/* What the sensor is doing: goes to the hash :sensor:<name> (only the newest, when Redis is slow),
 * and as a JSON line when line is true (dataset coverage). */
void exporter_put_state(struct exporter *exporter, const struct schema *schema, const void *record,
                        bool line);

/* Buffered lines go out; waits up to deadline_ms for what Redis has not acknowledged yet. False:
 * something is left. */
bool exporter_flush(struct exporter *exporter, unsigned deadline_ms);
void exporter_stats(struct exporter *exporter, struct exporter_stats *stats);

/* Ends at once: what is not acknowledged is lost, so flush before. NULL is fine. */
void exporter_close(struct exporter *exporter);

#endif
