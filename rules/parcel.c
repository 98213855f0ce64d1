#include "rules/parcel.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The arrays of text, in the order of the struct. Between them stand numbers and pointers, which
 * are packed as they are. */
#define TEXT(member)                                                                               \
    {                                                                                              \
        offsetof(struct finding, member), sizeof(((struct finding *)0)->member)                    \
    }
static const struct {
    size_t offset;
    size_t size;
} texts[] = {
    TEXT(id),
    TEXT(action),
    TEXT(evidence),
    TEXT(server_code),
    TEXT(policy_switch),
    TEXT(device_id),
    TEXT(client_hash),
    TEXT(mac_hash),
    TEXT(host_name),
    TEXT(manufacturer),
    TEXT(model),
    TEXT(software),
    TEXT(client_name),
    TEXT(server_name),
    TEXT(target_reason),
    TEXT(path),
    TEXT(method),
    TEXT(user),
    TEXT(domain),
    TEXT(user_hash),
    TEXT(tls_version),
    TEXT(tls_server_name),
    TEXT(tls_next_protocol),
    TEXT(tls_version_offered),
    TEXT(tls_cipher),
    TEXT(tls_ja3),
    TEXT(tls_ja4),
    TEXT(tls_ja3s),
    TEXT(tls_subject),
    TEXT(tls_issuer),
    TEXT(tls_names),
    TEXT(tls_alert),
    TEXT(tls_marks),
    TEXT(rule_id),
    TEXT(rule_name),
    TEXT(rules),
    TEXT(community_id),
    TEXT(pairs),
};
enum { NUM_TEXTS = sizeof(texts) / sizeof(texts[0]), ROOM_STEP = 64 };

/* Everything of a finding that is no text, and of each text its length and no more. */
struct parcel {
    uint32_t room; /* of contents */
    uint32_t num_holders;
    uint16_t lens[NUM_TEXTS];
    char contents[];
};

/* A parcel with room for size bytes; spare itself, where it is large enough. */
static struct parcel *make_room(struct parcel *spare, size_t size)
{
    size_t room = (size + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
    struct parcel *parcel = spare;

    if (spare == NULL || spare->room < size) {
        free(spare);
        parcel = malloc(sizeof(*parcel) + room);
        if (parcel != NULL) {
            parcel->room = (uint32_t)room;
            parcel->num_holders = 1;
        }
    }
    return parcel;
}

struct parcel *parcel_hold(struct parcel *parcel)
{
    if (parcel != NULL) {
        parcel->num_holders++;
    }
    return parcel;
}

void parcel_release(struct parcel *parcel, struct parcel **spare)
{
    if (parcel == NULL) {
        return;
    }
    parcel->num_holders--;
    if (parcel->num_holders > 0) {
        return;
    }
    if (spare != NULL && *spare == NULL) {
        parcel->num_holders = 1;
        *spare = parcel;
    } else {
        free(parcel);
    }
}

struct parcel *parcel_pack(const struct finding *finding, struct parcel **spare)
{
    const char *from = (const char *)finding;
    uint16_t lens[NUM_TEXTS];
    size_t size = sizeof(*finding);
    struct parcel *parcel;
    char *to;
    size_t done = 0;

    for (size_t i = 0; i < NUM_TEXTS; i++) {
        lens[i] = 0; /* most are empty */
        if (from[texts[i].offset] != '\0') {
            lens[i] = (uint16_t)strlen(from + texts[i].offset);
        }
        size -= texts[i].size - lens[i];
    }
    parcel = make_room(spare != NULL ? *spare : NULL, size);
    if (spare != NULL) {
        *spare = NULL;
    }
    if (parcel == NULL) {
        return NULL;
    }
    memcpy(parcel->lens, lens, sizeof(lens));
    to = parcel->contents;
    for (size_t i = 0; i < NUM_TEXTS; i++) {
        size_t len = texts[i].offset - done + lens[i];

        if (len > 0) {
            memcpy(to, from + done, len);
            to += len;
        }
        done = texts[i].offset + texts[i].size;
    }
    memcpy(to, from + done, sizeof(*finding) - done);
    return parcel;
}

void parcel_unpack(const struct parcel *parcel, struct finding *finding)
{
    const char *from = parcel->contents;
    char *to = (char *)finding;
    size_t done = 0;

    for (size_t i = 0; i < NUM_TEXTS; i++) {
        size_t len = texts[i].offset - done + parcel->lens[i];

        if (len > 0) {
            memcpy(to + done, from, len);
        }
        to[texts[i].offset + parcel->lens[i]] = '\0';
        from += len;
        done = texts[i].offset + texts[i].size;
    }
    memcpy(to + done, from, sizeof(*finding) - done);
}
