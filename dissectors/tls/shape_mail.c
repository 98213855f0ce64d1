#include <string.h>

#include "dissectors/base/text.h"
#include "dissectors/tls/shape_odds.h"

enum {
    SETTLED = 2,       /* turns after a login that tell how it went, and whether it was one */
    SETTLED_YIELD = 7, /* the same after one that may give way to another */
};

static const struct shape_message *secret_of(const struct dialogue *dialogue,
                                             const struct match *match)
{
    return dialogue->turns[match->begin + match->login->secret].client;
}

bool shape_mail_is_over(const struct shape *shape, const struct shape_model *model,
                        uint8_t *credential)
{
    struct dialogue dialogue;
    struct match match;
    size_t stopped;

    dialogue_open(&dialogue, shape, &model->mail);
    if (!dialogue_find(&dialogue, &match, &stopped)) {
        return false;
    }
    *credential = (uint8_t)(secret_of(&dialogue, &match) - shape->messages);
    return dialogue_turns_after(&dialogue, &match) >
           (match.login->yields ? SETTLED_YIELD : SETTLED);
}

/* ---- confidence ---- */

static double at_most(double value, double cap)
{
    return value < cap ? value : cap;
}

/* A length that a password has and a token too says nothing. */
static bool is_both(const struct dialogue *dialogue, const struct shape_message *secret)
{
    struct shape_range range = dialogue_span(dialogue, secret);

    return range.min < dialogue->model->token && range.max >= dialogue->model->token &&
           (secret->flags & SHAPE_HOLE) == 0;
}

static bool has_hole(const struct dialogue *dialogue, const struct match *match)
{
    size_t end = match->begin + match->login->num_steps;

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
    size_t from = match->begin + match->login->num_steps;

    for (size_t i = from; i < dialogue->num && i < from + SETTLED; i++) {
        const struct shape_message *before = dialogue->turns[i - 1].client;
        bool is_data = dialogue->service == SHAPE_SMTP && before->last == 6; /* DATA, then a mail */

        if (dialogue_span(dialogue, dialogue->turns[i].client).max >= dialogue->model->token &&
            !is_data) {
            return true;
        }
    }
    return false;
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
    if (is_both(dialogue, secret_of(dialogue, match))) {
        confidence = 0;
    }
    if ((match->login->verdict == INFERENCE_PASSWORD && is_contradicted(dialogue, match)) ||
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
    const struct turn *last = &dialogue->turns[match->begin + match->login->num_steps - 1u];

    (void)text_copy(inference->evidence, EVIDENCE_SIZE, match->login->words);
    say_number(inference, ": message ", (uint32_t)(match->begin + match->login->secret + 1));
    say_span(inference, " of the client has ", dialogue_span(dialogue, secret_of(dialogue, match)));
    say_span(inference, " bytes, bound ", bound->range);
    (void)text_append(inference->evidence, EVIDENCE_SIZE, bound->is_tagged ? " and a tag" : "");
    say_number(inference, "; a token needs ", dialogue->model->token);
    if (last->server != NULL) {
        say_span(inference, "; answer ", dialogue_span(dialogue, last->server));
    } else {
        (void)text_append(inference->evidence, EVIDENCE_SIZE, "; no answer");
    }
    if (match->is_in_doubt) {
        (void)text_append(inference->evidence, EVIDENCE_SIZE, "; something shorter came before it");
    }
}

/* On-premises a Kerberos ticket is as long as a token; Exchange Online takes none. */
static enum inference_verdict verdict_of(const struct dialogue *dialogue, const struct match *match)
{
    enum target target = dialogue->shape->session.target;
    bool excludes_ticket = match->login->excludes_ticket && !match->is_in_doubt;

    if (match->login->verdict != INFERENCE_TOKEN &&
        match->login->verdict != INFERENCE_TOKEN_OR_TICKET) {
        return match->login->verdict;
    }
    if (target == TARGET_ONLINE || target == TARGET_CONSUMER ||
        (match->login->verdict == INFERENCE_TOKEN && excludes_ticket)) {
        return INFERENCE_TOKEN;
    }
    return INFERENCE_TOKEN_OR_TICKET;
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
    return is_closed && dialogue_is_ordinary(dialogue, dialogue->num - 1, true);
}

/* Only what may come before a login was said, and the session was ended in good order. In IMAP
 * its last line, LOGOUT, has the tag's length, which must make sense of those before it. */
static bool has_no_login(const struct dialogue *dialogue)
{
    struct dialogue again = *dialogue;

    if (dialogue->num == 0 || dialogue->block[0] > 1 || !is_whole(dialogue) ||
        !is_closed(dialogue)) {
        return false;
    }
    again.tag = dialogue_tag_of_logout(dialogue);
    for (size_t i = 0; i < again.num; i++) {
        if (!dialogue_is_ordinary(&again, i, false)) {
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
                 dialogue_span(dialogue, dialogue->turns[stopped].client));
        return;
    }
    undecided(inference, dialogue->shape->is_partial ? "the beginning was not seen"
                                                     : "no login was seen to its end");
}

static bool find(const struct dialogue *dialogue, struct match *match, size_t *stopped)
{
    if (!odds_are_wanted(dialogue)) {
        return dialogue_find(dialogue, match, stopped);
    }
    *stopped = dialogue->num;
    return !dialogue->shape->is_partial && odds_find(dialogue, match);
}

void shape_mail_judge(const struct shape *shape, const struct shape_model *model,
                      struct inference *inference, enum outcome *outcome)
{
    struct dialogue dialogue;
    struct match match;
    size_t stopped = 0;

    memset(inference, 0, sizeof(*inference));
    *outcome = OUTCOME_UNKNOWN;
    dialogue_open(&dialogue, shape, &model->mail);
    if (!find(&dialogue, &match, &stopped)) {
        judge_nothing(&dialogue, stopped, inference);
        return;
    }
    explain(&dialogue, &match, inference);
    inference->verdict = verdict_of(&dialogue, &match);
    inference->confidence = confidence_of(&dialogue, &match);
    if (inference->verdict == INFERENCE_UNDECIDED ||
        inference->confidence < dialogue.model->floor) {
        inference->verdict = INFERENCE_UNDECIDED;
        inference->confidence = 0;
        return;
    }
    if (inference->verdict != INFERENCE_NO_LOGIN) {
        *outcome = dialogue_outcome(&dialogue, &match, &inference->outcome_confidence);
        inference->outcome_confidence =
            at_most(inference->outcome_confidence, inference->confidence);
    }
}
