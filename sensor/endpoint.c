#include "sensor/endpoint.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/service.h"

struct endpoints {
    struct services *services;
    const struct detector *detector;
};

struct endpoints *endpoints_new(const char *directory, const struct detector *detector,
                                struct diag *diag)
{
    struct endpoints *endpoints = calloc(1, sizeof(*endpoints));
    char path[PATH_MAX];

    if (endpoints == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    (void)snprintf(path, sizeof(path), "%s/services.yml", directory);
    endpoints->detector = detector;
    endpoints->services = services_load(path, diag);
    if (endpoints->services == NULL) {
        free(endpoints);
        return NULL;
    }
    return endpoints;
}

void endpoints_free(struct endpoints *endpoints)
{
    if (endpoints != NULL) {
        services_free(endpoints->services);
        free(endpoints);
    }
}

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

/* By the address, and by what was said there in clear. */
static enum target target_at(const struct endpoints *endpoints, const struct address *server)
{
    return endpoints->detector != NULL ? detector_target(endpoints->detector, "", server)
                                       : services_by_address(endpoints->services, server).target;
}

static bool is_exchange(enum target target)
{
    return target == TARGET_ONLINE || target == TARGET_CONSUMER || target == TARGET_ONPREM;
}

void endpoints_find(void *ctx, const char *server_name, const struct origin *origin,
                    struct endpoint *endpoint)
{
    const struct endpoints *endpoints = ctx;
    struct service_hint by_host = services_by_host(endpoints->services, server_name);
    enum service by_port =
        services_by_port(endpoints->services, port_of(server_name, origin)).service;
    bool is_named = by_host.target != TARGET_UNKNOWN;

    endpoint->service = by_port;
    if (by_port == SERVICE_UNKNOWN) { /* mail hosts serve IMAP and POP alike: the port says more */
        endpoint->service = by_host.service != SERVICE_UNKNOWN ? by_host.service : SERVICE_HTTP;
    }
    endpoint->target =
        is_named || origin == NULL ? by_host.target : target_at(endpoints, &origin->server);
    endpoint->is_wanted = by_port != SERVICE_UNKNOWN || is_exchange(endpoint->target) ||
                          services_has_label(endpoints->services, server_name);
}
