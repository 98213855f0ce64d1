#include "dissectors/base/inference.h"

#include "tests/support/test.h"

static void lengths_below_a_bound_are_rounded_up_and_stay_below(void **state)
{
    (void)state;
    assert_int_equal(rounded_up(1, 1000), 32);
    assert_int_equal(rounded_up(32, 1000), 32);
    assert_int_equal(rounded_up(33, 1000), 64);
    assert_int_equal(rounded_up(993, 1000), 999);
    assert_int_equal(rounded_up(870, 880), 879);
    assert_int_equal(rounded_up(1001, 0), 1500);
    assert_int_equal(rounded_up(UINT32_MAX, 0), UINT32_MAX);
}

static void lengths_that_reach_a_bound_are_rounded_down_and_still_reach_it(void **state)
{
    (void)state;
    assert_int_equal(rounded_down(1499, 1000), 1000);
    assert_int_equal(rounded_down(2722, 1000), 2500);
    assert_int_equal(rounded_down(890, 880), 880);
    assert_int_equal(rounded_down(950, 880), 928);
    assert_int_equal(rounded_down(1999, 1600), 1600);
    assert_int_equal(rounded_down(31, 1000), 0);
}

/* What neighbours share tells nothing of the one. */
static void neighbours_are_told_alike(void **state)
{
    (void)state;
    for (uint32_t len = 65; len <= 96; len++) {
        assert_int_equal(rounded_up(len, 450), 96);
    }
    for (uint32_t len = 2000; len < 2500; len++) {
        assert_int_equal(rounded_down(len, 1000), 2000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_below_a_bound_are_rounded_up_and_stay_below),
        cmocka_unit_test(lengths_that_reach_a_bound_are_rounded_down_and_still_reach_it),
        cmocka_unit_test(neighbours_are_told_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
