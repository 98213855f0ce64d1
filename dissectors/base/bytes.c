#include "dissectors/base/bytes.h"

#include <string.h>

struct bytes bytes_of_text(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* An unsigned integer of width bytes, first byte most significant. */
static bool take_integer(struct bytes *in, size_t width, uint64_t *out)
{
    struct bytes from;
    uint64_t value = 0;

    if (!take_bytes(in, width, &from)) {
        return false;
    }
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | from.at[i];
    }
    *out = value;
    return true;
}

static bool take_integer_le(struct bytes *in, size_t width, uint64_t *out)
{
    struct bytes from;
    uint64_t value = 0;

    if (!take_bytes(in, width, &from)) {
        return false;
    }
    for (size_t i = width; i > 0; i--) {
        value = value << 8 | from.at[i - 1];
    }
    *out = value;
    return true;
}

bool take_u24(struct bytes *in, uint32_t *out)
{
    uint64_t value;

    if (!take_integer(in, 3, &value)) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

bool take_u64(struct bytes *in, uint64_t *out)
{
    return take_integer(in, 8, out);
}

bool take_varint(struct bytes *in, uint64_t *out)
{
    uint64_t value;
    uint8_t first;
    size_t len;

    if (!peek_u8(*in, &first)) {
        return false;
    }
    len = (size_t)1 << (first >> 6u);
    if (!take_integer(in, len, &value)) {
        return false;
    }
    *out = value & ((UINT64_C(1) << (8 * len - 2)) - 1);
    return true;
}

bool take_u16_le(struct bytes *in, uint16_t *out)
{
    uint64_t value;

    if (!take_integer_le(in, 2, &value)) {
        return false;
    }
    *out = (uint16_t)value;
    return true;
}

bool take_u64_le(struct bytes *in, uint64_t *out)
{
    return take_integer_le(in, 8, out);
}

bool take_u8_vector(struct bytes *in, struct bytes *out)
{
    struct bytes rest = *in;
    uint8_t len;

    if (!take_u8(&rest, &len) || !take_bytes(&rest, len, out)) {
        return false;
    }
    *in = rest;
    return true;
}

bool take_u16_vector(struct bytes *in, struct bytes *out)
{
    struct bytes rest = *in;
    uint16_t len;

    if (!take_u16(&rest, &len) || !take_bytes(&rest, len, out)) {
        return false;
    }
    *in = rest;
    return true;
}

bool take_u24_vector(struct bytes *in, struct bytes *out)
{
    struct bytes rest = *in;
    uint32_t len;

    if (!take_u24(&rest, &len) || !take_bytes(&rest, len, out)) {
        return false;
    }
    *in = rest;
    return true;
}

bool take_until(struct bytes *in, uint8_t stop, struct bytes *out)
{
    size_t position;

    if (!bytes_find_byte(*in, stop, &position) || !take_bytes(in, position, out)) {
        return false;
    }
    return take_skip(in, 1);
}

bool take_line(struct bytes *in, struct bytes *line)
{
    if (!take_until(in, '\n', line)) {
        return false;
    }
    if (line->len > 0 && line->at[line->len - 1] == '\r') {
        line->len--;
    }
    return true;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

bool take_word(struct bytes *in, struct bytes *word)
{
    size_t len = 0;

    while (len < in->len && !is_space(in->at[len])) {
        len++;
    }
    return len > 0 && take_bytes(in, len, word);
}

size_t take_spaces(struct bytes *in)
{
    size_t len = 0;

    while (len < in->len && is_space(in->at[len])) {
        len++;
    }
    (void)take_skip(in, len);
    return len;
}

size_t take_run(struct bytes *in, uint8_t byte)
{
    struct bytes rest = *in;
    struct bytes ahead = *in;
    uint64_t wanted;
    uint64_t eight;
    size_t len;

    memset(&wanted, byte, sizeof(wanted));
    while (take_into(&ahead, &eight, sizeof(eight)) && eight == wanted) {
        rest = ahead;
    }
    while (rest.len > 0 && rest.at[0] == byte) {
        (void)take_skip(&rest, 1);
    }
    len = in->len - rest.len;
    *in = rest;
    return len;
}

bool take_prefix_nocase(struct bytes *in, struct bytes prefix)
{
    return bytes_starts_nocase(*in, prefix) && take_skip(in, prefix.len);
}

/* The value of a digit in any base up to 16; 16 and more: not a digit. */
static unsigned digit_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'a' && byte <= 'f') {
        return byte - 'a' + 10u;
    }
    if (byte >= 'A' && byte <= 'F') {
        return byte - 'A' + 10u;
    }
    return 16;
}

/* Inlined, so that the base is known: the largest number that has room for one more digit is then
 * told without a division. */
BYTES_INLINE bool take_number(struct bytes *in, unsigned base, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    size_t len = 0;

    for (; len < in->len; len++) {
        unsigned digit = digit_value(in->at[len]);

        if (digit >= base) {
            break;
        }
        if (digit > max || value > (max - digit) / base) {
            return false;
        }
        value = value * base + digit;
    }
    if (len == 0) {
        return false;
    }
    *out = value;
    return take_skip(in, len);
}

bool take_decimal(struct bytes *in, uint64_t max, uint64_t *out)
{
    return take_number(in, 10, max, out);
}

bool take_hex(struct bytes *in, uint64_t max, uint64_t *out)
{
    return take_number(in, 16, max, out);
}

struct bytes bytes_after(struct bytes in, size_t len)
{
    return take_skip(&in, len) ? in : (struct bytes){NULL, 0};
}

struct bytes bytes_trim(struct bytes in)
{
    (void)take_spaces(&in);
    while (in.len > 0 && is_space(in.at[in.len - 1])) {
        in.len--;
    }
    return in;
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

static bool same_nocase(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

/* How many bytes a word and the front of in have in common. */
static size_t common_nocase(struct bytes in, const char *word)
{
    size_t len = 0;

    while (len < in.len && word[len] != '\0' && lower(in.at[len]) == lower((uint8_t)word[len])) {
        len++;
    }
    return len;
}

bool bytes_is_word_whole(struct bytes in, const char *word)
{
    return common_nocase(in, word) == in.len && word[in.len] == '\0';
}

bool bytes_starts_word(struct bytes in, const char *word)
{
    return word[common_nocase(in, word)] == '\0';
}

bool bytes_starts_nocase(struct bytes in, struct bytes prefix)
{
    return in.len >= prefix.len && same_nocase(in.at, prefix.at, prefix.len);
}

bool bytes_ends_nocase(struct bytes in, struct bytes suffix)
{
    return in.len >= suffix.len && bytes_equal_nocase(bytes_after(in, in.len - suffix.len), suffix);
}

bool bytes_find(struct bytes in, struct bytes needle, size_t *position)
{
    const uint8_t *found;

    if (needle.len == 0 || in.len < needle.len) {
        return false;
    }
    found = memmem(in.at, in.len, needle.at, needle.len);
    if (found == NULL) {
        return false;
    }
    *position = (size_t)(found - in.at);
    return true;
}

/* The first place of a letter, in either case, among the first len bytes; len: none. */
static size_t find_letter(const uint8_t *at, size_t len, uint8_t letter)
{
    const uint8_t *found = memchr(at, letter, len);
    uint8_t other = letter >= 'a' && letter <= 'z' ? (uint8_t)(letter & 0xdf) : letter;

    if (found != NULL) {
        len = (size_t)(found - at);
    }
    if (other != letter && len > 0) {
        found = memchr(at, other, len);
        len = found != NULL ? (size_t)(found - at) : len;
    }
    return len;
}

bool bytes_find_nocase(struct bytes in, struct bytes needle, size_t *position)
{
    size_t places;

    if (needle.len == 0 || in.len < needle.len) {
        return false;
    }
    places = in.len - needle.len + 1;
    for (size_t i = 0; i < places; i++) {
        i += find_letter(in.at + i, places - i, lower(needle.at[0]));
        if (i < places && same_nocase(in.at + i, needle.at, needle.len)) {
            *position = i;
            return true;
        }
    }
    return false;
}

bool bytes_find_byte(struct bytes in, uint8_t byte, size_t *position)
{
    const uint8_t *found = in.len > 0 ? memchr(in.at, byte, in.len) : NULL;

    if (found == NULL) {
        return false;
    }
    *position = (size_t)(found - in.at);
    return true;
}

bool bytes_has_nocase(struct bytes in, struct bytes needle)
{
    size_t position;

    return bytes_find_nocase(in, needle, &position);
}

/* Is any of eight bytes none of ' ' to '~'? A byte below ' ' borrows, DEL carries into its highest
 * bit; the lowest byte that is odd does so whatever stands beside it, so some bit tells. */
static bool has_odd(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    return ((eight | (eight - ones * ' ') | (eight + ones)) & ones * 0x80) != 0;
}

bool bytes_is_printable(struct bytes in)
{
    struct bytes last = bytes_after(in, in.len < sizeof(uint64_t) ? 0 : in.len - sizeof(uint64_t));
    uint64_t eight;
    uint8_t byte;

    while (take_into(&in, &eight, sizeof(eight))) {
        if (has_odd(eight)) {
            return false;
        }
    }
    if (take_into(&last, &eight, sizeof(eight))) { /* the rest, and some once more */
        return !has_odd(eight);
    }
    while (take_u8(&in, &byte)) {
        if (byte < ' ' || byte > '~') {
            return false;
        }
    }
    return true;
}

bool bytes_copy(struct bytes src, void *dst, size_t max, size_t *len)
{
    if (src.len > max) {
        return false;
    }
    if (src.len > 0) {
        memcpy(dst, src.at, src.len);
    }
    *len = src.len;
    return true;
}

void bytes_wipe(void *at, size_t len)
{
    if (len > 0) {
        explicit_bzero(at, len);
    }
}
