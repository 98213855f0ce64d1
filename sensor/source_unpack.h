/* source_unpack: gzip and zstd as a stream of bytes. */
#ifndef BASICTAP_SENSOR_SOURCE_UNPACK_H
#define BASICTAP_SENSOR_SOURCE_UNPACK_H

#include "dissectors/base/bytes.h"

struct unpacker;

/* By the first four bytes of a file; NULL and *is_packed: out of memory. */
struct unpacker *unpacker_new(struct bytes start, bool *is_packed);
void unpacker_free(struct unpacker *unpacker);

/* Takes from in what it needs to write up to max bytes to out, and says how many it wrote. False:
 * the compressed data is damaged. */
bool unpacker_run(struct unpacker *unpacker, struct bytes *in, void *out, size_t max, size_t *len);

/* Whether a file may end where unpacker_run stopped. */
bool unpacker_is_whole(const struct unpacker *unpacker);

#endif
