/*
 * waiting: sessions whose ciphertext waits for a key. Those that are over on the wire are parked.
 * Bounded in bytes and in time; what is given up is counted as read too late.
 */
#ifndef BASICTAP_SENSOR_WAITING_H
#define BASICTAP_SENSOR_WAITING_H

#include "sensor/session.h"

/* Takes note of what the session keeps waiting now; when all together are too many, the longest
 * waiting is given up. */
void waiting_update(struct sessions *sessions, struct session *session);

/* Puts a session aside that has lost its flow. */
void waiting_park(struct sessions *sessions, struct session *session);

#endif
