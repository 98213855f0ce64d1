#include "dissectors/socks/probe.h"
#include "dissectors/socks/wire.h"

static bool is_printable(struct bytes text)
{
    uint8_t byte;

    while (take_u8(&text, &byte)) {
        if (byte < 0x20 || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

static enum probe probe5(struct bytes client, struct bytes server)
{
    struct bytes methods;
    char ignored[TARGET_SIZE];
    uint8_t version;
    uint8_t method;
    size_t position;

    if (!take_greeting(&client, &methods)) {
        return server.len > 0 ? PROBE_NO : PROBE_MAYBE;
    }
    if (!are_methods(methods)) {
        return PROBE_NO;
    }
    if (take_u8(&server, &version)) {
        if (version != VERSION5) {
            return PROBE_NO;
        }
        if (!take_u8(&server, &method)) {
            return PROBE_MAYBE;
        }
        return method == METHOD_REFUSED || bytes_find_byte(methods, method, &position) ? PROBE_YES
                                                                                       : PROBE_NO;
    }
    if (client.len == 0) {
        return PROBE_MAYBE;
    }
    /* The server is not seen, or a hasty client did not wait. */
    switch (take_request5(&client, ignored)) {
    case FOUND:
        return PROBE_YES;
    case FOUND_PART:
        return PROBE_MAYBE;
    case FOUND_NONE:
        break;
    }
    return bytes_find_byte(methods, METHOD_USER_PASS, &position) &&
                   bytes_starts(client, BYTES("\x01"))
               ? PROBE_MAYBE
               : PROBE_NO;
}

static enum probe probe4(struct bytes client, struct bytes server)
{
    char ignored[TARGET_SIZE];
    struct bytes rest = bytes_after(client, 8);
    struct bytes user = rest;
    uint8_t code;

    (void)take_until(&rest, '\0', &user);
    if (!is_printable(user)) {
        return PROBE_NO;
    }
    switch (take_request4(&client, ignored)) {
    case FOUND:
        break;
    case FOUND_PART:
        return server.len > 0 ? PROBE_NO : PROBE_MAYBE;
    case FOUND_NONE:
        return PROBE_NO;
    }
    if (is_reply4(server, &code)) {
        return PROBE_YES;
    }
    return client.len == 0 && server.len < REPLY4_SIZE ? PROBE_MAYBE : PROBE_NO;
}

/* Few bytes, so both sides must agree before this says yes. */
enum probe socks_probe(struct bytes client, struct bytes server)
{
    uint8_t version;

    if (!peek_u8(client, &version)) {
        bool could_be = server.len == 0 || bytes_starts(server, BYTES("\x05")) ||
                        bytes_starts(server, BYTES("\0"));

        return could_be && server.len <= REPLY4_SIZE ? PROBE_MAYBE : PROBE_NO;
    }
    if (version == VERSION5) {
        return probe5(client, server);
    }
    return version == VERSION4 ? probe4(client, server) : PROBE_NO;
}
