#include "sensor/commands/shapes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/commands/answer.h"
#include "sensor/commands/exit.h"
#include "sensor/commands/shapes_input.h"
#include "sensor/commands/shapes_table.h"
#include "sensor/commands/signals.h"
#include "sensor/log.h"

/* One check of many captures. */
struct run {
    const struct options *options;
    struct config given;
    struct config config; /* for the capture at hand: with the keys beside it */
    const char *path;     /* of it */
    FILE *out;
    uint64_t told; /* sessions */
    struct shapes_total total;
};

static void on_check(void *ctx, const struct event *event)
{
    struct run *run = ctx;
    bool is_wrong = check_verdict(event->inference) == CHECK_WRONG ||
                    check_outcome(event->inference, event->auth.outcome) == CHECK_WRONG;

    if (run->options->each || is_wrong) {
        shapes_session_print(run->out, run->path, event);
        run->told++;
    }
}

static void on_error(void *ctx, const char *words)
{
    (void)ctx;
    log_warning("%s", words);
}

static void add_up(struct run *run, const struct coverage *coverage)
{
    struct shapes_total *total = &run->total;

    for (enum service service = 0; service < NUM_SERVICES; service++) {
        if (service != SERVICE_UNKNOWN && service != SERVICE_PROXY) {
            total->opened[check_group_of(service)] +=
                coverage->worker.readings[service][TLS_READING_DECRYPTED];
        }
    }
    for (enum check_group group = 0; group < NUM_CHECK_GROUPS; group++) {
        check_counts_add(&total->checks.groups[group], &coverage->detector.checks.groups[group]);
    }
    total->inferred += coverage->detector.inferred;
    total->captures++;
    total->damaged += coverage->source.damaged_files > 0;
}

static void read_source(struct run *run, struct answer *answer, struct source *source)
{
    struct coverage coverage;

    answer_on_check(answer, on_check, run);
    while (signals_end() == 0 && answer_pump(answer, source) != SOURCE_END) {
    }
    (void)answer_finish(answer, source, (struct patience){0});
    answer_count(answer, source, &coverage);
    add_up(run, &coverage);
}

/* A run of its own for each capture: what was seen in one says nothing of the next. */
static bool check_capture(struct run *run, struct diag *diag)
{
    struct answer *answer = NULL;
    struct source_options source_options = {
        .filter = run->config.filter[0] != '\0' ? run->config.filter : NULL,
        .on_error = on_error,
        .on_secrets = answer_on_secrets,
        .ctx = &answer,
    };
    struct source *source = source_open_files(&run->path, 1, &source_options, diag);

    if (source != NULL) {
        answer = answer_open_silent(run->options, &run->config, diag);
    }
    if (answer != NULL) {
        read_source(run, answer, source);
    }
    answer_free(answer);
    source_close(source);
    return source != NULL && answer != NULL;
}

static bool add_keys(struct run *run, struct diag *diag)
{
    char keys[SHAPES_PATH_SIZE];

    run->config = run->given;
    run->config.redis.url[0] = '\0'; /* of a configuration that is made for replay and listen */
    return !shapes_input_keys(run->path, keys) ||
           config_add_path(run->config.tls.keylogs, &run->config.tls.num_keylogs, keys, diag);
}

static void show_progress(const struct run *run, size_t num)
{
    char words[96];

    (void)snprintf(words, sizeof(words), "%llu of %zu captures, %llu sessions told",
                   (unsigned long long)run->total.captures, num, (unsigned long long)run->told);
    log_status(words);
}

/* False and words: one could not be begun. */
static bool check_all(struct run *run, const struct shapes_input *input, struct diag *diag)
{
    bool is_good = true;

    for (size_t i = 0; is_good && i < input->num && signals_end() == 0; i++) {
        run->path = input->paths[i];
        show_progress(run, input->num);
        is_good = add_keys(run, diag) && check_capture(run, diag);
    }
    log_status(NULL);
    return is_good;
}

static bool find_inputs(const struct options *options, struct shapes_input *input,
                        struct diag *diag)
{
    for (size_t i = 0; i < options->num_files; i++) {
        if (!shapes_input_add(input, options->files[i], options->set, diag)) {
            return false;
        }
    }
    if (input->num == 0) {
        diag_set(diag, "there is no capture in what was given");
    }
    return input->num > 0;
}

static bool open_output(struct run *run, struct diag *diag)
{
    const char *output = run->options->output;

    run->out = output == NULL ? stdout : fopen(output, "we");
    if (run->out == NULL) {
        diag_set(diag, "%s: %s", output, strerror(errno));
    }
    return run->out != NULL;
}

/* True: all was written. */
static bool close_output(struct run *run)
{
    bool is_written = fflush(run->out) == 0 && ferror(run->out) == 0;

    if (!is_written) {
        log_error("the tables could not be written: %s", strerror(errno));
    }
    return (run->out == stdout || fclose(run->out) == 0) && is_written;
}

static int finish(struct run *run)
{
    int end = signals_end();
    bool is_written;

    if (run->told > 0) {
        (void)fputc('\n', run->out);
    }
    shapes_table_print(run->out, &run->total);
    is_written = close_output(run);
    if (end != 0) {
        return EXIT_BY_SIGNAL + end;
    }
    return is_written && run->total.damaged == 0 ? EXIT_DONE : EXIT_PARTLY;
}

int shapes_run(const struct options *options, const struct config *config)
{
    struct run *run = calloc(1, sizeof(*run));
    struct shapes_input input = {0};
    struct diag diag = {{0}};
    int status = EXIT_USAGE;

    if (run == NULL) {
        log_error("out of memory");
        return EXIT_USAGE;
    }
    run->options = options;
    run->given = *config;
    signals_catch(false);
    if (find_inputs(options, &input, &diag) && open_output(run, &diag)) {
        if (check_all(run, &input, &diag)) {
            status = finish(run);
        } else {
            (void)close_output(run);
            log_error("%s", diag.text);
        }
    } else {
        log_error("%s", diag.text);
    }
    shapes_input_clear(&input);
    free(run);
    return status;
}
