/*
 * alert: the words of TLS alerts (RFC 8446, section 6; IANA's TLS Alerts registry).
 */
#ifndef BASICTAP_DISSECTORS_TLS_ALERT_H
#define BASICTAP_DISSECTORS_TLS_ALERT_H

#include "dissectors/base/event.h"

/* "protocol_version", "unknown_ca", ...; "alert-<number>" is made by alert_read for others; NULL:
 * unknown. */
const char *alert_word(uint8_t description);

/* The first alert that is not a farewell (close_notify, user_canceled) is kept in event. */
void alert_read(struct bytes body, bool by_server, struct tls_event *event);

#endif
