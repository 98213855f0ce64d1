/*
 * table: the answer for people: who still uses Basic Authentication, one line a device and service.
 *
 * What was read never mixes with what was inferred or is no more than possible: each has its own
 * heading and its own totals. Credentials given to a proxy stand apart from all of it.
 */
#ifndef BASICTAP_EXPORT_REPORT_TABLE_H
#define BASICTAP_EXPORT_REPORT_TABLE_H

#include <stdio.h>

#include "dissectors/base/schema.h"

struct table_limits {
    size_t max_rows;    /* kept; 0: 20000 */
    size_t max_devices; /* counted, and with rows; 0: 100000 */
    size_t max_shown;   /* rows printed under one heading, then "and N more"; 0: 1000 */
};

struct table_style {
    unsigned width; /* of the terminal, at least 40; 0: as wide as it needs, for files and pipes */
    bool colour;
};

struct table;
struct table *table_new(const struct table_limits *limits); /* NULL: out of memory */
void table_free(struct table *table);                       /* NULL is fine */

/* A finding. Fields are found by name (finding_schema); what a schema has not is empty. */
void table_add(struct table *table, const struct schema *schema, const void *record);

/* May be printed at any time, and added to afterwards. Times are UTC. */
void table_print(struct table *table, FILE *out, const struct table_style *style);

/*
 * What the answer rests on: the fields of a record, a line for each group of names that share their
 * prefix: "coverage.sessions.imap.readable" is "readable" in the line "sessions imap". A first
 * segment that all names share is not shown, nor are absent fields: FIELD_OPTIONAL shows a number
 * only when it is not 0.
 */
void table_print_coverage(FILE *out, const struct table_style *style, const struct schema *schema,
                          const void *record);

#endif
