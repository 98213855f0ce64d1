#include "export/sink/syslog_message.h"

#include <stdio.h>

#include "dissectors/base/text.h"
#include "export/format/mapping.h"

enum {
    /* Security and authorization messages: syslog servers keep them from other people's eyes. */
    FACILITY = 10,
    INFORMATIONAL = 6,
    MAX_HOST = 255, /* RFC 5424, section 6 */
    MAX_MSGID = 32,
    MAX_VALUE = 128, /* characters of a value in structured data */
};
static const uint64_t max_sequence_id = 2147483647; /* section 7.3.1 */

static void put(struct syslog_writer *writer, struct bytes text)
{
    size_t copied;

    if (writer->overflow ||
        !bytes_copy(text, writer->message + writer->len, writer->max - writer->len, &copied)) {
        writer->overflow = true;
        return;
    }
    writer->len += copied;
}

static void put_number(struct syslog_writer *writer, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    put(writer, bytes_of_text(text));
}

/* A part of the header: printable ASCII without spaces, "-" for none. */
static void put_part(struct syslog_writer *writer, struct bytes text, size_t max)
{
    uint8_t byte;

    text = bytes_first(text, max);
    if (text.len == 0) {
        put(writer, BYTES("-"));
    }
    while (take_u8(&text, &byte)) {
        put(writer, byte > 0x20 && byte < 0x7f ? bytes_view(&byte, 1) : BYTES("_"));
    }
    put(writer, BYTES(" "));
}

/* Section 6.3.3: a backslash before '"', '\' and ']'. */
static void put_value(struct syslog_writer *writer, struct bytes text)
{
    uint8_t first;

    for (size_t i = 0; i < MAX_VALUE && peek_u8(text, &first); i++) {
        size_t len = text_character(text);
        struct bytes character;

        (void)take_bytes(&text, len == 0 ? 1 : len, &character);
        if (len == 0) {
            character = BYTES("\xef\xbf\xbd");
        } else if (first < 0x20 || first == 0x7f) {
            character = BYTES(" ");
        } else if (first == '"' || first == '\\' || first == ']') {
            put(writer, BYTES("\\"));
        }
        put(writer, character);
    }
}

static void put_parameter(struct syslog_writer *writer, const char *name, struct bytes value)
{
    put(writer, BYTES(" "));
    put(writer, bytes_of_text(name));
    put(writer, BYTES("=\""));
    put_value(writer, value);
    put(writer, BYTES("\""));
}

static void put_header(struct syslog_writer *writer, const struct record *record)
{
    const struct mapping_word *severity =
        mapping_find_word(&mapping_syslog_severities, record_find(record, "rule.level"));

    put(writer, BYTES("<"));
    put_number(writer, FACILITY * 8 + (severity != NULL ? severity->number : INFORMATIONAL));
    put(writer, BYTES(">1 "));
    put_part(writer, record_find(record, "@timestamp"), MAX_MSGID);
    put_part(writer, record_find(record, "observer.name"), MAX_HOST);
    put(writer, BYTES("basictap - "));
    put_part(writer, record_find(record, "basictap.kind"), MAX_MSGID);
}

/* Both elements are registered with IANA (sections 7.2 and 7.3). */
static void put_origin(struct syslog_writer *writer, const struct record *record)
{
    uint64_t sequence = record_sequence(record);

    if (sequence > 0) {
        put(writer, BYTES("[meta sequenceId=\""));
        put_number(writer, (sequence - 1) % max_sequence_id + 1);
        put(writer, BYTES("\"]"));
    }
    put(writer, BYTES("[origin software=\"basictap\""));
    put_parameter(writer, "swVersion", record_find(record, "observer.version"));
    put(writer, BYTES("]"));
}

/* 32473 is for examples (RFC 5612): there is no number of our own. Parameters that find no room are
 * left out. */
static void put_data(struct syslog_writer *writer, const struct record *record)
{
    size_t room = writer->max;

    put(writer, BYTES("[basictap@32473"));
    writer->max -= 1; /* of the bracket behind */
    lookup_set(&writer->lookup, record);
    for (size_t i = 0; i < num_mappings; i++) {
        struct bytes text;
        size_t before = writer->len;

        if (mappings[i].sd == NULL || !lookup_text(&writer->lookup, record, i, &text)) {
            continue;
        }
        put_parameter(writer, mappings[i].sd, text);
        if (writer->overflow) {
            writer->overflow = false;
            writer->len = before;
        }
    }
    writer->max = room;
    put(writer, BYTES("]"));
}

/* MSG begins with no byte order mark, although it is UTF-8 (section 6.4 asks for one): what parses
 * JSON behind a syslog server stumbles over it. */
static bool put_text(struct syslog_writer *writer, const struct record *record)
{
    size_t before = writer->len;
    struct bytes line;

    if (writer->formatter == NULL || !formatter_write(writer->formatter, record, &line)) {
        return false;
    }
    put(writer, BYTES(" "));
    put(writer, line);
    if (writer->overflow) {
        writer->overflow = false;
        writer->len = before;
        return false;
    }
    return true;
}

struct bytes syslog_write(struct syslog_writer *writer, const struct record *record)
{
    writer->len = 0;
    writer->overflow = false;
    put_header(writer, record);
    put_origin(writer, record);
    if (!put_text(writer, record)) {
        put_data(writer, record);
    }
    return bytes_view(writer->message, writer->len);
}
