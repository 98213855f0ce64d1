/*
 * token: what an integrated-authentication token is: NTLM ([MS-NLMP] 2.2.1), SPNEGO (RFC 4178),
 * Kerberos (RFC 4121), as sent by HTTP Negotiate and NTLM, SASL NTLM and GSSAPI, and DCE/RPC.
 */
#ifndef BASICTAP_DISSECTORS_AUTH_TOKEN_H
#define BASICTAP_DISSECTORS_AUTH_TOKEN_H

#include "dissectors/base/bytes.h"

enum token_kind {
    TOKEN_UNKNOWN,
    TOKEN_NTLM_NEGOTIATE,    /* type 1 */
    TOKEN_NTLM_CHALLENGE,    /* type 2 */
    TOKEN_NTLM_AUTHENTICATE, /* type 3: carries the identity */
    TOKEN_KERBEROS,          /* bare or in SPNEGO */
    TOKEN_SPNEGO,            /* negotiation that offers neither, or goes on */
};

struct token {
    enum token_kind kind;
    bool in_spnego;
    char user[256];
    char domain[128];
    char workstation[64];
};

/* Reads the (binary) token; never fails, unknown bytes are TOKEN_UNKNOWN. */
void token_parse(struct bytes raw, struct token *token);

/* The same for base64; only its first kilobytes are decoded. */
void token_parse_base64(struct bytes text, struct token *token);

#endif
