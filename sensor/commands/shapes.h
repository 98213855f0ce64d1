/* shapes: how often what the shape of encrypted sessions says is right, where keys tell. */
#ifndef BASICTAP_SENSOR_COMMANDS_SHAPES_H
#define BASICTAP_SENSOR_COMMANDS_SHAPES_H

#include "sensor/config.h"
#include "sensor/options.h"

/* The exit status. */
int shapes_run(const struct options *options, const struct config *config);

#endif
