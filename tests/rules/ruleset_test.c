#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "rules/ruleset.h"

#define HEAD                                                                                       \
    "title: T\nid: 00000000-0000-0000-0000-000000000001\nlevel: low\n"                             \
    "logsource: {product: basictap}\n"

/* A Basic login as bob to 10.0.0.1:143, refused. */
static struct finding example(void)
{
    struct finding finding = {.kind = FINDING_AUTH,
                              .service = SERVICE_IMAP,
                              .mechanism = MECHANISM_IMAP_LOGIN,
                              .family = FAMILY_BASIC,
                              .outcome = OUTCOME_REJECTED,
                              .confidence = -1,
                              .client = {{10, 1, 2, 3}, 4},
                              .server = {{10, 0, 0, 1}, 4},
                              .server_port = 143,
                              .tls_established = false};

    (void)text_copy(finding.user, sizeof(finding.user), "Bob@contoso.com");
    (void)text_copy(finding.software, sizeof(finding.software), "Thunderbird 102.0 (x)");
    return finding;
}

/* Does a rule with this detection match the example? */
static bool matches(const char *detection)
{
    char text[2048];
    struct diag diag = {{0}};
    struct finding finding = example();
    struct rule_hits hits;
    struct ruleset *ruleset;
    uint64_t limits = 0;

    (void)snprintf(text, sizeof(text), HEAD "detection:\n%s\n", detection);
    ruleset = ruleset_parse("rule.yml", bytes_of_text(text), &diag);
    if (ruleset == NULL) {
        fail_msg("%s\n%s", detection, diag.text);
    }
    ruleset_match(ruleset, &finding, &hits, &limits);
    ruleset_free(ruleset);
    return rule_hits_has(&hits, 0);
}

struct detection_case {
    const char *detection;
    bool match;
};

static void run(const struct detection_case *cases, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (matches(cases[i].detection) != cases[i].match) {
            fail_msg("%s should%s match", cases[i].detection, cases[i].match ? "" : " not");
        }
    }
}
#define RUN(cases) run((cases), sizeof(cases) / sizeof((cases)[0]))
#define ONE(line)  "  s: {" line "}\n  condition: s"

static void values_and_modifiers_match_as_sigma_says(void **state)
{
    static const struct detection_case cases[] = {
        {ONE("user.name: bob@CONTOSO.com"), true},
        {ONE("user.name: bob"), false},
        {ONE("user.name: bob*"), true},
        {ONE("user.name: '*'"), true},
        {ONE("user.name|startswith: bob"), true},
        {ONE("user.name|endswith: .com"), true},
        {ONE("user.name|contains: toso"), true},
        {ONE("user.name|contains: [x, toso]"), true},
        {ONE("user.name|contains|all: [bob, toso]"), true},
        {ONE("user.name|contains|all: [bob, x]"), false},
        {ONE("user.name|re: '^Bob@.+[.]com$'"), true},
        {ONE("user.name|re: '^bob@'"), false},
        {ONE("user.name|re|i: '^bob@'"), true},
        {ONE("user.domain: '*'"), false},
        {ONE("user.domain: null"), true},
        {ONE("user.domain: ''"), true},
        {ONE("user.name: null"), false},
        {ONE("user.domain: [null, x]"), true},
        {ONE("user.domain|exists: false"), true},
        {ONE("user.domain|exists: true"), false},
        {ONE("user.name|exists: true"), true},
        {ONE("source.ip|cidr: 10.1.0.0/16"), true},
        {ONE("source.ip|cidr: [192.168.0.0/16, 10.0.0.0/8]"), true},
        {ONE("source.ip|cidr: 10.2.0.0/16"), false},
        {ONE("source.ip|cidr: '::/0'"), false},
        {ONE("source.ip: 10.1.2.3"), true},
        {ONE("source.ip: 10.1.2.*"), true},
        {ONE("destination.port: 143"), true},
        {ONE("destination.port: [25, 143]"), true},
        {ONE("destination.port|lt: 143"), false},
        {ONE("destination.port|lte: 143"), true},
        {ONE("destination.port|gt: 142"), true},
        {ONE("destination.port|gte: 143.5"), false},
        {ONE("source.port|lt: 1024"), false}, /* absent is no number */
        {ONE("tls.established: false"), true},
        {ONE("tls.established: true"), false},
        {ONE("basictap.family: BASIC"), true},
        {ONE("basictap.family: [modern, none]"), false},
        {ONE("basictap.mechanism|startswith: imap-"), true},
        {ONE("basictap.tunnel|exists: true"), false},
        {ONE("basictap.tunnel: null"), true},
        {ONE("event.category: network"), true}, /* one element of a list */
        {ONE("event.category: 'authentication,network'"), false},
        {ONE("event.outcome: failure, event.reason: rejected"), true},
        {ONE("event.outcome: failure, event.reason: blocked"), false},
        {"  s: [{user.name: x}, {user.name: bob*, destination.port: 143}]\n  condition: s", true},
        {"  s: [{user.name: x}, {user.name: bob*, destination.port: 25}]\n  condition: s", false},
    };

    (void)state;
    RUN(cases);
}

/* y and yes match, n and no do not. */
#define SELECTIONS                                                                                 \
    "  y: {user.name: bob*}\n  yes: {destination.port: 143}\n"                                     \
    "  n: {user.name: x}\n  no: {destination.port: 1}\n  _hidden: {user.name: x}\n  condition: "

static void conditions_are_read_with_their_precedence(void **state)
{
    static const struct detection_case cases[] = {
        {SELECTIONS "y and yes", true},
        {SELECTIONS "y and n", false},
        {SELECTIONS "n or y", true},
        {SELECTIONS "n or no", false},
        {SELECTIONS "not n", true},
        {SELECTIONS "not y", false},
        {SELECTIONS "not not y", true},
        {SELECTIONS "not n and not no", true},
        {SELECTIONS "y or n and no", true}, /* and before or */
        {SELECTIONS "(y or n) and no", false},
        {SELECTIONS "not n or y and no", true},
        {SELECTIONS "not (n or y) and yes", false},
        {SELECTIONS "y AND NOT n", true},
        {SELECTIONS "1 of y*", true},
        {SELECTIONS "1 of n*", false},
        {SELECTIONS "all of y*", true},
        {SELECTIONS "all of *e*", false}, /* yes, and _hidden */
        {SELECTIONS "1 of them", true},
        {SELECTIONS "all of them", false},
        {SELECTIONS "not 1 of n* and all of y*", true},
        {SELECTIONS ">-\n    y and\n    yes", true},
        {"  y: {user.name: bob*}\n  _n: {user.name: x}\n  condition: all of them", true},
    };

    (void)state;
    RUN(cases);
}

static void a_bad_rule_says_where_and_why(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"- a\n", "r.yml:1:1: a rule must be a map"},
        {"title: T\n", "r.yml:1:1: 'id' is missing"},
        {"title: T\nid: x\nlevel: low\n", "r.yml:2:5: 'id' must be a UUID"},
        {"title: T\nid: 00000000-0000-0000-0000-000000000001\nlevel: bad\n",
         "r.yml:3:8: unknown level 'bad'"},
        {HEAD "leval: low\n", "r.yml:5:1: unknown key 'leval'"},
        {HEAD, "r.yml:1:1: 'detection' must be a map"},
        {HEAD "detection: {s: {user.name: x}}\n", "r.yml:5:12: 'condition' is missing"},
        {HEAD "detection:\n  s: {user.nam: x}\n  condition: s\n",
         "r.yml:6:7: unknown field 'user.nam'"},
        {HEAD "detection:\n  s: {user.name|base64: x}\n  condition: s\n",
         "r.yml:6:7: unknown modifier 'base64'"},
        {HEAD "detection:\n  s: {user.name|re|contains: x}\n  condition: s\n",
         "r.yml:6:7: two modifiers that cannot stand together"},
        {HEAD "detection:\n  s:\n    user.name|re: 'a('\n  condition: s\n",
         "r.yml:7:19: bad regular expression: missing closing parenthesis"},
        {HEAD "detection:\n  s: {user.name|cidr: 10.0.0.0/8}\n  condition: s\n",
         "r.yml:6:7: cidr needs an address field"},
        {HEAD "detection:\n  s: {source.ip|cidr: 10.0.0.0/33}\n  condition: s\n",
         "r.yml:6:23: '10.0.0.0/33' is no address range"},
        {HEAD "detection:\n  s: {user.name|lt: 5}\n  condition: s\n",
         "r.yml:6:7: 'user.name' is not a number"},
        {HEAD "detection:\n  s: {destination.port|lt: five}\n  condition: s\n",
         "r.yml:6:28: 'five' is not a number"},
        {HEAD "detection:\n  s: {destination.port|lt: [1, 2]}\n  condition: s\n",
         "r.yml:6:32: this modifier takes one value"},
        {HEAD "detection:\n  s: {user.name|exists: maybe}\n  condition: s\n",
         "r.yml:6:25: exists is true or false"},
        {HEAD "detection:\n  s: [alpha, beta]\n  condition: s\n",
         "r.yml:6:7: keywords without a field are not supported"},
        {HEAD "detection:\n  s: {}\n  condition: s\n", "r.yml:6:6: an empty selection"},
        {HEAD "detection:\n  s: {user.name: []}\n  condition: s\n", "r.yml:6:18: an empty list"},
        {HEAD "detection:\n  s: {rule.id: x}\n  condition: s\n",
         "r.yml:6:3: event.id, .kind, .sequence, .severity, rule.* and counts are known only after "
         "the rules"},
        {HEAD "detection:\n  s: {user.name: x}\n  condition: s and t\n",
         "r.yml:7:20: condition: no selection is called 't'"},
        {HEAD "detection:\n  s: {user.name: x}\n  condition: (s\n",
         "r.yml:7:16: condition: no ')' at ''"},
        {HEAD "detection:\n  s: {user.name: x}\n  condition: s s\n",
         "r.yml:7:16: condition: unexpected 's'"},
        {HEAD "detection:\n  s: {user.name: x}\n  condition: s and\n",
         "r.yml:7:19: condition: something is missing at the end ''"},
        {HEAD "detection:\n  s: {user.name: x}\n  condition: 2 of s*\n",
         "r.yml:7:14: condition: only '1 of' and 'all of' are known, not '2'"},
        {HEAD "detection:\n  s: {user.name: x}\n  condition: 1 of x*\n",
         "r.yml:7:19: condition: no selection is called 'x*'"},
        {"title: T\nid: 00000000-0000-0000-0000-000000000001\nlevel: low\n"
         "logsource: {product: windows}\n",
         "r.yml:4:22: the logsource's product must be basictap"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag = {{0}};
        struct ruleset *ruleset = ruleset_parse("r.yml", bytes_of_text(cases[i].text), &diag);

        if (ruleset != NULL || strcmp(diag.text, cases[i].words) != 0) {
            fail_msg("%s\ngives: %s\nwanted: %s", cases[i].text, diag.text, cases[i].words);
        }
    }
}

#define CORRELATION                                                                                \
    "title: C\nid: 00000000-0000-0000-0000-000000000002\nlevel: high\ncorrelation:\n"

static void a_bad_correlation_says_where_and_why(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {CORRELATION "  type: event_count\n", "r.yml:5:3: 'rules' must be a list"},
        {CORRELATION "  rules: [a]\n  type: value\n",
         "r.yml:6:9: type 'value' is not supported: event_count, value_count or temporal"},
        {CORRELATION "  rules: [a]\n  type: temporal\n  timespan: 5x\n",
         "r.yml:7:13: timespan is a number and s, m, h or d, at most 31 days"},
        {CORRELATION "  rules: [a]\n  type: temporal\n  timespan: 5m\n  group-by: [x]\n",
         "r.yml:8:14: unknown field 'x'"},
        {CORRELATION "  rules: [a]\n  type: temporal\n  timespan: 5m\n  grup-by: [x]\n",
         "r.yml:8:3: unknown key 'grup-by'"},
        {CORRELATION "  rules: [a]\n  type: event_count\n  timespan: 5m\n  condition: {gte: x}\n",
         "r.yml:8:20: a number of at most 1000 is wanted"},
        {CORRELATION "  rules: [a]\n  type: event_count\n  timespan: 5m\n  condition: {neq: 5}\n",
         "r.yml:8:15: 'neq' is not supported"},
        {CORRELATION "  rules: [a]\n  type: value_count\n  timespan: 5m\n  condition: {gte: 5}\n",
         "r.yml:8:14: 'field' is missing"},
        {CORRELATION "  rules: [a]\n  type: temporal\n  timespan: 5m\n",
         "r.yml:5:11: no rule about single events is called 'a'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diag diag = {{0}};
        struct ruleset *ruleset = ruleset_parse("r.yml", bytes_of_text(cases[i].text), &diag);

        if (ruleset != NULL || strcmp(diag.text, cases[i].words) != 0) {
            fail_msg("%s\ngives: %s\nwanted: %s", cases[i].text, diag.text, cases[i].words);
        }
    }
}

static void the_most_severe_rule_names_the_finding(void **state)
{
    static const char text[] =
        HEAD "detection: {s: {user.name: bob*}, condition: s}\n---\n"
             "title: Worse\nid: 00000000-0000-0000-0000-000000000002\nlevel: high\n"
             "logsource: {product: basictap}\n"
             "detection: {s: {user.name: bob*}, condition: s}\n---\n"
             "title: No\nid: 00000000-0000-0000-0000-000000000003\nlevel: critical\n"
             "logsource: {product: basictap}\n"
             "detection: {s: {user.name: x}, condition: s}\n";
    struct ruleset *ruleset = ruleset_parse("r.yml", bytes_of_text(text), NULL);
    struct finding finding = example();
    struct rule_hits hits;
    uint64_t limits = 0;

    (void)state;
    assert_non_null(ruleset);
    ruleset_match(ruleset, &finding, &hits, &limits);
    ruleset_describe(ruleset, &hits, &finding);
    assert_string_equal(finding.rule_name, "Worse");
    assert_int_equal(finding.rule_level, LEVEL_HIGH);
    assert_int_equal(finding.severity, 73);
    assert_string_equal(finding.rules, "00000000-0000-0000-0000-000000000001,"
                                       "00000000-0000-0000-0000-000000000002");
    ruleset_free(ruleset);
}

static void two_rules_cannot_have_one_id(void **state)
{
    static const char text[] = HEAD "detection: {s: {user.name: x}, condition: s}\n---\n" HEAD
                                    "detection: {s: {user.name: x}, condition: s}\n";
    struct diag diag = {{0}};

    (void)state;
    assert_null(ruleset_parse("r.yml", bytes_of_text(text), &diag));
    assert_string_equal(diag.text, "r.yml:8:5: another rule has this id");
}

static void a_rule_on_what_differs_is_known_as_such(void **state)
{
    struct ruleset *ruleset = ruleset_parse(
        "r", BYTES(HEAD "detection: {s: {source.port|lt: 1024}, condition: s}\n"), NULL);

    (void)state;
    assert_true(ruleset_is_volatile(ruleset));
    ruleset_free(ruleset);
    ruleset =
        ruleset_parse("r", BYTES(HEAD "detection: {s: {user.name: x}, condition: s}\n"), NULL);
    assert_false(ruleset_is_volatile(ruleset));
    ruleset_free(ruleset);
}

static void our_own_rules_load(void **state)
{
    struct diag diag = {{0}};
    struct ruleset *ruleset = ruleset_load(SOURCE_DIR "/rules", &diag);

    (void)state;
    assert_string_equal(diag.text, "");
    assert_non_null(ruleset);
    assert_true(ruleset_num_rules(ruleset) >= 6);
    ruleset_free(ruleset);
    assert_null(ruleset_load(SOURCE_DIR "/rules/nowhere", &diag));
    assert_non_null(strstr(diag.text, "no such directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_modifiers_match_as_sigma_says),
        cmocka_unit_test(conditions_are_read_with_their_precedence),
        cmocka_unit_test(a_bad_rule_says_where_and_why),
        cmocka_unit_test(a_bad_correlation_says_where_and_why),
        cmocka_unit_test(the_most_severe_rule_names_the_finding),
        cmocka_unit_test(two_rules_cannot_have_one_id),
        cmocka_unit_test(a_rule_on_what_differs_is_known_as_such),
        cmocka_unit_test(our_own_rules_load),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
