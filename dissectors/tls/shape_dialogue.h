/*
 * shape_dialogue: the messages of a mail session as turns, a command and its answer, held against
 * the dialogues of the model (rules/shapes.yml): from the first turn on, over turns that may come
 * before a login, to the first that fits one. So a verdict rests on which message is the
 * credential, and not on the longest.
 */
#ifndef BASICTAP_DISSECTORS_TLS_SHAPE_DIALOGUE_H
#define BASICTAP_DISSECTORS_TLS_SHAPE_DIALOGUE_H

#include "dissectors/tls/shape_model.h"

enum { DIALOGUE_MAX_TURNS = SHAPE_MAX_MESSAGES };

struct turn {
    const struct shape_message *client;
    const struct shape_message *server; /* NULL: not answered */
};

struct dialogue {
    const struct shape *shape;
    const struct shape_mail_model *model;
    struct turn turns[DIALOGUE_MAX_TURNS];
    size_t num;
    struct shape_range tag; /* IMAP: bytes that a tag can have */
    uint32_t block[2];      /* to which each side pads; 1: to none */
    uint8_t service;        /* SHAPE_IMAP, ... */
};

/* Where a login was found. */
struct match {
    const struct shape_login *login; /* NULL: nowhere */
    size_t begin;                    /* the turn it begins with */
    double cap;                      /* of the confidence */
    bool is_in_doubt;                /* something shorter could have been it */
};

/* Borrows the shape and the model. */
void dialogue_open(struct dialogue *dialogue, const struct shape *shape,
                   const struct shape_mail_model *model);

/* False: there is none; *stopped is the turn that nothing explains, or dialogue->num. */
bool dialogue_find(const struct dialogue *dialogue, struct match *match, size_t *stopped);

bool dialogue_fits(const struct dialogue *dialogue, const struct shape_login *login, size_t at);
/* What may come before a login; is_last: what a session may end with. NULL: this turn is neither.
 */
const struct shape_ordinary *dialogue_ordinary(const struct dialogue *dialogue, size_t at,
                                               bool is_last);
/* What a session begins with, where all of them begin alike: EHLO. */
bool dialogue_is_opening(const struct dialogue *dialogue, size_t at);

/* How long a message is, CBC and padding considered; and what the model wants, with its tag. */
struct shape_range dialogue_span(const struct dialogue *dialogue,
                                 const struct shape_message *message);
bool dialogue_is_exact(const struct dialogue *dialogue, const struct shape_message *message);
struct shape_range dialogue_range(const struct dialogue *dialogue,
                                  const struct shape_length *length);
size_t dialogue_turns_after(const struct dialogue *dialogue, const struct match *match);

/* IMAP: the tag as LOGOUT shows it, if the session ends with something that can be LOGOUT. */
struct shape_range dialogue_tag_of_logout(const struct dialogue *dialogue);

/* What the verdict is worth at most. In shape_doubt.c. */
double dialogue_cap(const struct dialogue *dialogue, const struct match *match);

/* Does more than its length show that a credential is one? Is it what AUTHENTICATE PLAIN asked for?
 * In shape_proof.c. */
bool dialogue_is_proven(const struct dialogue *dialogue, const struct match *match);
bool dialogue_is_plain(const struct dialogue *dialogue, const struct match *match);

/* Is its command of another length than CAPABILITY before it makes it? */
bool dialogue_is_misnamed(const struct dialogue *dialogue, const struct match *match);

/* May what looks like a password be part of a challenge and its answer? In shape_challenge.c. */
bool dialogue_is_challenged(const struct dialogue *dialogue, const struct match *match);
/* After what looks like a token, does a line of base64 follow that no token needs? */
bool dialogue_is_answered_more(const struct dialogue *dialogue, const struct match *match);

/* How the login went, and how sure that is. In shape_outcome.c. */
enum outcome dialogue_outcome(const struct dialogue *dialogue, const struct match *match,
                              double *confidence);
bool dialogue_is_token_refused(const struct dialogue *dialogue, const struct match *match);

uint32_t common_divisor(uint32_t a, uint32_t b);

/* Is there a value in both that leaves this rest divided by four? */
bool shape_range_overlaps(struct shape_range a, struct shape_range b, uint8_t rest);

#endif
