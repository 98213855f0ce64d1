/*
 * What is known of devices: each finding that is new is counted here in the transaction that writes
 * it, so that what stands here is what the findings say, also of those that have left.
 */
#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "export/store_part.h"

/* Of one device; beyond, facts are counted without their user. A password spray from one address
 * must not fill the disk. */
enum { MAX_FACTS = 512 };

enum wanted {
    WANT_DEVICE,
    WANT_FIRST,
    WANT_LAST,
    WANT_IP,
    WANT_MAC,
    WANT_HOST,
    WANT_CLIENT,
    WANT_MANUFACTURER,
    WANT_MODEL,
    WANT_KIND,
    WANT_SERVICE,
    WANT_MECHANISM,
    WANT_FAMILY,
    WANT_CERTAINTY,
    WANT_OUTCOME,
    WANT_USER,
    WANT_USER_HASH,
    WANT_TARGET,
    WANT_COUNT,
    WANT_SWITCH,
    WANT_RULE,
    WANT_RULE_NAME,
    WANT_RULE_LEVEL,
    NUM_WANTED,
};
_Static_assert((int)NUM_WANTED <= (int)STORE_MAX_WANTED, "all have a place");

static const char *const wanted_names[NUM_WANTED] = {
    [WANT_DEVICE] = "device.id",
    [WANT_FIRST] = "event.start",
    [WANT_LAST] = "@timestamp",
    [WANT_IP] = "source.ip",
    [WANT_MAC] = "source.mac",
    [WANT_HOST] = "source.domain",
    [WANT_CLIENT] = "basictap.client",
    [WANT_MANUFACTURER] = "device.manufacturer",
    [WANT_MODEL] = "device.model.identifier",
    [WANT_KIND] = "basictap.kind",
    [WANT_SERVICE] = "basictap.service",
    [WANT_MECHANISM] = "basictap.mechanism",
    [WANT_FAMILY] = "basictap.family",
    [WANT_CERTAINTY] = "basictap.certainty",
    [WANT_OUTCOME] = "event.reason",
    [WANT_USER] = "user.name",
    [WANT_USER_HASH] = "user.hash",
    [WANT_TARGET] = "basictap.target",
    [WANT_COUNT] = "basictap.count",
    [WANT_SWITCH] = "basictap.switch",
    [WANT_RULE] = "rule.id",
    [WANT_RULE_NAME] = "rule.name",
    [WANT_RULE_LEVEL] = "rule.level",
};

/* ---- in ---- */

/* What a record says, by place. */
struct said {
    struct bytes text[NUM_WANTED];
    uint64_t count;
};

static void know_layout(struct store_wanted *wanted, const struct record *record)
{
    wanted->layout = record_layout_of(record);
    for (size_t i = 0; i < NUM_WANTED; i++) {
        wanted->index[i] = record_num_fields(record);
        for (size_t at = 0; at < record_num_fields(record); at++) {
            if (strcmp(record_name(record, at), wanted_names[i]) == 0) {
                wanted->index[i] = at;
            }
        }
    }
}

static void hear(struct store *store, const struct record *record, struct said *said)
{
    struct bytes digits;

    if (store->wanted.layout != record_layout_of(record)) {
        know_layout(&store->wanted, record);
    }
    for (size_t i = 0; i < NUM_WANTED; i++) {
        size_t at = store->wanted.index[i];

        said->text[i] = at < record_num_fields(record) ? record_text(record, at) : BYTES("");
    }
    if (said->text[WANT_FIRST].len == 0) {
        said->text[WANT_FIRST] = said->text[WANT_LAST];
    }
    if (said->text[WANT_USER].len == 0) {
        said->text[WANT_USER] = said->text[WANT_USER_HASH];
    }
    digits = said->text[WANT_COUNT];
    if (!take_decimal(&digits, INT64_MAX, &said->count) || said->count == 0) {
        said->count = 1;
    }
}

static void bind(struct sqlite3_stmt *statement, int index, const struct said *said,
                 enum wanted from, enum wanted to)
{
    for (unsigned i = from; statement != NULL && i <= (unsigned)to; i++) {
        store_bind_text(statement, index++, said->text[i]);
    }
}

static enum store_result put_device(struct store *store, const struct said *said, uint64_t *number)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_TOUCH_DEVICE);
    enum store_result result;

    bind(statement, 1, said, WANT_DEVICE, WANT_MODEL);
    result = store_ask(store, statement, number);
    if (result != STORE_OK || *number > 0) {
        return result;
    }
    statement = store_statement(store, SQL_PUT_DEVICE);
    bind(statement, 1, said, WANT_DEVICE, WANT_MODEL);
    return store_ask(store, statement, number);
}

static void bind_fact(struct sqlite3_stmt *statement, const struct said *said, uint64_t device)
{
    if (statement == NULL) {
        return;
    }
    store_bind_number(statement, 1, device);
    bind(statement, 2, said, WANT_KIND, WANT_USER);
    store_bind_text(statement, 9, said->text[WANT_TARGET]);
    store_bind_number(statement, 10, said->count);
    store_bind_text(statement, 11, said->text[WANT_FIRST]);
    store_bind_text(statement, 12, said->text[WANT_LAST]);
    store_bind_text(statement, 13, said->text[WANT_SWITCH]);
    store_bind_text(statement, 14, said->text[WANT_HOST]);
    store_bind_text(statement, 15, said->text[WANT_CLIENT]);
}

static enum store_result count_fact(struct store *store, struct said *said, uint64_t device)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_COUNT_FACT);
    uint64_t num;
    enum store_result result;

    bind_fact(statement, said, device);
    result = store_run(store, statement);
    if (result != STORE_OK || store_changes(store) > 0) {
        return result;
    }
    statement = store_statement(store, SQL_NUM_FACTS);
    if (statement != NULL) {
        store_bind_number(statement, 1, device);
    }
    result = store_ask(store, statement, &num);
    if (result != STORE_OK) {
        return result;
    }
    if (num >= MAX_FACTS) {
        said->text[WANT_USER] = BYTES("");
    }
    statement = store_statement(store, SQL_PUT_FACT);
    bind_fact(statement, said, device);
    return store_run(store, statement);
}

static enum store_result count_rule(struct store *store, const struct said *said)
{
    struct sqlite3_stmt *statement = store_statement(store, SQL_COUNT_RULE);

    bind(statement, 1, said, WANT_RULE, WANT_RULE_LEVEL);
    if (statement != NULL) {
        store_bind_text(statement, 4, said->text[WANT_FIRST]);
        store_bind_text(statement, 5, said->text[WANT_LAST]);
    }
    return store_run(store, statement);
}

enum store_result store_put_fact(struct store *store, const struct record *record)
{
    struct said said;
    enum store_result result = STORE_OK;
    uint64_t device;

    hear(store, record, &said);
    if (said.text[WANT_RULE].len > 0) {
        result = count_rule(store, &said);
    }
    /* An alert tells of findings that are counted already. */
    if (result != STORE_OK || bytes_equal(said.text[WANT_KIND], BYTES("alert"))) {
        return result;
    }
    result = put_device(store, &said, &device);
    return result == STORE_OK ? count_fact(store, &said, device) : result;
}

enum store_result store_count_again(struct store *store)
{
    enum { AT_ONCE = 256 };
    struct store_page page = {.max = AT_ONCE, .max_bytes = SIZE_MAX};
    struct record *records[AT_ONCE];
    enum store_result result = STORE_OK;

    while (result == STORE_OK && !page.is_last) {
        result = store_read(store, &page, records);
        for (size_t i = 0; i < page.num; i++) {
            page.after = record_sequence(records[i]);
            result = result == STORE_OK ? store_put_fact(store, records[i]) : result;
            record_free(records[i]);
        }
    }
    return result;
}

enum store_result store_forget_devices(struct store *store, size_t max_devices, uint64_t *forgotten)
{
    static const enum store_sql steps[] = {SQL_FORGET_FACTS, SQL_FORGET_DEVICES};
    struct sqlite3_stmt *statement = store_statement(store, SQL_EXCESS_DEVICES);
    enum store_result result;
    uint64_t excess;

    if (statement != NULL) {
        store_bind_number(statement, 1, max_devices);
    }
    result = store_ask(store, statement, &excess);
    for (size_t i = 0; result == STORE_OK && excess > 0 && i < 2; i++) {
        statement = store_statement(store, steps[i]);
        if (statement != NULL) {
            store_bind_number(statement, 1, excess);
        }
        result = store_run(store, statement);
    }
    *forgotten += excess;
    return result;
}

/* ---- out ---- */

/* A fact as a finding of the published schema, as far as the table reads one. */
struct fact {
    char device[128];
    char host[256];
    char client[96];
    char kind[16];
    char service[32];
    char mechanism[32];
    char family[16];
    char certainty[16];
    char outcome[16];
    char user[256];
    char target[32];
    struct timestamp first;
    struct timestamp last;
    uint64_t count;
    char rule[64];
    char rule_name[128];
    char rule_level[16];
    uint64_t findings; /* that a rule fired for */
};

static const struct field fields[] = {
    FIELD(struct fact, last, "@timestamp", "newest"),
    FIELD(struct fact, first, "event.start", "oldest"),
    FIELD(struct fact, device, "device.id", "who"),
    FIELD(struct fact, host, "source.domain", "its name"),
    FIELD(struct fact, client, "basictap.client", "its software"),
    FIELD(struct fact, kind, "basictap.kind", "auth, tls; alert for a rule"),
    FIELD(struct fact, service, "basictap.service", "service"),
    FIELD(struct fact, mechanism, "basictap.mechanism", "mechanism"),
    FIELD(struct fact, family, "basictap.family", "family"),
    FIELD(struct fact, certainty, "basictap.certainty", "how it is known"),
    FIELD(struct fact, outcome, "event.reason", "outcome"),
    FIELD(struct fact, user, "user.name", "as whom; empty also for those beyond the limit"),
    FIELD(struct fact, target, "basictap.target", "where"),
    FIELD(struct fact, count, "basictap.count", "attempts"),
    FIELD(struct fact, rule, "rule.id", "of a rule"),
    FIELD(struct fact, rule_name, "rule.name", "its title"),
    FIELD(struct fact, rule_level, "rule.level", "its level"),
    FIELD(struct fact, findings, "basictap.findings", "how many it fired for"),
};
static const struct schema fact_schema = {"fact", fields, sizeof(fields) / sizeof(fields[0])};

static void get(struct sqlite3_stmt *statement, int index, char *text, size_t size)
{
    (void)text_set(text, size, store_column(statement, index));
}

/* Days since 1970-01-01 of a date of the Gregorian calendar. */
static uint64_t days_of(uint64_t year, uint64_t month, uint64_t day)
{
    static const uint16_t before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint64_t past = year - 1;
    uint64_t leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return past * 365 + past / 4 - past / 100 + past / 400 - 719162 + before[month - 1] + day - 1 +
           (leap > 0 && month > 2);
}

/* "2026-11-21T08:00:01.250000Z", as field_text writes it; 0 for anything else. */
static struct timestamp time_of(struct bytes text)
{
    static const char marks[] = "--T::.Z";
    static const uint64_t most[] = {9999, 12, 31, 23, 59, 60, 999999};
    uint64_t part[7];

    for (size_t i = 0; i < 7; i++) {
        uint8_t mark;

        if (!take_decimal(&text, most[i], &part[i]) || !take_u8(&text, &mark) ||
            mark != (uint8_t)marks[i]) {
            return (struct timestamp){0};
        }
    }
    if (part[0] < 1970 || part[1] == 0 || part[2] == 0) {
        return (struct timestamp){0};
    }
    return (struct timestamp){
        (((days_of(part[0], part[1], part[2]) * 24 + part[3]) * 60 + part[4]) * 60 + part[5]) *
            1000000000u +
        part[6] * 1000};
}

static void read_fact(struct sqlite3_stmt *statement, struct fact *fact)
{
    *fact = (struct fact){.findings = 1};
    get(statement, 0, fact->device, sizeof(fact->device));
    get(statement, 1, fact->host, sizeof(fact->host));
    get(statement, 2, fact->client, sizeof(fact->client));
    get(statement, 3, fact->kind, sizeof(fact->kind));
    get(statement, 4, fact->service, sizeof(fact->service));
    get(statement, 5, fact->mechanism, sizeof(fact->mechanism));
    get(statement, 6, fact->family, sizeof(fact->family));
    get(statement, 7, fact->certainty, sizeof(fact->certainty));
    get(statement, 8, fact->outcome, sizeof(fact->outcome));
    get(statement, 9, fact->user, sizeof(fact->user));
    get(statement, 10, fact->target, sizeof(fact->target));
    fact->first = time_of(store_column(statement, 11));
    fact->last = time_of(store_column(statement, 12));
    fact->count = store_column_number(statement, 13);
}

static void read_rule(struct sqlite3_stmt *statement, struct fact *fact)
{
    *fact = (struct fact){.kind = "alert"};
    get(statement, 0, fact->rule, sizeof(fact->rule));
    get(statement, 1, fact->rule_name, sizeof(fact->rule_name));
    get(statement, 2, fact->rule_level, sizeof(fact->rule_level));
    fact->first = time_of(store_column(statement, 3));
    fact->last = time_of(store_column(statement, 4));
    fact->findings = store_column_number(statement, 5);
}

static enum store_result tell_each(struct store *store, enum store_sql which,
                                   void (*read)(struct sqlite3_stmt *, struct fact *),
                                   store_fact_fn *on_fact, void *ctx)
{
    struct sqlite3_stmt *statement = store_statement(store, which);
    struct fact fact;
    bool has_row;
    enum store_result result = store_step(store, statement, &has_row);

    while (result == STORE_OK && has_row) {
        read(statement, &fact);
        on_fact(ctx, &fact_schema, &fact);
        result = store_step(store, statement, &has_row);
    }
    return result;
}

enum store_result store_each_fact(struct store *store, store_fact_fn *on_fact, void *ctx)
{
    enum store_result result = tell_each(store, SQL_EACH_FACT, read_fact, on_fact, ctx);

    return result == STORE_OK ? tell_each(store, SQL_EACH_RULE, read_rule, on_fact, ctx) : result;
}
