/*
 * bytes: borrowed views of captured memory, and the only way to read them.
 *
 * A view never owns. It lives as long as the call that received it, unless a header says longer.
 * Readers take from the front of a view given by address: on true the view has shrunk and the
 * outputs are set; on false nothing has changed. A nested length becomes a nested view, so an inner
 * structure cannot read past its own end whatever its lengths claim.
 * `[]`, pointer arithmetic and memcpy on captured memory stand in bytes.h and bytes.c and nowhere
 * else (tests/lint holds this). What headers of packets are read with is inline: there it is the
 * whole cost, and checks against a view of known length fold away.
 */
#ifndef BASICTAP_DISSECTORS_BASE_BYTES_H
#define BASICTAP_DISSECTORS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *at;
    size_t len;
};

/* Inlined whatever the compiler thinks of it: a view whose address is passed to a call must lie in
 * memory, and loading it whole after storing its halves costs more than a header. */
#define BYTES_INLINE static inline __attribute__((always_inline))

/* A view of a string literal, without its NUL. */
#define BYTES(literal) ((struct bytes){(const uint8_t *)("" literal), sizeof(literal) - 1})

static inline struct bytes bytes_view(const void *at, size_t len)
{
    return (struct bytes){at, len};
}
struct bytes bytes_of_text(const char *text); /* of a NUL-terminated string */

/* The one check of bounds that every reader goes through. */
BYTES_INLINE bool take_bytes(struct bytes *in, size_t len, struct bytes *out)
{
    if (len > in->len) {
        return false;
    }
    *out = (struct bytes){in->at, len};
    if (len > 0) { /* an empty view may have no address */
        in->at += len;
        in->len -= len;
    }
    return true;
}

BYTES_INLINE bool take_skip(struct bytes *in, size_t len)
{
    struct bytes skipped;

    return take_bytes(in, len, &skipped);
}

/* Copies len bytes. */
BYTES_INLINE bool take_into(struct bytes *in, void *out, size_t len)
{
    struct bytes from;

    if (!take_bytes(in, len, &from)) {
        return false;
    }
    if (len > 0) {
        memcpy(out, from.at, len);
    }
    return true;
}

/* Integers: big-endian unless the name says `_le`. */
BYTES_INLINE bool take_u8(struct bytes *in, uint8_t *out)
{
    struct bytes from;

    if (!take_bytes(in, 1, &from)) {
        return false;
    }
    *out = from.at[0];
    return true;
}

BYTES_INLINE bool take_u16(struct bytes *in, uint16_t *out)
{
    struct bytes from;

    if (!take_bytes(in, 2, &from)) {
        return false;
    }
    *out = (uint16_t)(from.at[0] << 8 | from.at[1]);
    return true;
}

BYTES_INLINE bool take_u32(struct bytes *in, uint32_t *out)
{
    struct bytes from;

    if (!take_bytes(in, 4, &from)) {
        return false;
    }
    *out = (uint32_t)from.at[0] << 24 | (uint32_t)from.at[1] << 16 | (uint32_t)from.at[2] << 8 |
           from.at[3];
    return true;
}

BYTES_INLINE bool take_u32_le(struct bytes *in, uint32_t *out)
{
    struct bytes from;

    if (!take_bytes(in, 4, &from)) {
        return false;
    }
    *out = (uint32_t)from.at[3] << 24 | (uint32_t)from.at[2] << 16 | (uint32_t)from.at[1] << 8 |
           from.at[0];
    return true;
}

/* At most max bytes of the front. */
BYTES_INLINE struct bytes bytes_first(struct bytes in, size_t max)
{
    return (struct bytes){in.at, in.len < max ? in.len : max};
}

/* Most often one of both is a literal: then no more is left than a comparison of its few bytes. */
BYTES_INLINE bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (b.len == 0 || memcmp(a.at, b.at, b.len) == 0);
}

BYTES_INLINE bool bytes_starts(struct bytes in, struct bytes prefix)
{
    return in.len >= prefix.len && bytes_equal(bytes_first(in, prefix.len), prefix);
}

bool take_u24(struct bytes *in, uint32_t *out);
bool take_u64(struct bytes *in, uint64_t *out);
bool take_u16_le(struct bytes *in, uint16_t *out);
bool take_u64_le(struct bytes *in, uint64_t *out);

/* QUIC's integers of 1, 2, 4 or 8 bytes, up to 2^62 - 1 (RFC 9000, section 16). */
bool take_varint(struct bytes *in, uint64_t *out);

/* A length, then that many bytes. */
bool take_u8_vector(struct bytes *in, struct bytes *out);
bool take_u16_vector(struct bytes *in, struct bytes *out);
bool take_u24_vector(struct bytes *in, struct bytes *out);

/* Text. */
bool take_line(struct bytes *in,
               struct bytes *line); /* up to LF; LF and one CR before it are left out of line */
bool take_until(struct bytes *in, uint8_t stop,
                struct bytes *out); /* stop is consumed, not in out; false without it */
bool take_word(struct bytes *in,
               struct bytes *word);              /* one or more bytes that are not space or tab */
size_t take_spaces(struct bytes *in);            /* how many spaces and tabs were skipped */
size_t take_run(struct bytes *in, uint8_t byte); /* how many of that byte, likewise */

/* Exactly these bytes. */
BYTES_INLINE bool take_prefix(struct bytes *in, struct bytes prefix)
{
    return bytes_starts(*in, prefix) && take_skip(in, prefix.len);
}

bool take_prefix_nocase(struct bytes *in, struct bytes prefix); /* ASCII letters of either case */
bool take_decimal(struct bytes *in, uint64_t max,
                  uint64_t *out); /* 1 or more digits; false if the value exceeds max */
bool take_hex(struct bytes *in, uint64_t max, uint64_t *out); /* 1 or more hex digits, likewise */

/* Looking without taking. */
BYTES_INLINE bool peek_u8(struct bytes in, uint8_t *out)
{
    return take_u8(&in, out); /* in is a copy */
}
BYTES_INLINE bool peek_u8_at(struct bytes in, size_t offset, uint8_t *out)
{
    if (offset >= in.len) {
        return false;
    }
    *out = in.at[offset];
    return true;
}

struct bytes
bytes_after(struct bytes in,
            size_t len); /* what follows the first len bytes; empty if there are fewer */
struct bytes bytes_trim(struct bytes in); /* without spaces and tabs at both ends */
/* Against a NUL-terminated word of ours, in either case and not empty. Lists are searched so: most
 * words differ in their first letter, of which the bit of the case is left out here, and none is
 * measured. */
bool bytes_is_word_whole(struct bytes in, const char *word);
BYTES_INLINE bool bytes_is_word(struct bytes in, const char *word)
{
    uint8_t first;

    return peek_u8(in, &first) && ((first ^ (uint8_t)*word) & 0xdf) == 0 &&
           bytes_is_word_whole(in, word);
}
bool bytes_starts_word(struct bytes in, const char *word);
bool bytes_starts_nocase(struct bytes in, struct bytes prefix);

/* Names and words that are not the same are mostly not even as long. */
BYTES_INLINE bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
    return a.len == b.len && bytes_starts_nocase(a, b);
}
bool bytes_ends_nocase(struct bytes in, struct bytes suffix);
bool bytes_find(struct bytes in, struct bytes needle, size_t *position);
bool bytes_find_nocase(struct bytes in, struct bytes needle, size_t *position);
bool bytes_find_byte(struct bytes in, uint8_t byte, size_t *position);
bool bytes_has_nocase(struct bytes in, struct bytes needle);

/* Only characters of printable ASCII, space among them. */
bool bytes_is_printable(struct bytes in);

/* Copies src into dst of size max and sets *len; false, nothing changed, when it does not fit. */
bool bytes_copy(struct bytes src, void *dst, size_t max, size_t *len);

/* Clears memory that held a secret; the compiler may not leave it out. */
void bytes_wipe(void *at, size_t len);

#endif
