#include "sensor/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sensor/keylog_file.h"
#include "sensor/log.h"

enum {
    MAX_PEM = 65536,
    CALLS_BETWEEN = 64, /* replay: batches of packets between two looks */
    MAX_POLLS = 256,    /* without a pause: a log that never ends does not stop us */
};
static const uint32_t nss_key_log = 0x544c534b; /* "TLSK", pcapng's secrets types */
static const uint64_t second_ns = 1000000000u;

struct keys {
    struct keystore *keystore;
    struct keylog_file *files[CONFIG_MAX_KEYS];
    size_t num_files;
    bool is_given;
    bool is_live;
    bool is_behind;     /* one of the files had more than was read */
    uint64_t looked_ns; /* live: monotonic time of the last look */
    unsigned calls;     /* replay: since the last look */
    bool has_told_block;
    struct keys_stats stats;
};

/* ---- opening ---- */

/* All of a file into pem, of MAX_PEM octets. Not through stdio: its buffer would keep a copy. */
static bool read_pem(const char *path, uint8_t *pem, size_t *len, struct diag *diag)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    ssize_t num = -1;

    *len = 0;
    if (descriptor < 0) {
        diag_set(diag, "%s: %s", path, strerror(errno));
        return false;
    }
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
        (status.st_mode & S_IROTH) != 0) {
        log_warning("%s can be read by everyone", path);
    }
    while (*len < MAX_PEM && (num = read(descriptor, pem + *len, MAX_PEM - *len)) > 0) {
        *len += (size_t)num;
    }
    if (num < 0) {
        diag_set(diag, "%s: %s", path, strerror(errno));
    } else if (num > 0) {
        diag_set(diag, "%s: too long for a key", path);
    }
    (void)close(descriptor);
    return num == 0;
}

static bool add_rsa_key(struct keystore *keystore, const char *path, struct diag *diag)
{
    uint8_t *pem = malloc(MAX_PEM);
    struct diag why = {{0}};
    bool is_added;
    size_t len;

    if (pem == NULL) {
        diag_set(diag, "out of memory");
        return false;
    }
    is_added = read_pem(path, pem, &len, diag);
    if (is_added && !keystore_add_rsa_key(keystore, bytes_view(pem, len), &why)) {
        diag_set(diag, "%s: %s", path, why.text);
        is_added = false;
    }
    bytes_wipe(pem, MAX_PEM);
    free(pem);
    return is_added;
}

/* All that stands in it now. */
static bool open_keylog(struct keys *keys, const char *path, struct diag *diag)
{
    struct keylog_file *file = keylog_file_open(path, diag);

    if (file == NULL) {
        return false;
    }
    keys->files[keys->num_files++] = file;
    for (size_t i = 0; i < MAX_POLLS && keylog_file_poll(file, keys->keystore) == KEYLOG_FILE_MORE;
         i++) {
    }
    if (!keys->is_live) { /* packets do not wait for keys that are on their way */
        keylog_file_wait(file, keys->keystore);
        keylog_file_offer(file, keys->keystore);
    }
    return true;
}

static bool open_all(struct keys *keys, const struct keys_options *options, struct diag *diag)
{
    if (options->num_keylogs > CONFIG_MAX_KEYS) {
        diag_set(diag, "more than %d key logs", (int)CONFIG_MAX_KEYS);
        return false;
    }
    for (size_t i = 0; i < options->num_keylogs; i++) {
        if (!open_keylog(keys, options->keylogs[i], diag)) {
            return false;
        }
    }
    for (size_t i = 0; i < options->num_rsa_keys; i++) {
        if (!add_rsa_key(keys->keystore, options->rsa_keys[i], diag)) {
            return false;
        }
    }
    return true;
}

struct keys *keys_open(const struct keys_options *options, struct keystore *keystore,
                       struct diag *diag)
{
    struct keys *keys = calloc(1, sizeof(*keys));

    if (keys == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    keys->keystore = keystore;
    keys->is_live = options->live;
    keys->is_given = options->num_keylogs > 0 || options->num_rsa_keys > 0;
    if (!open_all(keys, options, diag)) {
        keys_close(keys);
        return NULL;
    }
    return keys;
}

void keys_close(struct keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < keys->num_files; i++) {
        keylog_file_close(keys->files[i]);
    }
    free(keys);
}

bool keys_are_given(const struct keys *keys)
{
    return keys->is_given;
}

/* ---- following ---- */

static uint64_t monotonic_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * second_ns + (uint64_t)now.tv_nsec;
}

static bool is_due(struct keys *keys)
{
    uint64_t now_ns;

    if (!keys->is_live) {
        return keys->calls++ % CALLS_BETWEEN == 0;
    }
    now_ns = monotonic_ns();
    if (!keys->is_behind && now_ns - keys->looked_ns < second_ns) {
        return false;
    }
    keys->looked_ns = now_ns;
    return true;
}

static void poll_all(struct keys *keys)
{
    keys->is_behind = false;
    for (size_t i = 0; i < keys->num_files; i++) {
        if (keylog_file_poll(keys->files[i], keys->keystore) == KEYLOG_FILE_MORE) {
            keys->is_behind = true;
        }
    }
}

static void finish_all(struct keys *keys)
{
    for (size_t i = 0; i < MAX_POLLS && (i == 0 || keys->is_behind); i++) {
        poll_all(keys);
    }
    for (size_t i = 0; i < keys->num_files; i++) {
        if (!keys->is_live) {
            keylog_file_wait(keys->files[i], keys->keystore);
        }
        keylog_file_finish(keys->files[i], keys->keystore);
    }
}

bool keys_poll(struct keys *keys, bool last)
{
    uint64_t before = keystore_generation(keys->keystore);

    if (keys->num_files == 0) {
        return false;
    }
    if (last) {
        finish_all(keys);
    } else if (is_due(keys)) {
        poll_all(keys);
    }
    return keystore_generation(keys->keystore) != before;
}

/* ---- capture files ---- */

void keys_on_secrets(void *ctx, uint32_t type, struct bytes secrets)
{
    struct keys *keys = ctx;
    struct keystore_stats before;
    struct keystore_stats after;

    if (type != nss_key_log) {
        keys->stats.other_secrets++;
        return;
    }
    keys->stats.secrets_blocks++;
    keystore_stats(keys->keystore, &before);
    keystore_add_text(keys->keystore, secrets);
    keystore_stats(keys->keystore, &after);
    if (after.malformed > before.malformed && !keys->has_told_block) {
        keys->has_told_block = true;
        log_warning("TLS secrets in a capture file: some of their lines are none of a key log; "
                    "no more such are told");
    }
}

void keys_stats(const struct keys *keys, struct keys_stats *stats)
{
    *stats = keys->stats;
}
