#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/talk.h"

/* user:pass */
#define BASIC                        "Authorization: Basic dXNlcjpwYXNz\r\n"
#define EMPTY(status, headers)       "HTTP/1.1 " status "\r\n" headers "Content-Length: 0\r\n\r\n"
#define NO_BEARER_ONLY               EMPTY("401 No", "WWW-Authenticate: Bearer client_id=\"x\"\r\n")
#define ASK(method, target, headers) method " " target " HTTP/1.1\r\nHost: ex\r\n" headers "\r\n"
#define EAS                          "/Microsoft-Server-ActiveSync"

#define DEVICE(service, frame, what, path, method, more)                                           \
    "auth service=" service " frame=" frame " mechanism=" what " host=ex path=" path               \
    " method=" method more "\n"
#define AUTH(service, frame, what, path, method) DEVICE(service, frame, what, path, method, "")

static const struct talk devices[] = {
    {
        "a phone names itself in its query, in any order",
        {C(ASK("POST", EAS "?User=bob&DeviceId=Appl87837L1XY7H&DeviceType=iPhone%2B&Cmd=Sync",
               "User-Agent: Apple-iPhone14C2/2009\r\n" BASIC)),
         S(EMPTY("200 OK", ""))},
        "client service=eas frame=1 software=Apple-iPhone14C2/2009 device_id=Appl87837L1XY7H "
        "device_type=iPhone+\n" DEVICE(
            "eas", "1", "http-basic outcome=accepted user=user server_code=200 password_seen", EAS,
            "POST",
            " device_id=Appl87837L1XY7H device_type=iPhone+ "
            "software=Apple-iPhone14C2/2009"),
    },
    {
        "or in base64, as in the sample of the specification",
        {C(ASK("POST", EAS "?jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l", BASIC)),
         S(EMPTY("200 OK", ""))},
        DEVICE("eas", "1", "http-basic outcome=accepted user=user server_code=200 password_seen",
               EAS, "POST", " device_id=v140Device device_type=SmartPhone"),
    },
    {
        "with a policy key and parameters, and with its padding escaped",
        {C(ASK("POST", EAS "?jQAJBBBOaW5lNDM4M0FGMzQ2ODYwBAAAAAAHQW5kcm9pZAcBAA%3D%3D", BASIC)),
         S(EMPTY("200 OK", ""))},
        DEVICE("eas", "1", "http-basic outcome=accepted user=user server_code=200 password_seen",
               EAS, "POST", " device_id=Nine4383AF346860 device_type=Android"),
    },
    {
        "an id that is no text is written as digits",
        {C(ASK("POST", EAS "?jQAJBAT/AAH+AAdBbmRyb2lk", BASIC)), S(EMPTY("200 OK", ""))},
        DEVICE("eas", "1", "http-basic outcome=accepted user=user server_code=200 password_seen",
               EAS, "POST", " device_id=ff0001fe device_type=Android"),
    },
    {
        "a device is told without a credential too",
        {C(ASK("OPTIONS", EAS "?Cmd=Ping&DeviceId=X1&DeviceType=SP", "")),
         S(EMPTY("401 No", "WWW-Authenticate: Basic realm=\"ex\"\r\n"))},
        "client service=eas frame=1 device_id=X1 device_type=SP\n"
        "offer service=eas frame=2 mechanisms=http-basic\n" DEVICE(
            "eas", "1", "none outcome=challenged server_code=401", EAS, "OPTIONS",
            " device_id=X1 device_type=SP"),
    },
    {
        "a query that is neither form names nobody",
        {C(ASK("POST", EAS "?jAAJBP92MTQw", BASIC) ASK("POST", EAS "?a=b&!", BASIC)),
         S(EMPTY("200 OK", "") EMPTY("200 OK", ""))},
        AUTH("eas", "1", "http-basic outcome=accepted user=user server_code=200 password_seen", EAS,
             "POST")
            AUTH("eas", "1", "http-basic outcome=accepted user=user server_code=200 password_seen",
                 EAS, "POST"),
    },
};

static const struct talk outcomes[] = {
    {
        "a server that has no Basic left has it disabled",
        {C(ASK("POST", "/EWS/Exchange.asmx", BASIC)), S(NO_BEARER_ONLY)},
        AUTH("ews", "1",
             "http-basic outcome=blocked reason=basic-disabled user=user server_code=401 "
             "password_seen",
             "/EWS/Exchange.asmx", "POST"),
    },
    {
        "or says so beside an offer of Basic",
        {C(ASK("POST", "/EWS/Exchange.asmx", BASIC)),
         S(EMPTY("401 No", "WWW-Authenticate: Basic Realm=\"\"\r\nx-ms-diagnostics: "
                           "2000008;reason=\"off\";error_category=\"basic_auth_disabled\"\r\n"))},
        AUTH("ews", "1",
             "http-basic outcome=blocked reason=basic-disabled user=user server_code=401 "
             "password_seen",
             "/EWS/Exchange.asmx", "POST"),
    },
    {
        "a bearer token that is refused is no word on Basic",
        {C(ASK("POST", "/mapi/emsmdb/?MailboxId=x",
               "Authorization: Bearer x\r\n"
               "X-ClientApplication: Outlook/16.0.1\r\n")),
         S(NO_BEARER_ONLY)},
        "auth service=mapi frame=1 mechanism=http-bearer outcome=rejected server_code=401 host=ex "
        "path=/mapi/emsmdb/ method=POST software=Outlook/16.0.1\n",
    },
};

/* What the answer to a complete Basic login says of it. */
static const struct {
    const char *path;
    const char *answer; /* status, and a header */
    const char *said;
} verdicts[] = {
#define AUTODISCOVER    "/autodiscover/autodiscover.xml"
#define LIVE_ID(result) "X-AutoDiscovery-Error: LiveIdBasicAuth:" result ":<x>;"
    {AUTODISCOVER, "401 No\r\n" LIVE_ID("BasicAuthBlocked"),
     "outcome=blocked reason=basic-disabled"},
    {AUTODISCOVER, "401 No\r\n" LIVE_ID("Basic Auth Blocked"),
     "outcome=blocked reason=basic-disabled"},
    {AUTODISCOVER, "456 No\r\n" LIVE_ID("AppPasswordRequired"),
     "outcome=challenged reason=mfa-required"},
    {AUTODISCOVER, "456 No", "outcome=challenged reason=mfa-required"},
    {AUTODISCOVER, "401 No\r\n" LIVE_ID("LogonFailed:AADSTS50126"),
     "outcome=rejected reason=wrong-password"},
    {AUTODISCOVER, "401 No\r\n" LIVE_ID("InvalidCreds"), "outcome=rejected"},
    {AUTODISCOVER, "503 No\r\n" LIVE_ID("FederatedStsUnreachable"),
     "outcome=unknown reason=server-error"},
    {EAS, "449 Retry", "outcome=accepted reason=not-provisioned"},
    {EAS, "451 There\r\nX-MS-Location: https://x/", "outcome=accepted reason=redirected"},
    {EAS, "403 No\r\nMS-Server-ActiveSync: 15.2", "outcome=accepted reason=mailbox-unavailable"},
    {EAS, "403 No", "outcome=unknown"}, /* TLS is required, may be */
    {EAS, "456 No", "outcome=blocked reason=account-locked"},
    {EAS, "457 Old", "outcome=challenged reason=password-expired"},
};

static void expect_verdict(const char *path, const char *answer, const char *said)
{
    char request[256];
    char response[256];
    char expected[64];
    char code[32];
    struct talk talk = {.pieces = {{SIDE_CLIENT, request, 0, 0}, {SIDE_SERVER, response, 0, 0}}};
    char *events;
    const char *auth;

    (void)snprintf(request, sizeof(request), "POST %s HTTP/1.1\r\n" BASIC "\r\n", path);
    (void)snprintf(response, sizeof(response), "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", answer);
    (void)snprintf(expected, sizeof(expected), " mechanism=http-basic %s user=user ", said);
    (void)snprintf(code, sizeof(code), " server_code=%.3s ", answer);
    talk.pieces[0].len = strlen(request);
    talk.pieces[1].len = strlen(response);
    events = talk_events(&talk, "http", 0, NULL);
    auth = strstr(events, "auth ");
    if (auth == NULL || strstr(auth, expected) == NULL || strstr(auth, code) == NULL) {
        (void)fprintf(stderr, "%s: expected %s, said %s", answer, said, events);
        fail();
    }
    free(events);
}

static void an_answer_says_what_became_of_a_password(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        expect_verdict(verdicts[i].path, verdicts[i].answer, verdicts[i].said);
    }
}

static const struct talk anonymous[] = {
    {
        "Autodiscover v2 needs no login",
        {C(ASK("GET", "/autodiscover/autodiscover.json/v1.0/bob@contoso.com?Protocol=EWS", "")),
         S(EMPTY("200 OK", ""))},
        AUTH("autodiscover", "1", "none outcome=accepted server_code=200",
             "/autodiscover/autodiscover.json/v1.0/bob@contoso.com", "GET"),
    },
    {
        "a redirect grants nothing to nobody",
        {C(ASK("GET", "/autodiscover/autodiscover.xml", "Authorization: Bearer\r\n")),
         S(EMPTY("302 There", "Location: https://x/\r\n"))},
        AUTH("autodiscover", "1", "none outcome=unknown reason=redirected server_code=302",
             "/autodiscover/autodiscover.xml", "GET"),
    },
    {
        "a page about PowerShell is no use of it",
        {C(ASK("GET", "/powershell/intro.html", "") ASK("POST", "/powershell", "")),
         S(EMPTY("200 OK", "") EMPTY("401 No", ""))},
        AUTH("powershell", "1", "none outcome=challenged server_code=401", "/powershell", "POST"),
    },
    {
        "a cookie stands for an earlier login",
        {C(ASK("POST", "/ews/exchange.asmx", "Cookie: exchangecookie=x\r\n")),
         S(EMPTY("200 OK", ""))},
        "",
    },
    {
        "pages for people say nothing until someone logs in",
        {C(ASK("GET", "/owa/", "") ASK("GET", "/ecp/", "") ASK("GET", "/owa/", BASIC)),
         S(EMPTY("302 There", "") EMPTY("302 There", "") EMPTY("200 OK", ""))},
        AUTH("owa", "1", "http-basic outcome=accepted user=user server_code=200 password_seen",
             "/owa/", "GET"),
    },
    {
        "after NTLM the connection is logged in, not the request",
        {C(ASK("POST", "/ews/exchange.asmx",
               "Authorization: NTLM "
               "TlRMTVNTUAADAAAAAAAAAEAAAAAAAAAAQAAAAA4ADgBAAAAABgAGAE4AAAAEAAQAVAAAAAAAAABYAAAAA"
               "YIAAEMATwBOAFQATwBTAE8AYgBvAGIAUABDAA==\r\n")),
         S(EMPTY("200 OK", "")), C(ASK("POST", "/ews/exchange.asmx", "")), S(EMPTY("200 OK", ""))},
        AUTH("ews", "1", "http-ntlm outcome=accepted user=bob domain=CONTOSO server_code=200",
             "/ews/exchange.asmx", "POST"),
    },
    {
        "a WS-Security credential is in the envelope",
        {C(ASK("POST", "/autodiscover/autodiscover.svc/WSSecurity", "")),
         S(EMPTY("500 Fault", ""))},
        AUTH("autodiscover", "1", "ws-security outcome=unknown reason=server-error server_code=500",
             "/autodiscover/autodiscover.svc/WSSecurity", "POST"),
    },
};

/* CONN/B1 of the client's channel, without its commands */
#define RTS "\x05\0\x14\x03\x10\0\0\0\x14\0\0\0\0\0\0\0\0\0\0\0"
/* BIND, no contexts, NTLM type 1 of 12 bytes */
#define BIND_NTLM                                                                                  \
    "\x05\0\x0b\x03\x10\0\0\0\x30\0\x0c\0\x01\0\0\0\xd0\x16\xd0\x16\0\0\0\0\0\0\0\0\x0a\x02\0\0"   \
    "\0\0\0\0NTLMSSP\0\x01\0\0\0"
/* AUTH3 with type 3 of 88 bytes: CONTOSO, bob, PC */
#define AUTH3_NTLM                                                                                 \
    "\x05\0\x10\x03\x10\0\0\0\x74\0\x58\0\x01\0\0\0    \x0a\x02\0\0\0\0\0\0"                       \
    "NTLMSSP\0\x03\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\x40\0\0\0\x0e\0\x0e\0\x40\0\0\0\x06\0\x06\0"    \
    "\x4e\0\0\0\x04\0\x04\0\x54\0\0\0\0\0\0\0\x58\0\0\0\x01\x82\0\0C\0O\0N\0T\0O\0S\0O\0b\0o\0"    \
    "b\0P\0C\0"
#define RPC_IN                                                                                     \
    "RPC_IN_DATA /rpc/rpcproxy.dll?ex:6001 HTTP/1.1\r\nHost: ex\r\nContent-Length: "               \
    "1073741824\r\n" BASIC "\r\n"

static const struct talk inner[] = {
    {
        "a login inside RPC over HTTP is told beside the one around it",
        {C(RPC_IN RTS), C(BIND_NTLM), C(AUTH3_NTLM), C("and calls"),
         S("HTTP/1.1 200 Success\r\nContent-Length: 1073741824\r\n\r\n")},
        AUTH("rpc", "3", "rpc-ntlm outcome=unknown user=bob domain=CONTOSO", "/rpc/rpcproxy.dll",
             "RPC_IN_DATA") AUTH("rpc", "1",
                                 "http-basic outcome=accepted user=user server_code=200 "
                                 "password_seen",
                                 "/rpc/rpcproxy.dll", "RPC_IN_DATA"),
    },
    {
        "its first leg alone is told when it is over",
        {C(RPC_IN RTS BIND_NTLM)},
        AUTH("rpc", "1", "http-basic outcome=unknown user=user password_seen", "/rpc/rpcproxy.dll",
             "RPC_IN_DATA")
            AUTH("rpc", "1", "rpc-ntlm outcome=unknown", "/rpc/rpcproxy.dll", "RPC_IN_DATA"),
    },
    {
        "a body that is no RPC is passed over",
        {C(RPC_IN "what is this, more than sixteen bytes?" RTS BIND_NTLM AUTH3_NTLM)},
        AUTH("rpc", "1", "http-basic outcome=unknown user=user password_seen", "/rpc/rpcproxy.dll",
             "RPC_IN_DATA"),
    },
};

static void an_activesync_query_names_the_device(void **state)
{
    (void)state;
    talk_run(devices, sizeof(devices) / sizeof(devices[0]), "http");
}

static void exchange_says_why_it_refuses(void **state)
{
    (void)state;
    talk_run(outcomes, sizeof(outcomes) / sizeof(outcomes[0]), "http");
}

static void use_without_a_credential_is_told_where_it_means_something(void **state)
{
    (void)state;
    talk_run(anonymous, sizeof(anonymous) / sizeof(anonymous[0]), "http");
}

static void rpc_over_http_is_looked_into(void **state)
{
    (void)state;
    talk_run(inner, sizeof(inner) / sizeof(inner[0]), "http");
}

static void expect_service(const char *request_line, const char *service)
{
    char text[512];
    char expected[64];
    struct talk talk = {.pieces = {{SIDE_CLIENT, text, 0, 0}}};
    char *said;

    (void)snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: outlook.example\r\n" BASIC "\r\n",
                   request_line);
    (void)snprintf(expected, sizeof(expected), "auth service=%s frame=1 ", service);
    talk.pieces[0].len = strlen(text);
    said = talk_events(&talk, NULL, 0, NULL);
    if (strncmp(said, expected, strlen(expected)) != 0) {
        (void)fprintf(stderr, "%s: expected %s, said %s", request_line, expected, said);
        fail();
    }
    free(said);
}

static void a_path_tells_the_service(void **state)
{
    static const struct {
        const char *line;
        const char *service;
    } requests[] = {
        {"POST /microsoft-server-activesync", "eas"},
        {"OPTIONS /Microsoft-Server-ActiveSync/default.eas?x", "eas"},
        {"POST /SOGo/Microsoft-Server-ActiveSync?x", "eas"},
        {"POST /EWS/Exchange.asmx", "ews"},
        {"POST //ews/exchange.asmx", "ews"},
        {"POST /%45WS/exchange.asmx", "ews"},
        {"GET /ews", "ews"},
        {"GET /ewsx/exchange.asmx", "http"},
        {"POST /ews/mrsproxy.svc", "mrsproxy"},
        {"POST http://mail.contoso.com/EWS/MRSProxy.svc", "mrsproxy"},
        {"POST /mapi/emsmdb?MailboxId=x", "mapi"},
        {"POST /mapi/nspi/", "mapi"},
        {"GET /mapi/x", "http"},
        {"RPC_OUT_DATA /rpc/rpcproxy.dll?ex:6001", "rpc"},
        {"RPC_IN_DATA /rpcwithcert/rpcproxy.dll?ex:6001", "rpc"},
        {"POST /rpc", "http"},
        {"GET /OAB/6a3f/oab.xml", "oab"},
        {"POST /Autodiscover/Autodiscover.xml", "autodiscover"},
        {"POST /autodiscover/autodiscover.svc", "autodiscover"},
        {"POST /PowerShell-LiveID?PSVersion=5.1", "powershell"},
        {"POST /powershell/", "powershell"},
        {"POST /wsman", "powershell"},
        {"GET /ecp/ReportingWebService/Reporting.svc", "reporting"},
        {"GET /ecp/", "ecp"},
        {"GET /owa/auth.owa", "owa"},
        {"POST /outlookservice/sync", "outlook_service"},
        {"GET /api/v2.0/me/messages", "outlook_service"},
        {"GET http://outlook.office.com/api/v1.0/anything", "outlook_service"},
        {"GET /api/v1.0/items/3", "http"},
        {"POST /sites/a/_vti_bin/Lists.asmx", "sharepoint"},
        {"POST /_vti_bin/lists.asmx", "sharepoint"},
        {"GET /_vti_bin/owssvr.dll", "http"},
        {"GET /", "http"},
        {"GET *", "http"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        expect_service(requests[i].line, requests[i].service);
    }
    expect_service("GET http://reports.office365.com/any", "reporting");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_activesync_query_names_the_device),
        cmocka_unit_test(exchange_says_why_it_refuses),
        cmocka_unit_test(an_answer_says_what_became_of_a_password),
        cmocka_unit_test(use_without_a_credential_is_told_where_it_means_something),
        cmocka_unit_test(rpc_over_http_is_looked_into),
        cmocka_unit_test(a_path_tells_the_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
