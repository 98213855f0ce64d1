#include "export/sink/redis_url.h"

#include <string.h>

#include "tests/support/test.h"

static void expect(const char *text, const struct redis_url *expected)
{
    struct redis_url url;
    struct diag diag = {0};

    assert_true(redis_url_parse(text, &url, &diag));
    assert_string_equal(url.user, expected->user);
    assert_string_equal(url.host, expected->host);
    assert_string_equal(url.port, expected->port);
    assert_string_equal(url.path, expected->path);
    assert_string_equal(url.database, expected->database);
    assert_string_equal(url.place, expected->place);
}

static void every_form_is_taken_apart(void **state)
{
    (void)state;
    expect("redis://box", &(struct redis_url){"", "box", "6379", "", "0", "box:6379"});
    expect("redis://box:", &(struct redis_url){"", "box", "6379", "", "0", "box:6379"});
    expect("redis://box/", &(struct redis_url){"", "box", "6379", "", "0", "box:6379"});
    expect("redis://tap@10.0.0.1:7000/5",
           &(struct redis_url){"tap", "10.0.0.1", "7000", "", "5", "10.0.0.1:7000"});
    expect("redis://[fd00::1]:7000",
           &(struct redis_url){"", "fd00::1", "7000", "", "0", "[fd00::1]:7000"});
    expect("redis://[::1]/2", &(struct redis_url){"", "::1", "6379", "", "2", "[::1]:6379"});
    expect("unix:///run/redis.sock",
           &(struct redis_url){"", "", "", "/run/redis.sock", "0", "/run/redis.sock"});
    expect("unix:///run/redis.sock?db=3",
           &(struct redis_url){"", "", "", "/run/redis.sock", "3", "/run/redis.sock"});
}

static void expect_refusal(const char *text, const char *words)
{
    struct redis_url url;
    struct diag diag = {0};

    assert_false(redis_url_parse(text, &url, &diag));
    assert_non_null(strstr(diag.text, words));
    assert_null(strstr(diag.text, "hunter2"));
}

static void what_means_nothing_is_refused_in_words(void **state)
{
    (void)state;
    expect_refusal("", "expected redis://host");
    expect_refusal("http://box", "expected redis://host");
    expect_refusal("redis://", "expected a host");
    expect_refusal("redis://:6379", "expected a host");
    expect_refusal("redis://box:65536", "the port");
    expect_refusal("redis://box:12x", "the port");
    expect_refusal("redis://[::1", "expected ']'");
    expect_refusal("redis://[::1]x", "expected ':'");
    expect_refusal("redis://box/one", "the database");
    expect_refusal("rediss://box", "TLS");
    expect_refusal("unix://relative", "unix:///path");
    expect_refusal("unix:///a?x=1", "db=");
}

static void a_password_in_the_url_is_refused_and_not_repeated(void **state)
{
    (void)state;
    expect_refusal("redis://tap:hunter2@box", "a password does not belong here");
    expect_refusal("redis://:hunter2@box", "a password does not belong here");
    expect_refusal("rediss://tap:hunter2@box", "TLS");
    expect_refusal("tap:hunter2@box", "expected redis://host");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_taken_apart),
        cmocka_unit_test(what_means_nothing_is_refused_in_words),
        cmocka_unit_test(a_password_in_the_url_is_refused_and_not_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
