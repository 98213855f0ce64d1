/*
 * redis_url: where Redis is, taken apart:
 *
 *     redis[s]://[user@]host[:port][,host[:port]...][/db]
 *     redis[s]+sentinel://[user@]host[:port],.../master[/db]     (of the Sentinels; port 26379)
 *     redis[s]+cluster://[user@]host[:port],...                  (any of its nodes)
 *     unix:///path[?db=n]
 */
#ifndef BASICTAP_EXPORT_SINK_REDIS_URL_H
#define BASICTAP_EXPORT_SINK_REDIS_URL_H

#include "dissectors/base/bytes.h"
#include "dissectors/base/diag.h"

enum { REDIS_MAX_PLACES = 16 };

struct redis_place {
    char host[256]; /* without the brackets of an IPv6 address */
    char port[6];
};

enum redis_kind { REDIS_SINGLE, REDIS_SENTINEL, REDIS_CLUSTER };

struct redis_url {
    enum redis_kind kind;
    bool tls;
    char user[128]; /* empty: the default user */
    struct redis_place places[REDIS_MAX_PLACES];
    size_t num_places;
    char path[108];   /* of a Unix socket; empty: TCP */
    char master[128]; /* as the Sentinels call it */
    char database[6];
    char text[280]; /* the places or the path, for names and messages: never a user or a secret */
};

/* False, and words that hold no part of what could be a secret. A password in the URL is refused:
 * it would be seen in the list of processes. */
bool redis_url_parse(const char *text, struct redis_url *url, struct diag *diag);

/* "host:port", "[::1]:port"; false, nothing changed. */
bool redis_place_parse(struct bytes text, const char *default_port, struct redis_place *place);

/* The same as text. */
void redis_place_text(const struct redis_place *place, char text[280]);

#endif
