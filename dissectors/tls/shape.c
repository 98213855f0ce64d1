#include "dissectors/tls/shape.h"

#include <string.h>

#include "dissectors/tls/record.h"
#include "dissectors/tls/shape_model.h"

enum {
    /* A Finished of TLS 1.3: a header of 4, and a hash of 32 or 48 (RFC 8446, section 4.4.4) */
    FINISHED_SHA256 = 36,
    FINISHED_SHA384 = 52,
    CONSTANT_PADDING = 16,
    PADDING_BLOCK = 128, /* a client that pads to a multiple of it pads its Finished too */
    ALERT_SIZE = 2,
    /* NewSessionTicket: seen are 90 (a name that is looked up) to 260 (all that the server needs)
     */
    TICKET_LEAST = 60,
    TICKET_MOST = 700,
    LONE_TICKET_LEAST = 150, /* two answers that are as long are rarer than those of fewer words */
    MAX_RECORDS = UINT8_MAX,
    NO_CREDENTIAL = UINT8_MAX,
};

/* How far the encrypted handshake is. Up to TLS 1.2 its records say so themselves. */
enum progress {
    PROGRESS_DONE,
    PROGRESS_HANDSHAKE, /* the client's Finished has not come */
    PROGRESS_FLIGHT,    /* the client said something else first: a certificate */
    PROGRESS_TICKETS,   /* the server may send tickets before it answers */
    PROGRESS_SECOND,    /* what may be one came, and the client began to speak */
};

/* What one record carries; at least `len`. */
struct piece {
    uint8_t flags; /* SHAPE_SERVER or SHAPE_CLIENT */
    uint32_t len;
    const struct moment *now;
};

static uint8_t speaker_of(enum side from)
{
    return from == SIDE_SERVER ? SHAPE_SERVER : SHAPE_CLIENT;
}

static bool is_http(const struct shape *shape)
{
    return shape->session.service == SERVICE_HTTP;
}

/* The newest message, if that side said it. */
static struct shape_message *newest_of(struct shape *shape, uint8_t speaker)
{
    struct shape_message *newest = shape->num > 0 ? &shape->messages[shape->num - 1] : NULL;

    return newest != NULL && (newest->flags & SHAPE_SERVER) == speaker ? newest : NULL;
}

void shape_begin(struct shape *shape, const struct shape_session *session)
{
    *shape = (struct shape){.session = *session};
    shape->handshake = session->is_tls13 ? PROGRESS_HANDSHAKE : PROGRESS_DONE;
}

/* ---- messages ---- */

/* The message before is complete now, unless it was so already. Gives the number of the credential,
 * or NO_CREDENTIAL. */
static uint8_t conclude_message(struct shape *shape, const struct shape_model *model)
{
    uint8_t credential = NO_CREDENTIAL;

    if (shape->num > 0) {
        shape->messages[shape->num - 1].flags &= (uint8_t)~SHAPE_OPEN;
        shape->is_over = (is_http(shape) && shape_http_is_over(shape, model)) ||
                         (shape_is_mail(shape->session.service) &&
                          shape_mail_is_over(shape, model, &credential));
    }
    return credential;
}

/* Moments are kept of the newest client message, and of the one that was the credential when the
 * client spoke next: one that is found later still has the date of the message that showed it. */
static void date_message(struct shape *shape, uint8_t credential, const struct moment *now)
{
    bool is_newest = credential == shape->dated;

    if (is_http(shape) && shape->at.time.ns != 0) {
        return;
    }
    if (is_newest) {
        shape->at.time.ns = shape->newest_ns;
        shape->at.frame = shape->newest_frame;
    } else if (credential == NO_CREDENTIAL || credential > shape->dated) {
        shape->at = *now;
    }
    shape->newest_ns = now->time.ns;
    shape->newest_frame = now->frame;
    shape->dated = shape->num;
}

static void extend(const struct shape *shape, struct shape_message *message, uint32_t len)
{
    if ((message->flags & SHAPE_GUARD) != 0) { /* it carried next to nothing, and does not count */
        message->flags &= (uint8_t)~SHAPE_GUARD;
        message->records--;
    } else if (shape->session.has_guards && len == 0) {
        message->flags |= SHAPE_GUARD;
    }
    if (message->records == 0) {
        message->first = (uint16_t)len;
    }
    message->last = (uint16_t)len;
    message->len = len < UINT32_MAX - message->len ? message->len + len : UINT32_MAX;
    message->records = (uint8_t)(message->records + (message->records < MAX_RECORDS));
}

/* Who goes on speaking had not closed (imap-python3-imaplib-cram-md5-starttls-contoso). */
static void recall_alert(struct shape *shape, uint8_t speaker)
{
    for (size_t i = shape->num; i > 0 && i + 2 > shape->num; i--) {
        struct shape_message *message = &shape->messages[i - 1];

        if ((message->flags & SHAPE_SERVER) != speaker || (message->flags & SHAPE_ALERT) == 0) {
            continue;
        }
        if (message->len > ALERT_SIZE) {
            extend(shape, message, ALERT_SIZE); /* what looked like one was data: CRLF by itself */
        }
        message->flags &= (uint8_t)~SHAPE_ALERT;
    }
}

/* The one before is complete then. NULL: it is over. */
static struct shape_message *begin_message(struct shape *shape, const struct shape_model *model,
                                           uint8_t speaker, const struct moment *now)
{
    uint8_t credential = conclude_message(shape, model);
    struct shape_message *message;

    if (!shape->is_over && shape->num == SHAPE_MAX_MESSAGES) {
        shape->is_full = true;
        shape->is_over = true;
    }
    if (shape->is_over) {
        return NULL;
    }
    if (speaker == SHAPE_CLIENT && now != NULL) {
        date_message(shape, credential, now);
    }
    recall_alert(shape, speaker);
    message = &shape->messages[shape->num++];
    *message = (struct shape_message){.flags = speaker | SHAPE_OPEN};
    return message;
}

static void add_piece(struct shape *shape, const struct shape_model *model,
                      const struct piece *piece)
{
    struct shape_message *message = newest_of(shape, piece->flags);

    if (message == NULL) {
        message = begin_message(shape, model, piece->flags, piece->now);
    } else if ((message->flags & SHAPE_ALERT) != 0 && message->len > ALERT_SIZE) {
        extend(shape, message, ALERT_SIZE); /* what looked like one was data */
        message->flags &= (uint8_t)~SHAPE_ALERT;
    }
    if (message != NULL) {
        message->flags &= (uint8_t)~SHAPE_ALERT;
        extend(shape, message, piece->len);
    }
}

/* The side closes. */
static void on_alert(struct shape *shape, uint8_t speaker)
{
    struct shape_message *message = newest_of(shape, speaker);

    if (message != NULL) {
        message->flags |= SHAPE_ALERT;
    }
}

/* In TLS 1.3 an alert looks like 2 bytes of data, as an empty answer of a client does. */
static void on_alert13(struct shape *shape, const struct shape_model *model,
                       const struct piece *piece)
{
    struct shape_message *message = newest_of(shape, piece->flags);

    if (message != NULL && (message->flags & SHAPE_ALERT) == 0) {
        message->flags |= SHAPE_ALERT;
        return;
    }
    add_piece(shape, model, piece);
    message = newest_of(shape, piece->flags);
    if (message != NULL && message->len == ALERT_SIZE) {
        message->flags |= SHAPE_ALERT;
    }
}

/* ---- the handshake of TLS 1.3 ---- */

/*
 * The length of a Finished is known, and what goes beyond it is padding: to a block, or always 16
 * bytes, as Java's own TLS has it (smtp-javamail-plain-tls-contoso).
 */
static bool is_finished(struct shape *shape, uint32_t len)
{
    uint8_t known = shape->session.finished;

    if (known == 0) {
        known = len == FINISHED_SHA256 ? FINISHED_SHA256 : FINISHED_SHA384;
    }
    if (len == (uint32_t)known + CONSTANT_PADDING) {
        shape->padding = CONSTANT_PADDING;
    }
    return len == known || shape->padding > 0 ||
           (len > FINISHED_SHA384 && (len + 1) % PADDING_BLOCK == 0);
}

/* True: the record is part of it. A client that has no certificate to send says Finished and
 * nothing else; what is longer may carry more than the handshake, or be padded. */
static bool is_handshake(struct shape *shape, uint8_t speaker, uint32_t len)
{
    if (speaker == SHAPE_CLIENT) {
        shape->handshake = is_finished(shape, len) ? PROGRESS_TICKETS : PROGRESS_FLIGHT;
        return true;
    }
    if (shape->handshake == PROGRESS_HANDSHAKE) {
        return true;
    }
    shape->handshake = PROGRESS_TICKETS; /* it answers: the client's flight is over */
    shape->is_partial = true;
    return false;
}

static bool is_like_ticket(const struct shape_message *message, uint32_t len)
{
    return message->records == 1 && message->first == len && len >= TICKET_LEAST &&
           len <= TICKET_MOST && (message->flags & SHAPE_HOLE) == 0;
}

/* Two records of the same length before anything else: tickets, as OpenSSL sends them. True: the
 * record is one, and the one before it is set aside. */
static bool is_ticket(struct shape *shape, uint8_t speaker, uint32_t len)
{
    struct shape_message *message = newest_of(shape, SHAPE_SERVER);

    if (speaker == SHAPE_CLIENT) {
        shape->handshake = message != NULL ? PROGRESS_SECOND : shape->handshake;
        return false;
    }
    if (message == NULL) {
        return false;
    }
    shape->handshake = PROGRESS_DONE;
    if (!is_like_ticket(message, len)) {
        return false;
    }
    shape->num--;
    return true;
}

/* The same, with the client's first words between the two; the first then stays, as something that
 * the server said before any question (smtp-odd-client-xoauth2-starttls-office-odd-pieces16). */
static bool is_second_ticket(struct shape *shape, uint8_t speaker, uint32_t len)
{
    if (speaker == SHAPE_CLIENT) {
        return false;
    }
    shape->handshake = PROGRESS_DONE;
    return shape->num == 2 && (shape->messages[0].flags & SHAPE_SERVER) != 0 &&
           len >= LONE_TICKET_LEAST && is_like_ticket(&shape->messages[0], len);
}

static void on_record13(struct shape *shape, const struct shape_model *model, struct piece *piece)
{
    if ((shape->handshake == PROGRESS_HANDSHAKE || shape->handshake == PROGRESS_FLIGHT) &&
        is_handshake(shape, piece->flags, piece->len)) {
        return;
    }
    if ((piece->flags & SHAPE_SERVER) == 0 && piece->len > shape->padding) {
        piece->len -= shape->padding;
    }
    if ((shape->handshake == PROGRESS_TICKETS && is_ticket(shape, piece->flags, piece->len)) ||
        (shape->handshake == PROGRESS_SECOND &&
         is_second_ticket(shape, piece->flags, piece->len))) {
        return;
    }
    if (piece->len == ALERT_SIZE) {
        on_alert13(shape, model, piece);
    } else {
        add_piece(shape, model, piece);
    }
}

/* ---- in and out ---- */

void shape_record(struct shape *shape, const struct shape_model *model, enum side from,
                  struct shape_record record, const struct moment *now)
{
    const struct shape_session *session = &shape->session;
    struct piece piece = {.flags = speaker_of(from), .now = now};

    if (shape->is_over) {
        return;
    }
    if (record.type == RECORD_ALERT && !session->is_tls13) {
        on_alert(shape, piece.flags);
    }
    if (record.type != RECORD_APPLICATION_DATA ||
        record.len + session->slack <= session->overhead) {
        return; /* handshakes, and records that carry nothing */
    }
    piece.len = record.len > session->overhead ? (uint32_t)record.len - session->overhead : 0;
    if (session->is_tls13) {
        on_record13(shape, model, &piece);
    } else {
        add_piece(shape, model, &piece);
    }
}

/* What was lost may have been more than the rest of one message; nothing of that is known. */
void shape_gap(struct shape *shape, const struct shape_model *model, enum side from)
{
    uint8_t speaker = speaker_of(from);
    struct shape_message *message = newest_of(shape, speaker);

    if (shape->is_over) {
        return;
    }
    if (shape->handshake == PROGRESS_HANDSHAKE || shape->handshake == PROGRESS_FLIGHT) {
        shape->is_partial = true;
        shape->handshake = speaker == SHAPE_CLIENT ? PROGRESS_TICKETS : shape->handshake;
    }
    if (message == NULL) {
        message = begin_message(shape, model, speaker, NULL);
    }
    if (message != NULL) {
        message->flags |= SHAPE_HOLE;
    }
}

bool shape_judge(const struct shape *shape, const struct shape_model *model,
                 struct inference *inference, enum outcome *outcome)
{
    memset(inference, 0, sizeof(*inference));
    *outcome = OUTCOME_UNKNOWN;
    if (shape->num > 0 && is_http(shape)) {
        shape_http_judge(shape, model, inference, outcome);
        return true;
    }
    if (shape->num > 0 && shape_is_mail(shape->session.service)) {
        shape_mail_judge(shape, model, inference, outcome);
        return true;
    }
    return false;
}
