/* What is told of recorded sessions from outside: once, the same however they are cut, and beside
 * the truth where there is a key. What the verdict is, the tests of shape_mail.c say. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/tls/facts.h"
#include "dissectors/tls/keystore.h"
#include "tests/support/model.h"
#include "tests/support/session.h"

static const char *const names[] = {
    "1.3-AES_128_GCM_SHA256",
    "1.2-ECDHE-RSA-AES128-GCM-SHA256",
    "1.0-AES128-SHA-neither",
    "1.2-AES128-SHA",
    "1.3-early-data-refused",
    "1.3-retry",
    "1.3-key-update-c-both",
    "1.2-AES128-GCM-SHA256-renegotiated-by-c",
    "1.3-split",
    "1.2-AES256-SHA256-resumed-by-ticket",
};

enum { NUM_SESSIONS = sizeof(names) / sizeof(names[0]), MAX_CUT = 64 };

struct stand {
    struct shape_model model;
    struct context keyless;
    struct context keyed;
    struct session_bytes sessions[NUM_SESSIONS];
};

/* What one session's inference said. */
struct told {
    size_t num;
    size_t num_tls;
    size_t fed; /* pieces until nothing more was wanted */
    struct inference inference;
    struct event event; /* pointers in it are stale */
    bool has_tls;
};

static struct endpoint known;

static void find_endpoint(void *ctx, const char *server_name, const struct origin *origin,
                          struct endpoint *endpoint)
{
    (void)ctx;
    (void)server_name;
    (void)origin;
    *endpoint = known;
}

static void open_context(const struct stand *stand, struct context *context, const char *keys)
{
    static const uint8_t seed[HMAP_SEED_SIZE] = {1};
    struct diag diag;

    assert_true(context_init(context, 0, seed, &diag));
    if (keys != NULL) {
        keystore_add_text(context->keystore, bytes_of_text(keys));
    }
    context->shapes = &stand->model;
    context->endpoint = find_endpoint;
}

static int set_up(void **state)
{
    struct stand *stand = calloc(1, sizeof(*stand));
    char *keys = session_text(SOURCE_DIR "/tests/dissectors/tls/session.keys");
    struct diag diag = {{0}};
    char path[512];

    assert_non_null(stand);
    if (!model_load(&stand->model, &diag)) {
        fail_msg("%s", diag.text);
    }
    open_context(stand, &stand->keyless, NULL);
    open_context(stand, &stand->keyed, keys);
    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        (void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/session/%s", SOURCE_DIR, names[i]);
        session_read(&stand->sessions[i], path);
    }
    free(keys);
    *state = stand;
    return 0;
}

static int tear_down(void **state)
{
    struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        session_clear(&stand->sessions[i]);
    }
    context_clear(&stand->keyless);
    context_clear(&stand->keyed);
    free(stand);
    return 0;
}

static int each(void **state)
{
    (void)state;
    known = (struct endpoint){SERVICE_IMAP, TARGET_UNKNOWN, true};
    return 0;
}

static void on_event(void *ctx, struct event *event)
{
    struct told *told = ctx;

    told->num_tls += event->kind == EVENT_TLS;
    if (event->inference != NULL) {
        told->num++;
        told->event = *event;
        told->inference = *event->inference;
        told->has_tls = event->tls != NULL;
    }
}

/* Pieces of at most `cut` bytes; the piece of that number is lost, from 1. */
static struct told hear_cut(const struct session_bytes *session, const struct context *context,
                            size_t cut, size_t lost)
{
    struct told told = {0};
    struct moment now = {0};
    struct emitter emitter = {on_event, &told, &now};
    struct conversation *conversation = conversation_new(&emitter, context);
    struct session_summary summary;
    bool more = true;

    assert_non_null(conversation);
    for (size_t i = 0; i < session->num; i++) {
        const struct segment *segment = &session->segments[i];

        now.frame = i + 1;
        now.time.ns = now.frame * 1000000u;
        if (i + 1 == lost) {
            more = more && conversation_gap(conversation, segment->from, segment->len);
            continue;
        }
        for (size_t done = 0; done < segment->len && more; done += cut) {
            size_t len = segment->len - done < cut ? segment->len - done : cut;

            more = conversation_feed(conversation, segment->from,
                                     bytes_view(session->data + segment->start + done, len));
            told.fed++;
        }
    }
    conversation_end(conversation, &summary);
    return told;
}

static struct told hear(const struct session_bytes *session, const struct context *context)
{
    return hear_cut(session, context, SIZE_MAX / 2, 0);
}

static void expect_same(const struct told *told, const struct told *whole)
{
    assert_int_equal(told->num, whole->num);
    assert_int_equal(told->inference.verdict, whole->inference.verdict);
    assert_string_equal(told->inference.evidence, whole->inference.evidence);
    assert_int_equal(told->event.at.frame, whole->event.at.frame);
    assert_int_equal(told->event.auth.outcome, whole->event.auth.outcome);
}

/* ---- claims ---- */

static void a_session_that_cannot_be_read_is_told_once(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        struct told told = hear(&stand->sessions[i], &stand->keyless);

        assert_int_equal(told.num, 1);
        assert_int_equal(told.num_tls, 1);
        assert_true(told.has_tls);
        assert_int_equal(told.event.certainty, CERTAINTY_INFERRED);
        assert_int_equal(told.event.service, SERVICE_IMAP);
        assert_int_equal(told.event.transport, TRANSPORT_TLS);
        assert_false(told.inference.is_checked);
        assert_true(strlen(told.inference.evidence) > 0);
    }
}

/* Each is IMAP's LOGIN with a short password. */
static void no_session_is_taken_for_a_token(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        struct told told = hear(&stand->sessions[i], &stand->keyless);

        assert_true(told.inference.verdict == INFERENCE_PASSWORD ||
                    told.inference.verdict == INFERENCE_UNDECIDED);
    }
}

static void it_says_the_same_however_it_is_cut(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        struct told whole = hear(&stand->sessions[i], &stand->keyless);

        for (size_t cut = 1; cut <= MAX_CUT; cut++) {
            struct told told = hear_cut(&stand->sessions[i], &stand->keyless, cut, 0);

            expect_same(&told, &whole);
        }
    }
}

static void a_key_changes_nothing_but_that_the_truth_stands_beside_it(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        struct told keyless = hear(&stand->sessions[i], &stand->keyless);
        struct told keyed = hear(&stand->sessions[i], &stand->keyed);

        expect_same(&keyed, &keyless);
        assert_true(keyed.inference.is_checked);
        assert_int_equal(keyed.inference.truth_families, 1u << FAMILY_BASIC);
        assert_int_equal(keyed.inference.truth, MECHANISM_IMAP_LOGIN);
        assert_int_equal(keyed.inference.truth_outcome, OUTCOME_ACCEPTED);
    }
}

static void a_lost_segment_makes_nothing_false(void **state)
{
    const struct stand *stand = *state;

    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        for (size_t lost = 1; lost <= stand->sessions[i].num; lost++) {
            struct told told = hear_cut(&stand->sessions[i], &stand->keyless, SIZE_MAX / 2, lost);

            assert_true(told.num <= 1);
            assert_true(told.num == 0 || told.inference.verdict == INFERENCE_PASSWORD ||
                        told.inference.confidence < 0.9);
        }
    }
}

static void what_nobody_wants_is_left_alone(void **state)
{
    const struct stand *stand = *state;
    struct context blind = stand->keyless;
    struct told without;
    struct told told;

    blind.shapes = NULL;
    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        known = (struct endpoint){SERVICE_HTTP, TARGET_UNKNOWN, false};
        told = hear(&stand->sessions[i], &stand->keyless);
        without = hear(&stand->sessions[i], &blind);
        assert_int_equal(told.num, 0);
        assert_int_equal(told.num_tls, 1);
        assert_int_equal(told.fed, without.fed);
    }
}

static void bodies_of_records_are_passed_over(void **state)
{
    const struct stand *stand = *state;
    const struct session_bytes *session = &stand->sessions[0];
    struct told told = {0};
    struct moment now = {0};
    struct emitter emitter = {on_event, &told, &now};
    struct conversation *conversation = conversation_new(&emitter, &stand->keyless);
    struct session_summary summary;

    assert_non_null(conversation);
    for (size_t i = 0; i + 4 < session->num; i++) { /* the handshake, and more */
        const struct segment *segment = &session->segments[i];

        (void)conversation_feed(conversation, segment->from,
                                bytes_view(session->data + segment->start, segment->len));
    }
    assert_true(conversation_feed(conversation, SIDE_SERVER, BYTES("\x17\x03\x03\x40\0")));
    assert_int_equal(conversation_skippable(conversation, SIDE_SERVER), 0x4000);
    assert_int_equal(conversation_kept(conversation), 0);
    conversation_skip(conversation, SIDE_SERVER, 0x4000);
    assert_true(conversation_feed(conversation, SIDE_SERVER, BYTES("\x17\x03\x03\0\x20")));
    assert_int_equal(conversation_skippable(conversation, SIDE_SERVER), 0x20);
    conversation_end(conversation, &summary);
}

enum { REST = 4 };

/* Feeds all but the last REST segments, in pieces of at most `cut` bytes. */
static struct conversation *begin(const struct session_bytes *session,
                                  const struct context *context, const struct emitter *emitter,
                                  size_t cut)
{
    struct conversation *conversation = conversation_new(emitter, context);

    assert_non_null(conversation);
    for (size_t i = 0; i + REST < session->num; i++) {
        const struct segment *segment = &session->segments[i];

        for (size_t done = 0; done < segment->len; done += cut) {
            size_t len = segment->len - done < cut ? segment->len - done : cut;

            assert_true(conversation_feed(conversation, segment->from,
                                          bytes_view(session->data + segment->start + done, len)));
        }
    }
    return conversation;
}

static size_t heap(void)
{
    return mallinfo2().uordblks;
}

/* Beside what any conversation takes: the shape, and facts that sessions of one program with one
 * server share. Sanitizers have a heap of their own, of which this cannot be asked. */
static void expect_256_bytes(const struct stand *stand, size_t cut)
{
    enum { MANY = 1000 };
    const struct session_bytes *session = &stand->sessions[0];
    struct context context = stand->keyless;
    struct told told = {0};
    struct moment now = {0};
    struct emitter emitter = {on_event, &told, &now};
    struct conversation *followed[MANY];
    struct conversation *fresh[MANY];
    struct session_summary summary;
    size_t before;
    size_t with;
    size_t without;

    context.spares = NULL; /* they would hide what was given back */
    before = heap();
    for (size_t i = 0; i < MANY; i++) {
        followed[i] = begin(session, &context, &emitter, cut);
    }
    with = heap() - before;
    assert_int_equal(facts_count(context.facts), 1);
    before = heap();
    for (size_t i = 0; i < MANY; i++) {
        fresh[i] = conversation_new(&emitter, &context);
        assert_non_null(fresh[i]);
    }
    without = heap() - before;
    for (size_t i = 0; i < MANY; i++) {
        conversation_end(followed[i], &summary);
        conversation_end(fresh[i], &summary);
    }
    assert_int_equal(facts_count(context.facts), 0);
    assert_int_equal(told.num, MANY);
    if (with > 0) {
        assert_true(with > without && with - without < MANY * (256 + 16)); /* the heap's own 16 */
    }
}

static void a_followed_session_holds_256_bytes(void **state)
{
    expect_256_bytes(*state, SIZE_MAX / 2);
    expect_256_bytes(*state, 100); /* no record is whole, and room was needed for them */
}

/* What is held for others is not dropped for it: the session ends, and that is counted. */
static void a_session_whose_facts_find_no_room_is_let_go(void **state)
{
    const struct stand *stand = *state;
    const struct session_bytes *session = &stand->sessions[0];
    struct context context = stand->keyless;
    struct facts_table *full = facts_table_new((const uint8_t[HMAP_SEED_SIZE]){2});
    struct tls_event other = {.client_hello = true};
    struct told whole = hear(session, &context);
    struct told told;

    assert_non_null(full);
    for (unsigned i = 0; i < FACTS_MAX; i++) {
        (void)snprintf(other.server_name, sizeof(other.server_name), "%u.contoso.com", i);
        assert_non_null(facts_take(full, &other));
    }
    context.facts = full;
    told = hear(session, &context);
    assert_int_equal(told.num, 0);
    assert_int_equal(told.num_tls, 1);
    assert_true(told.fed < whole.fed);
    assert_int_equal(facts_refused(full), 1);
    facts_table_free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_session_that_cannot_be_read_is_told_once, each),
        cmocka_unit_test_setup(no_session_is_taken_for_a_token, each),
        cmocka_unit_test_setup(it_says_the_same_however_it_is_cut, each),
        cmocka_unit_test_setup(a_key_changes_nothing_but_that_the_truth_stands_beside_it, each),
        cmocka_unit_test_setup(a_lost_segment_makes_nothing_false, each),
        cmocka_unit_test_setup(what_nobody_wants_is_left_alone, each),
        cmocka_unit_test_setup(bodies_of_records_are_passed_over, each),
        cmocka_unit_test_setup(a_followed_session_holds_256_bytes, each),
        cmocka_unit_test_setup(a_session_whose_facts_find_no_room_is_let_go, each),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
