#include "rules/trace.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dissectors/base/text.h"

enum { LONGEST = 256, SHORTEST_NAME = 3, NO_OCTET = 256 };

static const char digits[] = "0123456789";

/* Lower case, and without what may stand between groups of digits. */
static void squeeze(const char *text, char squeezed[LONGEST])
{
    size_t used = 0;

    for (; *text != '\0' && used + 1 < LONGEST; text++) {
        if (strchr("-.:_", *text) == NULL) {
            squeezed[used++] = (char)tolower((unsigned char)*text);
        }
    }
    squeezed[used] = '\0';
}

static void print_hex(const uint8_t *octets, size_t num, char *text)
{
    for (size_t i = 0; i < num; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", octets[i]);
    }
}

static bool spells(const unsigned seen[4], const uint8_t octets[4])
{
    bool forwards = true;
    bool backwards = true;

    for (size_t i = 0; i < 4; i++) {
        forwards = forwards && seen[i] == octets[i];
        backwards = backwards && seen[i] == octets[3 - i];
    }
    return forwards || backwards || (seen[2] == octets[2] && seen[3] == octets[3]);
}

static bool has_address4(const char *text, const uint8_t octets[4])
{
    unsigned seen[4] = {NO_OCTET, NO_OCTET, NO_OCTET, NO_OCTET};
    char padded[16];
    char hex[9];
    char squeezed[LONGEST];

    for (const char *at = text + strcspn(text, digits); *at != '\0'; at += strcspn(at, digits)) {
        size_t len = strspn(at, digits);

        memmove(seen, seen + 1, 3 * sizeof(seen[0]));
        seen[3] = len <= 3 ? (unsigned)strtoul(at, NULL, 10) : NO_OCTET;
        if (spells(seen, octets)) {
            return true;
        }
        at += len;
    }
    (void)snprintf(padded, sizeof(padded), "%03u%03u%03u%03u", octets[0], octets[1], octets[2],
                   octets[3]);
    print_hex(octets, 4, hex);
    squeeze(text, squeezed);
    return strstr(squeezed, padded) != NULL || strstr(squeezed, hex) != NULL;
}

static bool has_address6(const char *text, const struct address *address)
{
    char printed[ADDRESS_TEXT_SIZE];
    char short_form[LONGEST];
    char interface[17];
    char squeezed[LONGEST];

    address_print(address, printed);
    squeeze(printed, short_form);
    print_hex(address->octets + 8, 8, interface);
    squeeze(text, squeezed);
    return strstr(squeezed, interface) != NULL || strstr(squeezed, short_form) != NULL;
}

bool trace_of_address(const char *text, const struct address *address)
{
    if (address->version == 4) {
        return has_address4(text, address->octets);
    }
    return address->version == 6 && has_address6(text, address);
}

bool trace_of_mac(const char *text, const struct mac *mac)
{
    char squeezed[LONGEST];
    char hex[13];

    if (!mac->known) {
        return false;
    }
    squeeze(text, squeezed);
    print_hex(mac->octets, sizeof(mac->octets), hex);
    return strstr(squeezed, hex + 6) != NULL; /* which is in the twelve, too */
}

/* "bob" of "CONTOSO\bob" and "bob@contoso.com" */
static struct bytes own_name(const char *user)
{
    struct bytes rest = bytes_of_text(user);
    struct bytes name;

    (void)take_until(&rest, '\\', &name);
    return take_until(&rest, '@', &name) ? name : rest;
}

static bool is_apart(char c)
{
    return isalnum((unsigned char)c) == 0;
}

bool trace_of_user(const char *text, const char *user)
{
    char name[LONGEST];
    size_t len;

    (void)text_set(name, sizeof(name), own_name(user));
    len = strlen(name);
    if (len < SHORTEST_NAME) {
        return false;
    }
    for (const char *at = text; (at = strcasestr(at, name)) != NULL; at++) {
        if ((at == text || is_apart(at[-1])) && is_apart(at[len])) {
            return true;
        }
    }
    return false;
}

static bool names_somebody(struct bytes segment, const char *user)
{
    char text[LONGEST];
    struct bytes name = own_name(user);

    (void)text_set(text, sizeof(text), segment);
    return strchr(text, '@') != NULL || strcasestr(text, "%40") != NULL ||
           (name.len > 0 && bytes_equal_nocase(segment, name)) || trace_of_user(text, user);
}

void trace_clear_path(char *path, size_t size, const char *user)
{
    char cleared[LONGEST] = "";
    struct bytes rest = bytes_of_text(path);
    struct bytes segment;
    bool more = true;

    while (more) {
        char text[LONGEST];

        more = take_until(&rest, '/', &segment);
        segment = more ? segment : rest;
        (void)text_set(text, sizeof(text), segment);
        (void)text_append(cleared, sizeof(cleared), names_somebody(segment, user) ? "*" : text);
        (void)text_append(cleared, sizeof(cleared), more ? "/" : "");
    }
    (void)text_copy(path, size, cleared);
}
