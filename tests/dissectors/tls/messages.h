/*
 * messages: the handshake messages in clear of a capture, without the driver that reads sessions:
 * wherever in a stream they begin, each is handed over once.
 */
#ifndef BASICTAP_TESTS_DISSECTORS_TLS_MESSAGES_H
#define BASICTAP_TESTS_DISSECTORS_TLS_MESSAGES_H

#include "sensor/decode.h"

struct message {
    struct address src;
    struct address dst;
    uint16_t src_port;
    uint16_t dst_port;
    uint8_t type;
    struct bytes body;
};

/* False: the capture cannot be opened. */
bool messages_read(const char *path, void (*each)(void *ctx, const struct message *message),
                   void *ctx);

#endif
