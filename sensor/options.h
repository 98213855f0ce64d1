/*
 * options: the command line. Says what was asked for, or in a sentence what is wrong with it; opens
 * and prints nothing.
 */
#ifndef BASICTAP_SENSOR_OPTIONS_H
#define BASICTAP_SENSOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "dissectors/base/diag.h"

enum command {
    COMMAND_NONE,
    COMMAND_REPLAY,
    COMMAND_LISTEN,
    COMMAND_REPORT,
    COMMAND_RESOLVE,
    COMMAND_SHAPES,
    NUM_COMMANDS
};
enum { OPTIONS_MAX_KEYS = 16 }; /* of one kind */
enum format { FORMAT_TABLE, FORMAT_ECS };

/* Strings point into argv; NULL: not given. */
struct options {
    enum command command;
    enum format format;
    bool each;
    bool quiet;
    bool check;      /* shapes */
    const char *set; /* shapes */
    const char *output;
    const char *redis_url;
    const char *store; /* the journal */
    const char *key;   /* resolve */
    const char *match; /* resolve */
    const char *config;
    const char *filter;
    const char *rules;
    const char *name;
    const char *interface; /* listen */
    const char *keylogs[OPTIONS_MAX_KEYS];
    size_t num_keylogs;
    const char *rsa_keys[OPTIONS_MAX_KEYS];
    size_t num_rsa_keys;
    const char *const *files; /* replay, shapes; resolve: of names */
    size_t num_files;
};

enum options_result {
    OPTIONS_RUN,
    OPTIONS_HELP,    /* was asked for, about options->command */
    OPTIONS_VERSION, /* was asked for */
    OPTIONS_BAD,     /* diag says why; options->command is what help to point at */
};

/* May reorder argv, operands last. */
enum options_result options_parse(int argc, char *argv[], struct options *options,
                                  struct diag *diag);

const char *options_help(enum command command);
/* "replay", "listen", "report", "resolve", "shapes", "" */
const char *command_word(enum command command);

#endif
