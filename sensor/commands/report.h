/* report: answers from a journal. */
#ifndef BASICTAP_SENSOR_COMMANDS_REPORT_H
#define BASICTAP_SENSOR_COMMANDS_REPORT_H

#include "sensor/config.h"
#include "sensor/options.h"

/* The exit status: see options_help. */
int report_run(const struct options *options, const struct config *config);

#endif
