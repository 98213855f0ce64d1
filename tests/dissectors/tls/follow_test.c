/* Lengths told from outside, beside those of what a key opens: recorded sessions of each kind of
 * cipher. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/tls/keystore.h"
#include "dissectors/tls/tls.h"
#include "tests/support/session.h"

static const char *const names[] = {
    "1.3-AES_128_GCM_SHA256", "1.2-ECDHE-RSA-AES128-GCM-SHA256",     "1.0-AES128-SHA-neither",
    "1.2-AES128-SHA",         "1.2-AES256-SHA256-resumed-by-ticket", "1.3-retry",
};

enum { NUM_SESSIONS = sizeof(names) / sizeof(names[0]) };

static uint8_t scratch[32768];

struct lengths {
    struct followed followed;
    uint64_t plain[2];
    size_t num_plain[2];
};

static bool on_plain(void *ctx, enum side from, struct bytes plain)
{
    struct lengths *lengths = ctx;

    lengths->plain[from] += plain.len;
    lengths->num_plain[from] += plain.len > 0;
    return true;
}

static bool on_lost(void *ctx, enum side from, uint64_t lost)
{
    (void)ctx;
    (void)from;
    (void)lost;
    return true;
}

static void on_date(void *ctx, const struct moment *at)
{
    (void)ctx;
    (void)at;
}

static void on_event(void *ctx, struct event *event)
{
    (void)ctx;
    (void)event;
}

static struct followed *watch(void *ctx, const struct shape_session *session)
{
    struct lengths *lengths = ctx;

    shape_begin(&lengths->followed.shape, session);
    return &lengths->followed;
}

static void read_session(const char *name, const struct context *context, struct lengths *lengths)
{
    static const struct tls_outlet outlet = {on_plain, on_lost, on_date};
    static const struct moment now = {.time = {1}};
    const struct emitter out = {on_event, NULL, &now};
    struct session_bytes session;
    struct event facts = {0};
    void *state = calloc(1, tls_dissector.state_size);
    char path[512];

    assert_non_null(state);
    *lengths = (struct lengths){0};
    (void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/session/%s", SOURCE_DIR, name);
    session_read(&session, path);
    tls_attach(state, &facts);
    tls_open_for(state, context, &outlet, lengths, scratch);
    tls_watch_for(state, watch, lengths);
    for (size_t i = 0; i < session.num; i++) { /* a segment holds whole records */
        const struct segment *segment = &session.segments[i];
        struct verdict verdict = tls_dissector.feed(
            state, segment->from, bytes_view(session.data + segment->start, segment->len), &out);

        assert_int_equal(verdict.used, segment->len);
    }
    tls_dissector.end(state, &out);
    free(state);
    session_clear(&session);
}

/* What a side said, by its messages. An alert of TLS 1.3 at the end looks like 2 bytes more. */
static void expect_within(const struct lengths *lengths, enum side side, const char *name)
{
    uint8_t speaker = side == SIDE_SERVER ? SHAPE_SERVER : SHAPE_CLIENT;
    uint64_t least = 0;
    uint64_t most = 0;

    for (size_t i = 0; i < lengths->followed.shape.num; i++) {
        const struct shape_message *message = &lengths->followed.shape.messages[i];
        bool is_alert = (message->flags & SHAPE_ALERT) != 0 && message->len == 2;

        if ((message->flags & SHAPE_SERVER) == speaker && !is_alert) {
            least += message->len;
            most +=
                message->len + (uint64_t)lengths->followed.shape.session.slack * message->records;
        }
    }
    if (least > lengths->plain[side] || most < lengths->plain[side]) {
        fail_msg("%s: %llu to %llu, and it was %llu", name, (unsigned long long)least,
                 (unsigned long long)most, (unsigned long long)lengths->plain[side]);
    }
}

static void lengths_are_those_of_what_is_inside(void **state)
{
    static const uint8_t seed[HMAP_SEED_SIZE] = {1};
    char *keys = session_text(SOURCE_DIR "/tests/dissectors/tls/session.keys");
    struct context context;
    struct diag diag;

    (void)state;
    assert_true(context_init(&context, 0, seed, &diag));
    keystore_add_text(context.keystore, bytes_of_text(keys));
    for (size_t i = 0; i < NUM_SESSIONS; i++) {
        struct lengths lengths;

        read_session(names[i], &context, &lengths);
        assert_true(lengths.num_plain[SIDE_CLIENT] > 0 && lengths.num_plain[SIDE_SERVER] > 0);
        assert_false(lengths.followed.shape.is_full);
        expect_within(&lengths, SIDE_CLIENT, names[i]);
        expect_within(&lengths, SIDE_SERVER, names[i]);
    }
    context_clear(&context);
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_those_of_what_is_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
