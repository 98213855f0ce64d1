/*
 * line: telling line protocols from their first bytes, and going on after a hole in them.
 */
#ifndef BASICTAP_DISSECTORS_AUTH_LINE_H
#define BASICTAP_DISSECTORS_AUTH_LINE_H

#include "dissectors/dissector.h"

/* A probe gives up waiting for the end of a line, or for a telling one, after this many bytes. */
enum { PROBE_MAX = 512 };

/* Short, and nothing but printable characters, tabs and ends of lines: could become a line. */
bool line_is_text(struct bytes in);

/* The probe's answer when nothing told yet. */
enum probe line_wait(struct bytes in);

/* Word is one of num words, in any case. */
bool line_has_word(struct bytes word, const char *const *words, size_t num_words);

/* A TLS record begins here: the line that started TLS was missed. */
bool line_is_tls(struct bytes in);

/* The verdict of a feed that is finished with all but rest. */
struct verdict line_verdict(struct bytes in, struct bytes rest, enum next next);

#endif
