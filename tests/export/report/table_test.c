#include "export/report/table.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/export/sample.h"
#include "tests/support/test.h"

/* What a login differs in from sample_login; NULL: in nothing. */
struct line {
    const char *device;
    const char *name;
    const char *client;
    const char *service;
    const char *mechanism;
    const char *family;
    const char *user;
    const char *outcome;
    const char *certainty;
    const char *kind;
    unsigned count;
    double confidence; /* 0: none */
    const char *verdict;
};

static void set(char *text, size_t size, const char *value)
{
    if (value != NULL) {
        (void)snprintf(text, size, "%s", value);
    }
}

static struct sample sample_of(const struct line *line, unsigned number)
{
    struct sample sample = sample_login(number);

    set(sample.device_id, sizeof(sample.device_id), line->device);
    set(sample.host_name, sizeof(sample.host_name), line->name);
    set(sample.client_name, sizeof(sample.client_name), line->client);
    set(sample.service, sizeof(sample.service), line->service);
    set(sample.mechanism, sizeof(sample.mechanism), line->mechanism);
    set(sample.family, sizeof(sample.family), line->family);
    set(sample.user, sizeof(sample.user), line->user);
    set(sample.outcome, sizeof(sample.outcome), line->outcome);
    set(sample.certainty, sizeof(sample.certainty), line->certainty);
    set(sample.kind, sizeof(sample.kind), line->kind);
    set(sample.verdict, sizeof(sample.verdict), line->verdict);
    sample.confidence = line->confidence > 0 ? line->confidence : -1;
    sample.count = line->count > 0 ? line->count : 1;
    return sample;
}

/* The caller frees. */
static char *print(struct table *table, unsigned width)
{
    struct table_style style = {.width = width};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    table_print(table, out, &style);
    (void)fclose(out);
    return text;
}

static struct table *table_of(const struct table_limits *limits, const struct line *lines,
                              size_t num)
{
    struct table *table = table_new(limits);

    assert_non_null(table);
    for (size_t i = 0; i < num; i++) {
        struct sample sample = sample_of(&lines[i], (unsigned)i);

        table_add(table, &sample_schema, &sample);
    }
    return table;
}

static void expect(const struct line *lines, size_t num, unsigned width, const char *expected)
{
    struct table *table = table_of(&(struct table_limits){0}, lines, num);
    char *text = print(table, width);

    assert_string_equal(text, expected);
    free(text);
    table_free(table);
}

static void expect_text(const struct line *lines, size_t num, const char *expected)
{
    struct table *table = table_of(&(struct table_limits){0}, lines, num);
    char *text = print(table, 0);

    assert_non_null(strstr(text, expected));
    free(text);
    table_free(table);
}

static void an_empty_result_says_so(void **state)
{
    (void)state;
    expect(NULL, 0, 0,
           "Who still uses Basic Authentication\n"
           "No use of Basic Authentication was seen: no login of any kind was.\n");
}

static const struct line office[] = {
    {.device = "ip:10.0.0.20",
     .name = "",
     .client = "",
     .service = "smtp",
     .mechanism = "sasl-login",
     .user = "scan@contoso.com",
     .outcome = "blocked",
     .count = 3},
    {.device = "ip:10.0.0.9"},
    {.device = "ip:10.0.0.9",
     .outcome = "rejected",
     .mechanism = "sasl-plain",
     .user = "bobby",
     .count = 2},
    {.device = "ip:10.0.0.9", .service = "ews", .mechanism = "http-bearer", .family = "modern"},
    {.device = "ip:10.0.0.11",
     .name = "",
     .client = "",
     .service = "smtp",
     .mechanism = "none",
     .family = "none",
     .user = "",
     .count = 40},
    {.device = "ip:10.0.0.12",
     .name = "",
     .client = "",
     .mechanism = "",
     .family = "unknown",
     .user = "",
     .outcome = "unknown",
     .certainty = "possible",
     .kind = "tls",
     .count = 7},
    {.device = "ip:10.0.0.13",
     .name = "",
     .client = "",
     .user = "",
     .outcome = "unknown",
     .certainty = "inferred"},
    {.device = "ip:10.0.0.9", .service = "proxy", .mechanism = "http-basic"},
};
enum { NUM_OFFICE = sizeof(office) / sizeof(office[0]) };

#define HEADING                                                                                    \
    "DEVICE        NAME     CLIENT       SERVICE  MECHANISM      USER                TARGET      " \
    "  "                                                                                           \
    "   OUTCOME                 FIRST     LAST      CERTAINTY\n"

static void basic_comes_first_and_certainties_never_mix(void **state)
{
    (void)state;
    expect(office, NUM_OFFICE, 0,
           "Who still uses Basic Authentication\n"
           "1 of 5 devices still sends a password; 1 is refused already.\n"
           "1 more probably does: inferred from encrypted sessions.\n"
           "1 device could not be judged: all sessions were encrypted.\n"
           "From 2026-11-21 08:00:00 to 08:00:07 UTC.\n"
           "\n"
           "Basic: a password on the wire\n" HEADING
           "ip:10.0.0.9   scanner  Thunderbird  imap     imap-login +1  bob@contoso.com +1  "
           "exchange-online  accepted 1, rejected 2  08:00:01  08:00:02  observed\n"
           "ip:10.0.0.20                        smtp     sasl-login     scan@contoso.com    "
           "exchange-online  blocked 3               08:00:00  08:00:00  observed\n"
           "\n"
           "Inferred from encrypted sessions, not read\n" HEADING
           "ip:10.0.0.13                        imap     imap-login                         "
           "exchange-online  unknown 1               08:00:06  08:00:06  inferred\n"
           "\n"
           "Modern: tokens, certificates\n" HEADING
           "ip:10.0.0.9   scanner  Thunderbird  ews      http-bearer    bob@contoso.com     "
           "exchange-online  accepted 1              08:00:03  08:00:03  observed\n"
           "\n"
           "No authentication: relay, direct send\n" HEADING
           "ip:10.0.0.11                        smtp     none                               "
           "exchange-online  accepted 40             08:00:04  08:00:04  observed\n"
           "\n"
           "Given to a proxy, not to Exchange\n" HEADING
           "ip:10.0.0.9   scanner  Thunderbird  proxy    http-basic     bob@contoso.com     "
           "exchange-online  accepted 1              08:00:07  08:00:07  observed\n"
           "\n"
           "Encrypted sessions that could not be read\n" HEADING
           "ip:10.0.0.12                        imap                                        "
           "exchange-online  sessions 7              08:00:05  08:00:05  possible\n"
           "\n"
           "Attempts\n"
           "  read        6 basic, 1 modern, 40 without authentication\n"
           "  inferred    1 basic\n"
           "  to a proxy  1\n"
           "  unreadable  7\n");
}

static void no_basic_is_said_plainly_with_what_could_not_be_judged(void **state)
{
    (void)state;
    expect(&office[5], 1, 80,
           "Who still uses Basic Authentication\n"
           "No use of Basic Authentication was seen, on 1 device.\n"
           "1 device could not be judged: all sessions were encrypted.\n"
           "From 2026-11-21 08:00:00 to 08:00:00 UTC.\n"
           "\n"
           "Encrypted sessions that could not be read\n"
           "DEVICE        SERVICE  TARGET          OUTCOME     FIRST     LAST      CERTAINTY\n"
           "ip:10.0.0.12  imap     exchange-onli\xe2\x80\xa6  sessions 7  08:00:00  08:00:00  "
           "possible\n"
           "\n"
           "Attempts\n"
           "  unreadable  7\n");
}

/* The same device: a row says its verdicts and how sure they are; what is undecided stays where
 * it was, among what could not be read. */
static void what_is_inferred_says_how_sure_it_is(void **state)
{
    struct line lines[] = {
        {.device = "ip:10.0.0.13",
         .name = "",
         .client = "",
         .mechanism = "other",
         .user = "",
         .outcome = "unknown",
         .certainty = "inferred",
         .verdict = "password",
         .confidence = 0.97},
        {0},
        {0},
        office[5],
        {0},
        {0},
    };

    (void)state;
    lines[1] = lines[0];
    lines[1].confidence = 0.84;
    lines[2] = lines[0];
    lines[2].verdict = "undecided";
    lines[2].family = "unknown";
    lines[2].confidence = 0.5;
    lines[3].device = "ip:10.0.0.13"; /* the sessions themselves */
    lines[4] = lines[0];
    lines[4].device = "ip:10.0.0.14"; /* a password is seen whatever else there is */
    lines[4].verdict = "token";
    lines[4].family = "modern";
    lines[5] = lines[0];
    lines[5].device = "ip:10.0.0.14";
    expect(lines, 4, 80,
           "Who still uses Basic Authentication\n"
           "No use of Basic Authentication was seen, on 1 device.\n"
           "1 probably does: inferred from encrypted sessions.\n"
           "From 2026-11-21 08:00:00 to 08:00:03 UTC.\n"
           "\n"
           "Inferred from encrypted sessions, not read\n"
           "DEVICE        SERVICE  MECHANISM  TARGET         OUTCOME     LAST      CERTAINTY\n"
           "ip:10.0.0.13  imap     password   exchange-onl\xe2\x80\xa6  unknown 2   08:00:01  "
           "0.84-0.97\n"
           "\n"
           "Encrypted sessions that could not be read\n"
           "DEVICE        SERVICE  MECHANISM  TARGET         OUTCOME     LAST      CERTAINTY\n"
           "ip:10.0.0.13  imap                exchange-onl\xe2\x80\xa6  sessions 7  08:00:03  "
           "possible\n"
           "\n"
           "(no room in 80 columns for FIRST)\n"
           "\n"
           "Attempts\n"
           "  inferred    2 basic\n"
           "  undecided   1\n"
           "  unreadable  7\n");
    expect_text(&lines[4], 2, "  password +1  ");
    /* nothing was decided of it: it cannot be judged */
    expect(&lines[2], 2, 0,
           "Who still uses Basic Authentication\n"
           "No use of Basic Authentication was seen, on 1 device.\n"
           "1 device could not be judged: all sessions were encrypted.\n"
           "From 2026-11-21 08:00:00 to 08:00:01 UTC.\n"
           "\n"
           "Encrypted sessions that could not be read\n"
           "DEVICE        SERVICE  TARGET           OUTCOME     FIRST     LAST      CERTAINTY\n"
           "ip:10.0.0.13  imap     exchange-online  sessions 7  08:00:01  08:00:01  possible\n"
           "\n"
           "Attempts\n"
           "  undecided   1\n"
           "  unreadable  7\n");
}

static void a_session_that_was_opened_is_none_that_could_not_be_read(void **state)
{
    struct line lines[] = {office[5], office[5]};

    (void)state;
    lines[0].certainty = "decrypted"; /* and nobody logged in */
    expect(lines, 1, 0,
           "Who still uses Basic Authentication\n"
           "No use of Basic Authentication was seen, on 1 device.\n");
    /* a device of which something was read can be judged */
    expect(lines, 2, 80,
           "Who still uses Basic Authentication\n"
           "No use of Basic Authentication was seen, on 1 device.\n"
           "From 2026-11-21 08:00:01 to 08:00:01 UTC.\n"
           "\n"
           "Encrypted sessions that could not be read\n"
           "DEVICE        SERVICE  TARGET          OUTCOME     FIRST     LAST      CERTAINTY\n"
           "ip:10.0.0.12  imap     exchange-onli\xe2\x80\xa6  sessions 7  08:00:01  08:00:01  "
           "possible\n"
           "\n"
           "Attempts\n"
           "  unreadable  7\n");
}

static void lines_fit_the_terminal(void **state)
{
    struct line wide = office[1];

    (void)state;
    wide.device = "eas:ApplDN6J1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    wide.name = "a-very-long-name-of-a-device.building-7.contoso.example";
    wide.client = "J\xc3\xbcrgens \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e mail client of 2009";
    wide.user = "somebody.with.a.very.long.name@subsidiary.contoso.example";
    for (unsigned width = 80; width <= 160; width++) {
        struct table *table = table_of(&(struct table_limits){0}, &wide, 1);
        char *text = print(table, width);
        char *at = NULL;

        for (char *line = strtok_r(text, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
            size_t columns = 0;

            for (const char *c = line; *c != '\0'; c++) {
                columns += (*c & 0xc0) != 0x80;                                    /* characters */
                columns += (unsigned char)*c >= 0xe6 && (unsigned char)*c <= 0xe8; /* wide ones */
            }
            assert_true(columns <= width);
        }
        free(text);
        table_free(table);
    }
}

static void expect_within(const struct table_limits *limits, const char *expected)
{
    struct table *table = table_new(limits);
    char *text;

    for (unsigned i = 0; i < 30; i++) {
        struct sample sample = sample_login(i);

        (void)snprintf(sample.device_id, sizeof(sample.device_id), "ip:10.0.0.%u", 30 - i);
        table_add(table, &sample_schema, &sample);
    }
    text = print(table, 0);
    assert_non_null(strstr(text, expected));
    assert_non_null(strstr(text, "read        30 basic\n")); /* totals hold all the same */
    free(text);
    table_free(table);
}

static void what_is_not_shown_is_counted(void **state)
{
    (void)state;
    expect_within(&(struct table_limits){.max_shown = 10}, "\nand 20 more\n");
    expect_within(&(struct table_limits){.max_shown = 10}, "ip:10.0.0.10  scanner");
    expect_within(&(struct table_limits){.max_rows = 8},
                  "  in no row (limit reached), but counted above: 22\n");
}

/* Where each of them stands in the answer: behind the one before. */
static void expect_order(const char *const *ids, size_t num)
{
    struct table *table = table_new(&(struct table_limits){0});
    const char *before;
    char *text;

    for (unsigned i = (unsigned)num; i-- > 0;) {
        struct line line = {.device = ids[i]};
        struct sample sample = sample_of(&line, i);

        table_add(table, &sample_schema, &sample);
    }
    text = print(table, 0);
    before = text;
    for (size_t i = 0; i < num; i++) {
        char wanted[64];

        (void)snprintf(wanted, sizeof(wanted), "\n%s  ", ids[i]);
        before = strstr(before, wanted);
        assert_non_null(before);
    }
    free(text);
    table_free(table);
}

static void addresses_stand_in_the_order_of_their_numbers(void **state)
{
    static const char *const ids[] = {
        "eas:SEC9",    "eas:SECA",     "ip:9.255.0.1", "ip:10.0.0.0",  "ip:10.0.0.0x",
        "ip:10.0.0.9", "ip:10.0.0.10", "ip:10.0.1.0",  "ip:200.0.0.1", "mac:00-00-5E-00-53-01",
    };

    (void)state;
    expect_order(ids, sizeof(ids) / sizeof(ids[0]));
}

static void who_is_in_no_row_is_counted(void **state)
{
    (void)state;
    expect_within(&(struct table_limits){.max_devices = 8},
                  "  in no row (limit reached), but counted above: 22\n");
    expect_within(&(struct table_limits){.max_devices = 8}, "8 of 8 devices still send");
}

static void rules_are_listed_by_severity_and_alerts_count_no_attempt(void **state)
{
    struct table *table = table_new(&(struct table_limits){0});
    struct sample sample = sample_login(1);
    char *text;

    (void)state;
    (void)strcpy(sample.rule_id, "a-low-one");
    (void)strcpy(sample.rule_level, "low");
    table_add(table, &sample_schema, &sample);
    (void)strcpy(sample.rule_id, "spray");
    (void)strcpy(sample.rule_name, "Password spray");
    (void)strcpy(sample.rule_level, "critical");
    (void)strcpy(sample.kind, "alert");
    table_add(table, &sample_schema, &sample);
    text = print(table, 0);
    assert_non_null(strstr(text, "\nRules that fired, the most severe of each finding\n"
                                 "  critical       Password spray (1)\n"
                                 "  low            a-low-one (1)\n"));
    assert_non_null(strstr(text, "read        1 basic\n"));
    free(text);
    table_free(table);
}

static void nothing_in_a_name_can_steer_the_terminal(void **state)
{
    struct line line = {.device = "ip:10.0.0.1",
                        .name = "a\033[2Jb",
                        .user = "\xe2\x80\xaegnp.exe"}; /* U+202E turns the line around */
    struct table *table = table_of(&(struct table_limits){0}, &line, 1);
    char *text = print(table, 0);

    (void)state;
    assert_null(strchr(text, '\033'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_non_null(strstr(text, "a\xef\xbf\xbd[2Jb  "));
    assert_non_null(strstr(text, "  gnp.exe  "));
    free(text);
    table_free(table);
}

struct looked {
    uint64_t total;
    uint64_t truncated;
    uint64_t malformed;
    uint64_t readable;
    uint64_t unreadable;
    struct timestamp time;
};

static void coverage_has_a_line_for_each_group(void **state)
{
    static const struct field fields[] = {
        FIELD(struct looked, time, "@timestamp", ""),
        FIELD(struct looked, total, "basictap.coverage.packets.total", ""),
        FIELD_OPTIONAL(struct looked, truncated, "basictap.coverage.packets.truncated", ""),
        FIELD(struct looked, readable, "basictap.coverage.sessions.imap.readable", ""),
        FIELD_OPTIONAL(struct looked, malformed, "basictap.coverage.packets.badly_malformed", ""),
        FIELD(struct looked, unreadable, "basictap.coverage.sessions.imap.unreadable", ""),
    };
    static const struct schema schema = {"coverage", fields, sizeof(fields) / sizeof(fields[0])};
    struct looked looked = {.total = 1234567, .malformed = 1000, .unreadable = 12};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    table_print_coverage(out, &(struct table_style){0}, &schema, &looked);
    (void)fclose(out);
    assert_string_equal(text, "\nWhat this answer rests on\n"
                              "  packets               1,234,567 total, 1,000 badly malformed\n"
                              "  sessions imap         0 readable, 12 unreadable\n");
    free(text);
}

static void coverage_is_folded_at_the_width(void **state)
{
    static const struct field fields[] = {
        FIELD(struct looked, total, "coverage.packets", ""),
        FIELD(struct looked, readable, "coverage.lost_bytes", ""),
        FIELD(struct looked, unreadable, "coverage.gaps", ""),
        FIELD(struct looked, malformed, "coverage.decoded.malformed", ""),
    };
    static const struct schema schema = {"coverage", fields, sizeof(fields) / sizeof(fields[0])};
    struct looked looked = {.total = 1234};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    table_print_coverage(out, &(struct table_style){.width = 55}, &schema, &looked);
    (void)fclose(out);
    assert_string_equal(text, "\nWhat this answer rests on\n"
                              "  in all                1,234 packets, 0 lost bytes,\n"
                              "                        0 gaps\n"
                              "  decoded               0 malformed\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_result_says_so),
        cmocka_unit_test(basic_comes_first_and_certainties_never_mix),
        cmocka_unit_test(no_basic_is_said_plainly_with_what_could_not_be_judged),
        cmocka_unit_test(what_is_inferred_says_how_sure_it_is),
        cmocka_unit_test(a_session_that_was_opened_is_none_that_could_not_be_read),
        cmocka_unit_test(lines_fit_the_terminal),
        cmocka_unit_test(what_is_not_shown_is_counted),
        cmocka_unit_test(addresses_stand_in_the_order_of_their_numbers),
        cmocka_unit_test(who_is_in_no_row_is_counted),
        cmocka_unit_test(rules_are_listed_by_severity_and_alerts_count_no_attempt),
        cmocka_unit_test(nothing_in_a_name_can_steer_the_terminal),
        cmocka_unit_test(coverage_has_a_line_for_each_group),
        cmocka_unit_test(coverage_is_folded_at_the_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
