/*
 * window: what has happened and is not yet told: one entry for every fact (key) of a span of packet
 * time. A span begins with its first event; it is over window_ns later and at the end of the UTC
 * day in any case. Bounded: beyond max_open the one opened first is handed out early.
 */
#ifndef BASICTAP_RULES_WINDOW_H
#define BASICTAP_RULES_WINDOW_H

#include "dissectors/base/hmap.h"
#include "rules/parcel.h"
#include "rules/ruleset.h"

struct window {
    struct parcel *parcel; /* the finding of its first event */
    uint64_t opened;       /* time of the event that opened it; part of the finding's id */
    uint64_t first;        /* earliest event that is not told yet; earlier than opened if packet
                              time went backwards a little */
    uint64_t last;
    uint64_t count;     /* not told yet */
    uint64_t order;     /* of opening */
    uint64_t inputs;    /* hash of what the last event said: the same again gives the same; 0: not
                           known, which is so until the second event */
    uint32_t told;      /* findings that were made of it */
    struct pairs pairs; /* of what is not told yet */
    struct rule_hits hits;
};

/* Called for a window that is over; afterwards it is gone. */
typedef void window_fn(void *ctx, const struct window *window);

struct windows;
struct windows *windows_new(uint64_t window_ns, size_t max_open, const uint8_t seed[HMAP_SEED_SIZE],
                            window_fn *on_over, void *ctx);
void windows_free(struct windows *windows); /* without a word; NULL is fine */

/* Sends for the place of a key that windows_put will be asked for; its hash, to be given there. */
uint64_t windows_expect(const struct windows *windows, struct bytes key);

/* The open window of a key at that time, or a new one, which has no parcel yet and must be filled.
 * One that is over by then is handed out first. NULL when out of memory. */
struct window *windows_put(struct windows *windows, uint64_t hash, struct bytes key, uint64_t time);

/* A parcel for a window, where it can be in the memory of one that has left; NULL: none. */
struct parcel *windows_pack(struct windows *windows, const struct finding *finding);

/* Holds the parcel. False, and the window is gone, when that is NULL. */
bool windows_fill(struct windows *windows, struct window *window, struct parcel *parcel);

void windows_advance(struct windows *windows, uint64_t now);
void windows_flush(struct windows *windows); /* in the order of their begins */

uint64_t windows_evicted(const struct windows *windows);

#endif
