#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "rules/correlation.h"

#define RULE(number, selection)                                                                    \
    "title: Rule " number "\nid: 00000000-0000-0000-0000-00000000000" number "\nname: rule" number \
    "\nlevel: low\nlogsource: {product: basictap}\n"                                               \
    "detection: {s: {" selection "}, condition: s}\n---\n"
#define RULES RULE("1", "event.reason: rejected") RULE("2", "event.reason: accepted")
#define HEAD  "title: C\nid: 00000000-0000-0000-0000-000000000009\nlevel: high\ncorrelation: "

/* One correlation, its events, and the alerts as "client user first last count". */
struct scene {
    struct ruleset *ruleset;
    struct correlation *correlation;
    char alerts[4096];
    const char *client;
    enum certainty certainty;
};

static void on_alert(void *ctx, struct finding *alert)
{
    struct scene *scene = ctx;
    char client[ADDRESS_TEXT_SIZE];
    char line[512];

    assert_int_equal(alert->kind, FINDING_ALERT);
    assert_string_equal(alert->action, "C");
    address_print(&alert->client, client);
    (void)snprintf(line, sizeof(line), "%s %s %u %u %u\n", client[0] != '\0' ? client : "-",
                   alert->user[0] != '\0' ? alert->user : "-",
                   (unsigned)(alert->start.ns / 1000000000u),
                   (unsigned)(alert->last.ns / 1000000000u), (unsigned)alert->count);
    (void)text_append(scene->alerts, sizeof(scene->alerts), line);
}

static void open_scene(struct scene *scene, const char *text, size_t max_groups)
{
    static const uint8_t seed[HMAP_SEED_SIZE];
    struct diag diag = {{0}};

    memset(scene, 0, sizeof(*scene));
    scene->client = "10.0.0.1";
    scene->ruleset = ruleset_parse("c.yml", bytes_of_text(text), &diag);
    if (scene->ruleset == NULL) {
        fail_msg("%s", diag.text);
    }
    scene->correlation =
        correlation_new(ruleset_rule(scene->ruleset, 2), max_groups, seed, on_alert, scene);
    assert_non_null(scene->correlation);
}

static void close_scene(struct scene *scene)
{
    correlation_free(scene->correlation);
    ruleset_free(scene->ruleset);
}

static void event(struct scene *scene, unsigned seconds, const char *user, enum outcome outcome)
{
    struct finding finding = {
        .kind = FINDING_AUTH, .outcome = outcome, .certainty = scene->certainty, .confidence = -1};
    struct parcel *parcel = NULL;
    struct rule_hits hits;
    uint64_t limits = 0;

    finding.start.ns = finding.last.ns = seconds * UINT64_C(1000000000);
    assert_true(address_parse(bytes_of_text(scene->client), &finding.client));
    (void)text_copy(finding.user, sizeof(finding.user), user);
    ruleset_match(scene->ruleset, &finding, &hits, &limits);
    if (correlation_expect(scene->correlation, &finding, &hits)) {
        correlation_observe(scene->correlation, &finding, &hits, &parcel);
    }
    parcel_release(parcel, NULL);
}

static void refused(struct scene *scene, unsigned seconds, const char *user)
{
    event(scene, seconds, user, OUTCOME_REJECTED);
}

static void events_are_counted_over_a_sliding_span(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene,
               RULES HEAD "{type: event_count, rules: [rule1], group-by: source.ip, timespan: 10s, "
                          "condition: {gte: 3}}\n",
               10);
    refused(&scene, 100, "a");
    refused(&scene, 105, "a");
    event(&scene, 106, "a", OUTCOME_ACCEPTED); /* not the rule's */
    assert_string_equal(scene.alerts, "");
    refused(&scene, 111, "a"); /* the first is eleven seconds ago */
    assert_string_equal(scene.alerts, "");
    refused(&scene, 112, "a");
    assert_string_equal(scene.alerts, "10.0.0.1 - 105 112 3\n");
    close_scene(&scene);
}

static void what_was_read_and_what_was_inferred_never_add_up(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene,
               RULES HEAD "{type: event_count, rules: [rule1], timespan: 10s, "
                          "condition: {gte: 3}}\n",
               10);
    refused(&scene, 100, "a");
    refused(&scene, 101, "a");
    scene.certainty = CERTAINTY_INFERRED;
    refused(&scene, 102, "a");
    refused(&scene, 103, "a");
    assert_string_equal(scene.alerts, "");
    scene.certainty = CERTAINTY_DECRYPTED;
    refused(&scene, 104, "a");
    assert_string_equal(scene.alerts, "- - 100 104 3\n");
    close_scene(&scene);
}

static void a_group_is_told_once_a_timespan(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene,
               RULES HEAD "{type: event_count, rules: [rule1], group-by: source.ip, timespan: 10s, "
                          "condition: {gt: 1}}\n",
               10);
    for (unsigned i = 100; i < 121; i++) {
        refused(&scene, i, "a");
    }
    assert_string_equal(scene.alerts, "10.0.0.1 - 100 101 2\n10.0.0.1 - 110 111 2\n");
    close_scene(&scene);
}

static void values_are_counted_once_each(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene,
               RULES HEAD "{type: value_count, rules: [rule1], group-by: [source.ip], "
                          "timespan: 1m, condition: {field: user.name, gte: 3}}\n",
               10);
    for (unsigned i = 0; i < 20; i++) {
        refused(&scene, 100 + i, i % 2 == 0 ? "a" : "b");
    }
    refused(&scene, 121, ""); /* no user is no value */
    assert_string_equal(scene.alerts, "");
    scene.client = "10.0.0.2";
    refused(&scene, 122, "c"); /* another group */
    assert_string_equal(scene.alerts, "");
    scene.client = "10.0.0.1";
    refused(&scene, 123, "c");
    assert_string_equal(scene.alerts, "10.0.0.1 - 118 123 3\n");
    close_scene(&scene);
}

static void all_rules_within_the_span_are_temporal(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene,
               RULES HEAD "{type: temporal, rules: [rule1, rule2], group-by: [user.name], "
                          "timespan: 1m}\n",
               10);
    refused(&scene, 100, "a");
    refused(&scene, 101, "a");
    event(&scene, 102, "b", OUTCOME_ACCEPTED);
    event(&scene, 170, "a", OUTCOME_ACCEPTED); /* too late */
    assert_string_equal(scene.alerts, "");
    refused(&scene, 171, "a"); /* any order */
    assert_string_equal(scene.alerts, "- a 170 171 2\n");
    close_scene(&scene);
}

static void an_upper_bound_is_judged_when_the_span_is_over(void **state)
{
    static const struct {
        const char *condition;
        const char *alerts;
    } cases[] = {
        {"{lt: 3}", "- b 101 101 1\n"},
        {"{lte: 3}", "- a 100 103 3\n- b 101 101 1\n"},
        {"{eq: 3}", "- a 100 103 3\n"},
        {"{gte: 2, lte: 5}", "- a 100 103 3\n"},
        {"{lt: 1}", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene scene;
        char text[2048];

        (void)snprintf(text, sizeof(text),
                       RULES HEAD "{type: event_count, rules: [rule1], group-by: [user.name], "
                                  "timespan: 10s, condition: %s}\n",
                       cases[i].condition);
        open_scene(&scene, text, 10);
        refused(&scene, 100, "a");
        refused(&scene, 101, "b");
        refused(&scene, 102, "a");
        refused(&scene, 103, "a");
        correlation_advance(scene.correlation, (struct timestamp){109 * UINT64_C(1000000000)});
        assert_string_equal(scene.alerts, "");
        correlation_advance(scene.correlation, (struct timestamp){111 * UINT64_C(1000000000)});
        assert_string_equal(scene.alerts, cases[i].alerts);
        close_scene(&scene);
    }
}

static void a_span_that_is_open_at_the_end_is_judged_then(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene,
               RULES HEAD "{type: event_count, rules: [rule1], group-by: [user.name], "
                          "timespan: 10s, condition: {eq: 1}}\n",
               10);
    refused(&scene, 100, "a");
    correlation_flush(scene.correlation);
    correlation_flush(scene.correlation);
    assert_string_equal(scene.alerts, "- a 100 100 1\n");
    close_scene(&scene);
}

static void groups_are_bounded_and_the_quiet_ones_go_first(void **state)
{
    struct scene scene;
    char user[16];

    (void)state;
    open_scene(&scene,
               RULES HEAD "{type: event_count, rules: [rule1], group-by: [user.name], "
                          "timespan: 1d, condition: {gte: 101}}\n",
               4);
    for (unsigned i = 0; i < 100; i++) {
        refused(&scene, 100 + i, "busy");
        (void)snprintf(user, sizeof(user), "user%u", i);
        refused(&scene, 100 + i, user);
    }
    refused(&scene, 300, "busy");
    assert_string_equal(scene.alerts, "- busy 100 300 101\n");
    assert_int_equal(correlation_evicted(scene.correlation), 97);
    close_scene(&scene);
}

static void a_jump_back_in_time_starts_a_group_anew(void **state)
{
    struct scene scene;

    (void)state;
    open_scene(&scene,
               RULES HEAD "{type: event_count, rules: [rule1], timespan: 10s, "
                          "condition: {gte: 2}}\n",
               10);
    refused(&scene, 10000, "a");
    refused(&scene, 100, "a");
    assert_string_equal(scene.alerts, "");
    refused(&scene, 101, "b"); /* no group-by: one group of all */
    assert_string_equal(scene.alerts, "- - 100 101 2\n");
    close_scene(&scene);
}

static void rules_of_a_correlation_are_silent_unless_generated(void **state)
{
    static const char *const texts[] = {
        RULES HEAD "{type: temporal, rules: [rule1, rule2], timespan: 1m}\n",
        RULES HEAD "{type: temporal, rules: [rule1, rule2], timespan: 1m, generate: true}\n"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ruleset *ruleset = ruleset_parse("c.yml", bytes_of_text(texts[i]), NULL);

        assert_int_equal(ruleset_rule(ruleset, 0)->silent, i == 0);
        assert_true(rule_hits_has(ruleset_correlated(ruleset), 1));
        assert_false(rule_hits_has(ruleset_correlated(ruleset), 2));
        ruleset_free(ruleset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_counted_over_a_sliding_span),
        cmocka_unit_test(what_was_read_and_what_was_inferred_never_add_up),
        cmocka_unit_test(a_group_is_told_once_a_timespan),
        cmocka_unit_test(values_are_counted_once_each),
        cmocka_unit_test(all_rules_within_the_span_are_temporal),
        cmocka_unit_test(an_upper_bound_is_judged_when_the_span_is_over),
        cmocka_unit_test(a_span_that_is_open_at_the_end_is_judged_then),
        cmocka_unit_test(groups_are_bounded_and_the_quiet_ones_go_first),
        cmocka_unit_test(a_jump_back_in_time_starts_a_group_anew),
        cmocka_unit_test(rules_of_a_correlation_are_silent_unless_generated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
