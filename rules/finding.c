#include "rules/finding.h"

#include <string.h>

static const struct {
    const char *word;
    uint32_t severity; /* of 99, as Elastic's detections rank their levels */
} levels[] = {
    [LEVEL_NONE] = {"", 0},      [LEVEL_INFORMATIONAL] = {"informational", 1},
    [LEVEL_LOW] = {"low", 21},   [LEVEL_MEDIUM] = {"medium", 47},
    [LEVEL_HIGH] = {"high", 73}, [LEVEL_CRITICAL] = {"critical", 99},
};
enum { NUM_LEVELS = sizeof(levels) / sizeof(levels[0]) };

const char *level_word(unsigned level)
{
    return level < NUM_LEVELS ? levels[level].word : "";
}

bool level_parse(struct bytes word, enum rule_level *level)
{
    for (unsigned i = LEVEL_INFORMATIONAL; i < NUM_LEVELS; i++) {
        if (bytes_equal(word, bytes_of_text(levels[i].word))) {
            *level = (enum rule_level)i;
            return true;
        }
    }
    return false;
}

uint32_t level_severity(enum rule_level level)
{
    return (unsigned)level < NUM_LEVELS ? levels[level].severity : 0;
}

const char *finding_kind_word(unsigned kind)
{
    static const char *const words[] = {
        [FINDING_AUTH] = "auth", [FINDING_TLS] = "tls", [FINDING_ALERT] = "alert"};

    return kind < sizeof(words) / sizeof(words[0]) ? words[kind] : "unknown";
}

const char *finding_action(const struct finding *finding)
{
    static const char *const actions[NUM_FAMILIES] = {
        [FAMILY_UNKNOWN] = "unknown-auth",
        [FAMILY_BASIC] = "basic-auth",
        [FAMILY_MODERN] = "modern-auth",
        [FAMILY_INTEGRATED] = "integrated-auth",
        [FAMILY_CHALLENGE] = "challenge-auth",
        [FAMILY_CERTIFICATE] = "certificate-auth",
        [FAMILY_NONE] = "no-auth",
    };

    if (finding->kind == FINDING_ALERT) {
        return finding->rule_name;
    }
    if (finding->kind == FINDING_TLS) {
        return "tls-session";
    }
    return (unsigned)finding->family < NUM_FAMILIES ? actions[finding->family] : "unknown-auth";
}

/* ECS knows three outcomes; ours stands in event.reason. */
static const char *ecs_outcome_word(unsigned outcome)
{
    if (outcome == OUTCOME_ACCEPTED) {
        return "success";
    }
    return outcome == OUTCOME_REJECTED || outcome == OUTCOME_BLOCKED ? "failure" : "unknown";
}

static const char *ecs_kind_word(unsigned level)
{
    return level >= LEVEL_HIGH && level < NUM_LEVELS ? "alert" : "event";
}

#define F(member, name, help)        FIELD(struct finding, member, name, help)
#define O(member, name, help)        FIELD_OPTIONAL(struct finding, member, name, help)
#define P(member, name, help)        FIELD_POINTER(struct finding, member, name, help)
#define W(member, words, name, help) FIELD_ENUM(struct finding, member, words, name, help)

static const struct field fields[] = {
    F(last, "@timestamp", "packet time of the last attempt"),
    F(start, "event.start", "packet time of the first attempt"),
    F(last, "event.end", "packet time of the last attempt"),
    W(rule_level, ecs_kind_word, "event.kind", "event, or alert when a rule of level high fires"),
    {.name = "event.category",
     .help = "always authentication and network",
     .constant = "authentication,network",
     .kind = FIELD_CONSTANT,
     .list = true},
    FIELD_CONST("basictap", "event.module", "always basictap"),
    FIELD_CONST("basictap.finding", "event.dataset", "always basictap.finding"),
    F(action, "event.action", "basic-auth, modern-auth, ..., or the correlation's name"),
    W(outcome, ecs_outcome_word, "event.outcome", "success, failure, unknown"),
    W(outcome, outcome_word, "event.reason", "our outcome word"),
    F(id, "event.id", "the same for the same fact of the same window"),
    F(sequence, "event.sequence", "number of the finding, from 1"),
    F(severity, "event.severity", "0 to 99, by the most severe rule"),
    W(kind, finding_kind_word, "basictap.kind", "auth, tls, alert"),
    F(count, "basictap.count", "attempts that were merged"),
    W(service, service_word, "basictap.service", "service"),
    W(mechanism, mechanism_word, "basictap.mechanism", "mechanism"),
    W(family, family_word, "basictap.family", "family of the mechanism"),
    W(certainty, certainty_word, "basictap.certainty", "how it is known"),
    F(confidence, "basictap.confidence", "0 to 1, inferred findings only"),
    P(inference, "basictap.inference.verdict",
      "password, token, token-or-ticket, challenge-response, basic-likely, none, undecided"),
    F(evidence, "basictap.inference.evidence", "which message, how long, against which bound"),
    F(outcome_confidence, "basictap.inference.outcome_confidence", "0 to 1, of the outcome"),
    W(transport, transport_word, "basictap.transport", "clear, starttls, tls, quic"),
    W(tunnel, tunnel_word, "basictap.tunnel", "connect, socks"),
    F(server_code, "basictap.server_code", "the server's code"),
    W(reason, reason_word, "basictap.server_reason", "the server's reason, a word"),
    F(policy_switch, "basictap.switch", "what turns it off"),
    P(client_app_used, "basictap.client_app_used", "Entra's word for the service"),
    F(device_id, "device.id", "identity of the device"),
    P(device_source, "basictap.device.source", "what the identity rests on"),
    F(manufacturer, "device.manufacturer", "by its MAC"),
    F(model, "device.model.identifier", "EAS DeviceType"),
    F(client, "source.ip", "client address"),
    O(client_port, "source.port", "client port"),
    F(mac, "source.mac", "client MAC, on the tapped segment"),
    F(client_hash, "basictap.device.ip_hash", "pseudonym instead of source.ip"),
    F(mac_hash, "basictap.device.mac_hash", "pseudonym instead of source.mac"),
    F(host_name, "source.domain", "client host name"),
    F(software, "user_agent.original", "client software as it says"),
    F(client_name, "basictap.client", "client software, normalised"),
    F(server, "destination.ip", "server address"),
    O(server_port, "destination.port", "server port"),
    F(server_name, "destination.domain", "server name: Host, SNI or DNS"),
    W(target, target_word, "basictap.target", "what the server is"),
    F(target_reason, "basictap.target_reason", "why we think so"),
    F(path, "url.path", "HTTP path, query dropped"),
    F(method, "http.request.method", "HTTP method"),
    F(user, "user.name", "account as sent"),
    F(domain, "user.domain", "its domain"),
    F(user_hash, "user.hash", "pseudonym instead of both"),
    F(tls_established, "tls.established", "TLS carried it"),
    F(tls_version, "tls.version", "TLS version"),
    F(tls_server_name, "tls.client.server_name", "SNI"),
    F(tls_next_protocol, "tls.next_protocol", "ALPN"),
    F(tls_cipher, "tls.cipher", "cipher suite, IANA's name or its number"),
    F(tls_resumed, "tls.resumed", "it took up an earlier session"),
    F(tls_ja3, "tls.client.ja3", "JA3 of the client"),
    F(tls_ja4, "tls.client.ja4", "JA4 of the client"),
    F(tls_ja3s, "tls.server.ja3s", "JA3S of the server"),
    F(tls_subject, "tls.server.x509.subject.common_name", "of the server's certificate"),
    F(tls_issuer, "tls.server.x509.issuer.common_name", "of the server's certificate"),
    FIELD_LIST(struct finding, tls_names, "tls.server.x509.alternative_names",
               "DNS names of the server's certificate"),
    F(tls_version_offered, "basictap.tls.version_offered", "the highest that the client offered"),
    W(tls_resumption, tls_resumption_word, "basictap.tls.resumption", "session-id, ticket, psk"),
    W(tls_reading, tls_reading_word, "basictap.tls.reading",
      "decrypted, or why not: no-key, late, wrong-key, unsupported, compressed, gap, midway"),
    F(tls_alert, "basictap.tls.alert", "the first that was no farewell"),
    FIELD_LIST(struct finding, tls_marks, "basictap.tls.marks",
               "alert-by-server, retried, ech-offered, certificate-asked, certificate-sent"),
    F(rule_id, "rule.id", "the most severe rule that matched"),
    F(rule_name, "rule.name", "its title"),
    W(rule_level, level_word, "rule.level", "its level"),
    FIELD_LIST(struct finding, rules, "basictap.rules", "ids of all rules that matched"),
    P(network_transport, "network.transport", "tcp, udp"),
    P(network_protocol, "network.protocol", "imap, pop3, smtp, http, dcerpc, tls, quic"),
    W(service, service_word, "network.application", "service"),
    F(community_id, "network.community_id", "Community ID of the first flow"),
    F(pairs, "basictap.pairs", "Community ID and second of each attempt, at most 16"),
    O(pairs_left_out, "basictap.pairs_left_out", "attempts beyond those"),
    O(vlan, "network.vlan.id", "outermost VLAN"),
    P(interface, "observer.ingress.interface.name", "where it was captured"),
    P(file, "basictap.evidence.file", "capture file of the first attempt"),
    O(frame, "basictap.evidence.frame", "its frame"),
};

const struct schema finding_schema = {"finding", fields, sizeof(fields) / sizeof(fields[0])};
