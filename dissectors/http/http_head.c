#include "dissectors/http/http_head.h"

#include <string.h>

enum {
    MAX_METHOD = 32,       /* the longest in use has 17 letters */
    ENOUGH_OF_LINE = 1024, /* so long a beginning needs no end to be a request line */
    RESERVED_HEADERS = 32, /* of MAX_HTTP_HEADERS, for those that matter to us */
};

/* Methods of which the beginning of the line suffices, and after which a body without a line end
 * can be told from a request that follows it. */
static const char *const methods[] = {
    "GET",   "POST",        "OPTIONS",      "HEAD",   "PUT",       "DELETE", "PROPFIND", "CONNECT",
    "PATCH", "RPC_IN_DATA", "RPC_OUT_DATA", "REPORT", "PROPPATCH", "MKCOL",  "MOVE",     "COPY",
    "LOCK",  "UNLOCK",      "SEARCH",       "TRACE",  "SUBSCRIBE", NULL,
};

static const char *const kept_headers[] = {
    "Authorization",
    "Proxy-Authorization",
    "Host",
    "User-Agent",
    "Content-Length",
    "Transfer-Encoding",
    "Upgrade",
    "Expect",
    "Cookie",
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "Connection",
    "X-FEServer",
    "Server",
    NULL,
};

static bool is_listed(struct bytes word, const char *const list[])
{
    for (size_t i = 0; list[i] != NULL; i++) {
        if (bytes_is_word(word, list[i])) {
            return true;
        }
    }
    return false;
}

/* tchar of RFC 9110, section 5.6.2. */
static bool is_token_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static bool is_token(struct bytes in)
{
    uint8_t byte;

    if (in.len == 0) {
        return false;
    }
    while (take_u8(&in, &byte)) {
        if (!is_token_byte(byte)) {
            return false;
        }
    }
    return true;
}

static bool take_blank_line(struct bytes *in)
{
    return take_prefix(in, BYTES("\r\n")) || take_prefix(in, BYTES("\n"));
}

/* What stands before " HTTP/1.x" at the end of a request line. */
static bool cut_version(struct bytes line, struct bytes *rest)
{
    struct bytes trimmed = bytes_trim(line);
    size_t len = sizeof("HTTP/1.x") - 1;
    struct bytes version;
    uint8_t minor;

    if (trimmed.len < len + 2) {
        return false;
    }
    version = bytes_after(trimmed, trimmed.len - len);
    *rest = bytes_first(trimmed, trimmed.len - len);
    return take_prefix_nocase(&version, BYTES("HTTP/1.")) && take_u8(&version, &minor) &&
           minor >= '0' && minor <= '9' && bytes_trim(*rest).len < rest->len;
}

/* Long targets come in several packets, and few bytes are kept for a probe. */
static enum probe probe_partial_request(struct bytes in)
{
    struct bytes method;
    struct bytes rest = in;

    if (!take_until(&rest, ' ', &method)) {
        return in.len <= MAX_METHOD && is_token(in) ? PROBE_MAYBE : PROBE_NO;
    }
    if (method.len > MAX_METHOD || !is_token(method)) {
        return PROBE_NO;
    }
    if (in.len >= ENOUGH_OF_LINE) {
        return is_listed(method, methods) && bytes_starts(rest, BYTES("/")) ? PROBE_YES : PROBE_NO;
    }
    return PROBE_MAYBE;
}

enum probe http_probe_request(struct bytes in)
{
    struct bytes line;
    struct bytes method;
    struct bytes rest;

    while (take_blank_line(&in)) {
    }
    if (in.len == 0 || bytes_equal(in, BYTES("\r"))) {
        return PROBE_MAYBE;
    }
    rest = bytes_first(in, 65536);
    if (!take_line(&rest, &line)) {
        return probe_partial_request(in);
    }
    return take_word(&line, &method) && method.len <= MAX_METHOD && is_token(method) &&
                   cut_version(line, &rest)
               ? PROBE_YES
               : PROBE_NO;
}

/* "HTTP/1.1 200" and a space or the line's end (the reason may be left out). */
enum probe http_probe_answer(struct bytes in)
{
    struct bytes mask = BYTES("HTTP/1.d ddd");
    uint8_t want;
    uint8_t byte;

    while (take_u8(&mask, &want)) {
        if (!take_u8(&in, &byte)) {
            return PROBE_MAYBE;
        }
        if (want == 'd' ? byte < '0' || byte > '9' : byte != want) {
            return PROBE_NO;
        }
    }
    if (!take_u8(&in, &byte)) {
        return PROBE_MAYBE;
    }
    return byte == ' ' || byte == '\r' || byte == '\n' ? PROBE_YES : PROBE_NO;
}

/* Where a method that is known begins, when the word ends with one. */
static bool ends_with_method(struct bytes word, size_t *at)
{
    for (size_t i = 0; methods[i] != NULL; i++) {
        struct bytes method = bytes_of_text(methods[i]);

        if (word.len >= method.len &&
            bytes_equal(bytes_after(word, word.len - method.len), method)) {
            *at = word.len - method.len;
            return true;
        }
    }
    return false;
}

/* The last word that ends with a method and is followed by a path begins the request. */
bool http_find_request(struct bytes line, size_t *start)
{
    struct bytes rest = line;
    struct bytes word;
    bool found = false;
    size_t at;

    if (!cut_version(line, &word)) {
        return false;
    }
    while (take_spaces(&rest), take_word(&rest, &word)) {
        size_t begin = line.len - rest.len - word.len;

        if (take_spaces(&rest) > 0 && bytes_starts(rest, BYTES("/")) &&
            ends_with_method(word, &at)) {
            *start = begin + at;
            found = true;
        }
    }
    return found;
}

/* The lines are only counted off here; what is in them is read once the block is whole. */
bool http_take_block(struct bytes *in, size_t *scanned, struct bytes *block)
{
    struct bytes rest = bytes_after(*in, *scanned);
    size_t len;

    for (;;) {
        *scanned = in->len - rest.len;
        if (take_blank_line(&rest)) {
            *scanned = 0;
            return take_bytes(in, in->len - rest.len, block);
        }
        if (!bytes_find_byte(rest, '\n', &len)) {
            return false;
        }
        (void)take_skip(&rest, len + 1);
    }
}

/* The lines of a header: the first, and those that begin with a space (RFC 9112, section 5.2). The
 * line ends within a folded value stay in it. */
static bool take_header(struct bytes *in, struct bytes *lines)
{
    struct bytes all = *in;
    struct bytes line;
    struct bytes more;
    uint8_t byte;

    if (!take_line(in, &line)) {
        return false;
    }
    while (peek_u8(*in, &byte) && (byte == ' ' || byte == '\t') && take_line(in, &more)) {
        line = bytes_first(all, all.len - in->len);
    }
    *lines = line;
    return true;
}

static bool ends_with_line_end(struct bytes in)
{
    uint8_t byte;

    return in.len > 0 && peek_u8_at(in, in.len - 1, &byte) && (byte == '\n' || byte == '\r');
}

/* Without spaces and line ends at both ends. Only folded values have line ends there. */
static struct bytes trim_lines(struct bytes in)
{
    size_t len = 0;

    in = bytes_trim(in);
    while (len != in.len) {
        len = in.len;
        while (take_prefix(&in, BYTES("\r")) || take_prefix(&in, BYTES("\n"))) {
        }
        while (ends_with_line_end(in)) {
            in = bytes_first(in, in.len - 1);
        }
        in = len != in.len ? bytes_trim(in) : in;
    }
    return in;
}

bool http_header_is_kept(struct bytes name)
{
    return is_listed(name, kept_headers);
}

static void parse_headers(struct bytes block, struct http_head *head)
{
    struct bytes lines;

    while (head->num_headers < MAX_HTTP_HEADERS && take_header(&block, &lines) && lines.len > 0) {
        struct http_header *header = &head->headers[head->num_headers];
        struct bytes name;

        if (!take_until(&lines, ':', &name)) {
            continue;
        }
        name = bytes_trim(name);
        if (head->num_headers < MAX_HTTP_HEADERS - RESERVED_HEADERS || http_header_is_kept(name)) {
            header->name = name;
            header->value = trim_lines(lines);
            head->num_headers++;
        }
    }
}

/* "host", "host:port", "user@host:port", "[v6]:port" */
static struct bytes host_of(struct bytes authority)
{
    struct bytes rest = authority;
    struct bytes host;

    while (take_until(&rest, '@', &host)) {
        authority = rest;
    }
    rest = authority;
    if (take_prefix(&rest, BYTES("["))) {
        return take_until(&rest, ']', &host) ? host : authority;
    }
    return take_until(&rest, ':', &host) ? host : authority;
}

/* "http://", and what else is asked of proxies: "ftp://user:password@host/" too. */
static bool take_scheme(struct bytes *in)
{
    struct bytes rest = *in;
    struct bytes scheme;

    if (!take_until(&rest, ':', &scheme) || !is_token(scheme) || !take_prefix(&rest, BYTES("//"))) {
        return false;
    }
    *in = rest;
    return true;
}

static struct bytes take_authority(struct bytes *in)
{
    struct bytes all = *in;
    uint8_t byte;

    while (peek_u8(*in, &byte) && byte != '/' && byte != '?') {
        (void)take_skip(in, 1);
    }
    return bytes_first(all, all.len - in->len);
}

/* Forms of a target: RFC 9112, section 3.2. */
void http_split_target(struct http_head *head)
{
    struct bytes rest = head->target;
    struct bytes part;
    struct bytes path;

    (void)http_header_find(head, BYTES("Host"), &head->host);
    if (bytes_equal(head->method, BYTES("CONNECT"))) {
        head->host = host_of(head->target);
        return;
    }
    head->is_relayed = take_scheme(&rest);
    if (head->is_relayed) {
        head->host = take_authority(&rest);
    }
    head->host = host_of(head->host);
    head->path = rest;
    path = rest;
    if (take_until(&path, '?', &part)) {
        head->path = part;
        head->query = path;
    }
}

/* Without the blank lines that may come before it (RFC 9112, section 2.2). */
static bool take_start_line(struct bytes *block, struct bytes *line)
{
    while (take_blank_line(block)) {
    }
    return take_line(block, line);
}

void http_head_init(struct http_head *head, bool is_request)
{
    /* not the headers: num_headers says how many there are, and they are many */
    memset(head, 0, offsetof(struct http_head, headers));
    head->num_headers = 0;
    head->is_request = is_request;
}

bool http_parse_request(struct bytes block, struct http_head *head)
{
    struct bytes line;

    http_head_init(head, true);
    if (!take_start_line(&block, &line) || !take_word(&line, &head->method) ||
        head->method.len > MAX_METHOD || !is_token(head->method) ||
        !cut_version(line, &head->target)) {
        return false;
    }
    head->target = bytes_trim(head->target);
    parse_headers(block, head);
    http_split_target(head);
    return true;
}

bool http_parse_answer(struct bytes block, struct http_head *head)
{
    struct bytes line;
    struct bytes version;
    uint64_t status;

    http_head_init(head, false);
    if (!take_start_line(&block, &line) || http_probe_answer(line) == PROBE_NO ||
        !take_word(&line, &version) || take_spaces(&line) == 0 ||
        !take_decimal(&line, 999, &status)) {
        return false;
    }
    head->status = (unsigned)status;
    head->reason = bytes_trim(line);
    parse_headers(block, head);
    return true;
}
