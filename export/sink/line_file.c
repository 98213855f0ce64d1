#include "export/sink/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dissectors/base/text.h"
#include "export/format/instant.h"
#include "export/sink/line_file_state.h"

enum {
    MAX_PATH = 1024,
    BUFFER = 1 << 20,  /* several of the longest lines */
    TAIL = 256 * 1024, /* longer than any line */
    TIMEOUT_MS = 10000,
};
static const uint64_t hour_ms = 3600000;

struct line_file {
    struct line_file_options options;
    struct formatter *formatter;
    int fd; /* -1: not open */
    uint64_t size;
    uint64_t last; /* sequence of the record that was written last */
    struct line_file_state state;
    size_t num;    /* records in the buffer */
    uint64_t next; /* sequence of the last of them */
    size_t len;
    char state_path[MAX_PATH];
    char buffer[BUFFER];
};

/* Words, which the pump says with the path before them, and the result to give. */
static enum sink_result fail(int error, struct diag *why)
{
    char scratch[128];

    diag_set(why, "%s", strerror_r(error, scratch, sizeof(scratch)));
    return SINK_RETRY;
}

static void leave(struct line_file *file)
{
    if (file->fd >= 0) {
        (void)close(file->fd);
    }
    file->fd = -1;
}

/* ---- the file as it is found ---- */

/* The end of the file, at most TAIL bytes, into the buffer, which holds nothing else then. */
static bool read_tail(struct line_file *file, size_t *len)
{
    uint64_t start = file->size > TAIL ? file->size - TAIL : 0;
    ssize_t got = pread(file->fd, file->buffer, TAIL, (off_t)start);

    *len = got > 0 ? (size_t)got : 0;
    return got >= 0 && *len == file->size - start;
}

/* Behind the last LF before end in the buffer; 0: there is none. */
static size_t line_start(const struct line_file *file, size_t end)
{
    while (end > 0 && file->buffer[end - 1] != '\n') {
        end--;
    }
    return end;
}

static bool cut(struct line_file *file, uint64_t size)
{
    if (ftruncate(file->fd, (off_t)size) != 0) {
        return false;
    }
    file->size = size;
    return true;
}

/* Of the lines that are ours: the last one's number, and what was cut by a crash goes. Without such
 * a line the cursor counts: the number of an inode that was removed is soon given again. */
static bool take_up(struct line_file *file, uint64_t *applied)
{
    size_t len;
    size_t whole;
    size_t start;

    if (*applied < file->state.base) {
        *applied = file->state.base;
    }
    if (file->size == file->state.offset) {
        return true;
    }
    if (!read_tail(file, &len)) {
        return false;
    }
    whole = line_start(file, len);
    if (whole < len && !cut(file, file->size - (len - whole))) {
        return false;
    }
    if (whole == 0 || file->size <= file->state.offset) {
        return true;
    }
    start = line_start(file, whole - 1);
    (void)formatter_find_sequence(file->options.format,
                                  bytes_view(file->buffer + start, whole - start), applied);
    return true;
}

/* Lines of somebody else's stay; ours begin on a new one. */
static bool begin_behind(struct line_file *file)
{
    size_t len;

    if (file->size == 0) {
        return true;
    }
    if (!read_tail(file, &len)) {
        return false;
    }
    if (len > 0 && file->buffer[len - 1] != '\n') {
        if (write(file->fd, "\n", 1) != 1) {
            return false;
        }
        file->size++;
    }
    return true;
}

/* A file that is not the one of the state, or of another journal. */
static enum sink_result adopt(struct line_file *file, const char *journal_id, uint64_t inode,
                              struct diag *why)
{
    struct line_file_state state = {.inode = inode, .base = file->last};

    (void)text_copy(state.journal, sizeof(state.journal), journal_id);
    if (!begin_behind(file)) {
        return fail(errno, why);
    }
    state.offset = file->size;
    if (!line_file_state_write(file->state_path, &state, why)) {
        return SINK_RETRY;
    }
    file->state = state;
    return SINK_DONE;
}

static enum sink_result open_file(struct line_file *file, uint64_t *inode, struct diag *why)
{
    struct stat status;

    file->fd = open(file->options.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
    if (file->fd < 0 || fstat(file->fd, &status) != 0) {
        return fail(errno, why);
    }
    if (!S_ISREG(status.st_mode)) {
        diag_set(why, "not a regular file");
        return SINK_RETRY;
    }
    if (flock(file->fd, LOCK_EX | LOCK_NB) != 0) {
        diag_set(why, "another process writes it");
        return SINK_RETRY;
    }
    file->size = (uint64_t)status.st_size;
    *inode = (uint64_t)status.st_ino;
    return SINK_DONE;
}

/* Opens it and finds out how far it is; *applied as in sink_type.resume. */
static enum sink_result attach(struct line_file *file, const char *journal_id, uint64_t *applied,
                               struct diag *why)
{
    struct line_file_state state = {.journal = ""};
    enum sink_result result;
    uint64_t inode;

    leave(file);
    file->last = *applied;
    result = open_file(file, &inode, why);
    if (result != SINK_DONE) {
        return result;
    }
    if (!line_file_state_read(file->state_path, &state) || strcmp(state.journal, journal_id) != 0) {
        return adopt(file, journal_id, inode, why);
    }
    if (state.inode != inode || state.offset > file->size) {
        file->last = state.base > *applied ? state.base : *applied;
        *applied = file->last;
        return adopt(file, journal_id, inode, why);
    }
    file->state = state;
    if (!take_up(file, applied)) {
        return fail(errno, why);
    }
    file->last = *applied;
    return SINK_DONE;
}

static enum sink_result resume(void *self, const char *journal_id, uint64_t *applied,
                               uint64_t deadline_ns, struct diag *why)
{
    struct line_file *file = self;
    enum sink_result result = attach(file, journal_id, applied, why);

    (void)deadline_ns; /* a disk cannot be hurried */
    if (result != SINK_DONE) {
        leave(file);
    }
    return result;
}

/* ---- rotation ---- */

static bool name_old(const struct line_file *file, unsigned number, char path[MAX_PATH])
{
    int len = snprintf(path, MAX_PATH, "%s.%u", file->options.path, number);

    return len > 0 && len < MAX_PATH;
}

/* The one before becomes older, the oldest is replaced. */
static void shift(const struct line_file *file)
{
    char from[MAX_PATH];
    char to[MAX_PATH];

    for (unsigned i = file->options.keep; i > 1; i--) {
        if (name_old(file, i - 1, from) && name_old(file, i, to)) {
            (void)rename(from, to); /* there may be none */
        }
    }
}

/* The state knows the new file before it has its name: killed in between, we find another inode
 * than the state's, and that all up to base is written. */
static enum sink_result replace(struct line_file *file, const char *fresh, int fd, uint64_t period,
                                struct diag *why)
{
    struct line_file_state state = file->state;
    struct stat status;
    char old[MAX_PATH];

    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &status) != 0 || !name_old(file, 1, old)) {
        return fail(errno, why);
    }
    state.inode = (uint64_t)status.st_ino;
    state.offset = 0;
    state.base = file->last;
    state.period = period > state.period ? period : state.period;
    if (!line_file_state_write(file->state_path, &state, why)) {
        return SINK_RETRY;
    }
    shift(file);
    if (rename(file->options.path, old) != 0 || rename(fresh, file->options.path) != 0) {
        return fail(errno, why);
    }
    file->state = state;
    return SINK_DONE;
}

static enum sink_result rotate(struct line_file *file, uint64_t period, struct diag *why)
{
    char fresh[MAX_PATH];
    int len = snprintf(fresh, sizeof(fresh), "%s.new", file->options.path);
    enum sink_result result;
    int fd = -1;

    if (len > 0 && (size_t)len < sizeof(fresh)) {
        fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
    }
    if (fd < 0) {
        return fail(errno, why);
    }
    result = replace(file, fresh, fd, period, why);
    if (result != SINK_DONE) {
        (void)close(fd);
        leave(file);
        return result;
    }
    leave(file);
    file->fd = fd;
    file->size = 0;
    return SINK_DONE;
}

/* ---- writing ---- */

/* What is in the buffer, whole or not at all. */
static enum sink_result flush(struct line_file *file, size_t *taken, struct diag *why)
{
    struct stat status;
    size_t done = 0;
    int error = fstat(file->fd, &status) == 0 ? 0 : errno;

    file->size = error == 0 ? (uint64_t)status.st_size : 0; /* somebody may have emptied it */
    while (done < file->len && error == 0) {
        ssize_t wrote = write(file->fd, file->buffer + done, file->len - done);

        if (wrote >= 0) {
            done += (size_t)wrote;
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    if (error == 0 && !file->options.no_sync && file->len > 0 && fdatasync(file->fd) != 0) {
        error = errno;
    }
    if (error != 0) {
        (void)(done > 0 && cut(file, file->size)); /* if not now, then when it is opened again */
        leave(file);
        return fail(error, why);
    }
    file->size += file->len;
    file->last = file->num > 0 ? file->next : file->last;
    *taken += file->num;
    file->num = 0;
    file->len = 0;
    return SINK_DONE;
}

/* 0: the record has no time, or time does not matter. */
static uint64_t period_of(const struct line_file *file, const struct record *record)
{
    uint64_t milliseconds;

    if (file->options.hours == 0 ||
        !instant_parse(record_find(record, "@timestamp"), &milliseconds)) {
        return 0;
    }
    return milliseconds / (file->options.hours * hour_ms);
}

/* Time that goes back opens no earlier file again. */
static bool is_full(const struct line_file *file, size_t more, uint64_t period)
{
    uint64_t size = file->size + file->len;

    return size > 0 && ((file->options.max_bytes > 0 && size + more > file->options.max_bytes) ||
                        (file->state.period > 0 && period > file->state.period));
}

/* Room for a line in the right file. */
static enum sink_result make_room(struct line_file *file, size_t more, uint64_t period,
                                  size_t *taken, struct diag *why)
{
    enum sink_result result = SINK_DONE;

    if (is_full(file, more, period)) {
        result = flush(file, taken, why);
        return result == SINK_DONE ? rotate(file, period, why) : result;
    }
    if (period > file->state.period && (file->state.period == 0 || file->size + file->len == 0)) {
        struct line_file_state state = file->state;

        state.period = period;
        if (!line_file_state_write(file->state_path, &state, why)) {
            return SINK_RETRY;
        }
        file->state = state;
    }
    return more > sizeof(file->buffer) - file->len ? flush(file, taken, why) : SINK_DONE;
}

static enum sink_result put(struct line_file *file, const struct record *record, size_t *taken,
                            struct diag *why)
{
    struct bytes line;
    enum sink_result result;
    size_t copied;

    if (!formatter_write(file->formatter, record, &line)) {
        result = flush(file, taken, why);
        if (result == SINK_DONE) {
            diag_set(why, "a record is too long to be written");
            result = SINK_DROP;
        }
        return result;
    }
    result = make_room(file, line.len + 1, period_of(file, record), taken, why);
    if (result == SINK_DONE &&
        bytes_copy(line, file->buffer + file->len, sizeof(file->buffer) - file->len - 1, &copied)) {
        file->len += copied;
        file->buffer[file->len++] = '\n';
        file->num++;
        file->next = record_sequence(record);
    }
    return result;
}

static enum sink_result write_records(void *self, const struct record *const *records, size_t num,
                                      uint64_t deadline_ns, size_t *taken, struct diag *why)
{
    struct line_file *file = self;
    enum sink_result result = SINK_DONE;

    (void)deadline_ns;
    file->len = 0;
    file->num = 0;
    if (file->fd < 0) { /* reopened */
        uint64_t applied = file->last;

        result = attach(file, file->state.journal, &applied, why);
    }
    for (size_t i = 0; i < num && result == SINK_DONE; i++) {
        result = put(file, records[i], taken, why);
    }
    return result == SINK_DONE ? flush(file, taken, why) : result;
}

static void reopen(void *self)
{
    leave(self);
}

static void close_sink(void *self)
{
    struct line_file *file = self;

    leave(file);
    formatter_free(file->formatter);
    free(file);
}

bool line_file_sink_open(const struct line_file_options *options, struct sink *sink,
                         struct diag *diag)
{
    static const struct sink_type type = {
        .word = "file",
        .max_records = 512,
        .max_bytes = BUFFER / 2,
        .timeout_ms = TIMEOUT_MS,
        .resume = resume,
        .write = write_records,
        .reopen = reopen,
        .close = close_sink,
    };
    struct line_file *file = calloc(1, sizeof(*file));
    struct formatter *formatter = formatter_new(options->format);
    int len;

    *sink = (struct sink){.type = &type, .self = file};
    if (file == NULL || formatter == NULL) {
        diag_set(diag, "out of memory");
        goto fail;
    }
    *file = (struct line_file){.options = *options, .formatter = formatter, .fd = -1};
    len = snprintf(file->state_path, sizeof(file->state_path), "%s.state", options->path);
    if (len < 0 || (size_t)len >= sizeof(file->state_path) - sizeof(".new") ||
        !text_copy(sink->name, sizeof(sink->name), "file ") ||
        !text_append(sink->name, sizeof(sink->name), options->path)) {
        diag_set(diag, "%s: the path is too long", options->path);
        goto fail;
    }
    return true;

fail:
    formatter_free(formatter);
    free(file);
    return false;
}
