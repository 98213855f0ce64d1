/* resolve: from pseudonyms back to names, for who has the key and a list of names. */
#ifndef BASICTAP_SENSOR_COMMANDS_RESOLVE_H
#define BASICTAP_SENSOR_COMMANDS_RESOLVE_H

#include "sensor/config.h"
#include "sensor/options.h"

int resolve_run(const struct options *options, const struct config *config);

#endif
