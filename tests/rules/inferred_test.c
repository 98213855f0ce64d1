/* What is inferred from the shape of a session becomes a finding of its own kind, apart from all
 * that was read. */
#include "tests/rules/stage.h"

#include <string.h>

#include "dissectors/base/text.h"

static struct inference inference_of(enum inference_verdict verdict, double confidence)
{
    struct inference inference = {.verdict = verdict, .confidence = confidence};

    (void)text_copy(inference.evidence, sizeof(inference.evidence),
                    "the 3rd message of the client, 48 bytes, is below the bound of 700");
    return inference;
}

static void infer(struct stage *stage, double seconds, const struct inference *inference,
                  enum outcome outcome)
{
    struct event *event = stage_event(stage, EVENT_AUTH, SERVICE_IMAP, seconds);

    event->transport = TRANSPORT_TLS;
    event->certainty = CERTAINTY_INFERRED;
    event->auth.mechanism =
        inference->verdict == INFERENCE_NO_LOGIN ? MECHANISM_NONE : MECHANISM_OTHER;
    event->auth.outcome = outcome;
    event->inference = inference;
    stage_say(stage);
}

static void open_with(struct stage *stage, const char *fields)
{
    stage_init(stage);
    stage->fields = fields;
    stage_open(stage);
}

static void the_family_follows_from_the_verdict(void **state)
{
    static const struct {
        enum inference_verdict verdict;
        const char *line;
    } cases[] = {
        {INFERENCE_PASSWORD, "password basic basic-auth inferred 0.97\n"},
        {INFERENCE_BASIC_LIKELY, "basic-likely basic basic-auth inferred 0.97\n"},
        {INFERENCE_TOKEN, "token modern modern-auth inferred 0.97\n"},
        {INFERENCE_TOKEN_OR_TICKET, "token-or-ticket unknown unknown-auth inferred 0.97\n"},
        {INFERENCE_CHALLENGE_RESPONSE, "challenge-response unknown unknown-auth inferred 0.97\n"},
        {INFERENCE_NO_LOGIN, "none none no-auth inferred 0.97\n"},
        {INFERENCE_UNDECIDED, "undecided unknown unknown-auth inferred 0.97\n"},
    };
    struct stage stage;

    (void)state;
    open_with(&stage, "basictap.inference.verdict,basictap.family,event.action,basictap.certainty,"
                      "basictap.confidence");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct inference inference = inference_of(cases[i].verdict, 0.97);

        infer(&stage, (double)i, &inference, OUTCOME_UNKNOWN);
        stage_expect(&stage, cases[i].line);
    }
    stage_close(&stage);
}

static void evidence_and_outcome_are_told(void **state)
{
    struct inference inference = inference_of(INFERENCE_PASSWORD, 0.97);
    struct stage stage;

    (void)state;
    open_with(&stage, "event.reason,basictap.inference.outcome_confidence,"
                      "basictap.inference.evidence");
    inference.outcome_confidence = 0.875;
    infer(&stage, 1, &inference, OUTCOME_REJECTED);
    inference.outcome_confidence = 0; /* it cannot be told */
    infer(&stage, 2, &inference, OUTCOME_UNKNOWN);
    stage_expect(&stage, "rejected 0.875 the 3rd message of the client, 48 bytes, is below the "
                         "bound of 700\n"
                         "unknown - the 3rd message of the client, 48 bytes, is below the bound of "
                         "700\n");
    stage_close(&stage);
}

static void what_was_read_has_nothing_of_inference(void **state)
{
    struct stage stage;

    (void)state;
    open_with(&stage, "basictap.confidence,basictap.inference.verdict,basictap.inference.evidence,"
                      "basictap.inference.outcome_confidence");
    stage_login(&stage, 1, "bob", OUTCOME_ACCEPTED);
    stage_expect(&stage, "- - - -\n");
    stage_close(&stage);
}

static void verdicts_and_bands_of_confidence_are_counted_apart(void **state)
{
    static const struct {
        enum inference_verdict verdict;
        double confidence;
    } seen[] = {
        {INFERENCE_PASSWORD, 0.97},  {INFERENCE_PASSWORD, 0.99}, {INFERENCE_TOKEN, 0.97},
        {INFERENCE_PASSWORD, 0.6},   {INFERENCE_PASSWORD, 0.7},  {INFERENCE_PASSWORD, 0.94},
        {INFERENCE_PASSWORD, 0.955},
    };
    struct stage stage;

    (void)state;
    open_with(&stage, "basictap.inference.verdict,basictap.confidence,basictap.count");
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        struct inference inference = inference_of(seen[i].verdict, seen[i].confidence);

        infer(&stage, (double)i, &inference, OUTCOME_UNKNOWN);
    }
    stage_login(&stage, 9, "", OUTCOME_UNKNOWN); /* read: never with the inferred ones */
    stage_expect(&stage, "password 0.97 3\n"
                         "token 0.97 1\n"
                         "password 0.6 2\n"
                         "password 0.94 1\n"
                         "- - 1\n");
    stage_close(&stage);
}

static struct checks told;

static void on_check(void *ctx, const struct event *event)
{
    (void)ctx;
    checks_count(&told, event);
}

static void what_a_key_showed_is_compared_and_no_finding(void **state)
{
    struct inference inference = inference_of(INFERENCE_PASSWORD, 0.97);
    const struct check_counts *imap;
    struct stage stage;

    (void)state;
    memset(&told, 0, sizeof(told));
    stage_init(&stage);
    stage.options.on_check = on_check;
    stage_open(&stage);
    inference.is_checked = true;
    inference.truth_families = 1u << FAMILY_BASIC;
    infer(&stage, 1, &inference, OUTCOME_UNKNOWN);
    inference.truth_families = 1u << FAMILY_MODERN;
    infer(&stage, 2, &inference, OUTCOME_UNKNOWN);
    inference.verdict = INFERENCE_UNDECIDED;
    infer(&stage, 3, &inference, OUTCOME_UNKNOWN);
    stage_expect(&stage, "");
    imap = &detector_stats(stage.detector)->checks.groups[CHECK_IMAP];
    assert_int_equal(imap->results[CHECK_RIGHT], 1);
    assert_int_equal(imap->results[CHECK_WRONG], 1);
    assert_int_equal(imap->results[CHECK_UNDECIDED], 1);
    assert_memory_equal(&told, &detector_stats(stage.detector)->checks, sizeof(told));
    stage_close(&stage);
}

static void the_shipped_rules_keep_to_what_was_read(void **state)
{
    struct inference password = inference_of(INFERENCE_PASSWORD, 0.97);
    struct inference guess = inference_of(INFERENCE_PASSWORD, 0.85);
    struct stage stage;

    (void)state;
    open_with(&stage, "basictap.confidence,rule.name,rule.level,event.kind");
    stage.origin.server = stage_address("52.96.0.10"); /* Exchange Online */
    infer(&stage, 1, &password, OUTCOME_ACCEPTED);
    infer(&stage, 2, &guess, OUTCOME_ACCEPTED);
    stage_expect(&stage, "0.97 Basic Authentication to Exchange Online, by the shape of encrypted "
                         "logins medium event\n"
                         "0.85 - - event\n");
    stage.origin.server = stage_address("192.0.2.1"); /* nobody knows what that is */
    infer(&stage, 3, &password, OUTCOME_ACCEPTED);
    stage_expect(&stage, "0.97 - - event\n");
    stage_close(&stage);
}

static void a_modern_login_that_was_read_and_an_inferred_password_make_no_pair(void **state)
{
    struct inference password = inference_of(INFERENCE_PASSWORD, 0.97);
    struct event *event;
    struct stage stage;

    (void)state;
    open_with(&stage, "basictap.kind");
    stage.origin.server = stage_address("52.96.0.10");
    infer(&stage, 1, &password, OUTCOME_ACCEPTED);
    event = stage_event(&stage, EVENT_AUTH, SERVICE_EWS, 2);
    event->auth.mechanism = MECHANISM_HTTP_BEARER;
    event->auth.outcome = OUTCOME_ACCEPTED;
    stage_say(&stage);
    stage_expect(&stage, "auth\nauth\n"); /* and no alert */
    stage_close(&stage);
}

static void a_phone_is_not_waited_for_when_nothing_was_read(void **state)
{
    struct inference password = inference_of(INFERENCE_BASIC_LIKELY, 0.8);
    struct stage stage;

    (void)state;
    stage_init(&stage);
    stage.fields = "device.id,basictap.service,network.protocol";
    stage.options.each = true;
    stage_open(&stage);
    (void)stage_event(&stage, EVENT_AUTH, SERVICE_EAS, 1);
    stage.event.certainty = CERTAINTY_INFERRED;
    stage.event.auth.mechanism = MECHANISM_OTHER;
    stage.event.inference = &password;
    stage_say(&stage);
    assert_string_equal(stage.lines, "mac:00-21-5C-00-00-07 eas http\n");
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_family_follows_from_the_verdict),
        cmocka_unit_test(evidence_and_outcome_are_told),
        cmocka_unit_test(what_was_read_has_nothing_of_inference),
        cmocka_unit_test(verdicts_and_bands_of_confidence_are_counted_apart),
        cmocka_unit_test(what_a_key_showed_is_compared_and_no_finding),
        cmocka_unit_test(the_shipped_rules_keep_to_what_was_read),
        cmocka_unit_test(a_modern_login_that_was_read_and_an_inferred_password_make_no_pair),
        cmocka_unit_test(a_phone_is_not_waited_for_when_nothing_was_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
