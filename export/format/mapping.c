/*
 * OCSF: schema 1.4.0 (https://schema.ocsf.io/1.4.0/). CEF: "ArcSight Common Event Format (CEF)
 * Implementation Standard", version 25, extension dictionary; header CEF:0, in which src and dst
 * are IPv4 and IPv6 has c6a2 and c6a3.
 */
#include "export/format/mapping.h"

#define WORDS(list)                                                                                \
    {                                                                                              \
        list, sizeof(list) / sizeof((list)[0])                                                     \
    }

static const struct mapping_word outcome_list[] = {
    {"success", 1, "Success"},
    {"failure", 2, "Failure"},
    {"unknown", 0, "Unknown"},
    {"", 0, "Unknown"},
};
static const struct mapping_words outcomes = WORDS(outcome_list);

static const struct mapping_word severity_list[] = {
    {"", 1, "Informational"}, {"informational", 1, "Informational"},
    {"low", 2, "Low"},        {"medium", 3, "Medium"},
    {"high", 4, "High"},      {"critical", 5, "Critical"},
};
static const struct mapping_words severities = WORDS(severity_list);

static const struct mapping_word cef_severity_list[] = {
    {"", 1, "Low"},          {"informational", 1, "Low"}, {"low", 3, "Low"},
    {"medium", 5, "Medium"}, {"high", 8, "High"},         {"critical", 10, "Very-High"},
};
const struct mapping_words mapping_cef_severities = WORDS(cef_severity_list);

static const struct mapping_word syslog_severity_list[] = {
    {"", 6, "Informational"}, {"informational", 6, "Informational"},
    {"low", 5, "Notice"},     {"medium", 4, "Warning"},
    {"high", 3, "Error"},     {"critical", 2, "Critical"},
};
const struct mapping_words mapping_syslog_severities = WORDS(syslog_severity_list);

/* Any other mechanism is 99, with its own name. */
static const struct mapping_word protocol_list[] = {
    {"imap-login", 11, "Basic Authentication"},
    {"sasl-plain", 11, "Basic Authentication"},
    {"sasl-login", 11, "Basic Authentication"},
    {"pop-user-pass", 11, "Basic Authentication"},
    {"http-basic", 11, "Basic Authentication"},
    {"sasl-xoauth2", 6, "OAUTH 2.0"},
    {"sasl-oauthbearer", 6, "OAUTH 2.0"},
    {"http-bearer", 6, "OAUTH 2.0"},
    {"sasl-ntlm", 1, "NTLM"},
    {"http-ntlm", 1, "NTLM"},
    {"http-negotiate-ntlm", 1, "NTLM"},
    {"rpc-ntlm", 1, "NTLM"},
    {"sasl-gssapi", 2, "Kerberos"},
    {"http-negotiate-kerberos", 2, "Kerberos"},
    {"rpc-kerberos", 2, "Kerberos"},
    {"sasl-digest-md5", 3, "Digest"},
    {"http-digest", 3, "Digest"},
    {"", 0, "Unknown"},
};
static const struct mapping_words protocols = WORDS(protocol_list);

/* Warning: "did not yield a result due to missing information". */
static const struct mapping_word verdict_list[] = {
    {"basic", 3, "Fail"},         {"mixed", 3, "Fail"},   {"modern", 1, "Pass"},
    {"integrated", 1, "Pass"},    {"blocked", 1, "Pass"}, {"none", 1, "Pass"},
    {"unreadable", 2, "Warning"}, {"", 2, "Warning"},
};
static const struct mapping_words verdicts = WORDS(verdict_list);

const struct ocsf_numbers ocsf_numbers[NUM_OCSF_CLASSES] = {
    [OCSF_AUTHENTICATION] = {3002, "Authentication", 3, "Identity & Access Management", 1, "Logon"},
    [OCSF_NETWORK] = {4001, "Network Activity", 4, "Network Activity", 6, "Traffic"},
    [OCSF_DETECTION] = {2004, "Detection Finding", 2, "Findings", 1, "Create"},
    [OCSF_COMPLIANCE] = {2003, "Compliance Finding", 2, "Findings", 1, "Create"},
    [OCSF_BASE] = {0, "Base Event", 0, "Uncategorized", 99, "Other"},
};

#define EVERY                                                                                      \
    {                                                                                              \
        true, true, true, true, true                                                               \
    }
const struct mapping_constant mapping_constants[] = {
    {"metadata.version", "\"1.4.0\"", EVERY},
    {"is_remote", "true", {[OCSF_AUTHENTICATION] = true}},
    /* A tap does not know which side is inside. */
    {"connection_info.direction_id", "0", {[OCSF_NETWORK] = true}},
    {"connection_info.direction", "\"Unknown\"", {[OCSF_NETWORK] = true}},
    {"is_alert", "true", {[OCSF_DETECTION] = true}},
    {"finding_info.analytic.type_id", "1", {[OCSF_DETECTION] = true}},
    {"finding_info.analytic.type", "\"Rule\"", {[OCSF_DETECTION] = true}},
    {"evidences[].connection_info.direction_id", "0", {[OCSF_DETECTION] = true}},
    {"compliance.control", "\"Basic Authentication is not used\"", {[OCSF_COMPLIANCE] = true}},
    {"compliance.standards",
     "[\"Deprecation of Basic authentication in Exchange Online\"]",
     {[OCSF_COMPLIANCE] = true}},
};
const size_t num_mapping_constants = sizeof(mapping_constants) / sizeof(mapping_constants[0]);

/* In both classes that tell of one connection. */
#define ACTIVITY(path) [OCSF_AUTHENTICATION] = (path), [OCSF_NETWORK] = (path)
#define EVIDENCE(path) [OCSF_DETECTION] = "evidences[]." path
#define RESOURCE(path) [OCSF_COMPLIANCE] = "resources[]." path

/* In the order in which CEF and OCSF tell them. */
const struct mapping mappings[] = {
    /* when, which */
    {.field = "@timestamp",
     .all = "time",
     .ocsf_as = AS_MILLISECONDS,
     .otherwise = "1970-01-01T00:00:00Z",
     .cef = "rt",
     .cef_as = AS_MILLISECONDS},
    {.field = "event.start",
     .all = "start_time",
     .ocsf_as = AS_MILLISECONDS,
     .cef = "start",
     .cef_as = AS_MILLISECONDS},
    {.field = "event.end",
     .all = "end_time",
     .ocsf_as = AS_MILLISECONDS,
     .cef = "end",
     .cef_as = AS_MILLISECONDS},
    {.field = "event.id", .all = "metadata.uid", .cef = "externalId", .cef_max = 40, .sd = "id"},
    {.field = "event.id",
     .paths = {[OCSF_DETECTION] = "finding_info.uid", [OCSF_COMPLIANCE] = "finding_info.uid"}},
    {.field = "event.sequence", .all = "metadata.sequence", .cef = "cn1", .cef_label = "sequence"},
    {.field = "basictap.count", .all = "count", .cef = "cnt", .sd = "count"},
    {.field = "basictap.kind", .cef = "cat"},
    {.field = "event.action", .all = "message", .cef = "act", .cef_max = 63},
    {.field = "event.action", .paths = {[OCSF_COMPLIANCE] = "finding_info.title"}},
    {.field = "rule.level", .all = "severity_id", .ocsf_as = AS_WORD, .words = &severities},
    {.field = "rule.level", .all = "unmapped.rule.level"},
    {.field = "event.severity", .all = ""},
    {.field = "event.kind", .all = ""},
    {.field = "event.category", .all = ""},
    {.field = "event.module", .all = ""},
    {.field = "event.dataset", .all = "metadata.log_name"},
    {.field = "ecs.version", .all = ""},
    /* by whom it is told */
    {.field = "observer.name", .all = "metadata.log_provider", .cef = "dvchost", .cef_max = 100},
    {.field = "observer.vendor", .all = "metadata.product.vendor_name"},
    {.field = "observer.product", .all = "metadata.product.name"},
    {.field = "observer.version", .all = "metadata.product.version"},
    {.field = "observer.type", .all = ""},
    {.field = "observer.ingress.interface.name", .cef = "deviceInboundInterface", .cef_max = 128},
    /* what became of it */
    {.field = "event.outcome",
     .paths = {ACTIVITY("status_id")},
     .ocsf_as = AS_WORD,
     .words = &outcomes,
     .cef = "outcome",
     .cef_max = 63},
    {.field = "event.reason",
     .paths = {ACTIVITY("status_detail")},
     .cef = "reason",
     .sd = "outcome"},
    {.field = "basictap.server_code",
     .paths = {ACTIVITY("status_code")},
     .cef = "flexString2",
     .cef_label = "serverCode"},
    {.field = "basictap.server_reason", .cef = "msg"},
    /* how */
    {.field = "basictap.service",
     .paths = {[OCSF_AUTHENTICATION] = "service.name", [OCSF_NETWORK] = "app_name"},
     .cef = "app",
     .cef_max = 31,
     .sd = "service"},
    {.field = "network.application", .all = ""},
    {.field = "basictap.mechanism",
     .paths = {[OCSF_AUTHENTICATION] = "auth_protocol_id"},
     .ocsf_as = AS_PROTOCOL,
     .words = &protocols,
     .cef = "cs1",
     .cef_label = "mechanism",
     .sd = "mechanism"},
    {.field = "basictap.mechanism", .all = "unmapped.basictap.mechanism"},
    {.field = "basictap.family", .cef = "cs2", .cef_label = "family", .sd = "family"},
    {.field = "basictap.certainty", .cef = "cs3", .cef_label = "certainty", .sd = "certainty"},
    {.field = "basictap.switch", .cef = "cs4", .cef_label = "switch", .sd = "switch"},
    {.field = "basictap.client_app_used", .cef = "cs5", .cef_label = "clientAppUsed"},
    {.field = "tls.client.ja4", .cef = "cs6", .cef_label = "ja4"},
    {.field = "basictap.confidence", .cef = "cfp1", .cef_label = "confidence"},
    {.field = "basictap.transport",
     .paths = {[OCSF_AUTHENTICATION] = "is_cleartext"},
     .ocsf_as = AS_CLEARTEXT},
    {.field = "basictap.transport", .all = "unmapped.basictap.transport"},
    {.field = "network.transport",
     .paths = {[OCSF_NETWORK] = "connection_info.protocol_name",
               EVIDENCE("connection_info.protocol_name")},
     .cef = "proto",
     .cef_max = 31},
    {.field = "network.community_id",
     .paths = {[OCSF_NETWORK] = "connection_info.community_uid",
               EVIDENCE("connection_info.community_uid")}},
    /* the device */
    {.field = "source.ip",
     .paths = {ACTIVITY("src_endpoint.ip"), EVIDENCE("src_endpoint.ip"), RESOURCE("ip")},
     .cef = "src",
     .cef_as = AS_ADDRESS,
     .sd = "src"},
    {.field = "source.port",
     .paths = {ACTIVITY("src_endpoint.port"), EVIDENCE("src_endpoint.port")},
     .cef = "spt"},
    {.field = "source.mac",
     .paths = {ACTIVITY("src_endpoint.mac"), EVIDENCE("src_endpoint.mac")},
     .cef = "smac",
     .cef_as = AS_COLONS},
    {.field = "source.domain",
     .paths = {ACTIVITY("src_endpoint.hostname"), EVIDENCE("src_endpoint.hostname"),
               RESOURCE("hostname")},
     .cef = "shost"},
    {.field = "network.vlan.id",
     .paths = {ACTIVITY("src_endpoint.vlan_uid"), EVIDENCE("src_endpoint.vlan_uid")},
     .ocsf_as = AS_TEXT,
     .cef = "cn2",
     .cef_label = "vlan"},
    {.field = "device.id",
     .paths = {ACTIVITY("src_endpoint.uid"), EVIDENCE("src_endpoint.uid"), RESOURCE("uid")},
     .cef = "flexString1",
     .cef_label = "deviceId",
     .sd = "device"},
    {.field = "device.id", .paths = {[OCSF_DETECTION] = "resources[].uid"}},
    {.field = "basictap.verdict",
     .paths = {[OCSF_COMPLIANCE] = "compliance.status_id"},
     .ocsf_as = AS_WORD,
     .words = &verdicts},
    {.field = "basictap.verdict", .all = "unmapped.basictap.verdict"},
    /* the server */
    {.field = "destination.ip",
     .paths = {ACTIVITY("dst_endpoint.ip"), EVIDENCE("dst_endpoint.ip")},
     .cef = "dst",
     .cef_as = AS_ADDRESS,
     .sd = "dst"},
    {.field = "destination.port",
     .paths = {ACTIVITY("dst_endpoint.port"), EVIDENCE("dst_endpoint.port")},
     .cef = "dpt"},
    {.field = "destination.domain",
     .paths = {ACTIVITY("dst_endpoint.hostname"), EVIDENCE("dst_endpoint.hostname")},
     .cef = "dhost",
     .sd = "server"},
    {.field = "basictap.target", .cef = "destinationServiceName", .sd = "target"},
    /* the account */
    {.field = "user.name",
     .paths = {[OCSF_AUTHENTICATION] = "user.name", EVIDENCE("actor.user.name")},
     .otherwise = "unknown",
     .cef = "duser",
     .sd = "user"},
    {.field = "user.hash",
     .paths = {[OCSF_AUTHENTICATION] = "user.uid", EVIDENCE("actor.user.uid")},
     .cef = "duid"},
    {.field = "user.domain",
     .paths = {[OCSF_AUTHENTICATION] = "user.domain", EVIDENCE("actor.user.domain")},
     .cef = "dntdom",
     .cef_max = 255},
    /* the request */
    {.field = "http.request.method",
     .paths = {[OCSF_AUTHENTICATION] = "http_request.http_method"},
     .cef = "requestMethod"},
    {.field = "url.path",
     .paths = {[OCSF_AUTHENTICATION] = "http_request.url.path"},
     .cef = "request"},
    {.field = "user_agent.original",
     .paths = {[OCSF_AUTHENTICATION] = "http_request.user_agent"},
     .ocsf_as = AS_WEB,
     .cef = "requestClientApplication"},
    /* TLS around it, which class 3002 has no place for */
    {.field = "tls.version", .paths = {[OCSF_NETWORK] = "tls.version"}, .otherwise = "unknown"},
    {.field = "tls.cipher", .paths = {[OCSF_NETWORK] = "tls.cipher"}},
    {.field = "tls.client.server_name", .paths = {[OCSF_NETWORK] = "tls.sni"}},
    {.field = "tls.client.ja3", .paths = {[OCSF_NETWORK] = "tls.ja3_hash"}, .ocsf_as = AS_MD5},
    {.field = "tls.server.ja3s", .paths = {[OCSF_NETWORK] = "tls.ja3s_hash"}, .ocsf_as = AS_MD5},
    /* the rule */
    {.field = "rule.name", .paths = {[OCSF_DETECTION] = "finding_info.title"}},
    {.field = "rule.name", .paths = {[OCSF_DETECTION] = "finding_info.analytic.name"}},
    {.field = "rule.id", .paths = {[OCSF_DETECTION] = "finding_info.analytic.uid"}, .sd = "rule"},
};
const size_t num_mappings = sizeof(mappings) / sizeof(mappings[0]);

const char *mapping_path(const struct mapping *mapping, enum ocsf_class class)
{
    return mapping->all != NULL ? mapping->all : mapping->paths[class];
}

const struct mapping_word *mapping_find_word(const struct mapping_words *words, struct bytes word)
{
    for (size_t i = 0; i < words->num; i++) {
        if (bytes_equal(word, bytes_of_text(words->words[i].word))) {
            return &words->words[i];
        }
    }
    return NULL;
}
