/*
 * redis_link: one connection to one Redis: commands go out, replies come back one by one. The only
 * part that knows hiredis. Knows no keys and never tries again by itself.
 */
#ifndef BASICTAP_EXPORT_SINK_REDIS_LINK_H
#define BASICTAP_EXPORT_SINK_REDIS_LINK_H

#include "export/sink/redis_command.h"
#include "export/sink/redis_error.h"
#include "export/transport.h"

struct redis_link_options {
    struct transport_options to;
    const char *user;     /* "": the default one */
    const char *password; /* NULL: none; shows in no message */
    const char *database;
    const char *prefix; /* of keys, which messages may name */
};

/* A reply as far as we read them: an array is its first two texts, a number is its text. */
enum { REDIS_REPLY_SIZE = 300 };
struct redis_reply {
    size_t num; /* of texts */
    char texts[2][REDIS_REPLY_SIZE];
    struct redis_place place; /* of MOVED and ASK */
};

struct redis_link;

/* Connects and says who we are. NULL: *why is LATER, DENIED or LOST, and diag has the words. The
 * options outlive the link. */
struct redis_link *redis_link_open(const struct redis_link_options *options, enum redis_answer *why,
                                   struct diag *diag);
void redis_link_close(struct redis_link *link); /* NULL is fine */

/* False and words: lost. The commands are wiped in any case. */
bool redis_link_send(struct redis_link *link, struct redis_commands *commands, struct diag *diag);

/* The next reply; words for all but REDIS_DONE. */
enum redis_answer redis_link_take(struct redis_link *link, struct redis_reply *reply,
                                  struct diag *diag);

/* Both, for a single command. */
enum redis_answer redis_link_ask(struct redis_link *link, struct redis_commands *commands,
                                 struct redis_reply *reply, struct diag *diag);

void redis_link_set_deadline(struct redis_link *link, uint64_t deadline_ns);

#endif
