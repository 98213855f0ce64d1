#include "dissectors/auth/answer.h"

#include "tests/support/test.h"

static const struct {
    const char *text;
    enum outcome outcome;
    enum reason reason;
} refusals[] = {
    {"", OUTCOME_REJECTED, REASON_WRONG_PASSWORD},
    {"  ", OUTCOME_REJECTED, REASON_WRONG_PASSWORD},
    {"LOGIN failed.", OUTCOME_REJECTED, REASON_WRONG_PASSWORD},
    {"[AUTHENTICATIONFAILED] Invalid credentials (Failure)", OUTCOME_REJECTED,
     REASON_WRONG_PASSWORD},                                                        /* Google */
    {"Login Login error, password error", OUTCOME_REJECTED, REASON_WRONG_PASSWORD}, /* Coremail */
    {"Unable to log on", OUTCOME_REJECTED, REASON_WRONG_PASSWORD},
    {"sorry, no mailbox here by that name", OUTCOME_REJECTED, REASON_WRONG_PASSWORD},
    {"Login only available under a layer", OUTCOME_BLOCKED, REASON_TLS_REQUIRED}, /* cyrus */
    {"[UNAVAILABLE] Temporary authentication failure.", OUTCOME_UNKNOWN, REASON_SERVER_ERROR},
    {"[EXPIRED] Password expired.", OUTCOME_REJECTED, REASON_PASSWORD_EXPIRED},
    {"[LIMIT] Too many simultaneous connections.", OUTCOME_UNKNOWN, REASON_THROTTLED},
    {"[IN-USE] Mailbox is locked by POP server", OUTCOME_ACCEPTED, REASON_MAILBOX_UNAVAILABLE},
    {"Unsupported authentication mechanism.", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"Unknown command", OUTCOME_BLOCKED, REASON_MECHANISM_UNSUPPORTED},
    {"the moon is full", OUTCOME_UNKNOWN, REASON_UNCLEAR},
};

static void refusals_mean_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct ruling ruling = answer_refusal(bytes_of_text(refusals[i].text));

        if (ruling.outcome != refusals[i].outcome || ruling.reason != refusals[i].reason) {
            fail_msg("%s: %s %s", refusals[i].text, outcome_word(ruling.outcome),
                     reason_word(ruling.reason));
        }
    }
}

static void a_wish_for_a_login_is_told_from_other_refusals(void **state)
{
    (void)state;
    assert_true(answer_wants_login(BYTES("5.7.57 Client not authenticated to send mail")));
    assert_true(answer_wants_login(BYTES("5.7.1 <x@y>: Relay access denied")));
    assert_false(answer_wants_login(BYTES("5.1.1 User unknown")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_mean_what_they_say),
        cmocka_unit_test(a_wish_for_a_login_is_told_from_other_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
