#include "tests/sensor/frames.h"

struct tunnel_case {
    const char *claim;
    uint8_t protocol;  /* of the outer IPv4 packet */
    uint16_t dst_port; /* of a UDP header, unless 0 */
    const char *header;
    size_t len;
    bool ethernet; /* an Ethernet frame is inside, else an IPv4 packet */
};

#define TUNNEL(words, ip_protocol, port, literal, bridged)                                         \
    {                                                                                              \
        words, ip_protocol, port, literal, sizeof(literal) - 1, bridged                            \
    }

static const struct tunnel_case tunnels[] = {
    TUNNEL("IP in IP", 4, 0, "", false),
    TUNNEL("GRE", 47, 0, "\0\0\x08\0", false),
    TUNNEL("GRE, all options", 47, 0, "\xb0\0\x08\0\0\0\0\0\0\0\0\x01\0\0\0\x02", false),
    TUNNEL("GRE, a source route", 47, 0, "\x40\0\x08\0\0\0\0\0\0\x01\0\x02rr\0\0\0\0", false),
    TUNNEL("GRE, bridged", 47, 0, "\x20\0\x65\x58\0\0\x01\0", true),
    TUNNEL("PPTP", 47, 0, "\x30\x81\x88\x0b\0\x39\0\x01\0\0\0\x01\0\0\0\x02\xff\x03\0\x21", false),
    TUNNEL("WCCP", 47, 0, "\0\0\x88\x3e\0\0\0\0", false),
    TUNNEL("ERSPAN I", 47, 0, "\0\0\x88\xbe", true),
    TUNNEL("ERSPAN II", 47, 0, "\x10\0\x88\xbe\0\0\0\x01\x10\x64\0\x01\0\0\0\0", true),
    TUNNEL("ERSPAN III", 47, 0, "\x10\0\x22\xeb\0\0\0\x01\x20\x64\0\x01ttttss\0\0", true),
    TUNNEL("ERSPAN III, 8 more", 47, 0,
           "\x10\0\x22\xeb\0\0\0\x01\x20\x64\0\x01ttttss\0\x01"
           "88888888",
           true),
    TUNNEL("ERSPAN III, IP", 47, 0, "\x10\0\x22\xeb\0\0\0\x01\x20\x64\0\x01ttttss\x08\0", false),
    TUNNEL("EtherIP", 97, 0, "\x30\0", true),
    TUNNEL("MPLS", 137, 0, "\0\x02\x01\x40", false),
    TUNNEL("VXLAN", 17, 4789, "\x08\0\0\0\0\0\x07\0", true),
    TUNNEL("VXLAN, old port", 17, 8472, "\x08\0\0\0\0\0\x07\0", true),
    TUNNEL("VXLAN-GPE, IPv4", 17, 4790, "\x0c\0\0\x01\0\0\x07\0", false),
    TUNNEL("GENEVE", 17, 6081, "\0\0\x65\x58\0\0\x07\0", true),
    TUNNEL("GENEVE, options, IPv4", 17, 6081, "\x02\0\x08\0\0\0\x07\0optsopts", false),
    TUNNEL("GTP", 17, 2152, "\x30\xff\0\x35\0\0\0\x01", false),
    TUNNEL("GTP, extension", 17, 2152, "\x34\xff\0\x3d\0\0\0\x01\0\0\0\x85\x01xx\0", false),
};

static void put_tunnelled(struct build *build, const struct tunnel_case *tunnel)
{
    size_t inside = PACKET4_LEN + (tunnel->ethernet ? 14 : 0);
    size_t len = tunnel->len + inside + (tunnel->dst_port != 0 ? 8 : 0);

    put_ethernet(build, 0x0800);
    put_ip4(build, tunnel->protocol, len);
    if (tunnel->dst_port != 0) {
        put_udp(build, 50000, tunnel->dst_port, tunnel->len + inside);
    }
    put(build, tunnel->header, tunnel->len);
    if (tunnel->ethernet) {
        PUT(build, "\x02\0\0\0\0\x04\x02\0\0\0\0\x03\x08\0");
    }
    put_packet4(build);
}

static void every_tunnel_leads_to_the_segment(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
        struct build build = {0};
        struct packet packet;
        char src[MAC_TEXT_SIZE];
        char dst[MAC_TEXT_SIZE];

        print_message("  %s\n", tunnels[i].claim);
        put_tunnelled(&build, &tunnels[i]);
        assert_login_and_cuts(&build, ETHERNET);
        assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OK);
        assert_int_equal(packet.tunnels, 1);
        mac_print(&packet.src_mac, src); /* of the frame inside, if there is one */
        mac_print(&packet.dst_mac, dst);
        assert_string_equal(src, tunnels[i].ethernet ? "02-00-00-00-00-03" : "");
        assert_string_equal(dst, tunnels[i].ethernet ? "02-00-00-00-00-04" : "");
    }
}

static void six_in_four_and_teredo_lead_to_the_segment(void **state)
{
    static const struct {
        const char *at;
        size_t len;
    } headers[] = {
        {"", 0},
        {"\0\0pp\xff\xff\xff\xff", 8},
        {"\0\x01\x02\x03iiaaannnnnnnnc\0\0pp\xff\xff\xff\xff", 26},
    };
    struct build build = {0};

    (void)state;
    put_ethernet(&build, 0x0800);
    put_ip4(&build, 41, 40 + SEGMENT_LEN);
    put_ip6(&build, 6, SEGMENT_LEN);
    put_segment(&build);
    assert_login_and_cuts(&build, ETHERNET);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        size_t len = headers[i].len + 40 + SEGMENT_LEN;

        build = (struct build){0};
        put_ethernet(&build, 0x0800);
        put_ip4(&build, 17, 8 + len);
        put_udp(&build, i == 0 ? 3544 : 50000, i == 0 ? 50000 : 3544, len);
        put(&build, headers[i].at, headers[i].len);
        put_ip6(&build, 6, SEGMENT_LEN);
        put_segment(&build);
        assert_login_and_cuts(&build, ETHERNET);
    }
}

static void a_datagram_to_a_tunnel_port_by_chance_stands_for_itself(void **state)
{
    static const uint16_t ports[] = {2152, 3544, 4789, 4790, 6081, 8472};
    static const char *const answers[] = {
        "\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0", /* DNS */
        "\x08\0\0\0\0\0\0\0ddddddssssss\x08\0"
        "not IP at all",
        "\0\0\x08\0\0\0\0\0"
        "neither is this...",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        for (size_t j = 0; j < sizeof(answers) / sizeof(answers[0]); j++) {
            size_t len = j == 0 ? 12 : j == 1 ? 35 : 26;
            struct build build = {0};
            struct packet packet;

            put_ethernet(&build, 0x0800);
            put_ip4(&build, 17, 8 + len);
            put_udp(&build, 53, ports[i], len);
            put(&build, answers[j], len);
            assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OK);
            assert_int_equal(packet.ip_protocol, 17);
            assert_int_equal(packet.src_port, 53);
            assert_int_equal(packet.dst_port, ports[i]);
            assert_int_equal(packet.tunnels, 0);
            assert_true(packet.src_mac.known);
            assert_true(bytes_equal(packet.payload, bytes_view(answers[j], len)));
        }
    }
}

static void a_mirror_that_cut_the_frame_makes_it_truncated(void **state)
{
    struct build build = {0};
    struct packet packet;

    (void)state;
    put_ethernet(&build, 0x0800);
    put_ip4(&build, 47, 16 + 14 + PACKET4_LEN - 5);
    PUT(&build, "\x10\0\x88\xbe\0\0\0\x01\x10\x64\x04\x01\0\0\0\0");
    put_ethernet(&build, 0x0800);
    put_packet4(&build);
    build.len -= 5;
    assert_int_equal(decode(&build, ETHERNET, &packet), DECODE_OK);
    assert_int_equal(packet.missing, 5);
    assert_int_equal(packet.vlan, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tunnel_leads_to_the_segment),
        cmocka_unit_test(six_in_four_and_teredo_lead_to_the_segment),
        cmocka_unit_test(a_datagram_to_a_tunnel_port_by_chance_stands_for_itself),
        cmocka_unit_test(a_mirror_that_cut_the_frame_makes_it_truncated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
