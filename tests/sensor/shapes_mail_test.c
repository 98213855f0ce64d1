#include <string.h>

#include "dissectors/base/text.h"
#include "sensor/shapes_mail.h"
#include "tests/support/test.h"

/* A model with one entry of each kind; %s is a login. */
#define HEAD                                                                                       \
    "bounds: {tag: 1..12, shortest-line: 7, password: 450, token: 1000, block: 16,\n"              \
    "         lone-block: 256}\n"                                                                  \
    "confidence: {floor: 0.7, partial: 0.75, hole: 0.5, blurred: 0.88, unproven: 0.89, conflict: " \
    "0.8, none: "                                                                                  \
    "0.9}\n"
#define TAIL                                                                                       \
    "ordinary:\n"                                                                                  \
    "  - {services: pop, client: 6, server: 5.., last: yes, reason: words}\n"                      \
    "answers:\n"                                                                                   \
    "  - {services: pop, bytes: 5..29, follow: 2.., outcome: accepted, confidence: 0.9,\n"         \
    "     reason: words}\n"

static bool read(const char *text, struct shape_mail_model *model, struct diag *diag)
{
    struct tree *tree = tree_parse("shapes.yml", bytes_of_text(text), diag);
    bool is_read;

    memset(diag, 0, sizeof(*diag));
    assert_non_null(tree);
    is_read = shapes_mail_read(tree, tree_document(tree, 0), model, diag);
    tree_free(tree);
    return is_read;
}

static void a_login_is_read_with_all_that_it_says(void **state)
{
    static struct shape_mail_model model;
    struct diag diag;
    const struct shape_login *login = &model.logins[0];

    (void)state;
    if (!read(HEAD
              "logins:\n"
              "  - name: AUTH\n"
              "    services: [imap, smtp]\n"
              "    verdict: challenge-response 0.98\n"
              "    follow: 1\n"
              "    reason: words\n"
              "    steps: [{client: tag+12, server: 3..8},\n"
              "            {client: 46.. rest 2, server: 8.., records: 2, secret: yes}]\n" TAIL,
              &model, &diag)) {
        fail_msg("%s", diag.text);
    }
    assert_int_equal(model.num_logins, 1);
    assert_string_equal(login->words, "AUTH");
    assert_int_equal(login->services, SHAPE_IMAP | SHAPE_SMTP);
    assert_int_equal(login->verdict, INFERENCE_CHALLENGE_RESPONSE);
    assert_true(login->confidence > 0.979 && login->confidence < 0.981);
    assert_int_equal(login->follow, 1);
    assert_false(login->yields);
    assert_int_equal(login->num_steps, 2);
    assert_int_equal(login->secret, 1);
    assert_true(login->steps[0].client.is_tagged);
    assert_int_equal(login->steps[0].client.range.min, 12);
    assert_int_equal(login->steps[0].client.range.max, 12);
    assert_int_equal(login->steps[0].client.rest, SHAPE_ANY_REST);
    assert_int_equal(login->steps[0].server.range.max, 8);
    assert_int_equal(login->steps[1].client.range.max, UINT32_MAX);
    assert_int_equal(login->steps[1].client.rest, 2);
    assert_int_equal(login->steps[1].records, 2);
    assert_true(model.ordinary[0].is_last);
    assert_int_equal(model.answers[0].follow.min, 2);
    assert_int_equal(model.answers[0].outcome, OUTCOME_ACCEPTED);
    assert_int_equal(model.token, 1000);
}

#define LOGIN(services, verdict, steps)                                                            \
    HEAD "logins:\n"                                                                               \
         "  - {name: A, services: " services ", verdict: " verdict ", reason: words,\n"            \
         "     steps: " steps "}\n" TAIL
#define STEP "[{client: 12, server: 5.., secret: yes}]"

static void what_is_wrong_is_said_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {LOGIN("http", "password 0.9", STEP), "a service is imap, pop or smtp"},
        {LOGIN("[]", "password 0.9", STEP), "no service is named"},
        {LOGIN("pop", "basic-likely 0.9", STEP), "a verdict on mail is"},
        {LOGIN("pop", "password", STEP), "a verdict on mail is"},
        {LOGIN("pop", "undecided 0.9", STEP), "a verdict on mail is"},
        {LOGIN("pop", "password 1.5", STEP), "a confidence is from 0 to 1"},
        {LOGIN("pop", "password 0.9", "[{client: 12, server: 5..}]"), "is the secret"},
        {LOGIN("pop", "password 0.9", "[{client: 9..3, server: 5, secret: yes}]"), "a length is"},
        {LOGIN("pop", "password 0.9", "[{client: 12 rest 4, server: 5, secret: yes}]"),
         "a length is"},
        {LOGIN("pop", "password 0.9", "[{client: 12, secret: yes}]"), "'server' is missing"},
        {LOGIN("pop", "password 0.9", "[{client: 12, server: 5, secret: no}]"), "is yes, or"},
        {HEAD "logins: []\nordinary: []\nanswer: []\n", "unknown key 'answer'"},
        {HEAD "logins: []\nordinary: []\n", "'answers' is missing"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct shape_mail_model model;
        struct diag diag;

        assert_false(read(cases[i].text, &model, &diag));
        if (strncmp(diag.text, "shapes.yml:", 11) != 0 ||
            strstr(diag.text, cases[i].words) == NULL) {
            fail_msg("'%s' was said, '%s' wanted", diag.text, cases[i].words);
        }
    }
}

static void a_list_longer_than_the_model_is_refused(void **state)
{
    static char text[65536] = HEAD "logins: []\nordinary:\n";
    static struct shape_mail_model model;
    struct diag diag;

    (void)state;
    for (size_t i = 0; i <= SHAPE_MAX_ORDINARY; i++) {
        (void)text_append(text, sizeof(text),
                          "  - {services: pop, client: 6, server: 5, reason: words}\n");
    }
    (void)text_append(text, sizeof(text), "answers: []\n");
    assert_false(read(text, &model, &diag));
    assert_non_null(strstr(diag.text, "more than 24 of these"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_is_read_with_all_that_it_says),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_list_longer_than_the_model_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
