#include "dissectors/auth/pipeline.h"

#include "tests/support/test.h"

enum { MAIL = 1, AUTH, QUIT };

static void commands_come_out_in_the_order_they_went_in(void **state)
{
    struct pipeline pipeline = {0};

    (void)state;
    for (size_t round = 0; round < PIPELINE_SIZE; round++) { /* past the end of the ring */
        pipeline_put(&pipeline, MAIL);
        pipeline_put(&pipeline, AUTH);
        assert_int_equal(pipeline_peek(&pipeline), MAIL);
        assert_int_equal(pipeline_take(&pipeline), MAIL);
        assert_int_equal(pipeline_take(&pipeline), AUTH);
    }
    assert_int_equal(pipeline_take(&pipeline), 0);
}

static void one_too_many_forgets_the_others(void **state)
{
    struct pipeline pipeline = {0};

    (void)state;
    for (size_t i = 0; i < PIPELINE_SIZE; i++) {
        pipeline_put(&pipeline, MAIL);
    }
    pipeline_put(&pipeline, QUIT);
    assert_int_equal(pipeline_take(&pipeline), QUIT);
    assert_int_equal(pipeline_take(&pipeline), 0);
}

static void catching_up_stops_at_the_command_or_does_nothing(void **state)
{
    struct pipeline pipeline = {0};

    (void)state;
    pipeline_put(&pipeline, MAIL);
    pipeline_put(&pipeline, QUIT);
    pipeline_catch_up(&pipeline, AUTH);
    assert_int_equal(pipeline_peek(&pipeline), MAIL);
    pipeline_catch_up(&pipeline, QUIT);
    assert_int_equal(pipeline_take(&pipeline), QUIT);
    pipeline_catch_up(&pipeline, QUIT);
    assert_int_equal(pipeline_take(&pipeline), 0);
}

static void a_command_can_lose_its_meaning(void **state)
{
    struct pipeline pipeline = {0};

    (void)state;
    pipeline_put(&pipeline, AUTH);
    pipeline_put(&pipeline, MAIL);
    pipeline_replace(&pipeline, AUTH, QUIT);
    assert_int_equal(pipeline_take(&pipeline), QUIT);
    assert_int_equal(pipeline_take(&pipeline), MAIL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_come_out_in_the_order_they_went_in),
        cmocka_unit_test(one_too_many_forgets_the_others),
        cmocka_unit_test(catching_up_stops_at_the_command_or_does_nothing),
        cmocka_unit_test(a_command_can_lose_its_meaning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
