/*
 * host: what was learned of addresses: the names that DNS gave them, the leases that DHCP gave, and
 * what a server at an address said of itself. Bounded; the address that was silent longest goes
 * first. Names and leases end with their lifetime.
 */
#ifndef BASICTAP_RULES_HOST_H
#define BASICTAP_RULES_HOST_H

#include "dissectors/base/event.h"
#include "dissectors/base/hmap.h"

struct host {
    char *name;         /* DNS; may be NULL */
    uint64_t name_from; /* ns */
    uint64_t name_until;
    char *lease_name;   /* DHCP host name; may be NULL */
    char *lease_client; /* who has it: "AA-BB-..", or the client identifier; may be NULL */
    uint64_t lease_from;
    uint64_t lease_until;
    enum target target;   /* by what the server said; TARGET_UNKNOWN: nothing yet */
    const char *evidence; /* "banner", "exchange headers"; NULL: nothing yet */
    uint32_t version;     /* changes with every change */
};

struct hosts;
struct hosts *hosts_new(size_t max_hosts, const uint8_t seed[HMAP_SEED_SIZE]);
void hosts_free(struct hosts *hosts); /* NULL is fine */

/* These will be asked for, or told of: their places are sent for. client may be NULL. */
void hosts_expect(struct hosts *hosts, const struct address *client, const struct address *server);

/* What is known of that server is sent for itself; some work later. */
void hosts_expect_server(const struct hosts *hosts);

/* NULL: nothing is known. Views of it live until the next call that learns. */
struct host *hosts_find(struct hosts *hosts, const struct address *address);

/* The same, but the address was not heard of: it grows no younger by that. */
const struct host *hosts_peek(const struct hosts *hosts, const struct address *address);

/* Names and leases that hold at that time; "" : none. host may be NULL. */
const char *host_name_at(const struct host *host, struct timestamp now);
const char *host_lease_name_at(const struct host *host, struct timestamp now);
const char *host_lease_client_at(const struct host *host, struct timestamp now);

void hosts_learn_name(struct hosts *hosts, const struct name_event *name, struct timestamp now);
/* A stronger word (headers) replaces a weaker one (banner). */
void hosts_learn_target(struct hosts *hosts, const struct address *address, enum target target,
                        const char *evidence);

size_t hosts_count(const struct hosts *hosts);
uint64_t hosts_evicted(const struct hosts *hosts);

#endif
