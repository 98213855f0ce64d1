#include "export/sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STALL_MS = 2000 };

struct file_sink {
    const struct exporter_options *options;
    int fd;
    bool each_line; /* a terminal: somebody watches */
    bool gone;
    int told; /* errno of the failure that was told last; 0: all is well */
    uint64_t written;
    uint64_t errors;
    size_t lines; /* in the buffer */
    size_t len;
    char buffer[FILE_BUFFER];
};

static int open_path(const struct exporter_options *options)
{
    int mode = options->ecs_append ? O_APPEND : O_TRUNC;

    if (strcmp(options->ecs_path, "-") == 0) {
        return STDOUT_FILENO;
    }
    return open(options->ecs_path, O_WRONLY | O_CREAT | O_CLOEXEC | mode, 0640);
}

struct file_sink *file_sink_open(const struct exporter_options *options, struct diag *diag)
{
    struct file_sink *sink = calloc(1, sizeof(*sink));

    if (sink == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    sink->options = options;
    sink->fd = open_path(options);
    if (sink->fd < 0) {
        diag_set(diag, "%s: %s", options->ecs_path, strerror(errno));
        free(sink);
        return NULL;
    }
    sink->each_line = isatty(sink->fd) == 1;
    return sink;
}

static void tell(struct file_sink *sink, int error)
{
    char words[512];

    if (error == sink->told || sink->options->on_message == NULL) {
        return;
    }
    sink->told = error;
    (void)snprintf(words, sizeof(words), "%s: %s", sink->options->ecs_path,
                   error == 0 ? "written again" : strerror(error));
    sink->options->on_message(sink->options->ctx, words);
}

/* A pipe of somebody's that does not block: wait for its reader for a while. */
static bool wait_for_reader(const struct file_sink *sink)
{
    struct pollfd wait = {.fd = sink->fd, .events = POLLOUT};

    return poll(&wait, 1, STALL_MS) == 1;
}

static void on_failure(struct file_sink *sink, int error)
{
    if (error != ENOSPC && error != EDQUOT && error != EAGAIN) {
        sink->gone = true;
        sink->errors += sink->lines;
        sink->lines = 0;
        sink->len = 0;
    }
    tell(sink, error);
}

bool file_sink_flush(struct file_sink *sink)
{
    size_t done = 0;
    int error = 0;

    while (done < sink->len && error == 0) {
        ssize_t wrote = write(sink->fd, sink->buffer + done, sink->len - done);

        if (wrote >= 0) {
            done += (size_t)wrote;
        } else if (errno != EINTR && !(errno == EAGAIN && wait_for_reader(sink))) {
            error = errno;
        }
    }
    memmove(sink->buffer, sink->buffer + done, sink->len - done);
    sink->len -= done;
    if (error != 0) {
        on_failure(sink, error);
        return false;
    }
    if (done > 0) {
        tell(sink, 0);
    }
    sink->written += sink->lines;
    sink->lines = 0;
    return !sink->gone;
}

void file_sink_put(struct file_sink *sink, struct bytes line)
{
    if (!sink->gone && line.len >= sizeof(sink->buffer) - sink->len) {
        (void)file_sink_flush(sink);
    }
    if (sink->gone || line.len >= sizeof(sink->buffer) - sink->len) {
        sink->errors++;
        return;
    }
    memcpy(sink->buffer + sink->len, line.at, line.len);
    sink->len += line.len;
    sink->buffer[sink->len++] = '\n';
    sink->lines++;
    if (sink->each_line) {
        (void)file_sink_flush(sink);
    }
}

void file_sink_stats(const struct file_sink *sink, struct exporter_stats *stats)
{
    stats->written += sink->written;
    stats->write_errors += sink->errors;
}

void file_sink_close(struct file_sink *sink)
{
    if (sink == NULL) {
        return;
    }
    if (!sink->gone) {
        (void)file_sink_flush(sink);
    }
    if (sink->fd != STDOUT_FILENO) {
        (void)close(sink->fd);
    }
    free(sink);
}
