/* What a journal knows of devices, which outlives their findings. */
#include <sqlite3.h>

#include "tests/export/store_bench.h"

static void run_sql(const struct store_bench *bench, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

struct facts {
    unsigned num;
    uint64_t attempts;
    uint64_t rule_findings;
    char text[4096];
};

static struct bytes text_of(const struct schema *schema, const void *fact, const char *name,
                            char scratch[FIELD_TEXT_MAX])
{
    return field_text(schema_find(schema, bytes_of_text(name)), fact, scratch);
}

static void on_fact(void *ctx, const struct schema *schema, const void *fact)
{
    static const char *const names[] = {"device.id", "basictap.kind", "basictap.client",
                                        "user.name", "event.start",   "@timestamp",
                                        "rule.id"};
    struct facts *facts = ctx;
    char scratch[FIELD_TEXT_MAX];
    double number;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t len = strlen(facts->text);
        struct bytes text = text_of(schema, fact, names[i], scratch);

        (void)snprintf(facts->text + len, sizeof(facts->text) - len, "%.*s|", (int)text.len,
                       (const char *)text.at);
    }
    facts->num++;
    if (field_number(schema_find(schema, BYTES("basictap.count")), fact, &number)) {
        facts->attempts += (uint64_t)number;
    }
    if (bytes_equal(text_of(schema, fact, "basictap.kind", scratch), BYTES("alert")) &&
        field_number(schema_find(schema, BYTES("basictap.findings")), fact, &number)) {
        facts->rule_findings += (uint64_t)number;
    }
}

static struct facts facts_of(struct store_bench *bench)
{
    struct facts facts = {0};
    struct diag diag = {0};

    assert_true(journal_each_fact(bench->journal, on_fact, &facts, &diag));
    return facts;
}

static const char two_logins[] =
    "mac:00-1B-54-AA-00-01|auth|Outlook|bob@contoso.com|2026-11-21T08:00:00.000000Z|"
    "2026-11-21T08:00:09.250000Z||";

static void a_device_is_known_when_its_findings_are_gone(void **state)
{
    struct store_bench bench;
    struct sample early = sample_login(0);
    struct sample late = sample_login(9);

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    late.count = 4;
    (void)strcpy(late.client_name, "Outlook");
    bench_put(&bench, &late);
    bench_put(&bench, &early); /* seen earlier, told later: its software is not the newest */
    bench_put(&bench, &late);  /* a repeat */
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_string_equal(facts_of(&bench).text, two_logins);
    assert_int_equal(facts_of(&bench).attempts, 5);
    bench_close(&bench);
    run_sql(&bench, "DELETE FROM findings");
    bench_open(&bench);
    assert_string_equal(facts_of(&bench).text, two_logins);
    bench_clear(&bench);
}

/* The one row that a query gives, of one column. */
static void ask_sql(const struct store_bench *bench, const char *sql, char *answer, size_t size)
{
    sqlite3_stmt *statement;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(bench->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    (void)snprintf(answer, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void the_verdict_follows_from_what_was_read(void **state)
{
    static const struct {
        const char *family;
        const char *outcome;
        const char *certainty;
        const char *service;
        const char *kind;
        const char *verdict; /* with all before it */
    } steps[] = {
        {"unknown", "unknown", "possible", "imap", "tls", "unreadable"},
        {"basic", "accepted", "inferred", "imap", "auth", "unreadable"},
        {"basic", "accepted", "observed", "proxy", "auth", "unreadable"},
        {"none", "accepted", "observed", "smtp", "auth", "none"},
        {"integrated", "accepted", "observed", "ews", "auth", "integrated"},
        {"basic", "blocked", "observed", "imap", "auth", "blocked"},
        {"basic", "rejected", "decrypted", "imap", "auth", "basic"},
        {"modern", "accepted", "observed", "imap", "auth", "mixed"},
    };
    struct store_bench bench;
    char verdict[32];

    (void)state;
    bench_init(&bench);
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct sample sample = sample_login(i);

        (void)strcpy(sample.family, steps[i].family);
        (void)strcpy(sample.outcome, steps[i].outcome);
        (void)strcpy(sample.certainty, steps[i].certainty);
        (void)strcpy(sample.service, steps[i].service);
        (void)strcpy(sample.kind, steps[i].kind);
        bench_open(&bench);
        bench_put(&bench, &sample);
        bench_close(&bench);
        ask_sql(&bench, "SELECT verdict FROM device_state", verdict, sizeof(verdict));
        assert_string_equal(verdict, steps[i].verdict);
    }
    bench_clear(&bench);
}

static void a_file_of_version_1_is_brought_up_to_date(void **state)
{
    struct store_bench bench;
    struct diag diag = {0};

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    bench_put_logins(&bench, 0, 700);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    bench_close(&bench);
    /* What version 2 added. */
    run_sql(&bench, "DROP VIEW device_state; DROP VIEW device_counts; DROP TABLE devices;"
                    "DROP TABLE facts; DROP TABLE rules; PRAGMA user_version = 1");
    assert_null(journal_open_reader(bench.path, &diag));
    assert_non_null(strstr(diag.text, "an older basictap wrote this"));
    bench_open(&bench);
    assert_int_equal(facts_of(&bench).attempts, 700);
    assert_int_equal(bench_count(&bench, 0), 700);
    bench_put_logins(&bench, 699, 701);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(facts_of(&bench).attempts, 701);
    bench_clear(&bench);
}

static void rules_are_counted_and_alerts_are_no_attempts(void **state)
{
    struct store_bench bench;
    struct sample sample = sample_login(0);

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    (void)strcpy(sample.rule_id, "basic-in-clear");
    bench_put(&bench, &sample);
    (void)strcpy(sample.kind, "alert");
    sample.id[7] = '1';
    bench_put(&bench, &sample);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_int_equal(facts_of(&bench).num, 2); /* the login, the rule */
    assert_int_equal(facts_of(&bench).rule_findings, 2);
    bench_clear(&bench);
}

static void a_spray_of_users_does_not_fill_the_disk(void **state)
{
    struct store_bench bench;

    (void)state;
    bench_init(&bench);
    bench_open(&bench);
    for (unsigned i = 0; i < 2000; i++) {
        struct sample sample = sample_login(i);

        (void)snprintf(sample.user, sizeof(sample.user), "user%u", i);
        bench_put(&bench, &sample);
    }
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    assert_in_range(facts_of(&bench).num, 500, 520);
    assert_int_equal(facts_of(&bench).attempts, 2000);
    bench_clear(&bench);
}

static void the_longest_unseen_device_leaves_when_there_are_too_many(void **state)
{
    struct store_bench bench;

    (void)state;
    bench_init(&bench);
    bench.options.max_devices = 3;
    bench_open(&bench);
    for (unsigned i = 0; i < 3000; i++) {
        struct sample sample = sample_login(i);

        (void)snprintf(sample.device_id, sizeof(sample.device_id), "ip:10.0.0.%u", i / 600);
        bench_put(&bench, &sample);
    }
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    bench_close(&bench);
    bench_open(&bench);
    bench_put_logins(&bench, 2999, 3000);
    assert_true(journal_flush(bench.journal, FLUSH_MS));
    bench_close(&bench);
    bench_open(&bench);
    assert_int_equal(facts_of(&bench).num, 3);
    assert_null(strstr(facts_of(&bench).text, "ip:10.0.0.1|"));
    assert_non_null(strstr(facts_of(&bench).text, "ip:10.0.0.4|"));
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_known_when_its_findings_are_gone),
        cmocka_unit_test(the_verdict_follows_from_what_was_read),
        cmocka_unit_test(a_file_of_version_1_is_brought_up_to_date),
        cmocka_unit_test(rules_are_counted_and_alerts_are_no_attempts),
        cmocka_unit_test(a_spray_of_users_does_not_fill_the_disk),
        cmocka_unit_test(the_longest_unseen_device_leaves_when_there_are_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
