#include "dissectors/tls/shape_dialogue.h"

#include <string.h>

enum {
    YIELD_REACH = 7, /* turns after a doubtful login in which a certain one is looked for */
    MAX_START = 4,   /* where a login may begin in a session whose beginning is missing */
    LOGOUT_LEN = 9,  /* with its blank and CRLF, without the tag */
    CRLF_LEN = 2,
    WORD_LEN = 6, /* QUIT, DATA, RSET, NOOP, STAT */
    TICKET_LEAST = 60,
    TICKET_RECORD = 2, /* TLS 1.3: tickets may come with the first answers */
};

static uint8_t service_bit(enum service service)
{
    if (service == SERVICE_IMAP) {
        return SHAPE_IMAP;
    }
    if (service == SERVICE_POP) {
        return SHAPE_POP;
    }
    return service == SERVICE_SMTP ? SHAPE_SMTP : 0;
}

static bool is_server(const struct shape_message *message)
{
    return (message->flags & SHAPE_SERVER) != 0;
}

/* TLS 1.3: two bytes are an alert, or a client's empty line, which is answered with more. */
static bool is_alert(const struct shape *shape, size_t at)
{
    const struct shape_message *message = &shape->messages[at];

    return (message->flags & SHAPE_ALERT) != 0 && message->len <= 2 &&
           (is_server(message) || at + 1u >= shape->num || shape->messages[at + 1].len <= 2);
}

/* A turn begins with what a client says; what a server says unasked belongs to none. */
static void lay_out(struct dialogue *dialogue)
{
    const struct shape *shape = dialogue->shape;

    for (size_t i = 0; i < shape->num && i < SHAPE_MAX_MESSAGES; i++) {
        const struct shape_message *message = &shape->messages[i];

        if (is_alert(shape, i)) {
            continue;
        }
        if (!is_server(message)) {
            if (dialogue->num == DIALOGUE_MAX_TURNS) {
                return;
            }
            dialogue->turns[dialogue->num++] = (struct turn){.client = message};
        } else if (dialogue->num > 0 && dialogue->turns[dialogue->num - 1].server == NULL) {
            dialogue->turns[dialogue->num - 1].server = message;
        }
    }
}

uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/*
 * Padding (RFC 8446, section 5.4) makes the inner plaintext, which is one byte longer than what is
 * said, a multiple of something: libraries pad to a block.
 */
static uint32_t block_of(const struct shape *shape, uint8_t side, uint32_t least)
{
    uint32_t divisor = 0;
    uint16_t first = 0;
    bool is_varied = false; /* what is said again and again is no multiple of anything */
    size_t num = 0;

    for (size_t i = 0; i < shape->num && i < SHAPE_MAX_MESSAGES; i++) {
        const struct shape_message *message = &shape->messages[i];

        if ((message->flags & SHAPE_SERVER) == side && (message->flags & SHAPE_HOLE) == 0 &&
            message->len > 2) { /* an alert is not padded by those who pad what they write */
            divisor = common_divisor(divisor, message->first + 1u);
            is_varied = is_varied || (num > 0 && message->first != first);
            first = message->first;
            num++;
        }
    }
    if (!is_varied && (divisor & (divisor - 1)) != 0) {
        return 1;
    }
    return (num > 2 && divisor >= least) || (num == 2 && divisor >= 4 * least) ? divisor : 1;
}

struct shape_range dialogue_span(const struct dialogue *dialogue,
                                 const struct shape_message *message)
{
    uint32_t block = dialogue->block[is_server(message)];
    uint32_t less = (block - 1) * message->records;
    struct shape_range range = {message->len, message->len};

    range.min -= less < range.min ? less : range.min;
    range.max = (message->flags & SHAPE_HOLE) != 0
                    ? UINT32_MAX
                    : message->len + (uint32_t)dialogue->shape->session.slack * message->records;
    return range;
}

bool shape_range_overlaps(struct shape_range a, struct shape_range b, uint8_t rest)
{
    uint32_t min = a.min > b.min ? a.min : b.min;
    uint32_t max = a.max < b.max ? a.max : b.max;

    if (min > max) {
        return false;
    }
    return rest >= SHAPE_ANY_REST || max - min >= 3 || ((rest + 4 - min % 4) % 4) <= max - min;
}

bool dialogue_is_exact(const struct dialogue *dialogue, const struct shape_message *message)
{
    struct shape_range span = dialogue_span(dialogue, message);

    return span.min == span.max;
}

struct shape_range dialogue_range(const struct dialogue *dialogue,
                                  const struct shape_length *length)
{
    struct shape_range range = length->range;

    if (length->is_tagged) {
        range.min += dialogue->tag.min;
        range.max += range.max < UINT32_MAX - dialogue->tag.max ? dialogue->tag.max : 0;
    }
    return range;
}

static bool is_long(const struct dialogue *dialogue, const struct shape_message *message,
                    const struct shape_length *length)
{
    return shape_range_overlaps(dialogue_span(dialogue, message), dialogue_range(dialogue, length),
                                length->rest);
}

/* TLS 1.3: a server's tickets may stand before its first answers; the answer is the last record. */
static bool is_answer_long(const struct dialogue *dialogue, size_t at,
                           const struct shape_length *length)
{
    const struct shape_message *message = dialogue->turns[at].server;
    struct shape_message last = *message;

    if (is_long(dialogue, message, length)) {
        return true;
    }
    last.len = message->last;
    last.records = 1;
    return at < TICKET_RECORD && dialogue->shape->session.is_tls13 && message->records > 1 &&
           message->first >= TICKET_LEAST && is_long(dialogue, &last, length);
}

/* A tag is what makes the shortest line longer than the shortest command. */
static struct shape_range tag_of(const struct dialogue *dialogue)
{
    const struct shape_mail_model *model = dialogue->model;
    struct shape_range tag = model->tag;

    for (size_t i = 0; i < dialogue->num; i++) {
        const struct turn *before = i > 0 ? &dialogue->turns[i - 1] : NULL;
        uint32_t line = dialogue_span(dialogue, dialogue->turns[i].client).max;

        /* What follows a continuation has no tag: a credential, a literal, DONE. */
        if (line > model->shortest_line &&
            (before == NULL || (before->server != NULL && before->server->len > 8)) &&
            line - model->shortest_line < tag.max) {
            tag.max = line - model->shortest_line;
        }
    }
    if (tag.max < tag.min) {
        tag.max = tag.min;
    }
    return tag;
}

struct shape_range dialogue_tag_of_logout(const struct dialogue *dialogue)
{
    struct shape_range tag = dialogue->tag;
    uint32_t last;

    if (dialogue->num == 0) {
        return tag;
    }
    last = dialogue->turns[dialogue->num - 1].client->len;
    if (last >= LOGOUT_LEN + tag.min && last <= LOGOUT_LEN + tag.max) {
        tag = (struct shape_range){last - LOGOUT_LEN, last - LOGOUT_LEN};
    }
    return tag;
}

/* A client that is sure of the answer says its next word at once, in a record of its own: QUIT
 * after AUTH (smtp-swaks-plain-starttls-contoso-wrong), DATA after RCPT. */
static bool is_line_long(const struct dialogue *dialogue, const struct shape_message *message,
                         const struct shape_length *length)
{
    struct shape_message line = *message;

    if (is_long(dialogue, message, length)) {
        return true;
    }
    if ((message->flags & SHAPE_ALERT) != 0) { /* or CRLF in a record of its own: see shape.h */
        line.len += CRLF_LEN;
        if (is_long(dialogue, &line, length)) {
            return true;
        }
        line.len -= CRLF_LEN;
    }
    line.len -= message->last < message->len ? message->last : 0;
    return message->records == 2 && message->last == WORD_LEN && is_long(dialogue, &line, length);
}

static bool is_step(const struct dialogue *dialogue, const struct shape_turn *step, size_t at,
                    bool is_last)
{
    const struct turn *turn = &dialogue->turns[at];

    if (!is_line_long(dialogue, turn->client, &step->client) ||
        (step->records != 0 && step->records != turn->client->records)) {
        return false;
    }
    /* The capture may end with the credential. */
    return turn->server != NULL ? is_answer_long(dialogue, at, &step->server) : is_last;
}

bool dialogue_fits(const struct dialogue *dialogue, const struct shape_login *login, size_t at)
{
    if ((login->services & dialogue->service) == 0 ||
        dialogue->num - at < (size_t)login->num_steps + login->follow) {
        return false;
    }
    for (size_t i = 0; i < login->num_steps; i++) {
        if (!is_step(dialogue, &login->steps[i], at + i, i + 1u == login->num_steps)) {
            return false;
        }
    }
    return true;
}

/* The first login that fits a turn, of those that give way or of those that do not. */
static const struct shape_login *login_at(const struct dialogue *dialogue, size_t at, bool yields)
{
    const struct shape_mail_model *model = dialogue->model;

    for (size_t i = 0; i < model->num_logins; i++) {
        const struct shape_login *login = &model->logins[i];

        if (login->yields == yields && dialogue_fits(dialogue, login, at)) {
            return login;
        }
    }
    return NULL;
}

static bool is_first(const struct dialogue *dialogue, size_t at)
{
    const struct shape_mail_model *model = dialogue->model;

    for (size_t i = 0; i < model->num_ordinary; i++) {
        const struct shape_ordinary *ordinary = &model->ordinary[i];

        if ((ordinary->services & dialogue->service) != 0 && ordinary->is_first &&
            is_step(dialogue, &ordinary->turn, at, dialogue->num == 1)) {
            return true;
        }
    }
    return false;
}

/* Some say it twice, word by word. */
bool dialogue_is_opening(const struct dialogue *dialogue, size_t at)
{
    const struct turn *turns = dialogue->turns;

    if (dialogue->shape->is_partial || !is_first(dialogue, 0)) {
        return false;
    }
    return at == 0 ||
           (at == 1 && turns[1].client->len == turns[0].client->len && turns[1].server != NULL &&
            turns[1].server->len >= TICKET_LEAST && is_first(dialogue, 1));
}

const struct shape_ordinary *dialogue_ordinary(const struct dialogue *dialogue, size_t at,
                                               bool is_last)
{
    const struct shape_mail_model *model = dialogue->model;

    for (size_t i = 0; i < model->num_ordinary; i++) {
        const struct shape_ordinary *ordinary = &model->ordinary[i];

        if ((ordinary->services & dialogue->service) != 0 && (!ordinary->is_first || at == 0) &&
            (ordinary->is_last || !is_last) &&
            is_step(dialogue, &ordinary->turn, at, at + 1 == dialogue->num)) {
            return ordinary;
        }
    }
    return NULL;
}

/*
 * A line of IMAP may be a login or an ID with much to say. If it is an ID the login comes after it,
 * over ordinary lines; then the login counts, and if it says something else, with less confidence.
 */
static void prefer_later(const struct dialogue *dialogue, struct match *match)
{
    for (size_t at = match->begin + 1; at < dialogue->num && at <= match->begin + YIELD_REACH;
         at++) {
        const struct shape_login *later = login_at(dialogue, at, false);

        if (later != NULL) {
            if (later->verdict != match->login->verdict) {
                match->cap = dialogue->model->cap_conflict;
                match->is_in_doubt = true;
            }
            match->login = later;
            match->begin = at;
            return;
        }
        if (dialogue_ordinary(dialogue, at, false) == NULL &&
            login_at(dialogue, at, true) == NULL) {
            return;
        }
    }
}

bool dialogue_find(const struct dialogue *dialogue, struct match *match, size_t *stopped)
{
    bool is_partial = dialogue->shape->is_partial;

    for (size_t at = 0; at < dialogue->num && (!is_partial || at < MAX_START); at++) {
        if (dialogue_is_opening(dialogue, at)) {
            continue;
        }
        *match = (struct match){login_at(dialogue, at, false), at, 1, false};
        if (match->login != NULL) {
            return true;
        }
        if (is_partial) {
            continue;
        }
        if (dialogue_ordinary(dialogue, at, false) != NULL) {
            continue;
        }
        match->login = login_at(dialogue, at, true);
        if (match->login != NULL) {
            prefer_later(dialogue, match);
            return true;
        }
        *stopped = at;
        return false;
    }
    *stopped = dialogue->num;
    return false;
}

size_t dialogue_turns_after(const struct dialogue *dialogue, const struct match *match)
{
    size_t used = match->begin + match->login->num_steps;

    return dialogue->num > used ? dialogue->num - used : 0;
}

void dialogue_open(struct dialogue *dialogue, const struct shape *shape,
                   const struct shape_mail_model *model)
{
    memset(dialogue, 0, sizeof(*dialogue));
    dialogue->shape = shape;
    dialogue->model = model;
    dialogue->service = service_bit(shape->session.service);
    dialogue->block[0] = shape->session.is_tls13 ? block_of(shape, SHAPE_CLIENT, model->block) : 1;
    dialogue->block[1] = shape->session.is_tls13 ? block_of(shape, SHAPE_SERVER, model->block) : 1;
    lay_out(dialogue);
    dialogue->tag = tag_of(dialogue);
}
