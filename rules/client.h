/* client: normalised names of client software, by rules/clients.yml. Answers are remembered
 * (bounded), because there are few programs and many logins. */
#ifndef BASICTAP_RULES_CLIENT_H
#define BASICTAP_RULES_CLIENT_H

#include "dissectors/base/bytes.h"
#include "dissectors/base/diag.h"

/* What a client says of itself; "" where it is silent. Borrowed. */
struct client_words {
    const char *software;    /* User-Agent, IMAP ID */
    const char *hello;       /* EHLO name */
    const char *device_type; /* EAS */
};

struct clients;

/* An empty table for path NULL. NULL and words when the file is missing or bad. */
struct clients *clients_load(const char *path, struct diag *diag);
struct clients *clients_parse(const char *name, struct bytes text, struct diag *diag);
void clients_free(struct clients *clients); /* NULL is fine */

/* The name of the first entry that matches; "": none. Lives as long as clients. */
const char *clients_name(struct clients *clients, const struct client_words *words,
                         uint64_t *limits);

#endif
