/*
 * http_app: an application that rides on HTTP. It never learns whether that was HTTP/1 or HTTP/2,
 * plain, tunnelled or decrypted. dissectors/http parses, tracks requests and their answers and
 * makes the auth events; an app names the service and adds what only it knows (an EAS DeviceId, a
 * server's reason).
 */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP_APP_H
#define BASICTAP_DISSECTORS_HTTP_HTTP_APP_H

#include "dissectors/base/event.h"

enum { MAX_HTTP_HEADERS = 128 };

struct http_header {
    struct bytes name;  /* as sent; compare without case */
    struct bytes value; /* trimmed */
};

struct http_head {
    bool is_request;
    bool is_partial;     /* HTTP/2: there were fields that could not be read */
    bool is_relayed;     /* requests: the target names its server, as proxies are asked */
    struct bytes method; /* requests */
    struct bytes target; /* requests: as sent */
    struct bytes path;   /* requests: without scheme, authority and query */
    struct bytes query;  /* requests: after '?'; may be empty */
    struct bytes host;   /* requests: Host or authority, port dropped */
    unsigned status;     /* answers */
    struct bytes reason; /* answers */
    struct http_header headers[MAX_HTTP_HEADERS];
    size_t num_headers;
};

/* The first header of that name; false when there is none. */
bool http_header_find(const struct http_head *head, struct bytes name, struct bytes *value);

/*
 * Is path that folder or file, or does it lie below it? Case does not matter, %XX is read, and
 * repeated slashes are one, as IIS reads them. folder begins with '/' and does not end with it.
 */
bool http_path_under(struct bytes path, const char *folder);

/* The value of "name=value" among the '&'-separated parts of a query, as sent; false without it. */
bool http_query_find(struct bytes query, struct bytes name, struct bytes *value);

/*
 * What http remembers of a request until its answer: the event as far as it is known. An app fills
 * its own fields in request(), outcome and reason in response() (http has put its own reading of
 * the status there before).
 */
struct http_exchange {
    struct event event;   /* EVENT_AUTH */
    bool has_credential;  /* an Authorization was sent, or the app found another */
    bool first_leg;       /* the credential only asks for a challenge (NTLM type 1) */
    bool basic_offered;   /* the answer's challenges name Basic */
    bool challenged;      /* the answer carried a challenge at all */
    bool always_report;   /* an app sets it: report this request though it carries no credential */
    bool body_wanted;     /* an app sets it: request_body is to be called, until it clears it */
    char workstation[64]; /* NTLM */
    _Alignas(8) unsigned char app_state[64]; /* the app's own, zeroed */
};

struct http_app {
    const char *name;
    enum service service;
    bool (*claims)(
        const struct http_head *request); /* the first app that claims a request has it */
    void (*request)(struct http_exchange *exchange, const struct http_head *request,
                    const struct emitter *out); /* or NULL */
    void (*response)(struct http_exchange *exchange, const struct http_head *response,
                     const struct emitter *out); /* or NULL */
    /* While body_wanted: the body's unused bytes, of which it says how many it finished; the rest
     * comes again with more. A body of known length only. It clears body_wanted when it has seen
     * enough, at the latest after some kilobytes. Or NULL. */
    size_t (*request_body)(struct http_exchange *exchange, struct bytes in,
                           const struct emitter *out);
    /* The exchange is over, answered or not; its own event was told. Or NULL. */
    void (*end)(struct http_exchange *exchange, const struct emitter *out);
};

/* In the order in which they are asked; NULL-terminated (dissectors/exchange/registry.c). */
extern const struct http_app *const http_apps[];

#endif
