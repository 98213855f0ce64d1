/*
 * profile: which flows there are, and whose turn it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

/* A kind of flow in the mixed profile. */
struct kind {
    make_fn make;
    double share;       /* of all packets */
    uint32_t num_flows; /* live at once, of 50,000 */
    uint32_t burst;     /* at most so many packets in a turn */
    struct flow *flows;
};

static struct kind kinds[] = {
    {.make = make_tls_idle, .share = 0.16, .num_flows = 32000, .burst = 2},
    {.make = make_tls_bulk, .share = 0.37, .num_flows = 8000, .burst = 8},
    {.make = make_quic, .share = 0.14, .num_flows = 4000, .burst = 6},
    {.make = make_http_bulk, .share = 0.06, .num_flows = 1500, .burst = 8},
    {.make = make_dns, .share = 0.06, .num_flows = 500, .burst = 2},
    {.make = make_mixed_mail, .share = 0.10, .num_flows = 1500, .burst = 2},
    {.make = make_imix, .share = 0.11, .num_flows = 2500, .burst = 2},
};
enum { NUM_KINDS = sizeof(kinds) / sizeof(*kinds) };

static struct flow *flows_new(uint64_t num_flows)
{
    struct flow *flows = calloc(num_flows, sizeof(*flows));

    if (flows == NULL) {
        (void)fprintf(stderr, "makecapture: no memory for %llu flows\n",
                      (unsigned long long)num_flows);
        exit(1);
    }
    return flows;
}

/* How often a kind has its turn: bursts are half as long as they may be, on average. */
static double weight(const struct kind *kind)
{
    return kind->share / ((1 + kind->burst) / 2.0);
}

static double total_weight(void)
{
    double total = 0;

    for (int i = 0; i < NUM_KINDS; i++) {
        total += weight(&kinds[i]);
    }
    return total;
}

static struct kind *draw_kind(double total)
{
    double left = draw_unit() * total;
    int i = 0;

    while (i < NUM_KINDS - 1 && left >= weight(&kinds[i])) {
        left -= weight(&kinds[i]);
        i++;
    }
    return &kinds[i];
}

static void take_turn(const struct kind *kind)
{
    struct flow *flow = &kind->flows[draw_below(kind->num_flows)];

    for (uint32_t left = 1 + draw_below(kind->burst); left > 0; left--) {
        if (totals.packets >= options.packets) {
            return;
        }
        if (!flow->is_used) {
            kind->make(flow);
        }
        if (!flow_step(flow)) {
            flow_clear(flow);
            return;
        }
    }
}

static void begin_kind(struct kind *kind)
{
    uint32_t num_flows = (uint32_t)(kind->num_flows * ((double)options.live / 50000.0));

    kind->num_flows = num_flows > 0 ? num_flows : 1;
    kind->flows = flows_new(kind->num_flows);
}

static void end_kind(struct kind *kind)
{
    for (uint32_t i = 0; i < kind->num_flows; i++) {
        if (kind->flows[i].is_used) {
            flow_clear(&kind->flows[i]);
        }
    }
    free(kind->flows);
}

/* Flows that begin and end all the time, until there are enough packets. */
static void run_mixed(void)
{
    double total = total_weight();

    quic_init();
    for (int i = 0; i < NUM_KINDS; i++) {
        begin_kind(&kinds[i]);
    }
    while (totals.packets < options.packets) {
        take_turn(draw_kind(total));
    }
    for (int i = 0; i < NUM_KINDS; i++) {
        end_kind(&kinds[i]);
    }
}

/* So many flows, of which some are live at once; each time another one sends a packet. */
static void run_window(make_fn make, uint64_t num_flows)
{
    uint32_t num_live = (uint32_t)(options.live < num_flows ? options.live : num_flows);
    struct flow *flows = flows_new(num_live);
    uint64_t num_made;

    for (num_made = 0; num_made < num_live; num_made++) {
        make(&flows[num_made]);
    }
    while (num_live > 0) {
        struct flow *flow = &flows[draw_below(num_live)];

        if (flow_step(flow)) {
            continue;
        }
        flow_clear(flow);
        if (num_made < num_flows) {
            make(flow);
            num_made++;
        } else {
            *flow = flows[--num_live];
        }
    }
    free(flows);
}

static void run_flows(void)
{
    few_init();
    run_window(make_few, options.flows);
}

static void run_logins(void)
{
    run_window(make_mail, options.sessions);
}

static void run_tlsbulk(void)
{
    run_window(make_sealed_bulk, options.sessions);
}

static void run_anybulk(void)
{
    run_window(make_random_bulk, options.sessions);
}

static void run_tlslogins(void)
{
    run_window(make_sealed_login, options.sessions);
}

static const struct profile {
    const char *name;
    void (*run)(void);
    double pps;
    uint64_t live; /* 0: all */
    uint64_t sessions;
} profiles[] = {
    {"mixed", run_mixed, 60000, 50000, 0},        {"flows", run_flows, 250000, 0, 0},
    {"logins", run_logins, 100000, 2000, 200000}, {"tlsbulk", run_tlsbulk, 60000, 10, 50},
    {"anybulk", run_anybulk, 60000, 10, 50},      {"tlslogins", run_tlslogins, 60000, 2000, 20000},
};

static const struct profile *find_profile(void)
{
    for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
        if (strcmp(options.profile, profiles[i].name) == 0) {
            return &profiles[i];
        }
    }
    return NULL;
}

bool profile_run(void)
{
    const struct profile *profile = find_profile();

    if (profile == NULL) {
        return false;
    }
    options.pps = options.pps > 0 ? options.pps : profile->pps;
    options.live = options.live > 0 ? options.live : profile->live;
    options.live = options.live > 0 ? options.live : options.flows;
    options.sessions = options.sessions > 0 ? options.sessions : profile->sessions;
    profile->run();
    return true;
}
