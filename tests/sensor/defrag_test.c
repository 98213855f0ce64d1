#include "sensor/defrag.h"

#include <string.h>

#include "tests/support/test.h"

static const char text[] = "abcdefghijklmnopqrstuvwxyz012345"; /* 32 bytes: units of 8 */

static struct packet piece_of(const char *at, uint32_t offset, size_t len, bool more)
{
    return (struct packet){
        .at = {.time = {.ns = 1}},
        .src = {.octets = {10, 0, 0, 1}, .version = 4},
        .dst = {.octets = {10, 0, 0, 2}, .version = 4},
        .fragment = {.id = 7,
                     .offset = offset,
                     .more = more,
                     .ip_protocol = 17,
                     .data = bytes_view(at + offset, len)},
    };
}

static bool push(struct defrag *defrag, struct packet packet, struct bytes *payload)
{
    uint8_t protocol = 0;
    bool whole = defrag_push(defrag, &packet, &protocol, payload);

    if (whole) {
        assert_int_equal(protocol, 17);
    }
    return whole;
}

static struct defrag *new_defrag(size_t max_packets, size_t max_bytes)
{
    const struct defrag_limits limits = {.max_packets = max_packets, .max_bytes = max_bytes};
    struct defrag *defrag = defrag_new(&limits);

    assert_non_null(defrag);
    return defrag;
}

static void pieces_in_any_order_make_the_packet(void **state)
{
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const struct packet pieces[] = {piece_of(text, 0, 8, true), piece_of(text, 8, 16, true),
                                    piece_of(text, 24, 5, false)};
    struct defrag *defrag = new_defrag(0, 0);

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct bytes payload;

        assert_false(push(defrag, pieces[orders[i][0]], &payload));
        assert_false(push(defrag, pieces[orders[i][1]], &payload));
        assert_true(push(defrag, pieces[orders[i][2]], &payload));
        assert_true(bytes_equal(payload, bytes_view(text, 29)));
    }
    assert_int_equal(defrag_stats(defrag)->reassembled, 6);
    assert_int_equal(defrag_stats(defrag)->fragments, 18);
    assert_int_equal(defrag_stats(defrag)->refused, 0);
    defrag_free(defrag);
}

static void packets_are_told_apart_by_addresses_id_and_protocol(void **state)
{
    struct defrag *defrag = new_defrag(0, 0);
    struct bytes payload;

    (void)state;
    assert_false(push(defrag, piece_of(text, 0, 8, true), &payload));
    for (unsigned i = 0; i < 4; i++) {
        struct packet other = piece_of(text, 8, 8, false);

        other.src.octets[3] = i == 0 ? 9 : 1;
        other.dst.octets[3] = i == 1 ? 9 : 2;
        other.fragment.id += i == 2;
        other.fragment.ip_protocol = i == 3 ? 6 : 17;
        assert_false(push(defrag, other, &payload));
    }
    assert_true(push(defrag, piece_of(text, 8, 8, false), &payload));
    assert_true(bytes_equal(payload, bytes_view(text, 16)));
    defrag_free(defrag);
}

static void of_ipv6_fragments_the_first_names_the_protocol(void **state)
{
    struct defrag *defrag = new_defrag(0, 0);
    struct packet first = piece_of(text, 0, 8, true);
    struct packet last = piece_of(text, 8, 8, false);
    struct bytes payload;

    (void)state;
    first.src.version = 6;
    last.src.version = 6;
    last.fragment.ip_protocol = 60;
    assert_false(push(defrag, first, &payload));
    assert_true(push(defrag, last, &payload));
    defrag_free(defrag);
}

static void the_first_copy_wins_and_a_difference_is_counted(void **state)
{
    static const char other[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    struct defrag *defrag = new_defrag(0, 0);
    struct bytes payload;

    (void)state;
    assert_false(push(defrag, piece_of(text, 0, 16, true), &payload));
    assert_false(push(defrag, piece_of(text, 0, 16, true), &payload)); /* a plain repeat */
    assert_int_equal(defrag_stats(defrag)->overlapping, 0);
    assert_false(push(defrag, piece_of(other, 8, 16, true), &payload));
    assert_int_equal(defrag_stats(defrag)->overlapping, 1);
    assert_true(push(defrag, piece_of(text, 24, 8, false), &payload));
    assert_true(bytes_equal(payload, BYTES("abcdefghijklmnopQRSTUVWXyz012345")));
    defrag_free(defrag);
}

/* Teardrop: the second fragment ends inside the first. */
static void ends_that_contradict_each_other_are_refused(void **state)
{
    struct defrag *defrag = new_defrag(0, 0);
    struct bytes payload;

    (void)state;
    assert_false(push(defrag, piece_of(text, 0, 24, true), &payload));
    assert_false(push(defrag, piece_of(text, 8, 4, false), &payload));
    assert_true(push(defrag, piece_of(text, 24, 4, false), &payload));
    assert_true(bytes_equal(payload, bytes_view(text, 28)));
    assert_int_equal(defrag_stats(defrag)->refused, 1);
    assert_int_equal(defrag_stats(defrag)->reassembled, 1);
    assert_false(push(defrag, piece_of(text, 16, 8, false), &payload));
    assert_false(push(defrag, piece_of(text, 24, 8, true), &payload));
    assert_false(push(defrag, piece_of(text, 24, 8, false), &payload));
    assert_int_equal(defrag_stats(defrag)->refused, 3);
    defrag_free(defrag);
}

static void impossible_and_cut_fragments_are_refused(void **state)
{
    struct defrag *defrag = new_defrag(0, 0);
    struct packet cut = piece_of(text, 0, 8, true);
    struct packet beyond = piece_of(text, 0, 16, false);
    struct bytes payload;

    (void)state;
    cut.fragment.cut = true;
    beyond.fragment.offset = 65528;
    assert_false(push(defrag, cut, &payload));
    assert_false(push(defrag, beyond, &payload));
    assert_false(push(defrag, piece_of(text, 0, 7, true), &payload));
    assert_false(push(defrag, piece_of(text, 8, 0, false), &payload));
    assert_int_equal(defrag_stats(defrag)->refused, 4);
    defrag_free(defrag);
    defrag = new_defrag(0, 24);
    assert_false(push(defrag, piece_of(text, 24, 8, false), &payload));
    assert_int_equal(defrag_stats(defrag)->refused, 1);
    defrag_free(defrag);
}

static void the_oldest_goes_when_there_are_too_many(void **state)
{
    struct defrag *defrag = new_defrag(2, 0);
    struct bytes payload;

    (void)state;
    for (uint32_t id = 1; id <= 3; id++) {
        struct packet first = piece_of(text, 0, 8, true);

        first.fragment.id = id;
        assert_false(push(defrag, first, &payload));
    }
    assert_int_equal(defrag_stats(defrag)->evicted, 1);
    for (uint32_t id = 3; id >= 1; id--) {
        struct packet last = piece_of(text, 8, 8, false);

        last.fragment.id = id;
        assert_int_equal(push(defrag, last, &payload), id != 1);
    }
    defrag_free(defrag);
}

static void pieces_are_given_up_after_their_time(void **state)
{
    struct defrag *defrag = new_defrag(0, 0);
    struct packet last = piece_of(text, 8, 8, false);
    struct bytes payload;

    (void)state;
    assert_false(push(defrag, piece_of(text, 0, 8, true), &payload));
    last.at.time.ns = UINT64_C(30000000002);
    assert_false(push(defrag, last, &payload));
    assert_int_equal(defrag_stats(defrag)->timed_out, 1);
    last.at.time.ns = 0; /* backwards: nothing ages */
    last.fragment.offset = 0;
    last.fragment.more = true;
    assert_true(push(defrag, last, &payload));
    assert_int_equal(defrag_stats(defrag)->timed_out, 1);
    defrag_free(defrag);
}

static void the_longest_packet_fits(void **state)
{
    static char octets[65535];
    struct defrag *defrag = new_defrag(0, 0);
    struct bytes payload = {NULL, 0};
    bool whole = false;

    (void)state;
    for (size_t i = 0; i < sizeof(octets); i++) {
        octets[i] = (char)(i * 31 >> 3);
    }
    for (uint32_t offset = 0; offset < sizeof(octets); offset += 1480) {
        size_t rest = sizeof(octets) - offset;

        assert_false(whole);
        whole = push(defrag, piece_of(octets, offset, rest > 1480 ? 1480 : rest, rest > 1480),
                     &payload);
    }
    assert_true(whole);
    assert_true(bytes_equal(payload, bytes_view(octets, sizeof(octets))));
    defrag_free(defrag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_in_any_order_make_the_packet),
        cmocka_unit_test(packets_are_told_apart_by_addresses_id_and_protocol),
        cmocka_unit_test(of_ipv6_fragments_the_first_names_the_protocol),
        cmocka_unit_test(the_first_copy_wins_and_a_difference_is_counted),
        cmocka_unit_test(ends_that_contradict_each_other_are_refused),
        cmocka_unit_test(impossible_and_cut_fragments_are_refused),
        cmocka_unit_test(the_oldest_goes_when_there_are_too_many),
        cmocka_unit_test(pieces_are_given_up_after_their_time),
        cmocka_unit_test(the_longest_packet_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
