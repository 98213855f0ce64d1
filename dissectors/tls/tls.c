#include "dissectors/tls/tls.h"

#include <stdlib.h>

#include "dissectors/tls/alert.h"
#include "dissectors/tls/hello.h"
#include "dissectors/tls/keystore.h"
#include "dissectors/tls/probe.h"
#include "dissectors/tls/state.h"

enum {
    MAX_PASSED = 65536, /* bytes of a side in which the other side's hello is waited for */
    ALERT_FATAL = 2,
};

void tls_attach(void *state, struct event *facts)
{
    struct tls_state *tls = state;

    facts->kind = EVENT_TLS;
    tls->event = facts;
    tls->facts = &facts->hello;
}

void tls_open_for(void *state, const struct context *context, const struct tls_outlet *outlet,
                  void *ctx, uint8_t *scratch)
{
    struct tls_state *tls = state;

    tls->context = context;
    tls->outlet = outlet;
    tls->outlet_ctx = ctx;
    tls->scratch = scratch;
}

/* ---- what is said, and when it is over ---- */

/* The event is dated by what comes first, whole or not: the client's hello, as a rule. */
static void on_seen(struct tls_state *tls, const struct emitter *out)
{
    if (!tls->seen) {
        tls->event->at = emitter_mark(out);
        tls->seen = true;
    }
}

/* The one event, with what is known by then. It is no copy: sessions are many, and most of what is
 * known of them nobody reads. */
static void say(struct tls_state *tls, const struct emitter *out)
{
    if (!tls->said && tls->seen) {
        tls->said = true;
        emitter_emit(out, tls->event);
    }
}

static void conclude(struct tls_state *tls, enum tls_reading reading)
{
    if (tls->facts->reading == TLS_READING_NONE) {
        tls->facts->reading = reading;
    }
    tls->over = true;
}

/* Nothing more is read of a side; of both, the session is over. */
static void side_end(struct tls_state *tls, enum side from)
{
    struct tls_side *side = &tls->sides[from];

    handshake_clear(&side->handshake);
    side->over = true;
    tls->over = tls->over || (tls->sides[SIDE_CLIENT].over && tls->sides[SIDE_SERVER].over);
}

/* ---- contents, clear or opened ---- */

/* Whether a message may be the first of a side that is seen; others are the middle of something. */
static bool is_expected(const struct tls_state *tls, enum side from, uint8_t type)
{
    if (from == SIDE_CLIENT) {
        return tls->params.has_client || type == HANDSHAKE_CLIENT_HELLO;
    }
    return tls->params.has_server || type == HANDSHAKE_SERVER_HELLO ||
           type == HANDSHAKE_HELLO_REQUEST;
}

static void on_handshake(struct tls_state *tls, enum side from, struct bytes body)
{
    struct tls_side *side = &tls->sides[from];

    while (body.len > 0 && !side->over) {
        struct bytes message;
        uint8_t type;

        if (side->handshake.len == 0 && peek_u8(body, &type) && !is_expected(tls, from, type)) {
            side_end(tls, from);
            return;
        }
        switch (handshake_take(&side->handshake, &body, &type, &message)) {
        case HANDSHAKE_WHOLE:
            message_read(tls, from, type, message);
            /* it is the last of its record (RFC 8446, section 5.1), and costly */
            body = type == HANDSHAKE_KEY_UPDATE ? BYTES("") : body;
            break;
        case HANDSHAKE_PART:
            return;
        case HANDSHAKE_REFUSED:
            side_end(tls, from);
            return;
        }
    }
}

/* level(1) description(1); a fatal one in clear is the end of it */
static void on_alert(struct tls_state *tls, enum side from, struct bytes body)
{
    uint8_t level = 0;

    alert_read(body, from == SIDE_SERVER, tls->facts);
    if (peek_u8(body, &level) && level == ALERT_FATAL) {
        tls->over = true;
    }
}

static void on_application_data(struct tls_state *tls, enum side from, struct bytes plain,
                                const struct emitter *out)
{
    tls->facts->reading = TLS_READING_DECRYPTED;
    say(tls, out);
    if (plain.len > 0 && !tls->outlet->plain(tls->outlet_ctx, from, plain)) {
        tls->over = true;
    }
}

static void on_opened(struct tls_state *tls, enum side from, const struct opened *opened,
                      const struct emitter *out)
{
    if (opened->ahead > 0 || opened->lost > 0) {
        handshake_clear(&tls->sides[from].handshake);
        if (!tls->outlet->lost(tls->outlet_ctx, from, opened->lost)) {
            tls->over = true;
            return;
        }
    }
    switch (opened->type) {
    case RECORD_APPLICATION_DATA:
        on_application_data(tls, from, opened->plain, out);
        break;
    case RECORD_HANDSHAKE:
        on_handshake(tls, from, opened->plain);
        break;
    case RECORD_ALERT:
        alert_read(opened->plain, from == SIDE_SERVER, tls->facts);
        break;
    case RECORD_CHANGE_CIPHER_SPEC:
        message_change_cipher(tls, from);
        break;
    default:
        break;
    }
}

/* ---- protected records ---- */

/* False: it waits for a key. */
static bool on_protected(struct tls_state *tls, enum side from, const struct record *record,
                         const struct emitter *out)
{
    struct opened opened;
    enum unlock unlock = unlock_record(tls, from, record, &opened);

    if (unlock == UNLOCKED) {
        on_opened(tls, from, &opened, out);
        bytes_wipe(tls->scratch, opened.plain.len);
    } else if (unlock == UNLOCK_REFUSED) {
        tls->over = true;
    } else if (unlock != UNLOCK_WAITS) { /* the right key with a wrong number deciphers too */
        bytes_wipe(tls->scratch, record->body.len);
    }
    if (unlock == UNLOCK_LOST) {
        side_end(tls, from); /* what the other side says is still worth reading */
    }
    return unlock != UNLOCK_WAITS;
}

/* Early data comes before it is known whether the server takes it. That stands in the server's
 * first protected messages, and is worth waiting for even where late keys are not waited for. */
static bool awaits_early(const struct tls_state *tls)
{
    return tls->early == EARLY_OFFERED && can_open(tls) &&
           keystore_find(tls->context->keystore, tls->params.client_random, SECRET_SERVER_HANDSHAKE)
                   .len > 0;
}

static bool has_hope(const struct tls_state *tls)
{
    return can_open(tls) && tls->params.has_client && (tls->context->wait || awaits_early(tls));
}

/* Why a record without a key cannot be read. */
static enum tls_reading without_key(const struct tls_state *tls, enum side from)
{
    return tls->params.has_client &&
                   (tls->params.has_server || tls->sides[from].stage == STAGE_EARLY)
               ? TLS_READING_NO_KEY
               : TLS_READING_MIDWAY;
}

static bool has_room(struct tls_state *tls)
{
    if (tls->backlog.size <= tls->context->max_waiting) {
        return true;
    }
    conclude(tls, TLS_READING_LATE);
    return false;
}

static void wait_for_key(struct tls_state *tls, enum side from, const struct record *record,
                         const struct emitter *out)
{
    if (!has_hope(tls)) {
        if (tls->facts->reading == TLS_READING_NONE) {
            tls->facts->reading = without_key(tls, from);
        }
        side_end(tls, from);
        return;
    }
    if (has_room(tls) && !backlog_put(&tls->backlog, from, record, out->now)) {
        conclude(tls, TLS_READING_LATE);
    }
    if (tls->context->wait) {
        say(tls, out); /* the hellos need not wait */
    }
}

/* Bytes of a side are missing before its next record. */
static void apply_hole(struct tls_state *tls, enum side from, uint64_t lost)
{
    struct tls_side *side = &tls->sides[from];

    handshake_clear(&side->handshake);
    side->uncertain = true;
    side->missing += lost;
}

static void note_hole(struct tls_state *tls, enum side from, uint64_t lost, const struct moment *at)
{
    if (tls->backlog.first == NULL) {
        apply_hole(tls, from, lost);
    } else if (has_room(tls) && !backlog_put_hole(&tls->backlog, from, lost, at)) {
        conclude(tls, TLS_READING_LATE);
    }
}

/*
 * Opens what waited, in order, as far as keys reach. Only early data is passed by: whether the
 * server takes it stands in records that come after it.
 */
static void drain(struct tls_state *tls, const struct emitter *out)
{
    struct backlog_entry **place = &tls->backlog.first;

    tls->wakes = false;
    while (*place != NULL && !tls->over) {
        struct backlog_entry *entry = *place;
        bool early = entry->from == SIDE_CLIENT && tls->early == EARLY_OFFERED;
        bool done = true;

        tls->wakes = false;
        tls->outlet->date(tls->outlet_ctx, &entry->at);
        if (entry->record.type == 0) {
            apply_hole(tls, entry->from, entry->lost);
        } else if (!tls->sides[entry->from].over) {
            done = !early && on_protected(tls, entry->from, &entry->record, out);
        }
        tls->outlet->date(tls->outlet_ctx, NULL);
        if (done) {
            free(backlog_take(&tls->backlog, place));
        } else if (early) {
            place = &entry->next;
        } else {
            return;
        }
        place = tls->wakes ? &tls->backlog.first : place;
    }
}

/* ---- records ---- */

static bool has_hello(const struct tls_state *tls, enum side from)
{
    return from == SIDE_CLIENT ? tls->params.has_client : tls->params.has_server;
}

/* Data before the side's hello, or before the other's answer: the handshake was not seen whole. */
static void on_early_end(struct tls_state *tls, enum side from, const struct record *record,
                         const struct emitter *out)
{
    struct tls_side *side = &tls->sides[from];

    if (!tls->params.has_server || !has_hello(tls, from) || is_tls13(tls)) {
        conclude(tls, side->missing > 0 ? TLS_READING_GAP : TLS_READING_MIDWAY);
        return;
    }
    message_change_cipher(tls, from); /* its announcement was lost */
    side->uncertain = true;
    if (tls->backlog.first != NULL || !on_protected(tls, from, record, out)) {
        wait_for_key(tls, from, record, out);
    }
}

static void on_clear(struct tls_state *tls, enum side from, const struct record *record,
                     const struct emitter *out)
{
    switch (record->type) {
    case RECORD_HANDSHAKE:
        on_handshake(tls, from, record->body);
        break;
    case RECORD_CHANGE_CIPHER_SPEC:
        message_change_cipher(tls, from);
        break;
    case RECORD_APPLICATION_DATA:
        on_early_end(tls, from, record, out);
        break;
    default:
        on_alert(tls, from, record->body);
        break;
    }
}

static void on_clear13(struct tls_state *tls, enum side from, const struct record *record,
                       const struct emitter *out)
{
    if (record_is_clear13(record)) {
        on_clear(tls, from, record, out);
    } else {
        note_hole(tls, from, RECORD_HEADER + record->body.len, out->now);
    }
}

/* TLS 1.3 protects records of one type only; others are in clear, or for show. */
static bool is_clear(const struct tls_state *tls, enum side from, const struct record *record)
{
    enum stage stage = tls->sides[from].stage;

    return stage == STAGE_CLEAR ||
           ((stage == STAGE_EARLY || is_tls13(tls)) && record->type != RECORD_APPLICATION_DATA);
}

static void on_record(struct tls_state *tls, enum side from, const struct record *record,
                      const struct emitter *out)
{
    enum stage stage = tls->sides[from].stage;

    if (is_clear(tls, from, record)) {
        if (stage == STAGE_HANDSHAKE || stage == STAGE_APPLICATION) {
            on_clear13(tls, from, record, out);
        } else {
            on_clear(tls, from, record, out);
        }
    } else if (tls->backlog.first != NULL || !on_protected(tls, from, record, out)) {
        wait_for_key(tls, from, record, out);
        tls->wakes = tls->wakes || (from == SIDE_SERVER && awaits_early(tls));
    }
    if (tls->wakes) {
        drain(tls, out);
    }
}

/* Nothing opens the record, today or later: its header says all that will be known of it, and it
 * need not be kept until it is whole. */
static bool is_in_vain(const struct tls_state *tls, enum side from, const struct record *record)
{
    return !is_clear(tls, from, record) && tls->sides[from].opener == NULL && !may_open(tls);
}

/* SSL 2 put its hello into no record; only the first bytes of a client can be one. What follows it
 * are records, unless SSL 2 itself is spoken. False: it is none; *want is set when it may become
 * one. */
static bool take_v2(struct tls_state *tls, enum side from, struct bytes *in, size_t *want,
                    const struct emitter *out)
{
    struct bytes hello = *in;

    *want = 0;
    if (from != SIDE_CLIENT || tls->params.has_client || !hello_take_v2(in, tls->facts, want)) {
        return false;
    }
    on_seen(tls, out);
    if (!hello_note_v2(hello, &tls->params) || tls->params.client_version < TLS_VERSION_SSL3) {
        side_end(tls, from);
    }
    return true;
}

/* A record, or the hello of SSL 2. False: more bytes are needed. */
static bool read_record(struct tls_state *tls, enum side from, struct bytes *in, size_t *want,
                        const struct emitter *out)
{
    struct tls_side *side = &tls->sides[from];
    struct record record = {0};

    switch (record_take(in, &record, want)) {
    case RECORD_WHOLE:
        on_seen(tls, out);
        on_record(tls, from, &record, out);
        return true;
    case RECORD_PART:
        if (in->len < RECORD_HEADER) {
            return false;
        }
        on_seen(tls, out);
        if (is_in_vain(tls, from, &record)) {
            on_record(tls, from, &record, out);
        }
        return side->over || tls->over;
    case RECORD_NONE:
        break;
    }
    if (take_v2(tls, from, in, want, out)) {
        return true;
    }
    if (*want > 0) {
        return false;
    }
    if (has_hello(tls, from)) {
        side->searching = true;
    } else {
        side_end(tls, from);
    }
    return true;
}

/* ---- after a loss ---- */

/* Drops bytes up to the next record of the side. False: it is not among them. */
static bool find_boundary(struct tls_state *tls, enum side from, struct bytes *in,
                          const struct emitter *out)
{
    size_t len = in->len;

    record_seek(in, is_tls13(tls));
    if (len > in->len) {
        note_hole(tls, from, len - in->len, out->now);
    }
    if (in->len < RECORD_HEADER) {
        return false;
    }
    tls->sides[from].searching = false;
    return true;
}

static bool is_past_hello(const struct tls_state *tls, enum side from)
{
    return has_hello(tls, from) || tls->sides[from].over;
}

/* Reads records; what is left is less than one. */
static struct bytes read_side(struct tls_state *tls, enum side from, struct bytes in, size_t *want,
                              const struct emitter *out)
{
    struct tls_side *side = &tls->sides[from];
    bool whole = true;

    while (!side->over && !tls->over && in.len > 0 && whole) {
        bool counts = is_past_hello(tls, from);
        size_t len = in.len;

        if (side->searching && !find_boundary(tls, from, &in, out)) {
            *want = RECORD_HEADER;
            whole = false;
        } else {
            whole = read_record(tls, from, &in, want, out);
        }
        side->passed += counts ? len - in.len : 0;
    }
    if (!whole) {
        return in;
    }
    side->passed += in.len;
    return bytes_after(in, in.len);
}

/* A side flows on while the other one says no hello: it will not come. */
static bool is_settled(const struct tls_state *tls)
{
    return tls->over || (tls->sides[SIDE_CLIENT].passed > MAX_PASSED && !tls->params.has_server) ||
           (tls->sides[SIDE_SERVER].passed > MAX_PASSED && !tls->params.has_client);
}

static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    struct tls_state *tls = state;
    size_t want = 0;
    struct bytes rest = read_side(tls, from, in, &want, out);

    if (is_settled(tls)) {
        say(tls, out);
        return (struct verdict){.next = NEXT_ABANDON, .used = in.len};
    }
    return (struct verdict){.used = in.len - rest.len, .want = rest.len > 0 ? want : 0};
}

/* A hello with a hole in it is not read; the other side's may still be. */
static void gap(void *state, enum side from, uint64_t lost)
{
    struct tls_state *tls = state;
    struct tls_side *side = &tls->sides[from];
    struct moment none = {0};

    side->passed += side->over ? (lost < MAX_PASSED ? lost : MAX_PASSED) : 0;
    if (side->over) {
        return;
    }
    if (!has_hello(tls, from)) {
        side->missing += lost;
        tls->facts->reading = TLS_READING_GAP;
        side_end(tls, from);
        return;
    }
    side->searching = true;
    note_hole(tls, from, lost, &none);
}

static bool has_failed(const struct tls_side *side)
{
    return side->failed > 0 && !side->has_opened;
}

static void end(void *state, const struct emitter *out)
{
    struct tls_state *tls = state;

    if (tls->backlog.first != NULL) {
        conclude(tls, without_key(tls, SIDE_CLIENT)); /* it waited to the last, and none came */
    } else if (has_failed(&tls->sides[SIDE_CLIENT]) && has_failed(&tls->sides[SIDE_SERVER])) {
        conclude(tls, TLS_READING_WRONG_KEY); /* too short to be sure before */
    }
    say(tls, out);
    backlog_clear(&tls->backlog);
    message_forget_transcript(tls);
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        handshake_clear(&tls->sides[side].handshake);
        opener_free(tls->sides[side].opener);
        tls->sides[side].opener = NULL;
    }
}

static size_t kept(const void *state)
{
    const struct tls_state *tls = state;

    return tls->backlog.size + tls->transcript_len + tls->sides[SIDE_CLIENT].handshake.size +
           tls->sides[SIDE_SERVER].handshake.size;
}

/* ---- late keys ---- */

size_t tls_waiting(const void *state)
{
    const struct tls_state *tls = state;

    return tls->over ? 0 : tls->backlog.size;
}

bool tls_retry(void *state, const struct emitter *out)
{
    struct tls_state *tls = state;

    drain(tls, out);
    return !tls->over;
}

void tls_give_up(void *state, const struct emitter *out)
{
    struct tls_state *tls = state;

    if (tls->backlog.first != NULL) {
        conclude(tls, TLS_READING_LATE);
        say(tls, out);
        backlog_clear(&tls->backlog);
    }
}

const struct dissector tls_dissector = {
    .name = "tls",
    .service = SERVICE_UNKNOWN,
    .state_size = sizeof(struct tls_state),
    .max_pending = RECORD_HEADER + RECORD_MAX_BODY,
    .probe = tls_probe,
    .feed = feed,
    .gap = gap,
    .end = end,
    .kept = kept,
};
