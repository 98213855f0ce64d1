#include "rules/device.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"
#include "rules/phone.h"

enum { MAX_NEIGHBOURS = 16384, MAX_ADDRESSES = 3 };
static const uint64_t memory_ns = UINT64_C(3600) * 1000000000u;

/* A MAC, and the addresses that it carried lately; of IPv6 the /64, since one device has many
 * addresses there. */
struct neighbour {
    bool is_router;
    uint8_t num[2]; /* IPv4, IPv6 */
    struct address addresses[2][MAX_ADDRESSES];
    uint64_t since;
};

struct devices {
    struct hmap *map;
    struct hmap *neighbours;
    struct mac last_routers[2]; /* looked up last: mostly clients come by one, servers by another */
    struct mac last_mac;        /* put last, and its entry: who is learned from is asked for next */
    const struct neighbour *last;
};

static void drop_device(void *ctx, void *value)
{
    struct device *device = value;

    (void)ctx;
    free(device->software);
    free(device->hello);
    free(device->workstation);
    free(device->device_type);
}

struct devices *devices_new(size_t max_devices, const uint8_t seed[HMAP_SEED_SIZE])
{
    struct devices *devices = calloc(1, sizeof(*devices));

    if (devices == NULL) {
        return NULL;
    }
    devices->map = hmap_new(max_devices, sizeof(struct device), seed);
    devices->neighbours = hmap_new(MAX_NEIGHBOURS, sizeof(struct neighbour), seed);
    if (devices->map == NULL || devices->neighbours == NULL) {
        devices_free(devices);
        return NULL;
    }
    hmap_on_drop(devices->map, drop_device, NULL);
    return devices;
}

void devices_free(struct devices *devices)
{
    if (devices != NULL) {
        hmap_free(devices->map);
        hmap_free(devices->neighbours);
        free(devices);
    }
}

/* Multicast, broadcast and all zeros are nobody's. */
static bool is_ones_own(const struct mac *mac)
{
    static const uint8_t zero[6];

    return mac->known && (mac->octets[0] & 0x01) == 0 && memcmp(mac->octets, zero, 6) != 0;
}

static bool is_same(const struct mac *a, const struct mac *b)
{
    return a->known && b->known && memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

static struct neighbour *put_neighbour(struct devices *devices, const struct mac *mac)
{
    bool added;
    struct neighbour *neighbour =
        hmap_put(devices->neighbours, mac->octets, sizeof(mac->octets), &added);

    if (neighbour != NULL) {
        hmap_touch(devices->neighbours, neighbour);
        devices->last_mac = *mac;
        devices->last = neighbour;
    }
    return neighbour;
}

bool devices_add_router(struct devices *devices, const struct mac *mac)
{
    struct neighbour *neighbour = put_neighbour(devices, mac);

    if (neighbour != NULL) {
        neighbour->is_router = true;
    }
    return neighbour != NULL;
}

/* What systems begin with: 64 (most), 128 (Windows), 255 (network gear), 32 (old printers). */
static bool is_first_ttl(uint8_t ttl)
{
    return ttl == 64 || ttl == 128 || ttl == 255 || ttl == 32;
}

static void learn_address(struct neighbour *neighbour, const struct address *address,
                          struct timestamp now)
{
    size_t which = address->version == 6;
    struct address kept = *address;

    if (which == 1) {
        memset(kept.octets + 8, 0, 8);
    }
    if (now.ns < neighbour->since || now.ns - neighbour->since > memory_ns) {
        neighbour->since = now.ns;
        neighbour->num[0] = neighbour->num[1] = 0;
    }
    for (size_t i = 0; i < neighbour->num[which]; i++) {
        if (address_equal(&neighbour->addresses[which][i], &kept)) {
            return;
        }
    }
    if (neighbour->num[which] == MAX_ADDRESSES) {
        neighbour->is_router = true;
        return;
    }
    neighbour->addresses[which][neighbour->num[which]++] = kept;
}

static bool is_unspecified(const struct address *address)
{
    static const uint8_t zero[16];

    return address->version == 0 || memcmp(address->octets, zero, sizeof(zero)) == 0;
}

static bool is_last_router(const struct devices *devices, const struct mac *mac)
{
    return is_same(mac, &devices->last_routers[0]) || is_same(mac, &devices->last_routers[1]);
}

static void keep_router(struct devices *devices, const struct mac *mac)
{
    devices->last_routers[1] = devices->last_routers[0];
    devices->last_routers[0] = *mac;
}

static void learn(struct devices *devices, const struct mac *mac, const struct address *address,
                  uint8_t ttl, struct timestamp now)
{
    struct neighbour *neighbour;

    if (is_last_router(devices, mac) || !is_ones_own(mac) || is_unspecified(address)) {
        return;
    }
    neighbour = put_neighbour(devices, mac);
    if (neighbour == NULL) {
        return;
    }
    if (neighbour->is_router) {
        keep_router(devices, mac);
        return;
    }
    if (ttl != 0 && !is_first_ttl(ttl)) {
        neighbour->is_router = true;
        return;
    }
    learn_address(neighbour, address, now);
}

void devices_learn_routers(struct devices *devices, const struct event *event)
{
    const struct origin *origin = event->origin;

    if (event->kind == EVENT_NAME && event->name.source == NAME_DHCP) {
        return; /* relays and broadcasts say nothing of who is where */
    }
    learn(devices, &origin->client_mac, &origin->client, origin->client_ttl, event->at.time);
    learn(devices, &origin->server_mac, &origin->server, 0, event->at.time);
}

bool devices_is_on_segment(const struct devices *devices, const struct origin *origin)
{
    const struct neighbour *neighbour;

    if (!is_ones_own(&origin->client_mac) || !is_first_ttl(origin->client_ttl) ||
        is_last_router(devices, &origin->client_mac)) {
        return false;
    }
    neighbour = is_same(&origin->client_mac, &devices->last_mac)
                    ? devices->last
                    : hmap_find(devices->neighbours, origin->client_mac.octets,
                                sizeof(origin->client_mac.octets));
    return neighbour == NULL || !neighbour->is_router;
}

static void set_identity(struct identity *identity, enum device_source source, const void *at,
                         size_t len)
{
    size_t room = sizeof(identity->key) - 1;

    identity->key[0] = (uint8_t)source;
    identity->key_len = 1 + (len < room ? len : room);
    memcpy(identity->key + 1, at, identity->key_len - 1);
}

void devices_identify(const struct devices *devices, const struct event *event,
                      const char *device_id, const struct host *client, struct identity *identity)
{
    const struct origin *origin = event->origin;
    const char *lease = host_lease_client_at(client, event->at.time);

    identity->on_segment = devices_is_on_segment(devices, origin);
    if (phone_has_id(device_id)) {
        set_identity(identity, DEVICE_EAS, device_id, strlen(device_id));
    } else if (identity->on_segment) {
        set_identity(identity, DEVICE_MAC, origin->client_mac.octets, 6);
    } else if (lease[0] != '\0') {
        set_identity(identity, DEVICE_DHCP, lease, strlen(lease));
    } else {
        set_identity(identity, DEVICE_IP, &origin->client, sizeof(origin->client));
    }
    identity->hash = hmap_expect(devices->map, identity->key, identity->key_len);
}

const char *identity_source(const struct identity *identity)
{
    static const char *const words[] = {
        [DEVICE_EAS] = "eas", [DEVICE_MAC] = "mac", [DEVICE_DHCP] = "dhcp", [DEVICE_IP] = "ip"};

    return words[identity->key[0]];
}

void identity_print(const struct identity *identity, char text[128])
{
    struct bytes rest = bytes_view(identity->key + 1, identity->key_len - 1);
    char value[sizeof(identity->key) + ADDRESS_TEXT_SIZE] = "";
    struct address address = {0};
    struct mac mac;

    if (identity->key[0] == DEVICE_MAC && take_mac(&rest, &mac)) {
        mac_print(&mac, value);
    } else if (identity->key[0] == DEVICE_IP) {
        (void)take_into(&rest, &address, sizeof(address));
        address_print(&address, value);
    } else {
        (void)text_set(value, sizeof(value), rest);
    }
    (void)text_copy(text, 128, identity_source(identity));
    (void)text_append(text, 128, ":");
    (void)text_append(text, 128, value);
}

void devices_expect(const struct devices *devices, const struct identity *identity)
{
    hmap_expect_value(devices->map, identity->hash);
}

struct device *devices_put(struct devices *devices, const struct identity *identity)
{
    bool added;
    struct device *device =
        hmap_put_expected(devices->map, identity->hash, identity->key, identity->key_len, &added);

    if (device != NULL) {
        hmap_touch(devices->map, device);
    }
    return device;
}

struct device *devices_find(const struct devices *devices, const void *key, size_t key_len)
{
    return hmap_find(devices->map, key, key_len);
}

/* True when the text has changed. */
static bool replace(char **text, const char *with)
{
    char *copy;

    if (with[0] == '\0' || (*text != NULL && strcmp(*text, with) == 0)) {
        return false;
    }
    copy = strdup(with);
    if (copy == NULL) {
        return false;
    }
    free(*text);
    *text = copy;
    return true;
}

void device_learn(struct device *device, enum service service, const struct client_words *words,
                  struct clients *clients, uint64_t *limits)
{
    bool changed = replace(&device->hello, words->hello);

    changed |= replace(&device->device_type, words->device_type);
    changed |= replace(&device->software, words->software);
    if (words->software[0] != '\0' && service != device->service) {
        device->service = service;
        changed = true;
    }
    if (!changed) {
        return;
    }
    device->version++;
    if (words->software[0] != '\0') {
        device->client_name = clients_name(clients, words, limits);
    }
}

void device_learn_workstation(struct device *device, const char *workstation)
{
    device->version += replace(&device->workstation, workstation);
}

size_t devices_count(const struct devices *devices)
{
    return hmap_count(devices->map);
}

uint64_t devices_evicted(const struct devices *devices)
{
    return hmap_evicted(devices->map);
}
