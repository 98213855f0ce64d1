#include "export/sink/redis.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dissectors/base/text.h"
#include "export/sink/findings_lua.h"
#include "export/transport.h"

enum {
    MAX_WORDS = 2 * RECORD_MAX_FIELDS + 32, /* of one command */
    KEY_SIZE = 512,
    MAX_KEYS = 8,
    MAX_ANSWER = 64 * 1024, /* our commands have short answers: more is not Redis */
};

struct redis {
    const struct redis_options *options;
    struct transport *transport;
    redisReader *reader;
    char script[41]; /* its SHA-1, as the server gave it */
    char *batch;
    size_t batch_len;
    size_t batch_size;
};

/* A command that is being put together. Text is borrowed until it is queued. */
struct command {
    size_t num;
    const char *words[MAX_WORDS];
    size_t lens[MAX_WORDS];
};

static void say(struct command *command, struct bytes word)
{
    if (command->num < MAX_WORDS) {
        command->words[command->num] = word.len > 0 ? (const char *)word.at : "";
        command->lens[command->num++] = word.len;
    }
}

static void say_text(struct command *command, const char *word)
{
    say(command, bytes_of_text(word));
}

static bool append(struct redis *redis, const char *at, size_t len)
{
    if (len > redis->batch_size - redis->batch_len) {
        size_t size = 2 * redis->batch_size + len;
        char *batch = realloc(redis->batch, size);

        if (batch == NULL) {
            return false;
        }
        redis->batch = batch;
        redis->batch_size = size;
    }
    memcpy(redis->batch + redis->batch_len, at, len);
    redis->batch_len += len;
    return true;
}

static bool queue_command(struct redis *redis, struct command *command)
{
    char *wire = NULL;
    int len = redisFormatCommandArgv(&wire, (int)command->num, command->words, command->lens);
    bool queued = len > 0 && append(redis, wire, (size_t)len);

    if (len > 0) {
        bytes_wipe(wire, (size_t)len); /* AUTH comes this way too */
        redisFreeCommand(wire);
    }
    return queued;
}

/* The next whole answer; NULL: lost. Freed by freeReplyObject. */
static redisReply *read_reply(struct redis *redis, struct diag *diag)
{
    size_t total = 0;
    void *reply = NULL;

    while (redisReaderGetReply(redis->reader, &reply) == REDIS_OK && reply == NULL) {
        char chunk[4096];
        size_t len;

        if (total > MAX_ANSWER) {
            break;
        }
        if (!transport_receive(redis->transport, chunk, sizeof(chunk), &len, diag)) {
            return NULL;
        }
        if (redisReaderFeed(redis->reader, chunk, len) != REDIS_OK) {
            break;
        }
        total += len;
    }
    if (reply == NULL) {
        diag_set(diag, "the server does not speak as Redis does");
    }
    return reply;
}

static bool begins(const redisReply *reply, const char *code)
{
    return bytes_starts(bytes_view(reply->str, (size_t)reply->len), bytes_of_text(code));
}

/* What an error means is in its first word. */
static enum redis_answer meaning(const redisReply *reply)
{
    static const char *const later[] = {"LOADING ",    "OOM ",     "READONLY ",    "BUSY ",
                                        "MASTERDOWN ", "MISCONF ", "CLUSTERDOWN ", "TRYAGAIN ",
                                        "NOREPLICAS ", "NOSCRIPT "};
    static const char *const denied[] = {"NOAUTH ", "WRONGPASS ", "NOPERM ", "DENIED "};

    if (reply->type != REDIS_REPLY_ERROR) {
        return REDIS_DONE;
    }
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        if (begins(reply, later[i])) {
            return REDIS_LATER;
        }
    }
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
        if (begins(reply, denied[i])) {
            return REDIS_DENIED;
        }
    }
    return REDIS_REFUSED;
}

static bool is_code(struct bytes word)
{
    uint8_t letter;

    while (take_u8(&word, &letter)) {
        if (letter < 'A' || letter > 'Z') {
            return false;
        }
    }
    return true;
}

/*
 * The server's code, and the key when our script named one. Never its sentence: some errors repeat
 * what was sent ("unknown command 'AUTH', with args beginning with ..."), a password included.
 */
static void explain(const struct redis *redis, const redisReply *reply, struct diag *diag)
{
    struct bytes rest = bytes_view(reply->str, (size_t)reply->len);
    struct bytes code;
    char words[32];
    char key[160] = "";

    if (!take_word(&rest, &code) || !is_code(code)) {
        code = BYTES("ERR");
    }
    (void)text_set(words, sizeof(words), code);
    rest = bytes_trim(rest);
    if (bytes_starts(rest, bytes_of_text(redis->options->prefix))) {
        (void)text_set(key, sizeof(key), rest);
    }
    diag_set(diag, "the server said %s%s%s", words, key[0] != '\0' ? " for " : "", key);
}

static void begin(struct command *command, const char *word)
{
    command->num = 0;
    say_text(command, word);
}

/* A step of the greeting: is sent and answered. NULL: *why and words. */
static redisReply *ask(struct redis *redis, struct command *command, enum redis_answer *why,
                       struct diag *diag)
{
    redisReply *reply;

    *why = REDIS_LOST;
    if (!queue_command(redis, command)) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    if (!redis_send(redis, diag) || (reply = read_reply(redis, diag)) == NULL) {
        return NULL;
    }
    *why = meaning(reply);
    if (*why == REDIS_DONE) {
        return reply;
    }
    *why = *why == REDIS_REFUSED ? REDIS_DENIED : *why;
    explain(redis, reply, diag);
    freeReplyObject(reply);
    return NULL;
}

static bool authenticate(struct redis *redis, enum redis_answer *why, struct diag *diag)
{
    struct command command;
    struct diag words;
    redisReply *reply;

    if (redis->options->password == NULL) {
        return true;
    }
    begin(&command, "AUTH");
    if (redis->options->url.user[0] != '\0') {
        say_text(&command, redis->options->url.user);
    }
    say_text(&command, redis->options->password);
    reply = ask(redis, &command, why, &words);
    if (reply == NULL) {
        diag_set(diag, *why == REDIS_DENIED ? "user or password refused: %s" : "%s", words.text);
        return false;
    }
    freeReplyObject(reply);
    return true;
}

static bool load_script(struct redis *redis, enum redis_answer *why, struct diag *diag)
{
    struct command command;
    redisReply *reply;
    bool loaded;

    begin(&command, "SCRIPT");
    say_text(&command, "LOAD");
    say(&command, bytes_view(findings_lua, sizeof(findings_lua)));
    reply = ask(redis, &command, why, diag);
    if (reply == NULL) {
        return false;
    }
    loaded = reply->type == REDIS_REPLY_STRING && reply->len == sizeof(redis->script) - 1;
    if (loaded) {
        memcpy(redis->script, reply->str, sizeof(redis->script));
    } else {
        *why = REDIS_LOST;
        diag_set(diag, "the server does not speak as Redis does");
    }
    freeReplyObject(reply);
    return loaded;
}

static bool step(struct redis *redis, struct command *command, enum redis_answer *why,
                 struct diag *diag)
{
    redisReply *reply = ask(redis, command, why, diag);
    bool done = reply != NULL;

    freeReplyObject(reply);
    return done;
}

static bool greet(struct redis *redis, enum redis_answer *why, struct diag *diag)
{
    struct command command;

    if (!authenticate(redis, why, diag)) {
        return false;
    }
    begin(&command, "SELECT");
    say_text(&command, redis->options->url.database);
    if (strcmp(redis->options->url.database, "0") != 0 && !step(redis, &command, why, diag)) {
        return false;
    }
    begin(&command, "CLIENT");
    say_text(&command, "SETNAME");
    say_text(&command, "basictap");
    if (!step(redis, &command, why, diag) && *why != REDIS_DENIED) {
        return false; /* a user who may not name himself may yet write; NOAUTH comes again below */
    }
    return load_script(redis, why, diag);
}

struct redis *redis_open(const struct redis_options *options, enum redis_answer *why,
                         struct diag *diag)
{
    struct transport_options to = {.path = options->url.path[0] != '\0' ? options->url.path : NULL,
                                   .host = options->url.host,
                                   .port = options->url.port,
                                   .timeout_ms = options->timeout_ms,
                                   .cancel_fd = options->cancel_fd};
    struct redis *redis = calloc(1, sizeof(*redis));

    *why = REDIS_LOST;
    if (redis == NULL || (redis->reader = redisReaderCreate()) == NULL) {
        diag_set(diag, "out of memory");
        redis_close(redis);
        return NULL;
    }
    redis->options = options;
    redis->transport = transport_open(&to, diag);
    if (redis->transport == NULL || !greet(redis, why, diag)) {
        redis_close(redis);
        return NULL;
    }
    return redis;
}

void redis_close(struct redis *redis)
{
    if (redis == NULL) {
        return;
    }
    transport_close(redis->transport);
    if (redis->reader != NULL) {
        redisReaderFree(redis->reader);
    }
    free(redis->batch);
    free(redis);
}

/* "<prefix>:<a><b><c><d>" */
static void key_of(const struct redis *redis, char key[KEY_SIZE], const char *name,
                   struct bytes tail)
{
    (void)snprintf(key, KEY_SIZE, "%s:%s%.*s", redis->options->prefix, name, (int)tail.len,
                   tail.len > 0 ? (const char *)tail.at : "");
}

/* Seconds since 1970 of "2026-11-21T08:00:01.250000Z", as text; "0" for anything else. */
static void epoch_of(struct bytes time, char text[32])
{
    struct tm utc = {0};
    char copy[32];
    size_t len;
    const char *rest;

    (void)snprintf(text, 32, "0");
    if (!bytes_copy(time, copy, sizeof(copy) - 1, &len)) {
        return;
    }
    copy[len] = '\0';
    rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &utc);
    if (rest != NULL) {
        (void)snprintf(text, 32, "%lld%.7s", (long long)timegm(&utc), rest[0] == '.' ? rest : "");
    }
}

static void key_of_use(const struct redis *redis, char key[KEY_SIZE], const struct record *record)
{
    struct bytes service = record_find(record, "basictap.service");
    char name[64];

    (void)snprintf(name, sizeof(name), "use:%.*s:", (int)service.len, (const char *)service.at);
    key_of(redis, key, name, record_find(record, "basictap.family"));
}

/* "2026-11-21T..." names :day:20261121. */
static void key_of_day(const struct redis *redis, char key[KEY_SIZE], const struct record *record)
{
    struct bytes rest = bytes_first(record_find(record, "@timestamp"), 10);
    struct bytes part;
    char digits[16] = "";
    char more[12];

    while (take_until(&rest, '-', &part)) {
        (void)text_set(more, sizeof(more), part);
        (void)text_append(digits, sizeof(digits), more);
    }
    (void)text_set(more, sizeof(more), rest);
    (void)text_append(digits, sizeof(digits), more);
    key_of(redis, key, "day:", bytes_of_text(digits));
}

/* In the order that findings.lua gives; how many. */
static size_t keys_of(const struct redis *redis, char keys[MAX_KEYS][KEY_SIZE],
                      const struct record *record)
{
    struct bytes policy = record_find(record, "basictap.switch");

    key_of(redis, keys[0], "findings", BYTES(""));
    key_of(redis, keys[1], "findings:list", BYTES(""));
    key_of(redis, keys[2], "seen", BYTES(""));
    key_of(redis, keys[3], "device:", record_find(record, "device.id"));
    key_of(redis, keys[4], "devices", BYTES(""));
    key_of_use(redis, keys[5], record);
    key_of_day(redis, keys[6], record);
    key_of(redis, keys[7], "switch:", policy);
    return policy.len > 0 ? 8 : 7;
}

static void say_fields(struct command *command, const struct record *record)
{
    for (size_t i = 0; i < record_num_fields(record); i++) {
        say_text(command, record_name(record, i));
        say(command, record_text(record, i));
    }
}

bool redis_add_finding(struct redis *redis, const struct record *record)
{
    struct command command;
    char keys[MAX_KEYS][KEY_SIZE];
    size_t num_keys = keys_of(redis, keys, record);
    char number[24];
    char channel[KEY_SIZE];
    char time[32];

    begin(&command, "EVALSHA");
    say_text(&command, redis->script);
    say_text(&command, num_keys == 8 ? "8" : "7");
    for (size_t i = 0; i < num_keys; i++) {
        say_text(&command, keys[i]);
    }
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)redis->options->stream_max);
    key_of(redis, channel, "findings:live", BYTES(""));
    epoch_of(record_find(record, "@timestamp"), time);
    say_text(&command, number);
    say_text(&command, redis->options->list ? "1" : "0");
    say_text(&command, redis->options->live ? channel : "");
    say_text(&command, time);
    say_fields(&command, record);
    say_text(&command, "json");
    say(&command, record_json(record));
    return queue_command(redis, &command);
}

bool redis_add_state(struct redis *redis, const struct record *record)
{
    struct command command;
    char key[KEY_SIZE];

    key_of(redis, key, "sensor:", bytes_of_text(redis->options->sensor));
    begin(&command, "HSET");
    say_text(&command, key);
    say_fields(&command, record);
    return queue_command(redis, &command);
}

size_t redis_batch_size(const struct redis *redis)
{
    return redis->batch_len;
}

bool redis_send(struct redis *redis, struct diag *diag)
{
    bool sent = transport_send(redis->transport, bytes_view(redis->batch, redis->batch_len), diag);

    bytes_wipe(redis->batch, redis->batch_len);
    redis->batch_len = 0;
    return sent;
}

enum redis_answer redis_answer(struct redis *redis, struct diag *diag)
{
    redisReply *reply = read_reply(redis, diag);
    enum redis_answer answer;

    if (reply == NULL) {
        return REDIS_LOST;
    }
    answer = meaning(reply);
    if (answer != REDIS_DONE) {
        explain(redis, reply, diag);
    }
    freeReplyObject(reply);
    return answer;
}
