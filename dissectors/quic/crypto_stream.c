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
    larger.octets = malloc(room_for(larger.size));
    if (larger.octets == NULL) {
        return false;
    }
    memset(marks_of(&larger), 0, larger.size / 8);
    if (stream->octets != NULL) {
        memcpy(larger.octets, stream->octets, stream->size);
        memcpy(marks_of(&larger), marks_of(stream), stream->size / 8);
        free(stream->octets);
    }
    *stream = larger;
    return true;
}

/* A mark is a bit; those of eight octets in a row are a byte, and are set and read at once. */
static void mark(struct crypto_stream *stream, size_t begin, size_t end)
{
    uint8_t *marks = marks_of(stream);

    while (begin < end) {
        if (begin % 8 == 0 && end - begin >= 8) {
            marks[begin / 8] = 0xff;
            begin += 8;
        } else {
            marks[begin / 8] |= (uint8_t)(1u << begin % 8);
            begin++;
        }
    }
}

static size_t whole_from(const struct crypto_stream *stream, size_t at)
{
    const uint8_t *marks = marks_of(stream);

    while (at < stream->size && (marks[at / 8] & 1u << at % 8) != 0) {
        at += at % 8 == 0 && marks[at / 8] == 0xff ? 8 : 1;
    }
    return at;
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
    mark(stream, begin, begin + data.len);
    (void)take_into(&data, stream->octets + begin, data.len);
    stream->whole = whole_from(stream, stream->whole);
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
