/* progress: how far a replay is, on the terminal, a few times a second. */
#ifndef BASICTAP_SENSOR_COMMANDS_PROGRESS_H
#define BASICTAP_SENSOR_COMMANDS_PROGRESS_H

#include "sensor/source.h"

struct progress {
    bool is_on;
    uint64_t shown_ns; /* monotonic time of what stands there; 0: nothing */
    uint64_t frames;   /* then */
};

void progress_init(struct progress *progress);

/* Cheap when it is not yet time. */
void progress_show(struct progress *progress, struct source *source, uint64_t findings);
void progress_clear(const struct progress *progress);

#endif
