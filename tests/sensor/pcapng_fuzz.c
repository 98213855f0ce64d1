/* A capture file, pcapng or classic, through a window that grows only as the reader asks. */
#include <stdlib.h>
#include <string.h>

#include "sensor/source_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_secrets(void *ctx, uint32_t type, struct bytes secrets)
{
    uint8_t byte;

    (void)ctx;
    (void)type;
    (void)(secrets.len > 0 && take_skip(&secrets, secrets.len - 1) && take_u8(&secrets, &byte));
}

/* The next record from a block of exactly as many bytes as the reader may see. */
static enum read_result read_one(struct reader *reader, struct bytes *file, size_t len,
                                 struct frame *frame)
{
    uint8_t *exact = malloc(len + 1);
    struct bytes window;
    enum read_result result;

    if (exact == NULL) {
        return READ_DAMAGED;
    }
    memcpy(exact + 1, file->at, len);
    window = bytes_view(exact + 1, len);
    result = reader_next(reader, &window, frame);
    if (result == READ_FRAME && frame->captured.len > 0 &&
        (frame->captured.at < exact + 1 ||
         frame->captured.at + frame->captured.len > exact + 1 + len ||
         frame->wire_len < frame->captured.len)) {
        abort();
    }
    if ((result == READ_SHORT && (window.len != len || reader->want <= len)) ||
        (result == READ_FRAME && window.len == len)) {
        abort();
    }
    (void)take_skip(file, len - window.len);
    free(exact);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reader_names names;
    struct reader reader = {.names = &names, .on_secrets = on_secrets};
    struct bytes file = bytes_view(data, size);
    struct frame frame = {0};
    enum read_result result = reader_start(&reader, &file);
    size_t len = 0;

    while (result != READ_DAMAGED) {
        result = read_one(&reader, &file, len, &frame);
        if (result == READ_SHORT && reader.want > file.len) {
            break;
        }
        len = result == READ_SHORT ? reader.want : 0;
    }
    reader_clear(&reader);
    reader_names_clear(&names);
    return 0;
}
