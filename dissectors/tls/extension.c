#include "dissectors/tls/extension.h"

struct bytes extension_list(struct bytes rest)
{
    uint16_t len;

    return take_u16(&rest, &len) ? bytes_first(rest, len) : BYTES("");
}

/* type(2) body<2> */
bool extension_take(struct bytes *list, uint16_t *type, struct bytes *body)
{
    struct bytes rest = *list;

    if (!take_u16(&rest, type) || !take_u16_vector(&rest, body)) {
        return false;
    }
    *list = rest;
    return true;
}

bool extension_find(struct bytes list, enum extension wanted, struct bytes *body)
{
    struct bytes found;
    uint16_t type;

    while (extension_take(&list, &type, &found)) {
        if (type == (uint16_t)wanted) {
            *body = found;
            return true;
        }
    }
    return false;
}

bool extension_take_protocol(struct bytes *names, struct bytes *name)
{
    while (take_u8_vector(names, name)) {
        struct bytes pair = *name;
        uint16_t value;

        if (name->len != 2 || !take_u16(&pair, &value) || !extension_is_grease(value)) {
            return true;
        }
    }
    return false;
}

bool extension_is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}
