#include "export/exporter.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "export/clock.h"
#include "export/pump.h"
#include "export/sink/file.h"

enum {
    MAX_LAYOUTS = 16,         /* kinds of records in one program */
    MEMORY_BYTES = 128 << 20, /* of a journal that is in memory */
};
static const uint64_t ms_ns = 1000000u;

struct exporter {
    struct exporter_options options;
    struct sink_host host;
    struct record_layout *layouts[MAX_LAYOUTS];
    size_t num_layouts;
    struct file_sink *file;  /* NULL: none */
    struct journal *journal; /* NULL: none */
    struct pump *pumps[EXPORTER_MAX_SINKS];
    size_t num_pumps;
    struct sink sinks[EXPORTER_MAX_SINKS]; /* that have no pump yet */
    size_t num_sinks;
    bool is_held;      /* nothing more for the journal */
    uint64_t not_made; /* records that did not fit, or found no memory */
    uint64_t left;     /* in memory, when exporter_flush last gave up */
};

/* ---- opening ---- */

static bool open_file(struct exporter *exporter, struct diag *diag)
{
    if (exporter->options.ecs_path == NULL) {
        return true;
    }
    exporter->file = file_sink_open(&exporter->options, diag);
    return exporter->file != NULL;
}

static bool has_sinks(const struct exporter_options *options)
{
    return options->redis.url != NULL || options->num_files > 0 || options->num_servers > 0;
}

static struct journal *try_journal(const struct exporter *exporter, const char *path,
                                   struct diag *diag)
{
    const struct exporter_options *options = &exporter->options;
    struct journal_options to = {
        .path = path,
        .sensor = options->identity.observer_name,
        .sensor_is_given = options->name_is_given,
        .max_bytes = path != NULL ? options->store_max_bytes : MEMORY_BYTES,
        .max_age_s = options->store_max_age_s,
        .max_devices = options->store_max_devices,
        .queue_records = options->queue_records,
        .queue_bytes = options->queue_bytes,
        .waits = options->waits,
        .wall_s = options->wall_s,
        .on_message = options->on_message,
        .ctx = options->ctx,
    };

    return journal_open(&to, diag);
}

static void tell_memory(const struct exporter *exporter, const struct diag *why)
{
    char words[sizeof(why->text) + 64];

    if (exporter->options.on_message != NULL) {
        (void)snprintf(words, sizeof(words), "%s: findings are kept in memory only", why->text);
        exporter->options.on_message(exporter->options.ctx, words);
    }
}

static bool open_journal(struct exporter *exporter, struct diag *diag)
{
    struct exporter_options *options = &exporter->options;

    if (options->store_path == NULL && !has_sinks(options)) {
        return true;
    }
    exporter->journal = try_journal(exporter, options->store_path, diag);
    if (exporter->journal == NULL && options->store_path != NULL && options->store_is_optional) {
        tell_memory(exporter, diag);
        options->store_path = NULL;
        exporter->journal = try_journal(exporter, NULL, diag);
    }
    if (exporter->journal == NULL) {
        return false;
    }
    options->identity.observer_name = journal_sensor(exporter->journal);
    exporter->host.identity = options->identity;
    return true;
}

/* Room for one more is there. */
static void add_sink(struct exporter *exporter, const struct sink *sink)
{
    exporter->sinks[exporter->num_sinks++] = *sink;
}

static bool open_all(struct exporter *exporter, struct diag *diag)
{
    const struct exporter_options *options = &exporter->options;
    struct sink sink;

    if (options->redis.url != NULL) {
        if (!redis_sink_open(&options->redis, &exporter->host, &sink, diag)) {
            return false;
        }
        add_sink(exporter, &sink);
    }
    for (size_t i = 0; i < options->num_files; i++) {
        if (!line_file_sink_open(&options->files[i], &sink, diag)) {
            return false;
        }
        add_sink(exporter, &sink);
    }
    for (size_t i = 0; i < options->num_servers; i++) {
        if (!syslog_sink_open(&options->servers[i], &exporter->host, &sink, diag)) {
            return false;
        }
        add_sink(exporter, &sink);
    }
    return true;
}

static bool open_sinks(struct exporter *exporter, struct diag *diag)
{
    const struct exporter_options *options = &exporter->options;

    if (!has_sinks(options)) {
        return true;
    }
    if (1 + options->num_files + options->num_servers > EXPORTER_MAX_SINKS) {
        diag_set(diag, "too many sinks");
        return false;
    }
    exporter->host.cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (exporter->host.cancel_fd < 0) {
        diag_set(diag, "no event descriptor");
        return false;
    }
    return open_all(exporter, diag) && (options->starts_later || exporter_start(exporter, diag));
}

bool exporter_start(struct exporter *exporter, struct diag *diag)
{
    while (exporter->num_sinks > 0) {
        struct sink *sink = &exporter->sinks[--exporter->num_sinks]; /* the pump takes it */
        struct pump *pump = pump_open(exporter->journal, sink, exporter->options.on_message,
                                      exporter->options.ctx, diag);

        if (pump == NULL) {
            return false;
        }
        exporter->pumps[exporter->num_pumps++] = pump;
    }
    return true;
}

struct exporter *exporter_open(const struct exporter_options *options, struct diag *diag)
{
    struct exporter *exporter = calloc(1, sizeof(*exporter));

    if (exporter == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    exporter->options = *options;
    exporter->host = (struct sink_host){.identity = options->identity, .cancel_fd = -1};
    if (!open_file(exporter, diag) || !open_journal(exporter, diag) ||
        !open_sinks(exporter, diag)) {
        exporter_close(exporter);
        return NULL;
    }
    return exporter;
}

const char *exporter_name(const struct exporter *exporter)
{
    return exporter->options.identity.observer_name;
}

bool exporter_keeps(const struct exporter *exporter)
{
    return exporter->journal != NULL && exporter->options.store_path != NULL;
}

/* ---- putting ---- */

/* The layout of a schema, made at its first record; NULL: it cannot be. */
static struct record_layout *layout_of(struct exporter *exporter, const struct schema *schema)
{
    struct record_layout *layout = NULL;

    for (size_t i = 0; i < exporter->num_layouts; i++) {
        if (record_layout_schema(exporter->layouts[i]) == schema) {
            return exporter->layouts[i];
        }
    }
    if (exporter->num_layouts < MAX_LAYOUTS) {
        layout = record_layout_new(schema, &exporter->options.identity);
    }
    if (layout != NULL) {
        exporter->layouts[exporter->num_layouts++] = layout;
    }
    return layout;
}

/* What only goes to the journal needs no JSON: that is made when it is read. */
static struct record *make(struct exporter *exporter, const struct schema *schema,
                           const void *object, bool with_json)
{
    struct record_layout *layout = layout_of(exporter, schema);
    struct record *record = NULL;

    if (layout != NULL) {
        record = with_json ? record_new(layout, object) : record_new_flat(layout, object);
    }
    exporter->not_made += record == NULL;
    return record;
}

void exporter_put(struct exporter *exporter, const struct schema *schema, const void *object)
{
    struct record *record = make(exporter, schema, object, exporter->file != NULL);

    if (record != NULL && exporter->file != NULL) {
        file_sink_put(exporter->file, record_json(record));
    }
    if (exporter->journal != NULL && !exporter->is_held) {
        journal_put(exporter->journal, record);
    } else {
        record_free(record);
    }
}

void exporter_hold(struct exporter *exporter)
{
    exporter->is_held = true;
}

void exporter_put_state(struct exporter *exporter, const struct schema *schema, const void *object,
                        bool line)
{
    if (line && exporter->file != NULL) {
        struct record *record = make(exporter, schema, object, true);

        if (record != NULL) {
            file_sink_put(exporter->file, record_json(record));
        }
        record_free(record);
    }
    for (size_t i = 0; i < exporter->num_pumps; i++) {
        pump_put_state(exporter->pumps[i], make(exporter, schema, object, true));
    }
}

/* ---- the end ---- */

static unsigned ms_until(uint64_t end_ns)
{
    uint64_t now = clock_now_ns();

    return now < end_ns ? (unsigned)((end_ns - now + ms_ns - 1) / ms_ns) : 0;
}

bool exporter_flush(struct exporter *exporter, unsigned deadline_ms)
{
    uint64_t end_ns = clock_now_ns() + deadline_ms * ms_ns;
    bool is_all = exporter->file == NULL || file_sink_flush(exporter->file);
    struct exporter_stats stats;

    if (exporter->journal != NULL) {
        is_all = journal_flush(exporter->journal, deadline_ms) && is_all;
    }
    for (size_t i = 0; i < exporter->num_pumps; i++) {
        bool has_all = pump_flush(exporter->pumps[i], ms_until(end_ns));

        is_all = is_all && (has_all || exporter_keeps(exporter));
    }
    if (deadline_ms > 0 && exporter->journal != NULL) {
        exporter_stats(exporter, &stats);
        exporter->left = exporter_keeps(exporter) ? stats.journal.waiting : stats.waiting;
    }
    return is_all;
}

bool exporter_drain(struct exporter *exporter, unsigned stall_ms)
{
    struct exporter_stats before;
    struct exporter_stats after;
    bool is_all;

    do {
        exporter_stats(exporter, &before);
        is_all = exporter_flush(exporter, stall_ms);
        exporter_stats(exporter, &after);
    } while (!is_all && after.sent > before.sent);
    return is_all;
}

void exporter_stats(struct exporter *exporter, struct exporter_stats *stats)
{
    struct pump_stats pumps[EXPORTER_MAX_SINKS];
    uint64_t kept;

    *stats = (struct exporter_stats){.write_errors = exporter->not_made};
    if (exporter->file != NULL) {
        file_sink_stats(exporter->file, stats);
    }
    if (exporter->journal == NULL) {
        return;
    }
    for (size_t i = 0; i < exporter->num_pumps; i++) { /* what comes after this is not yet sent */
        pump_stats(exporter->pumps[i], &pumps[i]);
    }
    journal_stats(exporter->journal, &stats->journal);
    stats->waiting = stats->journal.waiting;
    stats->not_sent = stats->journal.lost + (exporter_keeps(exporter) ? 0 : stats->journal.unread);
    for (size_t i = 0; i < exporter->num_pumps; i++) {
        stats->sent += pumps[i].sent;
        stats->not_sent += pumps[i].dropped;
        stats->waiting += journal_behind(&stats->journal, pumps[i].position);
    }
    kept = exporter_keeps(exporter) ? stats->journal.waiting : stats->waiting;
    stats->not_sent += exporter->left < kept ? exporter->left : kept;
}

void exporter_reopen(struct exporter *exporter)
{
    for (size_t i = 0; i < exporter->num_pumps; i++) {
        pump_reopen(exporter->pumps[i]);
    }
}

void exporter_close(struct exporter *exporter)
{
    if (exporter == NULL) {
        return;
    }
    file_sink_close(exporter->file);
    for (size_t i = 0; i < exporter->num_pumps; i++) {
        pump_stop(exporter->pumps[i]);
    }
    if (exporter->host.cancel_fd >= 0) {
        (void)eventfd_write(exporter->host.cancel_fd, 1);
    }
    for (size_t i = 0; i < exporter->num_pumps; i++) {
        pump_close(exporter->pumps[i]);
    }
    for (size_t i = 0; i < exporter->num_sinks; i++) {
        exporter->sinks[i].type->close(exporter->sinks[i].self);
    }
    journal_close(exporter->journal); /* after the pumps, whose last cursors it writes */
    if (exporter->host.cancel_fd >= 0) {
        (void)close(exporter->host.cancel_fd);
    }
    for (size_t i = 0; i < exporter->num_layouts; i++) {
        record_layout_free(exporter->layouts[i]);
    }
    free(exporter);
}
