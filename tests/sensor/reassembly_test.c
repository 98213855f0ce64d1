#include <stdlib.h>
#include <string.h>

#include "sensor/reassembly.h"
#include "tests/support/test.h"

enum { TEXT = 4096, MAX_SEGMENTS = 512 };

/* What came out of a stream; lost bytes are shown as '?'. */
struct output {
    char text[TEXT * 2];
    size_t len;
    uint64_t skip;
};

static void on_bytes(void *ctx, struct bytes bytes)
{
    struct output *out = ctx;

    assert_true(out->len + bytes.len < sizeof(out->text));
    memcpy(out->text + out->len, bytes.at, bytes.len);
    out->len += bytes.len;
    assert_true(out->skip == 0 || bytes.len <= out->skip);
}

static void on_gap(void *ctx, uint64_t lost)
{
    struct output *out = ctx;

    assert_true(out->len + lost < sizeof(out->text));
    memset(out->text + out->len, '?', lost);
    out->len += lost;
}

static uint64_t skippable(void *ctx)
{
    return ((struct output *)ctx)->skip;
}

static void on_skip(void *ctx, uint64_t len)
{
    struct output *out = ctx;

    memset(out->text + out->len, '-', len);
    out->len += len;
}

static struct stream_sink sink_to(struct output *out)
{
    return (struct stream_sink){on_bytes, on_gap, skippable, on_skip, out};
}

struct fixture {
    struct reassembly reassembly;
    struct stream stream;
    struct output out;
    uint64_t now_ns;
    uint32_t isn;
};

static void set_up(struct fixture *f, uint32_t isn, struct stream_limits limits)
{
    memset(f, 0, sizeof(*f));
    reassembly_init(&f->reassembly, &limits);
    f->isn = isn;
    f->now_ns = 1000000000;
    stream_start(&f->stream, isn + 1);
}

/* Pushes len bytes of text that stand at offset; missing more were cut off by the capture. */
static void push_cut(struct fixture *f, const char *text, size_t offset, size_t len,
                     uint32_t missing)
{
    struct packet packet = {.seq = f->isn + 1 + (uint32_t)offset,
                            .payload = bytes_view(text + offset, len),
                            .missing = missing};
    struct stream_sink sink = sink_to(&f->out);

    packet.at.time.ns = f->now_ns;
    stream_push(&f->reassembly, &f->stream, &packet, &sink);
}

static void push(struct fixture *f, const char *text, size_t offset, size_t len)
{
    push_cut(f, text, offset, len, 0);
}

static void check(struct fixture *f, uint64_t after_ns)
{
    struct stream_sink sink = sink_to(&f->out);

    f->now_ns += after_ns;
    stream_check(&f->reassembly, &f->stream, f->now_ns, &sink);
}

static void finish(struct fixture *f)
{
    struct stream_sink sink = sink_to(&f->out);

    stream_flush(&f->reassembly, &f->stream, &sink);
    stream_clear(&f->reassembly, &f->stream);
    assert_int_equal(f->reassembly.stats.total_held, 0);
}

static void expect(struct fixture *f, const char *text)
{
    finish(f);
    assert_int_equal(f->out.len, strlen(text));
    assert_memory_equal(f->out.text, text, f->out.len);
}

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";

static void segments_in_order_are_handed_on_at_once(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 0, 10);
    assert_int_equal(f.out.len, 10);
    push(&f, alphabet, 10, 16);
    assert_int_equal(f.out.len, 26);
    expect(&f, alphabet);
    assert_int_equal(f.reassembly.stats.held, 0);
}

static void an_early_segment_waits_for_the_one_before_it(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 10, 16);
    assert_int_equal(f.out.len, 0);
    push(&f, alphabet, 0, 10);
    expect(&f, alphabet);
    assert_int_equal(f.reassembly.stats.gaps, 0);
}

static void sequence_numbers_wrap_around(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, UINT32_MAX - 5, (struct stream_limits){0});
    push(&f, alphabet, 8, 18);
    push(&f, alphabet, 0, 3);
    push(&f, alphabet, 3, 5);
    expect(&f, alphabet);
}

static void a_retransmission_is_not_handed_on_twice(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 0, 10);
    push(&f, alphabet, 0, 10);
    push(&f, alphabet, 5, 21);
    expect(&f, alphabet);
    assert_int_equal(f.reassembly.stats.retransmitted, 15);
}

static void a_keep_alive_says_nothing(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 0, 10);
    push(&f, "zzzzzzzzzzzzzzz", 9, 1); /* RFC 9293, section 3.8.4: one byte before the next */
    push(&f, alphabet, 10, 16);
    expect(&f, alphabet);
}

static void of_two_copies_the_first_wins_and_the_difference_is_counted(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 5, 10);
    push(&f, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0, 20);
    expect(&f, "ABCDEfghijklmnoPQRST");
    assert_int_equal(f.reassembly.stats.overlap_differs, 1);
}

static void a_segment_that_spans_several_held_ones_fills_only_the_holes(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 4, 2);
    push(&f, alphabet, 10, 2);
    push(&f, "..........................", 1, 16);
    push(&f, alphabet, 0, 1);
    expect(&f, "a...ef....kl.....");
}

static void a_hole_that_was_acknowledged_is_a_gap_after_two_seconds(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 5, 5);
    check(&f, 3000000000);
    assert_int_equal(f.out.len, 0);
    stream_acked(&f.stream, f.isn + 1 + 10, false);
    check(&f, 0);
    assert_int_equal(f.out.len, 10);
    push(&f, alphabet, 10, 16);
    push(&f, alphabet, 0, 5); /* too late */
    expect(&f, "?????fghijklmnopqrstuvwxyz");
    assert_int_equal(f.reassembly.stats.lost, 5);
}

/* An answer to lost bytes must not be read before them: the gap comes first, or requests and
 * answers change places. */
static void a_hole_that_was_answered_is_a_gap_at_once(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 5, 5);
    stream_acked(&f.stream, f.isn + 1 + 10, true);
    check(&f, 500000);
    assert_int_equal(f.out.len, 0); /* packets overtake each other by less than a millisecond */
    check(&f, 1000000);
    assert_int_equal(f.out.len, 10);
    expect(&f, "?????fghij");
}

static void a_hole_that_nobody_acknowledged_is_a_gap_after_ten_seconds(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 5, 21);
    check(&f, 9000000000);
    assert_int_equal(f.out.len, 0);
    check(&f, 1500000000);
    expect(&f, "?????fghijklmnopqrstuvwxyz");
}

static void bytes_that_the_capture_cut_off_are_a_gap(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push_cut(&f, alphabet, 0, 4, 6);
    push(&f, alphabet, 10, 16);
    expect(&f, "abcd??????klmnopqrstuvwxyz");
}

static void a_hole_among_bytes_that_nobody_needs_is_not_waited_for(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    f.out.skip = 20;
    push(&f, alphabet, 10, 5);
    assert_int_equal(f.out.len, 15);
    f.out.skip = 0;
    push(&f, alphabet, 15, 11);
    expect(&f, "----------klmnopqrstuvwxyz");
    assert_int_equal(f.reassembly.stats.gaps, 0);
}

static void what_is_held_is_bounded(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){.max_held_bytes = 8});
    push(&f, alphabet, 2, 4);
    push(&f, alphabet, 8, 4);
    assert_int_equal(f.out.len, 0);
    push(&f, alphabet, 14, 4);
    assert_int_equal(f.reassembly.stats.limited, 1);
    assert_int_equal(f.stream.held_bytes, 8);
    expect(&f, "??cdef??ijkl??opqr");
}

static void bytes_that_come_singly_cost_more_than_their_number(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){.max_total_bytes = 64});
    for (size_t i = 2; i < 20; i += 2) {
        push(&f, alphabet, i, 1);
    }
    assert_in_range(f.reassembly.stats.limited, 6, 8);
    finish(&f);
}

/* A snapped copy of old bytes may reach behind what is held; nothing comes twice then. */
static void what_the_capture_cut_off_may_reach_into_what_is_held(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    push(&f, alphabet, 0, 4);
    push(&f, alphabet, 6, 4);
    push_cut(&f, alphabet, 0, 4, 4); /* two of its missing bytes are new, two are held */
    finish(&f);
    assert_int_equal(f.out.len, 10);
    assert_memory_equal(f.out.text, "abcd", 4);
    assert_int_equal(f.stream.next, f.isn + 1 + 10);
}

/* As far behind as a sequence number can be; sanitizers see a difference that has no negative. */
static void the_farthest_old_segment_is_old(void **state)
{
    struct stream_sink sink;
    struct fixture f;
    struct packet packet = {.payload = bytes_view(alphabet, 4)};

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    sink = sink_to(&f.out);
    packet.seq = f.stream.next + 0x80000000u;
    stream_push(&f.reassembly, &f.stream, &packet, &sink);
    assert_int_equal(f.out.len, 0);
    finish(&f);
}

static void the_number_of_held_segments_is_bounded(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, 7, (struct stream_limits){.max_held_segments = 2});
    push(&f, alphabet, 2, 1);
    push(&f, alphabet, 4, 1);
    push(&f, alphabet, 6, 1);
    assert_int_equal(f.reassembly.stats.limited, 1);
    expect(&f, "??c?e?g");
}

static void a_stream_ends_at_its_fin_however_it_arrives(void **state)
{
    struct fixture f;
    struct packet fin = {.tcp_flags = TCP_FIN | TCP_ACK};
    struct stream_sink sink;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    sink = sink_to(&f.out);
    fin.seq = f.isn + 1 + 26;
    stream_push(&f.reassembly, &f.stream, &fin, &sink);
    assert_false(f.stream.finished);
    push(&f, alphabet, 0, 26);
    assert_true(f.stream.finished);
    expect(&f, alphabet);
}

static void data_in_a_syn_is_the_beginning(void **state)
{
    struct fixture f;
    struct packet syn = {.tcp_flags = TCP_SYN, .seq = 7, .payload = BYTES("abc")};
    struct stream_sink sink;

    (void)state;
    set_up(&f, 7, (struct stream_limits){0});
    sink = sink_to(&f.out);
    stream_push(&f.reassembly, &f.stream, &syn, &sink);
    push(&f, alphabet, 3, 23);
    expect(&f, alphabet);
}

/* ---- properties: however segments are shuffled, doubled and overlapped, the text comes out ----
 */

static uint32_t next_random(uint32_t *seed)
{
    *seed =
        *seed * 1664525u + 1013904223u; /* Knuth's linear congruence: the same numbers everywhere */
    return *seed >> 8;
}

struct cut {
    size_t offset;
    size_t len;
};

static size_t cut_text(struct cut *cuts, uint32_t *seed, bool overlap)
{
    size_t num = 0;

    for (size_t at = 0; at < TEXT;) {
        size_t len = 1 + next_random(seed) % 40;
        size_t back = overlap ? next_random(seed) % 30 : 0;
        size_t start = at > back ? at - back : 0;

        len = at + len > TEXT ? TEXT - at : len;
        assert_true(num < MAX_SEGMENTS);
        cuts[num++] = (struct cut){start, at + len - start};
        at += len;
    }
    return num;
}

static void shuffle(struct cut *cuts, size_t num, uint32_t *seed)
{
    for (size_t i = num; i > 1; i--) {
        size_t k = next_random(seed) % i;
        struct cut swapped = cuts[i - 1];

        cuts[i - 1] = cuts[k];
        cuts[k] = swapped;
    }
}

static void fill(char *text, uint32_t *seed)
{
    for (size_t i = 0; i < TEXT; i++) {
        text[i] = (char)('a' + next_random(seed) % 26);
    }
    text[TEXT] = '\0';
}

static void any_order_of_overlapping_and_doubled_segments_gives_the_text(void **state)
{
    static char text[TEXT + 1];
    static struct fixture f;
    struct cut cuts[MAX_SEGMENTS];

    (void)state;
    for (uint32_t round = 1; round <= 300; round++) {
        uint32_t seed = round;
        size_t num = cut_text(cuts, &seed, round % 2 == 0);

        fill(text, &seed);
        shuffle(cuts, num, &seed);
        set_up(&f, next_random(&seed) << 8, (struct stream_limits){0});
        for (size_t i = 0; i < num; i++) {
            push(&f, text, cuts[i].offset, cuts[i].len);
            if (next_random(&seed) % 4 == 0) {
                push(&f, text, cuts[i / 2].offset, cuts[i / 2].len);
            }
        }
        expect(&f, text);
        assert_int_equal(f.reassembly.stats.gaps, 0);
        assert_int_equal(f.reassembly.stats.overlap_differs, 0);
    }
}

static void a_dropped_segment_is_one_gap_of_its_size_and_the_rest_is_there(void **state)
{
    static char text[TEXT + 1];
    static struct fixture f;
    struct cut cuts[MAX_SEGMENTS];

    (void)state;
    for (uint32_t round = 1; round <= 200; round++) {
        uint32_t seed = round;
        size_t num = cut_text(cuts, &seed, false);
        size_t dropped = next_random(&seed) % (num - 1);

        fill(text, &seed);
        set_up(&f, next_random(&seed), (struct stream_limits){0});
        for (size_t i = 0; i < num; i++) {
            if (i != dropped) {
                push(&f, text, cuts[i].offset, cuts[i].len);
            }
        }
        memset(text + cuts[dropped].offset, '?', cuts[dropped].len);
        expect(&f, text);
        assert_int_equal(f.reassembly.stats.gaps, 1);
        assert_int_equal(f.reassembly.stats.lost, cuts[dropped].len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_in_order_are_handed_on_at_once),
        cmocka_unit_test(an_early_segment_waits_for_the_one_before_it),
        cmocka_unit_test(sequence_numbers_wrap_around),
        cmocka_unit_test(a_retransmission_is_not_handed_on_twice),
        cmocka_unit_test(a_keep_alive_says_nothing),
        cmocka_unit_test(of_two_copies_the_first_wins_and_the_difference_is_counted),
        cmocka_unit_test(a_segment_that_spans_several_held_ones_fills_only_the_holes),
        cmocka_unit_test(a_hole_that_was_acknowledged_is_a_gap_after_two_seconds),
        cmocka_unit_test(a_hole_that_was_answered_is_a_gap_at_once),
        cmocka_unit_test(a_hole_that_nobody_acknowledged_is_a_gap_after_ten_seconds),
        cmocka_unit_test(bytes_that_the_capture_cut_off_are_a_gap),
        cmocka_unit_test(a_hole_among_bytes_that_nobody_needs_is_not_waited_for),
        cmocka_unit_test(what_is_held_is_bounded),
        cmocka_unit_test(bytes_that_come_singly_cost_more_than_their_number),
        cmocka_unit_test(what_the_capture_cut_off_may_reach_into_what_is_held),
        cmocka_unit_test(the_farthest_old_segment_is_old),
        cmocka_unit_test(the_number_of_held_segments_is_bounded),
        cmocka_unit_test(a_stream_ends_at_its_fin_however_it_arrives),
        cmocka_unit_test(data_in_a_syn_is_the_beginning),
        cmocka_unit_test(any_order_of_overlapping_and_doubled_segments_gives_the_text),
        cmocka_unit_test(a_dropped_segment_is_one_gap_of_its_size_and_the_rest_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
