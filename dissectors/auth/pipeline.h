/*
 * pipeline: the commands whose answers are still to come, for protocols that answer in order
 * without saying to what (POP, SMTP).
 */
#ifndef BASICTAP_DISSECTORS_AUTH_PIPELINE_H
#define BASICTAP_DISSECTORS_AUTH_PIPELINE_H

#include <stdint.h>

enum { PIPELINE_SIZE = 64 };

/* Zeroed is empty. A command is a small number of the protocol's own, never 0. */
struct pipeline {
    uint8_t first;
    uint8_t num;
    uint8_t commands[PIPELINE_SIZE];
};

/* One more is outstanding. When there is no room, all are forgotten: answers then stand alone. */
void pipeline_put(struct pipeline *pipeline, uint8_t command);

/* The oldest; 0: none is outstanding. */
uint8_t pipeline_peek(const struct pipeline *pipeline);
uint8_t pipeline_take(struct pipeline *pipeline);

/* Forgets what went unanswered before a command whose answer this certainly is; when that is not
 * outstanding, nothing changes. */
void pipeline_catch_up(struct pipeline *pipeline, uint8_t command);

/* What was asked with from is of no more interest than to. */
void pipeline_replace(struct pipeline *pipeline, uint8_t from, uint8_t to);

void pipeline_clear(struct pipeline *pipeline);

#endif
