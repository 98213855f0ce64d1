/*
 * port: ports of the loopback that are a test's own until its process ends. They lie below those
 * that the kernel gives to whoever connects, and no two tests that run side by side are given one.
 */
#ifndef BASICTAP_TESTS_SUPPORT_PORT_H
#define BASICTAP_TESTS_SUPPORT_PORT_H

/* A port of 127.0.0.1 that nobody listens on, for TCP and UDP alike. Aborts when there is none. */
unsigned port_take(void);

/* A listening socket on such a port that never answers; its number and port. */
int silent_server(unsigned *port);

#endif
