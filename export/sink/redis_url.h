/* redis_url: redis://[user@]host[:port][/db] and unix:///path[?db=n], taken apart. */
#ifndef BASICTAP_EXPORT_SINK_REDIS_URL_H
#define BASICTAP_EXPORT_SINK_REDIS_URL_H

#include "dissectors/base/bytes.h"
#include "dissectors/base/diag.h"

struct redis_url {
    char user[128]; /* empty: the default user */
    char host[256]; /* without the brackets of an IPv6 address */
    char port[6];
    char path[108]; /* of a Unix socket; empty: TCP */
    char database[6];
    char place[280]; /* "host:port" or the path, for messages: never a user or a secret */
};

/* False, and words that hold no part of what could be a secret. A password in the URL is refused:
 * it would be seen in the list of processes. */
bool redis_url_parse(const char *text, struct redis_url *url, struct diag *diag);

#endif
