#include "dissectors/tls/shape_odds.h"

enum {
    MAX_READ = 9,    /* turns that are weighed */
    VALUES = 600,    /* a range without an end, or a long one, counts as so many values */
    MOST_SAID = 400, /* after a login: a client's lines, and the answers to them */
};

/* The share of logins that a capture ends with, or a server never answers. */
static const double UNANSWERED = 0.02;

/* The share of sessions in which something is tried and refused before the login. */
static const double RARE = 0.02;

/* And of those in which it is as long as a login: an ID with much to say. */
static const double SELDOM = 0.004;

/* The weight of all that fits, and of the best of each verdict. */
struct scales {
    double total;
    double weight[NUM_INFERENCES];
    double best[NUM_INFERENCES];
    struct match match[NUM_INFERENCES];
};

static bool is_range(const struct dialogue *dialogue, const struct shape_message *message)
{
    return message != NULL && (message->flags & SHAPE_HOLE) == 0 &&
           !dialogue_is_exact(dialogue, message);
}

bool odds_are_wanted(const struct dialogue *dialogue)
{
    for (size_t i = 0; i < dialogue->num && i < MAX_READ; i++) {
        if (is_range(dialogue, dialogue->turns[i].client) ||
            is_range(dialogue, dialogue->turns[i].server)) {
            return true;
        }
    }
    return false;
}

/* Values of a range that leave a rest, about. */
static double values(struct shape_range range, uint8_t rest)
{
    double num = (double)range.max - (double)range.min + 1;

    num = num < VALUES ? num : VALUES;
    if (rest < SHAPE_ANY_REST) {
        num = num > 4 ? num / 4 : 1;
    }
    return num;
}

/* The share of what is allowed that lies in what was seen. */
static double share(struct shape_range seen, struct shape_range allowed, uint8_t rest)
{
    struct shape_range both = {seen.min > allowed.min ? seen.min : allowed.min,
                               seen.max < allowed.max ? seen.max : allowed.max};
    double part;

    if (!shape_range_overlaps(seen, allowed, rest)) {
        return 0;
    }
    part = values(both, rest) / values(allowed, rest);
    return part < 1 ? part : 1;
}

static double share_of(const struct dialogue *dialogue, const struct shape_message *message,
                       const struct shape_length *length)
{
    return share(dialogue_span(dialogue, message), dialogue_range(dialogue, length), length->rest);
}

static double weigh_turn(const struct dialogue *dialogue, size_t at, const struct shape_turn *want)
{
    const struct turn *turn = &dialogue->turns[at];
    double weight = share_of(dialogue, turn->client, &want->client);

    return turn->server == NULL ? weight : weight * share_of(dialogue, turn->server, &want->server);
}

/* A line that a login may give way to: an ID. */
static double weigh_id(const struct dialogue *dialogue, size_t at)
{
    const struct shape_mail_model *model = dialogue->model;

    for (size_t i = 0; i < model->num_logins; i++) {
        const struct shape_login *login = &model->logins[i];

        if (login->yields && dialogue_fits(dialogue, login, at)) {
            return weigh_turn(dialogue, at, &login->steps[0]);
        }
    }
    return 0;
}

static double weigh_ordinary(const struct dialogue *dialogue, size_t at)
{
    const struct shape_mail_model *model = dialogue->model;
    double most = 0;

    for (size_t i = 0; i < model->num_ordinary; i++) {
        const struct shape_ordinary *ordinary = &model->ordinary[i];

        if ((ordinary->services & dialogue->service) != 0 && (!ordinary->is_first || at == 0)) {
            double weight =
                weigh_turn(dialogue, at, &ordinary->turn) * (ordinary->is_rare ? RARE : 1);

            most = weight > most ? weight : most;
        }
    }
    return most;
}

static double at_least(double weight)
{
    return weight > 1.0 / VALUES ? weight : 1.0 / VALUES;
}

/* What comes after a login may be anything. */
static double weigh_rest(const struct dialogue *dialogue, size_t from)
{
    static const struct shape_turn any = {
        .client = {.range = {2, MOST_SAID}, .rest = SHAPE_ANY_REST},
        .server = {.range = {5, UINT32_MAX}, .rest = SHAPE_ANY_REST},
    };
    double weight = 1;

    for (size_t at = from; at < dialogue->num && at < MAX_READ; at++) {
        const struct turn *turn = &dialogue->turns[at];

        weight *= at_least(share_of(dialogue, turn->client, &any.client));
        weight *=
            turn->server != NULL ? at_least(share_of(dialogue, turn->server, &any.server)) : 1;
    }
    return weight;
}

static double weigh_login(const struct dialogue *dialogue, const struct shape_login *login,
                          size_t begin)
{
    double weight = login->confidence;
    const struct turn *last;

    if (!dialogue_fits(dialogue, login, begin)) {
        return 0;
    }
    for (size_t i = 0; i < login->num_steps; i++) {
        weight *= weigh_turn(dialogue, begin + i, &login->steps[i]);
    }
    last = &dialogue->turns[begin + login->num_steps - 1u];
    weight *= last->server == NULL ? UNANSWERED : 1;
    return weight * weigh_rest(dialogue, begin + login->num_steps);
}

/* A token and a ticket are told apart later, if at all. */
static enum inference_verdict kind_of(enum inference_verdict verdict)
{
    return verdict == INFERENCE_TOKEN_OR_TICKET ? INFERENCE_TOKEN : verdict;
}

/* before: the weight of all turns up to this one being ordinary. */
static void weigh_start(const struct dialogue *dialogue, size_t begin, double before,
                        struct scales *scales)
{
    const struct shape_mail_model *model = dialogue->model;

    for (size_t i = 0; i < model->num_logins; i++) {
        const struct shape_login *login = &model->logins[i];
        enum inference_verdict verdict = kind_of(login->verdict);
        double weight = before * weigh_login(dialogue, login, begin);

        scales->total += weight;
        scales->weight[verdict] += weight;
        if (weight > scales->best[verdict]) {
            scales->best[verdict] = weight;
            scales->match[verdict] = (struct match){login, begin, 0, true};
        }
    }
}

bool odds_find(const struct dialogue *dialogue, struct match *match)
{
    struct scales scales = {.total = 0};
    double before = 1;
    double none = 1;
    unsigned best = INFERENCE_UNDECIDED;

    for (size_t at = 0; at < dialogue->num && at < MAX_READ && before > 0; at++) {
        double ordinary;
        double id;

        if (!dialogue_is_opening(dialogue, at)) {
            weigh_start(dialogue, at, before, &scales);
        }
        ordinary = weigh_ordinary(dialogue, at);
        none *= ordinary;
        id = SELDOM * weigh_id(dialogue, at);
        before *= ordinary > id ? ordinary : id;
    }
    scales.total += none; /* no login at all */
    for (unsigned i = 0; i < NUM_INFERENCES; i++) {
        best = scales.weight[i] > scales.weight[best] ? i : best;
    }
    *match = scales.match[best];
    if (match->login == NULL || scales.weight[best] <= none) {
        return false;
    }
    match->cap = scales.weight[best] / scales.total;
    return true;
}
