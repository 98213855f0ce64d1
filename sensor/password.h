/* password: the secrets that the sensor itself needs, for Redis and its Sentinels. */
#ifndef BASICTAP_SENSOR_PASSWORD_H
#define BASICTAP_SENSOR_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "dissectors/base/diag.h"

enum { PASSWORD_SIZE = 512 };

/* The first line of a file; path "": "". On false (it cannot be read, too long) password is "". */
bool password_read_file(const char *path, char password[PASSWORD_SIZE], struct diag *diag);

/*
 * From the environment variable BASICTAP_REDIS_PASSWORD, which is cleared, else the first line of
 * a file (path "": none). None at all gives "". On false (a file that cannot be read, too long)
 * password is "".
 */
bool password_read(const char *path, char password[PASSWORD_SIZE], struct diag *diag);

#endif
