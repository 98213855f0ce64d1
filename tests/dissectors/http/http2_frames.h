/*
 * http2_frames: HTTP/2 connections as a test writes them. A frame is a piece; a header block is
 * written a line a field: "name: value" as it is, "+name: value" added to the dynamic table, "#be"
 * bytes in hexadecimal digits (82 GET, 87 https, 88 status 200, be the newest entry).
 */
#ifndef BASICTAP_TESTS_DISSECTORS_HTTP_HTTP2_FRAMES_H
#define BASICTAP_TESTS_DISSECTORS_HTTP_HTTP2_FRAMES_H

#include "dissectors/http/http2_frame.h"
#include "tests/support/talk.h"

enum { NOT_A_FRAME = 0x100, A_HOLE = 0x101, FRAMES = 24 };

struct written_frame {
    enum side from;
    unsigned type; /* enum http2_type, or one of the above */
    uint8_t flags;
    uint32_t stream;
    const char *payload; /* HEADERS and CONTINUATION: a block, else bytes */
    size_t len;          /* of payload; of a hole */
};

#define TEXT(text) text, sizeof(text) - 1

/* The beginning of a connection. */
#define PREFACE                                                                                    \
    {                                                                                              \
        SIDE_CLIENT, NOT_A_FRAME, 0, 0, TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")                   \
    }
#define SETTINGS(side, bytes)                                                                      \
    {                                                                                              \
        side, HTTP2_SETTINGS, 0, 0, TEXT(bytes)                                                    \
    }
#define RAW(side, bytes)                                                                           \
    {                                                                                              \
        side, NOT_A_FRAME, 0, 0, TEXT(bytes)                                                       \
    }
#define HOLE(side, num)                                                                            \
    {                                                                                              \
        side, A_HOLE, 0, 0, "", num                                                                \
    }
#define FRAME(side, type, flags, stream, payload)                                                  \
    {                                                                                              \
        side, type, flags, stream, TEXT(payload)                                                   \
    }
/* A request and an answer of one frame. */
#define ASK(stream, block)                                                                         \
    {                                                                                              \
        SIDE_CLIENT, HTTP2_HEADERS, HTTP2_END_HEADERS | HTTP2_END_STREAM, stream, TEXT(block)      \
    }
#define ANSWER(stream, block)                                                                      \
    {                                                                                              \
        SIDE_SERVER, HTTP2_HEADERS, HTTP2_END_HEADERS, stream, TEXT(block)                         \
    }

struct written_talk {
    const char *claim;
    struct written_frame frames[FRAMES]; /* ends at the first without a payload */
    const char *expected;                /* as of struct talk */
};

/* Writes a frame to out, and says how long it is. */
size_t write_frame(const struct written_frame *frame, uint8_t *out, size_t size);

/* talk_run for such a table. */
void run_frames(const struct written_talk *talks, size_t num_talks, const char *hint);

#endif
