#include "dissectors/base/spares.h"

#include <stdbool.h>
#include <string.h>

#include "tests/support/test.h"

enum { SIZE = 100 };

static bool is_kept(const struct spares *spares)
{
    return spares->kept > 0;
}

static void a_block_that_comes_again_is_zeroed(void **state)
{
    static const char zeros[SIZE];
    struct spares spares = {{NULL}, 0};
    char *block = spares_take(&spares, SIZE);

    (void)state;
    assert_non_null(block);
    assert_memory_equal(block, zeros, SIZE);
    memset(block, 'x', SIZE);
    spares_give(&spares, block, SIZE);
    block = spares_take(&spares, SIZE);
    assert_non_null(block);
    assert_memory_equal(block, zeros, SIZE);
    spares_give(&spares, block, SIZE);
    spares_clear(&spares);
    assert_false(is_kept(&spares));
}

static void a_block_serves_its_own_step_alone(void **state)
{
    struct spares spares = {{NULL}, 0};
    void *block = spares_take(&spares, SPARES_STEP + 1);
    void *same;
    void *larger;

    (void)state;
    spares_give(&spares, block, SPARES_STEP + 1);
    if (!is_kept(&spares)) {
        skip(); /* sanitizers are to see every block */
    }
    larger = spares_take(&spares, 2 * SPARES_STEP + 1);
    assert_ptr_not_equal(larger, block);
    same = spares_take(&spares, 2 * SPARES_STEP);
    assert_ptr_equal(same, block);
    spares_give(&spares, larger, 2 * SPARES_STEP + 1);
    spares_give(&spares, same, 2 * SPARES_STEP);
    spares_clear(&spares);
}

static void no_more_than_the_maximum_are_kept(void **state)
{
    enum { LARGE = SPARES_STEP * SPARES_STEPS, NUM = SPARES_MAX_BYTES / LARGE + 3 };
    struct spares spares = {{NULL}, 0};
    static void *blocks[NUM];

    (void)state;
    for (size_t i = 0; i < NUM; i++) {
        blocks[i] = spares_take(&spares, LARGE);
        assert_non_null(blocks[i]);
    }
    for (size_t i = 0; i < NUM; i++) {
        spares_give(&spares, blocks[i], LARGE);
    }
    assert_true(spares.kept <= SPARES_MAX_BYTES);
    spares_give(&spares, NULL, LARGE);
    spares_clear(&spares);
    assert_false(is_kept(&spares));
}

static void what_is_too_large_is_not_kept(void **state)
{
    struct spares spares = {{NULL}, 0};

    (void)state;
    spares_give(&spares, spares_take(&spares, SPARES_STEP * SPARES_STEPS + 1),
                SPARES_STEP * SPARES_STEPS + 1);
    assert_false(is_kept(&spares));
}

static void without_spares_there_is_the_heap(void **state)
{
    void *block = spares_take(NULL, SIZE);

    (void)state;
    assert_non_null(block);
    spares_give(NULL, block, SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_that_comes_again_is_zeroed),
        cmocka_unit_test(a_block_serves_its_own_step_alone),
        cmocka_unit_test(what_is_too_large_is_not_kept),
        cmocka_unit_test(no_more_than_the_maximum_are_kept),
        cmocka_unit_test(without_spares_there_is_the_heap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
