#include "sensor/origin.h"

void origin_set(struct origin *origin, const struct packet *packet, enum side from)
{
    bool client = from == SIDE_CLIENT;

    origin->client = client ? packet->src : packet->dst;
    origin->server = client ? packet->dst : packet->src;
    origin->client_port = client ? packet->src_port : packet->dst_port;
    origin->server_port = client ? packet->dst_port : packet->src_port;
    origin->client_mac = client ? packet->src_mac : packet->dst_mac;
    origin->server_mac = client ? packet->dst_mac : packet->src_mac;
    origin->client_ttl = client ? packet->ttl : 0;
    origin->vlan = packet->vlan;
    origin->ip_protocol = packet->ip_protocol;
    origin->interface = packet->interface;
}

enum service origin_tls_service(const struct origin *origin, bool offers_http)
{
    static const struct {
        uint16_t port;
        enum service service;
    } ports[] = {
        {993, SERVICE_IMAP}, {143, SERVICE_IMAP}, {995, SERVICE_POP}, {110, SERVICE_POP},
        {465, SERVICE_SMTP}, {587, SERVICE_SMTP}, {25, SERVICE_SMTP}, {443, SERVICE_HTTP},
    };

    if (offers_http) {
        return SERVICE_HTTP;
    }
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        if (ports[i].port == origin->server_port) {
            return ports[i].service;
        }
    }
    return SERVICE_UNKNOWN;
}

void origin_swap(struct origin *origin)
{
    struct origin old = *origin;

    origin->client = old.server;
    origin->server = old.client;
    origin->client_port = old.server_port;
    origin->server_port = old.client_port;
    origin->client_mac = old.server_mac;
    origin->server_mac = old.client_mac;
    origin->client_ttl = 0;
}
