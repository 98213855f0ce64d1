/*
 * dns: a question and its answer (RFC 1035, section 4).
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum { TYPE_A = 1, TYPE_AAAA = 28, CLASS_IN = 1, QUERY = 0x0100, RESPONSE = 0x8180 };

static void put_header(struct buffer *out, unsigned id, unsigned flags, unsigned num_answers)
{
    put_u16(out, id);
    put_u16(out, flags);
    put_u16(out, 1);
    put_u16(out, num_answers);
    put_u32(out, 0);
}

static void put_labels(struct buffer *out, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");

        put_u8(out, (unsigned)len);
        put_bytes(out, name, len);
        name += len + (name[len] == '.' ? 1 : 0);
    }
    put_u8(out, 0);
}

static void put_question(struct buffer *out, const char *name, unsigned type)
{
    put_labels(out, name);
    put_u16(out, type);
    put_u16(out, CLASS_IN);
}

/* Its name is a pointer to the question's; it is good for five minutes. */
static void put_answer(struct buffer *out, unsigned type)
{
    unsigned len = type == TYPE_AAAA ? 16 : 4;

    put_u16(out, 0xc00c);
    put_u16(out, type);
    put_u16(out, CLASS_IN);
    put_u32(out, 300);
    put_u16(out, len);
    for (unsigned i = 0; i < len; i++) {
        put_u8(out, (uint8_t)draw());
    }
}

static void draw_name(char *name, size_t size)
{
    const char *host = DRAW_ONE_OF(web_hosts);

    (void)snprintf(name, size, "h%u.%s", draw_below(5000), host);
}

void make_dns(struct flow *flow)
{
    struct buffer out;
    char name[64];
    uint16_t id;
    unsigned type;
    unsigned num_answers;

    flow_init(flow, 53, true);
    dialogue_begin();
    draw_name(name, sizeof(name));
    id = (uint16_t)draw();
    type = draw_chance(0.3) ? TYPE_AAAA : TYPE_A;
    out.len = 0;
    put_header(&out, id, QUERY, 0);
    put_question(&out, name, type);
    (void)say_buffer(CLIENT, &out);
    num_answers = 1 + draw_below(3);
    out.len = 0;
    put_header(&out, id, RESPONSE, num_answers);
    put_question(&out, name, type);
    for (unsigned i = 0; i < num_answers; i++) {
        put_answer(&out, type);
    }
    (void)say_buffer(SERVER, &out);
    dialogue_end(flow);
}
