#include "sensor/pseudonym_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sensor/log.h"

static void warn_if_open(int file, const char *path)
{
    struct stat status;

    if (fstat(file, &status) == 0 && (status.st_mode & S_IROTH) != 0) {
        log_warning("%s can be read by everyone", path);
    }
}

/* Not through stdio: its buffer would keep a copy. One byte more than a key may have tells that the
 * file is longer. */
static bool read_key(const char *path, uint8_t key[PSEUDONYM_KEY_MAX + 1], size_t *len,
                     struct diag *diag)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;

    *len = 0;
    if (file >= 0) {
        warn_if_open(file, path);
        do {
            got = read(file, key + *len, PSEUDONYM_KEY_MAX + 1 - *len);
            *len += got > 0 ? (size_t)got : 0;
        } while (got > 0 || (got < 0 && errno == EINTR));
    }
    if (got < 0) {
        diag_set(diag, "%s: %s", path, strerror(errno));
    }
    if (file >= 0) {
        (void)close(file);
    }
    return got == 0;
}

struct pseudonyms *pseudonym_key_open(const char *path, const struct pseudonym_options *ways,
                                      struct diag *diag)
{
    uint8_t key[PSEUDONYM_KEY_MAX + 1];
    struct pseudonym_options options = *ways;
    struct pseudonyms *pseudonyms = NULL;
    struct diag why = {{0}};
    size_t len;

    if (path[0] == '\0') {
        diag_set(diag, "pseudonyms need a key: name its file as pseudonyms.key_file");
        return NULL;
    }
    if (read_key(path, key, &len, diag)) {
        options.key = bytes_view(key, len);
        pseudonyms = pseudonyms_new(&options, &why);
        if (pseudonyms == NULL) {
            diag_set(diag, "%s: %s", path, why.text);
        }
    }
    bytes_wipe(key, sizeof(key));
    return pseudonyms;
}
