#include "dissectors/tls/probe.h"

#include "dissectors/tls/hello.h"
#include "dissectors/tls/record.h"

static bool is_known_message(uint8_t type)
{
    return type <= HANDSHAKE_KEY_UPDATE;
}

/* The length of a hello is at least what its fixed part takes. */
static enum probe probe_handshake(struct bytes in)
{
    struct bytes record = bytes_after(in, RECORD_HEADER);
    uint8_t type;
    uint32_t len;

    if (!take_u8(&record, &type)) {
        return PROBE_MAYBE;
    }
    if (type == HANDSHAKE_CLIENT_HELLO || type == HANDSHAKE_SERVER_HELLO) {
        return PROBE_YES;
    }
    if (!take_u24(&record, &len)) {
        return PROBE_MAYBE;
    }
    return is_known_message(type) && len < HANDSHAKE_MAX ? PROBE_YES : PROBE_NO;
}

/* A record by its header. Joined in the middle it is one of the other three types. */
static enum probe probe_record(struct bytes in)
{
    struct record record = {0};
    struct bytes rest = in;
    struct bytes fields = bytes_after(in, 3);
    uint16_t len = 0;
    size_t want;
    bool known;

    if (record_take(&rest, &record, &want) == RECORD_NONE) {
        return PROBE_NO;
    }
    if (!take_u16(&fields, &len)) {
        return PROBE_MAYBE;
    }
    switch (record.type) {
    case RECORD_HANDSHAKE:
        return probe_handshake(in);
    case RECORD_APPLICATION_DATA:
        known = len >= 16; /* no cipher adds less */
        break;
    case RECORD_ALERT:
        known = len == 2 || (len >= 16 && len < 80);
        break;
    default:
        known = len == 1;
        break;
    }
    return known ? PROBE_YES : PROBE_NO;
}

enum probe tls_probe_v2(struct bytes in)
{
    struct tls_event ignored = {0};
    uint8_t first = 0;
    size_t want;

    (void)peek_u8(in, &first);
    if (first < 0x80) {
        return PROBE_NO;
    }
    if (hello_take_v2(&in, &ignored, &want)) {
        return PROBE_YES;
    }
    return want > 0 ? PROBE_MAYBE : PROBE_NO;
}

enum probe tls_probe(struct bytes client, struct bytes server)
{
    enum probe said = probe_record(client);
    enum probe answered = probe_record(server);

    if (said == PROBE_NO) {
        said = tls_probe_v2(client);
    }
    if (said == PROBE_YES || answered == PROBE_YES) {
        return PROBE_YES; /* one is enough: the other side may be joined inside a record */
    }
    return said == PROBE_NO || answered == PROBE_NO ? PROBE_NO : PROBE_MAYBE;
}
