/* shapes_table: what the check of shapes came to, as tables for people. */
#ifndef BASICTAP_SENSOR_COMMANDS_SHAPES_TABLE_H
#define BASICTAP_SENSOR_COMMANDS_SHAPES_TABLE_H

#include <stdio.h>

#include "rules/check.h"

/* All captures together. */
struct shapes_total {
    struct checks checks;
    uint64_t opened[NUM_CHECK_GROUPS]; /* TLS sessions that keys opened */
    uint64_t captures;
    uint64_t damaged;
    uint64_t inferred; /* sessions that no key opened: nothing to compare with */
};

void shapes_table_print(FILE *out, const struct shapes_total *total);

/* One session, in two lines. file: as it was given. */
void shapes_session_print(FILE *out, const char *file, const struct event *event);

#endif
