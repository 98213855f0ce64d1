/* The part `http` of rules/shapes.yml. */
#include "sensor/shapes_http.h"

#include "tests/support/model.h"
#include "tests/support/test.h"

static void the_shipped_file_has_bounds_that_fit_together(void **state)
{
    static struct shape_model model; /* too large for a stack */
    const struct shape_http_model *http = &model.http;
    struct diag diag = {""};

    (void)state;
    assert_true(model_load(&model, &diag));
    assert_string_equal(diag.text, "");
    assert_true(http->token_http2 < http->token_http1);
    assert_true(http->token_http1 < http->ample_http1 && http->ample_http1 < http->body);
    assert_true(http->token_http2 < http->ample_http2 && http->ample_http2 < http->body);
    assert_true(http->basic_least < http->basic_most && http->basic_most < http->ntlm_most);
    assert_true(http->ntlm_most < 800); /* what a token takes at least */
    assert_true(http->interim < http->settings && http->packet_least < http->packet_most);
    /* Lengths of HTTP are circumstances: none is nearly sure. */
    assert_true(http->basic_accepted < 0.9 && http->basic_rejected < 0.9);
    assert_true(http->basic_posted < 0.9 && http->basic_apart < http->basic_posted);
    assert_true(http->token_alone < 0.9 && http->token_ample < 0.9 && http->token_always < 0.9);
    assert_true(http->challenge < 0.9);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"device: {}\n", "x.yml:1:1: 'connection' is missing"},
        {"[]\n", "x.yml:1:1: 'connection' is missing"},
        {"connection: []\nmore: 1\n", "x.yml:2:1: unknown key 'more'"},
        {"connection: []\n", "x.yml:1:13: 'token-http1' is missing"},
        {"connection:\n- token-http1: 1\n", "x.yml:2:3: 'token-http1' has no reason"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct shape_http_model model = {0};
        struct diag diag = {""};
        struct tree *tree = tree_parse("x.yml", bytes_of_text(cases[i].text), &diag);

        assert_non_null(tree);
        assert_false(shapes_http_read(tree, tree_document(tree, 0), &model, &diag));
        assert_string_equal(diag.text, cases[i].words);
        tree_free(tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_file_has_bounds_that_fit_together),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
