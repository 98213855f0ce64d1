/*
 * buffer: bytes that are written one after the other, in network byte order.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

static uint8_t *grow(struct buffer *buffer, size_t len)
{
    uint8_t *place = buffer->at + buffer->len;

    if (len > MAX_BUFFER - buffer->len) {
        (void)fprintf(stderr, "makecapture: a message is too long\n");
        exit(1);
    }
    buffer->len += len;
    return place;
}

void put_u8(struct buffer *buffer, unsigned value)
{
    *grow(buffer, 1) = (uint8_t)value;
}

static void set_u16(uint8_t *place, size_t value)
{
    place[0] = (uint8_t)(value >> 8);
    place[1] = (uint8_t)value;
}

void put_u16(struct buffer *buffer, unsigned value)
{
    set_u16(grow(buffer, 2), value);
}

void put_u32(struct buffer *buffer, uint32_t value)
{
    put_u16(buffer, value >> 16);
    put_u16(buffer, value & 0xffff);
}

void put_bytes(struct buffer *buffer, const void *data, size_t len)
{
    memcpy(grow(buffer, len), data, len);
}

void put_buffer(struct buffer *buffer, const struct buffer *other)
{
    put_bytes(buffer, other->at, other->len);
}

void put_draws(struct buffer *buffer, size_t num_draws)
{
    for (size_t i = 0; i < num_draws; i++) {
        uint64_t value = draw();

        put_bytes(buffer, &value, 8);
    }
}

void put_text(struct buffer *buffer, const char *format, ...)
{
    size_t room = MAX_BUFFER - buffer->len;
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf((char *)buffer->at + buffer->len, room, format, arguments);
    va_end(arguments);
    (void)grow(buffer, len >= 0 && (size_t)len < room ? (size_t)len : SIZE_MAX);
}

size_t begin_u16(struct buffer *buffer)
{
    put_u16(buffer, 0);
    return buffer->len;
}

void end_u16(struct buffer *buffer, size_t begin)
{
    set_u16(buffer->at + begin - 2, buffer->len - begin);
}

void base64_encode(const void *data, size_t len, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t three = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);

        memcpy(text, "====", 4);
        for (size_t k = 0; k < 4 && k <= left; k++) {
            text[k] = digits[three >> (18 - 6 * k) & 63];
        }
        text += 4;
    }
    *text = '\0';
}
