#include "tests/support/talk.h"

#define GREETING S("+OK The Microsoft Exchange POP3 service is ready.\r\n")

static const struct talk mistakes[] = {
    {
        "name and password on one line",
        {GREETING, C("USER bob pass hunter2\r\n"), S("-ERR Protocol error\r\n"), C("QUIT\r\n")},
        "auth service=pop frame=2 mechanism=pop-user-pass outcome=unknown "
        "reason=protocol-error user=bob server_code=-ERR\n",
    },
    {
        "APOP with one word, which may be the digest",
        {GREETING, C("APOP c4c9334bac560ecc979e58001b3e22fb\r\n"), S("-ERR Protocol error\r\n")},
        "auth service=pop frame=2 mechanism=pop-apop outcome=unknown reason=protocol-error "
        "server_code=-ERR\n",
    },
};

static const struct talk logins[] = {
    {
        "a login names its user and never its password",
        {GREETING, C("USER bob@contoso.com\r\n"), S("+OK\r\n"), C("PASS hunter2 x\r\n"),
         S("+OK User successfully logged on.\r\n"), C("STAT\r\n"), S("+OK 2 320\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=accepted user=bob@contoso.com "
        "domain=contoso.com server_code=+OK password_seen\n",
    },
    {
        "verbs of any case, spaces in plenty, lines without CR",
        {GREETING, C("uSEr  CONTOSO\\bob \n"), S("+OK\n"), C("\tpass  hunter2\n"), S("+OK\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=accepted user=CONTOSO\\bob "
        "domain=CONTOSO server_code=+OK password_seen\n",
    },
    {
        "USER and PASS in one go",
        {GREETING, C("USER bob\r\nPASS hunter2\r\n"),
         S("+OK\r\n-ERR Logon failure: unknown user name or bad password.\r\n"), C("QUIT\r\n")},
        "auth service=pop frame=2 mechanism=pop-user-pass outcome=rejected reason=wrong-password "
        "user=bob server_code=-ERR password_seen\n",
    },
    {
        "commands before the greeting",
        {C("USER bob\r\nPASS hunter2\r\n"), GREETING, S("+OK\r\n+OK logged on\r\n")},
        "auth service=pop frame=1 mechanism=pop-user-pass outcome=accepted user=bob "
        "server_code=+OK password_seen\n",
    },
    {
        "each attempt is an event",
        {GREETING, C("USER bob\r\n"), S("+OK\r\n"), C("PASS x1\r\n"),
         S("-ERR [AUTH] Authentication failed.\r\n"), C("USER eve\r\n"), S("+OK\r\n"),
         C("PASS x2\r\n"), S("+OK Logged in.\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=rejected reason=wrong-password "
        "user=bob server_code=-ERR password_seen\n"
        "auth service=pop frame=8 mechanism=pop-user-pass outcome=accepted user=eve "
        "server_code=+OK password_seen\n",
    },
    {
        "a token behind PASS is no password, in a login with USER and PASS",
        {GREETING, C("USER bob\r\n"), S("+OK\r\n"), C("PASS eyJ0eXAi.eyJhdWQi.c2ln\r\n"),
         S("+OK in\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=accepted user=bob "
        "server_code=+OK\n",
    },
    {
        "APOP sends no password",
        {S("+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n"),
         C("APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n"), S("+OK maildrop has 1 message\r\n")},
        "auth service=pop frame=2 mechanism=pop-apop outcome=accepted user=mrose "
        "server_code=+OK\n",
    },
    {
        "a greeting that was lost takes no name with it",
        {C("USER bob\r\n"), LOST(SIDE_SERVER, 40), S("+OK\r\n"), C("PASS hunter2\r\n"),
         S("+OK Logged in.\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=accepted user=bob "
        "server_code=+OK password_seen\n",
    },
    {
        "what only works after a login says that it was accepted",
        {GREETING, C("USER bob\r\n"), S("+OK\r\n"), C("PASS hunter2\r\n"), LOST(SIDE_SERVER, 16),
         C("LIST\r\n"), S("+OK 0 messages:\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=accepted user=bob "
        "password_seen\n",
    },
    {
        "the client's side alone leaves the outcome open",
        {C("USER bob\r\n"), C("PASS hunter2\r\n"), C("STAT\r\n")},
        "auth service=pop frame=2 mechanism=pop-user-pass outcome=unknown user=bob "
        "password_seen\n",
    },
    {
        "the end before an answer leaves the outcome open",
        {GREETING, C("USER bob\r\n"), S("+OK\r\n"), C("PASS hunter2\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=unknown user=bob "
        "password_seen\n",
    },
    {
        "a client that leaves without the password",
        {GREETING, C("USER bob\r\n"), S("+OK\r\n"), C("QUIT\r\n"), S("+OK bye\r\n")},
        "auth service=pop frame=2 mechanism=pop-user-pass outcome=abandoned user=bob\n",
    },
};

static const struct talk answers[] = {
    {
        "TLS is wanted before USER: no password was sent (dovecot)",
        {GREETING, C("USER bob\r\n"),
         S("-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) "
           "connections.\r\n"),
         C("QUIT\r\n"), S("+OK Logging out\r\n")},
        "auth service=pop frame=2 mechanism=pop-user-pass outcome=blocked reason=tls-required "
        "user=bob server_code=-ERR\n",
    },
    {
        "USER's refusal tells why PASS failed",
        {GREETING, C("USER bob\r\nPASS hunter2\r\n"),
         S("-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) "
           "connections.\r\n-ERR No username given.\r\n")},
        "auth service=pop frame=2 mechanism=pop-user-pass outcome=blocked reason=tls-required "
        "user=bob server_code=-ERR password_seen\n",
    },
    {
        "a mailbox in use: the password was right (RFC 2449)",
        {GREETING, C("USER bob\r\n"), S("+OK\r\n"), C("PASS x\r\n"),
         S("-ERR [IN-USE] Do you have another POP session running?\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=accepted "
        "reason=mailbox-unavailable user=bob server_code=-ERR password_seen\n",
    },
    {
        "a server in trouble says nothing about the password",
        {GREETING, C("USER bob\r\n"), S("+OK\r\n"), C("PASS x\r\n"),
         S("-ERR [SYS/TEMP] Temporary authentication failure.\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=unknown reason=server-error "
        "user=bob server_code=-ERR password_seen\n",
    },
};

static const struct talk exchanges[] = {
    {
        "AUTH PLAIN in two steps",
        {GREETING, C("AUTH PLAIN\r\n"), S("+\r\n"), C("AGJvYgBodW50ZXIy\r\n"), S("+OK in\r\n")},
        "auth service=pop frame=4 mechanism=sasl-plain outcome=accepted user=bob "
        "server_code=+OK password_seen\n",
    },
    {
        "AUTH PLAIN with its initial response",
        {GREETING, C("auth plain AGJvYgBodW50ZXIy\r\n"), S("-ERR authentication failed\r\n")},
        "auth service=pop frame=2 mechanism=sasl-plain outcome=rejected reason=wrong-password "
        "user=bob server_code=-ERR password_seen\n",
    },
    {
        "an initial response of nothing, then the real one",
        {GREETING, C("AUTH PLAIN =\r\n"), S("+ \r\n"), C("AGJvYgBodW50ZXIy\r\n"), S("+OK\r\n")},
        "auth service=pop frame=4 mechanism=sasl-plain outcome=accepted user=bob "
        "server_code=+OK password_seen\n",
    },
    {
        "AUTH LOGIN",
        {GREETING, C("AUTH LOGIN\r\n"), S("+ VXNlcm5hbWU6\r\n"), C("Ym9i\r\n"),
         S("+ UGFzc3dvcmQ6\r\n"), C("aHVudGVyMg==\r\n"), S("+OK Logged in.\r\n")},
        "auth service=pop frame=6 mechanism=sasl-login outcome=accepted user=bob "
        "server_code=+OK password_seen\n",
    },
    {
        "Exchange Online closes on a token in the AUTH line: modern, and no verdict",
        {GREETING, C("AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgeWEyOS54AQE=\r\n"),
         S("-ERR Protocol error. Connection is closed. 10\r\n")},
        "auth service=pop frame=2 mechanism=sasl-xoauth2 outcome=unknown reason=protocol-error "
        "user=bob server_code=-ERR\n",
    },
    {
        "a client that takes it back",
        {GREETING, C("AUTH LOGIN\r\n"), S("+ VXNlcm5hbWU6\r\n"), C("*\r\n"),
         S("-ERR cancelled\r\n")},
        "auth service=pop frame=4 mechanism=sasl-login outcome=abandoned server_code=-ERR\n",
    },
    {
        "a mechanism that nobody has is a question, not an attempt",
        {GREETING, C("AUTH TWINKIE\r\n"), S("-ERR what\r\n"), C("QUIT\r\n")},
        "",
    },
};

static const struct talk surroundings[] = {
    {
        "what is offered",
        {S("+OK POP3 ready <1.2@corp.example>\r\n"), C("CAPA\r\n"),
         S("+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN XOAUTH2\r\nUSER\r\nSTLS\r\n.\r\n"), C("AUTH\r\n"),
         S("+OK\r\nNTLM\r\nPLAIN\r\n.\r\n")},
        "offer service=pop frame=1 mechanisms=pop-apop banner=\"POP3 ready <1.2@corp.example>\"\n"
        "offer service=pop frame=3 mechanisms=\"sasl-plain sasl-xoauth2 pop-user-pass\" starttls\n"
        "offer service=pop frame=5 mechanisms=\"sasl-ntlm sasl-plain\"\n",
    },
    {
        "the session turns to TLS: nothing more is read",
        {GREETING, C("STLS\r\n"), S("+OK Begin TLS negotiation.\r\n"), C("USER bob\r\n"),
         S("+OK\r\n"), C("PASS x\r\n"), S("+OK\r\n")},
        "",
    },
    {
        "a refused STLS changes nothing",
        {GREETING, C("STLS\r\n"), S("-ERR\r\n"), C("USER bob\r\n"), S("+OK\r\n"), C("PASS x\r\n"),
         S("+OK\r\n")},
        "auth service=pop frame=6 mechanism=pop-user-pass outcome=accepted user=bob "
        "server_code=+OK password_seen\n",
    },
    {
        "an answer behind a hole counts when it says what it answers",
        {GREETING, C("USER bob\r\n"), S("+OK\r\n"), C("PASS x\r\n"), LOST(SIDE_SERVER, 9),
         S("+OK User successfully logged on.\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=accepted user=bob "
        "server_code=+OK password_seen\n",
    },
    {
        "else it does not",
        {GREETING, C("USER bob\r\n"), S("+OK\r\n"), C("PASS x\r\n"), LOST(SIDE_SERVER, 9),
         S("+OK\r\n")},
        "auth service=pop frame=4 mechanism=pop-user-pass outcome=unknown user=bob "
        "password_seen\n",
    },
    {
        "a name that may be cut is not reported",
        {GREETING, C("USER bo"), LOST(SIDE_CLIENT, 3), C("b\r\n"), S("+OK\r\n"), C("PASS x\r\n"),
         S("+OK\r\n")},
        "auth service=pop frame=6 mechanism=pop-user-pass outcome=accepted server_code=+OK "
        "password_seen\n",
    },
    {
        "Redis answers +OK, too",
        {C("*2\r\n$4\r\nAUTH\r\n$7\r\nhunter2\r\n"), S("+OK\r\n"), C("QUIT\r\n"), S("+OK\r\n")},
        "",
    },
    {
        "FTP has USER and PASS, too",
        {S("220 ready\r\n"), C("USER bob\r\n"), S("331 Password required\r\n"),
         C("PASS hunter2\r\n"), S("230 in\r\n"), C("SYST\r\n"), S("215 UNIX\r\n")},
        "",
    },
    {
        "the client's side of FTP alone",
        {C("USER bob\r\n"), C("PASS hunter2\r\n"), C("SYST\r\n"), C("LIST\r\n"), C("RETR x\r\n")},
        "",
    },
    {
        "IRC has a USER of many words",
        {C("NICK bob\r\nUSER bob 0 * :Bob\r\n"), S(":x 001 bob :Welcome\r\n"), C("LIST\r\n")},
        "",
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
