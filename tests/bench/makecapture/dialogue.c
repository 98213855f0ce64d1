/*
 * dialogue: the messages of a flow while they are made.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

static char *text;
static size_t text_len;
static size_t text_size;
static struct message messages[MAX_MESSAGES];
static uint32_t num_messages;

static void fail(const char *words)
{
    (void)fprintf(stderr, "makecapture: %s\n", words);
    exit(1);
}

static void *need(void *memory)
{
    if (memory == NULL) {
        fail("out of memory");
    }
    return memory;
}

void dialogue_begin(void)
{
    text_len = 0;
    num_messages = 0;
}

uint32_t dialogue_len(void)
{
    return num_messages;
}

static struct message *begin_message(enum side from)
{
    if (num_messages == MAX_MESSAGES) {
        fail("a dialogue is too long");
    }
    messages[num_messages] = (struct message){.at = (uint32_t)text_len, .from = (uint8_t)from};
    return &messages[num_messages++];
}

static void append(struct message *message, const void *data, size_t len)
{
    if (len > text_size - text_len) {
        text_size = 2 * text_size + len;
        text = need(realloc(text, text_size));
    }
    memcpy(text + text_len, data, len);
    text_len += len;
    message->len += (uint32_t)len;
}

void say_more(const void *data, size_t len)
{
    append(&messages[num_messages - 1], data, len);
}

struct message *say_then_random(enum side from, const struct buffer *head, uint32_t num_random)
{
    struct message *message = begin_message(from);

    append(message, head->at, head->len);
    if (num_random > 0) {
        append(message, draw_bytes(), num_random);
    }
    return message;
}

struct message *say_buffer(enum side from, const struct buffer *buffer)
{
    return say_then_random(from, buffer, 0);
}

struct message *say(enum side from, const char *format, ...)
{
    struct message *message = begin_message(from);
    char line[1024];
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= sizeof(line)) {
        fail("a line is too long");
    }
    append(message, line, (size_t)len);
    return message;
}

void mark_credential(struct message *message, uint32_t split_at)
{
    message->marks |= MARK_CREDENTIAL;
    if (split_at > 0 && split_at < message->len && draw_chance(options.split)) {
        message->split = split_at;
    }
}

void mark_reply(struct message *message)
{
    message->marks |= MARK_REPLY;
}

static void *copy(const void *data, size_t len)
{
    return memcpy(need(malloc(len > 0 ? len : 1)), data, len);
}

void dialogue_end(struct flow *flow)
{
    flow->text = copy(text, text_len);
    flow->messages = copy(messages, num_messages * sizeof(*messages));
    flow->num_messages = num_messages;
}
