/*
 * signals: what the user says while a command runs. SIGINT and SIGTERM ask for the end, SIGUSR1 for
 * a table. A second SIGINT or SIGTERM ends the program at once. SIGPIPE is ignored: a reader that
 * went away is a failed write.
 */
#ifndef BASICTAP_SENSOR_COMMANDS_SIGNALS_H
#define BASICTAP_SENSOR_COMMANDS_SIGNALS_H

#include <stdbool.h>

void signals_catch(bool with_report); /* false: SIGUSR1 stays as it is */
int signals_end(void);                /* the signal that asked for the end; 0: none did */
bool signals_take_report(void);       /* once for each SIGUSR1, or for several that came together */

#endif
