/*
 * pairs: of which session each attempt of a finding was, and in which second: what tells that two
 * taps saw the same attempt.
 *
 * A session is named by its Community ID, which both taps compute alike, unless an address
 * translator stands between them: it gives the session other addresses, and the pairs do not meet.
 * At most MAX_PAIRS, in the order of time; attempts for which there is no room are counted.
 */
#ifndef BASICTAP_RULES_PAIRS_H
#define BASICTAP_RULES_PAIRS_H

#include "dissectors/base/digest.h"
#include "dissectors/base/event.h"

enum { MAX_PAIRS = 16, COMMUNITY_SIZE = 40, PAIRS_SIZE = 1024 };

struct ends {
    struct address client;
    struct address server;
    uint16_t client_port;
    uint16_t server_port;
    uint8_t ip_protocol;
};

struct pair {
    struct ends ends;
    uint32_t times; /* attempts in that second */
    uint64_t second;
};

/* All zero: none. */
struct pairs {
    struct pair *list;
    uint8_t num;
    uint8_t room;
    uint64_t left_out; /* attempts */
};

/* Without memory the attempt is left out. */
void pairs_add(struct pairs *pairs, const struct ends *ends, uint64_t time_ns);
void pairs_clear(struct pairs *pairs);

/* "1:LQU9qZlK+B5F3KDmev6m5PMibrg=@1763800000 1:...@1763800007*3": a number follows where there were
 * several attempts in the second. *session is where to begin: with its name where it is known. */
struct named_session {
    struct ends ends;
    char id[COMMUNITY_SIZE];
};
void pairs_print(const struct pairs *pairs, struct digester *digester,
                 struct named_session *session, char text[PAIRS_SIZE]);

struct ends ends_of(const struct origin *origin);

/* Community ID, version 1, seed 0: "1:" and the base64 of a SHA-1 over the flow. "" where an end is
 * not known. */
void community_print(const struct ends *ends, struct digester *digester, char text[COMMUNITY_SIZE]);

#endif
