#include "dissectors/base/spares.h"

#include <string.h>

#include "tests/support/test.h"

enum { SIZE = 100 };

static void a_block_that_comes_again_is_zeroed(void **state)
{
    static const char zeros[SIZE];
    struct spares spares = {{NULL}, 0};
    char *first = spares_take(&spares, SIZE);
    char *second;

    (void)state;
    assert_non_null(first);
    assert_memory_equal(first, zeros, SIZE);
    memset(first, 'x', SIZE);
    spares_give(&spares, first);
    second = spares_take(&spares, SIZE);
    assert_ptr_equal(second, first);
    assert_memory_equal(second, zeros, SIZE);
    spares_give(&spares, second);
    spares_clear(&spares);
    assert_int_equal(spares.num, 0);
}

static void no_more_than_the_maximum_are_kept(void **state)
{
    struct spares spares = {{NULL}, 0};
    void *blocks[SPARES_MAX + 3];

    (void)state;
    for (size_t i = 0; i < SPARES_MAX + 3; i++) {
        blocks[i] = spares_take(&spares, SIZE);
    }
    for (size_t i = 0; i < SPARES_MAX + 3; i++) {
        spares_give(&spares, blocks[i]);
    }
    assert_int_equal(spares.num, SPARES_MAX);
    spares_give(&spares, NULL);
    assert_int_equal(spares.num, SPARES_MAX);
    spares_clear(&spares);
}

static void without_spares_there_is_the_heap(void **state)
{
    void *block = spares_take(NULL, SIZE);

    (void)state;
    assert_non_null(block);
    spares_give(NULL, block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_that_comes_again_is_zeroed),
        cmocka_unit_test(no_more_than_the_maximum_are_kept),
        cmocka_unit_test(without_spares_there_is_the_heap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
