/*
 * privileges: giving up what only the start needed.
 *
 * What stays is CAP_NET_RAW, where it was held: an interface that goes away and comes back is
 * opened again. System calls are not filtered here but by the unit (sensor/dist): systemd's list is
 * kept up to date with the C library, one of ours would not be.
 */
#ifndef BASICTAP_SENSOR_PRIVILEGES_H
#define BASICTAP_SENSOR_PRIVILEGES_H

#include "dissectors/base/diag.h"

#include <stdbool.h>

/* No core file and no debugger of the same user sees this process. */
void privileges_forbid_cores(void);

/*
 * Becomes user (NULL or "": stays who it is) and gives up all capabilities but CAP_NET_RAW. Threads
 * that run already become the user too and lose every capability; if no user is given, they keep
 * theirs.
 */
bool privileges_drop(const char *user, struct diag *diag);

#endif
