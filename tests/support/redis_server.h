/*
 * redis_server: a real redis-server of a test's own: a port on the loopback, a Unix socket,
 * and a temporary folder for both and for its data, which survives a kill (appendonly).
 */
#ifndef BASICTAP_TESTS_SUPPORT_REDIS_SERVER_H
#define BASICTAP_TESTS_SUPPORT_REDIS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct redis_server {
    pid_t pid; /* 0: not running */
    unsigned port;
    char folder[64];
    char url[64];      /* redis://127.0.0.1:port */
    char unix_url[96]; /* unix://folder/socket */
    char password[64]; /* empty: none */
    bool is_sentinel;
    const char *extra; /* lines of its configuration that come last; NULL: none */
};

/* Chooses the port and makes the folder, without starting. False: no redis-server here. */
bool redis_server_prepare(struct redis_server *server, const char *password);
void redis_server_start(struct redis_server *server); /* and waits until it answers */
void redis_server_kill(struct redis_server *server);  /* at once, as a power cut does */
void redis_server_clear(struct redis_server *server); /* kills it, removes the folder */

/* What redis-cli prints for a command line of its own syntax, the last LF left out; valid until the
 * next call. */
const char *redis_server_ask(const struct redis_server *server, const char *command);

#endif
