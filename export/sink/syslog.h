/*
 * syslog: a sink that sends records to a syslog server: over UDP (RFC 5426), TCP with octet
 * counting (RFC 6587, section 3.4.1) or TLS (RFC 5425).
 *
 * Syslog acknowledges nothing. Over TCP and TLS a record counts as sent once the server's system
 * has acknowledged it; after a connection broke, what was sent in the last seconds before is sent
 * again, because the server may not have read it. So records may be there twice: event.id tells.
 * Over UDP whatever is lost is lost.
 */
#ifndef BASICTAP_EXPORT_SINK_SYSLOG_H
#define BASICTAP_EXPORT_SINK_SYSLOG_H

#include "export/sink/sink.h"
#include "export/sink/syslog_message.h"
#include "export/tls_options.h"

/* Strings outlive the sink. */
struct syslog_options {
    const char *url; /* udp://host[:514], tcp://host[:601], tls://host[:6514]; [IPv6] */
    enum formatter_kind format;
    bool structured;    /* structured data instead of a text in that format */
    size_t max_message; /* bytes of one, between SYSLOG_MIN_MESSAGE and SYSLOG_MAX_MESSAGE; 0: 8192
                           (2048 over UDP). What is longer is sent as structured data */
    struct transport_tls tls;
};

/* False and words: a URL that means nothing, no memory. A server that is away is no failure. */
bool syslog_sink_open(const struct syslog_options *options, const struct sink_host *host,
                      struct sink *sink, struct diag *diag);

/* Whether the URL means something; words if not. */
bool syslog_check_url(const char *url, struct diag *diag);

#endif
