#include "dissectors/base/spares.h"

#include <stdlib.h>
#include <string.h>

void *spares_take(struct spares *spares, size_t size)
{
    if (spares == NULL || spares->num == 0) {
        return calloc(1, size);
    }
    return memset(spares->blocks[--spares->num], 0, size);
}

void spares_give(struct spares *spares, void *block)
{
    if (block != NULL && spares != NULL && spares->num < SPARES_MAX) {
        spares->blocks[spares->num++] = block;
    } else {
        free(block);
    }
}

void spares_clear(struct spares *spares)
{
    while (spares->num > 0) {
        free(spares->blocks[--spares->num]);
    }
}
