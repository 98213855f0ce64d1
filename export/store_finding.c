/* What a journal holds: findings and their layouts, names, cursors; and how they leave. */
#include <string.h>

#include "dissectors/base/text.h"
#include "export/store_part.h"

/* ---- layouts ---- */

/* The number of a layout in the file; written there at its first use. */
static enum store_result number_of_layout(struct store *store, const struct record_layout *layout,
                                          uint64_t *id)
{
    struct bytes about = record_layout_about(layout);
    struct sqlite3_stmt *statement;
    enum store_result result;

    for (size_t i = 0; i < store->num_known; i++) {
        if (store->known[i].layout == layout) {
            *id = (uint64_t)store->known[i].id;
            return STORE_OK;
        }
    }
    statement = store_statement(store, SQL_PUT_LAYOUT);
    if (statement != NULL) {
        store_bind_text(statement, 1, about);
    }
    result = store_run(store, statement);
    statement = result == STORE_OK ? store_statement(store, SQL_FIND_LAYOUT) : NULL;
    if (statement == NULL) {
        return result == STORE_OK ? STORE_TROUBLE : result;
    }
    store_bind_text(statement, 1, about);
    result = store_ask(store, statement, id);
    if (result == STORE_OK && store->num_known < STORE_MAX_LAYOUTS) {
        store->known[store->num_known].layout = layout;
        store->known[store->num_known++].id = (int64_t)*id;
    }
    return result;
}

/* NULL: it is not there, makes no sense, or there are too many. */
static struct record_layout *layout_of(struct store *store, uint64_t id)
{
    struct sqlite3_stmt *statement;
    struct record_layout *layout = NULL;
    bool has_row;

    for (size_t i = 0; i < store->num_parsed; i++) {
        if (store->parsed[i].id == (int64_t)id) {
            return store->parsed[i].layout;
        }
    }
    statement = store_statement(store, SQL_READ_LAYOUT);
    if (statement == NULL || store->num_parsed == STORE_MAX_LAYOUTS) {
        return NULL;
    }
    store_bind_number(statement, 1, id);
    if (store_step(store, statement, &has_row) == STORE_OK && has_row) {
        layout = record_layout_parse(store_column(statement, 0));
        store_end(statement);
    }
    if (layout != NULL) {
        store->parsed[store->num_parsed].layout = layout;
        store->parsed[store->num_parsed++].id = (int64_t)id;
    }
    return layout;
}

/* ---- findings ---- */

static enum store_result put_finding(struct store *store, const struct record *record,
                                     uint64_t layout, uint64_t now_s)
{
    uint8_t packed[RECORD_MAX_PACKED];
    struct bytes id = record_find(record, "event.id");
    struct sqlite3_stmt *statement = store_statement(store, SQL_PUT);
    size_t len = record_pack(record, packed);

    if (statement != NULL && id.len > 0) {
        store_bind_text(statement, 1, id);
    }
    if (statement != NULL) {
        store_bind_number(statement, 2, now_s);
        store_bind_number(statement, 3, layout);
        store_bind_blob(statement, 4, bytes_view(packed, len));
    }
    return store_run(store, statement);
}

enum store_result store_put(struct store *store, const struct record *record, uint64_t now_s,
                            bool *is_new)
{
    uint64_t layout = 0;
    enum store_result result = number_of_layout(store, record_layout_of(record), &layout);

    *is_new = false;
    if (result == STORE_OK) {
        result = put_finding(store, record, layout, now_s);
    }
    if (result == STORE_OK && store_changes(store) > 0) {
        *is_new = true;
        result = store_put_fact(store, record);
    }
    return result;
}

enum store_result store_skip_to(struct store *store, uint64_t sequence)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_SKIP);

    if (statement != NULL) {
        store_bind_number(statement, 1, sequence);
    }
    return store_run(store, statement);
}

/* The record of a row; NULL: it makes no sense, or there is no memory for it. */
static struct record *record_of(struct store *store, struct sqlite3_stmt *row)
{
    struct record_layout *layout = layout_of(store, store_column_number(row, 1));

    return layout == NULL
               ? NULL
               : record_unpack(layout, store_column(row, 2), store_column_number(row, 0));
}

enum store_result store_read(struct store *store, struct store_page *page, struct record **records)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_READ);
    enum store_result result = STORE_OK;
    bool has_row = true;
    size_t bytes = 0;

    page->num = 0;
    if (statement != NULL) {
        store_bind_number(statement, 1, page->after);
    }
    while (page->num < page->max && bytes < page->max_bytes && has_row) {
        struct record *record;

        result = store_step(store, statement, &has_row);
        record = has_row ? record_of(store, statement) : NULL;
        if (record != NULL) {
            bytes += record_json(record).len;
            records[page->num++] = record;
        }
    }
    page->is_last = !has_row;
    if (has_row && statement != NULL) {
        store_end(statement);
    }
    return result;
}

uint64_t store_first(struct store *store)
{
    uint64_t first = 0;

    (void)store_ask(store, store_statement(store, SQL_FIRST), &first);
    return first;
}

uint64_t store_last(struct store *store)
{
    uint64_t last = 0;

    (void)store_ask(store, store_statement(store, SQL_LAST), &last);
    return last;
}

uint64_t store_bytes(struct store *store)
{
    uint64_t bytes = 0;

    (void)store_ask(store, store_statement(store, SQL_PAGES), &bytes);
    return bytes;
}

/* ---- names and cursors ---- */

bool store_get(struct store *store, const char *name, char *value, size_t size)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_GET);
    bool has_row = false;

    if (statement != NULL) {
        store_bind_text(statement, 1, bytes_of_text(name));
    }
    (void)store_step(store, statement, &has_row);
    if (has_row) {
        (void)text_set(value, size, store_column(statement, 0));
        store_end(statement);
    }
    return has_row;
}

enum store_result store_set(struct store *store, const char *name, const char *value)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_SET);

    if (statement != NULL) {
        store_bind_text(statement, 1, bytes_of_text(name));
        store_bind_text(statement, 2, bytes_of_text(value));
    }
    return store_run(store, statement);
}

bool store_cursor(struct store *store, const char *sink, uint64_t *sequence)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_CURSOR);
    bool has_row = false;

    *sequence = 0;
    if (statement != NULL) {
        store_bind_text(statement, 1, bytes_of_text(sink));
    }
    (void)store_step(store, statement, &has_row);
    if (has_row) {
        *sequence = store_column_number(statement, 0);
        store_end(statement);
    }
    return has_row;
}

enum store_result store_set_cursor(struct store *store, const char *sink, uint64_t sequence,
                                   uint64_t now_s)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_SET_CURSOR);

    if (statement != NULL) {
        store_bind_text(statement, 1, bytes_of_text(sink));
        store_bind_number(statement, 2, sequence);
        store_bind_number(statement, 3, now_s);
    }
    return store_run(store, statement);
}

/* ---- leaving ---- */

/* Removes all findings up to a sequence. read_by: up to where all sinks have them. */
static enum store_result expire_to(struct store *store, uint64_t to, uint64_t read_by,
                                   struct store_expired *expired)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_EXPIRE);
    enum store_result result;
    uint64_t num;

    if (statement != NULL) {
        store_bind_number(statement, 1, to);
    }
    result = store_run(store, statement);
    if (result == STORE_OK) {
        num = store_changes(store);
        expired->findings += num;
        if (to > read_by) {
            expired->unread += to - read_by < num ? to - read_by : num;
        }
    }
    return result;
}

/* Up to where all sinks have it that were in use lately; everything, where there are none. */
static enum store_result find_read_by(struct store *store, const struct store_limits *limits,
                                      uint64_t *read_by)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_READ_BY);
    enum store_result result;
    bool has_row;

    *read_by = INT64_MAX;
    if (statement != NULL) {
        store_bind_number(statement, 1,
                          limits->max_age_s > 0 && limits->now_s > limits->max_age_s
                              ? limits->now_s - limits->max_age_s
                              : 0);
    }
    result = store_step(store, statement, &has_row);
    if (has_row) {
        *read_by = store_has_value(statement, 0) ? store_column_number(statement, 0) : INT64_MAX;
        store_end(statement);
    }
    return result;
}

static enum store_result expire_old(struct store *store, const struct store_limits *limits,
                                    uint64_t read_by, struct store_expired *expired)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_OLD);
    enum store_result result;
    uint64_t to;

    if (limits->max_age_s == 0 || limits->now_s <= limits->max_age_s) {
        return STORE_OK;
    }
    if (statement != NULL) {
        store_bind_number(statement, 1, limits->max_findings);
        store_bind_number(statement, 2, limits->now_s - limits->max_age_s);
        store_bind_number(statement, 3, read_by);
    }
    result = store_ask(store, statement, &to);
    return result == STORE_OK && to > 0 ? expire_to(store, to, read_by, expired) : result;
}

/* About how many findings hold the bytes that are too many. */
static uint64_t num_excess(struct store *store, const struct store_limits *limits, uint64_t bytes)
{
    uint64_t first = store_first(store);
    uint64_t last = store_last(store);
    uint64_t findings = first > 0 && last >= first ? last - first + 1 : 0;
    double part = (double)(bytes - limits->max_bytes) / (double)bytes;
    uint64_t num = (uint64_t)(part * (double)findings) + 1;

    return num < limits->max_findings ? num : limits->max_findings;
}

static enum store_result expire_oldest(struct store *store, const struct store_limits *limits,
                                       uint64_t read_by, struct store_expired *expired)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_OLDEST);
    uint64_t bytes = store_bytes(store);
    enum store_result result;
    uint64_t to;

    if (limits->max_bytes == 0 || bytes <= limits->max_bytes) {
        return STORE_OK;
    }
    if (statement != NULL) {
        store_bind_number(statement, 1, num_excess(store, limits, bytes));
    }
    result = store_ask(store, statement, &to);
    return result == STORE_OK && to > 0 ? expire_to(store, to, read_by, expired) : result;
}

enum store_result store_expire(struct store *store, const struct store_limits *limits,
                               struct store_expired *expired)
{
    struct store_expired now = {0};
    uint64_t read_by = 0;
    enum store_result result = store_begin(store);

    result = result == STORE_OK ? find_read_by(store, limits, &read_by) : result;
    result = result == STORE_OK ? expire_old(store, limits, read_by, &now) : result;
    result = result == STORE_OK ? expire_oldest(store, limits, read_by, &now) : result;
    if (result == STORE_OK && limits->max_devices > 0) {
        result = store_forget_devices(store, limits->max_devices, &now.devices);
    }
    result = result == STORE_OK ? store_commit(store) : result;
    if (result != STORE_OK) {
        store_rollback(store);
        return result;
    }
    expired->findings += now.findings;
    expired->unread += now.unread;
    expired->devices += now.devices;
    return STORE_OK;
}
