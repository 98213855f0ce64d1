#include "dissectors/tls/shape_dialogue.h"

/*
 * What shows a credential to be one beside its length. TLS 1.3 may pad any record to any length
 * (RFC 8446, section 5.4), and one that alone is padded looks like a token when it holds a
 * password. Nothing is padded to be shorter; but a line that looks like a password may be any
 * command that was refused, unless it let somebody in.
 */

enum {
    CAPABILITY_LEN = 13, /* with its blank and CRLF, without the tag */
    MAILBOX = 300,       /* more than ID is answered with */
    MAIL_LEN = 14,       /* MAIL FROM:<> */
    EMPTY_LINE = 2,
    DUMMY_LINE = 6,     /* base64 of one control-A, said to a refusal; in POP and SMTP also QUIT */
    CAPABILITIES = 100, /* the answer to CAPABILITY is at least so long, to NOOP never */
    /* How much longer than CAPABILITY is AUTHENTICATE, a blank, and the mechanism? */
    AFTER_PLAIN = 8,
    AFTER_GSSAPI = 9,
    AFTER_XOAUTH2 = 10,
    AFTER_OAUTHBEARER = 14,
};

static const uint32_t password_free =
    1u << MECHANISM_SASL_XOAUTH2 | 1u << MECHANISM_SASL_OAUTHBEARER | 1u << MECHANISM_SASL_GSSAPI;

/* By how much the command is longer than a CAPABILITY before it; 0: there was none. */
static uint32_t beyond_capability(const struct dialogue *dialogue, size_t begin)
{
    const struct turn *command = &dialogue->turns[begin];

    for (size_t i = 0; i < begin; i++) {
        const struct turn *turn = &dialogue->turns[i];

        if (turn->server != NULL && turn->server->len >= CAPABILITIES &&
            turn->client->len < command->client->len) {
            return command->client->len - turn->client->len;
        }
    }
    return 0;
}

/* The word of the mechanism had its length, and the prompt came. */
static bool is_named(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_length *command = &match->login->steps[0].client;
    uint32_t beyond;

    if (match->login->secret == 0) {
        return false;
    }
    if (!command->is_tagged) {
        return command->range.min == command->range.max;
    }
    beyond = beyond_capability(dialogue, match->begin);
    return beyond == AFTER_XOAUTH2 || beyond == AFTER_OAUTHBEARER || beyond == AFTER_GSSAPI;
}

bool dialogue_is_plain(const struct dialogue *dialogue, const struct match *match)
{
    return match->login->secret > 0 && match->login->steps[0].client.is_tagged &&
           beyond_capability(dialogue, match->begin) == AFTER_PLAIN;
}

bool dialogue_is_misnamed(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_length *command = &match->login->steps[0].client;
    uint32_t beyond = beyond_capability(dialogue, match->begin);

    return beyond != 0 && command->is_tagged && command->range.min == command->range.max &&
           beyond + CAPABILITY_LEN != command->range.min;
}

/* Why a token was refused is said in base64, and answered with next to nothing. */
static bool is_refusal_heard(const struct dialogue *dialogue, const struct match *match)
{
    size_t next = match->begin + match->login->secret + 1u;
    uint32_t len;

    if (next >= dialogue->num || !dialogue_is_token_refused(dialogue, match)) {
        return false;
    }
    len = dialogue->turns[next].client->len;
    return len == EMPTY_LINE || (len == DUMMY_LINE && dialogue->service == SHAPE_IMAP);
}

/* In SMTP a password has no way but a mechanism. */
static bool is_offered_alone(const struct dialogue *dialogue)
{
    uint32_t offered = dialogue->shape->session.offered;

    return dialogue->service == SHAPE_SMTP && offered != 0 && (offered & ~password_free) == 0;
}

static bool is_token_proven(const struct dialogue *dialogue, const struct match *match)
{
    return (is_named(dialogue, match) && (match->login->verdict != INFERENCE_TOKEN ||
                                          !dialogue_is_answered_more(dialogue, match))) ||
           is_refusal_heard(dialogue, match) || is_offered_alone(dialogue);
}

/* IMAP: what comes after the line could not come before a login, or the answer is as long as the
 * capabilities of a mailbox. */
static bool is_mailbox_seen(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_length *line = &match->login->steps[0].client;
    struct dialogue again = *dialogue;

    again.tag = dialogue_tag_of_logout(dialogue);
    for (size_t i = match->begin; i < again.num; i++) {
        const struct turn *turn = &again.turns[i];
        bool is_like_it = shape_range_overlaps(dialogue_span(&again, turn->client),
                                               dialogue_range(&again, line), line->rest);

        if (turn->server != NULL &&
            (turn->server->len >= MAILBOX ||
             (!is_like_it && dialogue_ordinary(&again, i, false) == NULL))) {
            return true;
        }
    }
    return false;
}

/* Where a lone line of no exact length is all that there is. */
static bool is_password_proven(const struct dialogue *dialogue, const struct match *match)
{
    if (dialogue->service == SHAPE_IMAP && match->login->yields) {
        return is_mailbox_seen(dialogue, match);
    }
    return dialogue->service != SHAPE_POP || match->login->num_steps > 1 ||
           dialogue_turns_after(dialogue, match) > 1;
}

/* A mail that is said at once (BDAT, RFC 3030) is as long, and nothing but QUIT comes after it. */
static bool is_mail_perhaps(const struct dialogue *dialogue, const struct match *match)
{
    size_t next = match->begin + 1;

    return dialogue->service == SHAPE_SMTP && match->login->num_steps == 1 &&
           (next >= dialogue->num || dialogue->turns[next].client->len < MAIL_LEN) &&
           !is_refusal_heard(dialogue, match);
}

bool dialogue_is_proven(const struct dialogue *dialogue, const struct match *match)
{
    switch (match->login->verdict) {
    case INFERENCE_TOKEN:
    case INFERENCE_TOKEN_OR_TICKET:
        return (!dialogue->shape->session.is_tls13 || is_token_proven(dialogue, match)) &&
               !is_mail_perhaps(dialogue, match);
    case INFERENCE_PASSWORD:
        return is_password_proven(dialogue, match);
    case INFERENCE_UNDECIDED:
    case INFERENCE_CHALLENGE_RESPONSE:
    case INFERENCE_BASIC_LIKELY:
    case INFERENCE_NO_LOGIN:
    case NUM_INFERENCES:
    default:
        return true;
    }
}
