#include "rules/memo.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/base/hmap.h"

enum { NUM_PLACES = 512 };

struct place {
    uint8_t words[MAX_MEMO_FIELDS];
    bool used;
    struct rule_hits hits;
};

struct memo {
    const struct field *fields[MAX_MEMO_FIELDS];
    size_t num_fields;
    struct place places[NUM_PLACES];
};

struct memo *memo_new(const struct field *const *fields, size_t num_fields)
{
    struct memo *memo = calloc(1, sizeof(*memo));

    if (memo != NULL) {
        memo->num_fields = num_fields;
        memcpy(memo->fields, fields, num_fields * sizeof(fields[0]));
    }
    return memo;
}

void memo_free(struct memo *memo)
{
    free(memo);
}

struct rule_hits *memo_find(struct memo *memo, const struct finding *finding, bool *known)
{
    static const uint8_t seed[HMAP_SEED_SIZE]; /* places are few: nothing to gain by collisions */
    uint8_t words[MAX_MEMO_FIELDS] = {0};
    struct place *place;

    for (size_t i = 0; i < memo->num_fields; i++) {
        unsigned word;

        memcpy(&word, (const char *)finding + memo->fields[i]->offset, sizeof(word));
        words[i] = (uint8_t)word; /* vocabularies have less than 64 words */
    }
    place = &memo->places[hmap_hash(seed, words, sizeof(words)) % NUM_PLACES];
    *known = place->used && memcmp(place->words, words, sizeof(words)) == 0;
    if (!*known) {
        place->used = true;
        memcpy(place->words, words, sizeof(words));
    }
    return &place->hits;
}
