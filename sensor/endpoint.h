/*
 * endpoint: what a server is, told from outside: by its name, its address, its port, and by what
 * others said of it in clear. Decides which sessions that cannot be read are looked at.
 */
#ifndef BASICTAP_SENSOR_ENDPOINT_H
#define BASICTAP_SENSOR_ENDPOINT_H

#include "dissectors/context.h"
#include "rules/detector.h"

struct endpoints;

/* Of DIRECTORY/services.yml; the detector knows what else was learned, and outlives them. It may be
 * NULL. NULL and words when the file is bad. */
struct endpoints *endpoints_new(const char *directory, const struct detector *detector,
                                struct diag *diag);
void endpoints_free(struct endpoints *endpoints); /* NULL is fine */

/* An endpoint_fn; ctx is the struct endpoints. */
void endpoints_find(void *ctx, const char *server_name, const struct origin *origin,
                    struct endpoint *endpoint);

#endif
