#include "sensor/decode_layer.h"
#include "tests/sensor/frames.h"

static void ethernet_and_ip4_give_the_segment_and_its_envelope(void **state)
{
    struct build build = {0};
    struct packet packet;
    char text[ADDRESS_TEXT_SIZE];
    char mac[MAC_TEXT_SIZE];

    (void)state;
    put_ethernet(&build, 0x0800);
    put_packet4(&build);
    assert_login_and_cuts(&build, ETHERNET);
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OK);
    address_print(&packet.src, text);
    assert_string_equal(text, "10.0.0.1");
    address_print(&packet.dst, text);
    assert_string_equal(text, "10.0.0.2");
    mac_print(&packet.src_mac, mac);
    assert_string_equal(mac, "02-00-00-00-00-01");
    mac_print(&packet.dst_mac, mac);
    assert_string_equal(mac, "02-00-00-00-00-02");
    assert_int_equal(packet.vlans, 0);
    assert_int_equal(packet.tunnels, 0);
    assert_int_equal(packet.at.frame, 3);
    assert_string_equal(packet.interface, "eth7");
}

static void padding_is_no_payload(void **state)
{
    struct build build = {0};
    struct packet packet;

    (void)state;
    put_ethernet(&build, 0x0800);
    put_ip4(&build, 6, 20);
    put_tcp(&build);
    PUT(&build, "\0\0\0\0\0\0");
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OK);
    assert_int_equal(packet.payload.len, 0);
}

static void a_total_length_of_zero_is_offload_and_means_the_rest(void **state)
{
    struct build build = {0};
    struct packet packet;

    (void)state;
    put_ethernet(&build, 0x0800);
    put_packet4(&build);
    build.at[16] = 0;
    build.at[17] = 0;
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OK);
    assert_is_login(&packet);
    build = (struct build){0};
    put_ethernet(&build, 0x86dd);
    put_ip6(&build, 6, 0);
    put_segment(&build);
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OK);
    assert_is_login(&packet);
}

static void headers_that_contradict_themselves_are_malformed(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } faults[] = {
        {14, 0x55},            /* IP version 5 */
        {14, 0x44},            /* header of 16 bytes */
        {17, 19},              /* total length below the header's */
        {17, PACKET4_LEN + 1}, /* beyond the frame */
        {17, 20 + 19},         /* inside the TCP header */
        {46, 0x40},            /* TCP header of 16 bytes */
        {46, 0xf0},            /* longer than the segment */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct build build = {0};
        struct packet packet;

        put_ethernet(&build, 0x0800);
        put_packet4(&build);
        build.at[faults[i].at] = faults[i].value;
        assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_MALFORMED);
        assert_int_equal(packet.payload.len, 0);
    }
}

static void a_cut_payload_is_ok_and_says_what_is_missing(void **state)
{
    struct build build = {0};
    struct frame frame;
    struct packet packet;

    (void)state;
    put_ethernet(&build, 0x0800);
    put_packet4(&build);
    PUT(&build, "padding");
    frame = frame_of(&build, build.len - TRAILER - 4, ETHERNET);
    assert_int_equal(decode_frame(&frame, &packet), DECODE_OK);
    assert_int_equal(packet.missing, 4);
    assert_true(bytes_equal(packet.payload, BYTES("a LOGIN u")));
}

static void options_and_extension_headers_are_stepped_over(void **state)
{
    struct build build = {0};

    (void)state;
    put_ethernet(&build, 0x0800); /* IPv4 options: 4 bytes */
    put_packet4(&build);
    memmove(build.at + 38, build.at + 34, build.len - 34);
    memset(build.at + 34, 1, 4);
    build.at[14] = 0x46;
    build.at[17] = PACKET4_LEN + 4;
    build.len += 4;
    assert_login_and_cuts(&build, ETHERNET);

    build = (struct build){0};
    put_ethernet(&build, 0x86dd);
    put_ip6(&build, 0, 8 + 16 + 8 + 12 + 8 + SEGMENT_LEN);
    PUT(&build, "\x2b\0\x01\x04\0\0\0\0");               /* hop by hop */
    PUT(&build, "\x3c\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0"); /* routing */
    PUT(&build, "\x33\0\x01\x04\0\0\0\0");               /* destination */
    PUT(&build, "\x2c\x01\0\0\0\0\0\x01\0\0\0\x01");     /* AH of 12 bytes */
    PUT(&build, "\x06\0\0\0\0\0\0\x09");                 /* atomic fragment */
    put_segment(&build);
    assert_login_and_cuts(&build, ETHERNET);
}

static void tags_are_counted_and_the_outermost_is_kept(void **state)
{
    struct build build = {0};
    struct packet packet;

    (void)state;
    put_ethernet(&build, 0x88a8);
    PUT(&build, "\x60\x64\x81\0\0\xc8\x08\0"); /* priority 3, VLAN 100; VLAN 200 */
    put_packet4(&build);
    assert_login_and_cuts(&build, ETHERNET);
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OK);
    assert_int_equal(packet.vlan, 100);
    assert_int_equal(packet.vlans, 2);
}

/* The bytes in front of an IPv4 packet, per link type. */
static void every_link_type_leads_to_the_segment(void **state)
{
#define LINK(type, literal)                                                                        \
    {                                                                                              \
        type, literal, sizeof(literal) - 1                                                         \
    }
    static const struct {
        int type;
        const char *header;
        size_t len;
    } links[] = {
        LINK(12, ""),
        LINK(14, ""),
        LINK(101, ""),
        LINK(228, ""),
        LINK(0, "\x02\0\0\0"),
        LINK(0, "\0\0\0\x02"),
        LINK(108, "\0\0\0\x02"),
        LINK(9, "\0\x21"),
        LINK(9, "\xff\x03\0\x21"),
        LINK(9, "\x21"), /* protocol field compressed */
        LINK(50, "\xff\x03\0\x21"),
        LINK(50, "\x0f\0\x08\0"),
        LINK(104, "\x8f\0\x08\0"),
        LINK(204, "\x01\xff\x03\0\x21"),
        LINK(166, "\0\0\x21"),
        LINK(113, "\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x08\0"),
        LINK(276, "\x08\0\0\0\0\0\0\x02\0\x01\0\x06\x02\0\0\0\0\x01\0\0"),
        LINK(105, "\x08\x01\0\0bbbbbbssssssdddddd\x10\0\xaa\xaa\x03\0\0\0\x08\0"),
        LINK(105, "\x88\x01\0\0bbbbbbssssssdddddd\x10\0\0\0\xaa\xaa\x03\0\0\0\x08\0"),
        LINK(105, "\x08\x03\0\0rrrrrrttttttdddddd\x10\0ssssss\xaa\xaa\x03\0\0\0\x08\0"),
        LINK(127, "\0\0\x08\0\0\0\0\0\x08\x01\0\0bbbbbbssssssdddddd\x10\0\xaa\xaa\x03\0\0\0\x08\0"),
        /* time and flags: padding after a QoS header of 26 bytes */
        LINK(127, "\0\0\x12\0\x03\0\0\0tttttttt\x20\0\x88\x01\0\0bbbbbbssssssdddddd\x10\0\0\0PP"
                  "\xaa\xaa\x03\0\0\0\x08\0"),
        LINK(192,
             "\0\0\x08\0\x69\0\0\0\x08\x01\0\0bbbbbbssssssdddddd\x10\0\xaa\xaa\x03\0\0\0\x08\0"),
    };
#undef LINK

    (void)state;
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct build build = {0};

        put(&build, links[i].header, links[i].len);
        put_packet4(&build);
        assert_login_and_cuts(&build, links[i].type);
    }
}

static void cooked_and_wireless_links_name_the_sender(void **state)
{
    struct build build = {0};
    struct packet packet;
    char mac[MAC_TEXT_SIZE];

    (void)state;
    PUT(&build, "\0\0\0\x01\0\x06\x02\0\0\0\0\x01\0\0\x08\0");
    put_packet4(&build);
    assert_int_equal(decode(&build, 113, &packet), DECODE_OK);
    mac_print(&packet.src_mac, mac);
    assert_string_equal(mac, "02-00-00-00-00-01");
    assert_false(packet.dst_mac.known);

    build = (struct build){0}; /* from the access point: destination, BSSID, source */
    PUT(&build, "\x08\x02\0\0\x02\0\0\0\0\x02\x02\0\0\0\0\x09\x02\0\0\0\0\x01\0\0");
    PUT(&build, "\xaa\xaa\x03\0\0\0\x08\0");
    put_packet4(&build);
    assert_int_equal(decode(&build, 105, &packet), DECODE_OK);
    mac_print(&packet.src_mac, mac);
    assert_string_equal(mac, "02-00-00-00-00-01");
    mac_print(&packet.dst_mac, mac);
    assert_string_equal(mac, "02-00-00-00-00-02");
}

static void protected_wireless_frames_and_management_are_other(void **state)
{
    static const char *const frames[] = {"\x08\x41", "\x80\x01", "\x48\x01", "\x08\x05"};

    (void)state;
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        struct build build = {0};
        struct packet packet;

        put(&build, frames[i], 2);
        PUT(&build, "\0\0bbbbbbssssssdddddd\x10\0\xaa\xaa\x03\0\0\0\x08\0");
        put_packet4(&build);
        assert_int_equal(decode(&build, 105, &packet), DECODE_OTHER);
    }
}

/* The bytes between Ethernet's type and an IPv4 packet. */
static void labels_and_sessions_lead_to_the_segment(void **state)
{
    struct build build = {0};
    struct packet packet;

    (void)state;
    put_ethernet(&build, 0x8847);
    PUT(&build, "\0\x01\0\x40\0\x02\x01\x40"); /* two labels */
    put_packet4(&build);
    assert_login_and_cuts(&build, ETHERNET);

    for (size_t control_word = 0; control_word < 2; control_word++) {
        build = (struct build){0};
        put_ethernet(&build, 0x8847);
        PUT(&build, "\0\x02\x01\x40");
        put(&build, "\0\0\0\0", control_word * 4);
        PUT(&build, "\x02\0\0\0\0\x04\x02\0\0\0\0\x03\x08\0"); /* a pseudowire */
        put_packet4(&build);
        assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OK);
        assert_is_login(&packet);
        assert_int_equal(packet.src_mac.octets[5], 3);
        assert_int_equal(packet.dst_mac.octets[5], 4);
    }

    build = (struct build){0};
    put_ethernet(&build, 0x8864);
    PUT(&build, "\x11\0\0\x07");
    put_u16(&build, 2 + PACKET4_LEN);
    PUT(&build, "\0\x21");
    put_packet4(&build);
    PUT(&build, "padding");
    assert_login_and_cuts(&build, ETHERNET);

    build = (struct build){0}; /* LLC and SNAP; the first field is a length */
    put_ethernet(&build, 8 + PACKET4_LEN);
    PUT(&build, "\xaa\xaa\x03\0\0\0\x08\0");
    put_packet4(&build);
    assert_login_and_cuts(&build, ETHERNET);
}

static void nesting_is_bounded(void **state)
{
    struct build build = {0};
    struct packet packet;

    (void)state;
    put_ethernet(&build, 0x0800);
    for (size_t i = 0; i < 40; i++) {
        put_ip4(&build, 4, (39 - i) * 20 + PACKET4_LEN);
    }
    put_packet4(&build);
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_TOO_DEEP);
    build = (struct build){0};
    put_ethernet(&build, 0x8100);
    for (size_t i = 0; i < 40; i++) {
        PUT(&build, "\0\x05\x81\0");
    }
    PUT(&build, "\0\x05\x08\0");
    put_packet4(&build);
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_TOO_DEEP);
}

static void fragments_are_handed_out(void **state)
{
    struct build build = {0};
    struct packet packet;
    struct frame frame;

    (void)state;
    put_ethernet(&build, 0x0800);
    put_ip4_at(&build, 6, 16, 0x2000 | 3);
    PUT(&build, "sixteen bytes...");
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_FRAGMENT);
    assert_int_equal(packet.fragment.id, 7);
    assert_int_equal(packet.fragment.offset, 24);
    assert_true(packet.fragment.more);
    assert_false(packet.fragment.cut);
    assert_int_equal(packet.fragment.ip_protocol, 6);
    assert_true(bytes_equal(packet.fragment.data, BYTES("sixteen bytes...")));
    frame = frame_of(&build, build.len - 1, ETHERNET);
    assert_int_equal(decode_frame(&frame, &packet), DECODE_FRAGMENT);
    assert_true(packet.fragment.cut);

    build = (struct build){0};
    put_ethernet(&build, 0x86dd);
    put_ip6(&build, 44, 8 + 3);
    PUT(&build, "\x11\0\0\x20\xde\xad\xbe\xef"
                "end");
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_FRAGMENT);
    assert_int_equal(packet.fragment.id, 0xdeadbeef);
    assert_int_equal(packet.fragment.offset, 32);
    assert_false(packet.fragment.more);
    assert_int_equal(packet.fragment.ip_protocol, 17);
}

static void a_reassembled_payload_goes_on_with_its_envelope(void **state)
{
    struct build build = {0};
    struct packet packet = {.src = {.version = 6}, .vlan = 9, .tunnels = 1};

    (void)state;
    PUT(&build, "\x06\0\x01\x04\0\0\0\0"); /* destination options */
    put_segment(&build);
    assert_int_equal(decode_ip_payload(&packet, 60, bytes_view(build.at, build.len)), DECODE_OK);
    assert_int_equal(packet.dst_port, 143);
    assert_int_equal(packet.vlan, 9);
    assert_int_equal(packet.tunnels, 1);
    assert_true(bytes_equal(packet.payload, BYTES(LOGIN)));
    assert_int_equal(decode_ip_payload(&packet, 44,
                                       BYTES("\x06\0\0\x01\0\0\0\x01"
                                             "12345678")),
                     DECODE_MALFORMED); /* fragments of fragments */
}

static void what_is_not_tcp_or_udp_is_other(void **state)
{
    struct build build = {0};
    struct packet packet;

    (void)state;
    put_ethernet(&build, 0x0806);
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OTHER);
    build = (struct build){0};
    put_ethernet(&build, 0x0800);
    put_ip4(&build, 1, 8);
    PUT(&build, "\x08\0\0\0\0\0\0\0");
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OTHER);
    assert_int_equal(decode(&build, 9999, &packet), DECODE_LINK);
}

static void assert_same(const struct packet *a, const struct packet *b)
{
    assert_memory_equal(&a->at, &b->at, sizeof(a->at));
    assert_true(address_equal(&a->src, &b->src) && address_equal(&a->dst, &b->dst));
    assert_int_equal(a->src_port, b->src_port);
    assert_int_equal(a->dst_port, b->dst_port);
    assert_int_equal(a->ip_protocol, b->ip_protocol);
    assert_int_equal(a->tcp_flags, b->tcp_flags);
    assert_int_equal(a->ttl, b->ttl);
    assert_int_equal(a->vlan, b->vlan);
    assert_int_equal(a->vlans, b->vlans);
    assert_int_equal(a->tunnels, b->tunnels);
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->ack, b->ack);
    assert_int_equal(a->missing, b->missing);
    assert_memory_equal(&a->src_mac, &b->src_mac, sizeof(a->src_mac));
    assert_ptr_equal(a->payload.at, b->payload.at);
    assert_int_equal(a->payload.len, b->payload.len);
}

/* One byte of a tagged or untagged, IPv4 or IPv6, TCP or UDP frame takes every value. */
static void the_short_cut_makes_no_difference(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 8; kind++) {
        struct build build = {0};
        bool udp = (kind & 1) != 0;
        size_t len = udp ? 8 + LOGIN_LEN : SEGMENT_LEN;

        put_ethernet(&build, (kind & 4) != 0 ? 0x8100 : (kind & 2) != 0 ? 0x86dd : 0x0800);
        if ((kind & 4) != 0) {
            put_u16(&build, 77);
            put_u16(&build, (kind & 2) != 0 ? 0x86dd : 0x0800);
        }
        ((kind & 2) != 0 ? put_ip6 : put_ip4)(&build, udp ? 17 : 6, len);
        if (udp) {
            put_udp(&build, 40000, 143, LOGIN_LEN);
            PUT(&build, LOGIN);
        } else {
            put_segment(&build);
        }
        for (size_t i = 0; i < build.len * 256; i++) {
            uint8_t before = build.at[i / 256];
            struct frame frame = frame_of(&build, build.len, ETHERNET);
            struct packet fast = {0};
            struct packet slow = {0};
            enum decode_result result;

            build.at[i / 256] = (uint8_t)i;
            result = decode_frame(&frame, &fast);
            assert_int_equal(result, decode_frame_slowly(&frame, &slow));
            if (result == DECODE_OK) {
                assert_same(&fast, &slow);
            }
            build.at[i / 256] = before;
        }
    }
}

static void every_result_has_a_word(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUM_DECODE_RESULTS; i++) {
        assert_string_not_equal(decode_word(i), "");
    }
    assert_string_equal(decode_word(DECODE_TRUNCATED), "truncated");
    assert_string_equal(decode_word(NUM_DECODE_RESULTS), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet_and_ip4_give_the_segment_and_its_envelope),
        cmocka_unit_test(padding_is_no_payload),
        cmocka_unit_test(a_total_length_of_zero_is_offload_and_means_the_rest),
        cmocka_unit_test(headers_that_contradict_themselves_are_malformed),
        cmocka_unit_test(a_cut_payload_is_ok_and_says_what_is_missing),
        cmocka_unit_test(options_and_extension_headers_are_stepped_over),
        cmocka_unit_test(tags_are_counted_and_the_outermost_is_kept),
        cmocka_unit_test(every_link_type_leads_to_the_segment),
        cmocka_unit_test(cooked_and_wireless_links_name_the_sender),
        cmocka_unit_test(protected_wireless_frames_and_management_are_other),
        cmocka_unit_test(labels_and_sessions_lead_to_the_segment),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(fragments_are_handed_out),
        cmocka_unit_test(a_reassembled_payload_goes_on_with_its_envelope),
        cmocka_unit_test(what_is_not_tcp_or_udp_is_other),
        cmocka_unit_test(the_short_cut_makes_no_difference),
        cmocka_unit_test(every_result_has_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
