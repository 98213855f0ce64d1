/* replay: reads capture files and answers. */
#ifndef BASICTAP_SENSOR_COMMANDS_REPLAY_H
#define BASICTAP_SENSOR_COMMANDS_REPLAY_H

#include "sensor/config.h"
#include "sensor/options.h"

/* The exit status: see options_help. */
int replay_run(const struct options *options, const struct config *config);

#endif
