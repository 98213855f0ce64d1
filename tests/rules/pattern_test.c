#include "tests/support/test.h"

#include <string.h>

#include "rules/pattern.h"

static void wildcards_match_as_sigma_says(void **state)
{
    static const struct {
        const char *pattern;
        enum pattern_anchor anchor;
        const char *text;
        enum pattern_match match;
    } cases[] = {
        {"abc", ANCHOR_BOTH, "abc", PATTERN_YES},
        {"abc", ANCHOR_BOTH, "ABC", PATTERN_YES},
        {"ABC", ANCHOR_BOTH, "abc", PATTERN_YES},
        {"abc", ANCHOR_BOTH, "abcd", PATTERN_NO},
        {"abc", ANCHOR_BOTH, "ab", PATTERN_NO},
        {"a*c", ANCHOR_BOTH, "ac", PATTERN_YES},
        {"a*c", ANCHOR_BOTH, "abbbc", PATTERN_YES},
        {"a*c", ANCHOR_BOTH, "abcb", PATTERN_NO},
        {"a?c", ANCHOR_BOTH, "abc", PATTERN_YES},
        {"a?c", ANCHOR_BOTH, "ac", PATTERN_NO},
        {"a?c", ANCHOR_BOTH,
         "a\xc3\xa4"
         "c",
         PATTERN_YES}, /* one character, two bytes */
        {"*", ANCHOR_BOTH, "", PATTERN_YES},
        {"?", ANCHOR_BOTH, "", PATTERN_NO},
        {"*ab*ab", ANCHOR_BOTH, "xabyabzab", PATTERN_YES},
        {"*ab*ab", ANCHOR_BOTH, "xabyabz", PATTERN_NO},
        {"b", ANCHOR_NONE, "abc", PATTERN_YES},
        {"x", ANCHOR_NONE, "abc", PATTERN_NO},
        {"ab", ANCHOR_START, "abc", PATTERN_YES},
        {"bc", ANCHOR_START, "abc", PATTERN_NO},
        {"bc", ANCHOR_END, "abc", PATTERN_YES},
        {"ab", ANCHOR_END, "abc", PATTERN_NO},
        {"a\\*c", ANCHOR_BOTH, "a*c", PATTERN_YES},
        {"a\\*c", ANCHOR_BOTH, "abc", PATTERN_NO},
        {"a\\\\c", ANCHOR_BOTH, "a\\c", PATTERN_YES},
        {"CONTOSO\\bob", ANCHOR_BOTH, "contoso\\bob", PATTERN_YES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pattern *pattern = pattern_new(cases[i].pattern, cases[i].anchor);

        assert_non_null(pattern);
        if (pattern_match(pattern, bytes_of_text(cases[i].text)) != cases[i].match) {
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
        }
        pattern_free(pattern);
    }
}

static void many_stars_cost_no_more_than_the_product_of_lengths(void **state)
{
    char stars[401];
    char text[4001];
    struct pattern *pattern;

    (void)state;
    for (size_t i = 0; i < 400; i += 2) {
        memcpy(stars + i, "*a", 2);
    }
    memcpy(stars + 398, "*b", 3);
    memset(text, 'a', 4000);
    text[4000] = '\0';
    pattern = pattern_new(stars, ANCHOR_BOTH);
    assert_int_equal(pattern_match(pattern, bytes_of_text(text)), PATTERN_NO);
    pattern_free(pattern);
}

static void regular_expressions_keep_case_unless_told(void **state)
{
    char reason[128];
    struct pattern *plain = pattern_new_regex("^ab+$", 0, reason);
    struct pattern *nocase = pattern_new_regex("^ab+$", REGEX_NOCASE, reason);

    (void)state;
    assert_int_equal(pattern_match(plain, BYTES("abb")), PATTERN_YES);
    assert_int_equal(pattern_match(plain, BYTES("ABB")), PATTERN_NO);
    assert_int_equal(pattern_match(nocase, BYTES("ABB")), PATTERN_YES);
    assert_int_equal(pattern_match(plain, BYTES("xab")), PATTERN_NO);
    pattern_free(plain);
    pattern_free(nocase);
}

static void an_expression_that_runs_away_gives_up(void **state)
{
    char reason[128];
    struct pattern *pattern = pattern_new_regex("^(a+)+$", 0, reason);

    (void)state;
    assert_non_null(pattern);
    assert_int_equal(pattern_match(pattern, BYTES("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")),
                     PATTERN_LIMIT);
    assert_int_equal(pattern_match(pattern, BYTES("aaaa")), PATTERN_YES);
    pattern_free(pattern);
}

static void what_is_no_expression_says_why(void **state)
{
    char reason[128] = "";

    (void)state;
    assert_null(pattern_new_regex("a(b", 0, reason));
    assert_string_equal(reason, "missing closing parenthesis");
    assert_null(pattern_new_regex("\\C", 0, reason));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wildcards_match_as_sigma_says),
        cmocka_unit_test(many_stars_cost_no_more_than_the_product_of_lengths),
        cmocka_unit_test(regular_expressions_keep_case_unless_told),
        cmocka_unit_test(an_expression_that_runs_away_gives_up),
        cmocka_unit_test(what_is_no_expression_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
