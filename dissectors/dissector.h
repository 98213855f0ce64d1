/*
 * dissector: what a protocol is to the sensor. The driver (conversation.h) owns bytes, the
 * dissector owns meaning.
 *
 * `feed` sees all unused bytes of one side and says how many it finished. It never buffers input
 * and must say the same however the stream was cut. State is zeroed memory that needs no
 * constructor and, unless `end` frees what it owns, no destructor. Nothing here reads a clock,
 * prints, or fails: what is not ours is NEXT_ABANDON.
 */
#ifndef BASICTAP_DISSECTORS_DISSECTOR_H
#define BASICTAP_DISSECTORS_DISSECTOR_H

#include "dissectors/base/event.h"

struct context; /* see context.h */

enum side { SIDE_CLIENT, SIDE_SERVER };

enum next {
    NEXT_SAME,
    NEXT_TLS,     /* both sides go on with TLS right after `used` (the other side: after all that it
                     used so far) */
    NEXT_TUNNEL,  /* likewise, with anything: a CONNECT or SOCKS tunnel stands */
    NEXT_FOLLOW,  /* TLS alone: nothing more is read, and what it looks like is still wanted */
    NEXT_ABANDON, /* not ours, or nothing more to be learned here: the session costs nothing from
                     now on */
};

struct verdict {
    enum next next;
    size_t used;   /* bytes of the view that are finished with */
    size_t want;   /* do not call again with fewer bytes than this; 0 is any */
    uint64_t skip; /* bytes of this side that follow `used` and that nobody needs: they are passed
                      over unseen, and a hole among them is no gap. Bytes of the view that lie after
                      `used` count towards it. */
};

enum probe { PROBE_NO, PROBE_MAYBE, PROBE_YES };

struct dissector {
    const char *name;
    enum service service; /* what its sessions are counted as */
    size_t state_size;    /* the driver hands out this many zeroed bytes */
    size_t hot_size;      /* the first so many of them are fetched before each feed: what hardly
                             any needs is not worth its way through the cache. 0: all */
    size_t max_pending;   /* most unused bytes that the driver keeps for one side; beyond, they are
                             dropped and told as a gap */

    /*
     * Do the first bytes of a conversation (of either side; one may be empty) look like this
     * protocol? MAYBE: more bytes could tell. It must also know conversations that are joined in
     * the middle and of which one side alone is seen, where that can be told from the bytes. Never
     * depends on ports.
     */
    enum probe (*probe)(struct bytes client, struct bytes server);

    struct verdict (*feed)(void *state, enum side from, struct bytes in, const struct emitter *out);
    void (*gap)(void *state, enum side from,
                uint64_t lost); /* lost bytes; unused bytes before it are gone too. NULL: abandon */
    void (*end)(void *state,
                const struct emitter
                    *out); /* the conversation is over: say what is still open. May be NULL */

    size_t (*kept)(const void *state); /* bytes of heap that the state owns now. May be NULL */
    uint64_t (*overlong)(const void *state); /* times that a limit of its own was met; asked before
                                                end. May be NULL */

    /* Instead of feed: dns, dhcp, quic. context may be NULL; origin is what the caller takes for
     * the datagram's client and server. */
    void (*datagram)(const struct context *context, const struct origin *origin, struct bytes in,
                     const struct emitter *out);
    bool any_port; /* probe is sure of a datagram whatever its ports, and that a client sent it */

    const char *(*tunnel_target)(
        void *state);   /* "host:port" after NEXT_TUNNEL; NULL where there are no tunnels */
    enum tunnel tunnel; /* what NEXT_TUNNEL starts */
};

/* All dissectors of streams, in the order in which they are asked; NULL-terminated. Order is
 * explained in registry.c. */
extern const struct dissector *const dissectors[];

/* All dissectors of datagrams, likewise. `datagram` is called when probe(in, empty) says yes. */
extern const struct dissector *const datagram_dissectors[];

/* The reader of TLS handshakes, known to the conversation alone. */
extern const struct dissector tls_dissector;

/* By name, for hints: "imap", "smtp", ...; NULL: none. */
const struct dissector *dissector_find(const char *name);

#endif
