#include "dissectors/tls/shape_request.h"

enum {
    LEAST_HEADER = 40, /* "GET / HTTP/1.1", a Host and the empty line */
    BUFFER = 1024,     /* what programs fill before they write comes in multiples of it */
    TICKET_LEAST = 60, /* NewSessionTicket, as in shape.c */
    TICKET_MOST = 700,
    TICKETS_DIFFER = 32, /* two of one server, by what they keep of the handshake */
};

static uint32_t add(uint32_t a, uint32_t b)
{
    return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

static bool is_servers(const struct shape_message *message)
{
    return (message->flags & SHAPE_SERVER) != 0;
}

/* An alert of TLS 1.3 looks like data of 2 bytes. */
static bool is_closing(const struct shape_message *message)
{
    return (message->flags & SHAPE_ALERT) != 0 && message->len <= 2;
}

/* Bytes that so many records may hold beyond their lengths. */
static uint32_t slack_of(const struct shape_requests *requests, uint32_t records)
{
    return requests->shape->session.slack * records;
}

static uint32_t at_most(const struct shape_requests *requests, const struct shape_message *message)
{
    return add(message->len, slack_of(requests, message->records));
}

/*
 * ALPN of TLS 1.3 shows what was offered, not what was chosen. HTTP/2 mostly shows itself: its
 * client begins with a short preface, its server with SETTINGS, and each acknowledges the other's
 * with a frame of 9 bytes (RFC 9113, sections 3.4 and 6.5.3).
 */
static bool speaks_http2(const struct shape *shape, const struct shape_http_model *model)
{
    bool has_spoken[2] = {false, false};

    for (size_t i = 0; shape->session.is_http2 && i < shape->num; i++) {
        const struct shape_message *message = &shape->messages[i];
        bool *spoken = &has_spoken[is_servers(message)];

        if (is_servers(message)
                ? !*spoken && message->len <= model->settings
                : (!*spoken && message->first <= model->preface) ||
                      message->last <= model->interim || message->first <= model->interim) {
            return true;
        }
        *spoken = true;
    }
    return false;
}

struct shape_requests shape_requests_of(const struct shape *shape,
                                        const struct shape_http_model *model)
{
    return (struct shape_requests){
        .shape = shape, .model = model, .is_http2 = speaks_http2(shape, model)};
}

static bool is_ticket(uint32_t len, uint32_t other)
{
    return len >= TICKET_LEAST && len <= TICKET_MOST && len <= other + TICKETS_DIFFER &&
           other <= len + TICKETS_DIFFER;
}

/*
 * Tickets of TLS 1.3 come in pairs, and where the network is quick they come between a header and
 * its body, or the second one right before the answer:
 * http-python3-httpx-bearer-h1-ews-office-post.
 */
static bool is_tickets(const struct shape_requests *requests, size_t at)
{
    const struct shape *shape = requests->shape;
    const struct shape_message *message = &shape->messages[at];
    const struct shape_message *later = message + 2;

    if (!shape->session.is_tls13 || at > 1) {
        return false;
    }
    if (message->records == 2) {
        return is_ticket(message->first, message->last);
    }
    return message->records == 1 && at + 2 < shape->num && is_servers(later) &&
           later->records > 1 && is_ticket(message->len, later->first);
}

/* "100 Continue" is 25 bytes; acknowledgements and window updates of HTTP/2 are shorter. */
static bool is_no_answer(const struct shape_requests *requests, size_t at)
{
    const struct shape_message *message = &requests->shape->messages[at];
    uint32_t bound =
        requests->is_http2 && at <= 1 ? requests->model->settings : requests->model->interim;

    return message->len <= bound || is_tickets(requests, at);
}

static bool is_frames_of_control(const struct shape_requests *requests,
                                 const struct shape_message *message)
{
    return requests->is_http2 && message->len <= requests->model->interim;
}

/* Records of one length but the last: whoever writes so cuts anywhere. */
static bool is_in_pieces(const struct shape_message *message)
{
    return message->len - message->first <= (uint32_t)message->first * (message->records - 1u);
}

/* A record that is as long as a packet or a buffer is one because what it holds did not fit. */
static bool is_full_record(const struct shape_requests *requests,
                           const struct shape_message *message)
{
    const struct shape_http_model *model = requests->model;
    uint32_t most = message->first + slack_of(requests, 1);

    return (message->first >= model->packet_least && most <= model->packet_most) ||
           most / BUFFER != (message->first - 1u) / BUFFER;
}

static void set_header(const struct shape_requests *requests, const struct shape_message *message,
                       struct shape_request *request)
{
    uint32_t rest = message->len - message->first;

    if (message->records <= 1 || rest <= requests->model->interim) {
        request->header = at_most(requests, message);
        return;
    }
    if (message->first < LEAST_HEADER || is_in_pieces(message)) {
        request->header = at_most(requests, message);
    } else {
        request->header = message->first + slack_of(requests, 1);
    }
    if (message->first >= LEAST_HEADER && !is_full_record(requests, message)) {
        request->alone = message->first;
    }
    request->body = rest;
}

/* The first words in HTTP/2 are its preface and SETTINGS, often with the first header behind.
 * False: no header yet. */
static bool set_header_after_preface(const struct shape_requests *requests,
                                     const struct shape_message *message,
                                     struct shape_request *request)
{
    uint32_t interim = requests->model->interim;
    uint32_t between = message->len - message->first - message->last;
    uint32_t slack = slack_of(requests, message->records);

    if (message->records == 1 || (message->records == 2 && message->last <= interim)) {
        return false;
    }
    if (message->records == 2 || between <= interim) {
        request->header = (uint32_t)message->last + slack;
    } else {
        request->header = between + slack;
        request->body = message->last > interim ? message->last : 0;
        request->alone = message->records == 3 && request->body > 0 ? between : 0;
    }
    return true;
}

static void add_message(struct shape_requests *requests, const struct shape_message *message,
                        struct shape_request *request)
{
    bool is_first = !requests->has_begun;

    requests->has_begun = true;
    request->total = add(request->total, at_most(requests, message));
    request->is_whole = request->is_whole && (message->flags & SHAPE_HOLE) == 0;
    request->is_exact = request->is_exact && requests->shape->session.slack == 0;
    if (request->header > 0) {
        /* What follows an interim answer is the body; the header was all that came before. */
        request->alone = request->body == 0 ? request->header : request->alone;
        request->body = add(request->body, message->len);
    } else if (requests->is_http2 && is_first && message->first <= requests->model->preface) {
        (void)set_header_after_preface(requests, message, request);
    } else {
        set_header(requests, message, request);
    }
}

bool shape_requests_take(struct shape_requests *requests, struct shape_request *request)
{
    const struct shape *shape = requests->shape;

    *request = (struct shape_request){.is_exact = true, .is_whole = !shape->is_partial};
    for (; requests->next < shape->num; requests->next++) {
        const struct shape_message *message = &shape->messages[requests->next];

        if (is_closing(message)) {
            continue;
        }
        if (is_servers(message)) {
            if (request->header > 0 &&
                (request->answer > 0 || !is_no_answer(requests, requests->next))) {
                request->answer = add(request->answer, message->len);
            }
        } else if (requests->has_begun && is_frames_of_control(requests, message)) {
            continue;
        } else if (request->answer > 0) {
            return true;
        } else {
            add_message(requests, message, request);
        }
    }
    return request->header > 0;
}
