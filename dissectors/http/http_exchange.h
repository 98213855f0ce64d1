/*
 * http_exchange: requests and their answers, whatever version of HTTP carries them: makes the auth,
 * offer and client events and asks the apps. A request that carries no credential and belongs to no
 * app costs no memory.
 */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP_EXCHANGE_H
#define BASICTAP_DISSECTORS_HTTP_HTTP_EXCHANGE_H

#include "dissectors/http/http_app.h"

/* What is known of a connection. Zeroed at first. */
struct http_link {
    uint64_t offered; /* mechanisms that an offer event has named, 1 << MECHANISM_x */
    bool bound;       /* NTLM or Negotiate logged the connection in, not a request: what follows
                         without Authorization is not anonymous */
    bool said_software;
    bool said_device;
    bool said_workstation;
    bool said_exchange; /* that an Exchange server answers */
    bool is_proxy;      /* the other end is a forward proxy: it was asked as only those are */
    uint64_t answered;  /* whose credential was answered last, for which service; 0: nobody's */
};

/* A request that waits for its answer. Zeroed: none. Owns its exchanges. */
struct http_transaction {
    struct http_exchange *own;   /* what it gave to the server; NULL: nothing to tell */
    struct http_exchange *proxy; /* what it gave to a proxy; NULL: nothing */
    const struct http_app *app;  /* NULL: service http */
};

/* Begins a transaction, in a zeroed one. Out of memory: nothing will be told of it. */
void http_request(struct http_link *link, struct http_transaction *transaction,
                  const struct http_head *head, const struct emitter *out);

/* Its final answer (not 1xx, but 101) is there: tells and ends it. transaction NULL: the answer of
 * a request that was not seen, of which only offers are told. */
void http_answer(struct http_link *link, struct http_transaction *transaction,
                 const struct http_head *head, const struct emitter *out);

/*
 * The connection has ended without its answer. A request that repeats a credential which was
 * answered on the same connection tells nothing then: servers close an idle connection just as the
 * client sends, and the client says it again on another (RFC 9112, section 9.3.1). Others are told
 * as below.
 */
void http_transaction_cut(const struct http_link *link, struct http_transaction *transaction,
                          const struct emitter *out);

/* No answer will come: tells what is open, outcome unknown. Zeroed again afterwards. */
void http_transaction_end(struct http_transaction *transaction, const struct emitter *out);

#endif
