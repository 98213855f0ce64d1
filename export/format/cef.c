/*
 * CEF:0|vendor|product|version|event class|name|severity|key=value key=value ...
 *
 * In the header a pipe and a backslash are escaped, in the extension an equals sign and a
 * backslash, and there line ends may stand as \n; everything is UTF-8. A value may have spaces, and
 * ends before the next " key=".
 */
#include "export/format/cef.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "export/format/instant.h"
#include "export/format/mapping.h"

enum { HEADER_MAX = 512 }; /* of one part; the standard's longest is 1023 */

/* Lent memory; overflow is sticky. */
struct cef {
    char *line;
    size_t size;
    size_t len;
    bool overflow;
};

static void put(struct cef *cef, struct bytes text)
{
    size_t copied;

    if (cef->overflow || !bytes_copy(text, cef->line + cef->len, cef->size - cef->len, &copied)) {
        cef->overflow = true;
        return;
    }
    cef->len += copied;
}

/* Whole characters of the front, at most max; what is no UTF-8 counts a byte each. */
static struct bytes cut(struct bytes text, size_t max)
{
    struct bytes rest = text;
    size_t used = 0;

    for (size_t i = 0; i < max && rest.len > 0; i++) {
        size_t len = text_character(rest);

        len = len == 0 ? 1 : len;
        (void)take_skip(&rest, len);
        used += len;
    }
    return bytes_first(text, used);
}

/* Bytes in front that stand as they are. */
static size_t plain_run(struct bytes text, const char *escaped)
{
    size_t len = 0;
    uint8_t byte;

    while (take_u8(&text, &byte) && byte >= 0x20 && byte < 0x7f && byte != (uint8_t)escaped[0] &&
           byte != (uint8_t)escaped[1]) {
        len++;
    }
    return len;
}

/* escaped: both that get a backslash before them. */
static void put_escaped(struct cef *cef, struct bytes text, const char escaped[2])
{
    uint8_t first;

    while (peek_u8(text, &first)) {
        struct bytes character;
        size_t len = plain_run(text, escaped);

        if (take_bytes(&text, len, &character) && len > 0) {
            put(cef, character);
            continue;
        }
        len = text_character(text);
        (void)take_bytes(&text, len == 0 ? 1 : len, &character);
        if (len == 0) {
            put(cef, BYTES("\xef\xbf\xbd"));
        } else if (first < 0x20 || first == 0x7f) {
            put(cef, BYTES(" "));
        } else {
            put(cef, first == (uint8_t)escaped[0] || first == (uint8_t)escaped[1] ? BYTES("\\")
                                                                                  : BYTES(""));
            put(cef, character);
        }
    }
}

static void put_header(struct cef *cef, struct bytes text)
{
    put_escaped(cef, cut(text, HEADER_MAX), "|\\");
    put(cef, BYTES("|"));
}

static struct bytes first_of(const struct record *record, const char *name, const char *other)
{
    struct bytes text = record_find(record, name);

    return text.len > 0 ? text : record_find(record, other);
}

static void put_number(struct cef *cef, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    put(cef, bytes_of_text(text));
}

static void put_prefix(struct cef *cef, const struct record *record)
{
    const struct mapping_word *severity =
        mapping_find_word(&mapping_cef_severities, record_find(record, "rule.level"));

    put(cef, BYTES("CEF:0|"));
    put_header(cef, record_find(record, "observer.vendor"));
    put_header(cef, record_find(record, "observer.product"));
    put_header(cef, record_find(record, "observer.version"));
    put_header(cef, first_of(record, "rule.id", "event.action"));
    put_header(cef, first_of(record, "rule.name", "event.action"));
    put_number(cef, severity != NULL ? severity->number : 1);
    put(cef, BYTES("|"));
}

/* " key=", after the first without the space. */
static void put_key(struct cef *cef, const char *key, const char *suffix)
{
    if (cef->len > 0 && cef->line[cef->len - 1] != '|') {
        put(cef, BYTES(" "));
    }
    put(cef, bytes_of_text(key));
    put(cef, bytes_of_text(suffix));
    put(cef, BYTES("="));
}

static void put_labelled(struct cef *cef, const char *key, const char *label, struct bytes text)
{
    put_key(cef, key, "");
    put_escaped(cef, text, "=\\");
    if (label != NULL) {
        put_key(cef, key, "Label");
        put_escaped(cef, bytes_of_text(label), "=\\");
    }
}

/* src and dst are IPv4 addresses; IPv6 has a custom key, whose label the standard gives. */
static void put_address(struct cef *cef, const char *key, struct bytes text)
{
    size_t position;
    bool is_source = strcmp(key, "src") == 0;

    if (!bytes_find_byte(text, ':', &position)) {
        put_labelled(cef, key, NULL, text);
    } else if (is_source) {
        put_labelled(cef, "c6a2", "Source IPv6 Address", text);
    } else {
        put_labelled(cef, "c6a3", "Destination IPv6 Address", text);
    }
}

static void put_colons(struct cef *cef, const char *key, struct bytes text)
{
    uint8_t octet;

    put_key(cef, key, "");
    while (take_u8(&text, &octet)) {
        put(cef, octet == '-' ? BYTES(":") : bytes_view(&octet, 1));
    }
}

static void put_row(struct cef *cef, const struct mapping *row, struct bytes text)
{
    uint64_t milliseconds;

    if (row->cef_as == AS_MILLISECONDS) {
        if (instant_parse(text, &milliseconds)) {
            put_key(cef, row->cef, "");
            put_number(cef, milliseconds);
        }
    } else if (row->cef_as == AS_ADDRESS) {
        put_address(cef, row->cef, text);
    } else if (row->cef_as == AS_COLONS) {
        put_colons(cef, row->cef, text);
    } else {
        put_labelled(cef, row->cef, row->cef_label,
                     row->cef_max > 0 ? cut(text, row->cef_max) : text);
    }
}

size_t cef_write(struct lookup *lookup, const struct record *record, char *at, size_t size)
{
    struct cef cef = {.line = at, .size = size};
    struct bytes text;

    lookup_set(lookup, record);
    put_prefix(&cef, record);
    for (size_t i = 0; i < num_mappings; i++) {
        if (mappings[i].cef != NULL && lookup_text(lookup, record, i, &text)) {
            put_row(&cef, &mappings[i], text);
        }
    }
    return cef.overflow ? 0 : cef.len;
}
