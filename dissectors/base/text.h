/*
 * text: fixed arrays of NUL-terminated UTF-8, made from untrusted bytes.
 *
 * What leaves a dissector as text is always valid UTF-8 without control characters: bytes that are
 * no UTF-8 are read as ISO-8859-1 (what old Outlook sends), control characters become U+FFFD, and
 * what does not fit is cut at a character.
 */
#ifndef BASICTAP_DISSECTORS_BASE_TEXT_H
#define BASICTAP_DISSECTORS_BASE_TEXT_H

#include "dissectors/base/bytes.h"

/* Sets text (size bytes, at least 1) from untrusted bytes; true when nothing was cut. */
bool text_set(char *text, size_t size, struct bytes from);

/* The same for a trusted string, and appending one. */
bool text_copy(char *text, size_t size, const char *from);
bool text_append(char *text, size_t size, const char *more);
bool text_append_number(char *text, size_t size, uint64_t number); /* decimal */

/* Bytes of the well-formed UTF-8 character in front; 0: there is none. */
size_t text_character(struct bytes in);

/* ASCII upper-case letters become lower-case, in place. */
void text_lower(char *text);

/* A character, up to U+10FFFF, as one to four octets; how many. */
size_t text_put_utf8(uint32_t point, uint8_t out[4]);

#endif
