#include "rules/parcel.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* All arrays of text. */
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

/* All before the first text. */
static const size_t numbers_size = offsetof(struct finding, id);

struct parcel {
    uint32_t room; /* of contents */
    uint32_t num_holders;
    uint64_t present; /* a bit for every text that is not empty */
    char contents[];  /* what is no text, the lengths of the texts (two octets each), the texts */
};

_Static_assert(NUM_TEXTS <= 64, "a bit for every text");

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

static char *append(char *to, const void *from, size_t len)
{
    memcpy(to, from, len);
    return to + len;
}

struct parcel *parcel_pack(const struct finding *finding, struct parcel **spare)
{
    const char *from = (const char *)finding;
    uint16_t lens[NUM_TEXTS];
    uint8_t which[NUM_TEXTS];
    size_t num = 0;
    uint64_t present = 0;
    size_t size = numbers_size;
    struct parcel *parcel;
    char *to;

    for (size_t i = 0; i < NUM_TEXTS; i++) {
        if (from[texts[i].offset] != '\0') {
            which[num] = (uint8_t)i;
            lens[num] = (uint16_t)strlen(from + texts[i].offset);
            size += sizeof(lens[0]) + lens[num++];
            present |= UINT64_C(1) << i;
        }
    }
    parcel = make_room(spare != NULL ? *spare : NULL, size);
    if (spare != NULL) {
        *spare = NULL;
    }
    if (parcel == NULL) {
        return NULL;
    }
    parcel->present = present;
    to = append(parcel->contents, finding, numbers_size);
    to = append(to, lens, num * sizeof(lens[0]));
    for (size_t i = 0; i < num; i++) {
        to = append(to, from + texts[which[i]].offset, lens[i]);
    }
    return parcel;
}

void parcel_unpack(const struct parcel *parcel, struct finding *finding)
{
    const char *lens = parcel->contents + numbers_size;
    const char *from = lens + (size_t)__builtin_popcountll(parcel->present) * sizeof(uint16_t);
    char *to = (char *)finding;

    memcpy(finding, parcel->contents, numbers_size);
    for (size_t i = 0; i < NUM_TEXTS; i++) {
        uint16_t len = 0;

        if ((parcel->present >> i & 1) != 0) {
            memcpy(&len, lens, sizeof(len));
            lens += sizeof(len);
            memcpy(to + texts[i].offset, from, len);
            from += len;
        }
        to[texts[i].offset + len] = '\0';
    }
}

void finding_clear(struct finding *finding)
{
    memset(finding, 0, numbers_size);
    for (size_t i = 0; i < NUM_TEXTS; i++) {
        ((char *)finding)[texts[i].offset] = '\0';
    }
}
