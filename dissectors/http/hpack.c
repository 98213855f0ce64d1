#include "dissectors/http/hpack.h"

#include "dissectors/http/huffman.h"

enum {
    MAX_INTEGER = 1 << 28,  /* far beyond any string, table or place that is real */
    MAX_INTEGER_SHIFT = 28, /* five bytes after the prefix: more are padding, or an attack */
    HUFFMAN_BIT = 0x80,
};

/* The first bits of a representation (RFC 7541, section 6). */
enum { INDEXED = 0x80, ADDED = 0x40, RESIZE = 0x20 };

/* A string; what is not known of it may be its text alone. */
struct text {
    struct bytes bytes;
    size_t len;
    bool is_known;
};

/* Where strings are decoded to. May hold a secret. */
struct scratch {
    uint8_t name[HPACK_MAX_NAME];
    uint8_t value[HPACK_MAX_VALUE];
    size_t used_name;
    size_t used_value;
};

/* RFC 7541, section 5.1: the low bits of the first byte; if they are all ones, groups of seven bits
 * are added, least significant first. */
static bool take_integer(struct bytes *in, unsigned prefix_bits, uint32_t *out)
{
    struct bytes rest = *in;
    uint64_t mask = (1u << prefix_bits) - 1;
    unsigned shift = 0;
    uint64_t value;
    uint8_t byte;

    if (!take_u8(&rest, &byte)) {
        return false;
    }
    value = byte & mask;
    byte = value == mask ? 0x80 : 0;
    while ((byte & 0x80) != 0) {
        if (shift > MAX_INTEGER_SHIFT || !take_u8(&rest, &byte)) {
            return false;
        }
        value += (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    }
    if (value > MAX_INTEGER) {
        return false;
    }
    *out = (uint32_t)value;
    *in = rest;
    return true;
}

/* RFC 7541, section 5.2. Huffman-coded text goes to out; *used says up to where it was written. */
static bool take_text(struct bytes *in, uint8_t *out, size_t max, size_t *used, struct text *text)
{
    struct bytes coded;
    uint8_t first;
    uint32_t len;
    bool is_text;

    if (!peek_u8(*in, &first) || !take_integer(in, 7, &len) || !take_bytes(in, len, &coded)) {
        return false;
    }
    if ((first & HUFFMAN_BIT) == 0) {
        *text = (struct text){coded, coded.len, true};
        return true;
    }
    is_text = huffman_decode(coded, out, max, &text->len);
    text->is_known = text->len <= max;
    text->bytes = bytes_view(out, text->is_known ? text->len : 0);
    *used = text->len > *used ? text->len : *used;
    return is_text;
}

/* The name that a place has. Copied, because adding an entry may move or evict what it is of. */
static void copy_name(const struct hpack *hpack, uint32_t place, struct scratch *scratch,
                      struct text *name)
{
    struct hpack_field field;

    *name = (struct text){.is_known = false};
    if (!hpack_table_find(&hpack->table, place, &field) || !field.has_name) {
        return;
    }
    name->len = field.name.len;
    if (bytes_copy(field.name, scratch->name, sizeof(scratch->name), &name->len)) {
        name->bytes = bytes_view(scratch->name, name->len);
        name->is_known = true;
    }
}

/* A name, by its place or as text, and a value. */
static bool take_literal(struct hpack *hpack, struct bytes *in, unsigned prefix_bits,
                         struct scratch *scratch, struct hpack_field *field, uint32_t *size)
{
    struct text name;
    struct text value;
    uint32_t place;

    if (!take_integer(in, prefix_bits, &place)) {
        return false;
    }
    if (place > 0) {
        copy_name(hpack, place, scratch, &name);
    } else if (!take_text(in, scratch->name, sizeof(scratch->name), &scratch->used_name, &name)) {
        return false;
    }
    if (!take_text(in, scratch->value, sizeof(scratch->value), &scratch->used_value, &value)) {
        return false;
    }
    *field = (struct hpack_field){name.bytes, value.bytes, name.is_known, value.is_known};
    *size = (uint32_t)(name.len + value.len) + HPACK_ENTRY_OVERHEAD;
    return true;
}

static bool take_indexed(const struct hpack *hpack, struct bytes *in, struct hpack_field *field)
{
    uint32_t place;

    if (!take_integer(in, 7, &place) || place == 0) {
        return false;
    }
    if (!hpack_table_find(&hpack->table, place, field)) {
        *field = (struct hpack_field){.has_name = false};
    }
    return true;
}

static bool take_resize(struct hpack *hpack, struct bytes *in)
{
    uint32_t allowed = hpack->is_allowed ? hpack->max_table : HPACK_DEFAULT_TABLE;
    uint32_t size;

    if (!take_integer(in, 5, &size) || (size > allowed && !hpack->is_any_allowed)) {
        return false;
    }
    hpack_table_resize(&hpack->table, size);
    return true;
}

/* The views of field are of the block, the scratch, or a table that does not change any more. */
static bool take_field(struct hpack *hpack, struct bytes *in, uint8_t first,
                       struct scratch *scratch, struct hpack_field *field)
{
    uint32_t size = 0;

    if ((first & INDEXED) != 0) {
        return take_indexed(hpack, in, field);
    }
    if ((first & ADDED) == 0) {
        return take_literal(hpack, in, 4, scratch, field, &size);
    }
    if (!take_literal(hpack, in, 6, scratch, field, &size)) {
        return false;
    }
    (void)hpack_table_add(&hpack->table, field, size); /* it says itself what is lost otherwise */
    return true;
}

static bool decode(struct hpack *hpack, struct bytes block, struct scratch *scratch,
                   hpack_field_fn *on_field, void *ctx)
{
    struct hpack_field field;
    uint8_t first;

    while (peek_u8(block, &first) && (first & (INDEXED | ADDED | RESIZE)) == RESIZE) {
        if (!take_resize(hpack, &block)) {
            return false;
        }
    }
    while (peek_u8(block, &first)) {
        if ((first & (INDEXED | ADDED | RESIZE)) == RESIZE || /* only at the front (section 4.2) */
            !take_field(hpack, &block, first, scratch, &field)) {
            return false;
        }
        on_field(ctx, &field);
    }
    return true;
}

static void wipe(uint8_t *text, size_t used, size_t size)
{
    bytes_wipe(text, used < size ? used : size);
}

bool hpack_decode(struct hpack *hpack, struct bytes block, hpack_field_fn *on_field, void *ctx)
{
    struct scratch scratch;
    bool is_block;

    scratch.used_name = 0;
    scratch.used_value = 0;
    is_block = decode(hpack, block, &scratch, on_field, ctx);
    if (!is_block) {
        hpack_lose(hpack);
    }
    wipe(scratch.name, scratch.used_name, sizeof(scratch.name));
    wipe(scratch.value, scratch.used_value, sizeof(scratch.value));
    return is_block;
}

void hpack_allow(struct hpack *hpack, uint32_t max_table)
{
    uint32_t allowed = hpack->is_allowed ? hpack->max_table : HPACK_DEFAULT_TABLE;

    hpack->is_allowed = true;
    hpack->max_table = max_table > allowed ? max_table : allowed;
}

void hpack_lose(struct hpack *hpack)
{
    hpack_table_lose(&hpack->table);
    hpack->is_any_allowed = true;
}
