#include "rules/window.h"

#include <stdlib.h>

#include "dissectors/base/prefetch.h"

enum { FETCH_AHEAD = 4 };

static const uint64_t day_ns = UINT64_C(86400) * 1000000000u;

struct windows {
    struct hmap *map; /* in the order of opening; windows are never touched */
    uint64_t window_ns;
    uint64_t num_opened;
    uint64_t next_over; /* nothing is over before */
    window_fn *on_over;
    void *ctx;
    bool is_silent;
    struct parcel *spare; /* of the window that left last */
};

/* What telling of a window will read: most of it was written when the window was opened. */
static void prefetch_parcel(const struct window *window)
{
    enum { USUAL_SIZE = 512 };

    if (window->parcel != NULL) {
        prefetch(window->parcel, USUAL_SIZE);
    }
}

/* Every window that leaves is told, unless all is being freed. */
static void drop_window(void *ctx, void *value)
{
    struct windows *windows = ctx;
    struct window *window = value;

    if (window->count > 0 && !windows->is_silent) {
        windows->on_over(windows->ctx, window);
    }
    pairs_clear(&window->pairs);
    parcel_release(window->parcel, &windows->spare);
}

struct windows *windows_new(uint64_t window_ns, size_t max_open, const uint8_t seed[HMAP_SEED_SIZE],
                            window_fn *on_over, void *ctx)
{
    struct windows *windows = calloc(1, sizeof(*windows));

    if (windows == NULL) {
        return NULL;
    }
    windows->map = hmap_new(max_open, sizeof(struct window), seed);
    if (windows->map == NULL) {
        free(windows);
        return NULL;
    }
    hmap_on_drop(windows->map, drop_window, windows);
    windows->window_ns = window_ns;
    windows->next_over = UINT64_MAX;
    windows->on_over = on_over;
    windows->ctx = ctx;
    return windows;
}

void windows_free(struct windows *windows)
{
    if (windows != NULL) {
        windows->is_silent = true;
        hmap_free(windows->map);
        parcel_release(windows->spare, NULL);
        free(windows);
    }
}

static uint64_t over_at(const struct windows *windows, const struct window *window)
{
    uint64_t midnight = (window->opened / day_ns + 1) * day_ns;

    if (windows->window_ns == 0 || midnight - window->opened < windows->window_ns) {
        return midnight;
    }
    return window->opened + windows->window_ns;
}

/* Time may go backwards a little: files overlap, packets are stamped out of order. A window that
 * begins further in the future was opened before time jumped back. */
static bool is_over(const struct windows *windows, const struct window *window, uint64_t now)
{
    if (now >= window->opened) {
        return now >= over_at(windows, window);
    }
    return window->opened - now > (windows->window_ns != 0 ? windows->window_ns : day_ns);
}

static void hand_out(struct windows *windows, struct window *window)
{
    hmap_remove(windows->map, window);
}

static bool holds(const struct windows *windows, const struct window *window, uint64_t time)
{
    return window->opened / day_ns == time / day_ns &&
           (windows->window_ns == 0 || !is_over(windows, window, time));
}

uint64_t windows_expect(const struct windows *windows, struct bytes key)
{
    return hmap_expect(windows->map, key.at, key.len);
}

struct window *windows_put(struct windows *windows, uint64_t hash, struct bytes key, uint64_t time)
{
    bool added = false;
    struct window *window = hmap_put_expected(windows->map, hash, key.at, key.len, &added);
    uint64_t over;

    if (window != NULL && !added && !holds(windows, window, time)) {
        hand_out(windows, window);
        window = hmap_put_expected(windows->map, hash, key.at, key.len, &added);
    }
    if (window == NULL || !added) {
        return window;
    }
    window->opened = time;
    window->first = time;
    window->last = time;
    window->order = windows->num_opened++;
    over = over_at(windows, window);
    if (over < windows->next_over) {
        windows->next_over = over;
    }
    if (hmap_is_full(windows->map)) { /* the next one makes the oldest go */
        prefetch_parcel(hmap_oldest(windows->map));
    }
    return window;
}

struct parcel *windows_pack(struct windows *windows, const struct finding *finding)
{
    return parcel_pack(finding, &windows->spare);
}

bool windows_fill(struct windows *windows, struct window *window, struct parcel *parcel)
{
    window->parcel = parcel_hold(parcel);
    if (window->parcel == NULL) {
        hand_out(windows, window);
        return false;
    }
    return true;
}

static int by_begin(const void *a, const void *b)
{
    const struct window *left = *(struct window *const *)a;
    const struct window *right = *(struct window *const *)b;

    if (left->opened != right->opened) {
        return left->opened < right->opened ? -1 : 1;
    }
    return (left->order > right->order) - (left->order < right->order);
}

/* Hands out a number of the oldest, sorted by their begins; without memory for sorting, as they
 * stand. */
static void hand_out_oldest(struct windows *windows, size_t num)
{
    struct window **list = calloc(num + 1, sizeof(struct window *));
    struct window *window = hmap_oldest(windows->map);

    if (list == NULL) {
        while (num-- > 0 && (window = hmap_oldest(windows->map)) != NULL) {
            hand_out(windows, window);
        }
        return;
    }
    for (size_t i = 0; i < num; i++) {
        list[i] = window;
        window = hmap_newer(window);
    }
    qsort(list, num, sizeof(list[0]), by_begin);
    for (size_t i = 0; i < num; i++) {
        if (i + 2 * FETCH_AHEAD < num) {
            __builtin_prefetch(list[i + 2 * FETCH_AHEAD]);
            prefetch_parcel(list[i + FETCH_AHEAD]);
            hmap_expect_removal(windows->map, list[i + FETCH_AHEAD]);
        }
        hand_out(windows, list[i]);
    }
    free(list);
}

void windows_advance(struct windows *windows, uint64_t now)
{
    const struct window *window = hmap_oldest(windows->map);
    size_t num = 0;

    if (window == NULL || (now < windows->next_over && !is_over(windows, window, now))) {
        return;
    }
    while (window != NULL && is_over(windows, window, now)) {
        num++;
        window = hmap_newer(window);
    }
    hand_out_oldest(windows, num);
    window = hmap_oldest(windows->map);
    windows->next_over = window != NULL ? over_at(windows, window) : UINT64_MAX;
}

void windows_flush(struct windows *windows)
{
    hand_out_oldest(windows, hmap_count(windows->map));
    windows->next_over = UINT64_MAX;
}

uint64_t windows_evicted(const struct windows *windows)
{
    return hmap_evicted(windows->map);
}
