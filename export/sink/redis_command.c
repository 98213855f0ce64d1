#include "export/sink/redis_command.h"

#include <stdio.h>
#include <stdlib.h>

static bool grow(struct redis_commands *commands, size_t more)
{
    size_t size = 2 * commands->size + more + 4096;
    char *wire;

    if (commands->failed) {
        return false;
    }
    wire = malloc(size); /* not realloc: a password must not stay in what it gives back */
    if (wire == NULL) {
        commands->failed = true;
        return false;
    }
    if (commands->len > 0) {
        memcpy(wire, commands->wire, commands->len);
        bytes_wipe(commands->wire, commands->len);
    }
    free(commands->wire);
    commands->wire = wire;
    commands->size = size;
    return true;
}

static void append(struct redis_commands *commands, const void *from, size_t len)
{
    if (len > commands->size - commands->len && !grow(commands, len)) {
        return;
    }
    if (len > 0) {
        memcpy(commands->wire + commands->len, from, len);
        commands->len += len;
    }
}

/* "$12\r\n" */
static void append_length(struct redis_commands *commands, char mark, size_t length)
{
    char text[32];
    size_t at = sizeof(text);

    text[--at] = '\n';
    text[--at] = '\r';
    do {
        text[--at] = (char)('0' + length % 10);
        length /= 10;
    } while (length > 0);
    text[--at] = mark;
    append(commands, text + at, sizeof(text) - at);
}

void redis_command_begin(struct redis_commands *commands, size_t num_words)
{
    append_length(commands, '*', num_words);
}

void redis_command_word(struct redis_commands *commands, struct bytes word)
{
    append_length(commands, '$', word.len);
    append(commands, word.at, word.len);
    append(commands, "\r\n", 2);
}

void redis_command_text(struct redis_commands *commands, const char *word)
{
    redis_command_word(commands, bytes_of_text(word));
}

void redis_command_number(struct redis_commands *commands, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    redis_command_text(commands, text);
}

void redis_commands_reset(struct redis_commands *commands)
{
    if (commands->len > 0) {
        bytes_wipe(commands->wire, commands->len);
    }
    commands->len = 0;
    commands->failed = false;
}

void redis_commands_free(struct redis_commands *commands)
{
    redis_commands_reset(commands);
    free(commands->wire);
    *commands = (struct redis_commands){0};
}
