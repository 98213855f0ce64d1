/*
 * initial: makes Initial packets as a client does, with OpenSSL and the words of the RFCs: shares
 * nothing with the reader. Failures end the test.
 */
#ifndef BASICTAP_TESTS_DISSECTORS_QUIC_INITIAL_H
#define BASICTAP_TESTS_DISSECTORS_QUIC_INITIAL_H

#include "dissectors/base/bytes.h"

enum { INITIAL_MAX = 65536, VERSION_1 = 1, VERSION_2 = 0x6b3343cf };

struct initial {
    uint32_t version;
    struct bytes destination;
    struct bytes keys_of; /* the id that the keys are made of; empty: destination */
    struct bytes source;
    struct bytes token;
    uint32_t number;
    uint8_t number_len; /* 0: 4 */
    struct bytes frames;
    size_t size; /* padded to; 0: as it is */
};

/* Bytes that are put one after the other. */
struct draft {
    uint8_t at[INITIAL_MAX];
    size_t len;
};

void draft_put(struct draft *draft, struct bytes bytes);
void draft_number(struct draft *draft, uint64_t value, size_t size); /* big-endian */
void draft_varint(struct draft *draft, uint64_t value);
void draft_crypto(struct draft *draft, struct bytes hello, size_t from, size_t len); /* a frame */

/* Appends the packet to a datagram. */
void initial_seal(const struct initial *initial, struct draft *datagram);

/* A ClientHello of this size for a server's name, with a random of one letter. */
void draft_hello(struct draft *draft, const char *name, char random, size_t size);

#endif
