/* store_part: what the files of the store share; SQLite's types stay names here. */
#ifndef BASICTAP_EXPORT_STORE_PART_H
#define BASICTAP_EXPORT_STORE_PART_H

#include "export/store.h"

struct sqlite3;
struct sqlite3_stmt;

/* Statements, prepared at their first use; their text is in store_sql.c. */
enum store_sql {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_PUT,
    SQL_READ,
    SQL_FIRST,
    SQL_LAST,
    SQL_SKIP,
    SQL_GET,
    SQL_SET,
    SQL_CURSOR,
    SQL_SET_CURSOR,
    SQL_PUT_LAYOUT,
    SQL_FIND_LAYOUT,
    SQL_READ_LAYOUT,
    SQL_PAGES,
    SQL_READ_BY,
    SQL_OLD,
    SQL_OLDEST,
    SQL_EXPIRE,
    SQL_TOUCH_DEVICE,
    SQL_PUT_DEVICE,
    SQL_COUNT_FACT,
    SQL_NUM_FACTS,
    SQL_PUT_FACT,
    SQL_COUNT_RULE,
    SQL_EXCESS_DEVICES,
    SQL_FORGET_FACTS,
    SQL_FORGET_DEVICES,
    SQL_EACH_FACT,
    SQL_EACH_RULE,
    NUM_STORE_SQL,
};

const char *store_sql_text(enum store_sql which);

/* What brings a database from version n to n + 1; version 0 is an empty file. */
enum { STORE_VERSION = 2 };
const char *store_sql_upgrade(unsigned from);

enum { STORE_MAX_LAYOUTS = 64 }; /* kinds of records of all versions that wrote the file */

/* Columns of a layout that the state of devices is made of: store_device.c. */
enum { STORE_MAX_WANTED = 32 };
struct store_wanted {
    const struct record_layout *layout; /* whose these are */
    size_t index[STORE_MAX_WANTED];
};

struct store {
    struct sqlite3 *db;
    struct sqlite3_stmt *statements[NUM_STORE_SQL];
    char words[256];
    int lock_fd; /* of the file, while it is written; -1: none */
    struct {
        const struct record_layout *layout; /* that records were made with in this run */
        int64_t id;
    } known[STORE_MAX_LAYOUTS];
    size_t num_known;
    struct {
        struct record_layout *layout; /* parsed from the file */
        int64_t id;
    } parsed[STORE_MAX_LAYOUTS];
    size_t num_parsed;
    struct store_wanted wanted;
};

/* NULL: store->words say why, store_failure what it means. */
struct sqlite3_stmt *store_statement(struct store *store, enum store_sql which);
void store_bind_text(struct sqlite3_stmt *statement, int index, struct bytes text);
void store_bind_blob(struct sqlite3_stmt *statement, int index, struct bytes blob);
void store_bind_number(struct sqlite3_stmt *statement, int index, uint64_t number);
struct bytes store_column(struct sqlite3_stmt *statement, int index); /* until the next step */
uint64_t store_column_number(struct sqlite3_stmt *statement, int index);
bool store_has_value(struct sqlite3_stmt *statement, int index); /* false: NULL */

/* The next row; *has_row false: there is none, and the statement is ready for its next use. After
 * the last row that is wanted, store_end. */
enum store_result store_step(struct store *store, struct sqlite3_stmt *statement, bool *has_row);
void store_end(struct sqlite3_stmt *statement);
enum store_result store_ask(struct store *store, struct sqlite3_stmt *statement,
                            uint64_t *number); /* gives one row with a number, or 0 */
enum store_result store_run(struct store *store, struct sqlite3_stmt *statement); /* has no rows */
uint64_t store_changes(struct store *store); /* rows that the last statement changed */

/* A finding that is new becomes part of what is known of its device. */
enum store_result store_put_fact(struct store *store, const struct record *record);
enum store_result store_forget_devices(struct store *store, size_t max_devices,
                                       uint64_t *forgotten);

/* What an older version has not counted: of all findings that are there. */
enum store_result store_count_again(struct store *store);

#endif
