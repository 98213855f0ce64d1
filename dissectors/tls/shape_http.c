#include "dissectors/base/text.h"
#include "dissectors/tls/shape_request.h"

enum {
    SAME_ANSWER = 16, /* refusals differ by a date or an identifier at most */
    SEVERAL = 3,
};

struct dialogue {
    const struct shape_http_model *model;
    struct shape_request requests[SHAPE_MAX_MESSAGES];
    size_t num;
    bool is_http2;
    bool is_unsure; /* it does not look like HTTP/2, which was offered */
};

static void read_dialogue(const struct shape *shape, const struct shape_http_model *model,
                          struct dialogue *dialogue)
{
    struct shape_requests requests = shape_requests_of(shape, model);

    dialogue->model = model;
    dialogue->num = 0;
    while (dialogue->num < SHAPE_MAX_MESSAGES &&
           shape_requests_take(&requests, &dialogue->requests[dialogue->num])) {
        dialogue->num++;
    }
    dialogue->is_http2 = requests.is_http2;
    dialogue->is_unsure = shape->session.is_http2 && !requests.is_http2;
}

bool shape_http_is_over(const struct shape *shape, const struct shape_model *model)
{
    struct dialogue dialogue;
    size_t answered = 0;

    if (shape->is_full) {
        return true;
    }
    if (shape->num < 2 * model->http.max_requests) {
        return false; /* most sessions, most of the time */
    }
    read_dialogue(shape, &model->http, &dialogue);
    for (size_t i = 0; i < dialogue.num; i++) {
        answered += dialogue.requests[i].answer > 0;
    }
    return answered >= model->http.max_requests;
}

static bool is_alike(const struct shape_request *a, const struct shape_request *b)
{
    return a->total == b->total && a->header == b->header;
}

static bool is_refusal(const struct dialogue *dialogue, const struct shape_request *request)
{
    return request->answer > 0 && request->answer <= dialogue->model->refusal;
}

static void sum_up(const struct dialogue *dialogue, struct http_shape *http)
{
    const struct shape_request *first = &dialogue->requests[0];

    http->is_http2 = dialogue->is_http2;
    http->token_bound = dialogue->is_http2 || dialogue->is_unsure ? dialogue->model->token_http2
                                                                  : dialogue->model->token_http1;
    http->requests = (uint16_t)dialogue->num;
    http->first_request = first->header;
    http->smallest_request = first->header;
    http->first_answer = first->answer;
    http->first_body = first->body;
    http->is_exact = first->is_exact && first->is_whole && !dialogue->is_unsure;
    http->is_refused = is_refusal(dialogue, first);
    http->excludes_token = true;
    for (size_t i = 0; i < dialogue->num; i++) {
        const struct shape_request *request = &dialogue->requests[i];

        if (i > 0 && is_alike(request, request - 1)) {
            http->alike++;
        }
        if (request->header < http->smallest_request) {
            http->smallest_request = request->header;
        }
        if (request->header > http->largest_request) {
            http->largest_request = request->header;
        }
        http->is_accepted = http->is_accepted || request->answer > dialogue->model->refusal;
        http->excludes_token = http->excludes_token && request->is_whole;
    }
    http->excludes_token = http->excludes_token && http->largest_request < http->token_bound;
}

/* Do the lengths of all that was sent hold the token out, or only those of the headers, which rest
 * on where its records were cut? */
static bool is_held_out(const struct dialogue *dialogue, const struct http_shape *http)
{
    bool held_out = http->excludes_token && !dialogue->is_unsure;

    for (size_t i = 0; i < dialogue->num; i++) {
        held_out = held_out && dialogue->requests[i].total < http->token_bound;
    }
    return held_out;
}

/* By how much a request is longer than the one before, where both headers are known to the byte.
 * HTTP/2 sends a header's fields in full once only: nothing can be compared. */
static int32_t growth_of(const struct dialogue *dialogue, size_t at)
{
    const struct shape_request *now = &dialogue->requests[at];
    const struct shape_request *before;

    if (at == 0 || dialogue->is_http2) {
        return 0;
    }
    before = now - 1;
    if (!is_refusal(dialogue, before) || !now->is_exact || !before->is_exact || !now->is_whole ||
        !before->is_whole || now->body != before->body || (now->alone > 0) != (before->alone > 0) ||
        now->header > INT32_MAX || before->header > INT32_MAX) {
        return 0;
    }
    return (int32_t)now->header - (int32_t)before->header;
}

/* What became of a retry. A refusal differs from the one before by a date at most; the first one
 * may have a ticket of TLS 1.3 beside it, so that a shorter answer says nothing. */
static enum outcome outcome_of(const struct shape_request *before, const struct shape_request *now)
{
    if (now->answer > before->answer && now->answer - before->answer > SAME_ANSWER) {
        return OUTCOME_ACCEPTED;
    }
    return now->answer <= before->answer && before->answer - now->answer > SAME_ANSWER
               ? OUTCOME_UNKNOWN
               : OUTCOME_REJECTED;
}

/* --- evidence --- */

static void say(struct inference *inference, const char *words)
{
    (void)text_append(inference->evidence, sizeof(inference->evidence), words);
}

static void say_number(struct inference *inference, uint64_t number, const char *words)
{
    (void)text_append_number(inference->evidence, sizeof(inference->evidence), number);
    say(inference, words);
}

/* --- verdicts: each says whether it is the one --- */

/* "401, again with a password": the retry is longer by what Basic takes, and is answered. */
static bool judge_growth(const struct dialogue *dialogue, size_t at, struct inference *inference,
                         enum outcome *outcome)
{
    const struct shape_http_model *model = dialogue->model;
    const struct shape_request *now = &dialogue->requests[at];
    int32_t growth = growth_of(dialogue, at);
    bool goes_on = at + 1 < dialogue->num && growth_of(dialogue, at + 1) > 0;

    if (!basic_explains(growth, model->basic_least, model->basic_most) || now->answer == 0 ||
        goes_on || !inference->http.excludes_token) {
        return false;
    }
    inference->verdict = INFERENCE_BASIC_LIKELY;
    *outcome = outcome_of(now - 1, now);
    inference->outcome_confidence = *outcome != OUTCOME_UNKNOWN ? model->outcome : 0;
    inference->confidence = *outcome != OUTCOME_ACCEPTED || !is_held_out(dialogue, &inference->http)
                                ? model->basic_rejected
                                : model->basic_accepted;
    inference->http.growth = growth;
    inference->http.is_challenged = true;
    say(inference, "a request of ");
    say_number(inference, (now - 1)->header, " bytes was refused in ");
    say_number(inference, (now - 1)->answer, "; again with at most ");
    say_number(inference, rounded_up((uint32_t)growth, model->basic_most + 1),
               " more it was answered in ");
    say_number(inference, now->answer,
               "; Basic adds 23 and a multiple of 4, and all requests are below the ");
    say_number(inference, inference->http.token_bound, " that a token takes");
    return true;
}

/* NTLM: its last leg is longer than a password makes it, shorter than a token. */
static bool judge_challenge(const struct dialogue *dialogue, size_t at, struct inference *inference,
                            enum outcome *outcome)
{
    const struct shape_http_model *model = dialogue->model;
    const struct shape_request *now = &dialogue->requests[at];
    int32_t growth = growth_of(dialogue, at);

    if (growth <= (int32_t)model->basic_most || growth > (int32_t)model->ntlm_most ||
        now->answer == 0 || !inference->http.excludes_token) {
        return false;
    }
    inference->verdict = INFERENCE_CHALLENGE_RESPONSE;
    inference->confidence = model->challenge;
    inference->http.growth = growth;
    inference->http.is_challenged = true;
    if (outcome_of(now - 1, now) == OUTCOME_ACCEPTED) {
        inference->outcome_confidence = model->outcome;
        *outcome = OUTCOME_ACCEPTED;
    }
    say(inference, "a request of ");
    say_number(inference, (now - 1)->header, " bytes was refused in ");
    say_number(inference, (now - 1)->answer, "; again with at most ");
    say_number(inference, rounded_up((uint32_t)growth, model->ntlm_most + 1),
               " more it was answered in ");
    say_number(inference, now->answer, ": more than the ");
    say_number(inference, model->basic_most, " of Basic, less than a token");
    return true;
}

/* The same with a longer header: what came in between was a refusal, however long. */
static bool is_sent_again(const struct dialogue *dialogue)
{
    const struct shape_request *first = &dialogue->requests[0];

    return dialogue->num > 1 && first[1].body == first->body && first[1].header > first->header;
}

/* What is posted to Exchange and answered at length came with a login: pages for anybody are
 * fetched, forms are answered by a redirection, and cookies that log in are as long as a token. */
static bool judge_post(const struct dialogue *dialogue, struct inference *inference,
                       enum outcome *outcome)
{
    const struct shape_http_model *model = dialogue->model;
    const struct shape_request *first = &dialogue->requests[0];

    if (!inference->http.excludes_token || first->alone == 0 || first->answer <= model->refusal ||
        is_sent_again(dialogue)) {
        return false;
    }
    inference->verdict = INFERENCE_BASIC_LIKELY;
    inference->confidence =
        is_held_out(dialogue, &inference->http) ? model->basic_posted : model->basic_apart;
    inference->outcome_confidence = model->outcome;
    *outcome = OUTCOME_ACCEPTED;
    say(inference, "the first request, a header of at most ");
    say_number(inference, rounded_up(first->alone, inference->http.token_bound),
               " bytes and a body of ");
    say_number(inference, rounded_up(first->body, 0), ", was answered in ");
    say_number(inference, first->answer, ", more than a refusal; no request reaches the ");
    say_number(inference, inference->http.token_bound, " that a token or cookies of a login take");
    return true;
}

static bool judge_retries(const struct dialogue *dialogue, struct inference *inference,
                          enum outcome *outcome)
{
    for (size_t i = 1; i < dialogue->num; i++) {
        if (judge_growth(dialogue, i, inference, outcome) ||
            judge_challenge(dialogue, i, inference, outcome)) {
            return true;
        }
    }
    return false;
}

/* Kerberos tickets are as long as tokens. Exchange Online takes none. */
static void set_token(const struct shape *shape, double confidence, struct inference *inference)
{
    bool is_cloud =
        shape->session.target == TARGET_ONLINE || shape->session.target == TARGET_CONSUMER;

    inference->verdict = is_cloud ? INFERENCE_TOKEN : INFERENCE_TOKEN_OR_TICKET;
    inference->confidence = confidence;
    inference->http.carries_token = true;
}

/* HTTP/1 says a token again with every request. */
static bool is_followed_by_less(const struct dialogue *dialogue, size_t at, uint32_t bound)
{
    for (size_t i = at + 1; !dialogue->is_http2 && i < dialogue->num; i++) {
        if (dialogue->requests[i].header < bound) {
            return true;
        }
    }
    return false;
}

static bool judge_alone(const struct shape *shape, const struct dialogue *dialogue,
                        struct inference *inference)
{
    for (size_t i = 0; i < dialogue->num; i++) {
        const struct shape_request *request = &dialogue->requests[i];

        if (request->is_whole && request->alone >= inference->http.token_bound &&
            request->alone < dialogue->model->body &&
            !is_followed_by_less(dialogue, i, inference->http.token_bound)) {
            set_token(shape, dialogue->model->token_alone, inference);
            say(inference, "a request's header of ");
            say_number(inference, rounded_down(request->alone, inference->http.token_bound),
                       " bytes or more, apart from its body of ");
            say_number(inference, rounded_up(request->body, 0),
                       " at most; one without a token stays below ");
            say_number(inference, inference->http.token_bound, "");
            return true;
        }
    }
    return false;
}

/* Basic would show in a small request among several; a body explains one. */
static bool judge_all(const struct shape *shape, const struct dialogue *dialogue,
                      struct inference *inference)
{
    const struct http_shape *http = &inference->http;
    bool is_large = http->smallest_request >= http->token_bound;

    for (size_t i = 0; i < dialogue->num; i++) {
        is_large = is_large && dialogue->requests[i].is_whole;
    }
    if (!is_large || http->requests < SEVERAL || http->alike + 1u >= http->requests) {
        return false;
    }
    set_token(shape, dialogue->model->token_always, inference);
    say_number(inference, http->requests, " requests of different lengths, none below ");
    say_number(inference, rounded_down(http->smallest_request, http->token_bound),
               " bytes; without a token some are below ");
    say_number(inference, http->token_bound, "");
    return true;
}

static bool judge_first(const struct shape *shape, const struct dialogue *dialogue,
                        struct inference *inference)
{
    const struct shape_request *first = &dialogue->requests[0];
    uint32_t ample =
        dialogue->is_http2 ? dialogue->model->ample_http2 : dialogue->model->ample_http1;

    if (!first->is_whole || first->body > 0 || first->header < ample ||
        first->header >= dialogue->model->body ||
        is_followed_by_less(dialogue, 0, inference->http.token_bound)) {
        return false;
    }
    set_token(shape, dialogue->model->token_ample, inference);
    say(inference, "the first request is of ");
    say_number(inference, rounded_down(first->header, ample),
               " bytes or more, a body perhaps among them; from ");
    say_number(inference, ample, " on few are without a token");
    return true;
}

static void say_undecided(struct inference *inference)
{
    const struct http_shape *http = &inference->http;

    inference->verdict = INFERENCE_UNDECIDED;
    if (http->requests == 1) {
        say(inference, "one request, of at most ");
    } else {
        say_number(inference, http->requests, " requests, the largest of at most ");
    }
    say_number(inference, rounded_up(http->largest_request, http->token_bound), " bytes, ");
    if (http->excludes_token) {
        say(inference, "too small for a token, which takes ");
        say_number(inference, http->token_bound,
                   "; anonymous requests, cookies and Basic look alike");
    } else {
        say(inference, "where a token takes ");
        say_number(inference, http->token_bound, " and a body may lie in it or bytes are missing");
    }
}

void shape_http_judge(const struct shape *shape, const struct shape_model *model,
                      struct inference *inference, enum outcome *outcome)
{
    struct dialogue dialogue;

    read_dialogue(shape, &model->http, &dialogue);
    inference->verdict = INFERENCE_UNDECIDED;
    inference->confidence = 0;
    inference->outcome_confidence = 0;
    inference->evidence[0] = '\0';
    inference->http = (struct http_shape){0};
    *outcome = OUTCOME_UNKNOWN;
    if (dialogue.num == 0) {
        say(inference, "no request was told apart");
        return;
    }
    sum_up(&dialogue, &inference->http);
    if (!judge_retries(&dialogue, inference, outcome) &&
        !judge_post(&dialogue, inference, outcome) && !judge_alone(shape, &dialogue, inference) &&
        !judge_all(shape, &dialogue, inference) && !judge_first(shape, &dialogue, inference)) {
        say_undecided(inference);
    }
}
