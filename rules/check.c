#include "rules/check.h"

static const double sure = 0.9;

const double band_floors[NUM_BANDS] = {0.95, 0.9, 0.8, 0.5, 0};

unsigned band_of(double confidence)
{
    unsigned band = 0;

    while (band < NUM_BANDS - 1 && confidence < band_floors[band]) {
        band++;
    }
    return band;
}

#define CHECK_WORD(value, word) [value] = (word),

const char *check_group_word(unsigned group)
{
    static const char *const words[] = {CHECK_GROUPS(CHECK_WORD)};

    return group < NUM_CHECK_GROUPS ? words[group] : "unknown";
}

const char *check_truth_word(unsigned truth)
{
    static const char *const words[] = {CHECK_TRUTHS(CHECK_WORD)};

    return truth < NUM_CHECK_TRUTHS ? words[truth] : "unknown";
}

const char *check_result_word(unsigned result)
{
    static const char *const words[] = {CHECK_RESULTS(CHECK_WORD)};

    return result < NUM_CHECK_RESULTS ? words[result] : "unknown";
}

#undef CHECK_WORD

enum check_group check_group_of(enum service service)
{
    if (service == SERVICE_IMAP) {
        return CHECK_IMAP;
    }
    if (service == SERVICE_POP) {
        return CHECK_POP;
    }
    return service == SERVICE_SMTP ? CHECK_SMTP : CHECK_HTTP;
}

static bool held(const struct inference *inference, enum family family)
{
    return (inference->truth_families & 1u << family) != 0;
}

enum check_truth check_truth_of(const struct inference *inference)
{
    static const struct {
        enum family family;
        enum check_truth truth;
    } truths[] = {
        {FAMILY_BASIC, TRUTH_BASIC},           {FAMILY_MODERN, TRUTH_MODERN},
        {FAMILY_INTEGRATED, TRUTH_INTEGRATED}, {FAMILY_CHALLENGE, TRUTH_CHALLENGE},
        {FAMILY_CERTIFICATE, TRUTH_OTHER},     {FAMILY_UNKNOWN, TRUTH_OTHER},
    };
    enum check_truth truth = TRUTH_NONE;

    for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
        if (held(inference, truths[i].family)) {
            truth = truth == TRUTH_NONE ? truths[i].truth : TRUTH_SEVERAL;
        }
    }
    return truth;
}

static bool is_ntlm(enum mechanism mechanism)
{
    return mechanism == MECHANISM_SASL_NTLM || mechanism == MECHANISM_HTTP_NTLM ||
           mechanism == MECHANISM_HTTP_NEGOTIATE_NTLM || mechanism == MECHANISM_RPC_NTLM;
}

/* A session of several logins is judged rightly if one of them is. */
enum check_result check_verdict(const struct inference *inference)
{
    bool is_right = false;

    switch (inference->verdict) {
    case INFERENCE_PASSWORD:
    case INFERENCE_BASIC_LIKELY:
        is_right = held(inference, FAMILY_BASIC);
        break;
    case INFERENCE_TOKEN:
        is_right = held(inference, FAMILY_MODERN);
        break;
    case INFERENCE_TOKEN_OR_TICKET: /* NTLM is neither */
        is_right = held(inference, FAMILY_MODERN) ||
                   (held(inference, FAMILY_INTEGRATED) && !is_ntlm(inference->truth));
        break;
    case INFERENCE_CHALLENGE_RESPONSE:
        is_right = held(inference, FAMILY_CHALLENGE) || held(inference, FAMILY_INTEGRATED);
        break;
    case INFERENCE_NO_LOGIN:
        is_right = check_truth_of(inference) == TRUTH_NONE;
        break;
    case INFERENCE_UNDECIDED:
    case NUM_INFERENCES:
        return CHECK_UNDECIDED;
    }
    return is_right ? CHECK_RIGHT : CHECK_WRONG;
}

/* A policy's refusal is as long as any other. */
static enum outcome as_length_shows(enum outcome outcome)
{
    return outcome == OUTCOME_BLOCKED ? OUTCOME_REJECTED : outcome;
}

enum check_result check_outcome(const struct inference *inference, enum outcome outcome)
{
    if (inference->outcome_confidence <= 0 || outcome == OUTCOME_UNKNOWN ||
        inference->truth_outcome == OUTCOME_UNKNOWN) {
        return CHECK_UNDECIDED;
    }
    return as_length_shows(outcome) == as_length_shows(inference->truth_outcome) ? CHECK_RIGHT
                                                                                 : CHECK_WRONG;
}

/* HTTP: excluding a token is worth something even where nothing is known of a password. */
static enum check_result check_token(const struct inference *inference)
{
    bool is_found = inference->verdict == INFERENCE_TOKEN;

    if (!is_found && !inference->http.excludes_token) {
        return CHECK_UNDECIDED;
    }
    return is_found == held(inference, FAMILY_MODERN) ? CHECK_RIGHT : CHECK_WRONG;
}

void checks_count(struct checks *checks, const struct event *event)
{
    const struct inference *inference = event->inference;
    enum check_group group = check_group_of(event->service);
    struct check_counts *counts = &checks->groups[group];
    enum check_result result = check_verdict(inference);
    enum check_result outcome = check_outcome(inference, event->auth.outcome);
    unsigned band = band_of(inference->confidence);
    bool is_sure = inference->confidence >= sure;

    counts->verdicts[inference->verdict][check_truth_of(inference)]++;
    counts->results[result]++;
    counts->outcomes[outcome]++;
    counts->sure_outcomes[outcome] += inference->outcome_confidence >= sure;
    if (result != CHECK_UNDECIDED) {
        counts->sure[result] += is_sure;
        counts->bands[band][result]++;
        counts->confidences[band] += inference->confidence;
    }
    if (held(inference, FAMILY_BASIC) || held(inference, FAMILY_MODERN)) {
        counts->credentials[result]++;
    }
    if (group == CHECK_HTTP) {
        counts->tokens[check_token(inference)]++;
    }
    counts->tokens_as_passwords +=
        result == CHECK_WRONG && is_sure && held(inference, FAMILY_MODERN) &&
        (inference->verdict == INFERENCE_PASSWORD || inference->verdict == INFERENCE_BASIC_LIKELY);
}

static void add(uint64_t *sum, const uint64_t *more, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        sum[i] += more[i];
    }
}

void check_counts_add(struct check_counts *sum, const struct check_counts *more)
{
    for (size_t i = 0; i < NUM_INFERENCES; i++) {
        add(sum->verdicts[i], more->verdicts[i], NUM_CHECK_TRUTHS);
    }
    for (size_t i = 0; i < NUM_BANDS; i++) {
        add(sum->bands[i], more->bands[i], NUM_CHECK_RESULTS);
        sum->confidences[i] += more->confidences[i];
    }
    add(sum->results, more->results, NUM_CHECK_RESULTS);
    add(sum->sure, more->sure, NUM_CHECK_RESULTS);
    add(sum->outcomes, more->outcomes, NUM_CHECK_RESULTS);
    add(sum->sure_outcomes, more->sure_outcomes, NUM_CHECK_RESULTS);
    add(sum->credentials, more->credentials, NUM_CHECK_RESULTS);
    add(sum->tokens, more->tokens, NUM_CHECK_RESULTS);
    sum->tokens_as_passwords += more->tokens_as_passwords;
}
