#include "dissectors/auth/basic.h"

#include <string.h>

#include "tests/support/test.h"

static void expect(const char *text, enum basic_kind kind, const char *user)
{
    char found[256] = "unset";

    assert_int_equal(basic_parse(bytes_of_text(text), found, sizeof(found)), kind);
    assert_string_equal(found, user);
}

static void a_user_ends_at_the_first_colon(void **state)
{
    (void)state;
    expect("dXNlcjpwYXNz", BASIC_PASSWORD, "user");     /* user:pass */
    expect("dXNlcjpwYTpzczo=", BASIC_PASSWORD, "user"); /* user:pa:ss: */
    expect("Q09OVE9TT1xib2I6eA==", BASIC_PASSWORD, "CONTOSO\\bob");
    expect("OnBhc3M=", BASIC_PASSWORD, ""); /* :pass */
}

static void an_empty_password_is_told_apart(void **state)
{
    (void)state;
    expect("dXNlcjo=", BASIC_EMPTY, "user"); /* user: */
    expect("Og==", BASIC_EMPTY, "");         /* : */
}

/* bob@contoso.com:Bearer eyJ0, and with another case */
static void a_bearer_token_in_place_of_the_password_is_no_password(void **state)
{
    (void)state;
    expect("Ym9iQGNvbnRvc28uY29tOkJlYXJlciBleUow", BASIC_TOKEN, "bob@contoso.com");
    expect("Ym9iQGNvbnRvc28uY29tOmJlYXJlciBleUow", BASIC_TOKEN, "bob@contoso.com");
    expect("Ym9iQGNvbnRvc28uY29tOkJlYXJlcg==", BASIC_PASSWORD, "bob@contoso.com"); /* :Bearer */
}

static void what_is_not_base64_or_has_no_colon_gives_no_user(void **state)
{
    (void)state;
    expect("", BASIC_BROKEN, "");
    expect("dXNlcg==", BASIC_BROKEN, ""); /* user */
    expect("user:pass", BASIC_BROKEN, "");
    expect("dXNlcjpwYXNz!", BASIC_BROKEN, "");
}

static void blanks_of_a_folded_header_do_not_matter(void **state)
{
    (void)state;
    expect(" dXNl\r\n cjpw\tYXNz ", BASIC_PASSWORD, "user");
}

/* M\xfcller:x as Outlook sends it, and the same in UTF-8 as phones do */
static void both_charsets_of_the_field_give_the_same_name(void **state)
{
    (void)state;
    expect("TfxsbGVyOng=", BASIC_PASSWORD, "M\xc3\xbcller");
    expect("TcO8bGxlcjp4", BASIC_PASSWORD, "M\xc3\xbcller");
}

static void a_long_password_does_not_hide_the_user(void **state)
{
    char text[5000];

    (void)state;
    memset(text, 'A', sizeof(text));
    memcpy(text, "dXNlcjpwYXNz", 12);
    text[sizeof(text) - 1] = '\0';
    expect(text, BASIC_PASSWORD, "user");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_ends_at_the_first_colon),
        cmocka_unit_test(an_empty_password_is_told_apart),
        cmocka_unit_test(a_bearer_token_in_place_of_the_password_is_no_password),
        cmocka_unit_test(what_is_not_base64_or_has_no_colon_gives_no_user),
        cmocka_unit_test(blanks_of_a_folded_header_do_not_matter),
        cmocka_unit_test(both_charsets_of_the_field_give_the_same_name),
        cmocka_unit_test(a_long_password_does_not_hide_the_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
