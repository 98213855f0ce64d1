/*
 * What a decrypted session says when it is disturbed in any way: what is true, or less, and nothing
 * else. The sessions are recordings of real ones (pcaps/record/tls_matrix.py --talks), one login
 * each; their keys lie beside this file.
 *
 * BASICTAP_EVERY_BIT=1 in the environment flips every bit of every session, which takes minutes;
 * without it every bit of what is in clear and of the headers of records, and some of the rest.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/tls/keystore.h"
#include "tests/support/session.h"

enum { BODY_STEP = 17 /* one bit in so many of what is encrypted */ };

static const char *const names[] = {
    "1.3-AES_128_GCM_SHA256",
    "1.2-ECDHE-RSA-AES128-GCM-SHA256",
    "1.0-AES128-SHA-neither",
    "1.2-AES128-SHA",
    "1.3-early-data",
    "1.3-early-data-refused",
    "1.3-retry",
    "1.3-key-update-c-both",
    "1.2-AES128-GCM-SHA256-renegotiated-by-c",
    "1.3-split",
    "1.2-AES256-SHA256-resumed-by-ticket",
};

enum { NUM_SESSIONS = sizeof(names) / sizeof(names[0]), OPEN_SESSIONS = 100 };

struct stand {
    struct context context;
    struct session_bytes sessions[NUM_SESSIONS];
    struct heard truths[NUM_SESSIONS];
    char *keys;
};

static void open_context(struct context *context, const char *keys)
{
    static const uint8_t seed[HMAP_SEED_SIZE] = {1};
    struct diag diag;

    assert_true(context_init(context, 0, seed, &diag));
    if (keys != NULL) {
        keystore_add_text(context->keystore, bytes_of_text(keys));
    }
}

static int set_up(void **state)
{
    struct stand *stand = calloc(1, sizeof(*stand));
    struct disturbance none = session_whole();
    char path[512];

    assert_non_null(stand);
    stand->keys = session_text(SOURCE_DIR "/tests/dissectors/tls/session.keys");
    open_context(&stand->context, stand->keys);
    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        (void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/session/%s", SOURCE_DIR, names[i]);
        session_read(&stand->sessions[i], path);
        session_hear(&stand->sessions[i], &none, &stand->context, &stand->truths[i]);
    }
    *state = stand;
    return 0;
}

static int tear_down(void **state)
{
    struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        session_clear(&stand->sessions[i]);
    }
    context_clear(&stand->context);
    free(stand->keys);
    free(stand);
    return 0;
}

static void expect_true(const struct stand *stand, size_t i, const struct heard *heard,
                        const char *what, size_t at)
{
    if (!session_is_true(heard, &stand->truths[i])) {
        for (size_t k = 0; k < heard->num; k++) {
            (void)fprintf(stderr, "%s: %s %zu: %s %s %s as '%s'\n", names[i], what, at,
                          service_word(heard->services[k]),
                          mechanism_word(heard->logins[k].mechanism),
                          outcome_word(heard->logins[k].outcome), heard->logins[k].user);
        }
        fail();
    }
}

static bool is_all(const struct stand *stand, size_t i, const struct heard *heard)
{
    const struct heard *truth = &stand->truths[i];

    return heard->num == truth->num && heard->logins[0].outcome == truth->logins[0].outcome;
}

/* ---- claims ---- */

static void every_session_is_one_login_of_bob(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        const struct heard *truth = &stand->truths[i];

        assert_int_equal(truth->num, 1);
        assert_int_equal(truth->services[0], SERVICE_IMAP);
        assert_int_equal(truth->logins[0].mechanism, MECHANISM_IMAP_LOGIN);
        assert_int_equal(truth->logins[0].outcome, OUTCOME_ACCEPTED);
        assert_string_equal(truth->logins[0].user, "bob@contoso.example");
        assert_int_equal(truth->certainties[0], CERTAINTY_DECRYPTED);
        assert_int_equal(truth->summary.reading, TLS_READING_DECRYPTED);
    }
}

/* Whether all bits of a byte are tried: what is in clear, and what frames the rest. */
static bool matters(const struct session_bytes *session, size_t at)
{
    size_t offset[2] = {0};

    for (size_t i = 0; i < session->num; i++) {
        const struct segment *segment = &session->segments[i];

        if (at < segment->start + segment->len) {
            return offset[segment->from] < 600 || at - segment->start < 5;
        }
        offset[segment->from] += segment->len;
    }
    return true;
}

static void a_bit_that_flips_makes_no_false_finding(void **state)
{
    const struct stand *stand = *state;
    const struct disturbance none = session_whole();
    bool all = getenv("BASICTAP_EVERY_BIT") != NULL;
    size_t num = 0;
    size_t found = 0;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        const struct session_bytes *session = &stand->sessions[i];

        for (size_t bit = 0; bit < 8 * session->len; bit++) {
            struct heard heard;

            if (!all && bit % BODY_STEP != 0 && !(i < 2 && matters(session, bit / 8))) {
                continue;
            }
            session->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            session_hear(session, &none, &stand->context, &heard);
            session->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            expect_true(stand, i, &heard, "bit", bit);
            num++;
            found += heard.num;
        }
    }
    print_message("%zu bits flipped, the login found in %zu\n", num, found);
    assert_true(found > num / 2);
}

static void a_session_says_the_same_however_it_is_cut(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        for (size_t cut = 1; cut <= 64; cut++) {
            struct disturbance disturbance = session_whole();
            struct heard heard;

            disturbance.cut = cut;
            session_hear(&stand->sessions[i], &disturbance, &stand->context, &heard);
            expect_true(stand, i, &heard, "cut", cut);
            assert_true(is_all(stand, i, &heard));
        }
    }
}

static void a_session_that_breaks_off_says_no_more_than_the_whole(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        for (size_t most = 1; most < stand->sessions[i].len; most++) {
            struct disturbance disturbance = {.most = most};
            struct heard heard;

            session_hear(&stand->sessions[i], &disturbance, &stand->context, &heard);
            expect_true(stand, i, &heard, "the first bytes,", most);
        }
    }
}

static void a_lost_segment_makes_no_false_finding(void **state)
{
    const struct stand *stand = *state;
    size_t num = 0;
    size_t found = 0;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        for (size_t lost = 1; lost <= stand->sessions[i].num; lost++) {
            struct disturbance disturbance = session_whole();
            struct heard heard;

            disturbance.lost = lost;
            session_hear(&stand->sessions[i], &disturbance, &stand->context, &heard);
            expect_true(stand, i, &heard, "lost segment", lost);
            num++;
            found += heard.num;
        }
    }
    print_message("%zu segments lost, the login found in %zu\n", num, found);
    assert_true(found > num / 3);
}

static void segments_of_both_sides_may_change_places(void **state)
{
    const struct stand *stand = *state;
    size_t num = 0;
    size_t found = 0;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        const struct session_bytes *session = &stand->sessions[i];

        for (size_t swapped = 1; swapped < session->num; swapped++) {
            struct disturbance disturbance = session_whole();
            struct heard heard;

            if (session->segments[swapped - 1].from == session->segments[swapped].from) {
                continue; /* the stream puts those in order */
            }
            disturbance.swapped = swapped;
            session_hear(session, &disturbance, &stand->context, &heard);
            expect_true(stand, i, &heard, "swapped segment", swapped);
            num++;
            found += heard.num;
        }
    }
    print_message("%zu segments swapped, the login found in %zu\n", num, found);
}

static void one_side_alone_makes_no_false_finding(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
            struct disturbance disturbance = session_whole();
            struct heard heard;

            disturbance.without[side] = true;
            session_hear(&stand->sessions[i], &disturbance, &stand->context, &heard);
            assert_int_equal(heard.num, 0);
        }
    }
}

static void keys_may_come_after_any_segment(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        for (size_t after = 0; after <= stand->sessions[i].num; after++) {
            struct disturbance disturbance = session_whole();
            struct context context;
            struct heard heard;

            open_context(&context, NULL);
            context.wait = true;
            disturbance.keys = stand->keys;
            disturbance.keys_after = after;
            session_hear(&stand->sessions[i], &disturbance, &context, &heard);
            expect_true(stand, i, &heard, "keys after segment", after);
            if (!is_all(stand, i, &heard)) {
                fail_msg("%s: keys after segment %zu find nothing", names[i], after);
            }
            assert_int_equal(heard.logins[0].reason, stand->truths[i].logins[0].reason);
            context_clear(&context);
        }
    }
}

/* The digits of every secret, the other way round. */
static void spoil(char *keys)
{
    for (char *line = keys; *line != '\0';) {
        char *end = strchr(line, '\n');
        char *from;
        char *to;

        assert_non_null(end);
        *end = '\0';
        from = strrchr(line, ' ');
        assert_non_null(from);
        for (from++, to = end - 1; from < to; from++, to--) {
            char digit = *from;

            *from = *to;
            *to = digit;
        }
        *end = '\n';
        line = end + 1;
    }
}

static void wrong_keys_open_nothing_and_that_is_said(void **state)
{
    const struct stand *stand = *state;
    struct context context;
    char *keys = strdup(stand->keys);

    assert_non_null(keys);
    spoil(keys);
    open_context(&context, keys);
    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        struct disturbance none = session_whole();
        struct heard heard;

        session_hear(&stand->sessions[i], &none, &context, &heard);
        assert_int_equal(heard.num, 0);
        if (heard.summary.reading != TLS_READING_WRONG_KEY) {
            fail_msg("%s: %s", names[i], tls_reading_word(heard.summary.reading));
        }
    }
    context_clear(&context);
    free(keys);
}

static void without_keys_nothing_is_said(void **state)
{
    const struct stand *stand = *state;
    struct context context;

    open_context(&context, NULL);
    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        struct disturbance none = session_whole();
        struct heard heard;

        session_hear(&stand->sessions[i], &none, &context, &heard);
        assert_int_equal(heard.num, 0);
        assert_int_equal(heard.summary.reading, TLS_READING_NO_KEY);
    }
    context_clear(&context);
}

static void ignore(void *ctx, struct event *event)
{
    (void)ctx;
    (void)event;
}

/* Fed up to the last segment but two: the farewells. */
static struct conversation *open_session(const struct session_bytes *session,
                                         const struct emitter *out, const struct context *context)
{
    struct conversation *conversation = conversation_new(out, context);

    assert_non_null(conversation);
    for (size_t i = 0; i + 2 < session->num; i++) {
        const struct segment *segment = &session->segments[i];

        assert_true(conversation_feed(conversation, segment->from,
                                      bytes_view(session->data + segment->start, segment->len)));
    }
    return conversation;
}

/* All memory of the heap, OpenSSL's too; not to be had under sanitizers. */
static void an_open_session_costs_less_than_16_kilobytes(void **state)
{
    const struct stand *stand = *state;
    struct moment now = {0};
    struct emitter emitter = {ignore, NULL, &now};
    struct conversation *open[OPEN_SESSIONS];
    struct session_summary summary;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        size_t before = mallinfo2().uordblks;
        size_t each;

        for (size_t k = 0; k < OPEN_SESSIONS; k++) {
            open[k] = open_session(&stand->sessions[i], &emitter, &stand->context);
        }
        each = (mallinfo2().uordblks - before) / OPEN_SESSIONS;
        for (size_t k = 0; k < OPEN_SESSIONS; k++) {
            conversation_end(open[k], &summary);
        }
        print_message("%s: %zu bytes\n", names[i], each);
        assert_true(each < 16384);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_session_is_one_login_of_bob),
        cmocka_unit_test(a_bit_that_flips_makes_no_false_finding),
        cmocka_unit_test(a_session_says_the_same_however_it_is_cut),
        cmocka_unit_test(a_session_that_breaks_off_says_no_more_than_the_whole),
        cmocka_unit_test(a_lost_segment_makes_no_false_finding),
        cmocka_unit_test(segments_of_both_sides_may_change_places),
        cmocka_unit_test(one_side_alone_makes_no_false_finding),
        cmocka_unit_test(keys_may_come_after_any_segment),
        cmocka_unit_test(wrong_keys_open_nothing_and_that_is_said),
        cmocka_unit_test(without_keys_nothing_is_said),
        cmocka_unit_test(an_open_session_costs_less_than_16_kilobytes),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
