/* fields: the reference of what is published, from the schemas and the mapping. */
#ifndef BASICTAP_EXPORT_FORMAT_FIELDS_H
#define BASICTAP_EXPORT_FORMAT_FIELDS_H

#include <stdio.h>

#include "dissectors/base/schema.h"

/* Markdown. False: it could not be written. */
bool fields_write(FILE *file, const struct schema *finding);

#endif
