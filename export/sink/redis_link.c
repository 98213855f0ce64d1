#include "export/sink/redis_link.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

#include "dissectors/base/text.h"

enum { MAX_ANSWER = 64 * 1024 }; /* our commands have short answers: more is not Redis */

struct redis_link {
    const struct redis_link_options *options;
    struct transport *transport;
    redisReader *reader;
};

static const char no_redis[] = "the server does not speak as Redis does";

/* The next whole reply; NULL: lost. Freed by freeReplyObject. */
static redisReply *read_reply(struct redis_link *link, struct diag *diag)
{
    size_t total = 0;
    void *reply = NULL;

    while (redisReaderGetReply(link->reader, &reply) == REDIS_OK && reply == NULL) {
        char chunk[4096];
        size_t len;

        if (total > MAX_ANSWER) {
            break;
        }
        if (!transport_receive(link->transport, chunk, sizeof(chunk), &len, diag)) {
            return NULL;
        }
        if (redisReaderFeed(link->reader, chunk, len) != REDIS_OK) {
            break;
        }
        total += len;
    }
    if (reply == NULL) {
        diag_set(diag, "%s", no_redis);
    }
    return reply;
}

static void keep_text(struct redis_reply *reply, const redisReply *from)
{
    char *text = reply->texts[reply->num];

    if (from->type == REDIS_REPLY_INTEGER) {
        (void)snprintf(text, REDIS_REPLY_SIZE, "%lld", from->integer);
    } else if (from->type == REDIS_REPLY_STRING || from->type == REDIS_REPLY_STATUS) {
        (void)text_set(text, REDIS_REPLY_SIZE, bytes_view(from->str, (size_t)from->len));
    } else {
        return;
    }
    reply->num++;
}

static void keep(struct redis_reply *reply, const redisReply *from)
{
    if (from->type != REDIS_REPLY_ARRAY) {
        keep_text(reply, from);
        return;
    }
    for (size_t i = 0; i < from->elements && reply->num < 2; i++) {
        keep_text(reply, from->element[i]);
    }
}

enum redis_answer redis_link_take(struct redis_link *link, struct redis_reply *reply,
                                  struct diag *diag)
{
    redisReply *from = read_reply(link, diag);
    enum redis_answer answer = REDIS_DONE;

    *reply = (struct redis_reply){0};
    if (from == NULL) {
        return REDIS_LOST;
    }
    if (from->type == REDIS_REPLY_ERROR) {
        answer = redis_error_read(bytes_view(from->str, (size_t)from->len), link->options->prefix,
                                  &reply->place, diag);
    } else {
        keep(reply, from);
    }
    freeReplyObject(from);
    return answer;
}

bool redis_link_send(struct redis_link *link, struct redis_commands *commands, struct diag *diag)
{
    bool is_sent = false;

    if (commands->failed) {
        diag_set(diag, "out of memory");
    } else {
        is_sent = transport_send(link->transport, bytes_view(commands->wire, commands->len), diag);
    }
    redis_commands_reset(commands);
    return is_sent;
}

enum redis_answer redis_link_ask(struct redis_link *link, struct redis_commands *commands,
                                 struct redis_reply *reply, struct diag *diag)
{
    if (!redis_link_send(link, commands, diag)) {
        return REDIS_LOST;
    }
    return redis_link_take(link, reply, diag);
}

void redis_link_set_deadline(struct redis_link *link, uint64_t deadline_ns)
{
    transport_set_deadline(link->transport, deadline_ns);
}

/* ---- who we are ---- */

static enum redis_answer authenticate(struct redis_link *link, struct redis_commands *commands,
                                      struct diag *diag)
{
    const struct redis_link_options *options = link->options;
    struct redis_reply reply;

    if (options->password == NULL) {
        return REDIS_DONE;
    }
    redis_command_begin(commands, options->user[0] != '\0' ? 3 : 2);
    redis_command_text(commands, "AUTH");
    if (options->user[0] != '\0') {
        redis_command_text(commands, options->user);
    }
    redis_command_text(commands, options->password);
    return redis_link_ask(link, commands, &reply, diag);
}

static enum redis_answer select_database(struct redis_link *link, struct redis_commands *commands,
                                         struct diag *diag)
{
    struct redis_reply reply;

    if (link->options->database == NULL || strcmp(link->options->database, "0") == 0) {
        return REDIS_DONE;
    }
    redis_command_begin(commands, 2);
    redis_command_text(commands, "SELECT");
    redis_command_text(commands, link->options->database);
    return redis_link_ask(link, commands, &reply, diag);
}

/* A user who may not name himself may yet write. */
static enum redis_answer name_client(struct redis_link *link, struct redis_commands *commands,
                                     struct diag *diag)
{
    struct redis_reply reply;
    struct diag ignored;
    enum redis_answer answer;

    redis_command_begin(commands, 3);
    redis_command_text(commands, "CLIENT");
    redis_command_text(commands, "SETNAME");
    redis_command_text(commands, "basictap");
    answer = redis_link_ask(link, commands, &reply, &ignored);
    if (answer == REDIS_LOST) {
        diag_set(diag, "%s", ignored.text);
    }
    return answer == REDIS_LOST ? REDIS_LOST : REDIS_DONE;
}

static bool greet(struct redis_link *link, enum redis_answer *why, struct diag *diag)
{
    struct redis_commands commands = {0};

    *why = authenticate(link, &commands, diag);
    if (*why == REDIS_DONE) {
        *why = select_database(link, &commands, diag);
    }
    if (*why == REDIS_DONE) {
        *why = name_client(link, &commands, diag);
    }
    redis_commands_free(&commands);
    return *why == REDIS_DONE;
}

struct redis_link *redis_link_open(const struct redis_link_options *options, enum redis_answer *why,
                                   struct diag *diag)
{
    struct redis_link *link = calloc(1, sizeof(*link));

    *why = REDIS_LOST;
    if (link == NULL || (link->reader = redisReaderCreate()) == NULL) {
        diag_set(diag, "out of memory");
        redis_link_close(link);
        return NULL;
    }
    link->options = options;
    link->transport = transport_open(&options->to, diag);
    if (link->transport == NULL || !greet(link, why, diag)) {
        redis_link_close(link);
        return NULL;
    }
    return link;
}

void redis_link_close(struct redis_link *link)
{
    if (link == NULL) {
        return;
    }
    transport_close(link->transport);
    if (link->reader != NULL) {
        redisReaderFree(link->reader);
    }
    free(link);
}
