/* Sessions that wait for a key: how long, how many, and that each is counted once. */
#include "sensor/worker.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/tls/keystore.h"
#include "tests/sensor/frames.h"
#include "tests/support/session.h"

enum { FIRST_PORT = 20000, ISN = 99, NUM_CLIENTS = 20 };
static const uint64_t second_ns = 1000000000u;

/* A recording of one login, which several clients play; its key lies beside the tests of TLS. */
struct fixture {
    struct session_bytes recording;
    struct context context;
    char *keys;
    struct worker *worker;
    uint64_t frame;
    uint64_t time;
    size_t num_logins;
    uint64_t login_frame;
};

static void on_event(void *ctx, struct event *event)
{
    struct fixture *f = ctx;

    if (event->kind == EVENT_AUTH) {
        assert_int_equal(event->certainty, CERTAINTY_DECRYPTED);
        f->num_logins++;
        f->login_frame = event->at.frame;
    }
}

static void set_up(struct fixture *f, struct worker_options options)
{
    static const uint8_t seed[HMAP_SEED_SIZE];
    struct diag diag;

    *f = (struct fixture){.keys = session_text(SOURCE_DIR "/tests/dissectors/tls/session.keys")};
    session_read(&f->recording,
                 SOURCE_DIR "/tests/fuzz/corpus/session/1.2-ECDHE-RSA-AES128-GCM-SHA256");
    assert_true(context_init(&f->context, 0, seed, &diag));
    f->context.wait = true;
    options.context = &f->context;
    options.no_hints = true;
    options.on_event = on_event;
    options.ctx = f;
    f->worker = worker_new(&options, NULL);
    assert_non_null(f->worker);
}

static void clear(struct fixture *f)
{
    worker_free(f->worker);
    context_clear(&f->context);
    session_clear(&f->recording);
    free(f->keys);
}

static void put_u32(struct build *build, uint32_t value)
{
    put_u16(build, value >> 16);
    put_u16(build, value & 0xffff);
}

static void send(struct fixture *f, size_t client, enum side from, uint32_t at, uint8_t flags,
                 struct bytes payload)
{
    struct build build = {.len = 0};
    size_t port = FIRST_PORT + client;
    struct frame frame;

    put_ethernet(&build, 0x0800);
    put_ip4(&build, 6, 20 + payload.len);
    put_u16(&build, from == SIDE_CLIENT ? port : 443);
    put_u16(&build, from == SIDE_CLIENT ? 443 : port);
    put_u32(&build, ISN + at);
    put_u32(&build, 0);
    PUT(&build, "\x50");
    put(&build, &flags, 1);
    PUT(&build, "\xff\xff\0\0\0\0");
    put(&build, payload.at, payload.len);
    if (from == SIDE_SERVER) { /* the addresses are those of put_ip4, the other way round */
        build.at[14 + 15] = 2;
        build.at[14 + 19] = 1;
    }
    frame = frame_of(&build, build.len, 1);
    frame.at.frame = ++f->frame;
    f->time += 1000;
    frame.at.time.ns = f->time;
    worker_frame(f->worker, &frame);
}

static void play(struct fixture *f, size_t client, size_t num_segments)
{
    uint32_t sent[2] = {1, 1};

    send(f, client, SIDE_CLIENT, 0, TCP_SYN, BYTES(""));
    send(f, client, SIDE_SERVER, 0, TCP_SYN | TCP_ACK, BYTES(""));
    for (size_t i = 0; i < f->recording.num && i < num_segments; i++) {
        const struct segment *segment = &f->recording.segments[i];

        send(f, client, segment->from, sent[segment->from], TCP_PSH,
             bytes_view(f->recording.data + segment->start, segment->len));
        sent[segment->from] += (uint32_t)segment->len;
    }
    if (num_segments >= f->recording.num) {
        send(f, client, SIDE_CLIENT, sent[SIDE_CLIENT], TCP_RST, BYTES(""));
    }
}

static void give_keys(struct fixture *f)
{
    keystore_add_text(f->context.keystore, bytes_of_text(f->keys));
    worker_retry(f->worker);
}

/* How many sessions were counted for a reason; all of them had TLS. */
static uint64_t count(const struct fixture *f, enum tls_reading reading)
{
    struct worker_stats stats;
    uint64_t num = 0;

    worker_stats(f->worker, &stats);
    for (size_t service = 0; service < NUM_SERVICES; service++) {
        num += stats.readings[service][reading];
    }
    return num;
}

static uint64_t count_all(const struct fixture *f)
{
    uint64_t num = 0;

    for (size_t reading = 0; reading < NUM_TLS_READINGS; reading++) {
        num += count(f, (enum tls_reading)reading);
    }
    return num;
}

static void a_session_that_is_over_waits_for_its_key(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, (struct worker_options){0});
    play(&f, 0, SIZE_MAX);
    assert_int_equal(count(&f, TLS_READING_LATE), 0);
    give_keys(&f);
    assert_int_equal(f.num_logins, 1);
    assert_int_equal(f.login_frame, 8); /* of the request, not of the key: SYNs, six segments */
    worker_end(f.worker);
    assert_int_equal(count(&f, TLS_READING_DECRYPTED), 1);
    clear(&f);
}

static void a_session_that_goes_on_is_read_from_when_its_key_comes(void **state)
{
    struct fixture f;

    (void)state;
    for (size_t num = 1; num < 9; num++) {
        set_up(&f, (struct worker_options){0});
        play(&f, 0, num);
        give_keys(&f);
        play(&f, 0, SIZE_MAX); /* what was sent before is sent again */
        worker_end(f.worker);
        assert_int_equal(f.num_logins, 1);
        assert_int_equal(count(&f, TLS_READING_DECRYPTED), 1);
        clear(&f);
    }
}

static void a_key_that_comes_too_late_opens_nothing(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, (struct worker_options){.max_wait_ns = 5 * second_ns});
    play(&f, 0, SIZE_MAX);
    f.time += 6 * second_ns;
    send(&f, 1, SIDE_CLIENT, 0, TCP_SYN, BYTES("")); /* time is what packets say */
    assert_int_equal(count(&f, TLS_READING_LATE), 1);
    give_keys(&f);
    worker_end(f.worker);
    assert_int_equal(f.num_logins, 0);
    clear(&f);
}

/* Those that are over go first; each is counted once, for why it was not read or for being so. */
static void what_waits_is_bounded_and_what_is_given_up_is_counted(void **state)
{
    struct fixture f;
    uint64_t late;

    (void)state;
    for (size_t num_segments = 6; num_segments < 12; num_segments += 5) { /* open, then over */
        set_up(&f, (struct worker_options){.max_waiting = 65536});
        for (size_t client = 0; client < NUM_CLIENTS; client++) {
            play(&f, client, num_segments);
        }
        give_keys(&f);
        worker_end(f.worker);
        late = count(&f, TLS_READING_LATE);
        assert_in_range(late, NUM_CLIENTS - 8, NUM_CLIENTS - 1); /* one costs 8 KiB and more */
        assert_int_equal(count(&f, TLS_READING_DECRYPTED), NUM_CLIENTS - late);
        assert_int_equal(count_all(&f), NUM_CLIENTS);
        assert_int_equal(f.num_logins, NUM_CLIENTS - late);
        clear(&f);
    }
}

static void what_waited_to_the_end_of_the_capture_had_no_key(void **state)
{
    struct fixture f;

    (void)state;
    set_up(&f, (struct worker_options){0});
    for (size_t client = 0; client < NUM_CLIENTS; client++) {
        play(&f, client, client % 2 == 0 ? SIZE_MAX : 7);
    }
    worker_end(f.worker);
    assert_int_equal(count(&f, TLS_READING_NO_KEY), NUM_CLIENTS);
    assert_int_equal(count_all(&f), NUM_CLIENTS);
    assert_int_equal(f.num_logins, 0);
    clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_that_is_over_waits_for_its_key),
        cmocka_unit_test(a_session_that_goes_on_is_read_from_when_its_key_comes),
        cmocka_unit_test(a_key_that_comes_too_late_opens_nothing),
        cmocka_unit_test(what_waits_is_bounded_and_what_is_given_up_is_counted),
        cmocka_unit_test(what_waited_to_the_end_of_the_capture_had_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
