/* files: capture files made by hand, and what a source makes of them. */
#ifndef BASICTAP_TESTS_SENSOR_FILES_H
#define BASICTAP_TESTS_SENSOR_FILES_H

#include <stdio.h>
#include <string.h>

#include "sensor/source.h"
#include "tests/support/test.h"

enum { MAX_SEEN = 64, FILE_SIZE = 1 << 16 };

/* A file in the making, in either byte order. */
struct file {
    bool big_endian;
    uint8_t at[FILE_SIZE];
    size_t len;
};

struct seen {
    uint64_t ns;
    uint64_t number;
    const char *file;
    char text[16];
    size_t len;
    uint32_t wire_len;
    int link_type;
    const char *interface;
};

struct reading {
    struct seen frames[MAX_SEEN];
    size_t num;
    char errors[2048];
    char secrets[64];
    uint32_t secrets_type;
    struct source_stats stats;
};

static inline void put(struct file *file, const void *at, size_t len)
{
    assert_true(len <= sizeof(file->at) - file->len);
    memcpy(file->at + file->len, at, len);
    file->len += len;
}

static inline void put_number(struct file *file, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        uint8_t octet = (uint8_t)(value >> 8 * (file->big_endian ? width - 1 - i : i));

        put(file, &octet, 1);
    }
}

static inline void put_u32(struct file *file, uint32_t value)
{
    put_number(file, value, 4);
}

static inline void put_padded(struct file *file, const char *text)
{
    put(file, text, strlen(text));
    put(file, "\0\0\0", (4 - strlen(text) % 4) % 4);
}

/* Sets the length of the block that began at start, here and at its end. */
static inline void end_block(struct file *file, size_t start)
{
    uint32_t len = (uint32_t)(file->len + 4 - start);
    size_t end = file->len;

    file->len = start + 4;
    put_u32(file, len);
    file->len = end;
    put_u32(file, len);
}

static inline size_t begin_block(struct file *file, uint32_t type)
{
    size_t start = file->len;

    put_u32(file, type);
    put_u32(file, 0);
    return start;
}

static inline void put_section(struct file *file, bool big_endian)
{
    size_t start;

    file->big_endian = big_endian;
    start = begin_block(file, 0x0a0d0d0a);
    put_u32(file, 0x1a2b3c4d);
    put_u32(file, big_endian ? 0x00010000 : 0x00000001); /* version 1.0 */
    put_number(file, UINT64_MAX, 8);
    end_block(file, start);
}

/* resolution 0: no such option; offset likewise. */
static inline void put_interface(struct file *file, uint16_t link_type, const char *name,
                                 uint8_t resolution, int64_t offset)
{
    size_t start = begin_block(file, 1);

    put_number(file, link_type, 2);
    put_number(file, 0, 2);
    put_u32(file, 65535);
    if (name != NULL) {
        put_number(file, 2, 2);
        put_number(file, strlen(name), 2);
        put_padded(file, name);
    }
    if (resolution != 0) {
        put_number(file, 9, 2);
        put_number(file, 1, 2);
        put(file, &resolution, 1);
        put(file, "\0\0\0", 3);
    }
    if (offset != 0) {
        put_number(file, 14, 2);
        put_number(file, 8, 2);
        put_number(file, (uint64_t)offset, 8);
    }
    put_u32(file, 0);
    end_block(file, start);
}

static inline void put_enhanced(struct file *file, uint32_t interface, uint64_t time,
                                const char *text)
{
    size_t start = begin_block(file, 6);

    put_u32(file, interface);
    put_u32(file, (uint32_t)(time >> 32));
    put_u32(file, (uint32_t)time);
    put_u32(file, (uint32_t)strlen(text));
    put_u32(file, 100);
    put_padded(file, text);
    end_block(file, start);
}

static inline void put_classic_header(struct file *file, uint32_t magic)
{
    put_u32(file, magic);
    put_number(file, 2, 2);
    put_number(file, 4, 2);
    put_u32(file, 0);
    put_u32(file, 0);
    put_u32(file, 65535);
    put_u32(file, 113);
}

static inline void put_record(struct file *file, uint32_t seconds, uint32_t fraction,
                              const char *text)
{
    put_u32(file, seconds);
    put_u32(file, fraction);
    put_u32(file, (uint32_t)strlen(text));
    put_u32(file, 100);
    put(file, text, strlen(text));
}

static inline void write_file(const char *name, const void *at, size_t len)
{
    FILE *out = fopen(name, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(at, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static inline void on_frame(void *ctx, const struct frame *frame)
{
    struct reading *reading = ctx;
    struct seen *seen = &reading->frames[reading->num++ % MAX_SEEN];
    size_t len;

    *seen = (struct seen){
        .ns = frame->at.time.ns,
        .number = frame->at.frame,
        .file = frame->at.file,
        .len = frame->captured.len,
        .wire_len = frame->wire_len,
        .link_type = frame->link_type,
        .interface = frame->interface,
    };
    (void)bytes_copy(bytes_first(frame->captured, sizeof(seen->text) - 1), seen->text,
                     sizeof(seen->text), &len);
}

static inline void on_error(void *ctx, const char *words)
{
    struct reading *reading = ctx;
    size_t len = strlen(reading->errors);

    (void)snprintf(reading->errors + len, sizeof(reading->errors) - len, "%s\n", words);
}

static inline void on_secrets(void *ctx, uint32_t type, struct bytes secrets)
{
    struct reading *reading = ctx;
    size_t len;

    reading->secrets_type = type;
    (void)bytes_copy(secrets, reading->secrets, sizeof(reading->secrets) - 1, &len);
}

/* Reads to the end, in pumps of at most max frames. The interface names die with the source. */
static inline struct source *read_files(struct reading *reading, const char *const *names,
                                        size_t num, const char *filter, size_t max)
{
    struct source_options options = {
        .filter = filter,
        .on_error = on_error,
        .on_secrets = on_secrets,
        .ctx = reading,
    };
    struct diag diag = {0};
    struct source *source = source_open_files(names, num, &options, &diag);

    assert_non_null(source);
    while (source_pump(source, max, on_frame, reading) != SOURCE_END) {
    }
    source_stats(source, &reading->stats);
    return source;
}

static inline void read_all(struct reading *reading, const char *name)
{
    *reading = (struct reading){0};
    source_close(read_files(reading, &name, 1, NULL, 64));
}

#endif
