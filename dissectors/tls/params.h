/*
 * params: what two hellos agree on, as far as keys and the record layer depend on it.
 */
#ifndef BASICTAP_DISSECTORS_TLS_PARAMS_H
#define BASICTAP_DISSECTORS_TLS_PARAMS_H

#include "dissectors/base/bytes.h"

enum {
    TLS_RANDOM_SIZE = 32,
    TLS_SESSION_ID_MAX = 32,
    TLS_MASTER_SIZE = 48,
    TLS_SECRET_MAX = 64,  /* of TLS 1.3: the size of its hash, 32 or 48 */
    TLS_TICKET_NAME = 32, /* a ticket is known by its SHA-256 */
};

enum tls_version {
    TLS_VERSION_NONE = 0,
    TLS_VERSION_SSL2 = 0x0002,
    TLS_VERSION_SSL3 = 0x0300,
    TLS_VERSION_10 = 0x0301,
    TLS_VERSION_11 = 0x0302,
    TLS_VERSION_12 = 0x0303,
    TLS_VERSION_13 = 0x0304,
};

struct tls_params {
    uint8_t client_random[TLS_RANDOM_SIZE];
    uint8_t server_random[TLS_RANDOM_SIZE];
    uint8_t session_id[TLS_SESSION_ID_MAX]; /* the server's */
    uint8_t offered_id[TLS_SESSION_ID_MAX]; /* the client's */
    uint8_t session_id_len;
    uint8_t offered_id_len;
    uint16_t
        client_version; /* legacy_version of the ClientHello: premaster secrets begin with it */
    uint16_t version;   /* chosen; drafts of 1.3 count as 1.3; TLS_VERSION_NONE: not known */
    uint16_t cipher;
    uint8_t compression; /* chosen; 0: none */
    bool has_client;
    bool has_server;
    bool offered_ticket; /* the ClientHello's session_ticket was not empty (RFC 5077) */
    uint8_t ticket_name[TLS_TICKET_NAME]; /* SHA-256 of that ticket */
    bool extended_master;                 /* RFC 7627; both said it */
    bool encrypt_then_mac;                /* RFC 7366; both said it */
    bool early_data;                      /* the client sends some, the server may refuse it */
    bool offers_extended_master;          /* as the ClientHello said */
    bool offers_encrypt_then_mac;
};

#endif
