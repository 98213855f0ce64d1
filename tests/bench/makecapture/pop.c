/*
 * pop: USER and PASS; AUTH PLAIN in one step and in two.
 */
#include "tests/bench/makecapture/makecapture.h"

void pop_answer(const struct login *login)
{
    if (login->is_accepted) {
        uint32_t num_bytes;

        mark_reply(say(SERVER, "+OK User successfully logged on.\r\n"));
        (void)say(CLIENT, "STAT\r\n");
        num_bytes = draw_below(9000000);
        (void)say(SERVER, "+OK %u %u\r\n", draw_below(300), num_bytes);
    } else {
        mark_reply(say(SERVER, "-ERR Logon failure: unknown user name or bad password.\r\n"));
    }
    (void)say(CLIENT, "QUIT\r\n");
    (void)say(SERVER, "+OK Microsoft Exchange POP3 server signing off.\r\n");
}

static void ask_capabilities(void)
{
    (void)say(CLIENT, "CAPA\r\n");
    (void)say(SERVER, "+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN\r\nUSER\r\nSTLS\r\n.\r\n");
}

static void say_user_and_password(const struct login *login)
{
    struct message *message;
    char verb[MAX_WORD];

    spell(verb, "USER");
    message = say(CLIENT, "%s %s\r\n", verb, login->user);
    if (draw_chance(options.split)) {
        message->split = 7;
    }
    (void)say(SERVER, "+OK\r\n");
    spell(verb, "PASS");
    mark_credential(say(CLIENT, "%s %s\r\n", verb, login->secret), 8);
}

void make_pop(struct flow *flow)
{
    const struct login *login;

    flow_init(flow, 110, false);
    dialogue_begin();
    (void)say(SERVER, "+OK The Microsoft Exchange POP3 service is ready.\r\n");
    if (draw_chance(0.5)) {
        ask_capabilities();
    }
    if (draw_chance(0.75)) {
        login = truth_begin(flow, "pop3", "USER-PASS", true);
        say_user_and_password(login);
    } else if (draw_chance(0.5)) {
        login = truth_begin(flow, "pop3", "AUTH-PLAIN", true);
        say_plain(login, "AUTH", "+");
    } else {
        login = truth_begin(flow, "pop3", "AUTH-PLAIN-IR", true);
        say_plain(login, "AUTH", NULL);
    }
    pop_answer(login);
    dialogue_end(flow);
}
