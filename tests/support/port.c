#include "tests/support/port.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Below Linux's net.ipv4.ip_local_port_range, which begins at 32768. */
enum { FIRST_PORT = 10000, NUM_PORTS = 20000 };

/* Claims a name without a file; the kernel gives it back when the process ends. */
static bool claim(unsigned port)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX}; /* a first octet of 0: no file */
    int len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "basictap-test-port-%u", port);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        perror("socket");
        abort();
    }
    if (bind(fd, (struct sockaddr *)&name,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) == 0) {
        return true; /* it stays open */
    }
    (void)close(fd);
    return false;
}

/* A socket bound there; -1: somebody else has the port. */
static int bound(int type, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int on = 1;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    if (fd < 0 ||
        (type == SOCK_STREAM && /* what waits after a close is in nobody's way */
         setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool is_free(int type, unsigned port)
{
    int fd = bound(type, port);

    (void)close(fd);
    return fd >= 0;
}

unsigned port_take(void)
{
    static unsigned next;

    if (next == 0) {
        next = (unsigned)getpid() * 97; /* tests side by side look in different places */
    }
    for (unsigned tries = 0; tries < NUM_PORTS; tries++) {
        unsigned port = FIRST_PORT + next++ % NUM_PORTS;

        if (claim(port) && is_free(SOCK_STREAM, port) && is_free(SOCK_DGRAM, port)) {
            return port;
        }
    }
    (void)fputs("no port is free\n", stderr);
    abort();
}

int silent_server(unsigned *port)
{
    int fd;

    *port = port_take();
    fd = bound(SOCK_STREAM, *port);
    if (fd < 0 || listen(fd, 8) != 0) {
        perror("loopback socket");
        abort();
    }
    return fd;
}
