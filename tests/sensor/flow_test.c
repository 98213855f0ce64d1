#include <string.h>

#include "sensor/flow.h"
#include "tests/support/test.h"

enum { MAX_ENDED = 64 };

static const uint64_t second = 1000000000;

struct fixture {
    struct flow_table *table;
    uint16_t ended[MAX_ENDED]; /* low ports of flows that went */
    size_t num_ended;
};

static void on_end(void *ctx, struct flow *flow)
{
    struct fixture *f = ctx;

    if (f->num_ended < MAX_ENDED) {
        f->ended[f->num_ended] = flow->low_port;
    }
    f->num_ended++;
}

static void set_up(struct fixture *f, struct flow_limits limits)
{
    memset(f, 0, sizeof(*f));
    f->table = flow_table_new(&limits, on_end, f);
    assert_non_null(f->table);
}

static struct packet packet_of(uint16_t src_port, uint16_t dst_port, uint16_t vlan)
{
    struct packet packet = {.src = {{10, 0, 0, 1}, 4},
                            .dst = {{10, 0, 0, 2}, 4},
                            .src_port = src_port,
                            .dst_port = dst_port,
                            .vlan = vlan};

    return packet;
}

static struct flow *find(struct fixture *f, struct packet packet, uint64_t now_ns, bool *fresh)
{
    struct flow_probe probe;

    flow_probe_init(f->table, &packet, &probe);
    return flow_find(f->table, &probe, now_ns, fresh);
}

static struct packet answer_to(struct packet packet)
{
    struct packet answer = packet;

    answer.src = packet.dst;
    answer.dst = packet.src;
    answer.src_port = packet.dst_port;
    answer.dst_port = packet.src_port;
    return answer;
}

static void both_directions_are_one_flow(void **state)
{
    struct packet there = packet_of(1025, 143, 0);
    struct packet back = answer_to(there);
    struct flow_probe probes[2];
    struct fixture f;
    bool fresh;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 8});
    assert_ptr_equal(find(&f, there, second, &fresh), find(&f, back, second, &fresh));
    assert_false(fresh);
    flow_probe_init(f.table, &there, &probes[0]);
    flow_probe_init(f.table, &back, &probes[1]);
    assert_true(probes[0].from_high != probes[1].from_high);
    flow_table_free(f.table);
}

static void a_host_that_talks_to_itself_has_two_sides(void **state)
{
    struct packet there = packet_of(1025, 143, 0);
    struct flow_probe probes[2];
    struct packet back;
    struct fixture f;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 8});
    there.dst = there.src;
    back = answer_to(there);
    flow_probe_init(f.table, &there, &probes[0]);
    flow_probe_init(f.table, &back, &probes[1]);
    assert_true(probes[0].from_high != probes[1].from_high);
    assert_int_equal(probes[0].hash, probes[1].hash);
    flow_table_free(f.table);
}

/* What memory is fetched for may end before its packet is worked. */
static void a_flow_that_has_gone_is_not_what_was_expected(void **state)
{
    struct packet first = packet_of(1, 2, 0);
    struct packet second_one = packet_of(3, 4, 0);
    struct flow_probe probe;
    struct fixture f;
    struct flow *flow;
    bool fresh;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 1});
    flow = find(&f, first, second, &fresh);
    flow_probe_init(f.table, &first, &probe);
    flow_prefetch_entry(f.table, &probe);
    assert_ptr_equal(probe.expected, flow);
    assert_ptr_equal(flow_find(f.table, &probe, second, &fresh), flow);
    assert_false(fresh);

    (void)find(&f, second_one, second, &fresh); /* takes its place */
    assert_true(fresh);
    flow = flow_find(f.table, &probe, second, &fresh);
    assert_true(fresh);
    assert_int_equal(flow->low_port, 1);

    flow_probe_init(f.table, &first, &probe);
    flow_prefetch_entry(f.table, &probe);
    flow_end_all(f.table); /* its place is empty */
    (void)flow_find(f.table, &probe, second, &fresh);
    assert_true(fresh);

    flow_probe_init(f.table, &first, &probe);
    flow_prefetch_entry(f.table, &probe);
    (void)flow_find(f.table, &probe, 3600 * second, &fresh); /* it was idle too long */
    assert_true(fresh);
    assert_int_equal(flow_stats(f.table)->timed_out, 1);
    flow_table_free(f.table);
}

static void the_vlan_is_part_of_the_key_only_when_asked_for(void **state)
{
    struct fixture f;
    bool fresh;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 8});
    (void)find(&f, packet_of(1, 2, 0), second, &fresh);
    (void)find(&f, packet_of(1, 2, 20), second, &fresh);
    assert_false(fresh);
    flow_table_free(f.table);
    set_up(&f, (struct flow_limits){.max_flows = 8, .key_vlan = true});
    (void)find(&f, packet_of(1, 2, 0), second, &fresh);
    (void)find(&f, packet_of(1, 2, 20), second, &fresh);
    assert_true(fresh);
    flow_table_free(f.table);
}

static void a_full_table_ends_its_longest_idle_flow(void **state)
{
    struct fixture f;
    bool fresh;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 4});
    for (uint16_t i = 1; i <= 4; i++) {
        (void)find(&f, packet_of(i, 9000, 0), i * second, &fresh);
    }
    (void)find(&f, packet_of(1, 9000, 0), 5 * second, &fresh); /* 2 is the oldest now */
    (void)find(&f, packet_of(5, 9000, 0), 6 * second, &fresh);
    assert_true(fresh);
    assert_int_equal(f.num_ended, 1);
    assert_int_equal(f.ended[0], 2);
    assert_int_equal(flow_stats(f.table)->evicted, 1);
    assert_int_equal(flow_stats(f.table)->live, 4);
    flow_table_free(f.table);
}

static void an_idle_flow_is_a_new_one_when_it_comes_back(void **state)
{
    struct fixture f;
    bool fresh;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 4, .idle_ns = 60 * second});
    (void)find(&f, packet_of(1, 2, 0), second, &fresh);
    (void)find(&f, packet_of(1, 2, 0), 50 * second, &fresh);
    assert_false(fresh);
    (void)find(&f, packet_of(1, 2, 0), 200 * second, &fresh);
    assert_true(fresh);
    assert_int_equal(flow_stats(f.table)->timed_out, 1);
    flow_table_free(f.table);
}

static void a_half_closed_and_a_closed_flow_go_sooner(void **state)
{
    struct fixture f;
    bool fresh;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 4,
                                    .idle_ns = 600 * second,
                                    .half_closed_ns = 60 * second,
                                    .closed_ns = 5 * second});
    find(&f, packet_of(1, 9, 0), second, &fresh)->flags |= FLOW_FIN_LOW;
    find(&f, packet_of(2, 9, 0), second, &fresh)->flags |= FLOW_CLOSED;
    (void)find(&f, packet_of(3, 9, 0), second, &fresh);
    for (uint64_t now = 2; now < 30; now++) {
        flow_expire(f.table, now * second);
    }
    assert_int_equal(f.num_ended, 1);
    assert_int_equal(f.ended[0], 2);
    for (uint64_t now = 30; now < 100; now++) {
        flow_expire(f.table, now * second);
    }
    assert_int_equal(f.num_ended, 2);
    assert_int_equal(f.ended[1], 1);
    flow_table_free(f.table);
}

static void time_that_runs_backwards_ends_nothing(void **state)
{
    struct fixture f;
    bool fresh;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 4, .idle_ns = 60 * second});
    (void)find(&f, packet_of(1, 2, 0), 1000 * second, &fresh);
    (void)find(&f, packet_of(1, 2, 0), 10 * second, &fresh);
    assert_false(fresh);
    flow_expire(f.table, 5 * second);
    assert_int_equal(f.num_ended, 0);
    flow_table_free(f.table);
}

/* Removal moves slots: after any number of them each flow must still be found, and none twice. */
static void thousands_of_flows_come_and_go_and_are_found(void **state)
{
    struct fixture f;
    bool fresh;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 3000, .idle_ns = 10 * second});
    for (uint32_t round = 0; round < 20000; round++) {
        uint64_t now = second + round * (second / 100);

        (void)find(&f, packet_of((uint16_t)(round % 5000 + 1), 60000, 0), now, &fresh);
        (void)find(&f, packet_of((uint16_t)(round % 5000 + 1), 60000, 0), now, &fresh);
        assert_false(fresh);
        flow_expire(f.table, now);
        if (round >= 500) {
            (void)find(&f, packet_of((uint16_t)((round - 500) % 5000 + 1), 60000, 0), now, &fresh);
            assert_false(fresh); /* 5 s old */
        }
    }
    assert_true(flow_stats(f.table)->live <= 2000);
    assert_int_equal(flow_stats(f.table)->created, flow_stats(f.table)->live + f.num_ended);
    flow_end_all(f.table);
    assert_int_equal(flow_stats(f.table)->live, 0);
    flow_table_free(f.table);
}

static void every_part_of_the_key_changes_the_hash_even_without_a_seed(void **state)
{
    struct packet packet = packet_of(1025, 143, 0);
    struct flow_probe probes[3];
    struct fixture f;

    (void)state;
    set_up(&f, (struct flow_limits){.max_flows = 8});
    flow_probe_init(f.table, &packet, &probes[0]);
    packet.dst.octets[3] = 77;
    flow_probe_init(f.table, &packet, &probes[1]);
    packet.src.octets[1] = 77;
    flow_probe_init(f.table, &packet, &probes[2]);
    assert_true(probes[0].hash != probes[1].hash);
    assert_true(probes[1].hash != probes[2].hash);
    assert_true(probes[0].hash != probes[2].hash);
    flow_table_free(f.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_are_one_flow),
        cmocka_unit_test(a_host_that_talks_to_itself_has_two_sides),
        cmocka_unit_test(every_part_of_the_key_changes_the_hash_even_without_a_seed),
        cmocka_unit_test(a_flow_that_has_gone_is_not_what_was_expected),
        cmocka_unit_test(the_vlan_is_part_of_the_key_only_when_asked_for),
        cmocka_unit_test(a_full_table_ends_its_longest_idle_flow),
        cmocka_unit_test(an_idle_flow_is_a_new_one_when_it_comes_back),
        cmocka_unit_test(a_half_closed_and_a_closed_flow_go_sooner),
        cmocka_unit_test(time_that_runs_backwards_ends_nothing),
        cmocka_unit_test(thousands_of_flows_come_and_go_and_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
