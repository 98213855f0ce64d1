#include "dissectors/socks/wire.h"

#include <stdio.h>

#include "dissectors/base/text.h"

enum { COMMAND_CONNECT = 1, MAX_USER4 = 255 };

/* version(1) methods<1> */
bool take_greeting(struct bytes *in, struct bytes *methods)
{
    struct bytes rest = *in;

    if (!take_prefix(&rest, BYTES("\x05")) || !take_u8_vector(&rest, methods)) {
        return false;
    }
    *in = rest;
    return true;
}

/* Registered methods end at 9; 0x80 to 0xfe are private. Nobody offers one twice. */
bool are_methods(struct bytes methods)
{
    uint8_t method;

    if (methods.len == 0) {
        return false;
    }
    while (take_u8(&methods, &method)) {
        size_t position;

        if ((method > 9 && method < 0x80) || method == METHOD_REFUSED ||
            bytes_find_byte(methods, method, &position)) {
            return false;
        }
    }
    return true;
}

/* type(1) address: IPv4, name<1> or IPv6; port(2). */
enum found take_endpoint(struct bytes *in, char *host, size_t size, uint16_t *port)
{
    struct bytes rest = *in;
    struct address address = {0};
    struct bytes name = {NULL, 0};
    char text[ADDRESS_TEXT_SIZE];
    uint8_t type;

    if (!take_u8(&rest, &type)) {
        return FOUND_PART;
    }
    if (type != 1 && type != 3 && type != 4) {
        return FOUND_NONE;
    }
    if ((type == 1 && !take_address4(&rest, &address)) ||
        (type == 3 && !take_u8_vector(&rest, &name)) ||
        (type == 4 && !take_address6(&rest, &address)) || !take_u16(&rest, port)) {
        return FOUND_PART;
    }
    *in = rest;
    if (host == NULL) {
        return FOUND;
    }
    if (type == 3) {
        (void)text_set(host, size, name);
        text_lower(host);
    } else {
        address_print(&address, text);
        (void)snprintf(host, size, type == 4 ? "[%s]" : "%s", text);
    }
    return FOUND;
}

static void set_target(char target[TARGET_SIZE], const char *host, uint16_t port)
{
    (void)snprintf(target, TARGET_SIZE, "%s:%u", host, port);
}

/* version(1) command(1) reserved(1) endpoint */
enum found take_request5(struct bytes *in, char target[TARGET_SIZE])
{
    struct bytes rest = *in;
    char host[HOST_SIZE];
    uint16_t port;
    uint8_t command;
    uint8_t reserved;
    enum found found;

    if (!take_prefix(&rest, BYTES("\x05"))) {
        return in->len == 0 ? FOUND_PART : FOUND_NONE;
    }
    if (!take_u8(&rest, &command) || !take_u8(&rest, &reserved)) {
        return FOUND_PART;
    }
    if (command != COMMAND_CONNECT) {
        return FOUND_NONE;
    }
    found = take_endpoint(&rest, host, sizeof(host), &port);
    if (found == FOUND) {
        set_target(target, host, port);
        *in = rest;
    }
    return found;
}

/* version(1) command(1) port(2) address(4) user NUL, and with 4a (address 0.0.0.x) host NUL */
enum found take_request4(struct bytes *in, char target[TARGET_SIZE])
{
    struct bytes rest = *in;
    struct address address;
    struct bytes user;
    struct bytes name;
    uint32_t number = 0;
    uint16_t port;
    char host[HOST_SIZE];
    uint8_t command;

    if (!take_prefix(&rest, BYTES("\x04")) || !take_u8(&rest, &command) ||
        !take_u16(&rest, &port)) {
        return FOUND_PART;
    }
    if (command != COMMAND_CONNECT) {
        return FOUND_NONE;
    }
    if (!take_address4(&rest, &address) || !take_until(&rest, '\0', &user)) {
        return rest.len > MAX_USER4 ? FOUND_NONE : FOUND_PART;
    }
    (void)take_u32(&(struct bytes){address.octets, 4}, &number);
    address_print(&address, host);
    if (number > 0 && number <= 0xff) {
        if (!take_until(&rest, '\0', &name)) {
            return rest.len > HOST_SIZE ? FOUND_NONE : FOUND_PART;
        }
        (void)text_set(host, sizeof(host), name);
        text_lower(host);
    }
    set_target(target, host, port);
    *in = rest;
    return FOUND;
}

/* zero(1) code(1) port(2) address(4) */
bool is_reply4(struct bytes server, uint8_t *code)
{
    uint8_t zero;

    return server.len >= REPLY4_SIZE && take_u8(&server, &zero) && zero == 0 &&
           take_u8(&server, code) && *code >= GRANTED4 && *code <= GRANTED4 + 3;
}
