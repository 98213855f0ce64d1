#include "dissectors/pending.h"

#include <stdlib.h>
#include <string.h>

void pending_clear(struct pending *pending)
{
    if (pending->at != NULL) {
        bytes_wipe(pending->at, pending->size);
        free(pending->at);
    }
    *pending = (struct pending){0};
}

/* Grows by doubling; false when out of memory. */
static bool pending_reserve(struct pending *pending, size_t len)
{
    size_t size = pending->size > 0 ? pending->size : 256;
    uint8_t *at;

    if (len <= pending->size) {
        return true;
    }
    while (size < len) {
        size *= 2;
    }
    at = malloc(size);
    if (at == NULL) {
        return false;
    }
    if (pending->len > 0) {
        memcpy(at, pending->at, pending->len);
    }
    if (pending->at != NULL) {
        bytes_wipe(pending->at, pending->size);
        free(pending->at);
    }
    pending->at = at;
    pending->size = size;
    return true;
}

bool pending_append(struct pending *pending, struct bytes *front, size_t len)
{
    if (!pending_reserve(pending, pending->len + len) ||
        !take_into(front, pending->at + pending->len, len)) {
        return false;
    }
    pending->len += len;
    return true;
}

void pending_drop(struct pending *pending, size_t len)
{
    pending->len -= len;
    if (len > 0 && pending->len > 0) {
        memmove(pending->at, pending->at + len, pending->len);
    }
}
