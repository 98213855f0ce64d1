#include <string.h>

#include "dissectors/base/text.h"
#include "dissectors/tls/shape_odds.h"

enum {
    SETTLED = 2,       /* turns after a login that tell how it went, and whether it was one */
    SETTLED_POP = 4,   /* POP, where any command with an argument looks like USER */
    SETTLED_YIELD = 7, /* the same after one that may give way to another */
    MOST_SLACK = 16,   /* of CBC; a cipher that is not known has more */
};

static const struct shape_message *secret_of(const struct dialogue *dialogue,
                                             const struct match *match)
{
    return dialogue->turns[match->begin + match->login->secret].client;
}

static size_t settled(const struct dialogue *dialogue, const struct shape_login *login)
{
    if (login->yields) {
        return SETTLED_YIELD;
    }
    return dialogue->service == SHAPE_POP && login->verdict == INFERENCE_PASSWORD ? SETTLED_POP
                                                                                  : SETTLED;
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
    return dialogue_turns_after(&dialogue, &match) > settled(&dialogue, match.login);
}

static double at_most(double value, double cap)
{
    return value < cap ? value : cap;
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

/* What may hold a secret, in round numbers. */
static void say_round(const struct dialogue *dialogue, const struct shape_message *message,
                      struct inference *inference)
{
    struct shape_range span = dialogue_span(dialogue, message);
    uint32_t token = dialogue->model->token;

    if (span.max < token) {
        say_number(inference, "at most ", rounded_up(span.max, token));
        return;
    }
    say_number(inference, "", rounded_down(span.min, token));
    if (span.min >= token || span.max == UINT32_MAX) {
        (void)text_append(inference->evidence, EVIDENCE_SIZE, " or more");
    } else {
        say_number(inference, " to ", rounded_up(span.max, 0));
    }
}

static void explain(const struct dialogue *dialogue, const struct match *match,
                    struct inference *inference)
{
    const struct shape_length *bound = &match->login->steps[match->login->secret].client;
    const struct turn *last = &dialogue->turns[match->begin + match->login->num_steps - 1u];

    (void)text_copy(inference->evidence, EVIDENCE_SIZE, match->login->words);
    say_number(inference, ": message ", (uint32_t)(match->begin + match->login->secret + 1));
    (void)text_append(inference->evidence, EVIDENCE_SIZE, " of the client has ");
    say_round(dialogue, secret_of(dialogue, match), inference);
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
    return is_closed && dialogue_ordinary(dialogue, dialogue->num - 1, true) != NULL;
}

/* CAPABILITY is four bytes longer than LOGOUT, which a lone line before the end need not be. */
static bool ends_with_logout(const struct dialogue *dialogue)
{
    const struct shape_message *last = dialogue->turns[dialogue->num - 1].client;
    bool is_shown = dialogue->service != SHAPE_IMAP || dialogue->num == 1;

    for (size_t i = 0; i < dialogue->num; i++) {
        is_shown = is_shown || (dialogue->turns[i].client->len >= last->len &&
                                dialogue->turns[i].client->len - last->len == 4);
    }
    return is_shown;
}

/* Only what may come before a login was said, and the session was ended in good order. In IMAP
 * its last line, LOGOUT, has the tag's length, which must make sense of those before it. */
static bool has_no_login(const struct dialogue *dialogue)
{
    struct dialogue again = *dialogue;

    if (dialogue->num == 0 || dialogue->block[0] > 1 || !is_whole(dialogue) ||
        !is_closed(dialogue) || !ends_with_logout(dialogue) ||
        dialogue->shape->session.slack > MOST_SLACK) {
        return false;
    }
    again.tag = dialogue_tag_of_logout(dialogue);
    for (size_t i = 0; i < again.num; i++) {
        const struct shape_ordinary *ordinary = dialogue_ordinary(&again, i, false);

        if (ordinary == NULL || ordinary->is_rare) {
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
        inference->confidence =
            odds_are_wanted(dialogue) ? dialogue->model->cap_blurred : dialogue->model->none;
        say_number(inference, "no message of the client is long enough for a login, of ",
                   (uint32_t)dialogue->num);
        return;
    }
    if (stopped < dialogue->num) {
        undecided(inference, "");
        say_number(inference, "message ", (uint32_t)(stopped + 1));
        (void)text_append(inference->evidence, EVIDENCE_SIZE,
                          " of the client fits no login and no ordinary command, bytes: ");
        say_round(dialogue, dialogue->turns[stopped].client, inference);
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
    inference->confidence =
        at_most(match.login->confidence, at_most(match.cap, dialogue_cap(&dialogue, &match)));
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
