#include "rules/oui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

enum {
    NUM_SLOTS = 1 << 17, /* three to four times what is listed */
    MAX_ENTRIES = NUM_SLOTS / 4 * 3,
    MAX_NAME = 64,
    PREFIX_SIZE = 3,
    STEP = 1 << 20,
    BLOCK_SIZE = 64 * 1024, /* of the file: what is read stays in the cache until it is parsed */
};

struct oui {
    uint32_t
        *slots; /* where in entries: by a hash of the prefix, or in the next free one; 0: free */
    size_t num_entries;
    char *entries; /* a prefix of three octets, a name and its end; the next one */
    size_t len;    /* from 1: nothing stands at 0 */
    size_t room;
};

/* The slot of a prefix, or the free one where the search for it ends. */
static uint32_t *slot_of(const struct oui *oui, const uint8_t prefix[PREFIX_SIZE])
{
    uint32_t number = (uint32_t)prefix[0] << 16 | (uint32_t)prefix[1] << 8 | prefix[2];
    uint32_t at = number * UINT32_C(0x9e3779b1) >> 15; /* Knuth, volume 3, section 6.4 */

    _Static_assert(NUM_SLOTS == 1 << (32 - 15), "as many as the hash has values");
    while (oui->slots[at] != 0 && memcmp(oui->entries + oui->slots[at], prefix, PREFIX_SIZE) != 0) {
        at = (at + 1) % NUM_SLOTS;
    }
    return &oui->slots[at];
}

static bool make_room(struct oui *oui, size_t len)
{
    char *bigger;

    if (oui->len + len <= oui->room) {
        return true;
    }
    bigger = realloc(oui->entries, oui->room + STEP);
    if (bigger == NULL) {
        return false;
    }
    oui->entries = bigger;
    oui->room += STEP;
    return true;
}

/* Two blocks are listed more than once: the name that comes last is theirs. */
static bool add(struct oui *oui, uint32_t number, struct bytes name)
{
    const uint8_t prefix[PREFIX_SIZE] = {(uint8_t)(number >> 16), (uint8_t)(number >> 8),
                                         (uint8_t)number};
    uint32_t *slot = slot_of(oui, prefix);
    char *text;

    if (*slot == 0 && oui->num_entries == MAX_ENTRIES) {
        return true;
    }
    if (!make_room(oui, PREFIX_SIZE + MAX_NAME)) {
        return false;
    }
    oui->num_entries += *slot == 0;
    *slot = (uint32_t)oui->len;
    text = oui->entries + oui->len + PREFIX_SIZE;
    memcpy(oui->entries + oui->len, prefix, PREFIX_SIZE);
    (void)text_set(text, MAX_NAME, name);
    oui->len += PREFIX_SIZE + strlen(text) + 1;
    return true;
}

/* "002272     (base 16)\t\tAmerican Micro-Fuel Device Corp.": most lines are none of these and have
 * no parenthesis either, so that is what is looked for. False: out of memory. */
static bool add_lines(struct oui *oui, struct bytes lines)
{
    const size_t column = strlen("002272     ");
    struct bytes before;
    struct bytes name;
    uint64_t prefix;
    bool fits = true;

    while (fits && take_until(&lines, '(', &before)) {
        before = bytes_after(before, before.len > column ? before.len - column : 0);
        if (take_prefix(&lines, BYTES("base 16)")) && take_hex(&before, 0xffffff, &prefix) &&
            bytes_equal(before, BYTES("     ")) && take_line(&lines, &name)) {
            fits = add(oui, (uint32_t)prefix, bytes_trim(name));
        }
    }
    return fits;
}

/* Bytes of the whole lines in front; all, if there is no end of any. */
static size_t whole_lines(const char *block, size_t len)
{
    const char *end = memrchr(block, '\n', len);

    return end != NULL ? (size_t)(end - block) + 1 : len;
}

static bool read_list(struct oui *oui, FILE *file)
{
    char *block = malloc(BLOCK_SIZE);
    size_t len = 0;
    bool fits = block != NULL;
    bool is_last = false;

    while (fits && !is_last) {
        size_t used;

        len += fread(block + len, 1, BLOCK_SIZE - len, file);
        is_last = len < BLOCK_SIZE;
        used = whole_lines(block, len);
        fits = add_lines(oui, bytes_view(block, used));
        len -= used;
        memmove(block, block + used, len);
    }
    free(block);
    return fits;
}

struct oui *oui_load(const char *path)
{
    FILE *file = path != NULL ? fopen(path, "rbe") : NULL;
    struct oui *oui = file != NULL ? calloc(1, sizeof(*oui)) : NULL;
    bool fits = false;

    if (oui != NULL) {
        oui->len = 1;
        oui->slots = calloc(NUM_SLOTS, sizeof(oui->slots[0]));
        fits = oui->slots != NULL && read_list(oui, file);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!fits || oui->num_entries == 0) {
        oui_free(oui);
        return NULL;
    }
    return oui;
}

void oui_free(struct oui *oui)
{
    if (oui != NULL) {
        free(oui->slots);
        free(oui->entries);
        free(oui);
    }
}

const char *oui_find(const struct oui *oui, const struct mac *mac)
{
    uint32_t entry;

    if (oui == NULL || !mac->known || (mac->octets[0] & 0x02) != 0) {
        return "";
    }
    entry = *slot_of(oui, mac->octets);
    return entry != 0 ? oui->entries + entry + PREFIX_SIZE : "";
}
