/*
 * login: what sessions with a login have in common, and which of them are made.
 */
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

void spell(char word[MAX_WORD], const char *keyword)
{
    bool is_odd = options.wild && !draw_chance(0.5);
    size_t i;

    for (i = 0; keyword[i] != '\0' && i < MAX_WORD - 1; i++) {
        bool is_upper = keyword[i] >= 'A' && keyword[i] <= 'Z';

        word[i] = keyword[i];
        if (is_odd && draw_chance(0.5) && is_upper) {
            word[i] = (char)(keyword[i] + 'a' - 'A');
        }
    }
    word[i] = '\0';
}

/* No authorisation identity, NUL, the user, NUL, the password (RFC 4616, section 2) */
void sasl_plain(const struct login *login, char text[MAX_BASE64])
{
    struct buffer out;

    out.len = 0;
    put_u8(&out, 0);
    put_text(&out, "%s", login->user);
    put_u8(&out, 0);
    put_text(&out, "%s", login->secret);
    base64_encode(out.at, out.len, text);
}

/* PLAIN with its message after the server's prompt, or, without a prompt, in the command. */
void say_plain(const struct login *login, const char *before, const char *prompt)
{
    char text[MAX_BASE64];
    char mechanism[MAX_WORD];
    char verb[MAX_WORD];
    const char *command = strrchr(before, ' ');
    struct message *message;

    sasl_plain(login, text);
    command = command != NULL ? command + 1 : before;
    spell(mechanism, "PLAIN");
    spell(verb, command);
    if (prompt != NULL) {
        (void)say(CLIENT, "%.*s%s %s\r\n", (int)(command - before), before, verb, mechanism);
        (void)say(SERVER, "%s\r\n", prompt);
        message = say(CLIENT, "%s\r\n", text);
    } else {
        message =
            say(CLIENT, "%.*s%s %s %s\r\n", (int)(command - before), before, verb, mechanism, text);
    }
    mark_credential(message, message->len / 2);
}

static void make_login(struct flow *flow)
{
    double kind = draw_unit();

    if (kind < 0.40) {
        make_imap(flow);
    } else if (kind < 0.60) {
        make_pop(flow);
    } else if (kind < 0.80) {
        make_smtp(flow);
    } else {
        make_http_basic(flow);
    }
}

void make_mail(struct flow *flow)
{
    if (draw_chance(options.negatives)) {
        make_negative(flow);
    } else {
        make_login(flow);
    }
}

void make_mixed_mail(struct flow *flow)
{
    if (draw_chance(0.45)) {
        make_tls_mail(flow);
    } else {
        make_mail(flow);
    }
}
