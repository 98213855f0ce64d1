#include "rules/describe.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "rules/parcel.h"
#include "rules/policy.h"

#define SET(array, from) set((array), sizeof(array), (from))

/* Most texts are empty, in a finding that is empty to begin with. */
static void set(char *text, size_t size, const char *from)
{
    if (from[0] != '\0') {
        (void)text_copy(text, size, from);
    }
}

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

static bool is_named(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void give_reason(char reason[64], const char *kind, const char *what)
{
    (void)text_copy(reason, 64, kind);
    if (is_named(what)) {
        (void)text_append(reason, 64, " ");
        (void)text_append(reason, 64, what);
    }
}

/* What the server at an address said of itself. That it is Exchange holds for all of it; that one
 * of its ports is another's (a mail gateway before Exchange, behind one address) says little of the
 * rest. */
static enum target said_of(const struct server_question *question, bool is_other)
{
    enum target target = question->address != NULL && question->host != NULL
                             ? question->host->target
                             : TARGET_UNKNOWN;

    return (target == TARGET_OTHER) == is_other ? target : TARGET_UNKNOWN;
}

struct service_hint describe_target(const struct knowledge *known,
                                    const struct server_question *question, char reason[64])
{
    struct service_hint hint = {0};

    reason[0] = '\0';
    for (size_t i = 0; i < sizeof(question->names) / sizeof(question->names[0]); i++) {
        hint = services_by_host(known->services, question->names[i]);
        if (hint.target != TARGET_UNKNOWN) {
            give_reason(reason, "host", question->names[i]);
            return hint;
        }
    }
    if (question->address != NULL) {
        hint = services_by_address(known->services, question->address);
        if (hint.target != TARGET_UNKNOWN) {
            give_reason(reason, "range", hint.why);
            return hint;
        }
    }
    hint = (struct service_hint){.target = said_of(question, false)};
    if (hint.target != TARGET_UNKNOWN) {
        give_reason(reason, question->host->evidence, NULL);
        return hint;
    }
    if (question->said != TARGET_UNKNOWN) {
        give_reason(reason, "exchange headers", NULL);
        return (struct service_hint){.target = question->said};
    }
    hint = services_by_path(known->services, text_of(question->path));
    if (hint.target != TARGET_UNKNOWN) {
        give_reason(reason, "path", hint.why);
        return hint;
    }
    hint.target = said_of(question, true);
    if (hint.target != TARGET_UNKNOWN) {
        give_reason(reason, question->host->evidence, NULL);
    }
    return hint;
}

enum service describe_service(const struct knowledge *known, const struct event *event)
{
    enum service service = event->service;

    if (event->kind == EVENT_AUTH) {
        return service == SERVICE_HTTP &&
                       services_by_path(known->services, event->auth.path).service !=
                           SERVICE_UNKNOWN
                   ? services_by_path(known->services, event->auth.path).service
                   : service;
    }
    if (service == SERVICE_UNKNOWN || service == SERVICE_HTTP) {
        enum service by_host = services_by_host(known->services, event->hello.server_name).service;
        enum service by_port =
            services_by_port(known->services, event->origin->server_port).service;

        /* Mail hosts serve IMAP and POP alike: the port says it better. */
        return by_port != SERVICE_UNKNOWN   ? by_port
               : by_host != SERVICE_UNKNOWN ? by_host
                                            : service;
    }
    return service;
}

/* EHLO names that say nothing of a device: address literals, and what programs make up (curl:
 * "hostname"; msmtp: "localhost"). */
static bool is_telling(const char *hello)
{
    static const char *const made_up[] = {"hostname", "user", "hydra"};

    for (size_t i = 0; is_named(hello) && i < sizeof(made_up) / sizeof(made_up[0]); i++) {
        if (bytes_equal_nocase(bytes_of_text(hello), bytes_of_text(made_up[i]))) {
            return false;
        }
    }
    return is_named(hello) && hello[0] != '[' &&
           !bytes_starts_nocase(bytes_of_text(hello), BYTES("localhost"));
}

static void name_device(const struct sighting *sighting, struct finding *finding)
{
    struct timestamp now = sighting->event->at.time;
    const struct device *device = sighting->device;
    const char *lease = host_lease_name_at(sighting->client, now);
    const char *dns = host_name_at(sighting->client, now);

    if (is_named(lease)) {
        SET(finding->host_name, lease);
    } else if (is_named(dns)) {
        SET(finding->host_name, dns);
    } else if (device != NULL && is_named(device->workstation)) {
        SET(finding->host_name, device->workstation);
    } else if (device != NULL && is_telling(device->hello)) {
        SET(finding->host_name, device->hello);
    }
}

static void describe_device(const struct knowledge *known, const struct sighting *sighting,
                            struct finding *finding)
{
    const struct origin *origin = sighting->event->origin;

    identity_print(&sighting->identity, finding->device_id);
    finding->device_source = identity_source(&sighting->identity);
    finding->client = origin->client;
    finding->client_port = origin->client_port;
    if (sighting->identity.on_segment) {
        finding->mac = origin->client_mac;
        SET(finding->manufacturer, oui_find(known->oui, &finding->mac));
    }
    name_device(sighting, finding);
}

/* What the request itself says comes first; what the device said to the same service before or
 * elsewhere fills the rest. */
static void describe_client(struct knowledge *known, const struct sighting *sighting,
                            struct finding *finding)
{
    const struct device *device = sighting->device;

    if (sighting->kind == FINDING_AUTH) {
        const struct auth_event *auth = &sighting->event->auth;
        const struct client_words words = {auth->software, auth->hello, auth->device_type};

        SET(finding->client_name, clients_name(known->clients, &words, &known->match_limits));
        SET(finding->software, auth->software);
        SET(finding->model, auth->device_type);
    }
    if (device == NULL) {
        return;
    }
    if (finding->software[0] == '\0' && finding->client_name[0] == '\0' &&
        device->service == sighting->service && sighting->kind == FINDING_AUTH) {
        SET(finding->software, text_of(device->software));
        SET(finding->client_name, text_of(device->client_name));
    }
    if (finding->model[0] == '\0') {
        SET(finding->model, text_of(device->device_type));
    }
}

static void name_cipher(const struct tls_event *tls, struct finding *finding)
{
    if (tls->cipher_name != NULL) {
        SET(finding->tls_cipher, tls->cipher_name);
    } else if (tls->cipher != 0) {
        (void)snprintf(finding->tls_cipher, sizeof(finding->tls_cipher), "0x%04x", tls->cipher);
    }
}

static void mark(bool is_so, const char *word, struct finding *finding)
{
    if (is_so) {
        (void)text_append(finding->tls_marks, sizeof(finding->tls_marks),
                          finding->tls_marks[0] != '\0' ? "," : "");
        (void)text_append(finding->tls_marks, sizeof(finding->tls_marks), word);
    }
}

static void describe_tls(const struct tls_event *tls, struct finding *finding)
{
    if (tls == NULL) {
        return;
    }
    finding->tls_established = tls->server_hello;
    SET(finding->tls_version, tls->version);
    SET(finding->tls_version_offered, tls->version_offered);
    SET(finding->tls_server_name, tls->server_name);
    SET(finding->tls_next_protocol, tls->next_protocol);
    name_cipher(tls, finding);
    SET(finding->tls_ja3, tls->ja3);
    SET(finding->tls_ja4, tls->ja4);
    SET(finding->tls_ja3s, tls->ja3s);
    SET(finding->tls_subject, tls->certificate_subject);
    SET(finding->tls_issuer, tls->certificate_issuer);
    SET(finding->tls_names, tls->certificate_names);
    finding->tls_resumption = tls->resumption;
    finding->tls_resumed = tls->resumption != TLS_RESUMPTION_NONE;
    finding->tls_reading = tls->reading;
    SET(finding->tls_alert, tls->alert);
    mark(tls->alert_by_server && tls->alert[0] != '\0', "alert-by-server", finding);
    mark(tls->retried, "retried", finding);
    mark(tls->ech_offered, "ech-offered", finding);
    mark(tls->certificate_asked, "certificate-asked", finding);
    mark(tls->certificate_sent, "certificate-sent", finding);
}

static void describe_server(struct knowledge *known, const struct sighting *sighting,
                            struct finding *finding)
{
    const struct event *event = sighting->event;
    bool is_auth = sighting->kind == FINDING_AUTH;
    bool tunnelled = event->tunnel != TUNNEL_NONE;
    bool is_direct = event_is_direct(event);
    bool is_proxy = sighting->service == SERVICE_PROXY;
    const char *dns = host_name_at(sighting->server, event->at.time);
    struct server_question question = {
        .names = {is_auth ? event->auth.host : "", finding->tls_server_name,
                  tunnelled ? event->tunnel_target : "", is_direct ? dns : ""},
        .address = is_direct ? &event->origin->server : NULL,
        .host = sighting->server,
        .said = is_auth ? event->auth.server : TARGET_UNKNOWN,
        .path = is_auth ? event->auth.path : "",
    };

    finding->server = event->origin->server;
    finding->server_port = event->origin->server_port;
    if (is_proxy) { /* the credentials are the proxy's, and Host is where the client wants to go */
        finding->target = TARGET_OTHER;
        give_reason(finding->target_reason, "proxy", NULL);
        SET(finding->server_name, dns);
        return;
    }
    finding->target = describe_target(known, &question, finding->target_reason).target;
    for (size_t i = 0; i < 4 && finding->server_name[0] == '\0'; i++) {
        (void)text_set(finding->server_name, sizeof(finding->server_name),
                       service_host(text_of(question.names[i])));
    }
}

static void describe_auth(const struct auth_event *auth, struct finding *finding)
{
    finding->mechanism = auth->mechanism;
    finding->family = mechanism_family(auth->mechanism);
    finding->outcome = auth->outcome;
    finding->reason = auth->reason;
    SET(finding->server_code, auth->server_code);
    SET(finding->user, auth->user);
    SET(finding->domain, auth->domain);
    SET(finding->path, auth->path);
    SET(finding->method, auth->method);
}

/* What a verdict says of the password: a ticket is no token, but neither is it known to be one. */
static enum family family_of(enum inference_verdict verdict)
{
    switch (verdict) {
    case INFERENCE_PASSWORD:
    case INFERENCE_BASIC_LIKELY:
        return FAMILY_BASIC;
    case INFERENCE_TOKEN:
        return FAMILY_MODERN;
    case INFERENCE_NO_LOGIN:
        return FAMILY_NONE;
    case INFERENCE_UNDECIDED:
    case INFERENCE_TOKEN_OR_TICKET:
    case INFERENCE_CHALLENGE_RESPONSE:
    case NUM_INFERENCES:
        break;
    }
    return FAMILY_UNKNOWN;
}

static void describe_inference(const struct inference *inference, struct finding *finding)
{
    finding->confidence = -1;
    finding->outcome_confidence = -1;
    if (inference == NULL) {
        return;
    }
    finding->family = family_of(inference->verdict);
    finding->confidence = inference->confidence;
    finding->inference = inference_word(inference->verdict);
    SET(finding->evidence, inference->evidence);
    if (inference->outcome_confidence > 0) {
        finding->outcome_confidence = inference->outcome_confidence;
    }
}

static const char *protocol(const struct finding *finding)
{
    if (finding->kind == FINDING_TLS) {
        return finding->transport == TRANSPORT_QUIC ? "quic" : "tls";
    }
    if (finding->service == SERVICE_IMAP) {
        return "imap";
    }
    if (finding->service == SERVICE_POP) {
        return "pop3";
    }
    if (finding->service == SERVICE_SMTP) {
        return "smtp";
    }
    if (finding->mechanism == MECHANISM_SOCKS_USER_PASS) {
        return "socks";
    }
    return finding->method[0] == '\0' && finding->path[0] == '\0' &&
                   (finding->mechanism == MECHANISM_RPC_NTLM ||
                    finding->mechanism == MECHANISM_RPC_KERBEROS ||
                    finding->mechanism == MECHANISM_RPC_NEGOTIATE)
               ? "dcerpc"
               : "http";
}

static void set_policy(struct finding *finding)
{
    SET(finding->policy_switch, policy_switch(finding->service, finding->target));
}

void describe(struct knowledge *known, const struct sighting *sighting, struct finding *finding)
{
    const struct event *event = sighting->event;
    const struct origin *origin = event->origin;

    finding_clear(finding);
    finding->kind = sighting->kind;
    finding->service = sighting->service;
    finding->count = 1;
    finding->start = finding->last = event->at.time;
    finding->transport = event->transport;
    finding->tunnel = event->tunnel;
    finding->is_direct = event_is_direct(event);
    finding->certainty = event->certainty;
    if (sighting->kind == FINDING_AUTH) {
        describe_auth(&event->auth, finding);
        describe_tls(event->tls, finding);
    } else {
        finding->certainty = event->hello.reading == TLS_READING_DECRYPTED ? CERTAINTY_DECRYPTED
                                                                           : CERTAINTY_POSSIBLE;
        describe_tls(&event->hello, finding);
    }
    describe_inference(event->inference, finding);
    describe_device(known, sighting, finding);
    describe_client(known, sighting, finding);
    describe_server(known, sighting, finding);
    set_policy(finding);
    finding->client_app_used = policy_client_app(finding->service);
    finding->ip_protocol = origin->ip_protocol;
    finding->network_transport = origin->ip_protocol == 17 ? "udp" : "tcp";
    finding->network_protocol = protocol(finding);
    finding->vlan = origin->vlan;
    finding->interface = origin->interface;
    finding->file = event->at.file;
    finding->frame = event->at.frame;
    SET(finding->action, finding_action(finding));
}

void describe_late(struct knowledge *known, struct finding *finding)
{
    const struct host *host;

    if (finding->host_name[0] == '\0') {
        host = hosts_peek(known->hosts, &finding->client);
        SET(finding->host_name, host_lease_name_at(host, finding->last));
    }
    if (finding->target != TARGET_UNKNOWN || !finding->is_direct) {
        return;
    }
    host = hosts_peek(known->hosts, &finding->server);
    if (host != NULL && host->target != TARGET_UNKNOWN) {
        finding->target = host->target;
        give_reason(finding->target_reason, host->evidence, NULL);
        set_policy(finding);
    }
}
