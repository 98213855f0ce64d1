#include <stdio.h>

#include "dissectors/base/text.h"
#include "sensor/commands/exit.h"
#include "sensor/commands/listen.h"
#include "sensor/commands/replay.h"
#include "sensor/commands/report.h"
#include "sensor/commands/resolve.h"
#include "sensor/commands/shapes.h"
#include "sensor/config.h"
#include "sensor/log.h"
#include "sensor/memory.h"
#include "sensor/options.h"
#include "sensor/privileges.h"

static int show(const char *text)
{
    (void)fputs(text, stdout);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_PARTLY;
}

static int refuse(enum command command, const struct diag *diag)
{
    const char *word = command_word(command);

    log_error("%s", diag->text);
    (void)fprintf(stderr, "Try 'basictap %s%s--help'.\n", word, word[0] != '\0' ? " " : "");
    return EXIT_USAGE;
}

/* What stands on the command line goes before what stands in the file. */
static bool override(const char *given, char member[CONFIG_TEXT_SIZE], const char *what,
                     struct diag *diag)
{
    if (given != NULL && !text_copy(member, CONFIG_TEXT_SIZE, given)) {
        diag_set(diag, "the %s is too long", what);
        return false;
    }
    return true;
}

/* Keys of the command line come to those of the file: none of them does harm. */
static bool add_keys(const struct options *options, struct config *config, struct diag *diag)
{
    for (size_t i = 0; i < options->num_keylogs; i++) {
        if (!config_add_path(config->tls.keylogs, &config->tls.num_keylogs, options->keylogs[i],
                             diag)) {
            return false;
        }
    }
    for (size_t i = 0; i < options->num_rsa_keys; i++) {
        if (!config_add_path(config->tls.rsa_keys, &config->tls.num_rsa_keys, options->rsa_keys[i],
                             diag)) {
            return false;
        }
    }
    return true;
}

static bool settle(const struct options *options, struct config *config, struct diag *diag)
{
    config_init(config);
    return (options->config == NULL || config_load(config, options->config, diag)) &&
           override(options->redis_url, config->redis.url, "URL", diag) &&
           override(options->store, config->store.path, "path of the journal", diag) &&
           override(options->filter, config->filter, "filter", diag) &&
           override(options->rules, config->rules, "rules directory", diag) &&
           override(options->name, config->name, "name", diag) && add_keys(options, config, diag);
}

static int run(const struct options *options, const struct config *config)
{
    switch (options->command) {
    case COMMAND_REPLAY:
        return replay_run(options, config);
    case COMMAND_LISTEN:
        return listen_run(options, config);
    case COMMAND_REPORT:
        return report_run(options, config);
    case COMMAND_RESOLVE:
        return resolve_run(options, config);
    case COMMAND_SHAPES:
        return shapes_run(options, config);
    case COMMAND_NONE:
    case NUM_COMMANDS:
        break;
    }
    return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
    struct options options;
    struct config config;
    struct diag diag = {{0}};

    privileges_forbid_cores();
    memory_init();
    switch (options_parse(argc, argv, &options, &diag)) {
    case OPTIONS_HELP:
        return show(options_help(options.command));
    case OPTIONS_VERSION:
        return show("basictap " BASICTAP_VERSION "\n");
    case OPTIONS_BAD:
        return refuse(options.command, &diag);
    case OPTIONS_RUN:
        break;
    }
    log_set_quiet(options.quiet);
    if (!settle(&options, &config, &diag)) {
        return refuse(options.command, &diag);
    }
    return run(&options, &config);
}
