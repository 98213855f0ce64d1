/*
 * Public captures, where they are at hand (../shared/captures): each gives as many frames as its
 * catalogue says, and what is inside of tunnels is what tshark found there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/decode.h"
#include "tests/support/test.h"

enum { SKIPPED = 77, MAX_FLOWS = 64, LINE_SIZE = 8192, PACKETS_COLUMN = 5 };

static const char folder[] = SOURCE_DIR "/../shared/captures";

struct flow_key {
    struct address src;
    struct address dst;
    uint16_t src_port;
    uint16_t dst_port;
    uint8_t ip_protocol;
};

struct count {
    size_t frames;
    size_t tcp;
    size_t udp;
    struct flow_key flows[MAX_FLOWS];
    size_t num_flows;
};

static void note_flow(struct count *count, const struct packet *packet)
{
    for (size_t i = 0; i < count->num_flows; i++) {
        const struct flow_key *flow = &count->flows[i];

        if (flow->ip_protocol == packet->ip_protocol && flow->src_port == packet->src_port &&
            flow->dst_port == packet->dst_port && address_equal(&flow->src, &packet->src) &&
            address_equal(&flow->dst, &packet->dst)) {
            return;
        }
    }
    if (count->num_flows < MAX_FLOWS) {
        count->flows[count->num_flows++] = (struct flow_key){
            packet->src, packet->dst, packet->src_port, packet->dst_port, packet->ip_protocol};
    }
}

static void on_frame(void *ctx, const struct frame *frame)
{
    struct count *count = ctx;
    struct packet packet;

    count->frames++;
    if (decode_frame(frame, &packet) == DECODE_OK) {
        count->tcp += packet.ip_protocol == 6;
        count->udp += packet.ip_protocol == 17;
        note_flow(count, &packet);
    }
}

static void read_capture(const char *name, struct count *count)
{
    char path[1024];
    const char *const names[] = {path};
    const struct source_options options = {0};
    struct source *source;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    *count = (struct count){0};
    source = source_open_files(names, 1, &options, NULL);
    assert_non_null(source);
    while (source_pump(source, 64, on_frame, count) != SOURCE_END) {
    }
    source_close(source);
}

/* The columns of a line are separated by tabs; NULL: there are fewer. */
static const char *column(char *line, unsigned number)
{
    char *at = line;

    for (unsigned i = 0; i < number && at != NULL; i++) {
        at = strchr(at, '\t');
        at = at != NULL ? at + 1 : NULL;
    }
    return at;
}

static void every_capture_gives_the_frames_that_its_catalogue_says(void **state)
{
    static char line[LINE_SIZE];
    char path[1024];
    size_t num_wrong = 0;
    size_t num = 0;
    FILE *catalogue;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/catalogue.tsv", folder);
    catalogue = fopen(path, "r");
    assert_non_null(catalogue);
    while (fgets(line, sizeof(line), catalogue) != NULL) {
        const char *packets = column(line, PACKETS_COLUMN);
        struct count count;
        size_t expected;

        if (packets == NULL || packets[0] < '0' || packets[0] > '9') {
            continue;
        }
        expected = strtoul(packets, NULL, 10);
        line[strcspn(line, "\t")] = '\0';
        read_capture(line, &count);
        num++;
        if (count.frames != expected) {
            print_message("%s: %zu frames, not %zu\n", line, count.frames, expected);
            num_wrong++;
        }
    }
    (void)fclose(catalogue);
    assert_true(num > 300);
    assert_int_equal(num_wrong, 0);
}

/* Counted with tshark 4.0: innermost TCP and UDP packets, and their differing addresses and ports,
 * each direction by itself; packets quoted by ICMP left out. */
static const struct {
    const char *name;
    size_t tcp;
    size_t udp;
    size_t flows;
} tunnels[] = {
    {"arkime+arkime/tests__pcap__gre-erspan-vxlan.pcap", 7, 0, 2},
    {"arkime+arkime/tests__pcap__tcpdump-geneve.pcap", 33, 0, 2},
    {"arkime+arkime/tests__pcap__gtp-iphone.pcap", 58, 40, 13},
    {"arkime+arkime/tests__pcap__80211http.pcap", 26, 0, 2},
    {"arkime+arkime/tests__pcap__twovlan.pcap", 6, 0, 2},
    {"cisco+mercury/unit_tests__pcaps__sll_tls.pcap", 1, 0, 1},
    {"zeek+zeek/testing__btest__Traces__tunnels__vxlan-encapsulated-http.pcap", 12, 0, 2},
    {"zeek+zeek/testing__btest__Traces__tunnels__gre-aruba.pcap", 2407, 0, 23},
    {"ntop+nDPI/tests__cfgs__default__pcap__vxlan.pcap", 119, 8, 8},
    {"the-tcpdump-group+tcpdump/tests__gso-ipv6-vxlan-ipv6.pcap", 1, 0, 1},
    {"the-tcpdump-group+tcpdump/tests__wccp_redirect_gre.pcap", 1, 0, 1},
    {"seladb+PcapPlusPlus/Tests__Packet++Test__PacketExamples__MplsPackets.pcap", 1, 0, 1},
    {"seladb+PcapPlusPlus/Tests__Pcap++Test__PcapExamples__GrePackets.cap", 9, 0, 2},
    {"dotpcap+packetnet/Test__CaptureFiles__gre_nvgre.pcap", 1, 0, 1},
    {"OISF+suricata-verify/tests__decode-sll2-01__input.pcap", 5, 0, 2},
    {"AlexeyVasilev+PcapFlowLab/tests__data__parsing__pppoe__03_pppoe_session_ipv6_tcp.pcap", 1, 0,
     1},
    {"jpr5+ngrep/testdata__radiotap.pcap", 21, 0, 6},
};

static void tunnels_hold_what_tshark_finds_in_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++) {
        struct count count;

        print_message("  %s\n", tunnels[i].name);
        read_capture(tunnels[i].name, &count);
        assert_int_equal(count.tcp, tunnels[i].tcp);
        assert_int_equal(count.udp, tunnels[i].udp);
        assert_int_equal(count.num_flows, tunnels[i].flows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_capture_gives_the_frames_that_its_catalogue_says),
        cmocka_unit_test(tunnels_hold_what_tshark_finds_in_them),
    };

    if (access(folder, R_OK) != 0) {
        print_message("skipped: %s is not there\n", folder);
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
