/*
 * basic: what a Basic credential holds (RFC 7617). The user is handed out; the password is looked
 * at only to tell what it is, and wiped.
 */
#ifndef BASICTAP_DISSECTORS_AUTH_BASIC_H
#define BASICTAP_DISSECTORS_AUTH_BASIC_H

#include "dissectors/base/bytes.h"

enum basic_kind {
    BASIC_BROKEN,   /* not base64, or without the colon: no user can be told */
    BASIC_PASSWORD, /* a user and a password */
    BASIC_EMPTY,    /* a user, maybe, and an empty password */
    BASIC_TOKEN,    /* the password is "Bearer <token>": Exchange Online PowerShell V2, where
                       BasicAuthToOAuthConversion=true makes the server read it as OAuth */
};

/*
 * Reads the base64 text of a credential; spaces and line ends within it are passed over, because a
 * folded header has them. Sets user (size bytes), to "" when there is none. A long password is not
 * decoded to its end.
 */
enum basic_kind basic_parse(struct bytes text, char *user, size_t size);

#endif
