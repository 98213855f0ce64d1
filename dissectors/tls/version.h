/*
 * version: numbers of SSL and TLS versions, and their words.
 */
#ifndef BASICTAP_DISSECTORS_TLS_VERSION_H
#define BASICTAP_DISSECTORS_TLS_VERSION_H

#include "dissectors/tls/params.h"

/* "ssl2", "ssl3", "1.0" to "1.3"; "" for others. */
const char *version_word(uint16_t version);

/* Drafts of TLS 1.3 were 0x7f00 and their number, at Facebook 0xfb00. */
bool version_is_draft(uint16_t version);

/* A draft of 1.3 is 1.3, all others are themselves. */
uint16_t version_undrafted(uint16_t version);

#endif
