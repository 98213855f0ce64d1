#include "sensor/endpoint.h"

#include "rules/service.h"

/* A tunnel's target ends with its port; else the flow has one. 0: not known. */
static uint16_t port_of(const char *server_name, const struct origin *origin)
{
    struct bytes rest = bytes_of_text(server_name);
    struct bytes host;
    uint64_t port = 0;

    if (origin != NULL) {
        return origin->server_port;
    }
    while (take_until(&rest, ':', &host)) { /* an address of IPv6 has colons of its own */
    }
    return take_decimal(&rest, UINT16_MAX, &port) && rest.len == 0 ? (uint16_t)port : 0;
}

static bool is_exchange(enum target target)
{
    return target == TARGET_ONLINE || target == TARGET_CONSUMER || target == TARGET_ONPREM;
}

void endpoint_find(void *ctx, const char *server_name, const struct origin *origin,
                   struct endpoint *endpoint)
{
    const struct detector *detector = ctx;
    const struct services *services = detector_services(detector);
    struct service_hint by_host = services_by_host(services, server_name);
    enum service by_port = services_by_port(services, port_of(server_name, origin)).service;
    bool is_named = by_host.target != TARGET_UNKNOWN;

    endpoint->service = by_port;
    if (by_port == SERVICE_UNKNOWN) { /* mail hosts serve IMAP and POP alike: the port says more */
        endpoint->service = by_host.service != SERVICE_UNKNOWN ? by_host.service : SERVICE_HTTP;
    }
    endpoint->target = is_named || origin == NULL ? by_host.target
                                                  : detector_target(detector, "", &origin->server);
    endpoint->is_wanted = by_port != SERVICE_UNKNOWN || is_exchange(endpoint->target) ||
                          services_has_label(services, server_name);
}
