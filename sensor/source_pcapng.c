/* Blocks and options by draft-ietf-opsawg-pcapng. */
#include <stdlib.h>
#include <string.h>

#include "sensor/source_reader.h"

enum block_type {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2, /* obsolete */
    BLOCK_SIMPLE = 3,
    BLOCK_ENHANCED = 6,
    BLOCK_SECRETS = 10,
    BLOCK_SECTION = 0x0a0d0d0a, /* the same in both byte orders */
};

enum option { OPTION_END = 0, OPTION_NAME = 2, OPTION_RESOLUTION = 9, OPTION_OFFSET = 14 };

enum {
    BLOCK_OVERHEAD = 12, /* type, length, and the length again at the end */
    NAME_SIZE = 64,      /* an interface name that is kept; longer ones are cut */
};

static const uint32_t byte_order_magic = 0x1a2b3c4d;

static bool take_word16(const struct pcapng *pcapng, struct bytes *in, uint16_t *out)
{
    return pcapng->big_endian ? take_u16(in, out) : take_u16_le(in, out);
}

static bool take_word32(const struct pcapng *pcapng, struct bytes *in, uint32_t *out)
{
    return pcapng->big_endian ? take_u32(in, out) : take_u32_le(in, out);
}

static bool take_word64(const struct pcapng *pcapng, struct bytes *in, uint64_t *out)
{
    return pcapng->big_endian ? take_u64(in, out) : take_u64_le(in, out);
}

bool pcapng_is(struct bytes in)
{
    uint32_t type;
    uint32_t magic;

    return take_u32(&in, &type) && type == BLOCK_SECTION && take_skip(&in, 4) &&
           take_u32(&in, &magic) &&
           (magic == byte_order_magic || magic == __builtin_bswap32(byte_order_magic));
}

void pcapng_clear(struct pcapng *pcapng)
{
    free(pcapng->interfaces);
    *pcapng = (struct pcapng){0};
}

static enum read_result damaged(struct reader *reader, const char *words)
{
    diag_set(&reader->reason, "%s", words);
    return READ_DAMAGED;
}

static enum read_result ask_for(struct reader *reader, size_t want)
{
    reader->want = want;
    diag_set(&reader->reason, "block of %zu bytes runs past the end of the file", want);
    return READ_SHORT;
}

/* The same text each time; NULL: too many, or out of memory. */
static const char *keep_name(struct reader_names *names, struct bytes text)
{
    char name[NAME_SIZE];
    size_t len;

    (void)bytes_copy(bytes_first(text, sizeof(name) - 1), name, sizeof(name) - 1, &len);
    name[len] = '\0'; /* a NUL inside ends it: writers pad with them */
    for (size_t i = 0; i < names->num; i++) {
        if (strcmp(names->texts[i], name) == 0) {
            return names->texts[i];
        }
    }
    if (names->num == READER_MAX_NAMES || name[0] == '\0') {
        return NULL;
    }
    names->texts[names->num] = strdup(name);
    return names->texts[names->num] != NULL ? names->texts[names->num++] : NULL;
}

void reader_names_clear(struct reader_names *names)
{
    for (size_t i = 0; i < names->num; i++) {
        free(names->texts[i]);
    }
    names->num = 0;
}

/* Nanoseconds a unit; 0: not a whole number of them. */
static uint64_t scale_of(uint8_t resolution)
{
    uint64_t scale = 1;

    if (resolution > 9) { /* powers of two, too */
        return resolution == 0x80 ? UINT64_C(1000000000) : 0;
    }
    for (uint8_t i = resolution; i < 9; i++) {
        scale *= 10;
    }
    return scale;
}

/* 2^-power seconds each. Fractions finer than 2^-32 s are below a nanosecond. */
static uint64_t ns_of_binary(uint64_t units, unsigned power)
{
    uint64_t seconds = power < 64 ? units >> power : 0;
    uint64_t fraction = power < 64 ? units & ((UINT64_C(1) << power) - 1) : units;

    if (power > 32) {
        fraction = power - 32 < 64 ? fraction >> (power - 32) : 0;
        power = 32;
    }
    if (seconds > UINT64_MAX / 1000000000 - 1) {
        return UINT64_MAX;
    }
    return seconds * 1000000000 + (fraction * 1000000000 >> power);
}

static uint64_t ns_of_fine(uint64_t units, unsigned power)
{
    for (; power > 9 && units > 0; power--) {
        units /= 10;
    }
    return units;
}

/* if_tsoffset moves the interface's time; what leaves the range stays at its end. */
static uint64_t add_offset(uint64_t ns, int64_t offset_s)
{
    uint64_t seconds = offset_s < 0 ? 0 - (uint64_t)offset_s : (uint64_t)offset_s;
    uint64_t moved = seconds > UINT64_MAX / 1000000000 ? UINT64_MAX : seconds * 1000000000;

    if (offset_s < 0) {
        return ns > moved ? ns - moved : 0;
    }
    return ns > UINT64_MAX - moved ? UINT64_MAX : ns + moved;
}

static uint64_t time_of(const struct pcapng_interface *interface, uint64_t units)
{
    uint64_t ns;

    if (interface->scale != 0) {
        ns = units > UINT64_MAX / interface->scale ? UINT64_MAX : units * interface->scale;
    } else if ((interface->resolution & 0x80) != 0) {
        ns = ns_of_binary(units, interface->resolution & 0x7fu);
    } else {
        ns = ns_of_fine(units, interface->resolution);
    }
    return interface->offset_s == 0 ? ns : add_offset(ns, interface->offset_s);
}

static void set_option(struct reader *reader, struct pcapng_interface *interface, uint16_t code,
                       struct bytes value)
{
    uint64_t offset;

    switch (code) {
    case OPTION_NAME:
        interface->name = keep_name(reader->names, value);
        break;
    case OPTION_RESOLUTION:
        (void)take_u8(&value, &interface->resolution);
        break;
    case OPTION_OFFSET:
        if (take_word64(&reader->pcapng, &value, &offset)) {
            interface->offset_s = (int64_t)offset;
        }
        break;
    default:
        break;
    }
}

/* Code, length, value, padding to 4 bytes. Options that do not parse end the list: the interface is
 * known without them. */
static void take_options(struct reader *reader, struct bytes in, struct pcapng_interface *interface)
{
    const struct pcapng *pcapng = &reader->pcapng;
    struct bytes value;
    uint16_t code;
    uint16_t len;

    while (take_word16(pcapng, &in, &code) && code != OPTION_END &&
           take_word16(pcapng, &in, &len) && take_bytes(&in, len, &value)) {
        set_option(reader, interface, code, value);
        if (!take_skip(&in, (4u - len % 4u) % 4u)) {
            return;
        }
    }
}

static struct pcapng_interface *add_interface(struct pcapng *pcapng)
{
    if (pcapng->num_interfaces == pcapng->max_interfaces) {
        size_t max = pcapng->max_interfaces == 0 ? 4 : pcapng->max_interfaces * 2;
        struct pcapng_interface *more;

        if (max > READER_MAX_INTERFACES) {
            return NULL;
        }
        more = realloc(pcapng->interfaces, max * sizeof(*more));
        if (more == NULL) {
            return NULL;
        }
        pcapng->interfaces = more;
        pcapng->max_interfaces = max;
    }
    return &pcapng->interfaces[pcapng->num_interfaces];
}

/* Interface Description: link type, reserved, snap length, options. */
static enum read_result on_interface(struct reader *reader, struct bytes body)
{
    struct pcapng *pcapng = &reader->pcapng;
    struct pcapng_interface *interface = add_interface(pcapng);
    uint16_t link_type;
    uint32_t snap_len;

    if (interface == NULL) {
        return damaged(reader, "more interfaces than a section can have");
    }
    if (!take_word16(pcapng, &body, &link_type) || !take_skip(&body, 2) ||
        !take_word32(pcapng, &body, &snap_len)) {
        return damaged(reader, "interface block is too short");
    }
    *interface =
        (struct pcapng_interface){.link_type = link_type, .snap_len = snap_len, .resolution = 6};
    take_options(reader, body, interface);
    interface->scale = scale_of(interface->resolution);
    pcapng->num_interfaces++;
    return READ_SKIPPED;
}

static void set_frame(struct frame *frame, const struct pcapng_interface *interface,
                      uint32_t wire_len)
{
    frame->wire_len = wire_len > frame->captured.len ? wire_len : (uint32_t)frame->captured.len;
    frame->link_type = interface->link_type;
    frame->interface = interface->name;
}

/* Enhanced Packet: interface, time (high, low), length here, length on the wire, the bytes. The
 * obsolete Packet Block has 16 bits of interface and 16 of drops. */
static enum read_result on_packet(struct reader *reader, bool enhanced, struct bytes body,
                                  struct frame *frame)
{
    const struct pcapng *pcapng = &reader->pcapng;
    const struct pcapng_interface *interface;
    uint32_t number = 0;
    uint16_t short_number = 0;
    uint32_t high;
    uint32_t low;
    uint32_t len;
    uint32_t wire_len;

    if (!(enhanced ? take_word32(pcapng, &body, &number)
                   : take_word16(pcapng, &body, &short_number) && take_skip(&body, 2)) ||
        !take_word32(pcapng, &body, &high) || !take_word32(pcapng, &body, &low) ||
        !take_word32(pcapng, &body, &len) || !take_word32(pcapng, &body, &wire_len)) {
        return damaged(reader, "packet block is too short");
    }
    number += short_number;
    if (number >= pcapng->num_interfaces) {
        diag_set(&reader->reason, "packet of interface %u, which its section does not have",
                 number);
        return READ_DAMAGED;
    }
    if (!take_bytes(&body, len, &frame->captured)) {
        diag_set(&reader->reason, "packet of %u bytes is longer than its block", len);
        return READ_DAMAGED;
    }
    interface = &pcapng->interfaces[number];
    frame->at.time.ns = time_of(interface, (uint64_t)high << 32 | low);
    set_frame(frame, interface, wire_len);
    return READ_FRAME;
}

/* Simple Packet: length on the wire, the bytes, up to the first interface's snap length. It has no
 * time: that of the frame before it stays. */
static enum read_result on_simple(struct reader *reader, struct bytes body, struct frame *frame)
{
    const struct pcapng *pcapng = &reader->pcapng;
    uint32_t wire_len;
    size_t len;

    if (pcapng->num_interfaces == 0) {
        return damaged(reader, "packet without an interface");
    }
    if (!take_word32(pcapng, &body, &wire_len)) {
        return damaged(reader, "packet block is too short");
    }
    len = wire_len;
    if (pcapng->interfaces[0].snap_len > 0 && len > pcapng->interfaces[0].snap_len) {
        len = pcapng->interfaces[0].snap_len;
    }
    frame->captured = bytes_first(body, len);
    set_frame(frame, &pcapng->interfaces[0], wire_len);
    return READ_FRAME;
}

/* Decryption Secrets: type, length, the secrets. */
static enum read_result on_secrets(struct reader *reader, struct bytes body)
{
    struct bytes secrets;
    uint32_t type;
    uint32_t len;

    if (!take_word32(&reader->pcapng, &body, &type) || !take_word32(&reader->pcapng, &body, &len) ||
        !take_bytes(&body, len, &secrets)) {
        return damaged(reader, "secrets block is too short");
    }
    reader->secrets_blocks++;
    if (reader->on_secrets != NULL) {
        reader->on_secrets(reader->ctx, type, secrets);
    }
    return READ_SKIPPED;
}

/* A section begins: byte order, version; the interfaces of the one before are gone. */
static enum read_result on_section(struct reader *reader, struct bytes body)
{
    uint16_t major;

    if (!take_skip(&body, 4) || !take_word16(&reader->pcapng, &body, &major)) {
        return damaged(reader, "section block is too short");
    }
    if (major != 1) {
        diag_set(&reader->reason, "pcapng version %u is not known", major);
        return READ_DAMAGED;
    }
    reader->pcapng.num_interfaces = 0;
    return READ_SKIPPED;
}

static enum read_result on_block(struct reader *reader, uint32_t type, struct bytes body,
                                 struct frame *frame)
{
    switch (type) {
    case BLOCK_ENHANCED:
        return on_packet(reader, true, body, frame);
    case BLOCK_PACKET:
        return on_packet(reader, false, body, frame);
    case BLOCK_SIMPLE:
        return on_simple(reader, body, frame);
    case BLOCK_INTERFACE:
        return on_interface(reader, body);
    case BLOCK_SECRETS:
        return on_secrets(reader, body);
    case BLOCK_SECTION:
        return on_section(reader, body);
    default:
        return READ_SKIPPED; /* names, statistics, whatever comes */
    }
}

/* A section's byte order stands behind its length. */
static bool set_byte_order(struct pcapng *pcapng, struct bytes in)
{
    uint32_t magic;

    if (!take_skip(&in, 8) || !take_u32(&in, &magic)) {
        return false;
    }
    pcapng->big_endian = magic == byte_order_magic;
    return pcapng->big_endian || magic == __builtin_bswap32(byte_order_magic);
}

/* Type, total length, body, total length again. */
enum read_result pcapng_next(struct reader *reader, struct bytes *in, struct frame *frame)
{
    struct pcapng *pcapng = &reader->pcapng;
    struct bytes rest = *in;
    struct bytes body;
    uint32_t type;
    uint32_t len;
    uint32_t len_again;

    if (in->len < BLOCK_OVERHEAD || !take_word32(pcapng, &rest, &type)) {
        return ask_for(reader, BLOCK_OVERHEAD);
    }
    if (type == BLOCK_SECTION && !set_byte_order(pcapng, *in)) {
        return damaged(reader, "section without a byte order");
    }
    if (!take_word32(pcapng, &rest, &len)) {
        return ask_for(reader, BLOCK_OVERHEAD);
    }
    if (len < BLOCK_OVERHEAD || len % 4 != 0 || len > READER_MAX_BLOCK) {
        diag_set(&reader->reason, "block of %u bytes: no block has that length", len);
        return READ_DAMAGED;
    }
    if (!take_bytes(&rest, len - BLOCK_OVERHEAD, &body) ||
        !take_word32(pcapng, &rest, &len_again)) {
        return ask_for(reader, len);
    }
    if (len_again != len) {
        diag_set(&reader->reason, "block of %u bytes says %u at its end", len, len_again);
        return READ_DAMAGED;
    }
    *in = rest;
    return on_block(reader, type, body, frame);
}
