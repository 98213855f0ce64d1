/*
 * measure: named numbers, each with its reason, as rules/shapes.yml gives them:
 *
 *     - token-http1: 880
 *       reason: a signature of RSA alone is 342 characters
 *       captures: eas-tls-bearer-curl-ios
 *
 * A file without a reason for a number is refused, as is one that leaves a number out.
 */
#ifndef BASICTAP_RULES_MEASURE_H
#define BASICTAP_RULES_MEASURE_H

#include "rules/tree.h"

enum measure_kind {
    MEASURE_COUNT, /* of bytes, requests, seconds: a uint32_t */
    MEASURE_SHARE, /* 0 to 1, up to four decimals: a double */
};

/* Where a number goes. */
struct measure {
    const char *name;
    enum measure_kind kind;
    size_t offset;
};

enum { MAX_MEASURES = 64 };

/* Fills the struct at out. False and words (file, line, column); out may be filled in part then. */
bool measures_read(const struct tree *tree, const struct node *list, const struct measure *measures,
                   size_t num_measures, void *out, struct diag *diag);

/* The same for some of a list; the others are left to whom they belong. */
bool measures_pick(const struct tree *tree, const struct node *list, const struct measure *measures,
                   size_t num_measures, void *out, struct diag *diag);

#endif
