/*
 * signals: what the user says while a command runs. SIGINT and SIGTERM ask for the end, SIGUSR1 for
 * a table, SIGHUP for files to be opened anew. A second SIGINT or SIGTERM ends the program at once.
 * SIGPIPE is ignored: a reader that went away is a failed write.
 */
#ifndef BASICTAP_SENSOR_COMMANDS_SIGNALS_H
#define BASICTAP_SENSOR_COMMANDS_SIGNALS_H

#include <stdbool.h>

void signals_catch(bool with_report); /* false: SIGUSR1 and SIGHUP stay as they are */
int signals_end(void);                /* the signal that asked for the end; 0: none did */
bool signals_take_report(void);       /* once for each SIGUSR1, or for several that came together */
bool signals_take_reopen(void);       /* likewise, SIGHUP */

#endif
