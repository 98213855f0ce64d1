#include <stdio.h>
#include <string.h>

#include "dissectors/tls/shape_model.h"
#include "tests/support/model.h"
#include "tests/support/test.h"

/*
 * Dialogues are written as "s160 c18 s152 c61 s27": who speaks and how many bytes. After a length
 * +n is one more record of n bytes, ~n a slack of n for all, ? a hole.
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
    if (!model_load(&model, &diag)) {
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

static const char *read_message(const char *text, struct shape_session *session,
                                struct shape_message *message)
{
    unsigned slack;
    int used;

    message->flags = *text == 's' ? SHAPE_SERVER : SHAPE_CLIENT;
    for (text = read_record(text + 1, message); *text == '+';) {
        text = read_record(text + 1, message);
    }
    if (*text == '~') {
        assert_int_equal(sscanf(text + 1, "%u%n", &slack, &used), 1);
        session->slack = (uint16_t)slack;
        session->is_tls13 = false;
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
        text = read_message(text, &shape.session, &shape.messages[shape.num++]);
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
        /* its answer is not there, and what comes after it is */
        {SERVICE_POP, TARGET_ONPREM, "s51 c6 s45 c12 s4 c42 c6 s9 c6 s5", INFERENCE_PASSWORD,
         OUTCOME_UNKNOWN},
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
         "s160 c18 s152 c133 s96 c17 s63 c12 s26 c28 s4 c3382 s34 c20 s246 c14", INFERENCE_TOKEN,
         OUTCOME_ACCEPTED},
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c133 s96 c18 s152 c2746 s33 c19 s246 c13 s86",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
        {SERVICE_POP, TARGET_ONLINE, "s158 c6 s45 c6 s9 c6 s9 c14 s4 c2722 s38 c6 s9 c6 s56",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
    };

    (void)state;
    CHECK(talks);
}

/* What holds a secret is told as rounded, and on the side of its bound on which it is. */
static void a_sentence_does_not_tell_how_long_a_secret_is(void **state)
{
    static const struct {
        const char *words;
        const char *lengths;
    } told[] = {
        {"has at most 32 bytes", "s158 c6 s45 c23 s5 c17 s34 c6 s9 c6 s56"},
        {"has at most 32 bytes", "s158 c6 s45 c23 s5 c32 s34 c6 s9 c6 s56"},
        {"has at most 64 bytes", "s158 c6 s45 c23 s5 c33 s34 c6 s9 c6 s56"},
        {"has 2500 or more bytes", "s158 c6 s45 c14 s4 c2722 s34 c6 s9 c6 s56"},
        {"has 1000 or more bytes", "s158 c6 s45 c14 s4 c1498 s34 c6 s9 c6 s56"},
        {"bytes: at most 800", "s158 c776 s45"},
        {"bytes: at most 999", "s158 c997 s45"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        struct talk talk = {.service = SERVICE_POP, .lengths = told[i].lengths};
        enum outcome outcome;
        struct inference inference = judge(&talk, &outcome);

        if (strstr(inference.evidence, told[i].words) == NULL) {
            fail_msg("'%s': %s", told[i].lengths, inference.evidence);
        }
    }
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
        /* a token, or a padded password, that AUTHENTICATE PLAIN asked for */
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c17 s152 c25 s4 c2722 s33 c19 s246",
         INFERENCE_UNDECIDED, OUTCOME_UNKNOWN},
        /* each record of the client is padded to all that it can hold */
        {SERVICE_IMAP, TARGET_ONLINE, "s160 c16383 s152 c16383 s27 c16383 s246 c16383 s87",
         INFERENCE_UNDECIDED, OUTCOME_UNKNOWN},
    };

    (void)state;
    CHECK(talks);
}

/* Whatever it says then, it does not say it with confidence. */
static void check_doubt(const struct talk *talks, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        enum outcome outcome;
        struct inference inference = judge(&talks[i], &outcome);

        if (inference.confidence >= 0.9) {
            fail_msg("'%s' is %s at %f: %s", talks[i].lengths, inference_word(inference.verdict),
                     inference.confidence, inference.evidence);
        }
    }
}

static void what_may_be_something_else_is_never_sure(void **state)
{
    static const struct talk talks[] = {
        /* ID, ID and a token: the second ID is longer than any password */
        {.service = SERVICE_IMAP, .lengths = "s160 c250 s53 c516 s37 c25 s4 c2902 s112 c11 s65"},
        /* ID, and the capture ends */
        {.service = SERVICE_IMAP, .lengths = "s160 c18 s152 c133 s96 c17 s63 c12 s26"},
        /* AUTHENTICATE CRAM-MD5 behind CAPABILITY, in one message */
        {.service = SERVICE_IMAP, .lengths = "c39+10 s274+48 c86 s404 c13 s80 c15 s78"},
        /* AUTHENTICATE NTLM, and the capture ends */
        {.service = SERVICE_IMAP, .lengths = "s53 c17 s135 c24 s3 c46 s252"},
        {.service = SERVICE_IMAP, .lengths = "s53 c18 s155 c25 s4 c62"},
        /* a password that is padded to blocks of 512, and to one block of 2048 */
        {.service = SERVICE_IMAP, .lengths = "s231 c511 s277 c1535 s408 c511 s81 c511 s67"},
        {.service = SERVICE_SMTP, .lengths = "s36 c16 s248 c2047 s37 c30 s14 c25 s14 c6 s37"},
        /* every record has some more: no word of six bytes is left */
        {.service = SERVICE_POP, .lengths = "s29 c71 s162 c140 s5 c1222 s16 c80 s9 c49 s18"},
        /* MAIL with a short address, refused; or AUTH PLAIN */
        {.service = SERVICE_SMTP, .lengths = "s93 c16 s198 c29 s113 c6 s48"},
        /* AUTH CRAM-MD5, and a response that is padded to a block, or has STAT behind it */
        {.service = SERVICE_POP, .lengths = "c6 s162 c15 s48 c255 s16 c6 s9 c6 s18"},
        {.service = SERVICE_POP, .lengths = "c6 s162 c15 s48 c96 s25 c6 s18"},
        /* CAPA and AUTH CRAM-MD5 at once */
        {.service = SERVICE_POP, .lengths = "c21 s210 c74 s16 c6 s20 c6 s18"},
        {.service = SERVICE_POP, .lengths = "c6+15 s162+48 c74 s16 c6 s20 c6 s18"},
        /* AUTH DIGEST-MD5, padded, and given up */
        {.service = SERVICE_POP, .lengths = "s29 c6 s162 c293 s140 c3 s40"},
        {.service = SERVICE_IMAP, .lengths = "c17 s277 c255 s140 c3 s44"},
        /* AUTHENTICATE CRAM-MD5, and a challenge that is padded, or behind CAPABILITY */
        {.service = SERVICE_IMAP, .lengths = "s231 c18 s278 c29 s75 c86 s409 c18 s442"},
        {.service = SERVICE_IMAP, .lengths = "c39 s322 c70 s404 c16 s140"},
        /* AUTH CRAM-MD5, and a response that is padded to what AUTH PLAIN leaves */
        {.service = SERVICE_SMTP, .lengths = "c16 s248 c15 s50 c113 s37 c48 s14 c31 s14 c6 s37"},
        /* all lines but the shortest are padded to blocks of 64 */
        {.service = SERVICE_IMAP, .lengths = "s231 c63 s277 c63 s48 c127 s408 c63 s81 c13 s67"},
        /* AUTHENTICATE PLAIN by CAPABILITY's tag, and a prompt that is padded like a challenge */
        {.service = SERVICE_IMAP, .lengths = "s53 c18 s155 c26 s44 c66 s34 c20 s246"},
        /* ID, and AUTHENTICATE with the prompt, where the capture ends */
        {.service = SERVICE_IMAP, .lengths = "s160 c18 s152 c133 s96 c17 s63 c12 s26 c28 s4"},
        /* AUTH PLAIN behind EHLO, in one message; and behind MAIL */
        {.service = SERVICE_SMTP, .lengths = "s218 c69 s256 c30 s21 c37 s70 c317 s70 c6 s48"},
        {.service = SERVICE_SMTP, .lengths = "c142 s234 c25 s14 c6 s37 c21 s37 c6 s15"},
        /* MAIL to a server that repeats addresses, and two that are written to */
        {.service = SERVICE_SMTP, .lengths = "s60 c16 s248 c41 s45 c36 s48 c36 s48 c6 s37 c90 s20"},
        /* AUTH SCRAM-SHA-1 is as long as AUTH OAUTHBEARER: its first line is padded */
        {.service = SERVICE_POP, .lengths = "s29 c6 s162 c18 s4 c2974 s172 c174 s36"},
        /* a command that is refused, as long as a password, where nobody logs in */
        {.service = SERVICE_IMAP, .lengths = "s53 c58 s35 c18 s155 c14 s87"},
        {.service = SERVICE_POP, .lengths = "c429 s198 c6 s56"},
        /* two such in POP, then AUTH XOAUTH2 */
        {.service = SERVICE_POP, .lengths = "c26 s59 c20 s57 c6 s45 c14 s4 c6318 s38 c6 s8"},
        /* two commands between a challenge and its answer */
        {.service = SERVICE_IMAP, .lengths = "c17 s226 c28 s48 c13 s20 c13 s20 c70 s130 c21 s89"},
        /* EHLO, and a mail at once; or AUTH XOAUTH2 that is refused */
        {.service = SERVICE_SMTP, .lengths = "s36 c16 s248 c1503 s65 c6 s15"},
        /* a record of five bytes before AUTH GSSAPI: new keys, or AUTH OAUTHBEARER in two */
        {.service = SERVICE_POP, .lengths = "c6 s162 c5+13 s4 c1622 s16 c6 s20 c6 s18"},
        /* the answer is not there, and what comes after it is */
        {.service = SERVICE_IMAP, .lengths = "c17 s152 c42 c13 s86 c20 s246"},
        /* CBC: 16 bytes this way or that */
        {.service = SERVICE_SMTP,
         .lengths = "s32~15 c0~15 s240~15 c0~15 s16~15 c32~15 s16~15 c0~15 s32~15 c48~15 s0~15"},
        /* a cipher that is not known */
        {.service = SERVICE_POP, .lengths = "s100~64 c0~64 s100~64 c0~64 s0~64 c30~64 s0~64"},
    };

    (void)state;
    check_doubt(talks, sizeof(talks) / sizeof(talks[0]));
}

/* TLS 1.3 can pad a password to a token's length, but what was said around it stays. */
static void a_token_is_sure_where_more_than_its_length_shows_it(void **state)
{
    static const struct {
        struct talk talk;
        bool is_tls12;
        bool is_sure;
        uint32_t offered;
    } cases[] = {
        /* one line, in TLS 1.3 and in TLS 1.2 */
        {{.service = SERVICE_IMAP, .lengths = "s160 c17 s152 c2746 s33 c19 s246"}, false, false, 0},
        {{.service = SERVICE_IMAP, .lengths = "s160 c17 s152 c2746 s33 c19 s246"}, true, true, 0},
        {{.service = SERVICE_SMTP, .lengths = "s93 c16 s198 c2735 s37 c30 s21"}, false, false, 0},
        /* AUTH XOAUTH2; AUTHENTICATE XOAUTH2, ten bytes longer than CAPABILITY */
        {{.service = SERVICE_POP, .lengths = "s158 c6 s45 c14 s4 c2722 s34 c6 s9"}, false, true, 0},
        {{.service = SERVICE_IMAP, .lengths = "c17 s152 c27 s4 c2722 s33 c19 s246"},
         false,
         true,
         0},
        /* what comes before it is not CAPABILITY */
        {{.service = SERVICE_IMAP, .lengths = "c17 s30 c27 s4 c2722 s33 c19 s246"},
         false,
         false,
         0},
        /* refused with base64 of why, and an empty line said to it */
        {{.service = SERVICE_POP, .lengths = "s29 c6 s162 c2735 s128 c2 s40"}, false, true, 0},
        {{.service = SERVICE_POP, .lengths = "s29 c6 s162 c2735 s128 c6 s40"}, false, false, 0},
        /* offered before STARTTLS: nothing else */
        {{.service = SERVICE_SMTP, .lengths = "c16 s198 c2735 s37 c30 s21 c6 s24"},
         false,
         true,
         1u << MECHANISM_SASL_XOAUTH2},
        {{.service = SERVICE_SMTP, .lengths = "c16 s198 c2735 s37 c30 s21 c6 s24"},
         false,
         false,
         1u << MECHANISM_SASL_XOAUTH2 | 1u << MECHANISM_SASL_PLAIN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct shape shape = shape_of(cases[i].talk.service, TARGET_ONLINE, cases[i].talk.lengths);
        struct inference inference;
        enum outcome outcome;

        shape.session.is_tls13 = !cases[i].is_tls12;
        shape.session.offered = cases[i].offered;
        shape_mail_judge(&shape, &model, &inference, &outcome);
        if (inference.verdict != INFERENCE_TOKEN ||
            (inference.confidence >= 0.9) != cases[i].is_sure) {
            fail_msg("'%s' is %s at %f: %s", cases[i].talk.lengths,
                     inference_word(inference.verdict), inference.confidence, inference.evidence);
        }
    }
}

static void lengths_that_are_ranges_are_weighed(void **state)
{
    static const struct talk talks[] = {
        /* TLS 1.2 with AES-CBC and SHA-1: USER, PASS; XOAUTH2 */
        {SERVICE_POP, TARGET_ONLINE,
         "s144~15 c0~15 s32~15 c16~15 s0~15 c32~15 s32~15 c0~15 s0~15 c0~15 s48~15",
         INFERENCE_PASSWORD, OUTCOME_ACCEPTED},
        {SERVICE_POP, TARGET_ONLINE,
         "s144~15 c0~15 s32~15 c0~15 s0~15 c2720~15 s32~15 c0~15 s0~15 c0~15 s48~15",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
        /* CAPABILITY, ID, and a token after the prompt */
        {SERVICE_IMAP, TARGET_ONLINE,
         "s160~15 c16~15 s144~15 c48~15 s96~15 c16~15 s0~15 c2720~15 s32~15 c16~15 s240~15 c0~15",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
        /* a token stays one when all is padded to blocks of 64 */
        {SERVICE_SMTP, TARGET_ONLINE, "s218 c63 s219 c63 s6 c2751 s37 c63 s21 c63 s24 c63 s46",
         INFERENCE_TOKEN, OUTCOME_ACCEPTED},
    };

    (void)state;
    CHECK(talks);
}

static void of_a_session_that_began_before_little_is_said(void **state)
{
    static const char *const lengths[] = {"c42 s26 c19 s246 c13 s86", "c2746 s33 c19 s246 c13 s86",
                                          "s37 c30 s14 c25 s14 c6 s37 c2000 s37 c6 s15"};

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct shape shape =
            shape_of(i < 2 ? SERVICE_IMAP : SERVICE_SMTP, TARGET_ONLINE, lengths[i]);
        struct inference inference;
        enum outcome outcome;

        shape.is_partial = true;
        shape_mail_judge(&shape, &model, &inference, &outcome);
        assert_int_equal(inference.verdict, INFERENCE_UNDECIDED);
    }
}

static void the_answer_tells_how_it_went(void **state)
{
    static const struct talk talks[] = {
        /* a002 NO LOGIN failed. */
        {SERVICE_IMAP, TARGET_ONPREM, "s53 c17 s154 c42 s23 c13 s86", INFERENCE_PASSWORD,
         OUTCOME_REJECTED},
        /* a002 OK LOGIN completed. has three bytes more */
        {SERVICE_IMAP, TARGET_ONPREM, "s53 c17 s154 c42 s26 c13 s86", INFERENCE_PASSWORD,
         OUTCOME_ACCEPTED},
        {SERVICE_POP, TARGET_ONLINE, "s158 c12 s4 c38 s65 c6 s56", INFERENCE_PASSWORD,
         OUTCOME_REJECTED},
        {SERVICE_SMTP, TARGET_ONLINE, "s218 c28 s219 c12 s6 c74 s156 c6 s48", INFERENCE_PASSWORD,
         OUTCOME_BLOCKED},
        /* a token, why it was refused, an empty answer, the refusal */
        {SERVICE_SMTP, TARGET_ONLINE, "s218 c16 s219 c14 s6 c3786 s74 c2 s62 c6 s15",
         INFERENCE_TOKEN, OUTCOME_REJECTED},
        /* the same password again */
        {SERVICE_SMTP, TARGET_ONLINE,
         "s218 c9 s219 c12 s18 c42 s18 c26 s45 c12 s18 c42 s18 c26 s45", INFERENCE_PASSWORD,
         OUTCOME_REJECTED},
        /* a challenge, and "*" */
        {SERVICE_POP, TARGET_ONPREM, "s29 c6 s162 c17 s140 c3 s40 c6 s20",
         INFERENCE_CHALLENGE_RESPONSE, OUTCOME_ABANDONED},
    };

    (void)state;
    CHECK(talks);
}

static void check_over(enum service service, const char *dialogue, uint8_t over, uint8_t credential)
{
    struct shape shape = shape_of(service, TARGET_ONLINE, dialogue);
    uint8_t num = shape.num;
    uint8_t found = 0;

    assert_true(num >= over);
    for (shape.num = 0; shape.num <= num; shape.num++) {
        assert_int_equal(shape_mail_is_over(&shape, &model, &found), shape.num >= over);
    }
    assert_int_equal(found, credential);
}

static void a_login_is_over_when_what_follows_has_shown_it_to_be_one(void **state)
{
    (void)state;
    /* s218 c16 s219 c14 s6 c2722 s37, and three turns that begin */
    check_over(SERVICE_SMTP, "s218 c16 s219 c14 s6 c2722 s37 c30 s21 c25 s24 c6 s46", 12, 5);
    /* c6 s45 c23 s5 c19 s34, and five: what looks like USER may have been something else */
    check_over(SERVICE_POP, "c6 s45 c23 s5 c19 s34 c6 s9 c6 s56 c6 s9 c6 s5 c6 s5", 15, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_told_by_its_place),
        cmocka_unit_test(a_token_is_told_and_a_ticket_is_not_excluded_on_premises),
        cmocka_unit_test(a_challenge_is_longer_than_a_prompt),
        cmocka_unit_test(a_session_without_a_login_says_so),
        cmocka_unit_test(what_is_said_before_the_login_is_passed_over),
        cmocka_unit_test(a_sentence_does_not_tell_how_long_a_secret_is),
        cmocka_unit_test(what_cannot_be_known_is_undecided),
        cmocka_unit_test(what_may_be_something_else_is_never_sure),
        cmocka_unit_test(a_token_is_sure_where_more_than_its_length_shows_it),
        cmocka_unit_test(lengths_that_are_ranges_are_weighed),
        cmocka_unit_test(of_a_session_that_began_before_little_is_said),
        cmocka_unit_test(the_answer_tells_how_it_went),
        cmocka_unit_test(a_login_is_over_when_what_follows_has_shown_it_to_be_one),
    };

    return cmocka_run_group_tests(tests, load, NULL);
}
