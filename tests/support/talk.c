#include "tests/support/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_SIZE = 1 << 16, MAX_CUT = 64 };

/* What was said, as text. */
struct listener {
    char *text;
    size_t len;
    struct moment now;
};

static void say(struct listener *listener, const char *text, size_t len)
{
    if (listener->len + len < EVENTS_SIZE) {
        memcpy(listener->text + listener->len, text, len);
        listener->len += len;
        listener->text[listener->len] = '\0';
    }
}

static bool is_worth_saying(const struct field *field, struct bytes value)
{
    return value.len > 0 && !(field->kind == FIELD_BOOL && bytes_equal(value, BYTES("false"))) &&
           !(strcmp(field->name, "transport") == 0 && bytes_equal(value, BYTES("clear")));
}

static void say_field(struct listener *listener, const struct field *field,
                      const struct event *event)
{
    char scratch[FIELD_TEXT_MAX];
    struct bytes value = field_text(field, event, scratch);
    bool quoted = memchr(value.at, ' ', value.len) != NULL;

    if (!is_worth_saying(field, value)) {
        return;
    }
    if (strcmp(field->name, "event") != 0) {
        say(listener, " ", 1);
        say(listener, field->name, strlen(field->name));
        if (field->kind == FIELD_BOOL) {
            return;
        }
        say(listener, "=", 1);
    }
    say(listener, "\"", quoted);
    say(listener, (const char *)value.at, value.len);
    say(listener, "\"", quoted);
}

static void on_event(void *ctx, struct event *event)
{
    const struct schema *schema = event_schema(event->kind);

    for (size_t i = 0; i < schema->num_fields; i++) {
        say_field(ctx, &schema->fields[i], event);
    }
    say(ctx, "\n", 1);
}

static bool feed_piece(struct conversation *conversation, const struct piece *piece, size_t start,
                       size_t len)
{
    uint8_t *copy =
        malloc(len > 0 ? len : 1); /* exactly its size: sanitizers see every over-read */
    bool more;

    assert_non_null(copy);
    memcpy(copy, piece->at + start, len);
    more = conversation_feed(conversation, piece->from, bytes_view(copy, len));
    free(copy);
    return more;
}

/* The first max bytes of a talk, cut. */
static char *events_of(const struct talk *talk, const char *hint, size_t cut, size_t max,
                       struct session_summary *summary)
{
    struct listener listener = {.text = calloc(1, EVENTS_SIZE)};
    struct emitter emitter = {on_event, &listener, &listener.now};
    struct conversation *conversation = conversation_new(&emitter, NULL);
    struct session_summary ignored;
    bool more = true;

    assert_non_null(listener.text);
    assert_non_null(conversation);
    if (hint != NULL) {
        assert_true(conversation_hint(conversation, hint));
    }
    for (size_t i = 0; i < TALK_PIECES && talk->pieces[i].at != NULL && more && max > 0; i++) {
        const struct piece *piece = &talk->pieces[i];
        size_t all = piece->len < max ? piece->len : max;
        size_t step = cut > 0 ? cut : all;

        listener.now.frame = i + 1;
        listener.now.time.ns = (i + 1) * 1000000000u;
        if (piece->lost > 0) {
            more = conversation_gap(conversation, piece->from, piece->lost);
        }
        for (size_t at = 0; at < all && more; at += step) {
            more = feed_piece(conversation, piece, at, all - at < step ? all - at : step);
        }
        max -= all;
    }
    conversation_end(conversation, summary != NULL ? summary : &ignored);
    return listener.text;
}

char *talk_events(const struct talk *talk, const char *hint, size_t cut,
                  struct session_summary *summary)
{
    return events_of(talk, hint, cut, SIZE_MAX, summary);
}

/* Leaves out the lines of a type that expected does not hold. */
static void leave_out(char *events, const char *expected, const char *type)
{
    size_t len = strlen(type);
    char *from = events;
    char *to = events;

    if (strncmp(expected, type, len) == 0) {
        return;
    }
    for (const char *at = expected; (at = strstr(at, type)) != NULL; at++) {
        if (at[-1] == '\n') {
            return;
        }
    }
    while (*from != '\0') {
        char *end = strchr(from, '\n') + 1;
        size_t line = (size_t)(end - from);

        if (strncmp(from, type, len) != 0) {
            memmove(to, from, line);
            to += line;
        }
        from = end;
    }
    *to = '\0';
}

static void leave_out_unexpected(char *events, const char *expected)
{
    leave_out(events, expected, "offer ");
    leave_out(events, expected, "client ");
    leave_out(events, expected, "name ");
}

static void expect_same(const struct talk *talk, size_t cut, const char *said)
{
    if (strcmp(said, talk->expected) != 0) {
        (void)fprintf(stderr, "\n%s (pieces of %zu bytes; 0 is whole)\nexpected:\n%ssaid:\n%s",
                      talk->claim, cut, talk->expected, said);
        fail();
    }
}

/* The value of name= in a line that ends at end, quotes included; empty when it is not there. */
static struct bytes value_in(const char *line, const char *end, const char *name)
{
    struct bytes rest = bytes_view(line, (size_t)(end - line));
    struct bytes value;
    size_t at;

    if (!bytes_find(rest, bytes_of_text(name), &at)) {
        return bytes_view("", 0);
    }
    (void)take_skip(&rest, at + strlen(name));
    if (take_prefix(&rest, BYTES("\""))) {
        (void)take_until(&rest, '"', &value);
    } else if (!take_word(&rest, &value)) {
        return bytes_view("", 0);
    }
    return value;
}

static bool is_in_whole(const char *line, const char *end, const char *whole)
{
    struct bytes service = value_in(line, end, " service=");
    struct bytes mechanism = value_in(line, end, " mechanism=");
    struct bytes user = value_in(line, end, " user=");

    for (const char *at = whole; *at != '\0'; at = strchr(at, '\n') + 1) {
        const char *stop = strchr(at, '\n');

        if (strncmp(at, "auth ", 5) == 0 && bytes_equal(value_in(at, stop, " service="), service) &&
            bytes_equal(value_in(at, stop, " mechanism="), mechanism) &&
            (user.len == 0 || bytes_equal(value_in(at, stop, " user="), user))) {
            return true;
        }
    }
    return false;
}

static void expect_no_more(const struct talk *talk, size_t max, const char *said, const char *whole)
{
    for (const char *at = said; *at != '\0'; at = strchr(at, '\n') + 1) {
        if (strncmp(at, "auth ", 5) == 0 && !is_in_whole(at, strchr(at, '\n'), whole)) {
            (void)fprintf(stderr, "\n%s: the first %zu bytes alone say\n%sthe whole says\n%s",
                          talk->claim, max, said, whole);
            fail();
        }
    }
}

static void run_one(const struct talk *talk, const char *hint)
{
    char *whole = talk_events(talk, hint, 0, NULL);
    size_t total = 0;

    for (size_t cut = 0; cut <= MAX_CUT; cut++) {
        char *said = talk_events(talk, hint, cut, NULL);

        leave_out_unexpected(said, talk->expected);
        expect_same(talk, cut, said);
        free(said);
    }
    for (size_t i = 0; i < TALK_PIECES && talk->pieces[i].at != NULL; i++) {
        total += talk->pieces[i].len;
    }
    for (size_t max = 1; max < total; max++) {
        char *said = events_of(talk, hint, 0, max, NULL);

        expect_no_more(talk, max, said, whole);
        free(said);
    }
    free(whole);
}

void talk_run(const struct talk *talks, size_t num_talks, const char *hint)
{
    for (size_t i = 0; i < num_talks; i++) {
        run_one(&talks[i], hint);
    }
}

void datagram_run(const struct talk *talks, size_t num_talks, const struct dissector *dissector)
{
    for (size_t i = 0; i < num_talks; i++) {
        struct listener listener = {.text = calloc(1, EVENTS_SIZE)};
        struct emitter emitter = {on_event, &listener, &listener.now};

        assert_non_null(listener.text);
        for (size_t k = 0; k < TALK_PIECES && talks[i].pieces[k].at != NULL; k++) {
            const struct piece *piece = &talks[i].pieces[k];
            uint8_t *copy = malloc(piece->len > 0 ? piece->len : 1);

            assert_non_null(copy);
            memcpy(copy, piece->at, piece->len);
            listener.now.frame = k + 1;
            if (dissector->probe(bytes_view(copy, piece->len), bytes_view("", 0)) == PROBE_YES) {
                dissector->datagram(NULL, NULL, bytes_view(copy, piece->len), &emitter);
            }
            free(copy);
        }
        expect_same(&talks[i], 0, listener.text);
        free(listener.text);
    }
}

static void ignore(void *ctx, struct event *event)
{
    const struct schema *schema = event_schema(event->kind);
    char scratch[FIELD_TEXT_MAX];

    (void)ctx;
    for (size_t i = 0; i < schema->num_fields;
         i++) { /* every member is read once: sanitizers see what is not text */
        (void)field_text(&schema->fields[i], event, scratch);
    }
}

int talk_fuzz(const uint8_t *data, size_t size, const char *hint)
{
    return talk_fuzz_with(data, size, hint, NULL);
}

int talk_fuzz_with(const uint8_t *data, size_t size, const char *hint,
                   const struct context *context)
{
    struct moment now = {0};
    struct emitter emitter = {ignore, NULL, &now};
    struct conversation *conversation = conversation_new(&emitter, context);
    struct session_summary summary;
    struct bytes rest = bytes_view(data, size);
    struct bytes bytes;
    uint8_t flags;
    uint16_t len;
    bool more = conversation != NULL && (hint == NULL || conversation_hint(conversation, hint));

    while (more && take_u8(&rest, &flags) && take_u16(&rest, &len)) {
        enum side from = (flags & 1) != 0 ? SIDE_SERVER : SIDE_CLIENT;
        struct piece piece = {.from = from};

        now.frame++;
        if ((flags & 2) != 0) {
            more = conversation_gap(conversation, from, len);
            continue;
        }
        (void)take_bytes(&rest, len < rest.len ? len : rest.len, &bytes);
        piece.at = (const char *)bytes.at;
        more = feed_piece(conversation, &piece, 0, bytes.len);
    }
    if (conversation != NULL) {
        conversation_end(conversation, &summary);
    }
    return 0;
}
