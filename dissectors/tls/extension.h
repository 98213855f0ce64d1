/*
 * extension: the list of extensions that a hello or EncryptedExtensions carries (RFC 8446, section
 * 4.2; numbers: IANA's TLS ExtensionType Values).
 */
#ifndef BASICTAP_DISSECTORS_TLS_EXTENSION_H
#define BASICTAP_DISSECTORS_TLS_EXTENSION_H

#include "dissectors/base/bytes.h"

enum extension {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_SUPPORTED_GROUPS = 10,
    EXTENSION_POINT_FORMATS = 11,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_ALPN = 16,
    EXTENSION_ENCRYPT_THEN_MAC = 22,
    EXTENSION_EXTENDED_MASTER_SECRET = 23,
    EXTENSION_SESSION_TICKET = 35,
    EXTENSION_PRE_SHARED_KEY = 41,
    EXTENSION_EARLY_DATA = 42,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_ENCRYPTED_CLIENT_HELLO = 0xfe0d,
    EXTENSION_ENCRYPTED_SERVER_NAME = 0xffce, /* what ECH was in its first drafts */
};

/* What follows the fixed part: nothing (SSL 3), or extensions<2>; a list that is cut is given as
 * far as it goes. */
struct bytes extension_list(struct bytes rest);

bool extension_take(struct bytes *list, uint16_t *type, struct bytes *body);

/* The body of the first of its type. */
bool extension_find(struct bytes list, enum extension wanted, struct bytes *body);

/* The next name of a ProtocolNameList (RFC 7301, section 3.1) that is not GREASE. */
bool extension_take_protocol(struct bytes *names, struct bytes *name);

/* RFC 8701: 0x0a0a, 0x1a1a, ... 0xfafa, which clients put into any list to keep servers tolerant.
 */
bool extension_is_grease(uint16_t value);

#endif
