#include "dissectors/tls/record.h"

#include <stdlib.h>

enum { MESSAGE_HEADER = 4, FIRST_SIZE = 512, MAX_SIZE = MESSAGE_HEADER + HANDSHAKE_MAX };

/* Version 3.0 (SSL 3) to 3.4: TLS 1.3 writes 3.1 or 3.3, some early stacks wrote 3.4. */
static bool is_version(uint16_t version)
{
    return version >= 0x0300 && version <= 0x0304;
}

/* type(1) version(2) length(2) body */
enum record_result record_take_header(struct bytes *in, struct record *record, uint16_t *len)
{
    struct bytes rest = *in;
    uint8_t major = 3;

    record->body = BYTES("");
    if (!take_u8(&rest, &record->type)) {
        return RECORD_PART;
    }
    if (record->type < RECORD_CHANGE_CIPHER_SPEC || record->type > RECORD_APPLICATION_DATA) {
        return RECORD_NONE;
    }
    (void)peek_u8(rest, &major);
    if (!take_u16(&rest, &record->version) || !take_u16(&rest, len)) {
        return major == 3 ? RECORD_PART : RECORD_NONE;
    }
    if (!is_version(record->version) || *len > RECORD_MAX_BODY) {
        return RECORD_NONE;
    }
    *in = rest;
    return RECORD_WHOLE;
}

enum record_result record_take(struct bytes *in, struct record *record, size_t *want)
{
    struct bytes rest = *in;
    uint16_t len;
    enum record_result result = record_take_header(&rest, record, &len);

    *want = RECORD_HEADER;
    if (result != RECORD_WHOLE) {
        return result;
    }
    if (!take_bytes(&rest, len, &record->body)) {
        *want = RECORD_HEADER + (size_t)len;
        return RECORD_PART;
    }
    *in = rest;
    return RECORD_WHOLE;
}

static bool may_begin(struct bytes in, bool is_tls13)
{
    struct record record = {0};
    size_t want;

    if (record_take(&in, &record, &want) == RECORD_NONE ||
        (is_tls13 && record.type != RECORD_APPLICATION_DATA)) {
        return false;
    }
    return record.body.len == 0 || in.len < RECORD_HEADER ||
           record_take(&in, &record, &want) != RECORD_NONE;
}

void record_seek(struct bytes *in, bool is_tls13)
{
    while (in->len >= RECORD_HEADER && !may_begin(*in, is_tls13)) {
        (void)take_skip(in, 1);
    }
}

bool record_is_clear13(const struct record *record)
{
    return (record->type == RECORD_CHANGE_CIPHER_SPEC && record->body.len == 1) ||
           (record->type == RECORD_ALERT && record->body.len == 2);
}

/* Grows by doubling: a length in a header costs nothing until its bytes have come. len is at most
 * MAX_SIZE. */
static bool reserve(struct handshake *handshake, size_t len)
{
    size_t size = handshake->size > 0 ? handshake->size : FIRST_SIZE;
    uint8_t *grown;

    while (size < len) {
        size = size < MAX_SIZE / 2 ? size * 2 : MAX_SIZE;
    }
    if (size == handshake->size) {
        return true;
    }
    grown = realloc(handshake->held, size);
    if (grown == NULL) {
        return false;
    }
    handshake->held = grown;
    handshake->size = size;
    return true;
}

/* Keeps bytes of the record until len are held or the record is used up. */
static bool hold(struct handshake *handshake, struct bytes *record, size_t len)
{
    struct bytes part = bytes_first(*record, len - handshake->len);

    if (part.len == 0) {
        return true;
    }
    if (!reserve(handshake, handshake->len + part.len)) {
        return false;
    }
    handshake->len += part.len;
    return take_into(record, handshake->held + handshake->len - part.len, part.len);
}

/* type(1) length(3) body */
static bool take_message(struct bytes *in, uint8_t *type, struct bytes *message)
{
    struct bytes rest = *in;

    if (!take_u8(&rest, type) || !take_u24_vector(&rest, message)) {
        return false;
    }
    *in = rest;
    return true;
}

/* How many bytes the message takes that begins here, as far as its header tells. */
static size_t message_len(struct bytes in)
{
    uint8_t type;
    uint32_t len;

    return take_u8(&in, &type) && take_u24(&in, &len) ? MESSAGE_HEADER + len : MESSAGE_HEADER;
}

enum handshake_result handshake_take(struct handshake *handshake, struct bytes *record,
                                     uint8_t *type, struct bytes *message)
{
    struct bytes held;
    size_t len = 0;

    if (handshake->len == 0 && take_message(record, type, message)) {
        return message->len <= HANDSHAKE_MAX ? HANDSHAKE_WHOLE : HANDSHAKE_REFUSED;
    }
    for (int part = 0; part < 2; part++) { /* the header, then what it announces */
        len = message_len(bytes_view(handshake->held, handshake->len));
        if (len > MAX_SIZE || !hold(handshake, record, len)) {
            return HANDSHAKE_REFUSED;
        }
    }
    held = bytes_view(handshake->held, handshake->len);
    if (!take_message(&held, type, message)) {
        return HANDSHAKE_PART;
    }
    handshake->len = 0; /* the memory stays: the message is a view of it */
    return HANDSHAKE_WHOLE;
}

void handshake_clear(struct handshake *handshake)
{
    free(handshake->held);
    *handshake = (struct handshake){0};
}
