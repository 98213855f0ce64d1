/* cef: records in ArcSight's Common Event Format, one line each. */
#ifndef BASICTAP_EXPORT_FORMAT_CEF_H
#define BASICTAP_EXPORT_FORMAT_CEF_H

#include "export/format/lookup.h"

/* The length; 0: it does not fit. */
size_t cef_write(struct lookup *lookup, const struct record *record, char *at, size_t size);

#endif
