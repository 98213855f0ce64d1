#include "tests/dissectors/http/http2_frames.h"

#include <string.h>

enum { MAX_FRAME = 4096 };

struct writer {
    uint8_t *out;
    size_t len;
    size_t size;
};

static void put(struct writer *writer, unsigned byte)
{
    assert_true(writer->len < writer->size);
    writer->out[writer->len++] = (uint8_t)byte;
}

static void put_bytes(struct writer *writer, struct bytes bytes)
{
    uint8_t byte;

    while (take_u8(&bytes, &byte)) {
        put(writer, byte);
    }
}

/* Not Huffman-coded (RFC 7541, section 5.2). */
static void put_text(struct writer *writer, struct bytes text)
{
    size_t len = text.len;

    put(writer, len < 127 ? (unsigned)len : 127);
    if (len >= 127) {
        for (len -= 127; len >= 128; len >>= 7) {
            put(writer, 0x80 | (unsigned)(len & 0x7f));
        }
        put(writer, (unsigned)len);
    }
    put_bytes(writer, text);
}

static void put_hex(struct writer *writer, struct bytes digits)
{
    struct bytes pair;
    uint64_t byte;

    while (take_spaces(&digits), take_bytes(&digits, 2, &pair)) {
        assert_true(take_hex(&pair, 0xff, &byte));
        put(writer, (unsigned)byte);
    }
}

static void put_block(struct writer *writer, struct bytes lines)
{
    struct bytes line;
    size_t colon;

    while (take_line(&lines, &line)) {
        bool is_added = take_prefix(&line, BYTES("+"));

        if (take_prefix(&line, BYTES("#"))) {
            put_hex(writer, line);
            continue;
        }
        assert_true(bytes_find(line, BYTES(": "), &colon));
        put(writer, is_added ? 0x40 : 0);
        put_text(writer, bytes_first(line, colon));
        put_text(writer, bytes_after(line, colon + 2));
    }
    assert_int_equal(lines.len, 0);
}

size_t write_frame(const struct written_frame *frame, uint8_t *out, size_t size)
{
    struct bytes payload = bytes_view(frame->payload, frame->len);
    struct writer writer = {out, HTTP2_FRAME_HEADER, size};
    size_t len;

    if (frame->type == NOT_A_FRAME) {
        writer.len = 0;
        put_bytes(&writer, payload);
        return writer.len;
    }
    if (frame->type == HTTP2_HEADERS || frame->type == HTTP2_CONTINUATION) {
        put_block(&writer, payload);
    } else {
        put_bytes(&writer, payload);
    }
    len = writer.len;
    writer.len = 0;
    for (unsigned shift = 24; shift > 0; shift -= 8) {
        put(&writer, (unsigned)((len - HTTP2_FRAME_HEADER) >> (shift - 8)));
    }
    put(&writer, frame->type);
    put(&writer, frame->flags);
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        put(&writer, frame->stream >> (shift - 8));
    }
    return len;
}

static void run_one(const struct written_talk *written, const char *hint)
{
    static uint8_t memory[FRAMES][MAX_FRAME];
    struct talk talk = {.claim = written->claim, .expected = written->expected};

    for (size_t i = 0; i < FRAMES && written->frames[i].payload != NULL; i++) {
        const struct written_frame *frame = &written->frames[i];

        talk.pieces[i].from = frame->from;
        talk.pieces[i].at = (const char *)memory[i];
        if (frame->type == A_HOLE) {
            talk.pieces[i].lost = frame->len;
        } else {
            talk.pieces[i].len = write_frame(frame, memory[i], MAX_FRAME);
        }
    }
    talk_run(&talk, 1, hint);
}

void run_frames(const struct written_talk *talks, size_t num_talks, const char *hint)
{
    for (size_t i = 0; i < num_talks; i++) {
        run_one(&talks[i], hint);
    }
}
