/* finding_sample: findings as the detector makes them, for what formats them. */
#ifndef BASICTAP_TESTS_EXPORT_FORMAT_FINDING_SAMPLE_H
#define BASICTAP_TESTS_EXPORT_FORMAT_FINDING_SAMPLE_H

#include <string.h>

#include "export/record.h"
#include "rules/finding.h"

static const struct exporter_identity finding_identity = {"tap-1", "0.1.0"};

/* Bob's scanner, by SMTP in clear, refused: 2026-11-21T08:00:00Z and a quarter second later. */
static inline struct finding finding_sample(void)
{
    struct finding finding = {
        .start = {UINT64_C(1795248000000000000)},
        .last = {UINT64_C(1795248000250999999)},
        .count = 2,
        .id = "0123456789abcdef0123456789abcdef",
        .sequence = 7,
        .kind = FINDING_AUTH,
        .action = "basic-auth",
        .service = SERVICE_SMTP,
        .mechanism = MECHANISM_SASL_LOGIN,
        .family = FAMILY_BASIC,
        .outcome = OUTCOME_BLOCKED,
        .reason = REASON_BASIC_DISABLED,
        .certainty = CERTAINTY_OBSERVED,
        .confidence = -1,
        .outcome_confidence = -1,
        .transport = TRANSPORT_CLEAR,
        .server_code = "535 5.7.139",
        .policy_switch = "AllowBasicAuthSmtp",
        .client_app_used = "Authenticated SMTP",
        .device_id = "mac:00-1B-54-AA-00-01",
        .device_source = "mac",
        .client = {.octets = {10, 0, 0, 7}, .version = 4},
        .client_port = 50123,
        .mac = {.octets = {0x00, 0x1b, 0x54, 0xaa, 0x00, 0x01}, .known = true},
        .host_name = "scanner",
        .server = {.octets = {52, 96, 0, 1}, .version = 4},
        .server_port = 587,
        .server_name = "smtp.office365.com",
        .target = TARGET_ONLINE,
        .user = "bob@contoso.com",
        .rule_id = "basic-in-clear",
        .rule_name = "A password in clear",
        .rule_level = LEVEL_HIGH,
        .severity = 73,
        .network_transport = "tcp",
        .network_protocol = "smtp",
        .vlan = 12,
        .community_id = "1:abc=",
    };

    return finding;
}

/* NULL: it cannot be made. The layout is the caller's to free, after the record. */
static inline struct record *finding_record(const struct finding *finding,
                                            struct record_layout **layout)
{
    *layout = record_layout_new(&finding_schema, &finding_identity);
    return *layout != NULL ? record_new(*layout, finding) : NULL;
}

#endif
