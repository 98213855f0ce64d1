#include "rules/window.h"

#include <stdlib.h>

static const uint64_t day_ns = UINT64_C(86400) * 1000000000u;

struct windows {
    struct hmap *map; /* in the order of opening; windows are never touched */
    uint64_t window_ns;
    uint64_t num_opened;
    uint64_t next_over; /* nothing is over before */
    window_fn *on_over;
    void *ctx;
    size_t max_open;
    uint64_t evicted;
};

static void drop_window(void *ctx, void *value)
{
    (void)ctx;
    free(((struct window *)value)->parcel);
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
    hmap_on_drop(windows->map, drop_window, NULL);
    windows->window_ns = window_ns;
    windows->max_open = max_open;
    windows->next_over = UINT64_MAX;
    windows->on_over = on_over;
    windows->ctx = ctx;
    return windows;
}

void windows_free(struct windows *windows)
{
    if (windows != NULL) {
        hmap_free(windows->map);
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
    if (window->count > 0) {
        windows->on_over(windows->ctx, window);
    }
    hmap_remove(windows->map, window);
}

struct window *windows_find(struct windows *windows, const void *key, size_t key_len, uint64_t time)
{
    struct window *window = hmap_find(windows->map, key, key_len);
    bool same_day;

    if (window == NULL) {
        return NULL;
    }
    same_day = window->opened / day_ns == time / day_ns;
    if (same_day && (windows->window_ns == 0 || !is_over(windows, window, time))) {
        return window;
    }
    hand_out(windows, window);
    return NULL;
}

struct window *windows_open(struct windows *windows, const void *key, size_t key_len,
                            const struct finding *finding, uint64_t time)
{
    struct parcel *parcel = finding_pack(finding);
    struct window *window;
    uint64_t over;
    bool added = false;

    if (parcel == NULL) {
        return NULL;
    }
    if (hmap_count(windows->map) >= windows->max_open) {
        windows->evicted++;
        hand_out(windows, hmap_oldest(windows->map));
    }
    window = hmap_put(windows->map, key, key_len, &added);
    if (window == NULL || !added) {
        free(parcel);
        return NULL;
    }
    window->parcel = parcel;
    window->opened = time;
    window->first = time;
    window->last = time;
    window->order = windows->num_opened++;
    over = over_at(windows, window);
    if (over < windows->next_over) {
        windows->next_over = over;
    }
    return window;
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
        while (num-- > 0) {
            hand_out(windows, hmap_oldest(windows->map));
        }
        return;
    }
    for (size_t i = 0; i < num; i++) {
        list[i] = window;
        window = hmap_newer(window);
    }
    qsort(list, num, sizeof(list[0]), by_begin);
    for (size_t i = 0; i < num; i++) {
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
    return windows->evicted;
}
