#include "tests/support/talk.h"

/* user:pass, proxy:secret, and bob@contoso.com:Bearer eyJ0 */
#define BASIC       "Basic dXNlcjpwYXNz"
#define PROXY_BASIC "Basic cHJveHk6c2VjcmV0"
#define BASIC_TOKEN "Basic Ym9iQGNvbnRvc28uY29tOkJlYXJlciBleUow"
#define TYPE1       "TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA="
#define TYPE2       "TlRMTVNTUAACAAAAAAAAAAAAAAAAAAAA"
/* CONTOSO, bob, workstation PC, responses of no length */
#define TYPE3                                                                                      \
    "TlRMTVNTUAADAAAAAAAAAEAAAAAAAAAAQAAAAA4ADgBAAAAABgAGAE4AAAAEAAQAVAAAAAAAAABYAAAAAYIAAEMATwBO" \
    "AFQATwBTAE8AYgBvAGIAUABDAA=="
/* GSS-API token of Kerberos, cut */
#define KERBEROS "YA8GCSqGSIb3EgECAgEAbgA="

#define ASK(credential) "GET / HTTP/1.1\r\nHost: web\r\nAuthorization: " credential "\r\n\r\n"
#define EMPTY(status)   "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"
#define CHALLENGE(list) "HTTP/1.1 401 No\r\nWWW-Authenticate: " list "\r\nContent-Length: 0\r\n\r\n"

#define AUTH(frame, what)                                                                          \
    "auth service=http frame=" frame " mechanism=" what " host=web path=/ method=GET\n"

static const struct talk credentials[] = {
    {
        "a bearer token has no user that we read",
        {C(ASK("Bearer eyJ0eXAi.eyJhdWQi.c2ln")), S(EMPTY("200 OK"))},
        AUTH("1", "http-bearer outcome=accepted server_code=200"),
    },
    {
        "a scheme alone asks for the challenge and is no login",
        {C(ASK("Bearer") ASK("bearer  ") ASK("") ASK("Basic") ASK("NTLM")), S(CHALLENGE("Bearer"))},
        "",
    },
    {
        "Basic with a token as its password is modern, and keeps its user",
        {C(ASK(BASIC_TOKEN)), S(EMPTY("200 OK"))},
        AUTH("1", "http-bearer outcome=accepted user=bob@contoso.com domain=contoso.com "
                  "server_code=200"),
    },
    {
        "keys of sessions in the path stay there",
        {C("GET /web/(S(lit3py55t21z5v55vlm25s55))/a?key=secret HTTP/1.1\r\nHost: web\r\n"
           "Authorization: " BASIC "\r\n\r\n"),
         S(EMPTY("200 OK"))},
        "auth service=http frame=1 mechanism=http-basic outcome=accepted user=user "
        "server_code=200 password_seen host=web path=/web method=GET\n",
    },
    {
        "broken Basic is still Basic, of nobody",
        {C(ASK("Basic !!!") ASK("Basic dXNlcg==")), S(EMPTY("401 No") EMPTY("401 No"))},
        AUTH("1", "http-basic outcome=rejected server_code=401")
            AUTH("1", "http-basic outcome=rejected server_code=401"),
    },
    {
        "of several credentials the Basic one is told",
        {C("GET / HTTP/1.1\r\nHost: web\r\nAuthorization: Bearer x\r\nAuthorization: " BASIC
           "\r\nAuthorization: Basic Ym9iOng=\r\n\r\n"),
         S(EMPTY("200 OK"))},
        AUTH("1", "http-basic outcome=accepted user=user server_code=200 password_seen"),
    },
    {
        "NTLM takes two requests, and names user and workstation in the second",
        {C(ASK("NTLM " TYPE1)), S(CHALLENGE("NTLM " TYPE2)), C(ASK("ntlm " TYPE3)),
         S(EMPTY("200 OK"))},
        AUTH("1", "http-ntlm outcome=challenged server_code=401") "client service=http frame=3 "
                                                                  "workstation=PC\n" AUTH(
                                                                      "3",
                                                                      "http-ntlm outcome=accepted "
                                                                      "user=bob domain=CONTOSO "
                                                                      "server_code=200"),
    },
    {
        "NTLM that is refused after its second leg is rejected",
        {C(ASK("NTLM " TYPE3)), S(CHALLENGE("NTLM")), C(ASK("NTLM " TYPE3)), S(EMPTY("405 No"))},
        AUTH("1", "http-ntlm outcome=rejected user=bob domain=CONTOSO server_code=401")
            AUTH("3", "http-ntlm outcome=unknown user=bob domain=CONTOSO server_code=405"),
    },
    {
        "a refusal may come with a token, which is no further leg of NTLM",
        {C(ASK("Negotiate " TYPE3)), S(CHALLENGE("Negotiate oQcwBaADCgEC")),
         C(ASK("Negotiate " KERBEROS)), S(CHALLENGE("Negotiate oQcwBaADCgEB"))},
        AUTH("1", "http-negotiate-ntlm outcome=rejected user=bob domain=CONTOSO server_code=401")
            AUTH("3", "http-negotiate-kerberos outcome=challenged server_code=401"),
    },
    {
        "Negotiate is told by what is inside",
        {C(ASK("Negotiate " TYPE1)), S(CHALLENGE("Negotiate " TYPE2)),
         C(ASK("Negotiate " KERBEROS)), S(EMPTY("500 No")), C(ASK("Negotiate AAAA")),
         S(EMPTY("200 OK"))},
        AUTH("1", "http-negotiate-ntlm outcome=challenged server_code=401")
            AUTH("3", "http-negotiate-kerberos outcome=unknown reason=server-error "
                      "server_code=500") AUTH("5", "other outcome=accepted server_code=200"),
    },
    {
        "Digest names its user, quotes and all",
        {C(ASK("Digest realm=\"r\", username=\"CONTOSO\\\\b\\\"ob\", response=\"0\"")),
         S(EMPTY("200 OK"))},
        AUTH("1", "http-digest outcome=accepted user=CONTOSO\\b\"ob domain=CONTOSO "
                  "server_code=200"),
    },
    {
        "other schemes, and a token without one, are other",
        {C(ASK("AWS4-HMAC-SHA256 Credential=a") ASK("eyJhbGciOiJIUzI1NiJ9")),
         S(EMPTY("200 OK") EMPTY("403 No"))},
        AUTH("1", "other outcome=accepted server_code=200")
            AUTH("1", "other outcome=unknown server_code=403"),
    },
    {
        "a web server that wants Digest instead has no policy against Basic",
        {C(ASK(BASIC)), S(CHALLENGE("Digest realm=\"a, Basic\", nonce=\"x\""))},
        AUTH("1", "http-basic outcome=rejected reason=mechanism-unsupported user=user "
                  "server_code=401 password_seen"),
    },
    {
        "errors of the server are no verdict",
        {C(ASK(BASIC)), S(EMPTY("503 Busy")), C(ASK(BASIC)), S(EMPTY("429 Slowly"))},
        AUTH("1", "http-basic outcome=unknown reason=server-error user=user server_code=503 "
                  "password_seen")
            AUTH("3", "http-basic outcome=unknown reason=throttled user=user server_code=429 "
                      "password_seen"),
    },
};

#define PROXY_AUTH(frame, what)                                                                    \
    "auth service=proxy frame=" frame " mechanism=http-basic outcome=" what                        \
    " password_seen host=mail.contoso.com method="

#define RELAYED_AUTH(frame, what)                                                                  \
    "auth service=http frame=" frame " relayed mechanism=http-basic outcome=" what                 \
    " password_seen host=mail.contoso.com path=/ method=GET\n"

static const struct talk proxies[] = {
    {
        "what goes to the proxy is the proxy's, and inside the tunnel is the server's",
        {C("CONNECT mail.contoso.com:80 HTTP/1.1\r\nHost: mail.contoso.com:80\r\n"
           "Proxy-Authorization: " PROXY_BASIC "\r\n\r\n"),
         S("HTTP/1.1 200 Connection established\r\n\r\n"), C(ASK(BASIC)), S(EMPTY("401 No"))},
        PROXY_AUTH(
            "1", "accepted user=proxy server_code=200") "CONNECT\n"
                                                        "auth service=http frame=3 tunnel=connect "
                                                        "tunnel_target=mail.contoso.com:80 "
                                                        "mechanism=http-basic outcome=rejected "
                                                        "user=user server_code=401 password_seen "
                                                        "host=web path=/ method=GET\n",
    },
    {
        "neither a password nor a key in a URL is told",
        {C("CONNECT bob:secret@mail.contoso.com:80 HTTP/1.1\r\n\r\n"), S("HTTP/1.1 200 OK\r\n\r\n"),
         C("GET ftp://bob:secret@web/a;jsessionid=secret HTTP/1.1\r\nAuthorization: " BASIC
           "\r\n\r\n")},
        "auth service=http frame=3 tunnel=connect relayed tunnel_target=mail.contoso.com:80 "
        "mechanism=http-basic outcome=unknown user=user password_seen host=web path=/a "
        "method=GET\n",
    },
    {
        "a client need not wait for its tunnel; what it sends early is dated by the grant",
        {C("CONNECT mail.contoso.com:80 HTTP/1.1\r\n\r\n" ASK(BASIC)),
         S("HTTP/1.1 200 Connection established\r\n\r\n" EMPTY("200 OK"))},
        "auth service=http frame=2 tunnel=connect tunnel_target=mail.contoso.com:80 "
        "mechanism=http-basic outcome=accepted user=user server_code=200 password_seen host=web "
        "path=/ method=GET\n",
    },
    {
        "a tunnel that is refused is asked for again on the same connection",
        {C("CONNECT mail.contoso.com:443 HTTP/1.1\r\n\r\n"),
         S("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 2\r\n\r\n"
           "no"),
         C("CONNECT mail.contoso.com:443 HTTP/1.1\r\nProxy-Authorization: " PROXY_BASIC "\r\n\r\n"),
         S("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: "
           "0\r\n\r\n")},
        "offer service=proxy frame=2 mechanisms=http-basic\n" PROXY_AUTH(
            "3", "rejected user=proxy server_code=407") "CONNECT\n",
    },
    {
        "a request through a proxy may carry a credential for each",
        {C("GET http://mail.contoso.com/ HTTP/1.1\r\nProxy-Authorization: " PROXY_BASIC
           "\r\nAuthorization: " BASIC "\r\n\r\n"),
         S(EMPTY("401 No")),
         C("GET http://mail.contoso.com/ HTTP/1.1\r\nProxy-Authorization: " PROXY_BASIC
           "\r\nAuthorization: " BASIC "\r\n\r\n"),
         S(EMPTY("407 No"))},
        PROXY_AUTH("1", "accepted user=proxy server_code=401") "GET\n" RELAYED_AUTH(
            "1", "rejected user=user server_code=401")
            PROXY_AUTH("3", "rejected user=proxy server_code=407") "GET\n" RELAYED_AUTH(
                "3", "unknown user=user"),
    },
    {
        "what was asked of a proxy once, others answer there: all that follows is relayed",
        {C("GET http://mail.contoso.com/ HTTP/1.1\r\nUser-Agent: x\r\nAuthorization: " BASIC
           "\r\n\r\n"),
         S("HTTP/1.1 401 No\r\nX-FEServer: EX1\r\nContent-Length: 0\r\n\r\n"),
         C("CONNECT web:443 HTTP/1.1\r\n\r\n"),
         S("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n"),
         C(ASK(BASIC)), S(EMPTY("200 OK")),
         S("HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n")},
        "client service=http frame=1 relayed software=x\n"
        "offer service=http frame=2 relayed exchange_headers\n"
        "auth service=http frame=1 relayed mechanism=http-basic outcome=rejected user=user "
        "server_code=401 password_seen server=exchange-onprem host=mail.contoso.com path=/ "
        "method=GET software=x\n"
        "offer service=proxy frame=4 mechanisms=http-basic\n"
        "auth service=http frame=5 relayed mechanism=http-basic outcome=accepted user=user "
        "server_code=200 password_seen host=web path=/ method=GET\n"
        "offer service=http frame=7 relayed mechanisms=http-ntlm exchange_headers\n",
    },
    {
        "who asks for the proxy's password is one",
        {C("GET / HTTP/1.1\r\nHost: web\r\n\r\n"),
         S("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic "
           "realm=\"p\"\r\nContent-Length: 0\r\n\r\n"),
         C(ASK(BASIC)), S(EMPTY("200 OK"))},
        "offer service=proxy frame=2 mechanisms=http-basic\n"
        "auth service=http frame=3 relayed mechanism=http-basic outcome=accepted user=user "
        "server_code=200 password_seen host=web path=/ method=GET\n",
    },
    {
        "the answer says whose server it is",
        {C(ASK(BASIC)), S("HTTP/1.1 200 OK\r\nX-FEServer: EX1\r\nContent-Length: 0\r\n\r\n"),
         C(ASK(BASIC)), S(EMPTY("200 OK"))},
        "offer service=http frame=2 exchange_headers\n"
        "auth service=http frame=1 mechanism=http-basic outcome=accepted user=user server_code=200 "
        "password_seen server=exchange-onprem host=web path=/ method=GET\n"
        "auth service=http frame=3 mechanism=http-basic outcome=accepted user=user server_code=200 "
        "password_seen host=web path=/ method=GET\n",
    },
    {
        "Exchange Online names itself in the same headers, and is nobody's own",
        {C(ASK(BASIC)), S("HTTP/1.1 401 No\r\nX-FEServer: AM0PR01CA0001\r\nX-CalculatedFETarget: "
                          "AM0PR01CU001.internal.OUTLOOK.com\r\nContent-Length: 0\r\n\r\n")},
        "auth service=http frame=1 mechanism=http-basic outcome=rejected user=user server_code=401 "
        "password_seen server=exchange-online host=web path=/ method=GET\n",
    },
    {
        "tinyproxy refuses with 401 what it was given itself: no server was asked",
        {C("GET http://mail.contoso.com/ HTTP/1.1\r\nProxy-Authorization: " PROXY_BASIC
           "\r\nAuthorization: " BASIC "\r\n\r\n"),
         S("HTTP/1.0 401 Unauthorized\r\nServer: tinyproxy/1.11.1\r\nContent-Length: 0\r\n"
           "WWW-Authenticate: Basic realm=\"Tinyproxy\"\r\nConnection: close\r\n\r\n")},
        "offer service=proxy frame=2 mechanisms=http-basic "
        "banner=tinyproxy/1.11.1\n" PROXY_AUTH(
            "1", "rejected user=proxy server_code=401") "GET\n" RELAYED_AUTH("1",
                                                                             "unknown user=user"),
    },
    {
        "who is asked for a tunnel and says 401 is the proxy",
        {C("CONNECT mail.contoso.com:80 HTTP/1.1\r\nProxy-Authorization: " PROXY_BASIC "\r\n\r\n"),
         S(EMPTY("401 No"))},
        PROXY_AUTH("1", "rejected user=proxy server_code=401") "CONNECT\n",
    },
    {
        "a tunnel whose grant was lost is known by the request that follows, whose answer is its",
        {C("CONNECT mail.contoso.com:80 HTTP/1.1\r\nProxy-Authorization: " PROXY_BASIC "\r\n\r\n"),
         C(ASK(BASIC)), LOST(SIDE_SERVER, 39), S(EMPTY("401 No"))},
        PROXY_AUTH("1", "unknown user=proxy") "CONNECT\n"
                                              "auth service=http frame=4 tunnel=connect "
                                              "tunnel_target=mail.contoso.com:80 "
                                              "mechanism=http-basic outcome=rejected user=user "
                                              "server_code=401 password_seen host=web path=/ "
                                              "method=GET\n",
    },
    {
        "the same CONNECT again was refused before, though that was lost",
        {C("CONNECT mail.contoso.com:80 HTTP/1.1\r\n\r\n"),
         C("CONNECT mail.contoso.com:80 HTTP/1.1\r\nProxy-Authorization: " PROXY_BASIC "\r\n\r\n"),
         LOST(SIDE_SERVER, 200), S("HTTP/1.1 200 Connection established\r\n\r\n"), C(ASK(BASIC)),
         S(EMPTY("401 No"))},
        PROXY_AUTH(
            "2",
            "accepted user=proxy server_code=200") "CONNECT\n"
                                                   "auth service=http frame=5 tunnel=connect "
                                                   "tunnel_target=mail.contoso.com:80 "
                                                   "mechanism=http-basic outcome=rejected "
                                                   "user=user "
                                                   "server_code=401 password_seen host=web path=/ "
                                                   "method=GET\n",
    },
    {
        "a tunnel whose grant was lost is known by what follows",
        {C("CONNECT mail.contoso.com:80 HTTP/1.1\r\nProxy-Authorization: " PROXY_BASIC "\r\n\r\n"),
         LOST(SIDE_SERVER, 40), C(ASK(BASIC)), S("rest of a greeting\r\n")},
        PROXY_AUTH("1", "unknown user=proxy") "CONNECT\n"
                                              "auth service=http frame=4 tunnel=connect "
                                              "tunnel_target=mail.contoso.com:80 "
                                              "mechanism=http-basic outcome=unknown user=user "
                                              "password_seen host=web path=/ "
                                              "method=GET\n",
    },
};

static const struct talk others[] = {
    {
        "RTSP is not HTTP",
        {C("OPTIONS rtsp://cam/ RTSP/1.0\r\nAuthorization: " BASIC "\r\n\r\n"),
         S("RTSP/1.0 200 OK\r\n\r\n")},
        "",
    },
    {
        "nor is SIP",
        {C("REGISTER sip:contoso.com SIP/2.0\r\nAuthorization: " BASIC "\r\n\r\n"),
         S("SIP/2.0 200 OK\r\n\r\n")},
        "",
    },
    {
        "nor is ICAP",
        {C("REQMOD icap://av/x ICAP/1.0\r\nAuthorization: " BASIC "\r\n\r\n"),
         S("ICAP/1.0 200 OK\r\n\r\n")},
        "",
    },
    {
        "any method is, on any port",
        {C("RPC_OUT_DATA / HTTP/1.1\r\nHost: web\r\nAuthorization: " BASIC "\r\n\r\n")},
        "auth service=rpc frame=1 mechanism=http-basic outcome=unknown user=user password_seen "
        "host=web path=/ method=RPC_OUT_DATA\n",
    },
    {
        "an answer alone is enough to know it",
        {S("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n\r\n")},
        "offer service=http frame=1 mechanisms=http-basic\n",
    },
};

static void every_scheme_is_told_by_its_name_and_token(void **state)
{
    (void)state;
    talk_run(credentials, sizeof(credentials) / sizeof(credentials[0]), "http");
}

static void a_proxy_is_kept_apart(void **state)
{
    (void)state;
    talk_run(proxies, sizeof(proxies) / sizeof(proxies[0]), "http");
}

static void its_probe_claims_http_alone(void **state)
{
    (void)state;
    talk_run(others, sizeof(others) / sizeof(others[0]), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheme_is_told_by_its_name_and_token),
        cmocka_unit_test(a_proxy_is_kept_apart),
        cmocka_unit_test(its_probe_claims_http_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
