#include "export/sink/datagram.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "export/clock.h"

static bool say(struct diag *diag, int error)
{
    char scratch[128];

    diag_set(diag, "%s", strerror_r(error, scratch, sizeof(scratch)));
    return false;
}

static int open_one(const struct addrinfo *at, struct diag *diag)
{
    int fd = socket(at->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0) {
        return fd;
    }
    (void)say(diag, errno);
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

int datagram_open(const char *host, const char *port, unsigned turn, struct diag *diag)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    const struct addrinfo *at;
    int error = getaddrinfo(host, port, &hints, &found);
    int fd;

    if (error != 0 || found == NULL) {
        diag_set(diag, "%s", gai_strerror(error));
        return -1;
    }
    at = found;
    for (unsigned i = 0; i < turn; i++) {
        at = at->ai_next != NULL ? at->ai_next : found;
    }
    fd = open_one(at, diag);
    freeaddrinfo(found);
    return fd;
}

static bool wait_for_room(int fd, uint64_t deadline_ns, int cancel_fd, struct diag *diag)
{
    struct pollfd waits[] = {{.fd = fd, .events = POLLOUT}, {.fd = cancel_fd, .events = POLLIN}};
    uint64_t now = clock_now_ns();
    uint64_t left_ms = deadline_ns > now ? (deadline_ns - now) / 1000000 : 0;
    int ready = poll(waits, 2, left_ms < 10000 ? (int)left_ms : 10000);

    if (ready > 0 && waits[1].revents != 0) {
        diag_set(diag, "cancelled");
        return false;
    }
    return ready > 0 || say(diag, ETIMEDOUT);
}

bool datagram_send(int fd, struct bytes message, uint64_t deadline_ns, int cancel_fd,
                   struct diag *diag)
{
    while (send(fd, message.at, message.len, MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) {
            continue;
        }
        if (errno != EAGAIN && errno != ENOBUFS) {
            return say(diag, errno);
        }
        if (!wait_for_room(fd, deadline_ns, cancel_fd, diag)) {
            return false;
        }
    }
    return true;
}

bool datagram_check(int fd, struct diag *diag)
{
    int error = 0;
    socklen_t size = sizeof(error);

    return (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) ||
           say(diag, error != 0 ? error : errno);
}
