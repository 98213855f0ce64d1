#include "dissectors/auth/basic.h"

#include "dissectors/auth/base64.h"
#include "dissectors/base/text.h"

/* Room for the longest user name that we keep and the beginning of its password. */
enum { FRONT = 768, FRONT_TEXT = FRONT / 3 * 4 };

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The front of text without blanks. */
static struct bytes squeeze(struct bytes text, uint8_t out[FRONT_TEXT])
{
    size_t len = 0;
    uint8_t byte;

    while (len < FRONT_TEXT && take_u8(&text, &byte)) {
        if (!is_blank(byte)) {
            out[len++] = byte;
        }
    }
    return bytes_view(out, len);
}

static enum basic_kind kind_of_password(struct bytes password)
{
    if (password.len == 0) {
        return BASIC_EMPTY;
    }
    return bytes_starts_nocase(password, BYTES("Bearer ")) ? BASIC_TOKEN : BASIC_PASSWORD;
}

/* Hardly any client puts blanks in: without them the text is decoded where it is. */
static bool decode(struct bytes text, uint8_t decoded[FRONT], size_t *len)
{
    uint8_t squeezed[FRONT_TEXT];
    bool done;

    if (base64_decode_front(text, decoded, FRONT, len)) {
        return true;
    }
    done = base64_decode_front(squeeze(text, squeezed), decoded, FRONT, len);
    bytes_wipe(squeezed, sizeof(squeezed));
    return done;
}

enum basic_kind basic_parse(struct bytes text, char *user, size_t size)
{
    uint8_t decoded[FRONT];
    enum basic_kind kind = BASIC_BROKEN;
    struct bytes rest;
    struct bytes name;
    size_t len;

    (void)text_set(user, size, BYTES(""));
    if (decode(text, decoded, &len)) {
        rest = bytes_view(decoded, len);
        if (take_until(&rest, ':', &name)) {
            (void)text_set(user, size, name);
            kind = kind_of_password(rest);
        }
    }
    bytes_wipe(decoded, sizeof(decoded));
    return kind;
}
