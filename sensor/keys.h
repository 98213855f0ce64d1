/*
 * keys: where the secrets that open sessions come from: key logs that are followed while they are
 * written, servers' RSA keys, Decryption Secrets Blocks of capture files. All of it goes into one
 * keystore. One thread.
 */
#ifndef BASICTAP_SENSOR_KEYS_H
#define BASICTAP_SENSOR_KEYS_H

#include "dissectors/tls/keystore.h"
#include "sensor/config.h"

struct keys_options {
    const char (*keylogs)[CONFIG_TEXT_SIZE]; /* paths; they must outlive the keys */
    size_t num_keylogs;
    const char (*rsa_keys)[CONFIG_TEXT_SIZE];
    size_t num_rsa_keys;
    bool live; /* key logs are looked at once a second; else every few thousand packets */
};

struct keys_stats {
    uint64_t secrets_blocks; /* that hold TLS secrets */
    uint64_t other_secrets;  /* blocks that hold others: SSH, WireGuard, ZigBee, OPC UA */
};

struct keys;

/* Opens all files and reads what stands in them, before rights are dropped: files stay open. The
 * keystore outlives the keys. NULL and words, which name the file. */
struct keys *keys_open(const struct keys_options *options, struct keystore *keystore,
                       struct diag *diag);
void keys_close(struct keys *keys); /* NULL is fine */

/* Whether key logs or RSA keys were named: waiting for keys has a point. */
bool keys_are_given(const struct keys *keys);

/* Looks for new lines if it is time; call it once a batch of packets. last: looks in any case, and
 * lines that did not end count as they are. True: something was added. */
bool keys_poll(struct keys *keys, bool last);

/* A source_secrets_fn (sensor/source.h); ctx is the struct keys. */
void keys_on_secrets(void *ctx, uint32_t type, struct bytes secrets);

void keys_stats(const struct keys *keys, struct keys_stats *stats);

#endif
