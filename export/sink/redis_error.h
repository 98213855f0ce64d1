/*
 * redis_error: what an error reply means, and words for it.
 *
 * Never the server's sentence: some repeat what was sent ("unknown command 'AUTH', with args
 * beginning with ..."), a password included. Its code, a number, an address or a key of ours are
 * taken from it.
 */
#ifndef BASICTAP_EXPORT_SINK_REDIS_ERROR_H
#define BASICTAP_EXPORT_SINK_REDIS_ERROR_H

#include "export/sink/redis_url.h"

enum redis_answer {
    REDIS_DONE,
    REDIS_REFUSED,     /* this command will never be taken */
    REDIS_LATER,       /* the server cannot for now (LOADING, OOM, READONLY, ...) */
    REDIS_DENIED,      /* password or rights: somebody has to change something */
    REDIS_MOVED,       /* another node has the slot: see place */
    REDIS_ASK,         /* another node has the slot for this once: see place */
    REDIS_BEHIND,      /* our function misses what was sent before */
    REDIS_NO_FUNCTION, /* our function is not loaded */
    REDIS_LOST,        /* no connection, or a server that speaks something else */
};

/* Words always. prefix: of our keys. place: set with MOVED and ASK; its host is "" when it is the
 * one that answered. */
enum redis_answer redis_error_read(struct bytes error, const char *prefix,
                                   struct redis_place *place, struct diag *diag);

#endif
