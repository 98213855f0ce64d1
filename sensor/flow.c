#include "sensor/flow.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    TICK_NS = 10000000, /* 10 ms: 32 bits of them are 497 days */
    EVICTION_SAMPLE = 16,
    SWEEP_NS = 2000000000, /* the whole table is looked at about that often */
};

_Static_assert(sizeof(struct flow) == 64, "a flow is one cache line");

/* Open addressing; index 0 is empty, entries are counted from 1. */
struct slot {
    uint32_t hash;
    uint32_t index;
};

struct flow_table {
    struct slot *slots;
    struct flow *entries; /* entries[0] is never used */
    uint32_t mask;
    uint32_t max_flows;
    uint32_t high_water; /* entries that were ever used */
    uint32_t free_list;  /* 0: none; entries[i].hash links, flags are 0 and ports 0 */
    uint32_t hand;       /* of the sweep */
    uint64_t sample;     /* where the next eviction looks */
    uint64_t swept_ns;
    uint64_t base_ns; /* packet time of tick 0 */
    struct flow_limits limits;
    struct flow_stats stats;
    flow_end_fn *on_end;
    void *ctx;
    size_t slots_size;
    size_t entries_size;
};

enum { FLOW_USED = 32768 }; /* internal: the entry is in use */

static void *pages(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);

    if (at == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(
        at, size,
        MADV_HUGEPAGE); /* random access over a large table: most of its cost would be TLB misses */
    return at;
}

static void set_defaults(struct flow_limits *limits)
{
    const uint64_t second = 1000000000;

    /* Never a factor of zero, whatever seed was given: it would swallow an address. */
    limits->seed[0] ^= 0x2d358dccaa6c78a5u;
    limits->seed[1] ^= 0x8bb84b93962eacc9u;
    limits->max_flows = limits->max_flows != 0 ? limits->max_flows : 1u << 20;
    limits->max_flows = limits->max_flows < 1u << 28 ? limits->max_flows : 1u << 28;
    limits->idle_ns = limits->idle_ns != 0 ? limits->idle_ns : 600 * second;
    limits->half_closed_ns = limits->half_closed_ns != 0 ? limits->half_closed_ns : 60 * second;
    limits->closed_ns = limits->closed_ns != 0 ? limits->closed_ns : 10 * second;
}

struct flow_table *flow_table_new(const struct flow_limits *limits, flow_end_fn *on_end, void *ctx)
{
    struct flow_table *table = calloc(1, sizeof(*table));
    uint32_t num_slots = 16;

    if (table == NULL) {
        return NULL;
    }
    table->limits = *limits;
    set_defaults(&table->limits);
    table->max_flows = (uint32_t)table->limits.max_flows;
    while (num_slots < 2 * table->max_flows) {
        num_slots *= 2;
    }
    table->mask = num_slots - 1;
    table->on_end = on_end;
    table->ctx = ctx;
    table->slots_size = num_slots * sizeof(*table->slots);
    table->entries_size = (table->max_flows + 1ul) * sizeof(*table->entries);
    table->slots = pages(table->slots_size);
    table->entries = pages(table->entries_size);
    if (table->slots == NULL || table->entries == NULL) {
        flow_table_free(table);
        return NULL;
    }
    return table;
}

void flow_table_free(struct flow_table *table)
{
    if (table == NULL) {
        return;
    }
    if (table->slots != NULL) {
        (void)munmap(table->slots, table->slots_size);
    }
    if (table->entries != NULL) {
        (void)munmap(table->entries, table->entries_size);
    }
    free(table);
}

static uint64_t word(const uint8_t *at)
{
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

/* Multiply and fold (the mixing step of wyhash): keyed, so that a sender cannot choose collisions
 * without the seed. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t hash_probe(const struct flow_table *table, const struct flow_probe *probe)
{
    uint64_t ports =
        (uint64_t)probe->low_port << 32 | (uint64_t)probe->high_port << 16 | probe->vlan;
    uint64_t hash =
        fold(word(probe->low) ^ table->limits.seed[0], word(probe->low + 8) ^ 0x9e3779b97f4a7c15u);

    hash = fold(word(probe->high) ^ hash, word(probe->high + 8) ^ table->limits.seed[1]);
    hash = fold(hash ^ ports, table->limits.seed[1] ^ 0xd6e8feb86659fd93u);
    return (uint32_t)(hash >> 32 ^ hash);
}

/* Does the packet come from the side that sorts higher? The order is any that both directions agree
 * on; so it is that of the machine's words. */
static bool is_from_high(const struct packet *packet)
{
    uint64_t src[2] = {word(packet->src.octets), word(packet->src.octets + 8)};
    uint64_t dst[2] = {word(packet->dst.octets), word(packet->dst.octets + 8)};

    if (src[1] != dst[1]) {
        return src[1] > dst[1];
    }
    return src[0] != dst[0] ? src[0] > dst[0] : packet->src_port > packet->dst_port;
}

void flow_probe_init(const struct flow_table *table, const struct packet *packet,
                     struct flow_probe *probe)
{
    bool from_high = is_from_high(packet);

    memcpy(probe->low, from_high ? packet->dst.octets : packet->src.octets, sizeof(probe->low));
    memcpy(probe->high, from_high ? packet->src.octets : packet->dst.octets, sizeof(probe->high));
    probe->low_port = from_high ? packet->dst_port : packet->src_port;
    probe->high_port = from_high ? packet->src_port : packet->dst_port;
    probe->vlan = table->limits.key_vlan ? packet->vlan : 0;
    probe->from_high = from_high;
    probe->hash = hash_probe(table, probe);
    probe->expected = NULL;
}

void flow_prefetch_slot(const struct flow_table *table, const struct flow_probe *probe)
{
    __builtin_prefetch(&table->slots[probe->hash & table->mask]);
}

void flow_prefetch_entry(const struct flow_table *table, struct flow_probe *probe)
{
    const struct slot *slot = &table->slots[probe->hash & table->mask];

    if (slot->index != 0 && slot->hash == probe->hash) {
        probe->expected = &table->entries[slot->index];
        __builtin_prefetch(probe->expected, 1);
    }
}

const struct session *flow_peek_session(const struct flow_probe *probe)
{
    const struct flow *flow = probe->expected;

    return flow != NULL && (flow->flags & FLOW_SESSION) != 0 ? flow->session : NULL;
}

static bool is_flow(const struct flow *flow, const struct flow_probe *probe)
{
    return flow->low_port == probe->low_port && flow->high_port == probe->high_port &&
           flow->vlan == probe->vlan && memcmp(flow->low, probe->low, sizeof(flow->low)) == 0 &&
           memcmp(flow->high, probe->high, sizeof(flow->high)) == 0;
}

/* Empties a slot and moves those behind it up, so that no search ends early (Knuth, vol. 3, 6.4,
 * algorithm R). */
static void slot_remove(struct flow_table *table, uint32_t hole)
{
    uint32_t at = hole;

    for (;;) {
        uint32_t home;

        at = (at + 1) & table->mask;
        if (table->slots[at].index == 0) {
            break;
        }
        home = table->slots[at].hash & table->mask;
        if (((at - home) & table->mask) >= ((at - hole) & table->mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = (struct slot){0};
}

static void remove_flow(struct flow_table *table, uint32_t index)
{
    struct flow *flow = &table->entries[index];
    uint32_t at = flow->hash & table->mask;

    table->on_end(table->ctx, flow);
    while (table->slots[at].index != index) {
        at = (at + 1) & table->mask;
    }
    slot_remove(table, at);
    memset(flow, 0, sizeof(*flow));
    flow->hash = table->free_list;
    table->free_list = index;
    table->stats.live--;
}

static uint64_t timeout_of(const struct flow_table *table, const struct flow *flow)
{
    if ((flow->flags & FLOW_CLOSED) != 0) {
        return table->limits.closed_ns;
    }
    return (flow->flags & (FLOW_FIN_LOW | FLOW_FIN_HIGH)) != 0 ? table->limits.half_closed_ns
                                                               : table->limits.idle_ns;
}

/* Packet time may run backwards: such a flow has just been seen. */
static bool is_over(const struct flow_table *table, const struct flow *flow, uint32_t tick)
{
    int32_t idle = (int32_t)(tick - flow->last_seen);

    return idle > 0 && (uint64_t)idle * TICK_NS > timeout_of(table, flow);
}

static uint32_t tick_of(struct flow_table *table, uint64_t now_ns)
{
    if (table->base_ns == 0) {
        table->base_ns = now_ns > 1 ? now_ns : 1;
    }
    return (uint32_t)((int64_t)(now_ns - table->base_ns) / TICK_NS);
}

/* The oldest of a random sample: it is among the oldest sixth with all but certainty, and needs no
 * list. */
static void evict(struct flow_table *table, uint32_t tick)
{
    uint32_t oldest = 0;

    for (unsigned i = 0; i < EVICTION_SAMPLE; i++) {
        uint32_t index;

        table->sample = table->sample * 6364136223846793005u + 1442695040888963407u;
        index = (uint32_t)((table->sample >> 33) % table->high_water) + 1;
        if (oldest == 0 || (int32_t)(tick - table->entries[index].last_seen) >
                               (int32_t)(tick - table->entries[oldest].last_seen)) {
            oldest = index;
        }
    }
    table->stats.evicted++;
    remove_flow(table, oldest);
}

static uint32_t entry_new(struct flow_table *table, uint32_t tick)
{
    uint32_t index;

    if (table->free_list == 0 && table->high_water < table->max_flows) {
        return ++table->high_water;
    }
    if (table->free_list == 0) {
        evict(table, tick);
    }
    index = table->free_list;
    table->free_list = table->entries[index].hash;
    return index;
}

static struct flow *flow_new(struct flow_table *table, const struct flow_probe *probe,
                             uint32_t tick)
{
    uint32_t index = entry_new(table, tick);
    struct flow *flow = &table->entries[index];
    uint32_t at = probe->hash & table->mask;

    while (table->slots[at].index != 0) {
        at = (at + 1) & table->mask;
    }
    table->slots[at] = (struct slot){probe->hash, index};
    memcpy(flow->low, probe->low, sizeof(flow->low));
    memcpy(flow->high, probe->high, sizeof(flow->high));
    flow->low_port = probe->low_port;
    flow->high_port = probe->high_port;
    flow->vlan = probe->vlan;
    flow->flags = FLOW_USED;
    flow->last_seen = tick;
    flow->hash = probe->hash;
    flow->isn[0] = 0;
    flow->isn[1] = 0;
    table->stats.created++;
    table->stats.live++;
    return flow;
}

/* What was expected may have gone since, and another have come in its place. */
static bool is_as_expected(const struct flow_table *table, const struct flow_probe *probe,
                           uint32_t tick)
{
    const struct flow *flow = probe->expected;

    return flow != NULL && (flow->flags & FLOW_USED) != 0 && is_flow(flow, probe) &&
           !is_over(table, flow, tick);
}

struct flow *flow_find(struct flow_table *table, const struct flow_probe *probe, uint64_t now_ns,
                       bool *fresh)
{
    uint32_t tick = tick_of(table, now_ns);
    uint32_t at = probe->hash & table->mask;

    *fresh = false;
    if (is_as_expected(table, probe, tick)) {
        probe->expected->last_seen = tick;
        return probe->expected;
    }
    while (table->slots[at].index != 0) {
        struct flow *flow = &table->entries[table->slots[at].index];

        if (table->slots[at].hash == probe->hash && is_flow(flow, probe)) {
            if (!is_over(table, flow, tick)) {
                flow->last_seen = tick;
                return flow;
            }
            table->stats.timed_out++;
            remove_flow(table, table->slots[at].index);
            break;
        }
        at = (at + 1) & table->mask;
    }
    *fresh = true;
    return flow_new(table, probe, tick);
}

void flow_expire(struct flow_table *table, uint64_t now_ns)
{
    uint32_t tick = tick_of(table, now_ns);
    uint64_t passed =
        now_ns > table->swept_ns && table->swept_ns != 0 ? now_ns - table->swept_ns : 0;
    uint64_t due;

    if (table->swept_ns == 0 || now_ns < table->swept_ns) {
        table->swept_ns = now_ns;
        return;
    }
    passed = passed < SWEEP_NS ? passed : SWEEP_NS;
    due = (table->high_water * passed) / SWEEP_NS;
    if (due == 0) {
        return;
    }
    table->swept_ns = now_ns;
    for (; due > 0; due--) {
        table->hand = table->hand < table->high_water ? table->hand + 1 : 1;
        if ((table->entries[table->hand].flags & FLOW_USED) != 0 &&
            is_over(table, &table->entries[table->hand], tick)) {
            table->stats.timed_out++;
            remove_flow(table, table->hand);
        }
    }
}

void flow_end_all(struct flow_table *table)
{
    for (uint32_t i = 1; i <= table->high_water; i++) {
        if ((table->entries[i].flags & FLOW_USED) != 0) {
            remove_flow(table, i);
        }
    }
}

const struct flow_stats *flow_stats(const struct flow_table *table)
{
    return &table->stats;
}
