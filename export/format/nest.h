/*
 * nest: dotted names as objects in objects. A document is written name by name; names that share a
 * prefix must be neighbours. A segment that ends with "[]" is an array of one object:
 * "evidences[].src_endpoint.ip".
 */
#ifndef BASICTAP_EXPORT_FORMAT_NEST_H
#define BASICTAP_EXPORT_FORMAT_NEST_H

#include "export/format/json.h"

/* How many leading bytes of whole segments two names share: "a.b.c" and "a.b.d" 4, with their
 * dots. */
size_t nest_shared(const char *a, const char *b);

/* Closes the objects that a name is not in, opens those that it is in. in: the name that was
 * written before, "" at first; name "" closes all. Returns the last segment, the key. */
const char *nest_descend(struct json *json, const char *in, const char *name);

#endif
