/*
 * syslog_message: a record as a message of syslog (RFC 5424), by itself, without framing. Packet
 * time is its time, the sensor its host, the kind of record its message id.
 *
 * Every message has [meta sequenceId] and [origin]. What else it says stands in MSG (ECS, OCSF or
 * CEF), or in structured data alone: so if asked for, and so if MSG would make it too long.
 */
#ifndef BASICTAP_EXPORT_SINK_SYSLOG_MESSAGE_H
#define BASICTAP_EXPORT_SINK_SYSLOG_MESSAGE_H

#include "export/format/formatter.h"
#include "export/format/lookup.h"

enum { SYSLOG_MIN_MESSAGE = 1024, SYSLOG_MAX_MESSAGE = 256 * 1024 };

struct syslog_writer {
    struct formatter *formatter; /* NULL: structured data alone */
    struct lookup lookup;
    size_t max; /* bytes of a message */
    size_t len;
    bool overflow;
    char message[SYSLOG_MAX_MESSAGE];
};

/* The message lives until the next call. */
struct bytes syslog_write(struct syslog_writer *writer, const struct record *record);

#endif
