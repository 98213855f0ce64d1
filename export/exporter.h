/*
 * exporter: records on their way out. Knows fields, never what they mean: a record is any struct
 * that a schema describes.
 *
 * JSON lines are the answer of this run, and are written at once, behind a buffer. Everything else
 * goes through the journal: a record is written there once, and each sink reads it from there, at
 * its own pace. Neither delays the caller, unless it asked for that (`waits`).
 *
 * One thread at a time calls these functions. Schemas outlive the exporter.
 */
#ifndef BASICTAP_EXPORT_EXPORTER_H
#define BASICTAP_EXPORT_EXPORTER_H

#include "dissectors/base/diag.h"
#include "dissectors/base/schema.h"
#include "export/journal.h"
#include "export/sink/line_file.h"
#include "export/sink/redis.h"
#include "export/sink/syslog.h"

enum { EXPORTER_MAX_SINKS = 16 };

struct exporter_options {
    struct exporter_identity identity;
    bool name_is_given;   /* by name; else one that the journal knows goes before it */
    const char *ecs_path; /* "-": standard output; NULL: no JSON lines */
    bool ecs_append;      /* add to the file; else it begins anew */

    const char *store_path;   /* of the journal. NULL: one in memory, where a sink needs it */
    bool store_is_optional;   /* a path that cannot be opened is told, and memory will do */
    uint64_t store_max_bytes; /* 0: 1 GiB */
    uint64_t store_max_age_s; /* 0: no limit */
    size_t store_max_devices; /* 0: 100000 */
    size_t queue_records;     /* waiting for the journal; 0: 65536 */
    size_t queue_bytes;       /* likewise; 0: 128 MiB */
    bool waits;               /* exporter_put waits for the journal: a replay loses nothing */
    uint64_t (*wall_s)(void); /* seconds since 1970; NULL: findings do not age */

    struct redis_sink_options redis; /* url NULL: none */
    const struct line_file_options *files;
    size_t num_files; /* with num_servers, at most EXPORTER_MAX_SINKS - 1 */
    const struct syslog_options *servers;
    size_t num_servers;
    bool starts_later; /* sinks do nothing before exporter_start */

    /* "redis ...: connection refused; trying again": told when something changes, from any thread;
     * may be NULL. Never a secret. */
    void (*on_message)(void *ctx, const char *words);
    void *ctx;
};

struct exporter_stats {
    uint64_t written;      /* JSON lines */
    uint64_t sent;         /* acknowledged by sinks */
    uint64_t not_sent;     /* refused by a sink, or lost on the way: found no room, or still waiting
                              when exporter_flush gave up and kept in no file (such a record may
                              yet be sent, and then counts as sent alone) */
    uint64_t waiting;      /* for sinks, now */
    uint64_t write_errors; /* lines that could not be written, records that could not be made */
    struct journal_stats journal;
};

struct exporter;

/* NULL and words: a file that cannot be opened, a URL that means nothing, no memory. A Redis that
 * is away is no failure, nor is a disk that is full: it is told and tried again. */
struct exporter *exporter_open(const struct exporter_options *options, struct diag *diag);

/* Sinks begin their work, with the rights that the process has now. False and words: not all of
 * them.
 */
bool exporter_start(struct exporter *exporter, struct diag *diag);

/* The name of this sensor: as given, or as the journal knows it. */
const char *exporter_name(const struct exporter *exporter);

/* Whether what sinks do not have yet is kept for the next run. */
bool exporter_keeps(const struct exporter *exporter);

/* A finding: any struct whose schema has the fields of finding_schema, by name. */
void exporter_put(struct exporter *exporter, const struct schema *schema, const void *record);

/* From now on findings are lines only: they are not the whole truth, which will be told yet. */
void exporter_hold(struct exporter *exporter);

/* What the sensor is doing: goes to the sinks that want it (only the newest, when they are slow),
 * and as a JSON line when line is true (dataset coverage). */
void exporter_put_state(struct exporter *exporter, const struct schema *schema, const void *record,
                        bool line);

/* Buffered lines go out; waits up to deadline_ms for what the journal and the sinks have not
 * acknowledged yet. False: something is left that is kept in no file. */
bool exporter_flush(struct exporter *exporter, unsigned deadline_ms);

/* The same, for as long as sinks take something within each stall_ms. */
bool exporter_drain(struct exporter *exporter, unsigned stall_ms);
void exporter_stats(struct exporter *exporter, struct exporter_stats *stats);

/* SIGHUP: files that were moved are opened anew. */
void exporter_reopen(struct exporter *exporter);

/* Ends at once: what is not acknowledged stays in the journal, if that is a file, so flush before.
 * NULL is fine. */
void exporter_close(struct exporter *exporter);

#endif
