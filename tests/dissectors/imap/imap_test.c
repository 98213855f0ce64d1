#include "tests/support/talk.h"

#define GREETING S("* OK The Microsoft Exchange IMAP4 service is ready.\r\n")

static const struct talk mistakes[] = {
    {
        "one word alone may be the password, or hold it",
        {S("* OK ready\r\n"), C("a1 LOGIN hunter2\r\n"), S("a1 BAD missing argument\r\n"),
         C("a2 LOGIN \"bob hunter2\"\r\n"), S("a2 BAD missing argument\r\n"),
         C("a3 LOGIN bob:hunter2 \r\n"), S("a3 BAD missing argument\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=unknown reason=protocol-error "
        "server_code=BAD\n"
        "auth service=imap frame=4 mechanism=imap-login outcome=unknown reason=protocol-error "
        "server_code=BAD\n"
        "auth service=imap frame=6 mechanism=imap-login outcome=unknown reason=protocol-error "
        "server_code=BAD\n",
    },
    {
        "a password without quotes that holds a space is no name",
        {S("* OK ready\r\n"), C("a1 LOGIN bob hunter2 hunter3\r\n"), S("a1 BAD what is that\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=unknown reason=protocol-error "
        "user=bob server_code=BAD password_seen\n",
    },
    {
        "a LOGIN without anything of a user or a password is no attempt",
        {S("* OK ready\r\n"), C("a1 LOGIN {18446744073709551616}\r\n"),
         S("a1 BAD Command Argument Error.\r\n"), C("a2 LOGIN\r\n"), S("a2 BAD missing\r\n"),
         C("a3 LOGIN {3}\r\n"), S("a3 BAD no literals here\r\n"), C("a4 LOGIN bob hunter2\r\n"),
         S("a4 NO LOGIN failed.\r\n")},
        "auth service=imap frame=8 mechanism=imap-login outcome=rejected reason=wrong-password "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "but the policy that refuses it tells what the client is set up for",
        {S("* OK ready\r\n"), C("a1 LOGIN {3}\r\n"),
         S("a1 NO [PRIVACYREQUIRED] Plaintext authentication disallowed.\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=blocked reason=tls-required "
        "server_code=NO\n",
    },
    {
        "a literal longer than any password is passed over, and no command in it is read",
        {S("* OK ready\r\n"), C("a1 LOGIN bob {8220}\r\n"), S("+ go\r\n"),
         C("b1 LOGIN eve hunter2\r\n"), LOST(SIDE_CLIENT, 8198), C("\r\n"),
         S("a1 NO too long\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=unknown reason=unclear "
        "user=bob server_code=NO\n",
    },
};

static const struct talk logins[] = {
    {
        "a login names its user and never its password",
        {GREETING, C("a1 LOGIN bob@contoso.com hunter2\r\n"), S("a1 OK LOGIN completed.\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=accepted user=bob@contoso.com "
        "domain=contoso.com server_code=OK password_seen\n",
    },
    {
        "a quoted name is unescaped, a backslash that escapes nothing is kept",
        {GREETING, C("1 login \"CONTOSO\\bob \\\"x\\\"\" \"hun ter\"\n"), S("1 OK done\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=accepted "
        "user=\"CONTOSO\\bob \"x\"\" domain=CONTOSO server_code=OK password_seen\n",
    },
    {
        "a login with literals is complete with its last one",
        {GREETING, C("A1 LOGIN {15}\r\n"), S("+ Ready for additional command text.\r\n"),
         C("bob@contoso.com {7}\r\n"), S("+ go on\r\n"), C("hun\r\ner\r\n"),
         S("A1 OK LOGIN completed.\r\n")},
        "auth service=imap frame=6 mechanism=imap-login outcome=accepted user=bob@contoso.com "
        "domain=contoso.com server_code=OK password_seen\n",
    },
    {
        "literals that nobody waits for",
        {GREETING, C("A1 LOGIN {3+}\r\nbob {7+}\r\nhunter2\r\nA2 NOOP\r\n"),
         S("A1 NO [AUTHENTICATIONFAILED] LOGIN failed.\r\nA2 OK\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=rejected reason=wrong-password "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "a refused literal ends its login, and the next command is read",
        {S("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\r\n"), C("A1 LOGIN {3}\r\n"),
         S("A1 NO no\r\n"), C("A2 LOGIN bob hunter2\r\n"), S("A2 BAD what\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=blocked reason=tls-required "
        "server_code=NO\n"
        "auth service=imap frame=4 mechanism=imap-login outcome=blocked reason=tls-required "
        "user=bob server_code=BAD password_seen\n",
    },
    {
        "answers are matched by tag",
        {GREETING, C("a LOGIN bob x1\r\nb NOOP\r\nc SELECT INBOX\r\n"),
         S("b OK\r\nc NO not yet\r\na OK in\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=accepted user=bob server_code=OK "
        "password_seen\n",
    },
    {
        "each attempt is an event",
        {GREETING, C("1 LOGIN bob x1\r\n"), S("1 NO LOGIN failed.\r\n"), C("2 LOGIN bob x2\r\n"),
         S("2 OK LOGIN completed.\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=rejected reason=wrong-password "
        "user=bob server_code=NO password_seen\n"
        "auth service=imap frame=4 mechanism=imap-login outcome=accepted user=bob server_code=OK "
        "password_seen\n",
    },
    {
        "a session that is somebody's from the start",
        {S("* PREAUTH IMAP4rev1 server logged in as bob\r\n"), C("a SELECT INBOX\r\n")},
        "auth service=imap frame=1 mechanism=other outcome=accepted server_code=PREAUTH\n",
    },
    {
        "the client's side alone leaves the outcome open",
        {C("a1 LOGIN bob hunter2\r\na2 SELECT INBOX\r\n")},
        "auth service=imap frame=1 mechanism=imap-login outcome=unknown user=bob password_seen\n",
    },
    {
        "the body of an APPEND is passed over, whatever it says",
        {GREETING,
         C("a0 APPEND INBOX {41}\r\na1 LOGIN eve hunter2\r\na1 LOGIN eve hunt\r\n\r\n"
           "a2 LOGIN bob hunter2\r\n"),
         S("a0 BAD no\r\na2 OK yes\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=accepted user=bob server_code=OK "
        "password_seen\n",
    },
    {
        "so is that of a FETCH",
        {GREETING, S("* 1 FETCH (BODY[] {14}\r\na1 OK spoofed\n)\r\n"),
         C("a1 LOGIN bob hunter2\r\n"), S("* 1 FETCH (BODY[] {14}\r\na1 OK spoofed\n)\r\n"),
         S("a1 NO LOGIN failed.\r\n")},
        "auth service=imap frame=3 mechanism=imap-login outcome=rejected reason=wrong-password "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "bytes that are no UTF-8 are read as ISO-8859-1, controls are shown as U+FFFD",
        {GREETING,
         C("a LOGIN \"b\xf6\x01"
           "b\" x\r\n"),
         S("a OK\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=accepted "
        "user=b\xc3\xb6\xef\xbf\xbd"
        "b server_code=OK password_seen\n",
    },
};

static const struct talk answers[] = {
    {
        "the password leaks before a server says that it wants TLS (dovecot)",
        {S("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"),
         C("D1 LOGIN bob \"hunter2\"\r\n"),
         S("* BAD [ALERT] Plaintext authentication not allowed without SSL/TLS, but your client "
           "did "
           "it anyway. If anyone was listening, the password was exposed.\r\n"
           "D1 NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) "
           "connections.\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=blocked reason=tls-required "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "LOGINDISABLED without STARTTLS: there is no way for a password",
        {S("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 LOGINDISABLED] ready\r\n"),
         C("1 LOGIN bob hunter2\r\n"), S("1 NO LOGIN failed.\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=blocked reason=basic-disabled "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "Basic authentication is off",
        {GREETING, C("1 LOGIN bob hunter2\r\n"), S("1 NO Basic authentication is disabled.\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=blocked reason=basic-disabled "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "Basic authentication is off for a consumer",
        {GREETING, C("1 LOGIN bob hunter2\r\n"),
         S("1 NO [AUTHENTICATIONFAILED] AuthFailed:LogonDenied-BasicAuthBlocked-"
           "<UserType:OutlookCom> LogonFailed-BasicAuthBlocked\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=blocked reason=basic-disabled "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "an account that is locked",
        {GREETING, C("1 LOGIN bob hunter2\r\n"),
         S("1 NO LOGIN failed. Account is blocked. Login to your account via a web browser to "
           "verify your identity.\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=blocked reason=account-locked "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "the password was right, the mailbox is not to be had",
        {GREETING, C("1 LOGIN bob hunter2\r\n"),
         S("1 BAD User is authenticated but not connected.\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=accepted "
        "reason=mailbox-unavailable user=bob server_code=BAD password_seen\n",
    },
    {
        "Google wants an application's own password",
        {GREETING, C("1 LOGIN bob hunter2\r\n"),
         S("1 NO [ALERT] Application-specific password required: https://x\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=challenged reason=mfa-required "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "words that nobody knows leave the outcome open",
        {GREETING, C("1 LOGIN bob hunter2\r\n"), S("1 NO come back in spring\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=unknown reason=unclear user=bob "
        "server_code=NO password_seen\n",
    },
    {
        "a server that hangs up instead of answering",
        {GREETING, C("1 LOGIN bob hunter2\r\n"),
         S("* BYE TLS 1.0 and 1.1 are not supported. Please upgrade your client.\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=blocked reason=tls-too-old "
        "user=bob server_code=BYE password_seen\n",
    },
};

static const struct talk exchanges[] = {
    {
        "AUTHENTICATE PLAIN in two steps",
        {GREETING, C("a aUTHENTICATE pLAIN\r\n"), S("+\r\n"),
         C("AGJvYkBjb250b3NvLmNvbQBodW50ZXIy\r\n"), S("a OK AUTHENTICATE completed.\r\n")},
        "auth service=imap frame=4 mechanism=sasl-plain outcome=accepted user=bob@contoso.com "
        "domain=contoso.com server_code=OK password_seen\n",
    },
    {
        "AUTHENTICATE PLAIN with its initial response names who logs in, not whose rights are used",
        {GREETING, C("a AUTHENTICATE PLAIN YWxpY2UAYm9iAGh1bnRlcjI=\r\n"),
         S("a NO [AUTHENTICATIONFAILED] Authentication failed.\r\n")},
        "auth service=imap frame=2 mechanism=sasl-plain outcome=rejected reason=wrong-password "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "AUTHENTICATE LOGIN: what comes second is never a name",
        {GREETING, C("a AUTHENTICATE LOGIN\r\n"), S("+ VXNlcm5hbWU6\r\n"), C("Ym9i\r\n"),
         S("+ VXNlcm5hbWU6\r\n"), C("aHVudGVyMg==\r\n"), S("a OK\r\n")},
        "auth service=imap frame=6 mechanism=sasl-login outcome=accepted user=bob server_code=OK "
        "password_seen\n",
    },
    {
        "a token names its user",
        {GREETING, C("a AUTHENTICATE XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgeWEyOS54AQE=\r\n"),
         S("a OK Logged in\r\n")},
        "auth service=imap frame=2 mechanism=sasl-xoauth2 outcome=accepted user=bob "
        "server_code=OK\n",
    },
    {
        "a refused token: reasons first, an empty line, then the answer",
        {GREETING, C("a AUTHENTICATE XOAUTH2\r\n"), S("+ \r\n"),
         C("dXNlcj1ib2IBYXV0aD1CZWFyZXIgeWEyOS54AQE=\r\n"),
         S("+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n"), C("\r\n"),
         S("a NO come back in spring\r\n")},
        "auth service=imap frame=4 mechanism=sasl-xoauth2 outcome=rejected reason=invalid-token "
        "user=bob server_code=NO\n",
    },
    {
        "OAUTHBEARER names its user in the gs2 header",
        {GREETING,
         C("a AUTHENTICATE OAUTHBEARER bixhPWJvPTJDYiwBaG9zdD14AWF1dGg9QmVhcmVyIHgBAQ==\r\n"),
         S("a NO AUTHENTICATE failed.\r\n")},
        "auth service=imap frame=2 mechanism=sasl-oauthbearer outcome=rejected "
        "reason=invalid-token user=bo,b server_code=NO\n",
    },
    {
        "CRAM-MD5 (RFC 2195's example)",
        {GREETING, C("A0001 AUTHENTICATE CRAM-MD5\r\n"),
         S("+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"),
         C("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n"),
         S("A0001 OK CRAM authentication successful\r\n")},
        "auth service=imap frame=4 mechanism=sasl-cram-md5 outcome=accepted user=tim "
        "server_code=OK\n",
    },
    {
        "a client that takes it back",
        {GREETING, C("a AUTHENTICATE PLAIN\r\n"), S("+\r\n"), C("*\r\n"),
         S("a BAD AUTHENTICATE cancelled\r\n"), C("b LOGOUT\r\n")},
        "auth service=imap frame=4 mechanism=sasl-plain outcome=abandoned server_code=BAD\n",
    },
    {
        "a client that goes on without a response",
        {GREETING, C("a AUTHENTICATE NTLM\r\n"), S("+\r\n"), C("b LOGOUT\r\n"),
         S("* BYE\r\nb OK\r\n")},
        "auth service=imap frame=2 mechanism=sasl-ntlm outcome=abandoned\n",
    },
    {
        "a mechanism that the server does not have",
        {GREETING, C("a AUTHENTICATE PLAIN\r\n"), S("a NO AUTHENTICATE failed.\r\n")},
        "auth service=imap frame=2 mechanism=sasl-plain outcome=blocked "
        "reason=mechanism-unsupported server_code=NO\n",
    },
    {
        "a ticket is integrated authentication",
        {GREETING, C("a AUTHENTICATE GSSAPI\r\n"), S("+ \r\n"), C("YIIBAAYJKoZIhvcSAQICAQ==\r\n"),
         S("+ YQ==\r\n"), C("\r\n"), S("+ YQ==\r\n"), C("YWFhYQ==\r\n"), S("a OK\r\n")},
        "auth service=imap frame=8 mechanism=sasl-gssapi outcome=accepted server_code=OK\n",
    },
};

static const struct talk surroundings[] = {
    {
        "what is offered, and who asks",
        {S("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=NTLM STARTTLS] Dovecot ready.\r\n"),
         C("1 ID (\"name\" \"iPhone Mail\" \"version\" \"21B101\" \"os\" \"iOS\" \"os-version\" "
           "\"17.1.2 (21B101)\" \"vendor\" NIL)\r\n"),
         S("* ID NIL\r\n1 OK\r\n"), C("2 LOGIN bob x1\r\n"), S("2 OK\r\n")},
        "offer service=imap frame=1 mechanisms=\"sasl-plain sasl-ntlm\" banner=\"Dovecot ready.\" "
        "starttls\n"
        "client service=imap frame=2 software=\"iPhone Mail 21B101\" os=\"iOS 17.1.2 (21B101)\"\n"
        "auth service=imap frame=4 mechanism=imap-login outcome=accepted user=bob server_code=OK "
        "password_seen software=\"iPhone Mail 21B101\"\n",
    },
    {
        "capabilities after a login offer nothing",
        {GREETING, C("1 CAPABILITY\r\n"),
         S("* CAPABILITY IMAP4 AUTH=XOAUTH2 LOGINDISABLED\r\n1 OK\r\n"), C("2 LOGIN bob x1\r\n"),
         S("* CAPABILITY IMAP4 AUTH=PLAIN\r\n2 NO\r\n")},
        "offer service=imap frame=1 "
        "banner=\"The Microsoft Exchange IMAP4 service is ready.\"\n"
        "offer service=imap frame=3 mechanisms=sasl-xoauth2 login_disabled\n"
        "offer service=imap frame=5 mechanisms=sasl-plain\n"
        "auth service=imap frame=4 mechanism=imap-login outcome=rejected reason=wrong-password "
        "user=bob server_code=NO password_seen\n",
    },
    {
        "the session turns to TLS: nothing more is read",
        {GREETING, C("1 STARTTLS\r\n"), S("1 OK Begin TLS negotiation now.\r\n"),
         C("2 LOGIN bob x1\r\n"), S("2 OK\r\n")},
        "",
    },
    {
        "a refused STARTTLS changes nothing",
        {GREETING, C("1 STARTTLS\r\n"), S("1 BAD no\r\n"), C("2 LOGIN bob x1\r\n"), S("2 OK\r\n")},
        "auth service=imap frame=4 mechanism=imap-login outcome=accepted user=bob server_code=OK "
        "password_seen\n",
    },
    {
        "behind COMPRESS there is nothing to read",
        {GREETING, C("1 COMPRESS DEFLATE\r\n"), S("1 OK\r\n"), C("2 LOGIN bob x1\r\n")},
        "",
    },
    {
        "a hole in the answers: the tag still tells",
        {GREETING, C("1 LOGIN bob x1\r\n"), LOST(SIDE_SERVER, 100), S("1 OK in\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=accepted user=bob server_code=OK "
        "password_seen\n",
    },
    {
        "a hole that swallowed the answer",
        {GREETING, C("1 LOGIN bob x1\r\n"), LOST(SIDE_SERVER, 100), S("2 OK in\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=unknown user=bob password_seen\n",
    },
    {
        "a hole in which the answer may be: the client did not give up for sure",
        {GREETING, C("1 AUTHENTICATE NTLM TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA=\r\n"),
         LOST(SIDE_SERVER, 100), C("2 ID NIL\r\n"), S("2 OK\r\n")},
        "auth service=imap frame=2 mechanism=sasl-ntlm outcome=unknown\n",
    },
    {
        "a name that may be cut is not reported",
        {GREETING, C("1 LOGIN {10}\r\n"), S("+ go on\r\n"), C("bob"), LOST(SIDE_CLIENT, 9),
         C("hunter2\r\n"), S("1 OK in\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=accepted server_code=OK\n",
    },
    {
        "a stored message whose command was lost holds no second login",
        {GREETING, C("1 LOGIN bob x1\r\n"), S("1 OK in\r\n"), LOST(SIDE_CLIENT, 24), S("+ OK\r\n"),
         C("Subject: x\r\na LOGIN eve x1\r\nb AUTHENTICATE PLAIN AGV2ZQB4MQ==\r\n"),
         S("2 OK stored\r\n")},
        "auth service=imap frame=2 mechanism=imap-login outcome=accepted user=bob server_code=OK "
        "password_seen\n",
    },
    {
        "after a hole in the client's commands the next whole one counts",
        {GREETING, C("1 NOOP\r\n"), LOST(SIDE_CLIENT, 20), C("b hunter2\r\n3 LOGIN bob x\r\n"),
         S("3 OK\r\n")},
        "auth service=imap frame=4 mechanism=imap-login outcome=accepted user=bob server_code=OK "
        "password_seen\n",
    },
};

static void logins_say_who_and_how(void **state)
{
    (void)state;
    talk_run(logins, sizeof(logins) / sizeof(logins[0]), NULL);
}

static void mistakes_give_no_password_away(void **state)
{
    (void)state;
    talk_run(mistakes, sizeof(mistakes) / sizeof(mistakes[0]), NULL);
}

static void answers_decide_the_outcome(void **state)
{
    (void)state;
    talk_run(answers, sizeof(answers) / sizeof(answers[0]), NULL);
}

static void exchanges_say_who_and_how(void **state)
{
    (void)state;
    talk_run(exchanges, sizeof(exchanges) / sizeof(exchanges[0]), NULL);
}

static void what_stands_around_a_login_is_understood(void **state)
{
    (void)state;
    talk_run(surroundings, sizeof(surroundings) / sizeof(surroundings[0]), NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(logins_say_who_and_how),
        cmocka_unit_test(mistakes_give_no_password_away),
        cmocka_unit_test(answers_decide_the_outcome),
        cmocka_unit_test(exchanges_say_who_and_how),
        cmocka_unit_test(what_stands_around_a_login_is_understood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
