#include "sensor/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sensor/source_file.h"
#include "sensor/source_live.h"
#include "sensor/source_reader.h"

struct source {
    struct source_options options;
    struct source_stats stats;
    struct live *live; /* NULL: files */
    const char *const *names;
    size_t num_names;
    size_t current; /* the file that is read or comes next */
    struct input input;
    struct reader reader;
    struct reader_names interface_names;
    struct filter *filter; /* NULL: none */
    struct frame frame;    /* the latest: a frame without a time of its own has its time */
    bool started;          /* the kind of the current file is known */
    bool spent;            /* the current file gives no more */
    size_t want;           /* fill the window to this before reading on; 0: read on */
};

static uint64_t total_size(const char *const *names, size_t num_names)
{
    uint64_t total = 0;
    struct stat status;

    for (size_t i = 0; i < num_names; i++) {
        if (strcmp(names[i], "-") == 0) {
            return 0;
        }
        if (stat(names[i], &status) == 0 && S_ISREG(status.st_mode)) {
            total += (uint64_t)status.st_size;
        }
    }
    return total;
}

struct source *source_open_files(const char *const *names, size_t num_names,
                                 const struct source_options *options, struct diag *diag)
{
    struct source *source = calloc(1, sizeof(*source));

    if (source == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    source->options = *options;
    source->names = names;
    source->num_names = num_names;
    source->stats.bytes_total = total_size(names, num_names);
    source->reader.names = &source->interface_names;
    source->reader.on_secrets = options->on_secrets;
    source->reader.ctx = options->ctx;
    if (options->filter != NULL) {
        source->filter = filter_new(options->filter, diag);
        if (source->filter == NULL) {
            source_close(source);
            return NULL;
        }
    }
    return source;
}

struct source *source_open_live(const char *interface, const struct source_options *options,
                                struct diag *diag)
{
    struct source *source = calloc(1, sizeof(*source));

    if (source == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    source->options = *options;
    source->live = live_open(interface, options, diag);
    if (source->live == NULL) {
        source_close(source);
        return NULL;
    }
    return source;
}

/* The current file is damaged behind what was read of it. */
static void report(struct source *source, const char *reason)
{
    const char *name = source->names[source->current];
    char words[sizeof(((struct diag *)0)->text)];

    source->stats.damaged_files++;
    source->spent = true;
    if (source->started) {
        (void)snprintf(words, sizeof(words), "%s: frame %llu: %s", name,
                       (unsigned long long)source->frame.at.frame + 1, reason);
    } else {
        (void)snprintf(words, sizeof(words), "%s: %s", name, reason);
    }
    if (source->options.on_error != NULL) {
        source->options.on_error(source->options.ctx, words);
    }
}

static void open_current(struct source *source)
{
    struct diag diag = {0};

    source->started = false;
    source->spent = false;
    source->want = READER_MIN_WANT;
    source->frame.at.frame = 0;
    source->frame.at.file = source->names[source->current];
    if (!input_open(&source->input, source->names[source->current], &diag)) {
        report(source, diag.text);
    }
}

static void close_current(struct source *source)
{
    input_close(&source->input);
    reader_clear(&source->reader);
    source->current++;
}

/* The window has the first bytes of a file. */
static void start_reader(struct source *source)
{
    struct bytes window = input_window(&source->input);

    if (reader_start(&source->reader, &window) == READ_DAMAGED) {
        report(source, source->reader.reason.text);
        return;
    }
    input_keep(&source->input, window);
    source->started = true;
}

/* Fills the window as the reader asked. SOURCE_IDLE: nothing came in time. */
static enum source_state refill(struct source *source)
{
    struct diag diag = {0};
    enum fill_result result = input_fill(&source->input, source->want, &diag);

    if (result == FILL_WAIT) {
        return SOURCE_IDLE;
    }
    source->stats.bytes_read = source->input.num_read;
    source->want = 0;
    if (result == FILL_FAILED) {
        report(source, diag.text);
    } else if (!source->started) {
        start_reader(source);
    } else if (result == FILL_END) {
        source->spent = true;
        if (input_window(&source->input).len > 0) {
            report(source, source->reader.reason.text);
        }
    }
    return SOURCE_MORE;
}

/* Brings source to where frames can be read, from file to file if need be. What the last pump gave
 * out is invalid from here on. */
static enum source_state prepare(struct source *source)
{
    while (source->spent || source->want > 0 || !source->input.is_open) {
        if (source->spent) {
            close_current(source);
            source->spent = false;
        } else if (source->current == source->num_names) {
            return SOURCE_END;
        } else if (!source->input.is_open) {
            open_current(source);
        } else if (refill(source) == SOURCE_IDLE) {
            return SOURCE_IDLE;
        }
    }
    return SOURCE_MORE;
}

/* True: the frame is for the caller. */
static bool count_frame(struct source *source, uint64_t before_ns)
{
    struct frame *frame = &source->frame;

    frame->at.frame++;
    source->stats.frames++;
    source->stats.time_backwards += frame->at.time.ns < before_ns;
    if (source->filter != NULL && !filter_matches(source->filter, frame)) {
        source->stats.filtered++;
        return false;
    }
    return true;
}

static enum source_state pump_files(struct source *source, size_t max, frame_fn *each, void *ctx)
{
    enum source_state state = prepare(source);
    enum read_result result = READ_SKIPPED;
    struct frame *frame = &source->frame;
    struct bytes window;
    size_t num = 0;

    if (state != SOURCE_MORE) {
        return state;
    }
    window = input_window(&source->input);
    while (num < max && (result == READ_FRAME || result == READ_SKIPPED)) {
        uint64_t before_ns = frame->at.time.ns;

        result = reader_next(&source->reader, &window, frame);
        if (result == READ_FRAME && count_frame(source, before_ns)) {
            each(ctx, frame);
            num++;
        }
    }
    input_keep(&source->input, window);
    if (result == READ_SHORT) {
        source->want = source->reader.want;
    } else if (result == READ_DAMAGED) {
        report(source, source->reader.reason.text);
    }
    return SOURCE_MORE;
}

enum source_state source_pump(struct source *source, size_t max, frame_fn *each, void *ctx)
{
    return source->live != NULL ? live_pump(source->live, max, each, ctx)
                                : pump_files(source, max, each, ctx);
}

void source_stats(struct source *source, struct source_stats *stats)
{
    if (source->live != NULL) {
        live_stats(source->live, stats);
        return;
    }
    *stats = source->stats;
    stats->secrets_blocks = source->reader.secrets_blocks;
}

void source_close(struct source *source)
{
    if (source == NULL) {
        return;
    }
    live_close(source->live);
    input_clear(&source->input);
    reader_clear(&source->reader);
    reader_names_clear(&source->interface_names);
    filter_free(source->filter);
    free(source);
}
