#include "dissectors/http/http2_head.h"

#include "dissectors/http/http_head.h"

enum {
    RESERVED_LIST = 24576, /* of HTTP2_MAX_LIST, for fields that matter to us */
    RESERVED_FIELDS = 32,  /* of MAX_HTTP_HEADERS, likewise */
    MAX_FIELDS = 512, /* that are looked at; one may be a single byte, and a block have 65536 */
};

static bool copy(struct http2_head *head, struct bytes from, size_t max, struct bytes *to)
{
    size_t len;

    if (head->len > max || !bytes_copy(from, head->text + head->len, max - head->len, &len)) {
        return false;
    }
    *to = bytes_view(head->text + head->len, len);
    head->len += len;
    return true;
}

static void add(struct http2_head *head, struct bytes name, struct bytes value)
{
    struct http_head *http = &head->head;
    bool matters = http_header_is_kept(name);
    size_t max_fields = matters ? MAX_HTTP_HEADERS : MAX_HTTP_HEADERS - RESERVED_FIELDS;
    size_t max_list = matters ? HTTP2_MAX_LIST : HTTP2_MAX_LIST - RESERVED_LIST;
    struct http_header *header;

    if (http->num_headers >= max_fields) {
        return;
    }
    header = &http->headers[http->num_headers];
    if (copy(head, name, max_list, &header->name) && copy(head, value, max_list, &header->value)) {
        header->value = bytes_trim(header->value);
        http->num_headers++;
    }
}

/* The first of a name counts: no peer may send two (RFC 9113, section 8.3). */
static void set(struct http2_head *head, struct bytes *member, struct bytes value)
{
    if (member->len == 0) {
        (void)copy(head, value, HTTP2_MAX_LIST, member);
    }
}

static void set_status(struct http_head *head, struct bytes value)
{
    uint64_t status;

    if (head->status == 0 && value.len == 3 && take_decimal(&value, 999, &status) &&
        value.len == 0) {
        head->status = (unsigned)status;
    }
}

/* :authority stands for Host; other pseudo-headers (:scheme, :protocol) say nothing to us. */
static void add_pseudo(struct http2_head *head, struct bytes name, struct bytes value)
{
    head->has_pseudo = true;
    if (bytes_equal(name, BYTES(":status"))) {
        set_status(&head->head, value);
    } else if (bytes_equal(name, BYTES(":method"))) {
        set(head, &head->head.method, value);
    } else if (bytes_equal(name, BYTES(":path"))) {
        set(head, &head->head.target, value);
    } else if (bytes_equal(name, BYTES(":authority"))) {
        add(head, BYTES("host"), value);
    }
}

/* A cookie comes in crumbs, up to one a field (RFC 9113, section 8.2.3): that there is one will do.
 */
static bool is_crumb(const struct http2_head *head, struct bytes name)
{
    struct bytes value;

    return bytes_equal(name, BYTES("cookie")) && http_header_find(&head->head, name, &value);
}

static void on_field(void *ctx, const struct hpack_field *field)
{
    struct http2_head *head = ctx;

    if (head->num_fields == MAX_FIELDS || !field->has_name || !field->has_value) {
        head->head.is_partial = true;
        return;
    }
    head->num_fields++;
    if (bytes_starts(field->name, BYTES(":"))) {
        add_pseudo(head, field->name, field->value);
    } else if (!is_crumb(head, field->name)) {
        add(head, field->name, field->value);
    }
}

/* CONNECT has no path, and its target is the authority (RFC 9113, section 8.5). */
static void find_target(struct http_head *head)
{
    if (head->target.len == 0 && bytes_equal(head->method, BYTES("CONNECT"))) {
        (void)http_header_find(head, BYTES("host"), &head->target);
    }
    http_split_target(head);
}

bool http2_read_head(struct hpack *hpack, struct bytes block, bool is_request,
                     struct http2_head *head)
{
    http_head_init(&head->head, is_request);
    head->has_pseudo = false;
    head->num_fields = 0;
    head->len = 0;
    if (!hpack_decode(hpack, block, on_field, head)) {
        return false;
    }
    if (is_request) {
        find_target(&head->head);
    }
    return true;
}

void http2_clear_head(struct http2_head *head)
{
    bytes_wipe(head->text, head->len);
}
