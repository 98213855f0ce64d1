#include "rules/oui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

enum {
    NUM_SLOTS = 1 << 17, /* three to four times what is listed */
    MAX_ENTRIES = NUM_SLOTS / 4 * 3,
    MAX_NAME = 64,
    NAMES_STEP = 1 << 20,
    BLOCK_SIZE = 64 * 1024, /* of the file: what is read stays in the cache until it is parsed */
};

/* Where an entry is: the first free slot behind the place of its prefix. */
struct slot {
    uint32_t prefix;
    uint32_t name; /* offset in names; 0: free */
};

struct oui {
    struct slot *slots;
    size_t num_entries;
    char *names;
    size_t names_len; /* from 1: no name stands at 0 */
    size_t names_room;
};

/* The slot of a prefix, or the free one where the search for it ends. */
static struct slot *slot_of(const struct oui *oui, uint32_t prefix)
{
    uint32_t at = prefix * UINT32_C(0x9e3779b1) >> 15; /* Knuth, volume 3, section 6.4 */

    _Static_assert(NUM_SLOTS == 1 << (32 - 15), "as many as the hash has values");
    while (oui->slots[at].name != 0 && oui->slots[at].prefix != prefix) {
        at = (at + 1) % NUM_SLOTS;
    }
    return &oui->slots[at];
}

static bool make_room(struct oui *oui, size_t len)
{
    char *bigger;

    if (oui->names_len + len <= oui->names_room) {
        return true;
    }
    bigger = realloc(oui->names, oui->names_room + NAMES_STEP);
    if (bigger == NULL) {
        return false;
    }
    oui->names = bigger;
    oui->names_room += NAMES_STEP;
    return true;
}

/* Two blocks are listed more than once: the name that comes last is theirs. */
static bool add(struct oui *oui, uint32_t prefix, struct bytes name)
{
    struct slot *slot = slot_of(oui, prefix);

    if (slot->name == 0 && oui->num_entries == MAX_ENTRIES) {
        return true;
    }
    if (!make_room(oui, MAX_NAME)) {
        return false;
    }
    oui->num_entries += slot->name == 0;
    (void)text_set(oui->names + oui->names_len, MAX_NAME, name);
    *slot = (struct slot){prefix, (uint32_t)oui->names_len};
    oui->names_len += strlen(oui->names + oui->names_len) + 1;
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
        oui->names_len = 1;
        oui->slots = calloc(NUM_SLOTS, sizeof(struct slot));
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
        free(oui->names);
        free(oui);
    }
}

const char *oui_find(const struct oui *oui, const struct mac *mac)
{
    const struct slot *found;

    if (oui == NULL || !mac->known || (mac->octets[0] & 0x02) != 0) {
        return "";
    }
    found = slot_of(oui, (uint32_t)mac->octets[0] << 16 | (uint32_t)mac->octets[1] << 8 |
                             mac->octets[2]);
    return found->name != 0 ? oui->names + found->name : "";
}
