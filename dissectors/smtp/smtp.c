#include "dissectors/smtp/smtp.h"

#include <string.h>

#include "dissectors/auth/line.h"
#include "dissectors/auth/pipeline.h"
#include "dissectors/auth/sasl.h"
#include "dissectors/base/text.h"
#include "dissectors/smtp/reply.h"

enum { MAX_PENDING = 32768, MAX_STRANGE = 16 };

/* Commands as the pipeline holds them. */
enum command {
    COMMAND_NONE,
    COMMAND_EHLO,
    COMMAND_AUTH,
    COMMAND_STARTTLS, /* X-ANONYMOUSTLS, too */
    COMMAND_MAIL,
    COMMAND_RCPT,
    COMMAND_DATA,
    COMMAND_BDAT,
    COMMAND_LHLO,
    COMMAND_OTHER,
};

/* What most lines look at stands together, the long texts last: see dissector.h, hot_size. */
struct smtp {
    bool exchange;       /* lines of the client are SASL responses */
    bool starting;       /* STARTTLS was sent: what follows may be TLS */
    bool body;           /* the client sends a message */
    bool body_begun;     /* its first bytes were seen */
    bool bare_lines;     /* the client ends lines with LF alone */
    bool body_ended;     /* a whole message went by */
    bool ahead;          /* the client said what may answer a prompt that comes late */
    bool client_resumes; /* after a hole on the client's side: its next line may be half a line */
    bool began;          /* the session's beginning was seen */
    bool server_seen;    /* so that no reply is taken for the greeting */
    bool unsure;         /* somebody may have logged in unseen */
    bool is_lmtp;        /* the client said LHLO: delivery within a host, not reported */
    bool mail_said;      /* the mail without a login was reported; once a session */
    uint8_t num_strange; /* lines of the server that are no replies */
    struct pipeline pipeline;
    struct login login;
    char hello[128];
    struct moment mail_at; /* of the last MAIL or RCPT while nobody had logged in */
};

static const struct {
    const char *verb;
    enum command command;
} verbs[] = {
    {"EHLO", COMMAND_EHLO},   {"HELO", COMMAND_OTHER},
    {"LHLO", COMMAND_LHLO},   {"AUTH", COMMAND_AUTH},
    {"X-EXPS", COMMAND_AUTH}, {"STARTTLS", COMMAND_STARTTLS},
    {"MAIL", COMMAND_MAIL},   {"X-ANONYMOUSTLS", COMMAND_STARTTLS},
    {"RCPT", COMMAND_RCPT},   {"DATA", COMMAND_DATA},
    {"BDAT", COMMAND_BDAT},   {"QUIT", COMMAND_OTHER},
    {"RSET", COMMAND_OTHER},  {"NOOP", COMMAND_OTHER},
    {"HELP", COMMAND_OTHER},  {"VRFY", COMMAND_OTHER},
};

/* COMMAND_NONE: no verb of SMTP */
static enum command command_of(struct bytes verb)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (bytes_is_word(verb, verbs[i].verb)) {
            return verbs[i].command;
        }
    }
    return COMMAND_NONE;
}

static void give_up(struct smtp *smtp, const struct emitter *out)
{
    struct login_answer answer = {.service = SERVICE_SMTP, .hello = smtp->hello};

    smtp->unsure = smtp->unsure || smtp->login.complete || smtp->login.gapped;
    login_give_up(&smtp->login, &answer, out);
    smtp->exchange = false;
    pipeline_replace(&smtp->pipeline, COMMAND_AUTH, COMMAND_OTHER);
}

static void on_hello(struct smtp *smtp, struct bytes name, const struct emitter *out)
{
    struct event event;

    smtp->began = true;
    event_init(&event, EVENT_CLIENT, SERVICE_SMTP, out);
    (void)text_set(event.client.hello, sizeof(event.client.hello), name);
    if (name.len > 0 && strcmp(event.client.hello, smtp->hello) != 0) {
        (void)text_copy(smtp->hello, sizeof(smtp->hello), event.client.hello);
        emitter_emit(out, &event);
    }
}

static void on_auth(struct smtp *smtp, struct bytes arguments, const struct emitter *out)
{
    struct bytes mechanism = {0};

    if (smtp->login.prompted) { /* held up by a hole before it, here it is */
        login_clear(&smtp->login);
    }
    give_up(smtp, out);
    (void)take_spaces(&arguments);
    (void)take_word(&arguments, &mechanism);
    login_open(&smtp->login, sasl_mechanism(mechanism), out);
    smtp->exchange = true;
    arguments = bytes_trim(arguments);
    if (arguments.len > 0) {
        sasl_on_response(&smtp->login, SERVICE_SMTP, arguments, out);
    }
}

/* BDAT SP size [SP LAST] (RFC 3030): the size of what follows */
static uint64_t on_bdat(struct bytes arguments)
{
    uint64_t size = 0;

    (void)take_spaces(&arguments);
    (void)take_decimal(&arguments, UINT64_MAX, &size);
    return size;
}

/* Returns how many bytes follow that are no line. */
static uint64_t on_command(struct smtp *smtp, struct bytes line, const struct emitter *out)
{
    struct bytes verb = {0};
    enum command command;

    (void)take_spaces(&line);
    if (!take_word(&line, &verb)) {
        return 0;
    }
    command = command_of(verb);
    smtp->ahead = command == COMMAND_NONE;
    if (command == COMMAND_EHLO || bytes_equal_nocase(verb, BYTES("HELO"))) {
        on_hello(smtp, bytes_trim(line), out);
    } else if (command == COMMAND_AUTH) {
        on_auth(smtp, line, out);
    } else if (command == COMMAND_MAIL || command == COMMAND_RCPT) {
        smtp->mail_at = emitter_mark(out);
    } else if (bytes_equal_nocase(verb, BYTES("QUIT")) && smtp->login.cancelled) {
        give_up(smtp, out);
    }
    smtp->is_lmtp = command == COMMAND_LHLO;
    smtp->starting = command == COMMAND_STARTTLS;
    smtp->body = command == COMMAND_DATA;
    smtp->body_begun = false;
    pipeline_put(&smtp->pipeline, (uint8_t)(command == COMMAND_NONE ? COMMAND_OTHER : command));
    return command == COMMAND_BDAT ? on_bdat(line) : 0;
}

static uint64_t on_client_line(struct smtp *smtp, struct bytes line, const struct emitter *out)
{
    struct bytes rest = line;
    struct bytes verb = {0};
    bool resumes = smtp->client_resumes;
    bool is_command;

    (void)take_spaces(&rest);
    (void)take_word(&rest, &verb);
    is_command = command_of(verb) != COMMAND_NONE;
    smtp->client_resumes = false;
    if (resumes && !is_command) {
        login_gap(&smtp->login);
        return 0;
    }
    if (!smtp->exchange || !login_is_open(&smtp->login) || sasl_is_done(&smtp->login)) {
        return on_command(smtp, line, out);
    }
    if (is_command) { /* the verbs make no base64 that anyone sends */
        login_leave(&smtp->login);
        smtp->exchange = false;
        return on_command(smtp, line, out);
    }
    sasl_on_response(&smtp->login, SERVICE_SMTP, line, out);
    return 0;
}

/* True when the message ends within rest, which then begins with what follows. Only the bytes that
 * could begin its end are left for the next time. */
static bool pass_body(struct smtp *smtp, struct bytes *rest)
{
    struct bytes stop = smtp->bare_lines ? BYTES("\n.\n") : BYTES("\r\n.\r\n");
    struct bytes empty = bytes_after(stop, smtp->bare_lines ? 1 : 2);
    size_t position = 0;

    if (!smtp->body_begun && rest->len < empty.len &&
        bytes_equal(*rest, bytes_first(empty, rest->len))) {
        return false;
    }
    smtp->body = !(!smtp->body_begun && take_prefix(rest, empty));
    smtp->body_begun = true;
    if (smtp->body && bytes_find(*rest, stop, &position)) {
        (void)take_skip(rest, position + stop.len);
        smtp->body = false;
    }
    if (smtp->body && rest->len >= stop.len) {
        (void)take_skip(rest, rest->len - (stop.len - 1));
    }
    smtp->body_ended = smtp->body_ended || !smtp->body;
    return !smtp->body;
}

static struct verdict feed_client(struct smtp *smtp, struct bytes in, const struct emitter *out)
{
    struct bytes rest = in;
    struct verdict verdict;
    struct bytes line;
    uint64_t skip = 0;

    while (!(smtp->starting && smtp->server_seen) && !smtp->is_lmtp && skip == 0) {
        size_t before = rest.len;

        if (smtp->body) {
            if (!pass_body(smtp, &rest)) {
                break;
            }
            continue;
        }
        if (line_is_tls(rest) || !take_line(&rest, &line)) {
            break;
        }
        smtp->bare_lines = before - rest.len == line.len + 1;
        skip = on_client_line(smtp, line, out);
    }
    if (smtp->is_lmtp) {
        return line_verdict(in, rest, NEXT_ABANDON);
    }
    verdict = line_verdict(in, rest, !smtp->body && line_is_tls(rest) ? NEXT_TLS : NEXT_SAME);
    verdict.skip = skip;
    if (skip > 0 || smtp->starting) {
        verdict.want = 0;
    }
    return verdict;
}

static void on_greeting(struct smtp *smtp, const struct smtp_reply *reply,
                        const struct emitter *out)
{
    struct bytes text = reply->text;
    struct bytes line = text;
    struct event event;

    smtp->began = true;
    (void)take_line(&text, &line);
    event_init(&event, EVENT_OFFER, SERVICE_SMTP, out);
    (void)text_set(event.offer.banner, sizeof(event.offer.banner), bytes_trim(line));
    emitter_emit(out, &event);
}

/* "AUTH LOGIN XOAUTH2", "X-EXPS GSSAPI NTLM"; old clients were met with "AUTH=LOGIN" */
static void offer_mechanisms(struct offer_event *offer, struct bytes line)
{
    struct bytes word;

    (void)take_prefix(&line, BYTES("="));
    (void)take_spaces(&line);
    while (take_word(&line, &word)) {
        offer_add(offer, sasl_mechanism(word));
        (void)take_spaces(&line);
    }
}

static void on_capabilities(const struct smtp_reply *reply, const struct emitter *out)
{
    struct bytes text = reply->text;
    struct bytes line;
    struct event event;

    event_init(&event, EVENT_OFFER, SERVICE_SMTP, out);
    while (take_reply_line(&text, &line)) {
        line = bytes_trim(line);
        if (take_prefix_nocase(&line, BYTES("AUTH ")) ||
            take_prefix_nocase(&line, BYTES("AUTH=")) ||
            take_prefix_nocase(&line, BYTES("X-EXPS"))) {
            offer_mechanisms(&event.offer, line);
        } else if (bytes_equal_nocase(line, BYTES("STARTTLS"))) {
            event.offer.starttls = true;
        }
    }
    emitter_emit(out, &event);
}

/* Mail without a login: a relay, direct send, or the wish for one refused. */
static void say_mail(struct smtp *smtp, enum outcome outcome, const char *code,
                     const struct emitter *out)
{
    struct event event;

    if (smtp->mail_said || smtp->unsure || !smtp->began || login_is_open(&smtp->login)) {
        return;
    }
    event_init(&event, EVENT_AUTH, SERVICE_SMTP, out);
    event.at = smtp->mail_at;
    event.auth.mechanism = MECHANISM_NONE;
    event.auth.outcome = outcome;
    (void)text_copy(event.auth.server_code, sizeof(event.auth.server_code), code);
    (void)text_copy(event.auth.hello, sizeof(event.auth.hello), smtp->hello);
    emitter_emit(out, &event);
    smtp->mail_said = true;
}

static void on_auth_reply(struct smtp *smtp, const struct smtp_reply *reply,
                          const struct emitter *out)
{
    struct login_answer answer = {SERVICE_SMTP, reply_to_auth(reply), reply->label, NULL,
                                  smtp->hello};
    bool probing = smtp->login.mechanism == MECHANISM_OTHER && smtp->login.num_messages == 0;

    if (reply->code < 400 && reply->code != 235) {
        give_up(smtp, out);
    }
    if (probing && reply->code >= 500) {
        login_clear(&smtp->login); /* AUTH of something that no one speaks */
    }
    login_close(&smtp->login, &answer, out);
    smtp->exchange = false;
}

static void on_mail_reply(struct smtp *smtp, enum command command, const struct smtp_reply *reply,
                          const struct emitter *out)
{
    if (reply_wants_login(reply)) {
        say_mail(smtp, OUTCOME_BLOCKED, reply->label, out);
    } else if ((command == COMMAND_RCPT && reply->code / 100 == 2) || reply->code == 354) {
        say_mail(smtp, OUTCOME_ACCEPTED, reply->label, out);
    }
    if (command == COMMAND_DATA && reply->code >= 400) {
        smtp->body = false;
    }
}

/* Codes that tell by themselves what they answer; a hole may have shifted the rest. */
static void synchronise(struct smtp *smtp, const struct smtp_reply *reply)
{
    if (reply->code == 235 || reply->code == 334 || reply->code == 535) {
        pipeline_catch_up(&smtp->pipeline, COMMAND_AUTH);
    } else if (reply->code == 354) {
        pipeline_catch_up(&smtp->pipeline, COMMAND_DATA);
        smtp->body = smtp->body || pipeline_peek(&smtp->pipeline) == COMMAND_NONE;
    } else if (reply->code == 220) {
        pipeline_catch_up(&smtp->pipeline, COMMAND_STARTTLS);
    }
}

static void on_challenge(struct smtp *smtp, struct bytes text, const struct emitter *out)
{
    struct bytes line = text;

    (void)take_line(&text, &line);
    smtp->client_resumes = false; /* it is asked for a line of its own */
    if (smtp->exchange) {
        sasl_on_challenge(&smtp->login, line);
    } else if (!login_is_open(&smtp->login)) {
        smtp->exchange = sasl_open_by_prompt(&smtp->login, line, out);
        if (smtp->ahead && smtp->login.num_messages == 0) {
            login_gap(&smtp->login); /* the next line may be the password, and must be no name */
        }
    }
}

/* The reply that ends a command. */
static enum next on_final_reply(struct smtp *smtp, const struct smtp_reply *reply,
                                const struct emitter *out)
{
    enum command command = (enum command)pipeline_take(&smtp->pipeline);

    if (command == COMMAND_AUTH && smtp->unsure && reply->code == 250 &&
        pipeline_peek(&smtp->pipeline) == COMMAND_NONE) {
        pipeline_put(&smtp->pipeline, COMMAND_AUTH); /* none to AUTH: to EHLO, behind a hole */
        command = COMMAND_NONE;
    }
    if (command == COMMAND_NONE && smtp->exchange && smtp->login.prompted && reply->code >= 400) {
        command = COMMAND_AUTH; /* of which only the server's half is seen, and this ends it */
    }
    if (command == COMMAND_AUTH || reply->code == 235 || reply->code == 535 || reply->code == 421) {
        on_auth_reply(smtp, reply, out);
        return reply->code == 235 ? NEXT_ABANDON : NEXT_SAME;
    }
    if (command == COMMAND_STARTTLS) {
        smtp->starting = false;
        return reply->code == 220 ? NEXT_TLS : NEXT_SAME;
    }
    if (command == COMMAND_EHLO || (command == COMMAND_NONE && reply->is_multiline)) {
        if (reply->code == 250) {
            smtp->began = true;
            on_capabilities(reply, out);
        }
    } else if (command == COMMAND_MAIL || command == COMMAND_RCPT || command == COMMAND_DATA ||
               command == COMMAND_BDAT) {
        on_mail_reply(smtp, command, reply, out);
    }
    return NEXT_SAME;
}

static enum next on_reply(struct smtp *smtp, const struct smtp_reply *reply,
                          const struct emitter *out)
{
    bool greeting = !smtp->server_seen && pipeline_peek(&smtp->pipeline) != COMMAND_STARTTLS;

    if (reply->code == 0) {
        return ++smtp->num_strange > MAX_STRANGE ? NEXT_ABANDON : NEXT_SAME;
    }
    smtp->server_seen = true;
    if (reply->code == 220 && greeting) {
        on_greeting(smtp, reply, out);
        return NEXT_SAME;
    }
    synchronise(smtp, reply);
    if (reply->code == 334) {
        on_challenge(smtp, reply->text, out);
        return NEXT_SAME;
    }
    if (reply->code == 354) {
        on_mail_reply(smtp, COMMAND_DATA, reply, out);
        return NEXT_SAME;
    }
    return on_final_reply(smtp, reply, out);
}

static struct verdict feed_server(struct smtp *smtp, struct bytes in, const struct emitter *out)
{
    struct bytes rest = in;
    struct smtp_reply reply;

    while (!line_is_tls(rest) && take_reply(&rest, &reply)) {
        enum next next = on_reply(smtp, &reply, out);

        if (next != NEXT_SAME) {
            return line_verdict(in, rest, next);
        }
    }
    return line_verdict(in, rest, line_is_tls(rest) ? NEXT_TLS : NEXT_SAME);
}

static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    return from == SIDE_CLIENT ? feed_client(state, in, out) : feed_server(state, in, out);
}

/* Replies carry no tag: after a hole among them only those that tell what they answer are matched.
 */
static void gap(void *state, enum side from, uint64_t lost)
{
    struct smtp *smtp = state;

    (void)lost;
    smtp->unsure = true;
    smtp->starting = false; /* a TLS record tells itself */
    if (from == SIDE_CLIENT) {
        login_gap(&smtp->login);
        smtp->client_resumes = true;
        return;
    }
    smtp->server_seen = true;
    pipeline_clear(&smtp->pipeline);
    if (login_is_open(&smtp->login)) {
        pipeline_put(&smtp->pipeline, COMMAND_AUTH);
    }
    if (smtp->body) {
        pipeline_put(&smtp->pipeline, COMMAND_DATA);
    }
}

static void end(void *state, const struct emitter *out)
{
    struct smtp *smtp = state;

    give_up(smtp, out);
    if (smtp->body_ended && !smtp->server_seen) {
        say_mail(smtp, OUTCOME_UNKNOWN, "", out); /* of the client's side alone */
    }
}

const struct dissector smtp_dissector = {
    .name = "smtp",
    .service = SERVICE_SMTP,
    .state_size = sizeof(struct smtp),
    .hot_size = offsetof(struct smtp, login) + LOGIN_HOT_SIZE,
    .max_pending = MAX_PENDING,
    .probe = smtp_probe,
    .feed = feed,
    .gap = gap,
    .end = end,
};
