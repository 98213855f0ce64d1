#include "sensor/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dissectors/base/bytes.h"
#include "dissectors/base/text.h"
#include "sensor/log.h"

static const char variable[] = "BASICTAP_REDIS_PASSWORD";

/* What stands in the environment is cleared there: /proc/PID/environ shows the memory itself. */
static bool read_environment(char *given, char password[PASSWORD_SIZE], struct diag *diag)
{
    bool fits = text_copy(password, PASSWORD_SIZE, given);

    bytes_wipe(given, strlen(given));
    (void)unsetenv(variable);
    if (!fits) {
        bytes_wipe(password, PASSWORD_SIZE);
        diag_set(diag, "%s is too long", variable);
    }
    return fits;
}

static void warn_if_open(int file, const char *path)
{
    struct stat status;

    if (fstat(file, &status) == 0 && (status.st_mode & S_IROTH) != 0) {
        log_warning("%s can be read by everyone", path);
    }
}

/* Not through stdio: its buffer would keep a copy. */
static bool read_file(int file, const char *path, char password[PASSWORD_SIZE], struct diag *diag)
{
    ssize_t len = read(file, password, PASSWORD_SIZE - 1);

    if (len < 0) {
        diag_set(diag, "%s: %s", path, strerror(errno));
        return false;
    }
    password[len] = '\0';
    password[strcspn(password, "\r\n")] = '\0';
    if (password[0] == '\0' || strlen(password) == PASSWORD_SIZE - 1) {
        bytes_wipe(password, PASSWORD_SIZE);
        diag_set(diag, "%s: its first line is no password", path);
        return false;
    }
    return true;
}

bool password_read_file(const char *path, char password[PASSWORD_SIZE], struct diag *diag)
{
    bool is_read;
    int file;

    password[0] = '\0';
    if (path[0] == '\0') {
        return true;
    }
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        diag_set(diag, "%s: %s", path, strerror(errno));
        return false;
    }
    warn_if_open(file, path);
    is_read = read_file(file, path, password, diag);
    (void)close(file);
    return is_read;
}

bool password_read(const char *path, char password[PASSWORD_SIZE], struct diag *diag)
{
    char *given = getenv(variable);

    password[0] = '\0';
    return given != NULL ? read_environment(given, password, diag)
                         : password_read_file(path, password, diag);
}
