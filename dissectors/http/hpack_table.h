/*
 * hpack_table: the tables of HPACK (RFC 7541, sections 2.3 and 4, appendix A), as far as a listener
 * knows them.
 *
 * One who joins in the middle, or misses bytes, does not know what the dynamic table held before.
 * Places are counted from the newest entry, so those of what was added since are right, and those
 * beyond are unknown. That leaves eviction. The encoder refers to no entry that it has evicted;
 * hence an entry that we keep for too long is never asked for, and one that we drop too early is
 * merely unknown. Both are safe, and only a wrong count of entries added would be wrong. So:
 * - every entry counts, even when its name, its value or its size is not known or too long to keep;
 * - sizes that are not known are taken for the least that they can be: nothing goes too early;
 * - an entry larger than the table empties it and is not added (section 4.4). To keep it does no
 *   harm: it would be the newest, which nobody may then refer to, and counts one place more for
 *   those before it, which are gone.
 * - what we keep is bounded by HPACK_MAX_TABLE, whatever was agreed; the oldest go first.
 *
 * Entries may hold credentials: they are wiped when they go.
 */
#ifndef BASICTAP_DISSECTORS_HTTP_HPACK_TABLE_H
#define BASICTAP_DISSECTORS_HTTP_HPACK_TABLE_H

#include "dissectors/base/bytes.h"

enum {
    HPACK_MAX_TABLE = 65536,
    HPACK_DEFAULT_TABLE = 4096, /* RFC 9113, section 6.5.2 */
    HPACK_ENTRY_OVERHEAD = 32,  /* RFC 7541, section 4.1 */
};

/* A header field, of which name, value or both may not be known. */
struct hpack_field {
    struct bytes name;
    struct bytes value;
    bool has_name;
    bool has_value;
};

struct hpack_entry {
    uint32_t start; /* in text: the name, then the value */
    uint32_t name_len;
    uint32_t value_len;
    uint32_t size; /* as counted by section 4.1, at least */
    bool has_name;
    bool has_value;
};

/* Zeroed at first: an empty table of HPACK_DEFAULT_TABLE. Grows with use. */
struct hpack_table {
    struct hpack_entry *entries; /* a ring of max_entries, a power of two */
    uint8_t *text;               /* of all entries, oldest first, without holes */
    uint32_t max_entries;
    uint32_t oldest;
    uint32_t num;
    uint32_t text_size;
    uint32_t text_start;
    uint32_t text_end;
    uint32_t size;     /* of the entries kept */
    uint32_t max_size; /* as agreed; means something when resized */
    bool resized;
    bool capped; /* entries went that the encoder still has */
};

/* What a place holds, from 1; 62 is the newest entry. False: nothing is known of it. The views live
 * until the next change of the table; those of the first 61 for ever. */
bool hpack_table_find(const struct hpack_table *table, uint32_t place, struct hpack_field *field);

/*
 * Adds a field of at least that size. field must not be a view of the table. Out of memory, or text
 * that is too long: the entry is added, and what it holds is not known. False: not even that could
 * be, and the table is empty now.
 */
bool hpack_table_add(struct hpack_table *table, const struct hpack_field *field, uint32_t size);

void hpack_table_resize(struct hpack_table *table, uint32_t max_size);

/* Nothing is known any more, nor how large it is agreed to be. */
void hpack_table_lose(struct hpack_table *table);

size_t hpack_table_kept(const struct hpack_table *table); /* bytes of heap */
void hpack_table_clear(struct hpack_table *table);        /* wipes, frees, zeroes */

#endif
