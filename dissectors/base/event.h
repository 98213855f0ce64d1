/*
 * event: what a dissector says about traffic, and how it says it.
 *
 * A handful of event types serve all protocols; a new protocol adds none. A dissector fills the
 * body (and `at`, from emitter_mark) and emits; whoever stands between (conversation, worker) fills
 * the rest of the envelope. An event is borrowed for the call: a receiver that keeps it copies it.
 * No event has a member that could hold a secret.
 */
#ifndef BASICTAP_DISSECTORS_BASE_EVENT_H
#define BASICTAP_DISSECTORS_BASE_EVENT_H

#include "dissectors/base/inference.h"
#include "dissectors/base/schema.h"
#include "dissectors/base/words.h"

enum {
    USER_SIZE = 256,
    HOST_SIZE = 256,
    PATH_SIZE = 256,
    SOFTWARE_SIZE = 256,
    CODE_SIZE = 32,
};

/* A place in the capture. */
struct moment {
    struct timestamp time;
    uint64_t frame; /* number in its file, from 1, as Wireshark counts; 0: none (live capture counts
                       too) */
    const char *file; /* lives through the run; NULL: live */
};

/* The flow that an event was seen on. */
struct origin {
    struct address client;
    struct address server;
    uint16_t client_port;
    uint16_t server_port;
    uint16_t vlan;       /* outermost 802.1Q id, first seen; 0: none */
    uint8_t ip_protocol; /* 6 or 17 */
    uint8_t client_ttl;  /* of the client's first packet seen; 0: none seen. 64, 128 or 255: on the
                            tapped segment */
    struct mac client_mac;
    struct mac server_mac;
    const char *interface; /* lives through the run; may be NULL */
};

/* One attempt to authenticate (or to use a service without). One event an attempt, emitted when its
 * outcome is known or can no longer be known. */
struct auth_event {
    enum mechanism mechanism;
    enum outcome outcome;
    enum reason reason;
    char user[USER_SIZE]; /* as sent: "bob@contoso.com", "CONTOSO\bob"; NTLM: the user name alone */
    char domain[128];     /* NTLM's domain, or the part before '\' or after '@' */
    char server_code[CODE_SIZE]; /* "535 5.7.139", "NO", "-ERR", "401"; never the raw line */
    bool password_seen;          /* a reusable password was on the wire */
    enum target server;          /* HTTP: as the answer's headers say; unknown: they do not */
    /* HTTP; empty elsewhere */
    char host[HOST_SIZE]; /* Host, or the CONNECT or SOCKS target for service proxy */
    char path[PATH_SIZE]; /* query dropped */
    char method[16];
    char device_id[64];   /* EAS */
    char device_type[64]; /* EAS */
    /* who asks */
    char software[SOFTWARE_SIZE]; /* User-Agent, IMAP ID "name version"; raw */
    char hello[128];              /* the name that EHLO or HELO gave */
};

/* What a server offers: capabilities, EHLO answers, 401 challenges. */
struct offer_event {
    char mechanisms[256]; /* mechanism words, space separated, in the server's order, each once */
    uint32_t offered;     /* the same as a set: 1u << enum mechanism */
    char banner[160];     /* the greeting line, or HTTP's Server header */
    bool starttls;
    bool login_disabled;   /* IMAP LOGINDISABLED */
    bool exchange_headers; /* X-FEServer, X-CalculatedBETarget and such: an Exchange server of one's
                              own answered */
};

/* Software and identity of a client. Empty members say nothing. */
struct client_event {
    char software[SOFTWARE_SIZE];
    char hello[128];
    char os[64];
    char device_id[64];
    char device_type[64];
    char workstation[64]; /* NTLM */
};

/* A TLS handshake, as far as it was seen. What is always set comes first, so that a session touches
 * little memory. */
struct tls_event {
    enum tls_resumption resumption; /* agreed by the server */
    enum tls_reading reading;       /* what became of it, as far as is known when it is said */
    bool alert_by_server;
    bool client_hello;
    bool server_hello;
    bool retried;                /* HelloRetryRequest */
    bool ech_offered;            /* or GREASE of it, which looks the same */
    bool certificate_asked;      /* of the client */
    bool certificate_sent;       /* by the client, and not empty */
    uint16_t cipher;             /* chosen; 0: not seen */
    const char *cipher_name;     /* of it, as IANA spells it; NULL: not known. Lives for ever */
    char version[8];             /* chosen, else the highest offered: "1.0" to "1.3", "ssl3" */
    char version_offered[8];     /* highest that the client offered, likewise */
    char ja3[33];                /* MD5 in hex, of the first ClientHello; "" where none was seen */
    char ja4[40];                /* FoxIO's JA4: "t13d1516h2_8daaf6152771_b0da82dd1658" */
    char ja3s[33];               /* MD5 in hex, of the ServerHello */
    char next_protocol[32];      /* ALPN chosen by the server, where it can be read */
    char alert[32];              /* the first that was read: "protocol_version"; warnings of closing
                                    left out */
    char server_name[HOST_SIZE]; /* SNI */
    char alpn_offered[128];      /* comma separated */
    char certificate_subject[128]; /* the server's, up to TLS 1.2 or decrypted: common name, else
                                      the whole name */
    char certificate_issuer[128];  /* likewise */
    char certificate_names[256];   /* DNS names of it, comma separated, whole names only */
};

/* A name of an address (DNS), or of a client (DHCP). */
enum name_source { NAME_DNS, NAME_DHCP };
struct name_event {
    enum name_source source;
    struct address address;
    struct mac mac;       /* DHCP: chaddr */
    char name[HOST_SIZE]; /* lower case, no dot at the end; DNS: the name that was asked for, CNAMEs
                             followed */
    char client_id[64];   /* DHCP option 61, hex */
    char vendor[64];      /* DHCP option 60 */
    uint32_t lifetime;    /* seconds: TTL or lease */
};

enum event_kind { EVENT_AUTH, EVENT_OFFER, EVENT_CLIENT, EVENT_TLS, EVENT_NAME, NUM_EVENT_KINDS };

struct event {
    enum event_kind kind;
    enum service
        service; /* by the dissector; EVENT_TLS: what it was started for, unknown if nothing said */
    struct moment at; /* of the credential (auth) or of the message (others) */
    /* filled on the way */
    enum transport transport;
    enum tunnel tunnel;
    bool is_relayed; /* by the dissector: said through a forward proxy without a tunnel (RFC 9112,
                        section 3.2.2); the origin's server is the proxy */
    enum certainty certainty;
    const char *tunnel_target;   /* "host:port" of the CONNECT or SOCKS request; NULL: no tunnel */
    const struct tls_event *tls; /* of the TLS session around it; NULL: none */
    const struct inference *inference; /* EVENT_AUTH of certainty inferred: what it rests on; else
                                          NULL */
    const struct origin *origin;       /* never NULL once it leaves the sensor's worker */
    union {
        struct auth_event auth;
        struct offer_event offer;
        struct client_event client;
        struct tls_event hello;
        struct name_event name;
    };
};

const char *event_word(unsigned kind); /* "auth", "offer", "client", "tls", "name" */
const struct schema *event_schema(enum event_kind kind); /* fields of struct event, body included */

/* Hands events on. The event may be annotated on its way. */
struct emitter {
    void (*emit)(void *ctx, struct event *event);
    void *ctx;
    const struct moment *now; /* of the packet that is being fed */
};

/* Fixes frame and time: call it at the credential, keep the result, and date the event with it. */
struct moment emitter_mark(const struct emitter *out);

/* A zeroed event of a kind, dated now; what is of other kinds is left as it is. */
void event_init(struct event *event, enum event_kind kind, enum service service,
                const struct emitter *out);

void emitter_emit(const struct emitter *out, struct event *event);

/* Whether the origin's server spoke for itself, and not for others behind it. */
bool event_is_direct(const struct event *event);

/* Adds a mechanism's word to offer->mechanisms unless it is there. */
void offer_add(struct offer_event *offer, enum mechanism mechanism);

/* Whether the client's ALPN speaks of HTTP, in any version. */
bool tls_offers_http(const struct tls_event *tls);

/* Splits "DOMAIN\user" and "user@domain" in auth->user into auth->domain; auth->user stays as it
 * was sent. */
void auth_split_domain(struct auth_event *auth);

#endif
