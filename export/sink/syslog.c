#include "export/sink/syslog.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dissectors/base/text.h"
#include "export/clock.h"
#include "export/sink/datagram.h"
#include "export/transport.h"

enum {
    HOST_MAX = 256,
    PORT_MAX = 6,
    BATCH = 256, /* records of one write */
    BATCH_BYTES = 1 << 20,
    TIMEOUT_MS = 10000,
    STALL_MS = 5000,
    WELCOME_MS = 300,      /* a server that does not want us closes the connection at once */
    USUAL_MESSAGE = 8192,  /* what rsyslog takes unless it is told otherwise */
    USUAL_DATAGRAM = 2048, /* what a server should take at least (RFC 5426, section 3.2) */
    MAX_DATAGRAM = 65000,
    BURST = 16, /* datagrams: a receiver's buffer holds about a hundred */
    BURST_MS = 8,
    FRAME_MAX = 16, /* digits of a length, and the space */
    FRAMES = 64 * 1024 + SYSLOG_MAX_MESSAGE,
};

enum way { WAY_UDP, WAY_TCP, WAY_TLS, NUM_WAYS };

static const struct {
    const char *scheme;
    const char *port;
} ways[NUM_WAYS] = {
    [WAY_UDP] = {"udp://", "514"},
    [WAY_TCP] = {"tcp://", "601"},
    [WAY_TLS] = {"tls://", "6514"},
};

struct address_of {
    enum way way;
    char host[HOST_MAX];
    char port[PORT_MAX];
};

/* Sequences: what was sent long enough before the connection was last seen alive has been read. */
struct marks {
    uint64_t safe;
    uint64_t younger; /* the next to be safe */
    uint64_t sent;
    uint64_t younger_ns; /* when all up to it was sent */
};
static const uint64_t safe_ns = 1000000000u;

struct syslog_sink {
    struct transport_tls tls;
    struct address_of to;
    int cancel_fd;
    unsigned turn;               /* which address of several, of UDP */
    int fd;                      /* of UDP; -1: not open */
    struct transport *transport; /* of the others; NULL: no connection */
    struct marks marks;
    struct syslog_writer writer;
    size_t len; /* of framed messages that wait to be sent together */
    char frames[FRAMES];
};

/* ---- where ---- */

static bool take_host(struct bytes *in, char host[HOST_MAX])
{
    struct bytes name = *in;
    size_t position;
    size_t len;

    if (take_prefix(in, BYTES("["))) {
        if (!take_until(in, ']', &name)) {
            return false;
        }
    } else {
        if (bytes_find_byte(*in, ':', &position)) {
            name = bytes_first(*in, position);
        }
        (void)take_skip(in, name.len);
    }
    if (name.len == 0 || !bytes_is_printable(name) || bytes_find_byte(name, '/', &position) ||
        bytes_find_byte(name, '@', &position) || bytes_find_byte(name, ' ', &position) ||
        !bytes_copy(name, host, HOST_MAX - 1, &len)) {
        return false;
    }
    host[len] = '\0';
    return true;
}

static bool parse_url(const char *url, struct address_of *to)
{
    struct bytes rest = bytes_of_text(url);
    uint64_t port;

    *to = (struct address_of){.way = WAY_UDP};
    while (!take_prefix(&rest, bytes_of_text(ways[to->way].scheme))) {
        if (++to->way == NUM_WAYS) {
            return false;
        }
    }
    if (!take_host(&rest, to->host)) {
        return false;
    }
    if (rest.len == 0) {
        return text_copy(to->port, sizeof(to->port), ways[to->way].port);
    }
    if (!take_prefix(&rest, BYTES(":")) || !take_decimal(&rest, UINT16_MAX, &port) || port == 0 ||
        rest.len > 0) {
        return false;
    }
    return text_append_number(to->port, sizeof(to->port), port);
}

bool syslog_check_url(const char *url, struct diag *diag)
{
    struct address_of to;

    if (!parse_url(url, &to)) {
        diag_set(diag, "'%s' is no syslog server: udp://, tcp:// or tls://host[:port]", url);
        return false;
    }
    return true;
}

/* ---- connections ---- */

static void hang_up(struct syslog_sink *syslog)
{
    transport_close(syslog->transport);
    syslog->transport = NULL;
    if (syslog->fd >= 0) {
        (void)close(syslog->fd);
    }
    syslog->fd = -1;
}

static bool is_welcome(struct syslog_sink *syslog, struct diag *why)
{
    struct diag words = {0};

    if (transport_watch(syslog->transport, WELCOME_MS, &words)) {
        return true;
    }
    diag_set(why, "%.300s at once: is this sensor%s allowed there?", words.text,
             syslog->to.way == WAY_TLS ? "'s certificate" : "");
    return false;
}

static bool connect_stream(struct syslog_sink *syslog, uint64_t deadline_ns, struct diag *why)
{
    struct transport_options options = {
        .host = syslog->to.host,
        .port = syslog->to.port,
        .tls = syslog->to.way == WAY_TLS ? &syslog->tls : NULL,
        .timeout_ms = STALL_MS,
        .deadline_ns = deadline_ns,
        .cancel_fd = syslog->cancel_fd,
    };

    /* A server that went away is noticed before anything is sent to it. */
    if (syslog->transport != NULL) {
        transport_set_deadline(syslog->transport, deadline_ns);
        return transport_settle(syslog->transport, why);
    }
    syslog->transport = transport_open(&options, why);
    return syslog->transport != NULL && is_welcome(syslog, why);
}

/* All that was sent is acknowledged. */
static void mark(struct marks *marks, uint64_t sequence)
{
    uint64_t now = clock_now_ns();

    if (now - marks->younger_ns >= safe_ns) {
        marks->safe = marks->younger;
        marks->younger = marks->sent;
        marks->younger_ns = now;
    }
    marks->sent = sequence;
}

static enum sink_result resume(void *self, const char *journal_id, uint64_t *applied,
                               uint64_t deadline_ns, struct diag *why)
{
    struct syslog_sink *syslog = self;

    (void)journal_id;
    (void)deadline_ns;
    (void)why;
    if (syslog->to.way != WAY_UDP && syslog->marks.sent > 0 && syslog->marks.safe < *applied) {
        *applied = syslog->marks.safe;
    }
    syslog->marks = (struct marks){*applied, *applied, *applied, clock_now_ns()};
    return SINK_DONE;
}

/* ---- writing ---- */

static bool send_frames(struct syslog_sink *syslog, struct diag *why)
{
    struct bytes frames = bytes_view(syslog->frames, syslog->len);

    syslog->len = 0;
    return transport_send(syslog->transport, frames, why);
}

/* Its length, a space, the message. */
static bool frame(struct syslog_sink *syslog, struct bytes message, struct diag *why)
{
    size_t copied;

    if (message.len > sizeof(syslog->frames) - FRAME_MAX - syslog->len &&
        !send_frames(syslog, why)) {
        return false;
    }
    syslog->len += (size_t)snprintf(syslog->frames + syslog->len, FRAME_MAX, "%zu ", message.len);
    if (bytes_copy(message, syslog->frames + syslog->len, sizeof(syslog->frames) - syslog->len,
                   &copied)) {
        syslog->len += copied;
    }
    return true;
}

static enum sink_result write_stream(struct syslog_sink *syslog,
                                     const struct record *const *records, size_t num,
                                     uint64_t deadline_ns, struct diag *why)
{
    bool is_sent = connect_stream(syslog, deadline_ns, why);

    syslog->len = 0;
    for (size_t i = 0; i < num && is_sent; i++) {
        is_sent = frame(syslog, syslog_write(&syslog->writer, records[i]), why);
    }
    if (is_sent && send_frames(syslog, why) && transport_settle(syslog->transport, why)) {
        mark(&syslog->marks, record_sequence(records[num - 1]));
        return SINK_DONE;
    }
    hang_up(syslog);
    return SINK_RETRY;
}

/* Nothing slows a sender of datagrams but itself: 2000 a second. */
static void pause_after(const struct syslog_sink *syslog, size_t num_sent)
{
    struct pollfd cancel = {.fd = syslog->cancel_fd, .events = POLLIN};

    if (num_sent % BURST == 0) {
        (void)poll(&cancel, 1, BURST_MS);
    }
}

static enum sink_result write_datagrams(struct syslog_sink *syslog,
                                        const struct record *const *records, size_t num,
                                        uint64_t deadline_ns, struct diag *why)
{
    bool is_sent = true;

    if (syslog->fd < 0) {
        syslog->fd = datagram_open(syslog->to.host, syslog->to.port, syslog->turn++, why);
        is_sent = syslog->fd >= 0;
    }
    for (size_t i = 0; i < num && is_sent; i++) {
        is_sent = datagram_send(syslog->fd, syslog_write(&syslog->writer, records[i]), deadline_ns,
                                syslog->cancel_fd, why);
        pause_after(syslog, i + 1);
    }
    if (is_sent && datagram_check(syslog->fd, why)) {
        return SINK_DONE;
    }
    hang_up(syslog); /* another address may answer */
    return SINK_RETRY;
}

static enum sink_result write_records(void *self, const struct record *const *records, size_t num,
                                      uint64_t deadline_ns, size_t *taken, struct diag *why)
{
    struct syslog_sink *syslog = self;
    enum sink_result result = syslog->to.way == WAY_UDP
                                  ? write_datagrams(syslog, records, num, deadline_ns, why)
                                  : write_stream(syslog, records, num, deadline_ns, why);

    *taken = result == SINK_DONE ? num : 0;
    return result;
}

/* ---- opening ---- */

static void close_sink(void *self)
{
    struct syslog_sink *syslog = self;

    hang_up(syslog);
    formatter_free(syslog->writer.formatter);
    free(syslog);
}

static size_t choose_max(const struct syslog_options *options, enum way way)
{
    size_t max = options->max_message;

    if (max == 0) {
        return way == WAY_UDP ? USUAL_DATAGRAM : USUAL_MESSAGE;
    }
    if (way == WAY_UDP && max > MAX_DATAGRAM) {
        return MAX_DATAGRAM;
    }
    return max < SYSLOG_MAX_MESSAGE ? max : SYSLOG_MAX_MESSAGE;
}

bool syslog_sink_open(const struct syslog_options *options, const struct sink_host *host,
                      struct sink *sink, struct diag *diag)
{
    static const struct sink_type type = {
        .word = "syslog",
        .max_records = BATCH,
        .max_bytes = BATCH_BYTES,
        .timeout_ms = TIMEOUT_MS,
        .resume = resume,
        .write = write_records,
        .close = close_sink,
    };
    struct syslog_sink *syslog = calloc(1, sizeof(*syslog));

    *sink = (struct sink){.type = &type, .self = syslog};
    if (syslog == NULL) {
        diag_set(diag, "out of memory");
        return false;
    }
    syslog->tls = options->tls;
    syslog->cancel_fd = host->cancel_fd;
    syslog->fd = -1;
    (void)snprintf(sink->name, sizeof(sink->name), "syslog %s", options->url);
    if (!syslog_check_url(options->url, diag) || !parse_url(options->url, &syslog->to)) {
        close_sink(syslog);
        return false;
    }
    syslog->writer.max = choose_max(options, syslog->to.way);
    if (!options->structured) {
        syslog->writer.formatter = formatter_new(options->format);
        if (syslog->writer.formatter == NULL) {
            diag_set(diag, "out of memory");
            close_sink(syslog);
            return false;
        }
    }
    return true;
}
