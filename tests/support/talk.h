/*
 * talk: a conversation as a test writes it, replayed through the real driver in one piece, in
 * pieces of 1 to 64 bytes, and cut at every size; what is said must be the same for every cut.
 */
#ifndef BASICTAP_TESTS_SUPPORT_TALK_H
#define BASICTAP_TESTS_SUPPORT_TALK_H

#include "dissectors/conversation.h"
#include "tests/support/test.h"

struct piece {
    enum side from;
    const char *at;
    size_t len;
    uint64_t lost; /* a gap of that many bytes instead */
};

#define C(text)                                                                                    \
    {                                                                                              \
        SIDE_CLIENT, text, sizeof(text) - 1, 0                                                     \
    }
#define S(text)                                                                                    \
    {                                                                                              \
        SIDE_SERVER, text, sizeof(text) - 1, 0                                                     \
    }
#define LOST(side, num)                                                                            \
    {                                                                                              \
        side, "", 0, num                                                                           \
    }

enum { TALK_PIECES = 64 };

struct talk {
    const char *claim;                /* what this shows, as a sentence */
    struct piece pieces[TALK_PIECES]; /* ends at the first with at == NULL */
    /*
     * One line an event, in order: its non-empty fields (false booleans left out) as name=value,
     * space separated, event and service first, values with spaces quoted: auth service=imap
     * frame=2 mechanism=imap-login outcome=accepted user=bob server_code=OK password_seen frame is
     * the number of the piece (from 1) at which the event is dated. Lines for offer, client and
     * name events are left out unless the line list holds one of that type.
     */
    const char *expected;
};

/* Runs a table: whole, cut into 1 to 64 bytes, and the first n bytes of it for every n (nothing may
 * crash, and no auth event may appear that the whole does not have but for its outcome, reason and
 * code). hint names the dissector, NULL asks probes. */
void talk_run(const struct talk *talks, size_t num_talks, const char *hint);

/* The same for one talk, as text of all events; the caller frees. cut: 0 whole, else bytes a piece.
 * summary may be NULL. */
char *talk_events(const struct talk *talk, const char *hint, size_t cut,
                  struct session_summary *summary);

/* Datagrams: one after another, each from pieces[i]. */
void datagram_run(const struct talk *talks, size_t num_talks, const struct dissector *dissector);

/* For fuzzing: data is a list of records { u8 side and flags, u16 len, bytes }; flag 2 makes a gap
 * of len. Feeds them to the named dissector (NULL: probes) through the driver, each piece in a
 * block of exactly its size. */
int talk_fuzz(const uint8_t *data, size_t size, const char *hint);
/* The same with keys; context may be NULL. */
int talk_fuzz_with(const uint8_t *data, size_t size, const char *hint,
                   const struct context *context);

#endif
