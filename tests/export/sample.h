/* sample: a record as the tests write it, with the field names of the published schema. */
#ifndef BASICTAP_TESTS_EXPORT_SAMPLE_H
#define BASICTAP_TESTS_EXPORT_SAMPLE_H

#include <string.h>

#include "export/exporter.h"

struct sample {
    struct timestamp last;
    struct timestamp start;
    uint64_t count;
    uint32_t sequence;
    double confidence;
    struct address client;
    struct mac mac;
    uint16_t client_port;
    bool tls;
    char id[40];
    char kind[16];
    char service[32];
    char mechanism[32];
    char family[32];
    char outcome[32];
    char certainty[32];
    char verdict[32];
    char policy_switch[64];
    char device_id[128];
    char host_name[256];
    char client_name[96];
    char user[256];
    char target[32];
    char rule_id[64];
    char rule_name[128];
    char rule_level[16];
    char pairs[256];
};

static const struct field sample_fields[] = {
    FIELD(struct sample, last, "@timestamp", "packet time of the last attempt"),
    FIELD(struct sample, start, "event.start", "of the first"),
    FIELD(struct sample, id, "event.id", "deterministic"),
    FIELD(struct sample, sequence, "event.sequence", "from 1"),
    {.name = "event.category",
     .constant = "authentication,network",
     .kind = FIELD_CONSTANT,
     .list = true},
    FIELD(struct sample, kind, "basictap.kind", "auth, tls or alert"),
    FIELD(struct sample, service, "basictap.service", "what was asked for"),
    FIELD(struct sample, mechanism, "basictap.mechanism", "how"),
    FIELD(struct sample, family, "basictap.family", "what kind of secret"),
    FIELD(struct sample, outcome, "event.reason", "our outcome word"),
    FIELD(struct sample, certainty, "basictap.certainty", "how sure"),
    FIELD(struct sample, confidence, "basictap.confidence", "of what is inferred"),
    FIELD(struct sample, verdict, "basictap.inference.verdict", "of what is inferred"),
    FIELD(struct sample, count, "basictap.count", "attempts"),
    FIELD(struct sample, policy_switch, "basictap.switch", "what turns it off"),
    FIELD(struct sample, device_id, "device.id", "who"),
    FIELD(struct sample, client, "source.ip", "from where"),
    FIELD_OPTIONAL(struct sample, client_port, "source.port", "from where"),
    FIELD(struct sample, mac, "source.mac", "from where"),
    FIELD(struct sample, host_name, "source.domain", "its name"),
    FIELD(struct sample, client_name, "basictap.client", "software"),
    FIELD(struct sample, user, "user.name", "as whom"),
    FIELD(struct sample, target, "basictap.target", "to whom"),
    FIELD(struct sample, tls, "tls.established", "in TLS"),
    FIELD(struct sample, rule_id, "rule.id", "most severe"),
    FIELD(struct sample, rule_name, "rule.name", "its title"),
    FIELD(struct sample, rule_level, "rule.level", "its level"),
    FIELD(struct sample, pairs, "basictap.pairs", "community id and second of each attempt"),
};
static const struct schema sample_schema = {"sample", sample_fields,
                                            sizeof(sample_fields) / sizeof(sample_fields[0])};

/* 2026-11-21T08:00:00Z */
enum { SAMPLE_DAY = 1795248000 };

/* A login with a password, accepted; number makes its event.id. */
static inline struct sample sample_login(unsigned number)
{
    struct sample sample = {
        .last = {(SAMPLE_DAY + (uint64_t)number) * 1000000000u + 250000000u},
        .start = {(SAMPLE_DAY + (uint64_t)number) * 1000000000u},
        .count = 1,
        .sequence = number,
        .confidence = -1,
        .client = {.octets = {10, 0, 0, 7}, .version = 4},
        .client_port = 50123,
        .mac = {.octets = {0x00, 0x1b, 0x54, 0xaa, 0x00, 0x01}, .known = true},
        .kind = "auth",
        .service = "imap",
        .mechanism = "imap-login",
        .family = "basic",
        .outcome = "accepted",
        .certainty = "observed",
        .policy_switch = "AllowBasicAuthImap",
        .device_id = "mac:00-1B-54-AA-00-01",
        .host_name = "scanner",
        .client_name = "Thunderbird",
        .user = "bob@contoso.com",
        .target = "exchange-online",
    };

    for (unsigned i = 0; i < 8; i++) {
        sample.id[7 - i] = "0123456789abcdef"[number >> (4 * i) & 15];
    }
    return sample;
}

#endif
