#include "rules/inference.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "rules/inference_model.h"

enum {
    MAX_DEVICES = 16384,
    MAX_VISITS = 16384,
    SAME_ANSWER = 16, /* refusals differ by a date or an identifier at most */
    MAX_KEY = 512,
};

static const uint64_t second_ns = 1000000000u;

/* One program of a device at one server. */
struct visit {
    uint64_t refused_at; /* ns; 0: never */
    uint64_t large_at;   /* a request that may carry a token; 0: never */
    uint64_t alike_from;
    uint32_t refused_request;
    uint32_t refused_body;
    uint32_t refused_answer;
    uint32_t alike_request;
    uint32_t alike; /* connections */
};

struct inferences {
    bool is_read;
    struct inference_model model;
    struct hmap *fetches; /* device and JA4 -> uint64_t ns of the last one */
    struct hmap *visits;  /* device, server and JA4 -> struct visit */
};

/* --- keys --- */

struct visit_key {
    uint8_t octets[MAX_KEY];
    size_t len;
};

static void add_bytes(struct visit_key *key, const void *at, size_t len)
{
    if (len <= sizeof(key->octets) - key->len) {
        memcpy(key->octets + key->len, at, len);
        key->len += len;
    }
}

static void add_text(struct visit_key *key, const char *text)
{
    add_bytes(key, text, strlen(text) + 1);
}

static void start_key(struct visit_key *key, const struct identity *device, const char *ja4)
{
    key->len = 0;
    add_bytes(key, device->key, device->key_len);
    add_text(key, ja4);
}

static void make_visit_key(struct visit_key *key, const struct event *event,
                           const struct identity *device)
{
    const struct tls_event *tls = event->tls;

    start_key(key, device, tls != NULL ? tls->ja4 : "");
    if (tls != NULL && tls->server_name[0] != '\0') {
        add_text(key, tls->server_name);
    } else if (event->tunnel_target != NULL) {
        add_text(key, event->tunnel_target);
    } else {
        add_bytes(key, &event->origin->server, sizeof(event->origin->server));
        add_bytes(key, &event->origin->server_port, sizeof(event->origin->server_port));
    }
}

/* --- learning --- */

bool inferences_wants(const struct inferences *inferences, const char *server_name)
{
    struct bytes name = bytes_of_text(server_name);

    for (size_t i = 0; name.len > 0 && i < inferences->model.num_token_hosts; i++) {
        if (pattern_match(inferences->model.token_hosts[i], name) == PATTERN_YES) {
            return true;
        }
    }
    return false;
}

void inferences_learn(struct inferences *inferences, const struct event *hello,
                      const struct identity *device)
{
    struct visit_key key;
    uint64_t *fetched;
    bool added;

    start_key(&key, device, hello->hello.ja4);
    fetched = hmap_put(inferences->fetches, key.octets, key.len, &added);
    if (fetched != NULL && hello->at.time.ns > *fetched) {
        *fetched = hello->at.time.ns;
    }
}

static bool is_within(uint64_t then, uint64_t now, uint32_t seconds)
{
    return then != 0 && then <= now && now - then <= seconds * second_ns;
}

/* What was seen stays true for those who come later, so it is noted after it was weighed. */
static void note(const struct inferences *inferences, const struct event *event,
                 struct visit *visit)
{
    const struct http_shape *http = &event->inference->http;
    uint64_t now = event->at.time.ns;

    if (!http->excludes_token) {
        visit->large_at = now;
        visit->alike = 0;
        return;
    }
    if (http->is_refused && http->is_exact && http->requests == 1 && !http->is_http2) {
        visit->refused_at = now;
        visit->refused_request = http->first_request;
        visit->refused_body = http->first_body;
        visit->refused_answer = http->first_answer;
    }
    if (!http->is_accepted || http->first_request < inferences->model.numbers.repeat_least) {
        return;
    }
    if (visit->alike == 0 || visit->alike_request != http->first_request) {
        visit->alike = 0;
        visit->alike_request = http->first_request;
        visit->alike_from = now;
    }
    visit->alike++;
}

/* --- weighing --- */

static void say(struct inference *inference, const char *words)
{
    (void)text_append(inference->evidence, sizeof(inference->evidence), words);
}

static void say_number(struct inference *inference, uint64_t number, const char *words)
{
    (void)text_append_number(inference->evidence, sizeof(inference->evidence), number);
    say(inference, words);
}

static void begin(struct inference *inference, enum inference_verdict verdict, double confidence)
{
    inference->verdict = verdict;
    inference->confidence = confidence;
    inference->evidence[0] = '\0';
}

static bool is_undecided(const struct inference *inference)
{
    return inference->verdict == INFERENCE_UNDECIDED;
}

/* "401" on one connection, the same with a password on the next. */
static bool weigh_retry(const struct inference_numbers *numbers, const struct visit *visit,
                        uint64_t now, struct inference *weighed, enum outcome *outcome)
{
    struct http_shape *http = &weighed->http;
    int64_t growth = (int64_t)http->first_request - visit->refused_request;
    bool same = http->first_answer <= (uint64_t)visit->refused_answer + SAME_ANSWER &&
                visit->refused_answer <= (uint64_t)http->first_answer + SAME_ANSWER;

    if (!is_undecided(weighed) || !http->excludes_token || !http->is_exact || http->is_http2 ||
        !is_within(visit->refused_at, now, numbers->retry_seconds) || growth > INT32_MAX ||
        growth < 0 || http->first_answer == 0 || http->first_body != visit->refused_body ||
        !basic_explains((int32_t)growth, numbers->basic_least, numbers->basic_most)) {
        return false;
    }
    begin(weighed, INFERENCE_BASIC_LIKELY,
          same ? numbers->retried_rejected : numbers->retried_accepted);
    weighed->outcome_confidence = weighed->confidence;
    *outcome = same ? OUTCOME_REJECTED : OUTCOME_ACCEPTED;
    http->growth = (int32_t)growth;
    http->is_challenged = true;
    say(weighed, "on a connection before, a request of ");
    say_number(weighed, visit->refused_request, " bytes was refused in ");
    say_number(weighed, visit->refused_answer, "; on this one, with at most ");
    say_number(weighed, rounded_up((uint32_t)growth, numbers->basic_most + 1),
               " more, it was answered in ");
    say_number(weighed, http->first_answer,
               "; Basic adds 23 and a multiple of 4, and no request reaches the ");
    say_number(weighed, http->token_bound, " of a token");
    return true;
}

/* A token that was fetched with the same library explains what is large better than a body or a
 * ticket. */
static bool weigh_fetch(const struct inference_numbers *numbers, bool has_fetched,
                        struct inference *weighed)
{
    const struct http_shape *http = &weighed->http;
    bool is_found =
        weighed->verdict == INFERENCE_TOKEN || weighed->verdict == INFERENCE_TOKEN_OR_TICKET;
    bool is_large = is_undecided(weighed) && !http->excludes_token && http->requests > 0 &&
                    http->smallest_request >= http->token_bound;
    uint32_t smallest = http->smallest_request;

    if (!has_fetched || (!is_found && !is_large)) {
        return false;
    }
    weighed->http.carries_token = true;
    if (is_found) {
        weighed->verdict = INFERENCE_TOKEN;
        weighed->confidence = weighed->confidence >= numbers->sure_enough ? numbers->fetched_token
                                                                          : numbers->fetched_large;
        say(weighed, "; the device was seen fetching a token");
        return true;
    }
    begin(weighed, INFERENCE_TOKEN, numbers->fetched_large);
    say(weighed, "no request is below ");
    say_number(weighed, rounded_down(smallest, http->token_bound),
               " bytes, where one without a token may be below ");
    say_number(weighed, http->token_bound,
               "; the device was seen fetching a token with the same TLS library");
    return true;
}

static bool weigh_repeats(const struct inference_numbers *numbers, const struct visit *visit,
                          uint64_t now, struct inference *weighed, enum outcome *outcome)
{
    const struct http_shape *http = &weighed->http;

    if (!is_undecided(weighed) || !http->excludes_token || !http->is_accepted ||
        http->first_request != visit->alike_request ||
        visit->alike + 1 < numbers->repeat_connections || now < visit->alike_from ||
        now - visit->alike_from < numbers->repeat_seconds * second_ns ||
        is_within(visit->large_at, now, numbers->fetch_seconds)) {
        return false;
    }
    begin(weighed, INFERENCE_BASIC_LIKELY, numbers->repeated);
    weighed->outcome_confidence = numbers->repeated;
    *outcome = OUTCOME_ACCEPTED;
    say_number(weighed, visit->alike + 1u, " connections began with the same request of at most ");
    say_number(weighed, rounded_up(http->first_request, http->token_bound),
               " bytes and were answered at length, over ");
    say_number(weighed, (now - visit->alike_from) / second_ns, " seconds; none reached the ");
    say_number(weighed, http->token_bound, " of a token, and no token was fetched");
    return true;
}

/* The certificate is the login. */
static bool weigh_certificate(const struct event *event, struct inference *weighed)
{
    if (weighed->verdict != INFERENCE_BASIC_LIKELY || event->tls == NULL ||
        !event->tls->certificate_sent) {
        return false;
    }
    begin(weighed, INFERENCE_UNDECIDED, 0);
    weighed->outcome_confidence = 0;
    say(weighed, "the client sent a certificate, which may be its login");
    return true;
}

static bool has_fetched(const struct inferences *inferences, const struct event *event,
                        const struct identity *device)
{
    struct visit_key key;
    const uint64_t *fetched;

    start_key(&key, device, event->tls != NULL ? event->tls->ja4 : "");
    fetched = hmap_find(inferences->fetches, key.octets, key.len);
    return fetched != NULL &&
           is_within(*fetched, event->at.time.ns, inferences->model.numbers.fetch_seconds);
}

static bool is_http(const struct inference *inference)
{
    return inference != NULL && inference->http.requests > 0;
}

bool inferences_weigh(struct inferences *inferences, const struct event *event,
                      const struct identity *device, struct inference *weighed,
                      enum outcome *outcome)
{
    const struct inference_numbers *numbers = &inferences->model.numbers;
    uint64_t now = event->at.time.ns;
    bool fetched;
    bool changed;
    struct visit_key key;
    struct visit *visit;

    if (!inferences->is_read || !is_http(event->inference)) {
        return false;
    }
    make_visit_key(&key, event, device);
    visit = hmap_put(inferences->visits, key.octets, key.len, &(bool){false});
    if (visit == NULL) {
        return false;
    }
    *weighed = *event->inference;
    *outcome = event->auth.outcome;
    fetched = has_fetched(inferences, event, device);
    changed = weigh_retry(numbers, visit, now, weighed, outcome) ||
              weigh_fetch(numbers, fetched, weighed) ||
              (!fetched && weigh_repeats(numbers, visit, now, weighed, outcome));
    if (weigh_certificate(event, weighed)) {
        *outcome = OUTCOME_UNKNOWN;
        changed = true;
    }
    note(inferences, event, visit);
    return changed;
}

/* --- set-up --- */

struct inferences *inferences_new(const struct tree *tree, const uint8_t seed[HMAP_SEED_SIZE],
                                  struct diag *diag)
{
    struct inferences *inferences = calloc(1, sizeof(*inferences));

    if (inferences != NULL) {
        inferences->fetches = hmap_new(MAX_DEVICES, sizeof(uint64_t), seed);
        inferences->visits = hmap_new(MAX_VISITS, sizeof(struct visit), seed);
        inferences->is_read = tree != NULL;
    }
    if (inferences == NULL || inferences->fetches == NULL || inferences->visits == NULL) {
        diag_set(diag, "out of memory");
    } else if (tree == NULL || inference_model_read(&inferences->model, tree, diag)) {
        return inferences;
    }
    inferences_free(inferences);
    return NULL;
}

void inferences_free(struct inferences *inferences)
{
    if (inferences == NULL) {
        return;
    }
    inference_model_clear(&inferences->model);
    hmap_free(inferences->fetches);
    hmap_free(inferences->visits);
    free(inferences);
}

uint64_t inferences_evicted(const struct inferences *inferences)
{
    return hmap_evicted(inferences->fetches) + hmap_evicted(inferences->visits);
}
