#include "rules/phone.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

enum {
    MAX_OWNERS = 16384,
    MAX_WAITING = 256,
    MAX_PHONES = 4, /* of one owner; with the second they can no longer be told apart but by
                       connection */
};
static const uint64_t memory_ns = UINT64_C(3600) * 1000000000u;

struct phone {
    char id[64];
    uint64_t connection; /* its last one */
    uint64_t seen;       /* 0: never */
};

/* An address, a user and a program. */
struct owner {
    struct phone phones[MAX_PHONES];
};

/* All that an event borrows is copied with it. */
struct waiting {
    struct waiting *later;
    uint64_t owner;
    uint64_t connection;
    struct event event;
    struct origin origin;
    struct tls_event tls;
    char tunnel_target[HOST_SIZE + 8];
};

struct phones {
    uint64_t wait_ns;
    phone_fn *on_known;
    void *ctx;
    struct hmap *owners;
    struct waiting *first;
    struct waiting **end;
    size_t num_waiting;
    uint64_t evicted;
    uint8_t seed[HMAP_SEED_SIZE];
};

/* "validate" is what Android asks with while an account is set up: no device's own. */
bool phone_has_id(const char *device_id)
{
    return device_id[0] != '\0' && !bytes_equal_nocase(bytes_of_text(device_id), BYTES("validate"));
}

struct phones *phones_new(uint64_t wait_ns, const uint8_t seed[HMAP_SEED_SIZE], phone_fn *on_known,
                          void *ctx)
{
    struct phones *phones = calloc(1, sizeof(*phones));

    if (phones == NULL) {
        return NULL;
    }
    phones->owners = hmap_new(MAX_OWNERS, sizeof(struct owner), seed);
    if (phones->owners == NULL) {
        free(phones);
        return NULL;
    }
    phones->wait_ns = wait_ns;
    phones->on_known = on_known;
    phones->ctx = ctx;
    phones->end = &phones->first;
    memcpy(phones->seed, seed, HMAP_SEED_SIZE);
    return phones;
}

/* --- who is who --- */

/* Of the MAC nothing is asked: an address that another device takes over within the hour is not
 * used by the same program as the same user. */
static uint64_t owner_of(const struct phones *phones, const struct event *event)
{
    const struct auth_event *auth = &event->auth;
    uint8_t key[sizeof(struct address) + sizeof(auth->user) + sizeof(auth->software)];
    size_t user_len = strlen(auth->user) + 1;
    size_t software_len = strlen(auth->software);

    memcpy(key, &event->origin->client, sizeof(struct address));
    memcpy(key + sizeof(struct address), auth->user, user_len);
    memcpy(key + sizeof(struct address) + user_len, auth->software, software_len);
    return hmap_hash(phones->seed, key, sizeof(struct address) + user_len + software_len);
}

static uint64_t connection_of(const struct phones *phones, const struct origin *origin)
{
    uint8_t key[2 * sizeof(struct address) + 4];
    uint8_t *at = key;

    memcpy(at, &origin->client, sizeof(struct address));
    memcpy(at += sizeof(struct address), &origin->server, sizeof(struct address));
    memcpy(at += sizeof(struct address), &origin->client_port, 2);
    memcpy(at + 2, &origin->server_port, 2);
    return hmap_hash(phones->seed, key, sizeof(key));
}

static bool is_recent(const struct phone *phone, uint64_t now)
{
    uint64_t apart = now > phone->seen ? now - phone->seen : phone->seen - now;

    return phone->seen != 0 && apart <= memory_ns;
}

/* The one that was seen lately, on that connection if one is given. NULL: none, or several: then
 * the connection is a proxy's, or the phones are the same in all that they say. */
static const struct phone *find_only(const struct owner *owner, uint64_t now,
                                     const uint64_t *connection)
{
    const struct phone *found = NULL;

    for (size_t i = 0; i < MAX_PHONES; i++) {
        const struct phone *phone = &owner->phones[i];

        if (!is_recent(phone, now) || (connection != NULL && phone->connection != *connection)) {
            continue;
        }
        if (found != NULL) {
            return NULL;
        }
        found = phone;
    }
    return found;
}

/* The one of that id, else the one that was silent longest. */
static struct phone *room_for(struct owner *owner, const char *id)
{
    struct phone *oldest = &owner->phones[0];

    for (size_t i = 0; i < MAX_PHONES; i++) {
        struct phone *phone = &owner->phones[i];

        if (phone->seen != 0 && strcmp(phone->id, id) == 0) {
            return phone;
        }
        if (phone->seen < oldest->seen) {
            oldest = phone;
        }
    }
    return oldest;
}

/* --- waiting --- */

/* Takes one out of the line and tells it. */
static void tell(struct phones *phones, struct waiting **at, const char *device_id)
{
    struct waiting *waiting = *at;

    *at = waiting->later;
    if (waiting->later == NULL) {
        phones->end = at;
    }
    phones->num_waiting--;
    phones->on_known(phones->ctx, &waiting->event, device_id);
    free(waiting);
}

static void tell_first(struct phones *phones)
{
    const struct waiting *waiting = phones->first;
    const struct owner *owner = hmap_find(phones->owners, &waiting->owner, sizeof(waiting->owner));
    const struct phone *phone =
        owner != NULL ? find_only(owner, waiting->event.at.time.ns, NULL) : NULL;

    tell(phones, &phones->first, phone != NULL ? phone->id : "");
}

static struct waiting *copy(const struct event *event)
{
    struct waiting *waiting = calloc(1, sizeof(*waiting));

    if (waiting == NULL) {
        return NULL;
    }
    waiting->event = *event;
    waiting->origin = *event->origin;
    waiting->event.origin = &waiting->origin;
    if (event->tls != NULL) {
        waiting->tls = *event->tls;
        waiting->event.tls = &waiting->tls;
    }
    if (event->tunnel_target != NULL) {
        (void)text_copy(waiting->tunnel_target, sizeof(waiting->tunnel_target),
                        event->tunnel_target);
        waiting->event.tunnel_target = waiting->tunnel_target;
    }
    return waiting;
}

/* The phone that its connection has named before; NULL: none. */
static const struct phone *find_connected(const struct phones *phones,
                                          const struct waiting *waiting)
{
    const struct owner *owner = hmap_find(phones->owners, &waiting->owner, sizeof(waiting->owner));

    return owner != NULL ? find_only(owner, waiting->event.at.time.ns, &waiting->connection) : NULL;
}

bool phones_hold(struct phones *phones, const struct event *event)
{
    struct waiting **at = phones->end;
    struct waiting *waiting;
    const struct phone *phone;

    if (event->auth.user[0] == '\0' && event->auth.software[0] == '\0') {
        return false; /* nothing that two requests could have in common */
    }
    waiting = copy(event);
    if (waiting == NULL) {
        return false;
    }
    waiting->owner = owner_of(phones, event);
    waiting->connection = connection_of(phones, event->origin);
    *at = waiting;
    phones->end = &waiting->later;
    phones->num_waiting++;
    phone = find_connected(phones, waiting);
    if (phone != NULL) {
        tell(phones, at, phone->id);
    } else if (phones->num_waiting > MAX_WAITING) {
        phones->evicted++;
        tell_first(phones);
    }
    return true;
}

static void tell_connected(struct phones *phones, uint64_t owner, uint64_t connection,
                           const char *device_id)
{
    struct waiting **at = &phones->first;

    while (*at != NULL) {
        if ((*at)->owner == owner && (*at)->connection == connection) {
            tell(phones, at, device_id);
        } else {
            at = &(*at)->later;
        }
    }
}

void phones_learn(struct phones *phones, const struct event *event)
{
    const char *id = event->auth.device_id;
    uint64_t key = owner_of(phones, event);
    uint64_t connection = connection_of(phones, event->origin);
    bool added;
    struct owner *owner = hmap_put(phones->owners, &key, sizeof(key), &added);
    struct phone *phone;

    if (owner == NULL) {
        return;
    }
    hmap_touch(phones->owners, owner);
    phone = room_for(owner, id);
    if (phone->seen == 0 || strcmp(phone->id, id) != 0) {
        (void)text_copy(phone->id, sizeof(phone->id), id);
    }
    phone->connection = connection;
    phone->seen = event->at.time.ns;
    if (phones->first != NULL) {
        tell_connected(phones, key, connection, id);
    }
}

/* They came in the order of their answers, which need not be that of their times. */
void phones_advance(struct phones *phones, uint64_t now)
{
    while (phones->first != NULL && now > phones->first->event.at.time.ns &&
           now - phones->first->event.at.time.ns > phones->wait_ns) {
        tell_first(phones);
    }
}

void phones_flush(struct phones *phones)
{
    while (phones->first != NULL) {
        tell_first(phones);
    }
}

void phones_free(struct phones *phones)
{
    if (phones == NULL) {
        return;
    }
    while (phones->first != NULL) {
        struct waiting *waiting = phones->first;

        phones->first = waiting->later;
        free(waiting);
    }
    hmap_free(phones->owners);
    free(phones);
}

uint64_t phones_evicted(const struct phones *phones)
{
    return phones->evicted + hmap_evicted(phones->owners);
}
