/*
 * device: who it was. An identity is decided for every event, by what is known at that time: the
 * EAS DeviceId of the request, else the MAC when the device is on the tapped segment, else the DHCP
 * client that has the address, else the address.
 *
 * A MAC is no identity when it is a router's: one that is listed, or learned: it carried more than
 * three addresses within an hour, or packets whose time to live had been counted down. What was
 * said before a router was known stays said under its MAC; that is at most three addresses.
 */
#ifndef BASICTAP_RULES_DEVICE_H
#define BASICTAP_RULES_DEVICE_H

#include "dissectors/base/event.h"
#include "dissectors/base/hmap.h"
#include "rules/client.h"
#include "rules/host.h"

enum device_source { DEVICE_EAS, DEVICE_MAC, DEVICE_DHCP, DEVICE_IP };

/* How a device is known, in the form that maps are searched by. */
struct identity {
    uint8_t key[80]; /* the source, then the DeviceId, MAC, client or address itself */
    size_t key_len;
    uint64_t hash;   /* of the key, in the map of devices */
    bool on_segment; /* the client's MAC is the client's own */
};

/* What was learned of a device; texts may be NULL. */
struct device {
    char *software;
    char *hello;
    char *workstation;
    char *device_type;
    const char *client_name; /* normalised; "" or NULL: unknown */
    enum service service;    /* where software and client_name were said: other programs of the
                                device speak other protocols */
    uint32_t version;        /* changes with every change */
};

struct devices;
struct devices *devices_new(size_t max_devices, const uint8_t seed[HMAP_SEED_SIZE]);
void devices_free(struct devices *devices); /* NULL is fine */

bool devices_add_router(struct devices *devices, const struct mac *mac);

/* Looks at who carried the packet of an event. */
void devices_learn_routers(struct devices *devices, const struct event *event);

/* Is the client's MAC the client's own? */
bool devices_is_on_segment(const struct devices *devices, const struct origin *origin);

/* device_id: of EAS, or "". client: what is known of the client's address, may be NULL. Sends for
 * the device's place: who does something else before devices_put need not wait for it. */
void devices_identify(const struct devices *devices, const struct event *event,
                      const char *device_id, const struct host *client, struct identity *identity);

void identity_print(const struct identity *identity, char text[128]); /* "mac:00-1B-..." */
const char *identity_source(const struct identity *identity);         /* eas, mac, dhcp, ip */

/* Finds or adds; NULL when out of memory. Expected, it comes sooner. */
void devices_expect(const struct devices *devices, const struct identity *identity);
struct device *devices_put(struct devices *devices, const struct identity *identity);
struct device *devices_find(const struct devices *devices, const void *key, size_t key_len);

/* Learns what a client said of itself to a service; empty words say nothing. */
void device_learn(struct device *device, enum service service, const struct client_words *words,
                  struct clients *clients, uint64_t *limits);
void device_learn_workstation(struct device *device, const char *workstation);

size_t devices_count(const struct devices *devices);
uint64_t devices_evicted(const struct devices *devices);

#endif
