/*
 * endpoint: what a server is, told from outside: by its name, its address, its port, and by what
 * others said of it in clear. Decides which sessions that cannot be read are looked at.
 */
#ifndef BASICTAP_SENSOR_ENDPOINT_H
#define BASICTAP_SENSOR_ENDPOINT_H

#include "dissectors/context.h"
#include "rules/detector.h"

/* An endpoint_fn; ctx is the struct detector, which has rules/services.yml and knows what else was
 * learned. */
void endpoint_find(void *ctx, const char *server_name, const struct origin *origin,
                   struct endpoint *endpoint);

#endif
