/*
 * http2: HTTP/2 (RFC 9113). Header blocks are read, all else is passed over unseen. When bytes are
 * missing that mattered, the next thing that looks like a frame is searched for; what header blocks
 * then refer to is unknown until it comes again (hpack_table.h).
 */
#include "dissectors/http/http2.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/http/http2_frame.h"
#include "dissectors/http/http2_head.h"
#include "dissectors/http/http2_streams.h"
#include "dissectors/http/http_framing.h"
#include "dissectors/http/http_head.h"

enum {
    MAX_PENDING = 65536,
    MAX_PAYLOAD = MAX_PENDING - HTTP2_FRAME_HEADER, /* of a frame that is read */
    MAX_BLOCK = 65536,                              /* of a header block in several frames */
    MIN_BLOCK = 4096,
    MAX_SEARCH = 1048576, /* bytes after a hole in which a frame must begin */
    UPGRADED_STREAM = 1,
    SETTING_HEADER_TABLE_SIZE = 1,
};

enum part {
    PART_START,
    PART_FRAMES,
    PART_SEARCH,
    PART_GIVEN_UP, /* no frame was found */
};

/* A header block that goes on in CONTINUATION frames. */
struct block {
    struct http2_frame first; /* len is not used; type 0: no block is open */
    bool is_dropped;          /* too long, or a part of it was not seen */
    uint32_t len;
    uint32_t size;
    uint8_t *text;
};

/* What one side sends. */
struct half {
    enum part part;
    uint32_t last_stream; /* the latest that the client opened */
    uint64_t searched;
    struct hpack hpack;
    struct block block;
};

struct http2 {
    struct half halves[2];
    struct http_link link;
    struct http2_streams streams;
    uint64_t num_dropped; /* header blocks */
    bool is_upgraded;
};

static enum side other_side(enum side side)
{
    return side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

static void clear_block(struct block *block)
{
    if (block->text != NULL) {
        bytes_wipe(block->text, block->size);
        free(block->text);
    }
    *block = (struct block){0};
}

/* A block, or bytes that may have held one, will not be decoded: what it added is not known. */
static void drop_block(struct half *half)
{
    struct http2_frame first = half->block.first;

    clear_block(&half->block);
    half->block.first = first;
    half->block.is_dropped = true;
    hpack_lose(&half->hpack);
}

/* From here on a frame is searched for. SETTINGS may be missing too, that bind the other side. */
static void lose(struct http2 *http2, enum side from)
{
    struct half *half = &http2->halves[from];

    clear_block(&half->block);
    hpack_lose(&half->hpack);
    http2->halves[other_side(from)].hpack.is_any_allowed = true;
    if (half->part != PART_GIVEN_UP) {
        half->part = PART_SEARCH;
    }
}

/* A stream's later blocks are trailers, which name nobody. Streams are opened in their order. */
static void on_request(struct http2 *http2, uint32_t stream, const struct http2_head *head,
                       const struct emitter *out)
{
    struct half *half = &http2->halves[SIDE_CLIENT];
    struct http_transaction transaction = {0};

    if (stream <= half->last_stream || (!head->has_pseudo && !head->head.is_partial)) {
        return;
    }
    half->last_stream = stream;
    http_request(&http2->link, &transaction, &head->head, out);
    if (transaction.own != NULL) {
        transaction.own->body_wanted = false; /* RPC over HTTP, which alone asks, is HTTP/1 */
    }
    http2_streams_add(&http2->streams, stream, &transaction, out);
}

/* Without a status these are trailers, or the status could not be read: then the stream's end tells
 * that there will be no other. */
static void on_answer(struct http2 *http2, uint32_t stream, const struct http2_head *head,
                      const struct emitter *out)
{
    struct http_transaction transaction = {0};
    bool is_known;

    if (head->head.status < 200) {
        return;
    }
    is_known = http2_streams_take(&http2->streams, stream, &transaction);
    http_answer(&http2->link, is_known ? &transaction : NULL, &head->head, out);
}

/* What the server ends without a status that could be read has no answer. */
static void end_stream(struct http2 *http2, enum side from, const struct http2_frame *frame,
                       const struct emitter *out)
{
    if (from == SIDE_SERVER && (frame->flags & HTTP2_END_STREAM) != 0) {
        http2_streams_end(&http2->streams, frame->stream, out);
    }
}

/* A promised request is the server's own: it is decoded for the table's sake. */
static void on_block(struct http2 *http2, enum side from, const struct http2_frame *first,
                     struct bytes block, const struct emitter *out)
{
    struct half *half = &http2->halves[from];
    bool is_request = from == SIDE_CLIENT || first->type == HTTP2_PUSH_PROMISE;
    struct http2_head head;

    if (!http2_read_head(&half->hpack, block, is_request, &head)) {
        http2->num_dropped++;
    } else if (from == SIDE_CLIENT) {
        on_request(http2, first->stream, &head, out);
    } else if (first->type == HTTP2_HEADERS) {
        on_answer(http2, first->stream, &head, out);
    }
    http2_clear_head(&head);
    if (first->type == HTTP2_HEADERS) {
        end_stream(http2, from, first, out);
    }
}

/* Grows by doubling; false when it is too long, or out of memory. */
static bool append(struct block *block, struct bytes fragment)
{
    uint32_t size = block->size > 0 ? block->size : MIN_BLOCK;
    uint8_t *text;

    if (fragment.len > MAX_BLOCK - block->len) {
        return false;
    }
    while (size < block->len + fragment.len) {
        size *= 2;
    }
    if (size > block->size) {
        text = malloc(size);
        if (text == NULL) {
            return false;
        }
        if (block->text != NULL) {
            memcpy(text, block->text, block->len);
            bytes_wipe(block->text, block->size);
            free(block->text);
        }
        block->text = text;
        block->size = size;
    }
    block->len += (uint32_t)fragment.len;
    return take_into(&fragment, block->text + (block->len - fragment.len), fragment.len);
}

static void end_block(struct http2 *http2, enum side from, const struct emitter *out)
{
    struct block *block = &http2->halves[from].block;

    if (block->is_dropped) {
        http2->num_dropped++;
        end_stream(http2, from, &block->first, out);
    } else {
        on_block(http2, from, &block->first, bytes_view(block->text, block->len), out);
    }
    clear_block(block);
}

/* Most blocks are one frame, and are read where they are. */
static void on_fragment(struct http2 *http2, enum side from, const struct http2_frame *frame,
                        struct bytes fragment, const struct emitter *out)
{
    struct half *half = &http2->halves[from];
    bool is_last = (frame->flags & HTTP2_END_HEADERS) != 0;

    if (frame->type != HTTP2_CONTINUATION) {
        if (is_last) {
            on_block(http2, from, frame, fragment, out);
            return;
        }
        half->block.first = *frame;
    }
    if (!half->block.is_dropped && !append(&half->block, fragment)) {
        drop_block(half);
    }
    if (is_last) {
        end_block(http2, from, out);
    }
}

/* RFC 9113, section 6.5: pairs of identifier and value. */
static void on_settings(struct http2 *http2, enum side from, struct bytes payload)
{
    uint16_t id;
    uint32_t value;

    while (take_u16(&payload, &id) && take_u32(&payload, &value)) {
        if (id == SETTING_HEADER_TABLE_SIZE) {
            hpack_allow(&http2->halves[other_side(from)].hpack, value);
        }
    }
}

/* What the server will not have seen, it will not answer. */
static void on_goaway(struct http2 *http2, enum side from, struct bytes payload,
                      const struct emitter *out)
{
    uint32_t last;

    if (from == SIDE_SERVER && take_u32(&payload, &last)) {
        http2_streams_end_after(&http2->streams, last & 0x7fffffff, out);
    }
}

static bool has_block(const struct http2_frame *frame)
{
    return frame->type == HTTP2_HEADERS || frame->type == HTTP2_PUSH_PROMISE ||
           frame->type == HTTP2_CONTINUATION;
}

static bool is_read(const struct http2_frame *frame)
{
    return has_block(frame) || frame->type == HTTP2_SETTINGS || frame->type == HTTP2_GOAWAY;
}

/* Between the frames of a block none else may come (RFC 9113, section 6.10). */
static bool breaks_block(const struct half *half, const struct http2_frame *frame)
{
    bool is_open = half->block.first.type != 0;

    return frame->type == HTTP2_CONTINUATION ? !is_open || frame->stream != half->block.first.stream
                                             : is_open;
}

/* False: the payload is not as its flags say. */
static bool on_payload(struct http2 *http2, enum side from, const struct http2_frame *frame,
                       struct bytes payload, const struct emitter *out)
{
    struct bytes fragment;

    if (frame->type == HTTP2_SETTINGS) {
        on_settings(http2, from, payload);
    } else if (frame->type == HTTP2_GOAWAY) {
        on_goaway(http2, from, payload, out);
    } else if (!http2_parse_fragment(frame, payload, &fragment)) {
        return false;
    } else {
        on_fragment(http2, from, frame, fragment, out);
    }
    return true;
}

/* What is not read is passed over, be it here yet or not. */
static void pass_over(struct http2 *http2, enum side from, const struct http2_frame *frame,
                      const struct emitter *out)
{
    struct half *half = &http2->halves[from];

    if (frame->type == HTTP2_DATA) {
        end_stream(http2, from, frame, out);
    } else if (frame->type == HTTP2_RST_STREAM) {
        http2_streams_end(&http2->streams, frame->stream, out);
    }
    if (has_block(frame)) { /* longer than anyone's */
        if (frame->type != HTTP2_CONTINUATION) {
            half->block.first = *frame;
        }
        drop_block(half);
        if ((frame->flags & HTTP2_END_HEADERS) != 0) {
            end_block(http2, from, out);
        }
    }
}

static bool read_frame(struct http2 *http2, enum side from, struct bytes *rest,
                       struct verdict *verdict, const struct emitter *out)
{
    struct half *half = &http2->halves[from];
    struct http2_frame frame;
    struct bytes after = *rest;
    struct bytes payload = {0};

    if (!http2_take_header(&after, &frame)) {
        verdict->want = HTTP2_FRAME_HEADER;
        return false;
    }
    if (!http2_is_valid(&frame, from) || breaks_block(half, &frame)) {
        lose(http2, from);
        (void)take_skip(rest, 1);
        return true;
    }
    if (!is_read(&frame) || frame.len > MAX_PAYLOAD) {
        pass_over(http2, from, &frame, out);
        http_pass_over(&after, frame.len, verdict);
    } else if (!take_bytes(&after, frame.len, &payload)) {
        verdict->want = HTTP2_FRAME_HEADER + frame.len;
        return false;
    } else if (!on_payload(http2, from, &frame, payload, out)) {
        lose(http2, from);
    }
    *rest = after;
    return true;
}

static bool start_client(struct http2 *http2, struct bytes *rest)
{
    switch (http2_probe_preface(*rest)) {
    case PROBE_MAYBE:
        return false;
    case PROBE_YES:
        (void)take_prefix(rest, HTTP2_PREFACE);
        http2->halves[SIDE_CLIENT].part = PART_FRAMES;
        break;
    case PROBE_NO:
        lose(http2, SIDE_CLIENT);
        break;
    }
    return true;
}

/* The client begins with the preface, the server with SETTINGS, after the 101 if it upgrades. Else
 * we joined in the middle. */
static bool start(struct http2 *http2, enum side from, struct bytes *rest)
{
    struct bytes ahead = *rest;
    struct http2_frame frame;
    struct bytes block;
    size_t scanned = 0;

    if (from == SIDE_CLIENT) {
        return start_client(http2, rest);
    }
    if (http2->is_upgraded && bytes_starts(*rest, BYTES("HTTP/1."))) {
        return http_take_block(rest, &scanned, &block);
    }
    if (!http2_take_header(&ahead, &frame)) {
        return false;
    }
    if (frame.type == HTTP2_SETTINGS && http2_is_valid(&frame, from)) {
        http2->halves[from].part = PART_FRAMES;
    } else {
        lose(http2, from);
    }
    return true;
}

/* Bytes that were looked at for nothing: a header block is decoded to see whether it is one, and
 * many may seem to begin in the same bytes. */
static uint64_t wasted(struct bytes in)
{
    struct http2_frame frame;

    return 1 + (http2_take_header(&in, &frame) && frame.type == HTTP2_HEADERS ? frame.len : 0);
}

/* Every frame that we may meet begins with a zero: none is longer than 64 KiB. */
static bool search(struct http2 *http2, enum side from, struct bytes *rest)
{
    struct half *half = &http2->halves[from];
    size_t at = rest->len;
    enum probe probe;

    if (half->searched > MAX_SEARCH) {
        half->part = PART_GIVEN_UP;
        return true;
    }
    (void)bytes_find_byte(*rest, 0, &at);
    half->searched += at;
    (void)take_skip(rest, at);
    if (rest->len == 0) {
        return false;
    }
    probe = http2_probe_frame(*rest, from);
    if (probe == PROBE_YES) {
        half->part = PART_FRAMES;
        half->searched = 0;
    } else if (probe == PROBE_NO) {
        half->searched += wasted(*rest);
        (void)take_skip(rest, 1);
    }
    return probe != PROBE_MAYBE;
}

/* One piece of meaning from the front of rest; false when it needs more bytes. */
static bool step(struct http2 *http2, enum side from, struct bytes *rest, struct verdict *verdict,
                 const struct emitter *out)
{
    switch (http2->halves[from].part) {
    case PART_START:
        return rest->len > 0 && start(http2, from, rest);
    case PART_FRAMES:
        return read_frame(http2, from, rest, verdict, out);
    case PART_SEARCH:
        return search(http2, from, rest);
    case PART_GIVEN_UP:
        break;
    }
    http_pass_over(rest, UINT64_MAX, verdict);
    return true;
}

static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    struct http2 *http2 = state;
    struct verdict verdict = {0};
    struct bytes rest = in;

    while (verdict.skip == 0 && step(http2, from, &rest, &verdict, out)) {
    }
    if (http2->halves[SIDE_CLIENT].part == PART_GIVEN_UP &&
        http2->halves[SIDE_SERVER].part == PART_GIVEN_UP) {
        verdict.next = NEXT_ABANDON;
    }
    verdict.used = in.len - rest.len;
    if (verdict.skip == 0 && verdict.want <= rest.len) {
        verdict.want = rest.len + 1;
    }
    return verdict;
}

static void gap(void *state, enum side from, uint64_t lost)
{
    (void)lost;
    lose(state, from);
}

static void end(void *state, const struct emitter *out)
{
    struct http2 *http2 = state;

    http2_streams_end_all(&http2->streams, out);
    for (size_t i = 0; i < 2; i++) {
        clear_block(&http2->halves[i].block);
        hpack_table_clear(&http2->halves[i].hpack.table);
    }
}

static size_t kept(const void *state)
{
    const struct http2 *http2 = state;
    size_t sum = http2_streams_kept(&http2->streams);

    for (size_t i = 0; i < 2; i++) {
        sum += http2->halves[i].block.size + hpack_table_kept(&http2->halves[i].hpack.table);
    }
    return sum;
}

static uint64_t overlong(const void *state)
{
    const struct http2 *http2 = state;
    uint64_t sum = http2->num_dropped + http2->streams.given_up;

    for (size_t i = 0; i < 2; i++) {
        sum += http2->halves[i].hpack.table.capped ? 1 : 0;
    }
    return sum;
}

enum probe http2_probe_preface(struct bytes client)
{
    if (bytes_starts(client, HTTP2_PREFACE)) {
        return PROBE_YES;
    }
    return bytes_starts(HTTP2_PREFACE, client) ? PROBE_MAYBE : PROBE_NO;
}

/* A connection that is joined in the middle begins with any frame. */
static enum probe probe_client(struct bytes in)
{
    enum probe probe = http2_probe_preface(in);

    return probe != PROBE_NO ? probe : http2_probe_frame(in, SIDE_CLIENT);
}

static enum probe probe(struct bytes client, struct bytes server)
{
    enum probe of_client = client.len > 0 ? probe_client(client) : PROBE_NO;
    enum probe of_server = server.len > 0 ? http2_probe_frame(server, SIDE_SERVER) : PROBE_NO;

    if (client.len == 0 && server.len == 0) {
        return PROBE_MAYBE;
    }
    if (of_client == PROBE_YES || of_server == PROBE_YES) {
        return PROBE_YES;
    }
    return of_client == PROBE_MAYBE || of_server == PROBE_MAYBE ? PROBE_MAYBE : PROBE_NO;
}

void *http2_new_upgraded(const struct http_link *link, struct http_transaction *transaction,
                         const struct emitter *out)
{
    struct http2 *http2 = calloc(1, sizeof(*http2));

    if (http2 == NULL) {
        return NULL;
    }
    http2->is_upgraded = true;
    http2->link = *link;
    http2->halves[SIDE_CLIENT].last_stream = UPGRADED_STREAM;
    /* HTTP2-Settings of the request may allow a larger table */
    http2->halves[SIDE_SERVER].hpack.is_any_allowed = true;
    if (transaction != NULL) {
        http2_streams_add(&http2->streams, UPGRADED_STREAM, transaction, out);
    }
    return http2;
}

const struct dissector http2_dissector = {
    .name = "http2",
    .service = SERVICE_HTTP,
    .state_size = sizeof(struct http2),
    .max_pending = MAX_PENDING,
    .probe = probe,
    .feed = feed,
    .gap = gap,
    .end = end,
    .kept = kept,
    .overlong = overlong,
};
