/*
 * The driver, with two toy protocols in place of the registry's: lines ("hi NAME" is a login) and
 * blobs (their front byte says how many bytes follow). Both are asked for by their first byte: 'l'
 * and 'b'.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "dissectors/conversation.h"
#include "dissectors/tls/tls.h"
#include "tests/support/test.h"

enum { MAX_LINE = 32, MAX_SAID = 4096 };

/* ---- toys ---- */

struct line_state {
    bool waits_for_server;
    bool used_anything;
    char target[16];
};

static int ends; /* how often a layer said its last words */

static void say_user(enum service service, struct bytes name, const struct emitter *out)
{
    struct event event;

    event_init(&event, EVENT_AUTH, service, out);
    (void)text_set(event.auth.user, sizeof(event.auth.user), name);
    emitter_emit(out, &event);
}

static enum probe line_probe(struct bytes client, struct bytes server)
{
    (void)server;
    if (client.len == 0) {
        return PROBE_MAYBE;
    }
    if (!bytes_starts(client, bytes_first(BYTES("line"), client.len))) {
        return PROBE_NO;
    }
    return client.len < 4 ? PROBE_MAYBE : PROBE_YES;
}

static struct verdict line_feed(void *state, enum side from, struct bytes in,
                                const struct emitter *out)
{
    struct line_state *lines = state;
    struct bytes rest = in;
    struct bytes line;
    uint64_t skip;

    if (from == SIDE_CLIENT && lines->waits_for_server) {
        return (struct verdict){0};
    }
    while (take_line(&rest, &line)) {
        size_t used = in.len - rest.len;

        lines->used_anything = true;
        if (take_prefix(&line, BYTES("hi "))) {
            say_user(SERVICE_IMAP, line, out);
        } else if (take_prefix(&line, BYTES("skip ")) && take_decimal(&line, 100000, &skip)) {
            return (struct verdict){.used = used, .skip = skip};
        } else if (bytes_equal(line, BYTES("wait"))) {
            lines->waits_for_server = true;
            return (struct verdict){.used = used};
        } else if (bytes_equal(line, BYTES("go"))) {
            lines->waits_for_server = false;
        } else if (bytes_equal(line, BYTES("tls"))) {
            return (struct verdict){.next = NEXT_TLS, .used = used};
        } else if (bytes_equal(line, BYTES("tunnel"))) {
            return (struct verdict){.next = NEXT_TUNNEL, .used = used};
        } else if (bytes_equal(line, BYTES("bye"))) {
            return (struct verdict){.next = NEXT_ABANDON, .used = used};
        }
    }
    return (struct verdict){.used = in.len - rest.len, .want = rest.len + 1};
}

static void line_gap(void *state, enum side from, uint64_t lost)
{
    (void)state;
    (void)from;
    (void)lost;
}

static void line_end(void *state, const struct emitter *out)
{
    const struct line_state *lines = state;

    ends++;
    if (lines->used_anything) {
        say_user(SERVICE_IMAP, BYTES("(end)"), out);
    }
}

static const char *line_target(void *state)
{
    (void)state;
    return "mail:143";
}

static const struct dissector line_dissector = {
    .name = "line",
    .service = SERVICE_IMAP,
    .state_size = sizeof(struct line_state),
    .max_pending = MAX_LINE,
    .probe = line_probe,
    .feed = line_feed,
    .gap = line_gap,
    .end = line_end,
    .tunnel_target = line_target,
    .tunnel = TUNNEL_CONNECT,
};

static enum probe blob_probe(struct bytes client, struct bytes server)
{
    (void)server;
    return bytes_starts(client, BYTES("\x08")) ? PROBE_YES : PROBE_NO;
}

static struct verdict blob_feed(void *state, enum side from, struct bytes in,
                                const struct emitter *out)
{
    struct bytes rest = in;
    struct bytes blob;

    (void)state;
    if (!take_u8_vector(&rest, &blob)) {
        uint8_t len = 0;

        (void)peek_u8(in, &len);
        return (struct verdict){.want = 1u + len};
    }
    if (from == SIDE_CLIENT) {
        say_user(SERVICE_POP, blob, out);
    }
    return (struct verdict){.used = in.len - rest.len};
}

static const struct dissector blob_dissector = {.name = "blob",
                                                .service = SERVICE_POP,
                                                .max_pending = 300,
                                                .probe = blob_probe,
                                                .feed = blob_feed};

static struct verdict tls_feed(void *state, enum side from, struct bytes in,
                               const struct emitter *out)
{
    struct event event;

    (void)state;
    (void)from;
    event_init(&event, EVENT_TLS, SERVICE_UNKNOWN, out);
    (void)text_set(event.hello.server_name, sizeof(event.hello.server_name), in);
    emitter_emit(out, &event);
    return (struct verdict){.next = NEXT_ABANDON, .used = in.len};
}

static enum probe tls_probe(struct bytes client, struct bytes server)
{
    (void)server;
    return bytes_starts(client, BYTES("\x16")) ? PROBE_YES : PROBE_NO;
}

const struct dissector tls_dissector = {
    .name = "tls", .max_pending = 100, .probe = tls_probe, .feed = tls_feed};
void tls_attach(void *state, struct event *facts)
{
    (void)state;
    (void)facts;
}

/* It opens nothing. */
void tls_open_for(void *state, const struct context *context, const struct tls_outlet *outlet,
                  void *ctx, uint8_t *scratch)
{
    (void)state;
    (void)context;
    (void)outlet;
    (void)ctx;
    (void)scratch;
}

void tls_watch_for(void *state, tls_watch_fn *watch, void *ctx)
{
    (void)state;
    (void)watch;
    (void)ctx;
}

size_t tls_waiting(const void *state)
{
    (void)state;
    return 0;
}

bool tls_retry(void *state, const struct emitter *out)
{
    (void)state;
    (void)out;
    return true;
}

void tls_give_up(void *state, const struct emitter *out)
{
    (void)state;
    (void)out;
}

const struct dissector *const dissectors[] = {&tls_dissector, &line_dissector, &blob_dissector,
                                              NULL};

const struct dissector *dissector_find(const char *name)
{
    return strcmp(name, "line") == 0   ? &line_dissector
           : strcmp(name, "blob") == 0 ? &blob_dissector
                                       : NULL;
}

/* ---- what is heard ---- */

struct fixture {
    struct moment now;
    struct emitter emitter;
    struct conversation *conversation;
    char said[MAX_SAID];
};

static void on_event(void *ctx, struct event *event)
{
    struct fixture *f = ctx;
    const char *name = event->kind == EVENT_TLS ? event->hello.server_name : event->auth.user;

    (void)snprintf(f->said + strlen(f->said), MAX_SAID - strlen(f->said), "%s %s %s%s%s%s%s\n",
                   event_word(event->kind), service_word(event->service), name,
                   event->transport != TRANSPORT_CLEAR ? " " : "",
                   event->transport != TRANSPORT_CLEAR ? transport_word(event->transport) : "",
                   event->tunnel_target != NULL ? " in " : "",
                   event->tunnel_target != NULL ? event->tunnel_target : "");
}

static void set_up(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    f->emitter = (struct emitter){on_event, f, &f->now};
    f->conversation = conversation_new(&f->emitter, NULL);
    assert_non_null(f->conversation);
    ends = 0;
}

static bool say(struct fixture *f, enum side from, const char *text)
{
    return conversation_feed(f->conversation, from, bytes_of_text(text));
}

static struct session_summary finish(struct fixture *f, const char *expected)
{
    struct session_summary summary;

    conversation_end(f->conversation, &summary);
    assert_string_equal(f->said, expected);
    return summary;
}

/* ---- claims ---- */

static void a_dissector_is_picked_when_enough_bytes_are_there(void **state)
{
    struct session_summary summary;
    struct fixture f;

    (void)state;
    set_up(&f);
    assert_true(say(&f, SIDE_CLIENT, "li"));
    assert_false(conversation_is_refused(f.conversation));
    assert_true(say(&f, SIDE_SERVER, "hi server\n"));
    assert_true(say(&f, SIDE_CLIENT, "ne\nhi bob\n"));
    summary = finish(&f, "auth imap server\nauth imap bob\nauth imap (end)\n");
    assert_int_equal(summary.fate, SESSION_READABLE);
    assert_int_equal(summary.service, SERVICE_IMAP);
}

static void bytes_that_nobody_knows_are_refused_and_a_hint_reads_them(void **state)
{
    struct session_summary summary;
    struct fixture f;

    (void)state;
    set_up(&f);
    assert_true(say(&f, SIDE_CLIENT, "hi bob\nhi al"));
    assert_true(conversation_is_refused(f.conversation));
    assert_false(conversation_hint(f.conversation, "nothing"));
    assert_true(conversation_hint(f.conversation, "line"));
    assert_false(conversation_hint(f.conversation, "blob"));
    assert_true(say(&f, SIDE_CLIENT, "ice\n"));
    summary = finish(&f, "auth imap bob\nauth imap alice\nauth imap (end)\n");
    assert_int_equal(summary.fate, SESSION_READABLE);
}

static void without_a_hint_it_stays_undecided(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f);
    assert_true(say(&f, SIDE_CLIENT, "?"));
    assert_int_equal(finish(&f, "").fate, SESSION_UNDECIDED);
}

static void a_message_is_given_again_until_it_is_whole(void **state)
{
    static const char talk[] = "line\nhi bob\nhi alice\n";
    struct fixture f;

    (void)state;
    set_up(&f);
    for (size_t i = 0; i < sizeof(talk) - 1; i++) {
        assert_true(conversation_feed(f.conversation, SIDE_CLIENT, bytes_view(talk + i, 1)));
    }
    (void)finish(&f, "auth imap bob\nauth imap alice\nauth imap (end)\n");
}

static void bytes_that_nobody_needs_are_passed_over_even_with_a_hole(void **state)
{
    struct session_summary summary;
    struct fixture f;

    (void)state;
    set_up(&f);
    (void)say(&f, SIDE_CLIENT, "line\nskip 20\nhi nobody\n");
    assert_int_equal(conversation_skippable(f.conversation, SIDE_CLIENT), 10);
    conversation_skip(f.conversation, SIDE_CLIENT, 4);
    assert_true(conversation_gap(f.conversation, SIDE_CLIENT, 3));
    (void)say(&f, SIDE_CLIENT, "xxxhi bob\n");
    summary = finish(&f, "auth imap bob\nauth imap (end)\n");
    assert_int_equal(summary.gaps, 0);
    assert_int_equal(summary.fate, SESSION_READABLE);
}

static void a_gap_drops_the_half_message_before_it(void **state)
{
    struct session_summary summary;
    struct fixture f;

    (void)state;
    set_up(&f);
    (void)say(&f, SIDE_CLIENT, "line\nhi b");
    assert_true(conversation_gap(f.conversation, SIDE_CLIENT, 100));
    (void)say(&f, SIDE_CLIENT, "hi alice\n");
    summary = finish(&f, "auth imap alice\nauth imap (end)\n");
    assert_int_equal(summary.fate, SESSION_GAPPED);
    assert_int_equal(summary.gaps, 1);
    assert_int_equal(summary.lost, 100);
}

static void a_dissector_that_knows_no_gaps_is_done_at_the_first(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f);
    (void)say(&f, SIDE_CLIENT,
              "\x08"
              "12345678");
    assert_false(conversation_gap(f.conversation, SIDE_CLIENT, 1));
    assert_false(say(&f, SIDE_CLIENT,
                     "\x08"
                     "12345678"));
    (void)finish(&f, "auth pop 12345678\n");
}

static void a_message_longer_than_the_maximum_is_dropped_and_counted(void **state)
{
    struct session_summary summary;
    char text[200];
    struct fixture f;

    (void)state;
    set_up(&f);
    memset(text, 'x', sizeof(text));
    (void)say(&f, SIDE_CLIENT, "line\n");
    (void)conversation_feed(f.conversation, SIDE_CLIENT, bytes_view(text, sizeof(text)));
    (void)say(&f, SIDE_CLIENT, "\nhi bob\n");
    summary = finish(&f, "auth imap bob\nauth imap (end)\n");
    assert_true(summary.overlong > 0);
}

static void what_waits_for_the_other_side_is_asked_again(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f);
    (void)say(&f, SIDE_CLIENT, "line\nwait\nhi bob\n");
    assert_string_equal(f.said, "");
    (void)say(&f, SIDE_SERVER, "go\n");
    assert_string_equal(f.said, "auth imap bob\n");
    (void)finish(&f, "auth imap bob\nauth imap (end)\n");
}

static void tls_follows_with_the_bytes_of_both_sides(void **state)
{
    struct session_summary summary;
    struct fixture f;

    (void)state;
    set_up(&f);
    (void)say(&f, SIDE_CLIENT, "line\nwait\nHELLO");
    assert_false(say(&f, SIDE_SERVER, "tls\n"));
    summary = finish(&f, "auth imap (end)\ntls imap HELLO starttls\n");
    assert_int_equal(summary.fate, SESSION_OPAQUE);
    assert_int_equal(summary.service, SERVICE_IMAP);
    assert_true(summary.tls);
    assert_int_equal(ends, 1);
}

static void what_is_inside_a_tunnel_is_picked_anew(void **state)
{
    struct session_summary summary;
    struct fixture f;

    (void)state;
    set_up(&f);
    (void)say(&f, SIDE_CLIENT,
              "line\nwait\n\x08"
              "1234");
    (void)say(&f, SIDE_SERVER, "tunnel\n");
    (void)say(&f, SIDE_CLIENT, "5678");
    summary = finish(&f, "auth imap (end)\nauth pop 12345678 in mail:143\n");
    assert_int_equal(summary.fate, SESSION_READABLE);
    assert_int_equal(summary.service, SERVICE_POP);
}

static void tls_straight_away_is_not_starttls(void **state)
{
    struct session_summary summary;
    struct fixture f;

    (void)state;
    set_up(&f);
    assert_false(say(&f, SIDE_CLIENT, "\x16"));
    summary = finish(&f, "tls unknown \xef\xbf\xbd tls\n");
    assert_int_equal(summary.fate, SESSION_OPAQUE);
}

static void layers_are_bounded(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f);
    for (size_t i = 0; i < 10 && say(&f, SIDE_CLIENT, "line\ntunnel\n"); i++) {
    }
    assert_int_equal(ends, 6);
    (void)finish(&f, "auth imap (end)\nauth imap (end) in mail:143\nauth imap (end) in mail:143\n"
                     "auth imap (end) in mail:143\nauth imap (end) in mail:143\n"
                     "auth imap (end) in mail:143\n");
}

static void undecided_bytes_are_bounded(void **state)
{
    char text[2000];
    struct fixture f;

    (void)state;
    set_up(&f);
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < 5 && !conversation_is_refused(f.conversation); i++) {
        (void)conversation_feed(f.conversation, SIDE_SERVER, bytes_view(text, sizeof(text)));
    }
    assert_true(conversation_is_refused(f.conversation));
    (void)finish(&f, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dissector_is_picked_when_enough_bytes_are_there),
        cmocka_unit_test(bytes_that_nobody_knows_are_refused_and_a_hint_reads_them),
        cmocka_unit_test(without_a_hint_it_stays_undecided),
        cmocka_unit_test(a_message_is_given_again_until_it_is_whole),
        cmocka_unit_test(bytes_that_nobody_needs_are_passed_over_even_with_a_hole),
        cmocka_unit_test(a_gap_drops_the_half_message_before_it),
        cmocka_unit_test(a_dissector_that_knows_no_gaps_is_done_at_the_first),
        cmocka_unit_test(a_message_longer_than_the_maximum_is_dropped_and_counted),
        cmocka_unit_test(what_waits_for_the_other_side_is_asked_again),
        cmocka_unit_test(tls_follows_with_the_bytes_of_both_sides),
        cmocka_unit_test(what_is_inside_a_tunnel_is_picked_anew),
        cmocka_unit_test(tls_straight_away_is_not_starttls),
        cmocka_unit_test(layers_are_bounded),
        cmocka_unit_test(undecided_bytes_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
