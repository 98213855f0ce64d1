#include "rules/oui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/base/text.h"

enum { MAX_ENTRIES = 100000, MAX_NAME = 64 };

struct entry {
    uint32_t prefix;
    uint32_t name; /* offset in names */
};

struct oui {
    struct entry *entries; /* by prefix */
    size_t num_entries;
    size_t room;
    char *names;
    size_t names_len;
    size_t names_room;
};

static bool grow(void **at, size_t *room, size_t wanted, size_t size)
{
    size_t next = *room == 0 ? 4096 : *room * 2;
    void *bigger;

    if (wanted <= *room) {
        return true;
    }
    bigger = realloc(*at, next * size);
    if (bigger == NULL) {
        return false;
    }
    *at = bigger;
    *room = next;
    return true;
}

static bool add(struct oui *oui, uint32_t prefix, const char *name)
{
    size_t len = strlen(name) + 1;
    void *entries = oui->entries;
    void *names = oui->names;
    bool fits = grow(&entries, &oui->room, oui->num_entries + 1, sizeof(struct entry)) &&
                grow(&names, &oui->names_room, oui->names_len + len, 1);

    oui->entries = entries;
    oui->names = names;
    if (!fits) {
        return false;
    }
    oui->entries[oui->num_entries++] = (struct entry){prefix, (uint32_t)oui->names_len};
    memcpy(oui->names + oui->names_len, name, len);
    oui->names_len += len;
    return true;
}

/* "002272     (base 16)\t\tAmerican Micro-Fuel Device Corp." */
static bool add_line(struct oui *oui, struct bytes line)
{
    uint64_t prefix;
    char name[MAX_NAME];
    struct bytes rest = line;

    if (!take_hex(&rest, 0xffffff, &prefix) || line.len - rest.len != 6) {
        return true;
    }
    (void)take_spaces(&rest);
    if (!take_prefix(&rest, BYTES("(base 16)"))) {
        return true;
    }
    (void)text_set(name, sizeof(name), bytes_trim(rest));
    return add(oui, (uint32_t)prefix, name);
}

static int by_prefix(const void *a, const void *b)
{
    uint32_t left = ((const struct entry *)a)->prefix;
    uint32_t right = ((const struct entry *)b)->prefix;

    return (left > right) - (left < right);
}

struct oui *oui_load(const char *path)
{
    FILE *file = path != NULL ? fopen(path, "rb") : NULL;
    struct oui *oui = file != NULL ? calloc(1, sizeof(*oui)) : NULL;
    char text[512];
    bool fits = oui != NULL;

    while (fits && oui->num_entries < MAX_ENTRIES && fgets(text, sizeof(text), file) != NULL) {
        struct bytes rest = bytes_of_text(text);
        struct bytes line;

        fits = !take_line(&rest, &line) || add_line(oui, line);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!fits || oui->num_entries == 0) {
        oui_free(oui);
        return NULL;
    }
    qsort(oui->entries, oui->num_entries, sizeof(struct entry), by_prefix);
    return oui;
}

void oui_free(struct oui *oui)
{
    if (oui != NULL) {
        free(oui->entries);
        free(oui->names);
        free(oui);
    }
}

const char *oui_find(const struct oui *oui, const struct mac *mac)
{
    struct entry wanted = {0};
    const struct entry *found;

    if (oui == NULL || !mac->known || (mac->octets[0] & 0x02) != 0) {
        return "";
    }
    wanted.prefix = (uint32_t)mac->octets[0] << 16 | (uint32_t)mac->octets[1] << 8 | mac->octets[2];
    found = bsearch(&wanted, oui->entries, oui->num_entries, sizeof(struct entry), by_prefix);
    return found != NULL ? oui->names + found->name : "";
}
