#include "dissectors/tls/shape_odds.h"

/* What a verdict is worth at most: reasons to doubt what a dialogue seems to be. */

enum {
    REACH = 2,         /* turns after a login in which something may contradict it */
    MOST_SLACK = 16,   /* of CBC; a cipher that is not known has more */
    LEAST_ANSWER = 46, /* to a challenge: base64 of 32 hexadecimal digits and a blank */
    LEAST_CHALLENGE = 24,
    LONG_CHALLENGE = 100, /* of NTLM and SCRAM */
    MOST_PROMPT = 24,
    WORD_LEN = 6, /* QUIT, DATA, RSET, NOOP, STAT, with CRLF */
    CRLF_LEN = 2,
    LEAST_ID = 40, /* of an answer to ID: * ID ("name" "x"), and OK with a tag */
    MOST_ID = 299,
    SHORT_LINE = 20, /* CAPABILITY, NOOP, LOGOUT, with a tag */
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
 * line that may be an ID can have others of its kind after it. */
static bool is_token_near(const struct dialogue *dialogue, const struct match *match)
{
    size_t end = match->login->yields ? dialogue->num : end_of(match) + REACH;

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

/* What ends the login may be a challenge, and what comes then the answer to it. In IMAP, where the
 * tag hides what the command was, so may the end of what was captured. */
static bool is_challenge_near(const struct dialogue *dialogue, const struct match *match)
{
    static const struct shape_range challenge = {LEAST_CHALLENGE, UINT32_MAX};
    const struct shape_message *server = dialogue->turns[end_of(match) - 1].server;
    uint8_t rest = dialogue->service == SHAPE_SMTP ? 2 : 0;

    struct shape_message last;

    if (server == NULL || end_of(match) >= dialogue->num) {
        return dialogue->service == SHAPE_IMAP && (server == NULL || server->len >= LONG_CHALLENGE);
    }
    last = *server; /* what comes before it may answer something else */
    last.len = server->last;
    last.records = 1;
    return (shape_range_overlaps(dialogue_span(dialogue, server), challenge, rest) ||
            shape_range_overlaps(dialogue_span(dialogue, &last), challenge, rest)) &&
           dialogue_span(dialogue, dialogue->turns[end_of(match)].client).max >= LEAST_ANSWER;
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

static bool is_answered_as_id(const struct dialogue *dialogue, size_t at)
{
    static const struct shape_range answer = {LEAST_ID, MOST_ID};
    const struct shape_message *server = dialogue->turns[at].server;

    return server != NULL &&
           shape_range_overlaps(dialogue_span(dialogue, server), answer, SHAPE_ANY_REST);
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
        bool is_like_it =
            dialogue_fits(dialogue, match->login, i) && is_answered_as_id(dialogue, i);

        if (!is_like_it && (i == match->begin || dialogue_ordinary(dialogue, i, false) == NULL)) {
            return false;
        }
    }
    return true;
}

/* One line has one answer; a challenge and an answer to it are two. */
static bool is_answered_twice(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *server = dialogue->turns[match->begin].server;

    return match->login->num_steps == 1 && dialogue->service != SHAPE_IMAP && server != NULL &&
           server->records > 1 && server->first >= LEAST_CHALLENGE;
}

static bool is_doubtful(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_login *login = match->login;

    if (dialogue->shape->session.is_tls13 &&
        ((is_token(match) && is_block(dialogue, match)) || !has_word(dialogue, match))) {
        return true;
    }
    return login->verdict == INFERENCE_PASSWORD &&
           (is_token_near(dialogue, match) || is_answered_twice(dialogue, match) ||
            is_challenge_near(dialogue, match) || (login->yields && is_id(dialogue, match)));
}

double dialogue_cap(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_mail_model *model = dialogue->model;

    if (has_hole(dialogue, match)) {
        return model->cap_hole;
    }
    if (is_either(dialogue, secret_of(dialogue, match)) || is_lone(dialogue, match) ||
        (dialogue->shape->is_partial && is_unprompted(match)) ||
        (dialogue->shape->session.slack > MOST_SLACK && !is_token(match))) {
        return 0;
    }
    if (dialogue->shape->is_partial) {
        return model->cap_partial;
    }
    if (is_doubtful(dialogue, match)) {
        return model->cap_conflict;
    }
    return odds_are_wanted(dialogue) ? model->cap_blurred : 1;
}
