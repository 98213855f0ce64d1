#include "export/transport.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "export/clock.h"
#include "export/transport_tls.h"

enum { MAX_LAST_WORDS = 16 }; /* reads of what a server said before it closed */

struct transport {
    int fd;
    int cancel_fd;
    unsigned timeout_ms;
    uint64_t deadline_ns;
    struct tls_link *tls; /* NULL: plain */
};

static void say(struct diag *diag, int error)
{
    char scratch[128];

    diag_set(diag, "%s", strerror_r(error, scratch, sizeof(scratch)));
}

/* How long a wait may be. */
static unsigned patience_ms(const struct transport *transport)
{
    uint64_t now = clock_now_ns();
    uint64_t left_ms = transport->deadline_ns > now ? (transport->deadline_ns - now) / 1000000 : 0;

    return transport->deadline_ns == 0 || left_ms > transport->timeout_ms ? transport->timeout_ms
                                                                          : (unsigned)left_ms;
}

static bool wait_for(const struct transport *transport, short events, struct diag *diag)
{
    struct pollfd waits[] = {{.fd = transport->fd, .events = events},
                             {.fd = transport->cancel_fd, .events = POLLIN}};
    unsigned patience = patience_ms(transport);
    int ready;

    do {
        ready = poll(waits, 2, (int)patience);
    } while (ready < 0 && errno == EINTR);
    if (ready > 0 && waits[1].revents != 0) {
        diag_set(diag, "cancelled");
        return false;
    }
    if (ready <= 0) {
        diag_set(diag, "no answer for %.3g s", patience / 1000.0);
        return false;
    }
    return true;
}

/* True: the connection stands. */
static bool reach(struct transport *transport, const struct sockaddr *address, socklen_t len,
                  struct diag *diag)
{
    int error = 0;
    socklen_t size = sizeof(error);

    transport->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (transport->fd < 0) {
        say(diag, errno);
        return false;
    }
    if (connect(transport->fd, address, len) == 0) {
        return true;
    }
    if (errno != EINPROGRESS) {
        say(diag, errno);
    } else if (wait_for(transport, POLLOUT, diag)) {
        if (getsockopt(transport->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
            return true;
        }
        say(diag, error);
    }
    (void)close(transport->fd);
    transport->fd = -1;
    return false;
}

static bool reach_path(struct transport *transport, const char *path, struct diag *diag)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path)) {
        diag_set(diag, "the path is too long for a socket");
        return false;
    }
    memcpy(address.sun_path, path, strlen(path));
    return reach(transport, (const struct sockaddr *)&address, sizeof(address), diag);
}

static bool reach_host(struct transport *transport, const struct transport_options *options,
                       struct diag *diag)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(options->host, options->port, &hints, &found);
    bool reached = false;
    int on = 1;

    if (error != 0) {
        diag_set(diag, "%s", gai_strerror(error));
        return false;
    }
    for (const struct addrinfo *at = found; at != NULL && !reached; at = at->ai_next) {
        reached = reach(transport, at->ai_addr, at->ai_addrlen, diag);
    }
    freeaddrinfo(found);
    if (reached) {
        (void)setsockopt(transport->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void)setsockopt(transport->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    return reached;
}

/* True: again after what was waited for. */
static bool goes_on(const struct transport *transport, enum tls_step step, struct diag *diag)
{
    return (step == TLS_STEP_READ && wait_for(transport, POLLIN, diag)) ||
           (step == TLS_STEP_WRITE && wait_for(transport, POLLOUT, diag));
}

static bool secure(struct transport *transport, const struct transport_options *options,
                   struct diag *diag)
{
    enum tls_step step;
    struct diag words = {{0}};

    transport->tls = tls_link_new(transport->fd, options->tls, options->host, diag);
    if (transport->tls == NULL) {
        return false;
    }
    do {
        step = tls_link_shake(transport->tls, diag);
    } while (goes_on(transport, step, &words));
    if (words.text[0] != '\0') { /* a plain server may wait for the end of what it reads as text */
        diag_set(diag, "TLS: %s; does the server speak TLS there?", words.text);
    }
    return step == TLS_STEP_DONE;
}

struct transport *transport_open(const struct transport_options *options, struct diag *diag)
{
    struct transport *transport = malloc(sizeof(*transport));

    if (transport == NULL) {
        diag_set(diag, "out of memory");
        return NULL;
    }
    *transport = (struct transport){.fd = -1,
                                    .cancel_fd = options->cancel_fd,
                                    .timeout_ms = options->timeout_ms,
                                    .deadline_ns = options->deadline_ns};
    if ((options->path != NULL ? !reach_path(transport, options->path, diag)
                               : !reach_host(transport, options, diag)) ||
        (options->tls != NULL && !secure(transport, options, diag))) {
        transport_close(transport);
        return NULL;
    }
    return transport;
}

/* After a call that failed: true when it may be made again. */
static bool may_go_on(const struct transport *transport, short events, struct diag *diag)
{
    int error = errno;

    if (error == EAGAIN) {
        return wait_for(transport, events, diag);
    }
    say(diag, error);
    return error == EINTR;
}

static bool send_plain(struct transport *transport, struct bytes data, struct diag *diag)
{
    while (data.len > 0) {
        ssize_t sent = send(transport->fd, data.at, data.len, MSG_NOSIGNAL);

        if (sent < 0 && !may_go_on(transport, POLLOUT, diag)) {
            return false;
        }
        (void)take_skip(&data, sent > 0 ? (size_t)sent : 0);
    }
    return true;
}

/* A server that refuses us says so in an alert and closes. If that closing is met by what we send,
 * it hides the alert, which can still be read. */
static void hear_why(struct transport *transport, struct diag *diag)
{
    struct diag why = {{0}};
    uint8_t scratch[512];
    size_t len;

    for (unsigned i = 0; i < MAX_LAST_WORDS; i++) {
        if (tls_link_receive(transport->tls, scratch, sizeof(scratch), &len, &why) !=
            TLS_STEP_DONE) {
            break;
        }
    }
    if (strncmp(why.text, "TLS: ", strlen("TLS: ")) == 0) {
        *diag = why;
    }
}

static bool send_sealed(struct transport *transport, struct bytes data, struct diag *diag)
{
    while (data.len > 0) {
        size_t sent;
        enum tls_step step = tls_link_send(transport->tls, data, &sent, diag);

        if (step == TLS_STEP_FAILED) {
            hear_why(transport, diag);
            return false;
        }
        if (step != TLS_STEP_DONE && !goes_on(transport, step, diag)) {
            return false;
        }
        (void)take_skip(&data, sent);
    }
    return true;
}

bool transport_send(struct transport *transport, struct bytes data, struct diag *diag)
{
    return transport->tls != NULL ? send_sealed(transport, data, diag)
                                  : send_plain(transport, data, diag);
}

static bool receive_plain(struct transport *transport, void *into, size_t max, size_t *len,
                          struct diag *diag)
{
    ssize_t got;

    while ((got = recv(transport->fd, into, max, 0)) < 0) {
        if (!may_go_on(transport, POLLIN, diag)) {
            return false;
        }
    }
    if (got == 0) {
        diag_set(diag, "closed by the server");
        return false;
    }
    *len = (size_t)got;
    return true;
}

static bool receive_sealed(struct transport *transport, void *into, size_t max, size_t *len,
                           struct diag *diag)
{
    enum tls_step step;

    do {
        step = tls_link_receive(transport->tls, into, max, len, diag);
    } while (goes_on(transport, step, diag));
    return step == TLS_STEP_DONE;
}

bool transport_receive(struct transport *transport, void *into, size_t max, size_t *len,
                       struct diag *diag)
{
    return transport->tls != NULL ? receive_sealed(transport, into, max, len, diag)
                                  : receive_plain(transport, into, max, len, diag);
}

/* Whether it is still there. Messages of TLS itself, an alert among them, are only seen by reading.
 */
static bool listens(struct transport *transport, struct diag *diag)
{
    uint8_t scratch[512];
    size_t len;
    ssize_t got = 0;
    enum tls_step step;

    if (transport->tls != NULL) {
        do {
            step = tls_link_receive(transport->tls, scratch, sizeof(scratch), &len, diag);
        } while (step == TLS_STEP_DONE);
        return step != TLS_STEP_FAILED;
    }
    do {
        got = recv(transport->fd, scratch, sizeof(scratch), MSG_DONTWAIT);
    } while (got > 0);
    if (got == 0) {
        diag_set(diag, "closed by the server");
    } else if (errno != EAGAIN && errno != EINTR) {
        say(diag, errno);
        return false;
    }
    return got < 0;
}

bool transport_settle(struct transport *transport, struct diag *diag)
{
    unsigned patience = patience_ms(transport);
    uint64_t end = clock_now_ns() + (uint64_t)patience * 1000000;
    struct pollfd cancel = {.fd = transport->cancel_fd, .events = POLLIN};
    int waiting = 0;

    for (int wait_ms = 1; listens(transport, diag); wait_ms = wait_ms < 16 ? wait_ms * 2 : 16) {
        if (ioctl(transport->fd, SIOCOUTQ, &waiting) != 0 || waiting == 0) {
            return true;
        }
        if (clock_now_ns() >= end) {
            diag_set(diag, "no answer for %.3g s", patience / 1000.0);
            return false;
        }
        if (poll(&cancel, 1, wait_ms) > 0) { /* no event tells that a queue is empty */
            diag_set(diag, "cancelled");
            return false;
        }
    }
    return false;
}

bool transport_watch(struct transport *transport, unsigned ms, struct diag *diag)
{
    uint64_t end = clock_now_ns() + (uint64_t)ms * 1000000;
    struct pollfd waits[] = {{.fd = transport->fd, .events = POLLIN | POLLRDHUP},
                             {.fd = transport->cancel_fd, .events = POLLIN}};
    uint64_t now;

    while (listens(transport, diag)) {
        now = clock_now_ns();
        if (now >= end) {
            return true;
        }
        (void)poll(waits, 2, (int)((end - now) / 1000000) + 1);
        if (waits[1].revents != 0) {
            diag_set(diag, "cancelled");
            return false;
        }
    }
    return false;
}

void transport_set_deadline(struct transport *transport, uint64_t deadline_ns)
{
    transport->deadline_ns = deadline_ns;
}

void transport_close(struct transport *transport)
{
    if (transport == NULL) {
        return;
    }
    tls_link_free(transport->tls);
    if (transport->fd >= 0) {
        (void)close(transport->fd);
    }
    free(transport);
}
