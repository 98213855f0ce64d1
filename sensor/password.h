/* password: the one secret that the sensor itself needs, for Redis. */
#ifndef BASICTAP_SENSOR_PASSWORD_H
#define BASICTAP_SENSOR_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "dissectors/base/diag.h"

enum { PASSWORD_SIZE = 512 };

/*
 * From the environment variable BASICTAP_REDIS_PASSWORD, which is cleared, else the first line of
 * a file (path "": none). None at all gives "". On false (a file that cannot be read, too long)
 * password is "".
 */
bool password_read(const char *path, char password[PASSWORD_SIZE], struct diag *diag);

#endif
