/* oui: manufacturers by the first three octets of a MAC, from Debian's ieee-data (oui.txt, the MA-L
 * blocks alone). Read once. */
#ifndef BASICTAP_RULES_OUI_H
#define BASICTAP_RULES_OUI_H

#include "dissectors/base/address.h"

struct oui;

/* NULL when the file is missing, is not such a list, or memory is out: there are no names then. */
struct oui *oui_load(const char *path);
void oui_free(struct oui *oui); /* NULL is fine */

/* "" when unknown, or when the MAC was made up (locally administered, as phones do). */
const char *oui_find(const struct oui *oui, const struct mac *mac);

#endif
