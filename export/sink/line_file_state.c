#include "export/sink/line_file_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_STATE = 256, MAX_PATH = 1024 };

/* "basictap 1 <journal> <inode> <offset> <base> <period>" */
static const char magic[] = "basictap 1 ";

static bool parse(struct bytes text, struct line_file_state *state)
{
    struct bytes journal;
    uint64_t *const numbers[] = {&state->inode, &state->offset, &state->base, &state->period};
    size_t len;

    if (!take_prefix(&text, bytes_of_text(magic)) || !take_word(&text, &journal) ||
        !bytes_copy(journal, state->journal, sizeof(state->journal) - 1, &len)) {
        return false;
    }
    state->journal[len] = '\0';
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (take_spaces(&text) != 1 || !take_decimal(&text, UINT64_MAX, numbers[i])) {
            return false;
        }
    }
    return bytes_equal(text, BYTES("\n"));
}

bool line_file_state_read(const char *path, struct line_file_state *state)
{
    char text[MAX_STATE];
    ssize_t len = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        len = read(fd, text, sizeof(text));
        (void)close(fd);
    }
    return len > 0 && parse(bytes_view(text, (size_t)len), state);
}

static bool put(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    bool is_put;

    if (fd < 0) {
        return false;
    }
    is_put = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    return close(fd) == 0 && is_put;
}

bool line_file_state_write(const char *path, const struct line_file_state *state, struct diag *diag)
{
    char text[MAX_STATE];
    char fresh[MAX_PATH];
    int len = snprintf(text, sizeof(text), "%s%s %llu %llu %llu %llu\n", magic, state->journal,
                       (unsigned long long)state->inode, (unsigned long long)state->offset,
                       (unsigned long long)state->base, (unsigned long long)state->period);
    int fresh_len = snprintf(fresh, sizeof(fresh), "%s.new", path);

    if (fresh_len < 0 || (size_t)fresh_len >= sizeof(fresh) || len < 0) {
        diag_set(diag, "%s: the path is too long", path);
        return false;
    }
    if (!put(fresh, text, (size_t)len) || rename(fresh, path) != 0) {
        char scratch[128];

        diag_set(diag, "%s: %s", path, strerror_r(errno, scratch, sizeof(scratch)));
        return false;
    }
    return true;
}
