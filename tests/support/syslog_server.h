/*
 * syslog_server: a real rsyslogd of a test's own, with the configuration that we ship: free ports
 * on the loopback for UDP, TCP and TLS, certificates made for the occasion, and a temporary folder.
 *
 * In the folder: ca.pem, other-ca.pem; localhost, tap-1.example.net and stranger.example.net, each
 * with .pem and .key, all signed by ca.
 */
#ifndef BASICTAP_TESTS_SUPPORT_SYSLOG_SERVER_H
#define BASICTAP_TESTS_SUPPORT_SYSLOG_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct syslog_server {
    pid_t pid; /* 0: not running */
    unsigned udp;
    unsigned tcp;
    unsigned tls;
    bool listens;
    char folder[64];
};

/* Chooses ports, makes folder and certificates, without starting. configuration: which one of
 * export/integrations. False: no rsyslogd here, or without TLS. */
bool syslog_server_prepare(struct syslog_server *server, const char *configuration);
void syslog_server_start(struct syslog_server *server); /* and waits until it listens, if it does */
void syslog_server_kill(struct syslog_server *server);  /* at once */
void syslog_server_stop(struct syslog_server *server);  /* after it wrote what it has */
void syslog_server_clear(struct syslog_server *server); /* kills it, removes the folder */

/* Waits until so many lines were received, at most some seconds; all of them, valid until the next
 * call. */
const char *syslog_server_received(const struct syslog_server *server, size_t num_lines);
const char *syslog_server_read(const struct syslog_server *server, const char *name,
                               size_t num_lines); /* the same of another file in the folder */

#endif
