/*
 * session: a recorded TLS session, as tests/fuzz/corpus/session holds it, and what a conversation
 * with keys hears in it however it is disturbed.
 */
#ifndef BASICTAP_TESTS_SUPPORT_SESSION_H
#define BASICTAP_TESTS_SUPPORT_SESSION_H

#include "dissectors/conversation.h"
#include "tests/support/test.h"

enum { SESSION_PIECES = 96, SESSION_LOGINS = 8 };

/* A segment of one side: len bytes at `start` of the session's bytes. */
struct segment {
    enum side from;
    size_t start;
    size_t len;
};

struct session_bytes {
    uint8_t *data; /* of both sides, in the order in which they came */
    size_t len;
    struct segment segments[SESSION_PIECES];
    size_t num;
};

/* How it is disturbed. Zeroed is not at all, but for `most`, which session_whole sets. */
struct disturbance {
    size_t most;       /* bytes after which nothing more comes */
    size_t cut;        /* bytes a piece; 0: segments as they are */
    size_t lost;       /* number of a segment that is missing, from 1; 0: none */
    size_t swapped;    /* number of a segment that comes after its successor; 0: none */
    bool without[2];   /* sides that are not seen at all */
    const char *keys;  /* key log that comes late; NULL: what the context has */
    size_t keys_after; /* segments */
};

/* What was heard: authentication alone. */
struct heard {
    struct auth_event logins[SESSION_LOGINS];
    enum service services[SESSION_LOGINS];
    enum certainty certainties[SESSION_LOGINS];
    size_t num;
    struct session_summary summary;
};

void session_read(struct session_bytes *session, const char *path);
void session_clear(struct session_bytes *session);

/* The text of a file; the caller frees. */
char *session_text(const char *path);

struct disturbance session_whole(void);
void session_hear(const struct session_bytes *session, const struct disturbance *disturbance,
                  const struct context *context, struct heard *heard);

/* Everything that was heard is in the truth: service, mechanism and user; an outcome is the truth's
 * or was not learnt. */
bool session_is_true(const struct heard *heard, const struct heard *truth);

#endif
