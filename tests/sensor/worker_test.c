#include "sensor/worker.h"

#include <string.h>

#include "tests/sensor/frames.h"

enum { FIRST_PORT = 20000, CLIENT_ISN = 99 };

struct fixture {
    struct worker *worker;
    uint64_t frame;
    size_t logins;
};

static void on_event(void *ctx, struct event *event)
{
    struct fixture *f = ctx;

    f->logins += event->kind == EVENT_AUTH;
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

/* A segment of a client to port 80, from one of many ports. */
static void send(struct fixture *f, size_t client, uint32_t seq, uint8_t flags, const char *text)
{
    struct build build = {.len = 0};
    size_t len = strlen(text);
    uint16_t port = (uint16_t)(FIRST_PORT + client);
    struct frame frame = {.link_type = 1};

    put_ethernet(&build, 0x0800);
    put_ip4(&build, 6, 20 + len);
    put_u16(&build, port);
    put_u16(&build, 80);
    put_u16(&build, seq >> 16);
    put_u16(&build, seq & 0xffff);
    PUT(&build, "\0\0\0\0\x50");
    put(&build, &flags, 1);
    PUT(&build, "\xff\xff\0\0\0\0");
    put(&build, text, len);
    frame.captured = bytes_view(build.at, build.len);
    frame.wire_len = (uint32_t)build.len;
    frame.at.frame = ++f->frame;
    frame.at.time.ns = f->frame * 1000;
    worker_frame(f->worker, &frame);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_in_all_sessions_is_bounded),
        cmocka_unit_test(open_requests_count_as_what_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
