#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/dissectors/http/http2_frames.h"

#define START PREFACE, SETTINGS(SIDE_CLIENT, ""), SETTINGS(SIDE_SERVER, "")

/* dXNlcjpwYXNz is user:pass. */
#define BASIC     "authorization: Basic dXNlcjpwYXNz\n"
#define GET(path) "#8287\n:path: " path "\n:authority: web\n"
#define REQUEST   GET("/") BASIC
/* Leaves as places 62 and 63 the path and the login. */
#define ADDED_REQUEST "#8287\n:authority: web\n+authorization: Basic dXNlcjpwYXNz\n+:path: /ews/\n"

#define SAYS(service, frame, rest)                                                                 \
    "auth service=" service " frame=" frame " mechanism=http-basic " rest "\n"
#define LOGIN(frame, outcome, code)                                                                \
    SAYS("http", frame,                                                                            \
         "outcome=" outcome " user=user server_code=" code                                         \
         " password_seen host=web path=/ method=GET")
#define UNANSWERED(frame)                                                                          \
    SAYS("http", frame, "outcome=unknown user=user password_seen host=web path=/ method=GET")
#define EWS(frame, outcome, code)                                                                  \
    SAYS("ews", frame,                                                                             \
         "outcome=" outcome " user=user server_code=" code                                         \
         " password_seen host=web path=/ews/ method=GET")

static const struct written_talk messages[] = {
    {
        "a login names its user and is dated by its request",
        {START, ASK(1, REQUEST), ANSWER(1, "#88\n")},
        LOGIN("4", "accepted", "200"),
    },
    {
        "requests without a credential say nothing, whatever is answered",
        {START, ASK(1, GET("/") "cookie: a=b\nuser-agent: x\n"), ANSWER(1, ":status: 403\n")},
        "",
    },
    {
        "answers belong to their streams, whatever their order",
        {START, ASK(1, REQUEST), ASK(3, GET("/x")), ASK(5, REQUEST), ANSWER(5, "#88\n"),
         ANSWER(3, "#8d\n"), ANSWER(1, ":status: 401\n")},
        LOGIN("6", "accepted", "200") LOGIN("4", "rejected", "401"),
    },
    {
        "a login that is indexed counts on every request that repeats it",
        {START, ASK(1, ADDED_REQUEST), ANSWER(1, "#88\n"),
         ASK(3, "#8287\n:authority: web\n#bebf\n"), ANSWER(3, ":status: 401\n"),
         ASK(5, "#8287\n:authority: web\n#bebf\n"), ANSWER(5, "#88\n")},
        EWS("4", "accepted", "200") EWS("6", "rejected", "401") EWS("8", "accepted", "200"),
    },
    {
        "the last answer counts, not those on the way",
        {START, ASK(1, REQUEST), ANSWER(1, ":status: 103\nlink: </x>\n"),
         ANSWER(1, ":status: 401\nwww-authenticate: Basic\n")},
        LOGIN("4", "rejected", "401"),
    },
    {
        "trailers are neither requests nor answers",
        {START, FRAME(SIDE_CLIENT, HTTP2_HEADERS, HTTP2_END_HEADERS, 1, REQUEST),
         FRAME(SIDE_CLIENT, HTTP2_DATA, 0, 1, "body"), ASK(1, BASIC), ANSWER(1, "#88\n"),
         FRAME(SIDE_SERVER, HTTP2_DATA, 0, 1, "body"), ANSWER(1, "grpc-status: 0\n")},
        LOGIN("4", "accepted", "200"),
    },
    {
        "a block goes on in further frames, cut anywhere",
        {START, FRAME(SIDE_CLIENT, HTTP2_HEADERS, HTTP2_END_STREAM, 1, GET("/") "#00 0d 6175\n"),
         FRAME(SIDE_CLIENT, HTTP2_CONTINUATION, 0, 1, "#74686f72697a6174696f6e\n"),
         FRAME(SIDE_CLIENT, HTTP2_CONTINUATION, 0, 1, ""),
         FRAME(SIDE_CLIENT, HTTP2_CONTINUATION, HTTP2_END_HEADERS, 1,
               "#12 4261736963206458 4e6c636a7077 59584e7a\n"),
         FRAME(SIDE_SERVER, HTTP2_HEADERS, HTTP2_END_STREAM, 1, "#88\n"),
         FRAME(SIDE_SERVER, HTTP2_CONTINUATION, HTTP2_END_HEADERS, 1, "server: x\n")},
        LOGIN("7", "accepted", "200"),
    },
    {
        "padding and priority are no part of a block",
        {START,
         FRAME(SIDE_CLIENT, HTTP2_HEADERS, HTTP2_END_HEADERS | HTTP2_PADDED | HTTP2_HAS_PRIORITY, 1,
               "#03 80000000ff\n" REQUEST "#808080\n"),
         FRAME(SIDE_SERVER, HTTP2_HEADERS, HTTP2_END_HEADERS | HTTP2_PADDED, 1, "#01 88 80\n")},
        LOGIN("4", "accepted", "200"),
    },
    {
        "what a push promise adds is known, and it is nobody's request",
        {START, ASK(1, REQUEST),
         FRAME(SIDE_SERVER, HTTP2_PUSH_PROMISE, HTTP2_END_HEADERS, 1,
               "\0\0\0\002\x82\x87\x84\x48\003401\x57\x12"
               "Basic dXNlcjpwYXNz"),
         ANSWER(2, "#88\n"), ANSWER(1, "#bf\n")},
        LOGIN("4", "rejected", "401"),
    },
    {
        "frames of no interest, known and unknown, are passed over",
        {START, FRAME(SIDE_CLIENT, HTTP2_PRIORITY, 0, 3, "\0\0\0\0\x10"),
         FRAME(SIDE_CLIENT, HTTP2_WINDOW_UPDATE, 0, 0, "\0\001\0\0"),
         FRAME(SIDE_CLIENT, HTTP2_PING, 0, 0, "12345678"), FRAME(SIDE_CLIENT, 0xbe, 0xef, 7, "??"),
         ASK(1, REQUEST), FRAME(SIDE_SERVER, HTTP2_SETTINGS, HTTP2_ACK, 0, ""),
         FRAME(SIDE_SERVER, 10, 0, 0, "\0\0h3"), ANSWER(1, "#88\n")},
        LOGIN("8", "accepted", "200"),
    },
    {
        "a stream that is reset has no answer",
        {START, ASK(1, REQUEST), FRAME(SIDE_SERVER, HTTP2_RST_STREAM, 0, 1, "\0\0\0\010"),
         ANSWER(1, "#88\n")},
        UNANSWERED("4"),
    },
    {
        "what a server goes away from is not answered, what came before is",
        {START, ASK(1, REQUEST), ASK(3, REQUEST),
         FRAME(SIDE_SERVER, HTTP2_GOAWAY, 0, 0, "\0\0\0\001\0\0\0\0bye"), ANSWER(1, "#88\n")},
        UNANSWERED("5") LOGIN("4", "accepted", "200"),
    },
    {
        "a stream that ends without a status has no answer",
        {START, ASK(1, REQUEST), FRAME(SIDE_SERVER, HTTP2_DATA, HTTP2_END_STREAM, 1, "x")},
        UNANSWERED("4"),
    },
    {
        "a device is told from the query of its request",
        {START,
         ASK(1, "#8387\n:path: /Microsoft-Server-ActiveSync?Cmd=Sync&DeviceId=abc&DeviceType=SM\n"
                ":authority: mail.contoso.com:8443\nuser-agent: Samsung\n" BASIC),
         ANSWER(1, ":status: 200\nms-server-activesync: 15.2\n")},
        SAYS("eas", "4",
             "outcome=accepted user=user server_code=200 password_seen host=mail.contoso.com "
             "path=/Microsoft-Server-ActiveSync method=POST device_id=abc device_type=SM "
             "software=Samsung"),
    },
    {
        "a host stands in for the authority",
        {START, ASK(1, "#8287\n:path: /\nhost: web\n" BASIC), ANSWER(1, "#88\n")},
        LOGIN("4", "accepted", "200"),
    },
    {
        "a refusal that offers no Basic is a policy",
        {START, ASK(1, GET("/ews/") BASIC),
         ANSWER(1, ":status: 401\nwww-authenticate: Bearer\nwww-authenticate: Negotiate, NTLM\n")},
        SAYS("ews", "4",
             "outcome=blocked reason=basic-disabled user=user server_code=401 password_seen "
             "host=web path=/ews/ method=GET"),
    },
    {
        "an anonymous request to an app is told, one with a crumb of a cookie is not",
        {START, ASK(1, GET("/ews/")), ANSWER(1, ":status: 401\nwww-authenticate: Basic\n"),
         ASK(3, GET("/ews/") "cookie: a=b\ncookie: c=d\n"), ANSWER(3, "#88\n")},
        "auth service=ews frame=4 mechanism=none outcome=challenged server_code=401 host=web "
        "path=/ews/ method=GET\n",
    },
    {
        "a table that was allowed to grow is read as it grew",
        {PREFACE, SETTINGS(SIDE_CLIENT, ""), SETTINGS(SIDE_SERVER, "\0\001\0\001\0\0"),
         ASK(1, "#3fe1ff03\n" ADDED_REQUEST), ANSWER(1, "#88\n"),
         ASK(3, "#8287\n:authority: web\n#bebf\n"), ANSWER(3, "#88\n")},
        EWS("4", "accepted", "200") EWS("6", "accepted", "200"),
    },
    {
        "a table that shrinks forgets",
        {START, ASK(1, ADDED_REQUEST), ANSWER(1, "#88\n"),
         ASK(3, "#20 8287\n:authority: web\n#bebf\n"), ANSWER(3, "#88\n")},
        EWS("4", "accepted", "200"),
    },
};

static const struct written_talk proxies[] = {
    {
        "what is given to a proxy is the proxy's, and its tunnel is not read",
        {START,
         FRAME(SIDE_CLIENT, HTTP2_HEADERS, HTTP2_END_HEADERS, 1,
               ":method: CONNECT\n:authority: mail.contoso.com:443\n"
               "proxy-authorization: Basic dXNlcjpwYXNz\n"),
         ANSWER(1, "#88\n"),
         FRAME(SIDE_CLIENT, HTTP2_DATA, 0, 1,
               "GET / HTTP/1.1\r\nHost: web\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n")},
        SAYS("proxy", "4",
             "outcome=accepted user=user server_code=200 password_seen host=mail.contoso.com "
             "method=CONNECT"),
    },
    {
        "a proxy refuses",
        {START,
         ASK(1, ":method: CONNECT\n:authority: mail.contoso.com:443\n"
                "proxy-authorization: Basic dXNlcjpwYXNz\n"),
         ANSWER(1, ":status: 407\nproxy-authenticate: Basic realm=x\n")},
        SAYS("proxy", "4",
             "outcome=rejected user=user server_code=407 password_seen host=mail.contoso.com "
             "method=CONNECT"),
    },
    {
        "NTLM goes through its legs, each on its stream",
        {START,
         ASK(1, GET("/ews/") "authorization: NTLM TlRMTVNTUAABAAAAB4IIAAAAAAAAAAAAAAAAAAAAAAA=\n"),
         ANSWER(1, ":status: 401\nwww-authenticate: NTLM TlRMTVNTUAACAAAA\n")},
        "auth service=ews frame=4 mechanism=http-ntlm outcome=challenged server_code=401 host=web "
        "path=/ews/ method=GET\n",
    },
};

#define NO_PATH(frame, outcome, code)                                                              \
    SAYS("http", frame,                                                                            \
         "outcome=" outcome " user=user server_code=" code " password_seen host=web method=GET")

static const struct written_talk losses[] = {
    {
        "a hole in a body costs nothing",
        {START, ASK(1, ADDED_REQUEST), ANSWER(1, "#88\n"),
         RAW(SIDE_SERVER, "\0\0\013\0\0\0\0\0\001"
                          "12345"),
         HOLE(SIDE_SERVER, 6), ASK(3, "#8287\n:authority: web\n#bebf\n"), ANSWER(3, "#88\n")},
        EWS("4", "accepted", "200") EWS("8", "accepted", "200"),
    },
    {
        "after a hole what a request refers to is not known, and what it says is",
        {START, ASK(1, ADDED_REQUEST), ANSWER(1, "#88\n"), HOLE(SIDE_CLIENT, 100),
         ASK(3, "#8287\n:authority: web\n#be\n" BASIC), ANSWER(3, "#88\n"),
         ASK(5, "#8287\n:authority: web\n#bebf\n"), ANSWER(5, "#88\n"), ASK(7, ADDED_REQUEST),
         ANSWER(7, "#88\n"), ASK(9, "#8287\n:authority: web\n#bebf\n"), ANSWER(9, "#88\n")},
        EWS("4", "accepted", "200") NO_PATH("7", "accepted", "200") EWS("11", "accepted", "200")
            EWS("13", "accepted", "200"),
    },
    {
        "after a hole the next frame is searched for",
        {START, ASK(1, REQUEST), HOLE(SIDE_CLIENT, 100),
         RAW(SIDE_CLIENT, "\0\0\0\0\0the rest of a body\0\0\005\001\005\0\0\0\004 and such\0"),
         ASK(3, REQUEST), ANSWER(3, "#88\n"), ANSWER(1, "#88\n")},
        LOGIN("7", "accepted", "200") LOGIN("4", "accepted", "200"),
    },
    {
        "an answer whose status is not known leaves its request without one",
        {START, ASK(1, REQUEST), HOLE(SIDE_SERVER, 100),
         FRAME(SIDE_SERVER, HTTP2_SETTINGS, 0, 0, "\0\003\0\0\0\144"),
         ANSWER(1, "#be\nserver: x\n"), FRAME(SIDE_SERVER, HTTP2_DATA, HTTP2_END_STREAM, 1, "x")},
        UNANSWERED("4"),
    },
    {
        "a refusal of which fields are not known is unclear",
        {START, ASK(1, GET("/ews/") BASIC), ASK(3, GET("/ews/") BASIC), HOLE(SIDE_SERVER, 100),
         ANSWER(1, ":status: 401\n#be\nwww-authenticate: Bearer\n"),
         ANSWER(3, ":status: 401\n#be\nwww-authenticate: Basic\n")},
        SAYS("ews", "4",
             "outcome=unknown reason=unclear user=user server_code=401 password_seen host=web "
             "path=/ews/ method=GET") EWS("5", "rejected", "401"),
    },
    {
        "no answer is taken for one of a request that was not seen",
        {START, HOLE(SIDE_CLIENT, 100), ANSWER(1, ":status: 401\nwww-authenticate: Basic\n"),
         ASK(3, REQUEST), ANSWER(3, "#88\n")},
        LOGIN("6", "accepted", "200"),
    },
    {
        "an anonymous request may have a credential that is not known",
        {START, HOLE(SIDE_CLIENT, 100), ASK(1, GET("/ews/") "#be\n"), ANSWER(1, "#88\n")},
        "",
    },
};

static const struct written_talk joins[] = {
    {
        "a connection is joined at a request",
        {ASK(9, "#8287\n:authority: web\n#be\n" BASIC), ANSWER(9, "#88\n"), ASK(11, ADDED_REQUEST),
         ANSWER(11, "#88\n"), ASK(13, "#8287\n:authority: web\n#bebf\n"), ANSWER(13, "#88\n")},
        NO_PATH("1", "accepted", "200") EWS("3", "accepted", "200") EWS("5", "accepted", "200"),
    },
    {
        "a connection is joined at an answer",
        {ANSWER(7, "#88\n"), FRAME(SIDE_SERVER, HTTP2_DATA, HTTP2_END_STREAM, 7, "body"),
         ASK(9, REQUEST), ANSWER(9, "#88\n")},
        LOGIN("3", "accepted", "200"),
    },
    {
        "a connection is joined at frames of no interest",
        {FRAME(SIDE_CLIENT, HTTP2_PING, 0, 0, "12345678"),
         FRAME(SIDE_CLIENT, HTTP2_WINDOW_UPDATE, 0, 7, "\0\001\0\0"), ASK(9, REQUEST),
         ANSWER(9, "#88\n")},
        LOGIN("3", "accepted", "200"),
    },
    {
        "of the client alone logins are told, without an outcome",
        {PREFACE, SETTINGS(SIDE_CLIENT, ""), ASK(1, REQUEST)},
        UNANSWERED("3"),
    },
    {
        "of the server alone offers are told",
        {SETTINGS(SIDE_SERVER, "\0\003\0\0\0\144"),
         ANSWER(1, ":status: 401\nwww-authenticate: Basic realm=x\nserver: IIS\n")},
        "offer service=http frame=2 mechanisms=http-basic banner=IIS\n",
    },
    {
        "little-endian numbers and zeros are no connection",
        {RAW(SIDE_CLIENT, "\0\0\0\004\0\0\0\0\0\0\0\0\005\0\0\0\001\0\0\0\0\0"),
         RAW(SIDE_SERVER, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
        "",
    },
};

#define UPGRADE                                                                                    \
    "GET / HTTP/1.1\r\nHost: web\r\nAuthorization: Basic dXNlcjpwYXNz\r\n"                         \
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"                                      \
    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
#define SWITCH "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"

static const struct written_talk upgrades[] = {
    {
        "the answer to a request that upgrades comes on stream 1",
        {RAW(SIDE_CLIENT, UPGRADE), RAW(SIDE_SERVER, SWITCH),
         SETTINGS(SIDE_SERVER, "\0\003\0\0\0\144"), ANSWER(1, "#88\n"), PREFACE,
         SETTINGS(SIDE_CLIENT, ""), ASK(3, REQUEST), ANSWER(3, ":status: 401\n")},
        LOGIN("1", "accepted", "200") LOGIN("7", "rejected", "401"),
    },
    {
        "a client is followed without the server's consent",
        {RAW(SIDE_CLIENT, UPGRADE), PREFACE, SETTINGS(SIDE_CLIENT, ""), ASK(3, REQUEST)},
        UNANSWERED("1") UNANSWERED("4"),
    },
    {
        "the consent may come late",
        {RAW(SIDE_CLIENT, UPGRADE), PREFACE, SETTINGS(SIDE_CLIENT, ""), RAW(SIDE_SERVER, SWITCH),
         SETTINGS(SIDE_SERVER, ""), ANSWER(1, "#88\n")},
        LOGIN("1", "accepted", "200"),
    },
    {
        "a server that does not upgrade answers as ever",
        {RAW(SIDE_CLIENT, UPGRADE),
         RAW(SIDE_SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
         RAW(SIDE_CLIENT, UPGRADE),
         RAW(SIDE_SERVER, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")},
        LOGIN("1", "accepted", "200") LOGIN("3", "rejected", "401"),
    },
};

static const struct written_talk malformed[] = {
    {
        "a block that cannot be decoded says nothing, and the table after it nothing either",
        {START, ASK(1, REQUEST "#80\n"), ANSWER(1, "#88\n"), ASK(3, ADDED_REQUEST "#80\n"),
         ASK(5, "#8287\n:authority: web\n#bebf\n"), ASK(7, REQUEST), ANSWER(7, "#88\n")},
        LOGIN("8", "accepted", "200"),
    },
    {
        "padding longer than its frame is none",
        {START,
         FRAME(SIDE_CLIENT, HTTP2_HEADERS, HTTP2_END_HEADERS | HTTP2_PADDED, 1, "#ff\n" REQUEST)},
        "",
    },
    {
        "a frame within a block ends it",
        {START, FRAME(SIDE_CLIENT, HTTP2_HEADERS, 0, 1, REQUEST),
         FRAME(SIDE_CLIENT, HTTP2_PING, 0, 0, "12345678"),
         FRAME(SIDE_CLIENT, HTTP2_CONTINUATION, HTTP2_END_HEADERS, 1, BASIC)},
        "",
    },
    {
        "a block that goes on where none began is none",
        {START, FRAME(SIDE_CLIENT, HTTP2_CONTINUATION, HTTP2_END_HEADERS, 1, REQUEST)},
        "",
    },
    {
        "no request is on stream 0 or on a server's",
        {START, ASK(0, REQUEST), ASK(2, REQUEST)},
        "",
    },
    {
        "a stream is opened once",
        {START, ASK(3, REQUEST), ASK(3, REQUEST), ASK(1, REQUEST), ANSWER(3, "#88\n")},
        LOGIN("4", "accepted", "200"),
    },
    {
        "fields that come twice count once",
        {START, ASK(1, "#8287\n:path: /\n:path: /ews/\n:authority: web\n:authority: evil\n" BASIC),
         ANSWER(1, ":status: 200\n:status: 401\n")},
        LOGIN("4", "accepted", "200"),
    },
};

static void messages_are_read(void **state)
{
    (void)state;
    run_frames(messages, sizeof(messages) / sizeof(messages[0]), NULL);
    run_frames(messages, sizeof(messages) / sizeof(messages[0]), "http2");
}

static void proxies_are_told(void **state)
{
    (void)state;
    run_frames(proxies, sizeof(proxies) / sizeof(proxies[0]), NULL);
}

static void losses_are_survived(void **state)
{
    (void)state;
    run_frames(losses, sizeof(losses) / sizeof(losses[0]), NULL);
}

static void connections_are_joined(void **state)
{
    (void)state;
    run_frames(joins, sizeof(joins) / sizeof(joins[0]), NULL);
}

static void upgrades_are_followed(void **state)
{
    (void)state;
    run_frames(upgrades, sizeof(upgrades) / sizeof(upgrades[0]), NULL);
}

static void what_is_malformed_says_nothing(void **state)
{
    (void)state;
    run_frames(malformed, sizeof(malformed) / sizeof(malformed[0]), NULL);
}

/* A connection that is fed frame by frame. */
struct line {
    struct conversation *conversation;
    struct emitter emitter;
    struct moment now;
    unsigned num_told;
    unsigned num_accepted;
};

static void on_event(void *ctx, struct event *event)
{
    struct line *line = ctx;

    if (event->kind == EVENT_AUTH) {
        line->num_told++;
        line->num_accepted += event->auth.outcome == OUTCOME_ACCEPTED;
    }
}

static void send_frame(struct line *line, struct written_frame frame)
{
    uint8_t out[1024];
    size_t len = write_frame(&frame, out, sizeof(out));

    assert_true(conversation_feed(line->conversation, frame.from, bytes_view(out, len)));
}

static void call(struct line *line)
{
    *line = (struct line){.num_told = 0};
    line->emitter = (struct emitter){on_event, line, &line->now};
    line->conversation = conversation_new(&line->emitter, NULL);
    assert_non_null(line->conversation);
    send_frame(line, (struct written_frame)PREFACE);
    send_frame(line, (struct written_frame)SETTINGS(SIDE_CLIENT, ""));
}

static void streams_that_are_too_many_are_given_up_oldest_first(void **state)
{
    struct session_summary summary;
    struct line line;

    (void)state;
    call(&line);
    for (uint32_t i = 0; i < 300; i++) {
        send_frame(&line, (struct written_frame)ASK(2 * i + 1, REQUEST));
    }
    assert_int_equal(line.num_told, 300 - 256);
    for (uint32_t i = 0; i < 300; i++) {
        send_frame(&line, (struct written_frame)ANSWER(2 * i + 1, "#88\n"));
    }
    assert_int_equal(line.num_told, 300);
    assert_int_equal(line.num_accepted, 256);
    conversation_end(line.conversation, &summary);
    assert_int_equal(summary.overlong, 300 - 256);
}

static void a_flood_of_continuations_is_not_kept(void **state)
{
    struct session_summary summary;
    struct line line;

    (void)state;
    call(&line);
    send_frame(&line, (struct written_frame)FRAME(SIDE_CLIENT, HTTP2_HEADERS, 0, 1, REQUEST));
    for (int i = 0; i < 2000; i++) {
        send_frame(&line, (struct written_frame)FRAME(
                              SIDE_CLIENT, HTTP2_CONTINUATION, 0, 1,
                              "x: 0123456789012345678901234567890123456789012345678901234567890123"
                              "456789012345678901234567890123456789012345678901234567890123456\n"));
        assert_true(conversation_kept(line.conversation) < 100000);
    }
    send_frame(&line, (struct written_frame)FRAME(SIDE_CLIENT, HTTP2_CONTINUATION,
                                                  HTTP2_END_HEADERS, 1, BASIC));
    assert_true(conversation_kept(line.conversation) < 1000);
    send_frame(&line, (struct written_frame)ASK(3, REQUEST));
    send_frame(&line, (struct written_frame)SETTINGS(SIDE_SERVER, ""));
    send_frame(&line, (struct written_frame)ANSWER(3, "#88\n"));
    assert_int_equal(line.num_accepted, 1);
    conversation_end(line.conversation, &summary);
    assert_int_equal(line.num_told, 1);
    assert_int_equal(summary.overlong, 1);
}

/* A field may be one byte, and each that is looked at costs as much as a hundred. */
static void a_block_of_many_small_fields_is_not_looked_at_to_its_end(void **state)
{
    static const size_t nums[] = {100, 600};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct written_frame frame = ASK(1, "");
        struct session_summary summary;
        char block[2048] = "#";
        struct line line;

        for (size_t k = 0; k < nums[i]; k++) { /* accept-encoding */
            memcpy(block + 1 + 2 * k, "90", 2);
        }
        memcpy(block + 1 + 2 * nums[i], "\n" REQUEST, sizeof("\n" REQUEST));
        frame.payload = block;
        frame.len = strlen(block);
        call(&line);
        send_frame(&line, frame);
        conversation_end(line.conversation, &summary);
        assert_int_equal(line.num_told, i == 0);
    }
}

static void a_search_for_a_frame_ends(void **state)
{
    static const uint8_t decoy[] = {0, 0x3f, 0xf0, 1, 4, 0, 0, 0, 1};
    static uint8_t decoys[60 * 1024];
    struct session_summary summary;
    struct line line;

    (void)state;
    for (size_t i = 0; i < sizeof(decoys); i++) {
        decoys[i] = decoy[i % sizeof(decoy)];
    }
    call(&line);
    assert_true(conversation_gap(line.conversation, SIDE_CLIENT, 100));
    for (int i = 0; i < 4; i++) {
        assert_true(
            conversation_feed(line.conversation, SIDE_CLIENT, bytes_view(decoys, sizeof(decoys))));
    }
    assert_true(conversation_skippable(line.conversation, SIDE_CLIENT) > 1u << 30);
    conversation_end(line.conversation, &summary);
}

static void bodies_are_skipped_and_not_kept(void **state)
{
    struct session_summary summary;
    struct line line;
    static uint8_t body[HTTP2_FRAME_HEADER + 1000] = {0x0f, 0xff, 0xff, 0, 0, 0, 0, 0, 1};

    (void)state;
    call(&line);
    assert_true(conversation_feed(line.conversation, SIDE_CLIENT, bytes_view(body, sizeof(body))));
    assert_int_equal(conversation_skippable(line.conversation, SIDE_CLIENT), 0x0fffff - 1000);
    assert_int_equal(conversation_kept(line.conversation), 0);
    conversation_end(line.conversation, &summary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_read),
        cmocka_unit_test(proxies_are_told),
        cmocka_unit_test(losses_are_survived),
        cmocka_unit_test(connections_are_joined),
        cmocka_unit_test(upgrades_are_followed),
        cmocka_unit_test(what_is_malformed_says_nothing),
        cmocka_unit_test(streams_that_are_too_many_are_given_up_oldest_first),
        cmocka_unit_test(a_flood_of_continuations_is_not_kept),
        cmocka_unit_test(a_block_of_many_small_fields_is_not_looked_at_to_its_end),
        cmocka_unit_test(a_search_for_a_frame_ends),
        cmocka_unit_test(bodies_are_skipped_and_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
