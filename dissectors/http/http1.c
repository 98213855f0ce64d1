/*
 * http1: HTTP/1.x (RFC 9112). Header blocks are read, bodies are passed over unseen. When bytes are
 * missing that mattered, the next thing that looks like a message is searched for. What follows an
 * upgrade to HTTP/2 is handed to http2_dissector.
 */
#include "dissectors/http/http.h"

#include <stdlib.h>
#include <string.h>

#include "dissectors/http/http2.h"
#include "dissectors/http/http_framing.h"
#include "dissectors/http/http_queue.h"

enum {
    MAX_BLOCK = 65536,         /* of a header block */
    MAX_SEARCH = 4 * 1048576,  /* bytes after a hole in which a message must begin */
    MAX_BODY_FRONT = 32 * 1024 /* unused bytes of a body that an app may ask for */
};

/* Of the queue one place is in use, mostly: see dissector.h, hot_size. */
struct http1 {
    void *upgraded;      /* state of http2_dissector, which has all that follows; NULL: none */
    char *tunnel_target; /* of the CONNECT that is open or was granted */
    bool goes_on;        /* behind a CONNECT, whose answer was not seen yet, a request follows */
    struct http_half halves[2];
    struct http_link link;
    struct http_queue queue;
};

static void keep_tunnel_target(struct http1 *http, struct bytes target)
{
    struct bytes password;
    size_t len;

    free(http->tunnel_target);
    while (take_until(&target, '@', &password)) {
    }
    target = bytes_first(target, HOST_SIZE);
    http->tunnel_target = calloc(1, target.len + 1);
    if (http->tunnel_target != NULL) {
        (void)bytes_copy(target, http->tunnel_target, target.len, &len);
    }
}

static bool expects_continue(const struct http_head *head)
{
    struct bytes value;

    return http_header_find(head, BYTES("Expect"), &value) &&
           bytes_has_nocase(value, BYTES("100-continue"));
}

static void on_request(struct http1 *http, const struct http_head *head, struct bytes *rest,
                       struct verdict *verdict, const struct emitter *out)
{
    struct http_half *half = &http->halves[SIDE_CLIENT];
    struct http_open *open = http_queue_add(&http->queue, out);
    uint64_t len = 0;
    enum http_body body = http_body_of(head, &len);

    http_request(&http->link, &open->transaction, head, out);
    open->is_head = bytes_equal(head->method, BYTES("HEAD"));
    open->is_connect = bytes_equal(head->method, BYTES("CONNECT"));
    half->may_be_held_back = expects_continue(head);
    if (open->is_connect) {
        keep_tunnel_target(http, head->target);
        half->part = PART_WAIT;
        http->goes_on = false;
    } else if (body == BODY_LENGTH &&
               (half->may_be_held_back ||
                (open->transaction.own != NULL && open->transaction.own->body_wanted))) {
        half->part = PART_BODY;
        half->left = len;
    } else {
        http_begin_body(half, body, len, rest, verdict);
    }
}

/* h2c (RFC 7540, section 3.2): the request becomes the first stream. */
static void upgrade(struct http1 *http, struct http_transaction *transaction,
                    struct verdict *verdict, const struct emitter *out)
{
    http->upgraded = http2_new_upgraded(&http->link, transaction, out);
    if (http->upgraded == NULL) {
        verdict->next = NEXT_ABANDON;
    }
    http_transaction_end(transaction, out);
}

/* Its preface, for want of the 101: that was lost, comes late, or is of the side that is not seen.
 */
static bool begin_http2(struct http1 *http, struct bytes client, struct verdict *verdict,
                        const struct emitter *out)
{
    struct http_open open = {0};

    if (http2_probe_preface(client) != PROBE_YES) {
        return false;
    }
    (void)http_queue_take(&http->queue, &open, out);
    upgrade(http, &open.transaction, verdict, out);
    return true;
}

static bool is_h2c(const struct http_head *head)
{
    struct bytes value;

    return http_header_find(head, BYTES("Upgrade"), &value) &&
           bytes_has_nocase(value, BYTES("h2c"));
}

static bool is_interim(unsigned status)
{
    return status >= 100 && status <= 199 && status != 101;
}

static void on_answer(struct http1 *http, const struct http_head *head, struct bytes *rest,
                      struct verdict *verdict, const struct emitter *out)
{
    struct http_open open = {0};
    uint64_t len = 0;
    enum http_body body;
    bool known;

    if (is_interim(head->status)) {
        return;
    }
    known = http_queue_take(&http->queue, &open, out);
    if (head->status == 101 && is_h2c(head)) {
        upgrade(http, &open.transaction, verdict, out);
        return;
    }
    http_answer(&http->link, known ? &open.transaction : NULL, head, out);
    if (open.is_connect && head->status >= 200 && head->status <= 299) {
        verdict->next = NEXT_TUNNEL;
        return;
    }
    if (head->status == 101) {
        verdict->next = NEXT_ABANDON;
        return;
    }
    if (open.is_connect && http->queue.num == 0 && http->halves[SIDE_CLIENT].part == PART_WAIT) {
        http->halves[SIDE_CLIENT].part = PART_HEAD;
    }
    if (!open.is_head && head->status != 204 && head->status != 304) {
        body = http_body_of(head, &len);
        http_begin_body(&http->halves[SIDE_SERVER], body, len, rest, verdict);
    }
}

static void skip_blank_lines(struct bytes *in)
{
    while (take_prefix(in, BYTES("\r\n")) || take_prefix(in, BYTES("\n"))) {
    }
}

/* A header block that is not whole yet is waited for as long as it can become one. */
static bool wait_for_block(struct http_half *half, enum side from, struct bytes in)
{
    enum probe probe = from == SIDE_CLIENT ? http_probe_request(in) : http_probe_answer(in);

    return probe == PROBE_NO && http_lose(half);
}

static bool read_head(struct http1 *http, enum side from, struct bytes *rest,
                      struct verdict *verdict, const struct emitter *out)
{
    struct http_half *half = &http->halves[from];
    struct http_head head;
    struct bytes before;
    struct bytes block;
    struct bytes line;

    if (half->scanned == 0) {
        skip_blank_lines(rest);
    }
    before = *rest;
    if (from == SIDE_CLIENT && http2_probe_preface(before) != PROBE_NO) {
        return begin_http2(http, before, verdict, out);
    }
    if (!http_take_block(rest, &half->scanned, &block)) {
        return wait_for_block(half, from, *rest);
    }
    if (from == SIDE_CLIENT && http_parse_request(block, &head)) {
        on_request(http, &head, rest, verdict, out);
    } else if (from == SIDE_SERVER && http_parse_answer(block, &head)) {
        on_answer(http, &head, rest, verdict, out);
    } else {
        *rest = before;
        (void)take_line(rest, &line);
        return http_lose(half);
    }
    return true;
}

/*
 * A client that asked whether to send its body and was refused may go on with its next request
 * instead (RFC 9110, section 10.1.1 wants it to close; curl and WinHTTP do not always).
 */
static bool is_body_held_back(struct http1 *http, struct bytes in, bool *is_unclear)
{
    enum probe probe = PROBE_NO;

    if (http->halves[SIDE_CLIENT].may_be_held_back && http->queue.num == 0) {
        probe = http_probe_request(in);
    }
    *is_unclear = probe == PROBE_MAYBE;
    return probe == PROBE_YES;
}

/* The front of a request's body goes to its app. True: it wants more than is here. */
static bool show_body(struct http1 *http, struct bytes *rest, const struct emitter *out)
{
    struct http_half *half = &http->halves[SIDE_CLIENT];
    struct http_open *last = http_queue_last(&http->queue);
    struct http_exchange *own = last != NULL ? last->transaction.own : NULL;
    struct bytes front = *rest;
    size_t used = 0;

    if (own == NULL || !own->body_wanted || last->transaction.app->request_body == NULL) {
        return false;
    }
    if (front.len > half->left) {
        front = bytes_first(front, (size_t)half->left);
    }
    used = last->transaction.app->request_body(own, front, out);
    half->left -= used;
    (void)take_skip(rest, used);
    own->body_wanted =
        own->body_wanted && half->left > front.len - used && front.len - used < MAX_BODY_FRONT;
    return own->body_wanted;
}

static bool read_body(struct http1 *http, struct bytes *rest, struct verdict *verdict,
                      const struct emitter *out)
{
    struct http_half *half = &http->halves[SIDE_CLIENT];
    bool is_unclear;

    if (rest->len == 0) {
        return false;
    }
    if (is_body_held_back(http, *rest, &is_unclear)) {
        half->part = PART_HEAD;
        return true;
    }
    if (is_unclear) {
        return false;
    }
    half->may_be_held_back = false;
    if (show_body(http, rest, out)) {
        return false;
    }
    half->part = PART_HEAD;
    http_pass_over(rest, half->left, verdict);
    return true;
}

/* "HTTP/1.1 200", "HTTP/1.1 407": what a proxy says to CONNECT, mostly */
static bool is_of_proxy(struct bytes answer)
{
    struct bytes version;

    return !take_until(&answer, ' ', &version) || answer.len < 3 ||
           take_prefix(&answer, BYTES("2")) || take_prefix(&answer, BYTES("407"));
}

/*
 * While the answer to a CONNECT is missing: the same CONNECT again means that the first was
 * refused, and is no part of a tunnel. Any other request means that it was granted, if a hole may
 * have held the answer.
 */
static bool look_behind_connect(struct http1 *http, struct bytes in)
{
    struct bytes target = bytes_of_text(http->tunnel_target != NULL ? http->tunnel_target : "");
    struct bytes rest = in;

    if (take_prefix(&rest, BYTES("CONNECT ")) && target.len > 0 && take_prefix(&rest, target) &&
        take_prefix(&rest, BYTES(" "))) {
        http->halves[SIDE_CLIENT].part = PART_HEAD;
        return true;
    }
    http->goes_on = http->goes_on || http_probe_request(in) == PROBE_YES;
    return false;
}

static bool search(struct http1 *http, enum side from, struct bytes *rest, struct verdict *verdict)
{
    struct http_half *half = &http->halves[from];

    if (half->searched > MAX_SEARCH) {
        verdict->next = NEXT_ABANDON;
        return true;
    }
    if (from == SIDE_CLIENT) {
        return http_search_request(half, rest);
    }
    if (http->halves[SIDE_CLIENT].part == PART_WAIT && rest->len > 0 &&
        (http_probe_answer(*rest) == PROBE_NO || (http->goes_on && !is_of_proxy(*rest)))) {
        verdict->next = NEXT_TUNNEL; /* the answer to CONNECT was lost, but not its effect */
        return true;
    }
    return http_search_answer(half, rest);
}

/* One piece of meaning from the front of rest; false when it needs more bytes. */
static bool step(struct http1 *http, enum side from, struct bytes *rest, struct verdict *verdict,
                 const struct emitter *out)
{
    struct http_half *half = &http->halves[from];

    switch (half->part) {
    case PART_HEAD:
        return read_head(http, from, rest, verdict, out);
    case PART_BODY:
        return read_body(http, rest, verdict, out);
    case PART_CHUNK:
        return http_read_chunk(half, rest, verdict);
    case PART_TRAILER:
        return http_read_trailer(half, rest);
    case PART_LOST:
        return search(http, from, rest, verdict);
    case PART_WAIT:
        return look_behind_connect(http, *rest);
    }
    return false;
}

/* What these bytes are may be known without more of them. */
static bool waits_for_answer(const struct http1 *http, enum side from)
{
    return from == SIDE_CLIENT && http->halves[SIDE_CLIENT].part == PART_WAIT;
}

static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    struct http1 *http = state;
    struct verdict verdict = {0};
    struct bytes rest = in;

    while (verdict.next == NEXT_SAME && verdict.skip == 0 && http->upgraded == NULL &&
           step(http, from, &rest, &verdict, out)) {
    }
    if (http->upgraded != NULL) {
        verdict = http2_dissector.feed(http->upgraded, from, rest, out);
        verdict.used += in.len - rest.len;
        return verdict;
    }
    verdict.used = in.len - rest.len;
    if (verdict.next == NEXT_SAME && verdict.skip == 0 && !waits_for_answer(http, from)) {
        verdict.want = rest.len + 1;
    }
    return verdict;
}

static void gap(void *state, enum side from, uint64_t lost)
{
    struct http1 *http = state;
    struct http_half *half = &http->halves[from];

    if (http->upgraded != NULL) {
        http2_dissector.gap(http->upgraded, from, lost);
        return;
    }
    http->queue.is_unsure = true;
    if (half->part != PART_WAIT) {
        (void)http_lose(half);
    }
}

static void end(void *state, const struct emitter *out)
{
    struct http1 *http = state;

    http_queue_end(&http->queue, &http->link, out);
    free(http->tunnel_target);
    http->tunnel_target = NULL;
    if (http->upgraded != NULL) {
        http2_dissector.end(http->upgraded, out);
        free(http->upgraded);
        http->upgraded = NULL;
    }
}

static size_t kept(const void *state)
{
    const struct http1 *http = state;

    return http_queue_kept(&http->queue) +
           (http->upgraded != NULL ? http2_dissector.kept(http->upgraded) : 0);
}

static uint64_t overlong(const void *state)
{
    const struct http1 *http = state;

    return http->upgraded != NULL ? http2_dissector.overlong(http->upgraded) : 0;
}

static enum probe probe(struct bytes client, struct bytes server)
{
    enum probe request = http_probe_request(client);
    enum probe answer = http_probe_answer(server);

    if (request == PROBE_YES || answer == PROBE_YES) {
        return PROBE_YES;
    }
    /* nothing of a side says nothing */
    if ((client.len > 0 && request == PROBE_MAYBE) || (server.len > 0 && answer == PROBE_MAYBE)) {
        return PROBE_MAYBE;
    }
    return client.len == 0 && server.len == 0 ? PROBE_MAYBE : PROBE_NO;
}

static const char *tunnel_target(void *state)
{
    const struct http1 *http = state;

    return http->tunnel_target;
}

const struct dissector http_dissector = {
    .name = "http",
    .service = SERVICE_HTTP,
    .state_size = sizeof(struct http1),
    .hot_size = offsetof(struct http1, queue.open[1]),
    .max_pending = MAX_BLOCK,
    .probe = probe,
    .feed = feed,
    .gap = gap,
    .end = end,
    .kept = kept,
    .overlong = overlong,
    .tunnel_target = tunnel_target,
    .tunnel = TUNNEL_CONNECT,
};
