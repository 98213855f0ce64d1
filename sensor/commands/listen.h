/* listen: watches an interface, says what is new, answers when asked and at the end. */
#ifndef BASICTAP_SENSOR_COMMANDS_LISTEN_H
#define BASICTAP_SENSOR_COMMANDS_LISTEN_H

#include "sensor/config.h"
#include "sensor/options.h"

/* The exit status: see options_help. */
int listen_run(const struct options *options, const struct config *config);

#endif
