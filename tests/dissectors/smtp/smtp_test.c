#include "tests/support/talk.h"

#define GREETING S("220 mail.contoso.com Microsoft ESMTP MAIL Service ready\r\n")
#define HELLO                                                                                      \
    GREETING, C("EHLO scanner\r\n"),                                                               \
        S("250-mail.contoso.com Hello [10.0.0.1]\r\n250-AUTH LOGIN PLAIN\r\n250 CHUNKING\r\n")
#define PLAIN   C("AUTH PLAIN AGJvYgBodW50ZXIy\r\n")
#define TRAILER "[AM0PR01CA0001.eurprd01.prod.exchangelabs.com 2026-11-01T00:00:00.000Z 08DE]\r\n"

static const struct talk exchanges[] = {
    {
        "AUTH LOGIN names its user and never its password",
        {HELLO, C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("Ym9iQGNvbnRvc28uY29t\r\n"),
         S("334 UGFzc3dvcmQ6\r\n"), C("aHVudGVyMg==\r\n"),
         S("235 2.7.0 Authentication successful\r\n"), C("MAIL FROM:<bob@contoso.com>\r\n")},
        "auth service=smtp frame=8 mechanism=sasl-login outcome=accepted user=bob@contoso.com "
        "domain=contoso.com server_code=\"235 2.7.0\" password_seen hello=scanner\n",
    },
    {
        "AUTH LOGIN with the name on its line, and prompts of any kind",
        {HELLO, C("auth  login Ym9i\n"), S("334 \n"), C("aHVudGVyMg==\n"), S("235 ok\n")},
        "auth service=smtp frame=6 mechanism=sasl-login outcome=accepted user=bob "
        "server_code=235 password_seen hello=scanner\n",
    },
    {
        "prompts that ask for the name twice are given the password: it is never a name",
        {HELLO, C("AUTH LOGIN Ym9i\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("aHVudGVyMg==\r\n"),
         S("535 5.7.8 Error: authentication failed\r\n")},
        "auth service=smtp frame=6 mechanism=sasl-login outcome=rejected reason=wrong-password "
        "user=bob server_code=\"535 5.7.8\" password_seen hello=scanner\n",
    },
    {
        "AUTH LOGIN in one go",
        {HELLO, C("AUTH LOGIN\r\nYm9i\r\naHVudGVyMg==\r\n"),
         S("334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.7.0 ok\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-login outcome=accepted user=bob "
        "server_code=\"235 2.7.0\" password_seen hello=scanner\n",
    },
    {
        "AUTH PLAIN in two steps",
        {HELLO, C("AUTH PLAIN\r\n"), S("334\r\n"), C("AGJvYgBodW50ZXIy\r\n"), S("235 ok\r\n")},
        "auth service=smtp frame=6 mechanism=sasl-plain outcome=accepted user=bob "
        "server_code=235 password_seen hello=scanner\n",
    },
    {
        "an initial response of nothing, then the real one",
        {HELLO, C("AUTH PLAIN =\r\n"), S("334 \r\n"), C("AGJvYgBodW50ZXIy\r\n"), S("235 ok\r\n")},
        "auth service=smtp frame=6 mechanism=sasl-plain outcome=accepted user=bob "
        "server_code=235 password_seen hello=scanner\n",
    },
    {
        "PLAIN without its first NUL: the name stands in front, the password is no name",
        {HELLO, C("AUTH PLAIN Ym9iAGh1bnRlcjI=\r\n"), S("535 5.7.8 no\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-plain outcome=rejected reason=wrong-password "
        "user=bob server_code=\"535 5.7.8\" password_seen hello=scanner\n",
    },
    {
        "what is no base64 names nobody",
        {HELLO, C("AUTH PLAIN bob:hunter2\r\n"), S("501 5.5.2 Cannot decode\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-plain outcome=unknown reason=protocol-error "
        "server_code=\"501 5.5.2\" hello=scanner\n",
    },
    {
        "NTLM names user, domain and workstation in its third message",
        {HELLO, C("AUTH NTLM\r\n"), S("334 ntlm supported\r\n"),
         C("TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA=\r\n"),
         S("334 TlRMTVNTUAACAAAAEAAQADAAAAAGggIAGQMI20rDTLoAAAAAAAAAAAAAAAAAAAAATUFJTC5DT05UT1NP"
           "LkNPTQAAAAAAAAAAAAAAAAAAAAA=\r\n"),
         C("TlRMTVNTUAADAAAAGAAYAEAAAAAYABgAWAAAAAAAAABwAAAAEQARAHAAAAALAAsAgQAAAAAAAAAAAAAABoICACU"
           "J"
           "2lTZ+Bj8fS1xnrmyQLBEIFy6KeEymABtkRzMrzqAt3xB3YZWGZWVwet/"
           "iiY23mFsaWNlQGNvbnRvc28uY29tV09S"
           "S1NUQVRJT04=\r\n"),
         S("235 2.7.0 Authentication successful\r\n")},
        "client service=smtp frame=2 hello=scanner\n"
        "client service=smtp frame=8 workstation=WORKSTATION\n"
        "auth service=smtp frame=8 mechanism=sasl-ntlm outcome=accepted user=alice@contoso.com "
        "domain=contoso.com server_code=\"235 2.7.0\" hello=scanner\n",
    },
    {
        "X-EXPS is Exchange's AUTH",
        {HELLO, C("X-EXPS LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("Ym9i\r\n"),
         S("334 UGFzc3dvcmQ6\r\n"), C("aHVudGVyMg==\r\n"), S("235 2.7.0 ok\r\n")},
        "auth service=smtp frame=8 mechanism=sasl-login outcome=accepted user=bob "
        "server_code=\"235 2.7.0\" password_seen hello=scanner\n",
    },
    {
        "a refused token: reasons first, an empty line, then the answer",
        {HELLO, C("AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgeWEyOS54AQE=\r\n"),
         S("334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n"), C("\r\n"),
         S("535 5.7.3 Authentication unsuccessful\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-xoauth2 outcome=rejected reason=invalid-token "
        "user=bob server_code=\"535 5.7.3\" hello=scanner\n",
    },
    {
        "SCRAM names its user in the first message, proves itself in the second",
        {HELLO, C("AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\r\n"),
         S("334 cj1y\r\n"), C("Yz1iaXdzLHI9cg==\r\n"), S("334 dj02\r\n"), C("\r\n"),
         S("235 ok\r\n")},
        "auth service=smtp frame=6 mechanism=sasl-scram outcome=accepted user=user "
        "server_code=235 hello=scanner\n",
    },
    {
        "DIGEST-MD5",
        {HELLO, C("AUTH DIGEST-MD5\r\n"), S("334 cmVhbG09IngiLG5vbmNlPSJ5Ig==\r\n"),
         C("Y2hhcnNldD11dGYtOCx1c2VybmFtZT0iY2hyaXMiLHJlYWxtPSJ4Ig==\r\n"),
         S("334 cnNwYXV0aD14\r\n"), C("\r\n"), S("235 ok\r\n")},
        "auth service=smtp frame=6 mechanism=sasl-digest-md5 outcome=accepted user=chris "
        "server_code=235 hello=scanner\n",
    },
    {
        "a client that takes it back",
        {HELLO, C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("Ym9i\r\n"),
         S("334 UGFzc3dvcmQ6\r\n"), C("*\r\n"), S("501 5.7.0 cancelled\r\n")},
        "auth service=smtp frame=8 mechanism=sasl-login outcome=abandoned user=bob "
        "server_code=\"501 5.7.0\" hello=scanner\n",
    },
    {
        "a client that quits before the password",
        {HELLO, C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("QUIT\r\n"), S("221 bye\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-login outcome=abandoned hello=scanner\n",
    },
    {
        "a spray: each attempt is an event",
        {HELLO, C("AUTH PLAIN AGJvYgBodW50ZXIy\r\n"),
         S("535 5.7.8 Error: authentication failed: (reason unavailable)\r\n"),
         C("AUTH PLAIN AGV2ZQBodW50ZXIy\r\n"),
         S("535 5.7.8 Error: authentication failed: (reason unavailable)\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-plain outcome=rejected reason=wrong-password "
        "user=bob server_code=\"535 5.7.8\" password_seen hello=scanner\n"
        "auth service=smtp frame=6 mechanism=sasl-plain outcome=rejected reason=wrong-password "
        "user=eve server_code=\"535 5.7.8\" password_seen hello=scanner\n",
    },
    {
        "the client's side alone leaves the outcome open",
        {C("EHLO scanner\r\n"), C("AUTH LOGIN\r\n"), C("Ym9i\r\n"), C("aHVudGVyMg==\r\n"),
         C("MAIL FROM:<bob@contoso.com>\r\n"), C("RCPT TO:<x@contoso.com>\r\n"), C("DATA\r\n"),
         C("hi\r\n.\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-login outcome=unknown user=bob password_seen "
        "hello=scanner\n",
    },
    {
        "of one that the server alone is seen to end, the next one inherits nothing",
        {GREETING, S("250-x\r\n250 AUTH LOGIN PLAIN\r\n"), S("334 VXNlcm5hbWU6\r\n"),
         S("501 5.7.0 Authentication aborted\r\n"), S("334 \r\n"), S("235 2.7.0 ok\r\n")},
        "auth service=smtp frame=3 mechanism=sasl-login outcome=unknown reason=protocol-error "
        "server_code=\"501 5.7.0\"\n",
    },
    {
        "the server's side alone tells the mechanism by its prompts",
        {GREETING, S("250-x\r\n250 AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"),
         S("334 UGFzc3dvcmQ6\r\n"), S("235 2.7.0 ok\r\n")},
        "auth service=smtp frame=3 mechanism=sasl-login outcome=accepted "
        "server_code=\"235 2.7.0\"\n",
    },
    {
        "what the server's side refuses alone was a password that nobody saw",
        {GREETING, S("250-x\r\n250 AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"),
         S("334 UGFzc3dvcmQ6\r\n"), S("535 5.7.8 Error: authentication failed\r\n")},
        "auth service=smtp frame=3 mechanism=sasl-login outcome=rejected reason=wrong-password "
        "server_code=\"535 5.7.8\"\n",
    },
    {
        "a lost AUTH line loses no name, and a lost name makes no name of a password",
        {HELLO, LOST(SIDE_CLIENT, 12), S("334 VXNlcm5hbWU6\r\n"), C("Ym9i\r\n"),
         S("334 UGFzc3dvcmQ6\r\n"), C("aHVudGVyMg==\r\n"), S("535 5.7.8 no\r\n"),
         LOST(SIDE_CLIENT, 12), S("334 VXNlcm5hbWU6\r\n"), S("334 UGFzc3dvcmQ6\r\n"),
         C("aHVudGVyMg==\r\n"), S("535 5.7.8 no\r\n")},
        "auth service=smtp frame=8 mechanism=sasl-login outcome=rejected reason=wrong-password "
        "user=bob server_code=\"535 5.7.8\" password_seen hello=scanner\n"
        "auth service=smtp frame=13 mechanism=sasl-login outcome=rejected reason=wrong-password "
        "server_code=\"535 5.7.8\" password_seen hello=scanner\n",
    },
    {
        "so is a credential in a gap",
        {HELLO, C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), LOST(SIDE_CLIENT, 20),
         S("334 UGFzc3dvcmQ6\r\n"), S("535 5.7.8 Error: authentication failed\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-login outcome=rejected reason=wrong-password "
        "server_code=\"535 5.7.8\" hello=scanner\n",
    },
};

/* Answers to AUTH PLAIN of bob. */
#define ANSWER(claim, answer, said)                                                                \
    {                                                                                              \
        claim, {HELLO, PLAIN, S(answer)},                                                          \
            "auth service=smtp frame=4 mechanism=sasl-plain outcome=" said                         \
            " password_seen hello=scanner\n",                                                      \
    }

static const struct talk answers[] = {
    ANSWER("wrong password", "535 5.7.3 Authentication unsuccessful " TRAILER,
           "rejected reason=wrong-password user=bob server_code=\"535 5.7.3\""),
    ANSWER("Basic authentication is off",
           "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. " TRAILER,
           "blocked reason=basic-disabled user=bob server_code=\"535 5.7.139\""),
    ANSWER("SMTP AUTH is off",
           "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the "
           "Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. " TRAILER,
           "blocked reason=smtp-auth-disabled user=bob server_code=\"535 5.7.139\""),
    ANSWER(
        "security defaults",
        "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security "
        "defaults policy. Contact your administrator. " TRAILER,
        "blocked reason=security-defaults user=bob server_code=\"535 5.7.139\""),
    ANSWER("a policy or a password: nobody knows",
           "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be "
           "authenticated successfully. Contact your administrator. " TRAILER,
           "unknown reason=unclear user=bob server_code=\"535 5.7.139\""),
    ANSWER("a wrong password under the policy's code",
           "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. " TRAILER,
           "rejected reason=wrong-password user=bob server_code=\"535 5.7.139\""),
    ANSWER("words that nobody knows under the policy's code",
           "535 5.7.139 Authentication unsuccessful, the moon is full. " TRAILER,
           "unknown reason=unclear user=bob server_code=\"535 5.7.139\""),
    ANSWER("the end of Basic, as it was announced",
           "550 5.7.30 Basic authentication is not supported for Client Submission\r\n",
           "blocked reason=basic-disabled user=bob server_code=\"550 5.7.30\""),
    ANSWER("a server in trouble", "454 4.7.0 Temporary authentication failure: Connection lost\r\n",
           "unknown reason=server-error user=bob server_code=\"454 4.7.0\""),
    ANSWER("a mechanism not spoken here", "504 5.7.4 Unrecognized authentication type\r\n",
           "blocked reason=mechanism-unsupported user=bob server_code=\"504 5.7.4\""),
    ANSWER("TLS that is too old",
           "421 4.7.66 TLS 1.0 and 1.1 are not supported. Please upgrade/update your client\r\n",
           "blocked reason=tls-too-old user=bob server_code=\"421 4.7.66\""),
    ANSWER("TLS first", "530 5.7.0 Must issue a STARTTLS command first\r\n",
           "blocked reason=tls-required user=bob server_code=\"530 5.7.0\""),
    ANSWER("encryption first (RFC 4954)",
           "538 5.7.11 Encryption required for requested authentication mechanism\r\n",
           "blocked reason=tls-required user=bob server_code=\"538 5.7.11\""),
    ANSWER("Google wants an application's own password, on several lines",
           "534-5.7.9 Application-specific password required. For more information, go to\r\n"
           "534 5.7.9  https://support.example/ x - gsmtp\r\n",
           "challenged reason=mfa-required user=bob server_code=\"534 5.7.9\""),
    ANSWER("too many attempts", "535 5.7.0 (#AUTH005) Too many bad auth attempts.\r\n",
           "unknown reason=throttled user=bob server_code=\"535 5.7.0\""),
};

static const struct talk mails[] = {
    {
        "mail without a login is said once, when its recipient is taken",
        {HELLO, C("MAIL FROM:<scan@contoso.com> AUTH=<>\r\n"), S("250 2.1.0 Sender OK\r\n"),
         C("RCPT TO:<a@contoso.com>\r\n"), S("250 2.1.5 Recipient OK\r\n"),
         C("RCPT TO:<b@contoso.com>\r\n"), S("250 2.1.5 Recipient OK\r\n"), C("DATA\r\n"),
         S("354 go on\r\n"), C("Subject: x\r\n\r\nhi\r\n.\r\n"), S("250 2.6.0 Queued\r\n"),
         C("QUIT\r\n"), S("221 bye\r\n")},
        "auth service=smtp frame=6 mechanism=none outcome=accepted server_code=\"250 2.1.5\" "
        "hello=scanner\n",
    },
    {
        "a server that wants a login first",
        {HELLO, C("MAIL FROM:<scan@contoso.com>\r\n"),
         S("530 5.7.57 Client not authenticated to send mail.\r\n"), C("QUIT\r\n")},
        "auth service=smtp frame=4 mechanism=none outcome=blocked server_code=\"530 5.7.57\" "
        "hello=scanner\n",
    },
    {
        "a recipient that is not known says nothing about logins",
        {HELLO, C("MAIL FROM:<scan@contoso.com>\r\n"), S("250 ok\r\n"),
         C("RCPT TO:<nobody@contoso.com>\r\n"), S("550 5.1.1 User unknown\r\n"), C("QUIT\r\n")},
        "",
    },
    {
        "a relay that is refused",
        {HELLO, C("MAIL FROM:<scan@contoso.com>\r\nRCPT TO:<x@else.example>\r\nDATA\r\n"),
         S("250 ok\r\n554 5.7.1 <x@else.example>: Relay access denied\r\n554 5.5.1 Error\r\n"),
         C("AUTH PLAIN AGJvYgBodW50ZXIy\r\n"), S("235 ok\r\n")},
        "auth service=smtp frame=4 mechanism=none outcome=blocked server_code=\"554 5.7.1\" "
        "hello=scanner\n"
        "auth service=smtp frame=6 mechanism=sasl-plain outcome=accepted user=bob "
        "server_code=235 password_seen hello=scanner\n",
    },
    {
        "what a message says is no command, and what follows it is",
        {HELLO, C("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
         S("250 ok\r\n250 ok\r\n354 go\r\n"),
         C("x\r\nAUTH PLAIN AGV2ZQBodW50ZXIy\r\n..\r\n.x\r\n\r\n.\r\nAUTH PLAIN "
           "AGJvYgBodW50ZXIy\r\n"),
         S("250 queued\r\n535 5.7.8 no\r\n")},
        "auth service=smtp frame=4 mechanism=none outcome=accepted server_code=250 "
        "hello=scanner\n"
        "auth service=smtp frame=6 mechanism=sasl-plain outcome=rejected reason=wrong-password "
        "user=bob server_code=\"535 5.7.8\" password_seen hello=scanner\n",
    },
    {
        "an empty message ends at once",
        {HELLO, C("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
         S("250 ok\r\n250 ok\r\n354 go\r\n"), C(".\r\nAUTH PLAIN AGJvYgBodW50ZXIy\r\n"),
         S("250 queued\r\n503 no\r\n")},
        "auth service=smtp frame=4 mechanism=none outcome=accepted server_code=250 "
        "hello=scanner\n"
        "auth service=smtp frame=6 mechanism=sasl-plain outcome=unknown reason=protocol-error "
        "user=bob server_code=503 password_seen hello=scanner\n",
    },
    {
        "chunks are passed over by their size",
        {HELLO,
         C("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 33\r\nAUTH PLAIN AGV2ZQBodW50ZXIy\r\n"
           "\r\n.\r\nBDAT 2 LAST\r\nxxAUTH PLAIN AGJvYgBodW50ZXIy\r\n"),
         S("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n535 5.7.8 no\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-plain outcome=rejected reason=wrong-password "
        "user=bob server_code=\"535 5.7.8\" password_seen hello=scanner\n",
    },
    {
        "mail after a refused login went without one",
        {HELLO, PLAIN, S("535 5.7.8 no\r\n"), C("MAIL FROM:<a@b>\r\n"), S("250 ok\r\n"),
         C("RCPT TO:<c@d>\r\n"), S("250 ok\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-plain outcome=rejected reason=wrong-password "
        "user=bob server_code=\"535 5.7.8\" password_seen hello=scanner\n"
        "auth service=smtp frame=8 mechanism=none outcome=accepted server_code=250 "
        "hello=scanner\n",
    },
    {
        "a session joined at its mail may have had a login before",
        {C("MAIL FROM:<a@b>\r\n"), S("250 2.1.0 ok\r\n"), C("RCPT TO:<c@d>\r\n"),
         S("250 2.1.5 ok\r\n")},
        "",
    },
};

static const struct talk surroundings[] = {
    {
        "what is offered, and who asks",
        {GREETING, C("EHLO XC-B8C463\r\n"),
         S("250-mail.contoso.com Hello [10.0.0.1]\r\n250-SIZE 37748736\r\n250-X-ANONYMOUSTLS\r\n"
           "250-AUTH NTLM\r\n250-X-EXPS GSSAPI NTLM\r\n250-AUTH=LOGIN PLAIN\r\n250 STARTTLS\r\n"),
         C("EHLO XC-B8C463\r\n"), S("250-mail.contoso.com\r\n250 SIZE\r\n")},
        "offer service=smtp frame=1 banner=\"mail.contoso.com Microsoft ESMTP MAIL Service "
        "ready\"\n"
        "client service=smtp frame=2 hello=XC-B8C463\n"
        "offer service=smtp frame=3 mechanisms=\"sasl-ntlm sasl-gssapi sasl-login sasl-plain\" "
        "starttls\n"
        "offer service=smtp frame=5\n",
    },
    {
        "the session turns to TLS: nothing more is read",
        {HELLO, C("STARTTLS\r\n"), S("220 2.0.0 SMTP server ready\r\n"), PLAIN, S("235 ok\r\n")},
        "",
    },
    {
        "so does one between Exchange servers",
        {HELLO, C("X-ANONYMOUSTLS\r\n"), S("220 2.0.0 SMTP server ready\r\n"), PLAIN,
         S("235 ok\r\n")},
        "",
    },
    {
        "a refused STARTTLS changes nothing",
        {HELLO, C("STARTTLS\r\n"), S("454 4.7.0 not now\r\n"), PLAIN, S("235 ok\r\n")},
        "auth service=smtp frame=6 mechanism=sasl-plain outcome=accepted user=bob "
        "server_code=235 password_seen hello=scanner\n",
    },
    {
        "an answer behind a hole tells by its code what it answers",
        {HELLO, PLAIN, LOST(SIDE_SERVER, 60), S("535 5.7.8 no\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-plain outcome=rejected reason=wrong-password "
        "user=bob server_code=\"535 5.7.8\" password_seen hello=scanner\n",
    },
    {
        "the reply to EHLO that comes behind a hole, and late, is none to AUTH",
        {C("EHLO scanner\r\n"), C("AUTH LOGIN\r\n"), LOST(SIDE_SERVER, 213),
         S("250-x\r\n250 AUTH LOGIN\r\n"), C("Ym9i\r\n"), S("334 VXNlcm5hbWU6\r\n"),
         C("aHVudGVyMg==\r\n"), S("334 UGFzc3dvcmQ6\r\n"), S("235 2.7.0 ok\r\n")},
        "auth service=smtp frame=7 mechanism=sasl-login outcome=accepted user=bob "
        "server_code=\"235 2.7.0\" password_seen hello=scanner\n",
    },
    {
        "a prompt that comes after its answer makes no name of the password",
        {C("Ym9i\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("aHVudGVyMg==\r\n"), S("334 UGFzc3dvcmQ6\r\n"),
         S("235 2.7.0 ok\r\n")},
        "auth service=smtp frame=2 mechanism=sasl-login outcome=accepted "
        "server_code=\"235 2.7.0\"\n",
    },
    {
        "an answer to something else behind a hole leaves the outcome open",
        {HELLO, PLAIN, LOST(SIDE_SERVER, 60), C("MAIL FROM:<a@b>\r\n"), S("250 ok\r\n"),
         C("RCPT TO:<c@d>\r\n"), S("250 ok\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-plain outcome=unknown user=bob password_seen "
        "hello=scanner\n",
    },
    {
        "an AUTH that a hole held up behind its prompt is one attempt",
        {GREETING, S("250-x\r\n250 AUTH LOGIN\r\n"), S("334 UGFzc3dvcmQ6\r\n"),
         LOST(SIDE_CLIENT, 14), C("AUTH LOGIN Ym9i\r\n"), C("aHVudGVyMg==\r\n"),
         S("235 2.7.0 ok\r\n")},
        "auth service=smtp frame=6 mechanism=sasl-login outcome=accepted user=bob "
        "server_code=\"235 2.7.0\" password_seen\n",
    },
    {
        "a reply to a lost command does not shift the answers",
        {HELLO, LOST(SIDE_CLIENT, 6), S("250 ok\r\n"), C("NOOP\r\n"), PLAIN, S("235 2.7.0 ok\r\n")},
        "auth service=smtp frame=7 mechanism=sasl-plain outcome=accepted user=bob "
        "server_code=\"235 2.7.0\" password_seen hello=scanner\n",
    },
    {
        "a password in a hole was not seen",
        {HELLO, C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("Ym9i\r\n"),
         S("334 UGFzc3dvcmQ6\r\n"), LOST(SIDE_CLIENT, 14), S("235 2.7.0 ok\r\n")},
        "auth service=smtp frame=6 mechanism=sasl-login outcome=accepted user=bob "
        "server_code=\"235 2.7.0\" hello=scanner\n",
    },
    {
        "a name that may be cut is not reported",
        {HELLO, C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("Ym"), LOST(SIDE_CLIENT, 2),
         C("\r\n"), S("334 UGFzc3dvcmQ6\r\n"), C("aHVudGVyMg==\r\n"), S("235 2.7.0 ok\r\n")},
        "auth service=smtp frame=4 mechanism=sasl-login outcome=accepted "
        "server_code=\"235 2.7.0\" hello=scanner\n",
    },
    {
        "a hole in a message harms nothing",
        {HELLO, C("MAIL FROM:<a@b>\r\n"), S("250 ok\r\n"), C("RCPT TO:<c@d>\r\n"), S("250 ok\r\n"),
         C("DATA\r\n"), S("354 go\r\n"), C("AUTH PL"), LOST(SIDE_CLIENT, 1000),
         C("AUTH PLAIN AGV2ZQBodW50ZXIy\r\n.\r\n"), S("250 queued\r\n")},
        "auth service=smtp frame=6 mechanism=none outcome=accepted server_code=250 "
        "hello=scanner\n",
    },
    {
        "delivery within a host is not reported",
        {S("220 mail LMTP ready\r\n"), C("LHLO x\r\n"), S("250 ok\r\n"), C("MAIL FROM:<a@b>\r\n"),
         S("250 ok\r\n"), C("RCPT TO:<c@d>\r\n"), S("250 ok\r\n")},
        "",
    },
    {
        "FTP greets with 220, too",
        {S("220 ProFTPD\r\n"), C("AUTH TLS\r\n"), S("500 what\r\n"), C("USER bob\r\n"),
         S("331 Password required\r\n"), C("PASS hunter2\r\n"), S("230 in\r\n")},
        "",
    },
};

static void exchanges_say_who_and_how(void **state)
{
    (void)state;
    talk_run(exchanges, sizeof(exchanges) / sizeof(exchanges[0]), NULL);
}

static void answers_decide_the_outcome(void **state)
{
    (void)state;
    talk_run(answers, sizeof(answers) / sizeof(answers[0]), NULL);
}

static void mail_without_a_login_is_told_apart(void **state)
{
    (void)state;
    talk_run(mails, sizeof(mails) / sizeof(mails[0]), NULL);
}

static void what_stands_around_a_login_is_understood(void **state)
{
    (void)state;
    talk_run(surroundings, sizeof(surroundings) / sizeof(surroundings[0]), NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchanges_say_who_and_how),
        cmocka_unit_test(answers_decide_the_outcome),
        cmocka_unit_test(mail_without_a_login_is_told_apart),
        cmocka_unit_test(what_stands_around_a_login_is_understood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
