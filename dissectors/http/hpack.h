/*
 * hpack: a header block taken apart (RFC 7541), by one who listens: it goes on where a party to the
 * connection must stop, because of references to what came before we did.
 *
 * One decoder a direction, given all its header blocks in their order.
 */
#ifndef BASICTAP_DISSECTORS_HTTP_HPACK_H
#define BASICTAP_DISSECTORS_HTTP_HPACK_H

#include "dissectors/http/hpack_table.h"

enum {
    HPACK_MAX_NAME = 1024,   /* of a name that is Huffman-coded or comes from the table: longer ones
                                are not known */
    HPACK_MAX_VALUE = 32768, /* of a value that is Huffman-coded: longer ones are not known */
};

/* Zeroed at first. */
struct hpack {
    struct hpack_table table;
    uint32_t max_table; /* what the other side allows at most; means something when is_allowed */
    bool is_allowed;
    bool is_any_allowed; /* what it allows was not seen */
};

/* A field, in its order. The views live for the call. */
typedef void hpack_field_fn(void *ctx, const struct hpack_field *field);

/*
 * Reads a whole block. False: it is none (the real receiver closes the connection then); what was
 * told of it means nothing, and nothing is known of the table any more.
 */
bool hpack_decode(struct hpack *hpack, struct bytes block, hpack_field_fn *on_field, void *ctx);

/* The receiver allows a table of that size (SETTINGS_HEADER_TABLE_SIZE). It never allows less
 * again: an update may still be made under an older setting, and whether one is in force only its
 * acknowledgement tells, while a table that is smaller than allowed is always right. */
void hpack_allow(struct hpack *hpack, uint32_t max_table);

/* Blocks, or what was allowed, were not seen. */
void hpack_lose(struct hpack *hpack);

#endif
