#include "sensor/keylog_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sensor/log.h"

enum {
    PIECE = 16384,
    MAX_PIECES = 256, /* of one call */
    WAIT_MS = 50,
    MAX_WAITS = 20,
};

struct keylog_file {
    const char *path;
    int descriptor;
    bool is_fifo;
    bool has_told_line;
    bool has_told_loss;
    struct stat status; /* when it was opened */
    uint64_t offset;
    uint64_t line_number; /* of lines that ended */
    size_t line_len;
    uint8_t line[KEYSTORE_LINE_MAX]; /* that has not ended; what is longer is left out */
};

/* -1 and words: not to be opened, or a directory or such. Never waits for a FIFO's writer. */
static int open_readable(const char *path, struct stat *status, struct diag *diag)
{
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (descriptor < 0 || fstat(descriptor, status) != 0) {
        diag_set(diag, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(status->st_mode) && !S_ISFIFO(status->st_mode) &&
               !S_ISCHR(status->st_mode)) {
        diag_set(diag, "%s: neither a file nor a FIFO", path);
    } else {
        return descriptor;
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return -1;
}

struct keylog_file *keylog_file_open(const char *path, struct diag *diag)
{
    struct keylog_file *file = calloc(1, sizeof(*file));

    if (file == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    file->path = path;
    file->descriptor = open_readable(path, &file->status, diag);
    if (file->descriptor < 0) {
        free(file);
        return NULL;
    }
    file->is_fifo = S_ISFIFO(file->status.st_mode);
    return file;
}

void keylog_file_close(struct keylog_file *file)
{
    if (file == NULL) {
        return;
    }
    (void)close(file->descriptor);
    bytes_wipe(file, sizeof(*file));
    free(file);
}

/* ---- lines ---- */

static void keep(struct keylog_file *file, struct bytes piece)
{
    size_t room = sizeof(file->line) - file->line_len;
    size_t len;

    (void)bytes_copy(bytes_first(piece, room), file->line + file->line_len, room, &len);
    file->line_len += len;
}

static void forget_line(struct keylog_file *file)
{
    bytes_wipe(file->line, file->line_len);
    file->line_len = 0;
}

static void end_line(struct keylog_file *file, struct keystore *keystore)
{
    file->line_number++;
    if (keystore_add_line(keystore, bytes_view(file->line, file->line_len)) == KEYLOG_MALFORMED &&
        !file->has_told_line) {
        file->has_told_line = true;
        log_warning("%s:%llu: not a line of a key log; of this file no more such are told",
                    file->path, (unsigned long long)file->line_number);
    }
    forget_line(file);
}

static void take_text(struct keylog_file *file, struct keystore *keystore, struct bytes text)
{
    struct bytes piece;

    while (take_until(&text, '\n', &piece)) {
        keep(file, piece);
        end_line(file, keystore);
    }
    keep(file, text);
}

/* "LABEL <client random> <secret>" with as many digits as secrets have. One of 48 octets that is
 * cut at 32 looks so too; the whole line replaces it. */
static bool looks_whole(struct bytes line)
{
    struct bytes word;

    for (size_t i = 0; i < 3; i++) {
        (void)take_spaces(&line);
        if (!take_word(&line, &word)) {
            return false;
        }
    }
    return word.len == (size_t)2 * 32 || word.len == (size_t)2 * TLS_MASTER_SIZE;
}

void keylog_file_offer(struct keylog_file *file, struct keystore *keystore)
{
    struct bytes line = bytes_view(file->line, file->line_len);

    if (looks_whole(line)) {
        (void)keystore_add_line(keystore, line);
    }
}

void keylog_file_finish(struct keylog_file *file, struct keystore *keystore)
{
    if (file->line_len > 0) {
        end_line(file, keystore);
    }
}

/* ---- files ---- */

static enum keylog_file_state read_pieces(struct keylog_file *file, struct keystore *keystore)
{
    uint8_t piece[PIECE];

    for (size_t i = 0; i < MAX_PIECES; i++) {
        ssize_t len = read(file->descriptor, piece, sizeof(piece));

        if (len < 0) { /* a signal, an empty FIFO, or a fault: next time again */
            return file->is_fifo ? KEYLOG_FILE_QUIET : KEYLOG_FILE_END;
        }
        if (len == 0) {
            return KEYLOG_FILE_END;
        }
        file->offset += (uint64_t)len;
        take_text(file, keystore, bytes_view(piece, (size_t)len));
        bytes_wipe(piece, (size_t)len);
    }
    return KEYLOG_FILE_MORE;
}

static void tell_loss(struct keylog_file *file, const char *words)
{
    if (!file->has_told_loss) {
        log_warning("%s; the key log was replaced, and the old one is followed on", words);
        file->has_told_loss = true;
    }
}

/* Another file has its place now; of the old one all was read. True: it is open. */
static bool reopen(struct keylog_file *file, struct keystore *keystore)
{
    struct stat status;
    struct diag diag = {{0}};
    int descriptor = open_readable(file->path, &status, &diag);

    if (descriptor < 0) { /* after the start rights are few */
        tell_loss(file, diag.text);
        return false;
    }
    keylog_file_finish(file, keystore);
    (void)close(file->descriptor);
    file->descriptor = descriptor;
    file->status = status;
    file->is_fifo = S_ISFIFO(status.st_mode);
    file->offset = 0;
    file->line_number = 0;
    file->has_told_loss = false;
    return true;
}

/* A file that is shorter than what was read of it begins anew. One that grew again to that length
 * in between cannot be told from one that only grew. */
static bool rewind_if_emptied(struct keylog_file *file)
{
    struct stat status;

    if (!S_ISREG(file->status.st_mode) || fstat(file->descriptor, &status) != 0 ||
        (uint64_t)status.st_size >= file->offset || lseek(file->descriptor, 0, SEEK_SET) != 0) {
        return false;
    }
    forget_line(file);
    file->offset = 0;
    file->line_number = 0;
    return true;
}

/* What stands in its place cannot be seen: the next file is not there yet, or lies where rights are
 * missing. The latter is told, once nothing but us holds the old one. */
static void miss(struct keylog_file *file, int reason)
{
    struct stat status;
    struct diag diag = {{0}};

    if (reason != ENOENT && fstat(file->descriptor, &status) == 0 && status.st_nlink == 0) {
        diag_set(&diag, "%s: %s", file->path, strerror(reason));
        tell_loss(file, diag.text);
    }
}

/* True: there is something to read that was not there before. */
static bool follow(struct keylog_file *file, struct keystore *keystore)
{
    struct stat now;

    if (stat(file->path, &now) != 0) {
        miss(file, errno);
        return rewind_if_emptied(file);
    }
    if (now.st_dev != file->status.st_dev || now.st_ino != file->status.st_ino) {
        return reopen(file, keystore);
    }
    return rewind_if_emptied(file);
}

enum keylog_file_state keylog_file_poll(struct keylog_file *file, struct keystore *keystore)
{
    enum keylog_file_state state = read_pieces(file, keystore);

    if (state == KEYLOG_FILE_END && file->is_fifo) {
        keylog_file_finish(file, keystore); /* the next writer begins a line of its own */
    }
    if (state != KEYLOG_FILE_MORE && follow(file, keystore)) {
        state = read_pieces(file, keystore);
    }
    return state;
}

void keylog_file_wait(struct keylog_file *file, struct keystore *keystore)
{
    struct pollfd readable = {.fd = file->descriptor, .events = POLLIN};

    for (int i = 0; i < MAX_WAITS && file->is_fifo; i++) {
        if (keylog_file_poll(file, keystore) == KEYLOG_FILE_END) {
            return;
        }
        (void)poll(&readable, 1, WAIT_MS);
    }
}
