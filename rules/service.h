/*
 * service: what rules/services.yml knows: hosts, address ranges, paths and banners, and what they
 * say about a server's target and service.
 */
#ifndef BASICTAP_RULES_SERVICE_H
#define BASICTAP_RULES_SERVICE_H

#include "dissectors/base/diag.h"
#include "dissectors/base/event.h"

struct services;

/* An empty table for path NULL. NULL and words when the file is missing or bad. */
struct services *services_load(const char *path, struct diag *diag);
struct services *services_parse(const char *name, struct bytes text, struct diag *diag);
void services_free(struct services *services); /* NULL is fine */

struct service_hint {
    enum target target;   /* TARGET_UNKNOWN: it says nothing */
    enum service service; /* SERVICE_UNKNOWN: it says nothing */
    const char *why;      /* the entry, as it stands in the file; NULL: nothing matched */
};

/* "outlook.office365.com:443", "[2001:db8::1]:443" without port and brackets; a bare address of
 * IPv6 has colons of its own. */
struct bytes service_host(const char *sent);

/* A name as it was sent, perhaps with a port behind it; "" matches nothing. */
struct service_hint services_by_host(const struct services *services, const char *name);
struct service_hint services_by_address(const struct services *services,
                                        const struct address *address);
struct service_hint services_by_path(const struct services *services, const char *path);
struct service_hint services_by_banner(const struct services *services, const char *banner);
/* Whether a host's first label is one that companies give to their Exchange servers: its HTTPS is
 * worth a look where nothing else is known of it. */
bool services_has_label(const struct services *services, const char *name);
struct service_hint services_by_port(const struct services *services, uint16_t port);

#endif
