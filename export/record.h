/*
 * record: one thing on its way out, formatted once for every sink: a nested JSON document and the
 * same fields flat.
 *
 * The flat fields are a constant set for each schema: an absent text is "", an absent number is 0,
 * so a field is always numeric or never. The JSON leaves out what is absent. Field names are dotted
 * ECS names; names that share a prefix meet in one JSON object, wherever they stand in the schema.
 */
#ifndef BASICTAP_EXPORT_RECORD_H
#define BASICTAP_EXPORT_RECORD_H

#include "dissectors/base/schema.h"

enum {
    RECORD_MAX_FIELDS = 384,
    RECORD_MAX_TEXT = 64 * 1024,  /* of all flat fields together */
    RECORD_MAX_JSON = 128 * 1024, /* a record that is longer is not made */
    RECORD_MAX_PACKED = RECORD_MAX_TEXT + 3 * RECORD_MAX_FIELDS,
    RECORD_MAX_ABOUT = 64 * 1024, /* what a layout says of itself */
};

/* Fields that every record has besides its struct's: sensor and product. Strings outlive what is
 * given them. */
struct exporter_identity {
    const char *observer_name;
    const char *observer_version;
};

/* The fields of one kind of record, and their order in JSON. It owns the scratch memory in which
 * records are made, so one thread at a time uses it. */
struct record_layout;

/* NULL: out of memory, too many fields, or names that JSON cannot nest ("a" and "a.b", or a name
 * twice). schema and the identity's strings outlive the layout. Of the
 * identity a record has only what its schema does not say itself. */
struct record_layout *record_layout_new(const struct schema *schema,
                                        const struct exporter_identity *identity);
void record_layout_free(struct record_layout *layout);
const struct schema *record_layout_schema(const struct record_layout *layout);

/*
 * What an older program wrote can be read: a layout says what its fields are, a line for each, a
 * letter of its kind (n number, b true or false, l list, t text) and its name. The text has no NUL
 * at its end.
 */
struct bytes record_layout_about(const struct record_layout *layout); /* lives as long */
struct record_layout *
record_layout_parse(struct bytes about); /* NULL: no memory, or makes no sense */

/* One block of memory; the layout must outlive it. */
struct record;

/* NULL: out of memory, or longer than the limits above. */
struct record *record_new(struct record_layout *layout, const void *object);
struct record *record_new_flat(struct record_layout *layout, const void *object); /* has no JSON */
void record_free(struct record *record);

size_t record_num_fields(const struct record *record);
const char *record_name(const struct record *record, size_t i);
char record_kind(const struct record *record, size_t i); /* the letter of record_layout_about */
bool record_has(const struct record *record, size_t i);  /* false: absent, its text is "" or "0" */
struct bytes record_text(const struct record *record, size_t i);
struct bytes record_find(const struct record *record, const char *name); /* no such field: empty */
struct bytes record_json(const struct record *record);                   /* one line, no LF */
size_t record_size(const struct record *record); /* bytes of memory that it holds */
const struct record_layout *record_layout_of(const struct record *record);

/* Its number in the journal, which is also its field event.sequence; 0: it comes from none. */
uint64_t record_sequence(const struct record *record);

/* The values alone, for record_unpack with a layout that says the same; the number is not in them.
 * How many bytes; out holds RECORD_MAX_PACKED. */
size_t record_pack(const struct record *record, void *out);

/* With its JSON. NULL: out of memory, or these are no values of that layout. */
struct record *record_unpack(struct record_layout *layout, struct bytes packed, uint64_t sequence);

#endif
