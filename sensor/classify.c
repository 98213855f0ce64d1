#include "sensor/classify.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* <netinet/ip.h>, which nDPI includes, has a struct of the name of ours. */
#define timestamp netinet_timestamp
#include <ndpi_api.h>
#undef timestamp

enum {
    IP_HEADER = 20,
    TCP_HEADER = 20,
    HEADERS = IP_HEADER + TCP_HEADER,
    MAX_PAYLOAD = 1460,
    PADDING = 1024, /* nDPI 4.2 reads past the end of short packets */
    CLIENT_PORT = 49152,
    SERVER_PORT = 49151, /* neither is anybody's: content alone may speak */
    TEXT_FRONT = 24,     /* so much of a payload tells whether it is text, */
    TEXT_ODD = 3,        /* so many octets of which may be of another alphabet */
};

struct classifier {
    struct ndpi_detection_module_struct *module; /* NULL: nobody has asked yet, or no memory */
    bool is_started;                             /* or was tried to be */
    uint64_t refused;
    _Alignas(8) uint8_t packet[HEADERS + MAX_PAYLOAD + PADDING]; /* zeros between questions */
};

struct classifier_flow {
    struct ndpi_flow_struct *ndpi;
    uint32_t seq[2]; /* of the made-up headers, by from_client */
    unsigned asked;
};

/* What nDPI frees may have held a password. */
static void wipe_and_free(void *at)
{
    if (at != NULL) {
        bytes_wipe(at, malloc_usable_size(at));
        free(at);
    }
}

static void enable(NDPI_PROTOCOL_BITMASK *wanted)
{
    NDPI_BITMASK_RESET(*wanted);
    NDPI_BITMASK_ADD(*wanted, NDPI_PROTOCOL_MAIL_IMAP);
    NDPI_BITMASK_ADD(*wanted, NDPI_PROTOCOL_MAIL_POP);
    NDPI_BITMASK_ADD(*wanted, NDPI_PROTOCOL_MAIL_SMTP);
    NDPI_BITMASK_ADD(*wanted, NDPI_PROTOCOL_HTTP);
    NDPI_BITMASK_ADD(*wanted, NDPI_PROTOCOL_TLS);
    NDPI_BITMASK_ADD(*wanted, NDPI_PROTOCOL_SOCKS);
    NDPI_BITMASK_ADD(*wanted, NDPI_PROTOCOL_DCERPC);
}

struct classifier *classifier_new(struct diag *diag)
{
    struct classifier *classifier = calloc(1, sizeof(*classifier));

    if (classifier == NULL) {
        diag_set(diag, "out of memory for nDPI");
    }
    return classifier;
}

/* nDPI reads its lists of addresses whoever wants them, which takes longer than a small capture. */
void classifier_start(struct classifier *classifier)
{
    NDPI_PROTOCOL_BITMASK wanted;

    if (classifier->is_started) {
        return;
    }
    classifier->is_started = true;
    set_ndpi_free(wipe_and_free);
    set_ndpi_flow_free(wipe_and_free);
    classifier->module =
        ndpi_init_detection_module(ndpi_dont_load_tor_hosts | ndpi_dont_init_libgcrypt);
    if (classifier->module != NULL) {
        enable(&wanted);
        ndpi_set_protocol_detection_bitmask2(classifier->module, &wanted);
        ndpi_finalize_initialization(classifier->module);
    }
}

void classifier_free(struct classifier *classifier)
{
    if (classifier != NULL && classifier->module != NULL) {
        ndpi_exit_detection_module(classifier->module);
    }
    free(classifier);
}

uint64_t classifier_refused(const struct classifier *classifier)
{
    return classifier != NULL ? classifier->refused : 0;
}

static struct classifier_flow *flow_new(void)
{
    struct classifier_flow *flow = calloc(1, sizeof(*flow));

    if (flow == NULL) {
        return NULL;
    }
    flow->ndpi = ndpi_flow_malloc(SIZEOF_FLOW_STRUCT);
    if (flow->ndpi == NULL) {
        free(flow);
        return NULL;
    }
    memset(flow->ndpi, 0, SIZEOF_FLOW_STRUCT);
    return flow;
}

void classifier_flow_free(struct classifier_flow *flow)
{
    if (flow != NULL) {
        ndpi_free_flow_data(flow->ndpi);
        bytes_wipe(flow->ndpi, SIZEOF_FLOW_STRUCT);
        ndpi_flow_free(flow->ndpi);
        free(flow);
    }
}

static void put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value >> 16);
    put_u16(at + 2, value & 0xffff);
}

/*
 * A packet like the real one, with headers of our own: the same two hosts and ports for every flow,
 * so that nothing but content is judged, and whatever lay around the packet is not seen.
 */
static unsigned short make_packet(struct classifier *classifier, struct classifier_flow *flow,
                                  struct bytes payload, bool from_client)
{
    uint8_t *ip = classifier->packet;
    uint8_t *tcp = ip + IP_HEADER;
    struct bytes part = bytes_first(payload, MAX_PAYLOAD);
    size_t len = 0;

    (void)bytes_copy(part, tcp + TCP_HEADER, MAX_PAYLOAD, &len);
    ip[0] = 0x45; /* version 4, five words */
    put_u16(ip + 2, (unsigned)(HEADERS + len));
    ip[8] = 64;
    ip[9] = IPPROTO_TCP;
    put_u32(ip + 12, from_client ? 0xc0000201 : 0xc0000202); /* 192.0.2.1 and .2, RFC 5737 */
    put_u32(ip + 16, from_client ? 0xc0000202 : 0xc0000201);
    put_u16(tcp, from_client ? CLIENT_PORT : SERVER_PORT);
    put_u16(tcp + 2, from_client ? SERVER_PORT : CLIENT_PORT);
    put_u32(tcp + 4, 1 + flow->seq[from_client]);
    put_u32(tcp + 8, 1 + flow->seq[!from_client]);
    tcp[12] = TCP_HEADER / 4 << 4;
    tcp[13] = TCP_PSH | TCP_ACK;
    put_u16(tcp + 14, 0xffff);
    flow->seq[from_client] += (uint32_t)len;
    return (unsigned short)(HEADERS + len);
}

static const char *dissector_of(uint16_t protocol)
{
    switch (protocol) {
    case NDPI_PROTOCOL_MAIL_IMAP:
        return "imap";
    case NDPI_PROTOCOL_MAIL_POP:
        return "pop";
    case NDPI_PROTOCOL_MAIL_SMTP:
        return "smtp";
    case NDPI_PROTOCOL_HTTP:
    case NDPI_PROTOCOL_HTTP_CONNECT:
    case NDPI_PROTOCOL_HTTP_PROXY:
        return "http";
    case NDPI_PROTOCOL_TLS:
        return "tls";
    case NDPI_PROTOCOL_DCERPC:
        return "rpc";
    case NDPI_PROTOCOL_SOCKS:
        return "socks";
    default:
        return NULL;
    }
}

static bool is_text(struct bytes payload)
{
    struct bytes front = bytes_first(payload, TEXT_FRONT);
    size_t max = front.len == TEXT_FRONT ? TEXT_ODD : 0;
    size_t odd = 0;
    uint8_t c;

    while (take_u8(&front, &c)) {
        odd += (c < ' ' && c != '\t' && c != '\r' && c != '\n') || c > '~';
    }
    return odd <= max;
}

/* kind(1) version(2), which is 3 and something (RFC 8446, section 5.1) */
static bool is_record(struct bytes payload)
{
    uint8_t kind;
    uint8_t major;
    uint8_t minor;

    return take_u8(&payload, &kind) && take_u8(&payload, &major) && take_u8(&payload, &minor) &&
           kind >= 0x14 && kind <= 0x18 && major == 3 && minor <= 4;
}

/* version(1): 5, or of SOCKS 4; what comes next ends with the packet (RFC 1928, section 3) */
static bool is_socks(struct bytes payload)
{
    struct bytes rest = payload;
    uint8_t version;
    uint8_t next;

    if (!take_u8(&rest, &version) || !take_u8(&rest, &next)) {
        return false;
    }
    switch (version) {
    case 5:
        return rest.len == 0 || rest.len == next;
    case 4: /* connect or bind, and a name that ends with a zero */
        return next - 1u < 2 && bytes_ends_nocase(rest, BYTES("\0"));
    case 0: /* the answer to that */
        return payload.len == 8 && next - 0x5au < 4;
    default:
        return false;
    }
}

/* version(1) 5, minor(1), kind(1) (C706, chapter 12) */
static bool is_rpc(struct bytes payload)
{
    uint8_t version;
    uint8_t minor;
    uint8_t kind;

    return take_u8(&payload, &version) && take_u8(&payload, &minor) && take_u8(&payload, &kind) &&
           version == 5 && minor <= 1 && kind < 20;
}

/* Whether a flow whose first packets said nothing can begin one of the protocols that are proposed
 * here. Most that our probes leave undecided never do, and a question costs as much as all else
 * that is done to such a packet. */
static bool is_worth_asking(struct bytes payload)
{
    return is_text(payload) || is_record(payload) || is_socks(payload) || is_rpc(payload);
}

const char *classifier_ask(struct classifier *classifier, struct classifier_flow **flow,
                           const struct packet *packet, bool from_client)
{
    unsigned short len;
    ndpi_protocol said;
    const char *name;

    if (*flow == NULL && !is_worth_asking(packet->payload)) {
        return NULL;
    }
    classifier_start(classifier);
    if (*flow == NULL && classifier->module != NULL) {
        *flow = flow_new();
    }
    if (*flow == NULL) {
        classifier->refused++;
        return NULL;
    }
    if (packet->payload.len == 0 || (*flow)->asked == CLASSIFY_PACKETS) {
        return NULL;
    }
    (*flow)->asked++;
    len = make_packet(classifier, *flow, packet->payload, from_client);
    said = ndpi_detection_process_packet(classifier->module, (*flow)->ndpi, classifier->packet, len,
                                         packet->at.time.ns / 1000000u);
    bytes_wipe(classifier->packet, len);
    if ((*flow)->ndpi->confidence != NDPI_CONFIDENCE_DPI) {
        return NULL; /* a guess by address or port */
    }
    name = dissector_of(said.app_protocol);
    return name != NULL ? name : dissector_of(said.master_protocol);
}
