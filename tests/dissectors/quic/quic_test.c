#include "dissectors/quic/quic.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/context.h"
#include "dissectors/quic/quic_table.h"
#include "tests/dissectors/quic/initial.h"
#include "tests/dissectors/tls/hex.h"
#include "tests/support/test.h"

static const uint64_t second_ns = 1000000000u;

#define ID       BYTES("\x83\x94\xc8\xf0\x3e\x51\x57\x08")
#define OTHER_ID BYTES("another id")

struct fixture {
    struct context context;
    struct origin origin;
    struct moment now;
    struct emitter emitter;
    size_t num_hellos;
    struct event said; /* the last */
};

static void on_event(void *ctx, struct event *event)
{
    struct fixture *f = ctx;

    f->num_hellos++;
    f->said = *event;
}

static int set_up(void **state)
{
    static const uint8_t seed[HMAP_SEED_SIZE];
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_true(context_init(&f->context, 16, seed, NULL));
    f->origin.client.version = 4;
    f->origin.server.version = 4;
    f->origin.client_port = 50000;
    f->origin.server_port = 443;
    f->emitter = (struct emitter){on_event, f, &f->now};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    context_clear(&f->context);
    free(f);
    return 0;
}

/* In a block of exactly its size; the answer: did somebody say a hello? */
static bool feed(struct fixture *f, struct bytes datagram)
{
    size_t before = f->num_hellos;
    uint8_t *copy = malloc(datagram.len + (datagram.len == 0));
    size_t len;

    assert_non_null(copy);
    assert_true(bytes_copy(datagram, copy, datagram.len, &len));
    f->now.frame++;
    quic_dissector.datagram(&f->context, &f->origin, bytes_view(copy, len), &f->emitter);
    free(copy);
    return f->num_hellos > before;
}

static struct bytes view(const struct draft *draft)
{
    return bytes_view(draft->at, draft->len);
}

/* A datagram of one Initial that holds a part of the hello. */
static bool feed_part(struct fixture *f, const struct initial *like, const struct draft *hello,
                      size_t from, size_t len)
{
    static struct draft datagram;
    static struct draft frames;
    struct initial initial = *like;

    frames.len = datagram.len = 0;
    draft_crypto(&frames, view(hello), from, len);
    initial.version = initial.version != 0 ? initial.version : VERSION_1;
    initial.destination = initial.destination.len > 0 ? initial.destination : ID;
    initial.frames = view(&frames);
    initial.size = 1200;
    initial_seal(&initial, &datagram);
    return feed(f, view(&datagram));
}

static struct quic_stats stats_of(const struct fixture *f)
{
    struct quic_stats stats;

    quic_table_stats(f->context.quic, &stats);
    return stats;
}

/* The hello of RFC 9001, appendix A.2, which RFC 9369 takes over. */
#define RFC_FRAME                                                                                  \
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"                             \
    "04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"                             \
    "616d706c652e636f6dff01000100000a00080006001d00170018001000070005"                             \
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"                             \
    "baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"                             \
    "0d0010000e0403050306030203080408050806002d00020101001c0002400100"                             \
    "3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"                             \
    "75300901100f088394c8f03e51570806048000ffff"

static void seal_rfc(uint32_t version, struct draft *datagram)
{
    struct initial initial = {
        .version = version, .destination = ID, .number = 2, .frames = HEX(RFC_FRAME), .size = 1200};

    datagram->len = 0;
    initial_seal(&initial, datagram);
}

/* Both appendices print the packet; its start and its tag, which covers all of it, are compared. */
static void the_client_initials_of_the_rfcs_open(void **state)
{
    static const struct {
        uint32_t version;
        const char *start;
        const char *tag;
    } packets[] = {
        {VERSION_1, "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11",
         "e221af44860018ab0856972e194cd934"},
        {VERSION_2, "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485",
         "a18b2faa745b6fe189cf772a9f84cbfc"},
    };
    static struct draft datagram;
    struct fixture *f = *state;

    for (size_t i = 0; i < 2; i++) {
        seal_rfc(packets[i].version, &datagram);
        assert_int_equal(datagram.len, 1200);
        assert_hex(datagram.at, packets[i].start);
        assert_hex(datagram.at + 1200 - 16, packets[i].tag);
        f->origin.client_port++;
        assert_int_equal(quic_dissector.probe(view(&datagram), BYTES("")), PROBE_YES);
        assert_true(feed(f, view(&datagram)));
        assert_int_equal(f->said.kind, EVENT_TLS);
        assert_int_equal(f->said.transport, TRANSPORT_QUIC);
        assert_int_equal(f->said.service, SERVICE_UNKNOWN);
        assert_int_equal(f->said.hello.reading, TLS_READING_UNSUPPORTED);
        assert_true(f->said.hello.client_hello);
        assert_string_equal(f->said.hello.server_name, "example.com");
        assert_string_equal(f->said.hello.alpn_offered, "alpn");
        assert_string_equal(f->said.hello.version, "1.3");
        /* by hand: 2 ciphers, 11 extensions, and SHA-256 of the lists */
        assert_string_equal(f->said.hello.ja4, "q13d0211an_62ed6f6ca7ad_4d634acda6c0");
    }
    assert_int_equal(stats_of(f).hellos, 2);
    assert_int_equal(stats_of(f).unfinished, 0);
}

static void a_hello_in_two_datagrams_is_put_together_in_either_order(void **state)
{
    static struct draft hello;
    struct fixture *f = *state;

    hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 1750);
    assert_false(feed_part(f, &(struct initial){.number = 0}, &hello, 0, 1100));
    assert_int_equal(stats_of(f).unfinished, 1);
    assert_true(feed_part(f, &(struct initial){.number = 1}, &hello, 1100, 650));
    assert_string_equal(f->said.hello.server_name, "mail.example");
    assert_int_equal(f->said.at.frame, 2);
    f->origin.client_port++;
    assert_false(feed_part(f, &(struct initial){.number = 1}, &hello, 1100, 650));
    assert_true(feed_part(f, &(struct initial){.number = 0}, &hello, 0, 1100));
    assert_string_equal(f->said.hello.server_name, "mail.example");
    assert_int_equal(stats_of(f).hellos, 2);
    assert_int_equal(stats_of(f).unfinished, 0);
}

/* As Chrome does it: many small pieces, shuffled, with PING, PADDING and ACK between them. */
static void pieces_may_be_shuffled_overlap_and_repeat(void **state)
{
    static const struct {
        size_t from;
        size_t len;
    } pieces[] = {{500, 100}, {0, 3}, {450, 80}, {3, 200}, {3, 200}, {100, 351}, {590, 10}};
    static struct draft datagram;
    static struct draft frames;
    static struct draft hello;
    struct fixture *f = *state;
    struct initial initial = {.version = VERSION_1, .destination = ID, .size = 1250};

    frames.len = datagram.len = hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 600);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        draft_put(&frames, BYTES("\0\x01\0\0\x01"));
        draft_put(&frames, BYTES("\x02\x40\x10\x05\x01\x02\x01\x03")); /* ACK of two ranges */
        draft_put(&frames, BYTES("\x03\x01\x00\x00\x00\x01\x02\x03")); /* with ECN counts */
        draft_crypto(&frames, view(&hello), pieces[i].from, pieces[i].len);
    }
    initial.frames = view(&frames);
    initial_seal(&initial, &datagram);
    assert_true(feed(f, view(&datagram)));
    assert_string_equal(f->said.hello.server_name, "mail.example");
    assert_int_equal(f->num_hellos, 1);
}

static void packets_may_share_a_datagram(void **state)
{
    static struct draft datagram;
    static struct draft frames;
    static struct draft hello;
    struct fixture *f = *state;
    struct initial initial = {.version = VERSION_2, .destination = ID, .source = BYTES("src")};

    datagram.len = hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 900);
    for (size_t from = 0; from < 900; from += 450) {
        frames.len = 0;
        draft_crypto(&frames, view(&hello), from, 450);
        initial.frames = view(&frames);
        initial.number_len = (uint8_t)(1 + initial.number);
        initial_seal(&initial, &datagram);
        initial.number++;
        if (from == 0) { /* 0-RTT, version 2: passed over by its length */
            draft_put(&datagram, BYTES("\xe0\x6b\x33\x43\xcf\x01x\x01y\x40\x28"
                                       "0123456789012345678901234567890123456789"));
        }
    }
    draft_put(&datagram, BYTES("\x40 what is left is a short header"));
    assert_true(feed(f, view(&datagram)));
    assert_string_equal(f->said.hello.server_name, "mail.example");
}

/* Each packet that does not open costs as much as a whole hello: a datagram has one try. */
static void what_follows_a_packet_that_does_not_open_is_not_tried(void **state)
{
    static struct draft datagram;
    static struct draft frames;
    static struct draft hello;
    struct fixture *f = *state;
    struct initial initial = {.version = VERSION_1, .destination = ID, .keys_of = OTHER_ID};

    datagram.len = frames.len = hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 600);
    draft_crypto(&frames, view(&hello), 0, 600);
    initial.frames = view(&frames);
    initial_seal(&initial, &datagram);
    initial.keys_of = ID;
    initial_seal(&initial, &datagram);
    assert_false(feed(f, view(&datagram)));
    datagram.len = 0;
    initial_seal(&initial, &datagram);
    assert_true(feed(f, view(&datagram)));
}

static void any_flipped_bit_keeps_it_shut(void **state)
{
    static struct draft datagram;
    struct fixture *f = *state;

    seal_rfc(VERSION_1, &datagram);
    for (size_t bit = 0; bit < datagram.len * 8; bit++) {
        datagram.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(feed(f, view(&datagram)));
        datagram.at[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(stats_of(f).unfinished, 0);
    assert_true(feed(f, view(&datagram)));
}

static void a_cut_datagram_says_nothing(void **state)
{
    static struct draft datagram;
    struct fixture *f = *state;

    seal_rfc(VERSION_2, &datagram);
    for (size_t len = 0; len < datagram.len; len++) {
        assert_false(feed(f, bytes_first(view(&datagram), len)));
    }
    assert_true(feed(f, view(&datagram)));
}

/* The keys stay those of the first id, whatever id the server has chosen since. */
static void keys_outlive_the_id_that_they_are_made_of(void **state)
{
    static struct draft hello;
    struct fixture *f = *state;
    struct initial later = {.destination = BYTES("srv"), .keys_of = ID, .number = 1};

    hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 1750);
    assert_false(feed_part(f, &(struct initial){0}, &hello, 0, 1100));
    assert_true(feed_part(f, &later, &hello, 1100, 650));
}

static void a_hello_is_said_once(void **state)
{
    static struct draft hello;
    struct fixture *f = *state;
    struct initial retried = {.destination = OTHER_ID, .token = BYTES("a token of the server")};

    hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 600);
    assert_true(feed_part(f, &(struct initial){.number = 0}, &hello, 0, 600));
    assert_false(feed_part(f, &(struct initial){.number = 1}, &hello, 0, 600));
    assert_false(feed_part(f, &retried, &hello, 0, 600)); /* other keys, the same hello */
    hello.len = 0;
    draft_hello(&hello, "mail.example", 's', 600); /* another connection on the same ports */
    assert_true(
        feed_part(f, &(struct initial){.destination = BYTES("and one more")}, &hello, 0, 600));
    assert_int_equal(stats_of(f).hellos, 2);
    assert_int_equal(stats_of(f).unfinished, 0);
}

static void what_comes_back_from_the_server_is_passed_by(void **state)
{
    static struct draft hello;
    struct fixture *f = *state;
    struct address client = f->origin.client;

    hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 600);
    assert_true(feed_part(f, &(struct initial){0}, &hello, 0, 600));
    f->origin.client_port = 443; /* whoever sends is taken for the client */
    f->origin.server_port = 50000;
    f->origin.client = f->origin.server;
    f->origin.server = client;
    assert_false(feed_part(f, &(struct initial){.destination = OTHER_ID}, &hello, 0, 600));
}

static void half_a_hello_waits_ten_seconds(void **state)
{
    static struct draft hello;
    struct fixture *f = *state;

    hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 1750);
    assert_false(feed_part(f, &(struct initial){0}, &hello, 0, 1100));
    f->now.time.ns = 10 * second_ns;
    assert_true(feed_part(f, &(struct initial){0}, &hello, 1100, 650));
    f->origin.client_port++;
    assert_false(feed_part(f, &(struct initial){0}, &hello, 0, 1100));
    f->now.time.ns += 10 * second_ns + 1;
    assert_false(feed_part(f, &(struct initial){0}, &hello, 1100, 650));
    assert_int_equal(stats_of(f).unfinished, 2); /* one given up, one begun */
}

static void a_flood_of_halves_is_bounded(void **state)
{
    enum { FLOOD = 10000 };
    static struct draft hello;
    struct fixture *f = *state;
    struct quic_table *table = f->context.quic;

    hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 1750);
    for (size_t i = 0; i < FLOOD; i++) {
        f->origin.client_port = (uint16_t)(i + 1);
        /* every other one as far behind as it can be */
        (void)feed_part(f, &(struct initial){0}, &hello, i % 2 == 0 ? 0 : 1700, 50);
        assert_true(table->kept <= QUIC_KEPT_MAX);
        assert_true(hmap_count(table->connections) <= QUIC_CONNECTIONS_MAX);
    }
    assert_int_equal(stats_of(f).unfinished, FLOOD);
    f->origin.client_port = FLOOD; /* the newest is still there */
    assert_true(feed_part(f, &(struct initial){0}, &hello, 0, 1000) ||
                feed_part(f, &(struct initial){0}, &hello, 1000, 700));
    assert_int_equal(stats_of(f).unfinished, FLOOD - 1);
}

static void what_begins_with_no_hello_is_given_up(void **state)
{
    static const char finished[] = "\x14\0\0\x02ok";
    static struct draft other;
    struct fixture *f = *state;

    other.len = 0;
    draft_put(&other, bytes_of_text("\x14"));
    draft_put(&other, bytes_view(finished + 1, sizeof(finished) - 2));
    assert_false(feed_part(f, &(struct initial){0}, &other, 0, 6));
    draft_hello(&other, "mail.example", 'r', 600);
    assert_false(feed_part(f, &(struct initial){0}, &other, 6, 600));
    assert_int_equal(stats_of(f).hellos, 0);
}

/* A frame that no Initial may hold ends the reading; what stood before it counts. */
static void frames_that_make_no_sense_end_the_reading(void **state)
{
    static const struct {
        const char *at;
        size_t len;
    } ends[] = {
        {"\x06\x00\x7f\xff", 4},                              /* CRYPTO longer than the packet */
        {"\x06\xff\xff\xff\xff\xff\xff\xff\xff\x01x", 11},    /* at the end of the world */
        {"\x02\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", 11}, /* ACK of endless ranges */
        {"\x1c\x00\x00\x00", 4},                              /* CONNECTION_CLOSE */
        {"\x40", 1},                                          /* half a number */
        {"\x08stream", 7},
        {"\x06\x00\x00\x06\x20\x00", 6}, /* CRYPTO of nothing, twice */
    };
    static struct draft datagram;
    static struct draft frames;
    static struct draft hello;
    struct fixture *f = *state;

    hello.len = 0;
    draft_hello(&hello, "mail.example", 'r', 600);
    for (size_t i = 0; i < 2 * sizeof(ends) / sizeof(ends[0]); i++) {
        struct initial initial = {.version = VERSION_1, .destination = ID, .size = 1200};

        frames.len = datagram.len = 0;
        f->origin.client_port++;
        if (i % 2 == 0) {
            draft_crypto(&frames, view(&hello), 0, 600);
        }
        draft_put(&frames, bytes_view(ends[i / 2].at, ends[i / 2].len));
        initial.frames = view(&frames);
        initial_seal(&initial, &datagram);
        assert_int_equal(feed(f, view(&datagram)), i % 2 == 0);
    }
}

static void the_probe_knows_initials_of_clients(void **state)
{
    static struct draft datagram;

    (void)state;
    seal_rfc(VERSION_1, &datagram);
    assert_int_equal(quic_dissector.probe(bytes_first(view(&datagram), 1199), BYTES("")), PROBE_NO);
    datagram.at[0] ^= 0x40; /* the fixed bit */
    assert_int_equal(quic_dissector.probe(view(&datagram), BYTES("")), PROBE_NO);
    datagram.at[0] ^= 0xc0; /* a short header */
    assert_int_equal(quic_dissector.probe(view(&datagram), BYTES("")), PROBE_NO);
    datagram.at[0] ^= 0xa0; /* Handshake */
    assert_int_equal(quic_dissector.probe(view(&datagram), BYTES("")), PROBE_NO);
    datagram.at[0] = 0xc0;
    datagram.at[4] = 2; /* an unknown version */
    assert_int_equal(quic_dissector.probe(view(&datagram), BYTES("")), PROBE_NO);
}

static void without_cryptography_nothing_is_read(void **state)
{
    static const struct context bare;
    static struct draft datagram;
    struct fixture *f = *state;

    seal_rfc(VERSION_1, &datagram);
    quic_dissector.datagram(NULL, &f->origin, view(&datagram), &f->emitter);
    quic_dissector.datagram(&bare, &f->origin, view(&datagram), &f->emitter);
    assert_int_equal(f->num_hellos, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_client_initials_of_the_rfcs_open),
        TEST(a_hello_in_two_datagrams_is_put_together_in_either_order),
        TEST(pieces_may_be_shuffled_overlap_and_repeat),
        TEST(packets_may_share_a_datagram),
        TEST(what_follows_a_packet_that_does_not_open_is_not_tried),
        TEST(any_flipped_bit_keeps_it_shut),
        TEST(a_cut_datagram_says_nothing),
        TEST(keys_outlive_the_id_that_they_are_made_of),
        TEST(a_hello_is_said_once),
        TEST(what_comes_back_from_the_server_is_passed_by),
        TEST(half_a_hello_waits_ten_seconds),
        TEST(a_flood_of_halves_is_bounded),
        TEST(what_begins_with_no_hello_is_given_up),
        TEST(frames_that_make_no_sense_end_the_reading),
        TEST(the_probe_knows_initials_of_clients),
        TEST(without_cryptography_nothing_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
