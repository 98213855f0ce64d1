/* instant: times of records (RFC 3339, UTC) as numbers. */
#ifndef BASICTAP_EXPORT_FORMAT_INSTANT_H
#define BASICTAP_EXPORT_FORMAT_INSTANT_H

#include "dissectors/base/bytes.h"

/* "2026-11-21T08:00:00.250000Z", the fraction may be missing: milliseconds since 1970, rounded
 * down. False: something else, or before 1970. */
bool instant_parse(struct bytes text, uint64_t *milliseconds);

#endif
