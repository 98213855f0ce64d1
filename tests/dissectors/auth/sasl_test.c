#include "dissectors/auth/sasl.h"

#include "tests/support/test.h"

#include <string.h>

static const struct moment now = {.frame = 7};

static void ignore(void *ctx, struct event *event)
{
    (void)ctx;
    (void)event;
}

static const struct emitter out = {ignore, NULL, &now};

static void respond(struct login *login, const char *line)
{
    sasl_on_response(login, SERVICE_SMTP, bytes_of_text(line), &out);
}

static void mechanisms_are_known_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(sasl_mechanism(BYTES("plain")), MECHANISM_SASL_PLAIN);
    assert_int_equal(sasl_mechanism(BYTES("XOAuth2")), MECHANISM_SASL_XOAUTH2);
    assert_int_equal(sasl_mechanism(BYTES("SCRAM-SHA-256-PLUS")), MECHANISM_SASL_SCRAM);
    assert_int_equal(sasl_mechanism(BYTES("GSS-SPNEGO")), MECHANISM_SASL_GSSAPI);
    assert_int_equal(sasl_mechanism(BYTES("PLAINX")), MECHANISM_OTHER);
    assert_int_equal(sasl_mechanism(BYTES("")), MECHANISM_OTHER);
}

/* "hunter2" alone, as a broken client sends it: base64 of it is aHVudGVyMg== */
static void plain_without_a_nul_names_nobody(void **state)
{
    struct login login;

    (void)state;
    login_open(&login, MECHANISM_SASL_PLAIN, &out);
    respond(&login, "aHVudGVyMg==");
    assert_true(login.complete);
    assert_string_equal(login.user, "");
}

/* authzid NUL NUL passwd */
static void plain_without_authcid_takes_authzid(void **state)
{
    struct login login;

    (void)state;
    login_open(&login, MECHANISM_SASL_PLAIN, &out);
    respond(&login, "Ym9iAABodW50ZXIy");
    assert_string_equal(login.user, "bob");
    assert_true(login.password_seen);
}

/* The messages of PLAIN, and what of them is a name, whatever a client leaves out or doubles. */
static void the_password_of_plain_is_never_the_name(void **state)
{
    static const struct {
        const char *line;
        const char *user;
    } layouts[] = {
        {"AGJvYgBodW50ZXIy", "bob"},             /* NUL bob NUL hunter2 */
        {"ZXZlAGJvYgBodW50ZXIy", "bob"},         /* eve NUL bob NUL hunter2 */
        {"Ym9iAGh1bnRlcjI=", "bob"},             /* bob NUL hunter2 */
        {"AGh1bnRlcjI=", ""},                    /* NUL hunter2 */
        {"AABodW50ZXIy", ""},                    /* NUL NUL hunter2 */
        {"AABib2IAaHVudGVyMg==", ""},            /* NUL NUL bob NUL hunter2 */
        {"AGJvYgBodW50ZXIyAGh1bnRlcjI=", "bob"}, /* NUL bob NUL hunter2 NUL hunter2 */
        {"Ym9iOmh1bnRlcjI=", ""},                /* bob:hunter2 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        struct login login;

        login_open(&login, MECHANISM_SASL_PLAIN, &out);
        respond(&login, layouts[i].line);
        assert_string_equal(login.user, layouts[i].user);
    }
}

/* NUL bob NUL hunter2 where a name is asked for */
static void plain_s_message_in_another_exchange_gives_no_password_away(void **state)
{
    struct login login;

    (void)state;
    login_open(&login, MECHANISM_SASL_LOGIN, &out);
    respond(&login, "AGJvYgBodW50ZXIy");
    assert_string_equal(login.user, "bob");
    login_open(&login, MECHANISM_SASL_EXTERNAL, &out);
    respond(&login, "AGJvYgBodW50ZXIy");
    assert_string_equal(login.user, "");
}

static void a_name_longer_than_its_place_is_cut(void **state)
{
    char line[1024] = "";
    struct login login;

    (void)state;
    for (size_t i = 0; i < 200; i++) { /* 600 times "a" */
        memcpy(line + 4 * i, "YWFh", 4);
    }
    login_open(&login, MECHANISM_SASL_LOGIN, &out);
    respond(&login, line);
    assert_int_equal(strlen(login.user), USER_SIZE - 1);
}

static void a_third_message_of_login_changes_nothing(void **state)
{
    struct login login;

    (void)state;
    login_open(&login, MECHANISM_SASL_LOGIN, &out);
    respond(&login, "Ym9i");
    assert_false(login.complete);
    respond(&login, "aHVudGVyMg==");
    assert_true(login.complete && login.password_seen);
    respond(&login, "ZXZl");
    assert_string_equal(login.user, "bob");
}

static void nothing_is_read_behind_a_hole(void **state)
{
    struct login login;

    (void)state;
    login_open(&login, MECHANISM_SASL_LOGIN, &out);
    login_gap(&login);
    respond(&login, "aHVudGVyMg==");
    assert_string_equal(login.user, "");
    assert_false(login.complete);
}

static void who_goes_on_has_given_up_unless_an_answer_is_missing(void **state)
{
    struct login login;

    (void)state;
    login_open(&login, MECHANISM_SASL_LOGIN, &out);
    login_leave(&login);
    assert_false(login.cancelled);
    login_open(&login, MECHANISM_SASL_LOGIN, &out);
    sasl_on_challenge(&login, BYTES("VXNlcm5hbWU6"));
    login_leave(&login);
    assert_true(login.cancelled);
}

static void a_session_joined_late_is_known_by_its_prompt(void **state)
{
    struct login login = {0};

    (void)state;
    assert_false(sasl_open_by_prompt(&login, BYTES("PDE4OTYuNjk3MUB4Pg=="), &out));
    assert_false(login_is_open(&login));
    assert_true(sasl_open_by_prompt(&login, BYTES("UGFzc3dvcmQ6"), &out));
    respond(&login, "aHVudGVyMg==");
    assert_string_equal(login.user, "");
    assert_true(login.complete && login.password_seen);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(mechanisms_are_known_in_any_case),
        cmocka_unit_test(plain_without_a_nul_names_nobody),
        cmocka_unit_test(plain_without_authcid_takes_authzid),
        cmocka_unit_test(the_password_of_plain_is_never_the_name),
        cmocka_unit_test(plain_s_message_in_another_exchange_gives_no_password_away),
        cmocka_unit_test(a_name_longer_than_its_place_is_cut),
        cmocka_unit_test(a_third_message_of_login_changes_nothing),
        cmocka_unit_test(nothing_is_read_behind_a_hole),
        cmocka_unit_test(who_goes_on_has_given_up_unless_an_answer_is_missing),
        cmocka_unit_test(a_session_joined_late_is_known_by_its_prompt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
