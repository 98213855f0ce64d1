#include "sensor/worker.h"

#include <stdio.h>
#include <string.h>

#include "dissectors/context.h"
#include "tests/sensor/frames.h"

enum { FIRST_PORT = 20000, CLIENT_ISN = 99 };

struct fixture {
    struct worker *worker;
    uint64_t frame;
    uint64_t time;
    size_t logins;
    enum outcome outcome; /* of the last one */
    uint64_t login_frame;
};

static void on_event(void *ctx, struct event *event)
{
    struct fixture *f = ctx;

    if (event->kind == EVENT_AUTH) {
        f->logins++;
        f->outcome = event->auth.outcome;
        f->login_frame = event->at.frame;
    }
}

static void set_up(struct fixture *f, struct worker_options options)
{
    *f = (struct fixture){0};
    options.no_hints = true;
    options.on_event = on_event;
    options.ctx = f;
    f->worker = worker_new(&options, NULL);
    assert_non_null(f->worker);
}

static void put_u32(struct build *build, uint32_t value)
{
    put_u16(build, value >> 16);
    put_u16(build, value & 0xffff);
}

/* Both sides have the same address; the ports tell them apart. */
static void put_side(struct fixture *f, uint16_t from, uint16_t to, uint32_t seq, uint32_t ack,
                     uint8_t flags, const char *text)
{
    struct build build = {.len = 0};
    size_t len = strlen(text);
    struct frame frame = {.link_type = 1};

    put_ethernet(&build, 0x0800);
    PUT(&build, "\x45\0");
    put_u16(&build, 40 + len);
    PUT(&build, "\0\7\0\0\x3f\6\0\0\x0a\0\0\x01\x0a\0\0\x01");
    put_u16(&build, from);
    put_u16(&build, to);
    put_u32(&build, seq);
    put_u32(&build, ack);
    PUT(&build, "\x50");
    put(&build, &flags, 1);
    PUT(&build, "\xff\xff\0\0\0\0");
    put(&build, text, len);
    frame.captured = bytes_view(build.at, build.len);
    frame.wire_len = (uint32_t)build.len;
    frame.at.frame = ++f->frame;
    f->time += 1000;
    frame.at.time.ns = f->time;
    worker_frame(f->worker, &frame);
}

/* A segment of a client to port 80, from one of many ports. */
static void send(struct fixture *f, size_t client, uint32_t seq, uint8_t flags, const char *text)
{
    put_side(f, (uint16_t)(FIRST_PORT + client), 80, seq, 0, flags, text);
}

static void what_waits_in_all_sessions_is_bounded(void **state)
{
    char line[1001];
    struct worker_stats stats;
    struct fixture f;

    (void)state;
    memset(line, 'z', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    set_up(&f, (struct worker_options){.max_kept = 16384});
    for (size_t client = 0; client < 100; client++) {
        send(&f, client, CLIENT_ISN, TCP_SYN, "");
        send(&f, client, CLIENT_ISN + 1, TCP_ACK, "GET / HTTP/1.1\r\nX: ");
        send(&f, client, CLIENT_ISN + 20, TCP_ACK, line);
    }
    worker_stats(f.worker, &stats);
    assert_in_range(stats.sessions_squeezed, 84, 99); /* each keeps 1 to 2 KiB */
    worker_end(f.worker);
    worker_free(f.worker);
}

/* Requests that wait for their answers are told when their session has to end. */
static void open_requests_count_as_what_waits(void **state)
{
    struct worker_stats stats;
    struct fixture f;

    (void)state;
    set_up(&f, (struct worker_options){.max_kept = 16384});
    for (size_t client = 0; client < 100; client++) {
        send(&f, client, CLIENT_ISN, TCP_SYN, "");
        send(&f, client, CLIENT_ISN + 1, TCP_ACK,
             "GET /ews/exchange.asmx HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n");
    }
    worker_stats(f.worker, &stats);
    assert_true(stats.sessions_squeezed > 80);
    assert_int_equal(f.logins, stats.sessions_squeezed);
    worker_end(f.worker);
    assert_int_equal(f.logins, 100);
    worker_free(f.worker);
}

/* --- QUIC --- */

struct quic_origin {
    struct origin origin;
    size_t num;
};

static void on_quic_event(void *ctx, struct event *event)
{
    struct quic_origin *quic = ctx;

    quic->origin = *event->origin;
    quic->num += event->kind == EVENT_TLS && event->transport == TRANSPORT_QUIC;
}

/* The client's first packet of RFC 9001, which is a fuzzing seed behind a head of three bytes. */
static void send_initial(struct worker *worker, uint16_t from, uint16_t to)
{
    struct build build = {.len = 0};
    struct frame frame = {.link_type = 1};
    uint8_t seed[3 + 1200];
    FILE *file = fopen(SOURCE_DIR "/tests/fuzz/corpus/quic/rfc9001", "rb");

    assert_non_null(file);
    assert_int_equal(fread(seed, 1, sizeof(seed), file), sizeof(seed));
    (void)fclose(file);
    put_ethernet(&build, 0x0800);
    put_ip4(&build, 17, 8 + 1200);
    put_u16(&build, from);
    put_u16(&build, to);
    put_u16(&build, 8 + 1200);
    put_u16(&build, 0);
    put(&build, seed + 3, 1200);
    frame.captured = bytes_view(build.at, build.len);
    frame.wire_len = (uint32_t)build.len;
    worker_frame(worker, &frame);
}

static void who_sends_the_hello_of_quic_is_the_client_whatever_the_ports(void **state)
{
    static const uint8_t seed[HMAP_SEED_SIZE];
    struct quic_origin quic = {.num = 0};
    struct context context;
    struct worker_options options = {
        .context = &context, .no_hints = true, .on_event = on_quic_event, .ctx = &quic};
    struct worker_stats stats;
    struct worker *worker;

    (void)state;
    assert_true(context_init(&context, 16, seed, NULL));
    worker = worker_new(&options, NULL);
    assert_non_null(worker);
    send_initial(worker, 500, 4433);
    assert_int_equal(quic.num, 1);
    assert_int_equal(quic.origin.client_port, 500);
    assert_int_equal(quic.origin.client.octets[3], 1);
    assert_int_equal(quic.origin.client_ttl, 63);
    assert_int_equal(quic.origin.server_port, 4433);
    send_initial(worker, 500, 4433); /* a mirrored port may show it twice */
    send_initial(worker, 50000, 53);
    assert_int_equal(quic.num, 2);
    worker_end(worker);
    worker_stats(worker, &stats);
    assert_int_equal(stats.quic.hellos, 2);
    assert_int_equal(stats.quic.unfinished, 0);
    assert_int_equal(stats.events, 2);
    assert_int_equal(stats.datagrams, 0); /* DNS and DHCP alone */
    assert_int_equal(stats.flows.created, 0);
    worker_free(worker);
    context_clear(&context);
}

/* --- a POP session, of which a test chooses the order --- */

enum pop_line { GREETING, USER, SEND_PASS, PASS, LOGGED_ON, STAT, NUM_POP_LINES };

static const char *const pop_lines[] = {
    "+OK POP3 ready\r\n", "USER bob\r\n",      "+OK send PASS\r\n",
    "PASS secret\r\n",    "+OK logged on\r\n", "STAT\r\n",
};

static bool is_said_by_server(size_t line)
{
    return line % 2 == 0;
}

/* With the numbers that it has in the true order: it acknowledges all before it. */
static void say(struct fixture *f, size_t line)
{
    uint32_t sent[2] = {100, 500}; /* client, server */
    bool from_server = is_said_by_server(line);

    for (size_t i = 0; i < line; i++) {
        sent[is_said_by_server(i)] += (uint32_t)strlen(pop_lines[i]);
    }
    put_side(f, from_server ? 110 : FIRST_PORT, from_server ? FIRST_PORT : 110, sent[from_server],
             sent[!from_server], TCP_ACK, pop_lines[line]);
}

static void shake_hands(struct fixture *f)
{
    put_side(f, FIRST_PORT, 110, 99, 0, TCP_SYN, "");
    put_side(f, 110, FIRST_PORT, 499, 100, TCP_SYN | TCP_ACK, "");
}

static void an_answer_waits_for_its_question(void **state)
{
    (void)state;
    for (size_t first = GREETING; first < STAT; first++) { /* and the one after it are swapped */
        struct worker_stats stats;
        struct fixture f;

        set_up(&f, (struct worker_options){0});
        shake_hands(&f);
        for (size_t i = 0; i < NUM_POP_LINES; i++) {
            say(&f, i == first ? i + 1 : i == first + 1 ? i - 1 : i);
        }
        worker_stats(f.worker, &stats);
        assert_int_equal(stats.early, 1);
        assert_int_equal(stats.unasked, 0);
        assert_int_equal(stats.streams.total_held, 0);
        worker_end(f.worker);
        assert_int_equal(f.logins, 1);
        assert_int_equal(f.outcome, OUTCOME_ACCEPTED);
        assert_int_equal(f.login_frame,
                         3 + PASS - (first == SEND_PASS) + (first == PASS)); /* where it lies */
        worker_free(f.worker);
    }
}

static void a_question_that_was_lost_is_not_waited_for_long(void **state)
{
    struct worker_stats stats;
    struct fixture f;

    (void)state;
    set_up(&f, (struct worker_options){0});
    shake_hands(&f);
    say(&f, GREETING);
    say(&f, SEND_PASS); /* USER was lost */
    worker_stats(f.worker, &stats);
    assert_int_equal(stats.unasked, 0);
    say(&f, PASS); /* the client goes on: a millisecond, and no more */
    f.time += 1000 * 1000;
    say(&f, LOGGED_ON);
    worker_stats(f.worker, &stats);
    assert_int_equal(stats.unasked, 1);
    assert_int_equal(stats.streams.gaps, 1);
    assert_int_equal(f.logins, 1);
    assert_int_equal(f.outcome, OUTCOME_ACCEPTED);
    assert_int_equal(f.login_frame, 5);
    worker_end(f.worker);
    assert_int_equal(f.logins, 1);
    worker_free(f.worker);
}

static void a_side_that_is_not_mirrored_is_not_waited_for(void **state)
{
    struct worker_stats stats;
    struct fixture f;

    (void)state;
    set_up(&f, (struct worker_options){0});
    shake_hands(&f);
    say(&f, SEND_PASS); /* the client was seen to begin: it might be late */
    f.time += 11 * 1000 * 1000;
    say(&f, LOGGED_ON);
    worker_stats(f.worker, &stats);
    assert_int_equal(stats.early, 1);
    assert_int_equal(stats.unasked, 1);
    worker_end(f.worker);
    worker_free(f.worker);

    set_up(&f, (struct worker_options){0}); /* it was never seen */
    put_side(&f, 110, FIRST_PORT, 499, 100, TCP_SYN | TCP_ACK, "");
    say(&f, GREETING);
    say(&f, SEND_PASS);
    worker_stats(f.worker, &stats);
    assert_int_equal(stats.early, 0);
    worker_end(f.worker);
    worker_free(f.worker);
}

/* POP and FTP begin alike. */
static void the_port_decides_what_nothing_else_does(void **state)
{
    static const struct {
        uint16_t port;
        size_t logins;
    } cases[] = {{110, 1}, {21, 0}, {2110, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint16_t port = cases[i].port;
        struct fixture f;

        set_up(&f, (struct worker_options){0});
        put_side(&f, FIRST_PORT, port, 99, 0, TCP_SYN, "");
        put_side(&f, FIRST_PORT, port, 100, 500, TCP_ACK, "USER bob\r\n");
        put_side(&f, FIRST_PORT, port, 110, 505, TCP_ACK, "PASS secret\r\n");
        put_side(&f, FIRST_PORT, port, 123, 510, TCP_ACK, "QUIT\r\n");
        worker_end(f.worker);
        assert_int_equal(f.logins, cases[i].logins);
        if (f.logins > 0) {
            assert_int_equal(f.outcome, OUTCOME_UNKNOWN);
            assert_int_equal(f.login_frame, 3);
        }
        worker_free(f.worker);
    }
}

static void only_so_many_answers_wait(void **state)
{
    char line[1001];
    struct worker_stats stats;
    struct fixture f;

    (void)state;
    memset(line, 'z', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    set_up(&f, (struct worker_options){0});
    shake_hands(&f);
    say(&f, GREETING);
    for (uint32_t i = 0; i < 40; i++) {
        put_side(&f, 110, FIRST_PORT, 516 + i * 1000, 110, TCP_ACK, line);
    }
    worker_stats(f.worker, &stats);
    assert_int_equal(stats.early, 32);
    assert_int_equal(stats.unasked, 1);
    assert_int_equal(stats.streams.total_held, 0);
    worker_end(f.worker);
    worker_free(f.worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_in_all_sessions_is_bounded),
        cmocka_unit_test(open_requests_count_as_what_waits),
        cmocka_unit_test(who_sends_the_hello_of_quic_is_the_client_whatever_the_ports),
        cmocka_unit_test(an_answer_waits_for_its_question),
        cmocka_unit_test(a_question_that_was_lost_is_not_waited_for_long),
        cmocka_unit_test(a_side_that_is_not_mirrored_is_not_waited_for),
        cmocka_unit_test(only_so_many_answers_wait),
        cmocka_unit_test(the_port_decides_what_nothing_else_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
