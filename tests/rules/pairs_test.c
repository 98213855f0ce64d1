#include "rules/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "tests/rules/stage.h"

/* The flow of corelight/community-id-spec's baseline, and its name there. */
#define SPEC "1:LQU9qZlK+B5F3KDmev6m5PMibrg="

static void open_on_known_flow(struct stage *stage)
{
    stage_init(stage);
    stage->origin.client = stage_address("128.232.110.120");
    stage->origin.server = stage_address("66.35.250.204");
    stage->origin.client_port = 34855;
    stage->origin.server_port = 80;
    stage->fields = "basictap.count,basictap.pairs,basictap.pairs_left_out";
}

static void attempts_are_listed_by_session_and_second(void **state)
{
    struct stage stage;

    (void)state;
    open_on_known_flow(&stage);
    stage_open(&stage);
    stage_login(&stage, 1.5, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 9.1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 9.9, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 4, "bob", OUTCOME_ACCEPTED); /* packets out of order */
    stage_expect(&stage, "4 " SPEC "@1795132801 " SPEC "@1795132804 " SPEC "@1795132809*2 -\n");
    stage_close(&stage);
}

static void sessions_of_one_second_are_told_apart(void **state)
{
    struct stage stage;
    char *second;

    (void)state;
    open_on_known_flow(&stage);
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage.origin.client_port++;
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage.origin.client_port--;
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    detector_flush(stage.detector);
    assert_non_null(strstr(stage.lines, "3 " SPEC "@1795132801*2 1:"));
    second = strrchr(stage.lines, '@');
    assert_non_null(second);
    assert_string_equal(second, "@1795132801 -\n");
    stage_close(&stage);
}

static void what_finds_no_room_is_counted(void **state)
{
    struct stage stage;
    size_t num = 0;

    (void)state;
    open_on_known_flow(&stage);
    stage_open(&stage);
    for (int i = 0; i < MAX_PAIRS + 5; i++) {
        stage_login(&stage, i, "bob", OUTCOME_ACCEPTED);
    }
    stage_login(&stage, 3, "bob", OUTCOME_ACCEPTED); /* has its place already */
    detector_flush(stage.detector);
    for (const char *at = stage.lines; (at = strchr(at, '@')) != NULL; at++) {
        num++;
    }
    assert_int_equal(num, MAX_PAIRS);
    assert_non_null(strstr(stage.lines, "@1795132803*2 "));
    assert_non_null(strstr(stage.lines, "@1795132815 5\n"));
    stage_close(&stage);
}

static void a_delta_has_its_own_pairs_alone(void **state)
{
    struct stage stage;

    (void)state;
    open_on_known_flow(&stage);
    stage.options.first_at_once = true;
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 2, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 3, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "1 " SPEC "@1795132801 -\n"
                         "2 " SPEC "@1795132802 " SPEC "@1795132803 -\n");
    stage_close(&stage);
}

static void a_finding_of_one_attempt_has_one_pair(void **state)
{
    struct stage stage;

    (void)state;
    open_on_known_flow(&stage);
    stage.options.each = true;
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "1 " SPEC "@1795132801 -\n1 " SPEC "@1795132801 -\n");
    stage_close(&stage);
}

static void a_later_window_does_not_remember(void **state)
{
    struct stage stage;

    (void)state;
    open_on_known_flow(&stage);
    stage.options.window_ns = 10 * UINT64_C(1000000000);
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 12, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "1 " SPEC "@1795132801 -\n1 " SPEC "@1795132812 -\n");
    stage_close(&stage);
}

static void pairs_are_not_made_where_nobody_reads_them(void **state)
{
    struct stage stage;

    (void)state;
    open_on_known_flow(&stage);
    stage.options.no_ids = true;
    stage_open(&stage);
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_login(&stage, 2, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "2 - -\n");
    stage_close(&stage);
}

static void the_longest_list_has_room(void **state)
{
    struct digester *digester = digester_new();
    struct named_session session = {.id = ""};
    struct pair list[MAX_PAIRS];
    const struct pairs pairs = {.list = list, .num = MAX_PAIRS};
    char text[PAIRS_SIZE];
    size_t num = 0;

    (void)state;
    assert_non_null(digester);
    for (size_t i = 0; i < MAX_PAIRS; i++) {
        list[i] = (struct pair){.ends = {stage_address("2001:db8::1"), stage_address("2001:db8::2"),
                                         (uint16_t)i, 143, 6},
                                .times = UINT32_MAX,
                                .second = UINT64_MAX / 1000000000u};
    }
    pairs_print(&pairs, digester, &session, text);
    for (const char *at = text; (at = strstr(at, "@18446744073*4294967295")) != NULL; at++) {
        num++;
    }
    assert_int_equal(num, MAX_PAIRS);
    digester_free(digester);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempts_are_listed_by_session_and_second),
        cmocka_unit_test(sessions_of_one_second_are_told_apart),
        cmocka_unit_test(what_finds_no_room_is_counted),
        cmocka_unit_test(a_delta_has_its_own_pairs_alone),
        cmocka_unit_test(a_finding_of_one_attempt_has_one_pair),
        cmocka_unit_test(a_later_window_does_not_remember),
        cmocka_unit_test(pairs_are_not_made_where_nobody_reads_them),
        cmocka_unit_test(the_longest_list_has_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
