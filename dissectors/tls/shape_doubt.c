#include "dissectors/tls/shape_odds.h"

/* What a verdict is worth at most: reasons to doubt what a dialogue seems to be. */

enum {
    REACH = 2,       /* turns after a login in which something may contradict it */
    MOST_SLACK = 16, /* of CBC; a cipher that is not known has more */
    MOST_PROMPT = 24,
    WORD_LEN = 6, /* QUIT, DATA, RSET, NOOP, STAT, with CRLF */
    CRLF_LEN = 2,
    MAY_BE_PADDED = 15,
    KEY_UPDATE = 5,
    LONG_BLOCK = 50, /* what divides lines by chance is shorter */
    LEAST_ID = 40,   /* of an answer to ID: * ID ("name" "x"), and OK with a tag */
    MOST_ID = 299,
    SHORT_LINE = 20, /* CAPABILITY, NOOP, LOGOUT, with a tag */
    SHORT_WORD = 18, /* AUTHENTICATE and the shortest mechanism, without the tag */
    EMPTY_PROMPT = 5,
    SHORT_AUTH = 11, /* POP: AUTH NTLM; "+OK" is one byte longer than a prompt */
    SHORT_PROMPT = 4,
    LONG_POP = 16,     /* "TOP", two numbers, and CRLF */
    TWO_COMMANDS = 29, /* the shortest EHLO, and AUTH PLAIN with its shortest argument */
    LONG_ANSWER = 21,  /* "250 2.1.0 Sender OK"; others say less, or repeat the address */
};

static size_t end_of(const struct match *match)
{
    return match->begin + match->login->num_steps;
}

static const struct shape_message *secret_of(const struct dialogue *dialogue,
                                             const struct match *match)
{
    return dialogue->turns[match->begin + match->login->secret].client;
}

static bool is_token(const struct match *match)
{
    return match->login->verdict == INFERENCE_TOKEN ||
           match->login->verdict == INFERENCE_TOKEN_OR_TICKET;
}

static bool has_hole(const struct dialogue *dialogue, const struct match *match)
{
    for (size_t i = 0; i < end_of(match) && i < dialogue->num; i++) {
        const struct turn *turn = &dialogue->turns[i];

        if ((turn->client->flags & SHAPE_HOLE) != 0 ||
            (turn->server != NULL && (turn->server->flags & SHAPE_HOLE) != 0)) {
            return true;
        }
    }
    return false;
}

/* A length that a password has and a token too says nothing. */
static bool is_either(const struct dialogue *dialogue, const struct shape_message *secret)
{
    struct shape_range range = dialogue_span(dialogue, secret);

    return range.min < dialogue->model->token && range.max >= dialogue->model->token &&
           (secret->flags & SHAPE_HOLE) == 0;
}

/* Of a dialogue whose beginning is missing only one with a prompt shows what it is. */
static bool is_unprompted(const struct match *match)
{
    return match->login->verdict == INFERENCE_NO_LOGIN || match->login->num_steps < 2 ||
           match->login->steps[0].server.range.max > MOST_PROMPT;
}

/* A lone line that nobody answers may be the first of two. */
static bool is_lone(const struct dialogue *dialogue, const struct match *match)
{
    return !is_token(match) && match->login->num_steps == 1 &&
           dialogue->turns[match->begin].server == NULL;
}

/* Soon after what seems to be a password comes what could be a token, but for a mail after DATA. A
 * line that may be an ID can have others of its kind after it; and in POP nothing else is long. */
static bool is_token_near(const struct dialogue *dialogue, const struct match *match)
{
    bool is_far = match->login->yields || dialogue->service == SHAPE_POP;
    size_t end = is_far ? dialogue->num : end_of(match) + REACH;

    for (size_t i = end_of(match); i < dialogue->num && i < end; i++) {
        bool is_data =
            dialogue->service == SHAPE_SMTP && dialogue->turns[i - 1].client->last == WORD_LEN;

        if (dialogue_span(dialogue, dialogue->turns[i].client).max > dialogue->model->password &&
            !is_data) {
            return true;
        }
    }
    return false;
}

/* One record alone may be padded: a token that ends where a block does is as likely a password. */
static bool is_block(const struct dialogue *dialogue, const struct match *match)
{
    return dialogue->block[0] == 1 &&
           (secret_of(dialogue, match)->first + 1u) % dialogue->model->lone_block == 0;
}

/* A client that pads at random says no word of the length that the protocol gives it. */
static bool has_word(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_length *command = &match->login->steps[0].client;

    if (command->range.min == command->range.max && !command->is_tagged) {
        return true; /* AUTH and a mechanism */
    }
    for (size_t i = 0; i < dialogue->num; i++) {
        const struct shape_message *client = dialogue->turns[i].client;
        bool is_word = client->last == WORD_LEN || client->len == WORD_LEN;

        if (dialogue->service == SHAPE_IMAP) {
            is_word = client->len <= SHORT_LINE;
        }
        if (is_word && client != secret_of(dialogue, match)) {
            return true;
        }
    }
    return false;
}

/*
 * What is long alone may be padded, so that a short word stays what it is: then two lines at least
 * are multiples of the block, less the byte of RFC 8446, section 5.2, and no long one is not.
 */
static bool is_padded_in_part(const struct dialogue *dialogue)
{
    uint32_t divisor = 0;
    size_t num = 0;

    for (size_t i = 0; i < dialogue->num; i++) {
        const struct shape_message *client = dialogue->turns[i].client;

        if (client->len >= MAY_BE_PADDED && (client->flags & SHAPE_HOLE) == 0) {
            divisor = common_divisor(divisor, client->first + 1u);
            num++;
        }
    }
    return num > 1 && (divisor >= LONG_BLOCK ||
                       (divisor >= dialogue->model->block && (divisor & (divisor - 1)) == 0));
}

static bool is_answered_as_id(const struct dialogue *dialogue, size_t at)
{
    static const struct shape_range answer = {LEAST_ID, MOST_ID};
    const struct shape_message *server = dialogue->turns[at].server;

    /* What is not answered, as the capture ends, may be anything. */
    return server == NULL ||
           shape_range_overlaps(dialogue_span(dialogue, server), answer, SHAPE_ANY_REST);
}

static bool is_as_long(const struct dialogue *dialogue, const struct match *match, size_t at)
{
    const struct shape_turn *step = &match->login->steps[0];

    return shape_range_overlaps(dialogue_span(dialogue, dialogue->turns[at].client),
                                dialogue_range(dialogue, &step->client), step->client.rest);
}

/* Who is in does not authenticate: an empty prompt, after a line that is long enough. */
static bool is_login_later(const struct dialogue *dialogue, const struct match *match)
{
    bool is_imap = dialogue->service == SHAPE_IMAP;
    uint32_t word = is_imap ? SHORT_WORD + dialogue->tag.min : SHORT_AUTH;
    uint32_t prompt = is_imap ? EMPTY_PROMPT : SHORT_PROMPT;

    for (size_t i = end_of(match); i < dialogue->num && dialogue->service != SHAPE_SMTP; i++) {
        const struct turn *turn = &dialogue->turns[i];

        if (turn->server != NULL && turn->server->len <= prompt && turn->client->len >= word) {
            return true;
        }
    }
    return false;
}

/* A line that is answered as an ID is may be one: after a login comes more than what may come
 * before it. Lines in records of their own may be several. */
static bool is_id(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *client = dialogue->turns[match->begin].client;

    if (client->records > 1 && client->last > CRLF_LEN) {
        return true;
    }
    for (size_t i = match->begin; i < dialogue->num; i++) {
        bool is_like_it = is_as_long(dialogue, match, i) && is_answered_as_id(dialogue, i);

        if (!is_like_it && (i == match->begin || dialogue_ordinary(dialogue, i, false) == NULL)) {
            return false;
        }
    }
    return true;
}

/* DATA comes third, and what is sent then: not in a login, whose MAIL would be third. */
static bool is_data_third(const struct dialogue *dialogue, const struct match *match)
{
    size_t data = match->begin + 2;

    return data < dialogue->num && dialogue->turns[data].client->last == WORD_LEN;
}

/* AUTH PLAIN may hide behind EHLO, in one message; then what comes next is a mail. An AUTH that
 * seems refused may have been let in. */
static bool is_login_hidden(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *server = dialogue->turns[match->begin].server;

    for (size_t i = 0; i < match->begin; i++) {
        const struct shape_ordinary *ordinary = dialogue_ordinary(dialogue, i, false);

        if (dialogue_span(dialogue, dialogue->turns[i].client).max >= TWO_COMMANDS ||
            (ordinary != NULL && ordinary->is_rare)) {
            return true;
        }
    }
    return match->begin == 0 || !is_data_third(dialogue, match) ||
           !dialogue_is_opening(dialogue, 0) || (server != NULL && server->records > 1);
}

/* A mail to two is as long as AUTH PLAIN and a mail to one, one time in four; but where MAIL and
 * RCPT are answered with few words, the long answer before them was to AUTH. */
static bool is_mail_to_two(const struct dialogue *dialogue, const struct match *match)
{
    const struct turn *next = &dialogue->turns[match->begin + 1];

    return dialogue->service == SHAPE_SMTP && match->login->secret == 0 &&
           match->login->num_steps > 1 && next->server != NULL &&
           dialogue_span(dialogue, next->server).min > LONG_ANSWER;
}

/* POP: who is in says short commands only, unless it is refused and tries again. */
static bool is_long_later(const struct dialogue *dialogue, const struct match *match)
{
    for (size_t i = end_of(match); i < dialogue->num && dialogue->service == SHAPE_POP; i++) {
        if (dialogue_fits(dialogue, match->login, i)) {
            i += match->login->num_steps - 1u;
        } else if (dialogue_span(dialogue, dialogue->turns[i].client).min > LONG_POP) {
            return true;
        }
    }
    return false;
}

static bool is_password_doubtful(const struct dialogue *dialogue, const struct match *match)
{
    bool yields = match->login->yields;

    return is_token_near(dialogue, match) || dialogue_is_challenged(dialogue, match) ||
           is_mail_to_two(dialogue, match) || is_login_later(dialogue, match) ||
           is_long_later(dialogue, match) || (yields && is_id(dialogue, match));
}

/* A challenge that is one only without what comes before it: a ticket of TLS 1.3, or an answer. */
static bool is_challenge_second(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *server = dialogue->turns[match->begin].server;
    const struct shape_length *want = &match->login->steps[0].server;

    return server != NULL && !shape_range_overlaps(dialogue_span(dialogue, server),
                                                   dialogue_range(dialogue, want), want->rest);
}

/* A client may change its keys in between, which takes a record of 5 bytes (RFC 8446, section
 * 4.6.3) that looks like the beginning of what it says next. */
static bool has_new_key(const struct dialogue *dialogue, const struct match *match)
{
    for (size_t i = 0; i < end_of(match) && i < dialogue->num; i++) {
        const struct shape_message *client = dialogue->turns[i].client;

        if (client->records == 2 && (client->first == KEY_UPDATE || client->last == KEY_UPDATE)) {
            return true;
        }
    }
    return false;
}

static bool is_doubtful(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_login *login = match->login;

    if (dialogue->shape->session.is_tls13 &&
        (is_padded_in_part(dialogue) || has_new_key(dialogue, match) ||
         (is_token(match) && is_block(dialogue, match)) || !has_word(dialogue, match))) {
        return true;
    }
    if (dialogue_is_misnamed(dialogue, match)) {
        return true;
    }
    if (login->verdict == INFERENCE_CHALLENGE_RESPONSE) {
        return is_challenge_second(dialogue, match);
    }
    if (login->verdict == INFERENCE_NO_LOGIN) {
        return is_login_hidden(dialogue, match);
    }
    return login->verdict == INFERENCE_PASSWORD && is_password_doubtful(dialogue, match);
}

double dialogue_cap(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_mail_model *model = dialogue->model;

    if (has_hole(dialogue, match)) {
        return model->cap_hole;
    }
    if (is_either(dialogue, secret_of(dialogue, match)) || is_lone(dialogue, match) ||
        (dialogue->shape->is_partial && is_unprompted(match)) ||
        (dialogue->shape->session.slack > MOST_SLACK && !is_token(match)) ||
        (is_token(match) && dialogue_is_plain(dialogue, match))) {
        return 0;
    }
    if (dialogue->shape->is_partial) {
        return model->cap_partial;
    }
    if (is_doubtful(dialogue, match)) {
        return model->cap_conflict;
    }
    if (odds_are_wanted(dialogue)) {
        return model->cap_blurred;
    }
    return dialogue_is_proven(dialogue, match) ? 1 : model->cap_unproven;
}
