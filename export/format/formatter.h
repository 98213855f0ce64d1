/*
 * formatter: a record as one line in the words of its receiver. Deterministic: the same record
 * gives the same bytes.
 *
 * One for each sink; one thread at a time uses it.
 */
#ifndef BASICTAP_EXPORT_FORMAT_FORMATTER_H
#define BASICTAP_EXPORT_FORMAT_FORMATTER_H

#include "export/record.h"

enum formatter_kind {
    FORMATTER_ECS,  /* the record's own JSON */
    FORMATTER_OCSF, /* JSON, schema 1.4.0 */
    FORMATTER_CEF,  /* CEF:0 */
    NUM_FORMATTERS
};

struct formatter;

struct formatter *formatter_new(enum formatter_kind kind); /* NULL: out of memory */
void formatter_free(struct formatter *formatter);          /* NULL is fine */

/* Without LF, and no control character in it. The line lives until the next call. False: it would
 * be too long, or there is no memory for it. */
bool formatter_write(struct formatter *formatter, const struct record *record, struct bytes *line);

/* The record's number, read from a line that a formatter of this kind wrote; false: none there. */
bool formatter_find_sequence(enum formatter_kind kind, struct bytes line, uint64_t *sequence);

#endif
