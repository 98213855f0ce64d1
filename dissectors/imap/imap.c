#include "dissectors/imap/imap.h"

#include <string.h>

#include "dissectors/auth/line.h"
#include "dissectors/auth/sasl.h"
#include "dissectors/base/text.h"
#include "dissectors/imap/syntax.h"

enum { MAX_PENDING = 32768, MAX_TAG = 64 };

struct tag {
    uint8_t len; /* 0: none */
    uint8_t at[MAX_TAG];
};

/* What most lines look at stands together, the long texts last: see dissector.h, hot_size. */
struct imap {
    bool compress;       /* upgrade_tag is of COMPRESS */
    bool starting;       /* STARTTLS or COMPRESS was sent: what follows may be no line */
    bool exchange;       /* lines of the client are SASL responses */
    bool waiting;        /* a LOGIN whose literals are still to come is open */
    bool refused;        /* ... and was refused before they came: its line is to be dropped */
    bool literal[2];     /* by side: the next line goes on behind a literal */
    bool client_resumes; /* after a hole on the client's side: its next line may be half a line */
    bool server_seen;    /* so that no answer is taken for the greeting */
    bool authenticated;
    bool holed;    /* bytes of the client's are missing: the front of a message may be among them */
    bool selected; /* the client went on to a mailbox */
    bool login_disabled;
    bool starttls;  /* offered */
    bool upgrading; /* upgrade_tag is set */
    struct tag login_tag;
    struct login login;
    struct tag upgrade_tag; /* of STARTTLS or COMPRESS */
    char software[128];     /* by ID, for logins that follow it */
};

static struct bytes tag_view(const struct tag *tag)
{
    return bytes_view(tag->at, tag->len);
}

static void tag_set(struct tag *tag, struct bytes from)
{
    size_t len = 0;

    (void)bytes_copy(from, tag->at, sizeof(tag->at), &len);
    tag->len = (uint8_t)len;
}

static bool tag_is(const struct tag *tag, struct bytes from)
{
    return tag->len > 0 && bytes_equal(tag_view(tag), from);
}

static void close_login(struct imap *imap, struct ruling ruling, const char *code,
                        const struct emitter *out)
{
    struct login_answer answer = {SERVICE_IMAP, ruling, code, imap->software, NULL};

    login_close(&imap->login, &answer, out);
    imap->login_tag.len = 0;
    imap->exchange = false;
    imap->refused = imap->waiting;
    imap->waiting = false;
}

static void give_up(struct imap *imap, const struct emitter *out)
{
    struct login_answer answer = {.service = SERVICE_IMAP, .software = imap->software};

    login_give_up(&imap->login, &answer, out);
    imap->login_tag.len = 0;
    imap->exchange = false;
    imap->waiting = false;
}

static void open_login(struct imap *imap, struct bytes tag, enum mechanism mechanism,
                       const struct emitter *out)
{
    give_up(imap, out);
    login_open(&imap->login, mechanism, out);
    tag_set(&imap->login_tag, tag);
}

/* "LOGIN {18446744073709551616}": a literal that no server lets through stands where the user
 * should; neither user nor password is on the wire. */
static bool has_no_credential(struct bytes arguments)
{
    struct bytes line = {0};

    (void)take_line(&arguments, &line);
    line = bytes_trim(line);
    return line.len == 0 || bytes_starts(line, BYTES("{"));
}

/*
 * LOGIN SP userid SP password CRLF: in is behind the verb and, on true, behind the command. False:
 * a literal is still to come. The login is open from its line on, so that a server that refuses the
 * literal is understood. *skip: bytes of a literal too long to be read, which follow.
 */
static bool take_login(struct imap *imap, struct bytes tag, struct bytes *in, uint64_t *skip,
                       const struct emitter *out)
{
    struct bytes rest = *in;
    struct bytes line;
    struct astring user;
    struct astring password;
    enum syntax has_user;
    enum syntax has_password = SYNTAX_BAD;

    if (!imap->waiting) {
        open_login(imap, tag, MECHANISM_IMAP_LOGIN, out);
    }
    (void)take_spaces(&rest);
    has_user = take_astring(&rest, &user);
    if (has_user == SYNTAX_OK) {
        (void)take_spaces(&rest);
        has_password = take_astring(&rest, &password);
    }
    imap->waiting = has_user == SYNTAX_MORE || has_password == SYNTAX_MORE ||
                    (has_password == SYNTAX_OK && !take_line(&rest, &line));
    if (imap->waiting) {
        return false;
    }
    if (has_user == SYNTAX_OK && (has_password == SYNTAX_OK || bytes_starts(rest, BYTES("{")))) {
        astring_text(&user, imap->login.user, sizeof(imap->login.user));
    } /* else the one word that is there may be the password, or both without a space */
    imap->login.password_seen = has_password == SYNTAX_OK && password.text.len > 0;
    if (has_user == SYNTAX_OK || !has_no_credential(rest)) {
        imap->login.num_messages = 2;
        login_complete(&imap->login, out);
    }
    if (has_password != SYNTAX_OK) {
        rest = *in; /* not well-formed: its line is over all the same */
        (void)take_line(&rest, &line);
        imap->literal[SIDE_CLIENT] = line_has_literal(line, skip); /* longer than any name */
    }
    *in = rest;
    return true;
}

static void on_authenticate(struct imap *imap, struct bytes tag, struct bytes arguments,
                            const struct emitter *out)
{
    struct bytes mechanism = {0};

    (void)take_spaces(&arguments);
    (void)take_word(&arguments, &mechanism);
    open_login(imap, tag, sasl_mechanism(mechanism), out);
    imap->exchange = true;
    arguments = bytes_trim(arguments);
    if (arguments.len > 0) {
        sasl_on_response(&imap->login, SERVICE_IMAP, arguments, out);
    }
}

static void on_id(struct imap *imap, struct bytes list, const struct emitter *out)
{
    struct event event;

    event_init(&event, EVENT_CLIENT, SERVICE_IMAP, out);
    parse_id(list, &event.client);
    if (event.client.software[0] == '\0' && event.client.os[0] == '\0') {
        return;
    }
    (void)text_copy(imap->software, sizeof(imap->software), event.client.software);
    emitter_emit(out, &event);
}

/* Behind a hole a message that the client stores may be taken for commands; but nobody logs in
 * twice (RFC 3501, section 3.2). */
static bool may_log_in(const struct imap *imap)
{
    return !imap->authenticated || !imap->holed;
}

static enum next on_command(struct imap *imap, struct bytes tag, struct bytes verb,
                            struct bytes arguments, const struct emitter *out)
{
    bool compress = bytes_equal_nocase(verb, BYTES("COMPRESS"));

    if (bytes_equal_nocase(verb, BYTES("AUTHENTICATE")) && may_log_in(imap)) {
        on_authenticate(imap, tag, arguments, out);
    } else if (bytes_equal_nocase(verb, BYTES("ID"))) {
        on_id(imap, arguments, out);
    } else if (compress || bytes_equal_nocase(verb, BYTES("STARTTLS"))) {
        tag_set(&imap->upgrade_tag, tag);
        imap->upgrading = true;
        imap->compress = compress;
        imap->starting = true;
    } else if (bytes_equal_nocase(verb, BYTES("SELECT")) ||
               bytes_equal_nocase(verb, BYTES("EXAMINE"))) {
        imap->selected = true; /* the answer to a login may still be to come */
        return login_is_open(&imap->login) ? NEXT_SAME : NEXT_ABANDON;
    } else if (bytes_equal_nocase(verb, BYTES("LOGOUT")) && imap->login.cancelled) {
        give_up(imap, out);
    }
    return NEXT_SAME;
}

/* Within an exchange: has the client gone on with a command? A response is one word. */
static bool leaves_exchange(const struct imap *imap, struct bytes line)
{
    struct bytes tag;
    struct bytes verb;

    return sasl_is_done(&imap->login) ||
           (take_tag(&line, &tag) && take_word(&line, &verb) && is_imap_verb(verb, false));
}

/* What a piece of the client's stream led to. */
struct step {
    bool more; /* the rest of a command is still to come */
    enum next next;
    uint64_t skip;
};

/* A line that begins a command; rest begins with it and, unless more is wanted, shrinks. */
static struct step take_command(struct imap *imap, struct bytes *rest, const struct emitter *out)
{
    struct step step = {0};
    struct bytes in = *rest;
    struct bytes line;
    struct bytes tag;
    struct bytes verb;
    bool resumes = imap->client_resumes;

    (void)take_line(rest, &line);
    imap->client_resumes = false;
    if (!take_tag(&line, &tag) || !take_word(&line, &verb)) {
        return step;
    }
    if (resumes && !is_imap_verb(verb, false)) {
        return step;
    }
    if (bytes_equal_nocase(verb, BYTES("LOGIN")) && may_log_in(imap)) {
        *rest = in;
        (void)take_tag(rest, &tag);
        (void)take_skip(rest, verb.len);
        step.more = !take_login(imap, tag, rest, &step.skip, out);
        *rest = step.more ? in : *rest;
        return step;
    }
    step.next = on_command(imap, tag, verb, line, out);
    imap->literal[SIDE_CLIENT] = line_has_literal(line, &step.skip);
    return step;
}

static struct step take_client(struct imap *imap, struct bytes *rest, const struct emitter *out)
{
    struct step step = {0};
    struct bytes after = *rest;
    struct bytes line;

    if ((imap->starting && imap->server_seen) || line_is_tls(*rest) || !take_line(&after, &line)) {
        step.more = true;
        return step;
    }
    if (imap->refused || imap->literal[SIDE_CLIENT]) {
        imap->refused = false;
        imap->literal[SIDE_CLIENT] =
            imap->literal[SIDE_CLIENT] && line_has_literal(line, &step.skip);
        *rest = after;
        return step;
    }
    if (!imap->exchange || !login_is_open(&imap->login)) {
        return take_command(imap, rest, out);
    }
    if (leaves_exchange(imap, line)) {
        login_leave(&imap->login);
        imap->exchange = false;
        return take_command(imap, rest, out);
    }
    imap->client_resumes = false;
    sasl_on_response(&imap->login, SERVICE_IMAP, line, out);
    *rest = after;
    return step;
}

static struct verdict feed_client(struct imap *imap, struct bytes in, const struct emitter *out)
{
    struct bytes rest = in;
    struct verdict verdict;
    struct step step;

    do {
        step = take_client(imap, &rest, out);
    } while (!step.more && step.next == NEXT_SAME && step.skip == 0);
    if (step.more && line_is_tls(rest)) {
        step.next = NEXT_TLS;
    }
    verdict = line_verdict(in, rest, step.next);
    verdict.skip = step.skip;
    if (step.skip > 0 || imap->starting) {
        verdict.want = 0;
    }
    return verdict;
}

/* Fills mechanisms from "... AUTH=PLAIN STARTTLS LOGINDISABLED ..."; "]" ends a list that is a
 * response code. */
static void read_capabilities(struct imap *imap, struct bytes list, struct offer_event *offer)
{
    struct bytes rest = list;
    struct bytes word;

    (void)take_until(&rest, ']', &list);
    imap->login_disabled = false;
    imap->starttls = false;
    while (take_spaces(&list) < SIZE_MAX && take_word(&list, &word)) {
        if (take_prefix_nocase(&word, BYTES("AUTH="))) {
            offer_add(offer, sasl_mechanism(word));
        } else if (bytes_equal_nocase(word, BYTES("STARTTLS"))) {
            imap->starttls = true;
        } else if (bytes_equal_nocase(word, BYTES("LOGINDISABLED"))) {
            imap->login_disabled = true;
        }
    }
    offer->starttls = imap->starttls;
    offer->login_disabled = imap->login_disabled;
}

static void on_capability(struct imap *imap, struct bytes list, const struct emitter *out)
{
    struct event event;

    if (imap->authenticated) {
        return; /* what can be done, not how to log in */
    }
    event_init(&event, EVENT_OFFER, SERVICE_IMAP, out);
    read_capabilities(imap, list, &event.offer);
    emitter_emit(out, &event);
}

/* "* OK [CAPABILITY ...] text", and PREAUTH likewise */
static void on_greeting(struct imap *imap, struct bytes text, const struct emitter *out)
{
    struct bytes code;
    struct event event;

    event_init(&event, EVENT_OFFER, SERVICE_IMAP, out);
    text = bytes_trim(text);
    if (take_prefix_nocase(&text, BYTES("[CAPABILITY ")) && take_until(&text, ']', &code)) {
        read_capabilities(imap, code, &event.offer);
    }
    (void)text_set(event.offer.banner, sizeof(event.offer.banner), bytes_trim(text));
    emitter_emit(out, &event);
}

/* The session is somebody's by other means (a certificate, a local socket): whose is not said. */
static void on_preauth(struct imap *imap, const struct emitter *out)
{
    give_up(imap, out);
    login_open(&imap->login, MECHANISM_OTHER, out);
    close_login(imap, (struct ruling){OUTCOME_ACCEPTED, REASON_NONE}, "PREAUTH", out);
    imap->authenticated = true;
}

/* A server that says good-bye instead of an answer may say why. */
static void on_bye(struct imap *imap, struct bytes text, const struct emitter *out)
{
    struct ruling ruling;

    if (imap->login.complete && answer_find(text, &ruling)) {
        close_login(imap, ruling, "BYE", out);
    }
}

static enum next on_untagged(struct imap *imap, struct bytes line, uint64_t *skip,
                             const struct emitter *out)
{
    static const char *const states[] = {"OK", "NO", "BAD", "BYE", "PREAUTH"};
    struct bytes word = {0};
    bool greeting = !imap->server_seen;

    (void)take_word(&line, &word);
    if (greeting &&
        (bytes_equal_nocase(word, BYTES("OK")) || bytes_equal_nocase(word, BYTES("PREAUTH")))) {
        on_greeting(imap, line, out);
    }
    if (greeting && bytes_equal_nocase(word, BYTES("PREAUTH"))) {
        on_preauth(imap, out);
    } else if (bytes_equal_nocase(word, BYTES("CAPABILITY"))) {
        on_capability(imap, line, out);
    } else if (bytes_equal_nocase(word, BYTES("BYE"))) {
        on_bye(imap, line, out);
    }
    if (!line_has_word(word, states, sizeof(states) / sizeof(states[0]))) {
        imap->literal[SIDE_SERVER] = line_has_literal(line, skip);
    }
    return NEXT_SAME;
}

static struct ruling ruling_of(const struct imap *imap, struct bytes word, struct bytes text)
{
    struct ruling ruling;

    if (bytes_equal_nocase(word, BYTES("OK"))) {
        return (struct ruling){OUTCOME_ACCEPTED, REASON_NONE};
    }
    if (answer_find_refusal(text, &ruling)) {
        return ruling;
    }
    if (imap->login_disabled && imap->login.mechanism == MECHANISM_IMAP_LOGIN) {
        /* it was told: not before STARTTLS; or, where that is not on offer, not at all */
        return (struct ruling){OUTCOME_BLOCKED,
                               imap->starttls ? REASON_TLS_REQUIRED : REASON_BASIC_DISABLED};
    }
    return bytes_equal_nocase(word, BYTES("NO"))
               ? ruling
               : (struct ruling){OUTCOME_UNKNOWN, REASON_PROTOCOL_ERROR};
}

static enum next on_login_answer(struct imap *imap, struct bytes word, struct bytes text,
                                 const struct emitter *out)
{
    bool ok = bytes_equal_nocase(word, BYTES("OK"));
    bool no = bytes_equal_nocase(word, BYTES("NO"));
    struct ruling ruling = ruling_of(imap, word, text);
    bool is_empty = imap->login.num_messages == 0 && !imap->login.gapped;

    if (is_empty && ((imap->login.mechanism == MECHANISM_OTHER && !ok) ||
                     (imap->login.mechanism == MECHANISM_IMAP_LOGIN &&
                      ruling.reason == REASON_PROTOCOL_ERROR))) {
        /* a mechanism that no one speaks; a LOGIN without user and password that was no command */
        login_clear(&imap->login);
    }
    close_login(imap, ruling, ok ? "OK" : no ? "NO" : "BAD", out);
    imap->authenticated = imap->authenticated || ok;
    return imap->authenticated && imap->selected ? NEXT_ABANDON : NEXT_SAME;
}

/* After COMPRESS nothing is readable any more. */
static enum next on_upgrade_answer(struct imap *imap, bool ok)
{
    imap->starting = false;
    imap->upgrading = false;
    if (!ok) {
        return NEXT_SAME;
    }
    return imap->compress ? NEXT_ABANDON : NEXT_TLS;
}

static enum next on_tagged(struct imap *imap, struct bytes line, const struct emitter *out)
{
    struct bytes tag;
    struct bytes word;

    if (!take_tag(&line, &tag) || !take_word(&line, &word)) {
        return NEXT_SAME;
    }
    if (tag_is(&imap->login_tag, tag)) {
        return on_login_answer(imap, word, line, out);
    }
    if (imap->upgrading && tag_is(&imap->upgrade_tag, tag)) {
        return on_upgrade_answer(imap, bytes_equal_nocase(word, BYTES("OK")));
    }
    return NEXT_SAME;
}

static enum next on_server_line(struct imap *imap, struct bytes line, uint64_t *skip,
                                const struct emitter *out)
{
    enum next next = NEXT_SAME;

    if (imap->literal[SIDE_SERVER]) {
        imap->literal[SIDE_SERVER] = line_has_literal(line, skip);
        return NEXT_SAME;
    }
    if (take_prefix(&line, BYTES("* "))) {
        next = on_untagged(imap, line, skip, out);
    } else if (take_prefix(&line, BYTES("+"))) {
        sasl_on_challenge(&imap->login, line);
    } else {
        next = on_tagged(imap, line, out);
    }
    imap->server_seen = true;
    return next;
}

static struct verdict feed_server(struct imap *imap, struct bytes in, const struct emitter *out)
{
    struct bytes rest = in;
    enum next next = NEXT_SAME;
    struct verdict verdict;
    struct bytes line;
    uint64_t skip = 0;

    while (next == NEXT_SAME && skip == 0 && !line_is_tls(rest) && take_line(&rest, &line)) {
        next = on_server_line(imap, line, &skip, out);
    }
    if (next == NEXT_SAME && skip == 0 && line_is_tls(rest)) {
        next = NEXT_TLS;
    }
    verdict = line_verdict(in, rest, next);
    verdict.skip = skip;
    verdict.want = skip > 0 ? 0 : verdict.want;
    return verdict;
}

static struct verdict feed(void *state, enum side from, struct bytes in, const struct emitter *out)
{
    return from == SIDE_CLIENT ? feed_client(state, in, out) : feed_server(state, in, out);
}

/* Answers carry tags, so a login that waits for its own goes on waiting behind a hole. */
static void gap(void *state, enum side from, uint64_t lost)
{
    struct imap *imap = state;

    (void)lost;
    imap->literal[from] = false;
    imap->starting = false; /* a TLS record tells itself */
    if (from == SIDE_SERVER) {
        imap->server_seen = true;
        return;
    }
    login_gap(&imap->login);
    imap->holed = true;
    imap->client_resumes = true;
    imap->refused = false;
    imap->waiting = false;
}

static void end(void *state, const struct emitter *out)
{
    give_up(state, out);
}

const struct dissector imap_dissector = {
    .name = "imap",
    .service = SERVICE_IMAP,
    .state_size = sizeof(struct imap),
    .hot_size = offsetof(struct imap, login) + LOGIN_HOT_SIZE,
    .max_pending = MAX_PENDING,
    .probe = imap_probe,
    .feed = feed,
    .gap = gap,
    .end = end,
};
