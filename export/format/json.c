#include "export/format/json.h"

#include <string.h>

#include "dissectors/base/text.h"

void json_init(struct json *json, char *at, size_t size)
{
    *json = (struct json){.at = at, .size = size};
}

static void put(struct json *json, const void *at, size_t len)
{
    if (json->overflow || len > json->size - json->len) {
        json->overflow = true;
        return;
    }
    if (len > 0) {
        memcpy(json->at + json->len, at, len);
    }
    json->len += len;
}

static void put_comma(struct json *json)
{
    if (json->comma) {
        put(json, ",", 1);
    }
    json->comma = false;
}

void json_open(struct json *json, char bracket)
{
    put_comma(json);
    put(json, &bracket, 1);
}

void json_close(struct json *json, char bracket)
{
    put(json, &bracket, 1);
    json->comma = true;
}

/* The second character of a two-character escape (RFC 8259, section 7); 0: none. */
static char short_escape(uint8_t byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return (char)byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void put_ascii(struct json *json, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    char escape = short_escape(byte);

    if (escape != 0) {
        put(json, (char[]){'\\', escape}, 2);
    } else if (byte < 0x20 || byte == 0x7f) {
        put(json, (char[]){'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]}, 6);
    } else {
        put(json, &byte, 1);
    }
}

/* Bytes in front that stand as they are: most of what is written. */
static size_t plain_run(struct bytes text)
{
    size_t len = 0;

    while (len < text.len && text.at[len] >= 0x20 && text.at[len] < 0x7f && text.at[len] != '"' &&
           text.at[len] != '\\') {
        len++;
    }
    return len;
}

static void put_string(struct json *json, struct bytes text)
{
    struct bytes character;
    uint8_t first;

    put(json, "\"", 1);
    while (peek_u8(text, &first)) {
        size_t run = plain_run(text);
        size_t len;

        if (run > 0) {
            put(json, text.at, run);
            (void)take_skip(&text, run);
            continue;
        }
        len = text_character(text);
        if (!take_bytes(&text, len == 0 ? 1 : len, &character)) {
            break;
        }
        if (len == 0) {
            put(json, "\xef\xbf\xbd", 3);
        } else if (len == 1) {
            put_ascii(json, first);
        } else {
            put(json, character.at, character.len);
        }
    }
    put(json, "\"", 1);
}

void json_key(struct json *json, struct bytes key)
{
    put_comma(json);
    put_string(json, key);
    put(json, ":", 1);
}

void json_text(struct json *json, struct bytes text)
{
    put_comma(json);
    put_string(json, text);
    json->comma = true;
}

void json_token(struct json *json, struct bytes token)
{
    put_comma(json);
    put(json, token.at, token.len);
    json->comma = true;
}

void json_list(struct json *json, struct bytes text)
{
    json_open(json, '[');
    while (text.len > 0) {
        struct bytes member;

        if (!take_until(&text, ',', &member)) {
            member = text;
            text = bytes_view(NULL, 0);
        }
        member = bytes_trim(member);
        if (member.len > 0) {
            json_text(json, member);
        }
    }
    json_close(json, ']');
}

bool json_end(const struct json *json)
{
    return !json->overflow;
}
