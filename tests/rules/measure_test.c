#include "rules/measure.h"

#include <stddef.h>

#include "tests/support/test.h"

struct numbers {
    uint32_t length;
    double share;
};

static const struct measure measures[] = {
    {"length", MEASURE_COUNT, offsetof(struct numbers, length)},
    {"share", MEASURE_SHARE, offsetof(struct numbers, share)},
};

static bool read(const char *text, struct numbers *numbers, struct diag *diag)
{
    struct tree *tree = tree_parse("x.yml", bytes_of_text(text), diag);
    bool is_read;

    assert_non_null(tree);
    is_read = measures_read(tree, tree_document(tree, 0), measures, 2, numbers, diag);
    tree_free(tree);
    return is_read;
}

static void numbers_are_read_with_their_reasons(void **state)
{
    struct numbers numbers = {0};
    struct diag diag = {""};

    (void)state;
    assert_true(read("- {share: 0.9375, reason: so}\n"
                     "- {length: 880, reason: so, captures: a}\n",
                     &numbers, &diag));
    assert_int_equal(numbers.length, 880);
    assert_true(numbers.share == 0.9375);
    assert_true(read("- {share: 1, reason: so}\n"
                     "- {length: 0, reason: so}\n",
                     &numbers, &diag));
    assert_true(numbers.share == 1);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"- {length: 880}\n", "x.yml:1:3: 'length' has no reason"},
        {"- {reason: so}\n", "x.yml:1:3: a number has a name, a value and a reason"},
        {"- length\n", "x.yml:1:3: a number has a name, a value and a reason"},
        {"- {width: 1, reason: so}\n", "x.yml:1:4: unknown number 'width'"},
        {"- {length: 1, reason: so, unit: m}\n", "x.yml:1:27: unknown key 'unit'"},
        {"- {length: 1x, reason: so}\n", "x.yml:1:12: '1x' is no number"},
        {"- {length: 9999999999, reason: so}\n", "x.yml:1:12: '9999999999' is no number"},
        {"- {length: [1], reason: so}\n", "x.yml:1:12: a number belongs here"},
        {"- {share: 1.1, reason: so}\n", "x.yml:1:11: '1.1' is no share of 0 to 1"},
        {"- {share: 0.12345, reason: so}\n", "x.yml:1:11: '0.12345' is no share of 0 to 1"},
        {"- {share: .5, reason: so}\n", "x.yml:1:11: '.5' is no share of 0 to 1"},
        {"- {share: 0.5, reason: so}\n- {share: 0.5, reason: so}\n",
         "x.yml:2:3: 'share' is here twice"},
        {"- {share: 0.5, reason: so}\n", "x.yml:1:1: 'length' is missing"},
        {"length: 1\n", "x.yml:1:1: a list of numbers with their reasons belongs here"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct numbers numbers = {0};
        struct diag diag = {""};

        assert_false(read(cases[i].text, &numbers, &diag));
        assert_string_equal(diag.text, cases[i].words);
    }
}

static void some_of_a_list_can_be_picked(void **state)
{
    struct numbers numbers = {0};
    struct diag diag = {""};
    struct tree *tree = tree_parse("x.yml",
                                   BYTES("- {other: x}\n"
                                         "- {length: 7, reason: so}\n"),
                                   &diag);

    (void)state;
    assert_true(measures_pick(tree, tree_document(tree, 0), measures, 1, &numbers, &diag));
    assert_int_equal(numbers.length, 7);
    assert_false(measures_pick(tree, tree_document(tree, 0), measures, 2, &numbers, &diag));
    assert_string_equal(diag.text, "x.yml:1:1: 'share' is missing");
    tree_free(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_with_their_reasons),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(some_of_a_list_can_be_picked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
