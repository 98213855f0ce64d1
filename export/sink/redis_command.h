/* redis_command: commands as Redis reads them (RESP: "*2", "$4", "PING"), one after another in a
 * buffer that grows. */
#ifndef BASICTAP_EXPORT_SINK_REDIS_COMMAND_H
#define BASICTAP_EXPORT_SINK_REDIS_COMMAND_H

#include "dissectors/base/bytes.h"

struct redis_commands {
    char *wire;
    size_t len;
    size_t size;
    bool failed; /* out of memory: what is in it must not be sent */
};

/* A command begins with how many words it has; each is then added. */
void redis_command_begin(struct redis_commands *commands, size_t num_words);
void redis_command_word(struct redis_commands *commands, struct bytes word);
void redis_command_text(struct redis_commands *commands, const char *word);
void redis_command_number(struct redis_commands *commands, uint64_t number);

void redis_commands_reset(struct redis_commands *commands); /* wiped, and kept for the next */
void redis_commands_free(struct redis_commands *commands);  /* wiped too */

#endif
