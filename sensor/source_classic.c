#include "sensor/source_reader.h"

enum {
    FILE_HEADER_SIZE = 24,
    RECORD_HEADER_SIZE = 16,
    MODIFIED_HEADER_SIZE = 24, /* interface, protocol and packet type follow */
    USUAL_MAX_LEN = 262144,    /* what libpcap and Wireshark write at most */
};

BYTES_INLINE bool take_word32(const struct classic *classic, struct bytes *in, uint32_t *out)
{
    return classic->big_endian ? take_u32(in, out) : take_u32_le(in, out);
}

/* Micro- and nanoseconds, in the byte order that makes sense of it. */
static bool set_kind(struct classic *classic, uint32_t magic)
{
    switch (magic) {
    case 0xa1b2c3d4:
        classic->fraction_ns = 1000;
        return true;
    case 0xa1b23c4d:
        classic->fraction_ns = 1;
        return true;
    case 0xa1b2cd34:
        classic->fraction_ns = 1000;
        classic->modified = true;
        return true;
    default:
        return false;
    }
}

static bool take_magic(struct classic *classic, struct bytes *in)
{
    uint32_t magic;

    if (!take_u32_le(in, &magic)) {
        return false;
    }
    classic->big_endian = !set_kind(classic, magic);
    return !classic->big_endian || set_kind(classic, __builtin_bswap32(magic));
}

bool classic_is(struct bytes in)
{
    struct classic classic = {0};

    return take_magic(&classic, &in);
}

/* Magic, version (two 16-bit numbers), zone, accuracy, snap length, link type. The link type's high
 * bits tell of a frame check sequence, which IP's lengths cut off anyway. */
bool classic_start(struct classic *classic, struct bytes *in)
{
    struct classic started = {0};
    struct bytes rest = *in;
    uint32_t snap_len;
    uint32_t link_type;

    if (!take_magic(&started, &rest) || !take_skip(&rest, 12) ||
        !take_word32(&started, &rest, &snap_len) || !take_word32(&started, &rest, &link_type)) {
        return false;
    }
    started.max_len = snap_len > USUAL_MAX_LEN ? snap_len : USUAL_MAX_LEN;
    if (started.max_len > READER_MAX_BLOCK) {
        started.max_len = READER_MAX_BLOCK;
    }
    started.link_type = (int)(link_type & 0xffff);
    *classic = started;
    *in = rest;
    return true;
}

static enum read_result ask_for(struct reader *reader, size_t want, const char *what)
{
    reader->want = want;
    diag_set(&reader->reason, "%s of %zu bytes runs past the end of the file", what, want);
    return READ_SHORT;
}

/* Seconds, fraction, length here, length on the wire. */
enum read_result classic_next(struct reader *reader, struct bytes *in, struct frame *frame)
{
    const struct classic *classic = &reader->classic;
    const size_t header_size = classic->modified ? MODIFIED_HEADER_SIZE : RECORD_HEADER_SIZE;
    struct bytes rest = *in;
    struct bytes header;
    uint32_t seconds;
    uint32_t fraction;
    uint32_t len;
    uint32_t wire_len;

    if (!take_bytes(&rest, RECORD_HEADER_SIZE, &header) ||
        !take_word32(classic, &header, &seconds) || !take_word32(classic, &header, &fraction) ||
        !take_word32(classic, &header, &len) || !take_word32(classic, &header, &wire_len) ||
        !take_skip(&rest, header_size - RECORD_HEADER_SIZE)) {
        return ask_for(reader, header_size, "record header");
    }
    if (len > classic->max_len) {
        diag_set(&reader->reason, "record of %u bytes is longer than any can be", len);
        return READ_DAMAGED;
    }
    if (!take_bytes(&rest, len, &frame->captured)) {
        return ask_for(reader, header_size + len, "record");
    }
    *in = rest;
    frame->at.time.ns = seconds * UINT64_C(1000000000) + fraction * (uint64_t)classic->fraction_ns;
    frame->wire_len = wire_len > len ? wire_len : len;
    frame->link_type = classic->link_type;
    frame->interface = NULL;
    return READ_FRAME;
}
