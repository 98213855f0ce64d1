/* http_auth: credentials, challenges and verdicts of HTTP authentication (RFC 9110, section 11). */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP_AUTH_H
#define BASICTAP_DISSECTORS_HTTP_HTTP_AUTH_H

#include "dissectors/http/http_app.h"

/* A credential as it was sent; the secret itself is not kept. */
struct http_credential {
    enum mechanism mechanism;
    bool first_leg;     /* only asks for a challenge */
    bool password_seen; /* a reusable password */
    char user[USER_SIZE];
    char domain[128];
    char workstation[64];
};

/*
 * Reads the value of Authorization or Proxy-Authorization. False when it carries no credential:
 * empty, or a scheme alone, which is how iOS asks for the challenge ("Bearer").
 */
bool http_read_credential(struct bytes value, struct http_credential *credential);

/* The credential of a request: among several headers of that name a Basic one is preferred. */
bool http_find_credential(const struct http_head *head, struct bytes name,
                          struct http_credential *credential);

struct http_challenges {
    bool any;
    bool basic;
    bool goes_on;           /* one of them carries a token: the handshake continues */
    uint64_t offered;       /* a bit a mechanism, 1 << MECHANISM_x */
    struct offer_event *to; /* where they are listed in the server's order, or NULL */
};

/*
 * Adds the challenges of all headers of that name (WWW-Authenticate or Proxy-Authenticate).
 * "Negotiate" is listed as http-negotiate-kerberos, what it is meant for; NTLM inside it is never
 * announced.
 */
void http_read_challenges(const struct http_head *head, struct bytes name,
                          struct http_challenges *challenges);

/*
 * What a status says of the credential of a request, before an app knows better: 2xx and 3xx
 * accepted, 401 rejected, or challenged where more legs follow; else unknown. A 401 that offers
 * other mechanisms but no Basic is `blocked` for an Exchange service and `rejected` elsewhere,
 * where a server with Digest alone is no policy.
 */
void http_judge(struct http_exchange *exchange, unsigned status, bool goes_on);

/* The same for what was given to a proxy: it refused itself, or what comes from behind it was let
 * through. */
void http_judge_proxy(struct http_exchange *exchange, unsigned status, bool is_refused,
                      bool goes_on);

#endif
