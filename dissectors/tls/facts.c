#include "dissectors/tls/facts.h"

#include <stdlib.h>
#include <string.h>

/* The packed event is the key. */
struct facts {
    uint32_t holders;
};

struct facts_table {
    struct hmap *map;
    uint64_t refused;
};

/* All before the first text is short and is taken as it is; of texts, what they use. */
static const struct text_place {
    size_t at;
    size_t size;
} places[] = {
#define PLACE(member)                                                                              \
    {                                                                                              \
        offsetof(struct tls_event, member), sizeof(((struct tls_event *)0)->member)                \
    }
    PLACE(version),
    PLACE(version_offered),
    PLACE(ja3),
    PLACE(ja4),
    PLACE(ja3s),
    PLACE(next_protocol),
    PLACE(alert),
    PLACE(server_name),
    PLACE(alpn_offered),
    PLACE(certificate_subject),
    PLACE(certificate_issuer),
    PLACE(certificate_names),
#undef PLACE
};

enum { NUM_PLACES = sizeof(places) / sizeof(places[0]) };

static const size_t head_size = offsetof(struct tls_event, version);

/* Gives the length; packed has the size of an event. */
static size_t pack(const struct tls_event *tls, char *packed)
{
    size_t len = head_size;

    memcpy(packed, tls, head_size);
    for (size_t i = 0; i < NUM_PLACES; i++) {
        const char *text = (const char *)tls + places[i].at;
        size_t used = strnlen(text, places[i].size - 1);

        memcpy(packed + len, text, used);
        packed[len + used] = '\0';
        len += used + 1;
    }
    return len;
}

struct facts_table *facts_table_new(const uint8_t seed[HMAP_SEED_SIZE])
{
    struct facts_table *table = calloc(1, sizeof(*table));

    if (table == NULL) {
        return NULL;
    }
    table->map = hmap_new(FACTS_MAX, sizeof(struct facts), seed);
    if (table->map == NULL) {
        free(table);
        return NULL;
    }
    return table;
}

void facts_table_free(struct facts_table *table)
{
    if (table != NULL) {
        hmap_free(table->map);
        free(table);
    }
}

/* What others hold is never dropped for what is new. */
static struct facts *find_or_add(const struct facts_table *table, const char *packed, size_t len)
{
    return hmap_is_full(table->map) ? hmap_find(table->map, packed, len)
                                    : hmap_put(table->map, packed, len, &(bool){false});
}

struct facts *facts_take(struct facts_table *table, const struct tls_event *tls)
{
    char packed[sizeof(*tls)];
    struct facts *facts = find_or_add(table, packed, pack(tls, packed));

    if (facts != NULL) {
        facts->holders++;
    } else {
        table->refused++;
    }
    return facts;
}

void facts_give(struct facts_table *table, struct facts *facts)
{
    if (facts != NULL && --facts->holders == 0) {
        hmap_remove(table->map, facts);
    }
}

void facts_tell(const struct facts *facts, struct tls_event *tls)
{
    size_t len;
    const char *packed = hmap_key(facts, &len);

    memset(tls, 0, sizeof(*tls));
    memcpy(tls, packed, head_size);
    packed += head_size;
    for (size_t i = 0; i < NUM_PLACES; i++) {
        size_t used = strlen(packed) + 1;

        memcpy((char *)tls + places[i].at, packed, used);
        packed += used;
    }
}

size_t facts_count(const struct facts_table *table)
{
    return hmap_count(table->map);
}

uint64_t facts_refused(const struct facts_table *table)
{
    return table->refused;
}
