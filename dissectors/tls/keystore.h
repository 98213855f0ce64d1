/*
 * keystore: the secrets that open sessions: lines of NSS key logs, servers' RSA keys, and the
 * master secrets of sessions that may be resumed. Bounded: the oldest go first. Wiped when freed.
 *
 * The format: https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile-02.html, and NSS's "RSA"
 * lines.
 */
#ifndef BASICTAP_DISSECTORS_TLS_KEYSTORE_H
#define BASICTAP_DISSECTORS_TLS_KEYSTORE_H

#include "dissectors/base/hmap.h"
#include "dissectors/tls/crypto.h"
#include "dissectors/tls/params.h"

enum {
    KEYSTORE_LINE_MAX = 4096, /* no line that counts is longer; more of one need not be given */
    KEYSTORE_RSA_MAX = 16,    /* RSA keys */
};

enum secret_label {
    SECRET_MASTER, /* CLIENT_RANDOM, 48 octets: up to TLS 1.2 */
    SECRET_CLIENT_EARLY,
    SECRET_CLIENT_HANDSHAKE,
    SECRET_SERVER_HANDSHAKE,
    SECRET_CLIENT_TRAFFIC, /* CLIENT_TRAFFIC_SECRET_0 */
    SECRET_SERVER_TRAFFIC,
    NUM_SECRET_LABELS,
};

enum keylog_line {
    KEYLOG_ADDED,
    KEYLOG_KNOWN,   /* the same secret was there already */
    KEYLOG_IGNORED, /* empty, a comment, or a label that opens nothing that is read here */
    KEYLOG_MALFORMED,
};

struct keystore_stats {
    uint64_t sessions;  /* sessions that secrets are held for, premaster secrets among them */
    uint64_t evicted;   /* of these, how many had to make room */
    uint64_t forgotten; /* master secrets of sessions to resume that had to make room */
    uint64_t malformed; /* lines */
    uint64_t lost;      /* secrets that no memory was left for */
};

struct keystore;

/*
 * max_sessions 0: 200000, of each kind that is held (sessions, premaster secrets, sessions to
 * resume). A session costs about 180 bytes up to TLS 1.2, 290 (SHA-256) or 370 (SHA-384) with the
 * secrets of TLS 1.3. The seed is of the hash tables: who is in the key log must not choose where.
 * NULL: out of memory.
 */
struct keystore *keystore_new(size_t max_sessions, const uint8_t seed[HMAP_SEED_SIZE]);
void keystore_free(struct keystore *keystore); /* NULL is fine */

/* One line, with or without its end. The line is not kept. Of a secret that is said twice the
 * newest counts. */
enum keylog_line keystore_add_line(struct keystore *keystore, struct bytes line);
/* A whole text, line by line (a Decryption Secrets Block); the last one may lack its end. */
void keystore_add_text(struct keystore *keystore, struct bytes text);
/* PEM. False and words: not an RSA key, or too many. */
bool keystore_add_rsa_key(struct keystore *keystore, struct bytes pem, struct diag *diag);

/* Grows whenever something was added: what waited may look again. */
uint64_t keystore_generation(const struct keystore *keystore);
/* Whether there is, or was, any source of keys at all: a line, a secrets block, an RSA key. */
bool keystore_is_used(const struct keystore *keystore);
bool keystore_has_rsa(const struct keystore *keystore); /* a key, or "RSA" lines */

/* The secret of a session; empty: none. Valid until something is added. */
struct bytes keystore_find(const struct keystore *keystore,
                           const uint8_t client_random[TLS_RANDOM_SIZE], enum secret_label label);

/* The premaster secret that a ClientKeyExchange carries (RFC 5246, section 7.4.7.1): from "RSA"
 * lines by its first 8 octets, else by the RSA keys, those accepted whose version fits. */
bool keystore_premaster(struct keystore *keystore, struct bytes sealed, uint16_t client_version,
                        uint8_t premaster[TLS_MASTER_SIZE]);

/* Master secrets by session id or by a ticket's name; name is at most 32 octets. What waits does not
 * look again: whoever takes up a session comes after it. */
void keystore_remember(struct keystore *keystore, struct bytes name,
                       const uint8_t master[TLS_MASTER_SIZE]);
bool keystore_recall(const struct keystore *keystore, struct bytes name,
                     uint8_t master[TLS_MASTER_SIZE]);

void keystore_stats(const struct keystore *keystore, struct keystore_stats *stats);

#endif
