/*
 * shape_odds: what a dialogue most likely is where its lengths are ranges (CBC, padding), and many
 * logins fit. Each reading, a login that begins at a turn, is weighed by how much of what it allows
 * lies in the ranges; a verdict's share of all weight is its confidence.
 */
#ifndef BASICTAP_DISSECTORS_TLS_SHAPE_ODDS_H
#define BASICTAP_DISSECTORS_TLS_SHAPE_ODDS_H

#include "dissectors/tls/shape_dialogue.h"

/* Is there a length among its turns that is a range? */
bool odds_are_wanted(const struct dialogue *dialogue);

/* False: nothing fits. The match's cap is the confidence. */
bool odds_find(const struct dialogue *dialogue, struct match *match);

#endif
