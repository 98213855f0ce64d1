#include "sensor/commands/replay.h"

#include <string.h>
#include <sys/stat.h>

#include "sensor/commands/answer.h"
#include "sensor/commands/exit.h"
#include "sensor/commands/progress.h"
#include "sensor/commands/signals.h"
#include "sensor/log.h"

static const struct patience patient = {.ms = 5000, .is_stall = true};
static const struct patience hurried = {.ms = 700};

static void on_error(void *ctx, const char *words)
{
    (void)ctx;
    log_warning("%s", words);
}

static bool is_input(const struct options *options, const char *path, struct diag *diag)
{
    struct stat output;
    struct stat input;

    if (path == NULL || stat(path, &output) != 0 || !S_ISREG(output.st_mode)) {
        return false;
    }
    for (size_t i = 0; i < options->num_files; i++) {
        if (stat(options->files[i], &input) == 0 && input.st_dev == output.st_dev &&
            input.st_ino == output.st_ino) {
            diag_set(diag, "%s would be both read and written", options->files[i]);
            return true;
        }
    }
    return false;
}

/* Opening the output would empty a capture that is yet to be read; as a journal it would be
 * damaged, and set aside. */
static bool is_output_an_input(const struct options *options, const struct config *config,
                               struct diag *diag)
{
    return is_input(options, options->output, diag) || is_input(options, config->store.path, diag);
}

/* Until the end of the files, or a signal. */
static void read_all(struct answer *answer, struct source *source)
{
    struct progress progress;

    progress_init(&progress);
    while (signals_end() == 0 && answer_pump(answer, source) != SOURCE_END) {
        progress_show(&progress, source, answer_findings(answer));
    }
    progress_clear(&progress);
}

/* Files can be read again, and what comes through a pipe cannot. */
static bool is_repeatable(const struct options *options)
{
    for (size_t i = 0; i < options->num_files; i++) {
        struct stat info;

        if (stat(options->files[i], &info) != 0 || !S_ISREG(info.st_mode)) {
            return false;
        }
    }
    return true;
}

static int finish(const struct options *options, struct answer *answer, struct source *source)
{
    int end = signals_end();
    struct source_stats stats;
    bool is_delivered;

    if (end != 0) {
        log_notice("ended early: the answer stands for what was read until now");
        if (is_repeatable(options)) {
            answer_cut(answer);
        }
    }
    is_delivered = answer_finish(answer, source, end == 0 ? patient : hurried);
    source_stats(source, &stats);
    if (end != 0) {
        return EXIT_BY_SIGNAL + end;
    }
    return is_delivered && stats.damaged_files == 0 ? EXIT_DONE : EXIT_PARTLY;
}

int replay_run(const struct options *options, const struct config *config)
{
    struct answer *answer = NULL;
    struct source_options source_options = {
        .filter = config->filter[0] != '\0' ? config->filter : NULL,
        .on_error = on_error,
        .on_secrets = answer_on_secrets,
        .ctx = &answer,
    };
    struct diag diag = {{0}};
    struct source *source = NULL;
    int status = EXIT_USAGE;

    if (!is_output_an_input(options, config, &diag)) {
        source = source_open_files(options->files, options->num_files, &source_options, &diag);
    }
    if (source != NULL) {
        answer = answer_open(options, config, &diag);
    }
    if (answer != NULL) {
        signals_catch(false);
        read_all(answer, source);
        status = finish(options, answer, source);
    } else {
        log_error("%s", diag.text);
    }
    answer_free(answer);
    source_close(source);
    return status;
}
