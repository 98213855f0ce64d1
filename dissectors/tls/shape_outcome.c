#include "dissectors/tls/shape_dialogue.h"

/* After a login: how it went, as far as the length of the answer tells, and what comes then. */

enum {
    LEAST_WORDS = 34, /* of a token's refusal, which is base64 of JSON (RFC 7628, section 3.2.2) */
    DUMMY_LEN = 6,    /* what a client says to it: an empty line, or base64 of one control-A */
    CANCEL_LEN = 3,   /* "*" and CRLF */
};

static const double SURE = 0.95; /* of what the protocol's arithmetic alone shows */

static uint32_t client_len(const struct dialogue *dialogue, size_t at)
{
    return dialogue_span(dialogue, dialogue->turns[at].client).max;
}

static bool is_answered(const struct dialogue *dialogue, size_t at)
{
    return at < dialogue->num && dialogue->turns[at].server != NULL;
}

/* The turn whose answer ends the login: an empty line asks for one more (RFC 4422, section 3.1). */
static size_t last_leg(const struct dialogue *dialogue, const struct match *match)
{
    const struct shape_login *login = match->login;
    bool is_mail =
        login->verdict == INFERENCE_PASSWORD; /* its steps after the secret are none of it */
    size_t at = match->begin + (is_mail ? login->secret : login->num_steps - 1u);

    while (is_answered(dialogue, at + 1) && client_len(dialogue, at + 1) <= 2) {
        at++;
    }
    return at;
}

/*
 * A refused token is first answered with base64 of why. The client says something short, or the
 * token again (imap-getmail6-xoauth2-tls-contoso-wrong), and then comes the refusal itself.
 */
bool dialogue_is_token_refused(const struct dialogue *dialogue, const struct match *match)
{
    size_t at = match->begin + match->login->secret;
    uint8_t rest = dialogue->service == SHAPE_SMTP ? 2 : 0;
    uint32_t next;

    if (match->login->verdict != INFERENCE_TOKEN || !is_answered(dialogue, at) ||
        !is_answered(dialogue, at + 1)) {
        return false;
    }
    next = client_len(dialogue, at + 1);
    return (next <= DUMMY_LEN || next == client_len(dialogue, at)) &&
           shape_range_overlaps(dialogue_span(dialogue, dialogue->turns[at].server),
                                (struct shape_range){LEAST_WORDS, UINT32_MAX}, rest) &&
           (dialogue->service != SHAPE_POP || dialogue->turns[at].server->len != LEAST_WORDS + 4);
}

/* Who was let in does not log in again. */
static bool is_repeated(const struct dialogue *dialogue, const struct match *match, size_t at)
{
    return at < dialogue->num && dialogue_fits(dialogue, match->login, at) &&
           client_len(dialogue, at) == client_len(dialogue, match->begin);
}

static bool is_answer(const struct dialogue *dialogue, const struct shape_answer *answer,
                      size_t end)
{
    size_t after = dialogue->num - end - 1;
    /* Of a long session the end is not kept. */
    bool is_cut = dialogue->shape->num >= SHAPE_MAX_MESSAGES && answer->follow.max < UINT32_MAX;
    /* The tag is known from LOGOUT, or not at all. */
    bool is_unknown = answer->len.is_tagged && dialogue->tag.min != dialogue->tag.max;

    return (answer->services & dialogue->service) != 0 && !is_cut && !is_unknown &&
           after >= answer->follow.min && after <= answer->follow.max &&
           shape_range_overlaps(dialogue_span(dialogue, dialogue->turns[end].server),
                                dialogue_range(dialogue, &answer->len), answer->len.rest);
}

enum outcome dialogue_outcome(const struct dialogue *dialogue, const struct match *match,
                              double *confidence)
{
    struct dialogue again = *dialogue;
    size_t end = last_leg(dialogue, match);

    *confidence = SURE;
    if (client_len(dialogue, match->begin + match->login->secret) == CANCEL_LEN) {
        return OUTCOME_ABANDONED;
    }
    if (dialogue_is_token_refused(dialogue, match)) {
        return OUTCOME_REJECTED;
    }
    if (is_repeated(dialogue, match, end + 1)) {
        return OUTCOME_REJECTED;
    }
    again.tag = dialogue_tag_of_logout(dialogue);
    for (size_t i = 0; is_answered(dialogue, end) && i < dialogue->model->num_answers; i++) {
        const struct shape_answer *answer = &dialogue->model->answers[i];

        if (is_answer(&again, answer, end)) {
            *confidence = answer->confidence;
            return answer->outcome;
        }
    }
    *confidence = 0;
    return OUTCOME_UNKNOWN;
}
