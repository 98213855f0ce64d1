/*
 * imap: LOGIN with atoms, quoted strings and literals; AUTHENTICATE PLAIN in one step and in two.
 */
#include <stdio.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum { MAX_TAG = 16 };

void imap_greet(const char *capabilities)
{
    (void)say(SERVER, "* OK The Microsoft Exchange IMAP4 service is ready.\r\n");
    (void)say(CLIENT, "c1 CAPABILITY\r\n");
    (void)say(SERVER,
              "* CAPABILITY IMAP4rev1 %s ID IDLE NAMESPACE LITERAL+\r\n"
              "c1 OK CAPABILITY completed.\r\n",
              capabilities);
}

static void use_mailbox(void)
{
    (void)say(CLIENT,
              "b2 ID (\"name\" \"Thunderbird\" \"version\" \"102.%u\" \"os\" \"Windows\")\r\n",
              draw_below(16));
    (void)say(SERVER, "* ID (\"name\" \"Exchange\")\r\nb2 OK ID completed\r\n");
    (void)say(CLIENT, "b3 SELECT INBOX\r\n");
    (void)say(SERVER,
              "* %u EXISTS\r\n* 0 RECENT\r\n"
              "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)\r\n"
              "b3 OK [READ-WRITE] SELECT completed\r\n",
              draw_below(5000));
}

void imap_answer(const struct login *login, const char *tag)
{
    if (login->is_accepted) {
        mark_reply(
            say(SERVER, "%s OK [CAPABILITY IMAP4rev1 IDLE NAMESPACE ID] Logged in\r\n", tag));
        use_mailbox();
    } else {
        mark_reply(say(SERVER, "%s NO [AUTHENTICATIONFAILED] LOGIN failed.\r\n", tag));
    }
    (void)say(CLIENT, "b9 LOGOUT\r\n");
    (void)say(SERVER, "* BYE server terminating connection\r\nb9 OK LOGOUT completed\r\n");
}

static void draw_tag(char tag[MAX_TAG])
{
    uint32_t number = 1 + draw_below(900);

    if (draw_chance(0.5)) {
        (void)snprintf(tag, MAX_TAG, "A%03u", number);
    } else {
        (void)snprintf(tag, MAX_TAG, "%u", number);
    }
}

static void say_login(const struct login *login, const char *tag)
{
    const char *quote = draw_chance(0.7) ? "\"" : "";
    struct message *message;
    char verb[MAX_WORD];

    spell(verb, "LOGIN");
    message = say(CLIENT, "%s %s %s%s%s %s%s%s\r\n", tag, verb, quote, login->user, quote, quote,
                  login->secret, quote);
    mark_credential(message, message->len / 2);
}

static void say_login_literal(const struct login *login, const char *tag)
{
    char verb[MAX_WORD];

    spell(verb, "LOGIN");
    (void)say(CLIENT, "%s %s {%zu}\r\n", tag, verb, strlen(login->user));
    (void)say(SERVER, "+ Ready for additional command text.\r\n");
    (void)say(CLIENT, "%s {%zu}\r\n", login->user, strlen(login->secret));
    (void)say(SERVER, "+ Ready for additional command text.\r\n");
    mark_credential(say(CLIENT, "%s\r\n", login->secret), 4);
}

void make_imap(struct flow *flow)
{
    const struct login *login;
    char command[MAX_TAG + MAX_WORD];
    char tag[MAX_TAG];
    uint32_t kind;

    flow_init(flow, 143, false);
    dialogue_begin();
    kind = draw_below(40);
    draw_tag(tag);
    (void)snprintf(command, sizeof(command), "%s AUTHENTICATE", tag);
    imap_greet("AUTH=PLAIN AUTH=LOGIN SASL-IR STARTTLS");
    if (kind < 24) {
        login = truth_begin(flow, "imap", "LOGIN", true);
        say_login(login, tag);
    } else if (kind < 28) {
        login = truth_begin(flow, "imap", "LOGIN-literal", true);
        say_login_literal(login, tag);
    } else if (kind < 36) {
        login = truth_begin(flow, "imap", "AUTHENTICATE-PLAIN", true);
        say_plain(login, command, "+");
    } else {
        login = truth_begin(flow, "imap", "AUTHENTICATE-PLAIN-IR", true);
        say_plain(login, command, NULL);
    }
    imap_answer(login, tag);
    dialogue_end(flow);
}
