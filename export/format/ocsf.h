/*
 * ocsf: records as events of the Open Cybersecurity Schema Framework, 1.4.0. An attempt to
 * authenticate is an Authentication (3002), a TLS session that was not read Network Activity
 * (4001), a correlation's alert a Detection Finding (2004), the summary of a device a Compliance
 * Finding (2003), anything else a Base Event. What the schema has no place for stands in
 * `unmapped`.
 */
#ifndef BASICTAP_EXPORT_FORMAT_OCSF_H
#define BASICTAP_EXPORT_FORMAT_OCSF_H

#include "export/format/mapping.h"
#include "export/record.h"

struct ocsf;

struct ocsf *ocsf_new(void); /* NULL: out of memory */
void ocsf_free(struct ocsf *ocsf);

/* The length; 0: it does not fit, or no memory. */
size_t ocsf_write(struct ocsf *ocsf, const struct record *record, char *at, size_t size);

enum ocsf_class ocsf_class_of(const struct record *record);

#endif
