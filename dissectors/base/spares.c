#include "dissectors/base/spares.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Sanitizers can watch only blocks that come from the heap as large as they are wanted, and go back
 * there. */
#ifdef BASICTAP_SANITIZED
static const bool is_watched = true;
#else
static const bool is_watched = false;
#endif

/* What is kept is linked by its own first bytes. */
struct spare {
    struct spare *next;
};

static size_t steps_of(size_t size)
{
    return size == 0 ? 1 : (size + SPARES_STEP - 1) / SPARES_STEP;
}

static bool is_for_heap(const struct spares *spares, size_t size)
{
    return spares == NULL || is_watched || steps_of(size) > SPARES_STEPS;
}

void *spares_take(struct spares *spares, size_t size)
{
    size_t steps = steps_of(size);
    struct spare *spare;

    if (is_for_heap(spares, size)) {
        return calloc(1, size);
    }
    spare = spares->lists[steps - 1];
    if (spare == NULL) {
        return calloc(1, steps * SPARES_STEP);
    }
    spares->lists[steps - 1] = spare->next;
    spares->kept -= steps * SPARES_STEP;
    return memset(spare, 0, size);
}

void spares_give(struct spares *spares, void *block, size_t size)
{
    size_t steps = steps_of(size);
    struct spare *spare = block;

    if (block == NULL || is_for_heap(spares, size) ||
        spares->kept + steps * SPARES_STEP > SPARES_MAX_BYTES) {
        free(block);
        return;
    }
    spare->next = spares->lists[steps - 1];
    spares->lists[steps - 1] = spare;
    spares->kept += steps * SPARES_STEP;
}

void spares_clear(struct spares *spares)
{
    for (size_t i = 0; i < SPARES_STEPS; i++) {
        while (spares->lists[i] != NULL) {
            struct spare *spare = spares->lists[i];

            spares->lists[i] = spare->next;
            free(spare);
        }
    }
    spares->kept = 0;
}
