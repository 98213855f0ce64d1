/*
 * Runs readers over a view in the order that the input says, and holds their promises: a failed
 * take changes nothing, a take shrinks the view from the front, what comes out lies inside.
 */
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/bytes.h"
#include "dissectors/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool promise)
{
    if (!promise) {
        abort();
    }
}

/* One reader by number; out is what it took, a view without an address when it gives none. */
static bool take(unsigned reader, uint8_t with, struct bytes *in, struct bytes *out)
{
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    uint8_t block[256];
    const uint8_t word[] = {with, 'a'};

    switch (reader) {
    case 0:
        return take_u8(in, block);
    case 1:
        return take_u16(in, &u16);
    case 2:
        return take_u24(in, &u32);
    case 3:
        return take_u32(in, &u32);
    case 4:
        return take_u64(in, &u64);
    case 5:
        return take_u16_le(in, &u16);
    case 6:
        return take_u32_le(in, &u32);
    case 7:
        return take_u64_le(in, &u64);
    case 8:
        return take_bytes(in, with, out);
    case 9:
        return take_into(in, block, with);
    case 10:
        return take_u8_vector(in, out);
    case 11:
        return take_u16_vector(in, out);
    case 12:
        return take_u24_vector(in, out);
    case 13:
        return take_line(in, out);
    case 14:
        return take_until(in, with, out);
    case 15:
        return take_word(in, out);
    case 16:
        return take_spaces(in) > 0;
    case 17:
        return take_prefix(in, bytes_view(word, sizeof(word)));
    case 18:
        return take_prefix_nocase(in, bytes_view(word, sizeof(word)));
    case 19:
        return take_decimal(in, (uint64_t)with << 32, &u64) && u64 <= (uint64_t)with << 32;
    default:
        return take_hex(in, with, &u64) && u64 <= with;
    }
}

static void look(struct bytes in, uint8_t with)
{
    const uint8_t word[] = {with, 'a'};
    struct bytes needle = bytes_view(word, sizeof(word));
    size_t exact = in.len;
    size_t position;
    char text[32];

    demand(!bytes_find_byte(in, with, &position) || position < in.len);
    if (bytes_find(in, needle, &exact)) {
        demand(exact <= in.len - needle.len && bytes_starts(bytes_after(in, exact), needle));
        demand(bytes_find_nocase(in, needle, &position) && position <= exact);
    }
    demand(bytes_first(in, with).len + bytes_after(in, with).len == in.len);
    demand(bytes_trim(in).len <= in.len);
    (void)text_set(text, sizeof(text), in);
    demand(memchr(text, '\0', sizeof(text)) != NULL);
}

static void run(struct bytes program, struct bytes in)
{
    const uint8_t *end = in.at + in.len;
    uint8_t reader;
    uint8_t with;

    while (take_u8(&program, &reader) && take_u8(&program, &with)) {
        struct bytes before = in;
        struct bytes out = {NULL, 0};

        look(in, with);
        if (take(reader % 21, with, &in, &out)) {
            demand(in.len <= before.len && in.at + in.len == end);
            demand(out.at == NULL || (out.at >= before.at && out.at + out.len <= end));
        } else {
            demand(in.at == before.at && in.len == before.len && out.at == NULL);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t half = size / 2;
    uint8_t *copy = malloc(size - half + (size == half));

    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data + half, size - half);
    run(bytes_view(data, half), bytes_view(copy, size - half));
    free(copy);
    return 0;
}
