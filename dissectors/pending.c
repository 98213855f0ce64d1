#include "dissectors/pending.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RUNS = 16 /* changes of direction while probes say maybe */ };

static void give_back(struct pending *pending)
{
    if (pending->at != NULL) {
        bytes_wipe(pending->at, pending->size);
        free(pending->at);
    }
}

void pending_clear(struct pending *pending)
{
    give_back(pending);
    *pending = (struct pending){0};
}

void pending_release(struct pending *pending)
{
    if (pending->len == 0) {
        give_back(pending);
        pending->at = NULL;
        pending->size = 0;
    }
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
    give_back(pending);
    pending->at = at;
    pending->size = (uint32_t)size;
    return true;
}

bool pending_append(struct pending *pending, struct bytes *front, size_t len)
{
    if (!pending_reserve(pending, pending->len + len) ||
        !take_into(front, pending->at + pending->len, len)) {
        return false;
    }
    pending->len += (uint32_t)len;
    return true;
}

void pending_drop(struct pending *pending, size_t len)
{
    pending->len -= (uint32_t)len;
    if (len > 0 && pending->len > 0) {
        memmove(pending->at, pending->at + len, pending->len);
    }
}

bool runs_put(struct runs *runs, enum side from, size_t len, const struct moment *now)
{
    struct run *last;

    if (runs->list == NULL) {
        runs->list = calloc(MAX_RUNS, sizeof(*runs->list));
        runs->num = 0;
        if (runs->list == NULL) {
            return false;
        }
    }
    last = runs->num > 0 ? &runs->list[runs->num - 1] : NULL;
    if (last == NULL || last->from != from ||
        (last->at.frame != now->frame && runs->num < MAX_RUNS / 2)) {
        if (runs->num == MAX_RUNS) {
            return false;
        }
        last = &runs->list[runs->num++];
        *last = (struct run){.from = from};
    }
    last->len += (uint32_t)len;
    last->at = *now;
    return true;
}

void runs_forget(struct runs *runs, enum side from)
{
    size_t num = 0;

    for (size_t i = 0; i < runs->num; i++) {
        if (runs->list[i].from != from) {
            runs->list[num++] = runs->list[i];
        }
    }
    runs->num = num;
}

void runs_clear(struct runs *runs)
{
    free(runs->list);
    *runs = (struct runs){0};
}
