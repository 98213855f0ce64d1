/*
 * inference: what several encrypted HTTPS connections of one device say together. One connection
 * alone says little: a request without a token may be anybody's. With the others it is a retry with
 * a password, or a token that was fetched a moment ago.
 *
 * Its numbers and the names of those who give tokens come from rules/shapes.yml, `http`, `device`.
 * Bounded; who was silent longest is forgotten.
 */
#ifndef BASICTAP_RULES_INFERENCE_H
#define BASICTAP_RULES_INFERENCE_H

#include "dissectors/base/diag.h"
#include "rules/device.h"
#include "rules/tree.h"

struct inferences;

/* tree, of rules/shapes.yml, NULL: nothing is ever weighed. NULL and words (file, line, column)
 * when it is bad. */
struct inferences *inferences_new(const struct tree *tree, const uint8_t seed[HMAP_SEED_SIZE],
                                  struct diag *diag);
void inferences_free(struct inferences *inferences); /* NULL is fine */

/* Is that the name of one who gives tokens? */
bool inferences_wants(const struct inferences *inferences, const char *server_name);
/* A TLS handshake of a device with such a one: it is about to fetch a token. */
void inferences_learn(struct inferences *inferences, const struct event *hello,
                      const struct identity *device);

/* event->inference, as it looks beside the device's other connections; true when it changed. The
 * outcome changes with it. Those of mail stay as they are. */
bool inferences_weigh(struct inferences *inferences, const struct event *event,
                      const struct identity *device, struct inference *weighed,
                      enum outcome *outcome);

/* Devices and their servers that were forgotten to make room. */
uint64_t inferences_evicted(const struct inferences *inferences);

#endif
