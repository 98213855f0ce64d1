#include "export/format/lookup.h"

#include <assert.h>
#include <string.h>

enum { NO_FIELD = RECORD_MAX_FIELDS };

static size_t find_field(const struct record *record, const char *name)
{
    for (size_t i = 0; i < record_num_fields(record); i++) {
        if (strcmp(record_name(record, i), name) == 0) {
            return i;
        }
    }
    return NO_FIELD;
}

void lookup_set(struct lookup *lookup, const struct record *record)
{
    struct bytes about = record_layout_about(record_layout_of(record));

    assert(num_mappings <= LOOKUP_MAX_ROWS);
    if (lookup->layout == record_layout_of(record) &&
        bytes_equal(about, bytes_view(lookup->about, lookup->about_len))) {
        return;
    }
    lookup->layout = record_layout_of(record);
    if (!bytes_copy(about, lookup->about, sizeof(lookup->about), &lookup->about_len)) {
        lookup->layout = NULL; /* cannot be: a layout's own limit is the same */
    }
    for (size_t i = 0; i < num_mappings; i++) {
        lookup->fields[i] = find_field(record, mappings[i].field);
    }
}

bool lookup_text(const struct lookup *lookup, const struct record *record, size_t row,
                 struct bytes *text)
{
    size_t field = lookup->fields[row];

    if (field == NO_FIELD || !record_has(record, field)) {
        return false;
    }
    *text = record_text(record, field);
    return true;
}
