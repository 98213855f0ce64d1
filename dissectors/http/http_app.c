#include "dissectors/http/http_app.h"

bool http_header_find(const struct http_head *head, struct bytes name, struct bytes *value)
{
    for (size_t i = 0; i < head->num_headers; i++) {
        if (bytes_equal_nocase(head->headers[i].name, name)) {
            *value = head->headers[i].value;
            return true;
        }
    }
    return false;
}

/* One byte of a path, %XX read. */
static bool take_path_byte(struct bytes *path, uint8_t *byte)
{
    struct bytes rest = *path;
    struct bytes digits;
    uint64_t value;

    if (!take_u8(path, byte)) {
        return false;
    }
    if (*byte == '%' && take_skip(&rest, 1) && take_bytes(&rest, 2, &digits) &&
        take_hex(&digits, 0xff, &value) && digits.len == 0) {
        *byte = (uint8_t)value;
        *path = rest;
    }
    if (*byte >= 'A' && *byte <= 'Z') {
        *byte = (uint8_t)(*byte | 0x20);
    }
    return true;
}

bool http_path_under(struct bytes path, const char *folder)
{
    struct bytes wanted = bytes_of_text(folder);
    uint8_t want;
    uint8_t byte;

    while (take_u8(&wanted, &want)) {
        if (!take_path_byte(&path, &byte) || byte != want) {
            return false;
        }
        while (byte == '/' && take_prefix(&path, BYTES("/"))) {
        }
    }
    return !take_path_byte(&path, &byte) || byte == '/';
}

bool http_query_find(struct bytes query, struct bytes name, struct bytes *value)
{
    while (query.len > 0) {
        struct bytes part;
        struct bytes key;

        if (!take_until(&query, '&', &part)) {
            part = query;
            query = bytes_view(NULL, 0);
        }
        if (take_until(&part, '=', &key) && bytes_equal_nocase(key, name)) {
            *value = part;
            return true;
        }
    }
    return false;
}
