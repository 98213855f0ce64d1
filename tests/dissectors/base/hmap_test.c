#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/hmap.h"

static const uint8_t seed[HMAP_SEED_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t other_seed[HMAP_SEED_SIZE] = {42};

struct pair {
    uint32_t number;
};

static struct pair *put(struct hmap *map, uint32_t number)
{
    bool added;
    struct pair *pair = hmap_put(map, &number, sizeof(number), &added);

    assert_non_null(pair);
    pair->number = number;
    return pair;
}

static struct pair *find(const struct hmap *map, uint32_t number)
{
    return hmap_find(map, &number, sizeof(number));
}

static void the_hash_is_siphash_1_3(void **state)
{
    /* The input of "SipHash: a fast short-input PRF", appendix A, 15 octets 00 to 0e, key 00 to 0f;
     * there with 2 and 4 rounds, here with 1 and 3, by a model that agrees with the paper and with
     * CPython, whose hash of bytes is SipHash-1-3. */
    uint8_t input[15];

    (void)state;
    for (uint8_t i = 0; i < sizeof(input); i++) {
        input[i] = i;
    }
    assert_true(hmap_hash(seed, input, sizeof(input)) == 0xd320d86d2a519956u);
    assert_true(hmap_hash((uint8_t[HMAP_SEED_SIZE]){0}, "abcdefghijklmno", 15) ==
                2293029479765367930u); /* CPython's, with PYTHONHASHSEED=0 */
    assert_true(hmap_hash(other_seed, input, sizeof(input)) != 0xd320d86d2a519956u);
}

static void what_was_put_is_found_and_nothing_else(void **state)
{
    struct hmap *map = hmap_new(10000, sizeof(struct pair), seed);

    (void)state;
    for (uint32_t i = 0; i < 5000; i++) {
        (void)put(map, i);
    }
    for (uint32_t i = 0; i < 5000; i++) {
        assert_non_null(find(map, i));
        assert_int_equal(find(map, i)->number, i);
    }
    assert_null(find(map, 5000));
    assert_null(hmap_find(map, "", 0));
    assert_int_equal(hmap_count(map), 5000);
    hmap_free(map);
}

static void a_key_that_is_there_is_not_added_again(void **state)
{
    struct hmap *map = hmap_new(4, sizeof(struct pair), seed);
    bool added;
    uint32_t key = 7;
    void *first;

    (void)state;
    first = hmap_put(map, &key, sizeof(key), &added);
    assert_true(added);
    assert_ptr_equal(hmap_put(map, &key, sizeof(key), &added), first);
    assert_false(added);
    assert_int_equal(hmap_count(map), 1);
    hmap_free(map);
}

static void keys_of_different_length_are_different(void **state)
{
    struct hmap *map = hmap_new(4, 1, seed);
    bool added;

    (void)state;
    assert_non_null(hmap_put(map, "ab", 2, &added));
    assert_null(hmap_find(map, "ab", 1));
    assert_null(hmap_find(map, "ab", 3)); /* the NUL counts */
    assert_non_null(hmap_find(map, "ab", 2));
    hmap_free(map);
}

static void a_full_map_gives_up_its_oldest(void **state)
{
    struct hmap *map = hmap_new(3, sizeof(struct pair), seed);

    (void)state;
    (void)put(map, 1);
    (void)put(map, 2);
    (void)put(map, 3);
    hmap_touch(map, find(map, 1));
    (void)put(map, 4);
    assert_non_null(find(map, 1));
    assert_null(find(map, 2));
    assert_non_null(find(map, 3));
    assert_non_null(find(map, 4));
    assert_int_equal(hmap_evicted(map), 1);
    assert_int_equal(hmap_count(map), 3);
    hmap_free(map);
}

static void count_drop(void *ctx, void *value)
{
    *(uint32_t *)ctx += ((struct pair *)value)->number;
}

static void every_value_that_leaves_is_told(void **state)
{
    uint32_t sum = 0;
    struct hmap *map = hmap_new(2, sizeof(struct pair), seed);

    (void)state;
    hmap_on_drop(map, count_drop, &sum);
    (void)put(map, 1);
    (void)put(map, 10);
    (void)put(map, 100);
    assert_int_equal(sum, 1);
    hmap_remove(map, find(map, 10));
    assert_int_equal(sum, 11);
    hmap_free(map);
    assert_int_equal(sum, 111);
}

static void the_order_does_not_depend_on_the_seed(void **state)
{
    struct hmap *maps[2] = {hmap_new(50, sizeof(struct pair), seed),
                            hmap_new(50, sizeof(struct pair), other_seed)};
    const struct pair *a;
    const struct pair *b;

    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        for (size_t m = 0; m < 2; m++) {
            (void)put(maps[m], i * 2654435761u % 97);
        }
    }
    a = hmap_oldest(maps[0]);
    b = hmap_oldest(maps[1]);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(a->number, b->number);
        a = hmap_newer(a);
        b = hmap_newer(b);
    }
    assert_null(a);
    hmap_free(maps[0]);
    hmap_free(maps[1]);
}

static void removal_keeps_the_rest(void **state)
{
    struct hmap *map = hmap_new(1000, sizeof(struct pair), seed);
    size_t key_len;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        (void)put(map, i);
    }
    for (uint32_t i = 0; i < 1000; i += 2) {
        hmap_remove(map, find(map, i));
    }
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(find(map, i) != NULL, i % 2);
    }
    assert_int_equal(((struct pair *)hmap_oldest(map))->number, 1);
    assert_int_equal(*(const uint32_t *)hmap_key(hmap_oldest(map), &key_len), 1);
    assert_int_equal(key_len, sizeof(uint32_t));
    hmap_free(map);
}

/* Keys of 4 to 100 octets, so that the memory of one that left is often too small. */
static size_t long_key(uint32_t number, uint8_t key[128])
{
    memset(key, 0, 128);
    memcpy(key, &number, sizeof(number));
    return sizeof(number) + number % 97;
}

static void a_full_map_goes_on_holding_the_newest(void **state)
{
    enum { MAX = 100, NUM = 3000 };
    struct hmap *map = hmap_new(MAX, sizeof(struct pair), seed);
    uint8_t key[128];
    bool added;

    (void)state;
    assert_false(hmap_is_full(map));
    for (uint32_t i = 0; i < NUM; i++) {
        size_t key_len = long_key(i, key);
        struct pair *pair = hmap_put(map, key, key_len, &added);

        assert_true(added);
        assert_int_equal(pair->number, 0);
        pair->number = i;
    }
    assert_true(hmap_is_full(map));
    assert_int_equal(hmap_count(map), MAX);
    assert_int_equal(hmap_evicted(map), NUM - MAX);
    for (uint32_t i = 0; i < NUM; i++) {
        size_t key_len = long_key(i, key);
        const struct pair *pair = hmap_find(map, key, key_len);

        assert_int_equal(pair != NULL, i >= NUM - MAX);
        assert_true(pair == NULL || pair->number == i);
    }
    hmap_free(map);
}

static void what_was_expected_is_put_and_found(void **state)
{
    struct hmap *map = hmap_new(1000, sizeof(struct pair), seed);
    bool added = false;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t hash = hmap_expect(map, &i, sizeof(i));
        struct pair *pair;

        hmap_expect_value(map, hash); /* nothing there yet, or another's */
        assert_null(hmap_find_expected(map, hash, &i, sizeof(i)));
        pair = hmap_put_expected(map, hash, &i, sizeof(i), &added); /* the map may have grown */
        assert_non_null(pair);
        assert_true(added);
        assert_ptr_equal(find(map, i), pair);
        assert_ptr_equal(hmap_find_expected(map, hash, &i, sizeof(i)), pair);
        assert_ptr_equal(hmap_put_expected(map, hash, &i, sizeof(i), &added), pair);
        assert_false(added);
        hmap_expect_value(map, hash);
    }
    hmap_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_expected_is_put_and_found),
        cmocka_unit_test(the_hash_is_siphash_1_3),
        cmocka_unit_test(what_was_put_is_found_and_nothing_else),
        cmocka_unit_test(a_key_that_is_there_is_not_added_again),
        cmocka_unit_test(keys_of_different_length_are_different),
        cmocka_unit_test(a_full_map_gives_up_its_oldest),
        cmocka_unit_test(every_value_that_leaves_is_told),
        cmocka_unit_test(the_order_does_not_depend_on_the_seed),
        cmocka_unit_test(removal_keeps_the_rest),
        cmocka_unit_test(a_full_map_goes_on_holding_the_newest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
