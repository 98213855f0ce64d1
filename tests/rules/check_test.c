#include "rules/check.h"

#include <string.h>

#include "tests/support/test.h"

enum { BASIC = 1u << FAMILY_BASIC, MODERN = 1u << FAMILY_MODERN };

static struct inference inference_of(enum inference_verdict verdict, uint32_t families)
{
    return (struct inference){
        .verdict = verdict, .is_checked = true, .truth_families = families, .confidence = 0.9};
}

static void a_verdict_is_right_when_a_login_is_of_its_kind(void **state)
{
    static const struct {
        enum inference_verdict verdict;
        uint32_t families;
        enum mechanism truth;
        enum check_result result;
    } cases[] = {
        {INFERENCE_PASSWORD, BASIC, MECHANISM_IMAP_LOGIN, CHECK_RIGHT},
        {INFERENCE_PASSWORD, MODERN, MECHANISM_SASL_XOAUTH2, CHECK_WRONG},
        {INFERENCE_PASSWORD, BASIC | MODERN, MECHANISM_SASL_XOAUTH2, CHECK_RIGHT},
        {INFERENCE_PASSWORD, 0, MECHANISM_UNKNOWN, CHECK_WRONG},
        {INFERENCE_BASIC_LIKELY, BASIC, MECHANISM_HTTP_BASIC, CHECK_RIGHT},
        {INFERENCE_BASIC_LIKELY, 1u << FAMILY_NONE, MECHANISM_NONE, CHECK_WRONG},
        {INFERENCE_TOKEN, MODERN, MECHANISM_HTTP_BEARER, CHECK_RIGHT},
        {INFERENCE_TOKEN, 1u << FAMILY_INTEGRATED, MECHANISM_SASL_GSSAPI, CHECK_WRONG},
        {INFERENCE_TOKEN_OR_TICKET, MODERN, MECHANISM_SASL_XOAUTH2, CHECK_RIGHT},
        {INFERENCE_TOKEN_OR_TICKET, 1u << FAMILY_INTEGRATED, MECHANISM_SASL_GSSAPI, CHECK_RIGHT},
        {INFERENCE_TOKEN_OR_TICKET, 1u << FAMILY_INTEGRATED, MECHANISM_SASL_NTLM, CHECK_WRONG},
        {INFERENCE_CHALLENGE_RESPONSE, 1u << FAMILY_CHALLENGE, MECHANISM_POP_APOP, CHECK_RIGHT},
        {INFERENCE_CHALLENGE_RESPONSE, 1u << FAMILY_INTEGRATED, MECHANISM_SASL_NTLM, CHECK_RIGHT},
        {INFERENCE_CHALLENGE_RESPONSE, BASIC, MECHANISM_SASL_LOGIN, CHECK_WRONG},
        {INFERENCE_NO_LOGIN, 0, MECHANISM_UNKNOWN, CHECK_RIGHT},
        {INFERENCE_NO_LOGIN, 1u << FAMILY_NONE, MECHANISM_NONE, CHECK_RIGHT},
        {INFERENCE_NO_LOGIN, BASIC, MECHANISM_IMAP_LOGIN, CHECK_WRONG},
        {INFERENCE_UNDECIDED, BASIC, MECHANISM_IMAP_LOGIN, CHECK_UNDECIDED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct inference inference = inference_of(cases[i].verdict, cases[i].families);

        inference.truth = cases[i].truth;
        if (check_verdict(&inference) != cases[i].result) {
            fail_msg("case %zu", i);
        }
    }
}

static void the_truth_is_the_family_or_that_there_are_several(void **state)
{
    (void)state;
    for (enum check_truth truth = 0; truth < NUM_CHECK_TRUTHS; truth++) {
        static const uint32_t families[NUM_CHECK_TRUTHS] = {
            [TRUTH_BASIC] = BASIC | 1u << FAMILY_NONE,
            [TRUTH_MODERN] = MODERN,
            [TRUTH_INTEGRATED] = 1u << FAMILY_INTEGRATED,
            [TRUTH_CHALLENGE] = 1u << FAMILY_CHALLENGE,
            [TRUTH_NONE] = 1u << FAMILY_NONE,
            [TRUTH_OTHER] = 1u << FAMILY_CERTIFICATE,
            [TRUTH_SEVERAL] = BASIC | MODERN,
        };
        struct inference inference = inference_of(INFERENCE_TOKEN, families[truth]);

        assert_int_equal(check_truth_of(&inference), truth);
    }
}

static void an_outcome_counts_only_where_it_was_told(void **state)
{
    struct inference inference = inference_of(INFERENCE_PASSWORD, BASIC);

    (void)state;
    inference.truth_outcome = OUTCOME_BLOCKED;
    assert_int_equal(check_outcome(&inference, OUTCOME_REJECTED), CHECK_UNDECIDED);
    inference.outcome_confidence = 0.8;
    assert_int_equal(check_outcome(&inference, OUTCOME_REJECTED), CHECK_RIGHT);
    assert_int_equal(check_outcome(&inference, OUTCOME_ACCEPTED), CHECK_WRONG);
    assert_int_equal(check_outcome(&inference, OUTCOME_UNKNOWN), CHECK_UNDECIDED);
}

static void bands_are_closed_below(void **state)
{
    (void)state;
    assert_int_equal(band_of(1), 0);
    assert_int_equal(band_of(0.95), 0);
    assert_int_equal(band_of(0.949), 1);
    assert_int_equal(band_of(0.9), 1);
    assert_int_equal(band_of(0.8), 2);
    assert_int_equal(band_of(0.5), 3);
    assert_int_equal(band_of(0.49), 4);
    assert_int_equal(band_of(0), 4);
}

static void count(struct checks *checks, enum service service, const struct inference *inference)
{
    struct event event = {.kind = EVENT_AUTH, .service = service, .inference = inference};

    checks_count(checks, &event);
}

static void all_is_counted_in_its_place(void **state)
{
    static struct checks checks;
    struct inference password = inference_of(INFERENCE_PASSWORD, MODERN);
    struct inference likely = inference_of(INFERENCE_BASIC_LIKELY, BASIC);
    struct inference undecided = inference_of(INFERENCE_UNDECIDED, MODERN);

    (void)state;
    memset(&checks, 0, sizeof(checks));
    count(&checks, SERVICE_SMTP, &password);
    assert_int_equal(checks.groups[CHECK_SMTP].verdicts[INFERENCE_PASSWORD][TRUTH_MODERN], 1);
    assert_int_equal(checks.groups[CHECK_SMTP].sure[CHECK_WRONG], 1);
    assert_int_equal(checks.groups[CHECK_SMTP].tokens_as_passwords, 1);
    password.confidence = 0.8;
    count(&checks, SERVICE_SMTP, &password);
    assert_int_equal(checks.groups[CHECK_SMTP].results[CHECK_WRONG], 2);
    assert_int_equal(checks.groups[CHECK_SMTP].tokens_as_passwords, 1); /* it was not sure */
    assert_int_equal(checks.groups[CHECK_SMTP].bands[2][CHECK_WRONG], 1);
    likely.http.excludes_token = true;
    count(&checks, SERVICE_EAS, &likely);
    count(&checks, SERVICE_HTTP, &undecided);
    undecided.http.excludes_token = true; /* and there was one */
    count(&checks, SERVICE_EWS, &undecided);
    assert_int_equal(checks.groups[CHECK_HTTP].results[CHECK_UNDECIDED], 2);
    assert_int_equal(checks.groups[CHECK_HTTP].tokens[CHECK_RIGHT], 1);
    assert_int_equal(checks.groups[CHECK_HTTP].tokens[CHECK_UNDECIDED], 1);
    assert_int_equal(checks.groups[CHECK_HTTP].tokens[CHECK_WRONG], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_is_right_when_a_login_is_of_its_kind),
        cmocka_unit_test(the_truth_is_the_family_or_that_there_are_several),
        cmocka_unit_test(an_outcome_counts_only_where_it_was_told),
        cmocka_unit_test(bands_are_closed_below),
        cmocka_unit_test(all_is_counted_in_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
