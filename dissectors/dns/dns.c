#include "dissectors/dns/dns.h"

#include <string.h>

#include "dissectors/base/text.h"

/*
 * Answers that give a host its addresses (RFC 1035, RFC 3596), of DNS, mDNS (RFC 6762) and LLMNR
 * (RFC 4795) alike. Queries, errors and everything else give nothing.
 */

enum {
    HEADER_SIZE = 12,
    MAX_QUESTIONS = 4,
    MAX_RECORDS = 64, /* more are not looked at */
    MAX_ALIASES = 16,
    MAX_LABEL = 63,
    MAX_NAME = 253,
    TYPE_A = 1,
    TYPE_CNAME = 5,
    TYPE_AAAA = 28,
    CLASS_IN = 1,
    CACHE_FLUSH = 0x8000, /* mDNS puts it into the class */
    FLAG_RESPONSE = 0x8000,
    MASK_OPCODE_RCODE = 0x780f,
};

/* A dotted name, lower case, without the dot at the end. */
struct name {
    char text[HOST_SIZE];
    size_t len;
};

/* "alias is another name of target": a CNAME. */
struct alias {
    struct name alias;
    struct name target;
};

struct header {
    uint16_t flags;
    uint16_t questions;
    uint16_t answers;
    uint16_t authorities;
    uint16_t additional;
};

struct record {
    struct bytes owner; /* the message from its name on */
    uint16_t type;
    uint16_t class;
    uint32_t ttl;
    struct bytes from; /* the message from its data on: names in it may point back */
    uint16_t len;      /* of its data */
};

/* id(2) flags(2) questions(2) answers(2) authorities(2) additional(2) */
static bool take_header(struct bytes *in, struct header *header)
{
    struct bytes rest = *in;

    if (!take_skip(&rest, 2) || !take_u16(&rest, &header->flags) ||
        !take_u16(&rest, &header->questions) || !take_u16(&rest, &header->answers) ||
        !take_u16(&rest, &header->authorities) || !take_u16(&rest, &header->additional)) {
        return false;
    }
    *in = rest;
    return true;
}

/* What a host name is made of, and the underscore of service names. */
static bool is_name_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

/* Takes a label of len bytes and adds it to the name. */
static bool take_label(struct bytes *in, uint8_t len, struct name *name)
{
    size_t dot = name->len > 0 ? 1 : 0;
    struct bytes label;
    uint8_t byte;

    if (name->len + dot + len > MAX_NAME || !take_bytes(in, len, &label)) {
        return false;
    }
    if (dot > 0) {
        name->text[name->len++] = '.';
    }
    while (take_u8(&label, &byte)) {
        if (!is_name_byte(byte)) {
            return false;
        }
        name->text[name->len++] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
    }
    return true;
}

/* Goes where a pointer leads, which must be before *part, where its part of the name began: every
 * jump goes further back, so none can loop. */
static bool follow_pointer(struct bytes *rest, struct bytes message, uint8_t high, size_t *part)
{
    uint8_t low;
    size_t target;

    if (high < 0xc0 || !take_u8(rest, &low)) {
        return false;
    }
    target = (size_t)(high & 0x3f) << 8 | low;
    if (target >= *part) {
        return false;
    }
    *part = target;
    *rest = bytes_after(message, target);
    return true;
}

/* A name that begins at *in, which must run to the end of the message: labels, then a zero or a
 * pointer to more (RFC 1035, section 4.1.4). */
static bool take_name(struct bytes *in, struct bytes message, struct name *name)
{
    struct bytes rest = *in;
    struct bytes after = *in;
    size_t part = message.len - rest.len;
    bool jumped = false;
    uint8_t len = 1; /* the message may end before a zero does */

    name->len = 0;
    while (take_u8(&rest, &len) && len > 0) {
        bool pointer = len > MAX_LABEL;

        if (pointer && !jumped) {
            after = bytes_after(rest, 1); /* the name ends here, wherever it goes on */
            jumped = true;
        }
        if (pointer ? !follow_pointer(&rest, message, len, &part) : !take_label(&rest, len, name)) {
            return false;
        }
    }
    if (len > 0) {
        return false;
    }
    *in = jumped ? after : rest;
    name->text[name->len] = '\0';
    return true;
}

/* name type(2) class(2) */
static bool take_question(struct bytes *in, struct bytes message, struct name *name)
{
    return take_name(in, message, name) && take_skip(in, 4);
}

/* Passes over a name of any bytes. */
static bool skip_name(struct bytes *in)
{
    uint8_t len;

    while (take_u8(in, &len)) {
        if (len >= 0xc0) {
            return take_skip(in, 1);
        }
        if (len == 0) {
            return true;
        }
        if (len > MAX_LABEL || !take_skip(in, len)) {
            return false;
        }
    }
    return false;
}

/* name type(2) class(2) ttl(4) data<2>. The name is read where it is wanted: most are not. */
static bool take_record(struct bytes *in, struct record *record)
{
    struct bytes rest = *in;

    record->owner = rest;
    if (!skip_name(&rest)) {
        return false;
    }
    if (!take_u16(&rest, &record->type) || !take_u16(&rest, &record->class) ||
        !take_u32(&rest, &record->ttl) || !take_u16(&rest, &record->len)) {
        return false;
    }
    record->from = rest;
    record->class &= (uint16_t)~CACHE_FLUSH;
    if (!take_skip(&rest, record->len)) {
        return false;
    }
    *in = rest;
    return true;
}

static bool is_same(const struct name *a, const struct name *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/*
 * What a datagram says, gathered in a first walk over its records. All three sections are walked:
 * mDNS, and resolvers that answer for A and AAAA at once, put addresses of the asked host behind
 * the answers. Addresses of other hosts there (name servers) lead back to no question.
 */
struct reply {
    struct bytes message;
    struct bytes records;
    size_t num_records;
    struct name asked; /* empty: mDNS announces without being asked */
    struct alias aliases[MAX_ALIASES];
    size_t num_aliases;
};

/* False: a name that no host has. */
static bool read_owner(const struct reply *reply, const struct record *record, struct name *owner)
{
    struct bytes rest = record->owner;

    return take_name(&rest, reply->message, owner) && owner->len > 0;
}

static void on_alias(struct reply *reply, const struct record *record)
{
    struct bytes data = record->from;
    struct alias *alias;

    if (reply->num_aliases == MAX_ALIASES) {
        return;
    }
    alias = &reply->aliases[reply->num_aliases];
    if (read_owner(reply, record, &alias->alias) &&
        take_name(&data, reply->message, &alias->target) &&
        record->from.len - data.len == record->len) {
        reply->num_aliases++;
    }
}

static void gather_aliases(struct reply *reply)
{
    struct bytes rest = reply->records;
    struct record record;

    for (size_t i = 0; i < reply->num_records; i++) {
        if (!take_record(&rest, &record)) {
            return;
        }
        if (record.type == TYPE_CNAME && record.class == CLASS_IN) {
            on_alias(reply, &record);
        }
    }
}

/* The alias that leads to a name; NULL: none does. */
static const struct alias *alias_of(const struct reply *reply, const struct name *target)
{
    for (size_t i = 0; i < reply->num_aliases; i++) {
        if (is_same(&reply->aliases[i].target, target)) {
            return &reply->aliases[i];
        }
    }
    return NULL;
}

/*
 * The name that was asked for, from an address record's owner back along the aliases. NULL: the
 * record answers another question than was asked, so nothing is learned from it.
 */
static const struct name *asked_name(const struct reply *reply, const struct name *owner)
{
    const struct name *name = owner;

    for (size_t i = 0; i <= reply->num_aliases; i++) {
        const struct alias *alias;

        if (reply->asked.len > 0 && is_same(name, &reply->asked)) {
            return name;
        }
        alias = alias_of(reply, name);
        if (alias == NULL) {
            return reply->asked.len == 0 ? name : NULL;
        }
        name = &alias->alias;
    }
    return NULL; /* aliases in a circle */
}

static void say_name(const struct reply *reply, const struct record *record,
                     const struct emitter *out)
{
    struct bytes data = bytes_first(record->from, record->len);
    const struct name *name;
    struct name owner;
    struct address address;
    struct event event;

    if (!read_owner(reply, record, &owner) || (name = asked_name(reply, &owner)) == NULL) {
        return;
    }
    if (!(record->type == TYPE_A ? take_address4(&data, &address)
                                 : take_address6(&data, &address)) ||
        data.len > 0) {
        return;
    }
    event_init(&event, EVENT_NAME, SERVICE_UNKNOWN, out);
    event.name.source = NAME_DNS;
    event.name.address = address;
    event.name.lifetime = record->ttl;
    (void)text_copy(event.name.name, sizeof(event.name.name), name->text);
    emitter_emit(out, &event);
}

static void say_names(const struct reply *reply, const struct emitter *out)
{
    struct bytes rest = reply->records;
    struct record record;

    for (size_t i = 0; i < reply->num_records; i++) {
        if (!take_record(&rest, &record)) {
            return;
        }
        if ((record.type == TYPE_A || record.type == TYPE_AAAA) && record.class == CLASS_IN) {
            say_name(reply, &record, out);
        }
    }
}

static enum probe probe(struct bytes in, struct bytes none)
{
    struct header header;

    (void)none;
    return take_header(&in, &header) && (header.flags & FLAG_RESPONSE) != 0 &&
                   (header.flags & MASK_OPCODE_RCODE) == 0 && header.questions <= MAX_QUESTIONS &&
                   header.answers > 0
               ? PROBE_YES
               : PROBE_NO;
}

static void datagram(const struct context *context, const struct origin *origin, struct bytes in,
                     const struct emitter *out)
{
    struct reply reply; /* large: what counts of it is set one by one */
    struct bytes rest = in;
    struct header header;

    (void)context;
    (void)origin;
    if (!take_header(&rest, &header)) {
        return;
    }
    reply.message = in;
    reply.num_aliases = 0;
    reply.asked.len = 0;
    for (uint16_t i = 0; i < header.questions; i++) {
        if (!take_question(&rest, in, &reply.asked)) {
            return;
        }
    }
    reply.records = rest;
    reply.num_records = (size_t)header.answers + header.authorities + header.additional;
    if (reply.num_records > MAX_RECORDS) {
        reply.num_records = MAX_RECORDS;
    }
    gather_aliases(&reply);
    say_names(&reply, out);
}

const struct dissector dns_dissector = {
    .name = "dns",
    .probe = probe,
    .datagram = datagram,
};
