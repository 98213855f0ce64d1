/*
 * Header blocks, each behind its length (two bytes, of which the first bit means that blocks before
 * it were lost), for one decoder. What is told of a field must be there to be read.
 */
#include <stdlib.h>
#include <string.h>

#include "dissectors/http/hpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_field(void *ctx, const struct hpack_field *field)
{
    unsigned *sum = ctx;
    struct bytes rest = field->has_name ? field->name : bytes_view(NULL, 0);
    uint8_t byte;

    while (take_u8(&rest, &byte)) {
        *sum += byte;
    }
    rest = field->has_value ? field->value : bytes_view(NULL, 0);
    while (take_u8(&rest, &byte)) {
        *sum += byte;
    }
}

/* In a block of exactly its size, so that sanitizers see every over-read. */
static void decode(struct hpack *hpack, struct bytes block)
{
    uint8_t *copy = malloc(block.len + 1);
    unsigned sum = 0;
    size_t len;

    if (copy != NULL && bytes_copy(block, copy, block.len, &len)) {
        copy = realloc(copy, len > 0 ? len : 1);
        (void)hpack_decode(hpack, bytes_view(copy, len), on_field, &sum);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_view(data, size);
    struct hpack hpack = {0};
    struct bytes block;
    uint16_t len;

    while (take_u16(&rest, &len)) {
        if ((len & 0x8000) != 0) {
            hpack_lose(&hpack);
        }
        len &= 0x7fff;
        (void)take_bytes(&rest, len < rest.len ? len : rest.len, &block);
        decode(&hpack, block);
        if (hpack_table_kept(&hpack.table) > 4 * HPACK_MAX_TABLE) {
            abort();
        }
    }
    hpack_table_clear(&hpack.table);
    return 0;
}
