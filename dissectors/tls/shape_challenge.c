#include "dissectors/tls/shape_dialogue.h"

/* What seems to be a password may be part of a challenge and its answer, of which the lengths have
 * been changed: by padding, or by other commands in the same record. */

enum {
    LEAST_CHALLENGE = 24,
    LEAST_ANSWER = 46,    /* to a challenge: base64 of 32 hexadecimal digits and a blank */
    LONG_CHALLENGE = 100, /* of NTLM and SCRAM */
    LONG_PROMPT = 50,     /* no dialogue that knows its prompts has longer ones */
    REACH = 4,            /* turns after a challenge in which its answer is looked for */
    EMPTY_LEN = 2,
    CANCEL_LEN = 3, /* "*" and CRLF */
};

static size_t end_of(const struct match *match)
{
    return match->begin + match->login->num_steps;
}

static bool is_challenge(const struct dialogue *dialogue, const struct shape_message *server)
{
    static const struct shape_range challenge = {LEAST_CHALLENGE, UINT32_MAX};
    uint8_t rest = dialogue->service == SHAPE_SMTP ? 2 : 0;
    struct shape_message last = *server; /* what comes before it may answer something else */

    last.len = server->last;
    last.records = 1;
    return shape_range_overlaps(dialogue_span(dialogue, server), challenge, rest) ||
           shape_range_overlaps(dialogue_span(dialogue, &last), challenge, rest);
}

/* Base64 and CRLF, an empty line, or a cancel. */
static bool is_response(const struct dialogue *dialogue, const struct shape_message *client)
{
    return dialogue_is_exact(dialogue, client) &&
           (client->len == EMPTY_LEN || client->len == CANCEL_LEN ||
            (client->len >= LEAST_ANSWER && client->len % 4 == 2));
}

static bool is_long(const struct dialogue *dialogue, const struct shape_message *client)
{
    return dialogue_span(dialogue, client).max >= LEAST_ANSWER;
}

/* What ends the login may be a challenge, and what comes then the answer to it. In IMAP, where the
 * tag hides what the command was, so may the end of what was captured. */
static bool is_near(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *server = dialogue->turns[end_of(match) - 1].server;
    const struct shape_message *next;

    if (server == NULL || end_of(match) >= dialogue->num) {
        return dialogue->service == SHAPE_IMAP && (server == NULL || server->len >= LONG_CHALLENGE);
    }
    next = dialogue->turns[end_of(match)].client;
    /* Padded, or behind another answer in the same record, a challenge has any length. */
    return (dialogue->service != SHAPE_SMTP && is_response(dialogue, next)) ||
           (is_challenge(dialogue, server) && is_long(dialogue, next));
}

/* Or other commands come between the two. */
static bool is_near_but_for_some(const struct dialogue *dialogue, const struct match *match)
{
    size_t begin = end_of(match);

    if (dialogue->service == SHAPE_SMTP || begin >= dialogue->num ||
        dialogue->turns[begin - 1].server == NULL ||
        !is_challenge(dialogue, dialogue->turns[begin - 1].server)) {
        return false;
    }
    for (size_t i = begin; i < dialogue->num && i < begin + REACH; i++) {
        if (is_response(dialogue, dialogue->turns[i].client)) {
            return true;
        }
    }
    return false;
}

/* "AUTH CRAM-MD5", a challenge and a response are as long as USER and PASS can be. */
static bool is_within(const struct dialogue *dialogue, const struct match *match)
{
    const struct turn *turns = &dialogue->turns[match->begin];
    const struct shape_login *login = match->login;

    for (size_t i = 0; i < login->secret; i++) {
        if (login->steps[i].server.range.max > LONG_PROMPT &&
            turns[i].server->last >= LEAST_CHALLENGE &&
            is_long(dialogue, turns[login->secret].client)) {
            return true;
        }
    }
    return false;
}

/* What seems to be refused before the login may be a challenge, and the login the answer to it. */
static bool is_before(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *client = dialogue->turns[match->begin].client;
    const struct shape_ordinary *before;

    if (match->begin == 0 || !is_long(dialogue, client)) {
        return false;
    }
    before = dialogue_ordinary(dialogue, match->begin - 1, false);
    return before != NULL && before->is_rare;
}

/* The first line of all may be a padded CAPABILITY that looks like a login. */
static bool is_later(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *server = dialogue->turns[match->begin].server;

    if (!match->login->yields || match->begin > 0 || server == NULL ||
        server->len < LONG_CHALLENGE) {
        return false;
    }
    for (size_t i = end_of(match); i + 1 < dialogue->num; i++) {
        if (dialogue->turns[i].server != NULL &&
            is_challenge(dialogue, dialogue->turns[i].server) &&
            is_long(dialogue, dialogue->turns[i + 1].client)) {
            return true;
        }
    }
    return false;
}

/* One line has one answer; a challenge and an answer to it are two. */
static bool is_answered_twice(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *server = dialogue->turns[match->begin].server;

    return match->login->num_steps == 1 && dialogue->service != SHAPE_IMAP && server != NULL &&
           server->records > 1 && server->first >= LEAST_CHALLENGE;
}

/* AUTH SCRAM-SHA-1 is as long as AUTH OAUTHBEARER. A token may be said again (imap-getmail6). */
bool dialogue_is_answered_more(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_message *secret =
        dialogue->turns[match->begin + match->login->secret].client;
    const struct turn *next;

    if (end_of(match) >= dialogue->num) {
        return false;
    }
    next = &dialogue->turns[end_of(match)];
    return next->client->len != secret->len && is_response(dialogue, next->client) &&
           next[-1].server != NULL &&
           (dialogue->service == SHAPE_POP || is_challenge(dialogue, next[-1].server));
}

bool dialogue_is_challenged(const struct dialogue *dialogue, const struct match *match)
{
    return is_near(dialogue, match) || is_near_but_for_some(dialogue, match) ||
           is_within(dialogue, match) || is_before(dialogue, match) || is_later(dialogue, match) ||
           is_answered_twice(dialogue, match);
}
