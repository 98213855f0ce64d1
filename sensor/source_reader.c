#include "sensor/source_reader.h"

#include <stdio.h>

/* "50 4b 03 04" */
static void print_first(struct bytes in, char text[12])
{
    uint8_t byte;

    text[0] = '\0';
    for (size_t i = 0; i < 4 && take_u8(&in, &byte); i++) {
        (void)snprintf(text + (i == 0 ? 0 : i * 3 - 1), 4, i == 0 ? "%02x" : " %02x", byte);
    }
}

enum read_result reader_start(struct reader *reader, struct bytes *in)
{
    char first[12];

    reader->is_pcapng = pcapng_is(*in);
    if (reader->is_pcapng || (classic_is(*in) && classic_start(&reader->classic, in))) {
        return READ_SKIPPED;
    }
    if (in->len == 0) {
        diag_set(&reader->reason, "empty file");
    } else if (classic_is(*in)) {
        diag_set(&reader->reason, "file header runs past the end of the file");
    } else {
        print_first(*in, first);
        diag_set(&reader->reason, "not a capture file (first bytes %s)", first);
    }
    return READ_DAMAGED;
}

void reader_clear(struct reader *reader)
{
    pcapng_clear(&reader->pcapng);
}
