#include "dissectors/http/hpack_table.h"

#include <stdlib.h>
#include <string.h>

enum {
    NUM_STATIC = 61,
    MIN_ENTRIES = 16,
    MAX_ENTRIES = HPACK_MAX_TABLE / HPACK_ENTRY_OVERHEAD,
    MIN_TEXT = 512,
};

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        {(const uint8_t *)("" name), sizeof(name) - 1},                                            \
            {(const uint8_t *)("" value), sizeof(value) - 1}, true, true                           \
    }

/* RFC 7541, appendix A. */
static const struct hpack_field fields[NUM_STATIC] = {
    FIELD(":authority", ""),
    FIELD(":method", "GET"),
    FIELD(":method", "POST"),
    FIELD(":path", "/"),
    FIELD(":path", "/index.html"),
    FIELD(":scheme", "http"),
    FIELD(":scheme", "https"),
    FIELD(":status", "200"),
    FIELD(":status", "204"),
    FIELD(":status", "206"),
    FIELD(":status", "304"),
    FIELD(":status", "400"),
    FIELD(":status", "404"),
    FIELD(":status", "500"),
    FIELD("accept-charset", ""),
    FIELD("accept-encoding", "gzip, deflate"),
    FIELD("accept-language", ""),
    FIELD("accept-ranges", ""),
    FIELD("accept", ""),
    FIELD("access-control-allow-origin", ""),
    FIELD("age", ""),
    FIELD("allow", ""),
    FIELD("authorization", ""),
    FIELD("cache-control", ""),
    FIELD("content-disposition", ""),
    FIELD("content-encoding", ""),
    FIELD("content-language", ""),
    FIELD("content-length", ""),
    FIELD("content-location", ""),
    FIELD("content-range", ""),
    FIELD("content-type", ""),
    FIELD("cookie", ""),
    FIELD("date", ""),
    FIELD("etag", ""),
    FIELD("expect", ""),
    FIELD("expires", ""),
    FIELD("from", ""),
    FIELD("host", ""),
    FIELD("if-match", ""),
    FIELD("if-modified-since", ""),
    FIELD("if-none-match", ""),
    FIELD("if-range", ""),
    FIELD("if-unmodified-since", ""),
    FIELD("last-modified", ""),
    FIELD("link", ""),
    FIELD("location", ""),
    FIELD("max-forwards", ""),
    FIELD("proxy-authenticate", ""),
    FIELD("proxy-authorization", ""),
    FIELD("range", ""),
    FIELD("referer", ""),
    FIELD("refresh", ""),
    FIELD("retry-after", ""),
    FIELD("server", ""),
    FIELD("set-cookie", ""),
    FIELD("strict-transport-security", ""),
    FIELD("transfer-encoding", ""),
    FIELD("user-agent", ""),
    FIELD("vary", ""),
    FIELD("via", ""),
    FIELD("www-authenticate", ""),
};

static struct hpack_entry *entry_at(const struct hpack_table *table, uint32_t index)
{
    return &table->entries[(table->oldest + index) & (table->max_entries - 1)];
}

/* Entries may be empty while there is no text at all. */
static struct bytes text_of(const struct hpack_table *table, uint32_t start, uint32_t len)
{
    return len > 0 ? bytes_view(table->text + start, len) : bytes_view("", 0);
}

bool hpack_table_find(const struct hpack_table *table, uint32_t place, struct hpack_field *field)
{
    const struct hpack_entry *entry;

    if (place >= 1 && place <= NUM_STATIC) {
        *field = fields[place - 1];
        return true;
    }
    if (place == 0 || place - NUM_STATIC > table->num) {
        return false;
    }
    entry = entry_at(table, table->num - (place - NUM_STATIC));
    *field = (struct hpack_field){.has_name = entry->has_name, .has_value = entry->has_value};
    if (entry->has_name) {
        field->name = text_of(table, entry->start, entry->name_len);
    }
    if (entry->has_value) {
        field->value = text_of(table, entry->start + entry->name_len, entry->value_len);
    }
    return true;
}

static uint32_t max_size(const struct hpack_table *table)
{
    return table->resized ? table->max_size : HPACK_DEFAULT_TABLE;
}

static void evict(struct hpack_table *table)
{
    const struct hpack_entry *entry = entry_at(table, 0);

    uint32_t len = entry->name_len + entry->value_len;

    if (len > 0) {
        bytes_wipe(table->text + entry->start, len);
    }
    table->text_start += len;
    table->size -= entry->size;
    table->oldest = (table->oldest + 1) & (table->max_entries - 1);
    if (--table->num == 0) {
        table->text_start = 0;
        table->text_end = 0;
    }
}

static void evict_to(struct hpack_table *table, uint32_t limit)
{
    while (table->num > 0 && table->size > limit) {
        evict(table);
    }
}

/* Moves the text of all entries to the front of to, which may be where it is. */
static void move_text(struct hpack_table *table, uint8_t *to)
{
    uint32_t len = table->text_end - table->text_start;

    memmove(to, table->text + table->text_start, len);
    for (uint32_t i = 0; i < table->num; i++) {
        entry_at(table, i)->start -= table->text_start;
    }
    if (to == table->text) {
        bytes_wipe(table->text + len, table->text_end - len);
    } else {
        bytes_wipe(table->text, table->text_end);
    }
    table->text_start = 0;
    table->text_end = len;
}

/* Room for len more bytes. Twice of what is kept is lent, so that text is moved seldom. */
static bool reserve_text(struct hpack_table *table, uint32_t len)
{
    uint32_t needed = 2 * (table->text_end - table->text_start + len);
    uint32_t size = table->text_size > 0 ? table->text_size : MIN_TEXT;
    uint8_t *text;

    if (table->text_size - table->text_end >= len) {
        return true;
    }
    if (table->text_size >= needed) { /* so there is one */
        move_text(table, table->text);
        return true;
    }
    while (size < needed) {
        size *= 2;
    }
    text = malloc(size);
    if (text == NULL) {
        return false;
    }
    if (table->text != NULL) {
        move_text(table, text);
        free(table->text);
    }
    table->text = text;
    table->text_size = size;
    return true;
}

static bool reserve_entry(struct hpack_table *table)
{
    uint32_t max = table->max_entries > 0 ? 2 * table->max_entries : MIN_ENTRIES;
    struct hpack_entry *entries;

    if (table->num < table->max_entries) {
        return true;
    }
    entries = malloc(max * sizeof(*entries));
    if (entries == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < table->num; i++) {
        entries[i] = *entry_at(table, i);
    }
    free(table->entries);
    table->entries = entries;
    table->max_entries = max;
    table->oldest = 0;
    return true;
}

/* Makes room for an entry, as the encoder did (section 4.4), and within our own bounds. */
static void make_room(struct hpack_table *table, uint32_t size)
{
    uint32_t agreed = max_size(table);
    uint32_t num;

    evict_to(table, size < agreed ? agreed - size : 0);
    num = table->num;
    evict_to(table, size < HPACK_MAX_TABLE ? HPACK_MAX_TABLE - size : 0);
    if (table->num == MAX_ENTRIES) {
        evict(table);
    }
    table->capped |= table->num < num;
}

static void append_text(struct hpack_table *table, struct bytes text)
{
    uint32_t len = (uint32_t)text.len;

    if (len > 0) {
        (void)take_into(&text, table->text + table->text_end, len);
        table->text_end += len;
    }
}

/* Copies what is known of a field behind the text of the others; nothing when there is no room. */
static void keep_text(struct hpack_table *table, struct hpack_entry *entry,
                      const struct hpack_field *field)
{
    struct bytes name = field->has_name ? field->name : bytes_view(NULL, 0);
    struct bytes value = field->has_value ? field->value : bytes_view(NULL, 0);

    if (name.len > HPACK_MAX_TABLE || value.len > HPACK_MAX_TABLE - name.len ||
        !reserve_text(table, (uint32_t)(name.len + value.len))) {
        return;
    }
    entry->start = table->text_end;
    entry->name_len = (uint32_t)name.len;
    entry->value_len = (uint32_t)value.len;
    entry->has_name = field->has_name;
    entry->has_value = field->has_value;
    append_text(table, name);
    append_text(table, value);
}

bool hpack_table_add(struct hpack_table *table, const struct hpack_field *field, uint32_t size)
{
    struct hpack_entry entry = {.size = size};

    make_room(table, size);
    if (!reserve_entry(table)) {
        hpack_table_lose(table);
        return false;
    }
    entry.start = table->text_end;
    keep_text(table, &entry, field);
    table->num++;
    *entry_at(table, table->num - 1) = entry;
    table->size += size;
    return true;
}

void hpack_table_resize(struct hpack_table *table, uint32_t size)
{
    table->resized = true;
    table->max_size = size;
    evict_to(table, size);
}

void hpack_table_lose(struct hpack_table *table)
{
    while (table->num > 0) {
        evict(table);
    }
    table->resized = true;
    table->max_size = UINT32_MAX;
}

size_t hpack_table_kept(const struct hpack_table *table)
{
    return table->max_entries * sizeof(*table->entries) + table->text_size;
}

void hpack_table_clear(struct hpack_table *table)
{
    if (table->text != NULL) {
        bytes_wipe(table->text, table->text_size);
    }
    free(table->text);
    free(table->entries);
    *table = (struct hpack_table){0};
}
