/* Dialogues are written as they were seen: "C245 S423" is a request of 245 bytes in one record and
 * its answer, "C64,111,9" three records of one side. Lengths are of plaintext. */
#include <stdio.h>
#include <string.h>

#include "dissectors/tls/shape_model.h"
#include "tests/support/test.h"

static const struct shape_model model = {
    .http =
        {
            .token_http1 = 880,
            .token_http2 = 640,
            .ample_http1 = 2000,
            .ample_http2 = 1600,
            .body = 8000,
            .refusal = 2200,
            .interim = 26,
            .settings = 120,
            .preface = 120,
            .basic_least = 35,
            .basic_most = 280,
            .ntlm_most = 780,
            .packet_least = 1100,
            .packet_most = 1500,
            .max_requests = 6,
            .basic_accepted = 0.88,
            .basic_rejected = 0.85,
            .basic_posted = 0.85,
            .basic_apart = 0.75,
            .token_alone = 0.89,
            .token_ample = 0.8,
            .token_always = 0.88,
            .challenge = 0.85,
            .outcome = 0.85,
        },
};

static void add_record(struct shape_message *message, uint32_t len)
{
    if (message->records == 0) {
        message->first = (uint16_t)len;
    }
    message->last = (uint16_t)len;
    message->len += len;
    message->records++;
}

/* The shape of a dialogue; '!' after it: the next message misses bytes. */
static struct shape shape_of(const char *dialogue)
{
    struct shape shape = {.session = {.service = SERVICE_HTTP, .is_tls13 = true}};
    struct shape_message *message = NULL;
    uint8_t flags = 0;
    unsigned len;
    int used;

    while (*dialogue != '\0') {
        if (sscanf(dialogue, "%u%n", &len, &used) == 1) {
            assert_non_null(message);
            add_record(message, len);
            dialogue += used;
            continue;
        }
        if (*dialogue == '!') {
            flags = SHAPE_HOLE;
        } else if (*dialogue == 'C' || *dialogue == 'S') {
            message = &shape.messages[shape.num++];
            *message = (struct shape_message){
                .flags = (uint8_t)(flags | (*dialogue == 'S' ? SHAPE_SERVER : SHAPE_CLIENT))};
            flags = 0;
        }
        dialogue++;
    }
    return shape;
}

static struct inference judge(const struct shape *shape, enum outcome *outcome)
{
    struct inference inference;
    enum outcome ignored;

    shape_http_judge(shape, &model, &inference, outcome != NULL ? outcome : &ignored);
    assert_true(inference.confidence >= 0 && inference.confidence <= 1);
    assert_true(strlen(inference.evidence) > 0);
    return inference;
}

static struct inference judge_dialogue(const char *dialogue)
{
    struct shape shape = shape_of(dialogue);

    return judge(&shape, NULL);
}

static struct inference judge_http2(const char *dialogue)
{
    struct shape shape = shape_of(dialogue);

    shape.session.is_http2 = true;
    return judge(&shape, NULL);
}

/* --- Basic --- */

static void a_retry_that_grew_by_what_basic_takes_is_basic_likely(void **state)
{
    struct shape shape = shape_of("C170 S423 C245 S782"); /* wget: 75 = 23 + 52 */
    enum outcome outcome;
    struct inference inference = judge(&shape, &outcome);

    (void)state;
    assert_int_equal(inference.verdict, INFERENCE_BASIC_LIKELY);
    assert_true(inference.confidence > 0.85);
    assert_int_equal(outcome, OUTCOME_ACCEPTED);
    assert_true(inference.http.is_challenged);
    assert_int_equal(inference.http.growth, 75);
    assert_true(inference.http.excludes_token);
    assert_non_null(strstr(inference.evidence, "170"));
    assert_non_null(strstr(inference.evidence, "at most 96 more"));
}

static void a_sentence_does_not_tell_how_long_a_password_is(void **state)
{
    struct inference shorter = judge_dialogue("C170 S423 C237 S782"); /* 67 = 23 + 44 */
    struct inference longer = judge_dialogue("C170 S423 C265 S782");  /* 95 = 23 + 72 */

    (void)state;
    assert_int_equal(shorter.verdict, INFERENCE_BASIC_LIKELY);
    assert_string_equal(shorter.evidence, longer.evidence);
    shorter = judge_dialogue("C449 520 S5000"); /* what is posted with a password */
    longer = judge_dialogue("C477 520 S5000");
    assert_int_equal(shorter.verdict, INFERENCE_BASIC_LIKELY);
    assert_string_equal(shorter.evidence, longer.evidence);
    shorter = judge_dialogue("C260 S423");
    longer = judge_dialogue("C287 S423");
    assert_string_equal(shorter.evidence, longer.evidence);
}

static void a_retry_that_is_refused_as_before_was_a_wrong_password(void **state)
{
    struct shape shape = shape_of("C170 S423 C245 S423");
    enum outcome outcome;
    struct inference inference = judge(&shape, &outcome);

    (void)state;
    assert_int_equal(inference.verdict, INFERENCE_BASIC_LIKELY);
    assert_true(inference.confidence < 0.88);
    assert_int_equal(outcome, OUTCOME_REJECTED);
}

static void a_shorter_answer_says_nothing_of_the_outcome(void **state)
{
    struct shape shape = shape_of("C170 S700 C245 S423"); /* the first one with a ticket in it */
    enum outcome outcome;
    struct inference inference = judge(&shape, &outcome);

    (void)state;
    assert_int_equal(inference.verdict, INFERENCE_BASIC_LIKELY);
    assert_int_equal(outcome, OUTCOME_UNKNOWN);
    assert_true(inference.outcome_confidence == 0);
}

static void a_post_grows_in_its_header_while_its_body_stays(void **state)
{
    (void)state;
    assert_int_equal(judge_dialogue("C225,402 S323 C280,402 S2963").verdict,
                     INFERENCE_BASIC_LIKELY); /* 55 = 23 + 32 */
    assert_int_equal(judge_dialogue("C225,402 S323 C280,450 S2963").verdict, INFERENCE_UNDECIDED);
}

static void growth_that_basic_cannot_have_is_not_basic(void **state)
{
    (void)state;
    assert_int_equal(judge_dialogue("C170 S423 C244 S782").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C170 S423 C246 S782").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C170 S423 C201 S782").verdict, INFERENCE_UNDECIDED); /* 31 */
    assert_int_equal(judge_dialogue("C170 S423 C170 S782").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C245 S423 C170 S782").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C170 S2963 C245 S2963").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C170 S423 C245").verdict, INFERENCE_UNDECIDED);
}

static void a_length_that_is_not_exact_shows_no_growth(void **state)
{
    struct shape shape = shape_of("C170 S423 C245 S782");

    (void)state;
    shape.session.slack = 16;
    assert_int_equal(judge(&shape, NULL).verdict, INFERENCE_UNDECIDED);
    shape = shape_of("C170 S423 !C245 S782");
    assert_int_equal(judge(&shape, NULL).verdict, INFERENCE_UNDECIDED);
    shape = shape_of("C170 S423 C245 S782");
    shape.is_partial = true;
    assert_int_equal(judge(&shape, NULL).verdict, INFERENCE_UNDECIDED);
}

static void a_post_that_is_answered_at_length_is_basic_likely(void **state)
{
    struct shape shape = shape_of("C352,402 S2963");
    enum outcome outcome;
    struct inference small = judge(&shape, &outcome);
    struct inference large = judge_dialogue("C521,1206 S3282"); /* rests on the cut of records */

    (void)state;
    assert_int_equal(small.verdict, INFERENCE_BASIC_LIKELY);
    assert_int_equal(outcome, OUTCOME_ACCEPTED);
    assert_int_equal(small.http.first_body, 402);
    assert_int_equal(large.verdict, INFERENCE_BASIC_LIKELY);
    assert_true(large.confidence < small.confidence);
    assert_true(small.confidence < 0.9);
    assert_int_equal(judge_dialogue("C754 S2963").verdict, INFERENCE_UNDECIDED); /* no body seen */
    assert_int_equal(judge_dialogue("C352,402 S700").verdict, INFERENCE_UNDECIDED);
    /* NTLM after a refusal with a long page */
    assert_int_equal(judge_dialogue("C225,402 S2500 C311,402 S2600 C703,402 S2963").verdict,
                     INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C352,402 S423 C352,402 S2963").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_http2("C64,214,411 S40 C9 S2827").verdict, INFERENCE_BASIC_LIKELY);
}

/* --- what is not Basic --- */

static void ntlm_is_a_challenge(void **state)
{
    (void)state;
    /* curl: the first leg at once */
    assert_int_equal(judge_dialogue("C180 S489 C544 S782").verdict, INFERENCE_CHALLENGE_RESPONSE);
    /* requests: asks first; its first leg grows by 86, then by 368 */
    assert_int_equal(judge_dialogue("C164 S323 C250 S489 C618 S2963").verdict,
                     INFERENCE_CHALLENGE_RESPONSE);
    /* with Negotiate's word, a first leg grows as Basic does */
    assert_int_equal(judge_dialogue("C164 S323 C247 S489 C618 S2963").verdict,
                     INFERENCE_CHALLENGE_RESPONSE);
}

static void anonymous_requests_and_cookies_stay_undecided_without_a_token(void **state)
{
    static const char *const dialogues[] = {
        "C133 S423",                               /* anonymous, refused */
        "C380 S3287 C380 S3287 C380 S3287",        /* a cookie */
        "C381 S782 C381 S782 C381 S782 C381 S782", /* Basic: no difference can be seen */
        "C237,402 S423",                           /* a body of its own, refused */
        "C565 S423",
        "C300 S25 C4000 S700", /* Expect: 100-continue */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++) {
        struct inference inference = judge_dialogue(dialogues[i]);

        assert_int_equal(inference.verdict, INFERENCE_UNDECIDED);
        assert_true(inference.http.excludes_token);
        assert_false(inference.http.carries_token);
    }
}

static void what_was_not_seen_excludes_nothing(void **state)
{
    struct shape shape = shape_of("C133 S423");

    (void)state;
    assert_false(judge_dialogue("!C133 S423").http.excludes_token);
    shape.is_partial = true;
    assert_false(judge(&shape, NULL).http.excludes_token);
    shape = shape_of("C870 S423");
    assert_true(judge(&shape, NULL).http.excludes_token);
    shape.session.slack = 16; /* it may be longer than the bound */
    assert_false(judge(&shape, NULL).http.excludes_token);
}

static void pieces_are_added_up_before_a_token_is_excluded(void **state)
{
    (void)state;
    assert_false(judge_dialogue("C300,300,300,300,120 S2963").http.excludes_token);
    assert_false(judge_dialogue("C16,1500 S2963").http.excludes_token);
    assert_false(judge_dialogue("C700,700 S2963").http.excludes_token);
    assert_false(judge_dialogue("C1,1999 S2963").http.excludes_token);
    assert_true(judge_dialogue("C300,300 S2963").http.excludes_token);
}

/* --- tokens --- */

static void a_large_header_apart_from_its_body_is_a_token_or_a_ticket(void **state)
{
    struct shape shape = shape_of("C2243,402 S2963");
    struct inference inference = judge(&shape, NULL);

    (void)state;
    assert_int_equal(inference.verdict, INFERENCE_TOKEN_OR_TICKET);
    assert_true(inference.http.carries_token);
    assert_false(inference.http.excludes_token);
    shape.session.target = TARGET_ONLINE; /* takes no tickets */
    assert_int_equal(judge(&shape, NULL).verdict, INFERENCE_TOKEN);
}

static void a_full_record_is_not_the_end_of_a_header(void **state)
{
    (void)state;
    /* Go with a password and a body of 1,206: cut at the size of a packet */
    assert_int_equal(judge_dialogue("C1186,400 S2963").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C1024,600 S2963").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C4096,900 S2963").verdict, INFERENCE_UNDECIDED);
}

static void a_large_request_may_be_a_body_and_is_no_sure_token(void **state)
{
    (void)state;
    assert_int_equal(judge_dialogue("C1647 S2963").verdict, INFERENCE_UNDECIDED);
    assert_true(judge_dialogue("C2490 S2963").confidence < 0.9);
    assert_int_equal(judge_dialogue("C2490 S2963").verdict, INFERENCE_TOKEN_OR_TICKET);
    assert_int_equal(judge_dialogue("C16384 S2963").verdict, INFERENCE_UNDECIDED);
}

static void tickets_between_a_header_and_its_body_are_no_answer(void **state)
{
    struct inference inference = judge_dialogue("C227 S281 C402 S281,423"); /* 402 = 227 + 175 */

    (void)state;
    assert_int_equal(inference.verdict, INFERENCE_UNDECIDED);
    assert_int_equal(inference.http.requests, 1);
    assert_int_equal(inference.http.first_body, 402);
    assert_int_equal(judge_dialogue("C227 S281,265 C402 S423").verdict, INFERENCE_UNDECIDED);
    inference = judge_dialogue("C2551 S281 C402 S265,2963");
    assert_int_equal(inference.verdict, INFERENCE_TOKEN_OR_TICKET);
    assert_int_equal(inference.http.requests, 1);
    assert_int_equal(judge_dialogue("C170 S423 C245 S423").verdict, INFERENCE_BASIC_LIKELY);
}

static void a_token_is_said_again_with_every_request(void **state)
{
    (void)state;
    assert_int_equal(judge_dialogue("C2490 S2963 C300 S2963").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C2243,402 S2963 C300 S2963").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("C300,402 S423 C2243,402 S2963").verdict,
                     INFERENCE_TOKEN_OR_TICKET); /* asked without it first */
    /* HTTP/2 may have it in its table */
    assert_int_equal(judge_http2("C64,2685,411 S62 C9 S2805 C80 S700").verdict,
                     INFERENCE_TOKEN_OR_TICKET);
}

static void several_requests_of_which_none_is_small_carry_tokens(void **state)
{
    (void)state;
    assert_int_equal(judge_dialogue("C1257 S700 C1400 S700 C1301 S700").verdict,
                     INFERENCE_TOKEN_OR_TICKET);
    assert_int_equal(judge_dialogue("C1257 S700 C1257 S700 C1257 S700").verdict,
                     INFERENCE_UNDECIDED); /* the same body again */
    assert_int_equal(judge_dialogue("C1257 S700 C1400 S700 C301 S700").verdict,
                     INFERENCE_UNDECIDED);
}

/* --- HTTP/2 --- */

static void http2_is_read_behind_its_preface(void **state)
{
    struct inference inference = judge_http2("C64 S40 C140,9 S184");

    (void)state;
    assert_true(inference.http.is_http2);
    assert_true(inference.http.excludes_token);
    assert_int_equal(inference.http.token_bound, 640);
    assert_int_equal(inference.http.requests, 1);
    assert_int_equal(inference.http.first_request, 149); /* an acknowledgement may be part of it */
    assert_int_equal(judge_http2("C64,111,9 S40 S2814").http.first_request, 111);
    assert_int_equal(judge_http2("C82 S40 C82 S9 C9 S185").http.first_request, 82);
    assert_int_equal(judge_http2("C64,2685,411 S62 C9 S2805").verdict, INFERENCE_TOKEN_OR_TICKET);
    assert_int_equal(judge_http2("C64 S40 C1687,9 S2912").verdict, INFERENCE_TOKEN_OR_TICKET);
    assert_int_equal(judge_http2("C64 S40 C877 S9 C9 S2805").verdict, INFERENCE_UNDECIDED);
    assert_false(judge_http2("C64 S40 C877 S9 C9 S2805").http.excludes_token);
}

static void a_body_behind_an_acknowledgement_is_no_header(void **state)
{
    struct inference inference = judge_http2("C64 S40 C329 S13 C9,1215 S1640");

    (void)state;
    assert_true(inference.http.excludes_token);
    assert_int_equal(inference.http.requests, 1);
    assert_int_equal(inference.verdict, INFERENCE_UNDECIDED);
}

static void http2_that_was_offered_and_not_chosen_is_http1(void **state)
{
    struct inference inference = judge_http2("C170 S423 C245 S782");

    (void)state;
    assert_false(inference.http.is_http2);
    assert_int_equal(inference.verdict, INFERENCE_BASIC_LIKELY);
    assert_true(inference.confidence < 0.88); /* it may still be HTTP/2 that does not show itself */
    assert_false(inference.http.is_exact);
    assert_int_equal(inference.http.token_bound, 640);
}

static void growth_in_http2_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(judge_http2("C64,94 S49 C9 S184 C169 S2800").verdict, INFERENCE_UNDECIDED);
}

/* --- those who would mislead --- */

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % below;
}

/* A message of so many bytes, cut anywhere into up to so many records. */
static void say_in_pieces(struct shape *shape, uint8_t flags, uint32_t len, unsigned pieces,
                          uint32_t *random)
{
    struct shape_message *message = &shape->messages[shape->num++];

    *message = (struct shape_message){.flags = flags};
    for (unsigned i = 1; i < pieces && len > 1; i++) {
        uint32_t piece = 1 + draw(random, len - 1);

        add_record(message, piece);
        len -= piece;
    }
    add_record(message, len);
}

static void a_token_however_cut_is_never_surely_basic(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct shape shape = {.session = {.service = SERVICE_HTTP, .is_http2 = i % 2 == 0}};
        uint32_t bare = 60 + draw(&random, 600);
        uint32_t body = draw(&random, 3) * draw(&random, 1000);
        uint32_t token = 800 + draw(&random, 5000);
        unsigned requests = 1 + draw(&random, 3);
        struct inference inference;

        if (draw(&random, 2) == 0) { /* asks without it first */
            say_in_pieces(&shape, SHAPE_CLIENT, bare + body, 1 + draw(&random, 3), &random);
            say_in_pieces(&shape, SHAPE_SERVER, 300 + draw(&random, 900), 1, &random);
        }
        for (unsigned at = 0; at < requests; at++) {
            uint32_t len = bare + 24 + token + draw(&random, 2) * body;

            say_in_pieces(&shape, SHAPE_CLIENT, len, 1 + draw(&random, 6), &random);
            say_in_pieces(&shape, SHAPE_SERVER, 200 + draw(&random, 4000), 2, &random);
        }
        inference = judge(&shape, NULL);
        assert_true(inference.verdict != INFERENCE_BASIC_LIKELY || inference.confidence < 0.9);
    }
}

static void a_password_however_cut_is_never_surely_a_token(void **state)
{
    uint32_t random = 2;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct shape shape = {.session = {.service = SERVICE_HTTP, .is_http2 = i % 2 == 0}};
        unsigned requests = 1 + draw(&random, 6);
        struct inference inference;

        for (unsigned at = 0; at < requests; at++) {
            uint32_t len = 150 + draw(&random, 500) + draw(&random, 3) * draw(&random, 4000);

            say_in_pieces(&shape, SHAPE_CLIENT, len, 1 + draw(&random, 6), &random);
            say_in_pieces(&shape, SHAPE_SERVER, 200 + draw(&random, 4000), 2, &random);
        }
        inference = judge(&shape, NULL);
        assert_true((inference.verdict != INFERENCE_TOKEN &&
                     inference.verdict != INFERENCE_TOKEN_OR_TICKET) ||
                    inference.confidence < 0.9);
    }
}

/* --- its end --- */

static void it_is_over_after_some_answers_or_when_no_more_is_kept(void **state)
{
    struct shape shape = shape_of("C1 S1");

    (void)state;
    assert_false(shape_http_is_over(&shape, &model));
    shape.is_full = true;
    assert_true(shape_http_is_over(&shape, &model));
    shape = shape_of("C300 S700 C300 S700 C300 S700 C300 S700 C300 S700 C300");
    assert_false(shape_http_is_over(&shape, &model));
    shape = shape_of("C300 S700 C300 S700 C300 S700 C300 S700 C300 S700 C300 S700");
    assert_true(shape_http_is_over(&shape, &model));
}

static void a_session_without_a_request_is_undecided(void **state)
{
    (void)state;
    assert_int_equal(judge_dialogue("").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("S423").verdict, INFERENCE_UNDECIDED);
    assert_int_equal(judge_dialogue("").http.requests, 0);
    assert_false(judge_dialogue("").http.excludes_token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retry_that_grew_by_what_basic_takes_is_basic_likely),
        cmocka_unit_test(a_sentence_does_not_tell_how_long_a_password_is),
        cmocka_unit_test(a_retry_that_is_refused_as_before_was_a_wrong_password),
        cmocka_unit_test(a_shorter_answer_says_nothing_of_the_outcome),
        cmocka_unit_test(a_post_grows_in_its_header_while_its_body_stays),
        cmocka_unit_test(growth_that_basic_cannot_have_is_not_basic),
        cmocka_unit_test(a_length_that_is_not_exact_shows_no_growth),
        cmocka_unit_test(a_post_that_is_answered_at_length_is_basic_likely),
        cmocka_unit_test(ntlm_is_a_challenge),
        cmocka_unit_test(anonymous_requests_and_cookies_stay_undecided_without_a_token),
        cmocka_unit_test(what_was_not_seen_excludes_nothing),
        cmocka_unit_test(pieces_are_added_up_before_a_token_is_excluded),
        cmocka_unit_test(a_large_header_apart_from_its_body_is_a_token_or_a_ticket),
        cmocka_unit_test(a_full_record_is_not_the_end_of_a_header),
        cmocka_unit_test(a_large_request_may_be_a_body_and_is_no_sure_token),
        cmocka_unit_test(tickets_between_a_header_and_its_body_are_no_answer),
        cmocka_unit_test(a_token_is_said_again_with_every_request),
        cmocka_unit_test(several_requests_of_which_none_is_small_carry_tokens),
        cmocka_unit_test(http2_is_read_behind_its_preface),
        cmocka_unit_test(a_body_behind_an_acknowledgement_is_no_header),
        cmocka_unit_test(http2_that_was_offered_and_not_chosen_is_http1),
        cmocka_unit_test(growth_in_http2_says_nothing),
        cmocka_unit_test(a_token_however_cut_is_never_surely_basic),
        cmocka_unit_test(a_password_however_cut_is_never_surely_a_token),
        cmocka_unit_test(it_is_over_after_some_answers_or_when_no_more_is_kept),
        cmocka_unit_test(a_session_without_a_request_is_undecided),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
