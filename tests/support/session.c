#include "tests/support/session.h"

#include "dissectors/tls/keystore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/tls/keystore.h"

static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    long size;

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    data = calloc(1, (size_t)size + 1);
    assert_non_null(data);
    *len = fread(data, 1, (size_t)size, file);
    assert_int_equal(*len, size);
    (void)fclose(file);
    return data;
}

char *session_text(const char *path)
{
    size_t len;

    return (char *)read_file(path, &len);
}

/* side(1) length(2) bytes, again and again */
void session_read(struct session_bytes *session, const char *path)
{
    size_t len;
    uint8_t *data = read_file(path, &len);
    struct bytes rest = bytes_view(data, len);
    uint8_t flags;
    uint16_t size;

    *session = (struct session_bytes){.data = calloc(1, len)};
    assert_non_null(session->data);
    while (take_u8(&rest, &flags) && take_u16(&rest, &size)) {
        assert_true(session->num < SESSION_PIECES);
        assert_true(take_into(&rest, session->data + session->len, size));
        session->segments[session->num++] =
            (struct segment){flags & 1 ? SIDE_SERVER : SIDE_CLIENT, session->len, size};
        session->len += size;
    }
    free(data);
}

void session_clear(struct session_bytes *session)
{
    free(session->data);
    *session = (struct session_bytes){0};
}

struct disturbance session_whole(void)
{
    return (struct disturbance){.most = SIZE_MAX};
}

static void on_event(void *ctx, struct event *event)
{
    struct heard *heard = ctx;

    if (event->kind == EVENT_AUTH && event->auth.mechanism != MECHANISM_NONE) {
        assert_true(heard->num < SESSION_LOGINS);
        heard->logins[heard->num] = event->auth;
        heard->services[heard->num] = event->service;
        heard->certainties[heard->num++] = event->certainty;
    }
}

static bool feed(struct conversation *conversation, enum side from, const uint8_t *at, size_t len,
                 size_t cut)
{
    size_t step = cut > 0 ? cut : len;
    bool more = true;

    for (size_t done = 0; done < len && more; done += step) {
        size_t part = len - done < step ? len - done : step;
        uint8_t *copy = malloc(part); /* exactly its size: sanitizers see every over-read */

        assert_non_null(copy);
        memcpy(copy, at + done, part);
        more = conversation_feed(conversation, from, bytes_view(copy, part));
        free(copy);
    }
    return more;
}

/* The number of the segment that comes at this place, from 1. */
static size_t order(const struct disturbance *disturbance, size_t place)
{
    if (place == disturbance->swapped) {
        return place + 1;
    }
    return disturbance->swapped > 0 && place == disturbance->swapped + 1 ? place - 1 : place;
}

static bool give_keys(struct conversation *conversation, const struct context *context,
                      const char *keys)
{
    keystore_add_text(context->keystore, bytes_of_text(keys));
    return conversation_retry(conversation);
}

void session_hear(const struct session_bytes *session, const struct disturbance *disturbance,
                  const struct context *context, struct heard *heard)
{
    struct moment now = {0};
    struct emitter emitter = {on_event, heard, &now};
    struct conversation *conversation;
    size_t left = disturbance->most;
    bool more = true;

    memset(heard, 0, sizeof(*heard));
    conversation = conversation_new(&emitter, context);
    assert_non_null(conversation);
    if (disturbance->keys != NULL && disturbance->keys_after == 0) {
        more = give_keys(conversation, context, disturbance->keys);
    }
    for (size_t place = 1; place <= session->num && more && left > 0; place++) {
        size_t number = order(disturbance, place);
        const struct segment *segment = &session->segments[number - 1];
        size_t len = segment->len < left ? segment->len : left;

        now.frame = number;
        now.time.ns = number * 1000000u;
        if (number == disturbance->lost) {
            more = conversation_gap(conversation, segment->from, segment->len);
        } else if (!disturbance->without[segment->from]) {
            more = feed(conversation, segment->from, session->data + segment->start, len,
                        disturbance->cut);
        }
        if (more && disturbance->keys != NULL && disturbance->keys_after == place) {
            more = give_keys(conversation, context, disturbance->keys);
        }
        left -= len;
    }
    conversation_end(conversation, &heard->summary);
}

static bool is_in(const struct heard *heard, size_t i, const struct heard *truth)
{
    for (size_t k = 0; k < truth->num; k++) {
        enum outcome outcome = heard->logins[i].outcome;

        if (heard->services[i] == truth->services[k] &&
            heard->logins[i].mechanism == truth->logins[k].mechanism &&
            strcmp(heard->logins[i].user, truth->logins[k].user) == 0 &&
            (outcome == truth->logins[k].outcome || outcome == OUTCOME_UNKNOWN ||
             outcome == OUTCOME_ABANDONED)) {
            return true;
        }
    }
    return false;
}

bool session_is_true(const struct heard *heard, const struct heard *truth)
{
    for (size_t i = 0; i < heard->num; i++) {
        if (!is_in(heard, i, truth)) {
            return false;
        }
    }
    return heard->num <= truth->num;
}
