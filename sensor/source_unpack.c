#include "sensor/source_unpack.h"

#define ZLIB_CONST /* inputs are const */
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

struct unpacker {
    ZSTD_DStream *zstd; /* NULL: gzip */
    z_stream gzip;
    bool whole; /* the member or frame that was read last is complete */
    bool done;  /* what follows is no gzip: padding, which gzip(1) ignores too */
};

enum { GZIP_WINDOW = 15 + 16 }; /* the largest window, gzip header and trailer */

static bool start(struct unpacker *unpacker, bool zstd)
{
    if (!zstd) {
        return inflateInit2(&unpacker->gzip, GZIP_WINDOW) == Z_OK;
    }
    unpacker->zstd = ZSTD_createDStream();
    return unpacker->zstd != NULL && !ZSTD_isError(ZSTD_initDStream(unpacker->zstd));
}

struct unpacker *unpacker_new(struct bytes first, bool *is_packed)
{
    bool gzip = bytes_starts(first, BYTES("\x1f\x8b"));
    bool zstd = bytes_starts(first, BYTES("\x28\xb5\x2f\xfd"));
    struct unpacker *unpacker;

    *is_packed = gzip || zstd;
    if (!*is_packed) {
        return NULL;
    }
    unpacker = calloc(1, sizeof(*unpacker));
    if (unpacker != NULL && !start(unpacker, zstd)) {
        unpacker_free(unpacker);
        return NULL;
    }
    return unpacker;
}

void unpacker_free(struct unpacker *unpacker)
{
    if (unpacker == NULL) {
        return;
    }
    if (unpacker->zstd != NULL) {
        (void)ZSTD_freeDStream(unpacker->zstd);
    } else {
        (void)inflateEnd(&unpacker->gzip);
    }
    free(unpacker);
}

static bool run_zstd(struct unpacker *unpacker, struct bytes *in, void *out, size_t max,
                     size_t *len)
{
    ZSTD_inBuffer from = {in->at, in->len, 0};
    ZSTD_outBuffer to = {out, max, 0};
    size_t hint = ZSTD_decompressStream(unpacker->zstd, &to, &from);

    *len = to.pos;
    if (ZSTD_isError(hint)) {
        return false;
    }
    unpacker->whole = hint == 0;
    return take_skip(in, from.pos);
}

/* Members may follow each other (RFC 1952, section 2.2). */
static bool next_member(struct unpacker *unpacker, struct bytes in)
{
    unpacker->done = !bytes_starts(in, BYTES("\x1f"));
    unpacker->whole = false;
    return unpacker->done || inflateReset(&unpacker->gzip) == Z_OK;
}

static bool run_gzip(struct unpacker *unpacker, struct bytes *in, void *out, size_t max,
                     size_t *len)
{
    z_stream *gzip = &unpacker->gzip;
    unsigned in_len = in->len < UINT_MAX ? (unsigned)in->len : UINT_MAX;
    unsigned out_len = max < UINT_MAX ? (unsigned)max : UINT_MAX;
    int result;

    *len = 0;
    if (unpacker->whole && !next_member(unpacker, *in)) {
        return false;
    }
    if (unpacker->done) {
        unpacker->whole = true;
        return take_skip(in, in->len);
    }
    gzip->next_in = in->at;
    gzip->avail_in = in_len;
    gzip->next_out = out;
    gzip->avail_out = out_len;
    result = inflate(gzip, Z_NO_FLUSH);
    *len = out_len - gzip->avail_out;
    unpacker->whole = result == Z_STREAM_END;
    return (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) &&
           take_skip(in, in_len - gzip->avail_in);
}

bool unpacker_run(struct unpacker *unpacker, struct bytes *in, void *out, size_t max, size_t *len)
{
    if (unpacker->whole && in->len == 0) {
        *len = 0; /* asked again, zstd would wait for another frame */
        return true;
    }
    return unpacker->zstd != NULL ? run_zstd(unpacker, in, out, max, len)
                                  : run_gzip(unpacker, in, out, max, len);
}

bool unpacker_is_whole(const struct unpacker *unpacker)
{
    return unpacker->whole;
}
