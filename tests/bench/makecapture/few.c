/*
 * few: flows of a few packets, for the flow table. They share their text, so that a million of them
 * can be live at once.
 */
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum { NUM_HELLOS = 24, NUM_REQUESTS = 40, TEXT_LEN = 1024 };

struct script {
    char text[TEXT_LEN];
    struct message messages[2];
};

static struct script hellos[NUM_HELLOS];
static struct script requests[NUM_REQUESTS];
static const struct message datagrams[] = {
    {.len = 60, .from = CLIENT, .is_random = true},
    {.len = 90, .from = SERVER, .is_random = true},
    {.len = 40, .from = CLIENT, .is_random = true},
};

/* Puts what is in the buffer at the end of the script's text as message `number`. */
static void add(struct script *script, unsigned number, enum side from, const struct buffer *buffer)
{
    uint32_t at = number == 0 ? 0 : script->messages[0].len;

    script->messages[number] =
        (struct message){.at = at, .len = (uint32_t)buffer->len, .from = (uint8_t)from};
    if (buffer->len <= TEXT_LEN - at) {
        memcpy(script->text + at, buffer->at, buffer->len);
    }
}

static void init_hello(struct script *script, const char *host)
{
    struct buffer out;
    size_t record;

    out.len = 0;
    put_u8(&out, 22); /* a handshake record */
    put_u16(&out, 0x0301);
    record = begin_u16(&out);
    put_client_hello(&out, host, HELLO_TLS13);
    end_u16(&out, record);
    add(script, 0, CLIENT, &out);
}

static void init_request(struct script *script, unsigned number, const char *host)
{
    struct buffer out;

    out.len = 0;
    put_text(&out, "GET /p/%u HTTP/1.1\r\nHost: %s\r\nUser-Agent: probe/1.0\r\n\r\n", number, host);
    add(script, 0, CLIENT, &out);
    out.len = 0;
    put_text(&out, "HTTP/1.1 204 No Content\r\nServer: x\r\nContent-Length: 0\r\n\r\n");
    add(script, 1, SERVER, &out);
}

void few_init(void)
{
    for (unsigned i = 0; i < NUM_HELLOS; i++) {
        init_hello(&hellos[i], web_hosts[i % NUM_WEB_HOSTS]);
    }
    for (unsigned i = 0; i < NUM_REQUESTS; i++) {
        unsigned number = NUM_HELLOS + i;

        init_request(&requests[i], number, web_hosts[number % NUM_WEB_HOSTS]);
    }
}

static void borrow(struct flow *flow, const struct script *script, uint32_t num_messages)
{
    flow->text = script->text;
    flow->messages = script->messages;
    flow->num_messages = num_messages;
    flow->is_borrowed = true;
}

static void make_hello(struct flow *flow)
{
    uint32_t which = draw_below(NUM_HELLOS);

    flow_init(flow, 443, false);
    borrow(flow, &hellos[which], 1);
}

static void make_request(struct flow *flow)
{
    uint32_t which = draw_below(NUM_REQUESTS);

    flow_init(flow, 80, false);
    borrow(flow, &requests[which], 2);
}

static void make_refused(struct flow *flow)
{
    flow_init(flow, 1 + draw_below(65000), false);
    flow->state = TCP_REFUSED_SYN;
}

static void make_datagrams(struct flow *flow)
{
    flow_init(flow, 51300 + draw_below(10000), true);
    flow->messages = datagrams;
    flow->num_messages = sizeof(datagrams) / sizeof(*datagrams);
    flow->is_borrowed = true;
}

void make_few(struct flow *flow)
{
    double kind = draw_unit();

    if (kind < 0.40) {
        make_hello(flow);
    } else if (kind < 0.55) {
        make_request(flow);
    } else if (kind < 0.80) {
        make_dns(flow);
    } else if (kind < 0.90) {
        make_refused(flow);
    } else {
        make_datagrams(flow);
    }
}
