#include "dissectors/base/text.h"

#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Unicode 15, table 3-7 */
size_t text_character(struct bytes in)
{
    uint8_t a;
    uint8_t b = 0;
    uint8_t c = 0;
    uint8_t d = 0;

    if (!peek_u8(in, &a)) {
        return 0;
    }
    (void)peek_u8_at(in, 1, &b);
    (void)peek_u8_at(in, 2, &c);
    (void)peek_u8_at(in, 3, &d);
    if (a < 0x80) {
        return 1;
    }
    if (a >= 0xc2 && a <= 0xdf && is_continuation(b)) {
        return 2;
    }
    if (a >= 0xe0 && a <= 0xef && is_continuation(b) && is_continuation(c)) {
        return (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) ? 0 : 3;
    }
    if (a >= 0xf0 && a <= 0xf4 && is_continuation(b) && is_continuation(c) && is_continuation(d)) {
        return (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f) ? 0 : 4;
    }
    return 0;
}

static bool is_utf8(struct bytes in)
{
    while (in.len > 0) {
        size_t len = text_character(in);

        if (len == 0 || !take_skip(&in, len)) {
            return false;
        }
    }
    return true;
}

static bool is_control(struct bytes character)
{
    uint8_t a = 0;
    uint8_t b = 0;

    (void)peek_u8(character, &a);
    (void)peek_u8_at(character, 1, &b);
    return a < 0x20 || a == 0x7f || (character.len == 2 && a == 0xc2 && b < 0xa0);
}

/* Characters one by one: what is not printable ASCII. */
static bool set_odd(char *text, size_t size, struct bytes from)
{
    bool utf8 = is_utf8(from);
    size_t used = 0;

    while (from.len > 0) {
        struct bytes character = from;
        uint8_t latin[2] = {0};
        uint8_t byte = 0;

        if (!take_bytes(&from, utf8 ? text_character(from) : 1, &character)) {
            break;
        }
        (void)peek_u8(character, &byte);
        if (!utf8 && byte >= 0x80) {
            latin[0] = (uint8_t)(0xc0 | byte >> 6);
            latin[1] = (uint8_t)(0x80 | (byte & 0x3f));
            character = bytes_view(latin, 2);
        }
        if (is_control(character)) {
            character = bytes_view(replacement, 3);
        }
        if (character.len >= size - used) {
            text[used] = '\0';
            return false;
        }
        (void)take_into(&(struct bytes){character.at, character.len}, text + used, character.len);
        used += character.len;
    }
    text[used] = '\0';
    return true;
}

bool text_set(char *text, size_t size, struct bytes from)
{
    size_t len;

    if (from.len >= size || !bytes_is_printable(from)) {
        return set_odd(text, size, from);
    }
    (void)bytes_copy(from, text, size, &len);
    text[len] = '\0';
    return true;
}

bool text_copy(char *text, size_t size, const char *from)
{
    size_t len = strlen(from);

    if (len < size) {
        memcpy(text, from, len + 1);
        return true;
    }
    text[0] = '\0';
    return text_append(text, size, from);
}

bool text_append(char *text, size_t size, const char *more)
{
    size_t used = strlen(text);
    size_t len = strlen(more);
    bool fits = len < size - used;

    if (!fits) {
        len = size - used - 1;
        while (len > 0 && is_continuation((uint8_t)more[len])) {
            len--;
        }
    }
    memcpy(text + used, more, len);
    text[used + len] = '\0';
    return fits;
}

bool text_append_number(char *text, size_t size, uint64_t number)
{
    char digits[21] = "";
    size_t first = sizeof(digits) - 1;

    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return text_append(text, size, digits + first);
}

void text_lower(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z') {
            *text = (char)(*text | 0x20);
        }
    }
}

size_t text_put_utf8(uint32_t point, uint8_t out[4])
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (point & 0x3f));
    return 4;
}
