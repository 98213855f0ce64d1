/*
 * wire: the messages of SOCKS 4, 4a and 5 (RFC 1928) as they lie on the wire.
 */
#ifndef BASICTAP_DISSECTORS_SOCKS_WIRE_H
#define BASICTAP_DISSECTORS_SOCKS_WIRE_H

#include "dissectors/base/event.h"

enum {
    VERSION4 = 4,
    VERSION5 = 5,
    METHOD_NONE = 0,
    METHOD_USER_PASS = 2,
    METHOD_REFUSED = 0xff,
    GRANTED4 = 0x5a,
    GRANTED5 = 0,
    REPLY4_SIZE = 8,
    TARGET_SIZE = HOST_SIZE + 8,
};

/* What a reader found at the front of a view; the view shrinks on FOUND alone. */
enum found {
    FOUND,
    FOUND_PART, /* more bytes could make it one */
    FOUND_NONE,
};

bool take_greeting(struct bytes *in, struct bytes *methods);
bool are_methods(struct bytes methods); /* such as a client would offer */

/* An address or name and its port; host may be NULL. */
enum found take_endpoint(struct bytes *in, char *host, size_t size, uint16_t *port);

/* Requests to connect; target is "host:port". Other commands are FOUND_NONE: nothing that we read
 * goes through them. */
enum found take_request5(struct bytes *in, char target[TARGET_SIZE]);
enum found take_request4(struct bytes *in, char target[TARGET_SIZE]);

bool is_reply4(struct bytes server, uint8_t *code);

#endif
