/* lookup: where the fields of the mapping stand in a kind of record, found once for many records.
 */
#ifndef BASICTAP_EXPORT_FORMAT_LOOKUP_H
#define BASICTAP_EXPORT_FORMAT_LOOKUP_H

#include "export/format/mapping.h"
#include "export/record.h"

enum { LOOKUP_MAX_ROWS = 128 };

/* Zeroed is right. */
struct lookup {
    const struct record_layout *layout;
    char about[RECORD_MAX_ABOUT]; /* of that layout: its address may be used again */
    size_t about_len;
    size_t fields[LOOKUP_MAX_ROWS];
};

/* For the records of this one's kind. */
void lookup_set(struct lookup *lookup, const struct record *record);

/* What a record has of the mapping's row; false: nothing. */
bool lookup_text(const struct lookup *lookup, const struct record *record, size_t row,
                 struct bytes *text);

#endif
