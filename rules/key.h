/*
 * key: what makes events equal. Events of the same fact are counted together; among those, events
 * with the same inputs give the same finding and the same rules.
 */
#ifndef BASICTAP_RULES_KEY_H
#define BASICTAP_RULES_KEY_H

#include "rules/describe.h"

/* Numbers and texts, one after another; what does not fit is left out. */
struct key {
    uint8_t octets[2048];
    size_t len;
};

/* Device, service, mechanism, account, server, transport, certainty, outcome and reason; of what is
 * inferred the verdict and the band of its confidence; of a TLS session its version and what could
 * be read of it. */
void key_of_fact(struct key *key, const struct sighting *sighting);

/* A hash of all else that a finding follows from, but for what differs from attempt to attempt. */
uint64_t key_of_inputs(const uint8_t seed[HMAP_SEED_SIZE], const struct sighting *sighting);

#endif
