/* clock: a monotonic clock for deadlines and back-off, the only clock of this folder. What is
 * published never depends on it. */
#ifndef BASICTAP_EXPORT_CLOCK_H
#define BASICTAP_EXPORT_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

uint64_t clock_now_ns(void);

/* A condition whose waits end by this clock, and the time to give to pthread_cond_timedwait. */
void clock_init_condition(pthread_cond_t *condition);
struct timespec clock_in(uint64_t ns);

#endif
