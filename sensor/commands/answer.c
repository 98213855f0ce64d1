#include "sensor/commands/answer.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "export/report/table.h"
#include "sensor/commands/line.h"
#include "sensor/commands/output.h"
#include "sensor/commands/setup.h"
#include "sensor/endpoint.h"
#include "sensor/keys.h"
#include "sensor/log.h"
#include "sensor/memory.h"
#include "sensor/pseudonym_key.h"
#include "sensor/shapes.h"
#include "sensor/stats.h"

enum { LAST_FLUSH_MS = 200 };

struct answer {
    struct setup setup;
    FILE *file;             /* of the table and the live lines; NULL: the answer is JSON lines */
    struct context context; /* of TLS; its keys come from `keys` */
    struct keys *keys;
    uint64_t key_generation; /* up to which sessions have looked for their keys */
    struct shape_model shapes;
    struct worker *worker;
    struct detector *detector;
    struct pseudonyms *pseudonyms; /* NULL: all names are clear */
    struct finding shown;          /* with pseudonyms */
    struct exporter *exporter;     /* NULL: neither JSON lines nor Redis */
    struct table *table;           /* NULL without file */
    struct timestamp now;          /* newest packet or, live, the clock */
    uint64_t hellos[NUM_TARGETS];
    uint64_t told_drops;
    void (*on_check)(void *ctx, const struct event *event); /* may be NULL */
    void *check_ctx;
};

/* ---- on the way ---- */

static void on_event(void *ctx, struct event *event)
{
    struct answer *answer = ctx;

    if (event->kind == EVENT_TLS && event->origin != NULL) {
        answer->hellos[detector_target(answer->detector, event->hello.server_name,
                                       &event->origin->server)]++;
    }
    detector_observe(answer->detector, event);
}

/* What a session said, not that there was one of which nothing is known. */
static bool is_news(const struct finding *finding)
{
    return finding->kind != FINDING_TLS &&
           (finding->inference == NULL ||
            strcmp(finding->inference, inference_word(INFERENCE_UNDECIDED)) != 0);
}

/* Whoever reads findings gets them from here: names are replaced for all of them alike. */
static void on_finding(void *ctx, const struct finding *finding)
{
    struct answer *answer = ctx;

    if (answer->pseudonyms != NULL) {
        answer->shown = *finding;
        pseudonyms_apply(answer->pseudonyms, &answer->shown);
        finding = &answer->shown;
    }
    if (answer->exporter != NULL) {
        exporter_put(answer->exporter, &finding_schema, finding);
    }
    if (answer->table != NULL) {
        table_add(answer->table, &finding_schema, finding);
    }
    if (answer->setup.is_live && answer->file != NULL && is_news(finding)) {
        line_print(answer->file, finding);
    }
}

static void on_check(void *ctx, const struct event *event)
{
    struct answer *answer = ctx;

    if (answer->on_check != NULL) {
        answer->on_check(answer->check_ctx, event);
    }
}

static void on_message(void *ctx, const char *words)
{
    (void)ctx;
    log_warning("%s", words);
}

/* ---- opening ---- */

static bool open_detector(struct answer *answer, struct diag *diag)
{
    struct detector_options options = setup_detector(&answer->setup);

    options.on_finding = on_finding;
    options.on_check = on_check;
    options.ctx = answer;
    answer->detector = detector_new(&options, diag);
    return answer->detector != NULL;
}

static bool open_pseudonyms(struct answer *answer, struct diag *diag)
{
    const struct config *config = answer->setup.config;
    const struct pseudonym_options ways = {.users = config->pseudonyms.users,
                                           .macs = config->pseudonyms.macs,
                                           .ips = config->pseudonyms.ips};

    if (ways.users == PSEUDONYM_CLEAR && ways.macs == PSEUDONYM_CLEAR &&
        ways.ips == PSEUDONYM_CLEAR) {
        return true;
    }
    answer->pseudonyms = pseudonym_key_open(config->pseudonyms.key_file, &ways, diag);
    return answer->pseudonyms != NULL;
}

static bool open_keys(struct answer *answer, struct diag *diag)
{
    const struct config *config = answer->setup.config;
    const struct keys_options options = setup_keys(&answer->setup);

    if (!context_init(&answer->context, config->tls.max_key_sessions,
                      (const uint8_t *)answer->setup.seed, diag)) {
        return false;
    }
    answer->context.max_waiting = config->tls.max_waiting;
    answer->keys = keys_open(&options, answer->context.keystore, diag);
    return answer->keys != NULL;
}

/* Rules of one's own need not say what encrypted logins look like; then nothing is inferred. */
static bool open_shapes(struct answer *answer, struct diag *diag)
{
    const struct tree *shapes = detector_shapes(answer->detector);

    if (shapes == NULL) {
        return true;
    }
    if (!shapes_read(shapes, &answer->shapes, diag)) {
        return false;
    }
    answer->context.shapes = &answer->shapes;
    answer->context.endpoint = endpoint_find;
    answer->context.endpoint_ctx = answer->detector;
    return true;
}

static bool open_worker(struct answer *answer, struct diag *diag)
{
    struct worker_options options = setup_worker(&answer->setup);

    options.context = &answer->context;
    options.on_event = on_event;
    options.ctx = answer;
    answer->worker = worker_new(&options, diag);
    return answer->worker != NULL;
}

static bool open_exporter(struct answer *answer, struct diag *diag)
{
    struct exporter_options options = setup_exporter(&answer->setup);

    if (answer->setup.options->command == COMMAND_SHAPES) {
        return true; /* what it counts is no finding */
    }
    if (options.ecs_path == NULL && options.redis.url == NULL && options.store_path == NULL &&
        answer->setup.config->num_sinks == 0) {
        return true;
    }
    options.on_message = on_message;
    options.starts_later = true;
    setup_make_place(&answer->setup);
    answer->exporter = exporter_open(&options, diag);
    if (answer->exporter == NULL) {
        return false;
    }
    /* A sensor is who it was: its findings' ids rest on the name. */
    return exporter_name(answer->exporter) == answer->setup.name ||
           text_copy(answer->setup.name, sizeof(answer->setup.name),
                     exporter_name(answer->exporter));
}

static bool open_table(struct answer *answer, struct diag *diag)
{
    const char *output = answer->setup.options->output;

    if (answer->setup.options->format != FORMAT_TABLE) {
        return true;
    }
    answer->file = output_open(output, answer->setup.is_live, diag);
    if (answer->file == NULL) {
        return false;
    }
    answer->table =
        table_new(&(struct table_limits){.max_devices = answer->setup.config->devices.max});
    if (answer->table == NULL) {
        diag_set(diag, "out of memory");
    }
    return answer->table != NULL;
}

struct answer *answer_open_silent(const struct options *options, const struct config *config,
                                  struct diag *diag)
{
    struct answer *answer = calloc(1, sizeof(*answer));

    if (answer == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    if (!setup_init(&answer->setup, options, config, diag) || !open_pseudonyms(answer, diag) ||
        !open_exporter(answer, diag) || !open_detector(answer, diag) || !open_keys(answer, diag) ||
        !open_shapes(answer, diag) || !open_worker(answer, diag)) {
        answer_free(answer);
        return NULL;
    }
    return answer;
}

struct answer *answer_open(const struct options *options, const struct config *config,
                           struct diag *diag)
{
    struct answer *answer = answer_open_silent(options, config, diag);

    if (answer != NULL && !open_table(answer, diag)) {
        answer_free(answer);
        return NULL;
    }
    return answer;
}

void answer_on_check(struct answer *answer,
                     void (*on_check_fn)(void *ctx, const struct event *event), void *ctx)
{
    answer->on_check = on_check_fn;
    answer->check_ctx = ctx;
}

bool answer_start(struct answer *answer, struct diag *diag)
{
    return answer->exporter == NULL || exporter_start(answer->exporter, diag);
}

void answer_free(struct answer *answer)
{
    if (answer == NULL) {
        return;
    }
    worker_free(answer->worker);
    keys_close(answer->keys);
    context_clear(&answer->context);
    detector_free(answer->detector);
    exporter_close(answer->exporter);
    pseudonyms_free(answer->pseudonyms);
    table_free(answer->table);
    output_close(answer->file);
    setup_clear(&answer->setup);
    free(answer);
}

/* ---- working ---- */

static void advance(struct answer *answer, struct timestamp now)
{
    if (now.ns > answer->now.ns) {
        answer->now = now;
    }
    detector_advance(answer->detector, answer->now);
}

/* Whoever watches sees it now. */
static void show(struct answer *answer)
{
    if (answer->file != NULL) {
        (void)fflush(answer->file);
    }
    if (answer->exporter != NULL) {
        (void)exporter_flush(answer->exporter, 0);
    }
}

/* Sessions that wait for keys look again when there are new ones. */
static void take_keys(struct answer *answer, bool last)
{
    enum config_wait wait = answer->setup.config->tls.wait;
    uint64_t generation;

    (void)keys_poll(answer->keys, last);
    generation = keystore_generation(answer->context.keystore);
    answer->context.wait =
        wait == CONFIG_WAIT_ALWAYS ||
        (wait == CONFIG_WAIT_AUTO &&
         (keys_are_given(answer->keys) || keystore_is_used(answer->context.keystore)));
    if (generation != answer->key_generation) {
        answer->key_generation = generation;
        worker_retry(answer->worker);
    }
}

void answer_on_secrets(void *ctx, uint32_t type, struct bytes secrets)
{
    struct answer *const *answer = ctx;

    keys_on_secrets((*answer)->keys, type, secrets);
}

enum source_state answer_pump(struct answer *answer, struct source *source)
{
    uint64_t before = answer_findings(answer);
    enum source_state state;

    memory_advise();
    take_keys(answer, false);
    state = worker_pump(answer->worker, source);
    advance(answer, worker_now(answer->worker));
    if (answer->setup.is_live && answer_findings(answer) != before) {
        show(answer);
    }
    return state;
}

void answer_tick(struct answer *answer, struct timestamp now)
{
    uint64_t before = answer_findings(answer);

    advance(answer, now);
    if (answer_findings(answer) != before) {
        show(answer);
    }
}

uint64_t answer_findings(const struct answer *answer)
{
    return detector_stats(answer->detector)->findings;
}

/* ---- saying ---- */

void answer_count(const struct answer *answer, struct source *source, struct coverage *coverage)
{
    *coverage = (struct coverage){.at = answer->now};
    source_stats(source, &coverage->source);
    worker_stats(answer->worker, &coverage->worker);
    coverage->detector = *detector_stats(answer->detector);
    if (answer->exporter != NULL) {
        exporter_stats(answer->exporter, &coverage->exporter);
    }
    keystore_stats(answer->context.keystore, &coverage->keystore);
    keys_stats(answer->keys, &coverage->keys);
    memcpy(coverage->hellos, answer->hellos, sizeof(coverage->hellos));
}

static void tell_drops(struct answer *answer, const struct source_stats *stats)
{
    uint64_t drops = stats->kernel_dropped + stats->interface_dropped;

    if (drops > answer->told_drops) {
        log_warning("%llu packets were dropped before they could be looked at",
                    (unsigned long long)(drops - answer->told_drops));
        answer->told_drops = drops;
    }
}

void answer_beat(struct answer *answer, struct source *source)
{
    struct coverage coverage;

    answer_count(answer, source, &coverage);
    tell_drops(answer, &coverage.source);
    if (answer->exporter != NULL) {
        exporter_put_state(answer->exporter, &coverage_schema, &coverage, false);
        (void)exporter_flush(answer->exporter, 0);
    }
}

static void say(struct answer *answer, struct source *source)
{
    struct coverage coverage;

    answer_count(answer, source, &coverage);
    if (answer->exporter != NULL) {
        exporter_put_state(answer->exporter, &coverage_schema, &coverage,
                           answer->setup.options->format == FORMAT_ECS);
    }
    if (answer->table != NULL) {
        struct table_style style = output_style(answer->file);

        table_print(answer->table, answer->file, &style);
        table_print_coverage(answer->file, &style, &coverage_schema, &coverage);
    }
}

void answer_reopen(struct answer *answer)
{
    if (answer->exporter != NULL) {
        exporter_reopen(answer->exporter);
    }
}

void answer_report(struct answer *answer, struct source *source)
{
    detector_flush(answer->detector); /* what is still counting belongs into the answer */
    say(answer, source);
    show(answer);
}

static void tell_left(const struct answer *answer, const struct exporter_stats *stats)
{
    uint64_t kept = stats->waiting - stats->journal.waiting;

    if (stats->not_sent > 0) {
        log_error("%llu records could not be delivered", (unsigned long long)stats->not_sent);
    }
    if (stats->write_errors > 0) {
        log_error("%llu records could not be written", (unsigned long long)stats->write_errors);
    }
    if (exporter_keeps(answer->exporter) && kept > 0) {
        log_notice("%llu records wait in the journal for the next run", (unsigned long long)kept);
    }
}

/* True: all was delivered, or is kept to be. */
static bool end_exporter(const struct answer *answer)
{
    struct exporter_stats stats;
    bool is_flushed;

    if (answer->exporter == NULL) {
        return true;
    }
    is_flushed = exporter_flush(answer->exporter, LAST_FLUSH_MS);
    exporter_stats(answer->exporter, &stats);
    tell_left(answer, &stats);
    if (!is_flushed && stats.not_sent == 0 && stats.write_errors == 0) {
        log_error("the end of the answer could not be written");
    }
    return is_flushed && stats.not_sent == 0 && stats.write_errors == 0;
}

void answer_cut(struct answer *answer)
{
    if (answer->exporter != NULL && exporter_keeps(answer->exporter)) {
        exporter_hold(answer->exporter);
        log_notice("what was not complete is in no journal: read the files again for that");
    }
}

bool answer_finish(struct answer *answer, struct source *source, struct patience patience)
{
    bool is_written;

    take_keys(answer, true);
    worker_end(answer->worker);
    detector_flush(answer->detector);
    if (answer->exporter != NULL && patience.is_stall) {
        (void)exporter_drain(answer->exporter, patience.ms);
    } else if (answer->exporter != NULL) {
        (void)exporter_flush(answer->exporter, patience.ms);
    }
    say(answer, source);
    is_written = answer->file == NULL || output_end(answer->file);
    return end_exporter(answer) && is_written;
}
