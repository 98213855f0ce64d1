#include <string.h>

#include "dissectors/base/text.h"
#include "dissectors/tls/shape_model.h"

/*
 * A mail login as its lengths show it. The messages become turns, a command and its answer, and
 * the turns are held against the dialogues of the model (rules/shapes.yml): from the first turn on,
 * over turns that may come before a login, to the first that fits one. So the verdict rests on
 * which message is the credential, and not on the longest.
 */
enum {
    MAX_TURNS = SHAPE_MAX_MESSAGES / 2 + 1,
    SETTLED = 2,       /* turns after a login that tell how it went, and whether it was one */
    YIELD_REACH = 7,   /* turns after a doubtful login in which a certain one is looked for */
    MAX_START = 4,     /* where a login may begin in a session whose beginning is missing */
    TICKET_RECORD = 2, /* TLS 1.3: tickets may come with the first answers */
    LOGOUT_LEN = 9     /* with its blank and CRLF, without the tag */
};

struct turn {
    const struct shape_message *client;
    const struct shape_message *server; /* NULL: not answered */
};

struct dialogue {
    const struct shape *shape;
    const struct shape_mail_model *model;
    struct turn turns[MAX_TURNS];
    size_t num;
    struct shape_range tag;
    uint32_t block[2]; /* of each side; 1: not padded */
    uint8_t service;
};

/* Where a login was found. */
struct match {
    const struct shape_login *login; /* NULL: nowhere */
    size_t at;                       /* the turn it begins with */
    double cap;                      /* of the confidence */
    bool is_in_doubt;                /* it gave way to another, or another fits as well */
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
            if (dialogue->num == MAX_TURNS) {
                return;
            }
            dialogue->turns[dialogue->num++] = (struct turn){.client = message};
        } else if (dialogue->num > 0 && dialogue->turns[dialogue->num - 1].server == NULL) {
            dialogue->turns[dialogue->num - 1].server = message;
        }
    }
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
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
    size_t num = 0;

    for (size_t i = 0; i < shape->num && i < SHAPE_MAX_MESSAGES; i++) {
        const struct shape_message *message = &shape->messages[i];

        if ((message->flags & SHAPE_SERVER) == side && (message->flags & SHAPE_HOLE) == 0 &&
            message->len > 2) { /* an alert is not padded by those who pad what they write */
            divisor = common_divisor(divisor, message->first + 1u);
            num++;
        }
    }
    return num > 2 && divisor >= least ? divisor : 1;
}

static struct shape_range span(const struct dialogue *dialogue, const struct shape_message *message)
{
    uint32_t block = dialogue->block[is_server(message)];
    uint32_t less = (block - 1) * message->records;
    struct shape_range range = {message->len, message->len};

    range.min -= less < range.min ? less : range.min;
    range.max = (message->flags & SHAPE_HOLE) != 0
                    ? UINT32_MAX
                    : message->len + (uint32_t)message->slack * message->records;
    return range;
}

static bool overlaps(struct shape_range a, struct shape_range b, uint8_t rest)
{
    uint32_t min = a.min > b.min ? a.min : b.min;
    uint32_t max = a.max < b.max ? a.max : b.max;

    if (min > max) {
        return false;
    }
    return rest >= SHAPE_ANY_REST || max - min >= 3 || ((rest + 4 - min % 4) % 4) <= max - min;
}

static bool is_long(const struct dialogue *dialogue, const struct shape_message *message,
                    const struct shape_length *length)
{
    struct shape_range range = length->range;

    if (length->is_tagged) {
        range.min += dialogue->tag.min;
        range.max += range.max < UINT32_MAX - dialogue->tag.max ? dialogue->tag.max : 0;
    }
    return overlaps(span(dialogue, message), range, length->rest);
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
           is_long(dialogue, &last, length);
}

/* A tag is what makes the shortest line longer than the shortest command. */
static struct shape_range tag_of(const struct dialogue *dialogue)
{
    const struct shape_mail_model *model = dialogue->model;
    struct shape_range tag = model->tag;

    for (size_t i = 0; i < dialogue->num; i++) {
        const struct turn *before = i > 0 ? &dialogue->turns[i - 1] : NULL;
        uint32_t line = span(dialogue, dialogue->turns[i].client).max;

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

static bool is_step(const struct dialogue *dialogue, const struct shape_turn *step, size_t at,
                    bool is_last)
{
    const struct turn *turn = &dialogue->turns[at];

    if (!is_long(dialogue, turn->client, &step->client)) {
        return false;
    }
    /* The capture may end with the credential. */
    return turn->server != NULL ? is_answer_long(dialogue, at, &step->server) : is_last;
}

static bool fits(const struct dialogue *dialogue, const struct shape_login *login, size_t at)
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

        if (login->yields == yields && fits(dialogue, login, at)) {
            return login;
        }
    }
    return NULL;
}

/* What a session begins with, where all of them begin alike: EHLO. */
static bool is_opening(const struct dialogue *dialogue, size_t at)
{
    const struct shape_mail_model *model = dialogue->model;

    for (size_t i = 0; at == 0 && !dialogue->shape->is_partial && i < model->num_ordinary; i++) {
        const struct shape_ordinary *ordinary = &model->ordinary[i];

        if ((ordinary->services & dialogue->service) != 0 && ordinary->is_first &&
            is_step(dialogue, &ordinary->turn, at, dialogue->num == 1)) {
            return true;
        }
    }
    return false;
}

static bool is_ordinary(const struct dialogue *dialogue, size_t at, bool is_last)
{
    const struct shape_mail_model *model = dialogue->model;

    for (size_t i = 0; i < model->num_ordinary; i++) {
        const struct shape_ordinary *ordinary = &model->ordinary[i];

        if ((ordinary->services & dialogue->service) != 0 && (!ordinary->is_first || at == 0) &&
            (ordinary->is_last || !is_last) &&
            is_step(dialogue, &ordinary->turn, at, at + 1 == dialogue->num)) {
            return true;
        }
    }
    return false;
}

static bool is_password(enum inference_verdict verdict)
{
    return verdict == INFERENCE_PASSWORD;
}

/*
 * A line of IMAP may be a login or an ID with much to say. If it is an ID the login comes after it,
 * over ordinary lines; then the login counts, and if it says something else, with less confidence.
 */
static void prefer_later(const struct dialogue *dialogue, struct match *match)
{
    for (size_t at = match->at + 1; at < dialogue->num && at <= match->at + YIELD_REACH; at++) {
        const struct shape_login *later = login_at(dialogue, at, false);

        if (later != NULL) {
            if (later->verdict != match->login->verdict) {
                match->cap = dialogue->model->cap_conflict;
                match->is_in_doubt = true;
            }
            match->login = later;
            match->at = at;
            return;
        }
        if (!is_ordinary(dialogue, at, false) && login_at(dialogue, at, true) == NULL) {
            return;
        }
    }
}

static bool find_login(const struct dialogue *dialogue, struct match *match, size_t *stopped)
{
    bool is_partial = dialogue->shape->is_partial;

    for (size_t at = 0; at < dialogue->num && (!is_partial || at < MAX_START); at++) {
        if (is_opening(dialogue, at)) {
            continue;
        }
        *match = (struct match){login_at(dialogue, at, false), at, 1, false};
        if (match->login != NULL) {
            return true;
        }
        if (is_partial) {
            continue;
        }
        if (is_ordinary(dialogue, at, false)) {
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

static size_t turns_after(const struct dialogue *dialogue, const struct match *match)
{
    size_t used = match->at + match->login->num_steps;

    return dialogue->num > used ? dialogue->num - used : 0;
}

static void open_dialogue(struct dialogue *dialogue, const struct shape *shape,
                          const struct shape_model *model)
{
    memset(dialogue, 0, sizeof(*dialogue));
    dialogue->shape = shape;
    dialogue->model = &model->mail;
    dialogue->service = service_bit(shape->session.service);
    dialogue->block[0] =
        shape->session.is_tls13 ? block_of(shape, SHAPE_CLIENT, model->mail.block) : 1;
    dialogue->block[1] =
        shape->session.is_tls13 ? block_of(shape, SHAPE_SERVER, model->mail.block) : 1;
    lay_out(dialogue);
    dialogue->tag = tag_of(dialogue);
}

bool shape_mail_is_over(const struct shape *shape, const struct shape_model *model)
{
    struct dialogue dialogue;
    struct match match;
    size_t stopped;

    if (shape->num >= SHAPE_MAX_MESSAGES) {
        return true;
    }
    open_dialogue(&dialogue, shape, model);
    if (!find_login(&dialogue, &match, &stopped)) {
        return false;
    }
    return turns_after(&dialogue, &match) > (match.login->yields ? YIELD_REACH : SETTLED);
}

/* ---- confidence ---- */

static double at_most(double value, double cap)
{
    return value < cap ? value : cap;
}

static bool is_range(const struct dialogue *dialogue, const struct shape_message *message)
{
    struct shape_range range = span(dialogue, message);

    return range.min != range.max;
}

/* Does another verdict fit the same turn, where lengths are ranges? */
static bool is_blurred(const struct dialogue *dialogue, const struct match *match)
{
    bool ranges = false;

    for (size_t i = 0; i < match->login->num_steps; i++) {
        const struct turn *turn = &dialogue->turns[match->at + i];

        ranges = ranges || is_range(dialogue, turn->client) ||
                 (turn->server != NULL && is_range(dialogue, turn->server));
    }
    for (size_t i = 0; ranges && i < dialogue->model->num_logins; i++) {
        const struct shape_login *other = &dialogue->model->logins[i];

        if (other->verdict != match->login->verdict && fits(dialogue, other, match->at)) {
            return true;
        }
    }
    return false;
}

static bool has_hole(const struct dialogue *dialogue, const struct match *match)
{
    size_t end = match->at + match->login->num_steps;

    for (size_t i = 0; i < end && i < dialogue->num; i++) {
        const struct turn *turn = &dialogue->turns[i];

        if ((turn->client->flags & SHAPE_HOLE) != 0 ||
            (turn->server != NULL && (turn->server->flags & SHAPE_HOLE) != 0)) {
            return true;
        }
    }
    return false;
}

/* Soon after what seems to be a password comes what could be a token. */
static bool is_contradicted(const struct dialogue *dialogue, const struct match *match)
{
    size_t from = match->at + match->login->num_steps;

    for (size_t i = from; i < dialogue->num && i < from + SETTLED; i++) {
        const struct shape_message *before = dialogue->turns[i - 1].client;
        bool is_data = dialogue->service == SHAPE_SMTP && before->last == 6; /* DATA, then a mail */

        if (span(dialogue, dialogue->turns[i].client).max >= dialogue->model->token && !is_data) {
            return true;
        }
    }
    return false;
}

static const struct shape_message *secret_of(const struct dialogue *dialogue,
                                             const struct match *match)
{
    return dialogue->turns[match->at + match->login->secret].client;
}

/* One record alone may be padded: a token that ends where a block does is as likely a password. */
static bool may_be_padded(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *secret = secret_of(dialogue, match);

    return dialogue->shape->session.is_tls13 &&
           (match->login->verdict == INFERENCE_TOKEN ||
            match->login->verdict == INFERENCE_TOKEN_OR_TICKET) &&
           dialogue->block[0] == 1 && (secret->first + 1u) % dialogue->model->lone_block == 0;
}

static double confidence_of(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_mail_model *model = dialogue->model;
    double confidence = at_most(match->login->confidence, match->cap);

    if (dialogue->shape->is_partial) {
        confidence = at_most(confidence, model->cap_partial);
    }
    if (has_hole(dialogue, match)) {
        confidence = at_most(confidence, model->cap_hole);
    }
    if (is_blurred(dialogue, match)) {
        confidence = at_most(confidence, model->cap_blurred);
    }
    if ((is_password(match->login->verdict) && is_contradicted(dialogue, match)) ||
        may_be_padded(dialogue, match)) {
        confidence = at_most(confidence, model->cap_conflict);
    }
    return confidence;
}

/* ---- the verdict ---- */

static void say_number(struct inference *inference, const char *before, uint32_t number)
{
    (void)text_append(inference->evidence, EVIDENCE_SIZE, before);
    (void)text_append_number(inference->evidence, EVIDENCE_SIZE, number);
}

static void say_span(struct inference *inference, const char *before, struct shape_range range)
{
    say_number(inference, before, range.min);
    if (range.max == UINT32_MAX) {
        (void)text_append(inference->evidence, EVIDENCE_SIZE, " or more");
    } else if (range.max != range.min) {
        say_number(inference, " to ", range.max);
    }
}

static void explain(const struct dialogue *dialogue, const struct match *match,
                    struct inference *inference)
{
    const struct shape_length *bound = &match->login->steps[match->login->secret].client;
    const struct turn *last = &dialogue->turns[match->at + match->login->num_steps - 1u];

    (void)text_copy(inference->evidence, EVIDENCE_SIZE, match->login->words);
    say_number(inference, ": message ", (uint32_t)(match->at + match->login->secret + 1));
    say_span(inference, " of the client has ", span(dialogue, secret_of(dialogue, match)));
    say_span(inference, " bytes, bound ", bound->range);
    (void)text_append(inference->evidence, EVIDENCE_SIZE, bound->is_tagged ? " and a tag" : "");
    say_number(inference, "; a token needs ", dialogue->model->token);
    if (last->server != NULL) {
        say_span(inference, "; answer ", span(dialogue, last->server));
    } else {
        (void)text_append(inference->evidence, EVIDENCE_SIZE, "; no answer");
    }
    if (match->is_in_doubt) {
        (void)text_append(inference->evidence, EVIDENCE_SIZE, "; something shorter came before it");
    }
}

/* On-premises a Kerberos ticket is as long as a token; Exchange Online takes none. */
static enum inference_verdict verdict_of(const struct dialogue *dialogue,
                                         const struct shape_login *login)
{
    enum target target = dialogue->shape->session.target;
    bool is_online = target == TARGET_ONLINE || target == TARGET_CONSUMER;

    if (login->verdict == INFERENCE_TOKEN && !is_online && !login->excludes_ticket) {
        return INFERENCE_TOKEN_OR_TICKET;
    }
    return login->verdict;
}

/* ---- the outcome ---- */

/* The answer that ends a login: an empty line (RFC 4422, section 3.1) asks for one more. */
static size_t last_leg(const struct dialogue *dialogue, const struct match *match)
{
    size_t at = match->at + match->login->num_steps - 1u;

    while (at + 1 < dialogue->num && dialogue->turns[at + 1].server != NULL &&
           span(dialogue, dialogue->turns[at + 1].client).max <= 2) {
        at++;
    }
    return at;
}

static void judge_outcome(const struct dialogue *dialogue, const struct match *match,
                          struct inference *inference, enum outcome *outcome)
{
    const struct shape_mail_model *model = dialogue->model;
    size_t end = last_leg(dialogue, match);
    const struct turn *last = &dialogue->turns[end];
    size_t after = dialogue->num - end - 1;

    for (size_t i = 0; last->server != NULL && i < model->num_answers; i++) {
        const struct shape_answer *answer = &model->answers[i];

        if ((answer->services & dialogue->service) != 0 && after >= answer->follow.min &&
            after <= answer->follow.max &&
            overlaps(span(dialogue, last->server), answer->len, SHAPE_ANY_REST)) {
            *outcome = answer->outcome;
            inference->outcome_confidence = at_most(answer->confidence, inference->confidence);
            return;
        }
    }
}

static void undecided(struct inference *inference, const char *words)
{
    inference->verdict = INFERENCE_UNDECIDED;
    inference->confidence = 0;
    (void)text_copy(inference->evidence, EVIDENCE_SIZE, words);
}

static bool is_whole(const struct dialogue *dialogue)
{
    const struct shape *shape = dialogue->shape;

    for (size_t i = 0; i < shape->num && i < SHAPE_MAX_MESSAGES; i++) {
        if ((shape->messages[i].flags & SHAPE_HOLE) != 0) {
            return false;
        }
    }
    return !shape->is_partial && !shape->is_full;
}

/* A lone command may be the first of many of which the capture has no more, unless it is seen that
 * a side closed. */
static bool is_closed(const struct dialogue *dialogue)
{
    const struct shape *shape = dialogue->shape;
    bool is_closed = dialogue->num > 1;

    for (size_t i = 0; i < shape->num && i < SHAPE_MAX_MESSAGES; i++) {
        is_closed = is_closed || (shape->messages[i].flags & SHAPE_ALERT) != 0;
    }
    return is_closed && is_ordinary(dialogue, dialogue->num - 1, true);
}

/* Only what may come before a login was said, and the session was ended in good order. In IMAP
 * its last line, LOGOUT, has the tag's length, which must make sense of those before it. */
static bool has_no_login(const struct dialogue *dialogue)
{
    struct dialogue again = *dialogue;
    uint32_t last;

    if (dialogue->num == 0 || !is_whole(dialogue) || !is_closed(dialogue)) {
        return false;
    }
    last = dialogue->turns[dialogue->num - 1].client->len;
    if (dialogue->service == SHAPE_IMAP && last > LOGOUT_LEN) {
        again.tag = (struct shape_range){last - LOGOUT_LEN, last - LOGOUT_LEN};
    }
    for (size_t i = 0; i < again.num; i++) {
        if (!is_ordinary(&again, i, false)) {
            return false;
        }
    }
    return true;
}

static void judge_nothing(const struct dialogue *dialogue, size_t stopped,
                          struct inference *inference)
{
    if (stopped == dialogue->num && has_no_login(dialogue)) {
        inference->verdict = INFERENCE_NO_LOGIN;
        inference->confidence = dialogue->model->none;
        say_number(inference, "no message of the client is long enough for a login, of ",
                   (uint32_t)dialogue->num);
        return;
    }
    if (stopped < dialogue->num) {
        undecided(inference, "");
        say_number(inference, "message ", (uint32_t)(stopped + 1));
        say_span(inference, " of the client fits no login and no ordinary command, bytes: ",
                 span(dialogue, dialogue->turns[stopped].client));
        return;
    }
    undecided(inference, dialogue->shape->is_partial ? "the beginning was not seen"
                                                     : "no login was seen to its end");
}

void shape_mail_judge(const struct shape *shape, const struct shape_model *model,
                      struct inference *inference, enum outcome *outcome)
{
    struct dialogue dialogue;
    struct match match;
    size_t stopped = 0;

    memset(inference, 0, sizeof(*inference));
    *outcome = OUTCOME_UNKNOWN;
    open_dialogue(&dialogue, shape, model);
    if (!find_login(&dialogue, &match, &stopped)) {
        judge_nothing(&dialogue, stopped, inference);
        return;
    }
    explain(&dialogue, &match, inference);
    inference->verdict = verdict_of(&dialogue, match.login);
    inference->confidence = confidence_of(&dialogue, &match);
    if (inference->verdict == INFERENCE_UNDECIDED ||
        inference->confidence < dialogue.model->floor) {
        inference->verdict = INFERENCE_UNDECIDED;
        inference->confidence = 0;
        return;
    }
    if (inference->verdict != INFERENCE_NO_LOGIN) {
        judge_outcome(&dialogue, &match, inference, outcome);
    }
}
