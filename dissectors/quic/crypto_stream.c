#include "dissectors/quic/crypto_stream.h"

#include <stdlib.h>
#include <string.h>

enum { STEP = 2048 /* most hellos fit into one; with a post-quantum key share too */ };

static size_t room_for(size_t size)
{
    return size + size / 8;
}

static uint8_t *marks_of(const struct crypto_stream *stream)
{
    return stream->octets + stream->size;
}

static bool grow(struct crypto_stream *stream, size_t needed)
{
    struct crypto_stream larger = {.whole = stream->whole};

    if (needed <= stream->size) {
        return true;
    }
    larger.size = (needed + STEP - 1) / STEP * STEP;
    larger.octets = calloc(1, room_for(larger.size));
    if (larger.octets == NULL) {
        return false;
    }
    if (stream->octets != NULL) {
        memcpy(larger.octets, stream->octets, stream->size);
        memcpy(marks_of(&larger), marks_of(stream), stream->size / 8);
        free(stream->octets);
    }
    *stream = larger;
    return true;
}

static bool is_there(const struct crypto_stream *stream, size_t at)
{
    return at < stream->size && (marks_of(stream)[at / 8] & 1u << at % 8) != 0;
}

bool crypto_stream_put(struct crypto_stream *stream, const struct crypto_frame *frame)
{
    struct bytes data = frame->data;
    size_t begin;

    if (data.len > CRYPTO_STREAM_MAX || frame->offset > CRYPTO_STREAM_MAX - data.len) {
        return false;
    }
    if (data.len == 0) {
        return true;
    }
    begin = (size_t)frame->offset;
    if (!grow(stream, begin + data.len)) {
        return false;
    }
    for (size_t i = begin; i < begin + frame->data.len; i++) {
        marks_of(stream)[i / 8] |= (uint8_t)(1u << i % 8);
    }
    (void)take_into(&data, stream->octets + begin, data.len);
    while (is_there(stream, stream->whole)) {
        stream->whole++;
    }
    return true;
}

struct bytes crypto_stream_front(const struct crypto_stream *stream)
{
    return bytes_view(stream->octets, stream->whole);
}

size_t crypto_stream_kept(const struct crypto_stream *stream)
{
    return room_for(stream->size);
}

void crypto_stream_clear(struct crypto_stream *stream)
{
    free(stream->octets);
    *stream = (struct crypto_stream){0};
}
