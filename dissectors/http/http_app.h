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
 * What http remembers of a request until its answer: the event as far as it is known. An app fills
 * service and its own fields in request(), outcome and reason in response() (http has put its own
 * reading of the status there before).
 */
struct http_exchange {
    struct event event;  /* EVENT_AUTH */
    bool has_credential; /* an Authorization was sent */
    bool basic_offered;  /* the answer's challenges name Basic */
    bool challenged;     /* the answer carried a challenge at all */
    bool always_report;  /* an app sets it: report this request though it carries no credential */
    bool body_wanted;    /* an app sets it: response_body and request_body are to be called */
    unsigned char app_state[64]; /* the app's own, zeroed */
};

struct http_app {
    const char *name;
    enum service service;
    bool (*claims)(
        const struct http_head *request); /* the first app that claims a request has it */
    void (*request)(struct http_exchange *exchange, const struct http_head *request,
                    const struct emitter *out);
    void (*response)(struct http_exchange *exchange, const struct http_head *response,
                     const struct emitter *out); /* or NULL */
    void (*request_body)(struct http_exchange *exchange, struct bytes front,
                         const struct emitter *out); /* or NULL: the
body's first bytes, at most 256, once */
};

/* In the order in which they are asked; NULL-terminated (dissectors/exchange/registry.c). */
extern const struct http_app *const http_apps[];

#endif
