/*
 * parcel: a finding without its spare room, in one block, for whoever keeps it. It is never
 * changed, so that several may hold the same one: a window, and the correlation groups that began
 * with it.
 */
#ifndef BASICTAP_RULES_PARCEL_H
#define BASICTAP_RULES_PARCEL_H

#include "rules/finding.h"

struct parcel;

/* Held once, by the caller. NULL when out of memory. *spare, where it is not NULL, is a parcel that
 * is done with: its memory is used if it suffices, and it is NULL then. */
struct parcel *parcel_pack(const struct finding *finding, struct parcel **spare);
void parcel_unpack(const struct parcel *parcel, struct finding *finding);

struct parcel *parcel_hold(struct parcel *parcel); /* once more; NULL is fine */

/* Who let go last frees it, or leaves it in *spare if nothing is there. Both may be NULL. */
void parcel_release(struct parcel *parcel, struct parcel **spare);

/* Empties a finding without touching all of its room: a text ends where it begins. */
void finding_clear(struct finding *finding);

#endif
