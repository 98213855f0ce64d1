#include "export/sink/redis_url.h"

#include <string.h>

#include "tests/support/test.h"

struct expected {
    const char *user;
    const char *host; /* of the last place */
    const char *port;
    const char *path;
    const char *database;
    const char *text;
};

static struct redis_url expect(const char *text, const struct expected *expected)
{
    struct redis_url url;
    struct diag diag = {0};

    assert_true(redis_url_parse(text, &url, &diag));
    assert_string_equal(url.user, expected->user);
    if (expected->host[0] != '\0') {
        assert_string_equal(url.places[url.num_places - 1].host, expected->host);
        assert_string_equal(url.places[url.num_places - 1].port, expected->port);
    }
    assert_string_equal(url.path, expected->path);
    assert_string_equal(url.database, expected->database);
    assert_string_equal(url.text, expected->text);
    return url;
}

static void every_form_is_taken_apart(void **state)
{
    (void)state;
    (void)expect("redis://box", &(struct expected){"", "box", "6379", "", "0", "box:6379"});
    (void)expect("redis://box:", &(struct expected){"", "box", "6379", "", "0", "box:6379"});
    (void)expect("redis://box/", &(struct expected){"", "box", "6379", "", "0", "box:6379"});
    (void)expect("redis://tap@10.0.0.1:7000/5",
                 &(struct expected){"tap", "10.0.0.1", "7000", "", "5", "10.0.0.1:7000"});
    (void)expect("redis://[fd00::1]:7000",
                 &(struct expected){"", "fd00::1", "7000", "", "0", "[fd00::1]:7000"});
    (void)expect("redis://[::1]/2", &(struct expected){"", "::1", "6379", "", "2", "[::1]:6379"});
    (void)expect("unix:///run/redis.sock",
                 &(struct expected){"", "", "", "/run/redis.sock", "0", "/run/redis.sock"});
    (void)expect("unix:///run/redis.sock?db=3",
                 &(struct expected){"", "", "", "/run/redis.sock", "3", "/run/redis.sock"});
}

static void several_servers_are_told_apart_by_their_scheme(void **state)
{
    struct redis_url url;

    (void)state;
    url = expect("rediss://box", &(struct expected){"", "box", "6379", "", "0", "box:6379"});
    assert_true(url.tls);
    assert_int_equal(url.kind, REDIS_SINGLE);
    url = expect("redis+sentinel://tap@a,b:7,[::1]/mail/2",
                 &(struct expected){"tap", "::1", "26379", "", "2", "a:26379,b:7,[::1]:26379"});
    assert_false(url.tls);
    assert_int_equal(url.kind, REDIS_SENTINEL);
    assert_int_equal(url.num_places, 3);
    assert_string_equal(url.master, "mail");
    url = expect("rediss+cluster://a:1,b:2", &(struct expected){"", "b", "2", "", "0", "a:1,b:2"});
    assert_true(url.tls);
    assert_int_equal(url.kind, REDIS_CLUSTER);
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
    expect_refusal("redis://:6379", "expected host");
    expect_refusal("redis://box:65536", "the port");
    expect_refusal("redis://box:12x", "the port");
    expect_refusal("redis://[::1", "expected host or host:port");
    expect_refusal("redis://[::1]x", "expected host or host:port");
    expect_refusal("redis://box/one", "the database");
    expect_refusal("redis+sentinel://a,b", "name-of-the-master");
    expect_refusal("redis+cluster://a,b/1", "no databases");
    expect_refusal("redis://1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h", "more than 16");
    expect_refusal("unix://relative", "unix:///path");
    expect_refusal("unix:///a?x=1", "db=");
}

static void a_password_in_the_url_is_refused_and_not_repeated(void **state)
{
    (void)state;
    expect_refusal("redis://tap:hunter2@box", "a password does not belong here");
    expect_refusal("redis://:hunter2@box", "a password does not belong here");
    expect_refusal("rediss://tap:hunter2@box", "a password does not belong here");
    expect_refusal("tap:hunter2@box", "expected redis://host");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_taken_apart),
        cmocka_unit_test(several_servers_are_told_apart_by_their_scheme),
        cmocka_unit_test(what_means_nothing_is_refused_in_words),
        cmocka_unit_test(a_password_in_the_url_is_refused_and_not_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
