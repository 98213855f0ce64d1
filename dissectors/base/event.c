#include "dissectors/base/event.h"

#include <string.h>

#include "dissectors/base/text.h"

#define E(member, name, help)        FIELD(struct event, member, name, help)
#define O(member, name, help)        FIELD_OPTIONAL(struct event, member, name, help)
#define W(member, words, name, help) FIELD_ENUM(struct event, member, words, name, help)

#define ENVELOPE                                                                                   \
    W(kind, event_word, "event", "type"), W(service, service_word, "service", "service"),          \
        O(at.frame, "frame", "frame number"),                                                      \
        W(transport, transport_word, "transport", "transport"),                                    \
        W(tunnel, tunnel_word, "tunnel", "tunnel"), E(is_relayed, "relayed", "asked of a proxy"),  \
        FIELD_POINTER(struct event, tunnel_target, "tunnel_target", "inside what")

/* What was not said is no field. */
static const char *said_word(unsigned target)
{
    return target != TARGET_UNKNOWN ? target_word(target) : "";
}

static const struct field auth_fields[] = {
    ENVELOPE,
    W(auth.mechanism, mechanism_word, "mechanism", "mechanism"),
    W(auth.outcome, outcome_word, "outcome", "outcome"),
    W(auth.reason, reason_word, "reason", "why"),
    E(auth.user, "user", "account as sent"),
    E(auth.domain, "domain", "its domain"),
    E(auth.server_code, "server_code", "the server's code"),
    E(auth.password_seen, "password_seen", "a reusable password was on the wire"),
    W(auth.server, said_word, "server", "what the answer's headers say of the server"),
    E(auth.host, "host", "HTTP host"),
    E(auth.path, "path", "HTTP path"),
    E(auth.method, "method", "HTTP method"),
    E(auth.device_id, "device_id", "EAS DeviceId"),
    E(auth.device_type, "device_type", "EAS DeviceType"),
    E(auth.software, "software", "client software"),
    E(auth.hello, "hello", "EHLO name"),
};
static const struct field offer_fields[] = {
    ENVELOPE,
    E(offer.mechanisms, "mechanisms", "offered"),
    E(offer.banner, "banner", "greeting"),
    E(offer.starttls, "starttls", "STARTTLS offered"),
    E(offer.login_disabled, "login_disabled", "LOGIN is off"),
    E(offer.exchange_headers, "exchange_headers", "an Exchange server answered"),
};
static const struct field client_fields[] = {
    ENVELOPE,
    E(client.software, "software", "client software"),
    E(client.hello, "hello", "EHLO name"),
    E(client.os, "os", "operating system"),
    E(client.device_id, "device_id", "EAS DeviceId"),
    E(client.device_type, "device_type", "EAS DeviceType"),
    E(client.workstation, "workstation", "NTLM workstation"),
};
static const struct field tls_fields[] = {
    ENVELOPE,
    E(hello.server_name, "server_name", "SNI"),
    E(hello.alpn_offered, "alpn_offered", "ALPN of the client"),
    E(hello.next_protocol, "next_protocol", "ALPN of the server"),
    E(hello.version, "version", "TLS version"),
    E(hello.version_offered, "version_offered", "highest version that the client offered"),
    O(hello.cipher, "cipher", "cipher suite"),
    E(hello.ja3, "ja3", "JA3 of the client"),
    E(hello.ja4, "ja4", "JA4 of the client"),
    E(hello.ja3s, "ja3s", "JA3S of the server"),
    E(hello.certificate_subject, "certificate_subject", "subject of the server's certificate"),
    E(hello.certificate_issuer, "certificate_issuer", "its issuer"),
    E(hello.certificate_names, "certificate_names", "its DNS names"),
    E(hello.alert, "alert", "first alert"),
    E(hello.alert_by_server, "alert_by_server", "the server sent it"),
    W(hello.resumption, tls_resumption_word, "resumption", "how an earlier session is taken up"),
    W(hello.reading, tls_reading_word, "reading", "what could be read, and why no more"),
    E(hello.retried, "retried", "HelloRetryRequest"),
    E(hello.ech_offered, "ech_offered", "Encrypted ClientHello offered, or GREASE"),
    E(hello.certificate_asked, "certificate_asked", "a client certificate was asked for"),
    E(hello.certificate_sent, "certificate_sent", "a client certificate was sent"),
    E(hello.client_hello, "client_hello", "ClientHello seen"),
    E(hello.server_hello, "server_hello", "ServerHello seen"),
};
static const char *name_source_word(unsigned value)
{
    return value == NAME_DHCP ? "dhcp" : "dns";
}
static const struct field name_fields[] = {
    ENVELOPE,
    W(name.source, name_source_word, "source", "where the name is from"),
    E(name.address, "address", "address"),
    E(name.mac, "mac", "MAC"),
    E(name.name, "name", "name"),
    E(name.client_id, "client_id", "DHCP client identifier"),
    E(name.vendor, "vendor", "DHCP vendor class"),
    O(name.lifetime, "lifetime", "seconds"),
};

#define SCHEMA(table, schema_name)                                                                 \
    {                                                                                              \
        schema_name, table, sizeof(table) / sizeof((table)[0])                                     \
    }
static const struct schema schemas[NUM_EVENT_KINDS] = {
    [EVENT_AUTH] = SCHEMA(auth_fields, "auth"),       [EVENT_OFFER] = SCHEMA(offer_fields, "offer"),
    [EVENT_CLIENT] = SCHEMA(client_fields, "client"), [EVENT_TLS] = SCHEMA(tls_fields, "tls"),
    [EVENT_NAME] = SCHEMA(name_fields, "name"),
};

const char *event_word(unsigned kind)
{
    return kind < NUM_EVENT_KINDS ? schemas[kind].name : "unknown";
}

const struct schema *event_schema(enum event_kind kind)
{
    return &schemas[kind];
}

struct moment emitter_mark(const struct emitter *out)
{
    return *out->now;
}

void event_init(struct event *event, enum event_kind kind, enum service service,
                const struct emitter *out)
{
    static const size_t sizes[NUM_EVENT_KINDS] = {
        [EVENT_AUTH] = sizeof(event->auth),     [EVENT_OFFER] = sizeof(event->offer),
        [EVENT_CLIENT] = sizeof(event->client), [EVENT_TLS] = sizeof(event->hello),
        [EVENT_NAME] = sizeof(event->name),
    };

    memset(event, 0, offsetof(struct event, auth) + sizes[kind]);
    event->kind = kind;
    event->service = service;
    event->at = *out->now;
}

bool event_is_direct(const struct event *event)
{
    return event->tunnel == TUNNEL_NONE && !event->is_relayed;
}

void emitter_emit(const struct emitter *out, struct event *event)
{
    out->emit(out->ctx, event);
}

_Static_assert(NUM_MECHANISMS <= 32, "a set of mechanisms is 32 bits");

void offer_add(struct offer_event *offer, enum mechanism mechanism)
{
    const char *word = mechanism_word(mechanism);

    if ((offer->offered & 1u << mechanism) != 0 ||
        strlen(offer->mechanisms) + strlen(word) + 2 > sizeof(offer->mechanisms)) {
        return;
    }
    if (offer->mechanisms[0] != '\0') {
        (void)text_append(offer->mechanisms, sizeof(offer->mechanisms), " ");
    }
    (void)text_append(offer->mechanisms, sizeof(offer->mechanisms), word);
    offer->offered |= 1u << mechanism;
}

bool tls_offers_http(const struct tls_event *tls)
{
    struct bytes offered = bytes_of_text(tls->alpn_offered);

    return bytes_has_nocase(offered, BYTES("http")) || bytes_has_nocase(offered, BYTES("h2"));
}

void auth_split_domain(struct auth_event *auth)
{
    struct bytes rest = bytes_of_text(auth->user);
    struct bytes part;

    if (take_until(&rest, '\\', &part) || take_until(&rest, '/', &part)) {
        (void)text_set(auth->domain, sizeof(auth->domain), part);
    } else if (take_until(&rest, '@', &part)) {
        (void)text_set(auth->domain, sizeof(auth->domain), rest);
    }
}
