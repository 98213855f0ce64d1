#include "dissectors/dhcp/dhcp.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"

/*
 * DHCPv4 (RFC 2131, options in RFC 2132): who has which address, and how it calls itself. The
 * answer (ACK) binds the address; the request has the names, which the answer rarely repeats.
 */

enum {
    OP_REQUEST = 1,
    OP_REPLY = 2,
    HARDWARE_ETHERNET = 1,
    MAC_LEN = 6,
    OPTION_PAD = 0,
    OPTION_HOST_NAME = 12,
    OPTION_REQUESTED_ADDRESS = 50,
    OPTION_LEASE_TIME = 51,
    OPTION_MESSAGE_TYPE = 53,
    OPTION_VENDOR_CLASS = 60,
    OPTION_CLIENT_ID = 61,
    OPTION_FQDN = 81,
    OPTION_END = 255,
    FQDN_ENCODED = 4, /* its E flag: labels as in DNS, not text (RFC 4702, section 2.1) */
    TYPE_REQUEST = 3,
    TYPE_ACK = 5,
    TYPE_INFORM = 8,
};

struct message {
    uint8_t op;
    uint8_t type;
    struct address client;    /* ciaddr: what the client has already */
    struct address yours;     /* yiaddr: what it is given */
    struct address requested; /* option 50 */
    struct name_event name;
};

/* op(1) htype(1) hlen(1) hops(1) xid(4) secs(2) flags(2) ciaddr(4) yiaddr(4) siaddr(4) giaddr(4)
 * chaddr(16) sname(64) file(128) cookie(4) */
static bool take_header(struct bytes *in, struct message *message)
{
    struct bytes rest = *in;
    struct bytes hardware;
    uint8_t type;
    uint8_t len;

    if (!take_u8(&rest, &message->op) || !take_u8(&rest, &type) || !take_u8(&rest, &len) ||
        !take_skip(&rest, 9) || !take_address4(&rest, &message->client) ||
        !take_address4(&rest, &message->yours) || !take_skip(&rest, 8) ||
        !take_bytes(&rest, 16, &hardware) || !take_skip(&rest, 64 + 128) ||
        !take_prefix(&rest, BYTES("\x63\x82\x53\x63"))) {
        return false;
    }
    if (type == HARDWARE_ETHERNET && len == MAC_LEN) {
        (void)take_mac(&hardware, &message->name.mac);
    }
    *in = rest;
    return message->op == OP_REQUEST || message->op == OP_REPLY;
}

/* Dots at the end go; letters become lower case. */
static void set_name(struct message *message, struct bytes name)
{
    char *text = message->name.name;
    size_t len;

    (void)text_set(text, sizeof(message->name.name), name);
    text_lower(text);
    for (len = strlen(text); len > 0 && (text[len - 1] == '.' || text[len - 1] == ' '); len--) {
        text[len - 1] = '\0';
    }
}

/* Some clients count a NUL at the end. */
static struct bytes without_nul(struct bytes text)
{
    struct bytes before;

    return take_until(&text, '\0', &before) ? before : text;
}

/* flags(1) two result codes(2) name */
static void on_fqdn(struct message *message, struct bytes option)
{
    struct bytes label;
    char name[HOST_SIZE] = "";
    uint8_t flags;

    if (!take_u8(&option, &flags) || !take_skip(&option, 2) || option.len == 0) {
        return;
    }
    if ((flags & FQDN_ENCODED) == 0) {
        set_name(message, without_nul(option));
        return;
    }
    while (take_u8_vector(&option, &label) && label.len > 0 && label.len < 64) {
        char text[64];

        (void)text_set(text, sizeof(text), label);
        (void)text_append(name, sizeof(name), name[0] != '\0' ? "." : "");
        (void)text_append(name, sizeof(name), text);
    }
    if (name[0] != '\0') {
        set_name(message, bytes_of_text(name));
    }
}

static void set_hex(char *text, size_t size, struct bytes from)
{
    size_t len = 0;
    uint8_t byte;

    while (len + 3 <= size && take_u8(&from, &byte)) {
        len += (size_t)snprintf(text + len, size - len, "%02x", byte);
    }
}

static void on_option(struct message *message, uint8_t code, struct bytes option)
{
    struct name_event *name = &message->name;

    switch (code) {
    case OPTION_HOST_NAME:
        if (name->name[0] == '\0') { /* the full name, if given, is better */
            set_name(message, without_nul(option));
        }
        break;
    case OPTION_FQDN:
        on_fqdn(message, option);
        break;
    case OPTION_REQUESTED_ADDRESS:
        (void)take_address4(&option, &message->requested);
        break;
    case OPTION_LEASE_TIME:
        (void)take_u32(&option, &name->lifetime);
        break;
    case OPTION_MESSAGE_TYPE:
        (void)take_u8(&option, &message->type);
        break;
    case OPTION_VENDOR_CLASS:
        (void)text_set(name->vendor, sizeof(name->vendor), without_nul(option));
        break;
    case OPTION_CLIENT_ID:
        set_hex(name->client_id, sizeof(name->client_id), option);
        break;
    default:
        break;
    }
}

/* code(1) value<1>, but for two codes that stand alone */
static void read_options(struct message *message, struct bytes in)
{
    struct bytes option;
    uint8_t code;

    while (take_u8(&in, &code) && code != OPTION_END) {
        if (code == OPTION_PAD) {
            continue;
        }
        if (!take_u8_vector(&in, &option)) {
            return;
        }
        on_option(message, code, option);
    }
}

static bool is_set(const struct address *address)
{
    static const struct address none = {.version = 4};

    return address->version != 0 && !address_equal(address, &none);
}

/* The address that the message is about; an ACK to INFORM gives none and confirms the client's. */
static struct address subject(const struct message *message)
{
    if (message->type == TYPE_ACK && is_set(&message->yours)) {
        return message->yours;
    }
    if (is_set(&message->client)) {
        return message->client;
    }
    if (message->type == TYPE_REQUEST && is_set(&message->requested)) {
        return message->requested;
    }
    return (struct address){0};
}

static bool is_told(const struct message *message)
{
    return (message->op == OP_REPLY && message->type == TYPE_ACK) ||
           (message->op == OP_REQUEST &&
            (message->type == TYPE_REQUEST || message->type == TYPE_INFORM));
}

static enum probe probe(struct bytes in, struct bytes none)
{
    struct message message = {0};

    (void)none;
    return take_header(&in, &message) ? PROBE_YES : PROBE_NO;
}

static void datagram(const struct context *context, const struct origin *origin, struct bytes in,
                     const struct emitter *out)
{
    struct message message = {0};
    struct event event;

    (void)context;
    (void)origin;
    if (!take_header(&in, &message)) {
        return;
    }
    read_options(&message, in);
    if (!is_told(&message)) {
        return;
    }
    message.name.source = NAME_DHCP;
    message.name.address = subject(&message);
    if (message.name.address.version == 0 && !message.name.mac.known) {
        return;
    }
    event_init(&event, EVENT_NAME, SERVICE_UNKNOWN, out);
    event.name = message.name;
    emitter_emit(out, &event);
}

const struct dissector dhcp_dissector = {
    .name = "dhcp",
    .probe = probe,
    .datagram = datagram,
};
