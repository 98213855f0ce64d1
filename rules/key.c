#include "rules/key.h"

#include <string.h>

#include "rules/check.h"

static void add_bytes(struct key *key, const void *at, size_t len)
{
    if (len <= sizeof(key->octets) - key->len) {
        memcpy(key->octets + key->len, at, len);
        key->len += len;
    }
}

static void add_text(struct key *key, const char *text)
{
    add_bytes(key, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 1);
}

static void add_word(struct key *key, unsigned word)
{
    uint8_t byte = (uint8_t)word;

    add_bytes(key, &byte, 1);
}

void key_of_fact(struct key *key, const struct sighting *sighting)
{
    const struct event *event = sighting->event;
    const struct origin *origin = event->origin;
    bool is_auth = sighting->kind == FINDING_AUTH;

    key->len = 0;
    add_word(key, sighting->kind);
    add_word(key, sighting->service);
    add_word(key, event->transport);
    add_word(key, event->tunnel | (unsigned)event->is_relayed << 7);
    add_word(key, event->certainty);
    add_word(key, is_auth ? event->auth.mechanism : MECHANISM_UNKNOWN);
    add_word(key, is_auth ? event->auth.outcome : OUTCOME_UNKNOWN);
    add_word(key, is_auth ? event->auth.reason : REASON_NONE);
    add_bytes(key, &origin->server, sizeof(origin->server));
    add_bytes(key, &origin->server_port, sizeof(origin->server_port));
    add_bytes(key, sighting->identity.key, sighting->identity.key_len);
    add_word(key, 0);
    add_text(key, is_auth ? event->auth.user : "");
    add_text(key, is_auth ? event->auth.domain : "");
    add_text(key, is_auth ? event->auth.host : event->hello.server_name);
    add_text(key, event->tunnel_target);
    if (event->inference != NULL) { /* what is nearly sure is not counted with what is a guess */
        add_word(key, event->inference->verdict);
        add_word(key, band_of(event->inference->confidence));
    }
    if (!is_auth) { /* few values, and what a session is counted for */
        add_text(key, event->hello.version);
        add_word(key, event->hello.reading);
    }
}

/* None of this is of the fact: programs change their fingerprints with every update, and sessions
 * are taken up or not as it comes. The first of a window is told. */
static void add_tls(struct key *inputs, const struct tls_event *tls)
{
    add_text(inputs, tls->server_name);
    add_text(inputs, tls->version);
    add_text(inputs, tls->version_offered);
    add_text(inputs, tls->next_protocol);
    add_bytes(inputs, &tls->cipher, sizeof(tls->cipher));
    add_text(inputs, tls->ja3);
    add_text(inputs, tls->ja4);
    add_text(inputs, tls->ja3s);
    add_text(inputs, tls->certificate_subject);
    add_text(inputs, tls->certificate_issuer);
    add_text(inputs, tls->certificate_names);
    add_text(inputs, tls->alert);
    add_word(inputs, tls->resumption);
    add_word(inputs, tls->reading);
    add_word(inputs, (unsigned)tls->server_hello | (unsigned)tls->alert_by_server << 1 |
                         (unsigned)tls->retried << 2 | (unsigned)tls->ech_offered << 3 |
                         (unsigned)tls->certificate_asked << 4 |
                         (unsigned)tls->certificate_sent << 5);
}

static void add_inference(struct key *inputs, const struct inference *inference)
{
    add_text(inputs, inference->evidence);
    add_bytes(inputs, &inference->confidence, sizeof(inference->confidence));
    add_bytes(inputs, &inference->outcome_confidence, sizeof(inference->outcome_confidence));
}

uint64_t key_of_inputs(const uint8_t seed[HMAP_SEED_SIZE], const struct sighting *sighting)
{
    struct key room;
    struct key *inputs = &room;
    const struct event *event = sighting->event;
    const struct tls_event *tls = event->kind == EVENT_TLS ? &event->hello : event->tls;

    inputs->len = 0;
    add_bytes(inputs, &event->origin->client, sizeof(event->origin->client));
    add_bytes(inputs, event->origin->client_mac.octets, 6);
    add_word(inputs, sighting->identity.on_segment);
    add_bytes(inputs, &event->origin->vlan, sizeof(event->origin->vlan));
    add_text(inputs, event->origin->interface);
    if (sighting->device != NULL) {
        add_bytes(inputs, &sighting->device->version, sizeof(sighting->device->version));
    }
    if (sighting->server != NULL) {
        add_bytes(inputs, &sighting->server->version, sizeof(sighting->server->version));
    }
    if (sighting->client != NULL) {
        add_bytes(inputs, &sighting->client->version, sizeof(sighting->client->version));
    }
    if (event->kind == EVENT_AUTH) {
        add_text(inputs, event->auth.path);
        add_text(inputs, event->auth.method);
        add_text(inputs, event->auth.server_code);
        add_text(inputs, event->auth.software);
        add_text(inputs, event->auth.hello);
        add_text(inputs, event->auth.device_type);
        add_word(inputs, event->auth.server);
    }
    if (event->inference != NULL) {
        add_inference(inputs, event->inference);
    }
    if (tls != NULL) {
        add_tls(inputs, tls);
    }
    return hmap_hash(seed, inputs->octets, inputs->len);
}
