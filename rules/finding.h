/*
 * finding: one coalesced fact: the same device, service, mechanism, user, server and outcome,
 * within one window (SCHEMA of the published record). Field names are ECS, ours under basictap.*;
 * see finding_schema.
 */
#ifndef BASICTAP_RULES_FINDING_H
#define BASICTAP_RULES_FINDING_H

#include "rules/pairs.h"

enum finding_kind { FINDING_AUTH, FINDING_TLS, FINDING_ALERT };
enum rule_level {
    LEVEL_NONE,
    LEVEL_INFORMATIONAL,
    LEVEL_LOW,
    LEVEL_MEDIUM,
    LEVEL_HIGH,
    LEVEL_CRITICAL
};

enum { PSEUDONYM_SIZE = 40 }; /* see rules/pseudonym.h */

/* What is no text stands first, so that it is one piece; then all texts (see rules/parcel.h). */
struct finding {
    /* the window */
    struct timestamp last;  /* @timestamp and event.end */
    struct timestamp start; /* event.start */
    uint64_t count;
    uint64_t sequence; /* event.sequence, from 1 */
    /* what */
    enum finding_kind kind; /* basictap.kind: auth, tls; alert is a correlation's own record */
    enum service service;
    enum mechanism mechanism;
    enum family family;
    enum outcome outcome;
    enum reason reason;
    enum certainty certainty;
    enum transport transport;
    double confidence;         /* inferred findings; else -1, and neither are the next two there */
    double outcome_confidence; /* -1: the outcome cannot be told */
    const char *inference;     /* the verdict's word; NULL: not inferred */
    const char *client_app_used; /* Entra's word */
    enum tunnel tunnel;
    bool is_direct; /* as event_is_direct said */
    /* the two ends */
    enum target target;
    const char *device_source; /* eas, mac, dhcp, ip */
    struct address client;
    struct mac mac;
    struct address server;
    uint16_t client_port;
    uint16_t server_port;
    /* TLS around it */
    bool tls_established;
    bool tls_resumed;
    enum tls_resumption tls_resumption;
    enum tls_reading tls_reading;
    /* rules */
    enum rule_level rule_level;
    uint32_t severity; /* event.severity: of rule_level, 0 to 99 */
    /* where */
    uint16_t vlan;
    uint8_t ip_protocol;           /* behind network_transport; not published */
    const char *network_transport; /* tcp, udp */
    const char *network_protocol;  /* imap, pop3, smtp, http, dcerpc, tls */
    const char *interface;
    const char *file; /* of the first occurrence */
    uint64_t frame;
    uint64_t pairs_left_out; /* attempts that found no room in pairs */

    /* what */
    char id[40];      /* event.id: 32 hex digits */
    char action[128]; /* event.action: basic-auth, modern-auth, ..., or the rule's name */
    char evidence[EVIDENCE_SIZE]; /* of what is inferred: a sentence */
    char server_code[CODE_SIZE];
    char policy_switch[48]; /* basictap.switch */
    /* device */
    char device_id[128]; /* "mac:00-1B-54-AA-00-01", "eas:SEC1234", "dhcp:...", "ip:10.0.0.7" */
    char client_hash[PSEUDONYM_SIZE]; /* instead of client and mac, if that is wanted */
    char mac_hash[PSEUDONYM_SIZE];
    char host_name[HOST_SIZE]; /* source.domain */
    char manufacturer[64];
    char model[64];               /* EAS DeviceType */
    char software[SOFTWARE_SIZE]; /* user_agent.original: raw */
    char client_name[96];         /* basictap.client: normalised */
    /* server */
    char server_name[HOST_SIZE]; /* destination.domain: Host, SNI or DNS */
    char target_reason[64];      /* "host outlook.office365.com", "range 52.96.0.0/14", "banner" */
    char path[PATH_SIZE];
    char method[16];
    /* account */
    char user[USER_SIZE];
    char domain[128];
    char user_hash[PSEUDONYM_SIZE]; /* instead of both */
    /* TLS around it */
    char tls_version[8];
    char tls_server_name[HOST_SIZE];
    char tls_next_protocol[32];
    char tls_version_offered[8]; /* the highest */
    char tls_cipher[64];         /* IANA's name, or "0x0005" */
    char tls_ja3[33];
    char tls_ja4[40];
    char tls_ja3s[33];
    char tls_subject[128]; /* of the server's certificate */
    char tls_issuer[128];
    char tls_names[256]; /* DNS names of it, comma separated */
    char tls_alert[32];
    char tls_marks[112]; /* what else the handshake showed, comma separated */
    /* rules */
    char rule_id[64]; /* of the most severe rule that matched */
    char rule_name[128];
    char rules[256]; /* ids of all that matched, comma separated, in file order; what does not fit
                        is left out */
    /* where */
    char community_id[COMMUNITY_SIZE];
    char pairs[PAIRS_SIZE]; /* Community ID and second of each attempt: see rules/pairs.h */
};

extern const struct schema finding_schema;

const char *level_word(unsigned level); /* "informational" ... "critical", "" */
bool level_parse(struct bytes word, enum rule_level *level);
uint32_t level_severity(enum rule_level level);
const char *finding_kind_word(unsigned kind);
const char *finding_action(const struct finding *finding); /* event.action, as it follows from kind,
                                                              family and rule */

typedef void finding_fn(void *ctx, const struct finding *finding);

#endif
