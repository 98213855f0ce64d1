#include "export/clock.h"

static const uint64_t second_ns = 1000000000u;

uint64_t clock_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * second_ns + (uint64_t)now.tv_nsec;
}

void clock_init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(condition, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

struct timespec clock_in(uint64_t ns)
{
    uint64_t at = clock_now_ns() + ns;

    return (struct timespec){(time_t)(at / second_ns), (long)(at % second_ns)};
}
