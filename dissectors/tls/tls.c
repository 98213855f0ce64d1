#include "dissectors/tls/tls.h"

#include <stdlib.h>

#include "dissectors/tls/alert.h"
#include "dissectors/tls/hello.h"
#include "dissectors/tls/keystore.h"
#include "dissectors/tls/probe.h"
#include "dissectors/tls/state.h"

enum {
    MAX_PASSED = 65536, /* bytes of a side in which the other side's hello is waited for */
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

void tls_watch_for(void *state, tls_watch_fn *watch, void *ctx)
{
    struct tls_state *tls = state;

    tls->watch = watch;
    tls->watch_ctx = ctx;
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

void tls_say(struct tls_state *tls, const struct emitter *out)
{
    if (!tls->said && tls->seen) {
        tls->said = true;
        emitter_emit(out, tls->event);
    }
}

void tls_conclude(struct tls_state *tls, enum tls_reading reading)
{
    if (tls->facts->reading == TLS_READING_NONE) {
        tls->facts->reading = reading;
    }
    tls->over = true;
}

void tls_side_end(struct tls_state *tls, enum side from)
{
    struct tls_side *side = &tls->sides[from];

    handshake_clear(&side->handshake);
    side->over = true;
    tls->over = tls->over || (tls->sides[SIDE_CLIENT].over && tls->sides[SIDE_SERVER].over);
}

/* ---- records ---- */

static bool has_hello(const struct tls_state *tls, enum side from)
{
    return from == SIDE_CLIENT ? tls->params.has_client : tls->params.has_server;
}

static void open_or_wait(struct tls_state *tls, enum side from, const struct record *record,
                         const struct emitter *out)
{
    if (tls->backlog.first != NULL || !sealed_read(tls, from, record, out)) {
        sealed_wait(tls, from, record, out);
        tls->wakes = tls->wakes || (from == SIDE_SERVER && sealed_awaits_early(tls));
    }
}

static void on_sealed(struct tls_state *tls, enum side from, const struct record *record,
                      const struct emitter *out)
{
    if (measure_begins(tls)) {
        follow_record(tls->followed, from, record, out);
    }
    open_or_wait(tls, from, record, out);
}

/* Data before the side's hello, or before the other's answer: the handshake was not seen whole. */
static void on_early_end(struct tls_state *tls, enum side from, const struct record *record,
                         const struct emitter *out)
{
    struct tls_side *side = &tls->sides[from];

    if (!tls->params.has_server || !has_hello(tls, from) || is_tls13(tls)) {
        tls_conclude(tls, side->missing > 0 ? TLS_READING_GAP : TLS_READING_MIDWAY);
        return;
    }
    message_change_cipher(tls, from); /* its announcement was lost */
    side->uncertain = true;
    on_sealed(tls, from, record, out);
}

static void on_clear(struct tls_state *tls, enum side from, const struct record *record,
                     const struct emitter *out)
{
    switch (record->type) {
    case RECORD_HANDSHAKE:
        content_handshake(tls, from, record->body);
        break;
    case RECORD_CHANGE_CIPHER_SPEC:
        message_change_cipher(tls, from);
        break;
    case RECORD_APPLICATION_DATA:
        on_early_end(tls, from, record, out);
        break;
    default:
        content_alert(tls, from, record->body);
        break;
    }
}

static void on_clear13(struct tls_state *tls, enum side from, const struct record *record,
                       const struct emitter *out)
{
    if (record_is_clear13(record)) {
        on_clear(tls, from, record, out);
    } else {
        sealed_hole(tls, from, RECORD_HEADER + record->body.len, out->now);
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

    if (!is_clear(tls, from, record)) {
        on_sealed(tls, from, record, out);
    } else if (stage == STAGE_HANDSHAKE || stage == STAGE_APPLICATION) {
        on_clear13(tls, from, record, out);
    } else {
        on_clear(tls, from, record, out);
    }
    if (tls->wakes) {
        sealed_drain(tls, out);
    }
}

/* Nothing opens the record, today or later: its header says all that will be known of it, and it
 * need not be kept until it is whole. */
static bool is_in_vain(const struct tls_state *tls, enum side from, const struct record *record)
{
    return !is_clear(tls, from, record) && tls->sides[from].opener == NULL && !may_open(tls);
}

/* Such a record, as far as it is there, ends its side. Who follows the session takes headers from
 * this one on. */
static void pass_by(struct tls_state *tls, enum side from, const struct record *record,
                    const struct emitter *out)
{
    (void)measure_begins(tls);
    open_or_wait(tls, from, record, out);
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
        tls_side_end(tls, from);
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
            pass_by(tls, from, &record, out);
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
        tls_side_end(tls, from);
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
        sealed_hole(tls, from, len - in->len, out->now);
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
    if (!whole || follow_goes_on(tls->followed)) {
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

/* Nothing of the side is read any more, and what it looks like is still wanted. */
static bool is_followed(const struct tls_state *tls, enum side from)
{
    return (tls->over || tls->sides[from].over) && follow_goes_on(tls->followed);
}

/* Who follows a side begins where its reader left it. */
static void hand_over(struct tls_state *tls, enum side from)
{
    struct tls_side *side = &tls->sides[from];

    tls->followed->searching[from] = tls->followed->searching[from] || side->searching;
    side->searching = false;
}

/* What was opened is still to be compared with the shape. */
static bool has_opened(const struct tls_state *tls)
{
    return tls->sides[SIDE_CLIENT].has_opened || tls->sides[SIDE_SERVER].has_opened;
}

/* The session goes on, but not in here. */
static struct verdict leave(struct tls_state *tls, size_t used)
{
    hand_over(tls, SIDE_CLIENT);
    hand_over(tls, SIDE_SERVER);
    return (struct verdict){.next = NEXT_FOLLOW, .used = used};
}

static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    struct tls_state *tls = state;
    size_t want = 0;
    struct bytes rest = read_side(tls, from, in, &want, out);
    struct verdict verdict = {.used = in.len - rest.len, .want = rest.len > 0 ? want : 0};

    if (is_settled(tls)) {
        tls_say(tls, out);
        backlog_clear(&tls->backlog);
    }
    if (tls->over && follow_goes_on(tls->followed) && !has_opened(tls)) {
        return leave(tls, in.len - rest.len);
    }
    if (is_followed(tls, from)) {
        hand_over(tls, from);
        verdict = follow_side(tls->followed, from, rest, out);
        verdict.used += in.len - rest.len;
    }
    if (is_settled(tls) && !follow_goes_on(tls->followed)) {
        return (struct verdict){.next = NEXT_ABANDON, .used = in.len};
    }
    return verdict;
}

/* A hello with a hole in it is not read; the other side's may still be. */
static void gap(void *state, enum side from, uint64_t lost)
{
    struct tls_state *tls = state;
    struct tls_side *side = &tls->sides[from];
    struct moment none = {0};

    side->passed += side->over ? (lost < MAX_PASSED ? lost : MAX_PASSED) : 0;
    if (follow_goes_on(tls->followed)) {
        follow_hole(tls->followed, from);
    }
    if (side->over || tls->over) {
        side->searching = true;
        return;
    }
    if (!has_hello(tls, from)) {
        side->missing += lost;
        tls->facts->reading = TLS_READING_GAP;
        tls_side_end(tls, from);
        return;
    }
    side->searching = true;
    sealed_hole(tls, from, lost, &none);
}

static bool has_failed(const struct tls_side *side)
{
    return side->failed > 0 && !side->has_opened;
}

static void end(void *state, const struct emitter *out)
{
    struct tls_state *tls = state;

    if (tls->backlog.first != NULL) {
        tls_conclude(
            tls, sealed_without_key(tls, SIDE_CLIENT)); /* it waited to the last, and none came */
    } else if (has_failed(&tls->sides[SIDE_CLIENT]) && has_failed(&tls->sides[SIDE_SERVER])) {
        tls_conclude(tls, TLS_READING_WRONG_KEY); /* too short to be sure before */
    }
    tls_say(tls, out);
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

    sealed_drain(tls, out);
    return !tls->over || follow_goes_on(tls->followed);
}

void tls_give_up(void *state, const struct emitter *out)
{
    struct tls_state *tls = state;

    if (tls->backlog.first != NULL) {
        tls_conclude(tls, TLS_READING_LATE);
        tls_say(tls, out);
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
