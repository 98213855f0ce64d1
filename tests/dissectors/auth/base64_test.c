#include "dissectors/auth/base64.h"

#include "tests/support/test.h"

#include <string.h>

static void expect(const char *text, const char *decoded)
{
    char out[64];
    size_t len = 99;

    assert_true(base64_decode(bytes_of_text(text), out, sizeof(out), &len));
    assert_int_equal(len, strlen(decoded));
    assert_memory_equal(out, decoded, len);
}

/* RFC 4648, section 10 */
static void the_standards_vectors_decode(void **state)
{
    (void)state;
    expect("", "");
    expect("Zg==", "f");
    expect("Zm8=", "fo");
    expect("Zm9v", "foo");
    expect("Zm9vYg==", "foob");
    expect("Zm9vYmE=", "fooba");
    expect("Zm9vYmFy", "foobar");
    expect("+/+/", "\xfb\xff\xbf");
}

static void padding_may_be_missing_or_stand_alone(void **state)
{
    (void)state;
    expect("Zg", "f");
    expect("Zg=", "f");
    expect("Zm8", "fo");
    expect("=", "");
}

static void what_is_not_base64_is_refused_and_leaves_nothing(void **state)
{
    static const char *const texts[] = {"Z",     "Zm9vY", "Zm9v Zm9v", "Zm=v",
                                        "Zg===", "Zg==Z", "Zm9v\r",    "Zm9_"};
    static const char clean[8] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char out[8] = "secret!";
        size_t len = 99;

        assert_false(base64_decode(bytes_of_text(texts[i]), out, sizeof(out), &len));
        assert_int_equal(len, 99);
        assert_memory_equal(out, clean, sizeof(out));
    }
}

static void what_does_not_fit_is_refused_and_its_front_can_be_had(void **state)
{
    char out[4];
    size_t len = 99;

    (void)state;
    assert_true(base64_decode(bytes_of_text("Zm9vYg=="), out, sizeof(out), &len));
    assert_int_equal(len, 4);
    assert_false(base64_decode(bytes_of_text("Zm9vYmE="), out, sizeof(out), &len));
    assert_true(base64_decode_front(bytes_of_text("Zm9vYmE="), out, sizeof(out), &len));
    assert_int_equal(len, 3);
    assert_memory_equal(out, "foo", 3);
    assert_true(base64_decode_front(bytes_of_text("Zg=="), out, sizeof(out), &len));
    assert_int_equal(len, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_vectors_decode),
        cmocka_unit_test(padding_may_be_missing_or_stand_alone),
        cmocka_unit_test(what_is_not_base64_is_refused_and_leaves_nothing),
        cmocka_unit_test(what_does_not_fit_is_refused_and_its_front_can_be_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
