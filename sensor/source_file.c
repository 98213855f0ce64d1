#include "sensor/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* Large enough that system calls cost nothing, small enough to stay in the second-level cache
     * between read(2), which fills it, and the decoder. Measured: mmap(2) is no faster, it pays in
     * cache misses for what it saves in copying; and a file that shrinks would be our end. */
    WINDOW_SIZE = 256 * 1024,
    PACKED_SIZE = 64 * 1024,
    MAGIC_SIZE = 4,
    WAIT_MS = 100,
};

bool input_open(struct input *input, const char *name, struct diag *diag)
{
    struct stat status;
    bool is_stdin = strcmp(name, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) != 0) {
        diag_set(diag, "%s", strerror(errno));
        if (fd >= 0 && !is_stdin) {
            (void)close(fd);
        }
        return false;
    }
    input->fd = fd;
    input->is_open = true;
    input->is_regular = S_ISREG(status.st_mode);
    input->is_told = false;
    input->begin = 0;
    input->end = 0;
    input->packed_begin = 0;
    input->packed_end = 0;
    if (input->is_regular) {
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return true;
}

struct bytes input_window(const struct input *input)
{
    return input->end > input->begin
               ? bytes_view(input->memory + input->begin, input->end - input->begin)
               : (struct bytes){NULL, 0};
}

void input_keep(struct input *input, struct bytes rest)
{
    input->begin = input->end - rest.len;
}

/* Moves the window to the front and makes the memory large enough for want bytes. */
static bool make_room(struct input *input, size_t want, struct diag *diag)
{
    size_t len = input->end - input->begin;
    size_t size = want > WINDOW_SIZE ? want : WINDOW_SIZE;
    uint8_t *memory;

    if (input->begin > 0 && len > 0) {
        memmove(input->memory, input->memory + input->begin, len);
    }
    input->begin = 0;
    input->end = len;
    if (size <= input->size) {
        return true;
    }
    memory = realloc(input->memory, size);
    if (memory == NULL) {
        diag_set(diag, "out of memory for a record of %zu bytes", want);
        return false;
    }
    input->memory = memory;
    input->size = size;
    return true;
}

/* One read(2); FILL_DONE: *len bytes came. */
static enum fill_result read_some(struct input *input, uint8_t *at, size_t max, size_t *len,
                                  struct diag *diag)
{
    struct pollfd ready = {.fd = input->fd, .events = POLLIN};
    ssize_t num;

    if (!input->is_regular && poll(&ready, 1, WAIT_MS) <= 0) {
        return FILL_WAIT;
    }
    num = read(input->fd, at, max);
    if (num < 0) {
        if (errno == EINTR || errno == EAGAIN) {
            return FILL_WAIT;
        }
        diag_set(diag, "%s", strerror(errno));
        return FILL_FAILED;
    }
    *len = (size_t)num;
    input->num_read += (uint64_t)num;
    return num > 0 ? FILL_DONE : FILL_END;
}

static enum fill_result fill_plain(struct input *input, struct diag *diag)
{
    size_t len = 0;
    /* what turns out to be packed has to fit behind the unpacker */
    size_t max = input->is_told ? input->size - input->end : PACKED_SIZE - input->end;
    enum fill_result result = read_some(input, input->memory + input->end, max, &len, diag);

    input->end += len;
    return result;
}

static enum fill_result read_packed(struct input *input, struct diag *diag)
{
    size_t len = 0;
    enum fill_result result = read_some(input, input->packed, PACKED_SIZE, &len, diag);

    input->packed_begin = 0;
    input->packed_end = len;
    return result;
}

static enum fill_result fill_packed(struct input *input, struct diag *diag)
{
    enum fill_result result = FILL_DONE;
    struct bytes packed;
    size_t len;

    if (input->packed_begin == input->packed_end) {
        result = read_packed(input, diag);
        if (result == FILL_WAIT || result == FILL_FAILED) {
            return result;
        }
    }
    packed =
        bytes_view(input->packed + input->packed_begin, input->packed_end - input->packed_begin);
    if (!unpacker_run(input->unpacker, &packed, input->memory + input->end,
                      input->size - input->end, &len)) {
        diag_set(diag, "compressed data is damaged");
        return FILL_FAILED;
    }
    input->packed_begin = input->packed_end - packed.len;
    input->end += len;
    if (result == FILL_END && len == 0 && !unpacker_is_whole(input->unpacker)) {
        diag_set(diag, "compressed data ends too early");
        return FILL_FAILED;
    }
    return len > 0 ? FILL_DONE : result;
}

/* What was read so far is packed: it goes behind the unpacker, and the window starts anew. */
static bool start_unpacking(struct input *input, struct diag *diag)
{
    if (input->unpacker != NULL && input->packed == NULL) {
        input->packed = malloc(PACKED_SIZE);
    }
    if (input->unpacker == NULL || input->packed == NULL) {
        diag_set(diag, "out of memory for unpacking");
        return false;
    }
    memcpy(input->packed, input->memory, input->end);
    input->packed_begin = 0;
    input->packed_end = input->end;
    input->end = 0;
    return true;
}

static bool tell_packing(struct input *input, struct diag *diag)
{
    bool is_packed;

    input->is_told = true;
    input->unpacker = unpacker_new(input_window(input), &is_packed);
    return !is_packed || start_unpacking(input, diag);
}

enum fill_result input_fill(struct input *input, size_t want, struct diag *diag)
{
    if (!make_room(input, want, diag)) {
        return FILL_FAILED;
    }
    while (input->end < want) {
        enum fill_result result =
            input->unpacker != NULL ? fill_packed(input, diag) : fill_plain(input, diag);

        if (result != FILL_DONE) {
            return result;
        }
        if (!input->is_told && input->end >= MAGIC_SIZE && !tell_packing(input, diag)) {
            return FILL_FAILED;
        }
    }
    return FILL_DONE;
}

void input_close(struct input *input)
{
    unpacker_free(input->unpacker);
    input->unpacker = NULL;
    if (input->is_open && input->fd != STDIN_FILENO) {
        (void)close(input->fd);
    }
    input->is_open = false;
}

void input_clear(struct input *input)
{
    input_close(input);
    free(input->memory);
    free(input->packed);
    *input = (struct input){0};
}
