#include "export/sink/redis.h"

#include <stdio.h>
#include <stdlib.h>

#include "dissectors/base/text.h"
#include "export/clock.h"
#include "export/sink/redis_batch.h"
#include "export/sink/redis_link.h"

enum {
    MAX_PREFIX = 128,
    MAX_CALLS = 32, /* on their way at once */
    MAX_HOPS = 5,   /* redirections of one greeting */
    JOURNAL_ID_MAX = 64,
};

struct redis_sink {
    struct redis_sink_options options;
    struct redis_url url;
    struct redis_batch_options batch;
    int cancel_fd;
    char journal_id[JOURNAL_ID_MAX];
    bool is_loaded; /* our functions, by this process */

    struct redis_link_options link_options;
    struct redis_place at;   /* whom the link is to */
    struct redis_link *link; /* NULL: none */
    struct redis_commands commands;

    struct redis_place leader; /* whom a Cluster named last; host "": nobody */
    struct redis_place asked;  /* whom it named for this once; likewise */
    size_t first_place;        /* of the URL, to be tried next */

    uint64_t applied;      /* what Redis has, as far as we know */
    uint64_t single_until; /* records up to this one go one by one: one of them was refused */
};

/* ---- one connection ---- */

static void hang_up(struct redis_sink *sink)
{
    redis_link_close(sink->link);
    sink->link = NULL;
}

/* "127.0.0.1:6379: OOM: its memory is full" */
static void say_where(const struct redis_sink *sink, struct diag *diag)
{
    char where[280];
    struct diag words = *diag;

    if (sink->url.path[0] != '\0') {
        diag_set(diag, "%s: %s", sink->url.path, words.text);
    } else {
        redis_place_text(&sink->at, where);
        diag_set(diag, "%s: %s", where, words.text);
    }
}

/* The next reply that counts: that of an ASKING is passed over. */
static enum redis_answer take_reply(struct redis_sink *sink, struct redis_reply *reply,
                                    struct diag *diag)
{
    if (sink->batch.asking) {
        enum redis_answer answer = redis_link_take(sink->link, reply, diag);

        if (answer == REDIS_LOST) {
            return answer;
        }
    }
    return redis_link_take(sink->link, reply, diag);
}

static enum redis_answer call(struct redis_sink *sink, struct redis_reply *reply, struct diag *diag)
{
    if (!redis_link_send(sink->link, &sink->commands, diag)) {
        return REDIS_LOST;
    }
    return take_reply(sink, reply, diag);
}

static enum redis_answer load_functions(struct redis_sink *sink, struct diag *diag)
{
    struct redis_reply reply;

    redis_batch_load(&sink->commands);
    return redis_link_ask(sink->link, &sink->commands, &reply, diag);
}

/* A part of the time for each attempt, so that one that hangs does not keep us from the others. */
static uint64_t share_of(uint64_t deadline_ns, size_t attempts)
{
    uint64_t now = clock_now_ns();

    return deadline_ns > now ? now + (deadline_ns - now) / attempts : now;
}

/* Asks what is applied; where repeats are suspected, also for one part of the search for them. */
static enum redis_answer begin(struct redis_sink *sink, struct redis_reply *reply,
                               struct diag *diag)
{
    char from[REDIS_REPLY_SIZE] = "+";

    if (reply->num == 2) {
        (void)text_copy(from, sizeof(from), reply->texts[1]);
    }
    redis_batch_begin(&sink->commands, &sink->batch, from);
    return call(sink, reply, diag);
}

/* A newer program of the same version brings its own functions. A user who may not load any lives
 * with what is there. */
static enum redis_answer begin_loaded(struct redis_sink *sink, struct redis_reply *reply,
                                      struct diag *diag)
{
    enum redis_answer answer = begin(sink, reply, diag);

    if (answer == REDIS_NO_FUNCTION || (answer == REDIS_DONE && !sink->is_loaded)) {
        enum redis_answer loaded = load_functions(sink, diag);

        if (loaded != REDIS_DONE && (loaded != REDIS_DENIED || answer != REDIS_DONE)) {
            return loaded;
        }
        sink->is_loaded = true;
        answer = begin(sink, reply, diag);
    }
    return answer;
}

/* False and words, also for a server that speaks something else. */
static bool parse_applied(struct redis_sink *sink, const struct redis_reply *reply,
                          struct diag *diag)
{
    struct bytes text = bytes_of_text(reply->texts[0]);

    if (reply->num != 2 || !take_decimal(&text, UINT64_MAX, &sink->applied) || text.len > 0) {
        diag_set(diag, "the server does not speak as Redis does");
        return false;
    }
    return true;
}

static enum redis_answer greet(struct redis_sink *sink, uint64_t deadline_ns, struct diag *diag)
{
    struct redis_reply reply = {0};
    uint64_t half_ns = share_of(deadline_ns, 2);
    enum redis_answer answer = begin_loaded(sink, &reply, diag);

    while (answer == REDIS_DONE && reply.num == 2 && reply.texts[1][0] != '\0' &&
           clock_now_ns() < half_ns) {
        answer = begin(sink, &reply, diag);
    }
    if (answer == REDIS_MOVED || answer == REDIS_ASK) {
        struct redis_place *named = answer == REDIS_MOVED ? &sink->leader : &sink->asked;

        *named = reply.place;
        if (named->host[0] == '\0') { /* the host that answered, at another port */
            (void)text_copy(named->host, sizeof(named->host), sink->at.host);
        }
    }
    if (answer == REDIS_REFUSED) {
        struct diag words = *diag;

        diag_set(diag, "%s; is it a Redis before 7.0?", words.text);
    }
    if (answer == REDIS_DONE && !parse_applied(sink, &reply, diag)) {
        return REDIS_LOST;
    }
    return answer;
}

static struct transport_options way_to(struct redis_sink *sink, const struct redis_place *place,
                                       uint64_t deadline_ns)
{
    return (struct transport_options){
        .path = sink->url.path[0] != '\0' ? sink->url.path : NULL,
        .host = place->host,
        .port = place->port,
        .tls = sink->url.tls ? &sink->options.tls : NULL,
        .timeout_ms = sink->options.timeout_ms,
        .deadline_ns = deadline_ns,
        .cancel_fd = sink->cancel_fd,
    };
}

/* One attempt at one server. Words when it is not done. */
static enum redis_answer connect_to(struct redis_sink *sink, const struct redis_place *place,
                                    uint64_t deadline_ns, struct diag *diag)
{
    enum redis_answer answer;

    hang_up(sink);
    sink->at = *place;
    sink->link_options.to = way_to(sink, &sink->at, deadline_ns);
    sink->link = redis_link_open(&sink->link_options, &answer, diag);
    if (sink->link != NULL) {
        answer = greet(sink, deadline_ns, diag);
    }
    if (answer != REDIS_DONE) {
        say_where(sink, diag);
        hang_up(sink);
    }
    return answer;
}

/* ---- which server ---- */

/* Goes where the slot is. */
static bool follow(struct redis_sink *sink, const struct redis_place *place, uint64_t deadline_ns,
                   struct diag *diag)
{
    enum redis_answer answer = connect_to(sink, place, deadline_ns, diag);

    for (int hops = 0; hops < MAX_HOPS && (answer == REDIS_MOVED || answer == REDIS_ASK); hops++) {
        struct redis_place next = answer == REDIS_MOVED ? sink->leader : sink->asked;

        sink->batch.asking = answer == REDIS_ASK;
        answer = connect_to(sink, &next, deadline_ns, diag);
    }
    return answer == REDIS_DONE;
}

static bool try_asked(struct redis_sink *sink, uint64_t deadline_ns, struct diag *diag)
{
    struct redis_place place = sink->asked;

    sink->batch.asking = place.host[0] != '\0';
    sink->asked.host[0] = '\0';
    if (sink->batch.asking && follow(sink, &place, share_of(deadline_ns, 2), diag)) {
        return true;
    }
    sink->batch.asking = false;
    return false;
}

/* Whoever was named last, then the places of the URL in turn. */
static bool find_node(struct redis_sink *sink, uint64_t deadline_ns, struct diag *diag)
{
    size_t num = sink->url.num_places;
    struct redis_place leader = sink->leader;

    if (try_asked(sink, deadline_ns, diag) ||
        (leader.host[0] != '\0' && follow(sink, &leader, share_of(deadline_ns, num + 1), diag))) {
        return true;
    }
    for (size_t i = 0; i < num && clock_now_ns() < deadline_ns; i++) {
        const struct redis_place *place = &sink->url.places[(sink->first_place + i) % num];

        sink->batch.asking = false;
        if (follow(sink, place, share_of(deadline_ns, num - i), diag)) {
            return true;
        }
    }
    sink->first_place = (sink->first_place + 1) % num;
    return false;
}

/* Where a Sentinel says that the master is. */
static bool ask_sentinel(struct redis_sink *sink, const struct redis_place *sentinel,
                         uint64_t deadline_ns, struct redis_place *master, struct diag *diag)
{
    struct redis_link_options options = {.to = way_to(sink, sentinel, deadline_ns),
                                         .user = "",
                                         .password = sink->options.sentinel_password,
                                         .prefix = sink->batch.prefix};
    struct redis_reply reply = {0};
    enum redis_answer answer;
    struct redis_link *link = redis_link_open(&options, &answer, diag);
    bool is_known = false;

    sink->at = *sentinel;
    if (link != NULL) {
        redis_command_begin(&sink->commands, 3);
        redis_command_text(&sink->commands, "SENTINEL");
        redis_command_text(&sink->commands, "GET-MASTER-ADDR-BY-NAME");
        redis_command_text(&sink->commands, sink->url.master);
        answer = redis_link_ask(link, &sink->commands, &reply, diag);
        is_known = answer == REDIS_DONE && reply.num == 2 &&
                   text_copy(master->host, sizeof(master->host), reply.texts[0]) &&
                   text_copy(master->port, sizeof(master->port), reply.texts[1]);
        if (answer == REDIS_DONE && !is_known) {
            diag_set(diag, "this Sentinel knows no master '%s'", sink->url.master);
        }
    }
    redis_link_close(link);
    if (!is_known) {
        say_where(sink, diag);
    }
    return is_known;
}

/* Sentinels may differ for a while after a failover: one that names a server which takes no writes
 * is not the last to be asked. */
static bool find_master(struct redis_sink *sink, uint64_t deadline_ns, struct diag *diag)
{
    size_t num = sink->url.num_places;

    for (size_t i = 0; i < num && clock_now_ns() < deadline_ns; i++) {
        size_t at = (sink->first_place + i) % num;
        uint64_t share = share_of(deadline_ns, num - i);
        struct redis_place master;

        if (ask_sentinel(sink, &sink->url.places[at], share, &master, diag) &&
            connect_to(sink, &master, share, diag) == REDIS_DONE) {
            return true;
        }
    }
    sink->first_place = (sink->first_place + 1) % num;
    return false;
}

static bool find_server(struct redis_sink *sink, uint64_t deadline_ns, struct diag *diag)
{
    sink->batch.asking = false;
    if (sink->url.kind == REDIS_SENTINEL) {
        return find_master(sink, deadline_ns, diag);
    }
    if (sink->url.path[0] != '\0') {
        return connect_to(sink, &sink->at, deadline_ns, diag) == REDIS_DONE;
    }
    return find_node(sink, deadline_ns, diag);
}

static enum sink_result resume(void *self, const char *journal_id, uint64_t *applied,
                               uint64_t deadline_ns, struct diag *why)
{
    struct redis_sink *sink = self;

    (void)text_copy(sink->journal_id, sizeof(sink->journal_id), journal_id);
    if (!find_server(sink, deadline_ns, why)) {
        return SINK_RETRY;
    }
    *applied = sink->applied;
    return SINK_DONE;
}

/* ---- writing ---- */

/* A call that is on its way. */
struct sent {
    size_t num;    /* records of it */
    uint64_t last; /* sequence of its last */
};

/* What a round of calls came to. */
struct round {
    struct sent calls[MAX_CALLS];
    size_t num_calls;
    size_t taken;             /* records, from the front */
    enum redis_answer answer; /* of the first call that was not done */
    size_t refused;           /* how many records that one has */
};

static size_t size_of_call(const struct redis_sink *sink, const struct record *const *records,
                           size_t num)
{
    return record_sequence(records[0]) <= sink->single_until ? 1 : redis_batch_size(records, num);
}

static void put_calls(struct redis_sink *sink, const struct record *const *records, size_t num,
                      struct round *round)
{
    uint64_t after = sink->applied;
    size_t at = 0;

    while (at < num && round->num_calls < MAX_CALLS) {
        size_t size = size_of_call(sink, records + at, num - at);
        uint64_t last = record_sequence(records[at + size - 1]);

        redis_batch_apply(&sink->commands, &sink->batch, records + at, size, after);
        round->calls[round->num_calls++] = (struct sent){size, last};
        after = last;
        at += size;
    }
}

/* All replies are taken: after one that is not done the others say that something is missing. */
static void take_replies(struct redis_sink *sink, struct round *round, struct diag *why)
{
    for (size_t i = 0; i < round->num_calls; i++) {
        struct redis_reply reply;
        struct diag words;
        enum redis_answer answer = take_reply(sink, &reply, &words);

        if (round->answer == REDIS_DONE && answer == REDIS_DONE) {
            round->taken += round->calls[i].num;
            sink->applied = round->calls[i].last;
        } else if (round->answer == REDIS_DONE) {
            round->answer = answer;
            round->refused = round->calls[i].num;
            *why = words;
            sink->leader = answer == REDIS_MOVED ? reply.place : sink->leader;
            sink->asked = answer == REDIS_ASK ? reply.place : sink->asked;
        }
        if (answer == REDIS_LOST) {
            break;
        }
    }
}

static void write_round(struct redis_sink *sink, const struct record *const *records, size_t num,
                        struct round *round, struct diag *why)
{
    *round = (struct round){.answer = REDIS_DONE};
    put_calls(sink, records, num, round);
    if (redis_link_send(sink->link, &sink->commands, why)) {
        take_replies(sink, round, why);
    } else {
        round->answer = REDIS_LOST;
    }
}

/*
 * A single record is refused by an error that nobody knows. If the next one is taken, it is the
 * record's fault, and it is given up; else it is the server's, and nothing is.
 */
static bool is_culprit(struct redis_sink *sink, const struct record *const *records, size_t num)
{
    struct round round;
    struct diag ignored;

    if (num < 2) {
        return false;
    }
    write_round(sink, records + 1, 1, &round, &ignored);
    return round.answer == REDIS_DONE;
}

static enum sink_result give_up(struct redis_sink *sink, struct diag *why)
{
    say_where(sink, why);
    hang_up(sink);
    return SINK_RETRY;
}

/* What follows from a round that was not done; SINK_DONE: another may be tried. */
static enum sink_result on_refusal(struct redis_sink *sink, const struct round *round,
                                   const struct record *const *rest, size_t num, struct diag *why)
{
    struct diag words = {{0}};

    if (round->answer == REDIS_NO_FUNCTION) {
        if (load_functions(sink, &words) == REDIS_DONE) {
            return SINK_DONE;
        }
    } else if (round->answer == REDIS_REFUSED && round->refused > 1) {
        sink->single_until = record_sequence(rest[round->refused - 1]);
        return SINK_DONE;
    } else if (round->answer == REDIS_REFUSED && is_culprit(sink, rest, num)) {
        say_where(sink, why);
        return SINK_DROP;
    }
    return give_up(sink, why);
}

static enum sink_result write_records(void *self, const struct record *const *records, size_t num,
                                      uint64_t deadline_ns, size_t *taken, struct diag *why)
{
    struct redis_sink *sink = self;
    enum sink_result result = SINK_DONE;
    struct round round;

    if (sink->link == NULL) {
        diag_set(why, "not connected");
        return SINK_RETRY;
    }
    redis_link_set_deadline(sink->link, deadline_ns);
    while (result == SINK_DONE && *taken < num) {
        write_round(sink, records + *taken, num - *taken, &round, why);
        *taken += round.taken;
        if (round.answer != REDIS_DONE) {
            result = on_refusal(sink, &round, records + *taken, num - *taken, why);
        }
    }
    return result;
}

static enum sink_result write_state(void *self, const struct record *state, uint64_t deadline_ns,
                                    struct diag *why)
{
    struct redis_sink *sink = self;
    struct redis_reply reply;

    if (sink->link == NULL && !find_server(sink, deadline_ns, why)) {
        return SINK_RETRY;
    }
    redis_link_set_deadline(sink->link, deadline_ns);
    redis_batch_beat(&sink->commands, &sink->batch, state, sink->applied);
    if (call(sink, &reply, why) != REDIS_DONE) {
        return give_up(sink, why);
    }
    return SINK_DONE;
}

/* ---- opening and closing ---- */

static void close_sink(void *self)
{
    struct redis_sink *sink = self;

    hang_up(sink);
    redis_commands_free(&sink->commands);
    free(sink);
}

static const struct sink_type redis_sink_type = {
    .word = "redis",
    .max_records = 1024,
    .max_bytes = 4 * 1024 * 1024,
    .timeout_ms = 10000,
    .resume = resume,
    .write = write_records,
    .state = write_state,
    .close = close_sink,
};

/* In a Cluster all keys of a call lie in one slot: what stands in braces decides. */
static bool has_hash_tag(const char *prefix)
{
    struct bytes rest = bytes_of_text(prefix);
    struct bytes tag;

    return take_until(&rest, '{', &tag) && take_until(&rest, '}', &tag) && tag.len > 0;
}

static bool choose_prefix(struct redis_sink *sink, struct diag *diag)
{
    bool is_cluster = sink->url.kind == REDIS_CLUSTER;
    const char *prefix = sink->options.prefix;

    if (prefix == NULL || prefix[0] == '\0') {
        prefix = is_cluster ? "{basictap:0}:v1" : "basictap:v1";
    }
    if (strlen(prefix) > MAX_PREFIX) {
        diag_set(diag, "redis: the prefix is longer than %d bytes", MAX_PREFIX);
        return false;
    }
    if (is_cluster && !has_hash_tag(prefix)) {
        diag_set(diag, "redis: in a Cluster the prefix needs a hash tag, as in {basictap:0}:v1");
        return false;
    }
    sink->batch.prefix = prefix;
    return true;
}

static void configure(struct redis_sink *sink, const struct sink_host *host)
{
    struct redis_sink_options *options = &sink->options;

    options->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : 5000;
    sink->cancel_fd = host->cancel_fd;
    sink->batch.sensor = host->identity.observer_name != NULL ? host->identity.observer_name : "";
    sink->batch.journal_id = sink->journal_id;
    sink->batch.kept = options->stream_max > 0 ? options->stream_max : 1000000;
    sink->batch.max_devices = options->max_devices > 0 ? options->max_devices : 1000000;
    sink->batch.list = options->list;
    sink->batch.live = options->live;
    sink->batch.clock_tolerance_s = options->clock_tolerance_s;
    sink->link_options = (struct redis_link_options){.user = sink->url.user,
                                                     .password = options->password,
                                                     .database = sink->url.database,
                                                     .prefix = sink->batch.prefix};
}

bool redis_sink_open(const struct redis_sink_options *options, const struct sink_host *host,
                     struct sink *sink, struct diag *diag)
{
    struct redis_sink *self = calloc(1, sizeof(*self));

    if (self == NULL) {
        diag_set(diag, "out of memory");
        return false;
    }
    self->options = *options;
    if (!redis_url_parse(options->url, &self->url, diag) || !choose_prefix(self, diag)) {
        free(self);
        return false;
    }
    configure(self, host);
    *sink = (struct sink){.type = &redis_sink_type, .self = self};
    (void)snprintf(sink->name, sizeof(sink->name), "redis %.100s%s%.20s/%s %.100s", self->url.text,
                   self->url.master[0] != '\0' ? "/" : "", self->url.master, self->url.database,
                   self->batch.prefix);
    return true;
}
