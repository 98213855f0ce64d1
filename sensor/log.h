/*
 * log: what the program tells its user while it works, on standard error.
 *
 * Nothing below sensor prints: words travel up in struct diag or through a callback and end here.
 * Callable from any thread. Control characters are replaced, so that a file name cannot steer the
 * terminal. No line of captured traffic is ever logged.
 */
#ifndef BASICTAP_SENSOR_LOG_H
#define BASICTAP_SENSOR_LOG_H

#include <stdbool.h>

enum { LOG_LINE_MAX = 1024 }; /* longer lines are cut */

/* Quiet: notices and the status line are left out; errors and warnings are not. */
void log_set_quiet(bool quiet);

/* "basictap: words", "basictap: warning: words", "basictap: error: words". */
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Is there somebody to show a status line to? */
bool log_has_status(void);

/* One line that the next one replaces and that any message erases first; NULL erases it. Nothing
 * happens unless standard error is a terminal. */
void log_status(const char *words);

#endif
