#include <stdlib.h>
#include <string.h>

#include "dissectors/tls/certificate.h"
#include "dissectors/tls/hello.h"
#include "dissectors/tls/keystore.h"
#include "dissectors/tls/schedule.h"
#include "dissectors/tls/state.h"

enum { MESSAGE_HEADER = 4 };

static struct crypto *crypto_of(const struct tls_state *tls)
{
    return tls->context != NULL ? tls->context->crypto : NULL;
}

/* ---- the transcript, which an RSA key and extended master secret need ---- */

void message_forget_transcript(struct tls_state *tls)
{
    free(tls->transcript);
    tls->transcript = NULL;
    tls->transcript_len = 0;
}

/* Kept only while it may be of use; one that is too long is given up, and the session with it. */
static void add_to_transcript(struct tls_state *tls, uint8_t type, struct bytes body)
{
    const uint8_t header[MESSAGE_HEADER] = {type, (uint8_t)(body.len >> 16),
                                            (uint8_t)(body.len >> 8), (uint8_t)body.len};
    bool begins = type == HANDSHAKE_CLIENT_HELLO;
    size_t len;
    uint8_t *grown;

    if (!can_open(tls) || !keystore_has_rsa(tls->context->keystore) || is_tls13(tls) ||
        type == HANDSHAKE_HELLO_REQUEST || (tls->transcript == NULL && !begins)) {
        return;
    }
    if (begins) {
        message_forget_transcript(tls);
    }
    len = tls->transcript_len + MESSAGE_HEADER + body.len;
    grown = len <= HANDSHAKE_MAX ? realloc(tls->transcript, len) : NULL;
    if (grown == NULL) {
        message_forget_transcript(tls);
        return;
    }
    memcpy(grown + tls->transcript_len, header, MESSAGE_HEADER);
    (void)take_into(&body, grown + tls->transcript_len + MESSAGE_HEADER, body.len);
    tls->transcript = grown;
    tls->transcript_len = len;
}

/* The hash of what was said so far; TLS 1.0 and 1.1 take MD5 and SHA-1 together. */
static bool session_hash(const struct tls_state *tls, uint8_t out[CRYPTO_HASH_MAX], size_t *len)
{
    enum suite_hash hash = tls->params.version == TLS_VERSION_12 ? tls->suite->prf : SUITE_MD5;
    struct transcript *transcript = transcript_new(crypto_of(tls), hash);
    bool done = transcript != NULL &&
                transcript_add(transcript, bytes_view(tls->transcript, tls->transcript_len)) &&
                transcript_peek(transcript, out, len);

    transcript_free(transcript);
    return done;
}

/* ---- master secrets by a server's RSA key ---- */

static void remember_master(struct tls_state *tls, struct bytes name)
{
    if (tls->has_master && name.len > 0) {
        keystore_remember(tls->context->keystore, name, tls->master);
    }
}

/* encrypted premaster secret<2>; RFC 5246, section 7.4.7.1 */
static void unseal_premaster(struct tls_state *tls, struct bytes body)
{
    uint8_t premaster[TLS_MASTER_SIZE];
    uint8_t hash[CRYPTO_HASH_MAX];
    size_t hash_len = 0;
    struct bytes sealed;

    if (tls->transcript == NULL || tls->suite == NULL || !tls->suite->rsa ||
        !take_u16_vector(&body, &sealed) ||
        !keystore_premaster(tls->context->keystore, sealed, tls->params.client_version,
                            premaster)) {
        return;
    }
    tls->has_master = (!tls->params.extended_master || session_hash(tls, hash, &hash_len)) &&
                      schedule_master(crypto_of(tls), tls->suite, &tls->params,
                                      bytes_view(premaster, sizeof(premaster)),
                                      bytes_view(hash, hash_len), tls->master);
    bytes_wipe(premaster, sizeof(premaster));
    remember_master(tls, bytes_view(tls->params.session_id, tls->params.session_id_len));
}

/* Nothing needs the transcript after it. Without one no other message of the handshake is taken for
 * a key exchange: what it costs, a sender of them must not choose. */
static void on_client_key_exchange(struct tls_state *tls, struct bytes body)
{
    unseal_premaster(tls, body);
    message_forget_transcript(tls);
}

/* lifetime(4) ticket<2>; RFC 5077, section 3.3. Kept by its hash. */
static void on_ticket(struct tls_state *tls, struct bytes body)
{
    uint8_t name[CRYPTO_HASH_MAX];
    struct bytes ticket;

    if (tls->has_master && !is_tls13(tls) && take_skip(&body, 4) &&
        take_u16_vector(&body, &ticket) && ticket.len > 0 &&
        crypto_digest(crypto_of(tls), SUITE_SHA256, &ticket, 1, name)) {
        remember_master(tls, bytes_view(name, TLS_TICKET_NAME));
    }
}

/* ---- hellos ---- */

/* Up to TLS 1.2 a session may agree on new keys: facts stay those of the first handshake. */
static void on_client_hello(struct tls_state *tls, struct bytes body)
{
    struct tls_side *client = &tls->sides[SIDE_CLIENT];
    struct tls_event ignored = {0};
    struct tls_params fresh = {0};

    if (tls->params.has_client && client->stage == STAGE_APPLICATION) {
        if (hello_read_client(crypto_of(tls), body, &ignored, &fresh)) {
            tls->params = fresh;
            tls->has_master = false;
        }
        return;
    }
    if (!hello_read_client(crypto_of(tls), body, tls->facts, &tls->params)) {
        client->over = true;
        return;
    }
    if (tls->params.early_data && !tls->facts->retried && !tls->params.has_server) {
        tls->early = EARLY_OFFERED;
        unlock_restart(client, STAGE_EARLY);
    }
}

static void on_server_hello13(struct tls_state *tls)
{
    struct tls_side *client = &tls->sides[SIDE_CLIENT];

    unlock_restart(&tls->sides[SIDE_SERVER], STAGE_HANDSHAKE);
    if (client->stage != STAGE_EARLY) {
        unlock_restart(client, STAGE_HANDSHAKE);
    }
    tls->wakes = true;
}

static void on_server_hello(struct tls_state *tls, struct bytes body)
{
    struct tls_side *client = &tls->sides[SIDE_CLIENT];
    struct tls_event ignored = {0};
    struct tls_event *facts = tls->facts->server_hello ? &ignored : tls->facts;
    bool retry = false;

    if (!hello_read_server(crypto_of(tls), body, facts, &tls->params, &retry)) {
        tls->sides[SIDE_SERVER].over = true;
        return;
    }
    if (retry) { /* the client says its hello again, in clear, and no early data */
        tls->facts->retried = true;
        tls->params.has_server = false;
        if (tls->early == EARLY_OFFERED) {
            tls->early = EARLY_REFUSED;
            unlock_restart(client, STAGE_CLEAR);
        }
        return;
    }
    tls->suite = suite_find(tls->params.cipher);
    if (is_tls13(tls)) {
        on_server_hello13(tls);
    } else if (client->stage == STAGE_EARLY) {
        tls->early = EARLY_REFUSED;
        unlock_restart(client, STAGE_CLEAR);
    }
}

static void on_encrypted_extensions(struct tls_state *tls, struct bytes body)
{
    bool accepted = false;

    hello_read_encrypted_extensions(body, tls->facts, &accepted);
    if (tls->early == EARLY_OFFERED) {
        tls->early = accepted ? EARLY_ACCEPTED : EARLY_REFUSED;
        tls->wakes = true;
    }
}

/* ---- the rest ---- */

static void on_certificate(struct tls_state *tls, enum side from, struct bytes body)
{
    if (from == SIDE_SERVER) {
        certificate_read(body, is_tls13(tls), tls->facts);
    } else if (!certificate_is_empty(body, is_tls13(tls))) {
        tls->facts->certificate_sent = true;
    }
}

static void on_finished(struct tls_state *tls, enum side from)
{
    if (!is_tls13(tls) || tls->sides[from].stage == STAGE_APPLICATION) {
        return; /* a certificate that was asked for later ends with a Finished and the same key */
    }
    unlock_restart(&tls->sides[from], STAGE_APPLICATION);
    if (from == SIDE_SERVER && tls->early == EARLY_OFFERED) {
        tls->early = EARLY_REFUSED; /* where it was said is lost; nothing is told twice */
        tls->wakes = true;
    }
}

static void on_key_update(const struct tls_state *tls, struct tls_side *side)
{
    if (side->opener == NULL || !is_tls13(tls)) {
        return;
    }
    side->over = !opener_update(side->opener);
    side->updates++;
}

static void on_client_message(struct tls_state *tls, uint8_t type, struct bytes body)
{
    switch (type) {
    case HANDSHAKE_CLIENT_HELLO:
        on_client_hello(tls, body);
        break;
    case HANDSHAKE_CLIENT_KEY_EXCHANGE:
        on_client_key_exchange(tls, body);
        break;
    case HANDSHAKE_END_OF_EARLY_DATA:
        unlock_restart(&tls->sides[SIDE_CLIENT], STAGE_HANDSHAKE);
        break;
    default:
        break;
    }
}

static void on_server_message(struct tls_state *tls, uint8_t type, struct bytes body)
{
    switch (type) {
    case HANDSHAKE_SERVER_HELLO:
        on_server_hello(tls, body);
        break;
    case HANDSHAKE_NEW_SESSION_TICKET:
        on_ticket(tls, body);
        break;
    case HANDSHAKE_ENCRYPTED_EXTENSIONS:
        on_encrypted_extensions(tls, body);
        break;
    case HANDSHAKE_CERTIFICATE_REQUEST:
        tls->facts->certificate_asked = true;
        break;
    default:
        break;
    }
}

void message_read(struct tls_state *tls, enum side from, uint8_t type, struct bytes body)
{
    struct tls_side *side = &tls->sides[from];

    add_to_transcript(tls, type, body);
    switch (type) {
    case HANDSHAKE_CERTIFICATE:
        on_certificate(tls, from, body);
        break;
    case HANDSHAKE_FINISHED:
        on_finished(tls, from);
        break;
    case HANDSHAKE_KEY_UPDATE:
        on_key_update(tls, side);
        break;
    default:
        if (from == SIDE_CLIENT) {
            on_client_message(tls, type, body);
        } else {
            on_server_message(tls, type, body);
        }
        break;
    }
}

void message_change_cipher(struct tls_state *tls, enum side from)
{
    if (tls->params.has_server && !is_tls13(tls)) { /* TLS 1.3 sends it to look like TLS 1.2 */
        unlock_restart(&tls->sides[from], STAGE_APPLICATION);
        message_forget_transcript(tls);
    }
}
