#include "sensor/commands/shapes_table.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static struct shapes_total total;

static void count(enum service service, enum inference_verdict verdict, double confidence,
                  enum mechanism truth)
{
    struct inference inference = {
        .verdict = verdict,
        .confidence = confidence,
        .is_checked = true,
        .truth = truth,
        .truth_families = 1u << mechanism_family(truth),
    };
    struct event event = {.kind = EVENT_AUTH, .service = service, .inference = &inference};

    checks_count(&total.checks, &event);
}

static void a_group_has_shares_confusion_and_calibration(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    memset(&total, 0, sizeof(total));
    total.captures = 5;
    total.damaged = 1;
    total.opened[CHECK_POP] = 6;
    count(SERVICE_POP, INFERENCE_PASSWORD, 0.99, MECHANISM_POP_USER_PASS);
    count(SERVICE_POP, INFERENCE_PASSWORD, 0.97, MECHANISM_SASL_PLAIN);
    count(SERVICE_POP, INFERENCE_TOKEN, 0.98, MECHANISM_SASL_XOAUTH2);
    count(SERVICE_POP, INFERENCE_PASSWORD, 0.92, MECHANISM_SASL_XOAUTH2);
    count(SERVICE_POP, INFERENCE_UNDECIDED, 0, MECHANISM_POP_APOP);
    shapes_table_print(out, &total);
    (void)fclose(out);
    assert_non_null(strstr(
        text,
        "5 captures, 1 of them damaged\n"
        "\n"
        "pop: 6 sessions opened, 5 judged\n"
        "  verdicts                 4 of 5 decided, undecided 20.0 %; of decided right 75.0 % "
        "(1 wrong)\n"
        "  passwords and tokens     4 of 4 decided, undecided 0.0 %; of decided right 75.0 % "
        "(1 wrong)\n"
        "  surely wrong             1\n"
        "  tokens as passwords      1\n"
        "  verdict \\ truth              basic      modern   challenge\n"
        "  undecided                        0           0           1\n"
        "  password                         2           1           0\n"
        "  token                            0           1           0\n"
        "  confidence                 decided       right       share    promised\n"
        "  0.95 to 1.00                     3           3     100.0 %      98.0 %\n"
        "  0.90 to 0.95                     1           0       0.0 %      92.0 %\n"
        "\n"
        "mail together\n"));
    free(text);
}

static void a_session_is_told_with_file_and_evidence(void **state)
{
    struct inference inference = {
        .verdict = INFERENCE_TOKEN,
        .confidence = 0.9,
        .is_checked = true,
        .truth = MECHANISM_SASL_PLAIN,
        .truth_families = 1u << FAMILY_BASIC,
        .evidence = "the 4th message, 2,746 bytes, is above 1,300",
    };
    struct event event = {
        .kind = EVENT_AUTH, .service = SERVICE_SMTP, .at = {.frame = 17}, .inference = &inference};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    shapes_session_print(out, "a.pcapng", &event);
    (void)fclose(out);
    assert_string_equal(text, "a.pcapng: frame 17: smtp token 0.90, held sasl-plain: wrong; "
                              "outcome unknown 0.00, was unknown\n"
                              "    the 4th message, 2,746 bytes, is above 1,300\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_has_shares_confusion_and_calibration),
        cmocka_unit_test(a_session_is_told_with_file_and_evidence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
