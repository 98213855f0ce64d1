#include "dissectors/pop/pop.h"

#include <string.h>

#include "dissectors/auth/line.h"
#include "dissectors/auth/pipeline.h"
#include "dissectors/auth/sasl.h"
#include "dissectors/base/text.h"

enum { MAX_PENDING = 32768, LONG_PASSWORD = 512 };

/* Commands as the pipeline holds them. */
enum command {
    COMMAND_NONE,
    COMMAND_USER,
    COMMAND_LOGIN, /* PASS, APOP, AUTH: its answer is the login's outcome */
    COMMAND_CAPA,
    COMMAND_MECHANISMS, /* AUTH alone */
    COMMAND_STLS,
    COMMAND_MAILBOX, /* what only works after a login */
    COMMAND_OTHER,
};

/* What most lines look at stands together, the long texts last: see dissector.h, hot_size. */
struct pop {
    bool exchange;       /* lines of the client are SASL responses */
    bool server_seen;    /* so that no answer is taken for the greeting */
    bool user_answered;  /* USER was refused: the event waits for what the client does next */
    bool starting;       /* STLS was sent: what follows may be TLS */
    bool client_resumes; /* after a hole on the client's side: its next line may be half a line */
    struct ruling user_refused; /* what a refusal of USER said */
    struct pipeline pipeline;
    struct login login;
};

static const char *const mailbox_verbs[] = {"STAT", "LIST", "UIDL", "RETR", "TOP", "DELE"};

static struct login_answer answer_with(struct ruling ruling, const char *code)
{
    return (struct login_answer){.service = SERVICE_POP, .ruling = ruling, .code = code};
}

/* Whatever was open is over without an answer. */
static void give_up(struct pop *pop, const struct emitter *out)
{
    struct login_answer answer = answer_with(pop->user_refused, "-ERR");

    if (pop->user_answered) {
        login_close(&pop->login, &answer, out);
    } else {
        login_give_up(&pop->login, &answer, out);
    }
    pop->user_answered = false;
    pop->user_refused = (struct ruling){0};
    pop->exchange = false;
    pipeline_replace(&pop->pipeline, COMMAND_USER, COMMAND_OTHER);
    pipeline_replace(&pop->pipeline, COMMAND_LOGIN, COMMAND_OTHER);
}

/*
 * A token behind PASS is no password, but the login stays what it is to the server and to the
 * switch that turns it off: USER and PASS. Told by its shape (a JWT: "eyJ", three parts) or by a
 * length that no password has.
 */
static bool is_token(struct bytes password)
{
    struct bytes part;

    return password.len > LONG_PASSWORD ||
           (bytes_starts(password, BYTES("eyJ")) && take_until(&password, '.', &part) &&
            take_until(&password, '.', &part));
}

/* USER name, and from people at a keyboard "USER name PASS password" on one line. */
static void on_user(struct pop *pop, struct bytes name, const struct emitter *out)
{
    size_t end;

    if (bytes_find_nocase(name, BYTES(" PASS "), &end)) {
        name = bytes_first(name, end);
    }
    give_up(pop, out);
    login_open(&pop->login, MECHANISM_POP_USER_PASS, out);
    pop->login.num_messages = 1;
    (void)text_set(pop->login.user, sizeof(pop->login.user), name);
    pipeline_put(&pop->pipeline, COMMAND_USER);
}

/* Without USER before it (seen too late, or lost) it is a login of nobody known. */
static void on_pass(struct pop *pop, struct bytes password, const struct emitter *out)
{
    struct login *login = &pop->login;

    if (login->mechanism != MECHANISM_POP_USER_PASS || login->complete) {
        give_up(pop, out);
        login_open(login, MECHANISM_POP_USER_PASS, out);
        login->num_messages = 1;
    }
    login->password_seen = password.len > 0 && !is_token(password);
    login_complete(login, out);
    pop->user_answered = false;
    pipeline_put(&pop->pipeline, COMMAND_LOGIN);
}

static void on_apop(struct pop *pop, struct bytes arguments, const struct emitter *out)
{
    struct bytes name = {0};

    give_up(pop, out);
    login_open(&pop->login, MECHANISM_POP_APOP, out);
    pop->login.num_messages = 1;
    if (take_word(&arguments, &name) && bytes_trim(arguments).len > 0) {
        (void)text_set(pop->login.user, sizeof(pop->login.user), name);
    } /* else it may be the digest that stands there alone */
    login_complete(&pop->login, out);
    pipeline_put(&pop->pipeline, COMMAND_LOGIN);
}

static void on_auth(struct pop *pop, struct bytes arguments, const struct emitter *out)
{
    struct bytes mechanism;

    give_up(pop, out);
    (void)take_spaces(&arguments);
    if (!take_word(&arguments, &mechanism)) {
        pipeline_put(&pop->pipeline, COMMAND_MECHANISMS);
        return;
    }
    login_open(&pop->login, sasl_mechanism(mechanism), out);
    pop->exchange = true;
    arguments = bytes_trim(arguments);
    if (arguments.len > 0) {
        sasl_on_response(&pop->login, SERVICE_POP, arguments, out);
    }
    pipeline_put(&pop->pipeline, COMMAND_LOGIN);
}

static bool is_verb(struct bytes word)
{
    static const char *const verbs[] = {"USER", "PASS", "APOP", "AUTH", "CAPA", "STLS",
                                        "QUIT", "NOOP", "RSET", "STAT", "LIST", "UIDL",
                                        "RETR", "TOP",  "DELE", "UTF8", "LANG"};

    return line_has_word(word, verbs, sizeof(verbs) / sizeof(verbs[0]));
}

static enum command plain_command(struct bytes verb)
{
    if (bytes_equal_nocase(verb, BYTES("CAPA"))) {
        return COMMAND_CAPA;
    }
    if (bytes_equal_nocase(verb, BYTES("STLS"))) {
        return COMMAND_STLS;
    }
    if (line_has_word(verb, mailbox_verbs, sizeof(mailbox_verbs) / sizeof(mailbox_verbs[0]))) {
        return COMMAND_MAILBOX;
    }
    return COMMAND_OTHER;
}

static void on_other(struct pop *pop, struct bytes verb, const struct emitter *out)
{
    bool quits = bytes_equal_nocase(verb, BYTES("QUIT"));

    if (quits && login_is_open(&pop->login) && !pop->login.complete && !pop->user_answered) {
        login_leave(&pop->login);
    }
    if (quits ? !pop->login.complete && !pop->exchange : pop->user_answered) {
        give_up(pop, out);
    }
    pop->starting = plain_command(verb) == COMMAND_STLS;
    pipeline_put(&pop->pipeline, (uint8_t)plain_command(verb));
}

static void on_command(struct pop *pop, struct bytes line, const struct emitter *out)
{
    struct bytes verb = {0};

    (void)take_spaces(&line);
    if (!take_word(&line, &verb)) {
        return;
    }
    if (bytes_equal_nocase(verb, BYTES("USER"))) {
        on_user(pop, bytes_trim(line), out);
    } else if (bytes_equal_nocase(verb, BYTES("PASS"))) {
        on_pass(pop, bytes_trim(line), out);
    } else if (bytes_equal_nocase(verb, BYTES("APOP"))) {
        (void)take_spaces(&line);
        on_apop(pop, line, out);
    } else if (bytes_equal_nocase(verb, BYTES("AUTH"))) {
        on_auth(pop, line, out);
    } else {
        on_other(pop, verb, out);
    }
}

/* Within an exchange: did the client go on with a command instead of a response? A response is one
 * word; the few verbs that stand alone make no base64 that anyone sends. */
static bool leaves_exchange(const struct pop *pop, struct bytes line)
{
    struct bytes verb;

    if (sasl_is_done(&pop->login)) {
        return true;
    }
    (void)take_spaces(&line);
    return take_word(&line, &verb) && is_verb(verb);
}

static void on_client_line(struct pop *pop, struct bytes line, const struct emitter *out)
{
    struct bytes rest = line;
    struct bytes verb = {0};
    bool resumes = pop->client_resumes;

    pop->client_resumes = false;
    (void)take_spaces(&rest);
    (void)take_word(&rest, &verb);
    if (resumes && !is_verb(verb)) {
        login_gap(&pop->login);
        return;
    }
    if (!pop->exchange || !login_is_open(&pop->login)) {
        on_command(pop, line, out);
    } else if (leaves_exchange(pop, line)) {
        login_leave(&pop->login);
        pop->exchange = false;
        on_command(pop, line, out);
    } else {
        sasl_on_response(&pop->login, SERVICE_POP, line, out);
    }
}

static struct verdict feed_client(struct pop *pop, struct bytes in, const struct emitter *out)
{
    struct bytes rest = in;
    struct verdict verdict;
    struct bytes line;

    while (!line_is_tls(rest) && !(pop->starting && pop->server_seen) && take_line(&rest, &line)) {
        on_client_line(pop, line, out);
    }
    verdict = line_verdict(in, rest, line_is_tls(rest) ? NEXT_TLS : NEXT_SAME);
    if (pop->starting) {
        verdict.want = 0; /* the server's answer says what is to be done with them */
    }
    return verdict;
}

static void offer_from_line(struct offer_event *offer, struct bytes line)
{
    struct bytes word = {0};

    (void)take_spaces(&line);
    (void)take_word(&line, &word);
    if (bytes_equal_nocase(word, BYTES("STLS"))) {
        offer->starttls = true;
    } else if (bytes_equal_nocase(word, BYTES("USER"))) {
        offer_add(offer, MECHANISM_POP_USER_PASS);
    } else if (bytes_equal_nocase(word, BYTES("SASL"))) {
        while (take_spaces(&line) > 0 && take_word(&line, &word)) {
            offer_add(offer, sasl_mechanism(word));
        }
    }
}

/* The lines of an answer up to "."; false while it is not whole. command: CAPA lists capabilities,
 * AUTH alone lists mechanisms, one a line. */
static bool take_offer(struct bytes *in, enum command command, const struct emitter *out)
{
    struct bytes rest = *in;
    struct bytes line;
    struct event event;

    event_init(&event, EVENT_OFFER, SERVICE_POP, out);
    while (take_line(&rest, &line)) {
        line = bytes_trim(line);
        if (bytes_equal(line, BYTES("."))) {
            emitter_emit(out, &event);
            *in = rest;
            return true;
        }
        if (command == COMMAND_CAPA) {
            offer_from_line(&event.offer, line);
        } else if (line.len > 0) {
            offer_add(&event.offer, sasl_mechanism(line));
        }
    }
    return false;
}

/* "+OK text <timestamp>": the timestamp offers APOP (RFC 1939, section 7) */
static void on_greeting(struct bytes text, const struct emitter *out)
{
    struct event event;
    struct bytes before;

    event_init(&event, EVENT_OFFER, SERVICE_POP, out);
    (void)text_set(event.offer.banner, sizeof(event.offer.banner), bytes_trim(text));
    if (take_until(&text, '<', &before) && take_until(&text, '@', &before)) {
        offer_add(&event.offer, MECHANISM_POP_APOP);
    }
    emitter_emit(out, &event);
}

/* A client that does not wait for the greeting has commands outstanding when it comes. */
static bool is_greeting(const struct pop *pop, struct bytes text)
{
    return !pop->server_seen &&
           (pipeline_peek(&pop->pipeline) == COMMAND_NONE || bytes_has_nocase(text, BYTES("POP")) ||
            bytes_has_nocase(text, BYTES("service is ready")) ||
            bytes_has_nocase(text, BYTES("server ready")));
}

static void on_login_answer(struct pop *pop, bool ok, struct bytes text, const struct emitter *out)
{
    struct ruling accepted = {OUTCOME_ACCEPTED, REASON_NONE};
    struct login_answer answer;
    bool probing = pop->login.mechanism == MECHANISM_OTHER && pop->login.num_messages == 0;

    answer = answer_with(ok ? accepted : answer_refusal(text), ok ? "+OK" : "-ERR");
    if (!ok && pop->user_refused.outcome == OUTCOME_BLOCKED) {
        answer.ruling = pop->user_refused; /* USER and PASS came together; USER's answer told why */
    }
    if (probing && !ok) {
        login_clear(&pop->login); /* a client that asks what AUTH knows */
    }
    login_close(&pop->login, &answer, out);
    pop->user_refused = (struct ruling){0};
    pop->exchange = false;
}

static void on_user_answer(struct pop *pop, bool ok, struct bytes text)
{
    if (pop->login.mechanism == MECHANISM_POP_USER_PASS) {
        pop->login.answer_due = false;
    }
    if (pop->login.mechanism != MECHANISM_POP_USER_PASS || ok) {
        return;
    }
    pop->user_refused = answer_refusal(text);
    pop->user_answered = !pop->login.complete;
}

/* After a hole answers stand alone; those to a login often say what they answer. */
static bool speaks_of_login(const struct pop *pop, bool ok, struct bytes text)
{
    static const char *const words[] = {"logged",  "mailbox", "maildrop", "authenticated",
                                        "welcome", "octets",  "messages"};
    bool told = false;

    for (size_t i = 0; ok && i < sizeof(words) / sizeof(words[0]); i++) {
        told = told || bytes_has_nocase(text, bytes_of_text(words[i]));
    }
    return (pop->login.complete || pop->login.gapped) &&
           (ok ? told : answer_refusal(text).reason == REASON_WRONG_PASSWORD);
}

/* A command that needs a login was obeyed (RFC 1939, section 5): so it was accepted, and its own
 * answer was lost. */
static void say_accepted(struct pop *pop, const struct emitter *out)
{
    struct login_answer answer = answer_with((struct ruling){OUTCOME_ACCEPTED, REASON_NONE}, "");

    login_close(&pop->login, &answer, out);
}

/* What one answer means; offers were dealt with before. */
static enum next on_answer(struct pop *pop, bool ok, struct bytes text, const struct emitter *out)
{
    enum command command = (enum command)pipeline_take(&pop->pipeline);

    if (command == COMMAND_NONE && speaks_of_login(pop, ok, text)) {
        command = COMMAND_LOGIN;
    }
    if (command == COMMAND_USER) {
        on_user_answer(pop, ok, text);
    } else if (command == COMMAND_LOGIN) {
        on_login_answer(pop, ok, text, out);
        return ok ? NEXT_ABANDON : NEXT_SAME;
    } else if (command == COMMAND_STLS) {
        pop->starting = false;
        return ok ? NEXT_TLS : NEXT_SAME;
    } else if (command == COMMAND_MAILBOX && ok &&
               (pop->login.complete || !login_is_open(&pop->login))) {
        say_accepted(pop, out); /* or somebody logged in before we came */
        return NEXT_ABANDON;
    }
    return NEXT_SAME;
}

/* +OK, -ERR, "+ challenge"; other lines belong to answers of many lines. */
static enum next on_server_line(struct pop *pop, struct bytes line, const struct emitter *out)
{
    bool ok = take_prefix_nocase(&line, BYTES("+OK"));

    if (ok || take_prefix_nocase(&line, BYTES("-ERR"))) {
        if (is_greeting(pop, line)) {
            on_greeting(line, out);
            return NEXT_SAME;
        }
        return on_answer(pop, ok, line, out);
    }
    if (take_prefix(&line, BYTES("+")) && pop->exchange) {
        sasl_on_challenge(&pop->login, line);
    }
    return NEXT_SAME;
}

static struct verdict feed_server(struct pop *pop, struct bytes in, const struct emitter *out)
{
    struct bytes rest = in;
    struct bytes after;
    struct bytes line;

    while (!line_is_tls(rest) && (after = rest, take_line(&after, &line))) {
        enum command command = (enum command)pipeline_peek(&pop->pipeline);
        enum next next;

        if ((command == COMMAND_CAPA || command == COMMAND_MECHANISMS) &&
            bytes_starts_nocase(line, BYTES("+OK")) && !is_greeting(pop, line) &&
            !take_offer(&after, command, out)) {
            break;
        }
        next = on_server_line(pop, line, out);
        pop->server_seen = true;
        rest = after;
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

/* Answers carry no tag, so after a hole among them none belongs to a command for sure. */
static void gap(void *state, enum side from, uint64_t lost)
{
    struct pop *pop = state;

    (void)lost;
    pop->starting = false; /* a TLS record tells itself */
    if (from == SIDE_SERVER) {
        pipeline_clear(&pop->pipeline);
        pop->server_seen = true;
        return;
    }
    login_gap(&pop->login);
    pop->client_resumes = true;
}

static void end(void *state, const struct emitter *out)
{
    give_up(state, out);
}

const struct dissector pop_dissector = {
    .name = "pop",
    .service = SERVICE_POP,
    .state_size = sizeof(struct pop),
    .hot_size = offsetof(struct pop, login) + LOGIN_HOT_SIZE,
    .max_pending = MAX_PENDING,
    .probe = pop_probe,
    .feed = feed,
    .gap = gap,
    .end = end,
};
