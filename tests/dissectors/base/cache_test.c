#include "dissectors/base/cache.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

static void what_was_put_is_found_by_all_of_its_key(void **state)
{
    struct cache *cache = cache_new();
    unsigned value = 7;
    unsigned found = 0;

    (void)state;
    assert_false(cache_find(cache, BYTES("mail.example"), &found, sizeof(found)));
    cache_put(cache, BYTES("mail.example"), &value, sizeof(value));
    assert_true(cache_find(cache, BYTES("mail.example"), &found, sizeof(found)));
    assert_int_equal(found, 7);
    assert_false(cache_find(cache, BYTES("mail.exampl"), &found, sizeof(found)));
    assert_false(cache_find(cache, BYTES("mail.examplf"), &found, sizeof(found)));
    cache_free(cache);
}

/* There are far fewer places than keys: what is forgotten is not found, and nothing is wrong. */
static void many_keys_forget_each_other_and_never_mix(void **state)
{
    enum { NUM = 5000 };
    struct cache *cache = cache_new();
    unsigned num_found = 0;

    (void)state;
    for (unsigned turn = 0; turn < 2; turn++) {
        for (unsigned i = 0; i < NUM; i++) {
            char text[16];
            unsigned found = 0;
            struct bytes key;

            (void)snprintf(text, sizeof(text), "name %u", i);
            key = bytes_view(text, strlen(text));
            if (cache_find(cache, key, &found, sizeof(found))) {
                assert_int_equal(found, i);
                num_found++;
            }
            cache_put(cache, key, &i, sizeof(i));
            assert_true(cache_find(cache, key, &found, sizeof(found)));
            assert_int_equal(found, i);
        }
    }
    assert_true(num_found < NUM);
    cache_free(cache);
}

static void what_is_too_long_is_not_kept(void **state)
{
    static const char text[CACHE_KEY_MAX + 1];
    char value[CACHE_VALUE_MAX + 1] = "";
    struct cache *cache = cache_new();

    (void)state;
    cache_put(cache, bytes_view(text, CACHE_KEY_MAX), value, CACHE_VALUE_MAX);
    assert_true(cache_find(cache, bytes_view(text, CACHE_KEY_MAX), value, CACHE_VALUE_MAX));
    cache_put(cache, bytes_view(text, sizeof(text)), value, CACHE_VALUE_MAX);
    assert_false(cache_find(cache, bytes_view(text, sizeof(text)), value, CACHE_VALUE_MAX));
    cache_put(cache, BYTES("a"), value, sizeof(value));
    assert_false(cache_find(cache, BYTES("a"), value, sizeof(value)));
    cache_free(cache);
}

static void without_a_cache_nothing_is_known(void **state)
{
    char value = 'x';

    (void)state;
    cache_put(NULL, BYTES("a"), &value, sizeof(value));
    assert_false(cache_find(NULL, BYTES("a"), &value, sizeof(value)));
    cache_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_by_all_of_its_key),
        cmocka_unit_test(many_keys_forget_each_other_and_never_mix),
        cmocka_unit_test(what_is_too_long_is_not_kept),
        cmocka_unit_test(without_a_cache_nothing_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
