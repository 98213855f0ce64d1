/*
 * phone: whose the ActiveSync requests are that name no device. A phone asks OPTIONS, which has no
 * query and so no DeviceId ([MS-ASHTTP] 2.2.1.1.1), and logs in with it as with any other request;
 * an account that is being set up asks as "validate". Taken by itself such a request would make its
 * phone a second device.
 *
 * It belongs to a DeviceId that the same program, as the same user, named at the same address: on
 * the same connection if there is one, else within an hour, provided that it was one alone. OPTIONS
 * mostly comes first. What has been told is never changed, so that it is the request that waits, a
 * moment of packet time and no longer; then it is told as its address's. The rules are the place
 * for this, and not the dissector: a phone may name itself on its next connection, only here is
 * there a clock, and a connection may be a proxy's, which carries several phones' requests.
 */
#ifndef BASICTAP_RULES_PHONE_H
#define BASICTAP_RULES_PHONE_H

#include "dissectors/base/event.h"
#include "dissectors/base/hmap.h"

/* A request that has waited: device_id is "" when it is still nobody's. */
typedef void phone_fn(void *ctx, const struct event *event, const char *device_id);

/* Does it name a device of its own? "validate" does not. */
bool phone_has_id(const char *device_id);

struct phones;

/* NULL when out of memory. wait_ns: the longest that a request waits. */
struct phones *phones_new(uint64_t wait_ns, const uint8_t seed[HMAP_SEED_SIZE], phone_fn *on_known,
                          void *ctx);
void phones_free(struct phones *phones); /* without a word; NULL is fine */

/* An auth event of ActiveSync without a device. False: it need not or cannot wait; tell it. */
bool phones_hold(struct phones *phones, const struct event *event);

/* One with a device: what waits on the same connection is told. */
void phones_learn(struct phones *phones, const struct event *event);

void phones_advance(struct phones *phones, uint64_t now);
void phones_flush(struct phones *phones); /* in the order in which they came */

/* Requests that were told early because too many waited, and users of whom too many were known. */
uint64_t phones_evicted(const struct phones *phones);

#endif
