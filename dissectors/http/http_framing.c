#include "dissectors/http/http_framing.h"

enum { MAX_LINE = 8192 }; /* of a chunk's size, and of what is searched for a request */

/* Bytes that nobody needs: those of the view here, the others by the driver. */
void http_pass_over(struct bytes *rest, uint64_t len, struct verdict *verdict)
{
    if (len > rest->len) {
        verdict->skip = len - rest->len;
        len = rest->len;
    }
    (void)take_skip(rest, (size_t)len);
}

bool http_lose(struct http_half *half)
{
    half->part = PART_LOST;
    half->scanned = 0;
    half->searched = 0;
    return true;
}

/* RFC 9112, section 6.3, rules 3 to 8. */
enum http_body http_body_of(const struct http_head *head, uint64_t *len)
{
    struct bytes value;

    if (http_header_find(head, BYTES("Transfer-Encoding"), &value)) {
        if (bytes_has_nocase(value, BYTES("chunked"))) {
            return BODY_CHUNKED;
        }
        return head->is_request ? BODY_UNKNOWN : BODY_UNTIL_CLOSE;
    }
    if (http_header_find(head, BYTES("Content-Length"), &value)) {
        if (!take_decimal(&value, INT64_MAX, len)) {
            return head->is_request ? BODY_UNKNOWN : BODY_UNTIL_CLOSE;
        }
        return *len > 0 ? BODY_LENGTH : BODY_NONE;
    }
    return head->is_request ? BODY_NONE : BODY_UNTIL_CLOSE;
}

void http_begin_body(struct http_half *half, enum http_body body, uint64_t len, struct bytes *rest,
                     struct verdict *verdict)
{
    switch (body) {
    case BODY_NONE:
        break;
    case BODY_LENGTH:
        http_pass_over(rest, len, verdict);
        break;
    case BODY_CHUNKED:
        half->part = PART_CHUNK;
        break;
    case BODY_UNTIL_CLOSE:
        http_pass_over(rest, UINT64_MAX, verdict);
        break;
    case BODY_UNKNOWN:
        (void)http_lose(half);
        break;
    }
}

/* chunk-size [ chunk-ext ] CRLF, then that many bytes and CRLF (RFC 9112, section 7.1). */
bool http_read_chunk(struct http_half *half, struct bytes *rest, struct verdict *verdict)
{
    struct bytes line;
    uint64_t len;

    if (!take_line(rest, &line)) {
        return rest->len > MAX_LINE && http_lose(half);
    }
    (void)take_spaces(&line);
    if (line.len == 0) {
        return true;
    }
    if (!take_hex(&line, INT64_MAX, &len)) {
        return http_lose(half);
    }
    if (len == 0) {
        half->part = PART_TRAILER;
    } else {
        http_pass_over(rest, len, verdict);
    }
    return true;
}

bool http_read_trailer(struct http_half *half, struct bytes *rest)
{
    struct bytes line;

    if (!take_line(rest, &line)) {
        return rest->len > MAX_LINE && http_lose(half);
    }
    if (line.len == 0) {
        half->part = PART_HEAD;
    }
    return true;
}

/* Line by line to the next request line. */
bool http_search_request(struct http_half *half, struct bytes *rest)
{
    struct bytes before = *rest;
    struct bytes line;
    size_t start;

    if (!take_line(rest, &line)) {
        if (rest->len > MAX_LINE) {
            half->searched += rest->len;
            (void)take_skip(rest, rest->len);
        }
        return false;
    }
    half->searched += before.len - rest->len;
    if (http_find_request(line, &start)) {
        *rest = bytes_after(before, start);
        half->part = PART_HEAD;
    }
    return true;
}

/* To the next status line: a body without a line end may stand right before it. */
bool http_search_answer(struct http_half *half, struct bytes *rest)
{
    struct bytes start = BYTES("HTTP/1.");
    enum probe probe;
    size_t at;

    if (!bytes_find(*rest, start, &at)) {
        at = rest->len < start.len ? 0 : rest->len - (start.len - 1);
        half->searched += at;
        (void)take_skip(rest, at);
        return false;
    }
    half->searched += at;
    (void)take_skip(rest, at);
    probe = http_probe_answer(*rest);
    if (probe == PROBE_YES) {
        half->part = PART_HEAD;
    } else if (probe == PROBE_NO) {
        (void)take_skip(rest, 1);
    }
    return probe != PROBE_MAYBE;
}
