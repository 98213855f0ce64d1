/*
 * sink: what takes records to a receiver (Redis, a file, a syslog server), as the pump sees it.
 *
 * A sink is opened by its own options (each has its `<noun>_sink_open`), and from then on belongs
 * to its pump, whose thread alone calls it. It connects by itself, in `resume` or `write`, never in
 * open: a receiver that is away is no failure. It never sleeps and never tries again by itself:
 * whatever it does is over by the deadline, or soon after cancel_fd becomes readable. The pump
 * reads the journal, waits, backs off, keeps the cursor and tells what is wrong.
 *
 * Records come in the order of their sequence. One may come again, after a lost answer or a crash:
 * what is applied twice must be as if it were once, by event.id or by (journal id, sequence).
 */
#ifndef BASICTAP_EXPORT_SINK_SINK_H
#define BASICTAP_EXPORT_SINK_SINK_H

#include "dissectors/base/diag.h"
#include "export/record.h"

enum { SINK_NAME_SIZE = 512 };

enum sink_result {
    SINK_DONE,  /* all of it */
    SINK_RETRY, /* not now: no receiver, or it cannot for the moment. Words in why, which also say
                   what somebody has to change (a wrong password is retried too) */
    SINK_DROP,  /* one record will never be taken. Words in why */
};

/* What every sink is told of the sensor that it runs in. Outlives the sink. */
struct sink_host {
    struct exporter_identity identity;
    int cancel_fd; /* readable when the end has come: every wait looks at it (see transport.h) */
};

/*
 * What a sink can do. Deadlines are on clock_now_ns() (export/clock.h). A function that is NULL is
 * not needed by that sink.
 */
struct sink_type {
    const char *word;    /* "redis": its messages begin with it */
    size_t max_records;  /* of one write */
    size_t max_bytes;    /* likewise, JSON counted; a single record may be longer */
    unsigned timeout_ms; /* how far ahead the deadline of a call is */

    /*
     * The greeting: called before the first write, and again before the next one after every
     * SINK_RETRY. *applied is the cursor of the journal when called; the sink sets it to what the
     * receiver says it has applied of this journal, which may be less (it was emptied, or an older
     * replica took over: the pump sends again what the journal still has) or more. A sink whose
     * receiver knows no sequences has no resume. Only SINK_DONE and SINK_RETRY.
     */
    enum sink_result (*resume)(void *self, const char *journal_id, uint64_t *applied,
                               uint64_t deadline_ns, struct diag *why);

    /*
     * At least one record. *taken, 0 when called: how many from the front are applied for good
     * (with SINK_DONE all). SINK_RETRY: those after them come again later. SINK_DROP: the one after
     * them is given up, and the pump goes on with the next.
     */
    enum sink_result (*write)(void *self, const struct record *const *records, size_t num,
                              uint64_t deadline_ns, size_t *taken, struct diag *why);

    /* What the sensor is doing: the newest only, when the receiver is slow. Not in the journal. */
    enum sink_result (*state)(void *self, const struct record *state, uint64_t deadline_ns,
                              struct diag *why);

    void (*tick)(void *self);   /* about once a second, also when there is nothing to write */
    void (*reopen)(void *self); /* SIGHUP: files that were moved are opened anew */
    void (*close)(void *self);  /* frees it; never NULL */
};

/* name: of its cursor in the journal, so the same for the same receiver after a restart, and
 * different for every other. No secret: "redis redis.example.net:6379/0 basictap:v1". */
struct sink {
    const struct sink_type *type;
    void *self;
    char name[SINK_NAME_SIZE];
};

#endif
