/*
 * source_reader: capture files as frames. A reader sees a window of the file's bytes and takes one
 * record or block at a time; it holds no bytes and never waits.
 */
#ifndef BASICTAP_SENSOR_SOURCE_READER_H
#define BASICTAP_SENSOR_SOURCE_READER_H

#include "sensor/source.h"

enum {
    READER_MAX_BLOCK = 16 * 1024 * 1024, /* a longer record or block is taken for damage */
    READER_MAX_INTERFACES = 65536,       /* of a section */
    READER_MAX_NAMES = 1024,             /* interface names of a run; later ones are unknown */
    READER_MIN_WANT = 28,                /* bytes that tell a capture file */
};

enum read_result {
    READ_FRAME,
    READ_SKIPPED, /* something that is not a frame was taken */
    READ_SHORT, /* nothing was taken: the window must hold reader->want bytes, or the file is cut */
    READ_DAMAGED, /* reader->reason says why */
};

/* Interface names, each once; they live as long as the source. */
struct reader_names {
    char *texts[READER_MAX_NAMES];
    size_t num;
};

/* Classic pcap: one header, then records. */
struct classic {
    bool big_endian;
    bool modified; /* Kuznetsov's variant with a longer record header */
    uint32_t fraction_ns;
    uint32_t max_len;
    int link_type;
};

struct pcapng_interface {
    const char *name;
    int link_type;
    uint32_t snap_len;
    uint8_t resolution; /* as if_tsresol: power of ten, or of two with the high bit */
    uint64_t scale;     /* nanoseconds a unit where that is whole, else 0 */
    int64_t offset_s;
};

/* pcapng: sections of blocks, each section with its byte order and interfaces. */
struct pcapng {
    bool big_endian;
    struct pcapng_interface *interfaces;
    size_t num_interfaces;
    size_t max_interfaces;
};

struct reader {
    /* given */
    struct reader_names *names;
    source_secrets_fn *on_secrets; /* may be NULL */
    void *ctx;
    /* told */
    size_t want;
    struct diag reason;
    uint64_t secrets_blocks;
    /* the reader's own */
    bool is_pcapng;
    struct classic classic;
    struct pcapng pcapng;
};

/* Tells the kind of file by its first bytes; in has all of the file or READER_MIN_WANT bytes.
 * READ_SKIPPED: go on with reader_next. READ_DAMAGED: not a capture. */
enum read_result reader_start(struct reader *reader, struct bytes *in);

/* Takes the next record from in. A frame's bytes, length, time, link type and interface are set. */
static inline enum read_result reader_next(struct reader *reader, struct bytes *in,
                                           struct frame *frame);

void reader_clear(struct reader *reader);
void reader_names_clear(struct reader_names *names);

/* For reader_start and reader_next. */
bool classic_is(struct bytes in);
bool classic_start(struct classic *classic, struct bytes *in); /* false: the header is cut */
enum read_result classic_next(struct reader *reader, struct bytes *in, struct frame *frame);
bool pcapng_is(struct bytes in);
enum read_result pcapng_next(struct reader *reader, struct bytes *in, struct frame *frame);
void pcapng_clear(struct pcapng *pcapng);

static inline enum read_result reader_next(struct reader *reader, struct bytes *in,
                                           struct frame *frame)
{
    return reader->is_pcapng ? pcapng_next(reader, in, frame) : classic_next(reader, in, frame);
}

#endif
