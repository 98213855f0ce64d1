#include "sensor/commands/line.h"

#include <stdlib.h>

#include "tests/support/test.h"

static void assert_line(const struct finding *finding, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    assert_non_null(file);
    line_print(file, finding);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void a_login_reads_as_a_sentence(void **state)
{
    struct finding finding = {
        .last = {.ns = 1700000000u * 1000000000ull},
        .count = 1,
        .kind = FINDING_AUTH,
        .service = SERVICE_IMAP,
        .mechanism = MECHANISM_IMAP_LOGIN,
        .family = FAMILY_BASIC,
        .outcome = OUTCOME_REJECTED,
        .reason = REASON_WRONG_PASSWORD,
        .device_id = "mac:00-11-22-00-01-01",
        .host_name = "printer-2",
        .server_name = "outlook.office365.com",
        .target = TARGET_ONLINE,
        .user = "bob@contoso.com",
    };

    (void)state;
    assert_line(&finding, "2023-11-14 22:13:20Z basic-auth: mac:00-11-22-00-01-01 (printer-2) to "
                          "outlook.office365.com (exchange-online): imap imap-login rejected "
                          "(wrong-password) as bob@contoso.com\n");
}

static void a_pseudonym_stands_where_the_name_would(void **state)
{
    struct finding finding = {
        .last = {.ns = 1700000000u * 1000000000ull},
        .count = 1,
        .kind = FINDING_AUTH,
        .service = SERVICE_IMAP,
        .mechanism = MECHANISM_IMAP_LOGIN,
        .family = FAMILY_BASIC,
        .outcome = OUTCOME_ACCEPTED,
        .device_id = "ip:dropped",
        .server_name = "mail",
        .user_hash = "u1:01234567:0123456789abcdef0123",
    };

    (void)state;
    assert_line(&finding, "2023-11-14 22:13:20Z basic-auth: ip:dropped to mail: imap imap-login "
                          "accepted as u1:01234567:0123456789abcdef0123\n");
}

static void what_is_not_known_is_left_out(void **state)
{
    struct finding finding = {
        .last = {.ns = 1700000000u * 1000000000ull},
        .count = 3,
        .kind = FINDING_AUTH,
        .service = SERVICE_POP,
        .mechanism = MECHANISM_POP_USER_PASS,
        .family = FAMILY_BASIC,
        .client = {.version = 4, .octets = {10, 0, 0, 7}},
        .server = {.version = 4, .octets = {10, 0, 0, 1}},
    };

    (void)state;
    assert_line(&finding, "2023-11-14 22:13:20Z basic-auth: 10.0.0.7 to 10.0.0.1: pop "
                          "pop-user-pass unknown x3\n");
}

static void what_is_inferred_says_so(void **state)
{
    struct finding finding = {
        .last = {.ns = 1700000000u * 1000000000ull},
        .count = 1,
        .kind = FINDING_AUTH,
        .service = SERVICE_SMTP,
        .mechanism = MECHANISM_OTHER,
        .family = FAMILY_BASIC,
        .certainty = CERTAINTY_INFERRED,
        .confidence = 0.97,
        .inference = "password",
        .client = {.version = 4, .octets = {10, 0, 0, 7}},
        .server_name = "smtp.office365.com",
        .target = TARGET_ONLINE,
    };

    (void)state;
    assert_line(&finding, "2023-11-14 22:13:20Z basic-auth: 10.0.0.7 to smtp.office365.com "
                          "(exchange-online): smtp password, inferred (0.97), unknown\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_reads_as_a_sentence),
        cmocka_unit_test(a_pseudonym_stands_where_the_name_would),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(what_is_inferred_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
