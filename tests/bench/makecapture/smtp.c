/*
 * smtp: AUTH LOGIN with and without the user in the command; AUTH PLAIN in one step and in two.
 */
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

void smtp_greet(const char *mechanisms)
{
    (void)say(SERVER,
              "220 %s Microsoft ESMTP MAIL Service ready at Tue, 14 Nov 2023 22:13:20 +0000\r\n",
              DRAW_ONE_OF(mail_hosts));
    (void)say(CLIENT, "EHLO pc%05u.corp.example\r\n", draw_below(99999));
    (void)say(SERVER,
              "250-%s Hello [10.0.1.1]\r\n250-SIZE 37748736\r\n250-PIPELINING\r\n250-DSN\r\n"
              "250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n250-AUTH %s\r\n250-8BITMIME\r\n"
              "250 CHUNKING\r\n",
              DRAW_ONE_OF(mail_hosts), mechanisms);
}

static void say_mail(const struct login *login)
{
    unsigned long long id = draw();
    uint32_t number = draw_below(99999);

    (void)say(CLIENT,
              "From: %s\r\nTo: someone@partner.example\r\nSubject: report %u\r\n"
              "Message-ID: <%016llx@corp.example>\r\n\r\nScan attached.\r\n.\r\n",
              login->user, number, id);
    (void)say(SERVER, "250 2.6.0 Queued mail for delivery\r\n");
}

static void send_mail(const struct login *login)
{
    (void)say(CLIENT, "MAIL FROM:<%s>\r\n", login->user);
    (void)say(SERVER, "250 2.1.0 Sender OK\r\n");
    (void)say(CLIENT, "RCPT TO:<someone%u@partner.example>\r\n", draw_below(9999));
    (void)say(SERVER, "250 2.1.5 Recipient OK\r\n");
    (void)say(CLIENT, "DATA\r\n");
    (void)say(SERVER, "354 Start mail input; end with <CRLF>.<CRLF>\r\n");
    say_mail(login);
}

void smtp_answer(const struct login *login)
{
    if (login->is_accepted) {
        mark_reply(say(SERVER, "235 2.7.0 Authentication successful\r\n"));
        send_mail(login);
    } else {
        mark_reply(say(SERVER, "535 5.7.3 Authentication unsuccessful\r\n"));
    }
    (void)say(CLIENT, "QUIT\r\n");
    (void)say(SERVER, "221 2.0.0 Service closing transmission channel\r\n");
}

static void say_auth_login(const struct login *login)
{
    bool is_in_command = draw_chance(0.3);
    char user[MAX_BASE64];
    char secret[MAX_BASE64];
    char mechanism[MAX_WORD];
    char verb[MAX_WORD];

    base64_encode(login->user, strlen(login->user), user);
    base64_encode(login->secret, strlen(login->secret), secret);
    spell(mechanism, "LOGIN");
    spell(verb, "AUTH");
    if (is_in_command) {
        (void)say(CLIENT, "%s %s %s\r\n", verb, mechanism, user);
    } else {
        (void)say(CLIENT, "%s %s\r\n", verb, mechanism);
        (void)say(SERVER, "334 VXNlcm5hbWU6\r\n");
        (void)say(CLIENT, "%s\r\n", user);
    }
    (void)say(SERVER, "334 UGFzc3dvcmQ6\r\n");
    mark_credential(say(CLIENT, "%s\r\n", secret), 6);
}

void make_smtp(struct flow *flow)
{
    const struct login *login;
    uint32_t kind;

    flow_init(flow, draw_chance(0.6) ? 587 : 25, false);
    dialogue_begin();
    kind = draw_below(20);
    smtp_greet("LOGIN PLAIN");
    if (kind < 12) {
        login = truth_begin(flow, "smtp", "AUTH-LOGIN", true);
        say_auth_login(login);
    } else if (kind < 18) {
        login = truth_begin(flow, "smtp", "AUTH-PLAIN-IR", true);
        say_plain(login, "AUTH", NULL);
    } else {
        login = truth_begin(flow, "smtp", "AUTH-PLAIN", true);
        say_plain(login, "AUTH", "334");
    }
    smtp_answer(login);
    dialogue_end(flow);
}
