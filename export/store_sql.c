/* The texts of SQL: what a journal looks like, and what is asked of it. */
#include <assert.h>

#include "export/store_part.h"

/*
 * findings.id is NULL for a record without one, which nothing can recognise as a repeat.
 * findings.written and cursors.used are seconds since 1970; all other times are packet time, as
 * text that sorts.
 */
static const char *const upgrades[STORE_VERSION] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE layouts (id INTEGER PRIMARY KEY, about TEXT NOT NULL UNIQUE);"
    "CREATE TABLE findings ("
    " sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, written INTEGER NOT NULL,"
    " layout INTEGER NOT NULL, fields BLOB NOT NULL);"
    "CREATE TABLE cursors ("
    " sink TEXT PRIMARY KEY, sequence INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;",

    /* devices has no index of last_seen: every finding would have to change it, and only those that
     * leave are asked for. Facts are what is left of findings when the time is taken out of them.
     * The view has the same verdict as the device hashes in Redis (sink/findings.lua). */
    "CREATE TABLE devices ("
    " number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, ip TEXT, mac TEXT, host TEXT,"
    " client TEXT, manufacturer TEXT, model TEXT);"
    "CREATE TABLE facts ("
    " device INTEGER NOT NULL, kind TEXT, service TEXT, mechanism TEXT, family TEXT,"
    " certainty TEXT, outcome TEXT, user TEXT, target TEXT,"
    " policy TEXT, host TEXT, client TEXT,"
    " first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (device, kind, service, mechanism, family, certainty, outcome, user, target)"
    ") WITHOUT ROWID;"
    "CREATE TABLE rules ("
    " id TEXT PRIMARY KEY, name TEXT, level TEXT, first_seen TEXT NOT NULL,"
    " last_seen TEXT NOT NULL, findings INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE VIEW device_counts AS SELECT device,"
    " sum(iif(is_read AND family = 'basic', count, 0)) AS basic,"
    " sum(iif(is_read AND family = 'basic' AND outcome = 'blocked', count, 0)) AS basic_blocked,"
    " sum(iif(is_read AND family = 'modern', count, 0)) AS modern,"
    " sum(iif(is_read AND family = 'integrated', count, 0)) AS integrated,"
    " sum(iif(is_read AND family NOT IN ('basic', 'modern', 'integrated'), count, 0)) AS others,"
    " sum(iif(kind = 'auth' AND certainty = 'inferred' AND family = 'basic', count, 0))"
    "  AS basic_inferred,"
    " sum(iif(kind = 'tls' AND certainty <> 'decrypted', count, 0)) AS unreadable"
    " FROM (SELECT *, kind = 'auth' AND service <> 'proxy'"
    "  AND certainty IN ('observed', 'decrypted') AS is_read FROM facts) GROUP BY device;"
    "CREATE VIEW device_state AS SELECT devices.*, basic, basic_blocked, modern, integrated,"
    " others, basic_inferred, unreadable, CASE"
    " WHEN basic > 0 AND modern > 0 THEN 'mixed' WHEN basic > basic_blocked THEN 'basic'"
    " WHEN basic > 0 THEN 'blocked' WHEN modern > 0 THEN 'modern'"
    " WHEN integrated > 0 THEN 'integrated' WHEN others > 0 THEN 'none' ELSE 'unreadable' END"
    " AS verdict FROM devices LEFT JOIN device_counts ON device = number;",
};

static const char *const texts[NUM_STORE_SQL] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    /* Asked before, not left to a conflict: that would use up a number. */
    [SQL_PUT] = "INSERT INTO findings (id, written, layout, fields) SELECT ?1, ?2, ?3, ?4"
                " WHERE NOT EXISTS (SELECT 1 FROM findings WHERE id = ?1)",
    [SQL_READ] = "SELECT sequence, layout, fields FROM findings WHERE sequence > ?1"
                 " ORDER BY sequence",
    [SQL_FIRST] = "SELECT coalesce(min(sequence), 0) FROM findings",
    [SQL_LAST] = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'findings'",
    [SQL_SKIP] = "INSERT INTO sqlite_sequence (name, seq) VALUES ('findings', ?1)",
    [SQL_GET] = "SELECT value FROM meta WHERE name = ?1",
    [SQL_SET] = "INSERT INTO meta (name, value) VALUES (?1, ?2)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [SQL_CURSOR] = "SELECT sequence FROM cursors WHERE sink = ?1",
    [SQL_SET_CURSOR] = "INSERT INTO cursors (sink, sequence, used) VALUES (?1, ?2, ?3)"
                       " ON CONFLICT (sink) DO UPDATE"
                       " SET sequence = excluded.sequence, used = excluded.used",
    [SQL_PUT_LAYOUT] = "INSERT INTO layouts (about) VALUES (?1) ON CONFLICT (about) DO NOTHING",
    [SQL_FIND_LAYOUT] = "SELECT id FROM layouts WHERE about = ?1",
    [SQL_READ_LAYOUT] = "SELECT about FROM layouts WHERE id = ?1",
    [SQL_PAGES] = "SELECT (page_count - freelist_count) * page_size"
                  " FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    /* What all sinks have that are in use. A sink that was not run for as long as findings are kept
     * holds nothing back. */
    [SQL_READ_BY] = "SELECT min(sequence) FROM cursors WHERE ?1 = 0 OR used >= ?1",
    [SQL_OLD] = "SELECT max(sequence) FROM (SELECT sequence, written FROM findings"
                " ORDER BY sequence LIMIT ?1) WHERE written < ?2 AND sequence <= ?3",
    [SQL_OLDEST] = "SELECT max(sequence) FROM"
                   " (SELECT sequence FROM findings ORDER BY sequence LIMIT ?1)",
    [SQL_EXPIRE] = "DELETE FROM findings WHERE sequence <= ?1",
    [SQL_TOUCH_DEVICE] =
        "UPDATE devices SET first_seen = min(first_seen, ?2),"
        " ip = iif(?4 <> '' AND (?3 >= last_seen OR ip = ''), ?4, ip),"
        " mac = iif(?5 <> '' AND (?3 >= last_seen OR mac = ''), ?5, mac),"
        " host = iif(?6 <> '' AND (?3 >= last_seen OR host = ''), ?6, host),"
        " client = iif(?7 <> '' AND (?3 >= last_seen OR client = ''), ?7, client),"
        " manufacturer = iif(?8 <> '', ?8, manufacturer), model = iif(?9 <> '', ?9, model),"
        " last_seen = max(last_seen, ?3) WHERE id = ?1 RETURNING number",
    [SQL_PUT_DEVICE] = "INSERT INTO devices (id, first_seen, last_seen, ip, mac, host, client,"
                       " manufacturer, model) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                       " RETURNING number",
    [SQL_COUNT_FACT] = "UPDATE facts SET count = count + ?10, first_seen = min(first_seen, ?11),"
                       " last_seen = max(last_seen, ?12), policy = ?13,"
                       " host = iif(?14 <> '' AND (?12 >= last_seen OR host = ''), ?14, host),"
                       " client = iif(?15 <> '' AND (?12 >= last_seen OR client = ''), ?15, client)"
                       " WHERE device = ?1 AND kind = ?2 AND service = ?3 AND mechanism = ?4"
                       " AND family = ?5 AND certainty = ?6 AND outcome = ?7 AND user = ?8"
                       " AND target = ?9",
    [SQL_NUM_FACTS] = "SELECT count(*) FROM facts WHERE device = ?1",
    [SQL_PUT_FACT] = "INSERT INTO facts (device, kind, service, mechanism, family, certainty,"
                     " outcome, user, target, count, first_seen, last_seen, policy, host, client)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
                     " ON CONFLICT DO UPDATE SET count = count + excluded.count,"
                     " first_seen = min(first_seen, excluded.first_seen),"
                     " last_seen = max(last_seen, excluded.last_seen)",
    [SQL_COUNT_RULE] = "INSERT INTO rules (id, name, level, first_seen, last_seen, findings)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, 1) ON CONFLICT (id) DO UPDATE"
                       " SET name = excluded.name, level = excluded.level,"
                       " first_seen = min(first_seen, excluded.first_seen),"
                       " last_seen = max(last_seen, excluded.last_seen), findings = findings + 1",
    [SQL_EXCESS_DEVICES] = "SELECT max(0, count(*) - ?1) FROM devices",
    [SQL_FORGET_FACTS] = "DELETE FROM facts WHERE device IN"
                         " (SELECT number FROM devices ORDER BY last_seen, id LIMIT ?1)",
    [SQL_FORGET_DEVICES] = "DELETE FROM devices WHERE number IN"
                           " (SELECT number FROM devices ORDER BY last_seen, id LIMIT ?1)",
    [SQL_EACH_FACT] =
        "SELECT devices.id, facts.host, facts.client, kind, service, mechanism, family, certainty, "
        "outcome,"
        " user, target, facts.first_seen, facts.last_seen, count"
        " FROM facts JOIN devices ON device = number"
        " ORDER BY facts.last_seen, devices.id, kind, service, mechanism, family, certainty,"
        " outcome, user, target",
    [SQL_EACH_RULE] = "SELECT id, name, level, first_seen, last_seen, findings FROM rules"
                      " ORDER BY id",
};

const char *store_sql_text(enum store_sql which)
{
    return texts[which];
}

const char *store_sql_upgrade(unsigned from)
{
    assert(from < STORE_VERSION);
    return upgrades[from];
}
