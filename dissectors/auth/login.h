/*
 * login: one attempt to log in to a mail server, from its first line to the server's answer.
 *
 * IMAP, POP and SMTP hold one in their state; zeroed, none is open. The protocol opens it, its
 * lines (or sasl.h) fill it, and the server's answer, or the end, closes it with one event.
 */
#ifndef BASICTAP_DISSECTORS_AUTH_LOGIN_H
#define BASICTAP_DISSECTORS_AUTH_LOGIN_H

#include "dissectors/auth/answer.h"
#include "dissectors/base/event.h"

struct login {
    enum mechanism mechanism; /* MECHANISM_UNKNOWN: none is open */
    uint8_t num_messages;     /* of the client, initial response included; 2 is two or more */
    bool complete;            /* the credential was sent: only the answer is missing */
    bool cancelled;           /* the client took it back, or went on without it */
    bool gapped;              /* bytes of the client's are missing: what follows is not read */
    bool prompted;            /* opened by the server's prompt: the client was not seen to begin */
    bool answer_due;          /* the server has not yet said anything to the last message */
    bool password_seen;
    bool has_domain; /* domain is set, and not empty */
    bool
        token_refused; /* the server sent its reasons (RFC 7628, section 3.2.2) before its answer */
    struct moment at;  /* of the last client message that counts */
    char user[USER_SIZE];
    char domain[128];
};

/* What most lines touch of it: all but the texts, and the user's front. */
enum { LOGIN_HOT_SIZE = offsetof(struct login, user) + 32 };

/* What the protocol adds to the event. */
struct login_answer {
    enum service service;
    struct ruling ruling;
    const char *code;     /* "NO", "535 5.7.139"; "" where there was no answer */
    const char *software; /* NULL: not known */
    const char *hello;    /* NULL: not known */
};

static inline bool login_is_open(const struct login *login)
{
    return login->mechanism != MECHANISM_UNKNOWN;
}

/* None is open any more. The texts are long, and only emptied. */
void login_clear(struct login *login);

/* Forgets what was there. */
void login_open(struct login *login, enum mechanism mechanism, const struct emitter *out);

/* A password line was read: dates the attempt, says that it is complete. */
void login_complete(struct login *login, const struct emitter *out);

/* Bytes of the client's are missing: what follows in the exchange cannot be read. */
void login_gap(struct login *login);

/* The client goes on with another command. Without the credential it has given up, unless an answer
 * that must have come was not seen: then nobody knows. */
void login_leave(struct login *login);

/* The server answered: says the event and closes. Nothing when none is open. */
void login_close(struct login *login, const struct login_answer *answer, const struct emitter *out);

/*
 * No answer will be seen: says what is known and closes; answer->ruling is set by it. An attempt
 * whose credential was not on its way yet is no attempt, unless the client cancelled it or it may
 * stand in a gap.
 */
void login_give_up(struct login *login, struct login_answer *answer, const struct emitter *out);

#endif
