/*
 * frames: hand-built headers for the decoder's tests. Each put_* appends to a builder; lengths
 * inside are those of what the test says is inside.
 */
#ifndef BASICTAP_TESTS_SENSOR_FRAMES_H
#define BASICTAP_TESTS_SENSOR_FRAMES_H

#include <stdlib.h>
#include <string.h>

#include "sensor/decode.h"
#include "tests/support/test.h"

struct build {
    uint8_t at[4096];
    size_t len;
};

static inline void put(struct build *build, const void *at, size_t len)
{
    assert_true(len <= sizeof(build->at) - build->len);
    memcpy(build->at + build->len, at, len);
    build->len += len;
}

/* Bytes written as a string literal. */
#define PUT(build, literal) put((build), (literal), sizeof(literal) - 1)

static inline void put_u16(struct build *build, size_t value)
{
    const uint8_t octets[] = {(uint8_t)(value >> 8), (uint8_t)value};

    put(build, octets, sizeof(octets));
}

static inline void put_ethernet(struct build *build, size_t type)
{
    PUT(build, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01");
    put_u16(build, type);
}

/* From 10.0.0.1 to 10.0.0.2, TTL 63, id 7. */
static inline void put_ip4_at(struct build *build, uint8_t protocol, size_t payload_len,
                              size_t flags_offset)
{
    PUT(build, "\x45\0");
    put_u16(build, 20 + payload_len);
    put_u16(build, 7);
    put_u16(build, flags_offset);
    PUT(build, "\x3f");
    put(build, &protocol, 1);
    PUT(build, "\0\0\x0a\0\0\x01\x0a\0\0\x02");
}

static inline void put_ip4(struct build *build, uint8_t protocol, size_t payload_len)
{
    put_ip4_at(build, protocol, payload_len, 0);
}

/* From 2001:db8::1 to 2001:db8::2, hop limit 63. */
static inline void put_ip6(struct build *build, uint8_t next, size_t payload_len)
{
    PUT(build, "\x60\0\0\0");
    put_u16(build, payload_len);
    put(build, &next, 1);
    PUT(build, "\x3f");
    PUT(build, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01");
    PUT(build, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02");
}

/* From port 40000 to 143, seq 1000, ack 2000, PSH and ACK; 20 bytes. */
static inline void put_tcp(struct build *build)
{
    PUT(build, "\x9c\x40\0\x8f\0\0\x03\xe8\0\0\x07\xd0\x50\x18\x10\0\0\0\0\0");
}

static inline void put_udp(struct build *build, size_t src_port, size_t dst_port,
                           size_t payload_len)
{
    put_u16(build, src_port);
    put_u16(build, dst_port);
    put_u16(build, 8 + payload_len);
    put_u16(build, 0);
}

#define LOGIN "a LOGIN u p\r\n"

enum {
    LOGIN_LEN = sizeof(LOGIN) - 1,
    SEGMENT_LEN = 20 + LOGIN_LEN,
    PACKET4_LEN = 20 + SEGMENT_LEN
};

/* A TCP segment with LOGIN as its payload: SEGMENT_LEN bytes. */
static inline void put_segment(struct build *build)
{
    put_tcp(build);
    PUT(build, LOGIN);
}

/* That in IPv4: PACKET4_LEN bytes. */
static inline void put_packet4(struct build *build)
{
    put_ip4(build, 6, SEGMENT_LEN);
    put_segment(build);
}

enum { ETHERNET = 1, TRAILER = 7, DATAGRAM_START = 14 + 20 + 8 };

static inline struct frame frame_of(const struct build *build, size_t captured, int link_type)
{
    return (struct frame){
        .at = {.time = {.ns = 5}, .frame = 3},
        .captured = bytes_view(build->at, captured),
        .wire_len = (uint32_t)build->len,
        .link_type = link_type,
        .interface = "eth7",
    };
}

static inline enum decode_result decode(const struct build *build, int link_type,
                                        struct packet *packet)
{
    struct frame frame = frame_of(build, build->len, link_type);

    return decode_frame(&frame, packet);
}

static inline void assert_is_login(const struct packet *packet)
{
    assert_int_equal(packet->ip_protocol, 6);
    assert_int_equal(packet->src_port, 40000);
    assert_int_equal(packet->dst_port, 143);
    assert_int_equal(packet->seq, 1000);
    assert_int_equal(packet->ack, 2000);
    assert_int_equal(packet->tcp_flags, TCP_PSH | TCP_ACK);
    assert_int_equal(packet->ttl, 63);
    assert_int_equal(packet->missing, 0);
    assert_true(bytes_equal(packet->payload, BYTES(LOGIN)));
}

/*
 * The login is found; and whatever the capture cuts off, the decoder never says that the frame is
 * malformed, and what it says of the payload is true: bytes present and bytes missing make the
 * login.
 */
static inline void assert_login_and_cuts(const struct build *build, int link_type)
{
    struct packet packet;

    assert_int_equal(decode(build, link_type, &packet), DECODE_OK);
    assert_is_login(&packet);
    for (size_t cut = 0; cut < build->len; cut++) {
        uint8_t *exact = malloc(cut + 1);
        struct frame frame = frame_of(build, cut, link_type);
        enum decode_result result;

        assert_non_null(exact);
        memcpy(exact + 1, build->at, cut); /* ends where the block does: an over-read shows */
        frame.captured = bytes_view(exact + 1, cut);
        result = decode_frame(&frame, &packet);
        if (result == DECODE_OK && packet.ip_protocol == 17) {
            /* cut inside a tunnel's header: the datagram around it */
            assert_int_equal(packet.tunnels, 0);
            assert_int_equal(packet.payload.len + packet.missing, build->len - DATAGRAM_START);
        } else if (result == DECODE_OK) {
            assert_int_equal(packet.dst_port, 143);
            assert_int_equal(packet.payload.len + packet.missing, LOGIN_LEN);
            assert_true(bytes_starts(BYTES(LOGIN), packet.payload));
        } else {
            assert_int_equal(result, DECODE_TRUNCATED);
        }
        free(exact);
    }
}

#endif
