#include <stdio.h>
#include <string.h>

#include "dissectors/tls/shape_model.h"
#include "sensor/shapes.h"
#include "tests/support/test.h"

/*
 * Dialogues are written as "s160 c18 s152 c61 s27": who speaks and how many bytes. After a length
 * +n is one more record of n bytes, ~n a slack of n, ? a hole.
 */
struct talk {
    enum service service;
    enum target target;
    const char *lengths;
    enum inference_verdict verdict;
    enum outcome outcome;
};

static struct shape_model model;

static int load(void **state)
{
    struct diag diag = {{0}};

    (void)state;
    if (!shapes_load(SOURCE_DIR "/rules/shapes.yml", &model, &diag)) {
        print_error("%s\n", diag.text);
        return 1;
    }
    return 0;
}

static const char *read_record(const char *text, struct shape_message *message)
{
    unsigned len;
    int used;

    assert_int_equal(sscanf(text, "%u%n", &len, &used), 1);
    message->first = message->records == 0 ? (uint16_t)len : message->first;
    message->last = (uint16_t)len;
    message->len += len;
    message->records = (uint8_t)(message->records + 1);
    return text + used;
}

static const char *read_message(const char *text, struct shape_message *message)
{
    unsigned slack;
    int used;

    message->flags = *text == 's' ? SHAPE_SERVER : SHAPE_CLIENT;
    for (text = read_record(text + 1, message); *text == '+';) {
        text = read_record(text + 1, message);
    }
    if (*text == '~') {
        assert_int_equal(sscanf(text + 1, "%u%n", &slack, &used), 1);
        message->slack = (uint16_t)slack;
        text += 1 + used;
    }
    if (*text == '?') {
        message->flags |= SHAPE_HOLE;
        text++;
    }
    return text;
}

static struct shape shape_of(enum service service, enum target target, const char *text)
{
    struct shape shape;

    memset(&shape, 0, sizeof(shape));
    shape.session.service = service;
    shape.session.target = target;
    shape.session.is_tls13 = true;
    while (*text != '\0') {
        assert_true(shape.num < SHAPE_MAX_MESSAGES);
        text = read_message(text, &shape.messages[shape.num++]);
        text += *text == ' ' ? 1 : 0;
    }
    return shape;
}

static struct inference judge(const struct talk *talk, enum outcome *outcome)
{
    struct shape shape = shape_of(talk->service, talk->target, talk->lengths);
    struct inference inference;

    shape_mail_judge(&shape, &model, &inference, outcome);
    return inference;
}

static void check(const struct talk *talks, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        enum outcome outcome;
        struct inference inference = judge(&talks[i], &outcome);

        if (inference.verdict != talks[i].verdict || outcome != talks[i].outcome) {
            fail_msg("'%s' is %s, %s: %s", talks[i].lengths, inference_word(inference.verdict),
                     outcome_word(outcome), inference.evidence);
        }
        assert_true(inference.evidence[0] != '\0');
        assert_true((inference.confidence > 0) == (inference.verdict != INFERENCE_UNDECIDED));
    }
}

#define CHECK(talks) check(talks, sizeof(talks) / sizeof((talks)[0]))

/* user@contoso.com and 12 characters: LOGIN has 5 + 1 + 5 + 1 + 16 + 1 + 12 + 2 = 43 bytes. */
static void a_password_is_told_by_its_place(void **state)
{
    static const struct talk talks[] = {
        /* a001 CAPABILITY, LOGIN, SELECT, LOGOUT */
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c17 s152 c42 s26 c19 s246 c13 s86", INFERENCE_PASSWORD,
         OUTCOME_ACCEPTED},
        /* AUTHENTICATE PLAIN; base64 of 30 bytes and CRLF */
        {SERVICE_IMAP, TARGET_ONPREM, "s53 c17 s154 c25 s4 c42 s33 c19 s246 c13 s86",
         INFERENCE_PASSWORD, OUTCOME_ACCEPTED},
        {SERVICE_POP, TARGET_ONLINE, "s158 c6 s45 c23 s5 c19 s34 c6 s9 c6 s56", INFERENCE_PASSWORD,
         OUTCOME_ACCEPTED},
        {SERVICE_POP, TARGET_ONPREM, "s51 c12 s4 c42 s38 c6 s9 c6 s56", INFERENCE_PASSWORD,
         OUTCOME_ACCEPTED},
        {SERVICE_SMTP, TARGET_ONLINE,
         "s218 c16 s219 c12 s18 c26 s18 c18 s37 c30 s21 c25 s24 c6 s46", INFERENCE_PASSWORD,
         OUTCOME_ACCEPTED},
        /* AUTH PLAIN and base64 of 30 bytes: 11 + 40 + 2 */
        {SERVICE_SMTP, TARGET_ONPREM, "s93 c16 s198 c53 s37 c30 s21 c25 s24 c6 s46",
         INFERENCE_PASSWORD, OUTCOME_ACCEPTED},
    };

    (void)state;
    CHECK(talks);
}

static void a_token_is_told_and_a_ticket_is_not_excluded_on_premises(void **state)
{
    static const struct talk talks[] = {
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c17 s152 c27 s4 c2746 s33 c19 s246 c13 s86",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
        {SERVICE_IMAP, TARGET_ONPREM, "s53 c17 s152 c2746 s33 c19 s246 c13 s86",
         INFERENCE_TOKEN_OR_TICKET, OUTCOME_ACCEPTED},
        {SERVICE_POP, TARGET_ONLINE, "s158 c14 s4 c2722 s38 c6 s9 c6 s56", INFERENCE_TOKEN,
         OUTCOME_ACCEPTED},
        /* 14 bytes are AUTH XOAUTH2; AUTH GSSAPI has 13 */
        {SERVICE_SMTP, TARGET_ONPREM, "s93 c16 s198 c14 s6 c2722 s37 c30 s21 c25 s24 c6 s46",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
        {SERVICE_SMTP, TARGET_ONLINE, "s218 c16 s219 c2735 s37 c30 s21 c25 s24 c6 s46",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
        {SERVICE_POP, TARGET_UNKNOWN, "s29 c6 s162 c13 s4 c926 s212 c2 s48 c66 s16 c6 s9 c6 s18",
         INFERENCE_TOKEN_OR_TICKET, OUTCOME_ACCEPTED},
    };

    (void)state;
    CHECK(talks);
}

static void a_challenge_is_longer_than_a_prompt(void **state)
{
    static const struct talk talks[] = {
        {SERVICE_IMAP, TARGET_ONPREM, "s231 c18 s278 c29 s48 c90 s409 c20 s311 c14 s68",
         INFERENCE_CHALLENGE_RESPONSE, OUTCOME_ACCEPTED},
        {SERVICE_POP, TARGET_ONPREM, "s29 c6 s162 c17 s140 c314 s60 c2 s16 c6 s9 c6 s18",
         INFERENCE_CHALLENGE_RESPONSE, OUTCOME_ACCEPTED},
        {SERVICE_SMTP, TARGET_ONPREM, "s93 c16 s198 c11 s6 c46 s250 c326 s37 c43 s21 c25 s24",
         INFERENCE_CHALLENGE_RESPONSE, OUTCOME_ACCEPTED},
    };

    (void)state;
    CHECK(talks);
}

static void a_session_without_a_login_says_so(void **state)
{
    static const struct talk talks[] = {
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c17 s152 c13 s86", INFERENCE_NO_LOGIN, OUTCOME_UNKNOWN},
        {SERVICE_POP, TARGET_ONLINE, "s158 c6 s45 c6 s56", INFERENCE_NO_LOGIN, OUTCOME_UNKNOWN},
        {SERVICE_SMTP, TARGET_OTHER, "s36 c16 s248 c28 s14 c25 s14 c6 s37 c300 s37 c6 s15",
         INFERENCE_NO_LOGIN, OUTCOME_UNKNOWN},
        {SERVICE_SMTP, TARGET_ONPREM, "s93 c16 s198 c30 s113 c6 s48", INFERENCE_NO_LOGIN,
         OUTCOME_UNKNOWN},
    };

    (void)state;
    CHECK(talks);
}

static void what_is_said_before_the_login_is_passed_over(void **state)
{
    static const struct talk talks[] = {
        /* CAPABILITY, ID of 133 bytes, NAMESPACE, NOOP */
        {SERVICE_IMAP, TARGET_ONLINE,
         "s160 c18 s152 c133 s96 c17 s63 c12 s26 c28 s4 c3382 s34 c20 s246 c14",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c133 s96 c18 s152 c2746 s33 c19 s246 c13 s86",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
        {SERVICE_POP, TARGET_ONLINE, "s158 c6 s45 c6 s9 c6 s9 c14 s4 c2722 s38 c6 s9 c6 s56",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
    };

    (void)state;
    CHECK(talks);
}

static void what_cannot_be_known_is_undecided(void **state)
{
    static const struct talk talks[] = {
        {SERVICE_IMAP, TARGET_ONLINE, "s160", INFERENCE_UNDECIDED, OUTCOME_UNKNOWN},
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c17 s152", INFERENCE_UNDECIDED, OUTCOME_UNKNOWN},
        /* PASS with a token */
        {SERVICE_POP, TARGET_ONLINE, "s158 c24 s5 c1707 s34 c6", INFERENCE_UNDECIDED,
         OUTCOME_UNKNOWN},
        /* the credential, or what stood before it, is missing in part */
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c17 s152 c42? s26 c19 s246 c13 s86",
         INFERENCE_UNDECIDED, OUTCOME_UNKNOWN},
        {SERVICE_SMTP, TARGET_ONPREM, "s93 c16 s198? c14 s6 c2722 s37 c30 s21", INFERENCE_UNDECIDED,
         OUTCOME_UNKNOWN},
        /* each record of the client is padded to all that it can hold */
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c16383 s152 c16383 s27 c16383 s246 c16383 s87",
         INFERENCE_UNDECIDED, OUTCOME_UNKNOWN},
    };

    (void)state;
    CHECK(talks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_told_by_its_place),
        cmocka_unit_test(a_token_is_told_and_a_ticket_is_not_excluded_on_premises),
        cmocka_unit_test(a_challenge_is_longer_than_a_prompt),
        cmocka_unit_test(a_session_without_a_login_says_so),
        cmocka_unit_test(what_is_said_before_the_login_is_passed_over),
        cmocka_unit_test(what_cannot_be_known_is_undecided),
    };

    return cmocka_run_group_tests(tests, load, NULL);
}
