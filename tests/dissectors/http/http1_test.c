#include "tests/support/talk.h"

/* dXNlcjpwYXNz is user:pass. */
#define BASIC         "Authorization: Basic dXNlcjpwYXNz\r\n"
#define GET(path)     "GET " path " HTTP/1.1\r\nHost: web\r\n"
#define EMPTY(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"

#define LOGIN(frame, outcome, code)                                                                \
    "auth service=http frame=" frame " mechanism=http-basic outcome=" outcome                      \
    " user=user server_code=" code " password_seen host=web path=/ method=GET\n"
#define UNANSWERED(frame)                                                                          \
    "auth service=http frame=" frame " mechanism=http-basic outcome=unknown user=user"             \
    " password_seen host=web path=/ method=GET\n"

static const struct talk messages[] = {
    {
        "a login names its user and is dated by its request",
        {C(GET("/") BASIC "\r\n"), S(EMPTY("200 OK"))},
        LOGIN("1", "accepted", "200"),
    },
    {
        "requests without a credential say nothing, whatever is answered",
        {C(GET("/") "Cookie: a=b\r\nUser-Agent: x\r\n\r\n"), S(EMPTY("200 OK")),
         C(GET("/x") "\r\n"), S(EMPTY("403 No"))},
        "",
    },
    {
        "a persistent connection has a login a request",
        {C(GET("/") BASIC "\r\n"), S(EMPTY("200 OK")), C(GET("/") BASIC "\r\n"), S(EMPTY("401 No")),
         C(GET("/") BASIC "\r\n"), S(EMPTY("302 There"))},
        LOGIN("1", "accepted", "200")
            LOGIN("3", "rejected",
                  "401") "auth service=http frame=5 mechanism=http-basic outcome=accepted "
                         "reason=redirected "
                         "user=user server_code=302 password_seen host=web path=/ method=GET\n",
    },
    {
        "pipelined requests are answered in order",
        {C(GET("/") BASIC "\r\n" GET("/a") "\r\n" GET("/") BASIC "\r\n"),
         S(EMPTY("200 OK") EMPTY("404 No") EMPTY("401 No"))},
        LOGIN("1", "accepted", "200") LOGIN("1", "rejected", "401"),
    },
    {
        "more pipelined requests than are waited for keep the order of the rest",
        {C(GET("/") BASIC "\r\n" GET("/2") "\r\n" GET("/3") "\r\n" GET("/4") "\r\n" GET(
             "/5") "\r\n" GET("/6") "\r\n" GET("/7") "\r\n" GET("/8") "\r\n" GET("/9") "\r\n"),
         C(GET("/10") "\r\n" GET("/11") "\r\n" GET("/12") "\r\n" GET("/13") "\r\n" GET(
             "/14") "\r\n" GET("/15") "\r\n" GET("/16") "\r\n" GET("/") BASIC "\r\n"),
         S(EMPTY("401 a") EMPTY("404 b") EMPTY("404 c") EMPTY("404 d") EMPTY("404 e") EMPTY("404 f")
               EMPTY("404 g") EMPTY("404 h") EMPTY("404 i") EMPTY("404 j")),
         S(EMPTY("404 k") EMPTY("404 l") EMPTY("404 m") EMPTY("404 n") EMPTY("404 o") EMPTY("404 p")
               EMPTY("200 q"))},
        UNANSWERED("1") LOGIN("2", "accepted", "200"),
    },
    {
        "bodies of known length are passed over, even when they look like messages",
        {C("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 60\r\n" BASIC "\r\n"
           "GET /evil HTTP/1.1\r\n" BASIC "\r\n\r\n"
           "!" GET("/") BASIC "\r\n"),
         S("HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\nHTTP/1.1 401 Evil\r\n\r\n1234"
           "HTTP/1.1 204 None\r\n\r\n")},
        "auth service=http frame=1 mechanism=http-basic outcome=accepted user=user "
        "server_code=200 password_seen host=web path=/ method=POST\n"
        "auth service=http frame=1 mechanism=http-basic outcome=accepted user=user "
        "server_code=204 password_seen host=web path=/ method=GET\n",
    },
    {
        "chunked bodies are passed over, with extensions and trailers",
        {C("POST / HTTP/1.1\r\nHost: web\r\ntransfer-encoding: gzip, Chunked\r\n\r\n"
           "5;name=\"v\"\r\n12345\r\n0A\r\nGET / HTTP\r\n0\r\nX-Sum: 1\r\n\r\n" GET("/") BASIC
           "\r\n"),
         S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
           "13\r\nHTTP/1.1 401 No\r\n\r\n\r\n0\r\n\r\n" EMPTY("200 OK"))},
        LOGIN("1", "accepted", "200"),
    },
    {
        "an answer without a length goes on to the end",
        {C(GET("/") BASIC "\r\n"), S("HTTP/1.0 200 OK\r\n\r\nHTTP/1.1 401 No\r\n\r\n"),
         C(GET("/") "Authorization: Basic ZXZlOnBhc3M=\r\n\r\n"), S(EMPTY("401 body"))},
        LOGIN("1", "accepted", "200") "auth service=http frame=3 mechanism=http-basic "
                                      "outcome=unknown user=eve password_seen "
                                      "host=web path=/ method=GET\n",
    },
    {
        "an unanswered repeat of what was answered on the same connection tells nothing",
        {C(GET("/") BASIC "\r\n"), S(EMPTY("401 No")), C(GET("/a") BASIC "\r\n")},
        LOGIN("1", "rejected", "401"),
    },
    {
        "but a first attempt does, and so does one that was answered for another service",
        {C(GET("/") BASIC "\r\n"), S(EMPTY("200 OK")),
         C("POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: web\r\n" BASIC "\r\n")},
        LOGIN("1", "accepted", "200") "auth service=ews frame=3 mechanism=http-basic "
                                      "outcome=unknown user=user password_seen "
                                      "host=web path=/EWS/Exchange.asmx method=POST\n",
    },
    {
        "answers to HEAD and without content have no body, whatever their length says",
        {C("HEAD / HTTP/1.1\r\nHost: web\r\n\r\n"),
         S("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"), C(GET("/") BASIC "\r\n"),
         S("HTTP/1.1 304 Same\r\nContent-Length: 999\r\n\r\n"), C(GET("/") BASIC "\r\n"),
         S("HTTP/1.1 204 None\r\n\r\n")},
        LOGIN("3", "accepted", "304") LOGIN("5", "accepted", "204"),
    },
    {
        "interim answers are no answers",
        {C("POST / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 4\r\n" BASIC
           "\r\n"),
         S("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), C("body"),
         S(EMPTY("201 Made"))},
        "auth service=http frame=1 mechanism=http-basic outcome=accepted user=user "
        "server_code=201 password_seen host=web path=/ method=POST\n",
    },
    {
        "a body that was asked for in vain is not sent",
        {C("POST / HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 999\r\n\r\n"),
         S("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"),
         C(GET("/") BASIC "\r\n"), S(EMPTY("200 OK"))},
        LOGIN("3", "accepted", "200"),
    },
    {
        "after an upgrade the connection is not HTTP any more",
        {C(GET("/") BASIC "Upgrade: websocket\r\n\r\n"),
         S("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"), C(GET("/") BASIC "\r\n")},
        "auth service=http frame=1 mechanism=http-basic outcome=unknown user=user "
        "server_code=101 password_seen host=web path=/ method=GET\n",
    },
    {
        "bare line feeds, blank lines before and odd spacing do not matter",
        {C("\r\n\nget  /  http/1.1 \nHOST:web\nauthorization:basic \t  dXNlcjpwYXNz\t\n\n"),
         S("HTTP/1.1 200\nContent-Length : 0\n\n")},
        "auth service=http frame=1 mechanism=http-basic outcome=accepted user=user "
        "server_code=200 password_seen host=web path=/ method=get\n",
    },
    {
        "a folded header is one line",
        {C(GET("/") "Authorization:\r\n Basic\r\n\tdXNl\r\n cjpwYXNz\r\n\r\n"), S(EMPTY("200 OK"))},
        LOGIN("1", "accepted", "200"),
    },
    {
        "a target may be absolute, as it is to a proxy",
        {C("GET http://User@Mail.contoso.com:81/?a=/b HTTP/1.1\r\nHost: web\r\n" BASIC "\r\n"),
         S(EMPTY("200 OK"))},
        "auth service=http frame=1 relayed mechanism=http-basic outcome=accepted user=user "
        "server_code=200 password_seen host=Mail.contoso.com path=/ method=GET\n",
    },
    {
        "the frame is that of the packet that completes the header block",
        {C("GET / HTTP/1.1\r\nHost: web\r\nAuthorization: Bas"), C("ic dXNlcjpwYXNz\r\n"),
         C("\r\n"), S(EMPTY("200 OK"))},
        LOGIN("3", "accepted", "200"),
    },
    {
        "the client's side alone leaves outcomes unknown",
        {C(GET("/") BASIC "\r\n"), C(GET("/") BASIC "\r\n")},
        UNANSWERED("1") UNANSWERED("2"),
    },
    {
        "the server's side alone tells what it offers",
        {S("HTTP/1.1 401 No\r\nServer: Microsoft-IIS/10.0\r\nWWW-Authenticate: Negotiate, "
           "NTLM\r\nWWW-Authenticate: Basic realm=\"a, Digest b\", charset = \"UTF-8\", Bearer "
           "x=y\r\nX-FEServer: EX1\r\nContent-Length: 0\r\n\r\n"),
         S("HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n")},
        "offer service=http frame=1 mechanisms=\"http-negotiate-kerberos http-ntlm http-basic "
        "http-bearer\" banner=Microsoft-IIS/10.0 exchange_headers\n",
    },
    {
        "an Exchange server is told once, by its headers",
        {S("HTTP/1.1 200 OK\r\nx-feserver: EX1\r\nContent-Length: 0\r\n\r\n"),
         S("HTTP/1.1 200 OK\r\nX-FEServer: EX1\r\nContent-Length: 0\r\n\r\n")},
        "offer service=http frame=1 exchange_headers\n",
    },
};

static const struct talk holes[] = {
    {
        "after a hole the next request is found, behind the rest of a body",
        {C(GET("/a") "\r\n"), S(EMPTY("404 a")), LOST(SIDE_CLIENT, 500),
         C("</a>\r\n</soap:Envelope>" GET("/") BASIC "\r\n"), S(EMPTY("200 OK"))},
        LOGIN("4", "accepted", "200"),
    },
    {
        "after a hole in the answers the next one belongs to the last request",
        {C(GET("/") "Authorization: NTLM TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"),
         LOST(SIDE_SERVER, 1460), S("the end of a page"), C(GET("/") BASIC "\r\n"),
         S(EMPTY("200 OK"))},
        "auth service=http frame=1 mechanism=http-ntlm outcome=unknown host=web path=/ "
        "method=GET\n" LOGIN("4", "accepted", "200"),
    },
    {
        "a hole in a body is none",
        {C(GET("/") BASIC "\r\n"), S("HTTP/1.1 404 No\r\nContent-Length: 1000\r\n\r\nabc"),
         LOST(SIDE_SERVER, 996), S("!" EMPTY("401 No")), C(GET("/") BASIC "\r\n"),
         S(EMPTY("200 OK"))},
        LOGIN("1", "unknown", "404") LOGIN("5", "accepted", "200"),
    },
    {
        "an answer whose request was lost is nobody's",
        {C(GET("/a") "\r\n"), S(EMPTY("200 OK")), LOST(SIDE_CLIENT, 80), S(EMPTY("401 No")),
         C(GET("/") BASIC "\r\n"), S(EMPTY("200 OK"))},
        LOGIN("5", "accepted", "200"),
    },
    {
        "a client that is joined in the middle of a body is read from its next request",
        {C("ore of a body\r\nand more" GET("/") BASIC "\r\n"), S(EMPTY("200 OK"))},
        LOGIN("1", "accepted", "200"),
    },
};

static void messages_say_who_logs_in(void **state)
{
    (void)state;
    talk_run(messages, sizeof(messages) / sizeof(messages[0]), "http");
}

static void lost_bytes_cost_what_they_held(void **state)
{
    (void)state;
    talk_run(holes, sizeof(holes) / sizeof(holes[0]), "http");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_say_who_logs_in),
        cmocka_unit_test(lost_bytes_cost_what_they_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
