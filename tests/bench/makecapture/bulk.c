/*
 * bulk: what most packets of an office are: transfers that a sensor should put aside at little
 * cost.
 */
#include "tests/bench/makecapture/makecapture.h"

void make_tls_idle(struct flow *flow)
{
    uint32_t num_records;

    flow_init(flow, 443, false);
    dialogue_begin();
    say_handshake(DRAW_ONE_OF(web_hosts));
    num_records = 2 + draw_below(18);
    for (uint32_t i = 0; i < num_records; i++) {
        uint32_t len = 40 + draw_below(400);

        say_records(draw_below(2) == 0 ? CLIENT : SERVER, len);
    }
    dialogue_end(flow);
}

void make_tls_bulk(struct flow *flow)
{
    uint32_t num_requests;

    flow_init(flow, 443, false);
    dialogue_begin();
    say_handshake(DRAW_ONE_OF(web_hosts));
    num_requests = 1 + draw_below(3);
    for (uint32_t i = 0; i < num_requests && dialogue_len() < MAX_MESSAGES - 14; i++) {
        say_records(CLIENT, 300 + draw_below(900));
        say_records(SERVER, draw_pareto(8000, 240000));
    }
    dialogue_end(flow);
}

/* Mail inside TLS: a mailbox on its port, or Exchange on 443. */
void make_tls_mail(struct flow *flow)
{
    uint32_t num_records;

    flow_init(flow, draw_chance(0.5) ? 993 : 443, false);
    dialogue_begin();
    say_handshake(DRAW_ONE_OF(mail_hosts));
    num_records = 4 + draw_below(20);
    for (uint32_t i = 0; i < num_records; i++) {
        say_records(i % 2 == 0 ? CLIENT : SERVER, 60 + draw_below(900));
    }
    dialogue_end(flow);
}

static void say_get(void)
{
    unsigned long long cookie = draw();
    const char *host = DRAW_ONE_OF(web_hosts);
    uint32_t file = draw_below(1u << 31);
    uint32_t folder = draw_below(1000);

    (void)say(CLIENT,
              "GET /files/%u/%08x.bin HTTP/1.1\r\nHost: %s\r\n"
              "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36\r\n"
              "Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nCookie: s=%016llx\r\n"
              "Connection: keep-alive\r\n\r\n",
              folder, file, host, cookie);
}

static void say_file(uint32_t len)
{
    struct buffer head;

    head.len = 0;
    put_text(&head,
             "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nServer: nginx\r\n"
             "Content-Type: application/octet-stream\r\nContent-Length: %u\r\n"
             "Connection: keep-alive\r\n\r\n",
             len);
    (void)say_then_random(SERVER, &head, len);
}

void make_http_bulk(struct flow *flow)
{
    uint32_t num_files;

    flow_init(flow, 80, false);
    dialogue_begin();
    num_files = 1 + draw_below(3);
    for (uint32_t i = 0; i < num_files; i++) {
        uint32_t len = draw_pareto(4000, 60000);

        say_get();
        say_file(len);
    }
    dialogue_end(flow);
}

/* The simple Internet mix, 7:4:1, of an unknown application. */
static uint32_t draw_imix_len(void)
{
    uint32_t twelfth = draw_below(12);

    if (twelfth < 7) {
        return 8 + draw_below(16);
    }
    return twelfth < 11 ? 520 + draw_below(16) : 1440;
}

void make_imix(struct flow *flow)
{
    bool is_udp = draw_chance(0.5);
    uint32_t num_messages;

    flow_init(flow, 49200 + draw_below(2000), is_udp);
    dialogue_begin();
    num_messages = 6 + draw_below(50);
    for (uint32_t i = 0; i < num_messages; i++) {
        uint32_t len = draw_imix_len();
        struct buffer message;

        message.len = 0;
        put_bytes(&message, draw_bytes(), len);
        (void)say_buffer(draw_below(2) == 0 ? CLIENT : SERVER, &message);
    }
    dialogue_end(flow);
}
