#include "sensor/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    HUGE_PAGE = 2 * 1048576,
    STEP = 8 * HUGE_PAGE,       /* what is touched before it is advised keeps small pages */
    MAX_IN_HEAP = 32 * 1048576, /* the most that the library takes: tables too are to be in there */
};

static uintptr_t advised; /* the heap up to here */

void memory_init(void)
{
    void *volatile first; /* volatile: else there is neither malloc nor free */

    (void)mallopt(M_TOP_PAD, STEP);
    (void)mallopt(M_MMAP_THRESHOLD, MAX_IN_HEAP);
    (void)mallopt(M_TRIM_THRESHOLD, 4 * STEP);
    advised = (uintptr_t)sbrk(0) / HUGE_PAGE * HUGE_PAGE;
    first = malloc(STEP); /* the heap takes its first step before there is anything in it */
    free(first);
    memory_advise();
}

void memory_advise(void)
{
    uintptr_t end = (uintptr_t)sbrk(0) / HUGE_PAGE * HUGE_PAGE;

    if (end > advised) {
        (void)madvise((void *)advised, end - advised, MADV_HUGEPAGE);
        advised = end;
    }
}
