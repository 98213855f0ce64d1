#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dissectors/base/text.h"
#include "export/store_part.h"

enum { BUSY_MS = 5000, PATH_SIZE_MAX = 4096, MAX_ASIDE = 1000 };

/* ---- statements ---- */

static enum store_result meaning_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STORE_DAMAGED;
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return STORE_REFUSED;
    default:
        return STORE_TROUBLE;
    }
}

/* Keeps the words, because the next call overwrites them. */
static enum store_result fail(struct store *store, int code)
{
    (void)snprintf(store->words, sizeof(store->words), "%s",
                   store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));
    return meaning_of(code);
}

struct sqlite3_stmt *store_statement(struct store *store, enum store_sql which)
{
    int code;

    if (store->statements[which] != NULL) {
        return store->statements[which];
    }
    code = sqlite3_prepare_v3(store->db, store_sql_text(which), -1, SQLITE_PREPARE_PERSISTENT,
                              &store->statements[which], NULL);
    if (code != SQLITE_OK) {
        (void)fail(store, code);
        return NULL;
    }
    return store->statements[which];
}

void store_bind_text(struct sqlite3_stmt *statement, int index, struct bytes text)
{
    /* Borrowed: every statement is stepped before its texts go. */
    (void)sqlite3_bind_text(statement, index, text.len > 0 ? (const char *)text.at : "",
                            (int)text.len, SQLITE_STATIC);
}

void store_bind_blob(struct sqlite3_stmt *statement, int index, struct bytes blob)
{
    (void)sqlite3_bind_blob(statement, index, blob.at, (int)blob.len, SQLITE_STATIC);
}

void store_bind_number(struct sqlite3_stmt *statement, int index, uint64_t number)
{
    (void)sqlite3_bind_int64(statement, index,
                             number < INT64_MAX ? (sqlite3_int64)number : INT64_MAX);
}

struct bytes store_column(struct sqlite3_stmt *statement, int index)
{
    const void *at = sqlite3_column_blob(statement, index);

    return bytes_view(at, at != NULL ? (size_t)sqlite3_column_bytes(statement, index) : 0);
}

uint64_t store_column_number(struct sqlite3_stmt *statement, int index)
{
    sqlite3_int64 number = sqlite3_column_int64(statement, index);

    return number > 0 ? (uint64_t)number : 0;
}

bool store_has_value(struct sqlite3_stmt *statement, int index)
{
    return sqlite3_column_type(statement, index) != SQLITE_NULL;
}

enum store_result store_step(struct store *store, struct sqlite3_stmt *statement, bool *has_row)
{
    int code;

    *has_row = false;
    if (statement == NULL) {
        return meaning_of(sqlite3_errcode(store->db));
    }
    code = sqlite3_step(statement);
    *has_row = code == SQLITE_ROW;
    if (code == SQLITE_ROW) {
        return STORE_OK;
    }
    if (code != SQLITE_DONE) {
        enum store_result result = fail(store, code);

        store_end(statement);
        return result;
    }
    store_end(statement);
    return STORE_OK;
}

void store_end(struct sqlite3_stmt *statement)
{
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
}

enum store_result store_run(struct store *store, struct sqlite3_stmt *statement)
{
    bool has_row;
    enum store_result result = store_step(store, statement, &has_row);

    if (has_row) {
        store_end(statement);
    }
    return result;
}

uint64_t store_changes(struct store *store)
{
    int changes = sqlite3_changes(store->db);

    return changes > 0 ? (uint64_t)changes : 0;
}

enum store_result store_ask(struct store *store, struct sqlite3_stmt *statement, uint64_t *number)
{
    bool has_row;
    enum store_result result = store_step(store, statement, &has_row);

    *number = 0;
    if (has_row) {
        *number = store_column_number(statement, 0);
        store_end(statement);
    }
    return result;
}

const char *store_words(const struct store *store)
{
    return store->words;
}

/* ---- transactions ---- */

enum store_result store_begin(struct store *store)
{
    return store_run(store, store_statement(store, SQL_BEGIN));
}

enum store_result store_commit(struct store *store)
{
    return store_run(store, store_statement(store, SQL_COMMIT));
}

void store_rollback(struct store *store)
{
    char words[sizeof(store->words)];

    memcpy(words, store->words, sizeof(words)); /* why it is rolled back says more */
    store->num_known = 0;                       /* layouts may be among what is undone */
    if (sqlite3_get_autocommit(store->db) == 0) {
        (void)store_run(store, store_statement(store, SQL_ROLLBACK));
    }
    memcpy(store->words, words, sizeof(words));
}

static enum store_result execute(struct store *store, const char *sql)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? STORE_OK : fail(store, code);
}

/* ---- opening ---- */

/* Also makes the file, so that nobody else may ever read it. */
static enum store_result lock(struct store *store, const char *path, struct diag *diag)
{
    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock_fd < 0) {
        bool is_place = errno == ENOENT || errno == ENOTDIR || errno == EISDIR || errno == ELOOP;

        diag_set(diag, "%s: %s", path, strerror(errno));
        return is_place ? STORE_REFUSED : STORE_TROUBLE;
    }
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        diag_set(diag, "%s: another basictap writes it", path);
        return STORE_REFUSED;
    }
    return STORE_OK;
}

static enum store_result set_up(struct store *store, const char *path, enum store_use use)
{
    static const char both[] = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                               "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;";
    /* FULL: what is committed survives a power failure too. The log is kept from growing for ever
     * after one large transaction. */
    static const char of_file[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                  "PRAGMA journal_size_limit = 16777216;";
    enum store_result result;

    (void)sqlite3_busy_timeout(store->db, BUSY_MS);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    result = execute(store, both);
    if (result != STORE_OK || use == STORE_READS) {
        return result;
    }
    return execute(store, path != NULL ? of_file : "PRAGMA synchronous = OFF;");
}

static enum store_result version_of(struct store *store, uint64_t *version)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &statement, NULL);
    enum store_result result;

    if (code != SQLITE_OK) {
        return fail(store, code);
    }
    result = store_ask(store, statement, version);
    (void)sqlite3_finalize(statement);
    return result;
}

/* One step, and the number that says it is done, in one transaction: a crash leaves the old one. */
static enum store_result upgrade(struct store *store, unsigned from)
{
    char number[64];
    enum store_result result = store_begin(store);

    (void)snprintf(number, sizeof(number), "PRAGMA user_version = %u", from + 1);
    result = result == STORE_OK ? execute(store, store_sql_upgrade(from)) : result;
    if (result == STORE_OK && from == 1) {
        result = store_count_again(store); /* what version 1 did not count */
    }
    result = result == STORE_OK ? execute(store, number) : result;
    result = result == STORE_OK ? store_commit(store) : result;
    if (result != STORE_OK) {
        store_rollback(store);
    }
    return result;
}

/* A file of somebody else's that is a database too. */
static bool is_foreign(struct store *store)
{
    struct sqlite3_stmt *statement = NULL;
    uint64_t tables = 0;

    if (sqlite3_prepare_v2(store->db, "SELECT count(*) FROM sqlite_schema", -1, &statement, NULL) ==
        SQLITE_OK) {
        (void)store_ask(store, statement, &tables);
    }
    (void)sqlite3_finalize(statement);
    return tables > 0;
}

static enum store_result settle_version(struct store *store, const char *path, enum store_use use,
                                        struct diag *diag)
{
    uint64_t version = 0;
    enum store_result result = version_of(store, &version);

    if (result == STORE_OK && version > STORE_VERSION) {
        diag_set(diag, "%s: a newer basictap wrote this (version %llu; known are up to %d)", path,
                 (unsigned long long)version, (int)STORE_VERSION);
        return STORE_REFUSED;
    }
    if (result == STORE_OK && version == 0 && is_foreign(store)) {
        diag_set(diag, "%s: a database, but no journal", path);
        return STORE_REFUSED;
    }
    if (result == STORE_OK && use == STORE_READS && version < STORE_VERSION) {
        diag_set(diag,
                 version == 0 ? "%s: no journal"
                              : "%s: an older basictap wrote this; listen or replay with it "
                                "once, which brings it up to date",
                 path);
        return STORE_REFUSED;
    }
    while (result == STORE_OK && version < STORE_VERSION) {
        result = upgrade(store, (unsigned)version++);
    }
    if (result != STORE_OK) {
        diag_set(diag, "%s: %s", path != NULL ? path : "memory", store->words);
    }
    return result;
}

/* Looks at every page when the last writer did not end as it should: a machine that lost its power
 * may have lost more. */
static enum store_result check(struct store *store, const char *path, struct diag *diag)
{
    struct sqlite3_stmt *statement = NULL;
    char clean[8] = "";
    bool has_row = false;
    bool is_sound;

    if (store_get(store, "clean", clean, sizeof(clean)) && strcmp(clean, "1") == 0) {
        return store_set(store, "clean", "0");
    }
    if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL) != SQLITE_OK) {
        return fail(store, sqlite3_errcode(store->db));
    }
    is_sound = store_step(store, statement, &has_row) == STORE_OK && has_row &&
               bytes_equal(store_column(statement, 0), BYTES("ok"));
    (void)sqlite3_finalize(statement);
    if (!is_sound) {
        diag_set(diag, "%s: damaged", path);
        return STORE_DAMAGED;
    }
    return store_set(store, "clean", "0");
}

/* SQLite counts its memory behind a lock, which nobody asks about and every allocation pays for. */
static void configure_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum store_result open_database(struct store *store, const char *path, enum store_use use,
                                       struct diag *diag)
{
    int flags =
        use == STORE_READS ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(path != NULL ? path : ":memory:", &store->db,
                               flags | SQLITE_OPEN_NOMUTEX, NULL);
    enum store_result result = code == SQLITE_OK ? STORE_OK : fail(store, code);

    result = result == STORE_OK ? set_up(store, path, use) : result;
    if (result != STORE_OK) {
        diag_set(diag, "%s: %s", path != NULL ? path : "memory", store->words);
        return result;
    }
    result = settle_version(store, path, use, diag);
    if (result == STORE_OK && use == STORE_WRITES && path != NULL) {
        diag_set(diag, "%s: cannot be written", path);
        result = check(store, path, diag);
    }
    return result;
}

enum store_result store_open(const char *path, enum store_use use, struct store **store,
                             struct diag *diag)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct store *made = calloc(1, sizeof(*made));
    enum store_result result = STORE_OK;

    (void)pthread_once(&once, configure_library);
    *store = NULL;
    if (made == NULL) {
        diag_set(diag, "out of memory");
        return STORE_TROUBLE;
    }
    made->lock_fd = -1;
    if (path != NULL && use == STORE_WRITES) {
        result = lock(made, path, diag);
    } else if (path != NULL && access(path, R_OK) != 0) {
        diag_set(diag, "%s: %s", path, strerror(errno));
        result = STORE_REFUSED;
    }
    if (result == STORE_OK) {
        result = open_database(made, path, use, diag);
    }
    if (result != STORE_OK) {
        store_close(made);
        return result;
    }
    diag_set(diag, "%s", "");
    *store = made;
    return STORE_OK;
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    for (size_t i = 0; i < NUM_STORE_SQL; i++) {
        (void)sqlite3_finalize(store->statements[i]);
    }
    for (size_t i = 0; i < store->num_parsed; i++) {
        record_layout_free(store->parsed[i].layout);
    }
    (void)sqlite3_close(store->db);
    if (store->lock_fd >= 0) {
        (void)close(store->lock_fd);
    }
    free(store);
}

bool store_is_there(const struct store *store, const char *path)
{
    struct stat ours;
    struct stat named;

    if (fstat(store->lock_fd, &ours) != 0) {
        return true;
    }
    if (stat(path, &named) != 0) { /* after rights are given up its folder may be out of sight */
        return errno != ENOENT;
    }
    return named.st_dev == ours.st_dev && named.st_ino == ours.st_ino;
}

bool store_set_aside(const char *path, char *aside, size_t size, struct diag *diag)
{
    static const char *const beside[] = {"-wal", "-shm"};
    struct stat info;
    int number = 1;

    do {
        (void)snprintf(aside, size, "%s.damaged-%d", path, number);
    } while (lstat(aside, &info) == 0 && ++number < MAX_ASIDE);
    if (number == MAX_ASIDE || rename(path, aside) != 0) {
        diag_set(diag, "%s: is damaged and cannot be set aside: %s", path, strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        char from[PATH_SIZE_MAX];
        char to[PATH_SIZE_MAX];

        (void)snprintf(from, sizeof(from), "%s%s", path, beside[i]);
        (void)snprintf(to, sizeof(to), "%s%s", aside, beside[i]);
        (void)rename(from, to); /* there may be none */
    }
    return true;
}
